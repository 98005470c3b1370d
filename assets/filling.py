"""Water-filling: hours over streets so that everyone ends on one level and nobody falls under the minimum.

The one algorithm behind the plan from the average, over arrays and without a database.
"""

from dataclasses import dataclass
from typing import Any

import numpy

Array = numpy.ndarray[Any, numpy.dtype[numpy.float64]]


#: Hours that someone reckoned to be exactly the minimum may differ from it in the last decimals of a double.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Filled:
    """Hours divided over streets.

    Attributes:
        service: hours per week per 100 m for each street, in the order given.
        level: the one level L, in hours per week per 100 m for a need of 1; None when the hours do not reach the
            minimum for everybody.
        minimum_hours: hours per week that the minimum for everybody takes.
        fraction: the part of the minimum that everybody gets: 1, or less when the hours are fewer than it takes.
    """

    service: Array
    level: float | None
    minimum_hours: float
    fraction: float


def fill(length: Array, care: Array, need: Array, *, minimum: float, hours: float) -> Filled:
    """Hours divided so that `sum(length * max(minimum, level * need - care))` is `hours`, exactly.

    A street leaves the minimum at the level (minimum + care) / need. Between two of those levels the hours grow evenly,
    so the streets are sorted by it, the hours at each such level are added up, and the level lies in the last stretch
    that the hours reach. Nothing is tried and nothing is approached: only the rounding of doubles remains. All sums are
    of differences that are not negative, so that large care and few hours do not take each other's decimals.

    Rule: domain, Plan from the average.

    Args:
        length: in units of 100 m, more than 0.
        care: hours per week per 100 m by residents, 0 or more.
        need: weight of a street, more than 0.
        minimum: hours per week per 100 m that everybody gets, 0 or more.
        hours: hours per week to divide, 0 or more.
    """
    least = float(numpy.sum(length)) * minimum
    if hours < least * (1 - ROUNDING):
        fraction = hours / least
        return Filled(numpy.full(len(length), minimum * fraction), None, least, fraction)
    leaves = (minimum + care) / need
    order = numpy.argsort(leaves, kind="stable")
    edges = leaves[order]
    slopes = numpy.cumsum((length * need)[order])
    # hours beyond the minimum when the level stands at each edge
    beyond = numpy.concatenate(([0.0], numpy.cumsum(slopes[:-1] * numpy.diff(edges))))
    more = max(0.0, hours - least)
    reached = int(numpy.searchsorted(beyond, more, side="right")) - 1
    above = max(0.0, (more - float(beyond[reached])) / float(slopes[reached]))
    rises = numpy.maximum(0.0, (float(edges[reached]) - leaves) + above)
    rises[order[reached + 1 :]] = 0.0
    service = minimum + need * rises
    return Filled(service, float(edges[reached]) + above, least, 1.0)
