"""Choosing a stretch of a street: whole, by house numbers, or from one corner to another, without drawing.

What comes out is a line along the street (assets/street_way.py), which `assets/snapping.py` turns into a stretch. The
way between two places is the shortest along the street; around a square it is the shorter way round.

Everything here is in the storage CRS and in metres, and reads what is public, except `numbered` and `house`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import crs, people, street_way
from assets.errors import NotFound
from assets.sql import statement
from assets.street_way import Corner, Edge, Place, StreetLine

#: How much of its trigrams a name shares with what was typed, to be offered.
ALIKE = 0.4
#: Corners with the same street that are nearer to each other than this are one: that street has two carriageways.
ONE_CORNER_M = 40.0
#: An end of the street within this distance of a corner is that corner.
AT_END_M = 15.0
#: How far from someone a street may be to be theirs.
STREET_REACH_M = 100.0

#: Signs that no name has, or that mean something in a pattern.
NO_WORDS = re.compile(r"[\s%_\\\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
HOUSE = re.compile(r"\s*([1-9]\d{0,5})(?!\d)\s*[-/]?\s*([\w/ -]{0,12}?)\s*", re.ASCII)


@dataclass(frozen=True)
class Found:
    """A street or an area that someone may mean.

    Attributes:
        street_id: of a street; None for an area.
        area: code of the area itself; of a street that of the area with its longest part, None where none is known.
        places: of a street the areas it is in, the most metres first; of an area the area around it.
        length_m: metres of street; None for an area.
        shows_person: whether a person may be shown by it: any area, and a street that is large enough.
        exact: it is called just so; case and accents aside.
    """

    street_id: int | None
    area: str | None
    name: str
    places: tuple[str, ...]
    length_m: float | None
    shows_person: bool
    exact: bool


def find(session: Session, words: str, *, most: int = 8, most_areas: int = 3) -> list[Found]:
    """Streets and areas of these words, the best first: typing errors, accents and half names are forgiven."""
    said = NO_WORDS.sub(" ", words[:200]).strip()[:100]
    if len(said) < 2:
        return []
    session.execute(
        text(
            "SELECT set_config('pg_trgm.word_similarity_threshold', :least, true),"
            " set_config('pg_trgm.similarity_threshold', :least, true)"
        ),
        {"least": str(ALIKE)},
    )
    rows = session.execute(statement("street_choices"), {"words": said, "most": most, "most_areas": most_areas})
    return [
        Found(
            row.id, row.area, row.name, tuple(place for place in row.places or () if place), row.length_m,
            row.id is None or _shows_person(row), row.distance == 0,
        )
        for row in rows
    ]  # fmt: skip


def street(session: Session, street_id: int) -> Found:
    """The street with this number; NotFound when none on the map has it."""
    row = session.execute(statement("street_choice_about"), {"street_id": street_id}).one_or_none()
    if row is None:
        raise NotFound("There is no street with the number {street_id}.", street_id=street_id)
    return Found(row.id, row.area, row.name, tuple(row.places or ()), row.length_m, _shows_person(row), exact=True)


def _shows_person(row: Any) -> bool:
    return row.area is not None and not people.too_small(
        addresses=row.addresses, length_m=row.part_m, estimated=row.estimated
    )


def area_point(session: Session, code: str) -> shapely.Point:
    """The point in the middle of an area, where its name stands on the map; NotFound when there is no such area."""
    row = session.execute(
        text("SELECT ST_AsBinary(label_point) AS point FROM published_area WHERE code = :code"), {"code": code}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no area with the code {code}.", code=code)
    return _point(row.point)


def area_shape(session: Session, code: str) -> BaseGeometry:
    """The outline of an area, simplified to 5 m, for a picture; NotFound when there is no such area."""
    wkb = session.execute(
        text("SELECT ST_AsBinary(geom) FROM published_area WHERE code = :code"), {"code": code}
    ).scalar()
    if wkb is None:
        raise NotFound("There is no area with the code {code}.", code=code)
    return shapely.simplify(shapely.from_wkb(bytes(wkb)), 5)


@dataclass(frozen=True)
class Here:
    """What is known of a place: the smallest area that holds it, and the nearest street within STREET_REACH_M."""

    area: str | None
    area_name: str | None
    street_id: int | None


def here(session: Session, point: shapely.Point) -> Here:
    """The area and the street of a point in the storage CRS, which is not kept."""
    row = session.execute(
        statement("street_choice_here"),
        {"x": point.x, "y": point.y, "srid": crs.storage(session).srid, "reach_m": STREET_REACH_M},
    ).one()
    return Here(row.area, row.name, row.street_id)


def of_part(session: Session, street_part_id: int) -> int:
    """The number of the street of a street part; NotFound when there is no such part."""
    found = session.execute(
        text("SELECT street_id FROM published_street_part WHERE id = :id"), {"id": street_part_id}
    ).scalar()
    if found is None:
        raise NotFound("There is no street part with the number {id}.", id=street_part_id)
    return int(found)


# --- a street from the database ---


def street_line(session: Session, street_id: int) -> StreetLine:
    """The street to choose a stretch of.

    Raises:
        NotFound: no street on the map has this number.
    """
    about = session.execute(statement("street_choice_about"), {"street_id": street_id}).one_or_none()
    rows = session.execute(statement("street_choice_edges"), {"street_id": street_id}).all() if about else []
    if about is None or not rows:
        raise NotFound("There is no street with the number {street_id}.", street_id=street_id)
    numbers: dict[Any, int] = {}
    edges = [edge for row in rows for edge in _edges(row, numbers)]
    edges += street_way.gaps(edges)
    closed = street_way.is_ring(edges)
    corners = _corners(session, street_id, edges, numbers, closed=closed)
    return StreetLine(
        street_id, about.name, tuple(about.places or ()), about.area, float(about.length_m), bool(about.numbers),
        tuple(edges), corners, closed, street_way.heading(edges, corners),
    )  # fmt: skip


def _edges(row: Any, numbers: dict[Any, int]) -> Iterable[Edge]:
    """A row as an edge; one that ends where it begins as two, so that there are two ways round."""
    line = shapely.from_wkb(bytes(row.line))
    assert isinstance(line, shapely.LineString)  # noqa: S101 - the column is of lines
    ends = [line.coords[0], line.coords[-1]]
    keys = [row.from_node, row.to_node] if row.from_node is not None else [(round(x, 1), round(y, 1)) for x, y in ends]
    a, b = (numbers.setdefault(key, len(numbers)) for key in keys)
    if a != b:
        yield Edge(a, b, line, gap=False)
    elif line.length > 1:
        middle = numbers.setdefault(("middle of a loop", len(numbers)), len(numbers))
        yield Edge(a, middle, shapely.LineString(street_way.piece(line, 0, line.length / 2)), gap=False)
        yield Edge(middle, b, shapely.LineString(street_way.piece(line, line.length / 2, line.length)), gap=False)


def _corners(
    session: Session, street_id: int, edges: Sequence[Edge], numbers: dict[Any, int], *, closed: bool
) -> tuple[Corner, ...]:
    """The corners of a street and its ends, in order."""
    names: dict[int, list[str]] = {}
    keys: dict[int, str] = {}
    for row in session.execute(statement("street_choice_crossings"), {"street_id": street_id}):
        if (node := numbers.get(row.node)) is not None:
            names.setdefault(node, []).append(row.name)
            keys[node] = str(row.node)
    if closed:
        start = end = None
        metres = street_way.metres_round(edges)
    else:
        start, end = street_way.ends(edges)
        metres = dict(enumerate(street_way.walk(edges, start)[0]))
    found: list[Corner] = []
    for node in sorted(names, key=lambda node: (metres[node], keys[node])):
        corner = Corner(keys[node], tuple(names[node]), node, metres[node])
        twin = next(
            (other for other in reversed(found)
             if corner.along_m - other.along_m <= ONE_CORNER_M and set(other.names) & set(corner.names)), None,
        )  # fmt: skip
        if twin is None:
            found.append(corner)
    if start is None or end is None:
        return tuple(found)
    if not found or found[0].along_m > AT_END_M:
        found.insert(0, Corner("start", (), start, 0.0))
    if len(found) < 2 or metres[end] - found[-1].along_m > AT_END_M:
        found.append(Corner("end", (), end, metres[end]))
    return tuple(found)


# --- by house number: for who may read addresses ---


@dataclass(frozen=True)
class House:
    """Where a house number is: a point in the storage CRS; `estimated` ones lie somewhere near."""

    point: shapely.Point
    estimated: bool


def house_number(words: str) -> int | None:
    """The digits of a house number as it is written: 12, "12 A", "12-bis"; None where it is none."""
    found = HOUSE.fullmatch(words)
    return int(found[1]) if found else None


def house(session: Session, street_id: int, words: str) -> House | None:
    """Where a house number of a street is; with another addition of the same number when that is all there is.

    Reads the table of addresses, so not for the public role; numbers and places of houses are in no list.
    """
    wanted = house_number(words)
    if wanted is None:
        return None
    rows = session.execute(statement("address_numbers"), {"street_id": street_id, "first": wanted, "last": wanted})
    meant = _plain(words)
    found = sorted(rows, key=lambda row: _plain(row.number) != meant)
    return House(_point(found[0].point), found[0].estimated) if found else None


def _plain(number: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", number.upper())


def _point(wkb: Any) -> shapely.Point:
    point = shapely.from_wkb(bytes(wkb))
    assert isinstance(point, shapely.Point)  # noqa: S101 - the column is of points
    return point


def numbered(session: Session, street: StreetLine, first: int, last: int) -> shapely.LineString | None:
    """The piece of a street from one house number to another, both sides; None where no number between them is known.

    Every house whose number lies between the two counts, so the two need not exist. A single house is the 20 m of
    street in front of it. Reads the table of addresses, so not for the public role.
    """
    low, high = sorted((first, last))
    rows = session.execute(statement("address_numbers"), {"street_id": street.street_id, "first": low, "last": high})
    points = [_point(row.point) for row in rows]
    way = street.around(points)
    if way is not None or not points:
        return way
    place = street.nearest(points[0])
    edge = street.edges[place.edge]
    return street.between(
        Place(place.edge, max(0.0, place.along_m - 10)), Place(place.edge, min(edge.length_m, place.along_m + 10))
    )
