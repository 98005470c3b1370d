"""The history is added to and forgotten, and says nothing else afterwards; it goes with its community.

Revision: 2026_11_27_history_kept
Follows: 2026_11_27_states_withheld
"""

from alembic import op

from migrations import roles

revision = "2026_11_27_history_kept"
down_revision = "2026_11_27_states_withheld"
branch_labels = None
depends_on = None

#: What forgetting changes: the words, what they were about, what they took back, and a name that goes with a community.
FORGOTTEN = ("before", "after", "about", "undoes", "by")
#: Words of assets/community_leave.py (SOMEBODY). Whoever is the owner, as forget_accounts is, passes.
KEEPS = f"""
CREATE FUNCTION keeps_history() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.before IS NULL OR NEW.before IS NOT DISTINCT FROM OLD.before)
        AND (NEW.after IS NULL OR NEW.after IS NOT DISTINCT FROM OLD.after)
        AND NEW.about <@ OLD.about
        AND (NEW.undoes IS NULL OR NEW.undoes IS NOT DISTINCT FROM OLD.undoes)
        AND (NEW."by" = OLD."by" OR (OLD.community_id IS NULL AND NEW."by" = 'somebody whose community left'))
    THEN
        RETURN NEW;
    END IF;
    RAISE insufficient_privilege USING MESSAGE = 'what happened is forgotten, and not rewritten';
END
$$;
CREATE TRIGGER keeps_history BEFORE UPDATE ON change
FOR EACH ROW WHEN (current_user = '{roles.APP_ROLE}') EXECUTE FUNCTION keeps_history()
"""


def upgrade() -> None:
    """To this revision."""
    _follow("CASCADE", "SET NULL")
    op.execute(KEEPS)
    roles.change_only("change", *FORGOTTEN)
    op.execute(f"REVOKE DELETE ON change FROM {roles.APP_ROLE}")


def downgrade() -> None:
    """Back to the revision before."""
    op.execute(f"REVOKE UPDATE ({', '.join(FORGOTTEN)}) ON change FROM {roles.APP_ROLE}")
    op.execute(f"GRANT UPDATE, DELETE ON change TO {roles.APP_ROLE}")
    op.execute("DROP TRIGGER keeps_history ON change")
    op.execute("DROP FUNCTION keeps_history()")
    _follow("SET NULL", None)


def _follow(community: str, undoes: str | None) -> None:
    """What becomes of a change when its community goes, and when the change goes that it takes back."""
    for column, table, follows in (("community_id", "community", community), ("undoes", "change", undoes)):
        op.drop_constraint(op.f(f"fk_change_{column}"), "change", type_="foreignkey")
        op.create_foreign_key(op.f(f"fk_change_{column}"), "change", table, [column], ["id"], ondelete=follows)
