"""What stands on the poster of an area: its entries, and the streets and areas around them. Reads what is public."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import areas, browse, crs
from assets.errors import TooLarge
from assets.people_told import at_least
from assets.sql import statement
from assets.street_search import shape
from assets.vocabulary import AreaKind, AssetKind, Freshness, Placement, Theme

#: Entries on one poster: what fills three pages that somebody still reads.
MOST_ENTRIES = 240
#: An area with more of these makes no poster: its names would not be legible, and drawing it takes too long.
MOST_STREET_PARTS, MOST_IN_ALL = 1000, 5000
#: With more lines than this in the window, footpaths and other nameless ways are left out: they would be a grey haze.
MOST_WAYS = 6000
#: Room around the area in the window, as a share of its size.
MARGIN = 0.05
#: An area smaller than this still gets a window of this size, in metres.
SMALLEST_M = 200.0

Window = tuple[float, float, float, float]


@dataclass(frozen=True)
class PosterEntry:
    """One entry of the list.

    Attributes:
        language: of its title.
        street: of a person who chose to be shown by street.
        streets: what an initiative cares for, each once, in the order given.
        last_activity_on: newest activity or confirmation up to the day asked.
        shape: a point, or the lines of an initiative, in the storage CRS; None for persons and without a place.
    """

    id: int
    kind: AssetKind
    title: str
    language: str
    themes: tuple[Theme, ...]
    rhythm: str | None
    open_to_newcomers: bool | None
    placement: Placement
    freshness: Freshness
    area_name: str | None
    street: str | None
    streets: tuple[str, ...]
    last_activity_on: date | None
    shape: BaseGeometry | None


@dataclass(frozen=True)
class PosterStreet:
    """A street part, or a nameless way (name None), to draw; lines in the storage CRS."""

    name: str | None
    road_class: str
    shape: BaseGeometry


@dataclass(frozen=True)
class PosterArea:
    """An area with its outline in the storage CRS."""

    code: str
    name: str
    kind: AreaKind
    shape: BaseGeometry


@dataclass(frozen=True)
class Contents:
    """Everything on one poster.

    Attributes:
        area: whose poster it is.
        around: the other areas of its level in the window, and those right below it, by name.
        window: what the map shows, as west, south, east, north in metres of the storage CRS.
        entries: in the order of the kinds, then of the titles.
        more: entries that are on the map and not on the poster; persons among them in fives (assets/people_told.py).
        streets: every street part and nameless way that meets the window.
        sources: whom streets and areas are from, the newest first.
        sample: whether the area is of the made-up sample.
    """

    area: PosterArea
    around: tuple[PosterArea, ...]
    window: Window
    entries: tuple[PosterEntry, ...]
    more: int
    streets: tuple[PosterStreet, ...]
    sources: tuple[str, ...]
    sample: bool


def contents(session: Session, code: str, *, on: date, aspect: float, most: int | None = None) -> Contents:
    """What stands on the poster of an area on a day.

    Args:
        session: as the public role.
        code: of the area.
        on: the day; what has faded by then is left out.
        aspect: width of the map on paper divided by its height.
        most: entries at most, MOST_ENTRIES when left out; of each kind first what was heard of recently.

    Raises:
        NotFound: there is no such area.
        TooLarge: it has more than MOST_STREET_PARTS street parts or more than MOST_IN_ALL entries.
    """
    place = areas.get(session, code)
    within = areas.ids_within(session, code)
    _refuse_too_large(session, place.name, within)
    rows = session.execute(
        statement("poster_entries"), {"area_ids": within, "on": on, "most": MOST_ENTRIES if most is None else most}
    ).all()
    things, people = (rows[0].things, rows[0].people) if rows else (0, 0)
    if things + people > MOST_IN_ALL:
        raise TooLarge(
            "{area} holds more than {most} entries, which no poster can show; choose a smaller area.",
            area=place.name,
            most=MOST_IN_ALL,
        )
    outline = session.execute(
        text("SELECT ST_AsBinary(geom) AS shape FROM published_area WHERE id = :id"), {"id": place.id}
    ).scalar_one()
    area = PosterArea(place.code, place.name, place.kind, shape(outline))
    window = _window(area.shape.bounds, aspect)
    box = shapely.set_srid(shapely.box(*window), crs.storage(session).srid)
    seen = {"window": shapely.to_wkb(box, hex=True, include_srid=True)}
    around = session.execute(statement("poster_areas"), {**seen, "id": place.id, "kind": place.kind.value})
    kinds = list(AssetKind)
    shown = sum(row.kind == AssetKind.person for row in rows)
    return Contents(
        area=area,
        around=tuple(PosterArea(row.code, row.name, AreaKind(row.kind), shape(row.shape)) for row in around),
        window=window,
        entries=tuple(sorted((_entry(row) for row in rows), key=lambda entry: kinds.index(entry.kind))),
        more=things - (len(rows) - shown) + at_least(people - shown),
        streets=_streets(session, seen),
        sources=tuple(browse.attributions(session)),
        sample=_is_sample(session, within),
    )


def _refuse_too_large(session: Session, name: str, within: list[int]) -> None:
    parts = session.execute(
        text("SELECT count(*) FROM published_street_part WHERE area_id = ANY (CAST(:area_ids AS bigint[]))"),
        {"area_ids": within},
    ).scalar_one()
    if parts > MOST_STREET_PARTS:
        raise TooLarge(
            "{area} has more than {most} streets, whose names no poster can show; choose a smaller area.",
            area=name,
            most=MOST_STREET_PARTS,
        )


def _is_sample(session: Session, within: list[int]) -> bool:
    """Whether entries of the sample's community stand in these areas."""
    return bool(
        session.execute(
            text(
                "SELECT EXISTS (SELECT FROM published_asset AS a JOIN published_community AS c ON c.id = a.community_id"
                " WHERE c.is_sample AND a.area_id = ANY (CAST(:area_ids AS bigint[])))"
            ),
            {"area_ids": within},
        ).scalar_one()
    )


def _window(bounds: Window, aspect: float) -> Window:
    """The bounds with room around them, widened or heightened to this aspect."""
    west, south, east, north = bounds
    width = max(east - west, SMALLEST_M) * (1 + 2 * MARGIN)
    height = max(north - south, SMALLEST_M) * (1 + 2 * MARGIN)
    width, height = max(width, height * aspect), max(height, width / aspect)
    x, y = (west + east) / 2, (south + north) / 2
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _streets(session: Session, seen: dict[str, Any]) -> tuple[PosterStreet, ...]:
    rows = session.execute(statement("poster_streets"), {**seen, "ways": True}).all()
    if len(rows) > MOST_WAYS:
        rows = [row for row in rows if row.name is not None]
    return tuple(PosterStreet(row.name, row.road_class, shape(row.shape)) for row in rows)


def _entry(row: Any) -> PosterEntry:
    return PosterEntry(
        id=row.id,
        kind=AssetKind(row.kind),
        title=row.title,
        language=row.language,
        themes=tuple(Theme(theme) for theme in row.themes),
        rhythm=row.rhythm,
        open_to_newcomers=row.open_to_newcomers,
        placement=Placement(row.placement),
        freshness=Freshness(row.freshness),
        area_name=row.area_name,
        street=row.street,
        streets=tuple(dict.fromkeys(row.streets)),
        last_activity_on=row.last_activity_on,
        shape=None if row.shape is None else shape(row.shape),
    )
