"""The profile of an area: worked answers, and what is never told about people.

The drawing of tests/neighbourhood.py with what neighbours care for (`live`) and do (`active`), and six persons in West
(`persons` below). Worked out for 1 June 2026:

| area   | kinds                                 | persons         | energy                             | places |
|--------|---------------------------------------|-----------------|------------------------------------|--------|
| West   | A, B, C, H: 4 street initiatives      | 6, told as 5    | A sqrt(9) x 2^(-16/90), H 5 x 2/3  | 0      |
| Oost   | D, G: 2 street initiatives; K: 1 club | P: fewer than 5 | H 5 x 1/3, K 2, P 1                | 0      |
| Leeg   | L: 1 meeting place                    | fewer than 5    | L 1                                | 1      |
| Verweg | nothing                               | fewer than 5    | 0                                  | 0      |

E ended on 1 May and F faded on 1 January, so neither counts. A, B, C, G and H are about litter, D about greenery.
Binnen = West + Oost: 6 initiatives, 1 club, 7 persons told as 5: nobody can subtract West's 6 and find the one in Oost.

Energy of West: 3 x 2^(-16/90) + 10/3 = 2.652 + 3.333 = 5.985. A year before nothing had happened: more. The series has
the firsts of 25 months; of 1 April 2026 only H's 16 people of 3 March, 29 days before: 4 x 2^(-29/90) x 2/3 = 2.133.

Room for litter in West, of 1,660 m: Kerkstraat 300 m and Grensweg 400 m (whole, by H) are carried, 700 m; Singel 600 m
partly; Dwarsstraat 220 m asked; Dorpsstraat 100 m and Korte Steeg 40 m unasked, 140 m.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import browse, consents, coverage, energy, inventory, meeting_places, profile
from assets.drafts import AssetDraft
from assets.errors import Invalid, NotFound
from assets.profile import Change, Count, NamedGift
from assets.vocabulary import AssetKind, Audience, GiftOf, StreetState, Theme
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, DAY, active, draw, live, thing

WEST, OOST, LEEG, VERWEG, BINNEN, BUITEN, REKENDAM = (
    "BU00010101", "BU00010102", "BU00010201", "BU00010202", "WK000101", "WK000102", "GM0001",
)  # fmt: skip


def persons(session: Session, count: int, gift: dict[str, str], area: str = WEST) -> list[int]:
    """So many persons in an area, public by consent, each with this gift."""
    found = []
    for number in range(count):
        draft = AssetDraft.model_validate(
            {"kind": "person", "title": f"P{number}", "started_on": "2026-01-01", "place": {"area": area},
             "gifts": [gift]}
        )  # fmt: skip
        found.append(inventory.add(session, draft, by=BUILDER, today=DAY).id)
        consents.record(
            session, found[-1], audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
            given_on=date.today(), by=BUILDER.name,
        )  # fmt: skip
    return found


@pytest.fixture
def lived(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood with everything of the table above."""
    draw(session, tmp_path)
    live(session)
    active(session)
    persons(session, 6, {"of": "hands", "what": "Soep koken"})
    return session


def asked(session: Session, code: str, **more: Any) -> profile.Profile:
    """The profile as a visitor gets it."""
    with as_public(session):
        return profile.of_area(session, code, **{"on": DAY, **more})


def test_what_is_here(lived: Session) -> None:
    """Kinds, themes and persons are those of the table, in neighbourhoods and added up in what holds them."""
    kinds = {code: {kind.value: n for kind, n in asked(lived, code).kinds.items() if n} for code in (WEST, OOST, LEEG)}
    assert kinds == {
        WEST: {"street_initiative": 4},
        OOST: {"street_initiative": 2, "club": 1},
        LEEG: {"meeting_place": 1},
    }
    whole = asked(lived, REKENDAM)
    assert {kind.value: n for kind, n in whole.kinds.items() if n} == {
        "street_initiative": 6, "club": 1, "meeting_place": 1,
    }  # fmt: skip
    assert {theme.value: n for theme, n in whole.themes.items() if n} == {"litter": 5, "greenery": 1}
    assert AssetKind.person not in whole.kinds


def test_people_are_told_in_fives_and_never_fewer(lived: Session) -> None:
    """Six are told as five, one and none as fewer than five, and seven again as five: no subtraction gives the one."""
    told = {code: asked(lived, code).people for code in (WEST, OOST, VERWEG, BINNEN, REKENDAM)}
    assert told == {WEST: 5, OOST: None, VERWEG: None, BINNEN: 5, REKENDAM: 5}


