"""Relay: a message to a neighbour whose address nobody sees: a person, or who reads what is for a club or a place.

    token = ask(session, asset_id, email, ...)         mailed to that address; messages begin when it was used
    confirm(session, token)
    sent = send(session, asset_id, message, ...)       whom to mail it to, and the token with which they report it
    report(session, token)                             nothing more comes from this sender; `stop` ends it all

The address is sealed with the service's secret and stands in no output but the export of the person themselves. That of
a club or a place (assets/join_in.py) stands in none at all. Of a message nothing is kept here: it stands in the mail
that waits (assets/mails.py), which is deleted when it is delivered. That one was sent is kept for 30 days, as long as
it can be reported; what was reported for a year, so that its sender stays away (assets/retention.py).
"""

import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import history, sealing
from assets.base import Base, now
from assets.email_addresses import checked
from assets.errors import Conflict, Invalid, NotFound, TooMany
from assets.plain_text import unturned
from assets.sealing import hashed

PURPOSE = "relay"
#: Longest message.
MOST = 2000
#: Messages an hour from one network, messages a day to one person, and mails a day that ask to confirm an address.
AN_HOUR, A_DAY, ASKED_A_DAY = 5, 20, 5
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class RelayAddress(Base):
    """Where messages for an entry go, sealed; they begin once the link that was mailed there was used."""

    __tablename__ = "relay_address"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"), unique=True)
    sealed: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str | None] = mapped_column(Text, unique=True)
    asked_on: Mapped[date] = mapped_column(Date)
    asked: Mapped[int] = mapped_column(Integer)
    confirmed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RelayMessage(Base):
    """That a message was sent, by a mark of its sender's network that says nothing by itself; never what it said."""

    __tablename__ = "relay_message"
    __table_args__ = (
        Index("ix_relay_message_network", "network", "created_at"),
        Index("ix_relay_message_asset_id", "asset_id", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    network: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = now()
    reported_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True)
class Sent:
    """A message that may go: to which address, in which language, and the token of its page."""

    to: str
    language: str
    token: str


Purpose = Literal["confirm", "confirmed", "message"]


@dataclass(frozen=True)
class Opened:
    """What the link of a mail is for: to confirm an address, what was confirmed, or a message.

    Attributes:
        purpose: which of these.
        asset_id: the entry.
        is_person: whether it is of a person.
        title: of the entry; None of a person (who reads along is not told who it is), and of what is off the map.
        language: that of the title.
        stops: whether messages go to whoever has this link, so that they can end them: of a message, when it went to
            the address of now.
    """

    purpose: Purpose
    asset_id: int
    is_person: bool
    title: str | None
    language: str
    stops: bool


OPENED = text(
    """
    SELECT l.purpose, l.asset_id, a.kind = 'person',
           CASE WHEN a.kind <> 'person' AND a.state = 'published' THEN a.title END, a.language, l.stops
    FROM (
        SELECT CASE WHEN confirmed_at IS NULL THEN 'confirm' ELSE 'confirmed' END AS purpose, asset_id, true AS stops
        FROM relay_address WHERE token_hash = :hash AND sealed IS NOT NULL
        UNION ALL
        SELECT 'message', m.asset_id, COALESCE(m.created_at >= r.confirmed_at, false)
        FROM relay_message AS m LEFT JOIN relay_address AS r ON r.asset_id = m.asset_id
        WHERE m.token_hash = :hash
    ) AS l
    JOIN asset AS a ON a.id = l.asset_id
    """
)


# --- the address ---


def ask(session: Session, asset_id: int, email: str, *, language: str, key: str, by: str) -> str:
    """The token to mail to an address that wants the messages of an entry; what was there before counts no more.

    Raises:
        Invalid: it is no e-mail address.
        TooMany: it was asked too often today.
    """
    address = checked(email)
    today = session.scalars(select(func.current_date())).one()
    found = _address(session, asset_id, lock=True)
    if found is None:
        found = RelayAddress(asset_id=asset_id, language=language, asked_on=today, asked=0)
        session.add(found)
    if found.asked_on != today:
        found.asked_on, found.asked = today, 0
    if found.asked >= ASKED_A_DAY:
        raise TooMany(
            "An address was asked for {number} times today. Try again tomorrow.", number=found.asked, seconds=3600
        )
    token = secrets.token_urlsafe(32)
    found.sealed, found.language = sealing.seal(address, key, purpose=PURPOSE), language
    found.token_hash, found.confirmed_at, found.asked = hashed(token), None, found.asked + 1
    session.flush()
    history.note(session, "relay", found.id, "asked", by=by, about=[asset_id])
    return token


def confirm(session: Session, token: str) -> None:
    """Let messages go to the address that this token was mailed to; NotFound for a token that was replaced."""
    waiting = (RelayAddress.token_hash == hashed(token)) & RelayAddress.sealed.is_not(None)
    found = session.scalar(select(RelayAddress).where(waiting).with_for_update())
    if found is None:
        raise NotFound("This link does not work any more.")
    found.confirmed_at = found.confirmed_at or session.scalar(select(func.now()))
    session.flush()


def stop(session: Session, asset_id: int, *, by: str) -> None:
    """Forget the address; how often it was asked today stays, so that asking again is counted."""
    found = _address(session, asset_id, lock=True)
    if found is None or found.sealed is None:
        return
    found.sealed = found.token_hash = found.confirmed_at = None
    session.flush()
    history.note(session, "relay", found.id, "stopped", by=by, about=[asset_id])


def address_of(session: Session, asset_id: int, key: str) -> tuple[str, bool] | None:
    """The address for the person themselves, and whether it was confirmed; None without one."""
    found = _address(session, asset_id)
    if found is None or found.sealed is None:
        return None
    plain = sealing.unseal(found.sealed, key, purpose=PURPOSE)
    return None if plain is None else (plain, found.confirmed_at is not None)


def confirmed(session: Session, asset_id: int, key: str) -> tuple[str, str] | None:
    """The address that a person confirmed and the language of its mails; None without one."""
    found = _address(session, asset_id)
    if found is None or found.sealed is None or found.confirmed_at is None:
        return None
    plain = sealing.unseal(found.sealed, key, purpose=PURPOSE)
    return None if plain is None else (plain, found.language)


def reachable(session: Session, asset_id: int) -> bool:
    """Whether an entry can be written to: its address is confirmed, and it is on the map and has not ended."""
    found = session.execute(
        text(
            "SELECT 1 FROM relay_address AS r JOIN asset AS a ON a.id = r.asset_id WHERE a.id = :id"
            " AND r.confirmed_at IS NOT NULL AND a.state = 'published'"
            " AND (a.ended_on IS NULL OR a.ended_on > CURRENT_DATE)"
        ),
        {"id": asset_id},
    )
    return found.first() is not None


def writable(session: Session, asset_id: int) -> bool:
    """Whether everyone may see this entry and write to it; for a session of the public role."""
    found = session.execute(text("SELECT 1 FROM published_contact WHERE asset_id = :id"), {"id": asset_id})
    return found.first() is not None


def _address(session: Session, asset_id: int, *, lock: bool = False) -> RelayAddress | None:
    query = select(RelayAddress).where(RelayAddress.asset_id == asset_id)
    return session.scalar(query.with_for_update() if lock else query)


# --- messages ---


def send(session: Session, asset_id: int, message: str, *, network: str, key: str) -> Sent:
    """Whom to mail a message to. Whether the sender may see the entry is asked before.

    Raises:
        Invalid: there is no message, or it is too long.
        NotFound: this person cannot be written to.
        Conflict: they reported a message of this sender.
        TooMany: too many messages from here, or to this person.
    """
    words(message)
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('relay', 0))"))
    clear(session)
    found = _address(session, asset_id)
    to = None if found is None or found.sealed is None else sealing.unseal(found.sealed, key, purpose=PURPOSE)
    if found is None or to is None or found.confirmed_at is None:
        raise NotFound("This neighbour cannot be written to here.")
    mine = RelayMessage.network == network
    if session.scalar(
        select(RelayMessage.id)
        .where(mine, RelayMessage.asset_id == asset_id, RelayMessage.reported_at.is_not(None))
        .limit(1)
    ):
        raise Conflict("This neighbour wants no more messages from you.")
    hour, day = func.now() - text("interval '1 hour'"), func.now() - text("interval '1 day'")
    count = select(func.count()).select_from(RelayMessage)
    if int(session.scalar(count.where(mine, RelayMessage.created_at > hour)) or 0) >= AN_HOUR:
        raise TooMany("You sent {number} messages in an hour. Please wait a while.", number=AN_HOUR, seconds=3600)
    if int(session.scalar(count.where(RelayMessage.asset_id == asset_id, RelayMessage.created_at > day)) or 0) >= A_DAY:
        raise TooMany("This neighbour had many messages today. Please try tomorrow.", seconds=3600)
    token = secrets.token_urlsafe(32)
    session.add(RelayMessage(asset_id=asset_id, network=network, token_hash=hashed(token)))
    session.flush()
    return Sent(to, found.language, token)


