"""The timeline of an area: worked answers, sums that hold for any data, and what is never told.

The drawing of tests/neighbourhood.py with `live`, in Oost, from January 2025 to 1 June 2026. There are D (greenery,
since 1 January 2026), G (litter, since 1 January 2026), E (litter, on Dwarsstraat of which more lies in Oost, from
1 January 2026 until it ended on 1 May 2026) and F (litter, since 1 January 2025 and heard of only then). A street
initiative is fresh for six months and active for twelve, both days included, so F is fresh up to 1 July 2025 and active
up to 1 January 2026.

| first of      | active               | ageing | appeared    | ended | faded |
|---------------|----------------------|--------|-------------|-------|-------|
| January 2025  | F: 1                 | 0      | F: 1        | 0     | 0     |
| February-July | F: 1                 | 0      | 0           | 0     | 0     |
| August-Dec    | F: 1                 | F: 1   | 0           | 0     | 0     |
| January 2026  | D, E, F, G: 4        | F: 1   | D, E, G: 3  | 0     | 0     |
| February      | D, E, G: 3           | 0      | 0           | 0     | F: 1  |
| March, April  | D, E, G: 3           | 0      | 0           | 0     | 0     |
| May           | D, G: 2              | 0      | 0           | E: 1  | 0     |
| June          | D, G: 2              | 0      | 0           | 0     | 0     |

About litter D is left out: active 1 (12 times), 3, 2, 2, 2, 1, 1. No activity was recorded in Oost, so there is no
energy.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import energy, inventory, profile, timeline
from assets.drafts import ActivityDraft
from assets.errors import Invalid, NotFound, TooLarge
from assets.timeline import Moment
from assets.vocabulary import AssetKind, Theme
from tests.assets.test_profile import persons
from tests.conftest import as_public, engine_on
from tests.neighbourhood import BUILDER, DAY, active, draw, live, thing

WEST, OOST, LEEG, REKENDAM = "BU00010101", "BU00010102", "BU00010201", "GM0001"
FIRST = date(2025, 1, 1)


@pytest.fixture
def lived(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood with what neighbours care for."""
    draw(session, tmp_path)
    live(session)
    return session


def moments(
    session: Session, code: str, *, first: date = FIRST, last: date = DAY, theme: Theme | None = None
) -> list[Moment]:
    """The timeline as a visitor gets it."""
    with as_public(session):
        return timeline.moments(session, code, first=first, last=last, theme=theme)


def test_the_worked_answers(lived: Session) -> None:
    """Oost, month by month, is the table above."""
    found = moments(lived, OOST)
    assert [one.day for one in found] == [*(date(2025, month, 1) for month in range(1, 13)),
                                          *(date(2026, month, 1) for month in range(1, 7))]  # fmt: skip
    assert [one.total for one in found] == [1] * 12 + [4, 3, 3, 3, 2, 2]
    assert [one.ageing for one in found] == [0] * 7 + [1] * 5 + [1, 0, 0, 0, 0, 0]
    assert [one.appeared for one in found] == [1] + [0] * 11 + [3, 0, 0, 0, 0, 0]
    assert [one.ended for one in found] == [0] * 16 + [1, 0]
    assert [one.faded for one in found] == [0] * 13 + [1, 0, 0, 0, 0]
    assert {one.energy for one in found} == {0.0}
    assert {kind for one in found for kind, count in one.active.items() if count} == {AssetKind.street_initiative}


def test_a_theme(lived: Session) -> None:
    """About litter D, which is about greenery, is left out."""
    assert [one.total for one in moments(lived, OOST, theme=Theme.litter)] == [1] * 12 + [3, 2, 2, 2, 1, 1]


def test_the_last_day_is_one_of_them(lived: Session) -> None:
    """A timeline that ends within a month ends on that day; one that ends on the first has no day twice."""
    assert [one.day for one in moments(lived, OOST, first=date(2026, 5, 20), last=date(2026, 6, 15))] == [
        date(2026, 5, 1), date(2026, 6, 1), date(2026, 6, 15),
    ]  # fmt: skip
    assert [one.day for one in moments(lived, OOST, first=DAY, last=DAY)] == [DAY]


def test_what_is_heard_of_again_appears_again(lived: Session) -> None:
    """F had faded; a confirmation on 10 March 2026 brings it back on 1 April."""
    (faded,) = [one.id for one in entries(lived, OOST) if one.title == "F"]
    from assets import activities

    draft = ActivityDraft.model_validate({"asset_id": faded, "held_on": "2026-03-10", "kind": "confirmation"})
    activities.add(lived, draft, by=BUILDER, today=DAY)
    by_day = {one.day: one for one in moments(lived, OOST)}
    assert (by_day[date(2026, 2, 1)].faded, by_day[date(2026, 4, 1)].appeared, by_day[DAY].total) == (1, 1, 3)
    (again,) = [one for one in entries(lived, OOST) if one.id == faded]
    assert again.active == ((FIRST, date(2026, 1, 2)), (date(2026, 3, 10), date(2027, 3, 11)))