def test_gifts(lived: Session) -> None:
    """A gift is told in words when a thing names it or six people do, in nobody's spelling; those of five are not."""
    persons(lived, 5, {"of": "head", "what": "Wiskunde"})
    choir = {"gifts": [{"of": "heart", "what": "Zingen"}, {"of": "hands", "what": "soep koken"}]}
    inventory.add(lived, thing("club", "Koor", (150, 150), **choir), by=BUILDER, today=DAY)
    found = asked(lived, WEST)
    # soup is named by one thing and five (of six) people, singing by one thing
    assert found.named == (NamedGift(GiftOf.hands, "soep koken"), NamedGift(GiftOf.heart, "Zingen"))
    assert found.gifts == {GiftOf.head: Count(0, None), GiftOf.heart: Count(1, None), GiftOf.hands: Count(1, 5)}
    persons(lived, 1, {"of": "head", "what": "WISKUNDE"})
    assert NamedGift(GiftOf.head, "wiskunde") in asked(lived, WEST).named


def test_withdrawing_takes_a_person_out_at_once(lived: Session) -> None:
    """When the consents end, the count falls below five and is told no more, and no name is among the newest."""
    lived.execute(text("UPDATE consent SET withdrawn_at = now()"))
    found = asked(lived, WEST)
    assert found.people is None
    assert found.named == ()
    assert AssetKind.person not in {one.kind for one in found.newest}


def test_energy_and_its_trend(lived: Session) -> None:
    """The figure, that of a year before, and the months between are those of the domain rule Energy."""
    found = asked(lived, WEST)
    assert found.energy.energy == pytest.approx(3 * 2 ** (-16 / 90) + 10 / 3, rel=1e-9)
    assert (found.trend.year_before, found.trend.change) == (0.0, Change.more)
    assert (len(found.trend.months), found.trend.months[0], found.trend.months[-1]) == (25, date(2024, 6, 1), DAY)
    assert found.trend.energy[-1] == pytest.approx(found.energy.energy, rel=1e-9)
    assert found.trend.energy[found.trend.months.index(date(2026, 4, 1))] == pytest.approx(4 * 2 ** (-29 / 90) * 2 / 3)
    assert found.energy.population is None
    assert found.energy.per_1000 is None

    # half a year on it is less than it was on 1 June, a year on as well
    assert asked(lived, LEEG, on=DAY + timedelta(days=365)).trend.change is Change.less
    assert asked(lived, VERWEG).trend.change is None


@pytest.mark.parametrize(
    ("now", "before", "word"),
    [(0, 0, None), (1, 0, Change.more), (0, 1, Change.less), (109, 100, Change.same), (91, 100, Change.same),
     (111, 100, Change.more), (89, 100, Change.less), (100, 100, Change.same)],
)  # fmt: skip
def test_about_the_same_is_within_a_tenth(now: float, before: float, word: Change | None) -> None:
    """Up to a tenth more or less than a year before is about the same; nothing on both days says nothing."""
    assert profile.change(now, before) is word


def test_meeting_places(lived: Session) -> None:
    """Meeting places are counted, and of them those that residents run."""
    house = thing("meeting_place", "Huiskamer", (1100, 200), resident_run=True)
    inventory.add(lived, house, by=BUILDER, today=DAY)
    found = asked(lived, BUITEN)
    assert (found.kinds[AssetKind.meeting_place], found.resident_run) == (2, 1)
    with as_public(lived):
        (told,) = [one for one in meeting_places.of_areas(lived, area=BUITEN, on=DAY) if one.code == BUITEN]
    assert (told.places, told.resident_run) == (2, 1)


def test_room(lived: Session) -> None:
    """The room for a theme is the answer of the main question; an area without streets has none to tell."""
    found = asked(lived, WEST, theme=Theme.litter)
    metres = {state: round(total.length_m) for state, total in found.room.items()}
    assert list(metres.values()) == [700, 600, 220, 140]
    assert list(metres) == list(StreetState)
    with as_public(lived):
        assert found.room == coverage.totals(lived, on=DAY, area=WEST, theme=Theme.litter)
    empty = asked(lived, LEEG)
    assert empty.street_parts == 0
    assert profile.record(empty)["room"]["states"] is None


def test_where_it_lies(lived: Session) -> None:
    """What holds an area, what is in it, and what lies beside it."""

    def names(found: Any) -> list[str]:
        return [one.name for one in found]

    west, inside, whole = asked(lived, WEST), asked(lived, BINNEN), asked(lived, REKENDAM)
    assert (names(west.around), names(west.inside), names(west.beside)) == (["Rekendam", "Binnen"], [], ["Oost"])
    assert (names(inside.around), names(inside.inside), names(inside.beside)) == (
        ["Rekendam"], ["Oost", "West"], ["Buiten"],
    )  # fmt: skip
    assert (names(whole.around), names(whole.inside), names(whole.beside)) == ([], ["Binnen", "Buiten"], [])


