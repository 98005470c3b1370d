"""Choosing a stretch of a street without drawing, worked out by hand on the drawn neighbourhood.

The drawing has no corner in the middle of a street but where streets share an end or a vertex, so some tests draw a
few streets of their own (tests/corners.py), in metres from the same corner.
"""

from pathlib import Path

import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import crs, street_choice
from assets.drafts import StretchDraft
from assets.errors import NotFound
from assets.importers import import_streets
from assets.snapping import snap
from assets.street_way import StreetLine
from tests.conftest import as_public
from tests.corners import OWN, number
from tests.neighbourhood import CORNER, at, draw, streets_file


def street(session: Session, name: str) -> StreetLine:
    """The street with this name, as anyone may read it."""
    street_id = number(session, name)
    with as_public(session):
        return street_choice.street_line(session, street_id)


def corners(found: StreetLine) -> list[tuple[str, int]]:
    """Where people can choose: names and whole metres."""
    return [(" and ".join(corner.names) or corner.key, round(corner.along_m)) for corner in found.corners]


def local(line: shapely.LineString | None) -> list[tuple[float, float]]:
    """A line in metres from the corner of the drawing."""
    assert line is not None
    return [(round(x - CORNER[0], 1), round(y - CORNER[1], 1)) for x, y in line.coords]


def between(found: StreetLine, first: str, last: str) -> shapely.LineString | None:
    """The way between two corners, by the names of the streets there, or "start" and "end"."""
    keys = {" and ".join(corner.names) or corner.key: corner.node for corner in found.corners}
    return found.between(found.at(keys[first]), found.at(keys[last]))


@pytest.fixture
def own(session: Session, tmp_path: Path) -> Session:
    """The streets drawn here."""
    import_streets(session, streets_file(tmp_path, OWN))
    return session


def test_a_street_has_its_ends_to_choose_from(session: Session, tmp_path: Path) -> None:
    """Kerkstraat meets no street: 300 m between its western and its eastern end."""
    draw(session, tmp_path)
    found = street(session, "Kerkstraat")
    assert ("Kerkstraat", 300.0, ("West",), False) == (found.name, found.length_m, found.places, found.closed)
    assert [("start", 0), ("end", 300)] == corners(found)
    assert "east" == found.heading
    assert [(100, 100), (400, 100)] == local(between(found, "start", "end"))
    assert (250, 100) == local(shapely.LineString([found.middle(), found.middle()]))[0]


def test_corners_stand_in_the_order_along_the_street(own: Session) -> None:
    """Beukenlaan at 0 m is the western end, Brinklaan at 100 m and Eikenlaan at 200 m; the other end is bare."""
    found = street(own, "Dorpsweg")
    assert [("Beukenlaan", 0), ("Brinklaan", 100), ("Eikenlaan", 200), ("end", 300)] == corners(found)
    assert [(200, 100), (300, 100)] == local(between(found, "Brinklaan", "Eikenlaan"))
    assert [(300, 100), (200, 100), (100, 100)] == local(between(found, "Eikenlaan", "Beukenlaan"))
    assert between(found, "Brinklaan", "Brinklaan") is None


def test_a_stretch_between_corners_covers_what_lies_between_them(own: Session) -> None:
    """From Brinklaan to Eikenlaan is 100 m of Dorpsweg; of Brinklaan itself nothing."""
    found = street(own, "Dorpsweg")
    way = between(found, "Brinklaan", "Eikenlaan")
    assert way is not None
    draft = StretchDraft(street_id=found.street_id, line=[(x, y) for x, y in way.coords])
    storage = crs.storage(own)
    snapped = snap(own, draft, source=storage.srid, storage=storage, pointer="/place")
    assert found.street_id == snapped.street_id
    assert 100 == pytest.approx(snapped.length_m, abs=0.01)


def test_two_carriageways_are_one_street_of_one_length(own: Session) -> None:
    """Brinklaan is twice 200 m; from one end to the other is 200 m, and a stretch covers both carriageways."""
    found = street(own, "Brinklaan")
    assert 400 == found.length_m
    # the ends are 200 m apart; Dorpsweg touches one carriageway, half-way
    assert [("start", 0), ("Dorpsweg", 100), ("end", 200)] == corners(found)
    way = between(found, "start", "end")
    assert way is not None
    assert 200 == pytest.approx(way.length)
    storage = crs.storage(own)
    draft = StretchDraft(street_id=found.street_id, line=[(x, y) for x, y in way.coords])
    assert 400 == pytest.approx(snap(own, draft, source=storage.srid, storage=storage, pointer="").length_m, abs=0.01)


def test_a_closed_street_goes_round(own: Session) -> None:
    """Kringweg has no ends: from Oostpad (100 m from its lowest corner) to Westpad (300 m) either way is 200 m."""
    found = street(own, "Kringweg")
    assert found.closed
    metres = dict(corners(found))
    assert {"Oostpad", "Westpad"} == set(metres)
    assert 200 == abs(metres["Oostpad"] - metres["Westpad"])
    near = found.nearest(shapely.Point(at(650, 100)))
    far = found.nearest(shapely.Point(at(600, 150)))
    # 50 m back to the corner and 50 m up, not 300 m round
    assert {(650, 100), (600, 100), (600, 150)} == set(local(found.between(near, far)))


