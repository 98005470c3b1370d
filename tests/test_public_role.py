"""What anonymous people can read: the published views and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, text

from app import database
from tests.conftest import Databases

ROOT = Path(__file__).resolve().parent.parent
#: Own words of people and who did what: in no published view, by name of the column.
NEVER_PUBLISHED = {
    "created_by",
    "recorded_by",
    "by",
    "token_hash",
    "wording",
    "before",
    "after",
    "drawn",
    "signs",
    "source_key",
    "counted_by",
    "set_by",
    "neighbours",
}


def public_url(url: str) -> str:
    """The same database, connected to as the public role."""
    return url + ("&" if "?" in url else "?") + "options=-c%20role%3Dvuurtoren_public"


@pytest.fixture(scope="module")
def visitor_url(databases: Databases, sample_url: str) -> str:
    """The sample as the private cluster serves it to visitors: signed in as the public role, and nobody else."""
    return databases.cluster.url_of(sample_url.partition("@/")[2].partition("?")[0], user="vuurtoren_public")


@pytest.fixture(scope="module", params=["acting", "signed in"])
def visitor(
    request: pytest.FixtureRequest, sample_url: str, visitor_url: str
) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection of the public role that may write, as far as the role goes: as its owner acting, and by itself."""
    named = database.libpq_url(sample_url if request.param == "acting" else visitor_url)
    with psycopg.connect(named, autocommit=True, options=database.AS_PUBLIC) as connection:
        yield connection


@pytest.fixture(scope="module")
def columns(sample_url: str) -> list[tuple[str, str]]:
    """Every column of every table, materialised view and partition, those of the mail queue and of Alembic included."""
    with psycopg.connect(database.libpq_url(sample_url)) as owner:
        found = owner.execute(
            "SELECT c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'f')"
            " AND NOT a.attisdropped AND (a.attnum > 0 OR a.attname IN ('ctid', 'xmin', 'tableoid'))"
            " AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1, 2"
        ).fetchall()
    return [(str(table), str(column)) for table, column in found]


def test_the_public_role_can_read_no_table_and_no_column(
    visitor: psycopg.Connection[tuple[object, ...]], columns: list[tuple[str, str]]
) -> None:
    """Every table of ours refuses, column by column, also those that every table has."""
    tables = {table for table, _ in columns}
    assert {"alembic_version", "consent", "lookup", "mail", "procrastinate_jobs", "token"} <= tables
    assert len(columns) > 300
    read: list[str] = []
    for table, column in columns:
        asked = sql.SQL("SELECT {} FROM {} LIMIT 1").format(sql.Identifier(column), sql.Identifier(table))
        try:
            visitor.execute(asked)
        except psycopg.errors.InsufficientPrivilege:
            continue
        read.append(f"{table}.{column}")
    assert [] == read


