"""Where an asset is, in words and as a picture: between which streets, at which street, and what lies around it.

Of a person there is neither: what may be known of where they live is the area or street that they chose. Reads what is
public.
"""

from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import crs
from assets.sql import statement
from assets.street_search import shape
from assets.vocabulary import AssetKind

#: A street this near to the end of a stretch is the street at that end, in metres.
END_REACH_M = 20.0
#: A thing this near to a street is at that street, in metres.
STREET_REACH_M = 60.0
#: What a picture shows at least, in metres from side to side; and at most, for what is larger is no place any more.
LEAST_WIDTH_M, MOST_WIDTH_M = 480.0, 6000.0
#: Room around what the picture is about, as a share of its size.
MARGIN = 0.35
#: With more lines than this in the window, nameless ways are left out; with more still there is no picture.
MOST_WAYS, MOST_LINES = 500, 1500

Window = tuple[float, float, float, float]


@dataclass(frozen=True)
class CaredFor:
    """A street that an initiative cares for, whole or in part.

    Attributes:
        first: name of the street at one end of the part; None where that is not known.
        last: name of the street at the other end.
    """

    street: str
    whole: bool
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True)
class Line:
    """A street part, or a nameless way (name None), in the storage CRS."""

    name: str | None
    road_class: str
    shape: BaseGeometry


@dataclass(frozen=True)
class Surroundings:
    """What a small picture of a place is drawn from, in metres of the storage CRS.

    Attributes:
        shape: the thing itself.
        window: west, south, east, north.
        lines: streets and ways that meet the window.
    """

    kind: AssetKind
    shape: BaseGeometry
    window: Window
    lines: tuple[Line, ...]


def cared_for(session: Session, asset_id: int) -> list[CaredFor]:
    """The streets of a street initiative, in the order in which they were given; empty for other kinds."""
    rows = session.execute(statement("whereabouts_stretches"), {"id": asset_id, "reach_m": END_REACH_M})
    return list(dict.fromkeys(CaredFor(row.name, row.whole_street, row.first, row.last) for row in rows))


def street_near(session: Session, asset_id: int) -> str | None:
    """The name of the street at which a thing is; None for persons, initiatives, large places and far from streets."""
    found: str | None = session.execute(
        statement("whereabouts_near"), {"id": asset_id, "reach_m": STREET_REACH_M}
    ).scalar()
    return found


def surroundings(session: Session, asset_id: int, *, aspect: float) -> Surroundings | None:
    """What lies around a thing; None for a person, without a place, and where too much lies around it.

    Args:
        session: as the public role.
        asset_id: of what.
        aspect: width of the picture divided by its height.
    """
    row = session.execute(
        text(
            "SELECT kind, ST_AsBinary(geom) AS shape FROM published_asset"
            " WHERE id = :id AND kind <> 'person' AND geom IS NOT NULL"
        ),
        {"id": asset_id},
    ).one_or_none()
    if row is None:
        return None
    thing = shape(row.shape)
    window = _window(thing.bounds, aspect)
    if window[2] - window[0] > MOST_WIDTH_M:
        return None
    box = shapely.set_srid(shapely.box(*window), crs.storage(session).srid)
    seen = {"window": shapely.to_wkb(box, hex=True, include_srid=True), "ways": True}
    rows = session.execute(statement("poster_streets"), seen).all()
    if len(rows) > MOST_WAYS:
        rows = [one for one in rows if one.name is not None]
    if len(rows) > MOST_LINES:
        return None
    lines = tuple(Line(one.name, one.road_class, shape(one.shape)) for one in rows)
    return Surroundings(AssetKind(row.kind), thing, window, lines)


def _window(bounds: Window, aspect: float) -> Window:
    west, south, east, north = bounds
    width = max((east - west) * (1 + MARGIN), (north - south) * (1 + MARGIN) * aspect, LEAST_WIDTH_M)
    x, y = (west + east) / 2, (south + north) / 2
    return (x - width / 2, y - width / aspect / 2, x + width / 2, y + width / aspect / 2)
