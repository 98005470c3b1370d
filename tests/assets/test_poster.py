"""What stands on a poster: worked out on the hand-drawn neighbourhood.

Of `neighbourhood.live`, on 1 June 2026, these initiatives count: in West A, B (Kerkstraat) and C (Singel); in Oost D
(Lange Laan) and G (Ronde Plein). F has faded. E ended on 1 May; most of its Dwarsstraat (280 of 500 m) is in Oost.

West is 500 m wide and 600 m high. With 5 % of room on each side that is 550 by 660 m; on a square map it becomes 660 by
660 m round the middle (250, 300): from x -80 to 580 and y -30 to 630.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import consents, inventory, poster
from assets.drafts import AssetDraft
from assets.errors import NotFound, TooLarge
from assets.vocabulary import AssetKind, Audience, Freshness
from tests import neighbourhood
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, CORNER, DAY, at


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood with what neighbours do."""
    neighbourhood.draw(session, tmp_path)
    neighbourhood.live(session)
    return session


def add(session: Session, kind: str, title: str, x: float = 100, y: float = 100, **values: Any) -> int:
    """An entry at a point of the drawing; its id."""
    place = {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": at(x, y)}, **values.pop("place", {})}
    draft = AssetDraft.model_validate({"kind": kind, "title": title, "place": place, **values})
    return inventory.add(session, draft, by=BUILDER, today=DAY).id


def contents(session: Session, code: str, *, on: date = DAY, aspect: float = 1.0, **more: Any) -> poster.Contents:
    """The contents as a visitor sees them."""
    with as_public(session) as visitor:
        return poster.contents(visitor, code, on=on, aspect=aspect, **more)


def titles(found: poster.Contents) -> list[str]:
    return [entry.title for entry in found.entries]


def test_what_counts_stands_on_it(drawn: Session) -> None:
    """Active entries of the area, whole: what has ended, has faded or lies elsewhere is not on it."""
    assert titles(contents(drawn, "BU00010101")) == ["A", "B", "C"]
    assert titles(contents(drawn, "BU00010102")) == ["D", "G"]
    assert titles(contents(drawn, "WK000101")) == ["A", "B", "C", "D", "G"]
    assert titles(contents(drawn, "BU00010102", on=date(2026, 4, 30))) == ["D", "E", "G"]


def test_the_window_is_the_area_with_room_around_it(drawn: Session) -> None:
    """The longer side decides; the other is widened to the shape of the paper. Neighbours are those that are seen."""
    found = contents(drawn, "BU00010101")
    west, south, east, north = found.window
    assert [west - CORNER[0], south - CORNER[1], east - CORNER[0], north - CORNER[1]] == pytest.approx(
        [-80, -30, 580, 630]
    )
    assert [area.name for area in found.around] == ["Oost"]
    assert [area.name for area in contents(drawn, "WK000101").around] == ["Buiten", "Oost", "West"]
    assert {street.name for street in found.streets} >= {"Kerkstraat", "Grensweg", None}
    assert found.area.kind.value == "neighbourhood"
    assert not found.sample


def test_ageing_is_told(drawn: Session) -> None:
    """All were entered on 1 June: six months later they still count and age, after twelve they are gone."""
    assert {entry.freshness for entry in contents(drawn, "BU00010101").entries} == {Freshness.fresh}
    found = contents(drawn, "BU00010101", on=date(2026, 12, 2))
    assert [entry.freshness for entry in found.entries] == [Freshness.ageing] * 3
    assert contents(drawn, "BU00010101", on=date(2027, 6, 2)).entries == ()


def test_a_person_has_no_pin_and_needs_consent(drawn: Session) -> None:
    """A person is on it only while a public consent holds, and never with a shape."""
    person = add(drawn, "person", "Een bewoner kan fietsen maken")
    assert "Een bewoner kan fietsen maken" not in titles(contents(drawn, "BU00010101"))
    today = date.fromisoformat(str(drawn.scalar(text("SELECT CURRENT_DATE"))))
    consent = consents.record(
        drawn, person, audience=Audience.public, wording_version="1", wording="Ja.", language="nl",
        given_on=today - timedelta(days=1), by="builder",
    )  # fmt: skip
    entry = contents(drawn, "BU00010101").entries[0]
    assert (entry.title, entry.shape) == ("Een bewoner kan fietsen maken", None)
    consent.withdrawn_at = datetime.now(UTC)
    assert "Een bewoner kan fietsen maken" not in titles(contents(drawn, "BU00010101"))


def test_every_kind_gets_its_share(drawn: Session) -> None:
    """With room for four of 6 clubs, 1 story and 3 initiatives: the story, and of the others the newest in turns."""
    for number in range(6):
        add(drawn, "club", f"Club {number}")
    add(drawn, "story", "Verhaal")
    found = contents(drawn, "BU00010101", most=4)
    assert titles(found) == ["Club 4", "Club 5", "C", "Verhaal"]
    assert (len(found.entries), found.more) == (4, 6)
    assert [entry.kind for entry in contents(drawn, "BU00010101").entries] == [
        *[AssetKind.club] * 6, *[AssetKind.street_initiative] * 3, AssetKind.story,
    ]  # fmt: skip


def test_what_cannot_be_made_is_refused(drawn: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown area, and an area with more streets or entries than a sheet can hold."""
    with pytest.raises(NotFound):
        contents(drawn, "BU99999999")
    monkeypatch.setattr(poster, "MOST_IN_ALL", 2)
    with pytest.raises(TooLarge, match="West holds more than 2 entries"):
        contents(drawn, "BU00010101")
    monkeypatch.setattr(poster, "MOST_STREET_PARTS", 6)
    with pytest.raises(TooLarge, match="Rekendam has more than 6 streets"):
        contents(drawn, "GM0001")


def test_an_area_without_streets_and_entries_has_a_poster(drawn: Session) -> None:
    """Leeg has nothing: its window is there, and what is in it comes from next door."""
    found = contents(drawn, "BU00010201")
    assert (found.entries, found.more) == ((), 0)
    assert found.area.name == "Leeg"
