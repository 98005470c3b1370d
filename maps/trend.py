"""A series of figures as a plot: shapes in percent and in units of a box, for an SVG that the page writes.

The line is drawn in a box of its own that stretches with the page, the labels are not: they stay as large as the text.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

#: Units of the box that the line is drawn in; it is stretched to the page.
WIDTH, HEIGHT = 1000, 100


@dataclass(frozen=True)
class Tick:
    """A year on the axis of time, and where its first day stands, in percent from the left."""

    year: int
    x: float


@dataclass(frozen=True)
class Plot:
    """What an SVG needs to draw a series.

    Attributes:
        line: path data of the line, in WIDTH x HEIGHT units.
        area: path data of what is below it.
        top: the figure at the upper edge.
        ticks: years.
        last: where the last figure stands, in percent from the left and from the top.
    """

    line: str
    area: str
    top: float
    ticks: tuple[Tick, ...]
    last: tuple[float, float]


def plot(months: Sequence[date], values: Sequence[float]) -> Plot:
    """The plot of figures on ascending days, at least one; from nought to a round number that holds the largest."""
    top = round_above(max(values))
    step = WIDTH / max((months[-1] - months[0]).days, 1)
    points = [
        (round((day - months[0]).days * step, 1), round(HEIGHT * (1 - value / top), 2))
        for day, value in zip(months, values, strict=True)
    ]
    drawn = " ".join(f"{x:g} {y:g}" for x, y in points)
    ticks = tuple(
        Tick(day.year, x / WIDTH * 100)
        for day, (x, _) in zip(months, points, strict=True)
        if (day.month, day.day) == (1, 1)
    )
    return Plot(
        line=f"M{drawn}",
        area=f"M0 {HEIGHT} {drawn} {points[-1][0]:g} {HEIGHT}z",
        top=top,
        ticks=ticks,
        last=(points[-1][0] / WIDTH * 100, points[-1][1]),
    )


def round_above(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 and so on that is no less than the value; at least 1."""
    if value <= 1:
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(size * times for times in (1, 2, 5, 10) if size * times >= value)
