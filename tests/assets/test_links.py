"""Stretches: what of a street they cover."""

import math
from itertools import pairwise

import hypothesis.strategies as st
import pytest
import shapely
from hypothesis import given

from assets import links, snapping

#: Lines that turn, cross and close: made of corners on a 10 m grid.
CORNERS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda p: (p[0] * 10.0, p[1] * 10.0)), min_size=2, max_size=12
).filter(lambda points: all(a != b for a, b in pairwise(points)))


@given(CORNERS, CORNERS)
def test_covered_length_is_the_length_of_the_intersection(
    street: list[tuple[float, float]], drawn: list[tuple[float, float]]
) -> None:
    """Ranges along a street measure what GEOS measures edge by edge, to the millimetre of their ends."""
    within = links.footprint(shapely.LineString(drawn))
    edges = [shapely.LineString(pair) for pair in pairwise(street)]
    expected = sum(edge.intersection(within).length for edge in edges)

    covered = links.cover(shapely.MultiLineString([street]), within)

    assert math.isclose(expected, covered.length_m, abs_tol=0.002 * len(edges) + 0.001)


@given(CORNERS)
def test_ranges_are_ascending_disjoint_and_within_the_street(street: list[tuple[float, float]]) -> None:
    """Whatever is drawn, the kept ranges are in order and lie on the street."""
    line = shapely.LineString(street)
    covered = links.cover(shapely.MultiLineString([line]), links.footprint(shapely.LineString([(0, 0), (150, 150)])))

    bounds = [bound for pair in covered.ranges for bound in pair]
    assert sorted(bounds) == bounds
    assert len(set(bounds)) == len(bounds)
    assert not bounds or (bounds[0] >= 0 and bounds[-1] <= round(line.length * 1000))


@given(CORNERS)
def test_a_whole_street_is_covered_from_end_to_end(street: list[tuple[float, float]]) -> None:
    """No line drawn means all of it: one range as long as the street."""
    line = shapely.LineString(street)
    covered = links.cover(shapely.MultiLineString([line]), None)

    assert [(0, round(line.length * 1000))] == covered.ranges


def test_a_closed_street_is_covered_where_it_was_drawn() -> None:
    """On a square that ends where it begins, the side drawn is covered and the opposite side is not."""
    square = shapely.MultiLineString([[(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]])
    covered = links.cover(square, links.footprint(shapely.LineString([(30, 0), (70, 0)])))

    assert [(30_000, 70_000)] == covered.ranges


def test_a_path_takes_the_shorter_way_round() -> None:
    """Between two corners of a square the way of one side is taken, not that of three."""
    square = [shapely.LineString([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])]
    way = snapping.along(square, shapely.Point(0, 60), shapely.Point(40, 0))

    assert way is not None
    assert 100.0 == pytest.approx(way.length, abs=0.2)


def test_a_path_crosses_from_line_to_line_where_they_share_a_point() -> None:
    """A street in two segments is walked through; a street with a hole in it has no way across."""
    joined = [shapely.LineString([(0, 0), (50, 0)]), shapely.LineString([(50, 0), (100, 0)])]
    broken = [shapely.LineString([(0, 0), (50, 0)]), shapely.LineString([(60, 0), (100, 0)])]

    way = snapping.along(joined, shapely.Point(10, 0), shapely.Point(90, 0))
    assert way is not None
    assert 80.0 == pytest.approx(way.length, abs=0.2)
    assert snapping.along(broken, shapely.Point(10, 0), shapely.Point(90, 0)) is None
