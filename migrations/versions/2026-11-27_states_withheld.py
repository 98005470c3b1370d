"""Conversations of communities that keep the states of their streets to themselves leave the views: made again here.

Revision: 2026_11_27_states_withheld
Follows: 2026_11_27_join_in
"""

revision = "2026_11_27_states_withheld"
down_revision = "2026_11_27_join_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision: the views are made again after it."""


def downgrade() -> None:
    """Back to the revision before, whose program has views of its own."""
