"""Another server of the same database, when there is one: tipg, from an environment of its own."""

import os
from collections.abc import Iterator
from urllib.parse import quote

from sqlalchemy import make_url

from assets import browse
from tests.bench import tile
from tests.bench.country import MUNICIPALITY
from tests.bench.figures import Row, alternate, ms, times
from tests.bench.load import Load, Request
from tests.bench.running import Database, free_port, program_on

#: Names the Python of an environment in which tipg and uvicorn are installed.
VARIABLE = "VUURTOREN_BENCH_TIPG"


def measure(load: Load, database: Database, port: int) -> Iterator[Row]:
    """Items in a box and tiles, beside tipg on the same views; nothing when it is not there."""
    python = os.environ.get(VARIABLE)
    if not python:
        return
    with database.public_session() as session:
        bounds = browse.bounds(session, MUNICIPALITY)
    assert bounds is not None
    box = f"bbox={','.join(map(str, bounds))}&limit=100"
    items = Request(f"/api/v1/collections/assets/items?{box}")
    places = tile.of_area(database, MUNICIPALITY, tile.ZOOM)
    fresh = tile.cold(places)
    their_port = free_port()
    command = [python, "-m", "uvicorn", "tipg.main:app", "--port", str(their_port), "--no-access-log"]
    with program_on(their_port, command, {**os.environ, "DATABASE_URL": address(database)}, ready="/healthz"):
        their_items = Request(f"/collections/public.published_asset/items?{box}&f=geojson")
        their_tiles = [
            Request(f"/collections/public.published_street_part/tiles/WebMercatorQuad/{z}/{x}/{y}")
            for z, x, y in places
        ]
        ways = {
            "items": lambda: load.run(port, [items], count=20).ms,
            "their items": lambda: load.run(their_port, [their_items], count=10).ms,
            "tiles": lambda: load.run(port, [Request(next(fresh)) for _ in range(30)], count=30).ms,
            "their tiles": lambda: load.run(their_port, their_tiles, count=30).ms,
        }
        alternate(1, ways)
        found = alternate(5, ways)
    yield Row(
        "100 assets in a box, API, p50", ms(found["items"]), "tipg (counts all, we up to 10,000)",
        ms(found["their items"]), times(found["items"], found["their items"]), "20 x",
    )  # fmt: skip
    yield Row(
        f"tile z{tile.ZOOM} drawn anew, all layers, p50", ms(found["tiles"]), "tipg, the layer of streets alone",
        ms(found["their tiles"]), times(found["tiles"], found["their tiles"]), "2 x",
    )  # fmt: skip


def address(database: Database) -> str:
    """The database as tipg reads it: the folder of the socket in the place of the host."""
    url = make_url(database.url)
    folder = quote(str(url.query["host"]), safe="")
    return f"postgresql://{url.username}@{folder}:{url.query['port']}/{url.database}"
