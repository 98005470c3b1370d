"""The second factor, and sign-ins that wait for it.

Revision: 2026_11_27_second_factor
Follows: 2026_11_27_conversation_holder
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_second_factor"
down_revision = "2026_11_27_conversation_holder"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "second_factor",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=True),
        sa.Column("used_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('app', 'passkey', 'paper')", name=op.f("ck_second_factor_kind")),
        sa.CheckConstraint("length(name) <= 60", name=op.f("ck_second_factor_name")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_second_factor_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
    )
    op.create_index("ix_second_factor_account_id", "second_factor", ["account_id"])
    op.create_index("uq_second_factor_credential_id", "second_factor", ["credential_id"], unique=True)
    op.add_column("sign_in", sa.Column("idle", sa.Interval(), server_default=sa.text("'14 days'"), nullable=False))
    op.add_column("sign_in", sa.Column("waiting", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("sign_in", sa.Column("next_path", sa.Text(), server_default="/", nullable=False))
    op.add_column("sign_in", sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("sign_in", sa.Column("offer", sa.Text(), nullable=True))
    op.add_column("sign_in", sa.Column("challenge", sa.Text(), nullable=True))


def downgrade() -> None:
    """Back to the revision before; whoever needs a second factor cannot sign in there."""
    op.execute("DELETE FROM sign_in WHERE waiting")
    for column in ("challenge", "offer", "attempts", "next_path", "waiting", "idle"):
        op.drop_column("sign_in", column)
    op.drop_table("second_factor")
