"""Areas: municipalities, districts and neighbourhoods, and what lies in which."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets.base import Base, geometry, gist, mercator, one_of
from assets.errors import NotFound
from assets.vocabulary import AreaKind


class Area(Base):
    """A municipality, district or neighbourhood.

    Each row names itself in the column of its own level (a municipality has municipality_id = id), so that
    "in area X" is always one comparison: `<level>_id = X.id`.
    """

    __tablename__ = "area"
    __table_args__ = (
        CheckConstraint(one_of("kind", AreaKind), name="kind"),
        CheckConstraint("population >= 0 AND households >= 0 AND addresses >= 0", name="counts"),
        CheckConstraint("length(code) BETWEEN 1 AND 40 AND length(name) BETWEEN 1 AND 200", name="words"),
        CheckConstraint("st_isvalid(geom) AND NOT st_isempty(geom)", name="geom"),
        gist("area", "geom"),
        gist("area", "geom_3857"),
        Index("ix_area_municipality_id", "municipality_id"),
        Index("ix_area_district_id", "district_id"),
        Index("ix_area_parent_id", "parent_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="SET NULL"))
    district_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="SET NULL"))
    municipality_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="SET NULL"))
    population: Mapped[int | None] = mapped_column(Integer)
    households: Mapped[int | None] = mapped_column(Integer)
    addresses: Mapped[int | None] = mapped_column(Integer)
    geom: Mapped[Any] = geometry("MULTIPOLYGON")
    geom_3857: Mapped[Any] = mercator()
    label_point: Mapped[Any] = geometry("POINT")
    label_point_3857: Mapped[Any] = mercator("label_point")
    fingerprint: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id", ondelete="SET NULL"))


def get(session: Session, code: str) -> Area:
    """The area with this code; NotFound when it is not known."""
    area = session.scalar(select(Area).where(Area.code == code))
    if area is None:
        raise NotFound("There is no area with the code {code}.", code=code)
    return area


def listing(session: Session, *, kind: AreaKind | None = None, within: Area | None = None) -> list[Area]:
    """Areas by name, of one kind or inside one area when asked; geometry is not loaded."""
    from sqlalchemy.orm import defer

    query = select(Area).options(
        defer(Area.geom), defer(Area.geom_3857), defer(Area.label_point), defer(Area.label_point_3857)
    )
    if kind is not None:
        query = query.where(Area.kind == kind)
    if within is not None:
        level = {AreaKind.municipality: Area.municipality_id, AreaKind.district: Area.district_id}
        query = query.where(level.get(AreaKind(within.kind), Area.id) == within.id)
    return list(session.scalars(query.order_by(Area.name, Area.code)))
