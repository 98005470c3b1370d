"""That a person was asked whether their entry is still right, before their consent ends.

Revision: 2026_11_27_review
Follows: 2026_11_27_photos_put_away
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_review"
down_revision = "2026_11_27_photos_put_away"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "review",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("consent_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.SmallInteger(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_review_asset_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"], name=op.f("fk_review_consent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint("consent_id", "step", name="uq_review_consent_id_step"),
        sa.UniqueConstraint("token_hash", name=op.f("uq_review_token_hash")),
    )
    op.create_index("ix_review_asset_id", "review", ["asset_id"])


def downgrade() -> None:
    """Back to the revision before: nobody is asked."""
    op.drop_table("review")
