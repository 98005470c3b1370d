"""The picture of the level: each street a bar, what neighbours do below and service on top, reaching one line.

A bar is as wide as its street is long. Heights are divided by the need of the street: then everybody who is above the
minimum reaches the same line. Where the hours do not reach the minimum there is no line, and heights are as they are.
Positions are in percent across and pixels down: so words keep their size on a phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assets.plan import Plan, PlannedStreet

#: Pixels: the height of the field in which bars stand, and room above it for words.
FIELD, ABOVE = 240, 26
#: Bars at most; of more streets those that stand beside each other become one bar, as wide as all of them.
MOST_BARS = 160
#: Bars with a line between them at most: more become a shape.
MOST_APART = 60
#: The field is so many times as high as the level; a street on which neighbours do more is drawn up to its edge.
HEADROOM = 2.2


@dataclass(frozen=True)
class Bar:
    """A bar: where it begins and how wide it is in percent, and where its two pieces are in pixels from the top.

    Attributes:
        names: of the streets that it stands for; at most three.
        others: how many more there are.
        level: where it reaches, in hours per week per 100 m.
        cut: whether it is higher than the field.
    """

    x: float
    width: float
    care_y: float
    care_height: float
    service_y: float
    service_height: float
    names: tuple[str, ...]
    others: int
    care: float
    service: float
    level: float
    cut: bool


@dataclass(frozen=True)
class Line:
    """A line across with its number."""

    y: float
    value: float


@dataclass(frozen=True)
class Picture:
    """The whole picture.

    Attributes:
        height: pixels, the room for words included.
        foot: pixels from the top to where bars stand.
        level_y: of the line of the level, or None when there is none.
        apart: whether bars have a line between them.
        joined: whether several streets share a bar.
        cut: whether bars are higher than the field.
        top: the value at the top of the field.
        flat: whether neighbours do nothing anywhere: then there is nothing to see but one block.
    """

    bars: tuple[Bar, ...]
    grid: tuple[Line, ...]
    level_y: float | None
    height: int
    foot: int
    apart: bool
    joined: bool
    cut: bool
    top: float
    flat: bool


def picture(found: Plan) -> Picture:
    """The picture of a plan: those where neighbours do most first."""
    streets = sorted(
        found.streets, key=lambda one: (*(-height for height in _heights(found, [one])), one.found.part.id)
    )
    groups = _groups(streets)
    top = _top(found)
    length = sum(one.found.part.length_m for one in streets)
    bars, at = [], 0.0
    for group in groups:
        width = sum(one.found.part.length_m for one in group) / length * 100
        bars.append(_bar(found, group, at, width, top))
        at += width
    level = found.level
    return Picture(
        bars=tuple(bars),
        grid=tuple(Line(_y(value, top), value) for value in _steps(top)),
        level_y=None if level is None else _y(level, top),
        height=ABOVE + FIELD + 2,
        foot=ABOVE + FIELD,
        apart=len(bars) <= MOST_APART,
        joined=len(bars) < len(streets),
        cut=any(one.cut for one in bars),
        top=top,
        flat=not any(one.care for one in bars),
    )


@dataclass(frozen=True)
class Row:
    """A street in the table with its small bar: care, service and level as percent of the width."""

    street: PlannedStreet
    care: float
    service: float
    level: float | None


def rows(found: Plan, streets: Sequence[PlannedStreet], most: float) -> list[Row]:
    """These streets with their small bars, which are `most` hours wide: the top of the picture."""
    level = None if found.level is None else round(found.level / most * 100, 2)
    made = []
    for one in streets:
        cared, served = _heights(found, [one])
        care = min(cared / most, 1.0) * 100
        service = min(served / most * 100, 100 - care)
        made.append(Row(one, round(care, 2), round(service, 2), level))
    return made


def _groups(streets: list[PlannedStreet]) -> list[list[PlannedStreet]]:
    """Streets one by one, or in at most MOST_BARS groups of neighbours in the order, about as long as each other."""
    if len(streets) <= MOST_BARS:
        return [[one] for one in streets]
    share = sum(one.found.part.length_m for one in streets) / MOST_BARS
    groups: list[list[PlannedStreet]] = []
    done = 0.0
    for one in streets:
        if not groups or done >= share * len(groups):
            groups.append([])
        groups[-1].append(one)
        done += one.found.part.length_m
    return groups


def _heights(found: Plan, group: list[PlannedStreet]) -> tuple[float, float]:
    """Care and service of a bar: of all its streets together, so that a group on the level stands on it too."""
    if len(group) == 1:
        need = 1.0 if found.level is None else group[0].need
        return group[0].care / need, group[0].service / need
    need = sum((1.0 if found.level is None else one.need) * one.found.part.length_m for one in group)
    care = sum(one.care * one.found.part.length_m for one in group) / need
    return care, sum(one.service * one.found.part.length_m for one in group) / need


def _top(found: Plan) -> float:
    """The value at the top of the field, in hours per week per 100 m."""
    highest = max(sum(_heights(found, [one])) for one in found.streets)
    usual = max(found.level or 0.0, sum(_heights(found, list(found.streets))))
    return min(highest, usual * HEADROOM) * 1.06 or 1.0


def _y(value: float, top: float) -> float:
    return round(ABOVE + FIELD * (1 - min(value, top) / top), 1)


def _bar(found: Plan, group: list[PlannedStreet], x: float, width: float, top: float) -> Bar:
    care, service = _heights(found, group)
    care_y, all_y = _y(care, top), _y(care + service, top)
    names = tuple(one.found.part.name for one in group[:3])
    return Bar(
        x=round(x, 3),
        width=round(width, 3),
        care_y=care_y,
        care_height=round(ABOVE + FIELD - care_y, 1),
        service_y=all_y,
        service_height=round(care_y - all_y, 1),
        names=names,
        others=len(group) - len(names),
        care=care,
        service=service,
        level=care + service,
        cut=care + service > top,
    )


def _steps(top: float) -> list[float]:
    """Three to six round numbers up to the top."""
    step = 10.0**-6
    while top / step > 6:
        for factor in (2, 2.5, 2):
            step *= factor
            if top / step <= 6:
                break
    return [step * number for number in range(1, int(top / step) + 1)]
