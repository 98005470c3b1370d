"""What is new in an area, for feed readers: entries that came on its map or changed, the newest first."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import areas
from assets.sql import statement
from assets.vocabulary import AssetKind, Freshness, Placement, Theme

#: Entries in one feed: readers keep what they have seen.
MOST_ENTRIES = 50


@dataclass(frozen=True)
class FeedEntry:
    """One entry that is new or changed.

    Attributes:
        language: of title, description and rhythm.
        street: of a person who chose to be shown by street.
        streets: what an initiative cares for, each once, in the order given.
        point: longitude and latitude in degrees of a point on it; None for a person and without a place.
    """

    id: int
    kind: AssetKind
    title: str
    description: str
    themes: tuple[Theme, ...]
    rhythm: str | None
    open_to_newcomers: bool | None
    placement: Placement
    freshness: Freshness
    language: str
    created_at: datetime
    changed_at: datetime
    area_name: str | None
    street: str | None
    streets: tuple[str, ...]
    point: tuple[float, float] | None


@dataclass(frozen=True)
class AreaFeed:
    """What is new in an area.

    Attributes:
        entries: by the time of their last change, the newest first; MOST_ENTRIES at most.
        changed_at: when the newest of them changed; of an area without entries, when its outline came in. None when
            that is not known.
    """

    code: str
    name: str
    entries: tuple[FeedEntry, ...]
    changed_at: datetime | None


def of_area(session: Session, code: str, *, on: date, most: int = MOST_ENTRIES) -> AreaFeed:
    """What is new or changed in an area of any level and on the map on a day.

    Args:
        session: as the public role.
        code: of the area; NotFound when there is none with this code.
        on: the day; today for everyone who asks now.
        most: entries at most.
    """
    place = areas.get(session, code)
    rows = session.execute(
        statement("feed_entries"), {"area_ids": areas.ids_within(session, code), "on": on, "most": most}
    ).all()
    entries = tuple(_entry(row) for row in rows)
    return AreaFeed(place.code, place.name, entries, entries[0].changed_at if entries else _imported_at(session))


def _imported_at(session: Session) -> datetime | None:
    found: datetime | None = session.execute(
        text("SELECT max(finished_at) FROM published_import_batch WHERE what = 'areas'")
    ).scalar()
    return found


def _entry(row: Any) -> FeedEntry:
    return FeedEntry(
        id=row.id,
        kind=AssetKind(row.kind),
        title=row.title,
        description=row.description,
        themes=tuple(Theme(theme) for theme in row.themes),
        rhythm=row.rhythm,
        open_to_newcomers=row.open_to_newcomers,
        placement=Placement(row.placement),
        freshness=Freshness(row.freshness),
        language=row.language,
        created_at=row.created_at,
        changed_at=row.changed_at,
        area_name=row.area_name,
        street=row.street,
        streets=tuple(dict.fromkeys(row.streets)),
        point=None if row.longitude is None else (row.longitude, row.latitude),
    )
