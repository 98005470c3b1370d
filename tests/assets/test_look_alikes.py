"""What may be the same as an entry that someone is about to make."""

from typing import Any

import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import inventory, look_alikes
from assets.drafts import AssetDraft
from assets.sql import chosen
from assets.vocabulary import AssetKind
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, at, thing

#: Where the new entry would be.
HERE = shapely.Point(at(200, 150))


def added(session: Session, kind: str, title: str, where: tuple[float, float]) -> int:
    """The number of a thing that is there."""
    return inventory.add(session, thing(kind, title, where), by=BUILDER).id


def found(session: Session, title: str, *, kind: AssetKind = AssetKind.club, **how: Any) -> list[int]:
    """Numbers of the look-alikes of an entry of this title."""
    return [one.id for one in look_alikes.find(session, kind=kind, title=title, near=HERE, **how)]


def test_same_kind_near_and_similar(session: Session) -> None:
    """Only what is of the same kind, within 100 m and called something similar; the likest first."""
    same = added(session, "club", "Naaiclub Draad en Naald", (200, 150))
    alike = added(session, "club", "Naaiclub Draad", (200, 249))
    added(session, "club", "Naaiclub Draad en Naald", (200, 251))  # too far
    added(session, "meeting_place", "Naaiclub Draad en Naald", (200, 150))  # something else
    added(session, "club", "Schaakclub De Dame", (200, 150))  # called otherwise
    with as_public(session):
        assert found(session, "naaiclub draad en NÄÄLD") == [same, alike]
        assert found(session, "naaiclub draad en naald", but=same) == [alike]
        assert found(session, "Voetbalclub") == []


def test_a_name_inside_a_name(session: Session) -> None:
    """Whoever types only the name of a house is offered the house with its long name."""
    house = added(session, "meeting_place", "Huis van de Wijk De Vlieger", (210, 150))
    with as_public(session):
        assert found(session, "De Vlieger", kind=AssetKind.meeting_place) == [house]


def test_persons_only_for_who_may_see_them(session: Session) -> None:
    """A person without a consent is offered to builders, and to nobody else; who shows no place is never."""
    session.execute(
        text(
            "INSERT INTO area (code, name, kind, geom, label_point, source, fingerprint)"
            " SELECT 'BU1', 'West', 'neighbourhood', ST_Multi(ST_Buffer(p, 50)), p, 'test', 'x'"
            " FROM (SELECT ST_SetSRID(ST_MakePoint(:x, :y), 28992) AS p) AS q"
        ),
        {"x": HERE.x, "y": HERE.y},
    )
    draft = AssetDraft.model_validate({"kind": "person", "title": "Fatima", "place": {"area": "BU1"}})
    person = inventory.add(session, draft, by=BUILDER).id
    assert found(session, "fatima", kind=AssetKind.person, archive=True) == [person]
    with as_public(session):
        assert found(session, "fatima", kind=AssetKind.person) == []
    assert look_alikes.find(session, kind=AssetKind.person, title="Fatima", near=None, archive=True) == []


def test_what_was_taken_off_is_not_offered(session: Session) -> None:
    """An entry that is in the archive is no reason not to make a new one."""
    gone = added(session, "club", "Naaiclub", (200, 150))
    inventory.retire(session, gone, by=BUILDER)
    session.flush()
    assert found(session, "Naaiclub") == found(session, "Naaiclub", archive=True) == []


@pytest.mark.parametrize("switch", ["published", "archive"])
def test_it_looks_around_and_not_everywhere(session: Session, switch: str) -> None:
    """Among twenty thousand entries the index on places is asked, so a country is as quick as a street."""
    added(session, "club", "Naaiclub", (200, 150))
    session.execute(
        text(
            "INSERT INTO asset (community_id, kind, title, state, started_on, placement, geom, created_by)"
            " SELECT min(c.id), 'club', 'Club ' || n, 'published', '2026-01-01', 'exact',"
            " ST_SetSRID(ST_MakePoint(50000 + n * 7 % 200000, 350000 + n * 11 % 200000), 28992), 'test'"
            " FROM community AS c, generate_series(1, 20000) AS n GROUP BY n"
        )
    )
    session.execute(text("ANALYZE asset"))
    binds = {
        "kind": "club", "title": "Naaiclub", "metres": 100, "least": 0.4,
        "near": shapely.to_wkb(shapely.set_srid(HERE, 28992), hex=True, include_srid=True),
    }  # fmt: skip
    plan = session.execute(text(f"EXPLAIN {chosen('look_alikes', frozenset({switch})).text}"), binds).scalars().all()
    assert any("ix_asset_geom" in line for line in plan), "\n".join(plan)
    assert not any("Seq Scan on asset" in line for line in plan), "\n".join(plan)
