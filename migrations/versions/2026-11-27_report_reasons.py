"""Why an entry is reported, as a choice beside the line of words.

Revision: 2026_11_27_report_reasons
Follows: 2026_11_27_second_factor
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_report_reasons"
down_revision = "2026_11_27_second_factor"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.add_column("suggestion", sa.Column("reason", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_suggestion_reason"), "suggestion", "reason IN ('wrong', 'private', 'offensive', 'other')"
    )


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_column("suggestion", "reason")
