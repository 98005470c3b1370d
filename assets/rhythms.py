"""Rhythms: the next days of what happens again and again.

What a recurrence announces is no sign of life and no energy: only what somebody recorded or confirmed is
(docs/decisions/0024). So a day is announced only as long as its asset counts on that day, as far as is known now.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from sqlalchemy.orm import Session

from assets import areas, recurrence
from assets.errors import Invalid, TooLarge
from assets.sql import chosen
from assets.vocabulary import AssetKind

#: Days in one question about what is to come.
MOST_DAYS = 400
#: Rules gone through for one answer at most: a district has hundreds.
MOST_RULES = 2000
#: Occurrences in one answer at most.
MOST_OCCURRENCES = 1000


class Recurring(Protocol):
    """What a next day follows from: the rule, its first moment, and the days on which the asset counts."""

    @property
    def recurrence(self) -> str | None:
        """A settled rule of iCalendar."""

    @property
    def recurrence_start(self) -> datetime | None:
        """Its first moment, local time."""

    @property
    def active_on(self) -> Any:
        """The ranges of days on which the asset counts."""


@dataclass(frozen=True)
class Occurrence:
    """One time that something happens by its recurrence.

    Attributes:
        starts_at: local time of the neighbourhood, without a zone.
        minutes: how long it takes; None when that is not known.
        place: street and area in words; None without a place.
        language: of the title.
    """

    asset_id: int
    kind: AssetKind
    title: str
    starts_at: datetime
    minutes: int | None
    place: str | None
    language: str


def next_on(asset: Recurring, after: date) -> date | None:
    """The first day from `after` on which the asset happens by its recurrence, while it counts; None without one."""
    if asset.recurrence is None or asset.recurrence_start is None:
        return None
    for first, last in _spans(asset.active_on, after, recurrence.END.date()):
        moment = recurrence.first_between(asset.recurrence, asset.recurrence_start, first, last)
        if moment is not None:
            return moment.date()
    return None


def occurrences(
    session: Session, *, first: date, last: date, area: str | None = None, limit: int = 100
) -> list[Occurrence]:
    """What happens by its recurrence in an area, in order of time, then of number.

    Each time counts only when its asset counts on that day, as far as is known now: it has begun, it has not ended, and
    on that day it would not have faded.

    Args:
        session: as the public role.
        first: first day.
        last: last day, at most MOST_DAYS later.
        area: code of an area of any level; everywhere when None. NotFound when there is no such area.
        limit: times at most, up to MOST_OCCURRENCES.

    Raises:
        Invalid: the last day comes before the first, or too long after it.
        TooLarge: the area has more rules than can be gone through.
    """
    if not timedelta(0) <= last - first <= timedelta(days=MOST_DAYS):
        raise Invalid.at("last", f"The last day lies 0 to {MOST_DAYS} days after the first.")
    most = min(limit, MOST_OCCURRENCES)
    found: list[Occurrence] = []
    rows = recurring(session, area=area, first=first, last=last)
    if len(rows) > MOST_RULES:
        raise TooLarge("More than {most} entries here have a rhythm; choose a smaller area.", most=MOST_RULES)
    for row in rows:
        found += itertools.islice(_of(row, first, last), most)
    return sorted(found, key=lambda one: (one.starts_at, one.asset_id))[:most]


def recurring(
    session: Session, *, first: date, last: date, area: str | None = None, asset_id: int | None = None
) -> Any:
    """The rows of public assets with a recurrence that count on some day from `first` to `last`, by number."""
    switches, binds = {"period"}, {"first": first, "last": last}
    question: dict[str, Any] = dict(binds)
    if area is not None:
        switches.add("in_area")
        question["area_ids"] = areas.ids_within(session, area)
    if asset_id is not None:
        switches.add("one")
        question["id"] = asset_id
    return session.execute(chosen("recurring_assets", frozenset(switches)), question).all()


def place_of(row: Any) -> str | None:
    """Where it is in words: its streets, and its area; None without a place."""
    return ", ".join(part for part in (row.streets, row.area_name) if part) or None


def _of(row: Any, first: date, last: date) -> Iterable[Occurrence]:
    for begin, end in _spans(row.active_on, first, last):
        for moment in recurrence.between(row.recurrence, row.recurrence_start, begin, end):
            yield Occurrence(
                row.id, AssetKind(row.kind), row.title, moment, row.recurrence_minutes, place_of(row), row.language
            )


def _spans(active_on: Any, first: date, last: date) -> Iterable[tuple[datetime, datetime]]:
    """First and last moment of each range of days within `first` to `last`, in order."""
    for part in active_on or ():
        if part.isempty:
            continue
        begin = first if part.lower is None else max(first, part.lower)
        end = last if part.upper is None else min(last, part.upper - timedelta(days=1))
        if begin <= end:
            yield datetime.combine(begin, time.min), datetime.combine(end, time(23, 59, 59))
