"""History: who changed what, when, from what to what. Rows are added and never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Text, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets.base import Base, now


class Change(Base):
    """One change of one thing, with its values before and after."""

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_subject", "subject", "subject_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subject: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = now()
    before: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))


def note(
    session: Session,
    subject: str,
    subject_id: int,
    action: str,
    *,
    by: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Change:
    """The history row just written; `before` and `after` are JSON values of the fields that a person reads."""
    change = Change(subject=subject, subject_id=subject_id, action=action, by=by, before=before, after=after)
    session.add(change)
    return change


def of(session: Session, subject: str, subject_id: int) -> list[Change]:
    """All changes of one thing, oldest first."""
    query = select(Change).where(Change.subject == subject, Change.subject_id == subject_id).order_by(Change.id)
    return list(session.scalars(query))
