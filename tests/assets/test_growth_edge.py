"""Growth edge, against a drawing that is worked out on paper.

Metres from the corner (90000, 436000); the border between Hier (BU00010101) and Daar (BU00010102) is x = 1000. Streets
are cared for against litter where it says so, from 1 January 2026 on.

    Kerkstraat    (0,0)-(100,0)          carried, whole
    Aan           (100,0)-(100,50)       touches Kerkstraat: 0 m
    no name       (100,50)-(100,150)     a footpath of 100 m
    Padeind       (100,150)-(160,150)    50 along Aan and 100 along the path: 150 m
    Kruising      (50,-50)-(50,50)       crosses Kerkstraat without a vertex: no way known
    no name       (-100,0)-(-50,0)-(0,0) a bridge of 100 m, with a vertex in its middle
    Overkant      (-100,0)-(-150,0)      over the bridge: 100 m
    Onder         (-50,-40)-(-50,0)-(-50,40)  under the bridge, where both have a vertex: no way known
    Half          (100,0)-(210,0)        0 m from Kerkstraat; cared for along 10 of 110 m: partly, so no answer
    Grenspad      (900,500)-(1000,500)   ends at Daarweg, which lies in Daar: 0 m to a street outside the area
    Daarweg       (1000,500)-(1200,500)  carried, whole
    no name       (160,150)-(900,150)-(900,500)  a footpath of 740 + 350 = 1090 m
    Tussen        (900,500)-(900,520)    touches Grenspad: 100 m from Daarweg; from Kerkstraat it is
                                         50 + 100 + 60 + 1090 = 1300 m, so Daarweg is nearer
    no name       (0,0)-(0,-5000)        a footpath of exactly 5 km
    Precies       (0,-5000)-(50,-5000)   5,000 m: just known
    no name       (50,-5000)-(50,-5000.2)
    Verder        (50,-5000.2)-(90,-5000.2)  5,050.2 m: not known, as too far

Groenweg (0,60)-(60,60) is carried for greenery only, and meets nobody: without a theme it has an initiative, for litter
it has none. What lives within 200 m of Padeind stands in the tests.
"""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import consents, coverage, growth_edge, inventory
from assets.drafts import AssetDraft
from assets.errors import Invalid, NotFound, TooLarge
from assets.growth_edge import GrowthEdge
from assets.importers import import_areas, import_streets
from assets.vocabulary import AssetKind, Audience, GiftOf, Initiative, Theme
from tests import neighbourhood
from tests.importers.drawing import Points, at, box, collection, line
from tests.neighbourhood import BUILDER, DAY, initiative

HERE, THERE = "BU00010101", "BU00010102"
LINES: list[tuple[str | None, Points, dict[str, Any]]] = [
    ("Kerkstraat", [(0, 0), (100, 0)], {}),
    ("Aan", [(100, 0), (100, 50)], {}),
    (None, [(100, 50), (100, 150)], {}),
    ("Padeind", [(100, 150), (160, 150)], {}),
    ("Kruising", [(50, -50), (50, 50)], {}),
    (None, [(-100, 0), (-50, 0), (0, 0)], {"bridge": "yes"}),
    ("Overkant", [(-100, 0), (-150, 0)], {}),
    ("Onder", [(-50, -40), (-50, 0), (-50, 40)], {}),
    ("Half", [(100, 0), (210, 0)], {}),
    ("Grenspad", [(900, 500), (1000, 500)], {}),
    ("Daarweg", [(1000, 500), (1200, 500)], {}),
    (None, [(160, 150), (900, 150), (900, 500)], {}),
    ("Tussen", [(900, 500), (900, 520)], {}),
    (None, [(0, 0), (0, -5000)], {}),
    ("Precies", [(0, -5000), (50, -5000)], {}),
    (None, [(50, -5000), (50, -5000.2)], {}),
    ("Verder", [(50, -5000.2), (90, -5000.2)], {}),
    ("Groenweg", [(0, 60), (60, 60)], {}),
]
#: Street, metres to the nearest carried street and its name: litter in Hier, in the order of the answer.
ON_PAPER = [
    ("Aan", 0.0, "Kerkstraat"),
    ("Grenspad", 0.0, "Daarweg"),
    ("Overkant", 100.0, "Kerkstraat"),
    ("Tussen", 100.0, "Daarweg"),
    ("Padeind", 150.0, "Kerkstraat"),
    ("Precies", 5000.0, "Kerkstraat"),
    ("Groenweg", None, None),
    ("Kruising", None, None),
    ("Onder", None, None),
    ("Verder", None, None),
]


