"""Assets may say how often they happen, as a rule of iCalendar with its first moment.

Revision: 2026_11_27_recurrence
Follows: 2026_11_27_activity_hours
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_recurrence"
down_revision = "2026_11_27_activity_hours"
branch_labels = None
depends_on = None

RECURRENCE = (
    "(recurrence IS NULL) = (recurrence_start IS NULL)"
    " AND (recurrence_minutes IS NULL OR recurrence IS NOT NULL)"
    " AND (recurrence_minutes IS NULL OR recurrence_minutes BETWEEN 1 AND 10080)"
    " AND (recurrence IS NULL OR length(recurrence) BETWEEN 1 AND 250)"
    " AND (recurrence_start IS NULL OR recurrence_start BETWEEN '1900-01-01' AND '2200-12-31 23:59:59')"
)


def upgrade() -> None:
    """To this revision; nobody has a recurrence yet, so the rows stay as they are."""
    op.add_column("asset", sa.Column("recurrence", sa.Text(), nullable=True))
    op.add_column("asset", sa.Column("recurrence_start", sa.DateTime(), nullable=True))
    op.add_column("asset", sa.Column("recurrence_minutes", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_asset_recurrence"), "asset", RECURRENCE)
    op.create_index("ix_asset_recurring", "asset", ["area_id"], postgresql_where=sa.text("recurrence IS NOT NULL"))


def downgrade() -> None:
    """From this revision; what was entered as a recurrence goes."""
    op.drop_index("ix_asset_recurring", table_name="asset")
    op.drop_constraint(op.f("ck_asset_recurrence"), "asset")
    op.drop_column("asset", "recurrence_minutes")
    op.drop_column("asset", "recurrence_start")
    op.drop_column("asset", "recurrence")
