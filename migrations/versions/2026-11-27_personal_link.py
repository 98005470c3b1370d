"""The personal link of a person's entry; one consent holds at a time.

Revision: 2026_11_27_personal_link
Follows: 2026_11_27_asset_counts
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_personal_link"
down_revision = "2026_11_27_asset_counts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "personal_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_personal_link_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_personal_link_token_hash")),
    )
    op.create_index("ix_personal_link_asset_id", "personal_link", ["asset_id"])
    op.create_index(
        "uq_personal_link_working",
        "personal_link",
        ["asset_id"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    # of several answers of one person the last one holds
    op.execute(
        "UPDATE consent AS c SET withdrawn_at = now() WHERE withdrawn_at IS NULL AND EXISTS ("
        "SELECT 1 FROM consent AS d WHERE d.asset_id = c.asset_id AND d.withdrawn_at IS NULL AND d.id > c.id)"
    )
    op.create_index(
        "uq_consent_holding", "consent", ["asset_id"], unique=True, postgresql_where=sa.text("withdrawn_at IS NULL")
    )
    # whether a person withdrew, or their consent ran out: then nobody but they themselves sees the entry
    op.execute(
        """
        CREATE FUNCTION is_closed(asked bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT EXISTS (SELECT 1 FROM consent WHERE asset_id = asked) AND NOT EXISTS (
                SELECT 1 FROM consent WHERE asset_id = asked AND withdrawn_at IS NULL
                    AND given_on <= CURRENT_DATE AND expires_on > CURRENT_DATE)
        $$
        """
    )


def downgrade() -> None:
    """Back to the revision before: the links stop to work."""
    op.execute("DROP FUNCTION is_closed(bigint)")
    op.drop_index("uq_consent_holding", table_name="consent")
    op.drop_table("personal_link")
