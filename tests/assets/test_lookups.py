"""Who looked at what: written once in a quarter of an hour, never changed, gone after a year and with its person."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from assets import erasure, inventory, lookups
from assets.drafts import AssetDraft
from assets.errors import NotAllowed
from assets.permissions import OPERATOR, VISITOR, Viewer
from assets.vocabulary import LookupKind, Role
from tests import neighbourhood
from tests.neighbourhood import BUILDER, DAY

ANNA = Viewer(name="Anna", role=Role.analyst, account_id=7)


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Iterator[Session]:
    """The neighbourhood."""
    folder = tmp_path / "map"
    folder.mkdir()
    neighbourhood.draw(session, folder)
    return session


def rows(session: Session) -> list[Any]:
    """Everything that was written down, oldest first."""
    return list(session.execute(text("SELECT * FROM lookup ORDER BY id")).all())


def person(session: Session, title: str) -> int:
    """The number of a person whom only builders see."""
    draft = AssetDraft.model_validate({"kind": "person", "title": title, "place": {"show": "none"}})
    return inventory.add(session, draft, by=BUILDER, today=DAY).id


def area(session: Session) -> int:
    """The number of some area."""
    return int(session.execute(text("SELECT min(id) FROM area")).scalar_one())


def test_a_look_is_one_row_in_a_quarter_of_an_hour(drawn: Session) -> None:
    """Opening a page again and again is one look; another quarter, thing, role or person is another."""
    place = area(drawn)
    for _ in range(10):
        lookups.note(drawn, ANNA, LookupKind.plan, area_id=place)
    assert [(row.role, row.by, row.holder, row.what, row.area_id) for row in rows(drawn)] == [
        ("analyst", "Anna", "account:7", "plan", place)
    ]
    drawn.execute(text("UPDATE lookup SET quarter = quarter - 1, at = at - interval '15 minutes'"))
    lookups.note(drawn, ANNA, LookupKind.plan, area_id=place)
    lookups.note(drawn, ANNA, LookupKind.plan)
    lookups.note(drawn, ANNA, LookupKind.export, area_id=place)
    for number in (3, 4):  # tokens of one's own: oneself
        lookups.note(drawn, replace(ANNA, name=f"Anna · pl {number}", token_id=number), LookupKind.plan, area_id=place)
    lookups.note(drawn, Viewer(name="Anna", role=Role.analyst, token_id=7), LookupKind.plan, area_id=place)
    lookups.note(drawn, Viewer(name="Anna", role=Role.admin, account_id=7), LookupKind.plan, area_id=place)
    lookups.note(drawn, OPERATOR, LookupKind.plan, area_id=place)
    assert [row.holder for row in rows(drawn)[1:]] == [
        "account:7", "account:7", "account:7", "token:7", "account:7", "operator",
    ]  # fmt: skip


def test_a_list_of_persons_is_a_row_for_each(drawn: Session) -> None:
    """Each person can see that somebody looked, with the community that the entry belongs to."""
    truus, piet = person(drawn, "Truus"), person(drawn, "Piet")
    lookups.note(drawn, OPERATOR, LookupKind.person, asset_ids=[piet, truus, piet, 999_999])
    lookups.note(drawn, OPERATOR, LookupKind.person, asset_ids=[])
    found = rows(drawn)
    assert [row.asset_id for row in found] == [truus, piet, None]
    community = inventory.get(drawn, truus).community_id
    assert [row.community_id for row in found] == [community, community, None]


def test_tokens_of_ones_own_read_a_person_once(drawn: Session) -> None:
    """However many one makes, the look of an account at a person is one in a quarter of an hour."""
    number = person(drawn, "Hanneke")
    for viewer in (ANNA, *(replace(ANNA, name=f"Anna · {one}", token_id=one) for one in (3, 4))):
        lookups.mark(drawn, [number])
        lookups.settle(drawn, viewer)
    assert [(row.holder, row.asset_id) for row in rows(drawn)] == [("account:7", number), ("account:7", None)]


def test_a_visitor_is_not_written_down(drawn: Session) -> None:
    """A visitor sees what is public; a look of theirs would be a fault of the program."""
    with pytest.raises(NotAllowed):
        lookups.note(drawn, VISITOR, LookupKind.plan)


def test_looks_go_with_their_person(drawn: Session) -> None:
    """Whoever is erased takes along who looked at them; what was looked at besides stays."""
    truus = person(drawn, "Truus")
    lookups.note(drawn, OPERATOR, LookupKind.person, asset_ids=[truus])
    lookups.note(drawn, ANNA, LookupKind.plan)
    told = drawn.execute(text("SELECT * FROM published_lookup")).all()
    erasure.erase(drawn, truus, by=OPERATOR, today=DAY)
    assert [(row.what, row.asset_id) for row in rows(drawn)] == [("person", None), ("plan", None)]
    assert told == drawn.execute(text("SELECT * FROM published_lookup")).all(), "the public page tells of no erasure"


def test_the_service_adds_looks_and_does_nothing_else_with_them(drawn: Session) -> None:
    """As the role of the service: a row can be written and read, none changed, removed or moved back in time."""
    truus = person(drawn, "Truus")
    drawn.execute(
        text("INSERT INTO lookup (role, by, holder, what, at) VALUES ('admin', 'x', 'x', 'plan', :at)"),
        {"at": datetime.now(UTC) - timedelta(days=366)},
    )
    drawn.execute(text("SET LOCAL ROLE vuurtoren_app"))
    lookups.note(drawn, ANNA, LookupKind.plan)
    lookups.note(drawn, ANNA, LookupKind.plan)
    lookups.note(drawn, OPERATOR, LookupKind.person, asset_ids=[truus])
    for statement in (
        "UPDATE lookup SET role = 'builder'",
        "DELETE FROM lookup",
        "TRUNCATE lookup",
        "INSERT INTO lookup (role, by, holder, what) VALUES ('analyst', 'Anna', 'account:7', 'plan')"
        " ON CONFLICT (holder, role, what, area_id, community_id, asset_id, quarter) DO UPDATE SET at = now()",
        "ALTER TABLE lookup DISABLE TRIGGER ALL",
        "DROP FUNCTION forget_lookups(timestamptz)",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), drawn.begin_nested():
            drawn.execute(text(statement))
    assert drawn.execute(text("SELECT forget_lookups(now() + CAST('10 years' AS interval))")).scalar_one() == 1
    drawn.execute(text("DELETE FROM asset WHERE id = :id"), {"id": truus})
    drawn.execute(text("RESET ROLE"))
    assert [(row.what, row.asset_id) for row in rows(drawn)] == [("plan", None), ("person", None)]


def test_a_look_is_forgotten_after_a_year_and_not_before(drawn: Session) -> None:
    """Whatever moment it is asked for, the function takes away what is older than a year only."""
    for days in (364, 366):
        drawn.execute(
            text("INSERT INTO lookup (role, by, holder, what, at) VALUES ('admin', 'x', :days, 'plan', now() - :age)"),
            {"days": str(days), "age": timedelta(days=days)},
        )
    gone = drawn.execute(text("SELECT forget_lookups(now() + interval '10 years')")).scalar_one()
    assert gone == 1
    assert [row.holder for row in rows(drawn)] == ["364"]
