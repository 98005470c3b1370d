"""Communities that left, by number; and the database keeps no samples of who people are.

Revision: 2026_11_27_departure
Follows: 2026_11_27_take_samples
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_departure"
down_revision = "2026_11_27_take_samples"
branch_labels = None
depends_on = None

#: Names and words of people, by table, of which no sample helps to plan a query.
WORDS = {
    "account": ("name", "email", "provider"),
    "activity": ("recorded_by",),
    "change": ("by", "suggested_by"),
    "community": ("slug", "name"),
    "connection": ("created_by",),
    "consent": ("recorded_by",),
    "conversation": ("note", "recorded_by"),
    "measurement": ("counted_by", "recorded_by"),
    "photo": ("alt", "created_by"),
    "second_factor": ("name",),
    "sharing": ("reason", "set_by"),
    "suggestion": ("reason", "suggested_by", "decided_by"),
    "token": ("name",),
}


def upgrade() -> None:
    """To this revision; naming the type anew, which is the same, throws away the samples that are there."""
    op.create_table(
        "departure",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departure")),
    )
    op.create_index("uq_departure_identity", "departure", ["identity"], unique=True)
    for table, columns in WORDS.items():
        for column in columns:
            op.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" TYPE text')
            op.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" SET STATISTICS 0')
    # an index of what is worked out has samples of its own
    op.drop_index("uq_account_name", "account")
    op.create_index(
        "uq_account_name",
        "account",
        [sa.text("lower(name)")],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.execute("ALTER INDEX uq_account_name ALTER COLUMN 1 SET STATISTICS 0")


def downgrade() -> None:
    """Back to the revision before: samples are taken again."""
    op.execute("ALTER INDEX uq_account_name ALTER COLUMN 1 SET STATISTICS -1")
    for table, columns in WORDS.items():
        for column in columns:
            op.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" SET STATISTICS -1')
    op.drop_table("departure")
