"""Accounts, the links that are mailed to them, and the browsers that are signed in.

Keys of writes that were sent twice belong to whoever sent them: a token, an account or a visitor's browser.

Revision: 2026_11_27_sign_in
Follows: 2026_11_27_recurrence
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_sign_in"
down_revision = "2026_11_27_recurrence"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.Text(), server_default="nl", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('visitor', 'member', 'builder', 'steward', 'analyst', 'admin')", name=op.f("ck_account_role")
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 100", name=op.f("ck_account_name")),
        sa.CheckConstraint("email = lower(email) AND length(email) BETWEEN 3 AND 254", name=op.f("ck_account_email")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_account_community_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_index(
        "uq_account_name",
        "account",
        [sa.text("lower(name)")],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "uq_account_email", "account", ["email"], unique=True, postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("browser_hash", sa.Text(), nullable=True),
        sa.Column("email_hash", sa.Text(), nullable=True),
        sa.Column("network_hash", sa.Text(), nullable=True),
        sa.Column("next_path", sa.Text(), server_default="/", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_sign_in_link_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_link_token_hash")),
    )
    op.create_index("ix_sign_in_link_email_hash", "sign_in_link", ["email_hash", "created_at"])
    op.create_index("ix_sign_in_link_network_hash", "sign_in_link", ["network_hash", "created_at"])
    op.create_index("ix_sign_in_link_account_id", "sign_in_link", ["account_id"])
    op.create_table(
        "sign_in",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("browser", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_token_hash")),
    )
    op.create_index("ix_sign_in_account_id", "sign_in", ["account_id"])
    op.add_column("idempotency_key", sa.Column("holder", sa.Text(), nullable=True))
    op.execute("UPDATE idempotency_key SET holder = 'token:' || token_id")
    op.drop_constraint("pk_idempotency_key", "idempotency_key", type_="primary")
    op.drop_column("idempotency_key", "token_id")
    op.alter_column("idempotency_key", "holder", nullable=False)
    op.create_primary_key(op.f("pk_idempotency_key"), "idempotency_key", ["holder", "key"])
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"])


def downgrade() -> None:
    """Back to the revision before; keys of accounts and visitors are forgotten."""
    op.drop_index("ix_idempotency_key_created_at", table_name="idempotency_key")
    op.execute("DELETE FROM idempotency_key WHERE holder NOT LIKE 'token:%'")
    op.add_column("idempotency_key", sa.Column("token_id", sa.BigInteger(), nullable=True))
    op.execute("UPDATE idempotency_key SET token_id = substr(holder, 7)::bigint")
    op.execute("DELETE FROM idempotency_key AS k WHERE NOT EXISTS (SELECT FROM token AS t WHERE t.id = k.token_id)")
    op.drop_constraint("pk_idempotency_key", "idempotency_key", type_="primary")
    op.drop_column("idempotency_key", "holder")
    op.alter_column("idempotency_key", "token_id", nullable=False)
    op.create_primary_key(op.f("pk_idempotency_key"), "idempotency_key", ["token_id", "key"])
    op.create_foreign_key(
        op.f("fk_idempotency_key_token_id"), "idempotency_key", "token", ["token_id"], ["id"], ondelete="CASCADE"
    )
    op.drop_table("sign_in")
    op.drop_table("sign_in_link")
    op.drop_table("account")
