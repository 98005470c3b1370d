"""Sign-ins: the browsers in which somebody is signed in, without a password (assets/sign_in_links.py).

A sign-in ends after 14 days without a visit and in any case after 90 days; one of an analyst, a steward or an admin
after 2 hours and after 12 (OWASP ASVS 5, 7.3: both ends are written down). Only hashes are kept; whoever reads the
database can sign in with none. Where a second factor is needed (assets/second_factors.py), a sign-in waits for it and
stands for nobody yet.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Interval,
    SmallInteger,
    Text,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import second_factors
from assets.accounts import STRONG, Account, viewer_from
from assets.base import Base, now
from assets.errors import TooMany
from assets.permissions import Viewer
from assets.sealing import hashed
from assets.vocabulary import Role

IDLE, ABSOLUTE = timedelta(days=14), timedelta(days=90)
STRONG_IDLE, STRONG_ABSOLUTE = timedelta(hours=2), timedelta(hours=12)
#: `seen_at` is written at most this often, so that reading a page is no write.
SEEN_EVERY, STRONG_SEEN_EVERY = timedelta(hours=1), timedelta(minutes=5)
#: So long ago one began that may not count as lately (app/access.py, FRESH).
LONG_AGO = timedelta(hours=1)
#: A sign-in waits this long for the second factor, and through so many wrong answers.
SECOND_MINUTES, MOST_ATTEMPTS = 15, 5
#: Wrong answers in an hour for one account, over all its sign-ins: whoever reads the mail can begin many.
MOST_OF_ACCOUNT = 20


class SignIn(Base):
    """A browser that is signed in, or (`waiting`) that has opened a link and waits for its second factor.

    `offer` and `challenge` are what was shown to it to answer: a new secret for an app, sealed, and a passkey's
    challenge.
    """

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    browser: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = now()
    seen_at: Mapped[datetime] = now()
    idle: Mapped[timedelta] = mapped_column(Interval, server_default=text("'14 days'"))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    waiting: Mapped[bool] = mapped_column(Boolean, server_default="false")
    next_path: Mapped[str] = mapped_column(Text, server_default="/")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    offer: Mapped[str | None] = mapped_column(Text)
    challenge: Mapped[str | None] = mapped_column(Text)


#: Every page of someone who is signed in asks this, so it is no ORM row.
BY_HASH = text(
    "SELECT s.id, s.seen_at, s.idle, a.id AS account_id, a.name, a.role, a.municipality,"
    " (SELECT json_object_agg(m.community_id, m.role) FROM membership AS m WHERE m.account_id = a.id) AS roles,"
    " (SELECT id FROM community WHERE is_sample ORDER BY id LIMIT 1) AS sample_id"
    " FROM sign_in AS s JOIN account AS a ON a.id = s.account_id"
    " WHERE s.token_hash = :hash AND NOT s.waiting AND s.expires_at > :now AND s.seen_at > :now - s.idle"
    " AND a.closed_at IS NULL"
)


@dataclass(frozen=True)
class Opened:
    """A sign-in just made: the secret for the cookie, the page to go to, and whether a second factor comes first."""

    token: str
    next_path: str
    waiting: bool
    role: Role


def opened(
    session: Session,
    account: Account,
    *,
    next_path: str,
    described: str = "",
    has_second: bool = False,
    lately: bool = True,
) -> Opened:
    """A new sign-in of an account whose first factor was shown; it waits when a second one is needed.

    Args:
        session: the transaction.
        account: who signs in.
        next_path: a path of ours to go to.
        described: the browser in a few words.
        has_second: the second factor was shown too, to the provider of the municipality (app/oidc.py).
        lately: as for `begin`.
    """
    waiting = not has_second and (Role(account.role) in STRONG or second_factors.has_any(session, account.id))
    token = begin(session, account.id, described=described, waiting=waiting, next_path=next_path, lately=lately)
    return Opened(token, next_path, waiting, Role(account.role))


def begin(
    session: Session,
    account_id: int,
    *,
    described: str = "",
    waiting: bool = False,
    next_path: str = "/",
    lately: bool = True,
) -> str:
    """The secret of a new sign-in of this account, for the cookie.

    Without `lately` it counts as begun long ago: for a second step, a token and the like one signs in again.
    """
    token = secrets.token_urlsafe(32)
    strong = Role(session.get_one(Account, account_id).role) in STRONG
    lasts = timedelta(minutes=SECOND_MINUTES) if waiting else STRONG_ABSOLUTE if strong else ABSOLUTE
    moment = datetime.now(UTC)
    session.add(
        SignIn(
            token_hash=hashed(token),
            account_id=account_id,
            browser=described[:60],
            created_at=moment if lately else moment - LONG_AGO,
            idle=STRONG_IDLE if strong else IDLE,
            expires_at=moment + lasts,
            waiting=waiting,
            next_path=own_path(next_path),
        )
    )
    session.flush()
    return token


def of_cookie(session: Session, token: str) -> SignIn | None:
    """The sign-in with this secret that is complete; None when there is none."""
    return session.scalar(select(SignIn).where(SignIn.token_hash == hashed(token), SignIn.waiting.is_(False)))


def waiting_for_second(session: Session, token: str) -> tuple[SignIn, Account] | None:
    """The sign-in with this secret that waits for its second factor, held, and whose it is; None when none does.

    Raises:
        TooMany: in the last hour too many wrong answers were given for this account.
    """
    found = session.execute(
        select(SignIn, Account)
        .join(Account, Account.id == SignIn.account_id)
        .where(
            SignIn.token_hash == hashed(token),
            SignIn.waiting.is_(True),
            SignIn.expires_at > datetime.now(UTC),
            SignIn.attempts < MOST_ATTEMPTS,
            Account.closed_at.is_(None),
        )
        .with_for_update(of=SignIn)
    ).one_or_none()
    if found is None:
        return None
    sign_in, account = found
    # one at a time for each account, so that tries on several sign-ins at once all count
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"second:{account.id}", 0))))
    lately = (SignIn.account_id == account.id, SignIn.created_at > datetime.now(UTC) - timedelta(hours=1))
    if (session.scalar(select(func.sum(SignIn.attempts)).where(*lately)) or 0) >= MOST_OF_ACCOUNT:
        raise TooMany(
            "For this account too many codes were not right. Have a cup of coffee, and sign in again in an hour.",
            seconds=3600,
        )
    return sign_in, account


def complete(session: Session, sign_in: SignIn, account: Account) -> Opened:
    """The sign-in after its second factor was shown: under a new secret, so that the one before is worth nothing."""
    token = secrets.token_urlsafe(32)
    strong = Role(account.role) in STRONG
    sign_in.token_hash = hashed(token)
    sign_in.waiting = False
    sign_in.attempts = 0
    sign_in.offer = sign_in.challenge = None
    sign_in.expires_at = datetime.now(UTC) + (STRONG_ABSOLUTE if strong else ABSOLUTE)
    session.flush()
    return Opened(token, sign_in.next_path, waiting=False, role=Role(account.role))


def viewer_of(session: Session, token: str) -> Viewer | None:
    """Who this sign-in stands for; None when it is unknown or has ended."""
    moment = datetime.now(UTC)
    found = session.execute(BY_HASH, {"hash": hashed(token), "now": moment}).one_or_none()
    if found is None:
        return None
    if found.seen_at < moment - (STRONG_SEEN_EVERY if found.idle < IDLE else SEEN_EVERY):
        session.execute(text("UPDATE sign_in SET seen_at = now() WHERE id = :id"), {"id": found.id})
    return viewer_from(found)


def of_account(session: Session, account_id: int) -> list[SignIn]:
    """The sign-ins of an account that hold, the latest first."""
    moment = datetime.now(UTC)
    holds = (
        SignIn.account_id == account_id,
        SignIn.waiting.is_(False),
        SignIn.expires_at > moment,
        SignIn.seen_at > moment - SignIn.idle,
    )
    return list(session.scalars(select(SignIn).where(*holds).order_by(SignIn.seen_at.desc(), SignIn.id.desc())))


def end(session: Session, token: str) -> None:
    """End the sign-in of one browser; nothing happens when it ended before.

    One that waits for its second factor stays as a row: its wrong answers count for the account.
    """
    session.execute(text("DELETE FROM sign_in WHERE token_hash = :hash AND NOT waiting"), {"hash": hashed(token)})
    session.execute(text("UPDATE sign_in SET expires_at = now() WHERE token_hash = :hash"), {"hash": hashed(token)})


def end_all(session: Session, account_id: int) -> None:
    """End the sign-ins of an account in every browser."""
    session.execute(text("DELETE FROM sign_in WHERE account_id = :id"), {"id": account_id})


def own_path(words: str | None) -> str:
    """A path of our own to go to after signing in; `/` for anything that could lead elsewhere."""
    if words and re.fullmatch(r"/(?![/\\])[A-Za-z0-9._~/?&=:,%+-]{0,500}", words):
        return words
    return "/"
