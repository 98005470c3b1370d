"""Photos in the database: one of an entry, none of a person, gone when the entry is, and waiting with a suggestion."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from assets import history, inventory, photos, pictures, suggestions, undo
from assets.drafts import AssetDraft
from assets.errors import Conflict, Invalid, NotAllowed, NotFound
from assets.permissions import VISITOR
from assets.photos import Photo
from assets.pictures import Picture
from assets.vocabulary import SuggestionKind
from tests.assets.test_connections import put, town  # noqa: F401 - a fixture
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, DAY, at
from tests.photo_files import plain


@pytest.fixture(scope="module")
def red() -> Picture:
    """A red photo."""
    return pictures.made(plain(colour="red"))


@pytest.fixture(scope="module")
def blue() -> Picture:
    """A blue photo."""
    return pictures.made(plain(colour="blue"))


def seen(session: Session, asset_id: int) -> str | None:
    """What visitors are told that is on the photo of an asset."""
    with as_public(session):
        found = photos.of_asset(session, asset_id)
    return found and found.alt


def count(session: Session) -> int:
    """How many photos there are."""
    return int(session.execute(text("SELECT count(*) FROM photo")).scalar_one())


def test_one_of_an_entry(town: Session, red: Picture, blue: Picture) -> None:  # noqa: F811
    """It is seen by everyone, large and small; another takes its place, and the old one is out of sight."""
    house = put(town, "meeting_place", "Huis")
    assert seen(town, house) is None
    first = photos.put(town, house, red, alt=" De  lange\ntafel ", language="nl", by=BUILDER)
    assert "De lange tafel" == seen(town, house)
    with as_public(town):
        large = photos.file(town, first.key, small=False)
        assert (red.large.data, red.small.data) == (large.data, photos.file(town, first.key, small=True).data)
        assert photos.file(town, first.key, small=False, known=frozenset({large.digest})).data is None
        assert large.digest != photos.file(town, first.key, small=True).digest

    second = photos.put(town, house, blue, alt="A long table", language="en", by=BUILDER)
    assert ("A long table", 2) == (seen(town, house), count(town))
    assert second.key != first.key
    with as_public(town), pytest.raises(NotFound):
        photos.file(town, first.key, small=True)
    photos.describe(town, house, alt="De tafel", language="nl", by=BUILDER)
    assert "De tafel" == seen(town, house)
    photos.remove(town, house, by=BUILDER)
    photos.remove(town, house, by=BUILDER)
    assert (None, 2) == (seen(town, house), count(town))  # put away, until photos.tidy
    told = history.of(town, "photo", first.id) + history.of(town, "photo", second.id)
    assert ["added", "replaced", "described", "removed"] == [one.action for one in told]


def test_what_is_refused(town: Session, red: Picture) -> None:  # noqa: F811
    """A person, words that are none or too long, a role that may not, and an entry that is not there."""
    house, person = put(town, "meeting_place", "Huis"), put(town, "person", "Een bewoner")
    with pytest.raises(Invalid, match="Of a person"):
        photos.put(town, person, red, alt="x", language="nl", by=BUILDER)
    for alt in ("", "  \n", "x" * 301, "a\x07b", "\ud800"):
        with pytest.raises(Invalid) as refused:
            photos.put(town, house, red, alt=alt, language="nl", by=BUILDER)
        assert ["/alt"] == [fault.pointer for fault in refused.value.faults]
    with pytest.raises(NotAllowed):
        photos.put(town, house, red, alt="x", language="nl", by=VISITOR)
    with pytest.raises(NotFound):
        photos.put(town, 999_999, red, alt="x", language="nl", by=BUILDER)
    with pytest.raises(NotFound):
        photos.describe(town, house, alt="x", language="nl", by=BUILDER)
    inventory.retire(town, house, by=BUILDER)
    with pytest.raises(NotFound):
        photos.put(town, house, red, alt="x", language="nl", by=BUILDER)
    assert 0 == count(town)


def test_gone_with_its_entry(town: Session, red: Picture) -> None:  # noqa: F811
    """An entry that is taken off the map takes its photo with it; one that is deleted leaves no byte."""
    house, club = put(town, "meeting_place", "Huis"), put(town, "club", "Club")
    keys = [photos.put(town, one, red, alt="x", language="nl", by=BUILDER).key for one in (house, club)]
    inventory.retire(town, house, by=BUILDER)
    with as_public(town):
        assert photos.of_asset(town, house) is None
        with pytest.raises(NotFound):
            photos.file(town, keys[0], small=False)
    assert photos.file(town, keys[0], small=False, archive=True).data  # a builder may still look
    town.execute(text("DELETE FROM asset WHERE id = :id"), {"id": club})
    assert [keys[0]] == list(town.scalars(select(Photo.key)))


def test_a_person_has_none_whatever_stands_in_the_table(town: Session, red: Picture) -> None:  # noqa: F811
    """Even a photo of a person that came into the table past every check is shown to nobody."""
    from tests.assets.test_connections import agree

    house, person = put(town, "meeting_place", "Huis"), put(town, "person", "Een bewoner")
    agree(town, person)
    key = photos.put(town, house, red, alt="x", language="nl", by=BUILDER).key
    town.execute(text("UPDATE photo SET asset_id = :person"), {"person": person})
    with as_public(town):
        assert photos.of_asset(town, person) is None
        with pytest.raises(NotFound):
            photos.file(town, key, small=False)


def proposed(session: Session, kind: str = "club") -> int:
    """A suggestion of something new."""
    place: dict[str, Any] = {"geometry": {"type": "Point", "coordinates": at(200, 300)}, "crs": "EPSG:28992"}
    if kind == "person":
        place = {"show": "none"}
    draft = AssetDraft.model_validate({"kind": kind, "title": "Nieuw", "place": place})
    return suggestions.propose(session, SuggestionKind.new, by=VISITOR, draft=draft, language="nl").id


def test_it_waits_with_its_suggestion(town: Session, red: Picture) -> None:  # noqa: F811
    """Only who decides can see it; accepted it is that of the entry, refused or withdrawn it is gone."""
    accepted, refused = proposed(town), proposed(town)
    for number in (accepted, refused):
        waiting = photos.suggest(town, number, red, alt="De tafel", language="nl", by=VISITOR)
        with as_public(town), pytest.raises(NotFound):
            photos.file(town, waiting.key, small=True)
        assert photos.file(town, waiting.key, small=True, archive=True).data
    shown = photos.of_suggestion(town, accepted)
    assert shown is not None
    assert "De tafel" == shown.alt

    made = suggestions.accept(town, accepted, by=BUILDER, today=DAY).asset_id
    assert made is not None
    assert "De tafel" == seen(town, made)
    suggestions.refuse(town, refused, by=BUILDER, reason="Dubbel")
    assert 1 == count(town)
    with pytest.raises(NotFound):
        photos.suggest(town, refused, red, alt="x", language="nl", by=VISITOR)

    again = suggestions.propose(town, SuggestionKind.changed, by=VISITOR, asset_id=made, note="Nieuw", language="nl")
    photos.suggest(town, again.id, red, alt="Anders", language="nl", by=VISITOR)
    suggestions.withdraw(town, again.follow_token)
    assert (1, "De tafel") == (count(town), seen(town, made))
    again = suggestions.propose(town, SuggestionKind.changed, by=VISITOR, asset_id=made, note="Nieuw", language="nl")
    photos.suggest(town, again.id, red, alt="Anders", language="nl", by=VISITOR)
    suggestions.accept(town, again.id, by=BUILDER, done="Gedaan", today=DAY)
    assert (2, "Anders") == (count(town), seen(town, made))


def test_none_with_a_suggestion_about_a_person(town: Session, red: Picture) -> None:  # noqa: F811
    """A suggested person has no photo either."""
    with pytest.raises(Invalid, match="Of a person"):
        photos.suggest(town, proposed(town, "person"), red, alt="x", language="nl", by=VISITOR)


def test_bytes_are_kept_as_they_are(town: Session, red: Picture, tmp_path: Path) -> None:  # noqa: F811
    """The database does not try to pack what is packed already, and says how much it keeps."""
    house = put(town, "meeting_place", "Huis")
    photos.put(town, house, red, alt="x", language="nl", by=BUILDER)
    storage = town.scalars(
        text("SELECT attstorage FROM pg_attribute WHERE attrelid = 'photo'::regclass AND attname IN ('large', 'small')")
    ).all()
    assert ["e", "e"] == list(storage)
    assert len(red.large.data) + len(red.small.data) == photos.bytes_kept(town)


def test_brought_back(town: Session, red: Picture, blue: Picture) -> None:  # noqa: F811
    """What was replaced, taken away or described otherwise is taken back; after 14 days a photo is gone for good."""
    house = put(town, "meeting_place", "Huis")
    photos.put(town, house, red, alt="Rood", language="nl", by=BUILDER)
    photos.put(town, house, blue, alt="Blauw", language="nl", by=BUILDER)
    photos.describe(town, house, alt="Blauwer", language="nl", by=BUILDER)
    described, replaced, _ = (change.id for change in history.of_asset(town, house, limit=3))
    for change, said in ((described, "Blauw"), (replaced, "Rood")):
        undo.undo(town, change, by=BUILDER)
        assert said == seen(town, house)
    photos.remove(town, house, by=BUILDER)
    taken = newest(town, house)
    assert seen(town, house) is None
    undo.undo(town, taken, by=BUILDER)
    assert "Rood" == seen(town, house)

    photos.remove(town, house, by=BUILDER)
    town.execute(text("UPDATE photo SET put_away_at = now() - interval '15 days' WHERE put_away_at IS NOT NULL"))
    assert 2 == photos.tidy(town)
    with pytest.raises(Conflict):
        undo.undo(town, newest(town, house), by=BUILDER)
    assert 0 == count(town)


def newest(session: Session, asset_id: int) -> int:
    """The last change of an entry."""
    return history.of_asset(session, asset_id, limit=1)[0].id
