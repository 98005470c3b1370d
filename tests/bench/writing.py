"""Writing one asset through the API, and seeing it in the next tile."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import psycopg

from assets import browse
from tests.bench import tile
from tests.bench.country import MUNICIPALITY
from tests.bench.figures import Row, alternate, clocked, ms, times
from tests.bench.load import Load, Request
from tests.bench.running import Database

WRITES = "/api/v1/collections/assets/items"


def measure(load: Load, database: Database, port: int) -> Iterator[Row]:
    """A meeting place and a street initiative, each written and committed on a durable disk."""
    headers = {"Authorization": f"Bearer {database.token()}", "Content-Type": "application/geo+json"}
    with database.public_session() as session:
        bounds = browse.bounds(session, MUNICIPALITY)
    assert bounds is not None
    longitude, latitude = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    place = {"type": "Point", "coordinates": [longitude, latitude]}
    club = written({"kind": "meeting_place", "title": "Buurthuis"}, place, headers)
    with database.connect() as bare:
        street = bare.execute("SELECT s.name FROM street AS s ORDER BY s.id LIMIT 1").fetchone()
        assert street is not None
        initiative = written(
            {"kind": "street_initiative", "title": "Prikkers", "themes": ["litter"],
             "stretches": [{"street": street[0], "whole": True}]}, None, headers,
        )  # fmt: skip
        load.run(port, [club], count=20, expect=201)
        found = alternate(
            5,
            {
                "ours": lambda: load.run(port, [club], count=20, expect=201).ms,
                "initiative": lambda: load.run(port, [initiative], count=20, expect=201).ms,
                "bare": lambda: clocked(lambda: inserted(bare, longitude, latitude), times=20),
            },
        )
    asked = "<= 10 ms"
    yield Row(
        "a place written and committed, API, p50", ms(found["ours"]), "bare INSERT of the row, committed",
        ms(found["bare"]), times(found["ours"], found["bare"]), asked,
    )  # fmt: skip
    yield Row(
        "a street initiative (whole street), API, p50", ms(found["initiative"]), "the same", ms(found["bare"]),
        times(found["initiative"], found["bare"]), asked,
    )  # fmt: skip
    seen = sum(seen_in_next_tile(load, port, number, headers, longitude, latitude) for number in range(10))
    yield Row("  in the next tile asked for", f"{seen} of 10", asked="10 of 10")


def written(properties: dict[str, Any], geometry: dict[str, Any] | None, headers: dict[str, str]) -> Request:
    """A write of one asset."""
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    return Request(WRITES, "POST", headers, json.dumps(feature))


def inserted(connection: psycopg.Connection[Any], longitude: float, latitude: float) -> None:
    """The row alone: no checks, no history, no links."""
    connection.execute(
        "INSERT INTO asset (community_id, kind, title, state, started_on, placement, geom, created_by)"
        " VALUES (1, 'meeting_place', 'Buurthuis', 'published', CURRENT_DATE, 'exact',"
        " ST_Transform(ST_SetSRID(ST_Point(%s, %s), 4326), 28992), 'bench')",
        (longitude, latitude),
    )


def seen_in_next_tile(
    load: Load, port: int, number: int, headers: dict[str, str], longitude: float, latitude: float
) -> bool:
    """Whether a place is in the very next tile that is asked for after its write was answered."""
    import mapbox_vector_tile

    title = f"Net gepind {number}"
    x, y = tile.numbers(longitude, latitude, 15)
    address = f"http://127.0.0.1:{port}/map-tiles/15/{x}/{y}"
    with urllib.request.urlopen(address, timeout=60) as before:
        before.read()  # so that an older one is kept
    request = written(
        {"kind": "meeting_place", "title": title}, {"type": "Point", "coordinates": [longitude, latitude]}, headers
    )
    load.run(port, [request], count=1, expect=201)
    with urllib.request.urlopen(address, timeout=60) as after:
        layers = mapbox_vector_tile.decode(after.read())
    return any(feature["properties"].get("title") == title for feature in layers["assets"]["features"])
