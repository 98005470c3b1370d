"""Classes of energy: few, natural, at numbers that can be pictured, and the same for every month."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import energy, energy_classes
from assets.energy_classes import Classes, Like
from assets.errors import NotFound
from tests.conftest import as_public
from tests.neighbourhood import DAY, active, draw


def test_the_worked_answer() -> None:
    """Four groups: about 0.6, about 3, about 7, about 20.

    Between 0.7 and 2.8 lies 1, between 3.1 and 6.9 lies 5, between 7.2 and 19 lies 10: the classes begin at 1, 5, 10.
    """
    figures = [0.5, 0.6, 0.7, 2.8, 3.0, 3.1, 6.9, 7.0, 7.2, 19.0, 20.0, 22.0]
    found = energy_classes.natural(figures)
    assert found == Classes(4, (1.0, 5.0, 10.0))
    assert [found.of(one) for one in (0, 0.5, 0.999, 1.0, 4.9, 5.0, 9.9, 10.0, 1000.0)] == [0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert [found.bounds(number) for number in (1, 2, 3, 4)] == [(None, 1.0), (1.0, 5.0), (5.0, 10.0), (10.0, None)]


def test_a_number_can_be_pictured() -> None:
    """3 is nine people together today; 1 one person today; a half one person three months ago, a quarter six.

    Every month one person for years: 1 + 2^(-30/90) + 2^(-60/90) + ... = 1 / (1 - 2^(-1/3)) = 4.85; so 5 is about one
    person every month, 10 about 4 (9.7). Every week: 1 / (1 - 2^(-7/90)) = 19.05; 20 is about one person, 40 about 4
    (38.1), 60 about 10 (60.2).
    """
    assert [energy_classes.like(one) for one in (1, 3, 4)] == [Like(1), Like(9), Like(16)]
    assert energy_classes.like(0.5) == Like(1, months_before=3)
    assert energy_classes.like(0.25) == Like(1, months_before=6)
    assert [energy_classes.like(one) for one in (5, 10, 15)] == [Like(n, every="month") for n in (1, 4, 10)]
    assert [energy_classes.like(one) for one in (20, 40, 60)] == [Like(n, every="week") for n in (1, 4, 10)]
    for every, days in ((energy_classes.EVERY_WEEK, 7), (energy_classes.EVERY_MONTH, 30)):
        assert every == pytest.approx(sum(2 ** (-days * time / 90) for time in range(2000)))


@pytest.mark.parametrize(
    ("figures", "count"), [([], 0), ([0, 0, 0.0001], 0), ([3], 1), ([3] * 500, 1), ([1.2, 1.3], 1), ([0.5, 4], 2)]
)
def test_few_figures_make_few_classes(figures: list[float], count: int) -> None:
    """Nothing, one value or values that hardly differ: fewer classes, never an error."""
    assert energy_classes.natural(figures).count == count


@given(st.lists(st.floats(0, 1e7), max_size=300))
def test_every_class_holds_something(figures: list[float]) -> None:
    """At most four classes, at ascending breaks; each figure is in one of them and each class holds a figure."""
    found = energy_classes.natural(figures)
    told = [one for one in figures if round(one, 3) > 0]
    assert found.count <= 4
    assert found.count == (len(found.breaks) + 1 if told else 0)
    assert list(found.breaks) == sorted(set(found.breaks))
    assert {found.of(one) for one in told} == set(range(1, found.count + 1))
    assert all(one in energy_classes.PLAIN for one in found.breaks)


def test_they_come_from_all_months(session: Session, tmp_path: Path) -> None:
    """The classes of a period hold every figure of every month; those of another area may differ; unknown is refused.

    Binnen has 8 and Buiten 1 today; with 4,000 and no known inhabitants only Binnen counts per 1,000: 8/4 = 2.
    """
    draw(session, tmp_path)
    active(session)
    session.execute(text("UPDATE area SET population = 4000 WHERE code = 'WK000101'"))
    days = energy.months(date(2026, 1, 1), DAY, closing=True)
    with as_public(session):
        streets = energy_classes.of_streets(session, days=days)
        series = energy.streets_on_days(session, days=days)
        assert {streets.of(one) for values in series.values() for one in values} - {0} == set(
            range(1, streets.count + 1)
        )
        assert energy_classes.of_streets(session, days=days, area="BU00010202") == Classes(0, ())
        binnen = energy.per_1000(session, energy.areas_on_days(session, days=[DAY], area="GM0001"))
        assert binnen["WK000101"] == pytest.approx([2.0])
        assert binnen["WK000102"] is None
        assert energy_classes.of_areas(session, days=days, area="BU00010101") == energy_classes.of_areas(
            session, days=days, area="GM0001"
        )
        for ask in (energy_classes.of_streets, energy_classes.of_areas):
            with pytest.raises(NotFound):
                ask(session, days=days, area="BU9")


def test_a_country_is_looked_at_in_part(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are more areas and shares than can be looked at, the classes still come, from some of them."""
    draw(session, tmp_path)
    active(session)
    session.execute(text("UPDATE area SET population = 1000"))
    monkeypatch.setattr(energy_classes, "MOST_AREAS", 3)
    monkeypatch.setattr(energy_classes, "MOST_SHARES", 2)
    with as_public(session):
        assert energy_classes.of_areas(session, days=[DAY]).count <= 4
        assert energy_classes.of_streets(session, days=[DAY]).count <= 4


def test_a_country_without_inhabitants_of_neighbourhoods(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Often only those of districts are known: they make the classes. And rare energy is found, whatever the sample."""
    draw(session, tmp_path)
    active(session)
    session.execute(text("UPDATE area SET population = CASE WHEN kind = 'district' THEN 4000 END"))
    monkeypatch.setattr(energy_classes, "MOST_AREAS", 5)
    with as_public(session):
        assert energy_classes.of_areas(session, days=[DAY]).count > 0
        monkeypatch.setattr(energy_classes, "MOST_AREAS", 1)
        assert energy_classes.of_areas(session, days=[DAY]).count > 0


def test_a_sample(session: Session, tmp_path: Path) -> None:
    """Of a whole country one street part and one area in so many is looked at, each whole and in every month."""
    draw(session, tmp_path)
    active(session)
    with as_public(session):
        every = energy.streets_on_days(session, days=[DAY])
        half = energy.streets_on_days(session, days=[DAY], one_in=2)
        areas = energy.areas_on_days(session, days=[DAY])
        some = energy.areas_on_days(session, days=[DAY], one_in=2)
        assert 0 < len(some) < len(areas)
        assert some == {code: areas[code] for code in some}
    assert half == {key: series for key, series in every.items() if key % 2 == 0}