def entries(session: Session, code: str) -> list[timeline.TimedAsset]:
    """The entries of the timeline as a visitor gets them."""
    with as_public(session):
        return timeline.assets(session, code, first=FIRST, last=DAY)


def test_the_spans_of_an_entry(lived: Session) -> None:
    """F is active from 1 January 2025 until (not on) 2 January 2026, fresh until 2 July; E is there until its end."""
    found = {one.title: one for one in entries(lived, OOST)}
    assert set(found) == {"D", "E", "F", "G"}
    assert found["F"].active == ((FIRST, date(2026, 1, 2)),)
    assert found["F"].fresh == ((FIRST, date(2025, 7, 2)),)
    assert found["E"].active == ((date(2026, 1, 1), date(2026, 5, 1)),)
    assert found["E"].ended_on == date(2026, 5, 1)
    assert '"MultiLineString"' in (found["D"].geometry or "") or '"LineString"' in (found["D"].geometry or "")
    for one in moments(lived, OOST):
        assert one.total == sum(timeline.is_in(entry.active, one.day) for entry in found.values())
        assert one.total - one.ageing == sum(timeline.is_in(entry.fresh, one.day) for entry in found.values())


def test_the_figures_are_those_of_the_other_analyses(lived: Session) -> None:
    """On each day the counts are those of the profile, and the energy is that of the analysis of energy."""
    active(lived)
    for one in moments(lived, REKENDAM, first=date(2026, 1, 1)):
        with as_public(lived):
            told = profile.of_area(lived, REKENDAM, on=one.day)
            (of_area,) = [area for area in energy.of_areas(lived, on=one.day, area=REKENDAM) if area.code == REKENDAM]
        assert one.active == told.kinds
        assert one.people == told.people
        assert one.energy == pytest.approx(of_area.energy, rel=1e-9)


def test_persons_are_counted_in_fives_and_are_in_no_picture(lived: Session) -> None:
    """Six persons in West are told as five, five in Oost not at all; nobody is among the entries."""
    persons(lived, 6, {"of": "hands", "what": "Breien"}, area=WEST)
    persons(lived, 5, {"of": "hands", "what": "Breien"}, area=OOST)
    last = {code: moments(lived, code)[-1] for code in (WEST, OOST, REKENDAM)}
    assert {code: one.people for code, one in last.items()} == {WEST: 5, OOST: None, REKENDAM: 10}
    assert last[REKENDAM].appeared == 0
    assert AssetKind.person not in {one.kind for one in entries(lived, REKENDAM)}
    assert AssetKind.person not in last[WEST].active


@pytest.fixture(scope="module")
def sampled(sample_url: str) -> Iterator[Session]:
    """The sample neighbourhood, read many times."""
    with engine_on(sample_url) as engine, Session(engine) as session:
        yield session


@settings(max_examples=12)
@given(
    code=st.sampled_from(["GM9999", "BU99990101", "BU99990102"]),
    last=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    back=st.integers(min_value=0, max_value=900),
    theme=st.sampled_from([None, Theme.litter, Theme.meeting]),
)
def test_each_count_follows_from_the_one_before(
    sampled: Session, code: str, last: date, back: int, theme: Theme | None
) -> None:
    """On any days: active is what was, with what appeared, without what ended and faded; ageing is part of active."""
    found = moments(sampled, code, first=last - timedelta(days=back), last=last, theme=theme)
    before = moments(sampled, code, first=timeline.month_before(found[0].day), last=found[0].day, theme=theme)[0].total
    for one in found:
        assert one.total == before + one.appeared - one.ended - one.faded
        assert 0 <= one.ageing <= one.total
        before = one.total


def test_small_maps(lived: Session) -> None:
    """A map for each first of January and for the last day, with the street initiatives and places of that day."""
    inventory.add(lived, thing("club", "K", (600, 130)), by=BUILDER, today=DAY)
    with as_public(lived):
        place = timeline.frame(lived, OOST)
        streets = timeline.street_lines(lived, OOST, place)
        days = timeline.year_days(place.begins_on, DAY)
        maps, classes = timeline.year_maps(lived, OOST, place, streets, days=days)
    # 500 m wide and 600 m high, in 1,000 units: 1 2/3 units a metre
    assert (place.scale, round(place.width), round(place.height)) == (pytest.approx(1000 / 600), 833, 1000)
    assert place.begins_on == FIRST
    assert days == [date(2026, 1, 1), DAY]
    assert len(streets) == 7
    # the club lies 100 m from the left and 470 m from the upper edge
    assert [one.points for one in maps] == [((AssetKind.club, 167, 783, False),)] * 2
    assert maps[0].pale  # F
    assert not maps[1].pale
    assert classes.count == 0


