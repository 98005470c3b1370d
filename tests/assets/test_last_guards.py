"""The last admin and the last steward of a community stay, whoever takes them away and by which door."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from assets import accounts, administration, communities, community_history, history, invitations, memberships
from assets import table_evenings as tables
from assets.errors import Conflict, NotAllowed
from assets.last_guards import LastGuard
from assets.permissions import OPERATOR, Viewer
from assets.vocabulary import Role
from tests.conftest import ROOT


def steward_of(session: Session, name: str, *there: int) -> Viewer:
    """A steward of these communities."""
    account = accounts.add(session, name, role=Role.steward, community_id=there[0])
    for number in there[1:]:
        accounts.set_role(session, account, Role.steward, community_id=number)
    return Viewer(name, Role.steward, account_id=account.id, roles=dict.fromkeys(there, Role.steward))


def role(session: Session, number: int, given: Role, where: int | None) -> None:
    """Give a role as the operator does."""
    administration.set_role(session, number, given, community_id=where, by=OPERATOR)


@pytest.fixture
def west(session: Session) -> int:
    """A community without anybody."""
    return communities.add(session, "west", "West").id


@pytest.mark.parametrize(
    "work",
    [
        lambda session, number, _west: administration.close(session, number, by=OPERATOR),
        lambda session, number, _west: role(session, number, Role.admin, None),
        lambda session, number, _west: role(session, number, Role.analyst, None),
        lambda session, number, west: role(session, number, Role.builder, west),
        lambda session, number, west: role(session, number, Role.visitor, west),
        lambda session, number, west: memberships.take_out(session, west, number, by=OPERATOR),
        lambda session, number, west: memberships.give_role(session, west, number, Role.member, by=OPERATOR),
    ],
)
def test_the_last_steward(session: Session, west: int, work: Callable[[Session, int, int], object]) -> None:
    """Of one of their communities is enough; the answer names both, nothing is changed, and with another it is done."""
    other = communities.add(session, "oost", "Oost").id
    number = steward_of(session, "Stien", west, other).account_id or 0
    steward_of(session, "Olga", other)
    with pytest.raises(LastGuard, match=r"Stien is the last steward of West\. Make somebody else steward first"):
        work(session, number, west)
    assert Role.steward == memberships.role_in(session, number, west)
    assert session.get_one(accounts.Account, number).closed_at is None
    assert [] == history.of(session, "membership", number)
    steward_of(session, "Anna", west)
    work(session, number, west)
    assert Role.steward != memberships.role_in(session, number, west)


def test_a_role_elsewhere_may_go(session: Session, west: int) -> None:
    """Only what is taken counts: the last steward of West may lose what they are in Oost. The sample needs nobody."""
    other = communities.add(session, "oost", "Oost").id
    sample = communities.add(session, "sample", "Sample")
    sample.is_sample = True
    number = steward_of(session, "Stien", west, other, sample.id).account_id or 0
    steward_of(session, "Olga", other)
    for where in (other, sample.id):
        administration.set_role(session, number, Role.visitor, community_id=where, by=OPERATOR)
        assert memberships.role_in(session, number, where) is None


def test_the_operator_may_all_the_same(session: Session, west: int) -> None:
    """With `--last`, and then both histories say that it was the last one; nobody else may say so."""
    admin = accounts.add(session, "Ada", role=Role.admin)
    viewer = Viewer("Ada", Role.admin, account_id=admin.id)
    stien = steward_of(session, "Stien", west)
    number = stien.account_id or 0
    with pytest.raises(NotAllowed):
        administration.close(session, number, last=True, by=viewer)
    with pytest.raises(LastGuard, match="Ada is the last operator"):
        administration.set_role(session, admin.id, Role.steward, community_id=west, by=viewer)
    administration.close(session, number, last=True, by=OPERATOR)
    administration.set_role(session, admin.id, Role.analyst, community_id=None, last=True, by=OPERATOR)
    assert [("closed", "operator", True)] == [
        (one.action, one.by, (one.before or {}).get("last")) for one in history.of(session, "membership", number)
    ]
    assert (history.of(session, "account", admin.id)[0].after or {})["last"] is True


def test_who_lost_the_role_a_moment_ago(session: Session, west: int) -> None:
    """A page that was open before does nothing after its steward was taken out."""
    stien, anna = steward_of(session, "Stien", west), steward_of(session, "Anna", west)
    olga = steward_of(session, "Olga", west)
    memberships.take_out(session, west, anna.account_id or 0, by=stien)
    with pytest.raises(NotAllowed, match="no steward of this community any more"):
        memberships.take_out(session, west, olga.account_id or 0, by=anna)


def test_what_was_done_with_people_stands_in_the_history(session: Session, west: int) -> None:
    """Invited, taken back, a table opened and ended, and what ended along with a role: who and when, no address."""
    stien, anna = steward_of(session, "Stien", west), steward_of(session, "Anna", west)
    made = invitations.make(session, west, role=Role.builder, by=stien)
    invitations.revoke(session, west, made.id, by=anna)
    invitations.make(session, west, role=Role.member, by=stien)
    tables.open(session, west, by=stien, key="a key")
    tables.open(session, west, by=stien, key="a key")  # pressed twice
    tables.end(session, stien)
    tables.open(session, west, by=stien, key="a key")
    memberships.give_role(session, west, stien.account_id or 0, Role.member, by=anna)
    session.flush()
    told = community_history.of(session, west, viewer=anna)[::-1]
    assert [
        ("invitation", "made", "Stien"), ("invitation", "revoked", "Anna"), ("invitation", "made", "Stien"),
        ("table_evening", "opened", "Stien"), ("table_evening", "ended", "Stien"), ("table_evening", "opened", "Stien"),
        ("membership", "changed", "Anna"), ("invitation", "ended", "Anna"), ("table_evening", "ended", "Anna"),
    ] == [(one.change.subject, one.change.action, one.change.by) for one in told]  # fmt: skip


def test_nobody_belongs_to_the_made_up_neighbourhood(session: Session, west: int) -> None:
    """A steward of anywhere practises there, but invites nobody, and neither sees nor changes who was put there."""
    sample = communities.add(session, "sample", "Sample")
    sample.is_sample = True
    put = accounts.add(session, "Oefenaar", role=Role.builder, community_id=sample.id)
    stien = steward_of(session, "Stien", west)
    stien = replace(stien, roles={west: Role.steward, sample.id: Role.steward})
    for work in (
        lambda: invitations.make(session, sample.id, role=Role.member, by=stien),
        lambda: invitations.make(session, sample.id, role=Role.member, by=OPERATOR),
        lambda: memberships.take_out(session, sample.id, put.id, by=stien),
        lambda: memberships.give_role(session, sample.id, put.id, Role.member, by=stien),
    ):
        with pytest.raises(Conflict, match="made up"):
            work()
    assert [] == memberships.of_community(session, sample.id, by=stien)
    assert ["Oefenaar"] == [one.name for one in memberships.of_community(session, sample.id, by=OPERATOR)]


#: What changes who is what: the two functions of assets/accounts.py under their own or another name, and the rows.
AROUND = re.compile(
    r"\baccounts\.(?:set_role|close)\b"
    r"|from assets\.accounts import (?:\([^)]*|[^\n(]*)\b(?:set_role|close)\b"
    r"|\baccounts as \w|import assets\.accounts\b"
)
ROWS = re.compile(
    r"(?<!class )\b(?:[a-z_]+\.)?Membership\((?!Base)|\b(?:delete|insert|update)\(\s*(?:\w+\.)?Membership\b"
    r"|\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+membership\b|^\s*\w+\.role = ",
    re.MULTILINE,
)
#: Who may write these rows: where the rule is kept, and a community that leaves with all of its own.
WRITERS = {"assets/accounts.py", "assets/memberships.py", "assets/community_leave.py"}


def test_no_door_goes_around_the_rule() -> None:
    """Roles are given and accounts closed only by the modules that keep the last guard and the history."""
    files = [
        file for folder in ("app", "assets") for end in ("py", "sql") for file in (ROOT / folder).rglob(f"*.{end}")
    ]
    words = {str(file.relative_to(ROOT)): file.read_text() for file in files}
    assert {"assets/administration.py"} == {name for name, said in words.items() if AROUND.search(said)}
    assert WRITERS == {name for name, said in words.items() if ROWS.search(said)}


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (AROUND, "accounts.close(session, account)"), (AROUND, "from assets.accounts import Account, close"),
        (AROUND, "from assets.accounts import (\n    Account,\n    set_role as give,\n)"),
        (AROUND, "work = accounts.set_role"), (AROUND, "from assets import accounts as people"),
        (ROWS, "session.execute(delete(Membership).where(mine))"), (ROWS, "    account.role = Role.visitor"),
        (ROWS, "session.add(Membership(role=role))"), (ROWS, 'text("DELETE FROM membership WHERE id = 1")'),
    ],
)  # fmt: skip
def test_the_ways_around_are_seen(pattern: re.Pattern[str], words: str) -> None:
    """Also one that names things otherwise; what only looks is none."""
    assert pattern.search(words)
    for looks in ("select(Membership.role)", "from assets.accounts import Account, Membership", "if one.role == role:",
                  "class Membership(Base):", "FROM membership AS m"):  # fmt: skip
        assert not pattern.search(looks)
