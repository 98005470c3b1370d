"""Tokens for programs: shown once, stored as a hash, with an end, and never able to do more than who made them.

A token of somebody's own has no role: what it may do is read from the account each time it is used. One that the
operator made for a program (`vuurtoren account token`) has a role of its own. Scopes narrow either further.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    and_,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import names
from assets.accounts import Account, viewer_from
from assets.base import Base, now, one_of
from assets.errors import Conflict, Invalid, NotFound, message
from assets.permissions import FOR_PROGRAMS, GRANTED, Permission, Viewer, in_scope
from assets.sealing import hashed
from assets.vocabulary import Role

#: Begins every token, so that a leaked one is recognised by scanners.
PREFIX = "vuur_"
#: Days until a token ends: when nothing is said, and at most.
DAYS, MOST_DAYS = 90, 365
#: Valid tokens that one account may have.
MOST = 20
LONGEST_NAME = 60
LENGTH = message("A token has a name of 1 to {most} characters.")
#: `used_at` is written at most this often, so that reading with a token is no write.
USED_EVERY = timedelta(hours=1)
#: Said where a scope can stand, for a token that reads what everybody may read.
READ = "read"


class Token(Base):
    """A bearer token of a program; the token itself is not kept.

    `account_id` is whose it is, and then it has no `role`. `scopes` are the permissions it was made for (none: it only
    reads; null: all of the role), `community_id` the only community in which it may do them.
    """

    __tablename__ = "token"
    __table_args__ = (
        CheckConstraint(one_of("role", Role), name="role"),
        CheckConstraint("(account_id IS NULL) = (role IS NOT NULL)", name="role_or_account"),
        Index("ix_token_account_id", "account_id"),
        Index("ix_token_community_id", "community_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = now()
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


#: Every request with a token asks this, so it is no ORM row.
BY_HASH = text(
    "SELECT t.id, t.name, t.role, t.scopes, t.community_id, t.used_at, t.account_id,"
    " a.name AS owner, a.role AS owner_role, a.municipality,"
    " (SELECT json_object_agg(m.community_id, m.role) FROM membership AS m WHERE m.account_id = a.id) AS roles,"
    " (SELECT id FROM community WHERE is_sample ORDER BY id LIMIT 1) AS sample_id"
    " FROM token AS t LEFT JOIN account AS a ON a.id = t.account_id"
    " WHERE t.token_hash = :hash AND t.revoked_at IS NULL AND t.expires_at > :now AND a.closed_at IS NULL"
)


def scopes_of(words: Iterable[str]) -> list[str]:
    """Scopes as they are kept, from what was typed or ticked: permissions, or `read` alone for none.

    Raises:
        Invalid: a word that is no scope.
    """
    wanted = sorted(set(words))
    known = {str(permission) for permission in FOR_PROGRAMS}
    for word in wanted:
        if word != READ and word not in known:
            raise Invalid.at("scopes", "{word} is nothing that a token can be made for.", word=word[:60])
    return [word for word in wanted if word != READ]


def add_token(
    session: Session,
    name: str,
    *,
    role: Role | None = None,
    account: Account | None = None,
    scopes: Iterable[str] | None = None,
    community_id: int | None = None,
    days: int = DAYS,
) -> str:
    """A new bearer token; this is the only time it can be seen.

    Args:
        session: the transaction.
        name: of the program; no two valid tokens of one owner have the same.
        role: of a token that the operator makes.
        account: whose it is, instead of a role.
        scopes: what it is for (scopes_of); None for all that the role or the owner may do.
        community_id: the only community in which it may do so; None for each in which the owner may.
        days: until it ends.

    Raises:
        Invalid: a name, scope, community or number of days that cannot be.
        Conflict: there is a valid token with this name, or there are very many.
    """
    name = names.checked(name, longest=LONGEST_NAME, length=LENGTH)
    if not 1 <= days <= MOST_DAYS:
        raise Invalid.at("days", "A token is valid for 1 to {most} days.", most=MOST_DAYS)
    if (role is None) == (account is None):
        raise TypeError("a token has a role or an owner")
    number = None if account is None else account.id
    # one at a time for each owner, so that two requests at once do not make the same name
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"token:{number}", 0))))
    made = Token(
        name=name,
        role=role,
        account_id=number,
        community_id=community_id,
        scopes=None if scopes is None else scopes_of(scopes),
        token_hash="",
        expires_at=datetime.now(UTC) + timedelta(days=days),
    )
    valid = select(Token.name).where(Token.account_id.is_not_distinct_from(number), _valid())
    taken = [one.casefold() for one in session.scalars(valid)]
    if name.casefold() in taken:
        raise Conflict(
            "There is a valid token with the name {name}; revoke it first or choose another name.", name=name
        )
    if number is not None and len(taken) >= MOST:
        raise Conflict("You have {most} tokens that are valid; revoke one first.", most=MOST)
    _check_reach(session, made, account)
    token = PREFIX + secrets.token_urlsafe(32)
    made.token_hash = hashed(token)
    session.add(made)
    session.flush()
    return token


def _check_reach(session: Session, made: Token, account: Account | None) -> None:
    """Refuse a token for what its owner may not do now: it would only ever be refused itself."""
    if account is not None:
        viewer = viewer_from(session.execute(OWNER, {"id": account.id}).one())
    else:
        viewer = Viewer(made.name, Role(made.role or Role.visitor))
    if made.community_id is not None and viewer.role_in(made.community_id) == Role.visitor:
        raise Invalid.at("community", "The owner of this token has no role in that community.")
    role = viewer.role if made.community_id is None else viewer.role_in(made.community_id)
    for word in made.scopes or ():
        if role not in GRANTED[Permission(word)]:
            raise Invalid.at("scopes", "The role {role} may not do this ({permission}).", role=role, permission=word)


#: As BY_HASH has it of the owner of a token.
OWNER = text(
    "SELECT a.id AS account_id, a.name, a.role, a.municipality,"
    " (SELECT json_object_agg(m.community_id, m.role) FROM membership AS m WHERE m.account_id = a.id) AS roles,"
    " (SELECT id FROM community WHERE is_sample ORDER BY id LIMIT 1) AS sample_id"
    " FROM account AS a WHERE a.id = :id"
)


def viewer_of(session: Session, token: str) -> Viewer | None:
    """Who this bearer token stands for; None when it is unknown, expired, revoked, or its owner's account closed.

    In the history stands the name of the program, after that of its owner.
    """
    moment = datetime.now(UTC)
    found = session.execute(BY_HASH, {"hash": hashed(token), "now": moment}).one_or_none()
    if found is None:
        return None
    if found.used_at is None or found.used_at < moment - USED_EVERY:
        session.execute(text("UPDATE token SET used_at = now() WHERE id = :id"), {"id": found.id})
    owner = Viewer(found.name, Role(found.role)) if found.account_id is None else viewer_from(found, name=found.owner)
    role, roles, home = owner.role, owner.roles, owner.community_id
    if found.community_id is not None:
        home, role = found.community_id, owner.role_in(found.community_id)
        roles = {home: role}
    return Viewer(
        name=found.name if found.account_id is None else f"{found.owner}{names.OF_PROGRAM}{found.name}",
        role=role,
        token_id=found.id,
        account_id=found.account_id,
        community_id=home,
        roles=roles,
        municipality=owner.municipality,
        scopes=None if found.scopes is None else frozenset(one for one in FOR_PROGRAMS if str(one) in found.scopes),
    )


def offered(viewer: Viewer) -> list[Permission]:
    """What this viewer can make a token for, in alphabetical order."""
    return sorted(one for one in FOR_PROGRAMS if viewer.role in GRANTED[one] and in_scope(viewer, one))


def tokens(session: Session) -> list[Token]:
    """Every token that was ever made, by name and then by age."""
    return list(session.scalars(select(Token).order_by(Token.name, Token.id)))


def of_account(session: Session, account_id: int) -> list[Token]:
    """The valid tokens of an account, the newest first."""
    return list(
        session.scalars(select(Token).where(Token.account_id == account_id, _valid()).order_by(Token.id.desc()))
    )


def of_programs(session: Session) -> Sequence[Token]:
    """The valid tokens that the operator made, by name."""
    return session.scalars(select(Token).where(Token.account_id.is_(None), _valid()).order_by(Token.name)).all()


def revoke(session: Session, token_id: int, *, account_id: int | None) -> Token:
    """The token of this owner (None: of the operator's) that was ended just now; NotFound when there is none."""
    found = session.scalar(
        select(Token)
        .where(Token.id == token_id, Token.account_id.is_not_distinct_from(account_id), _valid())
        .with_for_update()
    )
    if found is None:
        raise NotFound("There is no such token, or it is not valid any more.")
    found.revoked_at = datetime.now(UTC)
    session.flush()
    return found


def number_of(session: Session, token: str) -> int:
    """The number of a token that was just made."""
    return session.execute(select(Token.id).where(Token.token_hash == hashed(token))).scalar_one()


def revoke_token(session: Session, name: str) -> list[int]:
    """The numbers of the valid tokens of this name, which were ended just now; NotFound when there was none."""
    found = list(session.scalars(select(Token).where(Token.name == name, Token.revoked_at.is_(None))))
    if not found:
        raise NotFound("There is no valid token with the name {name}.", name=name)
    for token in found:
        token.revoked_at = datetime.now(UTC)
    session.flush()
    return [token.id for token in found]


def _valid() -> ColumnElement[bool]:
    return and_(Token.revoked_at.is_(None), Token.expires_at > datetime.now(UTC))
