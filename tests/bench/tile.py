"""Vector tiles: drawn anew, kept in the process, and not sent again."""

import math
from collections.abc import Iterator
from datetime import timedelta
from itertools import count, cycle, islice
from typing import Any

import psycopg

from assets import browse, tiles
from tests.bench.country import ASKED_ON, MUNICIPALITY
from tests.bench.figures import Row, alternate, clocked, ms, times
from tests.bench.load import Load, Request
from tests.bench.map_page import fetched
from tests.bench.running import Database, bare_program

ZOOM = 14
#: Days back from the day that is asked about, each used once: no tile of them is kept yet.
DAYS = count(1)
Tile = tuple[int, int, int]


def measure(load: Load, database: Database, port: int) -> Iterator[Row]:
    """Tiles of one municipality."""
    places = of_area(database, MUNICIPALITY, ZOOM)
    draws, bare_draws = cold(places), islice(cycle(places), 10_000)
    load.run(port, [Request(path) for path in islice(draws, 40)], count=40, connections=8)
    with database.connect(public=True) as bare:
        prepare_at_once(bare)
        found = alternate(
            5,
            {
                "ours": lambda: load.run(port, [Request(path) for path in islice(draws, 40)], count=40).ms,
                "bare": lambda: [drawn(bare, place) for place in islice(bare_draws, 40)],
            },
        )
    yield Row(
        f"tile z{ZOOM} drawn anew, p50", ms(found["ours"]), "its statement by bare psycopg", ms(found["bare"]),
        times(found["ours"], found["bare"]), "<= 50 ms; 0.7 x",
    )  # fmt: skip
    many = load.run(port, [Request(path) for path in islice(draws, 400)], count=400, connections=8)
    yield Row("the same, 8 visitors at once", ms(many.p50), "tiles in a second", f"{many.per_second:,.0f}/s")
    path = path_of(max(places, key=lambda place: len(fetched(port, path_of(place)))))
    with bare_program(fetched(port, path)) as bare_port:
        ways = {
            "ours": lambda: load.run(port, [Request(path)], count=100).ms,
            "bare": lambda: load.run(bare_port, [Request("/")], count=100).ms,
        }
        load.run(port, [Request(path)], count=40)
        found = alternate(5, ways)
        yield Row(
            f"tile z{ZOOM} kept, p50", ms(found["ours"]), "the same bytes from a bare ASGI function", ms(found["bare"]),
            times(found["ours"], found["bare"]), "0.5 x",
        )  # fmt: skip
        ours = load.run(port, [Request(path)], count=2000, connections=8)
        limit = load.run(bare_port, [Request("/")], count=2000, connections=8)
        yield Row(
            "the same, 8 visitors at once", f"{ours.per_second:,.0f}/s", "the same", f"{limit.per_second:,.0f}/s",
            times(limit.per_second, ours.per_second), "0.5 x",
        )  # fmt: skip
    unchanged = Request(path, headers={"If-None-Match": tag(port, path)})
    same = load.run(port, [unchanged], count=300, expect=304)
    yield Row("the same, unchanged (304), p50", ms(same.p50))


def measure_real(load: Load, database: Database, port: int, name: str) -> Iterator[Row]:
    """Every tile of a real city once."""
    paths = [path_of(place) for place in of_area(database, None, ZOOM)]
    load.run(port, [Request(path_of(place)) for place in of_area(database, None, ZOOM - 2)], count=20, connections=4)
    found = load.run(port, [Request(path) for path in paths], count=len(paths), seconds=60)
    yield Row(
        f"each of the {len(paths)} tiles z{ZOOM} of {name} drawn anew, p50", ms(found.p50), "the slowest of them",
        ms(max(found.ms)), asked="<= 50 ms",
    )  # fmt: skip


def of_area(database: Database, code: str | None, zoom: int) -> list[Tile]:
    """Every tile of this level that the bounds of an area touch; of all areas when None."""
    with database.public_session() as session:
        bounds = browse.bounds(session, code)
    assert bounds is not None
    west, south, east, north = bounds
    columns, rows = zip(numbers(west, north, zoom), numbers(east, south, zoom), strict=True)
    return [(zoom, x, y) for x in range(columns[0], columns[1] + 1) for y in range(rows[0], rows[1] + 1)]


def numbers(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    """Column and row of the tile in which a point lies."""
    lifted = math.asinh(math.tan(math.radians(latitude))) / math.pi
    return int((longitude + 180) / 360 * 2**zoom), int((1 - lifted) / 2 * 2**zoom)


def path_of(place: Tile) -> str:
    """The address of a tile."""
    return f"/map-tiles/{place[0]}/{place[1]}/{place[2]}?on={ASKED_ON}"


def cold(places: list[Tile]) -> Iterator[str]:
    """Addresses of tiles that were not asked before in this run: of another day each time round."""
    for back in DAYS:
        day = ASKED_ON - timedelta(days=back)
        for z, x, y in places:
            yield f"/map-tiles/{z}/{x}/{y}?on={day}"


def drawn(connection: psycopg.Connection[Any], place: Tile) -> float:
    """Milliseconds of one tile from the domain function on a bare connection."""
    return clocked(lambda: tiles.vector_tile(connection, *place, on=ASKED_ON))[0]


def prepare_at_once(connection: psycopg.Connection[Any]) -> None:
    """What the service does with its connections for tiles."""
    connection.prepare_threshold = 0
    connection.execute("SET plan_cache_mode = force_generic_plan")
    connection.execute("SET max_parallel_workers_per_gather = 0")
    connection.execute("SELECT ST_Transform(ST_SetSRID(ST_MakePoint(5, 52), 4326), 3857)")


def tag(port: int, path: str) -> str:
    """The entity tag of an answer."""
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        found: str = answer.headers["ETag"]
    return found
