"""Signing in without a password: accounts, the link that is mailed, and the sign-in that a browser then has.

A link holds for 15 minutes and once, in the browser that asked for it. A sign-in ends after 14 days without a visit
and in any case after 90 days (OWASP ASVS 5, 7.3: both ends are written down). Of links and sign-ins only hashes are
kept; whoever reads the database can sign in with neither.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import communities
from assets.accounts import hashed
from assets.base import Base, now, one_of
from assets.email_addresses import checked
from assets.errors import Conflict, Invalid, NotFound
from assets.permissions import Viewer
from assets.vocabulary import Role

LINK_MINUTES = 15
IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=90)
#: Links that one address, and one visitor's network, may ask for in an hour.
MOST_PER_ADDRESS, MOST_PER_NETWORK = 5, 30
#: `seen_at` is written at most this often, so that reading a page is no write.
SEEN_EVERY = timedelta(hours=1)
#: Roles that a mailed link is enough for; the others need a second factor, which this version does not have.
BY_LINK = frozenset({Role.member, Role.builder})


class Account(Base):
    """Someone who can sign in. `name` stands in the history of what they change."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(one_of("role", Role), name="role"),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("email = lower(email) AND length(email) BETWEEN 3 AND 254", name="email"),
        Index("uq_account_name", func.lower(text("name")), unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("uq_account_email", "email", unique=True, postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(Text, server_default="nl")
    created_at: Mapped[datetime] = now()
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SignInLink(Base):
    """A link that was asked for. One for an unknown address is kept too, without an account: it counts all the same."""

    __tablename__ = "sign_in_link"
    __table_args__ = (
        Index("ix_sign_in_link_email_hash", "email_hash", "created_at"),
        Index("ix_sign_in_link_network_hash", "network_hash", "created_at"),
        Index("ix_sign_in_link_account_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    browser_hash: Mapped[str | None] = mapped_column(Text)
    email_hash: Mapped[str | None] = mapped_column(Text)
    network_hash: Mapped[str | None] = mapped_column(Text)
    next_path: Mapped[str] = mapped_column(Text, server_default="/")
    created_at: Mapped[datetime] = now()
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class SignIn(Base):
    """A browser that is signed in."""

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    browser: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[datetime] = now()
    seen_at: Mapped[datetime] = now()
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


#: Every page of someone who is signed in asks this, so it is no ORM row.
BY_HASH = text(
    "SELECT s.id, s.seen_at, a.id AS account_id, a.name, a.role, a.community_id FROM sign_in AS s"
    " JOIN account AS a ON a.id = s.account_id"
    " WHERE s.token_hash = :hash AND s.expires_at > :now AND s.seen_at > :idle AND a.closed_at IS NULL"
)


@dataclass(frozen=True)
class Asked:
    """A link to be mailed: to whom, in which language, and the secret in it. `account` is None when nobody is known."""

    token: str
    account: Account | None


def folded_email(words: str) -> str:
    """The address as it is kept: in lower case; Invalid when it is none."""
    return checked(words).lower()


# --- accounts ---


def add(
    session: Session,
    name: str,
    *,
    role: Role,
    email: str | None = None,
    language: str = "nl",
    community_id: int | None = None,
) -> Account:
    """The account just made, in the given community or else the first.

    Raises:
        Invalid: a name or address that cannot be, or a role that needs a second factor.
        Conflict: the name or the address belongs to someone else.
    """
    name = name.strip()
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise Invalid.at("name", "A name has 1 to 100 characters.")
    if role not in BY_LINK:
        raise Invalid(
            "The role {role} needs a second factor to sign in, which this version does not have; choose member or"
            " builder, or make a token for a program.",
            role=role,
        )
    address = folded_email(email) if email else None
    taken = select(Account.id).where(Account.closed_at.is_(None))
    if session.scalar(taken.where(func.lower(Account.name) == name.lower())) is not None:
        raise Conflict("There is an account with the name {name}.", name=name)
    if address is not None and session.scalar(taken.where(Account.email == address)) is not None:
        raise Conflict("There is an account with this e-mail address.")
    account = Account(
        name=name,
        email=address,
        role=role,
        language=language,
        community_id=community_id or communities.default_id(session),
    )
    session.add(account)
    session.flush()
    return account


def named(session: Session, name_or_email: str) -> Account:
    """The account with this name or address; NotFound when there is none."""
    wanted = name_or_email.strip().lower()
    found = session.scalar(
        select(Account).where(
            Account.closed_at.is_(None), (func.lower(Account.name) == wanted) | (Account.email == wanted)
        )
    )
    if found is None:
        raise NotFound("There is no account {name}.", name=name_or_email)
    return found


def accounts(session: Session) -> list[Account]:
    """Every account that is not closed, by name."""
    return list(session.scalars(select(Account).where(Account.closed_at.is_(None)).order_by(func.lower(Account.name))))


def set_role(session: Session, account: Account, role: Role) -> None:
    """Give an account another role; its sign-ins end, so that none lives on with the old one."""
    if role not in BY_LINK:
        raise Invalid("The role {role} needs a second factor to sign in, which this version does not have.", role=role)
    account.role = role
    end_all(session, account.id)


# --- the link ---


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
    moment = datetime.now(UTC)
    email_hash, network_hash = (_keyed(secret, words) for words in (f"email:{address}", f"network:{network}"))
    # one at a time for each address, so that two requests at once do not both count as the fifth
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(email_hash, 0))))
    session.execute(
        text("DELETE FROM sign_in_link WHERE created_at < :old"), {"old": moment - timedelta(hours=1, minutes=1)}
    )
    since = SignInLink.created_at > moment - timedelta(hours=1)
    by_address = select(func.count()).where(since, SignInLink.email_hash == email_hash)
    by_network = select(func.count()).where(since, SignInLink.network_hash == network_hash)
    too_many = (session.scalar(by_address) or 0) >= MOST_PER_ADDRESS
    too_many = (session.scalar(by_network) or 0) >= MOST_PER_NETWORK or too_many
    account = session.scalar(select(Account).where(Account.email == address, Account.closed_at.is_(None)))
    if too_many:
        return None
    token = secrets.token_urlsafe(32)
    session.add(
        SignInLink(
            token_hash=hashed(token),
            account_id=account.id if account is not None and account.role in BY_LINK else None,
            browser_hash=hashed(browser),
            email_hash=email_hash,
            network_hash=network_hash,
            next_path=own_path(next_path),
            expires_at=moment + timedelta(minutes=LINK_MINUTES),
        )
    )
    session.flush()
    return Asked(token, account if account is not None and account.role in BY_LINK else None)


def link_for(session: Session, account: Account) -> str:
    """The secret of a link that works in any browser: for the operator to hand over."""
    if account.role not in BY_LINK:
        raise Invalid("The role {role} needs a second factor to sign in.", role=account.role)
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


@dataclass(frozen=True)
class Opened:
    """A sign-in just made: the secret for the cookie, and the page to go to."""

    token: str
    next_path: str


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
    return Opened(begin(session, used.account_id, described=described), used.next_path)


# --- sign-ins ---


def begin(session: Session, account_id: int, *, described: str = "") -> str:
    """The secret of a new sign-in of this account, for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=hashed(token),
            account_id=account_id,
            browser=described[:60],
            expires_at=datetime.now(UTC) + ABSOLUTE,
        )
    )
    session.flush()
    return token


def viewer_of(session: Session, token: str) -> Viewer | None:
    """Who this sign-in stands for; None when it is unknown or has ended."""
    moment = datetime.now(UTC)
    found = session.execute(BY_HASH, {"hash": hashed(token), "now": moment, "idle": moment - IDLE}).one_or_none()
    if found is None:
        return None
    if found.seen_at < moment - SEEN_EVERY:
        session.execute(text("UPDATE sign_in SET seen_at = now() WHERE id = :id"), {"id": found.id})
    return Viewer(name=found.name, role=Role(found.role), account_id=found.account_id, community_id=found.community_id)


def of_account(session: Session, account_id: int) -> list[SignIn]:
    """The sign-ins of an account that hold, the latest first."""
    moment = datetime.now(UTC)
    holds = (SignIn.account_id == account_id, SignIn.expires_at > moment, SignIn.seen_at > moment - IDLE)
    return list(session.scalars(select(SignIn).where(*holds).order_by(SignIn.seen_at.desc(), SignIn.id.desc())))


def end(session: Session, token: str) -> None:
    """End the sign-in of one browser; nothing happens when it ended before."""
    session.execute(text("DELETE FROM sign_in WHERE token_hash = :hash"), {"hash": hashed(token)})


def end_all(session: Session, account_id: int) -> None:
    """End the sign-ins of an account in every browser."""
    session.execute(text("DELETE FROM sign_in WHERE account_id = :id"), {"id": account_id})


def own_path(words: str | None) -> str:
    """A path of our own to go to after signing in; `/` for anything that could lead elsewhere."""
    if words and re.fullmatch(r"/(?![/\\])[A-Za-z0-9._~/?&=:,%+-]{0,500}", words):
        return words
    return "/"


def _keyed(secret: str, words: str) -> str:
    return hmac.new(secret.encode(), words.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
