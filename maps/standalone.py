"""One map as one file: opens from disk, and asks no other file and no host for anything.

Tiles, scripts, fonts and data are in the file. Our modules keep their names: an import map points each to a data: URL.
A content security policy in the file itself forbids every connection but to data: URLs.
"""

import base64
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from maps.base_map import BaseMap, MapParts
from maps.vector_layer import DEEPEST_DATA_ZOOM, Look, VectorTiles

#: More tiles than this make a file that phones cannot open; a large area gets fewer levels instead.
MOST_TILES = 350
#: What a saved file may do: run what is in it, and fetch nothing.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' data:; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "connect-src data:; base-uri 'none'; form-action 'none'"
)
WOFF2 = re.compile(r'url\("?([^")]+\.woff2)"?\)')
IMAGE = re.compile(r"url\((?!data:)[^)]*\)")

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Inlined:
    """What a saved page puts in its head and its map in.

    Attributes:
        policy: content for the meta element of the content security policy.
        style: all style sheets, fonts in them.
        import_map: JSON of the import map.
        scripts: classic scripts, to be run in this order.
        html: the element of the map.
        module: the module script that starts the map.
        data: a script that holds tiles and features.
    """

    policy: str
    style: str
    import_map: str
    scripts: tuple[str, ...]
    html: str
    module: str
    data: str


def parts(look: Look, *, bounds: Bounds, deepest: int = DEEPEST_DATA_ZOOM, starter: str | None = None) -> MapParts:
    """The saved map as page parts.

    Args:
        look: "public", "room" or "energy".
        bounds: west, south, east, north in degrees.
        deepest: deepest level of the tiles in the file.
        starter: module of ours that starts the map; that of the look when None.
    """
    west, south, east, north = bounds
    starter = starter or ("vuurtoren/energy-map" if look == "energy" else "vuurtoren/saved-map")
    saved = BaseMap(look, starter=starter, bounds=(south, west, north, east))
    margin_x, margin_y = (east - west) / 2, (north - south) / 2
    saved.settings |= {"maxBounds": [[south - margin_y, west - margin_x], [north + margin_y, east + margin_x]]}
    layer = VectorTiles(look)
    layer.settings |= {"deepestDataZoom": deepest}
    layer.add_to(saved)
    return saved.parts()


def tiles_within(bounds: Bounds) -> tuple[list[tuple[int, int, int]], int]:
    """The tiles (z, x, y) that a map of these bounds needs, and the deepest level among them.

    From the level on which all lies in a few tiles, down to DEEPEST_DATA_ZOOM as long as they are no more than
    MOST_TILES together.
    """
    wanted: list[tuple[int, int, int]] = []
    deepest = 0
    for zoom in range(4, DEEPEST_DATA_ZOOM + 1):
        level = list(_level(bounds, zoom))
        if wanted and len(wanted) + len(level) > MOST_TILES:
            break
        wanted += level
        deepest = zoom
    return wanted, deepest


def _level(bounds: Bounds, zoom: int) -> Iterator[tuple[int, int, int]]:
    west, south, east, north = bounds
    (left, top), (right, bottom) = _tile(west, north, zoom), _tile(east, south, zoom)
    most = 2**zoom - 1
    for x in range(max(left - 1, 0), min(right + 1, most) + 1):
        for y in range(max(top - 1, 0), min(bottom + 1, most) + 1):
            yield zoom, x, y


def _tile(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    """Column and row of the tile that holds a place (Web Mercator, XYZ)."""
    side = 2**zoom
    angle = math.radians(max(min(latitude, 85.05), -85.05))
    return (
        int((longitude + 180) / 360 * side),
        int((1 - math.asinh(math.tan(angle)) / math.pi) / 2 * side),
    )


def inlined(
    made: MapParts,
    *,
    static: Path,
    tiles: Mapping[tuple[int, int, int], bytes],
    features: Mapping[int, object],
    styles: tuple[str, ...] = ("theme.css", "vuurtoren.css", "pages/energy.css"),
) -> Inlined:
    """Everything that a saved page needs, in its own bytes.

    Args:
        made: the map, from `parts`.
        static: folder of the static files.
        tiles: vector tiles by (z, x, y); empty ones may be left out.
        features: GeoJSON features by id, for the panel.
        styles: our style sheets, after those of the map.
    """
    sheets = [_file(static, name) for name in (*map(_below_static, made.styles), *styles)]
    modules = {f"vuurtoren/{path.stem}": _data_url(path) for path in sorted((static / "js").glob("*.js"))}
    packed = {"/".join(map(str, key)): base64.b64encode(tile).decode() for key, tile in tiles.items() if tile}
    return Inlined(
        policy=POLICY,
        style="\n".join(_inline_style(sheet, static) for sheet in sheets).replace("</", "<\\/"),
        import_map=script_json({"imports": modules}),
        scripts=tuple(
            _file(static, name).replace("</script", "<\\/script") for name in map(_below_static, made.scripts)
        ),
        html=made.html,
        module=made.module,
        data=f"window.vuurtorenTiles={script_json(packed)};window.vuurtorenAssets={script_json(dict(features))};",
    )


def script_json(value: object) -> str:
    """JSON that may stand in a script: no character in it can end the script or be taken for a line end."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign, safe in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(sign, safe)
    return text


def _below_static(address: str) -> str:
    return address.removeprefix("/static/")


def _file(static: Path, name: str) -> str:
    return (static / name).read_text(encoding="utf-8")


def _data_url(path: Path) -> str:
    return f"data:text/javascript;base64,{base64.b64encode(path.read_bytes()).decode()}"


def _inline_style(sheet: str, static: Path) -> str:
    """The style sheet with its fonts in it; pictures of controls that we do not use are left out."""

    def font(found: re.Match[str]) -> str:
        data = base64.b64encode((static / found[1]).read_bytes()).decode()
        return f"url(data:font/woff2;base64,{data})"

    return IMAGE.sub("none", WOFF2.sub(font, sheet))
