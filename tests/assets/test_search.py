"""Searching: accents and typing errors are forgiven, every group is found, and nobody who is not public."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import browse, consents, inventory, search
from assets.drafts import AssetDraft
from assets.vocabulary import Audience, GiftOf
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, DAY, draw, initiative, thing


@pytest.fixture
def here(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood with a club, a house, an initiative on Kerkstraat and a person who agreed."""
    draw(session, tmp_path)
    for draft in (
        thing("club", "Naaiclub Draad en Naald", (150, 150), description="Wij verstellen kleren op dinsdagavond."),
        thing("meeting_place", "Café Zonder Naam", (620, 120), gifts=[{"of": "hands", "what": "boeken ruilen"}]),
        thing("exchange", "Ruilkast", (640, 420), open_to_newcomers=True, rhythm="elke zaterdag"),
        initiative("Schone stoep", {"street": "Kerkstraat", "whole": True}),
    ):
        inventory.add(session, draft, by=BUILDER, today=DAY)
    person = {
        "kind": "person", "title": "Een buur repareert fietsen", "place": {"area": "BU00010102"},
        "gifts": [{"of": "hands", "what": "fietsen maken"}, {"of": "heart", "what": "luisteren"}],
    }  # fmt: skip
    number = inventory.add(session, AssetDraft.model_validate(person), by=BUILDER, today=DAY).id
    consents.record(
        session, number, audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
        given_on=date.today() - timedelta(days=9), by=BUILDER.name,
    )  # fmt: skip
    return session


def titles(session: Session, q: str) -> list[str]:
    """Entries found while typing."""
    with as_public(session):
        return [one.title for one in search.find(session, q, on=DAY).assets]


def listed(session: Session, **filters: object) -> list[str]:
    """Entries in the list with these filters."""
    with as_public(session):
        return [one.title for one in browse.assets(session, on=DAY, **filters).rows]  # type: ignore[arg-type]


#: What is typed, and the entry that is meant.
TYPED = (
    ("naaiclub", "Naaiclub Draad en Naald"),  # as it stands
    ("naa", "Naaiclub Draad en Naald"),  # half a word
    ("NAALD draad", "Naaiclub Draad en Naald"),  # capitals and order
    ("naiclub", "Naaiclub Draad en Naald"),  # a typing error
    ("cafe", "Café Zonder Naam"),  # no accent
    ("kleding verstel kleren", None),  # a word too many
    ("dinsdagavonden", "Naaiclub Draad en Naald"),  # another form of a word in the text
    ("kast", "Ruilkast"),  # the end of a compound
    ("zaterdag", "Ruilkast"),  # its rhythm
    ("boeken", "Café Zonder Naam"),  # its gift
    ("fietsmaker", "Een buur repareert fietsen"),
    ("x", None),
    ("%%%", None),
    ("'; DROP TABLE asset --", None),
    ("!! & | :* <->", None),
)


def test_what_is_typed_finds_what_is_meant(here: Session) -> None:
    """Each way of writing it finds the entry first; signs of the query language mean nothing."""
    for typed, found in TYPED:
        assert titles(here, typed)[:1] == ([found] if found else []), typed


def test_every_group_is_found(here: Session) -> None:
    """Streets with their municipality and place, areas with their level, gifts once each; forgiving as well."""
    with as_public(here):
        street = search.find(here, "senor gomez", on=DAY).streets[0]
        wrong = search.find(here, "kerkstrat", on=DAY).streets
        area = search.find(here, "rekend", on=DAY).areas[0]
        gifts = search.find(here, "fietsen", on=DAY).gifts
        wrong_gift = search.find(here, "luistern", on=DAY).gifts

    assert ("Señor Gómezstraat", "Rekendam") == (street.name, street.place)
    assert street.bounds is not None
    assert len(street.parts) == 1
    assert ["Kerkstraat"] == [one.name for one in wrong]
    assert ("GM0001", "Rekendam") == (area.code, area.name)
    assert [(GiftOf.hands, "fietsen maken")] == [(one.of, one.what) for one in gifts]
    assert [(GiftOf.heart, "luisteren")] == [(one.of, one.what) for one in wrong_gift]


