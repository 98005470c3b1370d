"""Persons: their place is generalised before it is stored, and nothing is public without consent."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import activities, consents, history, inventory
from assets.drafts import ActivityDraft, AssetDraft
from assets.errors import Invalid, NotFound
from assets.vocabulary import Audience
from tests import neighbourhood
from tests.neighbourhood import BUILDER, DAY, at, thing


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood without anybody in it."""
    neighbourhood.draw(session, tmp_path)
    return session


def person(**values: Any) -> AssetDraft:
    """Someone who lives at (123, 111), beside Kerkstraat in West."""
    place = {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": at(123, 111)}, **values.pop("place", {})}
    gifts = [{"of": "hands", "what": "fietsen maken"}]
    return AssetDraft.model_validate(
        {"kind": "person", "title": "Een bewoner kan fietsen maken", "gifts": gifts, "place": place, **values}
    )


def stored(session: Session, asset_id: int) -> tuple[str, float | None, float | None]:
    """What the database holds of a place."""
    row = session.execute(
        text("SELECT placement, ST_X(geom) AS x, ST_Y(geom) AS y FROM asset WHERE id = :id"), {"id": asset_id}
    ).one()
    return row.placement, row.x, row.y


def test_everyone_in_a_neighbourhood_gets_the_same_place(drawn: Session) -> None:
    """The stored point is the label point of the neighbourhood, whatever the exact place was."""
    here = inventory.add(drawn, person(), by=BUILDER, today=DAY)
    there = inventory.add(
        drawn, person(place={"geometry": {"type": "Point", "coordinates": at(400, 500)}}), by=BUILDER, today=DAY
    )
    label = drawn.execute(text("SELECT ST_X(label_point), ST_Y(label_point) FROM area WHERE code = 'BU00010101'")).one()

    assert stored(drawn, here.id) == stored(drawn, there.id) == ("neighbourhood", *label)


def test_a_street_is_shown_by_its_middle(drawn: Session) -> None:
    """Kerkstraat runs from (100,100) to (400,100); it is longer than 100 m, so it may be shown."""
    asset = inventory.add(drawn, person(place={"show": "street"}), by=BUILDER, today=DAY)

    assert ("street", 100_250.0, 400_100.0) == stored(drawn, asset.id)


def test_a_street_too_small_to_hide_in_is_refused(drawn: Session) -> None:
    """Korte Steeg is 40 m and nobody knows how many addresses it has; with 9 it is too small, with 10 it is not."""
    small = person(place={"show": "street", "street": "Korte Steeg"})
    with pytest.raises(Invalid, match="too small"):
        inventory.add(drawn, small, by=BUILDER, today=DAY)
    drawn.execute(text("UPDATE street_part SET addresses = 9 WHERE name = 'Korte Steeg'"))
    with pytest.raises(Invalid, match="too small"):
        inventory.add(drawn, small, by=BUILDER, today=DAY)
    drawn.execute(text("UPDATE street_part SET addresses = 10 WHERE name = 'Korte Steeg'"))

    assert "street" == stored(drawn, inventory.add(drawn, small, by=BUILDER, today=DAY).id)[0]


def test_estimated_addresses_are_no_place_to_hide(drawn: Session) -> None:
    """Between the house numbers 1 and 23 may stand two houses: then the street must be longer than 100 m as well."""
    steeg = person(place={"show": "street", "street": "Korte Steeg"})
    drawn.execute(
        text(
            "INSERT INTO address (street_id, street_part_id, number, along_mm, estimated, source, geom)"
            " SELECT street_id, id, CAST(n AS text), 1000 * n, true, 'test', ST_PointOnSurface(geom)"
            " FROM street_part, generate_series(1, 23, 2) AS n WHERE name = 'Korte Steeg'"
        )
    )
    drawn.execute(text("UPDATE street_part SET addresses = 12 WHERE name = 'Korte Steeg'"))
    with pytest.raises(Invalid, match="too small"):
        inventory.add(drawn, steeg, by=BUILDER, today=DAY)
    drawn.execute(text("UPDATE address SET estimated = false"))

    assert "street" == stored(drawn, inventory.add(drawn, steeg, by=BUILDER, today=DAY).id)[0]


def test_no_place_is_no_pin(drawn: Session) -> None:
    """Who shows no place has no geometry: not 0,0."""
    asset = inventory.add(drawn, person(place={"show": "none"}), by=BUILDER, today=DAY)

    assert ("none", None, None) == stored(drawn, asset.id)


def test_no_table_holds_the_exact_place(drawn: Session) -> None:
    """Not the row, not the history, nothing: every column of every table is read as text and as geometry."""
    inventory.add(drawn, person(), by=BUILDER, today=DAY)
    inventory.add(drawn, person(place={"show": "street"}), by=BUILDER, today=DAY)
    inventory.add(drawn, person(place={"show": "none"}), by=BUILDER, today=DAY)

    tables = drawn.scalars(
        text(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
    ).all()
    for table in tables:
        found = drawn.scalar(
            text(f"SELECT count(*) FROM {table} AS t WHERE CAST(to_jsonb(t) AS text) ~ '100123|400111'")
        )
        assert 0 == found, table


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("mail naar bewoner@voorbeeld.nl", "e-mail"),
        ("bel 06-12345678", "telephone"),
        ("bel 010 123 45 67", "telephone"),
        ("+31 6 1234 5678", "telephone"),
        ("NL91 ABNA 0417 1643 00", "bank account"),
    ],
)
@pytest.mark.parametrize("field", ["title", "description", "gift"])
def test_a_way_to_reach_a_person_is_refused(drawn: Session, words: str, what: str, field: str) -> None:
    """Contact goes by relay; the refusal says where it stands."""
    values = {"gifts": [{"of": "hands", "what": words}]} if field == "gift" else {field: words}
    pointer = "/gifts/0/what" if field == "gift" else f"/{field}"

    with pytest.raises(Invalid) as refused:
        inventory.add(drawn, person(**values), by=BUILDER, today=DAY)
    assert pointer == refused.value.faults[0].pointer
    assert what in refused.value.faults[0].detail


