"""An evening at the table: neighbours who point their telephone at a code pin as suggestions of whoever invited them.

    evening = table_evenings.open(session, community_id, by=viewer, key=secret)
    evening.code                # stands in the address /table/{code} and in the QR code

An evening lasts until four in the morning, or until whoever opened it ends it. The code is short, so that it can be
typed from the screen of somebody else; it is found by a keyed hash, and kept sealed, so that the screen of the host
can show it again. docs/decisions/0042 says what a guessed code is worth.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, SmallInteger, Text, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import communities, history, sealing
from assets.base import Base, now
from assets.errors import Invalid, TooMany
from assets.permissions import GRANTED, Permission, Viewer, require
from assets.recurrence import HOME_ZONE

#: What the history calls it.
SUBJECT = "table_evening"
#: The hour at which an evening is over, in the time of the neighbourhood.
OVER_AT = time(4)
#: Suggestions of one evening. All at the table share one network, so the limit of a network does not hold there.
MOST_PINS = 60
#: No vowels, so that no code is a word, and no signs that look alike.
SIGNS = "23456789bcdfghjkmnpqrstvwxyz"
GROUPS, GROUP = 3, 3
PURPOSE = "table"


class TableEvening(Base):
    """One evening of one host; `pins` counts the suggestions that came in, also those that were decided on since."""

    __tablename__ = "table_evening"
    __table_args__ = (
        Index("ix_table_evening_community_id", "community_id"),
        Index("ix_table_evening_opened_by", "opened_by"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    opened_by: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(Text, unique=True)
    sealed: Mapped[str] = mapped_column(Text)
    pins: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    opened_at: Mapped[datetime] = now()
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True)
class Evening:
    """An evening that lasts.

    Attributes:
        host: name of who opened it.
        code: what stands in its address; None when it cannot be shown (any more).
        pins: suggestions that came in.
        ends_at: when it is over, in UTC.
    """

    id: int
    community_id: int
    community: str
    host_id: int
    host: str
    code: str | None
    pins: int
    ends_at: datetime


#: Of evenings that last; whether the host may still have one is looked at by `_one`.
LASTING = text(
    "SELECT t.id, t.community_id, c.name AS community, t.opened_by AS host_id, a.name AS host, t.sealed, t.pins,"
    " t.ends_at FROM table_evening AS t JOIN account AS a ON a.id = t.opened_by"
    " JOIN community AS c ON c.id = t.community_id"
    " WHERE t.ended_at IS NULL AND t.ends_at > :now AND (CAST(:hash AS text) IS NULL OR t.code_hash = :hash)"
    " AND (CAST(:host AS bigint) IS NULL OR t.opened_by = :host) ORDER BY t.id DESC"
)


def ends_after(moment: datetime) -> datetime:
    """The next four in the morning in the neighbourhood, in UTC, whatever the clock was set to that night."""
    here = moment.astimezone(HOME_ZONE)
    day = here.date() if here.time() < OVER_AT else here.date() + timedelta(days=1)
    return datetime.combine(day, OVER_AT, HOME_ZONE).astimezone(UTC)


def open(session: Session, community_id: int, *, by: Viewer, key: str, now: datetime | None = None) -> Evening:
    """The evening of this viewer: the one that lasts, or a new one; one that lasts in another community ends.

    Args:
        session: the transaction.
        community_id: the community that decides on what is pinned.
        by: the host, with an account.
        key: the service's own secret.
        now: the moment that counts as now.

    Raises:
        NotAllowed: the viewer may not open a table in that community.
    """
    require(by, Permission.table_open, community_id)
    if by.account_id is None or not by.signed_in:
        raise Invalid("Only someone who is signed in can open a table.")
    # a button that is pressed twice opens one table
    session.execute(text("SELECT 1 FROM account WHERE id = :id FOR UPDATE"), {"id": by.account_id})
    lasting = of_host(session, by.account_id, key=key, now=now)
    if lasting is not None and lasting.community_id == community_id and lasting.code is not None:
        return lasting
    moment = now or datetime.now(UTC)
    _end(session, by, moment)
    signs = "".join(secrets.choice(SIGNS) for _ in range(GROUPS * GROUP))
    code = "-".join(signs[start : start + GROUP] for start in range(0, len(signs), GROUP))
    stored = TableEvening(
        community_id=community_id,
        opened_by=by.account_id,
        code_hash=_hash(code, key),
        sealed=sealing.seal(code, key, purpose=PURPOSE),
        opened_at=moment,
        ends_at=ends_after(moment),
    )
    session.add(stored)
    session.flush()
    history.note(session, SUBJECT, stored.id, "opened", by=by.name, community_id=community_id)
    made = of_host(session, by.account_id, key=key, now=now)
    assert made is not None  # noqa: S101 - it was just made
    return made


def of_host(session: Session, account_id: int, *, key: str, now: datetime | None = None) -> Evening | None:
    """The evening of this account that lasts."""
    return _one(session, key, now, host=account_id)


def of_code(session: Session, code: str, *, key: str, now: datetime | None = None) -> Evening | None:
    """The evening with this code, in capitals or not and with or without its hyphens; None when there is none now."""
    if not re.fullmatch(r"[\w-]{1,20}", code, re.ASCII):
        return None
    return _one(session, key, now, hash=_hash(code, key))


def end(session: Session, by: Viewer, *, now: datetime | None = None) -> None:
    """End the evening of this viewer at once."""
    require(by, Permission.table_open)
    _end(session, by, now or datetime.now(UTC))


def end_of(session: Session, account_id: int, *, by: str, now: datetime | None = None) -> None:
    """End the evenings of someone in communities where they may have none any more, because of `by`."""
    moment = now or datetime.now(UTC)
    for found in session.execute(LASTING, {"now": moment, "hash": None, "host": account_id}).all():
        if not _may(session, found.host_id, found.community_id):
            session.execute(update(TableEvening).where(TableEvening.id == found.id).values(ended_at=moment))
            history.note(session, SUBJECT, found.id, "ended", by=by, community_id=found.community_id)


def count_in(session: Session, evening: Evening) -> None:
    """Count one more suggestion; TooMany when the table has as many as an evening may have."""
    counted = text("UPDATE table_evening SET pins = pins + 1 WHERE id = :id AND pins < :most RETURNING pins")
    if session.execute(counted, {"id": evening.id, "most": MOST_PINS}).first() is None:
        raise TooMany(
            "At this table {number} things were sent in this evening. Thank you! Ask {name} to open a new table.",
            number=MOST_PINS,
            name=evening.host,
            seconds=max(1, int((evening.ends_at - datetime.now(UTC)).total_seconds())),
        )


def host_of(session: Session, evening_id: int) -> str | None:
    """The name of who had this evening; None when it is no longer known."""
    found: str | None = session.scalar(
        text("SELECT a.name FROM table_evening AS t JOIN account AS a ON a.id = t.opened_by WHERE t.id = :id"),
        {"id": evening_id},
    )
    return found


@dataclass(frozen=True)
class Laid:
    """An evening of which suggestions wait: whose, on which day in the neighbourhood, whether it lasts, how many."""

    id: int
    host_id: int
    host: str
    opened_at: datetime
    lasts: bool
    waiting: int


def with_waiting(session: Session, viewer: Viewer, *, now: datetime | None = None) -> list[Laid]:
    """The evenings of the viewer's communities of which suggestions wait, the viewer's own first, then the latest."""
    require(viewer, Permission.suggestion_decide)
    mine = None
    if viewer.roles is not None:
        mine = [number for number, role in viewer.roles.items() if role in GRANTED[Permission.suggestion_decide]]
    rows = session.execute(
        text(
            "SELECT t.id, t.opened_by AS host_id, a.name AS host, t.opened_at,"
            " t.ended_at IS NULL AND t.ends_at > :now AS lasts, count(*) AS waiting"
            " FROM suggestion AS s JOIN table_evening AS t ON t.id = s.table_id JOIN account AS a ON a.id = t.opened_by"
            " WHERE s.state = 'open' AND (CAST(:mine AS bigint[]) IS NULL OR s.community_id = ANY(:mine))"
            " GROUP BY t.id, a.name ORDER BY t.opened_by IS DISTINCT FROM :viewer, t.id DESC LIMIT 20"
        ),
        {"now": now or datetime.now(UTC), "mine": mine, "viewer": viewer.account_id},
    )
    return [
        Laid(row.id, row.host_id, row.host, row.opened_at.astimezone(HOME_ZONE), row.lasts, row.waiting) for row in rows
    ]


def _end(session: Session, by: Viewer, moment: datetime) -> None:
    lasts = (TableEvening.ended_at.is_(None), TableEvening.ends_at > moment)
    ended = session.execute(
        update(TableEvening)
        .where(TableEvening.opened_by == by.account_id, *lasts)
        .values(ended_at=moment)
        .returning(TableEvening.id, TableEvening.community_id)
    )
    for one in ended.all():
        history.note(session, SUBJECT, one.id, "ended", by=by.name, community_id=one.community_id)


def _one(session: Session, key: str, now: datetime | None, **which: object) -> Evening | None:
    asked = {"hash": None, "host": None, "now": now or datetime.now(UTC), **which}
    row = session.execute(LASTING, asked).first()
    if row is None or not _may(session, row.host_id, row.community_id):
        return None
    code = sealing.unseal(row.sealed, key, purpose=PURPOSE)
    return Evening(row.id, row.community_id, row.community, row.host_id, row.host, code, row.pins, row.ends_at)


def _may(session: Session, account_id: int, community_id: int) -> bool:
    """Whether this account may have a table there now."""
    return communities.role_of(session, account_id, community_id) in GRANTED[Permission.table_open]


def _hash(code: str, key: str) -> str:
    signs = code.lower().replace("-", "").replace("_", "")
    return hmac.new(key.encode(), f"table:{signs}".encode(), hashlib.sha256).hexdigest()
