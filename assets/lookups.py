"""Who looked at what beyond the public map: a row for each, written in the transaction that reads it.

    note(session, viewer, LookupKind.plan, area_id=area.id)        a plan was made for an area
    note(session, viewer, LookupKind.person, asset_ids=[asset.id])   the entry of a person was read
    mark(session, [asset.id]), settle(session, viewer)             the same, for whatever was read in a session

Persons have a funnel of their own, so that no page can forget them: whatever a session reads of persons beyond the
published views is marked where it is read (an Asset when it is loaded, rows of other statements by `mark`), and settled
for its viewer before the transaction is committed (app/database.py, of_viewer). For analysts and whoever runs the
map each person counts; for a community's own people those who are not public, and of a list once a day.

No row, no answer: who cannot be written down sees nothing. Rows are added and never changed; the role of the service
may not even do so, nor delete (migrations/roles.py). They go after a year, by a function of the database that removes
nothing younger, and with the entry that they are about.

One row for each holder, thing and quarter of an hour: "looked at this, from then on". Opening a page ten times,
or leafing through its table, is one look; coming back after the coffee is another. So the log stays something that
neighbours can read, and still says on which days and at which times somebody looked.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import areas
from assets.base import Base, now, one_of
from assets.errors import NotAllowed
from assets.permissions import Viewer
from assets.sql import chosen
from assets.vocabulary import LookupKind, Role

#: Roles that look for the municipality, or for whoever runs the map: what they look at is for everybody to see.
#: Not a permission: a token for less is watched all the same.
WATCHED = frozenset({Role.analyst, Role.admin})


class Lookup(Base):
    """That somebody looked: in which role, under which name, at what, from when on in this quarter of an hour.

    `holder` tells accounts, programs and the operator apart, also those of one name; a token of an account is that
    account. `area_id` is what a plan or a file was about, `asset_id` the person whose entry was read and
    `community_id` its community. Beside the rows of persons that somebody of WATCHED looked at stands one about
    nobody, which is what everybody sees of it.
    """

    __tablename__ = "lookup"
    __table_args__ = (
        CheckConstraint(one_of("what", LookupKind), name="what"),
        CheckConstraint(one_of("role", Role), name="role"),
        Index("uq_lookup_quarter", "holder", "role", "what", "area_id", "community_id", "asset_id", "quarter",
              unique=True, postgresql_nulls_not_distinct=True),
        Index("ix_lookup_at", "at", "id"),
        Index("ix_lookup_asset_id", "asset_id", "at", postgresql_where=text("asset_id IS NOT NULL")),
        Index("ix_lookup_area_id", "area_id", "at", postgresql_where=text("area_id IS NOT NULL")),
        Index("ix_lookup_community_id", "community_id", postgresql_where=text("community_id IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = now()
    role: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    holder: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="CASCADE"))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id", ondelete="CASCADE"))
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    #: Number of the quarter of an hour that `at` lies in, since 1970.
    quarter: Mapped[int] = mapped_column(BigInteger, server_default=text("floor(extract(epoch FROM now()) / 900)"))


#: Each look asks this, so it is no ORM row.
NOTE = text(
    "INSERT INTO lookup (role, by, holder, what, area_id, community_id) VALUES"
    " (:role, :by, :holder, :what, CAST(:area_id AS bigint), CAST(:community_id AS bigint)) ON CONFLICT DO NOTHING"
)
NOTE_OF_ASSETS = text(
    "INSERT INTO lookup (role, by, holder, what, area_id, community_id, asset_id)"
    " SELECT :role, :by, :holder, :what, CAST(:area_id AS bigint), a.community_id, a.id"
    " FROM asset AS a WHERE a.id = ANY(CAST(:asset_ids AS bigint[])) ORDER BY a.id ON CONFLICT DO NOTHING"
)


def note(
    session: Session,
    viewer: Viewer,
    what: LookupKind,
    *,
    area_id: int | None = None,
    community_id: int | None = None,
    asset_ids: Sequence[int] = (),
) -> None:
    """Write down that this viewer looks, once in a quarter of an hour; with entries, a row for each of them.

    Args:
        session: the transaction in which is read what they look at; it may write.
        viewer: who looks. A visitor sees what is public only, and is not written down.
        what: what they look at.
        area_id: of the area that it is about.
        community_id: of the community that it is about; that of an entry is known by itself.
        asset_ids: the entries that are read.

    Raises:
        NotAllowed: the viewer is a visitor: nothing beyond the public map is for them.
    """
    if viewer.role == Role.visitor:
        raise NotAllowed("This is not on the public map; sign in to see it.")
    binds = {
        "role": viewer.role.value,
        "by": viewer.name,
        "holder": _whose(viewer),
        "what": what.value,
        "area_id": area_id,
    }
    if what is LookupKind.person or asset_ids:
        if asset_ids:
            session.execute(NOTE_OF_ASSETS, {**binds, "asset_ids": sorted(set(asset_ids))})
            if viewer.role in WATCHED:
                session.execute(NOTE, {**binds, "area_id": None, "community_id": None})
    else:
        session.execute(NOTE, {**binds, "community_id": community_id})


def _whose(viewer: Viewer) -> str:
    """Who looks, told apart from others of the same name; a token of one's own is oneself, however many there are."""
    if viewer.account_id is not None:
        return f"account:{viewer.account_id}"
    return viewer.holder or viewer.name


