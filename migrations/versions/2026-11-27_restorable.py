"""A dump can be put back: a trigger compared points in a way that pg_restore cannot read.

Revision: 2026_11_27_restorable
Follows: 2026_11_27_no_samples
"""

from alembic import op

revision = "2026_11_27_restorable"
down_revision = "2026_11_27_no_samples"
branch_labels = None
depends_on = None

MADE = (
    "CREATE TRIGGER mark_moved_area AFTER UPDATE ON area FOR EACH ROW"
    " WHEN (OLD.label_point{as_text} IS DISTINCT FROM NEW.label_point{as_text}) EXECUTE FUNCTION mark_moved_area()"
)


def upgrade() -> None:
    """To this revision: as text, for pg_restore looks for no operator of PostGIS."""
    op.execute("DROP TRIGGER mark_moved_area ON area")
    op.execute(MADE.format(as_text="::text"))


def downgrade() -> None:
    """Back to the revision before."""
    op.execute("DROP TRIGGER mark_moved_area ON area")
    op.execute(MADE.format(as_text=""))
