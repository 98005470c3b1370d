"""Vector tiles of everything that is public, for our own maps."""

from contextlib import AbstractContextManager
from datetime import date
from functools import cache
from typing import Any, Protocol

from assets.counts import MOST_LOOSE, MOST_WAITING
from assets.errors import NotFound
from assets.sql import source
from assets.vocabulary import ASKED_MONTHS, CARRIED_SHARE, Theme

#: Deepest level for which tiles are made; browsers enlarge these beyond it.
MOST_ZOOM = 18
#: Half the side of the square world of EPSG:3857, in metres.
HALF_WORLD_M = 20037508.342789244
#: From this level on counts are by area, above it by parts of a tile.
AREA_COUNT_ZOOM = 11
#: From this level on single streets and assets are drawn; above it areas and counts.
STREET_ZOOM = 13


class Connection(Protocol):
    """The part of a psycopg connection that tiles need: this is a hot path without an ORM."""

    def execute(self, query: Any, params: Any = ..., /) -> Any:
        """Run a statement with named parameters and return its cursor."""

    def transaction(self) -> AbstractContextManager[Any]:
        """A transaction for a block, or a part of the one that runs."""


def bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east and north of a tile in EPSG:3857; NotFound when there is no such tile."""
    if not (0 <= z <= MOST_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFound("There is no tile {z}/{x}/{y}.", z=z, x=x, y=y)
    side = 2 * HALF_WORLD_M / 2**z
    west, north = -HALF_WORLD_M + x * side, HALF_WORLD_M - y * side
    return west, north - side, west + side, north


def data_version(connection: Connection) -> int:
    """The version of all public data; it rises with every commit that changes something."""
    return int(connection.execute("SELECT version FROM published_data_version").fetchone()[0])


def vector_tile(
    connection: Connection,
    z: int,
    x: int,
    y: int,
    *,
    on: date,
    theme: Theme | None = None,
    states: bool = False,
    facet: str = "",
) -> bytes:
    """A Mapbox vector tile (EPSG:3857, extent 4096); empty bytes where there is nothing.

    Layers: areas, area_labels; from z 13 streets, initiatives and assets, from z 14 ways (without a name);
    from z 11 to 12 main streets and asset_counts; up to z 10 clusters, numbers of things without persons.

    Args:
        connection: psycopg connection; reading what is public is enough.
        z: level, 0 to 18.
        x: column from the west.
        y: row from the north.
        on: the date of which states and freshness are shown.
        theme: only initiatives of this theme; all when None.
        states: give each street its state for the theme on the date.
        facet: of what counts are (counts.FACETS); '' for everything.

    Raises:
        NotFound: there is no such tile.
    """
    west, south, east, north = bounds(z, x, y)
    box = {"west": west, "south": south, "east": east, "north": north, "on": on}
    asked = {
        **box,
        "zoom": z,
        "theme": None if theme is None else theme.value,
        "states": states,
        "facet": facet,
        "asked_months": ASKED_MONTHS,
        "carried_share": CARRIED_SHARE,
    }
    layers = list(connection.execute(_query("tile_streets" if z >= STREET_ZOOM else "tile_areas"), asked).fetchone())
    if z < AREA_COUNT_ZOOM:
        most = {"most_waiting": MOST_WAITING, "most_loose": MOST_LOOSE}
        asked = {**box, "facet": facet, **most}
        with connection.transaction():
            # one plan for any values joins sets of unknown size row by row: ten seconds instead of thirty milliseconds
            connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
            layers += connection.execute(_query("tile_clusters"), asked).fetchone()
    return b"".join(bytes(layer) for layer in layers if layer is not None)


@cache
def _query(name: str) -> str:
    """The statement with psycopg's placeholders instead of SQLAlchemy's."""
    import re

    return re.sub(r"(?<![:\w]):([a-z_]+)", r"%(\1)s", source(name).replace("%", "%%"))
