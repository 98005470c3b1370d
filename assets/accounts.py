"""Accounts: who can sign in, with which role in which community."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import areas, communities, invitations, names, second_factors, table_evenings
from assets.base import Base, now, one_of
from assets.email_addresses import checked
from assets.errors import Conflict, Invalid, NotFound
from assets.permissions import Viewer
from assets.vocabulary import AreaKind, Role

#: Roles for which a mailed link is not enough.
STRONG = frozenset({Role.analyst, Role.steward, Role.admin})
#: Roles that belong to no community.
UNBOUND = frozenset({Role.analyst, Role.admin})
#: From least to most.
RANK = list(Role)


class Account(Base):
    """Someone who can sign in. `name` stands in the history of what they change."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint(one_of("role", Role), name="role"),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name"),
        CheckConstraint("municipality IS NULL OR role = 'analyst'", name="municipality"),
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
    #: Code of the only municipality that an analyst works for, None for every one here. A code and no number: areas may
    #: be imported anew, and while it is not there nothing lies in it.
    municipality: Mapped[str | None] = mapped_column(Text)
    #: Issuer and number of this person at a provider (app/oidc.py), once they signed in there.
    provider: Mapped[str | None] = mapped_column(Text)
    #: Bundled mails that they do not want (assets/bundled_mails.py).
    stopped_mails: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
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


def folded_email(words: str) -> str:
    """The address as it is kept: in lower case; Invalid when it is none."""
    return checked(words).lower()


def add(
    session: Session,
    name: str,
    *,
    role: Role,
    email: str | None = None,
    language: str = "nl",
    community_id: int | None = None,
    municipality: str | None = None,
) -> Account:
    """The account just made, with this role in the given community or else the first.

    An analyst works for the municipality with this code, or for every one here.

    Raises:
        Invalid: a name or address that cannot be, or a role that needs a second factor.
        Conflict: the name or the address belongs to someone else.
    """
    name = names.checked(name)
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
        municipality=_municipality(session, role, municipality),
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


def _municipality(session: Session, role: Role, code: str | None) -> str | None:
    """The municipality that an analyst is to work for; Invalid for what is none, and for other roles."""
    if code is None:
        return None
    if role != Role.analyst:
        raise Invalid.at("municipality", "Only an analyst works for a municipality.")
    try:
        found = areas.get(session, code)
    except NotFound:
        found = None
    if found is None or found.kind is not AreaKind.municipality:
        raise Invalid.at("municipality", "There is no municipality with the code {code}.", code=code)
    return found.code


def set_role(
    session: Session,
    account: Account,
    role: Role,
    *,
    community_id: int | None = None,
    municipality: str | None = None,
    by: str = names.OPERATOR,
) -> None:
    """Give an account another role, in one community (the first when none is given) or, for analyst and admin, at all.

    A visitor has no role there any more. Their sign-ins end, so that none lives on with the old role; and with a role
    that needs a second step their tokens, which may have been made without one. The doors use administration.set_role,
    which keeps the last guard and the history; `by` stands there with what ends along with the role.

    Raises:
        Invalid: without any role left, an account is to be closed instead.
    """
    chosen = _municipality(session, role, municipality)
    if role != Role.analyst:
        account.municipality = None
    if role in UNBOUND:
        session.execute(delete(Membership).where(Membership.account_id == account.id))
        account.role = role
        # who stays an analyst does not get more by it
        account.municipality = chosen or account.municipality
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
    if role in STRONG:
        revoke_tokens(session, account.id)
    _sign_out(session, account.id)
    _end_what_hangs_on_roles(session, account.id, by)


def close(session: Session, account: Account, *, by: str = names.OPERATOR) -> None:
    """Close an account: sign-ins and tokens end, address and second steps are forgotten; the history has its name.

    The doors use administration.close and closing.close_own, which keep the last guard and the history.
    """
    account.closed_at = datetime.now(UTC)
    account.email = account.provider = None
    session.execute(delete(Membership).where(Membership.account_id == account.id))
    second_factors.forget(session, account.id)
    revoke_tokens(session, account.id)
    _sign_out(session, account.id)
    session.execute(text("DELETE FROM sign_in_link WHERE account_id = :id"), {"id": account.id})
    session.flush()
    _end_what_hangs_on_roles(session, account.id, by)


def viewer_from(row: Any, *, name: str | None = None) -> Viewer:
    """Who an account is, from a row with its name, role and roles, and the id of the sample community if any.

    Args:
        row: `account_id`, `name`, `role` (or `owner_role`), `municipality`, `roles` as JSON by community, `sample_id`.
        name: instead of that of the row.
    """
    role = Role(getattr(row, "owner_role", None) or row.role)
    roles = {int(number): Role(one) for number, one in (row.roles or {}).items()}
    home = max(roles, key=lambda number: (RANK.index(roles[number]), -number)) if roles else None
    if row.sample_id is not None:
        roles.setdefault(row.sample_id, role)  # the made-up neighbourhood is for everyone to try
    return Viewer(
        name=name or row.name,
        role=role,
        account_id=row.account_id,
        community_id=home,
        roles=None if role in UNBOUND else roles,
        municipality=row.municipality,
    )


def members(session: Session, community_id: int) -> list[tuple[Account, Role]]:
    """Who belongs to a community, with their role, by name."""
    rows = session.execute(
        select(Account, Membership.role)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.community_id == community_id, Account.closed_at.is_(None))
        .order_by(func.lower(Account.name))
    )
    return [(account, Role(role)) for account, role in rows]


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


def revoke_tokens(session: Session, account_id: int) -> int:
    """End the tokens of an account, and return how many were valid.

    What was made with less than a second step does not grow along with a role.
    """
    ended = text(
        "UPDATE token SET revoked_at = now() WHERE account_id = :id AND revoked_at IS NULL RETURNING expires_at > now()"
    )
    return sum(session.scalars(ended, {"id": account_id}))


def _sign_out(session: Session, account_id: int) -> None:
    """As sign_ins.end_all, which stands on this module."""
    session.execute(text("DELETE FROM sign_in WHERE account_id = :id"), {"id": account_id})


def _end_what_hangs_on_roles(session: Session, account_id: int, by: str) -> None:
    """The invitations and tables of someone end with the role that let them make these."""
    invitations.end_of(session, account_id, by=by)
    table_evenings.end_of(session, account_id, by=by)
