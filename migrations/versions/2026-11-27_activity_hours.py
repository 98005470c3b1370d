"""How long an activity lasted: what residents do in hours, for the plan from the average.

Revision: 2026_11_27_activity_hours
Follows: 2026_11_27_addresses
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_activity_hours"
down_revision = "2026_11_27_addresses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.add_column("activity", sa.Column("hours", sa.Double(), nullable=True))
    op.create_check_constraint(op.f("ck_activity_hours"), "activity", "hours > 0 AND hours <= 24")


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_column("activity", "hours")
