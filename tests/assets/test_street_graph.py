"""The street graph: what joins, what is kept, and distances along it.

The drawing of `crossing` in metres from the corner; every line is 100 m unless it says otherwise:

    Hoofdstraat  (0,0)-(100,0)-(200,0), with a vertex at (100,0)
    Zijstraat    (100,0)-(100,100): begins at that vertex
    Losstraat    (50,0.4)-(50,100): ends 0.4 m from the inside of Hoofdstraat: joins it
    Verstraat    (150,0.6)-(150,100): ends 0.6 m from it: does not
    Kruisweg     (20,-50)-(20,50): crosses Hoofdstraat without a vertex: does not
    Brug         (0,100)-(100,100)-(200,100), a bridge with a vertex above the end of Zijstraat: joins at its ends only
    Trap         (200,0)-(200,99.7): begins at the end of Hoofdstraat, ends 0.3 m from the end of Brug: joins both

From the beginning of Hoofdstraat to the far end of Zijstraat: 100 + 100 = 200. To the far end of Losstraat:
50 + 99.6 = 149.6. To the beginning of Brug: 200 along Hoofdstraat, 99.7 up Trap, 200 along Brug = 499.7.
"""

import random
from pathlib import Path
from typing import Any

import numpy
import pytest
import shapely
from hypothesis import given
from hypothesis.strategies import DataObject, data, integers, lists, tuples
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import street_graph
from assets.importers import import_streets, street_edges
from assets.street_graph import NONE, Places, StreetGraph
from tests import neighbourhood
from tests.importers.drawing import CORNER, Points, at, collection, everything, line

EVERYWHERE = (CORNER[0] - 10_000, CORNER[1] - 10_000, CORNER[0] + 10_000, CORNER[1] + 10_000)
LINES: list[tuple[str, Points, dict[str, Any]]] = [
    ("Hoofdstraat", [(0, 0), (100, 0), (200, 0)], {}),
    ("Zijstraat", [(100, 0), (100, 100)], {}),
    ("Losstraat", [(50, 0.4), (50, 100)], {}),
    ("Verstraat", [(150, 0.6), (150, 100)], {}),
    ("Kruisweg", [(20, -50), (20, 50)], {}),
    ("Brug", [(0, 100), (100, 100), (200, 100)], {"bridge": "yes"}),
    ("Trap", [(200, 0), (200, 99.7)], {}),
]


def bring(session: Session, folder: Path, lines: list[tuple[str | None, Points, dict[str, Any]]], **how: Any) -> None:
    """Import these lines."""
    features = [line(name, points, **{"highway": "residential", **given}) for name, points, given in lines]
    import_streets(session, collection(folder / "lines.geojson", features), **how)


def walked(session: Session, start: tuple[float, float], *ends: tuple[float, float]) -> list[float]:
    """Metres from one node of the drawing to others; infinite when there is no way."""
    graph = street_graph.load(session, EVERYWHERE)
    metres = graph.distances(numpy.array([node_at(graph, start)]), limit_m=5000).metres
    return [round(float(metres[node_at(graph, end)]), 3) for end in ends]


def node_at(graph: StreetGraph, place: tuple[float, float]) -> int:
    """The index of the node whose lowest point is this place."""
    number = int(street_edges.node_number(numpy.array([at(*place)]))[0])
    return int(numpy.flatnonzero(graph.node == number)[0])


def edges(session: Session) -> list[tuple[Any, ...]]:
    """Everything that is kept, by what it is about and not by who came first."""
    return [
        tuple(row)
        for row in session.execute(
            text(
                "SELECT ST_AsText(g.geom), e.start_m, e.end_m, e.from_node, e.to_node"
                " FROM street_edge AS e JOIN segment AS g ON g.id = e.segment_id ORDER BY 1, 2"
            )
        )
    ]


@pytest.fixture
def crossing(session: Session, tmp_path: Path) -> Session:
    """The drawing."""
    bring(session, tmp_path, LINES)
    return session


