"""The question: which streets of a municipality, or of the whole country, have no litter initiative."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import event

from assets import areas, coverage
from assets.vocabulary import Initiative, Theme
from tests.bench.country import ASKED_ON, MUNICIPALITY, NEIGHBOURHOODS_EACH, STREETS_EACH
from tests.bench.figures import Row, alternate, clocked, ms, times
from tests.bench.load import Load, Request
from tests.bench.running import Database

STREETS = NEIGHBOURHOODS_EACH * STREETS_EACH
FIRST_PAGE = f"/api/v1/collections/streets/items?initiative=none&theme=litter&on={ASKED_ON}&limit=100"
#: How long the slow way may take at country size before we stop waiting for it.
PATIENCE_S = 30

#: What a program does that keeps no links: no active initiative within reach of the street.
ANTI_JOIN = """
    SELECT p.id, p.name, p.length_m FROM published_street_part AS p
    WHERE (CAST(%(area_ids)s AS bigint[]) IS NULL OR p.area_id = ANY (CAST(%(area_ids)s AS bigint[])))
      AND NOT EXISTS (
        SELECT 1 FROM published_asset AS a
        WHERE a.kind = 'street_initiative' AND a.themes @> ARRAY['litter'] AND a.active_on @> CAST(%(on)s AS date)
          AND ST_DWithin(a.geom, p.geom, 25))
"""


def measure(load: Load, city: Database, city_port: int) -> Iterator[Row]:
    """One municipality of a city."""
    page = [Request(f"{FIRST_PAGE}&area={MUNICIPALITY}")]
    load.run(city_port, page, count=60, connections=8)
    with city.connect(public=True) as bare, city.connect(public=True) as database:
        statement, binds = asked(city, area=MUNICIPALITY, limit=101, srid=4326)
        found = alternate(
            5,
            {
                "ours": lambda: load.run(city_port, page, count=40).ms,
                "bare": lambda: clocked(lambda: bare.execute(statement, binds).fetchall(), times=40),
            },
        )
        yield Row(
            f"question, {STREETS:,} streets, first page of 100, API, p50", ms(found["ours"]),
            "its statement by bare psycopg", ms(found["bare"]), times(found["ours"], found["bare"]), "<= 15 ms",
        )  # fmt: skip
        many = load.run(city_port, page, count=400, connections=8)
        yield Row(
            "the same, 8 visitors at once", ms(many.p50), "answers in a second", f"{many.per_second:,.0f}/s"
        )  # fmt: skip
        statement, binds = asked(city, area=MUNICIPALITY)
        which = only_which(statement)
        slow = {"area_ids": ids(city), "on": ASKED_ON}
        found = alternate(
            7,
            {
                "which": lambda: in_database(database, which, binds),
                "all": lambda: in_database(database, statement, binds),
                "anti-join": lambda: in_database(database, ANTI_JOIN, slow),
                "geopandas": lambda: clocked(lambda: with_geopandas(city)),
            },
        )
        yield Row(
            "which of them have none, in the database", ms(found["which"]), "distance anti-join", ms(found["anti-join"]),
            times(found["which"], found["anti-join"]), "<= 6 ms",
        )  # fmt: skip
        yield Row(
            "the whole answer, 14 columns, in the database", ms(found["all"]), "geopandas: read all, buffer, sjoin",
            ms(found["geopandas"]), times(found["all"], found["geopandas"]),
        )  # fmt: skip


def measure_country(load: Load, country: Database, port: int) -> Iterator[Row]:
    """The whole country."""
    page = [Request(FIRST_PAGE)]
    load.run(port, page, count=10)
    first = load.run(port, page, count=40)
    yield Row("question, the whole country, first page of 100, API, p50", ms(first.p50))
    with country.connect(public=True) as database:
        statement, binds = asked(country)
        which = only_which(statement)
        found = alternate(
            3,
            {
                "which": lambda: in_database(database, which, binds),
                "all": lambda: in_database(database, statement, binds),
            },
        )
        database.execute(f"SET statement_timeout = '{PATIENCE_S}s'")
        try:
            slow = in_database(database, ANTI_JOIN, {"area_ids": None, "on": ASKED_ON})
            other, ratio = ms(slow), times(found["which"], slow)
        except psycopg.errors.QueryCanceled:
            other, ratio = f"> {PATIENCE_S} s", f"> {PATIENCE_S * 1000 / found['which']:,.0f} x"
        yield Row(
            "which of 304,500 streets have none, in the database", ms(found["which"]), "distance anti-join", other, ratio,
            "<= 200 ms",
        )  # fmt: skip
        yield Row("the whole answer, 14 columns, in the database", ms(found["all"]))


def asked(database: Database, **question: Any) -> tuple[str, dict[str, Any]]:
    """The statement that coverage.street_parts sends for this question, as psycopg gets it, and its binds."""
    sent: list[tuple[str, dict[str, Any]]] = []
    with database.public_session() as session:
        engine = session.get_bind().engine
        event.listen(engine, "before_cursor_execute", lambda *given: sent.append((given[2], given[3])))
        coverage.street_parts(session, on=ASKED_ON, theme=Theme.litter, initiative=Initiative.none, **question)
    return sent[-1]


def only_which(statement: str) -> str:
    """The same question without the columns that tell of each street."""
    return statement[: statement.index("SELECT g.id, g.street_id")] + "SELECT count(id) FROM page"


def ids(database: Database) -> list[int]:
    """The areas of the municipality."""
    with database.public_session() as session:
        return areas.ids_within(session, MUNICIPALITY)


def in_database(connection: psycopg.Connection[Any], statement: str, binds: dict[str, Any]) -> float:
    """Milliseconds that the server works on a statement, planned and run, without sending the rows."""
    answer = connection.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + statement, binds).fetchone()
    assert answer is not None
    (told,) = answer[0] if isinstance(answer[0], list) else json.loads(answer[0])
    return float(told["Planning Time"] + told["Execution Time"])


def with_geopandas(database: Database) -> int:
    """The naive way: read streets and initiatives, draw 25 m round each, see which streets touch none."""
    import geopandas

    with database.engine() as engine:
        streets = geopandas.read_postgis("SELECT id, name, length_m, geom FROM published_street_part", engine)
        initiatives = geopandas.read_postgis(
            "SELECT id, geom FROM published_asset WHERE kind = 'street_initiative' AND themes @> ARRAY['litter']"
            f" AND active_on @> DATE '{ASKED_ON}'",
            engine,
        )
    initiatives["geom"] = initiatives.buffer(25)
    touched = streets.sjoin(initiatives, predicate="intersects")
    return len(streets[~streets["id"].isin(touched["id_left"])])
