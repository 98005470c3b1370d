"""The last guard stays: a map keeps an operator and a community a steward, whoever takes the role and by which door.

    last_guards.hold(session)                       one at a time, until the transaction ends
    last_guards.require_others(session, account)    LastGuard when nobody would be left

The made-up neighbourhood needs no steward. Only the operator of the machine may go on all the same (`--last`), and then
the history says so.
"""

from dataclasses import dataclass, field

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from assets.accounts import Account
from assets.errors import Conflict, message
from assets.vocabulary import Role

LAST_OPERATOR = message("{person} is the last operator of this map. Make somebody else operator first.")
LAST_STEWARD = message(
    "{person} is the last steward of {community}. Make somebody else steward first, on the page of its people, or let "
    "the community leave."
)
#: The communities, by name, of which somebody is the only steward.
ALONE = text(
    """
    SELECT c.id, c.name FROM membership AS m JOIN community AS c ON c.id = m.community_id AND NOT c.is_sample
    WHERE m.account_id = :id AND m.role = 'steward' AND NOT EXISTS (
        SELECT FROM membership AS o JOIN account AS a ON a.id = o.account_id AND a.closed_at IS NULL
        WHERE o.community_id = m.community_id AND o.role = 'steward' AND o.account_id <> m.account_id)
    ORDER BY c.name, c.id
    """
)


class LastGuard(Conflict):
    """Nobody would be left to guard the map, or a community; the message says who is the last, and what to do first."""


@dataclass(frozen=True)
class LastOf:
    """What somebody is the last guard of: the map itself, and communities, name by number."""

    of_map: bool = False
    communities: dict[int, str] = field(default_factory=dict)


def hold(session: Session) -> None:
    """Wait for whoever else takes a role away, until they are done: what is counted after this stays true.

    One for the whole map: a role may be one of several communities, and roles are taken seldom.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("guards", 0))))


def last_of(session: Session, account: Account) -> LastOf:
    """What this account is the last guard of, as it stands now."""
    others = select(Account.id).where(Account.role == Role.admin, Account.closed_at.is_(None), Account.id != account.id)
    of_map = account.role == Role.admin and session.scalar(others.limit(1)) is None
    return LastOf(of_map, {row.id: row.name for row in session.execute(ALONE, {"id": account.id})})


def require_others(
    session: Session, account: Account, *, stays_admin: bool = False, within: int | None = None, last: bool = False
) -> LastOf:
    """What this account is the last guard of and stops being, which is nothing unless `last` allows it.

    Args:
        session: the transaction, which holds (`hold`).
        account: who is to lose a role, or all.
        stays_admin: whether they stay operator, when they are.
        within: the only community in which they lose a role; None for each of theirs.
        last: whether it may be done all the same.

    Raises:
        LastGuard: they are the last one, and `last` does not say that it is meant.
    """
    found = last_of(session, account)
    lost = LastOf(
        found.of_map and not stays_admin,
        {number: name for number, name in found.communities.items() if within in (None, number)},
    )
    if last:
        return lost
    if lost.of_map:
        raise LastGuard(LAST_OPERATOR, person=account.name)
    for name in lost.communities.values():
        raise LastGuard(LAST_STEWARD, person=account.name, community=name)
    return lost
