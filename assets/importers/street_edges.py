"""The street graph as it is kept: every line people can walk, cut where it joins another (domain rule Walking).

Lines join at their ends, where an end lies on the inside of another line, and where two lines share a vertex; all of
these within half a metre. Lines that merely cross do not join, and bridges and tunnels join at their ends only.

The number of a node is its place: the lowest (x, then y) of the ends and vertices that are one node, in decimetres.
So the same lines give the same numbers whatever was imported first, a second import meets the first at the border
without knowing it, and what is kept can be compared with what a rebuild makes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets.importers import loading
from assets.importers.words import MOTOR_CLASSES
from assets.sql import statement
from assets.vocabulary import SNAP_M

#: How far around a line that came or went others can be affected. A line that comes makes nodes within 0.5 m of
#: itself, and others join these within 0.5 m more; the rest is for rounding.
AFFECTED_M = 1.5
#: Above this share of lines that came or went all are looked at, which saves searching around each of them.
MOST = 0.3
COLUMNS = ("segment_id", "start_m", "end_m", "from_node", "to_node")

Integers = NDArray[numpy.int64]
Numbers = NDArray[numpy.float64]
Flags = NDArray[numpy.bool_]


@dataclass(frozen=True)
class Edges:
    """Lines cut at their nodes, in the order of the lines and along each of them; arrays of one length.

    Attributes:
        line: index of the line.
        start_m: metres from the beginning of the line to the beginning of the edge.
        end_m: metres from the beginning of the line to the end of the edge; more than `start_m`.
        from_node: number of the node where the edge begins.
        to_node: number of the node where it ends.
    """

    line: Integers
    start_m: Numbers
    end_m: Numbers
    from_node: Integers
    to_node: Integers


def keep(session: Session) -> None:
    """Bring `street_edge` in line with the segments that came, and with those that went (temporary `gone_line`).

    Looks at what is affected only: lines near those that came or went, and lines that share a node with these. The
    result is that of `rebuild`.
    """
    new, gone, all_ = session.execute(statement("street_edge_changes"), {"motor": sorted(MOTOR_CLASSES)}).one()
    if not new and not gone:
        return
    loading.temporary(session, "affected_line")
    if new + gone > MOST * all_:
        session.execute(statement("street_edge_all"), {"motor": sorted(MOTOR_CLASSES)})
    else:
        session.execute(statement("street_edge_affected"), {"motor": sorted(MOTOR_CLASSES), "reach_m": AFFECTED_M})
    _store(session)


def rebuild(session: Session) -> None:
    """Cut all segments again."""
    loading.temporary(session, "affected_line")
    session.execute(statement("street_edge_all"), {"motor": sorted(MOTOR_CLASSES)})
    session.execute(text("DELETE FROM street_edge"))
    _store(session)


def _store(session: Session) -> None:
    """Cut the lines in `affected_line`, and keep the edges of those that are not there as context only."""
    rows = session.execute(statement("street_edge_lines")).all()
    ids = numpy.array([row.id for row in rows], dtype=numpy.int64)
    lines: Any = shapely.from_wkb([row.geom for row in rows])
    closed = numpy.array([row.ends_only for row in rows], dtype=bool)
    wanted = numpy.array([not row.context for row in rows], dtype=bool)
    del rows
    edges = cut(lines, closed)
    session.execute(statement("street_edge_drop"))
    shown = wanted[edges.line] if len(wanted) else numpy.zeros(0, dtype=bool)
    values = (ids[edges.line], edges.start_m, edges.end_m, edges.from_node, edges.to_node)
    loading.copy(session, "street_edge", COLUMNS, zip(*(column[shown].tolist() for column in values), strict=True))
    loading.analyse(session, "street_edge")


def cut(lines: Sequence[Any] | NDArray[Any], ends_only: Flags) -> Edges:
    """The lines cut at their nodes; every line is covered from its beginning to its end.

    Args:
        lines: lines in a CRS in metres.
        ends_only: for each line whether it joins others at its ends only: bridges and tunnels.
    """
    if len(lines) == 0:
        none: Any = numpy.zeros(0)
        return Edges(none.astype(int), none, none, none.astype(int), none.astype(int))
    corner = _corners(lines)
    joints = _joints(lines, ends_only, corner)
    at = _shared(corner, ends_only)
    # three kinds of places on lines that are nodes: ends and shared vertices, and where an end meets a line's inside
    line = numpy.concatenate([corner.line[at], joints.line])
    along = numpy.concatenate([corner.along_m[at], joints.along_m])
    point = numpy.concatenate([corner.point[at], len(corner.xy) + numpy.arange(len(joints.line))])
    node = _nodes(corner.xy, joints, numpy.unique(corner.point[at]))[point]
    return _between(line, along, node)


@dataclass(frozen=True)
class _Corners:
    """Every vertex of every line: its line, its metres along it, its point (equal places have one), whether an end."""

    line: Integers
    along_m: Numbers
    point: Integers
    is_end: Flags
    xy: Numbers


@dataclass(frozen=True)
class _Joints:
    """Where the end of one line meets the inside of another: the end's point, and the place on the other."""

    end_point: Integers
    line: Integers
    along_m: Numbers
    xy: Numbers