# --- What joins ---


def test_ends_vertices_and_inner_meetings_within_half_a_metre_join(crossing: Session) -> None:
    """Distances along the drawing are those on paper; 0.4 m and 0.3 m are bridged, 0.6 m is not."""
    far = [(100, 100), (50, 100), (150, 100), (0, 100)]

    assert [200.0, 149.6, float("inf"), 499.7] == walked(crossing, (0, 0), *far)


def test_lines_that_only_cross_do_not_join(crossing: Session) -> None:
    """Kruisweg goes through Hoofdstraat and is reached from nowhere."""
    assert [float("inf"), float("inf")] == walked(crossing, (0, 0), (20, -50), (20, 50))


@pytest.mark.parametrize("how", ["bridge", "tunnel"])
def test_bridges_and_tunnels_join_at_their_ends_only(session: Session, tmp_path: Path, how: str) -> None:
    """A shared vertex or an end at the inside of a bridge or a tunnel is above or below it, not on it."""
    lines: list[tuple[str | None, Points, dict[str, Any]]] = [
        ("Over", [(0, 0), (100, 0), (200, 0)], {how: "yes"}),
        ("Dwars", [(100, -100), (100, 0), (100, 100)], {}),
        (None, [(50, 0), (50, 100)], {}),
        (None, [(0, 0), (0, 100)], {}),
    ]
    bring(session, tmp_path, lines)

    assert [200.0, 100.0] == walked(session, (0, 0), (200, 0), (0, 100))
    assert [float("inf")] * 3 == walked(session, (0, 0), (100, 100), (50, 0), (50, 100))


def test_nobody_walks_along_a_motorway(session: Session, tmp_path: Path) -> None:
    """Motorways and trunk roads are no edges; a footpath that ends on one stops there."""
    bring(
        session,
        tmp_path,
        [
            ("Langs", [(0, 0), (100, 0)], {}),
            (None, [(100, 0), (200, 0)], {"highway": "motorway"}),
            (None, [(200, 0), (300, 0)], {"highway": "footway"}),
        ],
    )

    assert [float("inf")] == walked(session, (0, 0), (200, 0))
    assert 2 == session.scalar(text("SELECT count(*) FROM street_edge"))


def test_a_line_that_comes_back_to_itself_joins_itself(session: Session, tmp_path: Path) -> None:
    """A lollipop: a stem of 100 m with a loop of 400 m at its end; and a street shorter than half a metre stays."""
    bring(
        session,
        tmp_path,
        [
            ("Lus", [(0, 0), (100, 0), (200, 0), (200, 100), (100, 100), (100, 0)], {}),
            ("Stip", [(0, 0), (0.3, 0)], {}),
        ],
    )
    graph = street_graph.load(session, EVERYWHERE)

    assert [0.3, 100.0, 400.0] == sorted(round(float(length), 3) for length in graph.length_m)
    assert [100.0] == walked(session, (0, 0), (100, 0))


def test_two_ends_that_meet_a_street_from_both_sides_meet_each_other(session: Session, tmp_path: Path) -> None:
    """Ends 0.4 m from either side of a line are 0.8 m apart, and yet meet at the same place on it."""
    bring(
        session,
        tmp_path,
        [
            ("Midden", [(0, 0), (100, 0)], {}),
            ("Boven", [(50, 0.4), (50, 80.4)], {}),
            ("Onder", [(50, -0.4), (50, -80.4)], {}),
        ],
    )

    assert [80.0, 160.0] == walked(session, (50, -80.4), (50, -0.4), (50, 80.4))


