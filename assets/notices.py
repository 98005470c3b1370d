"""Notices ("laat het me weten"): a mail about what is new in an area, every day or every Monday, for who asked for it.

    ask -> a link by mail -> confirm -> notices, each with a link that stops them

Whoever asks learns nothing about an address: the answer is the same whether it is known or not, and nothing changes
before the link in the mail was used. An address stands in one row, however many areas it hears of; with its last
notice it is deleted. Links are kept as hashes.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    delete,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets.areas import Area
from assets.base import Base, now, one_of
from assets.email_addresses import checked
from assets.errors import NotFound
from assets.recurrence import HOME_ZONE
from assets.sealing import hashed

#: A link that was not used in so many days is worth nothing, and what was asked for is forgotten.
CONFIRM_DAYS = 7
#: A link that stops notices works for at least as long as anybody keeps a mail that somebody may still act upon.
STOP_DAYS = 400
#: Asking within an hour, for one address and from one network.
MOST_PER_ADDRESS, MOST_PER_NETWORK = 5, 40
#: What was stored a moment before a notice may be committed after it, so it is left to the next one.
SETTLED = timedelta(minutes=5)
#: Notices go out from this hour, local time.
FROM_HOUR = 7


class Rhythm(StrEnum):
    """How often notices come."""

    daily = "daily"
    weekly = "weekly"


class Purpose(StrEnum):
    """What a link in a mail is for."""

    confirm = "confirm"
    stop = "stop"


class Subscriber(Base):
    """An address that notices go to, or that somebody says they should go to."""

    __tablename__ = "subscriber"
    __table_args__ = (CheckConstraint("email = lower(email) AND length(email) BETWEEN 3 AND 254", name="email"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)


class Notice(Base):
    """That a subscriber wants to hear of an area.

    Attributes:
        confirmed_at: when the link in the mail was used; None before.
        told_until: up to which moment changes have been told.
        last_for: the day, or Monday, of the last notice; the next one is for a later one.
    """

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint(one_of("rhythm", Rhythm), name="rhythm"),
        CheckConstraint("(confirmed_at IS NULL) = (told_until IS NULL)", name="told"),
        CheckConstraint("(confirmed_at IS NULL) = (last_for IS NULL)", name="last"),
        UniqueConstraint("subscriber_id", "area_id", name="uq_notice_subscriber_id_area_id"),
        Index("ix_notice_area_id", "area_id"),
        Index("ix_notice_last_for", "rhythm", "last_for"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscriber.id", ondelete="CASCADE"))
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id", ondelete="CASCADE"))
    rhythm: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = now()
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    told_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_for: Mapped[date | None] = mapped_column(Date)


class NoticeLink(Base):
    """A link that was mailed; of the secret in it only the hash is kept.

    Attributes:
        rhythm: what confirming it asks for; None in a link that stops.
        language: the same.
    """

    __tablename__ = "notice_link"
    __table_args__ = (
        CheckConstraint(one_of("purpose", Purpose), name="purpose"),
        CheckConstraint("(purpose = 'confirm') = (rhythm IS NOT NULL AND language IS NOT NULL)", name="wish"),
        Index("ix_notice_link_notice_id", "notice_id"),
        Index("ix_notice_link_created_at", "created_at"),
    )

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(Text)
    rhythm: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = now()


class NoticeRequest(Base):
    """That somebody asked, kept for an hour to count by; address and network as keyed hashes."""

    __tablename__ = "notice_request"
    __table_args__ = (
        Index("ix_notice_request_email_hash", "email_hash", "created_at"),
        Index("ix_notice_request_network_hash", "network_hash", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email_hash: Mapped[str] = mapped_column(Text)
    network_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = now()


# --- asking and confirming ---


@dataclass(frozen=True)
class Asked:
    """A mail to be sent: to whom, with the secret of the link in it."""

    email: str
    token: str
    area: str


def ask(
    session: Session,
    code: str,
    email: str,
    *,
    rhythm: Rhythm,
    language: str,
    network: str,
    secret: str,
) -> Asked | None:
    """What to mail to whoever has this address; None when too many asked within the hour.

    The same happens whether the address hears of the area already or not: a link is made, and only using it changes
    anything.

    Args:
        session: the transaction; the mail goes out when it is committed.
        code: of the area; NotFound when there is none.
        email: as typed; Invalid when it is none.
        rhythm: how often.
        language: of the notices.
        network: where the request comes from; kept for an hour as a keyed hash.
        secret: the key of those hashes.
    """
    area = session.scalar(select(Area).where(Area.code == code))
    if area is None:
        raise NotFound("There is no area with the code {code}.", code=code)
    address = checked(email).lower()
    if not _may_ask(session, address, network, secret):
        return None
    # an update that changes nothing holds the row, so that nobody who stops at this moment takes it away
    one = insert(Subscriber).values(email=address)
    held = one.on_conflict_do_update(index_elements=["email"], set_={"email": one.excluded.email})
    subscriber = session.scalar(held.returning(Subscriber.id))
    wish = {"rhythm": rhythm.value, "language": language}
    two = insert(Notice).values(subscriber_id=subscriber, area_id=area.id, **wish)
    kept = two.on_conflict_do_update(
        constraint="uq_notice_subscriber_id_area_id", set_={"area_id": two.excluded.area_id}
    )
    notice = session.scalar(kept.returning(Notice.id))
    token = secrets.token_urlsafe(32)
    session.add(NoticeLink(token_hash=hashed(token), notice_id=notice, purpose=Purpose.confirm, **wish))
    session.flush()
    return Asked(address, token, area.name)


def _may_ask(session: Session, address: str, network: str, secret: str) -> bool:
    """Count this request; False when there were too many, which are not counted again."""
    email_hash, network_hash = (
        hmac.new(secret.encode(), words.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        for words in (f"notice:{address}", f"network:{network}")
    )
    # one at a time for each address and network, or two at once would both count as the fifth; in one order
    for key in sorted((email_hash, network_hash)):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    hour = timedelta(hours=1)
    session.execute(delete(NoticeRequest).where(NoticeRequest.created_at < func.now() - hour))
    counted = select(
        func.count().filter(NoticeRequest.email_hash == email_hash),
        func.count().filter(NoticeRequest.network_hash == network_hash),
    )
    both = (NoticeRequest.email_hash == email_hash) | (NoticeRequest.network_hash == network_hash)
    of_address, of_network = session.execute(counted.where(both)).one()
    if of_address >= MOST_PER_ADDRESS or of_network >= MOST_PER_NETWORK:
        return False
    session.add(NoticeRequest(email_hash=email_hash, network_hash=network_hash))
    return True


@dataclass(frozen=True)
class Linked:
    """What a link in a mail is about.

    Attributes:
        rhythm: that will be after confirming, or that is now.
    """

    notice_id: int
    area_code: str
    area_name: str
    rhythm: Rhythm
    language: str


def behind(session: Session, token: str, purpose: Purpose) -> Linked | None:
    """What the link with this secret is about; None when it is unknown or too old, or the notices have stopped."""
    days = CONFIRM_DAYS if purpose is Purpose.confirm else STOP_DAYS
    row = session.execute(
        select(
            Notice.id, Area.code, Area.name,
            func.coalesce(NoticeLink.rhythm, Notice.rhythm), func.coalesce(NoticeLink.language, Notice.language),
        )
        .join(NoticeLink, NoticeLink.notice_id == Notice.id)
        .join(Area, Area.id == Notice.area_id)
        .where(
            NoticeLink.token_hash == hashed(token), NoticeLink.purpose == purpose,
            NoticeLink.created_at > func.now() - timedelta(days=days),
        )
    ).one_or_none()  # fmt: skip
    return None if row is None else Linked(row[0], row[1], row[2], Rhythm(row[3]), row[4])


def confirm(session: Session, token: str, *, moment: datetime) -> Linked | None:
    """Let notices come as the link says; None when it is worth nothing. Doing it twice changes nothing more."""
    found = behind(session, token, Purpose.confirm)
    if found is None:
        return None
    notice = session.get_one(Notice, found.notice_id, with_for_update=True)
    if notice.confirmed_at is None:
        notice.confirmed_at = notice.told_until = moment
    if notice.last_for is None or notice.rhythm != found.rhythm:
        notice.last_for = period(found.rhythm, moment)  # the first notice is for the next day or week
    notice.rhythm, notice.language = found.rhythm, found.language
    session.flush()
    return found


def stop(session: Session, token: str) -> Linked | None:
    """End the notices of this link, and forget the address when it hears of nothing else; None when it is unknown."""
    found = behind(session, token, Purpose.stop)
    if found is None:
        return None
    subscriber = session.scalar(delete(Notice).where(Notice.id == found.notice_id).returning(Notice.subscriber_id))
    if subscriber is not None:
        _forget_idle(session, Subscriber.id == subscriber)
    return found


def _forget_idle(session: Session, *which: ColumnElement[bool]) -> None:
    """Delete subscribers who hear of nothing; first they are held, so that nobody asks for them at the same moment."""
    idle = ~select(Notice.id).where(Notice.subscriber_id == Subscriber.id).exists()
    ids = session.scalars(select(Subscriber.id).where(idle, *which).with_for_update()).all()
    session.execute(delete(Subscriber).where(Subscriber.id.in_(ids), idle))


def clear(session: Session) -> None:
    """Forget what was never confirmed, links that have ended, and who hears of nothing."""
    old = func.now() - timedelta(days=CONFIRM_DAYS)
    asked = select(NoticeLink.token_hash).where(NoticeLink.notice_id == Notice.id, NoticeLink.created_at > old).exists()
    session.execute(delete(Notice).where(Notice.confirmed_at.is_(None), Notice.created_at < old, ~asked))
    session.execute(delete(NoticeLink).where(NoticeLink.purpose == Purpose.confirm, NoticeLink.created_at < old))
    session.execute(delete(NoticeLink).where(NoticeLink.created_at < func.now() - timedelta(days=STOP_DAYS)))
    session.execute(delete(NoticeRequest).where(NoticeRequest.created_at < func.now() - timedelta(hours=1)))
    _forget_idle(session)


# --- when they are due ---


def period(rhythm: Rhythm, moment: datetime) -> date:
    """The day, or the Monday, that a notice at this moment is for: from seven in the morning, local time."""
    local = moment.astimezone(HOME_ZONE)
    day = local.date() if local.time() >= time(FROM_HOUR) else local.date() - timedelta(days=1)
    return day if rhythm is Rhythm.daily else day - timedelta(days=day.weekday())


def due(session: Session, moment: datetime) -> list[int]:
    """The notices whose day or Monday has come, those of one area together."""
    is_due = [
        (Notice.rhythm == rhythm) & (Notice.last_for < period(rhythm, moment)) & Notice.confirmed_at.is_not(None)
        for rhythm in Rhythm
    ]
    return list(session.scalars(select(Notice.id).where(is_due[0] | is_due[1]).order_by(Notice.area_id, Notice.id)))


@dataclass(frozen=True)
class Turn:
    """One notice to be written: what happened after `since` and not after `until`."""

    notice_id: int
    since: datetime
    until: datetime


def take(session: Session, notice_id: int, moment: datetime) -> Turn | None:
    """Take the turn of a notice, once for each period whoever else tries; None when it is not due any more."""
    notice = session.scalar(select(Notice).where(Notice.id == notice_id).with_for_update(skip_locked=True))
    if notice is None or notice.told_until is None or notice.last_for is None:
        return None
    now_for = period(Rhythm(notice.rhythm), moment)
    if notice.last_for >= now_for:
        return None
    turn = Turn(notice.id, notice.told_until, max(moment - SETTLED, notice.told_until))
    notice.last_for, notice.told_until = now_for, turn.until
    session.flush()
    return turn


@dataclass(frozen=True)
class Recipient:
    """Whom a notice goes to, about what."""

    email: str
    area_code: str
    rhythm: Rhythm
    language: str


def recipient(session: Session, notice_id: int) -> Recipient | None:
    """Whom a notice goes to; None when it was stopped meanwhile."""
    row = session.execute(
        select(Subscriber.email, Area.code, Notice.rhythm, Notice.language)
        .join(Notice, Notice.subscriber_id == Subscriber.id)
        .join(Area, Area.id == Notice.area_id)
        .where(Notice.id == notice_id, Notice.confirmed_at.is_not(None))
    ).one_or_none()
    return None if row is None else Recipient(row.email, row.code, Rhythm(row.rhythm), row.language)


def stop_link(session: Session, notice_id: int) -> str:
    """The secret of a new link that stops a notice, for one mail."""
    token = secrets.token_urlsafe(32)
    session.add(NoticeLink(token_hash=hashed(token), notice_id=notice_id, purpose=Purpose.stop))
    session.flush()
    return token