def _corners(lines: Sequence[Any] | NDArray[Any]) -> _Corners:
    coordinates, line = shapely.get_coordinates(lines, return_index=True)
    first = numpy.concatenate([[True], line[1:] != line[:-1]])
    last = numpy.concatenate([line[1:] != line[:-1], [True]])
    steps = numpy.concatenate([[0.0], numpy.hypot(*numpy.diff(coordinates, axis=0).T)])
    # vertex by vertex, all lines at once: a running total over all lines would make lengths depend on other lines
    along = numpy.zeros(len(line))
    vertex, left = numpy.flatnonzero(first) + 1, numpy.bincount(line)[numpy.unique(line)] - 1
    while len(vertex):
        vertex, left = vertex[left > 0], left[left > 0] - 1
        along[vertex] = along[vertex - 1] + steps[vertex]
        vertex = vertex + 1
    # the same place to the tenth of a millimetre is one point
    x, y = numpy.rint(coordinates * 10_000).astype(numpy.int64).T
    order = numpy.lexsort((y, x))
    x, y = x[order], y[order]
    differs = numpy.concatenate([[True], (x[1:] != x[:-1]) | (y[1:] != y[:-1])])
    point = numpy.empty(len(order), dtype=numpy.int64)
    point[order] = numpy.cumsum(differs) - 1
    return _Corners(line, along, point, first | last, coordinates[order[differs]])


def _joints(lines: Any, ends_only: Flags, corner: _Corners) -> _Joints:
    """Ends within reach of another line's inside; not of the inside of a bridge or tunnel."""
    points = numpy.unique(corner.point[corner.is_end])
    open_lines = numpy.flatnonzero(~ends_only)
    if len(open_lines) == 0:
        return _Joints(points[:0], points[:0], numpy.zeros(0), numpy.zeros((0, 2)))
    tree = shapely.STRtree(numpy.asarray(lines)[open_lines])
    ends: Any = shapely.points(corner.xy[points])
    which, found = tree.query(ends, predicate="dwithin", distance=SNAP_M)
    line = open_lines[found]
    along = shapely.line_locate_point(numpy.asarray(lines)[line], ends[which])
    inside = (along > 0) & (along < shapely.length(numpy.asarray(lines)[line]))
    which, line, along = which[inside], line[inside], along[inside]
    places: Any = shapely.line_interpolate_point(numpy.asarray(lines)[line], along)
    return _Joints(points[which], line.astype(numpy.int64), along, shapely.get_coordinates(places))


