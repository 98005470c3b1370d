"""An evening at the table: when it is over, what its code is worth, and how much fits on it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import accounts, communities, suggestions, table_evenings
from assets.communities import Community
from assets.errors import NotAllowed, NotFound, TooMany
from assets.permissions import VISITOR, Viewer
from assets.table_evenings import Evening
from assets.vocabulary import Role, SuggestionKind
from tests import neighbourhood
from tests.neighbourhood import DAY, thing

KEY = "a-secret-for-tests-only"
EVENING = datetime(2026, 11, 27, 19, 0, tzinfo=UTC)


@pytest.fixture
def here(session: Session, tmp_path: Path) -> Community:
    """The neighbourhood of the tests, with another community that is the first."""
    neighbourhood.draw(session, tmp_path)
    communities.default_id(session)
    return communities.add(session, "hier", "Buren van hier")


@pytest.fixture
def samira(session: Session, here: Community) -> Viewer:
    """A builder of here."""
    account = accounts.add(session, "Samira", role=Role.builder, community_id=here.id)
    return Viewer("Samira", Role.builder, account_id=account.id, roles={here.id: Role.builder})


def opened(session: Session, here: Community, samira: Viewer, now: datetime | None = None) -> Evening:
    """An evening that was just opened."""
    return table_evenings.open(session, here.id, by=samira, key=KEY, now=now)


def pin(session: Session, evening: Evening, by: Viewer = VISITOR, title: str = "Naaiclub") -> int:
    """The number of a suggestion made at the table."""
    draft = thing("club", title, (120, 130))
    return suggestions.propose(
        session, SuggestionKind.new, by=by, draft=draft, language="nl", sender="mark", table=evening
    ).id


@pytest.mark.parametrize(
    ("at", "over"),
    [
        ("2026-11-27T19:00+01:00", "2026-11-28T04:00+01:00"),
        ("2026-11-28T03:59+01:00", "2026-11-28T04:00+01:00"),
        ("2026-11-28T04:00+01:00", "2026-11-29T04:00+01:00"),
        ("2026-03-28T20:00+01:00", "2026-03-29T04:00+02:00"),  # the night that is an hour shorter
        ("2026-10-24T20:00+02:00", "2026-10-25T04:00+01:00"),  # and the one that is longer
        ("2026-12-31T23:00+01:00", "2027-01-01T04:00+01:00"),
    ],
)
def test_over_at_four(at: str, over: str) -> None:
    """The evening lasts until the next four in the morning on the clocks of the neighbourhood."""
    assert datetime.fromisoformat(over) == table_evenings.ends_after(datetime.fromisoformat(at))


def test_the_code_works_until_four(session: Session, here: Community, samira: Viewer) -> None:
    """A minute before four it opens the table, at four it does not, nor an hour later with the cookie still there."""
    code = opened(session, here, samira, EVENING).code or ""
    over = table_evenings.ends_after(EVENING)
    assert table_evenings.of_code(session, code, key=KEY, now=over - timedelta(minutes=1)) is not None
    for late in (over, over + timedelta(hours=1)):
        assert table_evenings.of_code(session, code, key=KEY, now=late) is None


def test_the_code_is_typed_as_people_type(session: Session, here: Community, samira: Viewer) -> None:
    """In capitals and without hyphens it is the same; one sign off it is none; it is no word and short."""
    code = opened(session, here, samira).code or ""
    assert len(code) == 11
    assert not set("aeiou01lo") & set(code)
    for typed in (code, code.upper(), code.replace("-", "")):
        found = table_evenings.of_code(session, typed, key=KEY)
        assert found is not None
        assert found.host == "Samira"
    wrong = "x" if code[-1] != "x" else "z"
    for typed in (code[:-1] + wrong, code[:-1], "", "%", "x" * 500, "' OR 1=1", code + "\x00"):
        assert table_evenings.of_code(session, typed, key=KEY) is None
    assert table_evenings.of_code(session, code, key="another secret") is None


def test_the_database_does_not_hold_the_code(session: Session, here: Community, samira: Viewer) -> None:
    """Who reads the table of evenings cannot sit down at one, nor find the code by trying out hashes."""
    code = opened(session, here, samira).code or ""
    stored = str(session.execute(text("SELECT * FROM table_evening")).all())
    assert code not in stored
    assert code.replace("-", "") not in stored


def test_one_table_at_a_time(session: Session, here: Community, samira: Viewer) -> None:
    """Opening twice gives the same evening; in another community it ends the first; ended is ended."""
    first = opened(session, here, samira)
    assert first == opened(session, here, samira)
    there = communities.add(session, "daar", "Buren van daar")
    accounts.set_role(session, accounts.named(session, "Samira"), Role.builder, community_id=there.id)
    both = Viewer(
        "Samira", Role.builder, account_id=samira.account_id, roles={here.id: Role.builder, there.id: Role.builder}
    )
    second = table_evenings.open(session, there.id, by=both, key=KEY)
    assert table_evenings.of_code(session, first.code or "", key=KEY) is None
    table_evenings.end(session, both)
    assert table_evenings.of_code(session, second.code or "", key=KEY) is None


def test_who_may_open_one(session: Session, here: Community, samira: Viewer) -> None:
    """A builder in their own community; nobody elsewhere, no resident, no admin, who sits at no table."""
    there = communities.add(session, "daar", "Buren van daar")
    with pytest.raises(NotAllowed):
        table_evenings.open(session, there.id, by=samira, key=KEY)
    for role in (Role.member, Role.analyst, Role.admin):
        roles = {here.id: role} if role is Role.member else None
        with pytest.raises(NotAllowed):
            table_evenings.open(session, here.id, by=Viewer("x", role, account_id=1, roles=roles), key=KEY)


def test_what_is_pinned_waits_for_the_host(session: Session, here: Community, samira: Viewer) -> None:
    """It goes to the community of the table, in the name of the host; of the neighbour nothing is kept."""
    evening = opened(session, here, samira)
    number = pin(session, evening)
    row = session.execute(text("SELECT * FROM suggestion WHERE id = :id"), {"id": number}).mappings().one()
    assert (here.id, evening.id, "Samira", None) == (
        row["community_id"], row["table_id"], row["suggested_by"], row["sender"]
    )  # fmt: skip
    assert ["Samira"] == [one.table_host for one in suggestions.open_ones(session, samira, table_id=evening.id)]
    assert [] == suggestions.open_ones(session, samira, table_id=evening.id + 1)
    neighbour = Viewer("Truus", Role.member, account_id=samira.account_id, roles={here.id: Role.member})
    assert "Truus" == suggestions.get(session, pin(session, evening, neighbour, "Koor"), samira).by
    assert [(evening.id, 2, True)] == [
        (one.id, one.waiting, one.lasts) for one in table_evenings.with_waiting(session, samira)
    ]

    suggestions.accept(session, number, by=samira, today=DAY)
    assert [1] == [one.waiting for one in table_evenings.with_waiting(session, samira)]
    assert 2 == (table_evenings.of_host(session, samira.account_id or 0, key=KEY) or evening).pins


def test_another_builder_decides_too(session: Session, here: Community, samira: Viewer) -> None:
    """A builder of the same community takes over what came in at her table; one of another does not see it."""
    number = pin(session, opened(session, here, samira))
    there = communities.add(session, "daar", "Buren van daar")
    stranger = Viewer("Joris", Role.builder, account_id=None, roles={there.id: Role.builder})
    assert [] == suggestions.open_ones(session, stranger)
    assert [] == table_evenings.with_waiting(session, stranger)
    with pytest.raises(NotFound):
        suggestions.accept(session, number, by=stranger)
    anna = Viewer("Anna", Role.builder, roles={here.id: Role.builder})
    assert suggestions.accept(session, number, by=anna, today=DAY).asset_id is not None


def test_sixty_fit_on_it(session: Session, here: Community, samira: Viewer) -> None:
    """The sixty-first is refused, also when others were taken back; one network may send all sixty."""
    evening = opened(session, here, samira)
    session.execute(text("UPDATE table_evening SET pins = :n"), {"n": table_evenings.MOST_PINS - 1})
    number = pin(session, evening)
    session.execute(text("DELETE FROM suggestion WHERE id = :id"), {"id": number})
    with pytest.raises(TooMany, match="60"):
        pin(session, evening)
    table_evenings.end(session, samira)
    assert pin(session, opened(session, here, samira))


def test_a_table_is_no_way_round_the_limit_of_a_network(session: Session, here: Community, samira: Viewer) -> None:
    """What came in at the table does not count for the network, and the network's own limit stays what it was."""
    for turn in range(25):
        pin(session, opened(session, here, samira), title=f"Club {turn}")
    draft = thing("club", "Zonder tafel", (120, 130))
    assert suggestions.propose(session, SuggestionKind.new, by=VISITOR, draft=draft, language="nl", sender="mark").id


def test_suggestions_outlive_the_evening(session: Session, here: Community, samira: Viewer) -> None:
    """Once the evening is forgotten, what came in waits as any suggestion."""
    number = pin(session, opened(session, here, samira))
    session.execute(text("DELETE FROM table_evening"))
    session.expire_all()
    found = suggestions.get(session, number, samira)
    assert (None, "Samira") == (found.table_host, found.by)
