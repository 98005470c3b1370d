"""Classes of energy: the few steps of a legend, the same for every month of an area so that months compare.

Natural breaks (Fisher-Jenks, by mapclassify) over all figures of the period, each then moved to a number that a
person can picture: what n neighbours do together today weighs the square root of n, so 3 is nine of them, one half is
one neighbour three months ago, and 20 one neighbour every week. docs/decisions/0025 says why. Rule: docs/glossary.md,
Energy classes.
"""

import math
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import areas, energy
from assets.vocabulary import AreaKind

#: Steps in a legend at most, besides "nothing".
MOST_CLASSES = 4
#: Figures are classed as they are shown, with so many decimals; less than the last of them is nothing.
DECIMALS = 3
#: Natural breaks are looked for among so many figures at most, picked evenly from the lowest to the highest.
MOST_FIGURES = 120
#: Of more shares in energy than this (a large city has 5,000) only one street part in so many is looked at.
MOST_SHARES = 8_000
#: Of more areas than this, where all count, one in so many of the smallest level is looked at.
MOST_AREAS = 500
#: Numbers that can be pictured: of one neighbour some quarters of a year ago, then the roots of numbers of people.
PLAIN: tuple[float, ...] = (
    *(2.0**-quarters for quarters in range(8, 0, -1)),
    *map(float, (*range(1, 11), 12, 15, 20, 25, 30, 40, 50, 60, 80)),
    *(float(n * 10**power) for power in range(2, 9) for n in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)),
)


#: From these figures on a rhythm is easier to picture than a crowd: 20 is 400 people once, or one person every week.
MONTHLY_FROM, WEEKLY_FROM = 5, 20
#: One person every so many days, for years: the sum of 2^(-days k / 90) over all k.
EVERY_MONTH, EVERY_WEEK = (1 / (1 - 2 ** (-days / energy.HALF_LIFE_DAYS)) for days in (30, 7))


@dataclass(frozen=True)
class Like:
    """What gives a figure, in numbers that can be pictured.

    Attributes:
        people: neighbours together, on the day itself unless one of the following says otherwise.
        months_before: so many months before the day (one of them).
        every: "month" or "week": again and again, for a long time, up to the day. The number is then about right.
    """

    people: int
    months_before: int = 0
    every: Literal["month", "week"] | None = None


@dataclass(frozen=True)
class Classes:
    """The classes of a legend.

    Attributes:
        count: how many there are; 0 where there is no energy at all.
        breaks: where each class but the first begins, ascending: figures from `breaks[0]` on are in class 2.
    """

    count: int
    breaks: tuple[float, ...]

    def of(self, figure: float) -> int:
        """The class of a figure, from 1; 0 when it is nothing."""
        shown = round(figure, DECIMALS)
        return 0 if shown <= 0 else 1 + bisect_right(self.breaks, shown)

    def bounds(self, number: int) -> tuple[float | None, float | None]:
        """From where (included) to where (not included) a class goes; None at the ends."""
        low = self.breaks[number - 2] if number > 1 else None
        return low, self.breaks[number - 1] if number <= len(self.breaks) else None


def like(figure: float) -> Like:
    """What gives this figure: exact for the numbers in PLAIN below MONTHLY_FROM, about right for others."""
    if figure >= WEEKLY_FROM:
        return Like(max(1, round((figure / EVERY_WEEK) ** 2)), every="week")
    if figure >= MONTHLY_FROM:
        return Like(max(1, round((figure / EVERY_MONTH) ** 2)), every="month")
    if figure >= 1:
        return Like(round(figure * figure))
    return Like(1, months_before=round(energy.HALF_LIFE_DAYS / 30 * math.log2(1 / figure)))


def natural(figures: Iterable[float]) -> Classes:
    """Classes for these figures by natural breaks; each class holds at least one of them. Nothing is left out."""
    told = sorted(shown for one in figures if (shown := round(one, DECIMALS)) > 0)
    if not told:
        return Classes(0, ())
    ends = _natural_ends(_spread(told, MOST_FIGURES))
    wanted = sorted({_plain(end, told[min(bisect_right(told, end), len(told) - 1)]) for end in ends})
    breaks: list[float] = []
    below = 0
    for one in wanted:
        at = bisect_left(told, one)
        if below < at < len(told):
            breaks.append(one)
            below = at
    return Classes(len(breaks) + 1, tuple(breaks))


