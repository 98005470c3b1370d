"""An entry, its consents and its personal links are written in a community in view only; reading them is as it was.

Revision: 2026_11_27_write_walls
Follows: 2026_11_27_loud_walls
"""

from alembic import op

from migrations import roles

revision = "2026_11_27_write_walls"
down_revision = "2026_11_27_loud_walls"
branch_labels = None
depends_on = None

SAID = "current_setting('vuurtoren.communities', true)"
#: A row of another community is an error and never passed over: a statement for several entries says so, or fails.
REFUSING = f"""
CREATE FUNCTION community_in_view(asked bigint) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF public.communities_said() AND ({SAID} IN ('*', 'any') OR asked = ANY (public.communities_in_view())) THEN
        RETURN true;
    END IF;
    RAISE insufficient_privilege USING
        MESSAGE = 'this transaction does not see the community of what it writes',
        HINT = 'Say which it sees with see, see_as or everywhere of assets/walls.py.';
END $$
"""
WHOSE = {
    "asset": "community_id",
    "consent": "(SELECT a.community_id FROM asset AS a WHERE a.id = asset_id)",
    "personal_link": "(SELECT a.community_id FROM asset AS a WHERE a.id = asset_id)",
}


def upgrade() -> None:
    """To this revision."""
    op.execute(REFUSING)
    for table, whose in WHOSE.items():
        for what, policy in (
            ("SELECT", "USING (true)"),
            ("INSERT", f"WITH CHECK (community_in_view({whose}))"),
            ("UPDATE", f"USING (true) WITH CHECK (community_in_view({whose}))"),
            ("DELETE", f"USING (community_in_view({whose}))"),
        ):
            op.execute(f"CREATE POLICY for_{what.lower()} ON {table} FOR {what} TO {roles.APP_ROLE} {policy}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Back to the revision before."""
    for table in WHOSE:
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        for what in ("select", "insert", "update", "delete"):
            op.execute(f"DROP POLICY for_{what} ON {table}")
    op.execute("DROP FUNCTION community_in_view(bigint)")
