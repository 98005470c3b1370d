"""An entry and a personal link leave a community in view only: a policy looks at where a row goes, and not whence.

Revision: 2026_11_27_moves_in_view
Follows: 2026_11_27_write_walls
"""

from alembic import op

from migrations import roles

revision = "2026_11_27_moves_in_view"
down_revision = "2026_11_27_write_walls"
branch_labels = None
depends_on = None

#: Not a USING of the policy: that would also refuse the lock on an entry of another community that one connects with.
LEFT = """
CREATE FUNCTION leaves_community_in_view() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_TABLE_NAME = 'asset' THEN
        PERFORM public.community_in_view(OLD.community_id);
    ELSE
        PERFORM public.community_in_view((SELECT a.community_id FROM public.asset AS a WHERE a.id = OLD.asset_id));
    END IF;
    RETURN NEW;
END
$$
"""
WHOSE = {"asset": "community_id", "personal_link": "asset_id"}


def upgrade() -> None:
    """To this revision."""
    op.execute(LEFT)
    for table, column in WHOSE.items():
        op.execute(
            f"CREATE TRIGGER leaves_community_in_view BEFORE UPDATE OF {column} ON {table} FOR EACH ROW"
            f" WHEN (OLD.{column} IS DISTINCT FROM NEW.{column} AND current_user = '{roles.APP_ROLE}')"
            " EXECUTE FUNCTION leaves_community_in_view()"
        )


def downgrade() -> None:
    """Back to the revision before."""
    for table in WHOSE:
        op.execute(f"DROP TRIGGER leaves_community_in_view ON {table}")
    op.execute("DROP FUNCTION leaves_community_in_view()")
