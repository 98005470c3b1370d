"""Coverage, against the neighbourhood that is worked out on paper."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from assets import coverage
from assets.errors import Invalid, NotFound
from assets.vocabulary import Initiative, StreetState, Theme
from tests import neighbourhood
from tests.neighbourhood import DAY, SCRIPT, TEMPLATE

WEST, EAST, FAR = "BU00010101", "BU00010102", "BU00010202"

#: Street, area, length, covered, state: litter on 1 June 2026. The arithmetic stands in neighbourhood.live.
ON_PAPER = {
    ("Kerkstraat", WEST, 300.0, 160.0, "carried"),
    ("Grensweg", WEST, 400.0, 0.0, "asked"),
    ("Grensweg", EAST, 200.0, 0.0, "unasked"),
    ("Dwarsstraat", WEST, 220.0, 0.0, "asked"),
    ("Dwarsstraat", EAST, 280.0, 0.0, "asked"),
    ("Singel", WEST, 600.0, 240.0, "partly"),
    ("Lange Laan", EAST, 300.0, 0.0, "unasked"),
    ("Ronde Plein", EAST, 400.0, 150.0, "partly"),
    ("Señor Gómezstraat", EAST, 100.0, 0.0, "unasked"),
    (SCRIPT, EAST, 100.0, 0.0, "unasked"),
    (TEMPLATE, EAST, 50.0, 0.0, "unasked"),
    ("Dorpsstraat", WEST, 100.0, 0.0, "unasked"),
    ("Dorpsstraat", FAR, 50.0, 0.0, "unasked"),
    ("Korte Steeg", WEST, 40.0, 0.0, "unasked"),
}


@pytest.fixture
def buurt(session: Session, tmp_path: Path) -> dict[str, int]:
    """The neighbourhood, drawn and lived in."""
    neighbourhood.draw(session, tmp_path)
    return neighbourhood.live(session)


def told(rows: list[coverage.StreetPartCoverage]) -> set[tuple[str, str | None, float, float, str]]:
    """What is compared: whole results, rounded to the millimetre."""
    return {(r.name, r.area_code, round(r.length_m, 3), round(r.covered_m, 3), r.state.value) for r in rows}


def test_every_street_part_has_the_state_worked_out_on_paper(session: Session, buurt: dict[str, int]) -> None:
    """All states, lengths and covered metres of litter on 1 June 2026 are those on paper."""
    rows = coverage.street_parts(session, on=DAY, theme=Theme.litter)

    assert ON_PAPER == told(rows)


@pytest.mark.parametrize("theme", [Theme.litter, None])
@pytest.mark.parametrize("wanted", [None, *Initiative, *StreetState])
def test_however_it_is_asked_the_state_is_the_same(
    session: Session, buurt: dict[str, int], theme: Theme | None, wanted: Initiative | StreetState | None
) -> None:
    """A street part among all, in its municipality, on a page, by name and alone has one state; totals count it so."""
    asked: dict[str, Any] = {"on": DAY, "theme": theme}
    if wanted is not None:
        asked["initiative" if isinstance(wanted, Initiative) else "state"] = wanted

    everywhere = coverage.street_parts(session, **asked)

    for way in ({"limit": 100}, {"area": "GM0001"}, {"area": "GM0001", "limit": 100}, {"by_name": True, "limit": 100}):
        assert told(everywhere) == told(coverage.street_parts(session, **asked, **way))
    for row in everywhere:
        assert row == coverage.street_part(session, row.id, on=DAY, theme=theme)
    if wanted is None:
        counted = {state: sum(row.state is state for row in everywhere) for state in StreetState}
        for area in (None, "GM0001"):
            totals = coverage.totals(session, on=DAY, theme=theme, area=area)
            assert counted == {state: total.parts for state, total in totals.items()}


def test_streets_without_an_initiative_are_asked_or_not_asked_yet(session: Session, buurt: dict[str, int]) -> None:
    """The filter on no initiative gives both, and the filter on any gives the rest; nothing is lost between them."""
    without = coverage.street_parts(session, on=DAY, theme=Theme.litter, initiative=Initiative.none)
    with_any = coverage.street_parts(session, on=DAY, theme=Theme.litter, initiative=Initiative.any)

    assert {row for row in ON_PAPER if row[4] in ("asked", "unasked")} == told(without)
    assert {row for row in ON_PAPER if row[4] in ("carried", "partly")} == told(with_any)


@pytest.mark.parametrize(
    ("area", "areas"),
    [("GM0001", {WEST, EAST, FAR}), ("WK000101", {WEST, EAST}), (WEST, {WEST}), ("BU00010201", set())],
)
def test_an_area_of_any_level_can_be_asked(session: Session, buurt: dict[str, int], area: str, areas: set[str]) -> None:
    """A municipality and a district are the sum of their neighbourhoods; an area without streets has none."""
    rows = coverage.street_parts(session, on=DAY, theme=Theme.litter, area=area)

    assert {row for row in ON_PAPER if row[1] in areas} == told(rows)


def test_themes_are_told_apart(session: Session, buurt: dict[str, int]) -> None:
    """Greenery in Lange Laan carries it for greenery and for any theme, not for litter."""
    states = {
        theme: {row.name: row.state for row in coverage.street_parts(session, on=DAY, theme=theme)}
        for theme in (Theme.greenery, Theme.litter, None)
    }

    assert states[Theme.greenery]["Lange Laan"] == StreetState.carried
    assert states[Theme.greenery]["Kerkstraat"] == StreetState.unasked
    assert states[Theme.litter]["Lange Laan"] == StreetState.unasked
    assert states[None]["Lange Laan"] == StreetState.carried


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2025, 12, 31), StreetState.asked),  # not begun; the conversation of 1 June 2025 counts
        (date(2026, 1, 1), StreetState.carried),  # the first day
        (date(2026, 4, 30), StreetState.carried),  # the last day
        (date(2026, 5, 1), StreetState.asked),  # ended on this day
        (date(2026, 6, 2), StreetState.unasked),  # the conversation is more than 12 months ago
    ],
)
def test_an_initiative_counts_from_its_first_day_until_the_day_before_its_end(
    session: Session, buurt: dict[str, int], on: date, state: StreetState
) -> None:
    """Initiative E cares for Dwarsstraat from 1 January to 30 April 2026."""
    rows = coverage.street_parts(session, on=on, theme=Theme.litter, area=WEST)

    assert [state] == [row.state for row in rows if row.name == "Dwarsstraat"]


@pytest.mark.parametrize(("on", "carried"), [(date(2026, 1, 1), True), (date(2026, 1, 2), False)])
def test_what_nobody_confirmed_for_twice_its_window_has_faded(
    session: Session, buurt: dict[str, int], on: date, carried: bool
) -> None:
    """Initiative F was last heard of on 1 January 2025: active up to and including 12 months later."""
    rows = coverage.street_parts(session, on=on, theme=Theme.litter, area=EAST)

    assert [carried] == [row.state == StreetState.carried for row in rows if row.name == "Señor Gómezstraat"]


def test_half_of_the_length_carries_a_street(session: Session, tmp_path: Path) -> None:
    """A share of exactly 0.5 is carried."""
    from assets import inventory

    neighbourhood.draw(session, tmp_path)
    draft = neighbourhood.initiative("half", {"street": "Kerkstraat", "line": [(100, 100), (250, 100)]})
    inventory.add(session, draft, by=neighbourhood.BUILDER, today=DAY)

    (row,) = [r for r in coverage.street_parts(session, on=DAY, theme=Theme.litter) if r.name == "Kerkstraat"]
    assert (150.0, 0.5, StreetState.carried) == (row.covered_m, row.share, row.state)


def test_the_last_activity_and_conversation_are_those_up_to_the_date(session: Session, buurt: dict[str, int]) -> None:
    """What happened later than the date asked about is not known on that date."""
    (row,) = [r for r in coverage.street_parts(session, on=DAY) if r.name == "Kerkstraat"]
    (early,) = [r for r in coverage.street_parts(session, on=date(2026, 5, 15)) if r.name == "Kerkstraat"]
    (talked,) = [r for r in coverage.street_parts(session, on=DAY, area=WEST) if r.name == "Grensweg"]

    assert date(2026, 5, 16) == row.last_activity_on
    assert early.last_activity_on is None
    assert date(2026, 5, 1) == talked.last_conversation_on


def test_totals_are_the_sums_of_the_rows(session: Session, buurt: dict[str, int]) -> None:
    """Parts and metres per state add up to what the list shows."""
    totals = coverage.totals(session, on=DAY, theme=Theme.litter)

    for state in StreetState:
        rows = [row for row in ON_PAPER if row[4] == state.value]
        assert len(rows) == totals[state].parts
        assert sum(row[2] for row in rows) == pytest.approx(totals[state].length_m, abs=1e-6)
        assert sum(row[3] for row in rows) == pytest.approx(totals[state].covered_m, abs=1e-6)


@pytest.mark.parametrize("by_name", [False, True])
def test_pages_together_are_the_whole_list(session: Session, buurt: dict[str, int], by_name: bool) -> None:
    """Reading page by page gives each street part once, in the order of the whole list."""
    whole = coverage.street_parts(session, on=DAY, by_name=by_name)
    read: list[coverage.StreetPartCoverage] = []
    while page := coverage.street_parts(
        session, on=DAY, by_name=by_name, limit=4, after=(read[-1].name, read[-1].id) if read else None
    ):
        read += page

    assert whole == read


def test_an_unknown_area_or_an_impossible_date_is_refused(session: Session, buurt: dict[str, int]) -> None:
    """The answer is a refusal with the reason, never an empty list."""
    with pytest.raises(NotFound, match="no area with the code BU99"):
        coverage.street_parts(session, on=DAY, area="BU99")
    with pytest.raises(Invalid, match="between 1900 and 2200"):
        coverage.street_parts(session, on=date(1850, 1, 1))
