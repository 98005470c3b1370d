"""Who looked at what beyond the public map: a row for each, written in the transaction that reads it.

    note(session, viewer, LookupKind.plan, area_id=area.id)        a plan was made for an area
    note(session, viewer, LookupKind.person, asset_ids=[asset.id])   the entry of a person was read

No row, no answer: who cannot be written down sees nothing. Rows are added and never changed; the role of the service
may not even do so, nor delete (migrations/roles.py). They go after a year, by a function of the database that removes
nothing younger, and with the entry that they are about.

One row for each holder, thing and quarter of an hour: "looked at this, from then on". Opening a page ten times,
or leafing through its table, is one look; coming back after the coffee is another. So the log stays something that
neighbours can read, and still says on which days and at which times somebody looked.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets.base import Base, now, one_of
from assets.errors import NotAllowed
from assets.permissions import Viewer
from assets.vocabulary import LookupKind, Role


class Lookup(Base):
    """That somebody looked: in which role, under which name, at what, from when on in this quarter of an hour.

    `holder` tells accounts, tokens and the operator apart, also those of one name. `area_id` is what a plan or a file
    was about, `asset_id` the person whose entry was read and `community_id` its community.
    """

    __tablename__ = "lookup"
    __table_args__ = (
        CheckConstraint(one_of("what", LookupKind), name="what"),
        CheckConstraint(one_of("role", Role), name="role"),
        CheckConstraint("what <> 'person' OR asset_id IS NOT NULL", name="person"),
        Index("uq_lookup_quarter", "holder", "role", "what", "area_id", "community_id", "asset_id", "quarter",
              unique=True, postgresql_nulls_not_distinct=True),
        Index("ix_lookup_at", "at", "id"),
        Index("ix_lookup_asset_id", "asset_id", "at", postgresql_where=text("asset_id IS NOT NULL")),
        Index("ix_lookup_area_id", "area_id", "at", postgresql_where=text("area_id IS NOT NULL")),
        Index("ix_lookup_community_id", "community_id", postgresql_where=text("community_id IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = now()
    role: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    holder: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="SET NULL"))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    #: Number of the quarter of an hour that `at` lies in, since 1970.
    quarter: Mapped[int] = mapped_column(BigInteger, server_default=text("floor(extract(epoch FROM now()) / 900)"))


#: Each look asks this, so it is no ORM row.
NOTE = text(
    "INSERT INTO lookup (role, by, holder, what, area_id, community_id) VALUES"
    " (:role, :by, :holder, :what, CAST(:area_id AS bigint), CAST(:community_id AS bigint)) ON CONFLICT DO NOTHING"
)
NOTE_OF_ASSETS = text(
    "INSERT INTO lookup (role, by, holder, what, area_id, community_id, asset_id)"
    " SELECT :role, :by, :holder, :what, CAST(:area_id AS bigint), a.community_id, a.id"
    " FROM asset AS a WHERE a.id = ANY(CAST(:asset_ids AS bigint[])) ORDER BY a.id ON CONFLICT DO NOTHING"
)


def note(
    session: Session,
    viewer: Viewer,
    what: LookupKind,
    *,
    area_id: int | None = None,
    community_id: int | None = None,
    asset_ids: Sequence[int] = (),
) -> None:
    """Write down that this viewer looks, once in a quarter of an hour; with entries, a row for each of them.

    Args:
        session: the transaction in which is read what they look at; it may write.
        viewer: who looks. A visitor sees what is public only, and is not written down.
        what: what they look at.
        area_id: of the area that it is about.
        community_id: of the community that it is about; that of an entry is known by itself.
        asset_ids: the entries that are read.

    Raises:
        NotAllowed: the viewer is a visitor: nothing beyond the public map is for them.
    """
    if viewer.role == Role.visitor:
        raise NotAllowed("This is not on the public map; sign in to see it.")
    binds = {
        "role": viewer.role.value,
        "by": viewer.name,
        "holder": viewer.holder or viewer.name,
        "what": what.value,
        "area_id": area_id,
    }
    if what is LookupKind.person or asset_ids:
        if asset_ids:
            session.execute(NOTE_OF_ASSETS, {**binds, "asset_ids": sorted(set(asset_ids))})
    else:
        session.execute(NOTE, {**binds, "community_id": community_id})
