"""What visitors browse: short rows for the list beside the map, and the places they choose from.

Everything here reads the published views and takes a session of the public role.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from assets import crs, search
from assets.errors import NotFound
from assets.features import in_area, in_box
from assets.sql import source, switched
from assets.vocabulary import ActivityKind, AreaKind, AssetKind, Freshness, GiftOf, Placement, Theme

#: Matches are counted up to here; a list of more is "more than".
MOST_COUNTED = 1000
#: Entries with certain words are put in order while they are no more than the first number; up to the second when the
#: newest entries of the map hold too few of them.
FEW_GATHERED, MOST_GATHERED, NEWEST = 5_000, 50_000, 20_000
#: At most so many areas are offered to choose from at once, so that a page is the same size in any country.
MOST_AREAS = 150

#: Sources named beside a map; more would cover it.
MOST_SOURCES = 4

#: How many fit, and the newest of them; the question stands in our own file.
GATHER = """
SELECT count(*) AS matched, (array_agg(id ORDER BY id DESC)
    FILTER (WHERE CAST(:before AS bigint) IS NULL OR id < :before))[1:CAST(:most AS integer)] AS ids
FROM (SELECT a.id{question}
LIMIT CAST(:gathered AS integer)) AS gathered
"""

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class ListedAsset:
    """One asset as a row: what it is, where in words, and how recently it was heard of.

    Attributes:
        language: of its title and its other words.
        last_activity_on: newest activity or confirmation up to the day asked.
        bounds: west, south, east, north in degrees (WGS 84); None without a place.
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
    last_activity_on: date | None
    bounds: Bounds | None


@dataclass(frozen=True)
class AssetList:
    """One page of the list.

    Attributes:
        rows: newest entries first.
        matched: how many there are in all; None when they are more than MOST_COUNTED.
        next_before: give this as `before` for the next page; None at the end.
        alike: nothing has the words that were asked for; these are entries that look like them.
        ids: of everything that fits, when words chose it and it is no more than MOST_COUNTED.
    """

    rows: tuple[ListedAsset, ...]
    matched: int | None
    next_before: int | None
    alike: bool = False
    ids: tuple[int, ...] | None = None


@dataclass(frozen=True)
class AreaChoice:
    """An area that a visitor can choose."""

    code: str
    name: str
    kind: AreaKind
    within: str | None


def assets(
    session: Session,
    *,
    on: date,
    kinds: Collection[AssetKind] = (),
    theme: Theme | None = None,
    freshness: Freshness | None = None,
    area: str | None = None,
    bbox: Bounds | None = None,
    words: str | None = None,
    gift: GiftOf | None = None,
    talent: str | None = None,
    open_only: bool = False,
    before: int | None = None,
    limit: int = 100,
) -> AssetList:
    """What is on the map on a day, as a page of a list.

    Args:
        session: as the public role.
        on: the day; what has faded by then is left out.
        kinds: only these kinds; all when empty.
        theme: only what is about this theme.
        freshness: only what is fresh, or only what is ageing; of what has faded there is no list here.
        area: code of an area of any level; NotFound when there is no such area.
        bbox: west, south, east, north in degrees; only what meets this box.
        words: only what has these words in its texts or is in the street or area that they name; where nothing is, what
            looks like them (assets/search.py).
        gift: only who has a gift of head, heart or hands.
        talent: only who has a gift in these words; with `gift` both of one gift.
        open_only: only where newcomers are welcome.
        before: `next_before` of the page before.
        limit: rows at most.
    """
    filters: dict[str, Any] = {}
    if kinds:
        filters["kinds"] = {"kinds": sorted(kind.value for kind in kinds)}
    if theme is not None:
        filters["theme"] = {"theme": theme.value}
    if freshness is not None:
        filters[freshness.value] = {}
    filters |= search.of_gift(gift, talent)
    if open_only:
        filters["open"] = {}
    if area is not None:
        filters |= in_area(session, area)
    if bbox is not None:
        filters |= {"box": in_box(session, crs.storage_box(session, bbox))}
    if not words:
        by = _found if {"talent", "gift"} & set(filters) else _page
        return by(session, filters, on=on, before=before, limit=limit)
    sought = search.filters(session, words)
    if sought is None:
        return AssetList((), 0, None)
    found = _found(session, filters | sought, on=on, before=before, limit=limit)
    looking = search.alike(session, words) if found.matched == 0 else None
    if looking is None:
        return found
    return replace(_found(session, filters | looking, on=on, before=before, limit=limit), alike=True)


