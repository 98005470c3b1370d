"""Geometry that comes from outside: checked before the database sees it.

PostGIS stores NaN, infinity, unclosed rings, empty points and metres labelled as degrees without a word, so every
door brings its GeoJSON through `from_geojson` and then `to_storage`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from assets.crs import RD, WGS84, StorageCrs, storage_crs, transform
from assets.errors import Invalid, message

#: More vertices than any bench, club or street needs; checked before anything is computed.
MOST_VERTICES = 10_000

DEPTHS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
DUTCH = {
    "Point": "a point",
    "LineString": "a line",
    "MultiLineString": "lines",
    "Polygon": "an area",
    "MultiPolygon": "areas",
}


def from_geojson(value: object, *, pointer: str = "/geometry", allowed: Sequence[str] = tuple(DUTCH)) -> BaseGeometry:
    """The shape that a GeoJSON geometry describes, in the coordinates it was given in, two-dimensional.

    Args:
        value: a parsed GeoJSON geometry.
        pointer: where it stands in the input, for the fault.
        allowed: the GeoJSON types that can be used here.

    Raises:
        Invalid: with the place of the first coordinate that cannot be used.
    """
    if not isinstance(value, Mapping):
        raise Invalid.at(pointer, "A geometry is a GeoJSON object with a type and coordinates.")
    kind = value.get("type")
    if kind not in allowed:
        wanted = ", ".join(allowed)
        raise Invalid.at(
            f"{pointer}/type", "This geometry type cannot be used here; use one of: {wanted}.", wanted=wanted
        )
    coordinates = value.get("coordinates")
    count = _check(coordinates, DEPTHS[str(kind)], f"{pointer}/coordinates", 0)
    if count == 0:
        raise Invalid.at(f"{pointer}/coordinates", "The geometry is empty.")
    return _build(str(kind), coordinates, pointer)


def _check(value: object, depth: int, pointer: str, count: int) -> int:
    """Count the positions below `value`; raise Invalid at the first that is no pair of finite numbers."""
    if not isinstance(value, list | tuple):
        raise Invalid.at(pointer, "Coordinates are lists of numbers.")
    if depth == 0:
        if not 2 <= len(value) <= 4:
            raise Invalid.at(pointer, "A position has two numbers: x and y, or longitude and latitude.")
        for number in value:
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise Invalid.at(pointer, "A coordinate is a number.")
            if not math.isfinite(number) or abs(number) > 1e9:
                raise Invalid.at(pointer, "A coordinate must be a finite number.")
        return count + 1
    for index, part in enumerate(value):
        count = _check(part, depth - 1, f"{pointer}/{index}", count)
        if count > MOST_VERTICES:
            raise Invalid.at(
                pointer, "The geometry has more than {most:,} points; simplify it first.", most=MOST_VERTICES
            )
    return count


def _build(kind: str, coordinates: Any, pointer: str) -> BaseGeometry:
    """The shapely geometry of checked coordinates; Invalid where the parts make no shape."""

    def flat(positions: Any) -> list[tuple[float, float]]:
        return [(float(position[0]), float(position[1])) for position in positions]

    def line(positions: Any, where: str) -> shapely.LineString:
        points = flat(positions)
        if len(set(points)) < 2:
            raise Invalid.at(where, "A line needs at least two different points.")
        return shapely.LineString(points)

    def polygon(rings: Any, where: str) -> shapely.Polygon:
        closed = []
        for index, ring in enumerate(rings):
            points = flat(ring)
            if len(points) < 4 or points[0] != points[-1]:
                raise Invalid.at(f"{where}/{index}", "A ring has at least four points and ends where it begins.")
            closed.append(points)
        if not closed:
            raise Invalid.at(where, "An area needs at least one ring.")
        shape = shapely.Polygon(closed[0], closed[1:])
        if not shape.is_valid:
            raise Invalid.at(where, "The outline of the area crosses itself or its holes lie outside it.")
        return shape

    where = f"{pointer}/coordinates"
    if kind == "Point":
        return shapely.Point(flat([coordinates])[0])
    if kind == "LineString":
        return line(coordinates, where)
    if kind == "MultiLineString":
        return shapely.MultiLineString([line(part, f"{where}/{i}") for i, part in enumerate(coordinates)])
    if kind == "Polygon":
        return polygon(coordinates, where)
    if kind == "MultiPolygon":
        shape = shapely.MultiPolygon([polygon(part, f"{where}/{i}") for i, part in enumerate(coordinates)])
        if not shape.is_valid:
            raise Invalid.at(where, "The areas overlap each other.")
        return shape
    raise Invalid.at(f"{pointer}/type", "This geometry type cannot be used here.")


def to_storage(shape: BaseGeometry, *, source: int, storage: StorageCrs, pointer: str = "/geometry") -> BaseGeometry:
    """The shape in the storage CRS, when it lies inside that CRS's area of use.

    Args:
        shape: coordinates in `source`, x before y.
        source: EPSG code of the coordinates; WGS84 stands for CRS84.
        storage: where it must fit.
        pointer: where it stands in the input, for the fault.

    Raises:
        Invalid: outside the area of use; the reason says so when the axes seem swapped or the CRS mislabelled.
    """
    moved = transform(shape, source, storage.srid)
    if _finite(moved) and storage.holds(moved):
        return moved
    x, y = shape.bounds[0], shape.bounds[1]
    raise Invalid.at(pointer, _why_outside(shape, source, storage), x=f"{x:g}", y=f"{y:g}", srid=storage.srid)


def _finite(shape: BaseGeometry) -> bool:
    return bool(all(math.isfinite(bound) for bound in shape.bounds))


def _why_outside(shape: BaseGeometry, source: int, storage: StorageCrs) -> str:
    """The most likely reason why coordinates fall outside the area of use, with what to do: a template."""
    x, y = shape.bounds[0], shape.bounds[1]
    if source in (WGS84, 4258):
        if abs(x) > 180 or abs(y) > 90:
            if storage_crs(RD).holds(shape):
                return message("The coordinates {x}, {y} look like RD metres (EPSG:28992), not degrees; give the crs.")
            return message("The coordinates {x}, {y} are no degrees; longitude is within 180 and latitude within 90.")
        swapped = transform(shapely.transform(shape, lambda points: points[:, ::-1]), source, storage.srid)
        if _finite(swapped) and storage.holds(swapped):
            return message("The coordinates {x}, {y} seem swapped: longitude comes first, then latitude.")
    return message("The coordinates {x}, {y} lie outside the area that this map is for (EPSG:{srid}).")
