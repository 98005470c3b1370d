"""Streets, their parts, and the lines they are made of; finding the street someone means."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, Double, ForeignKey, Identity, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from assets import areas, import_batches  # noqa: F401 - the tables its rows refer to
from assets.base import Base, geometry, gist, mercator


class Street(Base):
    """A named street of one municipality; pieces of one name more than 1 km apart are different streets."""

    __tablename__ = "street"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name"),
        CheckConstraint("piece >= 0", name="piece"),
        Index(
            "uq_street_identity",
            "municipality_code",
            "name",
            "piece",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_street_name", "name"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    municipality_code: Mapped[str | None] = mapped_column(Text)
    municipality: Mapped[str | None] = mapped_column(Text)
    piece: Mapped[int] = mapped_column(Integer, server_default="0")
    fingerprint: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    vanished_on: Mapped[date | None] = mapped_column(Date)
    import_batch_id: Mapped[int | None] = mapped_column(ForeignKey("import_batch.id", ondelete="SET NULL"))


class Segment(Base):
    """One imported line: a piece of a named street, or a way without a name that people walk."""

    __tablename__ = "segment"
    __table_args__ = (
        gist("segment", "geom"),
        gist("segment", "geom_3857"),
        Index("ix_segment_street_id", "street_id"),
        Index("ix_segment_area_id", "area_id"),
        Index("ix_segment_source", "source"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    street_id: Mapped[int | None] = mapped_column(ForeignKey("street.id", ondelete="CASCADE"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="SET NULL"))
    road_class: Mapped[str | None] = mapped_column(Text)
    bridge: Mapped[bool] = mapped_column(server_default="false")
    tunnel: Mapped[bool] = mapped_column(server_default="false")
    geom: Mapped[Any] = geometry("LINESTRING")
    geom_3857: Mapped[Any] = mercator()
    fingerprint: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)


class StreetPart(Base):
    """The part of a street inside one neighbourhood: the unit of analysis.

    Where no neighbourhoods are known it is the part inside the smallest area that is. `vanished_on` is that of its
    street, passed on by a trigger.
    """

    __tablename__ = "street_part"
    __table_args__ = (
        CheckConstraint("length_m > 0", name="length"),
        CheckConstraint("addresses >= 0", name="addresses"),
        gist("street_part", "geom"),
        gist("street_part", "geom_3857"),
        Index("uq_street_part_identity", "street_id", "area_id", unique=True, postgresql_nulls_not_distinct=True),
        Index("ix_street_part_area_id", "area_id", postgresql_include=["id", "street_id", "length_m", "vanished_on"]),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    street_id: Mapped[int] = mapped_column(ForeignKey("street.id", ondelete="CASCADE"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(Text)
    length_m: Mapped[float] = mapped_column(Double)
    addresses: Mapped[int | None] = mapped_column(Integer)
    road_class: Mapped[str | None] = mapped_column(Text)
    vanished_on: Mapped[date | None] = mapped_column(Date)
    geom: Mapped[Any] = geometry("MULTILINESTRING")
    geom_3857: Mapped[Any] = mercator()
