"""What an admin, or the operator at the command line, does with accounts and communities: each thing noted.

The last admin and the last steward of a community stay (assets/last_guards.py). Nothing here reads an entry, a note or
a message. History has it under the subjects `account` and `community`, by whom; it tells roles and no names or
addresses of who it was done to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from assets import (
    accounts,
    communities,
    history,
    last_guards,
    memberships,
    second_factors,
    sign_in_links,
    sign_ins,
    tokens,
)
from assets.accounts import UNBOUND, Account, Membership
from assets.communities import Community
from assets.errors import Conflict, Invalid, NotAllowed, NotFound
from assets.history import Change
from assets.last_guards import LastOf
from assets.permissions import OPERATOR, Permission, Viewer, require
from assets.vocabulary import Role

ACCOUNT, COMMUNITY, TOKEN = "account", "community", "token"
#: Accounts on a page.
PAGE = 100


@dataclass(frozen=True)
class Listed:
    """An account in the list.

    Attributes:
        roles: role by name of the community; empty for analysts and admins.
        seen_at: of a sign-in that holds; None when there is none.
        factors: apps and passkeys.
    """

    id: int
    name: str
    role: Role
    roles: dict[str, Role]
    seen_at: datetime | None
    factors: int
    has_address: bool


@dataclass(frozen=True)
class ListedCommunity:
    """A community with its numbers; `entries` are those on the map but for persons."""

    id: int
    slug: str
    name: str
    is_sample: bool
    entries: int
    members: int
    stewards: int


LISTED = text(
    """
    SELECT a.id, a.name, a.role, a.email IS NOT NULL AS has_address,
        COALESCE((SELECT json_object_agg(c.name, m.role ORDER BY c.name) FROM membership AS m
            JOIN community AS c ON c.id = m.community_id WHERE m.account_id = a.id), '{}') AS roles,
        (SELECT max(s.seen_at) FROM sign_in AS s WHERE s.account_id = a.id AND NOT s.waiting) AS seen_at,
        (SELECT count(*) FROM second_factor AS f WHERE f.account_id = a.id AND f.kind <> 'paper') AS factors
    FROM account AS a
    WHERE a.closed_at IS NULL
        AND (CAST(:q AS text) IS NULL OR position(lower(:q) IN lower(a.name)) > 0 OR a.email = lower(:q))
        AND (CAST(:id AS bigint) IS NULL OR a.id = :id)
        AND (CAST(:after AS bigint) IS NULL
            OR (lower(a.name), a.id) > (SELECT lower(b.name), b.id FROM account AS b WHERE b.id = :after))
    ORDER BY lower(a.name), a.id
    LIMIT :most
    """
)
COMMUNITIES = text(
    """
    SELECT c.id, c.slug, c.name, c.is_sample,
        (SELECT count(*) FROM asset AS e WHERE e.community_id = c.id AND e.state = 'published'
            AND e.kind <> 'person') AS entries,
        count(m.account_id) AS members, count(m.account_id) FILTER (WHERE m.role = 'steward') AS stewards
    FROM community AS c
    LEFT JOIN (membership AS m JOIN account AS a ON a.id = m.account_id AND a.closed_at IS NULL)
        ON m.community_id = c.id
    GROUP BY c.id ORDER BY c.is_sample, c.name, c.id
    """
)


# --- reading ---


def listed(
    session: Session, viewer: Viewer, *, q: str | None = None, after: int | None = None, limit: int = PAGE
) -> list[Listed]:
    """Accounts by name, of which `q` is a part of the name or the whole address; `after` is the keyset."""
    require(viewer, Permission.account_write)
    rows = session.execute(LISTED, {"q": q, "id": None, "after": after, "most": limit}).mappings()
    return [_listed(row) for row in rows]


def one(session: Session, viewer: Viewer, account_id: int) -> tuple[Account, Listed]:
    """One account that is not closed; NotFound when there is none."""
    require(viewer, Permission.account_write)
    row = session.execute(LISTED, {"q": None, "id": account_id, "after": None, "most": 1}).mappings().one_or_none()
    if row is None:
        raise NotFound("There is no account with the number {id}.", id=account_id)
    return session.get_one(Account, account_id), _listed(row)


def _listed(row: Any) -> Listed:
    roles = {name: Role(role) for name, role in row["roles"].items()}
    return Listed(**{**row, "role": Role(row["role"]), "roles": roles})


def listed_communities(session: Session, viewer: Viewer) -> list[ListedCommunity]:
    """Every community with its numbers, by name."""
    require(viewer, Permission.account_write)
    return [ListedCommunity(**row) for row in session.execute(COMMUNITIES).mappings()]


def done(session: Session, viewer: Viewer, *, limit: int = 20) -> Sequence[Change]:
    """What admins did here, the newest first; what the people of a community did is for themselves to read."""
    require(viewer, Permission.account_write)
    of_theirs = (Change.subject == COMMUNITY) & Change.action.in_(("added", "renamed"))
    query = select(Change).where(Change.subject.in_((ACCOUNT, TOKEN)) | of_theirs)
    return session.scalars(query.order_by(Change.id.desc()).limit(limit)).all()


# --- accounts ---


def add(
    session: Session,
    name: str,
    *,
    role: Role,
    email: str | None,
    language: str,
    community_id: int | None,
    municipality: str | None = None,
    by: Viewer,
) -> Account:
    """The account just made; refused as by accounts.add."""
    _hold_admins(session, by)
    made = accounts.add(
        session, name, role=role, email=email, language=language, community_id=community_id, municipality=municipality
    )
    _note_memberships(session, made.id, {}, by)
    _note(session, made.id, "added", by, after=_told(session, made))
    return made


def set_role(
    session: Session,
    account_id: int,
    role: Role,
    *,
    community_id: int | None,
    municipality: str | None = None,
    last: bool = False,
    by: Viewer,
) -> Account:
    """The account with its new role in one community, or at all; whoever it is signs in again.

    Args:
        session: the transaction.
        account_id: whose role.
        role: the new one; visitor takes it away.
        community_id: where; the first community when none is given.
        municipality: the only one that an analyst works for.
        last: also when it is the last admin or the last steward of a community; only for the operator.
        by: who does so.

    Raises:
        LastGuard: it is the last admin, or the last steward of a community.
        Invalid: no role would be left.
    """
    _hold_admins(session, by)
    account = _the(session, account_id)
    number = None if role in UNBOUND else community_id or communities.default_id(session)
    lost = LastOf()
    if role is not Role.steward or account.role in UNBOUND:
        stays = role is Role.admin
        lost = last_guards.require_others(session, account, stays_admin=stays, within=number, last=_goes_on(last, by))
    before, there = _told(session, account), _memberships(session, account_id)
    accounts.set_role(session, account, role, community_id=number, municipality=municipality, by=by.name)
    _note_memberships(session, account_id, there, by, lost)
    _note(session, account_id, "role", by, before=before, after={**_told(session, account), **_said(lost)})
    return account


def close(session: Session, account_id: int, *, last: bool = False, by: Viewer) -> Account:
    """The account that was closed just now; LastGuard and `last` as in set_role."""
    _hold_admins(session, by)
    account = _the(session, account_id)
    lost = last_guards.require_others(session, account, last=_goes_on(last, by))
    close_and_note(session, account, by=by, lost=lost)
    return account


def close_and_note(session: Session, account: Account, *, by: Viewer, lost: LastOf | None = None) -> None:
    """Close an account that may be closed, and let the history say so, that of its communities too."""
    before, there = _told(session, account), _memberships(session, account.id)
    accounts.close(session, account, by=by.name)
    _note_memberships(session, account.id, there, by, lost, gone="closed")
    _note(session, account.id, "closed", by, before={**before, **_said(lost)})


def make_link(session: Session, account_id: int, *, by: Viewer) -> tuple[Account, str]:
    """The account and the secret of a link with which it signs in once, within 15 minutes, in any browser."""
    _hold_admins(session, by)
    account = _the(session, account_id)
    token = sign_in_links.link_for(session, account)
    _note(session, account_id, "link", by)
    return account, token


def take_second_steps(session: Session, account_id: int, *, by: Viewer) -> Account:
    """The account without apps, passkeys and codes on paper, for who lost them; it is signed out everywhere.

    Raises:
        Conflict: it is one's own, or it has none.
    """
    _hold_admins(session, by)
    if account_id == by.account_id:
        raise Conflict("Your own second steps are on your own page; another operator can take them away.")
    account = _the(session, account_id)
    if not second_factors.has_any(session, account_id):
        raise Conflict("This account has no second step.")
    second_factors.forget(session, account_id)
    sign_ins.end_all(session, account_id)
    _note(session, account_id, "second steps", by)
    return account


def _hold_admins(session: Session, by: Viewer) -> None:
    """Let two admins do one thing after the other, so that neither takes the other away; NotAllowed for who was one.

    Whoever lost the role a moment ago, while this waited, is refused.
    """
    require(by, Permission.account_write)
    last_guards.hold(session)
    if by.account_id is None:
        return
    found = session.get(Account, by.account_id, populate_existing=True)
    if found is None or found.closed_at is not None or found.role != Role.admin:
        raise NotAllowed("You are no operator of this map any more; nothing was changed.")


def _goes_on(last: bool, by: Viewer) -> bool:
    """Whether the last guard may be taken away; NotAllowed for whoever is not at the machine itself."""
    if last and by is not OPERATOR:
        raise NotAllowed("Only the operator at the command line takes the last one away.")
    return last


def _said(lost: LastOf | None) -> dict[str, Any]:
    """What the history keeps of a last guard that was taken away: that it was so."""
    return {"last": True} if lost is not None and (lost.of_map or lost.communities) else {}


def _the(session: Session, account_id: int) -> Account:
    found = session.get(Account, account_id, with_for_update=True, populate_existing=True)
    if found is None or found.closed_at is not None:
        raise NotFound("There is no account with the number {id}.", id=account_id)
    return found


def _told(session: Session, account: Account) -> dict[str, Any]:
    """The roles of an account, as history keeps them: communities by number, so that none that left is named."""
    there = {str(number): str(role) for number, role in _memberships(session, account.id).items()}
    works_for = {"municipality": account.municipality} if account.municipality else {}
    return {"role": str(account.role), "communities": there, **works_for}


def _memberships(session: Session, account_id: int) -> dict[int, Role]:
    """The roles of an account by the number of the community."""
    rows = session.execute(select(Membership.community_id, Membership.role).where(Membership.account_id == account_id))
    return {row.community_id: Role(row.role) for row in rows}


def _note_memberships(
    session: Session,
    account_id: int,
    before: Mapping[int, Role],
    by: Viewer,
    lost: LastOf | None = None,
    *,
    gone: str = "removed",
) -> None:
    """Let the history of each community whose people are others now say so, as when a steward does it."""
    after = _memberships(session, account_id)
    for number in sorted({*before, *after}):
        old, new = before.get(number), after.get(number)
        if old != new:
            action = "added" if old is None else gone if new is None else "changed"
            was_last = lost is not None and number in lost.communities
            memberships.note(session, number, account_id, action, by=by.name, before=old, after=new, last=was_last)


def _note(session: Session, account_id: int, action: str, by: Viewer, **values: Any) -> None:
    history.note(session, ACCOUNT, account_id, action, by=by.name, **values)


# --- communities ---


def add_community(session: Session, slug: str, name: str, *, by: Viewer) -> Community:
    """The community just made; refused as by communities.add."""
    _hold_admins(session, by)
    made = communities.add(session, slug, name)
    history.note(session, COMMUNITY, made.id, "added", by=by.name, after={"name": made.name}, community_id=made.id)
    return made


def rename_community(session: Session, community_id: int, name: str, *, by: Viewer) -> Community:
    """The community under its new name; its address stays the same.

    Raises:
        NotFound: there is no such community.
        Invalid: the name cannot be.
    """
    _hold_admins(session, by)
    found = session.get(Community, community_id, with_for_update=True)
    if found is None:
        raise NotFound("There is no such community.")
    new = " ".join(name.split())
    if not 1 <= len(new) <= 100 or not new.isprintable():
        raise Invalid.at("name", "A name has 1 to 100 characters.")
    if new != found.name:
        history.note(
            session, COMMUNITY, found.id, "renamed", by=by.name, before={"name": found.name}, after={"name": new},
            community_id=found.id,
        )  # fmt: skip
        found.name = new
        session.flush()
    return found


# --- tokens of programs ---


def make_token(session: Session, name: str, *, by: Viewer, **given: Any) -> str:
    """A new bearer token, which is shown this once; made and refused as by tokens.add_token."""
    require(by, Permission.account_write)
    made = tokens.add_token(session, name, **given)
    history.note(session, TOKEN, tokens.number_of(session, made), "made", by=by.name)
    return made


def revoke_tokens(session: Session, name: str, *, by: Viewer) -> None:
    """End each valid token of this name, whoever made it; NotFound when there is none."""
    require(by, Permission.account_write)
    for number in tokens.revoke_token(session, name):
        history.note(session, TOKEN, number, "revoked", by=by.name)


def revoke_token(session: Session, token_id: int, *, by: Viewer) -> None:
    """End a token that the operator made; NotFound when there is none, or it is somebody's own."""
    require(by, Permission.account_write)
    tokens.revoke(session, token_id, account_id=None)
    history.note(session, TOKEN, token_id, "revoked", by=by.name)
