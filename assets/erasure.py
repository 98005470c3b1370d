"""Erasure: everything that is kept about a person goes, and that it went is remembered without a word of theirs.

    export(session, asset_id)                         everything that is kept, for whoever asks for it first
    erase(session, asset_id, by=viewer, today=day)    the entry and all that hangs on it, in the session's transaction
    replay(session, records)                          erase again what a restored backup brought back

What hangs on an entry goes with it (ON DELETE CASCADE): consents, connections, activities, suggestions, personal links.
What speaks of it elsewhere goes too: waiting mails, answers kept for a second send, the words in the history, and the
samples of words that the database keeps to plan its queries.

Of an erased entry there stays a row here: its number, a mark by which a restored backup knows it again, a mark by which
an import knows not to bring it back, and of each consent when and to what it was given, for five years. The same record
stands in a list beside the database (app/erased_list.py), for a restored database has forgotten this table.
docs/decisions/0037 says why.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Identity, Index, Text, delete, event, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import communities, history, inventory, mails, personal_export, walls
from assets.base import Base, now
from assets.consents import Consent
from assets.deployment import Deployment
from assets.errors import Conflict, message
from assets.inventory import Asset
from assets.permissions import OPERATOR, Permission, Viewer
from assets.sql import statement
from assets.suggested import Suggestion
from assets.vocabulary import AssetKind

#: Key in `session.info` of what is told of each erasure after it is committed (app/erased_list.py).
AFTERWARDS = "after an erasure"
#: Key of the erasures that are told of when this transaction is committed.
WAITING = "erased in this transaction"
#: What is said to whoever sends once more what made an entry that was erased (app/idempotency.py).
ERASED_SINCE = message("What was made by sending this is not there any more.")

export = personal_export.everything
as_json, as_csv = personal_export.as_json, personal_export.as_csv


class Erasure(Base):
    """That the entry with a number was erased: marks, days, and no words.

    `identity` is a mark of the number and the moment at which the entry was made, `source_mark` one of the source and
    key of an import, `made_by` those of the suggestions that were about it; all differ from database to database.
    `consents` says of each consent for whom, to which version of the words, from when and until when.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        Index("uq_erasure_identity", "identity", unique=True),
        Index("ix_erasure_source_mark", "source_mark"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    asset_id: Mapped[int] = mapped_column(BigInteger)
    identity: Mapped[str] = mapped_column(Text)
    source_mark: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    consents: Mapped[Any] = mapped_column(JSONB, server_default="[]")
    erased_at: Mapped[datetime] = now()


@dataclass(frozen=True)
class Record:
    """One erasure as it stands in the list beside the database; `database` is the mark of the one it was in."""

    database: str
    asset_id: int
    identity: str
    source_mark: str | None
    made_by: tuple[str, ...]
    consents: tuple[Mapping[str, Any], ...]
    erased_at: datetime


@dataclass(frozen=True)
class Departed:
    """That a community left, as it stands in the same list: its number, and a mark of number and moment."""

    database: str
    community_id: int
    identity: str
    left_at: datetime


@dataclass(frozen=True)
class Erased:
    """What was just erased: the records that stay, and what mails told of it: its names, or whom they went to."""

    records: tuple[Record | Departed, ...]
    told_of: frozenset[str]
    addresses: frozenset[str] = frozenset()


def person(session: Session, asset_id: int, *, lock: bool = False) -> Asset:
    """The entry of a person, in any state; NotFound when there is none, Conflict when it is about something else."""
    asset = inventory.get(session, asset_id, lock=lock)
    if asset.kind != AssetKind.person:
        raise Conflict("Only the entry of a person is erased; anything else is taken off the map.")
    return asset


def erase(session: Session, asset_id: int, *, by: Viewer, today: date | None = None) -> Erased:
    """What was erased: nothing of the person can be read any more once the session has committed.

    Raises:
        NotFound: there is no such entry.
        NotAllowed: this viewer may not change it.
        Conflict: it is not about a person; what is not is taken off the map, and keeps its history.
    """
    communities.require_of(session, by, Permission.asset_write, asset_id)
    asset = person(session, asset_id, lock=True)
    community_id = asset.community_id
    session.flush()
    with walls.everywhere(session):  # also by the person, who is of no community
        suggested = session.scalars(select(Suggestion.id).where(Suggestion.asset_id == asset_id)).all()
        told_of = (f"asset:{asset_id}", *(f"suggestion:{number}" for number in suggested))
        kept = remember(session, Asset.id == asset_id, today)
    binds = {"asset_id": asset_id, "about": list(told_of)}
    mails.forget_about(session, told_of)
    history.forget_words(session, "asset", asset_id)
    session.execute(statement("erase_answers"), binds)
    session.execute(statement("erase_history"), binds)
    session.execute(delete(Asset).where(Asset.id == asset_id))
    session.expunge(asset)
    history.note(session, "asset", asset_id, "erased", by=by.name, community_id=community_id)
    session.flush()
    # titles are sampled for planning searches; of other words no sample is kept (migration no_samples)
    session.execute(text("SELECT take_samples('asset')"))
    done = Erased(tuple(kept), frozenset(told_of))
    tell_afterwards(session, done)
    return done


def was_erased(session: Session, source: str, source_keys: Iterable[str]) -> set[str]:
    """Of these keys of an import, those of people who had their entry erased."""
    made = of_database(session)
    marks = {mark(made, source, key): key for key in source_keys}
    found = session.scalars(select(Erasure.source_mark).where(Erasure.source_mark.in_(marks)))
    return {marks[mark] for mark in found if mark is not None}


def replay(session: Session, records: Iterable[Record]) -> tuple[int, int]:
    """How many entries and suggestions were erased again, and how many records were new to this database.

    Records of another database are passed over, and so is an entry that has the number of an erased one and is another.
    """
    made = of_database(session)
    here = mark(made)
    known = set(session.scalars(select(Erasure.identity)))
    again, new = 0, 0
    mine = [record for record in records if record.database == here]
    for record in mine:
        asset = session.get(Asset, record.asset_id)
        if asset is not None and mark(made, asset.id, asset.created_at) == record.identity:
            erase(session, asset.id, by=OPERATOR)
            known.add(record.identity)
            again += 1
        elif record.identity not in known:
            session.add(_row(record))
            known.add(record.identity)
            new += 1
    # what was a suggestion when the backup was made, and an entry when it was erased
    marks = {mark for record in mine for mark in record.made_by}
    waiting = session.scalars(select(Suggestion).where(Suggestion.asset_id.is_(None))) if marks else ()
    for one in waiting:
        if mark(made, one.id, one.created_at) in marks:
            mails.forget_about(session, [f"suggestion:{one.id}"])
            session.delete(one)
            again += 1
    session.flush()
    return again, new


def records(session: Session) -> list[Record]:
    """Everything that was erased from this database, oldest first."""
    here = mark(of_database(session))
    rows = session.scalars(select(Erasure).order_by(Erasure.id))
    return [
        Record(
            here, row.asset_id, row.identity, row.source_mark, tuple(row.made_by), tuple(row.consents), row.erased_at
        )
        for row in rows
    ]


def remember(session: Session, which: ColumnElement[bool], today: date | None) -> list[Record]:
    """The records of persons that are about to go, just stored; `which` is a condition on Asset."""
    made, day = of_database(session), today or date.today()
    found = session.execute(
        select(Asset.id, Asset.created_at, Asset.source, Asset.source_key)
        .where(which, Asset.kind == AssetKind.person)
        .order_by(Asset.id)
    ).all()
    numbers = select(Asset.id).where(which, Asset.kind == AssetKind.person)
    consents: dict[int, list[dict[str, str]]] = {}
    for answer in session.scalars(select(Consent).where(Consent.asset_id.in_(numbers)).order_by(Consent.id)):
        consents.setdefault(answer.asset_id, []).append(_remains(answer, day))
    suggested: dict[int, list[str]] = {}
    about = select(Suggestion.id, Suggestion.asset_id, Suggestion.created_at).where(Suggestion.asset_id.in_(numbers))
    for one in session.execute(about.order_by(Suggestion.id)):
        suggested.setdefault(one.asset_id, []).append(mark(made, one.id, one.created_at))
    here, moment = mark(made), datetime.now(UTC)
    records = [
        Record(
            database=here,
            asset_id=row.id,
            identity=mark(made, row.id, row.created_at),
            source_mark=mark(made, row.source, row.source_key) if row.source and row.source_key else None,
            made_by=tuple(suggested.get(row.id, ())),
            consents=tuple(consents.get(row.id, ())),
            erased_at=moment,
        )
        for row in found
    ]
    session.add_all([_row(record) for record in records])
    session.flush()
    return records


def _remains(consent: Consent, day: date) -> dict[str, str]:
    """What remains of a consent: that it was given, to which words, for whom, from when and until when."""
    ended = min(day if consent.withdrawn_at is None else consent.withdrawn_at.date(), consent.expires_on)
    return {
        "audience": consent.audience,
        "wording_version": consent.wording_version,
        "language": consent.language,
        "given_on": consent.given_on.isoformat(),
        "ended_on": ended.isoformat(),
    }


def _row(record: Record) -> Erasure:
    return Erasure(
        asset_id=record.asset_id,
        identity=record.identity,
        source_mark=record.source_mark,
        made_by=list(record.made_by),
        consents=list(record.consents),
        erased_at=record.erased_at,
    )


def of_database(session: Session) -> datetime:
    """The moment at which this database was made: the same after a restore, another in every other database."""
    return session.scalars(select(Deployment.created_at)).one()


def mark(*values: object) -> str:
    """A mark of some values; moments in UTC, to the microsecond."""
    told = (value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value) for value in values)
    return hashlib.sha256("\x1f".join(told).encode("utf-8", "surrogatepass")).hexdigest()


def tell_afterwards(session: Session, done: Erased) -> None:
    """Tell of it once the transaction is committed; nothing is told of one that is taken back."""
    tell: Callable[[Erased], None] | None = session.info.get(AFTERWARDS)
    if tell is None:
        return
    if WAITING not in session.info:
        session.info[WAITING] = []
        event.listen(session, "after_commit", _committed)
        event.listen(session, "after_rollback", _taken_back)
    session.info[WAITING].append(done)


def _committed(session: Session) -> None:
    if not session.in_nested_transaction():  # a savepoint that is let go is no commit
        waiting = session.info[WAITING]
        while waiting:
            session.info[AFTERWARDS](waiting.pop(0))


def _taken_back(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info[WAITING].clear()
