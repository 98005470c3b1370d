"""Who looked is written by the service and never changed by it; of a look at persons stands a row about nobody too.

Revision: 2026_11_27_lookups_published
Follows: 2026_11_27_departure
"""

import sqlalchemy as sa
from alembic import op

from migrations.roles import APP_ROLE, append_only

revision = "2026_11_27_lookups_published"
down_revision = "2026_11_27_departure"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    op.drop_constraint(op.f("ck_lookup_person"), "lookup", type_="check")
    append_only("lookup")
    op.execute(f"GRANT EXECUTE ON FUNCTION forget_lookups(timestamptz) TO {APP_ROLE}")


def downgrade() -> None:
    """Back to the revision before."""
    op.execute(f"REVOKE EXECUTE ON FUNCTION forget_lookups(timestamptz) FROM {APP_ROLE}")
    op.execute(f"GRANT UPDATE, DELETE ON lookup TO {APP_ROLE}")
    op.execute(sa.text("DELETE FROM lookup WHERE what = 'person' AND asset_id IS NULL"))
    op.create_check_constraint(op.f("ck_lookup_person"), "lookup", "what <> 'person' OR asset_id IS NOT NULL")
