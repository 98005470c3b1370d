"""Water-filling: what must hold for any streets and any hours."""

import time
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.filling import Filled, fill

NEED = st.sampled_from([0.5, 0.75, 1.0, 1.5, 2.0])
#: length in 100 m (5 cm to 50 km), care and need of a street.
STREET = st.tuples(st.floats(0.0005, 500), st.one_of(st.just(0.0), st.floats(0, 5), st.floats(0, 1e5)), NEED)
STREETS = st.lists(STREET, min_size=1, max_size=40)
HOURS = st.one_of(st.just(0.0), st.floats(0, 100), st.floats(0, 1e6), st.floats(0, 1e-6))
MINIMUM = st.one_of(st.just(0.0), st.floats(0, 2), st.floats(0, 1000))


def filled(streets: list[tuple[float, float, float]], minimum: float, hours: float) -> tuple[Filled, Any, Any, Any]:
    length, care, need = (numpy.array(column, dtype=float) for column in zip(*streets, strict=True))
    return fill(length, care, need, minimum=minimum, hours=hours), length, care, need


@given(STREETS, MINIMUM, HOURS)
def test_hours_add_up(streets: list[tuple[float, float, float]], minimum: float, hours: float) -> None:
    """What all streets get together is what there is to divide, within 1e-9 of it, however large or small."""
    found, length, _, _ = filled(streets, minimum, hours)
    assert hours == pytest.approx(float(numpy.sum(length * found.service)), rel=1e-9, abs=1e-12)


@given(STREETS, MINIMUM, HOURS)
def test_nobody_falls_under_the_minimum_and_the_rest_stands_on_one_level(
    streets: list[tuple[float, float, float]], minimum: float, hours: float
) -> None:
    """Nobody is under the minimum; who has more than that stands on the level, who has no more stands above it."""
    found, _, care, need = filled(streets, minimum, hours)
    if found.level is None:
        return
    assert (found.service >= minimum).all()
    stands = (care + found.service) / need
    more = found.service > minimum
    scale = 1e-9 * (1 + found.level + minimum + care)
    assert (abs(stands - found.level)[more] <= scale[more] / need[more]).all()
    assert (stands[~more] >= found.level - scale[~more] / need[~more]).all()


@given(STREETS, MINIMUM, HOURS)
def test_too_few_hours_are_the_same_fraction_for_everybody(
    streets: list[tuple[float, float, float]], minimum: float, hours: float
) -> None:
    """There is no level then, and each street has the same part of the minimum, whatever its care or need."""
    found, length, _, _ = filled(streets, minimum, hours)
    assert (found.level is None) == (hours < float(numpy.sum(length)) * minimum * (1 - 1e-12))
    if found.level is None:
        assert 0 <= found.fraction < 1
        assert set(found.service.tolist()) == {minimum * found.fraction}
    else:
        assert 1 == found.fraction


@given(STREETS, MINIMUM, HOURS, st.integers(0), st.floats(0, 100))
def test_more_care_never_raises_a_street_s_own_hours_and_never_lowers_another_s(
    streets: list[tuple[float, float, float]], minimum: float, hours: float, which: int, more: float
) -> None:
    """What neighbours do more in one street comes to all the others; it never takes anything from anybody else."""
    index = which % len(streets)
    length, care, need = streets[index]
    with_more = [*streets[:index], (length, care + more, need), *streets[index + 1 :]]
    before, lengths, _, _ = filled(streets, minimum, hours)
    after, _, _, _ = filled(with_more, minimum, hours)
    scale = 1e-9 * (before.service + after.service) + 1e-9 * (care + more) + 1e-12
    difference = after.service - before.service
    assert difference[index] <= scale[index]
    others = numpy.arange(len(streets)) != index
    assert (difference >= -scale)[others].all()
    assert before.level is None or (after.level is not None and after.level >= before.level - 1e-9 * (1 + before.level))
    assert float(numpy.sum(lengths * difference)) == pytest.approx(0, abs=1e-6 * (1 + hours))


@given(STREETS, MINIMUM, HOURS, st.randoms())
def test_the_order_of_streets_does_not_matter(
    streets: list[tuple[float, float, float]], minimum: float, hours: float, dice: Any
) -> None:
    """The same streets in another order get the same."""
    order = list(range(len(streets)))
    dice.shuffle(order)
    found, _, _, _ = filled(streets, minimum, hours)
    again, _, _, _ = filled([streets[index] for index in order], minimum, hours)
    assert again.service.tolist() == pytest.approx([found.service[index] for index in order], rel=1e-9, abs=1e-12)


def test_exactly_the_minimum_is_enough() -> None:
    """Hours that are the sum of the minimums but for the last decimals of a double reach it: all are on the minimum."""
    length, care, need = numpy.array([3.0, 4.0, 2.2, 6.0, 1.0, 0.4]), numpy.zeros(6), numpy.ones(6)
    for hours in (1.66, 1.6600000000000001, 1.6599999999999997, 16.6 * 0.1):
        found = fill(length, care, need, minimum=0.1, hours=hours)
        assert (1, pytest.approx(0.1)) == (found.fraction, found.level)
        assert {0.1} == {round(float(one), 12) for one in found.service}


def test_it_is_what_trying_would_find() -> None:
    """The level is the one that a slow search by halves approaches."""
    dice = numpy.random.default_rng(7)
    length, care = dice.uniform(0.2, 8, 200), dice.exponential(0.3, 200)
    need = dice.choice([0.5, 0.75, 1, 1.5, 2], 200)
    found = fill(length, care, need, minimum=0.05, hours=150)
    low, high = 0.0, 100.0
    for _ in range(200):
        middle = (low + high) / 2
        total = float(numpy.sum(length * numpy.maximum(0.05, middle * need - care)))
        low, high = (middle, high) if total < 150 else (low, middle)
    assert found.level == pytest.approx(low, rel=1e-12)


def test_ten_thousand_streets_take_no_second() -> None:
    """The algorithm itself takes milliseconds for a large city."""
    dice = numpy.random.default_rng(1)
    length, care = dice.uniform(0.2, 8, 10_000), dice.exponential(0.3, 10_000)
    begin = time.perf_counter()
    found = fill(length, care, numpy.ones(10_000), minimum=0.05, hours=9_000)
    assert time.perf_counter() - begin < 0.5
    assert 9_000 == pytest.approx(float(numpy.sum(length * found.service)), rel=1e-12)
