"""Communities: who runs a map."""

import re
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Identity, Text, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets.base import Base, now
from assets.errors import Conflict, Invalid, NotFound
from assets.permissions import Permission, Viewer, holds, require
from assets.vocabulary import Role


class Community(Base):
    """The neighbours who run a map together; every entry belongs to one."""

    __tablename__ = "community"
    __table_args__ = (CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,59}$'", name="slug"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    is_sample: Mapped[bool] = mapped_column(Boolean, server_default="false")
    created_at: Mapped[datetime] = now()


#: The first of these entries of a community that not everyone may see.
HIDDEN = text(
    "SELECT min(a.id) FROM asset AS a WHERE a.community_id = :community AND a.id = ANY(:ids)"
    " AND NOT EXISTS (SELECT FROM published_asset AS p WHERE p.id = a.id)"
)
#: Every write asks this, so it is no ORM row.
FIRST = text("SELECT id FROM community WHERE NOT is_sample ORDER BY id LIMIT 1")


def default_id(session: Session) -> int:
    """The id of the community that entries go to when none is named: the first but the sample, made when needed."""
    found = session.execute(FIRST).scalar()
    if found is None:
        # two first writers at once: the second waits here and then finds what the first made
        session.execute(insert(Community).values(slug="neighbours", name="Buren").on_conflict_do_nothing())
        found = session.execute(FIRST).scalar_one()
    return int(found)


def add(session: Session, slug: str, name: str) -> Community:
    """The community just made; Invalid or Conflict when its slug or name cannot be."""
    name = " ".join(name.split())
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", slug):
        raise Invalid.at("slug", "The short name of a community has small letters, digits and hyphens, as `bospolder`.")
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise Invalid.at("name", "A name has 1 to 100 characters.")
    if session.scalar(select(Community.id).where(Community.slug == slug)) is not None:
        raise Conflict("There is a community {slug} already.", slug=slug)
    made = Community(slug=slug, name=name)
    session.add(made)
    session.flush()
    return made


def get(session: Session, slug: str) -> Community:
    """The community with this slug; NotFound when there is none."""
    found = session.scalar(select(Community).where(Community.slug == slug))
    if found is None:
        raise NotFound("There is no community {slug}.", slug=slug)
    return found


def communities(session: Session) -> list[Community]:
    """Every community, by name."""
    return list(session.scalars(select(Community).order_by(Community.name, Community.id)))


#: As a Viewer's `role_in` (assets/sign_ins.py), of somebody who is not asking now.
ROLE_OF = text(
    "SELECT CASE WHEN a.closed_at IS NOT NULL THEN 'visitor' WHEN a.role IN ('analyst', 'admin') THEN a.role"
    " ELSE COALESCE(m.role, CASE WHEN c.is_sample THEN a.role END, 'visitor') END"
    " FROM account AS a CROSS JOIN community AS c"
    " LEFT JOIN membership AS m ON m.account_id = a.id AND m.community_id = c.id"
    " WHERE a.id = :account AND c.id = :community"
)


def role_of(session: Session, account_id: int, community_id: int) -> Role:
    """What an account is to a community at this moment; visitor when it is closed or not of it."""
    return Role(session.scalar(ROLE_OF, {"account": account_id, "community": community_id}) or Role.visitor)


def require_of(
    session: Session,
    viewer: Viewer,
    permission: Permission,
    *asset_ids: int | None,
    missing: NotFound | None = None,
) -> None:
    """Return when the viewer holds the permission in the communities of all these entries; NotAllowed otherwise.

    Of another community's entry that not everyone may see nothing is told: NotFound, as of one that is not there;
    `missing` when it is about something of the entry. Entries that are not there are left to whoever looks for them.
    """
    require(viewer, permission)
    for community_id in _owners(session, viewer, asset_ids):
        if not holds(viewer, permission, community_id):
            hidden = session.scalar(HIDDEN, {"community": community_id, "ids": [one for one in asset_ids if one]})
            if hidden is not None:
                raise missing or NotFound("There is no asset with the number {id}.", id=hidden)
        require(viewer, permission, community_id)


def holds_of(session: Session, viewer: Viewer, permission: Permission, asset_id: int) -> bool:
    """Whether the viewer holds the permission in the community of this entry."""
    return holds(viewer, permission) and all(
        holds(viewer, permission, community_id) for community_id in _owners(session, viewer, (asset_id,))
    )


def _owners(session: Session, viewer: Viewer, asset_ids: tuple[int | None, ...]) -> list[int]:
    """The communities of these entries, where it matters for this viewer."""
    if viewer.roles is None:
        return []
    owners = text("SELECT DISTINCT community_id FROM asset WHERE id = ANY(:ids)")
    return list(session.scalars(owners, {"ids": [number for number in asset_ids if number is not None]}))


def require_real(session: Session, community_id: int) -> None:
    """Return unless this is the made-up neighbourhood; Conflict there: it is for trying out, and nobody belongs to it.

    Whoever has a role anywhere has it there too, so a steward of one community would decide about people of others.
    """
    if session.scalar(select(Community.is_sample).where(Community.id == community_id)):
        raise Conflict("This neighbourhood is made up, to practise in. People are invited to a community of their own.")


def sample(session: Session) -> Community | None:
    """The community of the sample neighbourhood, while it is loaded."""
    return session.scalar(select(Community).where(Community.is_sample.is_(True)).limit(1))