def test_the_public_role_can_write_no_table(
    visitor: psycopg.Connection[tuple[object, ...]], columns: list[tuple[str, str]]
) -> None:
    """Adding, changing, deleting, emptying, locking and copying are refused for each of them."""
    for table in sorted({table for table, _ in columns}):
        first = next(column for name, column in columns if name == table and column not in ("ctid", "tableoid", "xmin"))
        for statement in (
            "SELECT * FROM {table} LIMIT 1",
            "SELECT count(*) FROM {table}",
            "INSERT INTO {table} DEFAULT VALUES",
            "UPDATE {table} SET {column} = DEFAULT",
            "DELETE FROM {table}",
            "TRUNCATE {table}",
            "COPY {table} TO STDOUT",
            "DROP TABLE {table}",
            "ANALYZE {table}",
        ):
            asked = sql.SQL(statement).format(table=sql.Identifier(table), column=sql.Identifier(first))
            if statement.startswith("ANALYZE"):
                visitor.execute(asked)  # passed over with a warning
                continue
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.WrongObjectType)):
                visitor.execute(asked)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM pg_authid",
        "SELECT * FROM pg_hba_file_rules",
        "SELECT stavalues1 FROM pg_statistic",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_ls_dir('/')",
        "SELECT lo_import('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'cat'",
        "COPY (SELECT 1) TO '/tmp/x'",
        "CREATE TABLE mine (id int)",
        "CREATE VIEW mine AS SELECT 1",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1",
        "CREATE ROLE mine",
        "ALTER VIEW published_asset RENAME TO mine",
        "SELECT take_samples('asset')",
        "SELECT forget_lookups(now())",
        "SELECT forget_accounts(now())",
        "SELECT nextval('procrastinate_jobs_id_seq')",
        "SELECT last_value FROM asset_id_seq",
        "SELECT procrastinate_fetch_job_v2(ARRAY['mail']::varchar[], 1)",
        "SELECT ST_EstimatedExtent('public', 'asset', 'geom')",
        "SELECT ST_FindExtent('public', 'asset', 'geom')",
        "SELECT _postgis_stats('asset', 'geom')",
        "SELECT _postgis_selectivity('asset', 'geom', ST_MakeEnvelope(0, 0, 1, 1, 28992))",
        "SET session_replication_role = replica",
        "SET SESSION AUTHORIZATION postgres",
    ],
)
def test_the_public_role_cannot(visitor: psycopg.Connection[tuple[object, ...]], statement: str) -> None:
    """Read what the server keeps, its files or its samples of our tables; make anything; run what is not for it."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        visitor.execute(statement)  # type: ignore[call-overload]


def test_samples_of_tables_are_not_shown(visitor: psycopg.Connection[tuple[object, ...]]) -> None:
    """The view of most common values has rows of what one may read only."""
    asked = "SELECT DISTINCT tablename FROM pg_stats WHERE schemaname = 'public'"
    assert {"spatial_ref_sys"} >= {row[0] for row in visitor.execute(asked).fetchall()}


def test_the_public_role_runs_no_function_as_the_owner(visitor: psycopg.Connection[tuple[object, ...]]) -> None:
    """What runs with the rights of the owner is a trigger, which nobody calls, or closed to visitors."""
    open_to_visitors = visitor.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
        " AND prorettype <> 'trigger'::regtype AND has_function_privilege(oid, 'EXECUTE')"
    ).fetchall()
    assert [] == open_to_visitors


def test_who_signs_in_as_a_visitor_stays_one(visitor_url: str) -> None:
    """Laying the role down, or asking for another, leads nowhere."""
    with psycopg.connect(database.libpq_url(visitor_url), autocommit=True) as connection:
        for statement in ("RESET ROLE", "SET ROLE NONE", "RESET ALL", "SET SESSION AUTHORIZATION DEFAULT"):
            connection.execute(statement)  # type: ignore[call-overload]
            assert ("vuurtoren_public",) == connection.execute("SELECT current_user").fetchone()
        for role in ("vuurtoren_app", "vuurtoren", "postgres"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT title FROM asset")


def test_the_public_role_can_read_every_published_view_and_write_none(sample_url: str) -> None:
    """Reading works; inserting, changing and deleting does not."""
    public = create_engine(public_url(sample_url))
    with public.connect() as connection:
        views = connection.scalars(
            text("SELECT table_name FROM information_schema.views WHERE table_name LIKE 'published%'")
        ).all()
        assert len(views) > 10
        for view in views:
            connection.execute(text(f"SELECT * FROM {view} LIMIT 1"))
        writes = connection.execute(
            text(
                "SELECT v, p FROM unnest(CAST(:views AS text[])) AS v, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS p"
                " WHERE has_table_privilege(v, p)"
            ),
            {"views": list(views)},
        ).all()
    assert [] == writes
    public.dispose()


def test_no_published_view_has_a_column_about_who_or_what_was_said(sample_url: str) -> None:
    """Names of columns that tell about people are in none of them."""
    engine = create_engine(sample_url)
    with engine.connect() as connection:
        columns = set(
            connection.scalars(
                text("SELECT column_name FROM information_schema.columns WHERE table_name LIKE 'published%'")
            )
        )
        told = set(
            connection.scalars(
                text("SELECT column_name FROM information_schema.columns WHERE table_name = 'published_conversation'")
            )
        )
    engine.dispose()

    assert set() == NEVER_PUBLISHED & columns
    assert {"id", "street_id", "area_id", "held_on"} == told


#: Beginnings of the files that write, import, or look after what is kept. All others are run for visitors too.
WRITING = (
    "address_", "divide_", "erase_", "find_street", "general_", "import_", "keep_", "mail_", "measurement_",
    "leave_", "set_stretch_geometry", "street_edge_", "streets_near", "energy_near_streets", "visible_assets",
    "street_details",  # for analysts, behind the wall of the database (decision 0038)
)  # fmt: skip


def test_reading_statements_name_published_views_only() -> None:
    """The files that doors run for visitors read no table: what follows FROM or JOIN is a published view.

    A new file counts as one of these until it is put in WRITING.
    """
    from assets import models

    tables = "|".join(models.Base.metadata.tables)
    assert "consent" in tables
    named = re.compile(rf"\b(?:FROM|JOIN|UPDATE|INTO)\s+({tables})\b", re.IGNORECASE)
    archive = re.compile(r"-- when archive.*?-- end", re.DOTALL)
    reading = [file for file in sorted((ROOT / "assets" / "sql").glob("*.sql")) if not file.name.startswith(WRITING)]
    assert len(reading) > 30
    for file in reading:
        body = archive.sub("", file.read_text(encoding="utf-8"))
        body = "\n".join(line for line in body.splitlines() if not line.startswith("--"))
        assert [] == named.findall(body), file.name
