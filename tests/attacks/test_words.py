"""What words may not do: tell the number of a house in letters, or look like other words than they are."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import inventory, photos, relay, suggestions
from assets.drafts import AssetDraft
from assets.errors import Invalid
from assets.permissions import VISITOR
from assets.vocabulary import SuggestionKind
from tests import neighbourhood
from tests.neighbourhood import BUILDER, DAY, at, thing

TURNED = "Koor\u202e dooR\u2066\u202c"


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood without anybody in it."""
    neighbourhood.draw(session, tmp_path)
    return session


def person(**values: Any) -> AssetDraft:
    """Someone in West."""
    place = {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": at(123, 111)}}
    return AssetDraft.model_validate({"kind": "person", "title": "Een bewoner", "place": place, **values})


#: Numbers from one to a hundred, in letters.
SPELT = (
    "twee", "zes", "twaalf", "negentien", "twintig", "eenentwintig", "éénentwintig", "tweeëntwintig", "vijf en veertig",
    "negenennegentig", "honderd", "two", "twelve", "nineteen", "twenty", "twenty-one", "forty five", "ninety-nine",
    "one hundred",
)  # fmt: skip


@pytest.mark.parametrize("number", SPELT)
@pytest.mark.parametrize(
    "way", ["Ik woon in de Kerkstraat {}", "Singel {}, bij de brug", "Lange Laan {} en ik bak taart"]
)
def test_a_house_number_in_letters_is_refused(drawn: Session, number: str, way: str) -> None:
    """Behind the name of a street of the map a number in letters is the number of a house; its place is told."""
    words = way.format(number)
    with pytest.raises(Invalid) as refused:
        inventory.add(drawn, person(description=words), by=BUILDER, today=DAY)
    fault = refused.value.faults[0]
    street = next(name for name in ("Kerkstraat", "Singel", "Lange Laan") if name in words)
    assert (fault.pointer, fault.values["place"]) == ("/description", words.index(street) + 1)


@pytest.mark.parametrize(
    "words",
    [
        "In de Kerkstraat twaalf bomen water geven",
        "In de Kerkstraat een koor leiden",
        "In de Kerkstraat vier ik elk jaar feest met de buren",
        "Op de Singel drie keer in de week wandelen",
        "Langs de Singel two evenings a week",
        "Met twaalf buren in de Kerkstraat",
        "Zes talen spreken. Kerkstraat en Singel ken ik goed",
    ],
)
def test_what_is_counted_in_a_street_may_be_told(drawn: Session, words: str) -> None:
    """A number in letters that counts something is no house."""
    assert inventory.add(drawn, person(description=words), by=BUILDER, today=DAY).id


def written(session: Session) -> Iterator[Callable[[], str]]:
    """Every way in which words of people come in, each giving what is kept of TURNED."""
    club = inventory.add(session, thing("club", TURNED, (150, 150), description=TURNED), by=BUILDER, today=DAY)
    yield lambda: club.title
    yield lambda: club.description
    yield lambda: relay.words(TURNED)
    yield lambda: photos.words(TURNED)
    number = suggestions.propose(
        session, SuggestionKind.changed, by=VISITOR, asset_id=club.id, note=TURNED, language="nl"
    ).id
    yield lambda: str(session.execute(text("SELECT note FROM suggestion WHERE id = :id"), {"id": number}).scalar_one())


def test_signs_that_turn_the_direction_are_not_kept(drawn: Session) -> None:
    """A title that reads backwards, or turns what stands behind it, is kept as the plain words; everywhere the same."""
    kept = [way() for way in written(drawn)]
    assert kept == ["Koor dooR"] * 5


def test_marks_that_words_need_are_kept(drawn: Session) -> None:
    """Arabic and Persian words keep their marks and joiners."""
    title = "کتاب\u200cخانه \u200fمكتبة\u200e (1)"
    assert inventory.add(drawn, thing("club", title, (150, 150)), by=BUILDER, today=DAY).title == title
