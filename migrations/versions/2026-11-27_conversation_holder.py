"""Whose a conversation is: those who recorded it may change it, and two people may have one name.

Revision: 2026_11_27_conversation_holder
Follows: 2026_11_27_notices
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_conversation_holder"
down_revision = "2026_11_27_notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision; of conversations that are there already nobody knows whose they are."""
    op.add_column("conversation", sa.Column("holder", sa.Text(), nullable=True))
    op.create_index("ix_conversation_holder", "conversation", ["holder", "held_on"])


def downgrade() -> None:
    """Back to the revision before."""
    op.drop_index("ix_conversation_holder", table_name="conversation")
    op.drop_column("conversation", "holder")
