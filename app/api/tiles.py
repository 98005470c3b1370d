"""Vector tiles for our own maps: all layers in one, kept in this process as long as the data stays the same.

The version of the data is read in every request (one row of 16 numbers), so a write is in the next tile asked for;
what is kept is thrown away by getting another key, never by time.
"""

import gzip
import threading
from datetime import UTC, date, datetime
from typing import Annotated, Any

from cachetools import LRUCache
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from app.api.landing import ONCE
from app.api.paging import known_already
from app.database import tile_connection
from app.parameters import AnyThemeParameter, DateParameter, FacetParameter, today
from app.problems import Refusal
from assets import tiles

router = APIRouter(include_in_schema=False, dependencies=ONCE)

MVT = "application/vnd.mapbox-vector-tile"
DEEPEST = tiles.MOST_ZOOM
#: Bytes of compressed tiles kept in each process.
KEPT_BYTES = 64_000_000
#: A fast setting: a level more saves 3 % and takes half as long again.
LEVEL = 5

Key = tuple[Any, ...]


class TileCache:
    """Compressed tiles by key, the least used thrown away first."""

    def __init__(self) -> None:
        self._tiles: LRUCache[Key, bytes] = LRUCache(KEPT_BYTES, getsizeof=lambda tile: len(tile) + 200)
        self._lock = threading.Lock()

    def get(self, key: Key) -> bytes | None:
        """The tile kept under this key, if it is."""
        with self._lock:
            found: bytes | None = self._tiles.get(key)
        return found

    def keep(self, key: Key, tile: bytes) -> None:
        """Keep a tile, unless it is larger than everything together may be."""
        with self._lock:
            if len(tile) + 200 <= KEPT_BYTES:
                self._tiles[key] = tile


class TileQuery(BaseModel):
    """Parameters of a tile."""

    model_config = ConfigDict(extra="forbid")
    theme: AnyThemeParameter = None
    on: DateParameter = None
    facet: FacetParameter = ""


def tile_number(text: str) -> int:
    """A number in the path of a tile; 404 for whatever is none."""
    if not text.isascii() or not text.isdigit() or len(text) > 8:
        raise Refusal("not-found", "There is no such tile.")
    return int(text)


@router.get("/map-tiles/{z}/{x}/{y}")
def map_tile(
    request: Request,
    z: Annotated[str, Path()],
    x: Annotated[str, Path()],
    y: Annotated[str, Path()],
    query: Annotated[TileQuery, Query()],
) -> Response:
    """All layers of one tile (EPSG:3857, XYZ), with the states of streets for a theme (or any) when one is named."""
    level, column, row = tile_number(z), tile_number(x), tile_number(y)
    if level > DEEPEST or column >= 2**level or row >= 2**level:
        raise Refusal("not-found", "There is no such tile.")
    now = today()
    on: date = query.on or now
    # a consent may end with the day, here or by the server's clock, and then tiles of every day asked are others
    days = f"{now:%Y%m%d}-{datetime.now(UTC):%d}"
    states = "theme" in request.query_params
    theme = "any" if query.theme is None else str(query.theme)
    facet = str(query.facet) if level < tiles.STREET_ZOOM else ""
    with tile_connection(request) as connection:
        version = connection.data_version
        tag = f'"{version}-{days}-{on:%Y%m%d}-{theme if states else "plain"}-{facet}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if known_already(request, tag):
            return Response(status_code=304, headers=headers)
        cache: TileCache = request.app.state.tiles
        key = (level, column, row, theme, states, on, days, facet, version)
        packed = cache.get(key)
        if packed is None:
            drawn = tiles.vector_tile(
                connection, level, column, row, on=on, theme=query.theme, states=states, facet=facet
            )
            packed = gzip.compress(drawn, LEVEL, mtime=0)
            cache.keep(key, packed)
    headers["Content-Type"] = MVT
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(packed), headers=headers)
