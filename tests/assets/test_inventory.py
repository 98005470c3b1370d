"""Assets: adding, changing, confirming and retiring them, and what is refused."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assets import history, inventory
from assets.drafts import AssetDraft, PlaceDraft
from assets.errors import Invalid, NotAllowed, NotFound, Stale
from assets.permissions import VISITOR
from tests import neighbourhood
from tests.neighbourhood import BUILDER, DAY, at


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood without anybody in it."""
    neighbourhood.draw(session, tmp_path)
    return session


def place(x: float = 150, y: float = 150) -> dict[str, Any]:
    """A point of the drawing."""
    return {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": at(x, y)}}


def draft(kind: str = "meeting_place", title: str = "Het Anker", **values: Any) -> AssetDraft:
    """A draft of an asset in West."""
    return AssetDraft.model_validate({"kind": kind, "title": title, "place": place(), **values})


def area_code(session: Session, asset: inventory.Asset) -> str | None:
    """The code of the area an asset lies in."""
    return session.scalar(text("SELECT code FROM area WHERE id = :id"), {"id": asset.area_id})


def test_a_meeting_place_is_stored_where_it_is(drawn: Session) -> None:
    """A thing keeps its exact place and belongs to the smallest area that holds it."""
    asset = inventory.add(drawn, draft(themes=["meeting"]), by=BUILDER, today=DAY)

    assert "BU00010101" == area_code(drawn, asset)
    assert (100_150.0, 400_150.0) == drawn.execute(
        text("SELECT ST_X(geom), ST_Y(geom) FROM asset WHERE id = :id"), {"id": asset.id}
    ).one()


def test_every_change_leaves_a_history_row(drawn: Session) -> None:
    """Who, what, from what to what: for adding, changing and retiring."""
    asset = inventory.add(drawn, draft(), by=BUILDER, today=DAY)
    inventory.change(drawn, asset.id, draft(title="De Haven"), by=BUILDER, if_version=1, today=DAY)
    inventory.retire(drawn, asset.id, by=BUILDER, if_version=2)

    rows = history.of(drawn, "asset", asset.id)
    assert ["added", "changed", "retired"] == [row.action for row in rows]
    assert ("Het Anker", "De Haven") == (rows[1].before["title"], rows[1].after["title"])
    assert {BUILDER.name} == {row.by for row in rows}


def test_the_second_of_two_editors_is_told(drawn: Session) -> None:
    """A change against an older version is refused and changes nothing."""
    asset = inventory.add(drawn, draft(), by=BUILDER, today=DAY)
    inventory.change(drawn, asset.id, draft(title="De Haven"), by=BUILDER, if_version=1, today=DAY)

    with pytest.raises(Stale):
        inventory.change(drawn, asset.id, draft(title="Het Baken"), by=BUILDER, if_version=1, today=DAY)
    assert "De Haven" == inventory.get(drawn, asset.id).title


def test_a_visitor_cannot_write(drawn: Session) -> None:
    """No write without a role that may."""
    with pytest.raises(NotAllowed):
        inventory.add(drawn, draft(), by=VISITOR, today=DAY)


def test_a_retired_asset_cannot_be_changed_again(drawn: Session) -> None:
    """What is in the archive is not found by an editor."""
    asset = inventory.add(drawn, draft(), by=BUILDER, today=DAY)
    inventory.retire(drawn, asset.id, by=BUILDER)

    with pytest.raises(NotFound):
        inventory.change(drawn, asset.id, draft(title="x"), by=BUILDER, today=DAY)
    with pytest.raises(NotFound):
        inventory.retire(drawn, asset.id, by=BUILDER)


@pytest.mark.parametrize(
    ("geometry", "pointer", "reason"),
    [
        ({"type": "Point", "coordinates": [float("nan"), 1]}, "/place/geometry/coordinates", "finite"),
        ({"type": "Point", "coordinates": [float("inf"), 1]}, "/place/geometry/coordinates", "finite"),
        ({"type": "Point", "coordinates": []}, "/place/geometry/coordinates", "two numbers"),
        ({"type": "Point", "coordinates": [True, False]}, "/place/geometry/coordinates", "is a number"),
        ({"type": "Polygon", "coordinates": []}, "/place/geometry/coordinates", "empty"),
        (
            {"type": "Polygon", "coordinates": [[[4.4, 51.9], [4.5, 51.9], [4.5, 52.0]]]},
            "/place/geometry/coordinates/0",
            "ends where it begins",
        ),
        (
            {"type": "Polygon", "coordinates": [[[4.4, 51.9], [4.5, 52.0], [4.5, 51.9], [4.4, 52.0], [4.4, 51.9]]]},
            "/place/geometry/coordinates",
            "crosses itself",
        ),
        ({"type": "Point", "coordinates": [100150.0, 400150.0]}, "/place/geometry", "look like RD metres"),
        ({"type": "Point", "coordinates": [51.9, 4.45]}, "/place/geometry", "swapped"),
        ({"type": "Point", "coordinates": [-74.0, 40.7]}, "/place/geometry", "outside the area"),
        ({"type": "Circle", "coordinates": [4, 52]}, "/place/geometry/type", "geometry type"),
        ({"type": "LineString", "coordinates": [[4, 52], [5, 52]]}, "/place/geometry/type", "geometry type"),
        ({"type": "Polygon", "coordinates": [[[4.0, 52.0]] * 10_001]}, "/place/geometry/coordinates/0", "10,000"),
    ],
)
def test_a_bad_geometry_is_refused_with_the_place_and_the_reason(
    drawn: Session, geometry: dict[str, Any], pointer: str, reason: str
) -> None:
    """Nothing that PostGIS would store without a word gets past the door."""
    wrong = AssetDraft.model_validate({"kind": "club", "title": "Naaiclub", "place": {"geometry": geometry}})

    with pytest.raises(Invalid) as refused:
        inventory.add(drawn, wrong, by=BUILDER, today=DAY)
    assert pointer == refused.value.faults[0].pointer
    assert reason in refused.value.faults[0].detail
    assert 0 == drawn.scalar(text("SELECT count(*) FROM asset"))


@pytest.mark.parametrize(
    "values",
    [
        {"title": ""},
        {"title": "x" * 201},
        {"title": "nul \x00 byte"},
        {"title": "\ud800"},
        {"description": "x" * 4001},
        {"kind": "wizard"},
        {"themes": ["dragons"]},
        {"themes": ["litter", "litter"]},
        {"started_on": "2026-02-30"},
        {"started_on": "1899-12-31"},
        {"started_on": "2026-05-02", "ended_on": "2026-05-01"},
        {"member_count": -1},
        {"unknown": "name"},
        {"language": "Klingon!"},
    ],
)
def test_a_draft_that_makes_no_sense_is_refused(values: dict[str, Any]) -> None:
    """Lengths, dates, words and names are checked before anything else."""
    with pytest.raises(ValidationError):
        draft(**values)


@pytest.mark.parametrize(
    "title",
    ["<img src=x onerror=alert(1)>", "</script>", "${alert(1)}", "\u200fkoffie", "'; DROP TABLE asset; --", "☕ Élan"],
)
def test_any_text_is_text(drawn: Session, title: str) -> None:
    """A title that looks like code is stored as the text it is."""
    asset = inventory.add(drawn, draft(title=title), by=BUILDER, today=DAY)

    assert title == drawn.scalar(text("SELECT title FROM asset WHERE id = :id"), {"id": asset.id})


def test_a_street_initiative_can_be_given_in_three_ways(drawn: Session) -> None:
    """Whole street, line, and two points: each becomes a stretch with its metres."""
    whole = neighbourhood.initiative("whole", {"street": "Singel", "whole": True})
    line = neighbourhood.initiative("line", {"line": [(110, 102), (210, 98)]})
    two = neighbourhood.initiative("two", {"street": "kerkstraat", "between": [(150, 110), (350, 95)]})

    lengths = []
    for wanted in (whole, line, two):
        asset = inventory.add(drawn, wanted, by=BUILDER, today=DAY)
        lengths.append([stretch.length_m for stretch in inventory.stretches_of(drawn, asset.id)])
    assert [[600.0], [pytest.approx(100.0, abs=0.3)], [pytest.approx(200.0, abs=0.2)]] == lengths


def test_a_line_that_crosses_side_streets_is_on_the_street_it_follows(drawn: Session) -> None:
    """Of all streets within 25 m the one that the line follows is meant."""
    asset = inventory.add(
        drawn, neighbourhood.initiative("along", {"line": [(300, 302), (519, 302)]}), by=BUILDER, today=DAY
    )

    (stretch,) = inventory.stretches_of(drawn, asset.id)
    assert "Dwarsstraat" == drawn.scalar(text("SELECT name FROM street WHERE id = :id"), {"id": stretch.street_id})


@pytest.mark.parametrize(
    ("stretch", "reason"),
    [
        ({"line": [(600, 560), (640, 560)]}, "No street runs within 25 m of this place. Nearest: Ronde Plein (61 m)"),
        ({"street": "Kerkstraat", "line": [(100, 130), (200, 130)]}, "Kerkstraat does not run within 25 m"),
        ({"street": "Kerkstrat", "whole": True}, "There is no street called Kerkstrat. Perhaps you mean: Kerkstraat"),
        ({"street": "Dorpsstraat", "whole": True}, "There are several streets called Dorpsstraat"),
        ({"street": "Singel", "between": [(100, 445), (400, 475)]}, "not joined along the street"),
        ({"street": "Singel", "between": [(100, 450), (100, 450)]}, "the same place"),
    ],
)
def test_a_stretch_that_fits_no_street_is_refused_with_what_is_near(
    drawn: Session, stretch: dict[str, Any], reason: str
) -> None:
    """The refusal names the nearest candidates or the look-alikes, and nothing is stored."""
    with pytest.raises(Invalid) as refused:
        inventory.add(drawn, neighbourhood.initiative("x", stretch), by=BUILDER, today=DAY)

    assert reason in refused.value.faults[0].detail
    assert refused.value.faults[0].pointer.startswith("/place/stretches/0")
    assert 0 == drawn.scalar(text("SELECT count(*) FROM asset"))


def test_changing_the_place_of_an_initiative_moves_what_it_covers(drawn: Session) -> None:
    """The kept links follow in the same transaction."""
    asset = inventory.add(
        drawn, neighbourhood.initiative("a", {"street": "Singel", "whole": True}), by=BUILDER, today=DAY
    )
    inventory.change(
        drawn, asset.id, neighbourhood.initiative("a", {"street": "Korte Steeg", "whole": True}), by=BUILDER, today=DAY
    )

    covered = drawn.execute(
        text("SELECT p.name, l.covered_m FROM stretch_part AS l JOIN street_part AS p ON p.id = l.street_part_id")
    ).all()
    assert [("Korte Steeg", 40.0)] == [tuple(row) for row in covered]


def test_a_draft_made_from_an_asset_makes_the_same_asset(drawn: Session) -> None:
    """Nothing gets lost between the row and the draft."""
    first = inventory.add(
        drawn,
        draft(kind="club", themes=["culture"], rhythm="elke dinsdag", started_on="2020-02-29", member_count=12),
        by=BUILDER,
        today=DAY,
    )
    again = inventory.add(drawn, inventory.as_draft(drawn, first), by=BUILDER, today=DAY)

    assert inventory.as_draft(drawn, first) == inventory.as_draft(drawn, again)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE asset SET geom = ST_SetSRID(ST_Point(100150, 400150), 28992), kind = 'street_initiative'",
        "UPDATE asset SET geom = NULL",
        "UPDATE asset SET kind = 'person'",
        "UPDATE asset SET ended_on = started_on - 1",
        "UPDATE asset SET themes = '{dragons}'",
        "UPDATE asset SET geom = ST_SetSRID(ST_MakeLine(ST_Point(0, 0), ST_Point(1, 1)), 28992)",
        "UPDATE asset SET title = ''",
    ],
)
def test_the_database_itself_refuses_what_makes_no_sense(drawn: Session, change: str) -> None:
    """Constraints hold also for who writes past the program."""
    inventory.add(drawn, draft(), by=BUILDER, today=DAY)

    with pytest.raises(IntegrityError), drawn.begin_nested():
        drawn.execute(text(change))


