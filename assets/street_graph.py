"""Walking along streets: the graph of all lines that people can walk, and distances along it (domain rule Walking).

`street_edge` is kept by imports of streets (assets/importers/street_edges.py). A question loads the edges in a box
into arrays and searches them with scipy: docs/decisions/0017-walking-in-scipy.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from sqlalchemy import BigInteger, CheckConstraint, Double, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import crs, streets  # noqa: F401 - the tables its rows refer to
from assets.base import Base
from assets.sql import chosen, statement

Integers = NDArray[numpy.int64]
Numbers = NDArray[numpy.float64]
Flags = NDArray[numpy.bool_]

#: West, south, east, north in metres of the storage CRS.
Box = tuple[float, float, float, float]

MM = 1000
#: Lines that come so near to the border of a box may join others beyond it.
BORDER_M = 10.0
#: No street part, no node: in arrays of numbers.
NONE = -1


class StreetEdge(Base):
    """A piece of a segment from one node to the next; the pieces of a segment cover it from beginning to end.

    Derived from the segments. The number of a node says where it is (`street_edges.node_number`); there is no table
    of nodes. `start_m` and `end_m` are metres along the segment.
    """

    __tablename__ = "street_edge"
    __table_args__ = (
        CheckConstraint("start_m >= 0 AND end_m > start_m", name="metres"),
        Index("ix_street_edge_from_node", "from_node"),
        Index("ix_street_edge_to_node", "to_node"),
    )

    segment_id: Mapped[int] = mapped_column(ForeignKey("segment.id", ondelete="CASCADE"), primary_key=True)
    start_m: Mapped[float] = mapped_column(Double, primary_key=True)
    end_m: Mapped[float] = mapped_column(Double)
    from_node: Mapped[int] = mapped_column(BigInteger)
    to_node: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True)
class Places:
    """Places on the graph, each on one edge; arrays of one length.

    Attributes:
        edge: index of the edge in its graph; NONE for a place that is on none of its edges.
        along_m: metres from the beginning of the edge.
        away_m: metres from what was attached to the place, in a straight line.
        of: index of what was attached, for a shape that has several places on the graph.
    """

    edge: Integers
    along_m: Numbers
    away_m: Numbers
    of: Integers


@dataclass(frozen=True)
class Walk:
    """How far it is to each node of a graph.

    Attributes:
        metres: per node; infinite where the limit does not reach.
        source: per node, the index of the source from which it is nearest; NONE where the limit does not reach.
    """

    metres: Numbers
    source: Integers


@dataclass(frozen=True)
class StreetGraph:
    """The edges of all lines that touch a box. Nodes are counted 0, 1, ... in the order of their numbers.

    Attributes:
        node: per node its number in the database, ascending.
        from_node: per edge the index of the node where it begins.
        to_node: per edge the index of the node where it ends.
        length_m: per edge its length in metres.
        segment_id: per edge the number of its segment. Edges are in the order of segments and along each.
        start_m: per edge the metres along its segment where it begins.
        street_part_id: per edge the number of its street part; NONE for ways without a name.
        whole: per edge whether its segment lies wholly inside the box, not near its border.
        offset_mm: per edge the millimetres along its street part where it begins: the lines of the part in the order
            of their ids, one after another, as in `stretch_part.covered`. NONE without a street part.
    """

    node: Integers
    from_node: Integers
    to_node: Integers
    length_m: Numbers
    segment_id: Integers
    start_m: Numbers
    street_part_id: Integers
    offset_mm: Integers
    whole: Flags

    def closed(self) -> Flags:
        """Per node whether everything that can be reached from it, however far, lies inside the box."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        size = len(self.node)
        links = coo_array((numpy.ones(len(self.from_node)), (self.from_node, self.to_node)), shape=(size, size))
        count, group = connected_components(links, directed=False)
        ends = numpy.zeros(count, dtype=bool)
        ends[group[self.from_node[~self.whole]]] = True
        found: Flags = ~ends[group]
        return found

    def distances(self, nodes: Integers, metres: Numbers | float = 0.0, *, limit_m: float) -> Walk:
        """The distance from the nearest of some nodes to every node, along streets.

        Args:
            nodes: indices of the nodes to start from; each as often as needed.
            metres: what has been walked already at each of them.
            limit_m: how far to look; a distance equal to it still counts.

        Ties go to the source that stands first in `nodes` when both start at the same node with the same metres.
        """
        from scipy.sparse.csgraph import dijkstra  # loads slowly, and most questions do without

        size = len(self.node)
        nodes = numpy.asarray(nodes, dtype=numpy.int64)
        initial = numpy.broadcast_to(numpy.asarray(metres, dtype=float), nodes.shape)
        order = numpy.lexsort((numpy.arange(len(nodes)), initial, nodes))
        begins, first = numpy.unique(nodes[order], return_index=True)
        chosen = order[first]
        source = numpy.full(size, NONE)
        if len(begins) == 0:
            return Walk(numpy.full(size, numpy.inf), source)
        # one more node, from which every source is as far as was walked before it
        found, before = dijkstra(
            self._with_start(begins, initial[chosen]), indices=size, limit=limit_m, return_predecessors=True
        )
        before = before[:size].astype(numpy.int64)
        reached = numpy.isfinite(found[:size])
        # follow each node back to the source: twice as far each time
        is_source = reached & (before == size)
        at = numpy.arange(size)
        back = numpy.where(reached & ~is_source, before, at)
        while True:
            further = back[back]
            if numpy.array_equal(further, back):
                break
            back = further
        index_of = numpy.full(size, NONE)
        index_of[begins] = chosen
        source[reached] = index_of[back[reached]]
        return Walk(found[:size], source)

    def walk(self, sources: Places, targets: Places, *, limit_m: float) -> Numbers:
        """The metres from each target to the nearest source, along streets; infinite beyond the limit.

        What lies between a source or a target and its place on the graph (`away_m`) counts. Places on no edge are
        reached by nothing.
        """
        on = numpy.flatnonzero(sources.edge >= 0)
        edge, along, away = sources.edge[on], sources.along_m[on], sources.away_m[on]
        nodes = numpy.concatenate([self.from_node[edge], self.to_node[edge]])
        walked = numpy.concatenate([away + along, away + self.length_m[edge] - along])
        metres = self.distances(nodes, walked, limit_m=limit_m).metres
        found = numpy.full(len(targets.edge), numpy.inf)
        there = targets.edge >= 0
        aim, at = targets.edge[there], targets.along_m[there]
        found[there] = numpy.minimum(
            metres[self.from_node[aim]] + at, metres[self.to_node[aim]] + self.length_m[aim] - at
        )
        # on one edge it is nearer straight along it than by its ends
        order = numpy.argsort(edge, kind="stable")
        edge, along, away = edge[order], along[order], away[order]
        low, high = numpy.searchsorted(edge, targets.edge), numpy.searchsorted(edge, targets.edge, side="right")
        target = numpy.repeat(numpy.arange(len(targets.edge)), high - low)
        pair = (
            numpy.arange(len(target)) - numpy.repeat(numpy.cumsum(high - low) - (high - low), high - low) + low[target]
        )
        numpy.minimum.at(found, target, away[pair] + numpy.abs(along[pair] - targets.along_m[target]))
        found += targets.away_m
        found[found > limit_m] = numpy.inf
        return found

    def on_segments(self, segment_ids: Integers, along_m: Numbers) -> tuple[Integers, Numbers]:
        """Edges and metres along them for places given as metres along segments; NONE where it has no such segment."""
        first = numpy.searchsorted(self.segment_id, segment_ids)
        count = numpy.searchsorted(self.segment_id, segment_ids, side="right") - first
        edge = numpy.full(len(first), NONE)
        for index in numpy.flatnonzero(count):
            starts = self.start_m[first[index] : first[index] + count[index]]
            edge[index] = first[index] + max(int(numpy.searchsorted(starts, along_m[index], side="right")) - 1, 0)
        along = numpy.where(edge >= 0, along_m - self.start_m[edge], 0.0)
        return edge, numpy.clip(along, 0.0, self.length_m[edge] if len(self.length_m) else 0.0)

    def on_parts(self, street_part_ids: Integers, along_mm: Integers) -> Places:
        """Places on the graph for places given as millimetres along street parts; NONE where it has no such part."""
        part, offset, edge_of = self._by_part
        wanted = numpy.asarray(street_part_ids, dtype=numpy.int64)
        along = numpy.asarray(along_mm, dtype=numpy.int64)
        # the last edge of the part that begins at or before the place
        shift = numpy.int64(1) << 40
        at = numpy.searchsorted(part * shift + offset, wanted * shift + along, side="right") - 1
        known = (at >= 0) & (part[numpy.maximum(at, 0)] == wanted) if len(part) else numpy.zeros(len(wanted), bool)
        edge = numpy.where(known, edge_of[numpy.maximum(at, 0)], NONE) if len(part) else numpy.full(len(wanted), NONE)
        metres = numpy.zeros(len(wanted))
        metres[known] = (along[known] - offset[at[known]]) / MM
        metres[known] = numpy.clip(metres[known], 0.0, self.length_m[edge[known]])
        return Places(edge, metres, numpy.zeros(len(wanted)), numpy.arange(len(wanted)))

    @cached_property
    def _by_part(self) -> tuple[Integers, Integers, Integers]:
        """Street part, offset and edge of the edges with a street part, in the order of parts and along each."""
        named = numpy.flatnonzero(self.street_part_id >= 0)
        order = named[numpy.lexsort((self.offset_mm[named], self.street_part_id[named]))]
        return self.street_part_id[order], self.offset_mm[order], order

    @cached_property
    def _pairs(self) -> tuple[Integers, Integers, Numbers]:
        """Both directions of the shortest edge between each two nodes; loops lead nowhere and are left out."""
        low = numpy.minimum(self.from_node, self.to_node)
        high = numpy.maximum(self.from_node, self.to_node)
        way = numpy.flatnonzero(low != high)
        order = way[numpy.lexsort((self.length_m[way], high[way], low[way]))]
        low, high, length = low[order], high[order], self.length_m[order]
        new = numpy.ones(len(order), dtype=bool)
        new[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
        low, high, length = low[new], high[new], length[new]
        return numpy.concatenate([low, high]), numpy.concatenate([high, low]), numpy.concatenate([length, length])

    def _with_start(self, begins: Integers, initial: Numbers) -> Any:
        """The graph as a sparse matrix, with one node more that leads to these nodes at these distances.

        Explicit zeros stay edges of no length, in scipy.
        """
        from scipy.sparse import csr_array

        size = len(self.node)
        rows, columns, metres = self._pairs
        rows = numpy.concatenate([rows, numpy.full(len(begins), size)])
        return csr_array(
            (numpy.concatenate([metres, initial]), (rows, numpy.concatenate([columns, begins]))),
            shape=(size + 1, size + 1),
        )


def load(session: Session, *boxes: Box) -> StreetGraph:
    """The street graph of all lines that touch one of these boxes in the storage CRS. Reads what is public.

    A walk of at most *d* metres from a place never leaves the box around it that is *d* metres wider on all sides:
    load that box, and every distance up to *d* is exact. Of several places each needs its own box only.
    """
    # asked ten times on one connection it would get one plan for boxes of any size: 70 s instead of 0.7 s for a city
    session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    binds: dict[str, Any] = {"border_m": BORDER_M, "srid": crs.storage(session).srid}
    if len(boxes) == 1:
        binds |= dict(zip(("west", "south", "east", "north"), boxes[0], strict=True))
    else:
        sides = zip(*boxes, strict=True) if boxes else ((), (), (), ())
        binds |= dict(zip(("wests", "souths", "easts", "norths"), map(list, sides), strict=True))
    switch = frozenset({"one" if len(boxes) == 1 else "several"})
    row = session.execute(chosen("street_graph", switch), binds).one()
    kinds = {"start_m": ">f8", "end_m": ">f8", "offset_m": ">f8"}
    columns = {
        name: numpy.frombuffer(bytes(value or b""), dtype=kinds.get(name, ">i8")).astype(
            float if name in kinds else numpy.int64
        )
        for name, value in row._asdict().items()
    }
    order = numpy.lexsort((columns["start_m"], columns["segment_id"]))
    columns = {name: values[order] for name, values in columns.items()}
    node, ends = numpy.unique(numpy.concatenate([columns["from_node"], columns["to_node"]]), return_inverse=True)
    from_node, to_node = numpy.split(ends, 2)
    part = columns["street_part_id"]
    offset = numpy.rint((columns["offset_m"] + columns["start_m"]) * MM).astype(numpy.int64)
    return StreetGraph(
        node=node,
        from_node=from_node,
        to_node=to_node,
        length_m=columns["end_m"] - columns["start_m"],
        segment_id=columns["segment_id"],
        start_m=columns["start_m"],
        street_part_id=part,
        offset_mm=numpy.where(part >= 0, offset, NONE),
        whole=columns["whole"] > 0,
    )


def attach(session: Session, graph: StreetGraph, shapes: Sequence[BaseGeometry], *, within_m: float = 250.0) -> Places:
    """The places on the graph nearest to some shapes; a shape with no line within reach has none.

    A point or a line gets the nearest place. A polygon gets where lines enter and leave it (0 m away), and when no
    line touches it the nearest place.

    Args:
        session: reading what is public is enough.
        graph: loaded around the shapes.
        shapes: in the storage CRS.
        within_m: how far from a shape a line may lie.
    """
    rows = session.execute(
        statement("street_graph_places"),
        {
            "shapes": [shape.wkb for shape in shapes],
            "srid": crs.storage(session).srid,
            "within_m": within_m,
        },
    ).all()
    edge, along = graph.on_segments(
        numpy.array([row.segment_id for row in rows], dtype=numpy.int64),
        numpy.array([row.along_m for row in rows], dtype=float),
    )
    return Places(
        edge,
        along,
        numpy.array([row.away_m for row in rows], dtype=float),
        numpy.array([row.shape for row in rows], dtype=numpy.int64),
    )


def around(shapes: Sequence[BaseGeometry], metres: float) -> Box:
    """The box around shapes, so much wider on all sides."""
    west, south, east, north = shapely.total_bounds(shapes)
    return float(west - metres), float(south - metres), float(east + metres), float(north + metres)
