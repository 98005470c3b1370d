"""An analyst may work for one municipality only.

Revision: 2026_11_27_municipality
Follows: 2026_11_27_deployment_read
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_municipality"
down_revision = "2026_11_27_deployment_read"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision; who was an analyst is one of every municipality here, as before."""
    op.add_column("account", sa.Column("municipality", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_account_municipality"), "account", "municipality IS NULL OR role = 'analyst'")


def downgrade() -> None:
    """Back to the revision before; who may look at one municipality only may not look at any."""
    op.execute(
        "UPDATE account SET closed_at = now(), email = NULL, provider = NULL"
        " WHERE municipality IS NOT NULL AND closed_at IS NULL"
    )
    op.drop_constraint(op.f("ck_account_municipality"), "account", type_="check")
    op.drop_column("account", "municipality")
