"""Energy: worked answers, what is kept against what the rule says, and what makes a figure."""

import math
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import activities, energy, inventory
from assets.drafts import ActivityDraft
from assets.errors import Invalid, NotFound, TooLarge
from assets.importers import import_streets
from assets.rebuild import rebuild
from assets.vocabulary import AreaKind
from tests import neighbourhood
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, DAY, active, at, draw, happen


@pytest.fixture
def ids(session: Session, tmp_path: Path) -> dict[str, int]:
    """The neighbourhood, with the things that neighbours did in `active`."""
    draw(session, tmp_path)
    return active(session)


def by_street(session: Session, on: date, **more: Any) -> dict[tuple[str, str], float]:
    """(street, area) -> energy, asked as a visitor."""
    with as_public(session):
        found = {one.id: one.energy for one in energy.street_parts(session, on=on, **more)}
        rows = session.execute(
            text(
                "SELECT p.id, p.name, a.name AS area FROM published_street_part AS p"
                " JOIN published_area AS a ON a.id = p.area_id"
            )
        )
        return {(row.name, row.area): found[row.id] for row in rows if row.id in found}


def by_area(session: Session, on: date, **more: Any) -> dict[str, float]:
    """Area -> energy, asked as a visitor."""
    with as_public(session):
        return {one.name: one.energy for one in energy.of_areas(session, on=on, **more)}


def test_the_worked_answers_of_today(session: Session, ids: dict[str, int]) -> None:
    """Grensweg: 9 people today weigh 3, 16 people 90 days ago weighed 4 and weigh 2 now: 5 together.

    West has 400 of its 600 m: 5 x 2/3 = 10/3; Oost 5 x 1/3 = 5/3. Lange Laan, the street nearest to the club: 2.
    Areas: West 10/3. Oost 5/3 + 2 + 1 (the person, who is in no street) = 14/3. Leeg 1 (no street within 250 m).
    Verweg 0. Binnen = West + Oost = 8, Buiten = Leeg + Verweg = 1, Rekendam 9.
    """
    assert by_street(session, DAY) == pytest.approx(
        {("Grensweg", "West"): 10 / 3, ("Grensweg", "Oost"): 5 / 3, ("Lange Laan", "Oost"): 2.0}, rel=1e-12
    )
    assert by_area(session, DAY) == pytest.approx(
        {"West": 10 / 3, "Oost": 14 / 3, "Leeg": 1.0, "Verweg": 0.0, "Binnen": 8.0, "Buiten": 1.0, "Rekendam": 9.0},
        rel=1e-12,
    )


def test_it_halves_every_ninety_days(session: Session, ids: dict[str, int]) -> None:
    """90 days later half of it, 45 days later divided by the square root of 2; nothing is computed anew for it."""
    assert by_area(session, DAY + timedelta(days=90))["Rekendam"] == pytest.approx(4.5, rel=1e-12)
    assert by_area(session, DAY + timedelta(days=45))["Rekendam"] == pytest.approx(9 / math.sqrt(2), rel=1e-12)


def test_an_earlier_day_knows_what_had_happened_by_then(session: Session, ids: dict[str, int]) -> None:
    """The day before: only the 16 people of 3 March, 89 days ago; before 3 March nothing at all."""
    before = 4 * 2 ** (-89 / 90)
    assert by_street(session, DAY - timedelta(days=1)) == pytest.approx(
        {("Grensweg", "West"): before * 2 / 3, ("Grensweg", "Oost"): before / 3}, rel=1e-12
    )
    assert by_street(session, date(2026, 3, 2)) == {}
    assert set(by_area(session, date(2026, 3, 2)).values()) == {0.0}


def test_what_has_faded_ended_or_left_the_map_counts_nowhere(session: Session, ids: dict[str, int]) -> None:
    """A street initiative fades a year after its last sign of life; one confirmation then brings its energy back."""
    faded = DAY + timedelta(days=366)
    assert ("Grensweg", "West") not in by_street(session, faded)
    draft = ActivityDraft.model_validate({"asset_id": ids["H"], "held_on": faded, "kind": "confirmation"})
    activities.add(session, draft, by=BUILDER, today=faded)
    kept = (1 + 3 * 2 ** (-366 / 90) + 4 * 2 ** (-456 / 90)) * 2 / 3
    assert by_street(session, faded)[("Grensweg", "West")] == pytest.approx(kept, rel=1e-12)

    inventory.retire(session, ids["H"], by=BUILDER)
    assert ("Grensweg", "West") not in by_street(session, DAY)


