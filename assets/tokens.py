"""Tokens for programs: shown once, stored as a hash, with a role and an end."""

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Text, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets.base import Base, now, one_of
from assets.errors import Conflict, Invalid, NotFound
from assets.permissions import Viewer
from assets.sealing import hashed
from assets.vocabulary import Role

#: Begins every token, so that a leaked one is recognised by scanners.
PREFIX = "vuur_"


class Token(Base):
    """A bearer token of a program; the token itself is not kept."""

    __tablename__ = "token"
    __table_args__ = (CheckConstraint(one_of("role", Role), name="role"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[datetime] = now()
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


#: Every write asks this, so it is no ORM row.
BY_HASH = text("SELECT id, name, role, expires_at, revoked_at FROM token WHERE token_hash = :hash")


def add_token(session: Session, name: str, *, role: Role, days: int = 365) -> str:
    """A new bearer token for a program of this name; this is the only time it can be seen."""
    if not name.strip() or len(name) > 100:
        raise Invalid("A token needs a name of at most 100 characters.")
    if not 1 <= days <= 3650:
        raise Invalid("A token is valid for 1 to 3650 days.")
    taken = session.scalar(
        select(Token.id).where(Token.name == name, Token.revoked_at.is_(None), Token.expires_at > datetime.now(UTC))
    )
    if taken is not None:
        raise Conflict(
            "There is a valid token with the name {name}; revoke it first or choose another name.", name=name
        )
    token = PREFIX + secrets.token_urlsafe(32)
    expires = datetime.now(UTC) + timedelta(days=days)
    session.add(Token(name=name, role=role, token_hash=hashed(token), expires_at=expires))
    session.flush()
    return token


def viewer_of(session: Session, token: str) -> Viewer | None:
    """Who this bearer token stands for; None when it is unknown, expired or revoked."""
    found = session.execute(BY_HASH, {"hash": hashed(token)}).one_or_none()
    if found is None or found.revoked_at is not None or found.expires_at <= datetime.now(UTC):
        return None
    return Viewer(name=found.name, role=Role(found.role), token_id=found.id)


def tokens(session: Session) -> list[Token]:
    """Every token that was ever made, by name and then by age."""
    return list(session.scalars(select(Token).order_by(Token.name, Token.id)))


def revoke_token(session: Session, name: str) -> int:
    """How many valid tokens of this name were ended; NotFound when there was none."""
    found = list(session.scalars(select(Token).where(Token.name == name, Token.revoked_at.is_(None))))
    if not found:
        raise NotFound("There is no valid token with the name {name}.", name=name)
    for token in found:
        token.revoked_at = datetime.now(UTC)
    session.flush()
    return len(found)