# --- persons that a session read ---

#: Keys in `session.info` of the entries, activities and lists of entries that were read, and of persons in suggestions.
READ, READ_ACTIVITIES, LISTED, SUGGESTED = "read", "activities read", "entries in a list", "persons suggested"
#: Of what was read, the persons: all of them for WATCHED, else those who are not public, a listed one once a day.
NOTE_OF_PERSONS = text(
    """
    INSERT INTO lookup (role, by, holder, what, community_id, asset_id)
    SELECT :role, :by, :holder, 'person', a.community_id, a.id
    FROM asset AS a
    WHERE a.kind = 'person' AND a.id = ANY(
            CAST(:read AS bigint[]) || CAST(:listed AS bigint[])
            || ARRAY(SELECT asset_id FROM activity WHERE id = ANY(CAST(:activities AS bigint[])))
        )
        AND (:all OR NOT EXISTS (SELECT FROM published_asset AS p WHERE p.id = a.id)
            AND (a.id <> ALL(CAST(:listed AS bigint[])) OR NOT EXISTS (
                SELECT FROM lookup AS l
                WHERE l.asset_id = a.id AND l.holder = :holder AND l.role = :role AND l.at >= CURRENT_DATE)))
    ORDER BY a.id
    ON CONFLICT DO NOTHING
    """
)
NOTE_OF_NOBODY = text(
    """
    INSERT INTO lookup (role, by, holder, what)
    SELECT :role, :by, :holder, 'person'
    WHERE :suggested OR EXISTS (
        SELECT FROM asset AS a
        WHERE a.kind = 'person' AND a.id = ANY(
            CAST(:read AS bigint[]) || CAST(:listed AS bigint[])
            || ARRAY(SELECT asset_id FROM activity WHERE id = ANY(CAST(:activities AS bigint[])))))
    ON CONFLICT DO NOTHING
    """
)


def mark(session: Session, asset_ids: Iterable[int], *, listed: bool = False) -> None:
    """Remember that more than what is public was read of these entries; settled with the session.

    Args:
        session: in which they were read.
        asset_ids: the entries; those that are about no person do not count.
        listed: whether they stood in a list of people, which somebody opens more often than an entry.
    """
    session.info.setdefault(LISTED if listed else READ, set()).update(asset_ids)


def mark_activities(session: Session, activity_ids: Iterable[int]) -> None:
    """The same for whoever these activities are of."""
    session.info.setdefault(READ_ACTIVITIES, set()).update(activity_ids)


def mark_suggested(session: Session) -> None:
    """The same for a person who has no entry yet: somebody suggested one."""
    session.info[SUGGESTED] = {True}


def settle(session: Session, viewer: Viewer) -> None:
    """Write down which persons this session read for a viewer; a visitor reads what is public only."""
    read, listed, activities, suggested = (
        sorted(session.info.pop(key, ())) for key in (READ, LISTED, READ_ACTIVITIES, SUGGESTED)
    )
    if viewer.role == Role.visitor or not (read or listed or activities or suggested):
        return
    watched = viewer.role in WATCHED
    who = {"role": viewer.role.value, "by": viewer.name, "holder": _whose(viewer)}
    found = {"read": read, "listed": [one for one in listed if one not in read], "activities": activities}
    session.execute(NOTE_OF_PERSONS, {**who, **found, "all": watched})
    if watched:
        session.execute(NOTE_OF_NOBODY, {**who, **found, "suggested": bool(suggested)})


def has_marks(session: Session) -> bool:
    """Whether something is to be settled."""
    return any(session.info.get(key) for key in (READ, LISTED, READ_ACTIVITIES, SUGGESTED))


# --- who looked ---

#: A place in the looks as it stands in an address: microseconds since 1970, and how many of that moment were shown.
PLACE = r"[0-9]{1,17}-[0-9]{1,9}"


