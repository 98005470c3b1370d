"""Mails that builders and stewards get by themselves: whose turn was when, and who stopped them.

Revision: 2026_11_27_bundled_mails
Follows: 2026_11_27_kept_records
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2026_11_27_bundled_mails"
down_revision = "2026_11_27_kept_records"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.add_column(
        "account", sa.Column("stopped_mails", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    op.create_table(
        "bundled_mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("stop_hash", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("what IN ('review')", name=op.f("ck_bundled_mail_what")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_bundled_mail_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundled_mail")),
        sa.UniqueConstraint("account_id", "what", "day", name="uq_bundled_mail_account_id_what_day"),
        sa.UniqueConstraint("stop_hash", name=op.f("uq_bundled_mail_stop_hash")),
    )


def downgrade() -> None:
    """Back to the revision before: nobody gets these mails."""
    op.drop_table("bundled_mail")
    op.drop_column("account", "stopped_mails")
