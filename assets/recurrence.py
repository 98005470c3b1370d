"""Recurrence: how often something happens, as a rule of iCalendar (RFC 5545, RRULE), and the moments that follow.

A rule is text as `FREQ=WEEKLY;BYDAY=SA` with the local time of its first moment. Moments are local times of the
neighbourhood without a zone: ten o'clock stays ten o'clock when the clocks change. python-dateutil reads the rules and
works out the moments; here stands which rules may be used, so that no rule makes anyone wait: none by the hour or
minute, none that never falls, and none that is counted from its beginning each time (a COUNT is turned into the UNTIL
that it means, once, when it is stored).
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

#: Where the neighbours live: the zone of every local time.
HOME_ZONE = ZoneInfo("Europe/Amsterdam")

DAYS = "MO|TU|WE|TH|FR|SA|SU"
#: The parts that a rule may have and how each is written, in the order in which they are kept. No BYHOUR and the like:
#: the time is that of the first moment.
PARTS = {
    "FREQ": "(DAILY|WEEKLY|MONTHLY|YEARLY)",
    "INTERVAL": "[1-9][0-9]{0,2}",
    "COUNT": "[1-9][0-9]{0,2}",
    "UNTIL": "(19[0-9]{2}|2[01][0-9]{2}|2200)[0-9]{4}(T[0-9]{6}Z?)?",
    "BYMONTH": "([1-9]|1[0-2])(,([1-9]|1[0-2])){0,11}",
    "BYMONTHDAY": "-?([1-9]|[12][0-9]|3[01])(,-?([1-9]|[12][0-9]|3[01])){0,30}",
    "BYDAY": rf"([+-]?[1-5])?({DAYS})(,([+-]?[1-5])?({DAYS})){{0,34}}",
    "BYSETPOS": "-?([1-9]|[12][0-9]|3[01])(,-?([1-9]|[12][0-9]|3[01])){0,30}",
    "WKST": f"({DAYS})",
}
#: The form of a rule, for documents of the API; what stands in it twice or contradicts itself is refused besides.
PATTERN = (
    rf"^FREQ={PARTS['FREQ']}(;({'|'.join(f'{name}={value}' for name, value in PARTS.items() if name != 'FREQ')}))*$"
)
#: The longest step of each frequency: whoever meets once in ten years has no rhythm.
MOST_INTERVAL = {"DAILY": 366, "WEEKLY": 104, "MONTHLY": 48, "YEARLY": 10}
#: Signs in a rule at most.
LONGEST = 250
#: A rule falls for the first time, and for the last of a COUNT, within so many years of its beginning: enough for
#: every tenth 29 February.
REACH_YEARS = 40
#: The last moment that is ever looked at.
END = datetime(2200, 12, 31, 23, 59, 59)  # noqa: DTZ001 - local
#: After so many years the calendar repeats itself, weekdays included.
CYCLE_YEARS = 400


def read(text: str) -> str:
    """The rule in this text, its parts in the order of PARTS; ValueError with a plain sentence for what is none."""
    found: dict[str, str] = {}
    for piece in text.split(";"):
        name, _, value = piece.partition("=")
        if name not in PARTS:
            raise ValueError(
                f"A recurrence is a rule of iCalendar such as FREQ=WEEKLY;BYDAY=SA, made of {', '.join(PARTS)}."
            )
        if name in found:
            raise ValueError(f"{name} stands in the recurrence twice.")
        if not re.fullmatch(PARTS[name], value, re.ASCII):
            raise ValueError(f"The value of {name} in the recurrence cannot be used.")
        found[name] = value
    _check(found)
    return _written(found)


def _check(parts: dict[str, str]) -> None:
    """What RFC 5545 forbids, and what would make anyone wait."""
    if "FREQ" not in parts:
        raise ValueError("A recurrence says how often: FREQ=DAILY, WEEKLY, MONTHLY or YEARLY.")
    often = parts["FREQ"]
    if int(parts.get("INTERVAL", "1")) > MOST_INTERVAL[often]:
        raise ValueError(f"INTERVAL is at most {MOST_INTERVAL[often]} for {often}.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("A recurrence ends by COUNT or by UNTIL, not by both.")
    if often in ("DAILY", "WEEKLY"):
        if re.search("[1-5]", parts.get("BYDAY", "")):
            raise ValueError("A number before a day, as 1SA, goes with FREQ=MONTHLY or YEARLY.")
        if {"BYMONTHDAY", "BYSETPOS"} & set(parts):
            raise ValueError("BYMONTHDAY and BYSETPOS go with FREQ=MONTHLY or YEARLY.")
        # these could fall on no day at all, and to find that out dateutil goes through every day until the year 9999
        if often == "DAILY" and "INTERVAL" in parts and {"BYDAY", "BYMONTH"} & set(parts):
            raise ValueError("With FREQ=DAILY, give INTERVAL or the days: use FREQ=WEEKLY or MONTHLY.")
        if "BYMONTH" in parts and int(parts.get("INTERVAL", "1")) > 4:
            raise ValueError("With FREQ=WEEKLY and BYMONTH, INTERVAL is at most 4.")
    if "BYSETPOS" in parts and not {"BYMONTH", "BYMONTHDAY", "BYDAY"} & set(parts):
        raise ValueError("BYSETPOS chooses from the days of another part, such as BYDAY.")
    if "UNTIL" in parts:
        _until(parts["UNTIL"])
    try:
        rrulestr(_written({name: value for name, value in parts.items() if name not in ("UNTIL", "COUNT")}))
    except (ValueError, TypeError):
        raise ValueError("This recurrence cannot be read as a rule of iCalendar.") from None


def settled(rule: str, start: datetime) -> tuple[str, datetime]:
    """The rule as it is stored, and its first moment on or after `start`: its end as a moment in UTC, no COUNT.

    RFC 5545 leaves open what a first moment means that the rule itself does not name; so it is moved to the first that
    it does.

    Raises:
        ValueError: it never falls, or not for the first or last time within 40 years.
    """
    parts = _parts(rule)
    count = int(parts.pop("COUNT", "0"))
    if "UNTIL" in parts:
        parts["UNTIL"] = f"{_until(parts['UNTIL']).replace(tzinfo=HOME_ZONE).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    moments = list(islice(_soon(parts, start), count or 1))
    if not moments or len(moments) < count:
        raise ValueError("This recurrence falls on no day, or ends too far from its beginning.")
    if count:
        parts["UNTIL"] = f"{moments[-1].replace(tzinfo=HOME_ZONE).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    if len(rule := _written(parts)) > LONGEST:
        raise ValueError("This recurrence is too long.")
    return rule, moments[0]


def between(rule: str, start: datetime, first: datetime, last: datetime) -> Iterator[datetime]:
    """The moments of a settled rule from `first` to `last`, both included, in order; local times without a zone.

    However long ago the rule began, only the time since shortly before `first` is gone through.
    """
    parts = _parts(rule)
    begin = _nearer(parts, start, first)
    return _moments(_written(parts), begin, max(first, start), min(last, END))


@lru_cache(maxsize=20_000)
def first_between(rule: str, start: datetime, first: datetime, last: datetime) -> datetime | None:
    """The first moment of a settled rule from `first` to `last`, both included; None when there is none."""
    return next(between(rule, start, first, last), None)


def ended(rule: str, last: datetime) -> str:
    """The settled rule that ends at this local moment at the latest."""
    parts = _parts(rule)
    end = min(last, _until(parts["UNTIL"])) if "UNTIL" in parts else last
    parts["UNTIL"] = f"{end.replace(tzinfo=HOME_ZONE).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return _written(parts)


def _soon(parts: dict[str, str], start: datetime) -> Iterator[datetime]:
    """The moments within REACH_YEARS of `start` of a rule that may fall on no day at all.

    To find out that there is none, dateutil goes on until the year 9999. So it is asked about a beginning as many whole
    cycles of the calendar later as fit, where the year 9999 is near.
    """
    later = (9999 - REACH_YEARS - start.year) // CYCLE_YEARS * CYCLE_YEARS
    begin = start.replace(year=start.year + later)
    end = END.replace(year=min(start.year + REACH_YEARS, END.year))
    if "UNTIL" in parts:
        end = min(end, _until(parts["UNTIL"]))
    rule = {name: value for name, value in parts.items() if name != "UNTIL"}
    for moment in _moments(_written(rule), begin, begin, end.replace(year=end.year + later)):
        yield moment.replace(year=moment.year - later)


def _moments(rule: str, begin: datetime, first: datetime, last: datetime) -> Iterator[datetime]:
    parts = _parts(rule)
    end = min(last, _until(parts["UNTIL"])) if "UNTIL" in parts else last
    if end < first:
        return
    parts["UNTIL"] = f"{end:%Y%m%dT%H%M%S}"
    for moment in rrulestr(_written(parts), dtstart=begin):
        if moment >= first:
            yield moment


def _nearer(parts: dict[str, str], start: datetime, first: datetime) -> datetime:
    """A beginning shortly before `first` from which the same moments follow; parts that follow from `start` are named.

    A whole number of steps is left out, and one more is kept, so that what is every second week stays in its week.
    """
    step = int(parts.get("INTERVAL", "1"))
    if first <= start:
        return start
    if parts["FREQ"] in ("DAILY", "WEEKLY"):
        step *= 7 if parts["FREQ"] == "WEEKLY" else 1
        return start + timedelta(days=max((first - start).days // step - 1, 0) * step)
    by_year = parts["FREQ"] == "YEARLY"
    months = (first.year - start.year) * 12 + first.month - start.month
    step *= 12 if by_year else 1
    left_out = max(months // step - 1, 0) * step
    if left_out == 0:
        return start
    if "BYDAY" not in parts and "BYMONTHDAY" not in parts:
        if by_year:
            parts.setdefault("BYMONTH", str(start.month))
        parts["BYMONTHDAY"] = str(start.day)
    month = 0 if by_year else start.month - 1
    month += start.year * 12 + left_out
    return start.replace(year=month // 12, month=month % 12 + 1, day=1)


def _until(text: str) -> datetime:
    """The local moment at which a rule ends: of a day its last second. ValueError when there is no such moment."""
    try:
        if len(text) == 8:
            return datetime.strptime(text, "%Y%m%d").replace(hour=23, minute=59, second=59)  # noqa: DTZ007 - local
        moment = datetime.strptime(text[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 - local, or UTC as the next line says
    except ValueError:
        raise ValueError("The value of UNTIL in the recurrence is no day or moment that exists.") from None
    if text.endswith("Z"):
        return moment.replace(tzinfo=UTC).astimezone(HOME_ZONE).replace(tzinfo=None)
    return moment


def _parts(rule: str) -> dict[str, str]:
    return {name: value for name, _, value in (piece.partition("=") for piece in rule.split(";"))}


def _written(parts: dict[str, str]) -> str:
    return ";".join(f"{name}={parts[name]}" for name in PARTS if name in parts)
