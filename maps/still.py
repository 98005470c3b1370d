"""A small still map of one place, as SVG inside a page: no script, no tiles, in the colours of the page.

Names of streets are text of others: they are escaped here, and nowhere else does text go into it.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import shapely
import shapely.ops
from markupsafe import Markup
from shapely.geometry.base import BaseGeometry

from assets.vocabulary import AssetKind
from maps import style

#: Size of the picture in its own units; in the page it takes the width that there is.
WIDTH, HEIGHT = 720, 360
#: Streets are drawn so much wider than in style, for the picture is closer.
WIDER = 2.2
#: Names in one picture at most, and the room that a letter takes along its street.
MOST_NAMES, LETTER = 9, 12.6
SYMBOL = 40


class Street(Protocol):
    """A line to draw, in metres."""

    @property
    def name(self) -> str | None:
        """What stands along it; None for a footpath and the like."""

    @property
    def road_class(self) -> str:
        """What decides its width."""

    @property
    def shape(self) -> BaseGeometry:
        """Its lines."""


def picture(
    kind: AssetKind, shape: BaseGeometry, streets: Sequence[Street], window: tuple[float, float, float, float]
) -> Markup:
    """The picture, without the words that say what it is: the page puts those around it.

    Args:
        kind: of the thing; the page holds the sprite with its symbol (maps/legend.py).
        shape: of the thing, in metres.
        streets: what lies around it.
        window: west, south, east, north of the picture, in metres.
    """
    west, _, east, north = window
    scale = WIDTH / (east - west)

    def drawn(one: BaseGeometry) -> BaseGeometry:
        moved = shapely.transform(one, lambda points: (points - (west, north)) * (scale, -scale))
        return shapely.simplify(moved, 0.4)

    frame = shapely.box(-30, -30, WIDTH + 30, HEIGHT + 30)
    lines = [(one, shapely.intersection(drawn(one.shape), frame)) for one in streets]
    named = sorted(((one, line) for one, line in lines if one.name), key=lambda pair: _width(pair[0]))
    thing = drawn(shape)
    parts = [
        *(_path(line, "still-way", 2) for one, line in lines if not one.name),
        *(_path(line, "still-casing", _width(one) + 3) for one, line in named),
        *(_path(line, "still-street", _width(one)) for one, line in named),
        *_thing(kind, thing),
        *_names(named, thing),
    ]
    return Markup(
        '<svg class="vuurtoren-still" viewBox="0 0 {} {}" aria-hidden="true" focusable="false">{}</svg>'
    ).format(WIDTH, HEIGHT, Markup("").join(parts))


def _width(one: Street) -> float:
    return round(style.ROAD_WIDTHS.get(one.road_class, 3.0) * WIDER, 1)


def _path(shape: BaseGeometry, name: str, width: float) -> Markup:
    data = " ".join(_data(line.coords) for line in _lines(shape))
    return (
        Markup('<path class="{}" stroke-width="{}" d="{}"/>').format(name, f"{width:g}", data) if data else Markup("")
    )


def _data(points: Iterable[tuple[float, ...]]) -> str:
    return "M" + "L".join(f"{point[0]:.1f} {point[1]:.1f}" for point in points)


def _lines(shape: BaseGeometry) -> list[shapely.LineString]:
    return [one for one in shapely.get_parts(shapely.line_merge(shape)) if isinstance(one, shapely.LineString)]


def _thing(kind: AssetKind, thing: BaseGeometry) -> list[Markup]:
    dashed = kind.value.replace("_", "-")
    if kind is AssetKind.street_initiative:
        return [_path(thing, "still-line-casing", 13), _path(thing, "still-line", 8)]
    parts = []
    if thing.geom_type in ("Polygon", "MultiPolygon"):
        rings = [ring for one in shapely.get_parts(thing) for ring in (one.exterior, *one.interiors)]
        data = " ".join(f"{_data(ring.coords)}Z" for ring in rings)
        parts.append(Markup('<path class="still-ground kind-{}" d="{}"/>').format(dashed, data))
    x, y = shapely.point_on_surface(thing).coords[0]
    half = SYMBOL / 2
    parts.append(Markup('<circle class="still-halo" cx="{:.1f}" cy="{:.1f}" r="{}"/>').format(x, y, half + 6))
    parts.append(
        Markup(
            '<svg class="still-symbol kind-{}" x="{:.1f}" y="{:.1f}" width="{}" height="{}" viewBox="0 0 24 24">'
            '<use href="#symbol-{}"/></svg>'
        ).format(dashed, x - half, y - half, SYMBOL, SYMBOL, dashed)
    )
    return parts


def _names(named: Sequence[tuple[Street, BaseGeometry]], thing: BaseGeometry) -> list[Markup]:
    """Names along their longest straight enough lines, the longest streets first, never over one another."""
    inside = shapely.box(8, 8, WIDTH - 8, HEIGHT - 8)
    by_name: dict[str, list[BaseGeometry]] = {}
    for one, line in named:
        by_name.setdefault(one.name or "", []).append(line)
    whole = {name: shapely.intersection(shapely.union_all(lines), inside) for name, lines in by_name.items()}
    is_line = thing.geom_type.endswith("LineString")
    taken: BaseGeometry | None = None if is_line else shapely.buffer(shapely.point_on_surface(thing), SYMBOL * 0.75)
    found: list[Markup] = []
    for name, shape in sorted(whole.items(), key=lambda pair: -pair[1].length):
        longest: shapely.LineString | None = max(_lines(shape), key=lambda one: one.length, default=None)
        room = len(name) * LETTER
        if longest is None or longest.length < room + 8:
            continue
        middle = shapely.ops.substring(longest, (longest.length - room) / 2, (longest.length + room) / 2)
        ends = middle.coords[0], middle.coords[-1]
        if shapely.Point(ends[0]).distance(shapely.Point(ends[1])) < room * 0.88:
            continue  # bends too much to be read
        place = shapely.buffer(middle, 14)
        if taken is not None and taken.intersects(place):
            continue
        taken = place if taken is None else shapely.union(taken, place)
        path = longest.coords if ends[0][0] <= ends[1][0] else longest.coords[::-1]
        found.append(
            Markup(
                '<path id="still-{0}" fill="none" d="{1}"/><text class="still-name" dy=".34em">'
                '<textPath href="#still-{0}" startOffset="50%" text-anchor="middle">{2}</textPath></text>'
            ).format(len(found), _data(path), name)
        )
        if len(found) == MOST_NAMES:
            break
    return found
