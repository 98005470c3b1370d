"""Stretches of street and which part of which street they cover, kept when something is written.

A stretch is everything of its street within 25 m of the line drawn, with flat ends (domain rule Stretch). What it
covers of a street part is kept as ranges of whole millimetres along that part's lines, one line after another, so
that the union of several initiatives is a union of ranges: exact, and without geometry when the question is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    delete,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import DATEMULTIRANGE, INT4MULTIRANGE, Range
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import streets  # noqa: F401 - the table its rows refer to
from assets.base import Base, geometry, gist
from assets.sql import statement
from assets.vocabulary import STRETCH_REACH_M

MM = 1000
#: Key of the advisory lock on all streets: an import holds it alone, writers of stretches hold it together.
STREETS_LOCK = 5_113_201


class Stretch(Base):
    """The part of one street that a street initiative cares for, as drawn and as snapped onto the street."""

    __tablename__ = "stretch"
    __table_args__ = (
        CheckConstraint("whole_street OR drawn IS NOT NULL", name="drawn"),
        CheckConstraint("length_m > 0", name="length"),
        Index("ix_stretch_asset_id", "asset_id"),
        Index("ix_stretch_street_id", "street_id"),
        gist("stretch", "geom"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    street_id: Mapped[int] = mapped_column(ForeignKey("street.id", ondelete="RESTRICT"))
    position: Mapped[int] = mapped_column(SmallInteger)
    whole_street: Mapped[bool] = mapped_column(Boolean)
    drawn: Mapped[Any | None] = geometry("LINESTRING", nullable=True)
    geom: Mapped[Any] = geometry("MULTILINESTRING")
    length_m: Mapped[float] = mapped_column(Double)


class StretchPart(Base):
    """What a stretch covers of one street part: a kept link, derived from the stretch, the street and the asset.

    `themes` are those of the asset; `counts_on` are the days on which it is active, none while it is not published
    (assets/freshness.py keeps both).
    """

    __tablename__ = "stretch_part"
    __table_args__ = (
        CheckConstraint("NOT isempty(covered)", name="covered"),
        Index("ix_stretch_part_street_part_id", "street_part_id", postgresql_include=["asset_id"]),
        Index("ix_stretch_part_asset_id", "asset_id"),
    )

    stretch_id: Mapped[int] = mapped_column(ForeignKey("stretch.id", ondelete="CASCADE"), primary_key=True)
    street_part_id: Mapped[int] = mapped_column(ForeignKey("street_part.id", ondelete="CASCADE"), primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    covered: Mapped[Any] = mapped_column(INT4MULTIRANGE)
    covered_m: Mapped[float] = mapped_column(Double)
    themes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    counts_on: Mapped[Any] = mapped_column(DATEMULTIRANGE, server_default=text("'{}'"))


@dataclass(frozen=True)
class Covered:
    """What a footprint covers of a street part's lines.

    Attributes:
        ranges: half-open ranges in millimetres along the lines, one line after another, ascending, disjoint.
        lines: the covered pieces, in the storage CRS.
    """

    ranges: list[tuple[int, int]]
    lines: list[shapely.LineString]

    @property
    def length_m(self) -> float:
        """Covered metres."""
        return sum(end - start for start, end in self.ranges) / MM


def footprint(drawn: BaseGeometry) -> BaseGeometry:
    """Everything within 25 m of a line, with flat ends."""
    return shapely.buffer(drawn, STRETCH_REACH_M, cap_style="flat", join_style="round")


def cover(part: BaseGeometry, within: BaseGeometry | None) -> Covered:
    """What `within` covers of a street part; None covers all of it.

    Works edge by edge (from one vertex to the next), where a position along the line cannot be mistaken even when
    the street crosses itself or ends where it begins.
    """
    lines: Any = shapely.get_parts(part)
    total_mm = round(float(shapely.length(lines).sum()) * MM)
    if within is None:
        return Covered([(0, total_mm)], list(lines))
    coordinates, line_of = shapely.get_coordinates(lines, return_index=True)
    same_line = line_of[1:] == line_of[:-1]
    starts, ends = coordinates[:-1][same_line], coordinates[1:][same_line]
    edges: Any = shapely.linestrings(numpy.stack([starts, ends], axis=1))
    lengths = numpy.hypot(*(ends - starts).T)
    offsets = numpy.concatenate([[0.0], numpy.cumsum(lengths)[:-1]])
    shapely.prepare(within)
    touched = numpy.flatnonzero(shapely.intersects(within, edges))
    pieces, edge_of = shapely.get_parts(shapely.intersection(edges[touched], within), return_index=True)
    is_line = shapely.length(pieces) > 0
    pieces, edge_of = pieces[is_line], touched[edge_of[is_line]]
    if len(pieces) == 0:
        return Covered([], [])
    corners, piece_of = shapely.get_coordinates(pieces, return_index=True)
    edge_of_corner = edge_of[piece_of]
    along = numpy.hypot(*(corners - starts[edge_of_corner]).T) + offsets[edge_of_corner]
    first = numpy.searchsorted(piece_of, numpy.arange(len(pieces)))
    spans = numpy.stack([numpy.minimum.reduceat(along, first), numpy.maximum.reduceat(along, first)], axis=1)
    spans_mm = numpy.clip(numpy.rint(spans * MM).astype(int), 0, total_mm)
    ranges: list[tuple[int, int]] = []
    for start, end in sorted((int(start), int(end)) for start, end in spans_mm if end > start):
        if ranges and start <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], max(end, ranges[-1][1]))
        else:
            ranges.append((start, end))
    merged = shapely.line_merge(shapely.multilinestrings(list(pieces)))
    return Covered(ranges, list(shapely.get_parts(merged)))


def hold_streets(session: Session) -> None:
    """Keep imports from changing streets until this transaction ends; waits for one that is under way.

    Without it a stretch could be measured on lines that an import replaces at the same moment. Taken before any row is
    locked, so that a writer and an import never wait for each other.
    """
    session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": STREETS_LOCK})


def parts_of(session: Session, street_ids: Sequence[int]) -> dict[int, list[tuple[int, BaseGeometry]]]:
    """For each street its parts as (street_part id, lines in the storage CRS), in the order of their ids."""
    from assets.streets import StreetPart

    found: dict[int, list[tuple[int, BaseGeometry]]] = {}
    query = (
        select(StreetPart.street_id, StreetPart.id, StreetPart.geom.ST_AsBinary())
        .where(StreetPart.street_id.in_(street_ids))
        .order_by(StreetPart.street_id, StreetPart.id)
    )
    for street_id, part_id, wkb in session.execute(query):
        found.setdefault(street_id, []).append((part_id, shapely.from_wkb(bytes(wkb))))
    return found


def measure(
    parts: Sequence[tuple[int, BaseGeometry]], drawn: BaseGeometry | None
) -> tuple[BaseGeometry | None, dict[int, Covered]]:
    """A stretch on a street with these parts: its snapped lines (None where nothing is within reach), and per part
    what it covers. `drawn` None is the whole street.
    """
    within = None if drawn is None else footprint(drawn)
    covered = {part_id: cover(geom, within) for part_id, geom in parts}
    covered = {part_id: found for part_id, found in covered.items() if found.ranges}
    lines = [line for found in covered.values() for line in found.lines]
    return (shapely.multilinestrings(lines) if lines else None), covered


def link(session: Session, stretch: Stretch, covered: dict[int, Covered]) -> None:
    """Keep the links of a new stretch."""
    if covered:
        session.execute(insert(StretchPart), [_row(stretch.id, stretch.asset_id, *item) for item in covered.items()])


def _row(stretch_id: int, asset_id: int, part_id: int, covered: Covered) -> dict[str, Any]:
    return {
        "stretch_id": stretch_id,
        "asset_id": asset_id,
        "street_part_id": part_id,
        "covered": [Range(start, end) for start, end in covered.ranges],
        "covered_m": covered.length_m,
    }


def relink_streets(session: Session, street_ids: Sequence[int] | None = None) -> list[int]:
    """Recompute the stretches on these streets (None: on all) after the streets changed.

    A whole street stays whole. A drawn stretch of which nothing lies within 25 m of the street any more keeps its
    last geometry and covers nothing.

    Returns:
        The ids of the stretches that cover nothing now, ascending.
    """
    session.flush()
    query = select(Stretch.id, Stretch.asset_id, Stretch.street_id, Stretch.whole_street, Stretch.drawn.ST_AsBinary())
    if street_ids is not None:
        query = query.where(Stretch.street_id.in_(street_ids))
    rows = session.execute(query.order_by(Stretch.id)).all()
    if not rows:
        return []
    parts = parts_of(session, sorted({row.street_id for row in rows}))
    links: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    lost: list[int] = []
    for stretch_id, asset_id, street_id, whole, drawn in rows:
        line = None if whole else shapely.from_wkb(bytes(drawn))
        geom, covered = measure(parts.get(street_id, []), line)
        if geom is None:
            lost.append(stretch_id)
            continue
        length_m = sum(found.length_m for found in covered.values())
        shapes.append({"stretch_id": stretch_id, "wkb": shapely.to_wkb(geom), "length_m": length_m})
        links += [_row(stretch_id, asset_id, *item) for item in covered.items()]
    ids = [row.id for row in rows]
    session.execute(delete(StretchPart).where(StretchPart.stretch_id.in_(ids)))
    if links:
        session.execute(insert(StretchPart), links)
    if shapes:
        session.execute(statement("set_stretch_geometry"), shapes)
    asset_ids = sorted({row.asset_id for row in rows})
    keep_initiative_geometry(session, asset_ids)
    session.execute(statement("keep_counting"), {"ids": asset_ids})
    session.expire_all()
    return lost


def keep_initiative_geometry(session: Session, asset_ids: Sequence[int]) -> None:
    """Set the geometry of street initiatives to all their stretches together, and the area that holds most of it."""
    session.execute(statement("keep_initiative_geometry"), {"ids": list(asset_ids)})
