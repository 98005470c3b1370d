"""Where an asset is: from what was handed in to what is stored."""

from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from assets import crs, people
from assets.crs import ETRS89, RD, WEB_MERCATOR, WGS84, StorageCrs
from assets.drafts import PlaceDraft, StretchDraft
from assets.errors import Fault, Invalid
from assets.geometry import from_geojson, to_storage
from assets.snapping import Snapped, snap
from assets.sql import statement
from assets.vocabulary import AssetKind, Placement

#: What may be written for a CRS in a draft; order is always x, y (longitude, latitude).
CRS_NAMES = {
    "OGC:CRS84": WGS84,
    "CRS84": WGS84,
    "http://www.opengis.net/def/crs/OGC/1.3/CRS84": WGS84,
    "EPSG:4326": WGS84,
    "EPSG:4258": ETRS89,
    "EPSG:3857": WEB_MERCATOR,
    "EPSG:28992": RD,
}
POINT_OR_AREA = ("Point", "Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")


@dataclass(frozen=True)
class Place:
    """Where an asset is, ready to be stored.

    Attributes:
        placement: exact, or how a person's place was generalised.
        geom: in the storage CRS (EPSG code `srid`); None only for a person who shows no place.
        area_id: the smallest area that holds it.
        street_id: the street that is named for a person.
        stretches: of a street initiative, in the order given.
    """

    placement: Placement
    srid: int
    geom: BaseGeometry | None
    area_id: int | None
    street_id: int | None = None
    stretches: tuple[Snapped, ...] = ()


def resolve(session: Session, kind: AssetKind, draft: PlaceDraft, *, pointer: str = "/place") -> Place:
    """The place that a draft means for an asset of this kind.

    Raises:
        Invalid: with every fault and its place.
    """
    storage = crs.storage(session)
    source = _source_crs(draft, storage, pointer)
    if kind == AssetKind.person:
        exact = None
        if draft.geometry is not None:
            shape = from_geojson(draft.geometry, pointer=f"{pointer}/geometry", allowed=POINT_OR_AREA)
            exact = to_storage(shape, source=source, storage=storage, pointer=f"{pointer}/geometry")
        general = people.generalise(session, show=draft.show, exact=exact, area_code=draft.area, street=draft.street)
        return Place(general.placement, storage.srid, general.point, general.area_id, general.street_id)
    if kind == AssetKind.street_initiative:
        return _of_initiative(session, draft, source, storage, pointer)
    if draft.geometry is None:
        raise Invalid.at(f"{pointer}/geometry", "This needs a place: a point or an area on the map.")
    shape = from_geojson(draft.geometry, pointer=f"{pointer}/geometry", allowed=POINT_OR_AREA)
    geom = to_storage(shape, source=source, storage=storage, pointer=f"{pointer}/geometry")
    return Place(Placement.exact, storage.srid, geom, smallest_area(session, geom))


def smallest_area(session: Session, geom: BaseGeometry) -> int | None:
    """The id of the smallest area that holds a point of this shape (storage CRS); None when no area does."""
    point = geom.representative_point()
    row = session.execute(statement("general_neighbourhood"), {"code": None, "point": point.wkb}).one_or_none()
    return None if row is None else int(row.area_id)


def _source_crs(draft: PlaceDraft, storage: StorageCrs, pointer: str) -> int:
    name = draft.crs or "OGC:CRS84"
    if name == f"EPSG:{storage.srid}":
        return storage.srid
    if name not in CRS_NAMES:
        known = ", ".join(dict.fromkeys(["OGC:CRS84", "EPSG:4258", "EPSG:3857", f"EPSG:{storage.srid}"]))
        raise Invalid.at(
            f"{pointer}/crs", "This coordinate reference system is not known here; use one of: {known}.", known=known
        )
    return CRS_NAMES[name]


def _of_initiative(session: Session, draft: PlaceDraft, source: int, storage: StorageCrs, pointer: str) -> Place:
    """The stretches of a street initiative, each snapped onto its street; all faults at once."""
    wanted: list[tuple[str, StretchDraft]] = [
        (f"{pointer}/stretches/{index}", stretch) for index, stretch in enumerate(draft.stretches)
    ]
    if not wanted and draft.geometry is not None:
        where = f"{pointer}/geometry"
        shape = from_geojson(draft.geometry, pointer=where, allowed=LINES)
        wanted = [
            (where, StretchDraft(street=draft.street, area=draft.area, line=list(line.coords)))
            for line in shapely.get_parts(shape)
        ]
    if not wanted and draft.street is not None:
        wanted = [(pointer, StretchDraft(street=draft.street, area=draft.area, whole=True))]
    if not wanted:
        raise Invalid.at(
            f"{pointer}/stretches",
            "A street initiative needs a stretch of street: the whole street, a line or two points.",
        )
    snapped: list[Snapped] = []
    faults: list[Fault] = []
    for where, stretch in wanted:
        try:
            snapped.append(snap(session, stretch, source=source, storage=storage, pointer=where))
        except Invalid as refused:
            faults += refused.faults
    if faults:
        raise Invalid("{detail}", faults=faults, detail=" ".join(fault.detail for fault in faults))
    geom = shapely.multilinestrings([line for stretch in snapped for line in shapely.get_parts(stretch.geom)])
    return Place(Placement.exact, storage.srid, geom, None, None, tuple(snapped))
