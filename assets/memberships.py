"""Who belongs to a community: looking, giving another role, taking someone out. The history says that it happened.

The history names an account by its number; its name stands there no longer than the account itself is kept.
"""

from dataclasses import dataclass

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from assets import accounts, communities, history, invitations, last_guards, sign_ins, table_evenings
from assets.accounts import RANK, Account, Membership
from assets.communities import Community
from assets.errors import Invalid, NotAllowed, NotFound
from assets.permissions import GRANTED, Permission, Viewer, require
from assets.vocabulary import Role

SUBJECT = "membership"


@dataclass(frozen=True)
class Person:
    """Someone of a community: their number and name, and what they are there."""

    account_id: int
    name: str
    role: Role


def role_in(session: Session, account_id: int, community_id: int) -> Role | None:
    """What an account is to a community by its membership; None when it has none."""
    found = session.scalar(
        select(Membership.role).where(Membership.account_id == account_id, Membership.community_id == community_id)
    )
    return None if found is None else Role(found)


def may_see(viewer: Viewer, community_id: int) -> bool:
    """Whether the viewer sees who belongs to this community: its builders and stewards, and admins."""
    return viewer.role_in(community_id) in GRANTED[Permission.asset_write]


def of_community(session: Session, community_id: int, *, by: Viewer) -> list[Person]:
    """Who belongs to a community, stewards first, then by name; NotAllowed for who may not see it.

    Of the made-up neighbourhood only an admin is told, for there everybody is one of its people.
    """
    if not may_see(by, community_id):
        raise NotAllowed("This belongs to another community; only its own people may do this.")
    if by.roles is not None and session.get_one(Community, community_id).is_sample:
        return []
    found = [Person(account.id, account.name, role) for account, role in accounts.members(session, community_id)]
    return sorted(found, key=lambda one: -RANK.index(one.role))


def give_role(session: Session, community_id: int, account_id: int, role: Role, *, by: Viewer) -> int:
    """Give someone of this community another role there; how many of their tokens ended by it, to be told to them.

    Raises:
        NotAllowed: the viewer may not, or would make themselves more than they are.
        NotFound: they are not of this community.
        Conflict: this is the made-up neighbourhood.
        Invalid: this is no role in a community.
        LastGuard: they are its last steward.
    """
    before = _held(session, community_id, account_id, by)
    if role not in invitations.ROLES:
        raise Invalid.at("role", "Choose what they will be: resident, community builder or steward.")
    if account_id == by.account_id and RANK.index(role) > RANK.index(by.role_in(community_id)):
        raise NotAllowed("Nobody makes themselves more than they are.")
    if role == before:
        return 0
    if before == Role.steward:
        _require_another(session, community_id, account_id)
    put(session, community_id, account_id, role)
    note(session, community_id, account_id, "changed", by=by.name, before=before, after=role)
    ended = accounts.revoke_tokens(session, account_id) if role in accounts.STRONG else 0
    if role == Role.steward or RANK.index(role) < RANK.index(before):
        sign_ins.end_all(session, account_id)  # none lives on with more, and a steward shows a second factor
    _settle(session, account_id, by)
    return ended


def take_out(session: Session, community_id: int, account_id: int, *, by: Viewer) -> None:
    """Take someone out of this community; their account stays, and what they did.

    Raises:
        NotAllowed, NotFound: as give_role.
        LastGuard: they are its last steward.
    """
    before = _held(session, community_id, account_id, by)
    if before == Role.steward:
        _require_another(session, community_id, account_id)
    session.execute(
        delete(Membership).where(Membership.account_id == account_id, Membership.community_id == community_id)
    )
    note(session, community_id, account_id, "removed", by=by.name, before=before)
    sign_ins.end_all(session, account_id)
    _settle(session, account_id, by)


def put(session: Session, community_id: int, account_id: int, role: Role) -> None:
    """Store a role in a community, whatever it was; the account's highest role follows."""
    session.execute(
        text(
            "INSERT INTO membership (account_id, community_id, role) VALUES (:account, :community, :role)"
            " ON CONFLICT (account_id, community_id) DO UPDATE SET role = excluded.role"
        ),
        {"account": account_id, "community": community_id, "role": role},
    )
    settle_role(session, account_id)


def settle_role(session: Session, account_id: int) -> None:
    """Make an account's own role the highest of its memberships; visitor when it has none."""
    account = session.get_one(Account, account_id, populate_existing=True)
    if account.role in accounts.UNBOUND:
        return
    roles = session.scalars(select(Membership.role).where(Membership.account_id == account_id)).all()
    account.role = max((Role(one) for one in roles), key=RANK.index, default=Role.visitor)
    session.flush()


def note(
    session: Session,
    community_id: int,
    account_id: int,
    action: str,
    *,
    by: str,
    before: Role | None = None,
    after: Role | None = None,
    last: bool = False,
) -> None:
    """Write in the history what someone was to a community and is now; `last`: they were its last steward."""
    history.note(
        session,
        SUBJECT,
        account_id,
        action,
        by=by,
        community_id=community_id,
        before=_told(community_id, before) if not last else {**(_told(community_id, before) or {}), "last": True},
        after=_told(community_id, after),
    )


def _told(community_id: int, role: Role | None) -> dict[str, object] | None:
    return None if role is None else {"community_id": community_id, "role": role}


def _held(session: Session, community_id: int, account_id: int, by: Viewer) -> Role:
    """The role of someone in this community, held against others who change it."""
    require(by, Permission.member_write, community_id)
    if by.token_id is not None:
        raise NotAllowed("Only a person says who belongs to a community, not a program.")
    communities.require_real(session, community_id)
    # one change at a time: two stewards cannot take each other out at once, and who lost the role meanwhile is refused
    last_guards.hold(session)
    if by.account_id is not None:
        now = communities.role_of(session, by.account_id, community_id)
        if now not in GRANTED[Permission.member_write]:
            raise NotAllowed("You are no steward of this community any more; nothing was changed.")
    found = session.scalar(
        select(Membership.role)
        .join(Account, Account.id == Membership.account_id)
        .where(
            Membership.account_id == account_id, Membership.community_id == community_id, Account.closed_at.is_(None)
        )
    )
    if found is None:
        raise NotFound("This person does not belong to this community (any more).")
    return Role(found)


def _require_another(session: Session, community_id: int, account_id: int) -> None:
    account = session.get_one(Account, account_id)
    last_guards.require_others(session, account, stays_admin=True, within=community_id)


def _settle(session: Session, account_id: int, by: Viewer) -> None:
    """The account's own role, and what hung on the role that is gone: invitations and tables."""
    settle_role(session, account_id)
    invitations.end_of(session, account_id, by=by.name)
    table_evenings.end_of(session, account_id, by=by.name)
