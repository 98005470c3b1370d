"""The service reads what its database is and never changes it: the CRS, and the moment by which a backup is known.

Revision: 2026_11_27_deployment_read
Follows: 2026_11_27_talk_wall
"""

from alembic import op

from migrations import roles

revision = "2026_11_27_deployment_read"
down_revision = "2026_11_27_talk_wall"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    roles.read_only("deployment")


def downgrade() -> None:
    """Back to the revision before."""
    op.execute(f"GRANT INSERT, UPDATE, DELETE ON deployment TO {roles.APP_ROLE}")