def _page(session: Session, filters: dict[str, Any], *, on: date, before: int | None, limit: int) -> AssetList:
    counted = f"SELECT count(*) FROM (SELECT 1{_question(filters)}\nLIMIT {MOST_COUNTED + 1}) AS counted"  # noqa: S608 - our own file
    matched = int(session.execute(text(counted), {**_binds(filters), "on": on}).scalar_one())
    if matched == 0:
        return AssetList((), 0, None)  # to look for the first hundred of none would go through everything again
    asked = filters if before is None else {**filters, "before": {"before": before}}
    return _rows(session, asked, matched, on=on, limit=limit)


def _found(session: Session, filters: dict[str, Any], *, on: date, before: int | None, limit: int) -> AssetList:
    """A page of what has certain words: gathered by their index while that is little, else from the newest on.

    Left to itself the database goes through a million entries from the newest on where the words stand in old ones. So
    it looks at the newest few first, and gathers more where they hold too little.
    """
    asked = filters if before is None else {**filters, "before": {"before": before}}
    gathered = _gathered(session, filters, FEW_GATHERED, on=on, before=before, limit=limit)
    if gathered.matched > FEW_GATHERED:
        newest = before or int(
            session.execute(text("SELECT COALESCE(max(id), 0) + 1 FROM published_asset")).scalar_one()
        )
        near = {**asked, "above": {"above": newest - NEWEST}}
        page = _rows(session, near, gathered.matched, on=on, limit=limit)
        if page.next_before is not None:
            return page
        gathered = _gathered(session, filters, MOST_GATHERED, on=on, before=before, limit=limit)
    if gathered.matched > MOST_GATHERED:
        return _rows(session, asked, gathered.matched, on=on, limit=limit)
    ids = gathered.ids or []
    found = _rows(session, {"ids": {"ids": ids[: limit + 1]}}, gathered.matched, on=on, limit=limit)
    return found if found.matched is None or before is not None else replace(found, ids=tuple(ids))


def _gathered(session: Session, filters: dict[str, Any], most: int, *, on: date, before: int | None, limit: int) -> Any:
    """How many fit, counted up to one more than `most`, and the ids of the newest of them."""
    binds = {"on": on, "before": before, "most": max(limit, MOST_COUNTED) + 1, "gathered": most + 1}
    return session.execute(text(GATHER.replace("{question}", _question(filters))), {**_binds(filters), **binds}).one()


def _rows(session: Session, asked: dict[str, Any], matched: int, *, on: date, limit: int) -> AssetList:
    statement = _statement(frozenset(asked) | {"rows"})
    rows = session.execute(statement, {**_binds(asked), "on": on, "limit": limit + 1}).all()
    listed = tuple(_listed(row) for row in rows[:limit])
    known = matched if matched <= MOST_COUNTED else None
    return AssetList(listed, known, listed[-1].id if len(rows) > limit else None)


def _question(filters: dict[str, Any]) -> str:
    """What stands between FROM and ORDER BY."""
    body = switched(source("browse_assets"), frozenset(filters))
    return body[body.index("\nFROM ") : body.rindex("\nORDER BY ")]


def _binds(filters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for binds in filters.values() for name, value in binds.items()}


@lru_cache(maxsize=128)
def _statement(switches: frozenset[str]) -> TextClause:
    return text(switched(source("browse_assets"), switches))


def _listed(row: Any) -> ListedAsset:
    return ListedAsset(
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
        last_activity_on=row.last_activity_on,
        bounds=None if row.west is None else (row.west, row.south, row.east, row.north),
    )


# --- areas ---