def test_energy_lights_small_maps(lived: Session) -> None:
    """Street parts with energy are in a class, and those of one class are drawn together."""
    active(lived)
    with as_public(lived):
        place = timeline.frame(lived, OOST)
        streets = timeline.street_lines(lived, OOST, place)
        (shown,), classes = timeline.year_maps(lived, OOST, place, streets, days=[DAY])
    assert classes.count >= 1
    assert set(shown.glow) <= set(range(1, classes.count + 1))
    # Grensweg (5/3) and Lange Laan (2) have energy in Oost
    assert sum(path.count("M") for path in shown.glow.values()) == 2


def test_too_much_for_a_picture(lived: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """More entries than a picture holds are refused, and still counted; more streets leave only the outline."""
    monkeypatch.setattr(timeline, "MOST_ASSETS", 3)
    monkeypatch.setattr(timeline, "MOST_STREET_PARTS", 3)
    with as_public(lived):
        with pytest.raises(TooLarge):
            timeline.assets(lived, OOST, first=FIRST, last=DAY)
        place = timeline.frame(lived, OOST)
        with pytest.raises(TooLarge):
            timeline.year_maps(lived, OOST, place, {}, days=[FIRST, DAY])
        assert timeline.street_lines(lived, OOST, place) == {}
    assert moments(lived, OOST)[-1].total == 2


@pytest.mark.parametrize(
    ("begins_on", "today", "first"),
    [
        (None, date(2026, 11, 27), date(2025, 11, 1)),
        (date(2026, 10, 5), date(2026, 11, 27), date(2025, 11, 1)),
        (date(2022, 3, 9), date(2026, 11, 27), date(2022, 3, 1)),
        (date(1950, 1, 1), date(2026, 11, 27), date(2016, 12, 1)),
        (None, date(1900, 6, 1), date(1900, 1, 1)),
    ],
)
def test_the_usual_period(begins_on: date | None, today: date, first: date) -> None:
    """A timeline begins with what is known, a year ago at the latest and ten years ago at the earliest."""
    assert timeline.period(begins_on, today) == (first, today)
    assert len(energy.months(first, today)) <= energy.MOST_MONTHS


@pytest.mark.parametrize(
    ("begins_on", "last", "count", "first"),
    [
        (None, DAY, 1, DAY),
        (date(2026, 2, 1), DAY, 1, DAY),
        (date(2025, 12, 31), DAY, 2, date(2026, 1, 1)),
        (date(1990, 1, 1), DAY, 10, date(2018, 1, 1)),
        (date(1990, 1, 1), date(2026, 1, 1), 9, date(2018, 1, 1)),
    ],
)
def test_the_days_of_small_maps(begins_on: date | None, last: date, count: int, first: date) -> None:
    """One for each first of January since something is known, and the last day; ten at most."""
    days = timeline.year_days(begins_on, last)
    assert (len(days), days[0], days[-1]) == (count, first, last)
    assert days == sorted(set(days))


def test_an_area_of_which_nothing_is_known(lived: Session) -> None:
    """Leeg has no street and no entry: its timeline is noughts, and it has one empty map."""
    assert {one.total for one in moments(lived, LEEG)} == {0}
    with as_public(lived):
        place = timeline.frame(lived, LEEG)
        assert place.begins_on is None
        assert timeline.street_lines(lived, LEEG, place) == {}
        (shown,), _ = timeline.year_maps(lived, LEEG, place, {}, days=timeline.year_days(None, DAY))
    assert (shown.lines, shown.pale, shown.points, shown.glow) == ("", "", (), {})


def test_what_cannot_be_asked(lived: Session) -> None:
    """An unknown area, days turned round, too far apart or outside 1900 to 2200 are refused."""
    with pytest.raises(NotFound):
        moments(lived, "GM0000")
    for first, last in (
        (DAY, FIRST), (date(2010, 1, 1), DAY), (date(1899, 12, 31), date(1900, 6, 1)), (DAY, date(2201, 1, 1)),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            moments(lived, OOST, first=first, last=last)
    moments(lived, OOST, first=date(1900, 1, 1), last=date(1900, 1, 1))
    moments(lived, OOST, first=date(2190, 12, 31), last=date(2200, 12, 31))


def test_withdrawn_and_retired_entries_leave_the_past_too(lived: Session) -> None:
    """What was taken off the map is on no day of the timeline any more."""
    lived.execute(text("UPDATE asset SET state = 'retired' WHERE title = 'F'"))
    assert moments(lived, OOST)[0].total == 0