def test_nor_in_what_is_noted_of_what_they_did(drawn: Session) -> None:
    """The note of an activity of a person is a text about them too; of a club it is not looked into."""
    somebody = inventory.add(drawn, person(), by=BUILDER, today=DAY).id
    club = inventory.add(drawn, thing("club", "Koor", (150, 150)), by=BUILDER, today=DAY).id
    noted = {"held_on": DAY, "note": "bel 06-12345678"}

    with pytest.raises(Invalid) as refused:
        activities.add(drawn, ActivityDraft(asset_id=somebody, **noted), by=BUILDER, today=DAY)
    assert "/note" == refused.value.faults[0].pointer
    done = activities.add(drawn, ActivityDraft(asset_id=club, **noted), by=BUILDER, today=DAY)
    moved = ActivityDraft(asset_id=somebody, **noted)
    with pytest.raises(Invalid):
        activities.change(drawn, done.id, moved, by=BUILDER, today=DAY)


def test_nothing_is_recorded_of_who_withdrew(drawn: Session) -> None:
    """The answer to a new or changed activity would tell their words."""
    somebody = inventory.add(drawn, person(), by=BUILDER, today=DAY).id
    draft = ActivityDraft(asset_id=somebody, held_on=DAY, note="Taart gebakken")
    done = activities.add(drawn, draft, by=BUILDER, today=DAY)
    consents.withdraw(drawn, somebody, by="test")
    with pytest.raises(Invalid, match="no asset"):
        activities.add(drawn, draft, by=BUILDER, today=DAY)
    with pytest.raises(NotFound):
        activities.change(drawn, done.id, draft, by=BUILDER, today=DAY)


@pytest.mark.parametrize(
    "words", ["sinds 2019", "elke dag van 10 tot 16 uur", "op 2026-11-23 om 20:00", "nummer 8 tot 120"]
)
def test_numbers_that_reach_nobody_are_fine(drawn: Session, words: str) -> None:
    """Years, hours and dates are no telephone numbers."""
    assert inventory.add(drawn, person(description=words), by=BUILDER, today=DAY).id


def test_a_person_is_public_only_with_a_consent_that_holds(drawn: Session) -> None:
    """None, one for builders, one that has ended, one that was withdrawn: not public. One that holds: public."""
    today = date.today()
    asset = inventory.add(drawn, person(), by=BUILDER)

    def public() -> bool:
        return bool(drawn.scalar(text("SELECT count(*) FROM published_asset WHERE id = :id"), {"id": asset.id}))

    def record(audience: Audience, given_on: date, expires_on: date | None = None) -> consents.Consent:
        return consents.record(
            drawn, asset.id, audience=audience, wording_version="1", wording="Mag dit?", language="nl",
            given_on=given_on, expires_on=expires_on, by="test",
        )  # fmt: skip

    seen = [public()]
    record(Audience.builders, today)
    seen.append(public())
    record(Audience.public, today - timedelta(days=30), today)
    seen.append(public())
    last = record(Audience.public, today)
    seen.append(public())
    last.withdrawn_at = drawn.scalar(text("SELECT now()"))
    drawn.flush()
    seen.append(public())
    assert [False, False, False, True, False] == seen


def test_a_consent_holds_two_years_at_most(drawn: Session) -> None:
    """Expiry is two years after it was given, and cannot be later."""
    asset = inventory.add(drawn, person(), by=BUILDER)
    values: dict[str, Any] = {
        "audience": Audience.public, "wording_version": "1", "wording": "Mag dit?", "language": "nl", "by": "test",
    }  # fmt: skip

    given = consents.record(drawn, asset.id, given_on=date(2024, 2, 29), **values)
    assert date(2026, 2, 28) == given.expires_on
    with pytest.raises(Invalid):
        consents.record(drawn, asset.id, given_on=date(2026, 1, 1), expires_on=date(2028, 1, 2), **values)


def test_the_history_of_a_person_holds_no_place(drawn: Session) -> None:
    """What is told of a person's place is only how general it is."""
    asset = inventory.add(drawn, person(), by=BUILDER, today=DAY)

    assert {"show": "neighbourhood"} == history.of(drawn, "asset", asset.id)[0].after["place"]
