"""The samples that queries are planned with are taken anew by a function: only the owner of a table may do it.

Revision: 2026_11_27_take_samples
Follows: 2026_11_27_change_community
"""

from alembic import op

from migrations import roles

revision = "2026_11_27_take_samples"
down_revision = "2026_11_27_change_community"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision: for any table of ours, as an import fills many."""
    op.execute("DROP FUNCTION forget_samples()")
    op.execute(
        """
        CREATE FUNCTION take_samples(of_table text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            EXECUTE format('ANALYZE public.%I', of_table);
        END $$
        """
    )
    op.execute("REVOKE EXECUTE ON FUNCTION take_samples(text) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION take_samples(text) TO {roles.APP_ROLE}")


def downgrade() -> None:
    """Back to the revision before."""
    op.execute("DROP FUNCTION take_samples(text)")
    op.execute(
        """
        CREATE FUNCTION forget_samples() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
        BEGIN
            ANALYZE public.asset;
        END $$
        """
    )
    op.execute("REVOKE EXECUTE ON FUNCTION forget_samples() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION forget_samples() TO {roles.APP_ROLE}")
