"""History: who changed what, when, from what to what. Rows are added, and their words forgotten; nothing is rewritten.

The database holds the service to that (migration history_kept): who, what and when stay, words are only taken away, and
rows go only with their community. A change belongs to the community of what it is about, and goes when that community
leaves (assets/community_leave.py).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Text, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets.base import Base, now
from assets.errors import NotFound

#: Where a session keeps why it is changing things, while it does.
REASON = "why it is changed"


class Change(Base):
    """One change of one thing, with its values before and after.

    `about` are the entries whose history it belongs to besides its subject: that of an activity, or both ends of a
    connection. `community_id` is whose history it is; None for what belongs to no community. `undoes` is the change
    that it takes back, `suggested_by` who suggested it when someone else accepted.
    """

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_subject", "subject", "subject_id", "id"),
        Index("ix_change_about", "about", postgresql_using="gin", postgresql_where=text("about <> '{}'")),
        Index("ix_change_undoes", "undoes", postgresql_where=text("undoes IS NOT NULL")),
        Index("ix_change_community_id", "community_id", "id"),
        Index("ix_change_community_id_by", "community_id", "by", "id"),
        Index("ix_change_community_id_subject", "community_id", "subject", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subject: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = now()
    before: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    about: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    undoes: Mapped[int | None] = mapped_column(ForeignKey("change.id", ondelete="SET NULL"))
    suggested_by: Mapped[str | None] = mapped_column(Text)
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))


def note(
    session: Session,
    subject: str,
    subject_id: int,
    action: str,
    *,
    by: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    about: Sequence[int] = (),
    community_id: int | None = None,
) -> Change:
    """The history row just written; `before` and `after` are JSON values of the fields that a person reads.

    `about` are the numbers of the entries on whose page this stands too, when the subject is no entry itself.
    `community_id` is whose history it stands in: that of the entry when it is not given.
    """
    entry = subject_id if subject == "asset" else about[0] if about else None
    change = Change(
        subject=subject,
        subject_id=subject_id,
        action=action,
        by=by,
        before=before,
        after=after,
        about=sorted(set(about)),
        community_id=community_id if community_id is not None or entry is None else _community_of(entry),
        **session.info.get(REASON, {}),
    )
    session.add(change)
    return change


def _community_of(asset_id: int) -> Any:
    """The community of an entry, to be looked up by the database when the row is written."""
    from assets.inventory import Asset

    return select(Asset.community_id).where(Asset.id == asset_id).scalar_subquery()


@contextmanager
def because(session: Session, *, undoes: int | None = None, suggested_by: str | None = None) -> Iterator[None]:
    """Give every change that is noted inside the block its reason: what it undoes, or who suggested it."""
    session.info[REASON] = {"undoes": undoes, "suggested_by": suggested_by}
    try:
        yield
    finally:
        del session.info[REASON]


def get(session: Session, change_id: int, *, lock: bool = False) -> Change:
    """The change with this id; NotFound when there is none."""
    found = session.get(Change, change_id, with_for_update=lock or None)
    if found is None:
        raise NotFound("There is no change with the number {id}.", id=change_id)
    return found


def of(session: Session, subject: str, subject_id: int) -> list[Change]:
    """All changes of one thing, oldest first."""
    query = select(Change).where(Change.subject == subject, Change.subject_id == subject_id).order_by(Change.id)
    return list(session.scalars(query))


def of_asset(session: Session, asset_id: int, *, before: int | None = None, limit: int = 50) -> list[Change]:
    """Changes of an entry, of what it did and of what it is connected to, newest first; `before` is the keyset."""
    mine = (Change.subject == "asset") & (Change.subject_id == asset_id)
    beside = (Change.about != text("'{}'")) & Change.about.contains([asset_id])
    query = select(Change).where(or_(mine, beside))
    if before is not None:
        query = query.where(Change.id < before)
    return list(session.scalars(query.order_by(Change.id.desc()).limit(limit)))


def undone(session: Session, change_ids: Sequence[int]) -> dict[int, Change]:
    """Of these changes, those that were taken back, each with the newest change that did so."""
    rows = session.scalars(select(Change).where(Change.undoes.in_(change_ids)).order_by(Change.id))
    return {row.undoes: row for row in rows if row.undoes is not None}


def forget_words(session: Session, subject: str, subject_id: int) -> None:
    """Let the history keep that something happened, and not what it said (domain, People come first, rule 2)."""
    mine = (Change.subject == subject) & (Change.subject_id == subject_id)
    beside = (Change.about != text("'{}'")) & Change.about.contains([subject_id])
    session.execute(
        update(Change).where(or_(mine, beside) if subject == "asset" else mine).values(before=None, after=None)
    )
