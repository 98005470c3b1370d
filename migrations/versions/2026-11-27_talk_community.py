"""A conversation belongs to the community whose builder recorded it.

Revision: 2026_11_27_talk_community
Follows: 2026_11_27_lookups
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_talk_community"
down_revision = "2026_11_27_lookups"
branch_labels = None
depends_on = None

#: Its recorder's community, where they write; else the first that is no sample, which is made where there is none.
FILL = (
    "UPDATE conversation AS c SET community_id = ("
    "SELECT m.community_id FROM membership AS m WHERE c.holder = 'account:' || m.account_id"
    " ORDER BY m.role = 'member', m.community_id LIMIT 1) WHERE c.holder LIKE 'account:%'",
    "INSERT INTO community (slug, name) SELECT 'neighbours', 'Buren'"
    " WHERE EXISTS (SELECT FROM conversation) AND NOT EXISTS (SELECT FROM community)",
    "UPDATE conversation SET community_id = (SELECT id FROM community ORDER BY is_sample, id LIMIT 1)"
    " WHERE community_id IS NULL",
)


def upgrade() -> None:
    """To this revision; one of somebody who is in no community (a program, an admin) goes to the first."""
    op.add_column("conversation", sa.Column("community_id", sa.BigInteger(), nullable=True))
    for statement in FILL:
        op.execute(statement)
    op.alter_column("conversation", "community_id", nullable=False)
    op.create_foreign_key(
        op.f("fk_conversation_community_id"), "conversation", "community", ["community_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index("ix_conversation_community_id", "conversation", ["community_id"])


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_column("conversation", "community_id")
