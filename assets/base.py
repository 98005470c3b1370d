"""The declarative base of all tables: naming of constraints and the geometry columns.

Geometry columns carry no SRID in the models: the storage CRS is chosen at the first migration and stands in the
table `deployment`; the database's own column types hold it (migrations/env.py compares the rest).
"""

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Computed, DateTime, Index, MetaData, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables of Vuurtoren."""

    metadata = MetaData(naming_convention=NAMING)


def geometry(shape: str, *, nullable: bool = False) -> Mapped[Any]:
    """A geometry column in the storage CRS; its index is declared with `gist`."""
    return mapped_column(Geometry(shape, srid=-1, spatial_index=False), nullable=nullable)


def mercator(source: str = "geom") -> Mapped[Any]:
    """A stored copy of a geometry column in EPSG:3857, kept by the database, for tiles."""
    return mapped_column(
        Geometry("GEOMETRY", srid=3857, spatial_index=False), Computed(f"st_transform({source}, 3857)", persisted=True)
    )


def found_by(kind: Any, source: str) -> Mapped[Any | None]:
    """A column that the database fills from others for searching; it is not read with its row."""
    return mapped_column(kind, Computed(source, persisted=True), nullable=True, deferred=True)


def gist(table: str, column: str) -> Index:
    """A spatial index with the name that the naming convention gives."""
    return Index(f"ix_{table}_{column}", column, postgresql_using="gist")


def one_of(column: str, words: type) -> str:
    """The SQL of a check that a text column holds one of an enum's values."""
    return f"{column} IN ({', '.join(repr(str(word.value)) for word in words)})"  # type: ignore[attr-defined]


def now() -> Mapped[datetime]:
    """A time stamp in UTC that the database sets on insert."""
    return mapped_column(DateTime(timezone=True), server_default=func.now())
