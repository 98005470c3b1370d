"""A suggestion belongs to the community that decides on it.

Revision: 2026_11_27_suggestion_community
Follows: 2026_11_27_restorable
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_suggestion_community"
down_revision = "2026_11_27_restorable"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision; what is new and waits already goes to the first community."""
    op.add_column("suggestion", sa.Column("community_id", sa.BigInteger(), nullable=True))
    op.execute("UPDATE suggestion AS s SET community_id = a.community_id FROM asset AS a WHERE a.id = s.asset_id")
    op.execute(
        "UPDATE suggestion SET community_id = (SELECT id FROM community ORDER BY is_sample, id LIMIT 1)"
        " WHERE community_id IS NULL"
    )
    op.alter_column("suggestion", "community_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_suggestion_community_id"), "suggestion", "community", ["community_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index("ix_suggestion_community_id", "suggestion", ["community_id"])


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_column("suggestion", "community_id")