def test_a_person_counts_for_the_area_as_long_as_they_agree(session: Session, ids: dict[str, int]) -> None:
    """Withdrawing takes the person's energy out of the area at once."""
    session.execute(text("UPDATE consent SET withdrawn_at = now() WHERE asset_id = :id"), {"id": ids["P"]})
    assert by_area(session, DAY)["Oost"] == pytest.approx(11 / 3, rel=1e-12)
    with as_public(session):
        shown = energy.unfold(session, on=DAY, area="BU00010102")
    assert {one.title for one in shown.activities} == {"H", "K"}


def test_every_figure_unfolds_into_its_activities(session: Session, ids: dict[str, int]) -> None:
    """The weights of the activities add up to the figure, of a street part and of an area, on any day."""
    for on in (DAY - timedelta(days=1), DAY, DAY + timedelta(days=200)):
        with as_public(session):
            for part in energy.street_parts(session, on=on):
                found = energy.unfold(session, on=on, street_part_id=part.id)
                assert sum(one.weight for one in found.activities) == pytest.approx(part.energy, rel=1e-12)
                assert found.energy == pytest.approx(part.energy, rel=1e-12)
            for area in energy.of_areas(session, on=on):
                found = energy.unfold(session, on=on, area=area.code)
                assert sum(one.weight for one in found.activities) == pytest.approx(area.energy, rel=1e-12)


def test_unfolding_says_what_it_leaves_out(session: Session, ids: dict[str, int]) -> None:
    """With a limit the heaviest come first, and the weight of the others is told."""
    with as_public(session):
        found = energy.unfold(session, on=DAY, area="GM0001", limit=2)
    assert [(one.title, round(one.weight, 9)) for one in found.activities] == [("H", 3.0), ("K", 2.0)]
    assert found.others == pytest.approx(4.0, rel=1e-12)


def test_months_are_the_same_figures(session: Session, ids: dict[str, int]) -> None:
    """A series holds at each first of the month what is answered for that day alone."""
    first, last = date(2025, 12, 1), date(2026, 9, 1)
    days = energy.months(first, last)
    assert (len(days), days[0], days[-1]) == (10, first, last)
    with as_public(session):
        streets = energy.streets_by_month(session, first=first, last=last)
        in_area = energy.areas_by_month(session, first=first, last=last, area="WK000101")
        for number, day in enumerate(days):
            parts = {one.id: one.energy for one in energy.street_parts(session, on=day)}
            assert {key: series[number] for key, series in streets.items() if series[number]} == pytest.approx(
                parts, rel=1e-12
            )
            named = {one.code: one.energy for one in energy.of_areas(session, on=day, area="WK000101") if one.energy}
            assert {key: s[number] for key, s in in_area.items() if s[number]} == pytest.approx(named, rel=1e-12)


