"""The roles of a database: its owner migrates, `vuurtoren_app` serves, `vuurtoren_public` reads what is published.

    append_only("lookup")       in the migration that makes a table which the service may add to and never change

Roles belong to the server and are shared by its databases; what they may do belongs to each database.
"""

from alembic import op

APP_ROLE = "vuurtoren_app"
PUBLIC_ROLE = "vuurtoren_public"

#: Whether the user of this migration may act as a role. Since PostgreSQL 16 a member may not by itself.
MAY_ACT = "pg_has_role(current_user, '{role}', CASE WHEN {version} >= 160000 THEN 'SET' ELSE 'MEMBER' END)"
VERSION = "current_setting('server_version_num')::int"

#: Tables and sequences of ours: what an extension brought belongs to others.
OURS = """
    SELECT c.oid::regclass AS name, c.relkind FROM pg_class AS c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'S')
        AND NOT EXISTS (
            SELECT FROM pg_depend AS d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
        )
"""


def make_role(role: str) -> None:
    """Make a role that nobody signs in as, where it is missing, and let the user of this migration act as it."""
    op.execute(
        f"""
        DO $$
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} NOLOGIN;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database of this server made it at the same moment
        END $$
        """
    )
    op.execute(
        f"""
        DO $$
        BEGIN
            IF NOT {MAY_ACT.format(role=role, version=VERSION)} THEN
                GRANT {role} TO CURRENT_USER;
            END IF;
        END $$
        """
    )


def let_application_work() -> None:
    """Let the application read and write the tables that are there and those of later migrations, and change none."""
    op.execute(
        f"""
        DO $$
        DECLARE
            ours record;
        BEGIN
            IF NOT pg_has_role('{APP_ROLE}', '{PUBLIC_ROLE}', 'MEMBER') THEN
                GRANT {PUBLIC_ROLE} TO {APP_ROLE};  -- what is written for visitors is read as one of them
            END IF;
            FOR ours IN {OURS} LOOP
                IF ours.relkind = 'S' THEN
                    EXECUTE format('GRANT USAGE ON SEQUENCE %s TO {APP_ROLE}', ours.name);
                ELSE
                    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO {APP_ROLE}', ours.name);
                END IF;
            END LOOP;
        END $$
        """
    )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
    op.execute(
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP_ROLE}"
    )
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {APP_ROLE}")
    read_only("alembic_version")


def append_only(table: str) -> None:
    """Let the application read a table and add to it, and neither change nor remove a row."""
    op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {APP_ROLE}")


def change_only(table: str, *columns: str) -> None:
    """Let the application change these columns of a table and no others; adding and removing rows stays as it was."""
    op.execute(f"REVOKE UPDATE ON {table} FROM {APP_ROLE}")
    op.execute(f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO {APP_ROLE}")


def read_only(table: str) -> None:
    """Let the application read a table that only migrations write."""
    op.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM {APP_ROLE}")
