"""Builders are mailed that suggestions wait.

Revision: 2026_11_27_suggestion_mails
Follows: 2026_11_27_former_members
"""

from alembic import op

revision = "2026_11_27_suggestion_mails"
down_revision = "2026_11_27_former_members"
branch_labels = None
depends_on = None

CHECK = "ck_bundled_mail_what"


def upgrade() -> None:
    """To this revision."""
    op.drop_constraint(op.f(CHECK), "bundled_mail", type_="check")
    op.create_check_constraint(op.f(CHECK), "bundled_mail", "what IN ('review', 'suggestions')")


def downgrade() -> None:
    """Back to the revision before: only what somebody put on the map themselves is mailed."""
    op.execute("DELETE FROM bundled_mail WHERE what <> 'review'")
    op.execute("UPDATE account SET stopped_mails = array_remove(stopped_mails, 'suggestions')")
    op.drop_constraint(op.f(CHECK), "bundled_mail", type_="check")
    op.create_check_constraint(op.f(CHECK), "bundled_mail", "what IN ('review')")
