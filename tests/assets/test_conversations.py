"""Conversations: whose they are, what their note may not hold, and where the coffee has been."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from assets import communities, conversations, coverage, history, my_streets
from assets.drafts import ConversationDraft
from assets.errors import Invalid, NotAllowed, NotFound, Stale
from assets.permissions import OPERATOR, Viewer
from assets.vocabulary import Role, StreetState
from tests import neighbourhood
from tests.neighbourhood import DAY

WEST, OOST = "BU00010101", "BU00010102"
SAMIRA = Viewer("Samira", Role.builder, token_id=1)
JAN = Viewer("Jan", Role.builder, token_id=2)


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood without anything in it."""
    neighbourhood.draw(session, tmp_path)
    return session


def talk(session: Session, street: str = "Kerkstraat", *, by: Viewer = SAMIRA, **values: Any) -> int:
    """The number of a conversation on the day of the questions, or another when given."""
    draft = ConversationDraft.model_validate({"street": street, "held_on": DAY, **values})
    return conversations.add(session, draft, by=by, today=DAY).id


def listed(session: Session, code: str | None = WEST, *, by: Viewer = SAMIRA) -> dict[str, tuple[Any, int, Any]]:
    """Street → last day, times in twelve months, last day of the viewer; where anyone ever spoke."""
    rows = my_streets.of_area(session, code, by=by, on=DAY)
    return {row.part.name: (row.last_on, row.times, row.mine_on) for row in rows if row.last_on}


@pytest.mark.parametrize(
    ("note", "what", "marked"),
    [
        ("Bel 06-12345678", "telephone", "06-12345678"),
        ("Mail jan@example.org", "e-mail", "jan@example.org"),
        ("Naar NL91ABNA0417164300", "bank account", "NL91ABNA0417164300"),
        ("Op huisnummer 12 weten ze meer", "house number", "huisnummer 12"),
        ("Bij nr. 12a aangebeld", "house number", "nr. 12a"),
        ("Thee in de Dorpsstraat 3", "house number", "Dorpsstraat 3"),
        ("Vraag het op 8242 ga", "postcode", "8242 ga"),
        ("Koffie op nummer 12 in de Dorpsstraat", "house number", "nummer 12"),
        ("Achterom 7 doet mee", "house number", "Achterom 7"),
    ],
)
def test_a_note_tells_nothing_about_a_person(drawn: Session, note: str, what: str, marked: str) -> None:
    """An address or a way to reach someone is found, with its place; a street without such an ending by its name."""
    found = conversations.about_people(drawn, note, street="Achterom")
    assert found is not None
    assert what in found.told
    assert marked == note[slice(*found.span)]


@pytest.mark.parametrize(
    "note",
    ["", "In de Kerkstraat 3 buren gesproken", "Kerkstraat om 14:00", "Kerkstraat 14 november weer", "Sinds 2026 stil",
     "Kerkstraat 2026 wordt mooi", "2 buren en 3 kinderen", "Achterom 12 keer geweest", "no 4 people"],
)  # fmt: skip
def test_a_note_may_hold_numbers(drawn: Session, note: str) -> None:
    """Counts, days, years and times are no house numbers."""
    assert conversations.about_people(drawn, note, street="Achterom") is None


def test_a_note_about_a_person_is_refused(drawn: Session) -> None:
    """The refusal names the field and the place in the text; the name of the street itself is known."""
    with pytest.raises(Invalid, match="a house number") as refused:
        talk(drawn, "Korte Steeg", note="Koffie Korte Steeg 4")
    assert "/note" == refused.value.faults[0].pointer
    assert my_streets.latest(drawn, by=SAMIRA, limit=9) == []


def test_it_counts_at_once(drawn: Session) -> None:
    """A street part is asked from the moment that its conversation is there, and no longer when that is taken away."""

    def state() -> StreetState:
        rows = coverage.street_parts(drawn, on=DAY, area=WEST)
        return next(row.state for row in rows if row.name == "Kerkstraat")

    assert StreetState.unasked == state()
    number = talk(drawn)
    assert StreetState.asked == state()
    conversations.remove(drawn, number, by=SAMIRA)
    assert StreetState.unasked == state()


def test_only_ones_own_can_be_changed(drawn: Session) -> None:
    """A conversation is changed and taken away by who recorded it, also when another has the same name."""
    number = talk(drawn)
    namesake = Viewer("Samira", Role.builder, token_id=9)
    draft = ConversationDraft(street="Singel", held_on=DAY)
    for stranger in (JAN, namesake):
        with pytest.raises(NotAllowed):
            conversations.change(drawn, number, draft, by=stranger)
        with pytest.raises(NotAllowed):
            conversations.remove(drawn, number, by=stranger)
        with pytest.raises(NotAllowed):
            conversations.last_change(drawn, number, by=stranger)
    with pytest.raises(NotFound):
        conversations.own(drawn, number + 1, by=SAMIRA)


