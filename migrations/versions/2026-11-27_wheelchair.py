"""Whether one can get in with a wheelchair: yes, no, or nobody said so.

Revision: 2026_11_27_wheelchair
Follows: 2026_11_27_provider
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_wheelchair"
down_revision = "2026_11_27_provider"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision; nobody has said so of any entry yet."""
    op.add_column("asset", sa.Column("wheelchair_accessible", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_column("asset", "wheelchair_accessible")