def test_a_square_without_side_streets_has_no_corner_to_name(session: Session, tmp_path: Path) -> None:
    """Ronde Plein: closed, 400 m, nothing meets it. Houses are on the piece without the widest gap."""
    draw(session, tmp_path)
    found = street(session, "Ronde Plein")
    assert found.closed
    assert () == found.corners
    houses = [shapely.Point(at(x, y)) for x, y in ((660, 402), (748, 450), (700, 502))]
    # from (660,400) by (750,400) and (750,500) to (700,500): 90 + 100 + 50 m
    way = found.around(houses)
    assert way is not None
    assert 240 == pytest.approx(way.length, abs=0.1)
    # and where they lie on both sides of where the ring begins, (650,400): 50 m on either side
    way = found.around([shapely.Point(at(700, 400)), shapely.Point(at(650, 450))])
    assert way is not None
    assert 100 == pytest.approx(way.length, abs=0.1)


def test_pieces_that_do_not_touch_are_one_street(session: Session, tmp_path: Path) -> None:
    """Grensweg jumps a metre east and two metres west on its way north: 600 m of street in two neighbourhoods."""
    draw(session, tmp_path)
    found = street(session, "Grensweg")
    assert ("West", "Oost") == found.places
    assert 600 == found.length_m
    way = between(found, "start", "end")
    assert way is not None
    ends = {local(way)[0], local(way)[-1]}
    assert {(500, 0), (499, 600)} == ends
    storage = crs.storage(session)
    draft = StretchDraft(street_id=found.street_id, line=[(x, y) for x, y in way.coords])
    snapped = snap(session, draft, source=storage.srid, storage=storage, pointer="")
    assert 600 == pytest.approx(snapped.length_m, abs=0.1)


def test_a_side_arm_of_the_same_name_belongs_to_the_street(own: Session) -> None:
    """Hofje runs 200 m with an arm of 80 m: Poortje is at the end of the arm, 180 m from the western end."""
    found = street(own, "Hofje")
    assert ("Poortje", 180) in corners(found)
    way = between(found, "start", "Poortje")
    assert [(600, 400), (700, 400), (700, 480)] == local(way)


def test_house_numbers_give_the_piece_where_the_houses_are(own: Session) -> None:
    """Houses 2, 4 and 12 stand 20, 40 and 150 m along Dorpsweg: from 3 to 12 is from 40 to 150 m; from 20 on: none."""
    street_id = number(own, "Dorpsweg")
    for house, along in (("2", 20), ("4", 40), ("12-A", 150)):
        own.execute(
            text(
                "INSERT INTO address (street_id, number, estimated, source, geom, street_part_id, along_mm)"
                " SELECT :street, :house, false, 'test', ST_SetSRID(ST_MakePoint(:x, :y), 28992), p.id, :mm"
                " FROM street_part AS p WHERE p.street_id = :street"
            ),
            {"street": street_id, "house": house, "x": at(100 + along, 0)[0], "y": at(0, 108)[1], "mm": along * 1000},
        )
    found = street(own, "Dorpsweg")
    assert found.numbers
    assert [(140, 100), (200, 100), (250, 100)] == local(street_choice.numbered(own, found, 3, 12))
    assert [(140, 100), (200, 100), (250, 100)] == local(street_choice.numbered(own, found, 12, 3))
    assert street_choice.numbered(own, found, 20, 30) is None
    # one house alone: 10 m on either side
    assert [(110, 100), (130, 100)] == local(street_choice.numbered(own, found, 1, 2))
    one = street_choice.house(own, street_id, "12 a")
    assert one is not None
    assert (150, 8) == (round(one.point.x - at(100, 0)[0]), round(one.point.y - at(0, 100)[1]))
    assert street_choice.house(own, street_id, "13") is None
    assert street_choice.house(own, street_id, "achter de kerk") is None


def test_a_street_that_is_not_there_is_not_found(session: Session, tmp_path: Path) -> None:
    """An unknown number has no lines."""
    draw(session, tmp_path)
    with pytest.raises(NotFound):
        street_choice.street_line(session, 9_999_999)


def test_typing_errors_accents_and_half_names_are_forgiven(session: Session, tmp_path: Path) -> None:
    """What is meant comes first; areas are found too; hostile signs find nothing and break nothing."""
    draw(session, tmp_path)
    with as_public(session):

        def first(words: str) -> str:
            return street_choice.find(session, words)[0].name

        assert "Kerkstraat" == first("kerkstraat")
        assert "Kerkstraat" == first("Kerkst")
        assert "Kerkstraat" == first("kerkstrat")
        assert "Señor Gómezstraat" == first("senor gomezstraat")
        assert "Señor Gómezstraat" == first("gomez")
        assert "Oost" == first("oost")
        found = street_choice.find(session, "Dorpsstraat")
        assert {("West",), ("Verweg",)} == {one.places for one in found if one.name == "Dorpsstraat"}
        for words in ("", "x", "%", "_____", "\x00\x00", "'; DROP TABLE street; --", "z" * 5000):
            assert [] == street_choice.find(session, words)


def test_house_numbers_are_read_as_people_write_them() -> None:
    """Digits with an addition in any form; anything else is none."""
    read = {
        words: street_choice.house_number(words) for words in ("12", " 12 ", "12A", "12 bis", "12-2", "012", "twaalf")
    }
    assert {"12": 12, " 12 ": 12, "12A": 12, "12 bis": 12, "12-2": 12, "012": None, "twaalf": None} == read
