"""Inviting and who belongs to a community: what holds, what ends, and what nobody can do."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import accounts, communities, history, invitations, joining, memberships, table_evenings
from assets.accounts import Account
from assets.communities import Community
from assets.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from assets.permissions import OPERATOR, Viewer
from assets.vocabulary import Role

NOW = datetime(2026, 11, 27, 19, 30, tzinfo=UTC)
KEY = "a-secret-for-tests-only"


@pytest.fixture
def here(session: Session) -> Community:
    """The community of the test."""
    return communities.add(session, "hier", "Buren van hier")


@pytest.fixture
def elsewhere(session: Session) -> Community:
    """Another one."""
    return communities.add(session, "daar", "Buren van daar")


def someone(session: Session, name: str, role: Role, *where: Community) -> Viewer:
    """Someone with a role in these communities, as who is asking."""
    account = accounts.add(session, name, role=role, community_id=where[0].id)
    for community in where[1:]:
        accounts.set_role(session, account, role, community_id=community.id)
    return asking(session, account.id, name)


def asking(session: Session, account_id: int, name: str) -> Viewer:
    """The account as a Viewer, with the roles that it has now."""
    rows = session.execute(
        text("SELECT community_id, role FROM membership WHERE account_id = :id"), {"id": account_id}
    ).all()
    roles = {number: Role(role) for number, role in rows}
    return Viewer(name, Role(session.get_one(Account, account_id).role), account_id=account_id, roles=roles)


def test_who_may_invite(session: Session, here: Community, elsewhere: Community) -> None:
    """A steward invites to their own community, and to no other; a builder and a program to none."""
    gerda = someone(session, "Gerda", Role.steward, here)
    assert invitations.make(session, here.id, role=Role.builder, by=gerda, now=NOW).expires_at == NOW + timedelta(
        days=7
    )
    with pytest.raises(NotAllowed):
        invitations.make(session, elsewhere.id, role=Role.builder, by=gerda)
    with pytest.raises(NotAllowed):
        invitations.make(session, here.id, role=Role.member, by=someone(session, "Bo", Role.builder, here))
    program = Viewer("program", Role.steward, token_id=1, account_id=gerda.account_id, roles=gerda.roles)
    with pytest.raises(NotAllowed):
        invitations.make(session, here.id, role=Role.member, by=program)


@pytest.mark.parametrize("role", [Role.admin, Role.analyst, Role.visitor])
def test_nobody_is_invited_as_more(session: Session, here: Community, role: Role) -> None:
    """The roles that belong to no community cannot be given by an invitation, nor by changing a role."""
    gerda = someone(session, "Gerda", Role.steward, here)
    bo = someone(session, "Bo", Role.builder, here)
    with pytest.raises(Invalid):
        invitations.make(session, here.id, role=role, by=gerda)
    with pytest.raises(Invalid):
        memberships.give_role(session, here.id, bo.account_id or 0, role, by=gerda)


def test_it_holds_seven_days_and_once(session: Session, here: Community) -> None:
    """The last moment counts, the one after does not; a link that was used or taken back opens nothing."""
    gerda = someone(session, "Gerda", Role.steward, here)
    made = invitations.make(session, here.id, role=Role.member, by=gerda, now=NOW)
    last = NOW + timedelta(days=7)
    assert invitations.holding(session, made.token, now=last - timedelta(seconds=1)) is not None
    assert invitations.holding(session, made.token, now=last) is None
    assert invitations.holding(session, made.token[:-1], now=NOW) is None

    bo = someone(session, "Bo", Role.builder, here)
    assert invitations.use(session, made.id, bo.account_id or 0, now=NOW)
    assert not invitations.use(session, made.id, gerda.account_id or 0, now=NOW)
    assert invitations.holding(session, made.token, now=NOW) is None
    with pytest.raises(NotFound):
        invitations.revoke(session, here.id, made.id, by=gerda, now=NOW)

    other = invitations.make(session, here.id, role=Role.member, by=gerda, now=NOW)
    invitations.revoke(session, here.id, other.id, by=gerda, now=NOW)
    assert invitations.holding(session, other.token, now=NOW) is None


def test_of_another_community(session: Session, here: Community, elsewhere: Community) -> None:
    """A steward elsewhere takes back no invitation of here, by whatever number, nor changes anybody of here."""
    gerda, joris = someone(session, "Gerda", Role.steward, here), someone(session, "Joris", Role.steward, elsewhere)
    made = invitations.make(session, here.id, role=Role.member, by=gerda)
    for community, error in ((here, NotAllowed), (elsewhere, NotFound)):
        with pytest.raises(error):
            invitations.revoke(session, community.id, made.id, by=joris)
        with pytest.raises(error):
            memberships.take_out(session, community.id, gerda.account_id or 0, by=joris)
        with pytest.raises(error):
            memberships.give_role(session, community.id, gerda.account_id or 0, Role.member, by=joris)
    with pytest.raises(NotAllowed):
        memberships.of_community(session, here.id, by=joris)


@pytest.mark.parametrize("end", ["closed", "lowered", "taken out", "by hand"])
def test_it_ends_with_the_role_of_its_maker(session: Session, here: Community, elsewhere: Community, end: str) -> None:
    """Whoever may not invite any more has no open invitations, and they do not come alive when the role comes back."""
    someone(session, "Anna", Role.steward, here)
    gerda = someone(session, "Gerda", Role.steward, here, elsewhere)
    mine = session.get_one(Account, gerda.account_id)
    made = invitations.make(session, here.id, role=Role.builder, by=gerda)
    other = invitations.make(session, elsewhere.id, role=Role.builder, by=gerda)
    evening = table_evenings.open(session, here.id, by=gerda, key=KEY)
    if end == "closed":
        accounts.close(session, mine)
    elif end == "lowered":
        accounts.set_role(session, mine, Role.member, community_id=here.id)
    elif end == "taken out":
        memberships.take_out(session, here.id, mine.id, by=OPERATOR)
    else:
        session.execute(text("DELETE FROM membership WHERE community_id = :id"), {"id": here.id})
    assert invitations.holding(session, made.token) is None
    assert (invitations.holding(session, other.token) is None) == (end == "closed")
    assert table_evenings.of_code(session, evening.code or "", key=KEY) is None
    if end in ("lowered", "taken out"):
        memberships.put(session, here.id, mine.id, Role.steward)
        assert invitations.holding(session, made.token) is None
        assert table_evenings.of_code(session, evening.code or "", key=KEY) is None


def test_there_is_an_end_to_inviting(session: Session, here: Community) -> None:
    """A community makes so many invitations in a day and no more."""
    for _ in range(invitations.MOST_A_DAY):
        invitations.make(session, here.id, role=Role.member, by=OPERATOR)
    with pytest.raises(TooMany):
        invitations.make(session, here.id, role=Role.member, by=OPERATOR)


def test_accepting_raises_and_never_lowers(session: Session, here: Community, elsewhere: Community) -> None:
    """A resident becomes builder; a steward who follows a link for a builder stays steward, and the link stays good."""
    gerda = someone(session, "Gerda", Role.steward, here)
    truus = someone(session, "Truus", Role.member, elsewhere)
    made = invitations.make(session, here.id, role=Role.builder, by=gerda)
    assert not joining.accept(session, made.token, gerda.account_id or 0).changed
    assert memberships.role_in(session, gerda.account_id or 0, here.id) == Role.steward

    assert joining.accept(session, made.token, truus.account_id or 0).changed
    assert asking(session, truus.account_id or 0, "Truus").roles == {here.id: Role.builder, elsewhere.id: Role.member}
    assert session.get_one(Account, truus.account_id).role == Role.builder
    with pytest.raises(NotFound):
        joining.accept(session, made.token, someone(session, "Piet", Role.member, elsewhere).account_id or 0)


def test_admin_and_analyst_stay_what_they_are(session: Session, here: Community) -> None:
    """A role that belongs to no community is not traded for one that does."""
    made = invitations.make(session, here.id, role=Role.steward, by=OPERATOR)
    for role in (Role.admin, Role.analyst):
        account = accounts.add(session, f"The {role}", role=role)
        assert not joining.accept(session, made.token, account.id).changed
        assert account.role == role


def test_the_last_steward_stays(session: Session, here: Community) -> None:
    """The last one cannot be taken out or lowered, by themselves or by an admin; with a second one they can."""
    gerda = someone(session, "Gerda", Role.steward, here)
    number = gerda.account_id or 0
    for by in (gerda, OPERATOR):
        with pytest.raises(Conflict):
            memberships.take_out(session, here.id, number, by=by)
        with pytest.raises(Conflict):
            memberships.give_role(session, here.id, number, Role.builder, by=by)
    anna = someone(session, "Anna", Role.steward, here)
    memberships.take_out(session, here.id, number, by=anna)
    assert ["Anna"] == [one.name for one in memberships.of_community(session, here.id, by=anna)]
    assert session.get_one(Account, number).role == Role.visitor


def test_a_closed_account_is_no_steward(session: Session, here: Community) -> None:
    """Who cannot sign in any more does not count as the one who stays."""
    gerda, anna = someone(session, "Gerda", Role.steward, here), someone(session, "Anna", Role.steward, here)
    session.execute(text("UPDATE account SET closed_at = now() WHERE id = :id"), {"id": anna.account_id})
    with pytest.raises(Conflict):
        memberships.take_out(session, here.id, gerda.account_id or 0, by=gerda)


def test_nobody_makes_themselves_more(session: Session, here: Community) -> None:
    """A builder does not become steward by asking as one, whatever is sent."""
    someone(session, "Gerda", Role.steward, here)
    bo = someone(session, "Bo", Role.builder, here)
    with pytest.raises(NotAllowed):
        memberships.give_role(session, here.id, bo.account_id or 0, Role.steward, by=bo)


def test_the_history_says_so_without_names(session: Session, here: Community) -> None:
    """Who came, changed and left stands in the history by number: no name and no address of whom it is about."""
    gerda = someone(session, "Gerda", Role.steward, here)
    truus = someone(session, "Truus", Role.member, here)
    number = truus.account_id or 0
    memberships.give_role(session, here.id, number, Role.builder, by=gerda)
    memberships.take_out(session, here.id, number, by=gerda)
    made = invitations.make(session, here.id, role=Role.member, by=gerda)
    joining.accept(session, made.token, number)
    told = history.of(session, "membership", number)
    assert [("changed", "Gerda"), ("removed", "Gerda"), ("joined", "Gerda")] == [(one.action, one.by) for one in told]
    assert {"community_id": here.id, "role": "builder"} == told[0].after
    assert "Truus" not in str([(one.before, one.after) for one in told])


def test_a_community_that_goes_takes_its_invitations_along(session: Session, here: Community) -> None:
    """Nothing of it opens any more."""
    gerda = someone(session, "Gerda", Role.steward, here)
    made = invitations.make(session, here.id, role=Role.member, by=gerda)
    evening = table_evenings.open(session, here.id, by=gerda, key=KEY)
    session.execute(text("DELETE FROM community WHERE id = :id"), {"id": here.id})
    assert invitations.holding(session, made.token) is None
    assert table_evenings.of_code(session, evening.code or "", key=KEY) is None