def test_a_confirmation_brings_a_faded_asset_back(drawn: Session) -> None:
    """One "still there" is enough."""
    old = inventory.add(
        drawn,
        neighbourhood.initiative(
            "old", {"street": "Singel", "whole": True}, started_on="2024-01-01", confirmed_on="2024-01-01"
        ),
        by=BUILDER,
        today=DAY,
    )
    active = text("SELECT active_on @> CAST(:day AS date) FROM asset WHERE id = :id")
    assert drawn.scalar(active, {"day": DAY, "id": old.id}) is False

    inventory.confirm(drawn, old.id, by=BUILDER, today=DAY)

    assert drawn.scalar(active, {"day": DAY, "id": old.id}) is True
    assert drawn.scalar(active, {"day": date(2025, 6, 1), "id": old.id}) is False


def test_what_is_not_there_cannot_be_confirmed(drawn: Session) -> None:
    """Not on a day to come, not before it began or after it ended, and not when it was taken off the map."""
    asset = inventory.add(
        drawn, draft(started_on="2026-01-01", ended_on="2026-05-01", confirmed_on="2026-01-01"), by=BUILDER, today=DAY
    )
    for day in (date(2026, 6, 2), date(2025, 12, 31), date(2026, 5, 1)):
        with pytest.raises(Invalid):
            inventory.confirm(drawn, asset.id, by=BUILDER, on=day, today=DAY)
    inventory.confirm(drawn, asset.id, by=BUILDER, on=date(2026, 4, 30), today=DAY)
    with pytest.raises(NotAllowed):
        inventory.confirm(drawn, asset.id, by=VISITOR, today=DAY)
    inventory.retire(drawn, asset.id, by=BUILDER)
    with pytest.raises(NotFound):
        inventory.confirm(drawn, asset.id, by=BUILDER, on=date(2026, 4, 30), today=DAY)


@pytest.mark.parametrize("crs", [None, ""])
def test_a_coordinate_system_may_be_left_empty(crs: str | None) -> None:
    """Nothing where a coordinate reference system may stand means that none is named; it is no fault of the program."""
    assert PlaceDraft(crs=crs).crs is None
