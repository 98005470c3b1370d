"""Figures and the one table they go in."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from statistics import median

Way = Callable[[], float | Sequence[float]]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        work: what is done.
        ours: figure of Vuurtoren.
        beside: what it is measured against, in the same run.
        other: figure of that.
        ratio: how often ours goes into the other, or what is said of it.
        asked: what issue 2 or quality.md asks.
    """

    work: str
    ours: str
    beside: str = "-"
    other: str = "-"
    ratio: str = "-"
    asked: str = "-"


HEADINGS = Row("work", "ours", "beside", "other", "ratio", "asked")


def alternate(rounds: int, ways: dict[str, Way]) -> dict[str, float]:
    """The median of each way in milliseconds; the ways take turns, so that a busy moment of the machine hits all."""
    samples: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found = way()
            samples[name] += [found] if isinstance(found, float) else list(found)
    return {name: median(found) for name, found in samples.items()}


def clocked(work: Callable[[], object], *, times: int = 1) -> list[float]:
    """Milliseconds of each of so many runs."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1000)
    return taken


def ms(value: float) -> str:
    """Milliseconds, or seconds where that reads better."""
    if value >= 10_000:
        return f"{value / 1000:,.1f} s"
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms" if value >= 1 else f"{value:.2f} ms"


def kb(value: float) -> str:
    """Kilobytes (1,000 bytes)."""
    return f"{value / 1000:,.1f} KB"


def times(ours: float, other: float) -> str:
    """How often our figure goes into the other one."""
    found = other / ours
    return f"{found:,.0f} x" if found >= 20 else f"{found:.1f} x" if found >= 1 else f"{found:.2f} x"


def table(rows: Iterable[Row]) -> str:
    """The rows as plain text in columns."""
    lines = [astuple(HEADINGS), *(astuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    written = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
    written.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(written)
