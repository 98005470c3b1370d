"""Leaving: everything of a community goes, at once and for good, and only its number remembers that it was here.

    leave(session, community_id, by=viewer)      in the session's transaction: all of it, or nothing
    replay(session, departed)                    once more, in a database that was restored from before

With a community go its entries and all that hangs on them, its conversations and suggestions, its history, its
settings, invitations and memberships (ON DELETE CASCADE), the accounts that have no role left anywhere, mails that wait
and kept answers. What is of areas and streets stays: measurements, without the name of who counted, and the mails that
somebody asked for about an area. Persons among its entries are remembered as erased (assets/erasure.py), so that an
import does not bring them back. docs/decisions/0041 says why it is done so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Text, delete, func, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import erasure, last_guards, names, sign_ins
from assets.accounts import RANK, UNBOUND, Account, Membership
from assets.base import Base, now
from assets.communities import Community
from assets.erasure import Departed, Erased
from assets.errors import Conflict, NotAllowed, NotFound, message
from assets.inventory import Asset
from assets.permissions import OPERATOR, Permission, Viewer, require
from assets.sql import statement
from assets.suggested import Suggestion
from assets.tokens import Token
from assets.vocabulary import AssetKind, AssetState, Placement, Role

GONE = message("This community is not here any more.")
#: In place of the name of somebody who went, where what they did is not the community's own.
SOMEBODY = "somebody whose community left"
#: A large community takes longer than a request may; nobody waits for it who does not write in it.
PATIENCE = text("SELECT set_config('statement_timeout', '600000', true)")
#: What is not of a community, and still names who did it.
NAMES = tuple(
    text(
        f"UPDATE {table} SET {column} = :somebody"  # noqa: S608 - from this list
        f" WHERE split_part({column}, '{names.OF_PROGRAM}', 1) = ANY (CAST(:names AS text[])){of_nobody}"
    )
    for table, column, of_nobody in (
        ("measurement", "recorded_by", ""),
        ("measurement", "counted_by", ""),
        ("ambition", "set_by", ""),
        ("import_batch", "by", ""),
        ("change", "by", " AND community_id IS NULL"),
    )
)


class Departure(Base):
    """That a community left: its number, a mark of number and moment, and the day; no word of anybody."""

    __tablename__ = "departure"
    __table_args__ = (Index("uq_departure_identity", "identity", unique=True),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    community_id: Mapped[int] = mapped_column(BigInteger)
    identity: Mapped[str] = mapped_column(Text)
    left_at: Mapped[datetime] = now()


@dataclass(frozen=True)
class Steward:
    """Somebody to be told that the community left."""

    email: str
    language: str


@dataclass(frozen=True)
class Left:
    """What went: the name of the community, how many entries, persons among them and accounts, and whom to tell."""

    name: str
    entries: int
    persons: int
    accounts: int
    stewards: tuple[Steward, ...]


def leave(session: Session, community_id: int, *, by: Viewer, today: date | None = None) -> Left:
    """What went: nothing of the community can be read any more once the session has committed.

    Two who ask at once wait for each other; the second finds that it is gone.

    Raises:
        NotAllowed: somebody else than a steward of this community; the operator of the machine may.
        NotFound: it is not here, or not any more.
        Conflict: it is the sample, which is taken away as a whole with its streets.
    """
    require_leaver(by, community_id)
    session.execute(PATIENCE)
    # as whoever takes a role away: first this, then rows, so that the two never wait for each other
    last_guards.hold(session)
    # whoever writes in this community waits for this, and then finds it gone; nobody else does
    community = session.scalar(select(Community).where(Community.id == community_id).with_for_update())
    if community is None:
        raise NotFound(GONE)
    if community.is_sample:
        raise Conflict("The sample neighbourhood leaves with its streets: `vuurtoren demo --remove`.")
    return _leave(session, community, today, kept_at=datetime.now(UTC))


def require_leaver(by: Viewer, community_id: int) -> None:
    """Return for a steward of this community and the operator; NotAllowed for all others, and for any program."""
    if by is OPERATOR:
        return
    require(by, Permission.community_leave, community_id)
    if by.roles is None or by.token_id is not None:
        raise NotAllowed("Only a steward of this community, signed in with a browser, may do this.")


def replay(session: Session, departed: Iterable[Departed]) -> int:
    """How many communities left again; records of another database, or of a namesake by number, are passed over."""
    made = erasure.of_database(session)
    here, again = erasure.mark(made), 0
    known = set(session.scalars(select(Departure.identity)))
    for one in departed:
        if one.database != here or one.identity in known:
            continue
        community = session.scalar(select(Community).where(Community.id == one.community_id).with_for_update())
        if community is not None and erasure.mark(made, community.id, community.created_at) == one.identity:
            session.execute(PATIENCE)
            _leave(session, community, None, kept_at=one.left_at)
            again += 1
        else:
            session.add(Departure(community_id=one.community_id, identity=one.identity, left_at=one.left_at))
        known.add(one.identity)
    session.flush()
    return again


def records(session: Session) -> list[Departed]:
    """Every community that left this database, the first to leave first."""
    here = erasure.mark(erasure.of_database(session))
    rows = session.scalars(select(Departure).order_by(Departure.id))
    return [Departed(here, row.community_id, row.identity, row.left_at) for row in rows]


def _leave(session: Session, community: Community, today: date | None, *, kept_at: datetime) -> Left:
    made, number, name = erasure.of_database(session), community.id, community.name
    departed = Departed(erasure.mark(made), number, erasure.mark(made, number, community.created_at), kept_at)
    ours = Asset.community_id == number
    told_of = {f"asset:{one}" for one in session.scalars(select(Asset.id).where(ours))}
    entries = len(told_of)
    waiting = select(Suggestion.id).where(Suggestion.community_id == number)
    told_of |= {f"suggestion:{one}" for one in session.scalars(waiting)}
    invited = session.scalars(text("SELECT id FROM invitation WHERE community_id = :id"), {"id": number})
    told_of |= {f"invitation:{one}" for one in invited}
    persons = erasure.remember(session, ours, today)
    stewards, going = _people(session, number)
    addresses = [one.email for one in going if one.email is not None]
    binds: dict[str, Any] = {
        "community_id": number,
        "addresses": addresses,
        "holders": [f"account:{one.id}" for one in going],
    }
    for words in ("leave_mails", "leave_answers", "leave_history"):
        session.execute(statement(words), binds)
    _forget_names(session, [one.name for one in going])
    session.execute(delete(Account).where(Account.id.in_([one.id for one in going])))
    session.execute(delete(Asset).where(ours))
    _forget_samples(session, number)
    session.execute(delete(Community).where(Community.id == number))  # its history goes along
    session.add(Departure(community_id=number, identity=departed.identity, left_at=kept_at))
    session.flush()
    session.expire_all()
    erasure.tell_afterwards(session, Erased((departed, *persons), frozenset(told_of), frozenset(addresses)))
    return Left(name, entries, len(persons), len(going), stewards)


def _people(session: Session, community_id: int) -> tuple[tuple[Steward, ...], list[Account]]:
    """The stewards to be told, and the accounts that have no role left; whoever stays keeps what they are elsewhere."""
    mine = select(Membership.account_id).where(Membership.community_id == community_id)
    rows = session.execute(
        select(Account, Membership.role)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.community_id == community_id, Account.closed_at.is_(None))
        .order_by(Account.id)
    ).all()
    stewards = tuple(
        Steward(one.email, one.language) for one, role in rows if role == Role.steward and one.email is not None
    )
    elsewhere: dict[int, list[Role]] = {}
    others = select(Membership).where(Membership.account_id.in_(mine), Membership.community_id != community_id)
    for membership in session.scalars(others):
        elsewhere.setdefault(membership.account_id, []).append(Role(membership.role))
    going = []
    for account, _ in rows:
        if account.id in elsewhere:
            account.role = max(elsewhere[account.id], key=RANK.index)
            sign_ins.end_all(session, account.id)
        elif Role(account.role) not in UNBOUND:
            going.append(account)
    session.flush()
    return stewards, going


def _forget_names(session: Session, gone: list[str]) -> None:
    """Take these names, and those of their programs (`owner · program`), from what belongs to no community.

    A program of the operator that has the same name keeps it: what it did is not told apart from theirs.
    """
    others = set(session.scalars(select(Token.name).where(Token.account_id.is_(None), Token.name.in_(gone))))
    mine = [one for one in gone if one not in others and names.folded(one) not in names.RESERVED]
    for one in NAMES:
        session.execute(one, {"names": mine, "somebody": SOMEBODY})


def _forget_samples(session: Session, community_id: int) -> None:
    """Let no title be among the samples by which searches are planned.

    Of an empty table PostgreSQL takes no new samples and keeps the old ones, so one entry without a word stands there
    meanwhile; it goes with the community.
    """
    session.execute(
        insert(Asset).values(
            community_id=community_id, kind=AssetKind.person, state=AssetState.retired, placement=Placement.none,
            title="-", started_on=func.current_date(), created_by="-",
        )
    )  # fmt: skip
    session.execute(text("SELECT take_samples('asset')"))
