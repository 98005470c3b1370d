"""Suggestions and invitations are seen by their community too; who runs the map sees no conversations of others.

A transaction that did not say which communities it sees gets an error from a table with a policy, instead of no rows.

Revision: 2026_11_27_loud_walls
Follows: 2026_11_27_history_kept
"""

from alembic import op

from migrations import roles

revision = "2026_11_27_loud_walls"
down_revision = "2026_11_27_history_kept"
branch_labels = None
depends_on = None

SAID = "current_setting('vuurtoren.communities', true)"
#: Asked once for each statement, at the first row that could be seen. Only digits become numbers.
FUNCTIONS = (
    f"""
    CREATE FUNCTION communities_said() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF {SAID} ~ '^([*]|any|shared|none|[0-9]+(,[0-9]+)*)$' THEN
            RETURN true;
        END IF;
        RAISE insufficient_privilege USING
            MESSAGE = 'this transaction did not say which communities it sees',
            HINT = 'Say it with see, see_as or everywhere of assets/walls.py.';
    END $$
    """,
    f"""
    CREATE OR REPLACE FUNCTION communities_in_view() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp AS $$
        SELECT CASE WHEN {SAID} ~ '^[0-9]+(,[0-9]+)*$' THEN string_to_array({SAID}, ',')::bigint[] END
    $$
    """,
    f"""
    CREATE FUNCTION conversations_in_view() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp AS $$
        SELECT CASE
            WHEN {SAID} = 'shared'
                THEN ARRAY(SELECT community_id FROM public.sharing WHERE what = 'conversations' AND shared)
            ELSE public.communities_in_view()
        END
    $$
    """,
)
TALKS = (
    f"(SELECT communities_said()) AND ((SELECT {SAID}) = '*'"
    " OR community_id = ANY ((SELECT conversations_in_view())::bigint[])"
    " OR holder = (SELECT nullif(current_setting('vuurtoren.holder', true), '')))"
)
OF_COMMUNITY = (
    f"(SELECT communities_said()) AND ((SELECT {SAID}) IN ('*', 'any')"
    " OR community_id = ANY ((SELECT communities_in_view())::bigint[]))"
)
WALLED = ("suggestion", "invitation")

BEFORE = f"""
CREATE OR REPLACE FUNCTION communities_in_view() RETURNS bigint[] LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN {SAID} ~ '^[0-9]+(,[0-9]+)*$' THEN string_to_array({SAID}, ',')::bigint[]
        WHEN {SAID} = 'shared'
            THEN ARRAY(SELECT community_id FROM public.sharing WHERE what = 'conversations' AND shared)
    END
$$
"""
TALKS_BEFORE = f"(SELECT {SAID}) = '*' OR community_id = ANY ((SELECT communities_in_view())::bigint[])"


def upgrade() -> None:
    """To this revision."""
    for function in FUNCTIONS:
        op.execute(function)
    op.execute(f"ALTER POLICY of_community ON conversation USING ({TALKS})")
    for table in WALLED:
        op.execute(f"CREATE POLICY of_community ON {table} TO {roles.APP_ROLE} USING ({OF_COMMUNITY})")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Back to the revision before."""
    for table in WALLED:
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        op.execute(f"DROP POLICY of_community ON {table}")
    op.execute(BEFORE)
    op.execute(f"ALTER POLICY of_community ON conversation USING ({TALKS_BEFORE})")
    op.execute("DROP FUNCTION conversations_in_view()")
    op.execute("DROP FUNCTION communities_said()")
