"""Streets with energy as a list: where neighbours did something together, by name. Never by how much: no ranking."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from assets import energy
from assets.energy_classes import DECIMALS

#: Less than this is shown as nothing.
LEAST = 0.5 * 10**-DECIMALS


@dataclass(frozen=True)
class StreetEnergy:
    """A street part with energy.

    Attributes:
        id: number of the street part.
        municipality: its name, or None.
        neighbourhood: its name, or None.
        area_code: code of the smallest area that holds it, or None.
        length_m: metres in the storage CRS.
        energy: on the day asked; above 0.
        last_activity_on: the last day up to then on which something happened that counts here.
        geometry: lines in the CRS asked, or None.
    """

    id: int
    name: str
    municipality: str | None
    neighbourhood: str | None
    area_code: str | None
    length_m: float
    energy: float
    last_activity_on: date
    geometry: BaseGeometry | None = None


@dataclass(frozen=True)
class Listed:
    """One page of the list, and how many street parts there are in all (at least those on the page)."""

    rows: tuple[StreetEnergy, ...]
    found: int


def street_parts(
    session: Session,
    *,
    on: date,
    area: str | None = None,
    limit: int | None = None,
    offset: int = 0,
    srid: int | None = None,
) -> Listed:
    """Street parts with energy on a day, by name and number.

    Args:
        session: reading what is public is enough.
        on: the day, 1900 to 2200.
        area: code of an area of any level; everything when None.
        limit: at most so many rows; all when None.
        offset: leave out so many first.
        srid: EPSG code of the geometry to return; none when None.

    Raises:
        NotFound: the area is not known.
        Invalid: the day lies outside 1900 to 2200.
    """
    binds: dict[str, dict[str, Any]] = energy.binds_of(session, on=on, area=area)
    binds["always"] |= {"least": LEAST}
    if limit is not None:
        binds["page"] = {"limit": limit, "offset": offset}
    if srid is not None:
        binds["geometry"] = {"srid": srid}
    rows = energy.ask(session, "energy_listed", binds).all()
    return Listed(tuple(_street(row) for row in rows), rows[0].found if rows else 0)


def _street(row: Any) -> StreetEnergy:
    import shapely

    geometry = getattr(row, "geometry", None)
    return StreetEnergy(
        id=row.id,
        name=row.name,
        municipality=row.municipality,
        neighbourhood=row.neighbourhood,
        area_code=row.area_code,
        length_m=float(row.length_m),
        energy=float(row.energy),
        last_activity_on=row.last_activity_on,
        geometry=None if geometry is None else shapely.from_wkb(geometry),
    )
