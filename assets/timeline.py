"""The timeline of an area: what appeared, aged, ended or faded, month by month, and the energy beside it.

A timeline looks on the first of each month, and on its last day. Between two of these days an entry that was not active
and is has appeared (or is back); one that was and is not has ended when it has an end by then, else it has faded:
nobody has been heard of it for twice its window. Persons are counted in fives (assets/people_told.py) and never named.
Rule: docs/glossary.md, Timeline.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import areas, energy
from assets.drafts import FIRST_DAY, LAST_DAY
from assets.energy_classes import Classes, natural
from assets.errors import Invalid, TooLarge
from assets.people_told import in_fives
from assets.sql import chosen
from assets.vocabulary import AssetKind, Theme

#: More entries than this are no picture any more; their counts still are.
MOST_ASSETS = 3000
#: Of more street parts than this a small map shows the outline of the area only.
MOST_STREET_PARTS = 1500
#: Months on a timeline that nobody gave a beginning, at least and at most.
LEAST_MONTHS, MOST_MONTHS = 12, energy.MOST_MONTHS - 1
#: Small maps beside the player at most: one for each year.
MOST_YEARS = 10
#: Width or height of a small map in its own units, whichever is larger.
UNITS = 1000.0

#: From a day on which something was so until a day on which it was not any more.
Span = tuple[date, date]


@dataclass(frozen=True)
class Moment:
    """One day of a timeline.

    Attributes:
        active: entries that count, by kind; persons are left out.
        people: persons who count, in fives; None, "fewer than 5", for nobody up to five.
        ageing: of the active entries, those not confirmed for a while.
        appeared: active now, and not on the day before on the timeline; new, or back again.
        ended: active on the day before and not now, because they ended.
        faded: the same, because nobody was heard of them for long.
        energy: of the area, of every theme.
    """

    day: date
    active: dict[AssetKind, int]
    people: int | None
    ageing: int
    appeared: int
    ended: int
    faded: int
    energy: float

    @property
    def total(self) -> int:
        """All active entries that are no persons."""
        return sum(self.active.values())


@dataclass(frozen=True)
class TimedAsset:
    """An entry with the days on which it is there.

    Attributes:
        active: spans in which it counts, ascending.
        fresh: spans in which it is fresh; in the rest of `active` it is ageing.
        ended_on: the day it stopped, or None.
        geometry: GeoJSON text in degrees, or None when it has no place.
    """

    id: int
    kind: AssetKind
    title: str
    active: tuple[Span, ...]
    fresh: tuple[Span, ...]
    ended_on: date | None
    geometry: str | None


@dataclass(frozen=True)
class Drawn:
    """An entry as a drawing: path data of its lines, or one point; both in the units of its frame."""

    id: int
    kind: AssetKind
    active: tuple[Span, ...]
    fresh: tuple[Span, ...]
    line: str | None
    x: float
    y: float


@dataclass(frozen=True)
class Frame:
    """Where an area lies, for small maps of it.

    Attributes:
        west, north: upper left corner in the storage CRS.
        scale: units per metre.
        width, height: of the drawing in units.
        outline: path data of the area.
        begins_on: the first day on which an entry of the area counts; None when nothing is known.
    """

    west: float
    north: float
    scale: float
    width: float
    height: float
    outline: str
    begins_on: date | None


@dataclass(frozen=True)
class YearMap:
    """What a small map of one day shows, as path data and points.

    Attributes:
        glow: class of energy (1 is the least) -> path data of the street parts in it.
        lines: path data of the street initiatives that are fresh; `pale` of those that are ageing.
        points: kind, x, y and whether it is ageing, of everything else.
    """

    day: date
    glow: dict[int, str]
    lines: str
    pale: str
    points: tuple[tuple[AssetKind, float, float, bool], ...]


def is_in(spans: Sequence[Span], day: date) -> bool:
    """Whether a day lies in one of these spans."""
    return any(begin <= day < until for begin, until in spans)


def moments(session: Session, code: str, *, first: date, last: date, theme: Theme | None = None) -> list[Moment]:
    """The firsts of the months from that of `first` to that of `last`, and `last` itself, oldest first.

    Args:
        session: reading what is public is enough, and nothing else is told.
        code: of an area of any level.
        first: a day in the first month, 1900 to 2200.
        last: the last day.
        theme: only entries about it; energy is of every theme.

    Raises:
        NotFound: the area is not known.
        Invalid: a day lies outside 1900 to 2200, or they are turned round, or more than ten years apart.
    """
    area = areas.get(session, code)
    days = energy.months(_day("first", first), _day("last", last), closing=True)
    binds = {
        "always": {
            "days": days,
            "before": month_before(days[0]),
            "area_ids": areas.ids_within(session, code),
        },
        **_theme(theme),
    }
    found: dict[int, dict[AssetKind, Any]] = {}
    for row in _ask(session, "timeline_counts", binds):
        found.setdefault(row.number, {})[AssetKind(row.kind)] = row
    series = energy.areas_on_days(session, days=days, area=code, kind=area.kind).get(code, [0.0] * len(days))
    return [_moment(day, found.get(number, {}), series[number - 1]) for number, day in enumerate(days, start=1)]


def _moment(day: date, rows: dict[AssetKind, Any], energy: float) -> Moment:
    things = {kind: row for kind, row in rows.items() if kind is not AssetKind.person}
    people = rows.get(AssetKind.person)

    def summed(name: str) -> int:
        return sum(getattr(row, name) for row in things.values())

    return Moment(
        day=day,
        active={
            kind: things[kind].active if kind in things else 0 for kind in AssetKind if kind is not AssetKind.person
        },
        people=in_fives(people.active) if people else None,
        ageing=summed("ageing"),
        appeared=summed("appeared"),
        ended=summed("ended"),
        faded=summed("faded"),
        energy=energy,
    )


def assets(session: Session, code: str, *, first: date, last: date, theme: Theme | None = None) -> list[TimedAsset]:
    """The entries that are active on some day of the period, with their spans, the oldest first; no persons.

    Args as `moments`.

    Raises:
        NotFound: the area is not known.
        TooLarge: they are more than MOST_ASSETS.
    """
    rows = _assets(session, code, first=first, last=last, theme=theme, more={"geometry": {}})
    return [
        TimedAsset(
            id=row.id,
            kind=AssetKind(row.kind),
            title=row.title,
            active=_spans(row.active),
            fresh=_spans(row.fresh),
            ended_on=row.ended_on,
            geometry=row.geometry,
        )
        for row in rows
    ]


def frame(session: Session, code: str, *, theme: Theme | None = None) -> Frame:
    """Where an area lies and since when something is known of it; NotFound when the area is not known."""
    ids = areas.ids_within(session, code)
    binds = {"always": {"code": code, "area_ids": ids, "units": UNITS}, **_theme(theme)}
    row = _ask(session, "timeline_frame", binds).one()
    scale = UNITS / max(row.east - row.west, row.north - row.south)
    return Frame(
        west=row.west,
        north=row.north,
        scale=scale,
        width=(row.east - row.west) * scale,
        height=(row.north - row.south) * scale,
        outline=row.outline,
        begins_on=row.begins_on,
    )


def tops(session: Session) -> list[str]:
    """The codes of the areas that lie in no other; at most two, for more says no more."""
    rows = session.execute(text("SELECT code FROM published_area WHERE parent_id IS NULL ORDER BY code LIMIT 2"))
    return list(rows.scalars())


def year_days(begins_on: date | None, last: date) -> list[date]:
    """The first of January of each year in which something was known by then, and the last day; MOST_YEARS at most."""
    if begins_on is None:
        return [last]
    years = range(max(begins_on.year + 1, last.year - MOST_YEARS + 2), last.year + 1)
    return [*(day for year in years if (day := date(year, 1, 1)) < last), last]


def street_lines(session: Session, code: str, place: Frame) -> dict[int, str]:
    """Path data of the street parts of an area, by number; empty when they are more than MOST_STREET_PARTS."""
    binds = {
        "always": {
            "area_ids": areas.ids_within(session, code),
            "limit": MOST_STREET_PARTS + 1,
            **_drawing(place),
        }
    }
    found = {row.id: row.line for row in _ask(session, "timeline_streets", binds) if row.line}
    return found if len(found) <= MOST_STREET_PARTS else {}


def year_maps(
    session: Session,
    code: str,
    place: Frame,
    streets: dict[int, str],
    *,
    days: Sequence[date],
    theme: Theme | None = None,
) -> tuple[list[YearMap], Classes]:
    """Small maps of an area on these days, which ascend, with the classes of energy that they share.

    Raises:
        NotFound: the area is not known.
        TooLarge: they would show more than MOST_ASSETS entries.
    """
    rows = _assets(session, code, first=days[0], last=days[-1], theme=theme, more={"drawn": _drawing(place)})
    drawn = [
        Drawn(row.id, AssetKind(row.kind), _spans(row.active), _spans(row.fresh), row.line, row.x, row.y)
        for row in rows
        if row.x is not None
    ]
    series = energy.streets_on_days(session, days=days, area=code) if streets else {}
    classes = natural(one for figures in series.values() for one in figures)
    return [_year_map(day, number, drawn, streets, series, classes) for number, day in enumerate(days)], classes


def _year_map(
    day: date,
    number: int,
    drawn: Sequence[Drawn],
    streets: dict[int, str],
    series: dict[int, list[float]],
    classes: Classes,
) -> YearMap:
    glow: dict[int, list[str]] = {}
    for part, figures in series.items():
        if (found := classes.of(figures[number])) and part in streets:
            glow.setdefault(found, []).append(streets[part])
    there = [(one, not is_in(one.fresh, day)) for one in drawn if is_in(one.active, day)]
    return YearMap(
        day=day,
        glow={one: " ".join(glow[one]) for one in sorted(glow)},
        lines=" ".join(one.line for one, ageing in there if one.line and not ageing),
        pale=" ".join(one.line for one, ageing in there if one.line and ageing),
        points=tuple((one.kind, round(one.x), round(one.y), ageing) for one, ageing in there if not one.line),
    )


def period(begins_on: date | None, today: date) -> tuple[date, date]:
    """From where to where a timeline goes when nobody said so: what is known, a year at least and ten years at most."""
    earliest, latest = _back(today, MOST_MONTHS - 1), _back(today, LEAST_MONTHS)
    wanted = min(begins_on.replace(day=1), latest) if begins_on else latest
    return max(wanted, earliest, FIRST_DAY), today


def month_before(day: date) -> date:
    """The first of the month before the month of a day."""
    return _back(day, 1)


def _back(day: date, months: int) -> date:
    at = day.month - 1 - months
    return date(day.year + at // 12, at % 12 + 1, 1)


# --- the same in plain values, for the API, files and the terminal ---

DECIMALS = 3
#: Columns of the table; persons as `people_at_least`.
COLUMNS = (
    "day", *(kind.value for kind in AssetKind if kind is not AssetKind.person), "people_at_least", "active", "ageing",
    "appeared", "ended", "faded", "energy",
)  # fmt: skip


def record(moment: Moment) -> dict[str, Any]:
    """A moment as one row: the names of COLUMNS."""
    return {
        "day": moment.day,
        **{kind.value: count for kind, count in moment.active.items()},
        "people_at_least": moment.people,
        "active": moment.total,
        "ageing": moment.ageing,
        "appeared": moment.appeared,
        "ended": moment.ended,
        "faded": moment.faded,
        "energy": round(moment.energy, DECIMALS),
    }


def asset_record(found: TimedAsset) -> dict[str, Any]:
    """An entry with its days, with the names of the API."""
    return {
        "id": found.id,
        "kind": found.kind.value,
        "title": found.title,
        "active": [[begin.isoformat(), until.isoformat()] for begin, until in found.active],
        "fresh": [[begin.isoformat(), until.isoformat()] for begin, until in found.fresh],
        "ended_on": found.ended_on.isoformat() if found.ended_on else None,
        "geometry": json.loads(found.geometry) if found.geometry else None,
    }


# --- asking ---


def _assets(
    session: Session, code: str, *, first: date, last: date, theme: Theme | None, more: dict[str, dict[str, Any]]
) -> list[Any]:
    binds = {
        "always": {
            "first": _day("first", first),
            "last": _day("last", last),
            "area_ids": areas.ids_within(session, code),
            "limit": MOST_ASSETS + 1,
        },
        **_theme(theme),
        **more,
    }
    rows = _ask(session, "timeline_assets", binds).all()
    if len(rows) > MOST_ASSETS:
        raise TooLarge("This is more than {most} entries; choose a smaller area.", most=MOST_ASSETS)
    return list(rows)


def _day(name: str, day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Invalid.at(name, "The year must be between 1900 and 2200.")
    return day


def _spans(given: list[list[str]] | None) -> tuple[Span, ...]:
    return tuple((date.fromisoformat(begin), date.fromisoformat(until)) for begin, until in given or ())


def _theme(theme: Theme | None) -> dict[str, dict[str, Any]]:
    return {"theme": {"theme": theme.value}} if theme is not None else {}


def _drawing(place: Frame) -> dict[str, Any]:
    return {"west": place.west, "north": place.north, "scale": place.scale}


def _ask(session: Session, name: str, binds: dict[str, dict[str, Any]]) -> Any:
    """The rows of a statement with these switches on."""
    values = {key: value for given in binds.values() for key, value in given.items()}
    return session.execute(chosen(name, frozenset(binds)), values)
