"""Relay: where messages for a person go, sealed, and that one was sent; where an answer to a mail goes.

Revision: 2026_11_27_relay
Follows: 2026_11_27_erasure
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_relay"
down_revision = "2026_11_27_erasure"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "relay_address",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_relay_address_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_address")),
        sa.UniqueConstraint("asset_id", name=op.f("uq_relay_address_asset_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_relay_address_token_hash")),
    )
    op.create_table(
        "relay_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("asset_id", sa.BigInteger(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["asset.id"], name=op.f("fk_relay_message_asset_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_message")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_relay_message_token_hash")),
    )
    op.create_index("ix_relay_message_network", "relay_message", ["network", "created_at"])
    op.create_index("ix_relay_message_asset_id", "relay_message", ["asset_id", "created_at"])
    op.add_column("mail", sa.Column("reply_to", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_mail_no_reply_kept"), "mail", "given_up_at IS NULL OR reply_to IS NULL")
    # pages show whether somebody can be written to
    op.execute(
        "CREATE TRIGGER raise_data_version AFTER INSERT OR UPDATE OR DELETE ON relay_address"
        " FOR EACH ROW EXECUTE FUNCTION raise_data_version()"
    )
    op.execute(
        "CREATE TRIGGER raise_data_version_truncate AFTER TRUNCATE ON relay_address"
        " FOR EACH STATEMENT EXECUTE FUNCTION raise_data_version()"
    )


def downgrade() -> None:
    """Back to the revision before: nobody can be written to."""
    op.drop_constraint(op.f("ck_mail_no_reply_kept"), "mail", type_="check")
    op.drop_column("mail", "reply_to")
    op.drop_table("relay_message")
    op.drop_table("relay_address")
