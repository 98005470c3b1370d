"""Meeting places: which there are in an area, who runs them, and what lies within 400 m walking of one.

Walking is along streets (domain rule Walking), from the place to the nearest line and on along all lines. What is
reached of a street part is kept as ranges of whole millimetres along it, as stretches and addresses are, so that the
union of several places is exact. Rule: docs/glossary.md, Meeting places.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy
import shapely
from sqlalchemy.orm import Session

from assets import areas, street_graph
from assets.addresses import KNOWN_SHARE
from assets.drafts import FIRST_DAY, LAST_DAY
from assets.errors import Invalid
from assets.sql import statement
from assets.street_graph import MM, Integers, Places, StreetGraph
from assets.vocabulary import AreaKind, AssetKind, MeasuredBy

#: How far people walk to a meeting place, in metres along streets (domain rule Meeting places).
WALK_M = 400.0
#: Part numbers and millimetres in one number, for sorting: no street part is a million kilometres long.
SHIFT = numpy.int64(1) << 40


@dataclass(frozen=True)
class AreaMeetingPlaces:
    """The meeting places of an area on a day.

    Attributes:
        district: name of the district of a neighbourhood; None for others, and where it is not known.
        population: inhabitants, or None when unknown.
        places: how many meeting places are active in it.
        resident_run: how many of them residents run.
        run_by_others: how many of them others run; of the rest it is not known.
        in_district: whether there is one in the district (of a neighbourhood: in the district that it lies in); None
            where there is no district.
        measured_by: what the share is counted in; None where the area has neither addresses nor streets.
        addresses: how many addresses it has; None when that is not known.
        addresses_reached: how many of them lie within reach of a meeting place; None when they are not known.
        length_m: metres of street.
        reached_m: metres of street within reach of a meeting place, in the area or beyond its border.
    """

    code: str
    name: str
    kind: AreaKind
    district: str | None
    population: int | None
    places: int
    resident_run: int
    run_by_others: int
    in_district: bool | None
    addresses: int | None
    addresses_reached: int | None
    length_m: float
    reached_m: float

    @property
    def run_unknown(self) -> int:
        """Meeting places of which nobody said who runs them."""
        return self.places - self.resident_run - self.run_by_others

    @property
    def measured_by(self) -> MeasuredBy | None:
        """Addresses where they are known, else metres of street; None where there is neither."""
        if self.addresses:
            return MeasuredBy.addresses
        return MeasuredBy.metres if self.length_m > 0 else None

    @property
    def share(self) -> float | None:
        """The share of addresses, or of street metres, within reach: 0 to 1; None where there is neither."""
        if self.measured_by is None:
            return None
        if self.measured_by is MeasuredBy.addresses:
            return (self.addresses_reached or 0) / (self.addresses or 1)
        return min(1.0, self.reached_m / self.length_m)


@dataclass(frozen=True)
class Reach:
    """What is reached of street parts: ranges of millimetres along each, both ends included, disjoint and in order."""

    street_part_id: Integers
    first_mm: Integers
    last_mm: Integers


@dataclass(frozen=True)
class ReachedLine:
    """What is reached of one street part.

    Attributes:
        id: number of the street part.
        reached_m: metres of it within reach.
        geometry: those lines as GeoJSON text, longitude and latitude.
    """

    id: int
    name: str
    reached_m: float
    geometry: str


def of_areas(session: Session, *, area: str, on: date) -> list[AreaMeetingPlaces]:
    """An area with all districts and neighbourhoods inside it: the area, then each district before its neighbourhoods.

    Args:
        session: reading what is public is enough.
        area: code of an area of any level.
        on: the day that is asked about, 1900 to 2200.

    Raises:
        NotFound: the area is not known.
        Invalid: the date lies outside 1900 to 2200.
    """
    found = reach(session, area=area, on=on)
    rows = session.execute(
        statement("meeting_place_areas"),
        {
            "area": area,
            "on": on,
            "known_share": KNOWN_SHARE,
            **_binds(found),
        },
    )
    return [AreaMeetingPlaces(**{**row._asdict(), "kind": AreaKind(row.kind)}) for row in rows]


def lines(session: Session, *, area: str, on: date) -> list[ReachedLine]:
    """What is reached of each street part of an area, as lines, by id; same arguments and errors as `of_areas`."""
    found = reach(session, area=area, on=on)
    rows = session.execute(statement("meeting_place_lines"), {"area": area, **_binds(found)})
    return [ReachedLine(**row._asdict()) for row in rows]


def record(found: AreaMeetingPlaces) -> dict[str, Any]:
    """An answer as plain values, with the same names and decimals in the API, on a terminal and in files."""
    return {
        "code": found.code,
        "name": found.name,
        "kind": found.kind.value,
        "district": found.district,
        "population": found.population,
        "meeting_places": found.places,
        "resident_run": found.resident_run,
        "run_by_others": found.run_by_others,
        "run_unknown": found.run_unknown,
        "in_district": found.in_district,
        "measured_by": found.measured_by and found.measured_by.value,
        "share": None if found.share is None else round(found.share, 4),
        "addresses": found.addresses,
        "addresses_reached": found.addresses_reached,
        "length_m": round(found.length_m, 1),
        "reached_m": round(found.reached_m, 1),
    }


#: The columns of a file of areas, and of a file of what is reached of street parts.
AREA_COLUMNS = (
    "code",
    "name",
    "kind",
    "district",
    "population",
    "meeting_places",
    "resident_run",
    "run_by_others",
    "run_unknown",
    "in_district",
    "measured_by",
    "share",
    "addresses",
    "addresses_reached",
    "length_m",
    "reached_m",
)
LINE_COLUMNS = ("id", "name", "reached_m")


def line_record(found: ReachedLine) -> dict[str, Any]:
    """What is reached of a street part as plain values, with its shape in longitude and latitude."""
    from shapely.geometry import shape

    return {
        "id": found.id,
        "name": found.name,
        "reached_m": round(found.reached_m, 1),
        "geometry": shape(json.loads(found.geometry)),
    }


def with_room(found: Sequence[AreaMeetingPlaces]) -> list[AreaMeetingPlaces]:
    """The districts without a meeting place: where there is still room for one."""
    return [one for one in found if one.kind is AreaKind.district and one.places == 0]


def reach(session: Session, *, area: str, on: date) -> Reach:
    """What is within reach of the active meeting places in an area or up to 400 m beyond its border."""
    if not FIRST_DAY <= on <= LAST_DAY:
        raise Invalid.at("on", "The year must be between 1900 and 2200.")
    areas.get(session, area)
    rows = session.execute(
        statement("meeting_places"), {"area": area, "on": on, "kind": AssetKind.meeting_place, "reach_m": WALK_M}
    ).all()
    shapes = [shapely.from_wkb(bytes(row.geom)) for row in rows]
    if not shapes:
        none = numpy.zeros(0, dtype=numpy.int64)
        return Reach(none, none, none)
    graph = street_graph.load(session, *(street_graph.around([shape], WALK_M) for shape in shapes))
    return reached(graph, street_graph.attach(session, graph, shapes, within_m=WALK_M), limit_m=WALK_M)


def reached(graph: StreetGraph, places: Places, *, limit_m: float) -> Reach:
    """The union of what is at most `limit_m` from one of some places, on the street parts of a graph.

    Along an edge it is reached from its two ends and from the places on it, each as far as what is left there.
    """
    on = numpy.flatnonzero(places.edge >= 0)
    edge, along, away = places.edge[on], places.along_m[on], places.away_m[on]
    nodes = numpy.concatenate([graph.from_node[edge], graph.to_node[edge]])
    walked = numpy.concatenate([away + along, away + graph.length_m[edge] - along])
    metres = graph.distances(nodes, walked, limit_m=limit_m).metres

    every = numpy.arange(len(graph.length_m))
    left_from, left_to = limit_m - metres[graph.from_node], limit_m - metres[graph.to_node]
    left_on = limit_m - away
    of = numpy.concatenate([every, every, edge])
    left = numpy.concatenate([left_from, left_to, left_on])
    length = graph.length_m[of]
    low = numpy.concatenate([numpy.zeros(len(every)), graph.length_m - left_to, along - left_on])
    high = numpy.concatenate([left_from, graph.length_m, along + left_on])
    usable = (left >= 0) & (graph.street_part_id[of] >= 0)
    of, length, low, high = of[usable], length[usable], low[usable], high[usable]
    first = graph.offset_mm[of] + numpy.rint(numpy.clip(low, 0, length) * MM).astype(numpy.int64)
    last = graph.offset_mm[of] + numpy.rint(numpy.clip(high, 0, length) * MM).astype(numpy.int64)
    return _union(graph.street_part_id[of], first, last)


def _union(part: Integers, first: Integers, last: Integers) -> Reach:
    """Ranges that overlap or touch joined, by street part and along each."""
    order = numpy.lexsort((first, part))
    part, first, last = part[order], first[order], last[order]
    # the furthest end so far, of the same part: parts are further apart than any of their places
    furthest = numpy.maximum.accumulate(part * SHIFT + last) if len(part) else last
    begins = numpy.ones(len(part), dtype=bool)
    # one millimetre apart is only rounding
    begins[1:] = part[1:] * SHIFT + first[1:] > furthest[:-1] + 1
    ends = numpy.ones(len(part), dtype=bool)
    ends[:-1] = begins[1:]
    return Reach(part[begins], first[begins], furthest[ends] - part[ends] * SHIFT)


def _binds(found: Reach) -> dict[str, Any]:
    return {
        "parts": found.street_part_id.tolist(),
        "firsts": found.first_mm.tolist(),
        "lasts": found.last_mm.tolist(),
    }