def test_another_day(lived: Session) -> None:
    """On 15 April E was still there, mostly in Oost, and on 1 January 1900 nothing was."""
    assert asked(lived, OOST, on=date(2026, 4, 15)).kinds[AssetKind.street_initiative] == 3
    first = asked(lived, WEST, on=date(1900, 1, 1))
    assert first.is_empty
    assert first.trend.energy == (0.0,)
    assert first.trend.change is None
    asked(lived, WEST, on=date(2024, 2, 29))
    asked(lived, WEST, on=date(2200, 12, 31))


def test_the_figures_are_those_of_the_other_analyses(lived: Session) -> None:
    """Counts are those of the list of assets, energy is that of the analysis of energy."""
    for code in (WEST, OOST, BINNEN, REKENDAM):
        found = asked(lived, code)
        with as_public(lived):
            things = browse.assets(lived, on=DAY, area=code, kinds=found.kinds).matched
            of_areas = {one.code: one for one in energy.of_areas(lived, on=DAY)}
        assert sum(found.kinds.values()) == things
        assert found.energy == of_areas[code]


def test_an_area_of_which_nothing_is_known(lived: Session) -> None:
    """Nothing is there to count in Verweg, and it says so without failing; its street is known."""
    found = asked(lived, VERWEG)
    assert found.is_empty
    assert found.street_parts == 1
    rows = profile.lines(found)
    assert ("area", "population", None) in rows
    assert ("energy", "energy_per_1000", None) in rows


def test_what_cannot_be_asked(lived: Session) -> None:
    """An unknown area and a day outside 1900 to 2200 are refused."""
    with pytest.raises(NotFound):
        asked(lived, "GM0000")
    for on in (date(1899, 12, 31), date(2201, 1, 1)):
        with pytest.raises(Invalid):
            asked(lived, WEST, on=on)


@contextmanager
def counting(session: Session) -> Iterator[list[str]]:
    """Gather the statements that are sent meanwhile."""
    from sqlalchemy import event

    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(session.get_bind(), "before_cursor_execute", note)


def test_the_number_of_questions_does_not_grow_with_the_area(lived: Session) -> None:
    """A municipality costs as many statements as a neighbourhood, give or take those about what holds it."""
    counts = []
    for code in (WEST, REKENDAM):
        with counting(lived) as sent:
            asked(lived, code)
        counts.append(len(sent))
    assert counts[1] <= counts[0] <= 30


def range_of(told: int | None) -> range:
    """The numbers of persons that an answer can stand for."""
    return range(6) if told is None else range(told + 1, told + 6)


def test_no_two_answers_tell_of_a_group_below_five(session: Session, tmp_path: Path) -> None:
    """While persons come in one by one and one withdraws, no pair of areas, themes or moments can be subtracted.

    What is left between an area and one inside it, or between two moments, may always be a whole five of sizes: an
    answer never leaves one size from one to four as the only one possible.
    """
    draw(session, tmp_path)
    inside = [(WEST, BINNEN), (OOST, BINNEN), (WEST, REKENDAM), (OOST, REKENDAM), (BINNEN, REKENDAM)]
    moments: list[dict[str, int | None]] = []
    came = []

    def told() -> dict[str, int | None]:
        """The persons of each area, and under "hands" those of them who told such a gift."""
        found = {code: asked(session, code) for code in (WEST, OOST, BINNEN, REKENDAM)}
        gifts = {f"hands {code}": one.gifts[GiftOf.hands].people for code, one in found.items()}
        return {code: one.people for code, one in found.items()} | gifts

    for step in range(15):
        gift = {"of": "hands", "what": "Soep koken"} if step % 5 < 3 else {"of": "head", "what": "Rekenen"}
        came += persons(session, 1, gift, area=OOST if step % 4 == 3 else WEST)
        moments.append(told())
    consents.withdraw(session, came[0], by="test")
    session.flush()
    moments.append(told())
    inside += [(f"hands {inner}", f"hands {outer}") for inner, outer in inside]
    inside += [(f"hands {code}", code) for code in (WEST, OOST, BINNEN, REKENDAM)]
    assert {people for moment in moments for people in moment.values()} == {None, 5, 10}
    for number, moment in enumerate(moments):
        pairs = [(moment[inner], moment[outer]) for inner, outer in inside]
        # two moments of one area, with any number of people who came or went in between
        pairs += [(earlier[code], moment[code]) for earlier in moments[:number] for code in moment]
        for one, other in pairs:
            left = {b - a for a in range_of(one) for b in range_of(other)}
            assert len(left) >= 9
            assert not (left and left <= {1, 2, 3, 4}), (one, other)
    assert {moment[f"hands {REKENDAM}"] for moment in moments} == {None, 5}
