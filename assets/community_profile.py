"""What everyone may know of a community: its name, since when, and how much of the map it carries."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from assets.errors import NotFound
from assets.people_told import at_least
from assets.vocabulary import FEWEST_PEOPLE

#: Entries are counted up to here; more is "more than".
MOST_COUNTED = 10_000
#: In the list of all communities: up to here.
MOST_LISTED = 1_000
#: Communities on one page.
MOST = 500


@dataclass(frozen=True)
class ListedCommunity:
    """A community as a line of the list."""

    id: int
    slug: str
    name: str
    is_sample: bool
    created_at: datetime


@dataclass(frozen=True)
class Carries:
    """How much of the public map a community carries on a day.

    Attributes:
        entries: on the map that day, persons in fives (assets/people_told.py); at most MOST_COUNTED are counted.
        streets: streets of which its initiatives care for a stretch.
    """

    entries: int
    streets: int


COUNTS = text(
    """
    SELECT n.things, n.people,
           (SELECT count(DISTINCT p.street_id)
            FROM (SELECT id FROM published_asset
                  WHERE community_id = :id AND kind = 'street_initiative' LIMIT :most) AS a
            JOIN published_stretch_part AS l ON l.asset_id = a.id AND l.counts_on @> CAST(:on AS date)
            JOIN published_street_part AS p ON p.id = l.street_part_id) AS streets
    FROM (SELECT count(*) FILTER (WHERE kind <> 'person') AS things, count(*) FILTER (WHERE kind = 'person') AS people
          FROM (SELECT kind FROM published_asset
                WHERE community_id = :id AND active_on @> CAST(:on AS date) LIMIT :read) AS entry) AS n
    """
)


#: Relies on ix_asset_community_id: of each community no more than MOST_LISTED entries are read.
ENTRIES = text(
    """
    SELECT c.id, n.things, n.people
    FROM (SELECT id FROM published_community ORDER BY name COLLATE "und-x-icu", id LIMIT :communities) AS c
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE kind <> 'person') AS things, count(*) FILTER (WHERE kind = 'person') AS people
        FROM (SELECT a.kind FROM published_asset AS a
              WHERE a.community_id = c.id AND a.active_on @> CAST(:on AS date) LIMIT :read) AS entry
    ) AS n
    """
)


def listed(session: Session) -> list[ListedCommunity]:
    """Every community by name; reading what is public is enough."""
    rows = session.execute(
        text(
            "SELECT id, slug, name, is_sample, created_at FROM published_community"
            ' ORDER BY name COLLATE "und-x-icu", id LIMIT :most'
        ),
        {"most": MOST},
    )
    return [ListedCommunity(*row) for row in rows]


def entries(session: Session, *, on: date) -> dict[int, int]:
    """How many public entries each community of the list has on a day, persons in fives, of at most MOST_LISTED."""
    rows = session.execute(ENTRIES, {"on": on, "read": _read(MOST_LISTED), "communities": MOST})
    return {row.id: _entries(row, MOST_LISTED) for row in rows}


def get(session: Session, slug: str) -> ListedCommunity:
    """The community with this slug; NotFound when there is none."""
    row = session.execute(
        text("SELECT id, slug, name, is_sample, created_at FROM published_community WHERE slug = :slug"),
        {"slug": slug[:60]},
    ).one_or_none()
    if row is None:
        raise NotFound("There is no community {slug}.", slug=slug[:60])
    return ListedCommunity(*row)


def of_asset(session: Session, asset_id: int) -> ListedCommunity:
    """The community of a public entry; NotFound when there is no such entry."""
    row = session.execute(
        text(
            "SELECT c.id, c.slug, c.name, c.is_sample, c.created_at FROM published_asset AS a"
            " JOIN published_community AS c ON c.id = a.community_id WHERE a.id = :id"
        ),
        {"id": asset_id},
    ).one_or_none()
    if row is None:
        raise NotFound("There is no asset with the number {id}.", id=asset_id)
    return ListedCommunity(*row)


def carries(session: Session, community_id: int, *, on: date) -> Carries:
    """How many public entries and streets a community carries."""
    row = session.execute(
        COUNTS, {"id": community_id, "on": on, "most": MOST_COUNTED, "read": _read(MOST_COUNTED)}
    ).one()
    return Carries(_entries(row, MOST_COUNTED), row.streets)


def _read(most: int) -> int:
    """Entries to read so that at least `most` of them are told, however many are persons."""
    return most + FEWEST_PEOPLE


def _entries(row: Any, most: int) -> int:
    return min(int(row.things) + at_least(row.people), most)
