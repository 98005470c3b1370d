"""Growth edge: room next to energy. Where could a neighbour most naturally join in? An invitation, not a task.

Rule: docs/glossary.md, Growth edge. Which street parts have no initiative is the answer of `coverage`; how far it is
from each to the nearest carried one is searched in the street graph; what lives around them is one set query.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import coverage, crs, street_graph
from assets.coverage import StreetPartCoverage
from assets.errors import TooLarge
from assets.people_told import at_least, in_fives
from assets.sql import chosen
from assets.street_graph import Box, Flags, Integers, Numbers, StreetGraph
from assets.vocabulary import GROWTH_REACH_M, NEAR_M, AssetKind, GiftOf, Initiative, StreetState, Theme

#: Street parts without an initiative in one question at most: several large cities.
MOST = 20_000
#: Most streets are near to energy: first it is looked for within so many metres, which reads a tenth of the lines.
FIRST_REACH_M = 1000.0
#: A walk of d metres stays within d metres of where it begins, and a little more where lines join with a gap between.
SLACK_M = 50.0
#: Decimals of a distance: streets are known to the metre, and equal distances must be equal.
DECIMALS = 1


@dataclass(frozen=True)
class Lives:
    """What lives around a street part: entries that count on the day.

    Attributes:
        kinds: entries of each kind. People are told in fives (assets/people_told.py), so that the surroundings of two
            streets cannot be subtracted, nor before and after one withdraws; None, "fewer than 5", for five or fewer.
        gifts: at least so many entries, of any kind, with a gift of head, heart or hands: people count in fives.
    """

    kinds: dict[AssetKind, int | None]
    gifts: dict[GiftOf, int]

    @property
    def fewer_than_5(self) -> tuple[str, ...]:
        """The words of the figures that are told as "fewer than 5"."""
        return tuple(kind.value for kind, count in self.kinds.items() if count is None)


@dataclass(frozen=True)
class GrowthEdgeStreet:
    """A street part without an initiative, and the energy next to it.

    Attributes:
        street: the street part with its state (asked or unasked), without its geometry.
        nearest_energy_m: metres along streets to the nearest carried street part, to a tenth; 0 when they touch; None
            when there is none within 5 km, or no way to it.
        nearest_id: number of that street part, or None.
        nearest_street: its name, or None.
        lives: what lives within 200 m of the part, in a straight line.
        geometry: GeoJSON text in the CRS asked, or None.
    """

    street: StreetPartCoverage
    nearest_energy_m: float | None
    nearest_id: int | None
    nearest_street: str | None
    lives: Lives
    geometry: str | None = None

    @property
    def id(self) -> int:
        """The number of the street part."""
        return self.street.id

    def shape(self) -> BaseGeometry | None:
        """The geometry as shapely lines, when it was asked for."""
        from shapely.geometry import shape

        return None if self.geometry is None else shape(json.loads(self.geometry))


@dataclass(frozen=True)
class GrowthEdge:
    """One page of the growth edge.

    Attributes:
        rows: nearest to energy first, then by name and number; those of which no way is known last.
        found: how many street parts without an initiative there are in all.
        more: whether there are rows after these.
    """

    rows: tuple[GrowthEdgeStreet, ...]
    found: int
    more: bool


@dataclass(frozen=True)
class _Near:
    """The nearest carried street part: metres to a tenth, number and name; nothing when none is known."""

    metres: float | None = None
    street_part_id: int | None = None
    name: str | None = None


def streets(
    session: Session,
    *,
    on: date,
    area: str | None = None,
    theme: Theme | None = None,
    after: tuple[float | None, int] | None = None,
    offset: int = 0,
    limit: int | None = None,
    srid: int | None = None,
) -> GrowthEdge:
    """Street parts without an initiative, those nearest to a carried street part first.

    Carried parts outside the area count as well. Distances up to 5 km are exact: a walk of at most 5 km from a part
    never leaves the box around it that is 5 km wider on all sides, and the whole graph of that box is searched. For
    parts that have energy within 1 km the box of 1 km is enough, by the same reason.

    Args:
        session: reading what is public is enough.
        on: the date that is asked about, 1900 to 2200.
        area: code of an area of any level; everything when None.
        theme: of the initiatives that count; any theme when None.
        after: (nearest_energy_m, id) of the last row of the page before.
        offset: leave out so many rows before the first.
        limit: at most so many rows.
        srid: EPSG code of the geometry to return; none when None.

    Raises:
        NotFound: the area is not known.
        Invalid: the date lies outside 1900 to 2200.
        TooLarge: there are more than 20,000 such street parts.
    """
    rows = coverage.street_parts(
        session, on=on, area=area, theme=theme, initiative=Initiative.none, by_name=True, limit=MOST + 1
    )
    if len(rows) > MOST:
        raise TooLarge("This is more than {most} streets; choose an area.", most=f"{MOST:,}")
    if not rows:
        return GrowthEdge((), 0, more=False)
    near = _near(session, numpy.array([row.id for row in rows], dtype=numpy.int64), on=on, theme=theme)
    # the rows are in the order of name and number, and sorting keeps that among equals
    order = sorted(range(len(rows)), key=lambda index: _far(near[index].metres))
    start = offset + (0 if after is None else _start(order, rows, near, after))
    shown = order[start : None if limit is None else start + limit]
    around = _around(session, [rows[index].id for index in shown], on=on, srid=srid)
    found = []
    for index in shown:
        row, nearest = rows[index], near[index]
        found.append(
            GrowthEdgeStreet(
                street=row,
                nearest_energy_m=nearest.metres,
                nearest_id=nearest.street_part_id,
                nearest_street=nearest.name,
                lives=_lives(around[row.id]),
                geometry=getattr(around[row.id], "geometry", None),
            )
        )
    return GrowthEdge(tuple(found), len(rows), more=start + len(shown) < len(rows))


def _far(metres: float | None) -> float:
    return float("inf") if metres is None else metres


def _start(
    order: Sequence[int],
    rows: Sequence[StreetPartCoverage],
    near: Sequence[_Near],
    after: tuple[float | None, int],
) -> int:
    """Where the page after a row begins; when the row is gone, before the first that is not nearer than it was."""
    metres, street_part_id = after
    for position, index in enumerate(order):
        if rows[index].id == street_part_id:
            return position + 1
    return next((at for at, index in enumerate(order) if _far(near[index].metres) >= _far(metres)), len(order))


def _near(session: Session, ids: Integers, *, on: date, theme: Theme | None) -> list[_Near]:
    """For each street part the nearest carried one along streets; of equally near ones the first by name and number."""
    near = [_Near()] * len(ids)
    waiting = numpy.arange(len(ids))
    for reach_m in (FIRST_REACH_M, GROWTH_REACH_M):
        box = _box(session, ids[waiting], reach_m + SLACK_M)
        carried = coverage.street_parts(
            session, on=on, theme=theme, state=StreetState.carried, within=shapely.box(*box), by_name=True
        )
        if not carried and reach_m < GROWTH_REACH_M:
            continue
        graph = street_graph.load(session, box)
        place, metres, sure = _search(graph, ids[waiting], [row.id for row in carried], reach_m)
        for index, at, away in zip(waiting.tolist(), place.tolist(), metres.tolist(), strict=True):
            if at >= 0:
                near[index] = _Near(away, carried[at].id, carried[at].name)
        waiting = waiting[~sure]
        if len(waiting) == 0:
            break
    return near


def _box(session: Session, ids: Integers, margin_m: float) -> Box:
    """The box around these street parts, so much wider on all sides, in the storage CRS."""
    row = session.execute(
        text(
            "SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)"
            " FROM (SELECT ST_Extent(geom) AS box FROM published_street_part"
            " WHERE id = ANY (CAST(:ids AS bigint[]))) AS parts"
        ),
        {"ids": ids.tolist()},
    ).one()
    return street_graph.around([shapely.box(*row)], margin_m)


def _search(
    graph: StreetGraph, ids: Integers, carried: Sequence[int], reach_m: float
) -> tuple[Integers, Numbers, Flags]:
    """For each street part the place of the nearest in `carried` (NONE when none is found), its metres, and whether
    the answer is sure, so that a larger box would not change it.

    A walk begins and ends at nodes of the two street parts: a street is reached where another line joins it. A walk of
    more than `reach_m` may have a shorter one outside the box, unless all that can be reached lies inside.
    """
    named = numpy.flatnonzero(graph.street_part_id >= 0)
    node = numpy.concatenate([graph.from_node[named], graph.to_node[named]])
    part = numpy.concatenate([graph.street_part_id[named], graph.street_part_id[named]])
    nearest, away = numpy.full(len(ids), street_graph.NONE), numpy.full(len(ids), numpy.inf)
    asked, known = _places(part, ids)
    open_ends = numpy.flatnonzero(known & ~graph.closed()[node])
    closed = numpy.ones(len(ids), dtype=bool)
    closed[asked[open_ends]] = False
    if not carried:
        return nearest, away, closed
    place, begins = _places(part, numpy.array(carried, dtype=numpy.int64))
    begin = numpy.flatnonzero(begins)
    begin = begin[numpy.argsort(place[begin], kind="stable")]
    walk = graph.distances(node[begin], limit_m=GROWTH_REACH_M)
    reached = numpy.flatnonzero(known & numpy.isfinite(walk.metres[node]))
    metres = numpy.round(walk.metres[node[reached]], DECIMALS)
    source = place[begin[walk.source[node[reached]]]]
    order = numpy.lexsort((source, metres, asked[reached]))
    index, first = numpy.unique(asked[reached][order], return_index=True)
    nearest[index], away[index] = source[order[first]], metres[order[first]]
    sure = closed | (away <= reach_m)
    nearest[~sure] = street_graph.NONE
    return nearest, away, sure


def _places(values: Integers, among: Integers) -> tuple[Integers, Flags]:
    """For each value its place in `among` (distinct), and whether it is there at all."""
    order = numpy.argsort(among)
    at = numpy.minimum(numpy.searchsorted(among[order], values), len(among) - 1)
    return order[at], among[order][at] == values


def _around(session: Session, ids: Sequence[int], *, on: date, srid: int | None) -> dict[int, Any]:
    """The row of what lives around each of these street parts, by its number."""
    binds: dict[str, Any] = {"ids": list(ids), "on": on, "near_m": NEAR_M}
    switches = frozenset() if srid is None else frozenset({"geometry"})
    if srid is not None:
        binds |= {"srid": srid, "decimals": 7 if srid in (crs.WGS84, crs.ETRS89) else 3}
    return {row.id: row for row in session.execute(chosen("growth_edge", switches), binds)}


def _lives(row: Any) -> Lives:
    """The counts as they may be told."""
    kinds: dict[AssetKind, int | None] = {kind: getattr(row, kind.value) for kind in AssetKind}
    kinds[AssetKind.person] = in_fives(row.person)
    gifts = {gift: getattr(row, f"{gift}_things") + at_least(getattr(row, f"{gift}_people")) for gift in GiftOf}
    return Lives(kinds, gifts)
