"""My streets: where in the area of one builder the coffee has been in the past months, and where not yet.

Who spoke where is told to builders only, and of others nothing but that someone did: everything here needs the right to
record conversations, and takes a session of the owner. What was said is read in the community that it belongs to.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import column, false, func, or_, select, table
from sqlalchemy.orm import Session

from assets import areas, coverage
from assets.areas import Area
from assets.conversations import Conversation
from assets.coverage import StreetPartCoverage
from assets.crs import WGS84
from assets.permissions import Permission, Viewer, communities_of, require
from assets.sql import statement
from assets.streets import Street, StreetPart
from assets.vocabulary import ASKED_MONTHS, AreaKind, Role, StreetState

#: That neighbours were talked with, where and when, of every community that shares it.
PUBLISHED = table("published_conversation", column("id"), column("street_id"), column("area_id"), column("held_on"))
#: Streets on the list at most; a larger area is for choosing a smaller one from.
MOST_LISTED = 300
#: Metres that a line may be off for finding the street that someone stands in.
ROUGH_M = 8.0


@dataclass(frozen=True)
class MyStreet:
    """A street part with the conversations there.

    Attributes:
        part: the street part with its state for any theme, as everyone is told.
        last_on: day of the last conversation ever, or None.
        times: conversations in the twelve months up to the day asked.
        mine_on: day of the last conversation of the viewer, or None.
        line: longitude and latitude of points along it, a few metres off at most, per piece.
    """

    part: StreetPartCoverage
    last_on: date | None
    times: int
    mine_on: date | None
    line: tuple[tuple[tuple[float, float], ...], ...] = ()

    @property
    def asked(self) -> bool:
        """Whether neighbours were spoken with here in the past twelve months."""
        return self.times > 0

    @property
    def state(self) -> StreetState:
        """The state as the viewer knows it: asked also by those of a community that does not tell so."""
        return StreetState.asked if self.asked and self.part.state is StreetState.unasked else self.part.state


@dataclass(frozen=True)
class Spoken:
    """A conversation with the names of its street and area."""

    id: int
    street_id: int
    street: str
    area: str | None
    area_name: str | None
    held_on: date
    neighbours: int
    note: str
    mine: bool


@dataclass(frozen=True)
class StreetChoice:
    """A street that someone may mean; `exact` when it has this very name."""

    street_id: int
    name: str
    place: str | None
    exact: bool


def months_before(day: date, months: int = ASKED_MONTHS) -> date:
    """The same day of the month so many months earlier, or the last day of a shorter month; as PostgreSQL reckons."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for number in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def of_area(session: Session, code: str | None, *, by: Viewer, on: date) -> list[MyStreet]:
    """The street parts of an area (of everything when None) with their conversations, by name.

    One more than MOST_LISTED at most, so that a caller sees that there are too many.
    """
    require(by, Permission.conversation_write)
    parts = coverage.street_parts(session, on=on, area=code, by_name=True, limit=MOST_LISTED + 1, srid=WGS84)
    talks = _talks(session, {part.street_id for part in parts}, by=by, on=on)
    areas_of = areas.ids_of(session, sorted({part.area_code for part in parts if part.area_code}))
    found = []
    for part in parts:
        area_id = areas_of.get(part.area_code) if part.area_code else None
        here = [row for row in talks.get(part.street_id, []) if row.area_id is None or row.area_id == area_id]
        found.append(
            MyStreet(
                part,
                last_on=max((row.last_on for row in here), default=None),
                times=sum(row.times for row in here),
                mine_on=max((row.mine_on for row in here if row.mine_on), default=None),
                line=_rough(part),
            )
        )
    return found


def _talks(session: Session, streets: set[int], *, by: Viewer, on: date) -> dict[int, list[Any]]:
    """Street → for each area (None: the whole street) its last day, times in the past months, and the viewer's own."""
    own = Conversation.holder == by.holder
    since = months_before(on)
    # that somebody talked there, also of another community that tells so, is public, and so is to its own people what
    # a community does not tell; whose it was stands with the own ones only
    names = ("id", "street_id", "area_id", "held_on")
    known = select(*(PUBLISHED.c[name] for name in names)).where(PUBLISHED.c.street_id.in_(streets))
    theirs = select(*(getattr(Conversation, name) for name in names)).where(
        Conversation.street_id.in_(streets), Conversation.community_id.in_(_talked_in(by)) | own
    )
    talks = known.union(theirs).subquery()
    talk = talks.c
    rows = session.execute(
        select(
            talk.street_id,
            talk.area_id,
            func.max(talk.held_on).label("last_on"),
            func.count().filter(talk.held_on >= since).label("times"),
            func.max(talk.held_on).filter(own).label("mine_on"),
        )
        .select_from(talks.outerjoin(Conversation, (Conversation.id == talk.id) & own))
        .where(talk.held_on <= on)
        .group_by(talk.street_id, talk.area_id)
    )
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.street_id, []).append(row)
    return found