def _shared(corner: _Corners, ends_only: Flags) -> Integers:
    """The vertices that are nodes: ends, and those within reach of a vertex of another line.

    A line that comes back to a vertex of its own joins itself there. Inner vertices of bridges and tunnels are none.
    """
    may = numpy.flatnonzero(corner.is_end | ~ends_only[corner.line])
    point, line = corner.point[may], corner.line[may]
    size = len(corner.xy)
    lowest = numpy.full(size, numpy.iinfo(numpy.int64).max)
    highest = numpy.full(size, -1)
    numpy.minimum.at(lowest, point, line)
    numpy.maximum.at(highest, point, line)
    is_node = numpy.bincount(point, minlength=size) > 1
    is_node[point[corner.is_end[may]]] = True
    present = numpy.flatnonzero(highest >= 0)
    pairs = present[_pairs(corner.xy[present])]
    low, high = lowest[pairs].min(axis=1), highest[pairs].max(axis=1)
    is_node[pairs[low != high]] = True
    return may[is_node[point]]


def _pairs(xy: Numbers) -> Integers:
    """All pairs of these points within reach of each other, as two columns."""
    from scipy.spatial import cKDTree  # loads slowly, and most commands do without

    found: Integers = cKDTree(xy).query_pairs(SNAP_M, output_type="ndarray")
    return found


def _nodes(xy: Numbers, joints: _Joints, points: Integers) -> Integers:
    """For each point, then each joint, the number of its node; points that are no node get a number of no meaning.

    What lies within reach of each other is one node, and so are an end and the place on the line that it meets.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = len(xy) + len(joints.line)
    members = numpy.concatenate([points, numpy.arange(len(xy), size)])
    places = numpy.concatenate([xy, joints.xy])
    near = members[_pairs(places[members])]
    rows = numpy.concatenate([near[:, 0], joints.end_point])
    columns = numpy.concatenate([near[:, 1], numpy.arange(len(xy), size)])
    links = coo_array((numpy.ones(len(rows), dtype=numpy.int8), (rows, columns)), shape=(size, size))
    count, group = connected_components(links, directed=False)
    # points are in the order of x and y, so the first of a group is its lowest; joints are computed places: no names
    lowest = numpy.full(count, len(xy))
    numpy.minimum.at(lowest, group[points], points)
    named: Integers = numpy.zeros(count, dtype=numpy.int64)
    known = lowest < len(xy)
    named[known] = node_number(xy[lowest[known]])
    numbers: Integers = named[group]
    return numbers


def node_number(xy: Numbers) -> Integers:
    """The number of the node whose lowest point is at x, y: whole decimetres, x in the upper 32 bits, y in the lower.

    Two nodes are more than 0.5 m apart, so no two have one number.
    """
    x, y = numpy.floor(numpy.asarray(xy) * 10 + 1e-6).astype(numpy.int64).T
    number: Integers = (x << 32) | (y & 0xFFFFFFFF)
    return number


def _between(line: Integers, along: Numbers, node: Integers) -> Edges:
    """The edges between successive nodes of each line; two places of one node within reach along a line are one."""
    order = numpy.lexsort((node, along, line))
    line, along, node = line[order], along[order], node[order]
    first = numpy.concatenate([[True], line[1:] != line[:-1]])
    last = numpy.concatenate([line[1:] != line[:-1], [True]])
    nearby = numpy.concatenate([[False], (node[1:] == node[:-1]) & (numpy.diff(along) <= SNAP_M)])
    # the end of a line stays, so that the line is covered to its end; of the same node, what lies just before it goes
    end = numpy.flatnonzero(last)[numpy.cumsum(first) - 1]
    at_end = (node == node[end]) & (along[end] - along <= SNAP_M)
    kept = first | last | ~(nearby | at_end)
    line, along, node = line[kept], along[kept], node[kept]
    joined = line[1:] == line[:-1]
    return Edges(line[:-1][joined], along[:-1][joined], along[1:][joined], node[:-1][joined], node[1:][joined])
