"""What anonymous people can read: the published views and nothing else."""

import re
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

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


def test_the_public_role_can_read_no_table_and_no_column(sample_url: str) -> None:
    """Every table of ours refuses, column by column."""
    owner = create_engine(sample_url)
    with owner.connect() as connection:
        columns = connection.execute(
            text(
                "SELECT c.table_name, c.column_name FROM information_schema.columns AS c"
                " JOIN pg_tables AS t ON t.tablename = c.table_name AND t.schemaname = 'public'"
                " WHERE c.table_schema = 'public' AND c.table_name <> 'spatial_ref_sys'"
            )
        ).all()
    owner.dispose()
    assert len(columns) > 100

    public = create_engine(public_url(sample_url))
    for table, column in columns:
        with public.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text(f'SELECT "{column}" FROM {table} LIMIT 1'))
    public.dispose()


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
    "set_stretch_geometry", "street_edge_", "streets_near", "energy_near_streets", "visible_assets",
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
