"""The link that is mailed to sign in with, and the way by a provider.

A link holds for 15 minutes and once, in the browser that asked for it; only its hash is kept.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Text, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets.accounts import Account, folded_email
from assets.base import Base, now
from assets.errors import TooMany
from assets.sealing import hashed
from assets.sign_ins import Opened, opened, own_path

LINK_MINUTES = 15
#: Links that one address, and one visitor's network, may ask for in an hour.
MOST_PER_ADDRESS, MOST_PER_NETWORK = 5, 30
#: Ways to the provider that one network may ask for in an hour: a whole town hall can be behind one address.
MOST_TO_PROVIDER = 120


class SignInLink(Base):
    """A link that was asked for. One for an unknown address is kept too, without an account: it counts all the same."""

    __tablename__ = "sign_in_link"
    __table_args__ = (
        Index("ix_sign_in_link_email_hash", "email_hash", "created_at"),
        Index("ix_sign_in_link_network_hash", "network_hash", "created_at"),
        Index("ix_sign_in_link_account_id", "account_id"),
        Index("ix_sign_in_link_invitation_id", "invitation_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    browser_hash: Mapped[str | None] = mapped_column(Text)
    email_hash: Mapped[str | None] = mapped_column(Text)
    network_hash: Mapped[str | None] = mapped_column(Text)
    next_path: Mapped[str] = mapped_column(Text, server_default="/")
    #: The invitation that is accepted with it (assets/joining.py).
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitation.id", ondelete="CASCADE"))
    #: What must be known again when somebody comes back from a provider (app/oidc.py) or accepts an invitation, sealed.
    sealed: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = now()
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True)
class Asked:
    """A link to be mailed: to whom, in which language, and the secret in it. `account` is None when nobody is known."""

    token: str
    account: Account | None


def ask(session: Session, email: str, *, browser: str, network: str, secret: str, next_path: str = "/") -> Asked | None:
    """A link for this address, to be mailed when it has an account; None when too many were asked for.

    The same rows are read and written whether the address is known or not.

    Args:
        session: the transaction; the mail goes out when it is committed.
        email: as typed; Invalid when it is no address.
        browser: the secret of the browser that asks: only there the link will work.
        network: where the request comes from; kept for an hour as a keyed hash.
        secret: the key of those hashes.
        next_path: the page of ours to open afterwards (assets/sign_ins.py, own_path).
    """
    address = folded_email(email)
    counted_as = counted(session, address, network=network, secret=secret)
    account = session.scalar(select(Account).where(Account.email == address, Account.closed_at.is_(None)))
    if counted_as is None:
        return None
    token = secrets.token_urlsafe(32)
    session.add(
        SignInLink(
            token_hash=hashed(token),
            account_id=account.id if account is not None else None,
            browser_hash=hashed(browser),
            email_hash=counted_as.email_hash,
            network_hash=counted_as.network_hash,
            next_path=own_path(next_path),
            expires_at=datetime.now(UTC) + timedelta(minutes=LINK_MINUTES),
        )
    )
    session.flush()
    return Asked(token, account)


@dataclass(frozen=True)
class Counted:
    """By what a link that is asked for is counted: keyed hashes of the address and of the network."""

    email_hash: str
    network_hash: str


def counted(session: Session, address: str, *, network: str, secret: str) -> Counted | None:
    """What the next link for this address is counted by; None when too many were asked for in an hour."""
    moment = datetime.now(UTC)
    email_hash, network_hash = (_keyed(secret, words) for words in (f"email:{address}", f"network:{network}"))
    _begin_counting(session, email_hash, moment)
    since = SignInLink.created_at > moment - timedelta(hours=1)
    by_address = select(func.count()).where(since, SignInLink.email_hash == email_hash)
    by_network = select(func.count()).where(since, SignInLink.network_hash == network_hash)
    too_many = (session.scalar(by_address) or 0) >= MOST_PER_ADDRESS
    too_many = (session.scalar(by_network) or 0) >= MOST_PER_NETWORK or too_many
    return None if too_many else Counted(email_hash, network_hash)


def count(session: Session, counted_as: Counted) -> None:
    """Count what was tried without asking for a link, as a link that was used already."""
    moment = datetime.now(UTC)
    session.add(
        SignInLink(
            token_hash=hashed(secrets.token_urlsafe(32)),
            email_hash=counted_as.email_hash,
            network_hash=counted_as.network_hash,
            expires_at=moment,
            used_at=moment,
        )
    )
    session.flush()


def _begin_counting(session: Session, mark: str, moment: datetime) -> None:
    """Count one at a time for each mark, so that two requests at once do not both count as the last one."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(mark, 0))))
    session.execute(
        text("DELETE FROM sign_in_link WHERE created_at < :old"), {"old": moment - timedelta(hours=1, minutes=1)}
    )


