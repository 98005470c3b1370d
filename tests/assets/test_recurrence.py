"""Rules of recurrence: which may be used, and the moments that follow."""

import time
from datetime import datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from assets import recurrence

START = datetime(2026, 3, 4, 10)  # a Wednesday


@pytest.mark.parametrize(
    ("rule", "stored", "first"),
    [
        ("FREQ=WEEKLY", "FREQ=WEEKLY", START),
        ("BYDAY=SA;FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=SA", datetime(2026, 3, 7, 10)),
        ("FREQ=MONTHLY;BYDAY=1SA", "FREQ=MONTHLY;BYDAY=1SA", datetime(2026, 3, 7, 10)),
        ("FREQ=MONTHLY;BYDAY=-1SU;BYMONTH=10", "FREQ=MONTHLY;BYMONTH=10;BYDAY=-1SU", datetime(2026, 10, 25, 10)),
        # the third time is 18 March, 10 o'clock in winter: 9 o'clock UTC
        ("FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;UNTIL=20260318T090000Z", START),
        # the whole of a day, in summer: until 23:59:59, which is 21:59:59 UTC
        ("FREQ=DAILY;UNTIL=20260630", "FREQ=DAILY;UNTIL=20260630T215959Z", START),
        ("FREQ=DAILY;UNTIL=20260630T120000", "FREQ=DAILY;UNTIL=20260630T100000Z", START),
        ("FREQ=YEARLY;INTERVAL=10;BYMONTH=2;BYMONTHDAY=29", None, datetime(2036, 2, 29, 10)),
    ],
)
def test_a_rule_is_stored_with_its_first_moment_and_its_end(rule: str, stored: str | None, first: datetime) -> None:
    """FREQ first, a count as the end that it means, the end in UTC as RFC 5545 asks, the first moment of the rule."""
    found = recurrence.settled(recurrence.read(rule), START)

    assert (stored or found[0], first) == found
    assert found == recurrence.settled(*found)


@pytest.mark.parametrize(
    "rule",
    [
        "", "RRULE:FREQ=DAILY", "every saturday", "BYDAY=SA", "FREQ=HOURLY", "FREQ=SECONDLY", "FREQ=MINUTELY",
        "FREQ=DAILY;BYHOUR=1", "FREQ=DAILY;BYSECOND=1", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=367",
        "FREQ=WEEKLY;INTERVAL=105", "FREQ=YEARLY;INTERVAL=11", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=1000",
        "FREQ=DAILY;COUNT=2;UNTIL=20260601", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;UNTIL=18991231",
        "FREQ=DAILY;UNTIL=22010101", "FREQ=DAILY;UNTIL=20260230", "FREQ=DAILY;UNTIL=tomorrow", "FREQ=WEEKLY;BYDAY=1SA",
        "FREQ=WEEKLY;BYMONTHDAY=1", "FREQ=MONTHLY;BYDAY=XX", "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=MONTHLY;BYMONTH=13",
        "FREQ=MONTHLY;BYSETPOS=1", "FREQ=DAILY\nDTSTART:20260101", "FREQ=DAILY;X=<script>", "FREQ=DAILY;",
        "FREQ=DAILY;INTERVAL=2;BYDAY=MO", "FREQ=WEEKLY;INTERVAL=52;BYMONTH=2", "FREQ=DAILY;BYEASTER=1",
    ],
)  # fmt: skip
def test_what_is_no_rule_here_is_refused(rule: str) -> None:
    """Nothing by the hour, nothing that dateutil alone would wave through, nothing that ends twice."""
    with pytest.raises(ValueError, match=r"\.$"):
        recurrence.read(rule)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=5",
        "FREQ=DAILY;UNTIL=20260101",
        "FREQ=YEARLY;INTERVAL=10;COUNT=9",
    ],
)
def test_a_rule_that_never_falls_is_refused_at_once(rule: str) -> None:
    """30 February never comes; to find that out takes no loop through eight thousand years."""
    began = time.perf_counter()
    with pytest.raises(ValueError, match="falls on no day"):
        recurrence.settled(recurrence.read(rule), START)
    assert time.perf_counter() - began < 1  # dateutil alone: up to ten seconds


RULES = st.one_of(
    st.builds("FREQ=DAILY;INTERVAL={}".format, st.integers(1, 366)),
    st.builds("FREQ=DAILY;BYDAY={};BYMONTH={}".format, st.sampled_from(["MO", "TU,SA"]), st.integers(1, 12)),
    st.builds("FREQ=WEEKLY;INTERVAL={};BYDAY={}".format, st.integers(1, 104), st.sampled_from(["MO", "TU,SA", "SU"])),
    st.builds("FREQ=WEEKLY;INTERVAL={};WKST=SU".format, st.integers(1, 104)),
    st.builds("FREQ=MONTHLY;INTERVAL={}".format, st.integers(1, 12)),
    st.builds("FREQ=MONTHLY;INTERVAL={};BYDAY={}".format, st.integers(1, 12), st.sampled_from(["1SA", "-1SU", "FR"])),
    st.builds("FREQ=MONTHLY;BYDAY={};BYSETPOS=-1".format, st.sampled_from(["MO,TU,WE", "SA,SU"])),
    st.builds("FREQ=MONTHLY;BYMONTHDAY={}".format, st.sampled_from(["31", "-1", "1,15", "29"])),
    st.builds("FREQ=YEARLY;INTERVAL={}".format, st.integers(1, 10)),
    st.builds("FREQ=YEARLY;INTERVAL={};BYMONTH={}".format, st.integers(1, 4), st.integers(1, 12)),
    st.builds("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29".format),
)


@given(
    rule=RULES,
    start=st.datetimes(datetime(1950, 1, 1), datetime(2030, 12, 31)),
    gap=st.integers(0, 60 * 366),
    days=st.integers(0, 800),
)
def test_beginning_nearer_gives_the_same_moments(rule: str, start: datetime, gap: int, days: int) -> None:
    """What is left out before the days asked changes nothing: the moments are those of dateutil from the very start."""
    try:
        settled, begin = recurrence.settled(recurrence.read(rule), start.replace(second=0, microsecond=0))
    except ValueError:
        return  # falls on no day from this beginning on, as 31 days in a month that never has them
    first = begin + timedelta(days=gap)
    last = first + timedelta(days=days)

    assert rrulestr(settled, dtstart=begin).between(first, last, inc=True) == list(
        recurrence.between(settled, begin, first, last)
    )


def test_moments_keep_their_local_time_when_the_clocks_change() -> None:
    """Ten o'clock on Saturdays is ten o'clock before and after the last Sunday of March and of October."""
    for first in (datetime(2026, 3, 21), datetime(2026, 10, 17)):
        found = list(islice(recurrence.between("FREQ=WEEKLY;BYDAY=SA", START, first, recurrence.END), 3))
        assert [first + timedelta(days=7 * week, hours=10) for week in range(3)] == found
        assert len({moment.replace(tzinfo=recurrence.HOME_ZONE).utcoffset() for moment in found}) == 2


def test_a_rule_ends_with_its_asset() -> None:
    """The earlier of its own end and the given one."""
    assert "FREQ=DAILY;UNTIL=20260331T215959Z" == recurrence.ended("FREQ=DAILY", datetime(2026, 3, 31, 23, 59, 59))
    earlier = "FREQ=DAILY;UNTIL=20260301T090000Z"
    assert earlier == recurrence.ended(earlier, datetime(2026, 3, 31, 23, 59, 59))
