"""Signing in without a password: accounts, the link that is mailed, and the sign-in that a browser then has.

A link holds for 15 minutes and once, in the browser that asked for it. A sign-in ends after 14 days without a visit
and in any case after 90 days; one of an analyst, a steward or an admin after 2 hours and after 12 (OWASP ASVS 5, 7.3:
both ends are written down). Of links and sign-ins only hashes are kept; whoever reads the database can sign in with
neither. Where a second factor is needed (assets/second_factors.py), a sign-in waits for it and stands for nobody yet.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Interval,
    SmallInteger,
    Text,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import communities, second_factors
from assets.accounts import hashed
from assets.base import Base, now, one_of
from assets.email_addresses import checked
from assets.errors import Conflict, Invalid, NotFound
from assets.permissions import Viewer
from assets.vocabulary import Role

LINK_MINUTES = 15
IDLE, ABSOLUTE = timedelta(days=14), timedelta(days=90)
STRONG_IDLE, STRONG_ABSOLUTE = timedelta(hours=2), timedelta(hours=12)
#: Links that one address, and one visitor's network, may ask for in an hour.
MOST_PER_ADDRESS, MOST_PER_NETWORK = 5, 30
#: `seen_at` is written at most this often, so that reading a page is no write.
SEEN_EVERY, STRONG_SEEN_EVERY = timedelta(hours=1), timedelta(minutes=5)
#: Roles for which a mailed link is not enough.
STRONG = frozenset({Role.analyst, Role.steward, Role.admin})
#: Roles that belong to no community.
UNBOUND = frozenset({Role.analyst, Role.admin})
#: From least to most.
RANK = list(Role)
#: A sign-in waits this long for the second factor, and through so many wrong answers.
SECOND_MINUTES, MOST_ATTEMPTS = 15, 5


class Account(Base):
    """Someone who can sign in. `name` stands in the history of what they change."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(one_of("role", Role), name="role"),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("email = lower(email) AND length(email) BETWEEN 3 AND 254", name="email"),
        Index("uq_account_name", func.lower(text("name")), unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("uq_account_email", "email", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("uq_account_provider", "provider", unique=True, postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    #: The highest role anywhere; what counts in a community is its membership.
    role: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, server_default="nl")
    #: Issuer and number of this person at a provider (app/oidc.py), once they signed in there.
    provider: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = now()
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Membership(Base):
    """What someone is to one community. Analysts and admins are of no community; they have no membership."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint("role IN ('member', 'builder', 'steward')", name="role"),
        Index("ix_membership_community_id", "community_id"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(Text)


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
    #: What must be known again when somebody comes back from a provider (app/oidc.py), sealed.
    sealed: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = now()
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


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
    "SELECT s.id, s.seen_at, s.idle, a.id AS account_id, a.name, a.role,"
    " (SELECT json_object_agg(m.community_id, m.role) FROM membership AS m WHERE m.account_id = a.id) AS roles,"
    " (SELECT id FROM community WHERE is_sample ORDER BY id LIMIT 1) AS sample_id"
    " FROM sign_in AS s JOIN account AS a ON a.id = s.account_id"
    " WHERE s.token_hash = :hash AND NOT s.waiting AND s.expires_at > :now AND s.seen_at > :now - s.idle"
    " AND a.closed_at IS NULL"
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
    """The account just made, with this role in the given community or else the first.

    Raises:
        Invalid: a name or address that cannot be, or a role that needs a second factor.
        Conflict: the name or the address belongs to someone else.
    """
    name = name.strip()
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise Invalid.at("name", "A name has 1 to 100 characters.")
    if role == Role.visitor:
        raise Invalid.at("role", "A visitor needs no account.")
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
    )
    session.add(account)
    session.flush()
    if role not in UNBOUND:
        number = community_id or communities.default_id(session)
        session.add(Membership(account_id=account.id, community_id=number, role=role))
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


def set_role(session: Session, account: Account, role: Role, *, community_id: int | None = None) -> None:
    """Give an account another role, in one community (the first when none is given) or, for analyst and admin, at all.

    A visitor has no role there any more. Their sign-ins end, so that none lives on with the old role.

    Raises:
        Invalid: without any role left, an account is to be closed instead.
    """
    if role in UNBOUND:
        session.execute(delete(Membership).where(Membership.account_id == account.id))
        account.role = role
    else:
        number = community_id or communities.default_id(session)
        session.execute(
            delete(Membership).where(Membership.account_id == account.id, Membership.community_id == number)
        )
        if role != Role.visitor:
            session.add(Membership(account_id=account.id, community_id=number, role=role))
            session.flush()
        left = session.scalars(select(Membership.role).where(Membership.account_id == account.id)).all()
        if not left:
            raise Invalid.at("role", "This is the only role of this account; close the account instead.")
        account.role = max((Role(one) for one in left), key=RANK.index)
    session.flush()
    end_all(session, account.id)


def close(session: Session, account: Account) -> None:
    """Close an account: its sign-ins end, its address and second steps are forgotten; the history keeps the name."""
    account.closed_at = datetime.now(UTC)
    account.email = account.provider = None
    session.execute(delete(Membership).where(Membership.account_id == account.id))
    second_factors.forget(session, account.id)
    end_all(session, account.id)
    session.execute(delete(SignInLink).where(SignInLink.account_id == account.id))
    session.flush()


def members(session: Session, community_id: int) -> list[tuple[Account, Role]]:
    """Who belongs to a community, with their role, by name."""
    rows = session.execute(
        select(Account, Membership.role)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.community_id == community_id, Account.closed_at.is_(None))
        .order_by(func.lower(Account.name))
    )
    return [(account, Role(role)) for account, role in rows]


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
            account_id=account.id if account is not None else None,
            browser_hash=hashed(browser),
            email_hash=email_hash,
            network_hash=network_hash,
            next_path=own_path(next_path),
            expires_at=moment + timedelta(minutes=LINK_MINUTES),
        )
    )
    session.flush()
    return Asked(token, account)


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


@dataclass(frozen=True)
class Opened:
    """A sign-in just made: the secret for the cookie, the page to go to, and whether a second factor comes first."""

    token: str
    next_path: str
    waiting: bool
    role: Role


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


def opened(
    session: Session, account: Account, *, next_path: str, described: str = "", has_second: bool = False
) -> Opened:
    """A new sign-in of an account whose first factor was shown; it waits when a second one is needed.

    Args:
        session: the transaction.
        account: who signs in.
        next_path: a path of ours to go to.
        described: the browser in a few words.
        has_second: the second factor was shown too, to the provider of the municipality (app/oidc.py).
    """
    waiting = not has_second and (Role(account.role) in STRONG or second_factors.has_any(session, account.id))
    token = begin(session, account.id, described=described, waiting=waiting, next_path=next_path)
    return Opened(token, next_path, waiting, Role(account.role))


# --- a provider ---


def ask_provider(session: Session, *, browser: str, next_path: str, sealed: str) -> str:
    """The state with which somebody goes to a provider and comes back."""
    state = secrets.token_urlsafe(32)
    session.add(
        SignInLink(
            token_hash=hashed(state), browser_hash=hashed(browser), next_path=own_path(next_path), sealed=sealed,
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
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > datetime.now(UTC),
            SignInLink.browser_hash == hashed(browser),
        )
        .values(used_at=datetime.now(UTC))
        .returning(SignInLink.sealed, SignInLink.next_path)
    ).first()
    return None if used is None or used.sealed is None else (used.sealed, used.next_path)


def of_provider(session: Session, *, issuer: str, subject: str, email: str) -> Account | None:
    """The account of who a provider knows: by its number, else by the address, and then bound to that number."""
    number = f"{issuer} {subject}"
    known = session.scalar(select(Account).where(Account.provider == number, Account.closed_at.is_(None)))
    if known is not None:
        return known
    try:
        address = folded_email(email)
    except Invalid:
        return None
    account = session.scalar(
        select(Account).where(Account.email == address, Account.closed_at.is_(None)).with_for_update()
    )
    if account is None or account.provider is not None:
        return None
    account.provider = number
    session.flush()
    return account


# --- sign-ins ---


def begin(
    session: Session, account_id: int, *, described: str = "", waiting: bool = False, next_path: str = "/"
) -> str:
    """The secret of a new sign-in of this account, for the cookie."""
    token = secrets.token_urlsafe(32)
    strong = Role(session.get_one(Account, account_id).role) in STRONG
    lasts = timedelta(minutes=SECOND_MINUTES) if waiting else STRONG_ABSOLUTE if strong else ABSOLUTE
    session.add(
        SignIn(
            token_hash=hashed(token),
            account_id=account_id,
            browser=described[:60],
            idle=STRONG_IDLE if strong else IDLE,
            expires_at=datetime.now(UTC) + lasts,
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
    """The sign-in with this secret that waits for its second factor, held, and whose it is; None when none does."""
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
    return None if found is None else (found[0], found[1])


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
    roles = {int(number): Role(role) for number, role in (found.roles or {}).items()}
    home = max(roles, key=lambda number: (RANK.index(roles[number]), -number)) if roles else None
    if found.sample_id is not None:
        roles.setdefault(found.sample_id, Role(found.role))  # the made-up neighbourhood is for everyone to try
    return Viewer(
        name=found.name,
        role=Role(found.role),
        account_id=found.account_id,
        community_id=home,
        roles=None if found.role in UNBOUND else roles,
    )


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