def test_every_edge_covers_its_line_and_no_two_nodes_lie_within_reach(crossing: Session) -> None:
    """The edges of a line follow one another from its beginning to its end."""
    rows = crossing.execute(
        text(
            "SELECT ST_Length(g.geom) AS length_m, array_agg(e.start_m ORDER BY e.start_m) AS starts,"
            " array_agg(e.end_m ORDER BY e.start_m) AS ends"
            " FROM street_edge AS e JOIN segment AS g ON g.id = e.segment_id GROUP BY g.id"
        )
    ).all()

    assert len(LINES) == len(rows)
    for row in rows:
        assert 0 == row.starts[0]
        assert row.starts[1:] == row.ends[:-1]
        assert row.length_m == pytest.approx(row.ends[-1])


# --- What is kept ---


def test_the_same_file_again_changes_nothing(crossing: Session, tmp_path: Path) -> None:
    """No row is written, not even with the same values."""
    before = everything(crossing)

    bring(crossing, tmp_path, LINES)

    assert before == everything(crossing)


def test_a_second_municipality_joins_the_first_at_the_border(session: Session, tmp_path: Path) -> None:
    """Whoever comes first: the edges are those of one file with both; and lines far away are not touched."""
    left: list[tuple[str | None, Points, dict[str, Any]]] = [
        ("Grens", [(0, 0), (100, 0)], {}),
        *[("Verweg", [(-3000, y), (-2900, y)], {}) for y in range(10)],
    ]
    right: list[tuple[str | None, Points, dict[str, Any]]] = [
        ("Grens", [(100.3, 0), (200, 0)], {}),
        ("Overkant", [(60, 0.2), (60, 50)], {}),
    ]
    bring(session, tmp_path, left, municipality="GM0001")
    far = text(
        "SELECT DISTINCT e.xmin FROM street_edge AS e JOIN segment AS g ON g.id = e.segment_id WHERE ST_XMin(geom) < :x"
    )
    untouched = session.scalars(far, {"x": CORNER[0] - 1000}).all()
    session.execute(text("SAVEPOINT another"))  # rows written from here on carry another number
    bring(session, tmp_path, right, municipality="GM0002")
    one_way = edges(session)

    assert untouched == session.scalars(far, {"x": CORNER[0] - 1000}).all()
    assert [199.7, 109.8] == walked(session, (0, 0), (200, 0), (60, 50))
    session.execute(text("DELETE FROM street"))
    bring(session, tmp_path, right, municipality="GM0002")
    bring(session, tmp_path, left, municipality="GM0001")
    assert one_way == edges(session)


@pytest.mark.parametrize("seed", range(3))
def test_kept_edges_equal_a_rebuild_after_lines_come_and_go(session: Session, tmp_path: Path, seed: int) -> None:
    """Lines on a tight grid, where most meet others within or just beyond half a metre, come and go at random."""
    dice = random.Random(seed)

    def any_line() -> tuple[str, Points, dict[str, Any]]:
        points = [
            (dice.randrange(8) * 5 + dice.choice([0, 0, 0.3, -0.2, 0.45, 0.7]), dice.randrange(8) * 5.0)
            for _ in range(dice.randint(2, 4))
        ]
        return dice.choice(["A", "B", "C"]), points, {"bridge": dice.choice(["no", "no", "no", "yes"])}

    lines = [any_line() for _ in range(40)]
    bring(session, tmp_path, lines)
    for _ in range(8):
        lines = [known for known in lines if dice.random() > 0.1] + [any_line() for _ in range(3)]
        bring(session, tmp_path, lines)
        kept = edges(session)

        street_edges.rebuild(session)

        assert len(kept) > 60
        assert kept == edges(session)


# --- Distances ---


def triangle() -> StreetGraph:
    """Three nodes: 0-1 of 10 m and another of 7 m, 1-2 of 5 m, a loop of 3 m at 2; parts 1, 1, 2 and none."""
    return StreetGraph(
        node=numpy.array([100, 200, 300]),
        from_node=numpy.array([0, 1, 1, 2]),
        to_node=numpy.array([1, 0, 2, 2]),
        length_m=numpy.array([10.0, 7.0, 5.0, 3.0]),
        segment_id=numpy.array([1, 2, 3, 4]),
        start_m=numpy.zeros(4),
        street_part_id=numpy.array([1, 1, 2, NONE]),
        offset_mm=numpy.array([0, 10_000, 0, NONE]),
        whole=numpy.ones(4, dtype=bool),
    )


