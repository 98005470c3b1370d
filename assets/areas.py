"""Areas: municipalities, districts and neighbourhoods, and what lies in which."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import import_batches  # noqa: F401 - the table its rows refer to
from assets.base import Base, geometry, gist, mercator, one_of
from assets.errors import NotAllowed, NotFound
from assets.permissions import Viewer
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
        Index("ix_area_kind", "kind"),
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


@dataclass(frozen=True)
class AreaSummary:
    """An area in words and numbers, without its outline. Numbers are None when they are not known."""

    id: int
    code: str
    kind: AreaKind
    name: str
    parent_id: int | None
    district_id: int | None
    municipality_id: int | None
    population: int | None
    households: int | None
    addresses: int | None


SUMMARY = (
    "SELECT id, code, kind, name, parent_id, district_id, municipality_id, population, households, addresses"
    " FROM published_area"
)


#: The ids of an area and of all inside it, by the index of each column; one question instead of two.
IDS_WITHIN = text(
    "WITH it AS (SELECT id FROM published_area WHERE code = :code)"
    " SELECT id FROM published_area WHERE id = (SELECT id FROM it) OR district_id = (SELECT id FROM it)"
    " OR municipality_id = (SELECT id FROM it) ORDER BY id"
)


def get(session: Session, code: str) -> AreaSummary:
    """The area with this code; NotFound when it is not known. Reads what is public."""
    row = session.execute(text(f"{SUMMARY} WHERE code = :code"), {"code": code}).one_or_none()
    if row is None:
        raise NotFound("There is no area with the code {code}.", code=code)
    return summary(row)


def listing(session: Session, *, kind: AreaKind | None = None, within: AreaSummary | None = None) -> list[AreaSummary]:
    """Areas by name, of one kind or inside one area when asked. Reads what is public."""
    rows = session.execute(
        text(
            f"{SUMMARY} WHERE (CAST(:kind AS text) IS NULL OR kind = :kind)"
            " AND (CAST(:within AS bigint) IS NULL OR :within IN (id, district_id, municipality_id))"
            ' ORDER BY name COLLATE "und-x-icu", code'
        ),
        {"kind": kind, "within": within.id if within else None},
    )
    return [summary(row) for row in rows]


def levels(session: Session) -> list[AreaKind]:
    """The levels of which there are areas, the widest first. Reads what is public."""
    known = text("SELECT EXISTS (SELECT FROM published_area WHERE kind = :kind)")
    return [kind for kind in AreaKind if session.execute(known, {"kind": kind.value}).scalar()]


def ids_within(session: Session, code: str) -> list[int]:
    """The ids of the area with this code and of every area inside it, ascending; NotFound when it is not known."""
    ids = list(session.scalars(IDS_WITHIN, {"code": code}))
    if not ids:
        raise NotFound("There is no area with the code {code}.", code=code)
    return ids


def name_of(session: Session, code: str) -> str:
    """The name of the area with this code, or the code while it is not known. Reads what is public."""
    return session.execute(text("SELECT name FROM published_area WHERE code = :code"), {"code": code}).scalar() or code


def require_municipality(session: Session, viewer: Viewer, area_id: int | None) -> None:
    """Return when an area lies in the municipality that the viewer works for; NotAllowed otherwise.

    Who is of no municipality in particular is of each. What lies in no area is of none.
    """
    if viewer.municipality is None:
        return
    if area_id not in session.scalars(IDS_WITHIN, {"code": viewer.municipality}).all():
        raise NotAllowed(
            "You work for {municipality}; this is about another municipality.",
            municipality=name_of(session, viewer.municipality),
        )


def ids_of(session: Session, codes: list[str]) -> dict[str, int]:
    """Code → number of these areas; codes that are not known are absent. Reads what is public."""
    rows = session.execute(
        text("SELECT code, id FROM published_area WHERE code = ANY (CAST(:codes AS text[]))"), {"codes": codes}
    )
    return {row.code: row.id for row in rows}


def summary(row: Any) -> AreaSummary:
    """A row of SUMMARY as an area."""
    values = row._asdict()
    return AreaSummary(**{**values, "kind": AreaKind(values["kind"])})