def _rough(part: StreetPartCoverage) -> tuple[tuple[tuple[float, float], ...], ...]:
    shape = part.shape()
    if shape is None or shape.is_empty:
        return ()
    simple = shape.simplify(ROUGH_M / 111_000)
    pieces = getattr(simple, "geoms", [simple])
    return tuple(tuple((round(x, 5), round(y, 5)) for x, y, *_ in piece.coords) for piece in pieces)


def home_area(session: Session, *, by: Viewer) -> str | None:
    """Code of the neighbourhood with most of the viewer's conversations (the newest when two have as many), or None."""
    require(by, Permission.conversation_write)
    if by.holder is None:
        return None
    within = or_(Conversation.area_id.is_(None), Conversation.area_id == StreetPart.area_id)
    times = func.count(func.distinct(Conversation.id))
    row = session.execute(
        select(Area.code)
        .select_from(Conversation)
        .join(StreetPart, (StreetPart.street_id == Conversation.street_id) & within)
        .join(Area, Area.id == StreetPart.area_id)
        .where(Conversation.holder == by.holder, Area.kind == AreaKind.neighbourhood.value)
        .group_by(Area.code)
        .order_by(times.desc(), func.max(Conversation.held_on).desc(), Area.code)
        .limit(1)
    ).first()
    return row.code if row else None


def latest(session: Session, *, by: Viewer, limit: int) -> list[Spoken]:
    """The viewer's own conversations, the newest first."""
    require(by, Permission.conversation_write)
    if by.holder is None:
        return []
    query = _spoken(by).where(Conversation.holder == by.holder)
    rows = session.execute(query.order_by(Conversation.recorded_at.desc(), Conversation.id.desc()).limit(limit))
    return [Spoken(**row._asdict()) for row in rows]


def spoken(session: Session, conversation_id: int, *, by: Viewer) -> Spoken | None:
    """One conversation of the viewer's own with its names; None when it is not there (any more)."""
    require(by, Permission.conversation_write)
    query = _spoken(by).where(Conversation.id == conversation_id, Conversation.holder == by.holder)
    row = session.execute(query).one_or_none()
    return Spoken(**row._asdict()) if row else None


def in_area(session: Session, code: str | None, *, by: Viewer, limit: int) -> list[Spoken]:
    """The conversations of the viewer's communities in an area (everywhere when None), the newest first; for files.

    Whoever is of no community, an admin or a program of the operator, gets their own and no others.
    """
    require(by, Permission.conversation_write)
    of_theirs = Conversation.community_id.in_(_talked_in(by))
    own = false() if by.holder is None else Conversation.holder == by.holder
    query = _spoken(by).where(of_theirs | own if by.role is Role.admin or by.roles is None else of_theirs)
    if code is not None:
        inside = areas.ids_within(session, code)
        parts = select(StreetPart.street_id).where(StreetPart.area_id.in_(inside))
        here = or_(Conversation.area_id.in_(inside), Conversation.area_id.is_(None) & Conversation.street_id.in_(parts))
        query = query.where(here)
    rows = session.execute(query.order_by(Conversation.held_on.desc(), Conversation.id.desc()).limit(limit))
    return [Spoken(**row._asdict()) for row in rows]


def _talked_in(by: Viewer) -> list[int]:
    """Communities whose notes the viewer reads; an admin is of none, also by a token for one."""
    there = communities_of(by, Permission.conversation_write)
    return [number for number in there if by.role_in(number) is not Role.admin]


def _spoken(by: Viewer) -> Any:
    return (
        select(
            Conversation.id,
            Conversation.street_id,
            Street.name.label("street"),
            Area.code.label("area"),
            Area.name.label("area_name"),
            Conversation.held_on,
            Conversation.neighbours,
            Conversation.note,
            func.coalesce(Conversation.holder == by.holder, False).label("mine"),
        )
        .join(Street, Street.id == Conversation.street_id)
        .outerjoin(Area, Area.id == Conversation.area_id)
    )


def choices(session: Session, name: str, *, area: str | None = None) -> list[StreetChoice]:
    """Streets of this name, or those that look like it, at most five; of an area when one is named."""
    rows = session.execute(
        statement("find_street"), {"name": name, "street_id": None, "area": area, "near": None}
    ).all()
    return [StreetChoice(row.id, row.name, row.place, row.fit == 0) for row in rows]


def street(session: Session, street_id: int) -> StreetChoice | None:
    """The street of this number, when it is still there."""
    query = select(Street.id, Street.name, Street.municipality).where(
        Street.id == street_id, Street.vanished_on.is_(None)
    )
    row = session.execute(query).one_or_none()
    return StreetChoice(row.id, row.name, row.municipality, exact=True) if row else None


def parts_of(session: Session, street_id: int) -> list[str]:
    """Codes of the areas that this street runs through, ascending."""
    query = select(Area.code).join(StreetPart, StreetPart.area_id == Area.id).where(StreetPart.street_id == street_id)
    return sorted(session.scalars(query.distinct()))
