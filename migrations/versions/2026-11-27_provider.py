"""Signing in at the provider of a municipality.

Revision: 2026_11_27_provider
Follows: 2026_11_27_report_reasons
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_provider"
down_revision = "2026_11_27_report_reasons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.add_column("sign_in_link", sa.Column("sealed", sa.Text(), nullable=True))
    op.add_column("account", sa.Column("provider", sa.Text(), nullable=True))
    op.create_index(
        "uq_account_provider", "account", ["provider"], unique=True, postgresql_where=sa.text("closed_at IS NULL")
    )


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_column("account", "provider")
    op.drop_column("sign_in_link", "sealed")
