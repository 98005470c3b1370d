"""From the numbers of a bbox to a shape in the storage CRS that the index can use."""

import shapely
from shapely.geometry.base import BaseGeometry

from app.parameters import Box, WireCrs
from assets import crs
from assets.crs import ETRS89, WGS84, StorageCrs
from assets.errors import Invalid

#: Points on each side of a box: its sides are bent lines in another CRS.
STEPS = 16
NOTHING = shapely.Polygon()


def shape_of(box: Box, wire: WireCrs, storage: StorageCrs) -> BaseGeometry:
    """The shape in the storage CRS of a box in another; empty when it lies outside the area of use.

    Raises:
        Invalid: the numbers are in no order that makes a box.
    """
    west, south, east, north = box.numbers
    if wire.north_first:
        west, south, east, north = south, west, north, east
    if south > north:
        raise Invalid.at("bbox", "The south of a bbox comes before its north.")
    if west <= east:
        parts = [(west, south, east, north)]
    elif wire.srid in (WGS84, ETRS89):
        parts = [(west, south, 180.0, north), (-180.0, south, east, north)]
    else:
        raise Invalid.at("bbox", "The west of a bbox comes before its east.")
    shapes = [shape for part in parts if not (shape := _moved(part, wire, storage)).is_empty]
    return shapely.union_all(shapes) if len(shapes) > 1 else shapes[0] if shapes else NOTHING


def _moved(part: tuple[float, float, float, float], wire: WireCrs, storage: StorageCrs) -> BaseGeometry:
    """One box, cut to the area of use (beyond it a transform has no meaning) and brought to the storage CRS."""
    usable = crs.transformer(storage.srid, wire.srid).transform_bounds(*storage.bounds, densify_pts=21)
    west, south = max(part[0], usable[0]), max(part[1], usable[1])
    east, north = min(part[2], usable[2]), min(part[3], usable[3])
    if west > east or south > north:
        return NOTHING
    if west == east or south == north:
        corners = [(west, south), (east, north)]
        flat = shapely.Point(corners[0]) if corners[0] == corners[1] else shapely.LineString(corners)
        return crs.transform(flat, wire.srid, storage.srid)
    if wire.srid == storage.srid:
        return shapely.box(west, south, east, north)
    longest = max(east - west, north - south) / STEPS
    return crs.transform(shapely.segmentize(shapely.box(west, south, east, north), longest), wire.srid, storage.srid)
