"""Invitations: a link with which someone comes to belong to a community, in a role, once and within seven days.

    made = invitations.make(session, community.id, role=Role.builder, by=viewer)
    made.token                  # shown once, or mailed, as the link /invitations/{token}

Of the link only a hash is kept. An invitation is worth as much as whoever made it: once they may not invite there any
more, it ends. assets/joining.py says how it is accepted.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Index, Text, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import communities, history, mails, walls
from assets.base import Base, now
from assets.errors import Invalid, NotAllowed, NotFound, TooMany
from assets.permissions import GRANTED, Permission, Viewer, require
from assets.sealing import hashed
from assets.vocabulary import Role

#: What the history calls it.
SUBJECT = "invitation"
#: What one can be invited as: the roles that belong to a community.
ROLES = (Role.member, Role.builder, Role.steward)
HOLDS = timedelta(days=7)
#: Invitations of one community that may be open at once, and that it may make in a day.
MOST_OPEN, MOST_A_DAY = 100, 50
A_DAY = 24 * 3600


class Invitation(Base):
    """One link for one person; open until it is used, taken back or too old."""

    __tablename__ = "invitation"
    __table_args__ = (
        CheckConstraint("role IN ('member', 'builder', 'steward')", name="role"),
        CheckConstraint("used_at IS NULL OR revoked_at IS NULL", name="one_end"),
        Index("ix_invitation_community_id", "community_id"),
        Index("ix_invitation_made_by", "made_by"),
        Index("ix_invitation_used_by", "used_by"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    #: None when the operator made it at the command line.
    made_by: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    made_at: Mapped[datetime] = now()
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    used_by: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True)
class Made:
    """An invitation just made: its number, the secret of its link, which is not kept, and until when it holds."""

    id: int
    token: str
    expires_at: datetime


@dataclass(frozen=True)
class Open:
    """An invitation that holds.

    Attributes:
        by: name of who made it; None for the operator.
        expires_at: until when it holds, in UTC.
    """

    id: int
    community_id: int
    slug: str
    community: str
    role: Role
    by: str | None
    made_at: datetime
    expires_at: datetime


#: Of rows that are not used, not taken back and not too old; who made them is looked at by `_worth`.
OPEN = text(
    "SELECT i.id, i.community_id, c.slug, c.name AS community, i.role, i.made_by, a.name AS by, i.made_at, i.expires_at"
    " FROM invitation AS i JOIN community AS c ON c.id = i.community_id LEFT JOIN account AS a ON a.id = i.made_by"
    " WHERE i.used_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > :now"
    " AND (CAST(:hash AS text) IS NULL OR i.token_hash = :hash)"
    " AND (CAST(:id AS bigint) IS NULL OR i.id = :id)"
    " AND (CAST(:community AS bigint) IS NULL OR i.community_id = :community)"
    " AND (CAST(:maker AS bigint) IS NULL OR i.made_by = :maker) ORDER BY i.id"
)


def make(session: Session, community_id: int, *, role: Role, by: Viewer, now: datetime | None = None) -> Made:
    """The invitation just made.

    Args:
        session: the transaction.
        community_id: to which community.
        role: what they will be there: member, builder or steward.
        by: who invites: a steward of that community or an admin.
        now: the moment that counts as now.

    Raises:
        NotAllowed: the viewer may not invite to that community, or is a program.
        Invalid: nobody can be invited as this.
        Conflict: this is the made-up neighbourhood.
        TooMany: as many are open, or were made today, as one community may have.
    """
    require(by, Permission.member_write, community_id)
    if by.token_id is not None:
        raise NotAllowed("Only a person invites people, not a program.")
    if role not in ROLES:
        raise Invalid.at("role", "Choose what they will be: resident, community builder or steward.")
    communities.require_real(session, community_id)
    moment = now or datetime.now(UTC)
    # two at once do not both count as the last one
    session.execute(text("SELECT 1 FROM community WHERE id = :id FOR UPDATE"), {"id": community_id})
    counts = text(
        "SELECT count(*) FILTER (WHERE used_at IS NULL AND revoked_at IS NULL AND expires_at > :now),"
        " count(*) FILTER (WHERE made_at > :now - interval '1 day') FROM invitation WHERE community_id = :id"
    )
    waiting, today = session.execute(counts, {"id": community_id, "now": moment}).one()
    if waiting >= MOST_OPEN or today >= MOST_A_DAY:
        raise TooMany(
            "There are many invitations already. Take back what is not needed, or wait until tomorrow.", seconds=A_DAY
        )
    token = secrets.token_urlsafe(32)
    stored = Invitation(
        community_id=community_id,
        role=role,
        token_hash=hashed(token),
        made_by=by.account_id,
        made_at=moment,
        expires_at=moment + HOLDS,
    )
    session.add(stored)
    session.flush()
    history.note(session, SUBJECT, stored.id, "made", by=by.name, after={"role": str(role)}, community_id=community_id)
    return Made(stored.id, token, stored.expires_at)


def holding(session: Session, token: str, *, now: datetime | None = None) -> Open | None:
    """The invitation of this link; None when it is unknown, used, taken back, too old, or its maker may not any more.

    Looking changes nothing: a mail scanner that follows the link does not use it up.
    """
    with walls.everywhere(session):  # whoever has the link is of no community, or of another one
        return next(iter(_found(session, now, hash=hashed(token))), None)


def get(session: Session, invitation_id: int, *, now: datetime | None = None) -> Open | None:
    """The invitation with this number, when it holds."""
    with walls.everywhere(session):
        return next(iter(_found(session, now, id=invitation_id)), None)


def open_ones(session: Session, community_id: int, *, by: Viewer, now: datetime | None = None) -> list[Open]:
    """The invitations of a community that hold, oldest first."""
    require(by, Permission.member_write, community_id)
    return list(_found(session, now, community=community_id))


def use(session: Session, invitation_id: int, account_id: int, *, now: datetime | None = None) -> bool:
    """Whether this account was the first to use it."""
    moment = now or datetime.now(UTC)
    query = (
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > moment,
        )
        .values(used_at=moment, used_by=account_id)
        .returning(Invitation.id)
    )
    with walls.everywhere(session):
        return session.execute(query).first() is not None


def used_by(session: Session, token: str) -> tuple[int, str] | None:
    """Who used this link, and the short name of the community, for whoever comes back to it; None when nobody did."""
    query = (
        select(Invitation.used_by, communities.Community.slug)
        .join(communities.Community, communities.Community.id == Invitation.community_id)
        .where(Invitation.token_hash == hashed(token), Invitation.used_by.is_not(None))
    )
    with walls.everywhere(session):
        found = session.execute(query).one_or_none()
    return None if found is None or found[0] is None else (found[0], found[1])


def revoke(session: Session, community_id: int, invitation_id: int, *, by: Viewer, now: datetime | None = None) -> None:
    """Take an open invitation back; a mail with it that waits is not sent.

    Raises:
        NotAllowed: the viewer may not invite to that community.
        NotFound: that community has no such open invitation.
    """
    require(by, Permission.member_write, community_id)
    which = (Invitation.id == invitation_id, Invitation.community_id == community_id)
    if not _end(session, now, "revoked", by.name, *which):
        raise NotFound("There is no such open invitation: it was used, taken back, or is too old.")


def end_of(session: Session, account_id: int, *, by: str, now: datetime | None = None) -> None:
    """End the open invitations of someone to communities where they may not invite any more, because of `by`."""
    with walls.everywhere(session):  # also where whoever changes their role is not
        for found in session.execute(OPEN, _asked(now, maker=account_id)).all():
            if not _worth(session, found.made_by, found.community_id):
                _end(session, now, "ended", by, Invitation.id == found.id)


def about(invitation_id: int) -> str:
    """How a mail names the invitation that it tells of (assets/mails.py)."""
    return f"invitation:{invitation_id}"


def _end(session: Session, now: datetime | None, action: str, by: str, *which: object) -> bool:
    moment = now or datetime.now(UTC)
    ended = session.execute(
        update(Invitation)
        .where(*which, Invitation.used_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > moment)  # type: ignore[arg-type]
        .values(revoked_at=moment)
        .returning(Invitation.id, Invitation.community_id, Invitation.role)
    ).all()
    if ended:
        mails.forget_about(session, [about(one.id) for one in ended])
    for one in ended:
        history.note(session, SUBJECT, one.id, action, by=by, before={"role": one.role}, community_id=one.community_id)
    return bool(ended)


def _found(session: Session, now: datetime | None, **which: object) -> Iterable[Open]:
    for row in session.execute(OPEN, _asked(now, **which)).all():
        if _worth(session, row.made_by, row.community_id):
            yield Open(
                row.id, row.community_id, row.slug, row.community, Role(row.role), row.by, row.made_at, row.expires_at
            )


def _asked(now: datetime | None, **which: object) -> dict[str, object]:
    nothing = dict.fromkeys(("hash", "id", "community", "maker"))
    return {**nothing, "now": now or datetime.now(UTC), **which}


def _worth(session: Session, made_by: int | None, community_id: int) -> bool:
    """Whether who made it may invite there now; the operator always may."""
    if made_by is None:
        return True
    return communities.role_of(session, made_by, community_id) in GRANTED[Permission.member_write]
