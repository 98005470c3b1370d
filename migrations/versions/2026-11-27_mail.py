"""Mails that wait to be sent, and the queue that sends them (procrastinate).

Revision: 2026_11_27_mail
Follows: 2026_11_27_suggestions
"""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager

revision = "2026_11_27_mail"
down_revision = "2026_11_27_suggestions"
branch_labels = None
depends_on = None

#: What belongs to the queue, by the beginning of its name: tables with their triggers, then functions, then types.
DROP_QUEUE = """
DO $$
DECLARE
    drop_one text;
BEGIN
    FOR drop_one IN
        SELECT format('DROP TABLE %I CASCADE', tablename) FROM pg_tables
        WHERE schemaname = current_schema() AND tablename LIKE 'procrastinate\\_%'
    LOOP
        EXECUTE drop_one;
    END LOOP;
    FOR drop_one IN
        SELECT format('DROP FUNCTION %s CASCADE', oid::regprocedure) FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'procrastinate\\_%'
    LOOP
        EXECUTE drop_one;
    END LOOP;
    FOR drop_one IN
        SELECT format('DROP TYPE %I', typname) FROM pg_type
        WHERE typnamespace = current_schema()::regnamespace AND typname LIKE 'procrastinate\\_%' AND typtype IN ('e', 'c')
    LOOP
        EXECUTE drop_one;
    END LOOP;
END $$
"""


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "mail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("message_key", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("stop_url", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "given_up_at IS NULL OR (recipient = '' AND subject = '' AND body = '' AND stop_url IS NULL)",
            name=op.f("ck_mail_nothing_kept"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    # the library's own, of the version that is pinned; straight to the driver, for the text holds percent signs
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())


def downgrade() -> None:
    """Back to the revision before; mails that were not sent yet are lost."""
    op.get_bind().connection.cursor().execute(DROP_QUEUE)
    op.drop_table("mail")