def whole(street: str, theme: str = "litter", **dates: str) -> AssetDraft:
    """An initiative on a whole street."""
    return initiative(street, {"street": street, "whole": True}, themes=(theme,), started_on="2026-01-01", **dates)


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The drawing with its initiatives."""
    import_areas(
        session,
        collection(
            tmp_path / "areas.geojson", [box(HERE, -500, -6000, 1000, 1000), box(THERE, 1000, -6000, 2000, 1000)]
        ),
    )
    features = [line(name, points, highway="residential", **given) for name, points, given in LINES]
    import_streets(session, collection(tmp_path / "streets.geojson", features))
    for draft in (whole("Kerkstraat"), whole("Daarweg"), whole("Groenweg", "greenery")):
        inventory.add(session, draft, by=BUILDER, today=DAY)
    part = {"street": "Half", "line": [at(100, 0), at(110, 0)]}
    inventory.add(
        session,
        AssetDraft.model_validate(
            {
                "kind": "street_initiative",
                "title": "Half",
                "themes": ["litter"],
                "started_on": "2026-01-01",
                "place": {"crs": "EPSG:28992", "stretches": [part]},
            }
        ),
        by=BUILDER,
        today=DAY,
    )
    return session


def told(found: GrowthEdge) -> list[tuple[str, float | None, str | None]]:
    """What is compared with the paper."""
    return [(row.street.name, row.nearest_energy_m, row.nearest_street) for row in found.rows]


def test_every_distance_is_that_on_paper(drawn: Session) -> None:
    """Nearest first, equal distances by name, and last those to which no way of 5 km is known."""
    found = growth_edge.streets(drawn, on=DAY, area=HERE, theme=Theme.litter)

    assert ON_PAPER == told(found)
    assert (len(ON_PAPER), False) == (found.found, found.more)


@pytest.mark.parametrize("first_m", [1.0, 60.0, 120.0, 1200.0, 5000.0])
def test_however_wide_is_looked_first_the_answer_is_the_same(
    drawn: Session, monkeypatch: pytest.MonkeyPatch, first_m: float
) -> None:
    """The small box is only to be quick: what it cannot tell for sure is looked for in the large one."""
    monkeypatch.setattr(growth_edge, "FIRST_REACH_M", first_m)
    for street in ("Aan", "Padeind", "Precies", "Kruising", "Tussen"):  # each as if the area had no other
        before = drawn.begin_nested()
        binds = {"name": street}
        drawn.execute(text("UPDATE street_part SET area_id = NULL WHERE name <> :name"), binds)
        others = "street_id <> (SELECT id FROM street WHERE name = :name)"
        drawn.execute(text(f"UPDATE segment SET area_id = NULL WHERE {others}"), binds)
        found = growth_edge.streets(drawn, on=DAY, area=HERE, theme=Theme.litter)
        before.rollback()
        assert [row for row in ON_PAPER if row[0] == street] == told(found)
    assert ON_PAPER == told(growth_edge.streets(drawn, on=DAY, area=HERE, theme=Theme.litter))


def test_the_streets_are_those_without_an_initiative(drawn: Session) -> None:
    """Exactly what coverage calls asked and unasked, for every theme, area and day, with the same state."""
    for theme in (None, Theme.litter, Theme.greenery, Theme.culture):
        for area in (None, HERE, THERE):
            for on in (DAY, date(2020, 1, 1)):
                found = growth_edge.streets(drawn, on=on, area=area, theme=theme)
                rows = coverage.street_parts(drawn, on=on, area=area, theme=theme, initiative=Initiative.none)
                assert {row.id: row.state for row in rows} == {row.id: row.street.state for row in found.rows}


def test_without_a_theme_every_initiative_is_energy(drawn: Session) -> None:
    """Groenweg is carried for greenery: it is no answer any more, and nobody comes nearer by it."""
    everything = growth_edge.streets(drawn, on=DAY, area=HERE)
    green = growth_edge.streets(drawn, on=DAY, area=HERE, theme=Theme.greenery)

    assert [row for row in ON_PAPER if row[0] != "Groenweg"] == told(everything)
    assert {None} == {row.nearest_energy_m for row in green.rows}


def test_a_day_before_anything_began_knows_no_energy(drawn: Session) -> None:
    """In 2025 nothing was carried: no distance is known, and none is nought."""
    found = growth_edge.streets(drawn, on=date(2025, 12, 31), theme=Theme.litter)

    assert {None} == {row.nearest_energy_m for row in found.rows}
    assert sorted(row.street.name for row in found.rows) == [row.street.name for row in found.rows]


def test_a_way_along_an_unnamed_path_in_the_neighbourhood(session: Session, tmp_path: Path) -> None:
    """On 30 April 2026 Dwarsstraat was carried. From Korte Steeg a footpath of sqrt(160² + 100²) = 188.7 m leads there.

    Every other street of the neighbourhood is drawn apart from the rest; Kerkstraat is carried too, and meets nobody.
    """
    neighbourhood.draw(session, tmp_path)
    neighbourhood.live(session)

    found = growth_edge.streets(session, on=date(2026, 4, 30), theme=Theme.litter)

    assert [("Korte Steeg", 188.7, "Dwarsstraat")] == [one for one in told(found) if one[1] is not None]


def test_pages_follow_one_another(drawn: Session) -> None:
    """Whatever the size of a page, by place or by number: together they are the whole list, each row once."""
    whole_list = [row.id for row in growth_edge.streets(drawn, on=DAY, theme=Theme.litter).rows]
    for size in (1, 3, 100):
        paged: list[int] = []
        after = None
        while True:
            page = growth_edge.streets(drawn, on=DAY, theme=Theme.litter, after=after, limit=size)
            paged += [row.id for row in page.rows]
            if not page.more:
                break
            after = (page.rows[-1].nearest_energy_m, page.rows[-1].id)
        assert whole_list == paged
        assert whole_list[size : 2 * size] == [
            row.id for row in growth_edge.streets(drawn, on=DAY, theme=Theme.litter, offset=size, limit=size).rows
        ]
    gone = growth_edge.streets(drawn, on=DAY, area=HERE, theme=Theme.litter, after=(100.0, 2**40))
    assert "Overkant" == gone.rows[0].street.name


# --- what lives around ---


def person(number: int, *gifts: str, show: str = "street") -> AssetDraft:
    """Someone in Half, whose general place (155, 0) is 150 m below Padeind."""
    return AssetDraft.model_validate(
        {
            "kind": "person",
            "title": f"Buur {number}",
            "gifts": [{"of": gift, "what": "iets"} for gift in gifts],
            "place": {
                "crs": "EPSG:28992",
                "geometry": {"type": "Point", "coordinates": at(150, 5)},
                "show": show,
                **({"street": "Half"} if show == "street" else {}),
            },
        }
    )


def thing(kind: str, x: float, y: float, *gifts: str, **values: str) -> AssetDraft:
    """A club, place or the like at a point."""
    place = {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": at(x, y)}}
    given = [{"of": gift, "what": "iets"} for gift in gifts]
    return AssetDraft.model_validate({"kind": kind, "title": kind, "gifts": given, "place": place, **values})


def join(session: Session, draft: AssetDraft, *, audience: Audience = Audience.public) -> int:
    """Put a person on the map, with their consent for this audience; their number."""
    asset = inventory.add(session, draft, by=BUILDER, today=date.today())
    session.flush()
    consents.record(
        session,
        asset.id,
        audience=audience,
        wording="Mag dit gezien worden?",
        wording_version="1",
        language="nl",
        given_on=date.today(),
        by="t",
    )
    return asset.id


def around_padeind(session: Session) -> growth_edge.Lives:
    """What is told of the surroundings of Padeind today."""
    found = growth_edge.streets(session, on=date.today(), area=HERE, theme=Theme.culture)
    return next(row.lives for row in found.rows if row.street.name == "Padeind")


def test_what_lives_within_200_metres_is_counted_by_kind(drawn: Session) -> None:
    """Of clubs at 199 and 201 m from Padeind one counts. What has ended does not; two gifts of hands are one entry.

    The initiatives on Kerkstraat (150 m below the end at (100,150)), Half and Groenweg (98.5 m) count: three.
    """
    today = date.today()
    for draft in (
        thing("club", 120, 349, "hands", "hands", "head"),
        thing("club", 120, 351, "hands"),
        thing("meeting_place", 130, 150),
        thing("story", 130, 150, ended_on=today.isoformat(), started_on="2020-01-01"),
        thing("exchange", 359, 150, "hands"),
    ):
        inventory.add(drawn, draft, by=BUILDER, today=today)
    drawn.execute(text("UPDATE asset SET active_on = '{[2026-01-01,)}' WHERE kind = 'street_initiative'"))

    lives = around_padeind(drawn)

    assert {
        AssetKind.person: None,
        AssetKind.club: 1,
        AssetKind.meeting_place: 1,
        AssetKind.street_initiative: 3,
        AssetKind.institution: 0,
        AssetKind.exchange: 1,
        AssetKind.story: 0,
    } == lives.kinds
    assert {GiftOf.head: 1, GiftOf.heart: 0, GiftOf.hands: 2} == lives.gifts
    assert ("person",) == lives.fewer_than_5


def test_of_five_people_or_fewer_no_number_is_told(drawn: Session) -> None:
    """Nobody to five are not told, six to ten are five, eleven is ten; the gift of a club tells only of the club."""
    counts = []
    inventory.add(drawn, thing("club", 130, 150, "hands"), by=BUILDER, today=date.today())
    for number in range(12):
        lives = around_padeind(drawn)
        counts.append((lives.kinds[AssetKind.person], lives.gifts[GiftOf.hands], lives.fewer_than_5))
        join(drawn, person(number, "hands"))

    assert [*[(None, 1, ("person",))] * 6, *[(5, 6, ())] * 5, (10, 11, ())] == counts


def test_people_count_where_they_show_their_street_and_are_public(drawn: Session) -> None:
    """Who shows their neighbourhood or no place, or agreed to less than everybody, counts nowhere here."""
    drawn.execute(text("UPDATE area SET label_point = ST_SetSRID(ST_MakePoint(90130, 436150), 28992)"))
    for number in range(6):
        join(drawn, person(number, show="neighbourhood"))
        join(drawn, person(number, show="none"))
        join(drawn, person(number), audience=Audience.builders)

    assert around_padeind(drawn).kinds[AssetKind.person] is None


# --- what cannot be asked ---


def test_bad_questions_are_refused(drawn: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """An area that is not known, a year out of reach, and more streets than can be answered."""
    with pytest.raises(NotFound):
        growth_edge.streets(drawn, on=DAY, area="BU99999999")
    with pytest.raises(Invalid):
        growth_edge.streets(drawn, on=date(1899, 12, 31))
    monkeypatch.setattr(growth_edge, "MOST", 3)
    with pytest.raises(TooLarge, match="choose an area"):
        growth_edge.streets(drawn, on=DAY)


def test_an_area_without_streets_has_an_empty_answer(drawn: Session, tmp_path: Path) -> None:
    """No street is no fault, and no row."""
    import_areas(drawn, collection(tmp_path / "empty.geojson", [box("BU00010109", 5000, 0, 6000, 1000)]))

    assert GrowthEdge((), 0, more=False) == growth_edge.streets(drawn, on=DAY, area="BU00010109")
