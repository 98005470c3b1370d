"""From what someone points at to the street they mean: whole streets, lines and pairs of points become stretches."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from assets import links, street_search
from assets.crs import StorageCrs
from assets.drafts import Position, StretchDraft
from assets.errors import Invalid, message
from assets.geometry import from_geojson, to_storage
from assets.links import Covered
from assets.sql import statement
from assets.vocabulary import STRETCH_REACH_M

Parts = Sequence[tuple[int, BaseGeometry]]


@dataclass(frozen=True)
class Snapped:
    """A stretch that fits a street.

    Attributes:
        street_id: the one street it is on.
        drawn: the line as drawn, in the storage CRS; None for a whole street.
        geom: the lines of the street it covers, in the storage CRS.
        covered: per street part what it covers.
    """

    street_id: int
    drawn: shapely.LineString | None
    geom: BaseGeometry
    covered: dict[int, Covered]

    @property
    def length_m(self) -> float:
        """Covered metres of street."""
        return sum(found.length_m for found in self.covered.values())


def snap(session: Session, draft: StretchDraft, *, source: int, storage: StorageCrs, pointer: str) -> Snapped:
    """The stretch that a draft means, on the one street it fits best.

    Args:
        draft: one of whole street, line, or two points; coordinates in `source`, x before y.
        source: EPSG code of the coordinates.
        storage: the storage CRS.
        pointer: where the draft stands in the input.

    Raises:
        Invalid: no such street, or nothing of a street within 25 m; names the nearest streets and their distance.
    """
    if draft.whole:
        street_id = street_search.the_street(
            session, name=draft.street, street_id=draft.street_id, area=draft.area, pointer=f"{pointer}/street"
        )
        geom, covered = links.measure(links.parts_of(session, [street_id]).get(street_id, []), None)
        if geom is None:
            raise Invalid.at(f"{pointer}/street", "This street has no lines on the map any more.")
        return Snapped(street_id, None, geom, covered)
    if draft.line is not None:
        line = _in_storage("LineString", draft.line, source, storage, f"{pointer}/line")
        return _fit_line(session, draft, line, pointer)
    if draft.between is None:  # a draft is one of the three; its own check says so
        raise Invalid.at(pointer, "Give a stretch as `whole`, as `line`, or as `between` two points.")
    ends = tuple(
        _in_storage("Point", point, source, storage, f"{pointer}/between/{i}") for i, point in enumerate(draft.between)
    )
    return _fit_ends(session, draft, ends, pointer)


def _in_storage(
    kind: str, coordinates: Sequence[Position] | Position, source: int, storage: StorageCrs, pointer: str
) -> Any:
    listed = [list(c) if isinstance(c, tuple) else c for c in coordinates]
    shape = from_geojson({"type": kind, "coordinates": listed}, pointer=pointer)
    return to_storage(shape, source=source, storage=storage, pointer=pointer)


def _candidates(session: Session, draft: StretchDraft, shape: BaseGeometry, pointer: str) -> dict[int, Parts]:
    """The parts of every street that could be meant: the one named, or all within 25 m of the shape."""
    if draft.street is not None or draft.street_id is not None:
        meant = street_search.the_street(
            session,
            name=draft.street,
            street_id=draft.street_id,
            area=draft.area,
            near=shape,
            pointer=f"{pointer}/street",
        )
        return dict(links.parts_of(session, [meant]))
    rows = session.execute(
        statement("streets_near"), {"shape": shape.wkb, "reach_m": STRETCH_REACH_M, "most": 50}
    ).all()
    return dict(links.parts_of(session, [row.street_id for row in rows if row.distance_m <= STRETCH_REACH_M]))


def _fit_line(session: Session, draft: StretchDraft, line: shapely.LineString, pointer: str) -> Snapped:
    """The street that follows the line best: of those with at least half of the longest cover, the nearest.

    Length alone would choose wrongly between two streets side by side; distance alone would choose a side street
    that only crosses.
    """
    fits: list[tuple[float, Snapped]] = []
    samples = [line.interpolate(i / 20, normalized=True) for i in range(21)]
    for street_id, parts in _candidates(session, draft, line, pointer).items():
        geom, covered = links.measure(parts, line)
        if geom is not None:
            away = float(shapely.distance(samples, shapely.multilinestrings(_lines(parts))).mean())
            fits.append((away, Snapped(street_id, line, geom, covered)))
    if not fits:
        raise _nothing_near(session, line, f"{pointer}/line", draft.street)
    longest = max(fit.length_m for _, fit in fits)
    _, best = min((fit for fit in fits if fit[1].length_m >= longest / 2), key=lambda fit: (fit[0], fit[1].street_id))
    return best


def _fit_ends(session: Session, draft: StretchDraft, ends: tuple[shapely.Point, ...], pointer: str) -> Snapped:
    """The stretch along one street from one point to another, both within 25 m of it."""
    first, last = ends
    fits: list[tuple[float, int, Parts]] = []
    for street_id, parts in _candidates(session, draft, first, pointer).items():
        street = shapely.multilinestrings(_lines(parts))
        distances = shapely.distance(street, [first, last])
        if distances.max() <= STRETCH_REACH_M:
            fits.append((float(distances.sum()), street_id, parts))
    if not fits:
        known = _candidates(session, draft, first, pointer)
        away = last if known and not draft.street else _farthest(known, ends)
        raise _nothing_near(session, away, f"{pointer}/between", draft.street)
    _, street_id, parts = min(fits, key=lambda fit: fit[:2])
    drawn = along(_lines(parts), first, last)
    if drawn is None:
        raise Invalid.at(
            f"{pointer}/between",
            "These two points are not joined along the street; draw a line, or choose the whole street.",
        )
    if drawn.length < 1:
        raise Invalid.at(f"{pointer}/between", "These two points are the same place; choose two ends of a stretch.")
    geom, covered = links.measure(parts, drawn)
    if geom is None:
        raise _nothing_near(session, drawn, f"{pointer}/between", draft.street)
    return Snapped(street_id, drawn, geom, covered)


def _farthest(known: dict[int, Parts], ends: tuple[shapely.Point, ...]) -> shapely.Point:
    """Of two ends the one that lies farthest from the streets that could be meant: the one to talk about."""
    lines = [line for parts in known.values() for line in _lines(parts)]
    street = shapely.multilinestrings(lines)
    return max(ends, key=lambda end: float(shapely.distance(street, end)) if lines else 0.0)


def _lines(parts: Parts) -> list[shapely.LineString]:
    return [line for _, geom in parts for line in shapely.get_parts(geom)]


def along(lines: Sequence[shapely.LineString], first: shapely.Point, last: shapely.Point) -> shapely.LineString | None:
    """The shortest way from one point to another along lines that share vertices; None where they are not joined.

    Dijkstra's algorithm over the vertices, which count as one when they are within about 0.1 m of each other.
    """
    start, end = _projected(lines, first), _projected(lines, last)
    graph: dict[Position, list[tuple[float, Position]]] = {}

    def join(a: Position, b: Position) -> None:
        length = ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5
        graph.setdefault(a, []).append((length, b))
        graph.setdefault(b, []).append((length, a))

    for index, line in enumerate(lines):
        marks = _positions(line)
        marks += [(at, _rounded(point)) for which, at, point in (start, end) if which == index]
        marks.sort(key=lambda mark: mark[0])
        for (_, a), (_, b) in pairwise(marks):
            if a != b:
                join(a, b)
    goal, origin = _rounded(end[2]), _rounded(start[2])
    if goal == origin:
        return shapely.LineString([origin, (origin[0] + 1e-3, origin[1])])
    done: dict[Position, Position | None] = {}
    queue: list[tuple[float, Position, Position | None]] = [(0.0, origin, None)]
    while queue:
        so_far, here, before = heapq.heappop(queue)
        if here in done:
            continue
        done[here] = before
        if here == goal:
            return shapely.LineString(_way_back(done, goal))
        for length, there in graph.get(here, []):
            if there not in done:
                heapq.heappush(queue, (so_far + length, there, here))
    return None


def _positions(line: shapely.LineString) -> list[tuple[float, Position]]:
    """Every vertex of a line with its distance from the line's beginning."""
    marks, so_far, before = [], 0.0, None
    for vertex in line.coords:
        if before is not None:
            so_far += ((vertex[0] - before[0]) ** 2 + (vertex[1] - before[1]) ** 2) ** 0.5
        marks.append((so_far, _rounded(vertex)))
        before = vertex
    return marks