def places(*given: tuple[int, float, float]) -> Places:
    """Places from edge, metres along it and metres away."""
    edge, along, away = zip(*given, strict=True)
    return Places(numpy.array(edge), numpy.array(along, float), numpy.array(away, float), numpy.arange(len(given)))


def test_of_two_ways_between_the_same_nodes_the_shorter_counts() -> None:
    """7 m, not 10, and a loop is no way to anywhere."""
    walk = triangle().distances(numpy.array([0]), limit_m=5000)

    assert [0.0, 7.0, 12.0] == walk.metres.tolist()
    assert [0, 0, 0] == walk.source.tolist()


def test_what_was_walked_before_counts_and_the_limit_is_exact() -> None:
    """From node 0 after 6 m and node 2 after 1 m: node 1 is 1 + 5 = 6 m from the second; 12 m is within 12 m."""
    walk = triangle().distances(numpy.array([0, 2]), numpy.array([6.0, 1.0]), limit_m=12.0)

    assert [6.0, 6.0, 1.0] == walk.metres.tolist()
    assert [0, 1, 1] == walk.source.tolist()
    assert [0.0, 7.0, 12.0] == triangle().distances(numpy.array([0]), limit_m=12.0).metres.tolist()
    short = triangle().distances(numpy.array([0]), limit_m=11.99)
    assert [0.0, 7.0, float("inf")] == short.metres.tolist()
    assert [0, 0, NONE] == short.source.tolist()


@given(data())
def test_distances_are_the_shortest_of_all_ways(drawn: DataObject) -> None:
    """On any small graph, between any nodes and places on edges, it is the least of all ways, tried one by one."""
    size = drawn.draw(integers(2, 7))
    node = integers(0, size - 1)
    links = drawn.draw(lists(tuples(node, node, integers(1, 50)), min_size=1, max_size=12))
    ends = numpy.array(links)
    graph = StreetGraph(
        node=numpy.arange(size),
        from_node=ends[:, 0],
        to_node=ends[:, 1],
        length_m=ends[:, 2].astype(float),
        segment_id=numpy.arange(len(links)),
        start_m=numpy.zeros(len(links)),
        street_part_id=numpy.full(len(links), NONE),
        offset_mm=numpy.full(len(links), NONE),
        whole=numpy.ones(len(links), dtype=bool),
    )
    begins = drawn.draw(lists(tuples(node, integers(0, 30)), min_size=1, max_size=4))
    on_edges = lists(tuples(integers(0, len(links) - 1), integers(0, 50), integers(0, 9)), min_size=1, max_size=4)
    limit = drawn.draw(integers(1, 150))

    # every way, by Floyd and Warshall
    best = numpy.where(numpy.eye(size, dtype=bool), 0.0, numpy.inf)
    for start, end, metres in links:
        best[start, end] = best[end, start] = min(best[start, end], 0.0 if start == end else metres)
    for middle in range(size):
        best = numpy.minimum(best, best[:, middle, None] + best[None, middle, :])

    walk = graph.distances(
        numpy.array([node for node, _ in begins]), numpy.array([m for _, m in begins]), limit_m=limit
    )
    wanted = numpy.array([min(metres + best[node, to] for node, metres in begins) for to in range(size)])
    assert numpy.where(wanted <= limit, wanted, numpy.inf).tolist() == walk.metres.tolist()
    for to, source in enumerate(walk.source):
        assert (source == NONE) == (wanted[to] > limit)
        assert source == NONE or begins[source][1] + best[begins[source][0], to] == wanted[to]

    def placed(found: list[tuple[int, int, int]]) -> Places:
        return places(*((edge, min(along, links[edge][2]), away) for edge, along, away in found))

    sources, targets = placed(drawn.draw(on_edges)), placed(drawn.draw(on_edges))
    ways = []
    for edge, along, away in zip(targets.edge, targets.along_m, targets.away_m, strict=True):
        tried = []
        for other, where, off in zip(sources.edge, sources.along_m, sources.away_m, strict=True):
            for end, left in ((links[edge][0], along), (links[edge][1], links[edge][2] - along)):
                for begin, gone in ((links[other][0], where), (links[other][1], links[other][2] - where)):
                    tried.append(away + left + best[begin, end] + gone + off)
            if edge == other:
                tried.append(away + abs(along - where) + off)
        ways.append(min(tried))
    expected = [way if way <= limit else float("inf") for way in ways]
    assert expected == graph.walk(sources, targets, limit_m=limit).tolist()


