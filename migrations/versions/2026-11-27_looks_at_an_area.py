"""A look at an area goes with the area, and only those of the made-up neighbourhood are ever taken away.

Left without their area, two looks of one quarter of an hour would be the same row, and the neighbourhood would stay.

Revision: 2026_11_27_looks_at_an_area
Follows: 2026_11_27_moves_in_view
"""

from alembic import op

revision = "2026_11_27_looks_at_an_area"
down_revision = "2026_11_27_moves_in_view"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    _follow("CASCADE")


def downgrade() -> None:
    """Back to the revision before."""
    _follow("SET NULL")


def _follow(ondelete: str) -> None:
    """What becomes of a look when its area goes."""
    op.drop_constraint(op.f("fk_lookup_area_id"), "lookup", type_="foreignkey")
    op.create_foreign_key(op.f("fk_lookup_area_id"), "lookup", "area", ["area_id"], ["id"], ondelete=ondelete)
