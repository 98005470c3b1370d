"""The schema: up, down and up again, equal to the models, in any storage CRS."""

import importlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, text

from app import migration
from tests.conftest import Databases


def test_the_schema_goes_up_and_down_and_up_again(databases: Databases) -> None:
    """From nothing to the head, back to nothing of ours, and to the head again."""
    url = databases.empty()
    engine = create_engine(url)
    try:
        migration.upgrade(engine, storage_srid=28992)
        with engine.begin() as connection:
            command.downgrade(migration.config(connection, storage_srid=28992), "base")
        left = set(inspect(engine).get_table_names()) | set(inspect(engine).get_view_names())
        with engine.connect() as connection:
            functions = connection.scalars(
                text("SELECT proname FROM pg_proc WHERE proname IN ('folded', 'raise_data_version')")
            ).all()
        again = migration.upgrade(engine, storage_srid=28992)

        assert {"alembic_version", "spatial_ref_sys"} == left - {"geometry_columns", "geography_columns"}
        assert [] == functions
        assert migration.Fit.CURRENT is again.fit
    finally:
        engine.dispose()
        databases.drop(url)


def test_two_that_start_together_on_an_empty_database_both_end_at_the_head(databases: Databases) -> None:
    """The service and a first command: the second waits for the first, and neither fails."""
    url = databases.empty()
    engine = create_engine(url)
    try:
        with ThreadPoolExecutor(2) as both:
            found = list(both.map(lambda _: migration.upgrade(engine, storage_srid=28992), range(2)))

        assert [migration.Fit.CURRENT] * 2 == [schema.fit for schema in found]
    finally:
        engine.dispose()
        databases.drop(url)


def test_a_database_from_before_the_street_graph_gets_one(databases: Databases) -> None:
    """Streets that were imported by an older version can be walked after the upgrade, without a rebuild."""
    url = databases.empty()
    engine = create_engine(url)
    try:
        migration.upgrade(engine, storage_srid=28992)
        with engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO segment (geom, fingerprint, source) SELECT ST_GeomFromText(line, 28992), '', 'old'"
                    " FROM unnest(ARRAY['LINESTRING(100000 400000, 100100 400000)',"
                    " 'LINESTRING(100050 400000, 100050 400080)']) AS line"
                )
            )
        with engine.begin() as connection:
            migration.catch_up(connection)
        with engine.connect() as connection:
            edges = connection.execute(
                text("SELECT end_m - start_m FROM street_edge ORDER BY segment_id, start_m")
            ).scalars()
            assert [50.0, 50.0, 80.0] == list(edges)
    finally:
        engine.dispose()
        databases.drop(url)


def test_conversations_from_before_communities_get_one(databases: Databases) -> None:
    """One of somebody with a role goes to the community of that role, any other to the first that is no sample."""
    url = databases.clone("schema")
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE conversation ALTER COLUMN community_id DROP NOT NULL"))
            connection.execute(
                text(
                    "INSERT INTO community (id, slug, name, is_sample) OVERRIDING SYSTEM VALUE VALUES"
                    " (1, 'sample', 'S', true), (2, 'west', 'W', false), (3, 'oost', 'O', false);"
                    "INSERT INTO account (id, name, role) OVERRIDING SYSTEM VALUE VALUES (7, 'Noor', 'builder');"
                    "INSERT INTO membership VALUES (7, 2, 'member'), (7, 3, 'builder');"
                    "INSERT INTO street (id, name, fingerprint, source) OVERRIDING SYSTEM VALUE"
                    " VALUES (1, 'Kade', '', 'x');"
                    "INSERT INTO conversation (street_id, held_on, neighbours, recorded_by, holder) VALUES"
                    " (1, '2026-01-01', 1, 'Noor', 'account:7'), (1, '2026-01-02', 1, 'x', 'token:7'),"
                    " (1, '2026-01-03', 1, 'y', NULL), (1, '2026-01-04', 1, 'z', 'account:8')"
                )
            )
            for statement in importlib.import_module("migrations.versions.2026-11-27_talk_community").FILL:
                connection.execute(text(statement))
            found = connection.scalars(text("SELECT community_id FROM conversation ORDER BY held_on")).all()
        assert [3, 2, 2, 2] == found
    finally:
        engine.dispose()
        databases.drop(url)


def test_the_models_say_what_the_migrations_make(database_url: str) -> None:
    """`alembic check` finds nothing to do; it raises when it does."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        command.check(migration.config(connection, storage_srid=28992))
    engine.dispose()


@pytest.mark.parametrize(("fixture", "srid"), [("database_url", 28992), ("helsinki_url", 3067)])
def test_geometry_columns_have_the_storage_crs(request: pytest.FixtureRequest, fixture: str, srid: int) -> None:
    """The CRS chosen at the first migration is recorded, and every geometry column has it or EPSG:3857."""
    engine = create_engine(request.getfixturevalue(fixture))
    with engine.connect() as connection:
        recorded = connection.scalar(text("SELECT storage_srid FROM deployment"))
        columns = connection.execute(
            text(
                "SELECT f_table_name, f_geometry_column, srid FROM geometry_columns"
                " WHERE f_table_name NOT LIKE 'published%'"
            )
        ).all()
    engine.dispose()

    assert srid == recorded
    assert len(columns) > 8
    for table, column, found in columns:
        assert (3857 if column.endswith("_3857") else srid) == found, f"{table}.{column}"


def test_every_geometry_column_has_a_spatial_index(database_url: str) -> None:
    """Except the line as drawn and addresses, which nobody searches for by place, and label points of areas."""
    engine = create_engine(database_url)
    with engine.connect() as connection:
        without = connection.execute(
            text(
                "SELECT c.f_table_name || '.' || c.f_geometry_column FROM geometry_columns AS c"
                " JOIN pg_tables AS t ON t.tablename = c.f_table_name AND t.schemaname = 'public'"
                " WHERE NOT EXISTS (SELECT 1 FROM pg_indexes AS i WHERE i.tablename = c.f_table_name"
                " AND i.indexdef LIKE '%gist (' || c.f_geometry_column || ')%')"
            )
        ).scalars()
        assert {"stretch.drawn", "area.label_point", "area.label_point_3857", "address.geom"} == set(without)
    engine.dispose()
