"""Asking again and again, or entering somebody again and again, gives no finer place than asking once."""

import math
import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import consents, history, inventory, undo
from assets.drafts import AssetDraft
from assets.vocabulary import Audience
from tests import neighbourhood
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, DAY, at

TIMES = 30


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood without anybody in it."""
    neighbourhood.draw(session, tmp_path)
    return session


def draft(x: float, y: float, show: str, title: str = "Een bewoner") -> AssetDraft:
    """Somebody who lives at this point."""
    place: dict[str, Any] = {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": at(x, y)}, "show": show}
    return AssetDraft.model_validate({"kind": "person", "title": title, "place": place})


def near(number: int) -> tuple[float, float]:
    """A point within 20 m of one home beside Kerkstraat: what a measuring attacker would enter."""
    chance = random.Random(number)
    return 200 + chance.uniform(-20, 20), 105 + chance.uniform(-5, 20)


def points(session: Session) -> set[tuple[str, float, float]]:
    """Every place of a person that is stored, to the last digit, in both coordinate systems."""
    rows = session.execute(
        text("SELECT DISTINCT ST_AsEWKT(geom, 15) AS stored, ST_X(geom_3857) AS x, ST_Y(geom_3857) AS y"
             " FROM asset WHERE kind = 'person'")
    )  # fmt: skip
    return {(row.stored, row.x, row.y) for row in rows}


@pytest.mark.parametrize("show", ["neighbourhood", "street"])
def test_entered_many_times(drawn: Session, show: str) -> None:
    """Thirty entries from thirty points around a home, and thirty changes of one, stand at one point and no other."""
    for number in range(TIMES):
        inventory.add(drawn, draft(*near(number), show), by=BUILDER, today=DAY)
    one = inventory.add(drawn, draft(*near(0), show), by=BUILDER, today=DAY)
    for number in range(TIMES):
        inventory.change(drawn, one.id, draft(*near(number), show, f"Bewoner {number}"), by=BUILDER, today=DAY)
        drawn.flush()
    assert len(points(drawn)) == 1


@pytest.mark.parametrize("show", ["neighbourhood", "street"])
def test_asked_many_times(drawn: Session, show: str) -> None:
    """Every answer, in whatever box and coordinate system, is of the one stored point: there is no noise to average.

    That point is the same when the home was elsewhere in the street or the neighbourhood, and lies far from it.
    """
    number = inventory.add(drawn, draft(123, 105, show), by=BUILDER, today=DAY).id
    consents.record(
        drawn, number, audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl", by="test",
        given_on=drawn.execute(text("SELECT CURRENT_DATE")).scalar_one(),
    )  # fmt: skip
    elsewhere = inventory.add(drawn, draft(380, 112, show), by=BUILDER, today=DAY).id
    one = text("SELECT ST_X(geom) AS x, ST_Y(geom) AS y, ST_AsEWKT(geom_3857, 15) AS drawn FROM asset WHERE id = :id")
    asked = text(
        "SELECT ST_X(geom) AS x, ST_Y(geom) AS y, ST_AsEWKT(geom_3857, 15) AS drawn FROM published_asset"
        " WHERE id = :id AND ST_Intersects(geom, ST_Expand(ST_Envelope(geom), :margin))"
    )
    with as_public(drawn):
        told = {drawn.execute(asked, {"id": number, "margin": margin}).one() for margin in range(1, TIMES)}
    assert len(told) == 1
    assert told == {drawn.execute(one, {"id": elsewhere}).one()}, "it tells nothing of where in it somebody lives"
    home, found = at(123, 105), told.pop()
    assert math.hypot(found.x - home[0], found.y - home[1]) > 20


def test_two_neighbours_in_one_street_have_one_point(drawn: Session) -> None:
    """Whoever knows where one of them lives learns nothing of the other."""
    for x in (110, 390):
        inventory.add(drawn, draft(x, 103, "street"), by=BUILDER, today=DAY)
    assert len(points(drawn)) == 1


def test_a_move_leaves_no_track(drawn: Session) -> None:
    """From street to street, to the neighbourhood and back: the place now is all there is, also in the history."""
    one = inventory.add(drawn, draft(123, 111, "street"), by=BUILDER, today=DAY)
    homes = [
        (333.0, 455.0, "street"),
        (777.0, 111.0, "street"),
        (123.0, 444.0, "neighbourhood"),
        (222.0, 107.0, "none"),
    ]
    for x, y, show in homes:
        inventory.change(drawn, one.id, draft(x, y, show), by=BUILDER, today=DAY)
        drawn.flush()
    changes = [change for change in history.of(drawn, "asset", one.id) if change.action == "changed"]
    assert {str(change.after and change.after.get("place")) for change in changes} <= {
        "{'show': 'street'}", "{'show': 'neighbourhood'}", "{'show': 'none'}", "None"
    }  # fmt: skip
    exact = "|".join(str(100_000 + int(x)) for x, _, _ in [(123, 111, ""), *homes])
    tables = drawn.scalars(
        text("SELECT table_name FROM information_schema.tables"
             " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'spatial_ref_sys'")
    ).all()  # fmt: skip
    for table in tables:
        found = text(f"SELECT count(*) FROM {table} AS t WHERE CAST(to_jsonb(t) AS text) ~ :exact")
        assert drawn.execute(found, {"exact": exact}).scalar_one() == 0, table
    assert undo.steps(drawn, one.id)
    assert drawn.execute(text("SELECT geom FROM asset WHERE id = :id"), {"id": one.id}).scalar_one() is None
