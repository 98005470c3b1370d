"""Rhythms: the next days of what happens again and again, and calendars of them.

Worked on paper in the hand-drawn neighbourhood (see tests/neighbourhood.py); today is Monday 1 June 2026.

- P, a street initiative on Korte Steeg in West, begun and last heard of on 1 January 2026, every Saturday at ten from
  3 January on, 90 minutes. It counts for twice six months, up to 1 January 2027. From 1 June: 6, 13, 20, 27 June.
- Q, a club in West, from 1 March 2026 to 14 June 2026 (the day from which it is gone), every Sunday at 14:00 from
  7 December 2025. From 1 June: 7 June only.
- R, a person who shows only the neighbourhood Oost, every first Monday of the month at 19:30. From 1 June: 1 June.
  Without consent nobody sees it.
- S, a club in Oost that only says in words when it meets: in no calendar.
"""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
from dateutil.rrule import rrulestr
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import calendars, consents, coverage, energy, features, inventory, rhythms
from assets.drafts import AssetDraft
from assets.errors import Invalid, NotFound
from assets.recurrence import HOME_ZONE
from assets.vocabulary import Audience, StreetState
from tests import neighbourhood
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, DAY, at, initiative

Ids = dict[str, int]
HOSTILE = "Koor; ,\\n\nBEGIN:VEVENT <script>alert(1)</script> ${x} " + "é" * 80