def test_no_source_reaches_nothing_and_the_first_of_two_at_one_node_wins() -> None:
    """An empty question has an answer, and ties are settled by the order given."""
    none = triangle().distances(numpy.array([], dtype=int), limit_m=5000)

    assert numpy.isinf(none.metres).all()
    assert [NONE] * 3 == none.source.tolist()
    assert [0, 0, 0] == triangle().distances(numpy.array([1, 1]), limit_m=5000).source.tolist()


def test_between_two_places_on_one_edge_one_walks_straight() -> None:
    """Places 2 m and 5 m along the edge of 10 m are 3 m apart; with the metres to and from the street they count."""
    graph = triangle()

    found = graph.walk(places((0, 2.0, 1.5)), places((0, 5.0, 0.5), (2, 5.0, 0.0), (NONE, 0.0, 0.0)), limit_m=5000)

    # to node 2: 1.5 to the street, then back 2 m, 7 m by the other edge and 5 m = 15.5; forward 8 + 5 = 14.5 is less
    assert [5.0, 14.5, float("inf")] == found.tolist()
    assert [5.0, float("inf")] == graph.walk(
        places((0, 2.0, 1.5)), places((0, 5.0, 0.5), (2, 5.0, 0.0)), limit_m=14
    ).tolist()


def test_millimetres_along_a_street_part_are_a_place_on_an_edge() -> None:
    """The lines of a part follow one another: 12 m along part 1 is 2 m along its second edge."""
    found = triangle().on_parts(numpy.array([1, 1, 1, 2, 9]), numpy.array([0, 12_000, 99_000, 4_000, 0]))

    assert [0, 1, 1, 2, NONE] == found.edge.tolist()
    assert [0.0, 2.0, 7.0, 4.0, 0.0] == found.along_m.tolist()


def test_an_empty_graph_answers_everything_with_nothing(session: Session) -> None:
    """Where no streets are known nothing is reached, and nothing fails."""
    graph = street_graph.load(session, EVERYWHERE)
    found = street_graph.attach(session, graph, [shapely.Point(at(0, 0))])

    assert 0 == len(graph.length_m)
    assert 0 == len(found.edge)
    assert [NONE] == graph.on_parts(numpy.array([1]), numpy.array([0])).edge.tolist()
    assert [] == graph.walk(found, found, limit_m=400).tolist()


# --- In the database ---


def test_offsets_along_a_street_part_are_those_of_stretches(session: Session, tmp_path: Path) -> None:
    """Each edge's place along its part, in millimetres, is where the part's lines one after another have it.

    Also when only half of the part is loaded: Grensweg in West has its lines of 200 m at y 0 and at y 400.
    """
    neighbourhood.draw(session, tmp_path)
    x, y = neighbourhood.CORNER
    graph = street_graph.load(session, (x + 450, y + 450, x + 499.5, y + 600))

    lines = session.execute(text("SELECT id, geom FROM published_segment")).all()
    assert len(lines) > 10
    assert [(200_000, 200.0)] == [
        (int(graph.offset_mm[index]), round(float(graph.length_m[index]), 3)) for index in range(len(graph.length_m))
    ]
    whole = street_graph.load(session, (x, y, x + 2000, y + 1000))
    named = whole.street_part_id >= 0
    ends = whole.offset_mm[named] + numpy.rint(whole.length_m[named] * 1000).astype(int)
    longest = {
        row.id: round(row.length_m * 1000)
        for row in session.execute(text("SELECT id, length_m FROM published_street_part"))
    }
    for part in set(whole.street_part_id[named].tolist()):
        assert longest[part] == ends[whole.street_part_id[named] == part].max()


