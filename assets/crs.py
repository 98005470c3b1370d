"""Coordinate reference systems: the constants, the storage CRS and every transform.

Order of coordinates inside the program is always x, y (east, north; longitude, latitude), whatever the authority
says; doors that must speak another order (EPSG:4258, EPSG:4326 by URI) swap at the edge.

Transforms are PROJ's. Without the RDNAPTRANS grid, PROJ's EPSG:28992 is within 0.25 m of the official definition:
good for streets, not for surveying. docs/decisions/0003-crs-accuracy.md says why that is enough here.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets.errors import Invalid, NotReady

RD = 28992
WGS84 = 4326
ETRS89 = 4258
WEB_MERCATOR = 3857

Shape = TypeVar("Shape", bound=BaseGeometry)


@dataclass(frozen=True)
class StorageCrs:
    """The projected CRS, in metres, in which this deployment keeps its geometry.

    Attributes:
        srid: EPSG code.
        bounds: area of use in the CRS itself, as west, south, east, north in metres.
    """

    srid: int
    bounds: tuple[float, float, float, float]

    def holds(self, geometry: BaseGeometry) -> bool:
        """Whether the geometry lies wholly inside the area of use."""
        west, south, east, north = self.bounds
        x_min, y_min, x_max, y_max = geometry.bounds
        return bool(x_min >= west and y_min >= south and x_max <= east and y_max <= north)


@lru_cache(maxsize=16)
def storage_crs(srid: int) -> StorageCrs:
    """The storage CRS of this EPSG code; Invalid when it is not a projected CRS in metres."""
    try:
        crs = pyproj.CRS.from_epsg(srid)
    except pyproj.exceptions.CRSError:
        raise Invalid("EPSG:{srid} is not a known coordinate reference system.", srid=srid) from None
    if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info):
        raise Invalid("EPSG:{srid} is not a projected coordinate reference system in metres.", srid=srid)
    area = crs.area_of_use
    if area is None:
        raise Invalid("EPSG:{srid} has no known area of use.", srid=srid)
    bounds = transformer(WGS84, srid).transform_bounds(area.west, area.south, area.east, area.north, densify_pts=21)
    return StorageCrs(srid=srid, bounds=bounds)


def storage(session: Session) -> StorageCrs:
    """The storage CRS recorded in this database; NotReady when it has no schema yet."""
    kept = session.connection().info  # lives as long as the connection: the storage CRS of a database never changes
    known: int | None = kept.get("storage_srid")
    if known is None:
        known = session.execute(text("SELECT storage_srid FROM published_deployment")).scalar()
        if known is None:
            raise NotReady("This database has no storage CRS yet; run `vuurtoren migrate`.")
        kept["storage_srid"] = known
    return storage_crs(known)


@lru_cache(maxsize=64)
def transformer(source: int, target: int) -> pyproj.Transformer:
    """PROJ's transformer between two EPSG codes, x before y on both sides."""
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def transform(shape: Shape, source: int, target: int) -> Shape:
    """The same shape in another CRS; coordinates that cannot be transformed become infinite."""
    if source == target:
        return shape
    convert = transformer(source, target)

    def points(columns: "numpy.ndarray[Any, Any]") -> "numpy.ndarray[Any, Any]":
        return numpy.column_stack(convert.transform(columns[:, 0], columns[:, 1]))

    return shapely.transform(shape, points)


def storage_box(session: Session, bbox: tuple[float, float, float, float]) -> shapely.Polygon:
    """A box in degrees (west, south, east, north) in the storage CRS; what lies beyond its area of use is left out."""
    found = storage(session)
    convert = transformer(WGS84, found.srid)
    known = transformer(found.srid, WGS84).transform_bounds(*found.bounds, densify_pts=21)
    west, south, east, north = (
        min(max(value, known[index % 2]), known[2 + index % 2]) for index, value in enumerate(bbox)
    )
    return shapely.box(*convert.transform_bounds(west, south, east, north, densify_pts=5))
