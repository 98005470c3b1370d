"""The database keeps no samples of what people wrote in places where nobody searches.

Revision: 2026_11_27_no_samples
Follows: 2026_11_27_review
"""

from alembic import op

revision = "2026_11_27_no_samples"
down_revision = "2026_11_27_review"
branch_labels = None
depends_on = None

#: Words of people that no query compares, by table: column and type.
WORDS = {
    "activity": {"note": "text"},
    "change": {"before": "jsonb", "after": "jsonb"},
    "consent": {"wording": "text"},
    "idempotency_key": {"headers": "jsonb", "body": "text"},
    "mail": {"recipient": "text", "subject": "text", "body": "text", "stop_url": "text"},
    "suggestion": {
        "made_on": "jsonb", "draft": "jsonb", "note": "text", "contact": "text", "answer": "text",
    },
}  # fmt: skip


def upgrade() -> None:
    """To this revision; naming the type anew, which is the same, throws away the samples that are there."""
    for table, columns in WORDS.items():
        for column, kind in columns.items():
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}")
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def downgrade() -> None:
    """Back to the revision before: samples are taken again."""
    for table, columns in WORDS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS -1")
