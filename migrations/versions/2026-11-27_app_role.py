"""A role for the service: it reads and writes rows and cannot change the schema.

Revision: 2026_11_27_app_role
Follows: 2026_11_27_token_scopes
"""

from alembic import op

from migrations import roles

revision = "2026_11_27_app_role"
down_revision = "2026_11_27_token_scopes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    roles.make_role(roles.APP_ROLE)
    roles.let_application_work()
    roles.append_only("lookup")
    op.execute(f"GRANT EXECUTE ON FUNCTION forget_lookups(timestamptz) TO {roles.APP_ROLE}")
    # only the owner of a table may take its samples anew, which an erasure needs
    op.execute(
        """
        CREATE FUNCTION forget_samples() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
        BEGIN
            ANALYZE public.asset;
        END $$
        """
    )
    op.execute("REVOKE EXECUTE ON FUNCTION forget_samples(), raise_data_version() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION forget_samples() TO {roles.APP_ROLE}")


def downgrade() -> None:
    """Back to the revision before; the role stays when another database uses it or the administrator made it."""
    op.execute("DROP FUNCTION forget_samples()")
    op.execute("GRANT EXECUTE ON FUNCTION raise_data_version() TO PUBLIC")
    op.execute(f"DROP OWNED BY {roles.APP_ROLE}")
    op.execute(
        f"""
        DO $$
        BEGIN
            DROP ROLE {roles.APP_ROLE};
        EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
            NULL;
        END $$
        """
    )
