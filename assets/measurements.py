"""Measurements: litter counted in a box of street, and the level that an area wants to reach."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import areas, crs, history, street_search, streets  # noqa: F401 - streets: a table its rows refer to
from assets.base import Base, geometry, gist, now, one_of
from assets.drafts import AmbitionDraft, MeasurementDraft
from assets.errors import Invalid, NotFound
from assets.geometry import to_storage
from assets.litter import STANDARD_BOX_M2
from assets.people import PERSONAL, refuse_personal_data
from assets.permissions import Permission, Viewer, require
from assets.places import CRS_NAMES
from assets.sql import statement
from assets.vocabulary import MEASURED_REACH_M, LitterKind, LitterLevel


class Measurement(Base):
    """Pieces of litter counted in one box.

    `geom` is the place of the box, or a point on the street part when no place was told. `street_part_id` follows from
    it: when areas change, assets/importers/divide.py finds the part again.
    """

    __tablename__ = "measurement"
    __table_args__ = (
        CheckConstraint(one_of("kind", LitterKind), name="kind"),
        CheckConstraint("box_m2 BETWEEN 0.1 AND 10000", name="box_m2"),
        CheckConstraint("count BETWEEN 0 AND 1000000", name="count"),
        CheckConstraint("measured_on BETWEEN '1900-01-01' AND '2200-12-31'", name="measured_on"),
        Index("ix_measurement_street_part_id_measured_on", "street_part_id", "measured_on"),
        Index("ix_measurement_street_id", "street_id"),
        gist("measurement", "geom"),
        Index("uq_measurement_source", "source", "source_key", unique=True),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    street_id: Mapped[int] = mapped_column(ForeignKey("street.id", ondelete="RESTRICT"))
    street_part_id: Mapped[int | None] = mapped_column(ForeignKey("street_part.id", ondelete="SET NULL"))
    geom: Mapped[Any] = geometry("POINT")
    measured_on: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(Text)
    box_m2: Mapped[float] = mapped_column(Double)
    count: Mapped[int] = mapped_column(Integer)
    counted_by: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)
    source_key: Mapped[str | None] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = now()


class Ambition(Base):
    """The level that an area wants its streets to have, from a day on until the next one."""

    __tablename__ = "ambition"
    __table_args__ = (
        CheckConstraint(one_of("level", LitterLevel), name="level"),
        CheckConstraint("since BETWEEN '1900-01-01' AND '2200-12-31'", name="since"),
        Index("uq_ambition_area_id_since", "area_id", "since", unique=True),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("area.id", ondelete="CASCADE"))
    level: Mapped[str] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Date)
    set_by: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


@dataclass(frozen=True)
class AreaAmbition:
    """The level that counts for an area on a day, and which area set it: itself or one above it.

    Attributes:
        area_id: number of the area that was asked about.
        level: the level to reach.
        since: the day from which it counts.
        code: of the area that set it.
        name: of the area that set it.
    """

    area_id: int
    level: LitterLevel
    since: date
    code: str
    name: str


@dataclass(frozen=True)
class Spot:
    """Where a box was: street, street part, and a point in the storage CRS (WKB)."""

    street_id: int
    street_part_id: int
    point: bytes


def add(
    session: Session,
    draft: MeasurementDraft,
    *,
    by: Viewer,
    source: str | None = None,
    source_key: str | None = None,
    today: date | None = None,
) -> Measurement:
    """The measurement just recorded.

    Args:
        session: nothing is committed.
        draft: what was counted, and where.
        by: who hands it in.
        source: label of the file that it came from.
        source_key: what it is known by in that file.
        today: the day that counts as today.

    Raises:
        Invalid: it lies in the future, or its street part cannot be told; with every fault and its place.
    """
    require(by, Permission.measurement_write)
    spot = spot_of(session, draft, today=today)
    _require_here(session, by, spot.street_part_id)
    row = Measurement(
        street_id=spot.street_id,
        street_part_id=spot.street_part_id,
        geom=_point(session, spot),
        measured_on=draft.measured_on,
        kind=draft.kind,
        box_m2=box_of(draft),
        count=draft.count,
        counted_by=draft.counted_by,
        source=source,
        source_key=source_key,
        recorded_by=by.name,
    )
    session.add(row)
    session.flush()
    history.note(session, "measurement", row.id, "added", by=by.name, after=told(row))
    return row


def recount(session: Session, row: Measurement, draft: MeasurementDraft, *, by: Viewer) -> bool:
    """Whether a measurement from a file changed, for the file now says something else; history keeps what it said."""
    require(by, Permission.measurement_write)
    _require_here(session, by, row.street_part_id)
    before = told(row)
    row.count, row.box_m2, row.counted_by = draft.count, box_of(draft), draft.counted_by
    if before == told(row):
        return False
    session.flush()
    history.note(session, "measurement", row.id, "changed", by=by.name, before=before, after=told(row))
    return True


def _require_here(session: Session, by: Viewer, street_part_id: int | None) -> None:
    """Return when a street part lies in the municipality that `by` works for; NotAllowed otherwise."""
    if by.municipality is not None:
        asked = text("SELECT area_id FROM published_street_part WHERE id = :id")
        areas.require_municipality(session, by, session.execute(asked, {"id": street_part_id}).scalar())


def told(row: Measurement) -> dict[str, Any]:
    """What history keeps of a measurement."""
    return {
        "street_id": row.street_id,
        "street_part_id": row.street_part_id,
        "measured_on": row.measured_on.isoformat(),
        "kind": str(row.kind),
        "box_m2": row.box_m2,
        "count": row.count,
        "counted_by": row.counted_by,
    }


def box_of(draft: MeasurementDraft) -> float:
    """Square metres of the box of a draft; the standard box of its kind when it tells none."""
    return draft.box_m2 if draft.box_m2 is not None else STANDARD_BOX_M2[draft.kind]


def spot_of(session: Session, draft: MeasurementDraft, *, today: date | None = None) -> Spot:
    """Where the box of a draft was, once everything else about it is right.

    A point belongs to the nearest part of the street that is named, or of any street, within 50 m. A street with
    several parts needs the area or a point.

    Raises:
        Invalid: with every fault and its place.
    """
    if draft.measured_on > (today or date.today()):
        raise Invalid.at("/measured_on", "A measurement is recorded after it was made; this date lies in the future.")
    refuse_personal_data(draft.counted_by or "", "/counted_by", refused=PERSONAL)
    storage = crs.storage(session)
    point: BaseGeometry | None = None
    if draft.point is not None:
        source = _source(draft.crs, storage.srid)
        point = to_storage(shapely.Point(draft.point), source=source, storage=storage, pointer="/point")
    area_ids = _area_ids(session, draft.area)
    street_id = None
    if draft.street_part_id is None and draft.street is not None:
        street_id = street_search.the_street(session, name=draft.street, area=draft.area, near=point)
    rows = session.execute(
        statement("measurement_spot"),
        {
            "street_part_id": draft.street_part_id,
            "street_id": street_id,
            "area_ids": area_ids,
            "point": None if point is None else point.wkb,
            "reach_m": MEASURED_REACH_M,
        },
    ).all()
    if not rows:
        raise _nowhere(draft)
    if len(rows) > 1:
        names = ", ".join(sorted(str(row.area_name or "unknown") for row in rows))
        raise Invalid.at(
            "/area", "{street} has parts in several areas; say which one: {names}.", street=draft.street, names=names
        )
    return Spot(int(rows[0].street_id), int(rows[0].street_part_id), bytes(rows[0].point))


def set_ambition(session: Session, code: str, draft: AmbitionDraft, *, by: Viewer) -> AreaAmbition:
    """The level that this area has from a day on; one that began on the same day is replaced, and history keeps it.

    Raises:
        NotFound: the area is not known.
    """
    require(by, Permission.ambition_write)
    area = areas.get(session, code)
    areas.require_municipality(session, by, area.id)
    here = (Ambition.area_id == area.id, Ambition.since == draft.since)
    before = session.scalar(select(Ambition.level).where(*here))
    if before != draft.level:
        values = {"area_id": area.id, "level": draft.level, "since": draft.since, "set_by": by.name}
        setting = insert(Ambition).values(values)
        session.execute(
            setting.on_conflict_do_update(
                index_elements=["area_id", "since"], set_={"level": draft.level, "set_by": by.name}
            )
        )
        since = {"area": code, "since": draft.since.isoformat()}
        history.note(
            session,
            "ambition",
            area.id,
            "added" if before is None else "changed",
            by=by.name,
            before=None if before is None else {**since, "level": before},
            after={**since, "level": str(draft.level)},
        )
        session.flush()
    return AreaAmbition(area.id, draft.level, draft.since, area.code, area.name)


def ambition(session: Session, code: str, *, on: date) -> AreaAmbition | None:
    """The level that counts for this area on a day: its own, else that of the nearest area above it; None without one.

    Raises:
        NotFound: the area is not known.
    """
    area = areas.get(session, code)
    return ambitions(session, [area.id], on=on).get(area.id)


def ambitions(session: Session, area_ids: list[int], *, on: date) -> dict[int, AreaAmbition]:
    """Number of the area → the level that counts for it on a day; areas for which none counts are absent.

    Rule: domain, Ambition level. Reads what is public.
    """
    rows = session.execute(statement("ambition_levels"), {"area_ids": area_ids, "on": on})
    return {row.area_id: AreaAmbition(**{**row._asdict(), "level": LitterLevel(row.level)}) for row in rows}


def _area_ids(session: Session, code: str | None) -> list[int] | None:
    if code is None:
        return None
    try:
        return areas.ids_within(session, code)
    except NotFound as unknown:
        raise Invalid.at("/area", str(unknown)) from None


def _source(name: str | None, storage_srid: int) -> int:
    if name is None:
        return CRS_NAMES["OGC:CRS84"]
    if name == f"EPSG:{storage_srid}":
        return storage_srid
    if name not in CRS_NAMES:
        known = ", ".join(dict.fromkeys(["OGC:CRS84", "EPSG:4258", "EPSG:3857", f"EPSG:{storage_srid}"]))
        raise Invalid.at(
            "/crs", "This coordinate reference system is not known here; use one of: {known}.", known=known
        )
    return CRS_NAMES[name]


def _point(session: Session, spot: Spot) -> Any:
    return func.ST_SetSRID(func.ST_GeomFromWKB(spot.point), crs.storage(session).srid)


def _nowhere(draft: MeasurementDraft) -> Invalid:
    """Why no street part was found."""
    if draft.street_part_id is not None:
        return Invalid.at("/street_part_id", "There is no street part with the number {id}.", id=draft.street_part_id)
    if draft.point is not None:
        message = (
            "No part of {street} lies within {reach:.0f} m of this point."
            if draft.street
            else "No street lies within {reach:.0f} m of this point."
        )
        return Invalid.at("/point", message, street=draft.street, reach=MEASURED_REACH_M)
    return Invalid.at("/street", "{street} has no part here.", street=draft.street)
