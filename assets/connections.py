"""Connections: what one asset is to another. A club meets at a neighbourhood house, a neighbour helps a street.

A connection is shown where both its ends are: the view published_connection looks at both, so that whoever withdraws
is in nobody's list any more. It is no sign of life and no energy; what happens is an activity.

Seen from an asset a connection leads outward ("meets at ...") or comes inward ("... meets here"); doors write both
as one text, `meets_at:12` and `meets_at.inward:12` (`Wish`).
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Text,
    and_,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import communities, history, inventory, lookups
from assets.base import Base, now, one_of
from assets.errors import Conflict, Invalid, NotFound
from assets.history import Change
from assets.inventory import Asset
from assets.permissions import Permission, Viewer, require
from assets.sql import chosen, statement
from assets.vocabulary import (
    CONNECT_REACH_M,
    CONNECTS,
    MOST_CONNECTIONS,
    AssetKind,
    AssetState,
    ConnectionKind,
    Freshness,
)

SUBJECT = "connection"
#: What is offered from nearby: few, and what most connections lead to. Everything else is found by its name.
OFFERED = (AssetKind.meeting_place, AssetKind.club, AssetKind.institution)
#: Rows offered at once.
MOST_OFFERED = 6
FIRST, LAST = date(1900, 1, 1), date(2200, 12, 31)


class Connection(Base):
    """One asset is something to another, told from the first (`from_id`) to the second (`to_id`)."""

    __tablename__ = "connection"
    __table_args__ = (
        CheckConstraint("from_id <> to_id", name="two"),
        CheckConstraint(one_of("kind", ConnectionKind), name="kind"),
        CheckConstraint("since BETWEEN '1900-01-01' AND '2200-12-31'", name="since"),
        Index("uq_connection_from_id_to_id_kind", "from_id", "to_id", "kind", unique=True),
        Index("ix_connection_to_id", "to_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    from_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    to_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    since: Mapped[date | None] = mapped_column(Date)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = now()


@dataclass(frozen=True, order=True)
class Tie:
    """What an asset is in a connection: its kind, and whether it comes from the other asset (`inward`)."""

    kind: ConnectionKind
    inward: bool = False

    def __str__(self) -> str:
        return f"{self.kind}.inward" if self.inward else str(self.kind)


@dataclass(frozen=True)
class Wish:
    """A connection that someone wants for an asset: what it is to the other, and the number of the other asset."""

    tie: Tie
    other_id: int

    def __str__(self) -> str:
        return f"{self.tie}:{self.other_id}"


@dataclass(frozen=True)
class End:
    """The other end of a connection, as it is shown.

    Attributes:
        id: of the connection; `asset_id` is that of the other asset.
        language: of the title.
        since: the first day of the connection; None when nobody said.
    """

    id: int
    asset_id: int
    kind: AssetKind
    title: str
    language: str
    freshness: Freshness
    since: date | None


@dataclass(frozen=True)
class Group:
    """All connections of an asset by one tie."""

    tie: Tie
    ends: tuple[End, ...]


@dataclass(frozen=True)
class Known:
    """An asset to connect with."""

    id: int
    kind: AssetKind
    title: str
    language: str


@dataclass(frozen=True)
class Near(Known):
    """The same, with how far it is in a straight line."""

    distance_m: float


# --- the rules ---


def ties(own: AssetKind, other: AssetKind) -> tuple[Tie, ...]:
    """What an asset of one kind may be to one of another kind (domain rule Connections); outward first."""
    outward = [Tie(kind) for kind, (sources, targets) in CONNECTS.items() if own in sources and other in targets]
    inward = [Tie(kind, True) for kind, (sources, targets) in CONNECTS.items() if other in sources and own in targets]
    return (*outward, *inward)


def wish(written: str) -> Wish | None:
    """The wish that a door wrote as `meets_at:12` or `meets_at.inward:12`; None for anything else."""
    found = re.fullmatch(r"([a-z_]{1,20})(\.inward)?:([1-9]\d{0,17})", written, re.ASCII)
    if found is None or found[1] not in set(ConnectionKind):
        return None
    return Wish(Tie(ConnectionKind(found[1]), found[2] is not None), int(found[3]))


# --- writing ---


def add(
    session: Session,
    from_id: int,
    kind: ConnectionKind,
    to_id: int,
    *,
    by: Viewer,
    since: date | None = None,
) -> Connection:
    """The connection just made.

    Raises:
        NotAllowed: the role may not write.
        Invalid: there is no such asset, the kind does not go between these two, or one of them has too many.
        Conflict: they are connected so already, or the other way round (only helping is mutual).
    """
    communities.require_of(session, by, Permission.asset_write, from_id)
    if from_id == to_id:
        raise Invalid.at("/to", "Something is not connected to itself.")
    if since is not None and not FIRST <= since <= LAST:
        raise Invalid.at("/since", "This is no day between 1900 and 2200.")
    # both held, in the order of their numbers: two who connect the same two wait for each other
    held = select(Asset.id, Asset.kind).where(Asset.id.in_((from_id, to_id)), Asset.state != AssetState.retired)
    query = held.order_by(Asset.id).with_for_update(key_share=True)
    kinds = {row.id: AssetKind(row.kind) for row in session.execute(query)}
    for pointer, number in (("/from", from_id), ("/to", to_id)):
        if number not in kinds:
            raise Invalid.at(pointer, "There is no asset with the number {id}.", id=number)
    if from_id not in (seen := inventory.visible(session, by, kinds)) or to_id not in seen:
        unseen = to_id if from_id in seen else from_id
        raise Invalid.at("/to", "There is no asset with the number {id}.", id=unseen)
    if Tie(kind) not in ties(kinds[from_id], kinds[to_id]):
        raise Invalid.at("/kind", "These two cannot belong together this way.")
    _not_there(session, from_id, kind, to_id)
    for pointer, number in (("/from", from_id), ("/to", to_id)):
        of_it = or_(Connection.from_id == number, Connection.to_id == number)
        if session.scalar(select(func.count()).where(of_it)) >= MOST_CONNECTIONS:  # type: ignore[operator]
            raise Invalid.at(
                pointer, "This has {most} connections already; more cannot be shown.", most=MOST_CONNECTIONS
            )
    made = Connection(from_id=from_id, to_id=to_id, kind=kind, since=since, created_by=by.name)
    session.add(made)
    session.flush()
    about = (made.from_id, made.to_id)
    history.note(session, SUBJECT, made.id, "added", by=by.name, after=told(made), about=about)
    return made


def _not_there(session: Session, from_id: int, kind: ConnectionKind, to_id: int) -> None:
    same = and_(Connection.from_id == from_id, Connection.to_id == to_id)
    turned = and_(Connection.from_id == to_id, Connection.to_id == from_id)
    asked = same if kind == ConnectionKind.helps else or_(same, turned)
    found = session.scalar(select(Connection).where(Connection.kind == kind, asked).limit(1))
    if found is not None and found.from_id == from_id:
        raise Conflict("These two are connected so already.")
    if found is not None:
        raise Conflict("These two are connected the other way round already; take that away first.")


def get(session: Session, connection_id: int, *, lock: bool = False) -> Connection:
    """The connection with this number; NotFound when there is none."""
    found = session.get(Connection, connection_id, with_for_update=lock or None)
    if found is None:
        raise NotFound("There is no connection with the number {id}.", id=connection_id)
    return found


def remove(session: Session, connection_id: int, *, by: Viewer) -> None:
    """Take a connection away; the history keeps what it was."""
    found = get(session, connection_id, lock=True)
    missing = NotFound("There is no connection with the number {id}.", id=connection_id)
    communities.require_of(session, by, Permission.asset_write, found.from_id, missing=missing)
    about = (found.from_id, found.to_id)
    history.note(session, SUBJECT, found.id, "removed", by=by.name, before=told(found), about=about)
    session.delete(found)
    session.flush()


def undo(session: Session, change_id: int, *, by: Viewer) -> Connection | None:
    """Undo a change of the history: the connection that is back, or None where one was taken away again.

    Raises:
        NotFound: there is no such change of a connection.
        Conflict: it was undone already.
        Invalid: an end of it is gone.
    """
    require(by, Permission.asset_write)
    change = session.get(Change, change_id)
    if change is None or change.subject != SUBJECT:
        raise NotFound("There is no change with the number {id}.", id=change_id)
    if change.action == "added":
        if session.get(Connection, change.subject_id) is None:
            raise Conflict("This connection was taken away already.")
        remove(session, change.subject_id, by=by)
        return None
    was: Any = change.before
    since = None if was["since"] is None else date.fromisoformat(was["since"])
    return add(session, was["from_id"], ConnectionKind(was["kind"]), was["to_id"], by=by, since=since)


def told(connection: Connection) -> dict[str, Any]:
    """What the history keeps of a connection: numbers and its kind, no words of anybody."""
    since = None if connection.since is None else connection.since.isoformat()
    return {"from_id": connection.from_id, "kind": str(connection.kind), "to_id": connection.to_id, "since": since}


def store(
    session: Session, asset_id: int, wanted: Iterable[Wish], *, by: Viewer, was: Iterable[Wish] = ()
) -> list[Connection]:
    """The connections just made for an asset, of those wanted; what was shown before and is not wanted now goes.

    What someone else took away or made in the meantime is left as it is.

    Args:
        session: of the owner of the database.
        asset_id: which asset.
        wanted: every connection that it shall have, of those that the form showed.
        by: who asks.
        was: those that it had when the form was shown.

    Raises:
        NotAllowed, Invalid, Conflict: as `add`; nothing is stored then, for the transaction ends.
    """
    wishes, before = dict.fromkeys(wanted), dict.fromkeys(was)
    there = {_as_wish(one, asset_id): one for one in _all_of(session, asset_id)}
    for gone in before:
        if gone not in wishes and gone in there:
            remove(session, there[gone].id, by=by)
    made = []
    for one in wishes:
        if one not in before and one not in there:
            ends = (one.other_id, asset_id) if one.tie.inward else (asset_id, one.other_id)
            made.append(add(session, ends[0], one.tie.kind, ends[1], by=by))
    return made


def _as_wish(connection: Connection, asset_id: int) -> Wish:
    inward = connection.to_id == asset_id
    other_id = connection.from_id if inward else connection.to_id
    return Wish(Tie(ConnectionKind(connection.kind), inward), other_id)


def _all_of(session: Session, asset_id: int) -> Sequence[Connection]:
    of_it = or_(Connection.from_id == asset_id, Connection.to_id == asset_id)
    return session.scalars(select(Connection).where(of_it).order_by(Connection.id)).all()


# --- reading ---


def published(session: Session, connection_id: int) -> Any:
    """The row of a connection of which everyone may see both ends; NotFound when there is none."""
    row = session.execute(
        text("SELECT id, from_id, kind, to_id, since FROM published_connection WHERE id = :id"), {"id": connection_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no connection with the number {id}.", id=connection_id)
    return row


def of_asset(session: Session, asset_id: int, *, on: date, archive: bool = False) -> list[Group]:
    """What an asset is connected to on a day: by tie in the order of the vocabulary, outward first, then by title.

    What has faded or ended by that day, and what began later, is left out.

    Args:
        session: as the public role, unless `archive`.
        asset_id: which asset; one without connections has no groups.
        on: the day.
        archive: also what is not public; for builders only.
    """
    switch = frozenset({"archive" if archive else "published"})
    rows = session.execute(
        chosen("connections_of", switch), {"id": asset_id, "on": on, "limit": MOST_CONNECTIONS}
    ).all()
    if archive:
        lookups.mark(session, (row.asset_id for row in rows if row.asset_kind == AssetKind.person))
    found: dict[Tie, list[End]] = {}
    for row in rows:
        end = End(
            row.id,
            row.asset_id,
            AssetKind(row.asset_kind),
            row.title,
            row.language,
            Freshness(row.freshness),
            row.since,
        )
        found.setdefault(Tie(ConnectionKind(row.kind), row.inward), []).append(end)
    every = [Tie(kind, inward) for kind in ConnectionKind for inward in (False, True)]
    return [Group(tie, tuple(found[tie])) for tie in every if tie in found]


def nearby(
    session: Session,
    own: AssetKind,
    shape: bytes,
    *,
    on: date,
    but: int | None = None,
    most: int = MOST_OFFERED,
    reach_m: float = CONNECT_REACH_M,
) -> list[Near]:
    """What lies nearest to a place and can be connected with an asset of this kind; nearest first.

    Args:
        session: as the public role.
        own: the kind of the asset that looks for connections.
        shape: its place, as WKB in the storage CRS; of a person the general place.
        on: the day on which it must be active.
        but: the asset itself.
        most: rows at most.
        reach_m: metres in a straight line.
    """
    kinds = [kind.value for kind in OFFERED if ties(own, kind)]
    rows = session.execute(
        statement("connections_near"),
        {"shape": shape, "kinds": kinds, "but": but, "on": on, "reach_m": reach_m, "most": most},
    )
    return [Near(row.id, AssetKind(row.kind), row.title, row.language, row.distance_m) for row in rows]


def known(session: Session, ids: Collection[int], *, archive: bool = False) -> dict[int, Known]:
    """The assets with these numbers, by number; those that this session may not see are left out."""
    if not ids:
        return {}
    rows = session.execute(
        chosen("connections_known", frozenset({"archive" if archive else "published"})), {"ids": sorted(ids)}
    ).all()
    if archive:
        lookups.mark(session, (row.id for row in rows if row.kind == AssetKind.person))
    return {row.id: Known(row.id, AssetKind(row.kind), row.title, row.language) for row in rows}


def shape_of(session: Session, asset_id: int) -> bytes | None:
    """The place of an asset as WKB in the storage CRS; None where it has none."""
    found = session.scalar(select(Asset.geom.ST_AsBinary()).where(Asset.id == asset_id))
    return None if found is None else bytes(found)
