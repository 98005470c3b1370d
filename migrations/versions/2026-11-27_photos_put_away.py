"""Photos that were taken away or replaced can be brought back for a while.

Revision: 2026_11_27_photos_put_away
Follows: 2026_11_27_relay
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_photos_put_away"
down_revision = "2026_11_27_relay"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.add_column("photo", sa.Column("was_of", sa.BigInteger(), nullable=True))
    op.add_column("photo", sa.Column("put_away_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_photo_was_of"), "photo", "asset", ["was_of"], ["id"], ondelete="CASCADE")
    op.create_index("ix_photo_was_of", "photo", ["was_of"])
    op.drop_constraint(op.f("ck_photo_of_one"), "photo", type_="check")
    op.create_check_constraint(op.f("ck_photo_of_one"), "photo", "num_nonnulls(asset_id, suggestion_id, was_of) = 1")
    op.create_check_constraint(op.f("ck_photo_put_away"), "photo", "(was_of IS NULL) = (put_away_at IS NULL)")


def downgrade() -> None:
    """Back to the revision before: what was put away is gone."""
    op.execute("DELETE FROM photo WHERE was_of IS NOT NULL")
    op.drop_constraint(op.f("ck_photo_put_away"), "photo", type_="check")
    op.drop_constraint(op.f("ck_photo_of_one"), "photo", type_="check")
    op.drop_column("photo", "put_away_at")
    op.drop_column("photo", "was_of")
    op.create_check_constraint(op.f("ck_photo_of_one"), "photo", "num_nonnulls(asset_id, suggestion_id) = 1")
