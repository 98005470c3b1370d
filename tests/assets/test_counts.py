"""Numbers of a country: right at every moment, whether they were kept or are counted now, and without persons."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.parameters import today
from assets import activities, consents, counts, inventory, tiles
from assets.drafts import ActivityDraft, AssetDraft
from assets.vocabulary import ActivityKind, Audience
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, draw, initiative, thing


@pytest.fixture
def here(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood with four things and six public persons."""
    draw(session, tmp_path)
    for draft in (
        thing("club", "Koor", (150, 150), themes=["culture"], open_to_newcomers=True),
        thing("club", "Schaken", (620, 120), themes=["meeting"]),
        thing("story", "Vroeger", (1400, 300), themes=["culture"]),
        initiative("Prikploeg", {"street": "Kerkstraat", "whole": True}),
    ):
        inventory.add(session, draft, by=BUILDER, today=today())
    for number in range(6):
        person = {"kind": "person", "title": f"P {number}", "place": {"area": "BU00010101"}}
        identity = inventory.add(session, AssetDraft.model_validate(person), by=BUILDER, today=today()).id
        consents.record(
            session, identity, audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
            given_on=today() - timedelta(days=1), by=BUILDER.name,
        )  # fmt: skip
    return session


def told(session: Session, *, facet: str = "", on: date | None = None, z: int = 8) -> dict[str, int]:
    """The numbers in the tile of level z that holds the neighbourhood, added up by kind."""
    side = 2 * tiles.HALF_WORLD_M / 2**z
    x, y = session.execute(
        text(
            "SELECT floor((ST_X(p) + :half) / :side), floor((:half - ST_Y(p)) / :side)"
            " FROM (SELECT label_point_3857 AS p FROM area WHERE code = 'BU00010101') AS a"
        ),
        {"half": tiles.HALF_WORLD_M, "side": side},
    ).one()
    with as_public(session):
        raw: Any = session.connection().connection.driver_connection
        body = tiles.vector_tile(raw, z, int(x), int(y), on=on or today(), facet=facet)
    found = mapbox_vector_tile.decode(body).get("clusters", {"features": []})["features"]
    total: dict[str, int] = {}
    for feature in found:
        for kind, number in feature["properties"].items():
            total[kind] = total.get(kind, 0) + number
    return total


def test_numbers_are_the_same_kept_and_counted(here: Session) -> None:
    """Before anything is kept, after it, and after each kind of write: added, changed, taken off, confirmed."""
    assert {"club": 2, "story": 1, "street_initiative": 1} == told(here)
    assert counts.keep_all(here, on=today()) == 7
    assert 0 == here.execute(text("SELECT count(*) FROM stale_count")).scalar_one()
    assert {"club": 2, "story": 1, "street_initiative": 1} == told(here)

    added = inventory.add(here, thing("exchange", "Ruilkast", (640, 420)), by=BUILDER, today=today()).id
    assert {"club": 2, "story": 1, "street_initiative": 1, "exchange": 1} == told(here)
    inventory.change(here, added, thing("institution", "School", (150, 420)), by=BUILDER, today=today())
    assert {"club": 2, "story": 1, "street_initiative": 1, "institution": 1} == told(here)
    counts.keep_all(here, on=today())
    inventory.retire(here, added, by=BUILDER)
    assert {"club": 2, "story": 1, "street_initiative": 1} == told(here)
    counts.keep_all(here, on=today())
    assert {"club": 2, "story": 1, "street_initiative": 1} == told(here)


def test_each_facet_has_its_numbers(here: Session) -> None:
    """By theme, freshness and who welcomes newcomers; kept and counted alike."""
    wanted: dict[str, dict[str, int]] = {
        "culture": {"club": 1, "story": 1}, "litter": {"street_initiative": 1}, "open": {"club": 1}, "ageing": {},
        "fresh": {"club": 2, "story": 1, "street_initiative": 1}, "hands": {},
    }  # fmt: skip
    for _ in range(2):
        assert wanted == {facet: told(here, facet=facet) for facet in wanted}
        counts.keep_all(here, on=today())


def test_numbers_hold_on_the_days_that_they_say(here: Session) -> None:
    """On a day on which something has faded the kept number is not used: the litter initiative is gone in two years."""
    counts.keep_all(here, on=today())
    later = today() + timedelta(days=2 * 366)
    assert "street_initiative" not in told(here, on=later)
    assert 1 == told(here, on=later)["story"]
    counts.keep_all(here, on=later)
    assert "street_initiative" not in told(here, on=later)
    assert 1 == told(here)["street_initiative"], "kept for another day, counted for today"
    number = here.execute(text("SELECT id FROM asset WHERE kind = 'street_initiative'")).scalar_one()
    draft = ActivityDraft(asset_id=number, kind=ActivityKind.confirmation, held_on=later, participants=1)
    activities.add(here, draft, by=BUILDER, today=later)
    assert 1 == told(here, on=later)["street_initiative"]


def test_with_too_much_to_count_a_tile_says_nothing(here: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gives no number rather than a wrong one, until the areas are kept; then the data has a new version."""
    monkeypatch.setattr(tiles, "MOST_WAITING", 3)
    monkeypatch.setattr(counts, "MOST_WAITING", 3)
    assert {} == told(here)
    before = here.execute(text("SELECT sum(version) FROM data_version")).scalar_one()
    counts.keep_all(here, on=today())
    assert {"club": 2, "story": 1, "street_initiative": 1} == told(here)
    assert here.execute(text("SELECT sum(version) FROM data_version")).scalar_one() > before