def _rounded(point: Sequence[float]) -> Position:
    return (round(point[0], 1), round(point[1], 1))


def _projected(lines: Sequence[shapely.LineString], point: shapely.Point) -> tuple[int, float, Position]:
    """The nearest place on the lines: which line, how far along it, and where."""
    nearest = int(shapely.distance(list(lines), point).argmin())
    at = float(lines[nearest].project(point))
    place = lines[nearest].interpolate(at)
    return nearest, at, (place.x, place.y)


def _way_back(done: dict[Position, Position | None], goal: Position) -> list[Position]:
    way, here = [], goal
    while True:
        way.append(here)
        before = done[here]
        if before is None:
            return way[::-1]
        here = before


def _nothing_near(session: Session, shape: BaseGeometry, pointer: str, street: str | None) -> Invalid:
    """Why nothing fits, with the nearest streets and how far away they are."""
    rows = session.execute(statement("streets_near"), {"shape": shape.wkb, "reach_m": 5000, "most": 5}).all()
    nearest = ", ".join(f"{row.name} ({row.distance_m:.0f} m)" for row in rows)
    told = {
        (False, False): message("No street runs within 25 m of this place. No streets are known near it."),
        (False, True): message("No street runs within 25 m of this place. Nearest: {nearest}."),
        (True, False): message("{street} does not run within 25 m of this place. No streets are known near it."),
        (True, True): message("{street} does not run within 25 m of this place. Nearest: {nearest}."),
    }[bool(street), bool(nearest)]
    return Invalid.at(pointer, told, street=street, nearest=nearest)
