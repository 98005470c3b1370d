"""Tokens: never more than their owner may at this moment, never more than they were made for, and an end."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from assets import accounts, communities, invitations, joining, memberships, permissions, tokens
from assets.errors import Conflict, Invalid, NotAllowed, NotFound
from assets.permissions import FOR_PROGRAMS, Permission, Viewer
from assets.tokens import Token
from assets.vocabulary import Role

ASSETS, ACTIVITIES = Permission.asset_write, Permission.activity_write


def of(session: Session, token: str) -> Viewer:
    """Who a token that must be valid stands for."""
    found = tokens.viewer_of(session, token)
    assert found is not None
    return found


@pytest.mark.parametrize("way", ["operator", "steward", "invitation"])
def test_no_token_grows_along_to_a_role_with_a_second_step(session: Session, way: str) -> None:
    """It may have been made without one: it ends when its owner becomes steward, and not with a lesser role."""
    north = communities.add(session, "noord", "Noord").id
    owner = accounts.add(session, "Samira", role=Role.member, community_id=north)
    token = tokens.add_token(session, "telefoon", account=owner)
    stien = accounts.add(session, "Stien", role=Role.steward, community_id=north)
    steward = Viewer("Stien", Role.steward, account_id=stien.id, community_id=north, roles={north: Role.steward})

    def become(role: Role) -> None:
        if way == "operator":
            accounts.set_role(session, owner, role, community_id=north)
        elif way == "steward":
            memberships.give_role(session, north, owner.id, role, by=steward)
        else:
            made = invitations.make(session, north, role=role, by=steward)
            joining.accept(session, made.token, owner.id)

    become(Role.builder)
    assert tokens.viewer_of(session, token) is not None
    become(Role.steward)
    assert tokens.viewer_of(session, token) is None


def test_a_token_is_stored_as_a_hash_and_shown_once(session: Session) -> None:
    """The database holds nothing with which one can write."""
    token = tokens.add_token(session, "importer", role=Role.builder)
    row = session.execute(text("SELECT * FROM token")).mappings().one()
    assert token.startswith("vuur_")
    assert token not in str(dict(row))


def test_rights_are_those_of_the_owner_at_this_moment(session: Session) -> None:
    """Another role, another community and a closed account count from the next question on."""
    north, south = (communities.add(session, slug, slug).id for slug in ("noord", "zuid"))
    owner = accounts.add(session, "Samira", role=Role.builder, community_id=north)
    token = tokens.add_token(session, "telefoon", account=owner)
    viewer = of(session, token)
    assert ("Samira · telefoon", north) == (viewer.name, viewer.community_id)
    assert not viewer.signed_in
    permissions.require(viewer, ASSETS, north)
    with pytest.raises(NotAllowed):
        permissions.require(viewer, ASSETS, south)

    accounts.set_role(session, owner, Role.builder, community_id=south)
    accounts.set_role(session, owner, Role.member, community_id=north)
    viewer = of(session, token)
    permissions.require(viewer, ASSETS, south)
    with pytest.raises(NotAllowed):
        permissions.require(viewer, ASSETS, north)

    accounts.set_role(session, owner, Role.visitor, community_id=south)
    assert not permissions.holds(of(session, token), ASSETS)
    accounts.close(session, owner)
    assert tokens.viewer_of(session, token) is None


@pytest.mark.parametrize("scope", sorted(FOR_PROGRAMS))
def test_a_scope_opens_one_thing(session: Session, scope: Permission) -> None:
    """Whatever the role, a token does what it was made for and nothing else."""
    viewer = of(session, tokens.add_token(session, "one", role=Role.admin, scopes=[scope]))
    assert [one for one in Permission if permissions.holds(viewer, one)] == [scope]
    for other in set(Permission) - {scope}:
        with pytest.raises(NotAllowed):
            permissions.require(viewer, other)


def test_a_token_that_reads_sees_what_everybody_sees(session: Session) -> None:
    """Without a scope it holds nothing anywhere."""
    viewer = of(session, tokens.add_token(session, "reader", role=Role.admin, scopes=["read"]))
    assert viewer.scopes == frozenset()
    assert [] == [one for one in Permission if permissions.holds(viewer, one)]
    assert [] == permissions.communities_of(viewer, ASSETS)


def test_a_token_of_one_community(session: Session) -> None:
    """An admin writes everywhere; their token for one community does so there."""
    north, south = (communities.add(session, slug, slug).id for slug in ("noord", "zuid"))
    owner = accounts.add(session, "Beheer", role=Role.admin)
    for token in (
        tokens.add_token(session, "own", account=owner, community_id=north),
        tokens.add_token(session, "program", role=Role.builder, community_id=north),
    ):
        viewer = of(session, token)
        assert [north] == permissions.communities_of(viewer, ASSETS)
        assert viewer.community_id == north
        with pytest.raises(NotAllowed):
            permissions.require(viewer, ASSETS, south)


def test_an_end(session: Session) -> None:
    """Expired, revoked and unknown tokens are the same: nobody."""
    owner = accounts.add(session, "Samira", role=Role.builder)
    token = tokens.add_token(session, "short", account=owner, days=1)
    found = tokens.of_account(session, owner.id)[0]
    assert timedelta(hours=23) < found.expires_at - datetime.now(UTC) <= timedelta(days=1)
    other = accounts.add(session, "Bo", role=Role.builder)
    for account_id in (other.id, None):
        with pytest.raises(NotFound):
            tokens.revoke(session, found.id, account_id=account_id)
    tokens.revoke(session, found.id, account_id=owner.id)
    assert tokens.viewer_of(session, token) is None
    with pytest.raises(NotFound):
        tokens.revoke(session, found.id, account_id=owner.id)

    again = tokens.add_token(session, "short", account=owner)
    session.execute(update(Token).values(expires_at=datetime.now(UTC)))
    assert tokens.viewer_of(session, again) is None
    assert [] == tokens.of_account(session, owner.id)


def test_when_it_was_used(session: Session) -> None:
    """Written at the first use, and then at most once an hour."""
    token = tokens.add_token(session, "reader", role=Role.builder, scopes=["read"])
    used = text("SELECT used_at FROM token")
    assert session.execute(used).scalar() is None
    old = datetime.now(UTC) - timedelta(minutes=59)
    for at, kept in ((None, False), (old, True), (old - timedelta(minutes=2), False)):
        session.execute(text("UPDATE token SET used_at = :at"), {"at": at})
        of(session, token)
        assert kept == (session.execute(used).scalar() == at)


def test_what_cannot_be_made(session: Session) -> None:
    """A name twice, scopes of nobody, a community of others, days without end, and very many tokens."""
    _home, away = (communities.add(session, slug, slug).id for slug in ("hier", "elders"))
    owner = accounts.add(session, "Samira", role=Role.builder)
    tokens.add_token(session, "Telefoon", account=owner)
    tokens.add_token(session, "Telefoon", role=Role.builder)  # of another owner
    with pytest.raises(Conflict):
        tokens.add_token(session, " telefoon ", account=owner)
    for more in (
        {"name": ""}, {"name": "x" * 61}, {"name": "a\x00b"}, {"days": 0}, {"days": 366}, {"scopes": ["god"]},
        {"scopes": ["account:write"]}, {"scopes": ["ambition:write"]}, {"community_id": away},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            tokens.add_token(session, **{"name": "new", "account": owner, **more})  # type: ignore[arg-type]
    for number in range(tokens.MOST - 1):
        tokens.add_token(session, f"nr {number}", account=owner)
    with pytest.raises(Conflict):
        tokens.add_token(session, "one too many", account=owner)