def test_a_series_of_too_much_is_refused(
    session: Session, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shares of streets times days are bounded, so that nobody waits for a country month by month; an area is not.

    On H's Grensweg, D's Dorpsstraat and so on lie more than one share of energy; in Leeg is none.
    """
    monkeypatch.setattr(energy, "MOST_FIGURES", 1)
    with as_public(session):
        with pytest.raises(TooLarge):
            energy.streets_by_month(session, first=DAY, last=DAY)
        with pytest.raises(TooLarge):
            energy.streets_by_month(session, first=DAY, last=DAY, within=shapely.box(*at(-50, -50), *at(2000, 2000)))
        assert energy.streets_by_month(session, first=DAY, last=DAY, area="BU00010201") == {}


def test_filters(session: Session, ids: dict[str, int]) -> None:
    """By area, by level, by street part; per 1,000 inhabitants only where these are known and at least 100."""
    assert set(by_street(session, DAY, area="BU00010101")) == {("Grensweg", "West")}
    assert set(by_area(session, DAY, kind=AreaKind.district)) == {"Binnen", "Buiten"}
    session.execute(text("UPDATE area SET population = 4000 WHERE code = 'WK000101'"))
    session.execute(text("UPDATE area SET population = 99 WHERE code = 'WK000102'"))
    with as_public(session):
        found = {one.code: one.per_1000 for one in energy.of_areas(session, on=DAY)}
        some = energy.street_parts(session, on=DAY, ids=[1, 2])
    assert found["WK000101"] == pytest.approx(2.0, rel=1e-12)
    assert found["WK000102"] is None
    assert found["GM0001"] is None
    assert some == []


def test_what_cannot_be_asked_is_refused(session: Session, ids: dict[str, int]) -> None:
    """Days outside 1900 to 2200, unknown areas and street parts, turned or endless periods."""
    for on in (date(1899, 12, 31), date(2201, 1, 1)):
        with pytest.raises(Invalid):
            energy.street_parts(session, on=on)
    with pytest.raises(NotFound):
        energy.of_areas(session, on=DAY, area="BU9")
    with pytest.raises(NotFound):
        energy.unfold(session, on=DAY, street_part_id=10**9)
    with pytest.raises(Invalid):
        energy.unfold(session, on=DAY)
    with pytest.raises(Invalid):
        energy.months(date(2026, 2, 1), date(2026, 1, 1))
    with pytest.raises(Invalid):
        energy.months(date(2000, 1, 1), date(2026, 1, 1))


def test_the_ends_of_time_do_not_break_it(session: Session, tmp_path: Path) -> None:
    """An activity of 1900 that still counts in 2200 because its owner says so weighs nothing, and is no error."""
    draw(session, tmp_path)
    draft = neighbourhood.thing("story", "old", (600, 130), started_on="1900-01-01")
    story = inventory.add(session, draft, by=BUILDER, today=date(2200, 12, 31))
    happen(session, story.id, date(1900, 1, 1), 100_000)
    assert by_street(session, date(1900, 1, 1)) == pytest.approx(
        {("Lange Laan", "Oost"): math.sqrt(100_000)}, rel=1e-12
    )
    assert by_street(session, date(2200, 12, 31)) == {}
    with as_public(session):
        assert energy.unfold(session, on=date(2200, 12, 31), area="GM0001").energy == 0


def test_streets_that_change_take_their_energy_along(session: Session, ids: dict[str, int], tmp_path: Path) -> None:
    """A new street nearer to the club gets its energy; when it is gone the old one has it again."""
    nearer = [*neighbourhood.SEGMENTS, ("Nieuwe Laan", [(590.0, 125.0), (590.0, 160.0)])]
    import_streets(session, neighbourhood.streets_file(tmp_path, nearer, name="streets"))
    assert ("Nieuwe Laan", "Oost") in by_street(session, DAY)
    assert ("Lange Laan", "Oost") not in by_street(session, DAY)
    kept = kept_rows(session)
    rebuild(session)
    assert kept == kept_rows(session)


def kept_rows(session: Session) -> list[Any]:
    """Every kept share."""
    session.flush()
    query = "SELECT asset_id, street_part_id, share, energy_at_epoch, last_on FROM energy_share ORDER BY 1, 2"
    return [tuple(row) for row in session.execute(text(query))]


@pytest.fixture(scope="module")
def drawn(worker_engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Session, dict[str, int]]]:
    """The neighbourhood with H on Grensweg and the club K, drawn once for all examples; each rolls its own back."""
    with worker_engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            draw(session, tmp_path_factory.mktemp("drawn"))
            yield session, active(session)
        outer.rollback()


deed = st.tuples(
    st.sampled_from(["add", "add", "change", "remove"]),
    st.integers(0, 3000),  # days ago
    st.integers(1, 100_000),  # participants
    st.integers(0, 30),  # which one to change or remove
)


@settings(max_examples=25)
@given(deeds=st.lists(deed, min_size=1, max_size=12), days=st.lists(st.integers(-3000, 300), min_size=1, max_size=4))
def test_what_is_kept_is_what_the_rule_says(
    drawn: tuple[Session, dict[str, int]], deeds: list[tuple[str, int, int, int]], days: list[int]
) -> None:
    """After any recording, correcting and taking away, and on any day, within a billionth; a rebuild changes nothing.

    The rule is written out once more here, in Python: sums over all activities up to the day of the square root of
    the participants, halved every 90 days; two thirds of it for West.
    """
    session, ids = drawn
    savepoint = session.begin_nested()
    known = {row.id: (row.held_on, row.participants) for row in activities.of_asset(session, ids["H"])}
    for what, ago, participants, which in deeds:
        draft = ActivityDraft(asset_id=ids["H"], held_on=DAY - timedelta(days=ago), participants=participants)
        chosen = list(known)[which % len(known)] if known else None
        if what == "add" or chosen is None:
            known[activities.add(session, draft, by=BUILDER, today=DAY).id] = (draft.held_on, participants)
        elif what == "change":
            activities.change(session, chosen, draft, by=BUILDER, today=DAY)
            known[chosen] = (draft.held_on, participants)
        else:
            activities.remove(session, chosen, by=BUILDER)
            del known[chosen]
    active_on = session.execute(text("SELECT active_on FROM asset WHERE id = :id"), {"id": ids["H"]}).scalar_one()
    for later in [*days, 0]:
        on = DAY + timedelta(days=later)
        counts = any(on in part for part in active_on)
        rule = sum(math.sqrt(n) * 2 ** (-(on - held).days / 90) for held, n in known.values() if held <= on) * counts
        found = by_street(session, on).get(("Grensweg", "West"), 0.0)
        assert found == pytest.approx(rule * 2 / 3, rel=1e-9, abs=0)
    kept = kept_rows(session)
    energy.keep(session, None)
    assert kept == kept_rows(session)
    savepoint.rollback()
    session.expire_all()