def area_choices(session: Session, chosen: str | None = None) -> list[AreaChoice]:
    """Areas to choose from, by name: all while they are few, else the widest and what lies round the chosen one."""
    rows = session.execute(statement_of_areas(), {"most": MOST_AREAS, "chosen": chosen}).all()
    return [AreaChoice(row.code, row.name, AreaKind(row.kind), row.within) for row in rows]


@lru_cache(maxsize=1)
def statement_of_areas() -> TextClause:
    """The statement behind `area_choices`."""
    return text(source("browse_areas"))


def area(session: Session, code: str) -> AreaChoice:
    """The area with this code; NotFound when there is none."""
    row = session.execute(
        text("SELECT code, name, kind FROM published_area WHERE code = :code"), {"code": code}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no area with the code {code}.", code=code)
    return AreaChoice(row.code, row.name, AreaKind(row.kind), None)


#: Areas further apart than this, in metres, are not shown as one: between them lies nothing to look at.
APART = 5000


def bounds(session: Session, code: str | None = None, *, community: int | None = None) -> Bounds | None:
    """West, south, east, north in degrees of one area, or of where a map opens; None while there is nothing.

    A map opens on the areas that lie together and hold the most entries; while nothing is on the map, the most streets.
    An area with less than a fiftieth of the street parts of the fullest does not count: a few streets across the border
    would bring in the whole municipality next door, and the first view of a town would show its region.

    Args:
        code: of one area.
        community: the areas where this community has entries; without entries as if it was not given.
    """
    if code is not None:
        corners = "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT ST_Extent(geom) AS e FROM"
        statement = text(f"{corners} published_area WHERE code = :code) AS every")
        row = session.execute(statement, {"code": code}).one()
    else:
        opening = {"apart": APART, "community": community}
        row = session.execute(text(source("browse_bounds")), opening).one()
        if row[0] is None and community is not None:
            return bounds(session)
    if row[0] is None:
        return None
    convert = crs.transformer(crs.storage(session).srid, crs.WGS84)
    west, south, east, north = convert.transform_bounds(row[0], row[1], row[2], row[3], densify_pts=5)
    return (round(west, 6), round(south, 6), round(east, 6), round(north, 6))


# --- what stands on every page ---


def data_version(session: Session) -> int:
    """The version of the data: it rises with every change."""
    return int(session.execute(text("SELECT version FROM published_data_version")).scalar() or 0)


def sample_loaded(session: Session) -> bool:
    """Whether the made-up sample neighbourhood is in this database."""
    return bool(session.execute(text("SELECT EXISTS (SELECT FROM published_community WHERE is_sample)")).scalar())


def attributions(session: Session) -> list[str]:
    """Where streets and areas are from, each once, the newest first: what their maker wants said, else the label given,
    else the name of the file in words.

    The made-up sample needs no source: each page says what it is.
    """
    rows = session.execute(
        text(
            "SELECT COALESCE(NULLIF(attribution, ''), source) AS maker FROM published_import_batch"
            " WHERE what IN ('areas', 'streets') AND source <> 'sample'"
            " GROUP BY maker ORDER BY max(id) DESC LIMIT :most"
        ),
        {"most": MOST_SOURCES},
    )
    return [_readable(row.maker) for row in rows]


def _readable(label: str) -> str:
    """A source that is called after its file in words: `leiden_straten` is Leiden straten."""
    if " " in label or "_" not in label:
        return label
    words = " ".join(label.replace("_", " ").split())
    return words[:1].upper() + words[1:]


# --- one asset ---


@dataclass(frozen=True)
class ListedActivity:
    """Something that an asset did, or a confirmation that it is still there."""

    kind: ActivityKind
    held_on: date
    participants: int
    note: str


def activities(session: Session, asset_id: int, *, on: date, limit: int) -> list[ListedActivity]:
    """The newest activities and confirmations of one asset up to a day."""
    rows = session.execute(
        text(
            "SELECT kind, held_on, participants, note FROM published_activity WHERE asset_id = :id AND held_on <= :on"
            " ORDER BY held_on DESC, id DESC LIMIT :limit"
        ),
        {"id": asset_id, "on": on, "limit": limit},
    )
    return [ListedActivity(ActivityKind(row.kind), row.held_on, row.participants, row.note) for row in rows]
