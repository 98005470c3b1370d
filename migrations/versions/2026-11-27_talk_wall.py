"""Conversations are seen by their community: the database checks it behind every statement of the service.

Revision: 2026_11_27_talk_wall
Follows: 2026_11_27_invitations
"""

from alembic import op

from migrations import roles

revision = "2026_11_27_talk_wall"
down_revision = "2026_11_27_invitations"
branch_labels = None
depends_on = None

#: Read once for each statement. Only digits become numbers, so that no value of the setting makes a statement fail.
COMMUNITIES = """
CREATE FUNCTION communities_in_view() RETURNS bigint[] LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN current_setting('vuurtoren.communities', true) ~ '^[0-9]+(,[0-9]+)*$'
            THEN string_to_array(current_setting('vuurtoren.communities', true), ',')::bigint[]
        WHEN current_setting('vuurtoren.communities', true) = 'shared'
            THEN ARRAY(SELECT community_id FROM public.sharing WHERE what = 'conversations' AND shared)
    END
$$
"""
SEEN = (
    "(SELECT current_setting('vuurtoren.communities', true)) = '*'"
    " OR community_id = ANY ((SELECT communities_in_view())::bigint[])"
)


def upgrade() -> None:
    """To this revision."""
    op.execute(COMMUNITIES)
    op.execute(f"CREATE POLICY of_community ON conversation TO {roles.APP_ROLE} USING ({SEEN})")
    op.execute("ALTER TABLE conversation ENABLE ROW LEVEL SECURITY")


def downgrade() -> None:
    """Back to the revision before."""
    op.execute("ALTER TABLE conversation DISABLE ROW LEVEL SECURITY")
    op.execute("DROP POLICY of_community ON conversation")
    op.execute("DROP FUNCTION communities_in_view()")