def test_what_the_map_shows_comes_first(here: Session) -> None:
    """Of two with one name the one in view is first, wherever the other is."""
    for where in ((200, 500), (800, 500)):
        inventory.add(here, thing("club", f"Koor {where[0]}", where), by=BUILDER, today=DAY)
    with as_public(here):
        for west, first in ((0, "Koor 200"), (550, "Koor 800")):
            west_edge, south, east, north = browse.bounds(here, "BU00010101" if west == 0 else "BU00010102") or ()
            found = search.find(here, "koor", on=DAY, view=(west_edge, south, east, north)).assets
            assert [first] == [one.title for one in found][:1]
            assert len(found) == 2


def test_who_is_not_public_is_found_by_nothing(here: Session) -> None:
    """A person without a consent for everyone is in no group, no list and no filter, however they are looked for."""
    assert titles(here, "buur repareert")
    for how in (
        "UPDATE consent SET withdrawn_at = now()",
        "UPDATE consent SET expires_on = CURRENT_DATE",
        "UPDATE consent SET audience = 'builders'",
        "UPDATE asset SET state = 'retired' WHERE kind = 'person'",
    ):
        change = here.begin_nested()
        here.execute(text(how))
        for typed in ("buur repareert", "fietsen", "fietsn", "luisteren", "repareert", "luistern"):
            with as_public(here):
                found = search.find(here, typed, on=DAY)
            assert not found.gifts, typed
            assert "Een buur repareert fietsen" not in [one.title for one in found.assets]
            assert "Een buur repareert fietsen" not in listed(here, words=typed)
        assert [] == listed(here, gift=GiftOf.heart)
        assert [] == listed(here, talent="fietsen")
        change.rollback()
    assert titles(here, "buur repareert")


def test_a_list_holds_what_has_the_words_or_lies_where_they_say(here: Session) -> None:
    """Words of a text, the name of a street or area, and both together; what only resembles is marked as such."""
    assert ["Schone stoep"] == listed(here, words="kerkstraat")
    assert {"Een buur repareert fietsen", "Ruilkast", "Café Zonder Naam"} == set(listed(here, words="oost"))
    assert ["Ruilkast"] == listed(here, words="ruilkast oost")
    assert ["Ruilkast"] == listed(here, words="Oost zaterdag")
    with as_public(here):
        exact = browse.assets(here, on=DAY, words="ruilkast")
        alike = browse.assets(here, on=DAY, words="ruilkats")
        elsewhere = browse.assets(here, on=DAY, words="ruilkast west")
    assert (False, True, True) == (exact.alike, alike.alike, elsewhere.alike)
    assert ["Ruilkast"] == [one.title for one in alike.rows]
    assert exact.ids == tuple(one.id for one in exact.rows)


def test_gifts_and_newcomers_are_filters(here: Session) -> None:
    """By head, heart or hands, by words, by both of one gift, and by whether newcomers are welcome."""
    assert {"Café Zonder Naam", "Een buur repareert fietsen"} == set(listed(here, gift=GiftOf.hands))
    assert ["Een buur repareert fietsen"] == listed(here, talent="Fietsen")
    assert ["Een buur repareert fietsen"] == listed(here, gift=GiftOf.heart, talent="luister")
    assert [] == listed(here, gift=GiftOf.heart, talent="fietsen"), "hands can do that, not the heart"
    assert [] == listed(here, talent="100%")
    assert ["Ruilkast"] == listed(here, open_only=True)


@pytest.mark.parametrize(("few", "most", "newest"), [(5000, 50_000, 20_000), (2, 5000, 4), (2, 3, 4)])
def test_pages_of_a_search_are_whole(
    here: Session, monkeypatch: pytest.MonkeyPatch, few: int, most: int, newest: int
) -> None:
    """Paging through what has a word gives each entry once, whether they are few, many or very many."""
    monkeypatch.setattr(browse, "FEW_GATHERED", few)
    monkeypatch.setattr(browse, "MOST_GATHERED", most)
    monkeypatch.setattr(browse, "NEWEST", newest)
    for number in range(7):
        inventory.add(here, thing("club", f"Wandelclub {number}", (150, 160)), by=BUILDER, today=DAY)
    found: list[int] = []
    before = None
    for _ in range(4):
        with as_public(here):
            page = browse.assets(here, on=DAY, words="wandelclub", before=before, limit=3)
        assert page.matched == 7 or most < 7
        found += [one.id for one in page.rows]
        before = page.next_before
        if before is None:
            break
    assert len(found) == len(set(found)) == 7
