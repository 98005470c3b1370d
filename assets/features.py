"""Items of the collections as GeoJSON text, made by the database: no row becomes a Python object on the way.

Each collection is one headed .sql file with switched lines (assets/sql).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from assets import areas, crs, lookups, rhythms
from assets.crs import WGS84
from assets.sql import source, switched
from assets.vocabulary import Freshness

#: Matches are counted up to here; an exact count beyond costs more than it tells.
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Look:
    """How coordinates are written: EPSG code, whether north comes first, and decimals."""

    srid: int = WGS84
    flipped: bool = False
    decimals: int = 7


@dataclass(frozen=True)
class FeatureRow:
    """One item: its database id (the key of paging), its version if it has one, and its JSON text."""

    id: int
    version: int | None
    feature: str


@lru_cache(maxsize=512)
def _statement(name: str, on: frozenset[str]) -> TextClause:
    return text(switched(source(name), on))


@lru_cache(maxsize=512)
def _count(name: str, on: frozenset[str]) -> TextClause:
    """The same question, counted: what stands between FROM and ORDER BY, up to the most that is counted."""
    body = switched(source(name), on)
    question = body[body.index("\nFROM ") : body.rindex("\nORDER BY ")]
    return text(f"SELECT count(*) FROM (SELECT 1{question}\nLIMIT {MOST_COUNTED + 1}) AS counted")  # noqa: S608 - our own file


def _switches(filters: Mapping[str, Any], look: Look, archive: bool) -> frozenset[str]:
    return frozenset(filters) | {"flipped" if look.flipped else "plain", "archive" if archive else "published"}


def page(
    session: Session,
    collection: str,
    *,
    filters: Mapping[str, Any],
    look: Look,
    limit: int,
    after: int | None = None,
    archive: bool = False,
    on: date | None = None,
) -> list[FeatureRow]:
    """Items of a collection (areas, assets or activities) in the order of their ids.

    Args:
        session: as the public role, unless `archive`.
        collection: name of the collection.
        filters: switches of its .sql file with their values; see `in_area`, `in_box`, `in_period`.
        look: how coordinates are written.
        limit: items at most.
        after: only items with a higher id: the keyset of paging.
        archive: also what is not public; for builders only.
        on: the day of `freshness`; assets need it.
    """
    chosen = dict(filters) if after is None else {**filters, "after": after}
    rows = session.execute(
        _statement(f"feature_{collection}", _switches(chosen, look, archive)),
        {**_flat(chosen), "on": on, "srid": look.srid, "decimals": look.decimals, "limit": limit},
    ).all()
    if archive and collection == "assets":
        lookups.mark(session, (row[0] for row in rows if A_PERSON in row.feature))
    elif archive and collection == "activities":
        lookups.mark_activities(session, (row[0] for row in rows))
    if collection != "assets" or on is None:
        return [FeatureRow(row[0], row[1], row[2]) for row in rows]
    return [FeatureRow(row.id, row.version, _with_next(row, on)) for row in rows]


#: As the database writes it. Inside a text its quotation marks would carry backslashes, so it is found there only.
NEXT_UNKNOWN = '"next_on" : null'
A_PERSON = '"kind" : "person"'


def _with_next(row: Any, on: date) -> str:
    """The feature of an asset with its next day by its recurrence, which only the rule itself can tell."""
    found: str = row.feature
    if row.recurrence is None or (day := rhythms.next_on(row, on)) is None:
        return found
    return found.replace(NEXT_UNKNOWN, f'"next_on" : "{day}"', 1)


def matched(session: Session, collection: str, *, filters: Mapping[str, Any]) -> int | None:
    """How many items fit the filters; None when they are more than 10,000."""
    count = session.execute(
        _count(f"feature_{collection}", _switches(filters, Look(), False)), _flat(filters)
    ).scalar_one()
    return int(count) if count <= MOST_COUNTED else None


def _flat(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Switches with their binds; a switch may bring binds of its own as a mapping."""
    binds: dict[str, Any] = {}
    for name, value in filters.items():
        binds |= value if isinstance(value, dict) else {name: value}
    return binds


def in_area(session: Session, code: str) -> dict[str, Any]:
    """The filter for what lies in an area of any level; NotFound when there is no such area."""
    return {"in_area": {"area_ids": areas.ids_within(session, code)}}


def in_period(first: date | None, last: date | None) -> dict[str, Any]:
    """The filter for what is active on some day from `first` until `last`, both included; None is open."""
    return {"period": {"first": first, "last": last}}


def of_freshness(word: Freshness, on: date) -> dict[str, Any]:
    """The filter for assets that are fresh, ageing or faded on a day.

    What has faded is in no period in which it counts: ask for it without `in_period`.
    """
    return {word.value: {"heard_on": on}}


def in_box(session: Session, box: BaseGeometry) -> dict[str, Any]:
    """The filter for what meets a shape in the storage CRS."""
    return {"box": shapely.to_wkb(shapely.set_srid(box, crs.storage(session).srid), hex=True, include_srid=True)}


def data_version(session: Session) -> int:
    """The version of all public data; it rises with every commit that changes something."""
    return int(session.execute(text("SELECT version FROM published_data_version")).scalar_one())


def few_street_parts(session: Session, *, area_ids: Sequence[int] | None) -> bool:
    """Whether there are at most 10,000 street parts in these areas (None: everywhere), so that they can be counted."""
    inside = "" if area_ids is None else " WHERE area_id = ANY (:area_ids)"
    count = session.execute(
        text(f"SELECT count(*) FROM (SELECT 1 FROM published_street_part{inside} LIMIT {MOST_COUNTED + 1}) AS counted"),  # noqa: S608 - constants
        {} if area_ids is None else {"area_ids": list(area_ids)},
    ).scalar_one()
    return int(count) <= MOST_COUNTED


def extent(session: Session) -> tuple[float, float, float, float]:
    """West, south, east, north (degrees) of all areas; of the storage CRS's area of use while there are none."""
    storage = crs.storage(session)
    row = session.execute(
        text(
            "SELECT ST_XMin(e) AS west, ST_YMin(e) AS south, ST_XMax(e) AS east, ST_YMax(e) AS north"
            " FROM (SELECT ST_Extent(geom) AS e FROM published_area) AS every"
        )
    ).one()
    sides = storage.bounds if row.west is None else (row.west, row.south, row.east, row.north)
    moved = crs.transformer(storage.srid, WGS84).transform_bounds(
        sides[0], sides[1], sides[2], sides[3], densify_pts=21
    )
    return (round(moved[0], 6), round(moved[1], 6), round(moved[2], 6), round(moved[3], 6))
