"""Mails that those who put things on the map get by themselves, bundled and rarely: when, to whom, and how they stop.

    due(session, Bundled.review, day)              whose turn it may be
    take(session, account_id, what, day)           their turn, taken once whoever else tries; None when it is not
    stop(session, token)                           no more of it, by the link in any of these mails

A turn is noted also when there was nothing to tell, so that the next one tells what came after it; of suggestions only
when there was, for these come any day.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets.accounts import Account
from assets.base import Base, now, one_of
from assets.sealing import hashed

#: A link that stops works as long as anybody keeps a mail that somebody may still act upon.
STOP_DAYS = 400


class Bundled(StrEnum):
    """What such a mail is about."""

    review = "review"
    suggestions = "suggestions"


#: Between two of them there are at least so many days.
EVERY_DAYS = {Bundled.review: 7, Bundled.suggestions: 1}


class BundledMail(Base):
    """The turn of an account on a day. Of the link that stops a hash is kept; None when there was nothing to mail."""

    __tablename__ = "bundled_mail"
    __table_args__ = (
        CheckConstraint(one_of("what", Bundled), name="what"),
        UniqueConstraint("account_id", "what", "day", name="uq_bundled_mail_account_id_what_day"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(Text)
    day: Mapped[date] = mapped_column(Date)
    stop_hash: Mapped[str | None] = mapped_column(Text, unique=True)
    made_at: Mapped[datetime] = now()


DUE = text(
    """
    SELECT a.id FROM account AS a
    WHERE a.closed_at IS NULL AND a.email IS NOT NULL AND NOT CAST(:what AS text) = ANY (a.stopped_mails)
        AND EXISTS (SELECT FROM membership AS m WHERE m.account_id = a.id AND m.role IN ('builder', 'steward'))
        AND NOT EXISTS (SELECT FROM bundled_mail AS b
            WHERE b.account_id = a.id AND b.what = :what AND b.day > CAST(:day AS date) - CAST(:every AS integer))
    ORDER BY a.id
    """
)


@dataclass(frozen=True)
class Turn:
    """Whose turn it is; `since` is the day of their turn before, None when this is the first."""

    id: int
    account: Account
    what: Bundled
    since: date | None


def due(session: Session, what: Bundled, day: date) -> list[int]:
    """Ids of the accounts whose turn it is: builders and stewards with an address who did not stop it."""
    return list(session.scalars(DUE, {"what": what, "day": day, "every": EVERY_DAYS[what]}))


def last_day(session: Session, account_id: int, what: Bundled) -> date | None:
    """The day of the last turn of an account."""
    of_theirs = (BundledMail.account_id == account_id) & (BundledMail.what == what)
    return session.scalar(select(func.max(BundledMail.day)).where(of_theirs))


def take(session: Session, account_id: int, what: Bundled, day: date) -> Turn | None:
    """Take the turn of an account on this day; None when somebody else is doing so, or it is not due any more."""
    account = session.scalar(select(Account).where(Account.id == account_id).with_for_update(skip_locked=True))
    if account is None or account_id not in due(session, what, day):
        return None
    since = last_day(session, account_id, what)
    taken = BundledMail(account_id=account_id, what=what, day=day)
    session.add(taken)
    session.flush()
    return Turn(taken.id, account, what, since)


#: How many suggestions wait for an account in its communities, of those for whom one came since the mail before.
WAITING = text(
    """
    SELECT m.account_id, count(*) AS waiting
    FROM membership AS m JOIN suggestion AS s ON s.community_id = m.community_id AND s.state = 'open'
    WHERE m.role IN ('builder', 'steward') AND m.account_id = ANY (CAST(:ids AS bigint[]))
    GROUP BY m.account_id
    HAVING max(s.created_at) > COALESCE((SELECT max(b.made_at) FROM bundled_mail AS b
        WHERE b.account_id = m.account_id AND b.what = 'suggestions'), '-infinity')
    ORDER BY m.account_id
    """
)


def suggestions_waiting(session: Session, day: date) -> dict[int, int]:
    """How many suggestions wait, by the account whose turn it is to hear so; none where no new one came."""
    ids = due(session, Bundled.suggestions, day)
    return {row.account_id: row.waiting for row in session.execute(WAITING, {"ids": ids})}


def stop_link(session: Session, turn: Turn) -> str:
    """The secret of the link that stops these mails, for the mail of this turn; it is not kept."""
    token = secrets.token_urlsafe(32)
    session.get_one(BundledMail, turn.id).stop_hash = hashed(token)
    session.flush()
    return token


@dataclass(frozen=True)
class Linked:
    """What a link stops, and whether it has stopped already."""

    account_id: int
    what: Bundled
    stopped: bool


def behind(session: Session, token: str) -> Linked | None:
    """What the link with this secret stops; None when it is unknown or too old, or the account was closed."""
    row = session.execute(
        select(Account.id, BundledMail.what, Account.stopped_mails)
        .join(BundledMail, BundledMail.account_id == Account.id)
        .where(
            BundledMail.stop_hash == hashed(token), Account.closed_at.is_(None),
            BundledMail.made_at > func.now() - timedelta(days=STOP_DAYS),
        )
    ).one_or_none()  # fmt: skip
    return None if row is None else Linked(row.id, Bundled(row.what), row.what in row.stopped_mails)


def stop(session: Session, token: str) -> Linked | None:
    """Send no more of these mails; what the link was about."""
    found = behind(session, token)
    if found is not None:
        choose(session, found.account_id, found.what, wanted=False)
    return found


def choose(session: Session, account_id: int, what: Bundled, *, wanted: bool) -> None:
    """Let an account get these mails, or no more of them."""
    account = session.get_one(Account, account_id, with_for_update=True, populate_existing=True)
    others = [one for one in account.stopped_mails if one != what]
    account.stopped_mails = others if wanted else [*others, what]
    session.flush()