def words(message: str) -> str:
    """The message as it is mailed; Invalid at `message` when it cannot be."""
    plain = unturned(message).replace("\r\n", "\n").replace("\r", "\n").strip()
    if CONTROL.search(plain):
        raise Invalid.at("message", "The text holds control characters; remove them.")
    if not plain:
        raise Invalid.at("message", "Write a few words.")
    if len(plain) > MOST:
        raise Invalid.at("message", "This is too long: at most {most} characters.", most=MOST)
    return plain


def opened(session: Session, token: str) -> Opened | None:
    """What a token of a mail is for; None when it works no longer."""
    found = session.execute(OPENED, {"hash": hashed(token)}).one_or_none()
    return None if found is None else Opened(*found)


def report(session: Session, token: str) -> None:
    """Mark a message: its sender can send this person nothing more for a year."""
    if session.scalar(select(RelayMessage.id).where(RelayMessage.token_hash == hashed(token))) is None:
        raise NotFound("This link does not work any more.")
    session.execute(
        update(RelayMessage)
        .where(RelayMessage.token_hash == hashed(token), RelayMessage.reported_at.is_(None))
        .values(reported_at=func.now())
    )


def clear(session: Session) -> int:
    """How many marks of messages were forgotten: after 30 days, of what was reported after a year."""
    done = session.execute(
        text(
            "DELETE FROM relay_message WHERE created_at < now() - interval '30 days'"
            " AND (reported_at IS NULL OR reported_at < now() - interval '1 year') RETURNING id"
        )
    ).all()
    return len(done)
