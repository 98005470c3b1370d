"""Mails that wait to be sent: written with the work that they tell of, sent later by the queue (app/mail_worker.py).

A mail is kept no longer than it takes to deliver it. One that cannot be delivered loses address and words, and stays as
a row that is counted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Text, Uuid, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import sql
from assets.base import Base, now

#: How long a mail that could not be delivered is counted.
COUNTED_DAYS = 30
#: Of whoever waits before a screen, and of notices that go to many at once.
SOON, LATER = 10, 0


class Mail(Base):
    """One message to one address. `message_key` stays the same at every try, so that a double can be recognised.

    A notice (assets/notices.py) has neither address nor words here: it is written when it is sent, so that who
    withdrew in between is not in it. It tells what happened after `since` and not after `created_at`.
    `about` names what any other mail tells of, as `asset:12` or `suggestion:5`: it is not sent once that was erased.
    """

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint(
            "given_up_at IS NULL OR (recipient = '' AND subject = '' AND body = '' AND stop_url IS NULL)",
            name="nothing_kept",
        ),
        CheckConstraint("given_up_at IS NULL OR reply_to IS NULL", name="no_reply_kept"),
        # no reference to the notice: stopping it does not wait for a mail that is being sent
        CheckConstraint(
            "notice_id IS NULL OR (recipient = '' AND subject = '' AND body = '' AND since IS NOT NULL)",
            name="notice_later",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    message_key: Mapped[UUID] = mapped_column(Uuid, server_default=func.gen_random_uuid())
    recipient: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    stop_url: Mapped[str | None] = mapped_column(Text)
    #: Where an answer goes, when whoever wrote it said so.
    reply_to: Mapped[str | None] = mapped_column(Text)
    notice_id: Mapped[int | None] = mapped_column(BigInteger)
    since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    about: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    created_at: Mapped[datetime] = now()
    given_up_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True)
class Post:
    """How the mail is doing: numbers, never addresses."""

    waiting: int
    given_up: int


def hand_in(session: Session, mail: Mail) -> None:
    """Store a mail and ask the queue to send it: both happen when the transaction is committed, or neither."""
    session.add(mail)
    session.flush()
    priority = SOON if mail.notice_id is None else LATER
    session.execute(sql.statement("mail_queue"), {"mail_id": mail.id, "priority": priority})


def give_up(session: Session, mail: Mail) -> None:
    """Keep of a mail only that it could not be delivered, and forget those of long ago."""
    mail.recipient = mail.subject = mail.body = ""
    mail.stop_url = mail.reply_to = None
    mail.given_up_at = datetime.now(UTC)
    session.execute(delete(Mail).where(Mail.given_up_at < mail.given_up_at - timedelta(days=COUNTED_DAYS)))
    session.flush()


def forget_about(session: Session, about: Iterable[str]) -> int:
    """How many mails were thrown away that tell of one of these; a mail that is being sent is waited for."""
    told = select(Mail.id).where(Mail.about.overlap(list(about)))
    return len(session.execute(delete(Mail).where(Mail.id.in_(told)).returning(Mail.id)).all())


def count(session: Session) -> Post:
    """How many mails wait, and how many could not be delivered in the past 30 days."""
    recent = Mail.given_up_at > datetime.now(UTC) - timedelta(days=COUNTED_DAYS)
    waiting, given_up = session.execute(
        select(func.count().filter(Mail.given_up_at.is_(None)), func.count().filter(recent))
    ).one()
    return Post(waiting, given_up)
