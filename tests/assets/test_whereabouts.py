"""Where an asset is: between which streets, at which street, and what lies around it, on the drawing by hand."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from assets import inventory, whereabouts
from assets.drafts import AssetDraft
from assets.whereabouts import CaredFor
from tests import neighbourhood
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, DAY, initiative, thing


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The streets of the neighbourhood, without entries."""
    neighbourhood.draw(session, tmp_path)
    return session


def add(session: Session, draft: AssetDraft) -> int:
    return inventory.add(session, draft, by=BUILDER, today=DAY).id


@pytest.mark.parametrize(
    ("stretch", "first", "last"),
    [
        ({"street": "Dwarsstraat", "whole": True}, None, None),
        ({"street": "Dwarsstraat", "line": [(500, 300), (700, 300)]}, "Grensweg", None),
        ({"street": "Dwarsstraat", "line": [(350, 300), (450, 300)]}, None, None),
        ({"street": "Singel", "line": [(100, 460), (220, 460)]}, None, None),
    ],
)
def test_a_stretch_is_told_by_the_streets_at_its_ends(
    drawn: Session, stretch: dict, first: str | None, last: str | None
) -> None:
    """Grensweg crosses Dwarsstraat at x = 500. A whole street, and one of two carriageways, has no ends to tell."""
    number = add(drawn, initiative("Ploeg", stretch))
    with as_public(drawn) as visitor:
        found = whereabouts.cared_for(visitor, number)
    assert [(one.street, one.whole) for one in found] == [(stretch["street"], "whole" in stretch)]
    assert {found[0].first, found[0].last} == {first, last}


def test_a_thing_is_at_the_nearest_street(drawn: Session) -> None:
    """A club 30 m from Lange Laan is there; a place 350 m from every street is at none, and neither is a person."""
    club = add(drawn, thing("club", "K", (600, 130)))
    far = add(drawn, thing("meeting_place", "L", (1150, 300)))
    with as_public(drawn) as visitor:
        assert whereabouts.street_near(visitor, club) == "Lange Laan"
        assert whereabouts.street_near(visitor, far) is None


def test_a_person_has_no_street_near_and_no_picture(drawn: Session) -> None:
    """Also once everyone may see them: the middle of a neighbourhood is nobody's door."""
    ids = neighbourhood.active(drawn)
    with as_public(drawn) as visitor:
        assert whereabouts.street_near(visitor, ids["P"]) is None
        assert whereabouts.surroundings(visitor, ids["P"], aspect=2) is None
        assert whereabouts.surroundings(visitor, ids["K"], aspect=2) is not None
        assert whereabouts.cared_for(visitor, ids["P"]) == []


def test_a_picture_shows_what_lies_around(drawn: Session) -> None:
    """Round a club at (600, 130) the window is 480 by 240 m: Lange Laan and Dwarsstraat's height is out of it."""
    club = add(drawn, thing("club", "K", (600, 130)))
    with as_public(drawn) as visitor:
        found = whereabouts.surroundings(visitor, club, aspect=2)
    assert found is not None
    west, south, east, north = (
        edge - corner for edge, corner in zip(found.window, neighbourhood.CORNER * 2, strict=True)
    )
    assert (west, south, east, north) == (360, 10, 840, 250)
    names = {line.name for line in found.lines}
    assert {"Lange Laan", "Grensweg", "Señor Gómezstraat"} <= names
    assert "Dwarsstraat" not in names


def test_two_stretches_of_one_street_are_two_lines(drawn: Session) -> None:
    """Each is told; what is told in the same words is told once."""
    number = add(
        drawn,
        initiative(
            "Ploeg",
            {"street": "Kerkstraat", "line": [(100, 100), (150, 100)]},
            {"street": "Kerkstraat", "line": [(300, 100), (400, 100)]},
            {"street": "Dwarsstraat", "whole": True},
        ),
    )
    with as_public(drawn) as visitor:
        assert whereabouts.cared_for(visitor, number) == [CaredFor("Kerkstraat", False), CaredFor("Dwarsstraat", True)]
