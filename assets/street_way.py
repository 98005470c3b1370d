"""A street as a small graph: the way along it from one place to another.

Lines of one street need not touch (two carriageways, a square between two pieces), so pieces are joined by straight
gaps; nothing is stored of a gap, because a stretch is everything of its street within 25 m of the line drawn
(assets/links.py). Everything is in the storage CRS and in metres.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy
import shapely
from shapely.ops import substring

#: Pieces of one street whose nodes are so near lie side by side: two carriageways.
BESIDE_M = 50.0
#: A metre through the air counts for so many along the street: gaps are a last resort.
GAP_COSTS = 1.5


@dataclass(frozen=True)
class Edge:
    """A piece of the street from one node to the next; nodes are counted 0, 1, ..."""

    a: int
    b: int
    line: shapely.LineString
    gap: bool

    @property
    def length_m(self) -> float:
        """Metres."""
        return float(self.line.length)

    @property
    def cost(self) -> float:
        """Metres, more of them where there is no street."""
        return self.length_m * (GAP_COSTS if self.gap else 1.0)


@dataclass(frozen=True)
class Corner:
    """A place along a street that people know: the corner with another street, or an end of the street.

    Attributes:
        key: what a form sends: the number of the node, stable as long as the lines are; or "start" and "end".
        names: of the streets that meet there, by name; empty at a bare end.
        node: in the graph of the street.
        along_m: metres from the start of the street, for the order and to tell two corners of one name apart.
    """

    key: str
    names: tuple[str, ...]
    node: int
    along_m: float


@dataclass(frozen=True)
class Place:
    """A place on a street: which edge, and metres along it."""

    edge: int
    along_m: float


@dataclass(frozen=True)
class StreetLine:
    """One street to choose a stretch of.

    Attributes:
        street_id: its number.
        name: its name.
        places: names of the areas it is in, the most metres first.
        area: code of the area with most of it; None where no area is known.
        length_m: metres of street, all carriageways together.
        numbers: whether house numbers are known along it.
        edges: its graph; straight gaps join pieces that do not touch.
        corners: in the order along the street. The first and the last are its ends, unless it is closed.
        closed: it goes round and has no ends; metres are counted from its lowest node.
        heading: from the first to the last: "north", "east", "south" or "west" of the last end, seen from the first.
    """

    street_id: int
    name: str
    places: tuple[str, ...]
    area: str | None
    length_m: float
    numbers: bool
    edges: tuple[Edge, ...]
    corners: tuple[Corner, ...]
    closed: bool
    heading: str

    def corner(self, key: str) -> Corner | None:
        """The corner with this key."""
        return next((corner for corner in self.corners if corner.key == key), None)

    def at(self, node: int) -> Place:
        """The place of a node."""
        index = next(i for i, edge in enumerate(self.edges) if node in (edge.a, edge.b))
        edge = self.edges[index]
        return Place(index, 0.0 if edge.a == node else edge.length_m)

    def nearest(self, point: shapely.Point) -> Place:
        """The place on the street nearest to a point; never on a gap."""
        real = [index for index, edge in enumerate(self.edges) if not edge.gap]
        index = real[int(shapely.distance([self.edges[one].line for one in real], point).argmin())]
        return Place(index, float(self.edges[index].line.project(point)))

    def point(self, place: Place) -> shapely.Point:
        """Where a place is."""
        return self.edges[place.edge].line.interpolate(place.along_m)

    def middle(self) -> shapely.Point:
        """The middle of the street: half-way from its start to its end, on its lines."""
        if self.closed:
            return self.point(Place(0, self.edges[0].length_m / 2))
        way = self.between(self.at(self.corners[0].node), self.at(self.corners[-1].node))
        half = way.interpolate(0.5, normalized=True) if way is not None else self.edges[0].line.centroid
        return self.point(self.nearest(half))

    def between(self, first: Place, last: Place) -> shapely.LineString | None:
        """The shortest way along the street from one place to another; None where they are the same place."""
        coordinates = self._way(first, last)
        kept = [point for i, point in enumerate(coordinates) if i == 0 or point != coordinates[i - 1]]
        return shapely.LineString(kept) if len(kept) > 1 and shapely.LineString(kept).length >= 1 else None

    def around(self, points: Sequence[shapely.Point]) -> shapely.LineString | None:
        """The shortest piece of the street on which all these points have their nearest place; None for no piece."""
        if not points:
            return None
        places = [self.nearest(point) for point in points]
        metres = [self.metres(place) for place in places]
        if not self.closed:
            return self.between(places[int(numpy.argmin(metres))], places[int(numpy.argmax(metres))])
        whole = sum(edge.length_m for edge in self.edges)
        order = sorted(range(len(places)), key=lambda i: metres[i])
        steps = [(metres[order[(i + 1) % len(order)]] - metres[order[i]]) % whole for i in range(len(order))]
        widest = int(numpy.argmax(steps))  # nobody lives there: the piece goes the other way
        return self._round(metres[order[(widest + 1) % len(order)]], metres[order[widest]])

    def metres(self, place: Place) -> float:
        """Metres from the start of the street to a place, along it; around a closed street in its one direction."""
        edge = self.edges[place.edge]
        if self.closed:
            begins, forward = self._ring[place.edge]
            return begins + (place.along_m if forward else edge.length_m - place.along_m)
        before, _ = self._from_start
        return min(before[edge.a] + place.along_m, before[edge.b] + edge.length_m - place.along_m)

    @cached_property
    def _from_start(self) -> tuple[list[float], list[int]]:
        return walk(self.edges, self.corners[0].node)

    @cached_property
    def _ring(self) -> dict[int, tuple[float, bool]]:
        """Of a closed street, per edge the metres at which it begins going round, and whether it is walked a to b."""
        return {index: (begins, forward) for index, begins, forward in ring_order(self.edges)}

    def _round(self, first_m: float, last_m: float) -> shapely.LineString | None:
        """Of a closed street the piece from one distance to another, in its direction."""
        steps = sorted(self._ring.items(), key=lambda step: step[1][0])
        points: list[Any] = []
        for index, (_, forward) in steps:
            line = list(self.edges[index].line.coords)
            points += line if forward else line[::-1]
        ring = shapely.LineString(points)
        if last_m < first_m:
            ring, last_m = shapely.LineString(points + points), last_m + ring.length
        found = substring(ring, first_m, last_m)
        return found if isinstance(found, shapely.LineString) and found.length >= 1 else None

    def _way(self, first: Place, last: Place) -> list[tuple[float, float]]:
        start, goal = self.edges[first.edge], self.edges[last.edge]
        best: tuple[float, list[tuple[float, float]]] | None = None
        if first.edge == last.edge:
            best = (abs(first.along_m - last.along_m), piece(start.line, first.along_m, last.along_m))
        for leave, left in ((start.a, first.along_m), (start.b, start.length_m - first.along_m)):
            cost, via = walk(self.edges, leave)
            for enter, rest in ((goal.a, last.along_m), (goal.b, goal.length_m - last.along_m)):
                total = left + cost[enter] + rest
                if best is not None and total >= best[0] - 1e-9:
                    continue
                way = piece(start.line, first.along_m, 0.0 if leave == start.a else start.length_m)
                way += _back(self.edges, via, enter)
                way += piece(goal.line, 0.0 if enter == goal.a else goal.length_m, last.along_m)
                best = (total, way)
        return best[1] if best is not None else []


def piece(line: shapely.LineString, first_m: float, last_m: float) -> list[tuple[float, float]]:
    """The coordinates of a line from one distance to another, backwards when the second is smaller."""
    return [(x, y) for x, y in substring(line, first_m, last_m).coords]


def walk(edges: Sequence[Edge], start: int) -> tuple[list[float], list[int]]:
    """The cost from a node to every node, and per node the edge by which it is reached (-1 at the start)."""
    beside: dict[int, list[tuple[int, int]]] = {}
    for index, edge in enumerate(edges):
        beside.setdefault(edge.a, []).append((index, edge.b))
        beside.setdefault(edge.b, []).append((index, edge.a))
    size = max(beside) + 1
    cost, via = [float("inf")] * size, [-1] * size
    cost[start] = 0.0
    queue = [(0.0, start)]
    while queue:
        so_far, here = heapq.heappop(queue)
        if so_far > cost[here]:
            continue
        for index, there in beside[here]:
            total = so_far + edges[index].cost
            if total < cost[there]:
                cost[there], via[there] = total, index
                heapq.heappush(queue, (total, there))
    return cost, via


def _back(edges: Sequence[Edge], via: Sequence[int], goal: int) -> list[tuple[float, float]]:
    """The coordinates from where a walk started to a node."""
    pieces, here = [], goal
    while via[here] >= 0:
        edge = edges[via[here]]
        points = [(x, y) for x, y in edge.line.coords]
        pieces.append(points if edge.b == here else points[::-1])
        here = edge.a if edge.b == here else edge.b
    return [point for piece in reversed(pieces) for point in piece]


# --- what a street is made of ---


def node_points(edges: Sequence[Edge]) -> dict[int, tuple[float, float]]:
    """Where each node is."""
    found: dict[int, tuple[float, float]] = {}
    for edge in edges:
        for node, at in ((edge.a, 0), (edge.b, -1)):
            x, y = edge.line.coords[at]
            found.setdefault(node, (x, y))
    return found


def _groups(edges: Sequence[Edge]) -> dict[int, int]:
    """Per node the piece of street it belongs to: the lowest node that can be reached from it."""
    group: dict[int, int] = {}

    def root(node: int) -> int:
        while group.setdefault(node, node) != node:
            group[node] = group[group[node]]
            node = group[node]
        return node

    for edge in edges:
        low, high = sorted((root(edge.a), root(edge.b)))
        group[high] = low
    return {node: root(node) for node in list(group)}


def gaps(edges: Sequence[Edge]) -> list[Edge]:
    """Straight gaps between pieces that do not touch: where they lie side by side, and once where they are nearest."""
    group = _groups(edges)
    if len(set(group.values())) < 2:
        return []
    points = node_points(edges)
    nodes = sorted(points)
    where = numpy.array([points[node] for node in nodes])
    piece = numpy.array([group[node] for node in nodes])
    away = numpy.hypot(where[:, None, 0] - where[None, :, 0], where[:, None, 1] - where[None, :, 1])
    away[piece[:, None] == piece[None, :]] = numpy.inf
    nearest = away.argmin(axis=1)
    pairs = {(min(i, int(j)), max(i, int(j))) for i, j in enumerate(nearest) if away[i, j] <= BESIDE_M}
    # and so that everything hangs together: the nearest two nodes of different pieces, again and again
    joined = {int(one): int(one) for one in piece}

    def root(one: int) -> int:
        while joined[one] != one:
            one = joined[one]
        return one

    for i, j in pairs:
        joined[root(int(piece[i]))] = root(int(piece[j]))
    while len({root(int(one)) for one in joined}) > 1:
        roots = numpy.array([root(int(one)) for one in piece])
        apart = numpy.where(roots[:, None] == roots[None, :], numpy.inf, away)
        i, j = (int(one) for one in numpy.unravel_index(apart.argmin(), apart.shape))
        pairs.add((min(i, j), max(i, j)))
        joined[root(int(piece[i]))] = root(int(piece[j]))
    return [
        Edge(nodes[i], nodes[j], shapely.LineString([points[nodes[i]], points[nodes[j]]]), gap=True)
        for i, j in sorted(pairs)
    ]


def _degrees(edges: Iterable[Edge]) -> dict[int, int]:
    degree: dict[int, int] = {}
    for edge in edges:
        degree[edge.a] = degree.get(edge.a, 0) + 1
        degree[edge.b] = degree.get(edge.b, 0) + 1
    return degree


def is_ring(edges: Sequence[Edge]) -> bool:
    """Whether the street is one ring: no ends and no forks, and no gap but small ones."""
    return (
        all(degree == 2 for degree in _degrees(edges).values())
        and all(edge.length_m <= 1 for edge in edges if edge.gap)
        and len(set(_groups(edges).values())) == 1
    )


def ring_order(edges: Sequence[Edge]) -> list[tuple[int, float, bool]]:
    """The edges of a ring in the order of walking round: index, metres where it begins, whether it is walked a to b."""
    points = node_points(edges)
    here = min(points, key=lambda node: points[node])
    left, metres, steps = set(range(len(edges))), 0.0, []
    while left:
        index = min(one for one in left if here in (edges[one].a, edges[one].b))
        edge = edges[index]
        forward = edge.a == here
        steps.append((index, metres, forward))
        metres += edge.length_m
        here = edge.b if forward else edge.a
        left.remove(index)
    return steps


def metres_round(edges: Sequence[Edge]) -> dict[int, float]:
    """Per node of a ring the metres from its lowest node, going round."""
    found: dict[int, float] = {}
    for index, begins, forward in ring_order(edges):
        found.setdefault(edges[index].a if forward else edges[index].b, begins)
    return found


def ends(edges: Sequence[Edge]) -> tuple[int, int]:
    """The two nodes that are farthest apart along the street, the western (then southern) one first."""
    points = node_points(edges)

    def farthest(start: int) -> tuple[int, list[int]]:
        cost, via = walk(edges, start)
        return max(points, key=lambda node: (cost[node], points[node])), via

    # exact on a street without loops, and as good as that for people on one with loops
    first, _ = farthest(min(points, key=lambda node: points[node]))
    last, via = farthest(first)
    way, here = [], last
    while via[here] >= 0:
        edge = edges[via[here]]
        way.append(via[here])
        here = edge.a if edge.b == here else edge.b
    while way and edges[way[0]].gap:  # the far end of the other carriageway is no end of the street
        edge = edges[way.pop(0)]
        last = edge.a if edge.b == last else edge.b
    while way and edges[way[-1]].gap:
        edge = edges[way.pop()]
        first = edge.a if edge.b == first else edge.b
    return (first, last) if points[first] <= points[last] else (last, first)


def heading(edges: Sequence[Edge], corners: Sequence[Corner]) -> str:
    """In which direction the last corner lies from the first."""
    if not corners:
        return "east"
    points = node_points(edges)
    (x1, y1), (x2, y2) = points[corners[0].node], points[corners[-1].node]
    if abs(x2 - x1) >= abs(y2 - y1):
        return "east" if x2 >= x1 else "west"
    return "north" if y2 >= y1 else "south"