def test_every_change_can_be_undone(drawn: Session) -> None:
    """Changed, taken away, added: each is undone; a change that is not the last is refused; all stays in history."""
    number = talk(drawn, neighbours=2, note="Over de bomen")
    conversations.change(
        drawn, number, ConversationDraft(street="Singel", held_on=DAY, neighbours=5), by=SAMIRA, today=DAY
    )
    changed = conversations.last_change(drawn, number, by=SAMIRA)
    conversations.remove(drawn, number, by=SAMIRA)
    removed = conversations.last_change(drawn, number, by=SAMIRA)

    with pytest.raises(Stale):
        conversations.undo(drawn, number, by=SAMIRA, change_id=changed.id)
    with pytest.raises(NotAllowed):
        conversations.undo(drawn, number, by=JAN, change_id=removed.id)
    back = conversations.undo(drawn, number, by=SAMIRA, change_id=removed.id)
    assert back is not None
    assert (number, "Singel", 5) == (back.id, conversations.told(drawn, back)["street"], back.neighbours)
    actions = [one.action for one in history.of(drawn, "conversation", number)]
    assert ["added", "changed", "removed", "undone"] == actions

    fresh = talk(drawn, "Singel")
    added = conversations.last_change(drawn, fresh, by=SAMIRA)
    assert conversations.undo(drawn, fresh, by=SAMIRA, change_id=added.id) is None
    with pytest.raises(NotFound):
        conversations.own(drawn, fresh, by=SAMIRA)


def test_where_the_coffee_has_been(drawn: Session) -> None:
    """Last day, times in twelve months and one's own last day; a year and a day ago is told and does not count."""
    talk(drawn, "Kerkstraat", held_on=date(2026, 5, 1))
    talk(drawn, "Kerkstraat", by=JAN, held_on=date(2026, 5, 9))
    talk(drawn, "Singel", by=JAN, held_on=date(2025, 5, 31))
    talk(drawn, "Dwarsstraat", area=OOST, by=JAN)
    talk(drawn, "Grensweg", by=JAN, held_on=date(2025, 6, 1))

    assert {
        "Kerkstraat": (date(2026, 5, 9), 2, date(2026, 5, 1)),
        "Singel": (date(2025, 5, 31), 0, None),
        "Grensweg": (date(2025, 6, 1), 1, None),
    } == listed(drawn)
    assert {"Dwarsstraat", "Grensweg"} == set(listed(drawn, OOST))


def test_the_area_of_a_builder(drawn: Session) -> None:
    """It is the neighbourhood with most of their conversations; without one there is none."""
    assert my_streets.home_area(drawn, by=SAMIRA) is None
    talk(drawn, "Lange Laan")
    talk(drawn, "Dwarsstraat", area=WEST)
    talk(drawn, "Ronde Plein")
    assert OOST == my_streets.home_area(drawn, by=SAMIRA)
    assert my_streets.home_area(drawn, by=JAN) is None


def test_a_file_of_an_area(drawn: Session) -> None:
    """All conversations in its streets, with what is one's own, and without who the others are."""
    here = {communities.default_id(drawn): Role.builder}
    samira, jan = replace(SAMIRA, roles=here), replace(JAN, roles=here)
    talk(drawn, "Kerkstraat", by=samira, note="Over de bomen")
    talk(drawn, "Dwarsstraat", by=jan)
    talk(drawn, "Lange Laan", by=jan)

    rows = my_streets.in_area(drawn, WEST, by=samira, limit=10)
    assert {("Kerkstraat", True), ("Dwarsstraat", False)} == {(row.street, row.mine) for row in rows}
    assert not hasattr(rows[0], "recorded_by")


def test_notes_stay_in_their_community(drawn: Session) -> None:
    """Who builds in another community finds where coffee was, and no note; whoever builds in both finds both."""
    here, there = (communities.add(drawn, name, name.title()).id for name in ("west", "oost"))

    def builder(name: str, number: int, *where: int, role: Role = Role.builder) -> Viewer:
        return Viewer(name, role, account_id=number, community_id=where[0], roles=dict.fromkeys(where, role))

    mine, other = builder("Mila", 1, here), builder("Noor", 2, there, role=Role.steward)
    talk(drawn, "Kerkstraat", by=mine, note="Over de bomen")
    talk(drawn, "Dwarsstraat", by=other, note="Over de bank")

    def notes(by: Viewer) -> list[str]:
        return sorted(row.note for row in my_streets.in_area(drawn, None, by=by, limit=10))

    assert ["Over de bomen"] == notes(mine)
    assert ["Over de bank"] == notes(other)
    assert ["Over de bank", "Over de bomen"] == notes(builder("Pia", 3, there, here))
    assert {"Kerkstraat", "Dwarsstraat"} == set(listed(drawn, by=other))
    assert ["Over de bank"] == [row.note for row in my_streets.latest(drawn, by=other, limit=9)]
    for nobody in (Viewer("Opa", Role.admin, account_id=4), Viewer("program", Role.builder, token_id=9), OPERATOR):
        assert [] == notes(nobody), "whoever is of no community reads what they recorded themselves"


def test_it_comes_back_in_its_community(drawn: Session) -> None:
    """A conversation that was taken away and brought back is in the community in which it was recorded."""
    there = communities.add(drawn, "oost", "Oost").id
    noor = Viewer("Noor", Role.builder, account_id=2, community_id=there, roles={there: Role.builder})
    number = talk(drawn, by=noor)
    conversations.remove(drawn, number, by=noor)
    moved = Viewer("Noor", Role.builder, account_id=2)
    change = conversations.last_change(drawn, number, by=moved)
    back = conversations.undo(drawn, number, by=moved, change_id=change.id)
    assert back is not None
    assert there == back.community_id


def test_a_year_before() -> None:
    """Twelve months before a leap day is the last day of February."""
    assert date(2025, 6, 1) == my_streets.months_before(date(2026, 6, 1))
    assert date(2023, 2, 28) == my_streets.months_before(date(2024, 2, 29))


def test_members_may_not(drawn: Session) -> None:
    """Someone who is no builder records nothing and sees nobody's conversations."""
    member = Viewer("Kees", Role.member, token_id=3)
    with pytest.raises(NotAllowed):
        talk(drawn, by=member)
    with pytest.raises(NotAllowed):
        my_streets.latest(drawn, by=member, limit=1)
