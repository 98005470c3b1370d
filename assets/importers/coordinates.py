"""From a file's coordinates to the storage CRS: which CRS it is, and which geometries cannot be used and why.

GeoJSON says nothing (RFC 7946: then it is longitude and latitude) or has an old `crs` member. Files exist whose
coordinates are metres all the same; those are recognised by their coordinates, and the report says so.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy
import pyproj
import shapely

from assets import crs
from assets.crs import RD, WEB_MERCATOR, WGS84, StorageCrs, storage_crs
from assets.errors import Invalid
from assets.importers.layers import Array

#: Share of a file's geometries that must agree before its CRS is taken to be another than it says.
AGREE = 0.9


@dataclass(frozen=True)
class Reference:
    """The CRS of a file's coordinates, and why it was taken.

    Attributes:
        crs: PROJ's object.
        name: as a report names it, "EPSG:28992" where it has a code.
        note: what to say when it is not what the file declares; empty otherwise.
    """

    crs: pyproj.CRS
    name: str
    note: str = ""

    @cached_property
    def degrees(self) -> bool:
        """Whether coordinates are longitude and latitude."""
        return bool(self.crs.is_geographic)

    def transformer(self, storage: StorageCrs) -> pyproj.Transformer:
        """To the storage CRS, x before y on both sides."""
        if self.name.startswith("EPSG:"):
            return crs.transformer(int(self.name.removeprefix("EPSG:")), storage.srid)
        return pyproj.Transformer.from_crs(self.crs, storage.srid, always_xy=True)


@lru_cache(maxsize=32)
def by_name(name: str) -> Reference:
    """The CRS that a person names: "EPSG:28992", "28992" or "CRS84"; Invalid when it is not known."""
    wanted = name.strip().upper()
    if wanted in ("CRS84", "OGC:CRS84"):
        wanted = f"EPSG:{WGS84}"
    match = re.fullmatch(r"(?:EPSG:)?(\d{4,6})", wanted)
    if match:
        try:
            return Reference(pyproj.CRS.from_epsg(int(match.group(1))), f"EPSG:{match.group(1)}")
        except pyproj.exceptions.CRSError:
            pass
    raise Invalid("{name} is not a known coordinate reference system; write it as EPSG:28992.", name=name)


def recognise(declared: str | None, shapes: Array, *, given: str | None, storage: StorageCrs) -> Reference:
    """The CRS of a file, by what the caller gives, what it declares, and where its coordinates lie.

    Args:
        declared: what the library read from the file; None when the file says nothing.
        shapes: geometries of the first batch, in the file's coordinates.
        given: the caller's own word, which wins.
        storage: CRS of this deployment, tried first for coordinates that are no degrees.

    Raises:
        Invalid: no CRS is declared and none is recognised.
    """
    if given is not None:
        return by_name(given)
    reference = _declared(declared)
    if reference is not None and not reference.degrees:
        return reference
    bounds = shapely.bounds(shapes[~shapely.is_missing(shapes)])
    bounds = bounds[numpy.isfinite(bounds).all(axis=1)]
    if len(bounds) == 0 or _share(bounds, (-180, -90, 180, 90)) > 1 - AGREE:
        if reference is not None or len(bounds) == 0:
            return reference or by_name(f"EPSG:{WGS84}")
        return Reference(
            pyproj.CRS.from_epsg(WGS84),
            f"EPSG:{WGS84}",
            "The file names no CRS; its coordinates are degrees, read as EPSG:4326.",
        )
    for srid in dict.fromkeys((storage.srid, RD, WEB_MERCATOR)):
        if _share(bounds, _limits(srid, storage)) >= AGREE:
            says = "names no CRS" if reference is None else f"names no CRS other than {reference.name}"
            return Reference(
                pyproj.CRS.from_epsg(srid),
                f"EPSG:{srid}",
                f"The file {says}, but its coordinates are metres of EPSG:{srid}; read as EPSG:{srid}.",
            )
    if reference is not None:
        return reference
    raise Invalid("The file names no CRS and its coordinates tell none; give it with --crs EPSG:....")


def _declared(declared: str | None) -> Reference | None:
    if not declared:
        return None
    try:
        found = pyproj.CRS.from_user_input(declared)
    except pyproj.exceptions.CRSError:
        return None
    code = found.to_epsg(min_confidence=70)
    return Reference(found, f"EPSG:{code}" if code else found.name)


def _limits(srid: int, storage: StorageCrs) -> tuple[float, float, float, float]:
    """Where coordinates of this CRS can lie; for web mercator where the storage CRS can."""
    if srid != WEB_MERCATOR:
        return storage_crs(srid).bounds
    back = pyproj.Transformer.from_crs(storage.srid, WEB_MERCATOR, always_xy=True)
    west, south, east, north = back.transform_bounds(*storage.bounds)
    return (west, south, east, north)


def _share(bounds: Array, limits: tuple[float, float, float, float]) -> float:
    """Share of the boxes that lie within the limits."""
    west, south, east, north = limits
    inside = (bounds[:, 0] >= west) & (bounds[:, 1] >= south) & (bounds[:, 2] <= east) & (bounds[:, 3] <= north)
    return float(inside.mean())


@dataclass(frozen=True)
class Placed:
    """Geometries in the storage CRS.

    Attributes:
        shapes: None where the reason says why it cannot be used.
        reasons: per geometry the reason of its refusal, or None.
        values: per refused geometry what it says, for the report.
    """

    shapes: Array
    reasons: list[str | None]
    values: dict[int, str]


def place(
    shapes: Array,
    broken: Array,
    *,
    reference: Reference,
    storage: StorageCrs,
    margin_m: float = 0.0,
    decimals: int | None = None,
) -> Placed:
    """The geometries in the storage CRS, or the reason why each cannot be.

    Args:
        shapes: in the reference's coordinates; None where the file has none.
        broken: where the file gave something that is no geometry.
        reference: CRS of the coordinates.
        storage: CRS of the result; what lies outside its area of use is refused.
        margin_m: how far beyond the area of use is let pass (a coast generalised, a border river).
        decimals: round coordinates to this many decimals of a metre.
    """
    convert = reference.transformer(storage)

    def moved(points: Array) -> Array:
        # a transform to the same CRS leaves the numbers as they are
        x, y = convert.transform(points[:, 0], points[:, 1], errcheck=False)
        columns = numpy.column_stack((x, y))
        return numpy.round(columns, decimals) if decimals is not None else columns

    with numpy.errstate(all="ignore"):
        placed = numpy.asarray(shapely.transform(shapes, moved), dtype=object)
        before, after = shapely.bounds(shapes), shapely.bounds(placed)
        first = _nonfinite(shapes)
    missing, empty = shapely.is_missing(shapes), shapely.is_empty(shapes)
    west, south, east, north = storage.bounds
    inside = (
        (after[:, 0] >= west - margin_m)
        & (after[:, 1] >= south - margin_m)
        & (after[:, 2] <= east + margin_m)
        & (after[:, 3] <= north + margin_m)
    )
    reasons: list[str | None] = [None] * len(shapes)
    values: dict[int, str] = {}
    for index in numpy.flatnonzero(missing | empty | ~inside | first):
        reason, value = "", ""
        if broken[index]:
            reason = "The geometry is broken: too few points, or a ring that does not close."
        elif missing[index]:
            reason = "There is no geometry, or its coordinates are no numbers."
        elif first[index]:
            reason = "A coordinate must be a finite number."
        elif empty[index]:
            reason = "The geometry is empty."
        else:
            x, y = float(before[index, 0]), float(before[index, 1])
            value = f"{x:g}, {y:g}"
            reason = why_outside(x, y, reference, storage, _swapper(shapes[index], moved))
        reasons[index] = reason
        values[int(index)] = value or shapely_text(shapes[index])
        placed[index] = None
    return Placed(shapes=placed, reasons=reasons, values=values)


def _nonfinite(shapes: Array) -> Array:
    """Which geometries hold a coordinate that is no finite number."""
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    bad = numpy.zeros(len(shapes), dtype=bool)
    bad[owner[~numpy.isfinite(points).all(axis=1)]] = True
    return bad


def _swapper(shape: Any, moved: Callable[[Array], Array]) -> tuple[float, float]:
    """Where the first point would lie with its axes swapped."""
    points = shapely.get_coordinates(shape)[:1, ::-1]
    x, y = moved(points)[0]
    return float(x), float(y)


def why_outside(x: float, y: float, reference: Reference, storage: StorageCrs, swapped: tuple[float, float]) -> str:
    """The most likely reason why a coordinate falls outside the area of use, with what to do."""
    west, south, east, north = storage.bounds
    fits = west <= swapped[0] <= east and south <= swapped[1] <= north
    if reference.degrees and (abs(x) > 180 or abs(y) > 90):
        for srid in dict.fromkeys((storage.srid, RD)):
            left, low, right, high = storage_crs(srid).bounds
            if left <= x <= right and low <= y <= high:
                return f"The coordinates look like metres of EPSG:{srid}, not degrees; give --crs EPSG:{srid}."
        if not fits:
            return "The coordinates are no degrees: longitude is within 180 and latitude within 90."
    if fits:
        return "The coordinates seem swapped: east (longitude) comes first, then north (latitude)."
    if not reference.degrees and abs(x) <= 180 and abs(y) <= 90:
        return f"The coordinates look like degrees, not metres of {reference.name}; give --crs EPSG:4326."
    return f"The coordinates lie outside the area that this map is for (EPSG:{storage.srid})."


def shapely_text(shape: Any) -> str:
    """The geometry as short text for a report."""
    if shape is None:
        return "(no geometry)"
    points = shapely.get_coordinates(shape)[:2]
    inner = ", ".join(f"{x:g} {y:g}" for x, y in points)
    more = ", …" if shapely.get_num_coordinates(shape) > 2 else ""
    return f"{shape.geom_type} ({inner}{more})"
