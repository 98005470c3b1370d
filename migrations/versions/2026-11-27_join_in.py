"""Whoever suggests a club or a place may want to get the messages for it.

Revision: 2026_11_27_join_in
Follows: 2026_11_27_suggestion_mails
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_join_in"
down_revision = "2026_11_27_suggestion_mails"
branch_labels = None
depends_on = None

CHECK = "ck_suggestion_takes_messages"


def upgrade() -> None:
    """To this revision."""
    op.add_column("suggestion", sa.Column("takes_messages", sa.Boolean(), server_default="false", nullable=False))
    op.create_check_constraint(op.f(CHECK), "suggestion", "NOT takes_messages OR contact IS NOT NULL")


def downgrade() -> None:
    """Back to the revision before: only persons give an address for messages, so those of others are forgotten."""
    op.execute(
        "DELETE FROM relay_address USING asset WHERE asset.id = relay_address.asset_id AND asset.kind <> 'person'"
    )
    op.drop_constraint(op.f(CHECK), "suggestion", type_="check")
    op.drop_column("suggestion", "takes_messages")
