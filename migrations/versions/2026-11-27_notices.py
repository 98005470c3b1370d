"""Notices about what is new in an area, for who asked for them.

Revision: 2026_11_27_notices
Follows: 2026_11_27_search
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_notices"
down_revision = "2026_11_27_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "subscriber",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "email = lower(email) AND length(email) BETWEEN 3 AND 254", name=op.f("ck_subscriber_email")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("email", name=op.f("uq_subscriber_email")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_for", sa.Date(), nullable=True),
        sa.CheckConstraint("rhythm IN ('daily', 'weekly')", name=op.f("ck_notice_rhythm")),
        sa.CheckConstraint("(confirmed_at IS NULL) = (told_until IS NULL)", name=op.f("ck_notice_told")),
        sa.CheckConstraint("(confirmed_at IS NULL) = (last_for IS NULL)", name=op.f("ck_notice_last")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_notice_area_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_notice_subscriber_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("subscriber_id", "area_id", name=op.f("uq_notice_subscriber_id_area_id")),
    )
    op.create_index("ix_notice_area_id", "notice", ["area_id"])
    op.create_index("ix_notice_last_for", "notice", ["rhythm", "last_for"])
    op.create_table(
        "notice_link",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("rhythm", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("purpose IN ('confirm', 'stop')", name=op.f("ck_notice_link_purpose")),
        sa.CheckConstraint(
            "(purpose = 'confirm') = (rhythm IS NOT NULL AND language IS NOT NULL)", name=op.f("ck_notice_link_wish")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notice.id"], name=op.f("fk_notice_link_notice_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_notice_link")),
    )
    op.create_index("ix_notice_link_notice_id", "notice_link", ["notice_id"])
    op.create_index("ix_notice_link_created_at", "notice_link", ["created_at"])
    op.create_table(
        "notice_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email_hash", sa.Text(), nullable=False),
        sa.Column("network_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_request")),
    )
    op.create_index("ix_notice_request_email_hash", "notice_request", ["email_hash", "created_at"])
    op.create_index("ix_notice_request_network_hash", "notice_request", ["network_hash", "created_at"])
    op.add_column("mail", sa.Column("notice_id", sa.BigInteger(), nullable=True))
    op.add_column("mail", sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_mail_notice_later"),
        "mail",
        "notice_id IS NULL OR (recipient = '' AND subject = '' AND body = '' AND since IS NOT NULL)",
    )


def downgrade() -> None:
    """Back to the revision before; notices that wait to be written go with who asked for them."""
    op.execute("DELETE FROM mail WHERE notice_id IS NOT NULL")
    op.drop_column("mail", "since")
    op.drop_column("mail", "notice_id")
    for table in ("notice_request", "notice_link", "notice", "subscriber"):
        op.drop_table(table)