@dataclass(frozen=True)
class Look:
    """One look as everybody sees it; `by` is there for who holds `lookup:name` only, `at` of persons is the day."""

    id: int
    at: datetime
    role: Role
    what: LookupKind
    area_code: str | None
    area_name: str | None
    by: str | None = None


@dataclass(frozen=True)
class Month:
    """How often the municipality looked in a month, by what."""

    first: date
    times: dict[LookupKind, int]


def looks(
    session: Session,
    *,
    area: str | None = None,
    what: LookupKind | None = None,
    before: tuple[datetime, int] | None = None,
    limit: int = 50,
    names: bool = False,
) -> list[Look]:
    """What the municipality looked at, newest first.

    Args:
        session: as the public role; with `names` that of the service.
        area: code of an area: looks at it, at what lies in it and at what it lies in; NotFound when it is not known.
        what: only this.
        before: where the page begins (`place_after`).
        limit: rows at most.
        names: whether to tell who looked.
    """
    switches, binds = _asked(session, area, what)
    if before is not None:
        switches, binds = switches | {"before"}, {**binds, "at": before[0], "shown": before[1]}
    rows = session.execute(chosen("lookups", switches), {**binds, "limit": limit}).all()
    known: dict[int, str] = {}
    if names:
        asked = text("SELECT id, by FROM lookup WHERE id = ANY(:ids)")
        known = {row.id: row.by for row in session.execute(asked, {"ids": [row.id for row in rows]})}
    return [
        Look(row.id, row.at, Role(row.role), LookupKind(row.what), row.area_code, row.area_name, known.get(row.id))
        for row in rows
    ]


def place_after(shown: Sequence[Look], before: tuple[datetime, int] | None) -> tuple[datetime, int]:
    """Where the page after these looks begins: the moment of the last, and how many looks of that moment were shown.

    No number of a row: these follow each other, so that they would tell at what hour somebody read of a person.
    """
    last = shown[-1].at
    times = sum(one.at == last for one in shown)
    return last, times + (before[1] if before is not None and before[0] == last else 0)


def place_told(place: tuple[datetime, int]) -> str:
    """A place as it stands in an address."""
    return f"{round(place[0].timestamp() * 1_000_000)}-{place[1]}"


def read_place(words: str) -> tuple[datetime, int] | None:
    """The place of these words (`place_told`); None for what is none."""
    if re.fullmatch(PLACE, words, re.ASCII) is None:
        return None
    micro, shown = (int(one) for one in words.split("-"))
    return datetime.fromtimestamp(micro // 1_000_000, UTC).replace(microsecond=micro % 1_000_000), shown


def months(session: Session, *, area: str | None = None, what: LookupKind | None = None) -> list[Month]:
    """How often the municipality looked in each month of the past year, newest first. Arguments as of `looks`."""
    switches, binds = _asked(session, area, what)
    found: dict[date, dict[LookupKind, int]] = {}
    for row in session.execute(chosen("lookup_months", switches), binds):
        found.setdefault(row.month, {})[LookupKind(row.what)] = row.times
    return [Month(first, times) for first, times in found.items()]


def _asked(session: Session, area: str | None, what: LookupKind | None) -> tuple[frozenset[str], dict[str, Any]]:
    switches: set[str] = set()
    binds: dict[str, Any] = {}
    if area is not None:
        where = areas.get(session, area)
        around = {where.parent_id, where.district_id, where.municipality_id}
        switches.add("in_area")
        binds["area_ids"] = sorted({*areas.ids_within(session, area), *(one for one in around if one is not None)})
    if what is not None:
        switches.add("what")
        binds["what"] = what.value
    return frozenset(switches), binds


def times_in_month(session: Session, area: str, *, on: date) -> int:
    """How often the municipality looked in the month of a day at an area, at what lies in it or around it."""
    found = next((one for one in months(session, area=area) if one.first == on.replace(day=1)), None)
    return 0 if found is None else sum(found.times.values())


@dataclass(frozen=True)
class LookAtPerson:
    """That somebody read a person's entry; `by` is the name of who works for the own community, else None."""

    at: datetime
    role: Role
    by: str | None


#: Of a person's own community the name is told; of the municipality, and of who runs the map, the role.
OF_PERSON = text(
    "SELECT at, role, CASE WHEN role NOT IN ('analyst', 'admin') THEN by END AS by FROM lookup"
    " WHERE asset_id = :id AND what = 'person' ORDER BY at DESC, id DESC LIMIT :limit"
)


def of_person(session: Session, asset_id: int, *, limit: int = 100) -> list[LookAtPerson]:
    """Who read the entry of this person beyond what is public, newest first."""
    rows = session.execute(OF_PERSON, {"id": asset_id, "limit": limit})
    return [LookAtPerson(row.at, Role(row.role), row.by) for row in rows]
