"""A change belongs to the community of what it is about: who did what there is visible to its people, and goes with it.

Revision: 2026_11_27_change_community
Follows: 2026_11_27_app_role
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_change_community"
down_revision = "2026_11_27_app_role"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision; what is no longer there, and who belonged to no community, is nobody's history."""
    op.add_column("change", sa.Column("community_id", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE change AS c SET community_id = a.community_id FROM asset AS a"
        " WHERE a.id = CASE WHEN c.subject = 'asset' THEN c.subject_id ELSE c.about[1] END"
    )
    # a conversation that was taken away went by the account of who held it, as those that are there did
    op.execute(
        "UPDATE change AS c SET community_id = coalesce("
        "(SELECT t.community_id FROM conversation AS t WHERE t.id = c.subject_id),"
        " (SELECT m.community_id FROM membership AS m"
        " WHERE coalesce(c.after, c.before)->>'holder' = 'account:' || m.account_id"
        " ORDER BY m.role = 'member', m.community_id LIMIT 1),"
        " (SELECT id FROM community ORDER BY is_sample, id LIMIT 1)) WHERE c.subject = 'conversation'"
    )
    op.create_foreign_key(
        op.f("fk_change_community_id"), "change", "community", ["community_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index("ix_change_community_id", "change", ["community_id", "id"])
    op.create_index("ix_change_community_id_by", "change", ["community_id", "by", "id"])
    op.create_index("ix_change_community_id_subject", "change", ["community_id", "subject", "id"])


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_column("change", "community_id")