def _spread(told: Sequence[float], most: int) -> list[float]:
    """At most so many of them, evenly from the first to the last."""
    if len(told) <= most:
        return list(told)
    return [told[round(at * (len(told) - 1) / (most - 1))] for at in range(most)]


_one_at_a_time = Lock()  # what catch_warnings holds back it holds back for all threads


def _natural_ends(told: list[float]) -> list[float]:
    """The highest figure of each natural class but the last."""
    count = min(MOST_CLASSES, len(set(told)))
    if count == 1:
        return []
    import numpy

    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it would be faster with numba; for so few figures it is fast
        from mapclassify import FisherJenks

        found = FisherJenks(numpy.asarray(told), k=count)
    return [float(end) for end in found.bins[:-1]]


def _plain(end: float, following: float) -> float:
    """The number to begin the next class with: the simplest between two figures, else the nearest one."""
    after = bisect_right(PLAIN, end)
    between = [one for one in PLAIN[after:] if one <= following]
    if between:
        whole = [one for one in between if one in (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)]
        return (whole or between)[0]
    near = PLAIN[max(after - 1, 0) : after + 1] or PLAIN[-1:]
    return min(near, key=lambda one: abs(math.log(one / end)))


# --- of a map ---


def of_streets(session: Session, *, days: Sequence[date], area: str | None = None) -> Classes:
    """The classes of the street parts of an area over these days, which ascend.

    Raises:
        NotFound: the area is not known.
        Invalid: a day lies outside 1900 to 2200.
    """
    step = math.ceil(_shares(session, area) / MOST_SHARES)
    found = energy.streets_on_days(session, days=days, area=area, one_in=max(step, 1))
    return natural(one for series in found.values() for one in series)


def of_areas(session: Session, *, days: Sequence[date], area: str | None = None) -> Classes:
    """The classes of areas by energy per 1,000 inhabitants over these days: of all in the municipality of this one.

    Areas of every level are taken together, so that one legend serves every zoom. Errors as `of_streets`.
    """
    whole = _municipality(session, area)
    if whole is None:
        count = session.execute(text("SELECT count(*) FROM published_area")).scalar_one()
        if count > MOST_AREAS:
            some = _of_some(session, days, one_in=math.ceil(count / MOST_AREAS))
            if some.count:
                return some  # else energy is so rare that all of it can be looked at
    return _natural_per_1000(session, energy.areas_on_days(session, days=days, area=whole))


def _of_some(session: Session, days: Sequence[date], *, one_in: int) -> Classes:
    """The classes of one in so many areas of the smallest level of which inhabitants are known; none without one."""
    known = text("SELECT DISTINCT kind FROM published_area WHERE population >= :fewest")
    kinds = set(session.scalars(known, {"fewest": energy.FEWEST_INHABITANTS}))
    smallest = [kind for kind in AreaKind if kind.value in kinds][-1:]
    if not smallest:
        return Classes(0, ())
    return _natural_per_1000(session, energy.areas_on_days(session, days=days, kind=smallest[0], one_in=one_in))


def _natural_per_1000(session: Session, series: Mapping[str, Sequence[float]]) -> Classes:
    found = energy.per_1000(session, series)
    return natural(one for values in found.values() if values is not None for one in values)


def _shares(session: Session, area: str | None) -> int:
    """How many shares in energy there are in an area."""
    if area is None:
        query = text("SELECT count(*) FROM published_energy_share")
        return int(session.execute(query).scalar_one())
    query = text(
        "SELECT count(*) FROM published_energy_share AS e JOIN published_street_part AS p ON p.id = e.street_part_id"
        " WHERE p.area_id = ANY (CAST(:ids AS bigint[]))"
    )
    return int(session.execute(query, {"ids": areas.ids_within(session, area)}).scalar_one())


def _municipality(session: Session, area: str | None) -> str | None:
    """The code of the municipality that an area is in; None when that is unknown, or no area is named."""
    if area is None:
        return None
    summary = areas.get(session, area)
    query = text("SELECT code FROM published_area WHERE id = :id")
    wanted = summary.id if summary.kind is AreaKind.municipality else summary.municipality_id
    found: str | None = session.execute(query, {"id": wanted}).scalar()
    return found
