"""Roles per community: what an account is to each, instead of one role everywhere.

Revision: 2026_11_27_membership
Follows: 2026_11_27_photos
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_membership"
down_revision = "2026_11_27_photos"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "membership",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint("role IN ('member', 'builder', 'steward')", name=op.f("ck_membership_role")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_membership_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_membership_community_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "community_id", name=op.f("pk_membership")),
    )
    op.create_index("ix_membership_community_id", "membership", ["community_id"])
    op.execute(
        "INSERT INTO membership (account_id, community_id, role) SELECT id, community_id, role FROM account"
        " WHERE community_id IS NOT NULL AND role IN ('member', 'builder', 'steward')"
    )
    op.drop_column("account", "community_id")


def downgrade() -> None:
    """Back to the revision before: the first community of each account is the one that counts."""
    op.add_column("account", sa.Column("community_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_account_community_id"), "account", "community", ["community_id"], ["id"], ondelete="CASCADE"
    )
    op.execute(
        "UPDATE account SET community_id = (SELECT min(m.community_id) FROM membership AS m WHERE m.account_id = id)"
    )
    op.drop_table("membership")
