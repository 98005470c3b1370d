"""Invitations to a community, evenings at the table, and what came in at one.

Revision: 2026_11_27_invitations
Follows: 2026_11_27_lookups_published
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_invitations"
down_revision = "2026_11_27_lookups_published"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "invitation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('member', 'builder', 'steward')", name=op.f("ck_invitation_role")),
        sa.CheckConstraint("used_at IS NULL OR revoked_at IS NULL", name=op.f("ck_invitation_one_end")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_invitation_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["made_by"], ["account.id"], name=op.f("fk_invitation_made_by"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["used_by"], ["account.id"], name=op.f("fk_invitation_used_by"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index("ix_invitation_community_id", "invitation", ["community_id"])
    op.create_index("ix_invitation_made_by", "invitation", ["made_by"])
    op.create_index("ix_invitation_used_by", "invitation", ["used_by"])
    op.create_table(
        "table_evening",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("pins", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_table_evening_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["account.id"], name=op.f("fk_table_evening_opened_by"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_table_evening")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_table_evening_code_hash")),
    )
    op.create_index("ix_table_evening_community_id", "table_evening", ["community_id"])
    op.create_index("ix_table_evening_opened_by", "table_evening", ["opened_by"])
    op.add_column("suggestion", sa.Column("table_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_suggestion_table_id"), "suggestion", "table_evening", ["table_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index("ix_suggestion_table_id", "suggestion", ["table_id"])
    op.add_column("sign_in_link", sa.Column("invitation_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_sign_in_link_invitation_id"), "sign_in_link", "invitation", ["invitation_id"], ["id"],
        ondelete="CASCADE",
    )  # fmt: skip
    op.create_index("ix_sign_in_link_invitation_id", "sign_in_link", ["invitation_id"])


def downgrade() -> None:
    """Back to the revision before; what came in at a table stays, as any suggestion."""
    op.execute("DELETE FROM sign_in_link WHERE invitation_id IS NOT NULL")
    op.drop_column("sign_in_link", "invitation_id")
    op.drop_column("suggestion", "table_id")
    op.drop_table("table_evening")
    op.drop_table("invitation")