def thing(title: str, x: float, **values: Any) -> AssetDraft:
    """A club of the drawing."""
    place = {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": at(x, 150)}}
    return AssetDraft.model_validate({"kind": "club", "title": title, "place": place, **values})


def every(rule: str, start: str, minutes: int | None = None) -> dict[str, Any]:
    """The recurrence of a draft."""
    return {"recurrence": rule, "recurrence_start": start, "recurrence_minutes": minutes}


@pytest.fixture
def ids(session: Session, tmp_path: Path) -> Ids:
    """The numbers of P, Q, R and S; R has consent for the public."""
    neighbourhood.draw(session, tmp_path)
    saturdays = every("FREQ=WEEKLY;BYDAY=SA", "2026-01-01T10:00", 90)
    old: dict[str, Any] = {"started_on": "2026-01-01", "confirmed_on": "2026-01-01"}
    drafts = {
        "P": AssetDraft.model_validate(
            initiative("P", {"street": "Korte Steeg", "whole": True}).model_dump() | old | saturdays
        ),
        "Q": thing(
            "Q", 150, started_on="2026-03-01", ended_on="2026-06-14", **every("FREQ=WEEKLY", "2025-12-07T14:00")
        ),
        "R": AssetDraft.model_validate(
            {
                "kind": "person",
                "title": "R",
                "place": {"show": "neighbourhood", "area": "BU00010102"},
                **every("FREQ=MONTHLY;BYDAY=1MO", "2026-01-01T19:30"),
            }
        ),
        "S": thing("S", 700, rhythm="als het mooi weer is"),
    }
    found = {letter: inventory.add(session, draft, by=BUILDER, today=DAY).id for letter, draft in drafts.items()}
    today = date.today()
    consents.record(
        session, found["R"], audience=Audience.public, wording_version="1", wording="Mag het?", language="nl",
        given_on=today, by="test", expires_on=today + timedelta(days=300),
    )  # fmt: skip
    return found


def told(session: Session, first: date, last: date, area: str | None = None) -> list[tuple[str, str]]:
    """Titles and moments, in order."""
    with as_public(session):
        found = rhythms.occurrences(session, first=first, last=last, area=area)
    return [(one.title, f"{one.starts_at:%d-%m %H:%M}") for one in found]


def test_what_is_coming_in_order_of_time(session: Session, ids: Ids) -> None:
    """June 2026 as worked out on paper; an area holds what lies in it; a person without consent is nowhere."""
    june = [("R", "01-06 19:30"), ("P", "06-06 10:00"), ("Q", "07-06 14:00"), ("P", "13-06 10:00")]
    later = [("P", "20-06 10:00"), ("P", "27-06 10:00")]

    assert june + later == told(session, DAY, date(2026, 6, 30))
    assert [one for one in june + later if one[0] != "R"] == told(session, DAY, date(2026, 6, 30), "BU00010101")
    assert june + later == told(session, DAY, date(2026, 6, 30), "GM0001")
    session.execute(text("UPDATE consent SET withdrawn_at = now()"))
    assert not [one for one in told(session, DAY, date(2026, 6, 30)) if one[0] == "R"]


def test_nothing_is_announced_outside_the_days_on_which_it_counts(session: Session, ids: Ids) -> None:
    """Not before it began, not from its end, not after it would have faded; a confirmation prolongs what is known."""
    assert [("P", "26-12 10:00")] == told(session, date(2026, 12, 20), date(2027, 3, 1), "BU00010101")
    assert ("Q", "22-02 14:00") not in told(session, date(2026, 2, 1), date(2026, 3, 31))
    assert ("Q", "01-03 14:00") in told(session, date(2026, 2, 1), date(2026, 3, 31))

    inventory.confirm(session, ids["P"], by=BUILDER, on=date(2026, 5, 30), today=DAY)
    assert ("P", "02-01 10:00") in told(session, date(2026, 12, 20), date(2027, 3, 1), "BU00010101")


def test_what_is_announced_is_no_sign_of_life_and_no_energy(session: Session, ids: Ids) -> None:
    """Twenty Saturdays went by since anybody spoke of P: the street has no energy, and P fades as if it had no rule."""
    twin = initiative("T", {"street": "Singel", "whole": True}, started_on="2026-01-01", confirmed_on="2026-01-01")
    plain = inventory.add(session, twin, by=BUILDER, today=DAY)
    asset = inventory.get(session, ids["P"])

    assert (plain.fresh_on, plain.active_on) == (asset.fresh_on, asset.active_on)
    with as_public(session):
        assert 0 == sum(one.energy for one in energy.street_parts(session, on=DAY, area="GM0001"))
        state = {one.name: one.state for one in coverage.street_parts(session, on=date(2027, 1, 2), theme=None)}
    assert StreetState.unasked == state["Korte Steeg"]


@pytest.mark.parametrize(
    ("letter", "after", "day"),
    [
        ("P", date(2026, 6, 1), date(2026, 6, 6)),
        ("P", date(2026, 6, 6), date(2026, 6, 6)),
        ("P", date(2026, 6, 7), date(2026, 6, 13)),
        ("P", date(2025, 1, 1), date(2026, 1, 3)),
        ("P", date(2026, 12, 27), None),
        ("Q", date(2026, 6, 1), date(2026, 6, 7)),
        ("Q", date(2026, 6, 8), None),
        ("Q", date(2025, 12, 1), date(2026, 3, 1)),
        ("S", date(2026, 6, 1), None),
    ],
)
def test_the_next_day(session: Session, ids: Ids, letter: str, after: date, day: date | None) -> None:
    """The first day from the day asked, that day itself included; the API says the same."""
    assert day == rhythms.next_on(inventory.get(session, ids[letter]), after)
    with as_public(session):
        row = features.page(
            session, "assets", filters={"id": ids[letter]}, look=features.Look(), limit=1, on=after
        )[0]  # fmt: skip
    assert (f'"next_on" : "{day}"' if day else '"next_on" : null') in row.feature


def test_questions_that_make_no_sense_are_refused(session: Session, ids: Ids) -> None:
    """Days in the wrong order, more than 400 days, an area that nobody knows."""
    for last in (date(2026, 5, 31), date(2027, 8, 1)):
        with pytest.raises(Invalid):
            rhythms.occurrences(session, first=DAY, last=last)
    with pytest.raises(NotFound):
        rhythms.occurrences(session, first=DAY, last=DAY, area="BU99")
    with pytest.raises(NotFound):
        calendars.of_area(session, "BU99", on=DAY)
    with pytest.raises(NotFound):
        calendars.of_asset(session, ids["S"], on=DAY)
    assert [] == told(session, DAY, date(2026, 6, 30), "BU00010201")


def events(body: bytes) -> dict[str, Any]:
    """The events of a calendar by title, read by icalendar again."""
    return {str(one["SUMMARY"]): one for one in icalendar.Calendar.from_ical(body).walk("VEVENT")}


def test_a_calendar_holds_one_event_for_each_rule(session: Session, ids: Ids) -> None:
    """Title, first moment with its zone, length, rule, place in words, page; the rule ends with its asset."""
    with as_public(session):
        found = events(calendars.of_area(session, "GM0001", on=DAY, base="https://kaart.example"))

    assert {"P", "Q", "R"} == set(found)
    assert "nl" == found["P"]["SUMMARY"].params["LANGUAGE"], "what somebody wrote is marked with its language"
    assert datetime(2026, 1, 3, 10, tzinfo=HOME_ZONE) == found["P"].decoded("DTSTART")
    assert "Europe/Amsterdam" == found["P"]["DTSTART"].params["TZID"]
    assert timedelta(minutes=90) == found["P"].decoded("DURATION")
    assert {"FREQ": ["WEEKLY"], "BYDAY": ["SA"]} == dict(found["P"]["RRULE"])
    # gone from 14 June: the last second of 13 June in summer is 21:59:59 UTC
    assert b"FREQ=WEEKLY;UNTIL=20260613T215959Z" == found["Q"]["RRULE"].to_ical()
    assert ("Korte Steeg, West", "West", "Oost") == tuple(str(found[name]["LOCATION"]) for name in "PQR")
    assert f"https://kaart.example/assets/{ids['P']}" == str(found["P"]["URL"])
    assert "GEO" not in found["R"]


def test_programs_and_our_own_list_find_the_same_moments(session: Session, ids: Ids) -> None:
    """Expanded by dateutil with the zone, over both changes of the clocks, the event gives what `occurrences` says."""
    with as_public(session):
        body = calendars.of_area(session, "BU00010101", on=date(2026, 3, 20))
        ours = rhythms.occurrences(session, first=date(2026, 3, 20), last=date(2026, 11, 30), area="BU00010101")
    event = events(body)["P"]
    rule = rrulestr(event["RRULE"].to_ical().decode(), dtstart=event.decoded("DTSTART"))
    first, last = (datetime(2026, *day, tzinfo=HOME_ZONE) for day in ((3, 20), (12, 1)))

    assert [one.starts_at for one in ours if one.title == "P"] == [
        moment.replace(tzinfo=None) for moment in rule.between(first, last)
    ]
    assert {10} == {one.starts_at.hour for one in ours if one.title == "P"}


def test_hostile_words_stay_words(session: Session, ids: Ids) -> None:
    """Signs that mean something in a calendar are escaped, lines folded at 75 bytes, and no event is smuggled in."""
    draft = thing("x", 700, description=HOSTILE, **every("FREQ=DAILY", "2026-01-01T10:00"))
    draft = draft.model_copy(update={"title": HOSTILE.replace("\n", " ")})
    asset = inventory.add(session, draft, by=BUILDER, today=DAY)
    with as_public(session):
        body = calendars.of_asset(session, asset.id, on=DAY)

    (event,) = icalendar.Calendar.from_ical(body).walk("VEVENT")
    assert (HOSTILE.replace("\n", " "), HOSTILE) == (str(event["SUMMARY"]), str(event["DESCRIPTION"]))
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert body.count(b"\r\nBEGIN:VEVENT") == 1


def test_the_identity_of_an_event_stays(session: Session, ids: Ids) -> None:
    """A change of an asset is a newer version of the same event."""
    with as_public(session):
        before = events(calendars.of_asset(session, ids["P"], on=DAY, base="http://a.example"))["P"]
    draft = inventory.as_draft(session, inventory.get(session, ids["P"])).model_copy(update={"title": "Pp"})
    inventory.change(session, ids["P"], draft, by=BUILDER, today=DAY)
    with as_public(session):
        after = events(calendars.of_asset(session, ids["P"], on=DAY, base="http://b.example"))["Pp"]

    assert before["UID"] == after["UID"]
    assert (0, 1) == (before["SEQUENCE"], after["SEQUENCE"])


@pytest.mark.parametrize(
    "values",
    [
        {"recurrence": "FREQ=DAILY"},
        {"recurrence_start": "2026-01-01T10:00"},
        {"recurrence_minutes": 30},
        every("FREQ=DAILY", "2026-01-01"),
        every("FREQ=DAILY", "2026-01-01T10:00Z"),
        every("FREQ=DAILY", "2026-01-01T25:00"),
        every("FREQ=DAILY", "2026-02-30T10:00"),
        every("FREQ=DAILY", "1899-12-31T10:00"),
        every("FREQ=DAILY", "2026-01-01T10:00", 0),
        every("FREQ=DAILY", "2026-01-01T10:00", 10_081),
        every("FREQ=HOURLY", "2026-01-01T10:00"),
        {"recurrence": 7, "recurrence_start": "2026-01-01T10:00"},
    ],
)
def test_a_draft_with_half_a_recurrence_is_refused(values: dict[str, Any]) -> None:
    """Rule and first time go together; the time is local and to the minute; the rule is one that may be used."""
    with pytest.raises(ValueError, match=r"recurrence|Minutes"):
        thing("x", 100, **values)


def test_a_rule_that_never_falls_is_refused(session: Session, ids: Ids) -> None:
    """With its place in the draft, as every fault."""
    with pytest.raises(Invalid) as refused:
        inventory.add(
            session, thing("x", 100, **every("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01T10:00")),
            by=BUILDER, today=DAY,
        )  # fmt: skip
    assert "/recurrence" == refused.value.faults[0].pointer