def link_for(session: Session, account: Account) -> str:
    """The secret of a link that works in any browser: for the operator to hand over."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignInLink(
            token_hash=hashed(token),
            account_id=account.id,
            expires_at=datetime.now(UTC) + timedelta(minutes=LINK_MINUTES),
        )
    )
    session.flush()
    return token


def open_link(session: Session, token: str, *, browser: str, described: str = "") -> Opened | None:
    """Use up a link and sign in; None when it is unknown, used, too old, or of another browser.

    Args:
        session: the transaction.
        token: the secret in the link.
        browser: the secret of the browser that opens it.
        described: the browser in a few words, for the list of sign-ins.
    """
    used = session.execute(
        update(SignInLink)
        .where(
            SignInLink.token_hash == hashed(token),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > datetime.now(UTC),
            SignInLink.account_id.is_not(None),
            SignInLink.browser_hash.is_(None) | (SignInLink.browser_hash == hashed(browser)),
        )
        .values(used_at=datetime.now(UTC))
        .returning(SignInLink.account_id, SignInLink.next_path)
    ).first()
    if used is None or used.account_id is None:
        return None
    account = session.get_one(Account, used.account_id)
    if account.closed_at is not None:
        return None
    return opened(session, account, next_path=used.next_path, described=described)


def ask_provider(session: Session, *, browser: str, next_path: str, sealed: str, network: str, secret: str) -> str:
    """The state with which somebody goes to a provider and comes back.

    Raises:
        TooMany: this network asked for too many in an hour.
    """
    moment = datetime.now(UTC)
    network_hash = _keyed(secret, f"provider:{network}")
    _begin_counting(session, network_hash, moment)
    lately = (SignInLink.created_at > moment - timedelta(hours=1), SignInLink.network_hash == network_hash)
    if (session.scalar(select(func.count()).where(*lately)) or 0) >= MOST_TO_PROVIDER:
        raise TooMany(
            "From your network too many people signed in this hour. Try again later, or sign in with a link by mail.",
            seconds=3600,
        )
    state = secrets.token_urlsafe(32)
    session.add(
        SignInLink(
            token_hash=hashed(state), browser_hash=hashed(browser), network_hash=network_hash,
            next_path=own_path(next_path), sealed=sealed,
            expires_at=datetime.now(UTC) + timedelta(minutes=LINK_MINUTES),
        )
    )  # fmt: skip
    session.flush()
    return state


def back_from_provider(session: Session, state: str, *, browser: str) -> tuple[str, str] | None:
    """What was sealed and where to go, once; None when this browser did not ask, or too long ago."""
    used = session.execute(
        update(SignInLink)
        .where(
            SignInLink.token_hash == hashed(state),
            SignInLink.sealed.is_not(None),
            SignInLink.invitation_id.is_(None),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > datetime.now(UTC),
            SignInLink.browser_hash == hashed(browser),
        )
        .values(used_at=datetime.now(UTC))
        .returning(SignInLink.sealed, SignInLink.next_path)
    ).first()
    return None if used is None or used.sealed is None else (used.sealed, used.next_path)


def _keyed(secret: str, words: str) -> str:
    return hmac.new(secret.encode(), words.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
