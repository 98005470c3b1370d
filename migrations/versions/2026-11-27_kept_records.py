"""What was agreed to stays that: the service ends a consent and forgets an old one, and rewrites neither.

Revision: 2026_11_27_kept_records
Follows: 2026_11_27_municipality
"""

from alembic import op

from migrations import roles

revision = "2026_11_27_kept_records"
down_revision = "2026_11_27_municipality"
branch_labels = None
depends_on = None

#: Of each table the columns that the service may change.
CHANGED = {
    "consent": ("withdrawn_at",),
    "erasure": ("consents",),
}


def upgrade() -> None:
    """To this revision."""
    for table, columns in CHANGED.items():
        roles.change_only(table, *columns)
    op.execute(f"REVOKE DELETE ON erasure FROM {roles.APP_ROLE}")
    roles.append_only("departure")


def downgrade() -> None:
    """Back to the revision before."""
    for table in CHANGED:
        op.execute(f"GRANT UPDATE, DELETE ON {table} TO {roles.APP_ROLE}")
    op.execute(f"GRANT UPDATE, DELETE ON departure TO {roles.APP_ROLE}")