def test_a_point_finds_the_nearest_place_and_a_polygon_every_way_out(crossing: Session) -> None:
    """A point 30 m from a street is 30 m away; a square over a street touches it where the street leaves it."""
    graph = street_graph.load(crossing, EVERYWHERE)
    x, y = CORNER
    square = shapely.box(x + 60, y - 20, x + 80, y + 20)
    beside = shapely.box(x + 60, y - 40, x + 80, y - 30)

    found = street_graph.attach(
        crossing, graph, [shapely.Point(at(70, -30)), square, beside, shapely.Point(at(70, -500))]
    )

    assert [0, 1, 1, 2] == found.of.tolist()
    assert [30.0, 0.0, 0.0, 30.0] == [round(float(away), 3) for away in found.away_m]
    # the edge from (50,0) to (100,0): 20 m to the point, 10 m and 30 m where it crosses the square
    assert [20.0, 10.0, 30.0] == [round(float(along), 3) for along in found.along_m[:3]]
    assert {round(float(length), 3) for length in graph.length_m[found.edge]} == {50.0}


def test_loading_a_box_gives_exact_distances_within_its_margin(crossing: Session) -> None:
    """A way of at most 250 m around a point stays inside the box that is 250 m wider."""
    whole = street_graph.load(crossing, EVERYWHERE)
    near = street_graph.load(crossing, street_graph.around([shapely.Point(at(0, 0))], 250))
    there = {
        int(number): float(metres)
        for number, metres in zip(
            near.node, near.distances(numpy.array([node_at(near, (0, 0))]), limit_m=250).metres, strict=True
        )
    }
    metres = whole.distances(numpy.array([node_at(whole, (0, 0))]), limit_m=250).metres

    reached = numpy.flatnonzero(numpy.isfinite(metres))
    assert len(reached) > 3
    for node in reached:
        assert metres[node] == pytest.approx(there[int(whole.node[node])])


def test_what_lies_wholly_in_a_box_is_known_to_lead_nowhere_else(crossing: Session) -> None:
    """Verstraat (150 m east, up to y 100) joins nothing: in a box around all it is closed, and so is everything.

    In a box that ends at x = 180 Hoofdstraat goes on outside, with all that joins it; Verstraat is still closed.
    """
    x, y = CORNER
    whole = street_graph.load(crossing, EVERYWHERE)
    half = street_graph.load(crossing, (x - 100, y - 100, x + 180, y + 200))

    assert whole.closed().all()
    closed = half.closed()
    assert closed[node_at(half, (150, 100))]
    assert closed[node_at(half, (20, 50))]
    assert not closed[node_at(half, (0, 0))]
    assert not closed[node_at(half, (0, 100))]


def test_nobody_walks_along_a_street_that_has_vanished(session: Session, tmp_path: Path) -> None:
    """A stair that a newer file lacks leads nowhere: the bridge is out of reach, and beside it is not on it."""
    bring(session, tmp_path, LINES)
    assert [499.7] == walked(session, (0, 0), (0, 100))
    without = [one for one in LINES if one[0] != "Trap"]
    bring(session, tmp_path, without, complete=True)
    assert [float("inf")] == walked(session, (0, 0), (0, 100))
    graph = street_graph.load(session, EVERYWHERE)
    beside = street_graph.attach(session, graph, [shapely.Point(at(210, 50))])
    assert NONE not in beside.edge
    assert 50 < float(beside.away_m[0])
