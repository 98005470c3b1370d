"""Calendars: what happens again and again, as iCalendar (RFC 5545), for the calendar on somebody's telephone.

One event per asset, with its rule: programs work out the days themselves. Texts are escaped and lines folded by the
library icalendar. A person stands in it with no more of a place than the map shows.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from assets import browse, rhythms
from assets import recurrence as rules
from assets.errors import NotFound, TooLarge
from assets.recurrence import HOME_ZONE

#: Events in one calendar at most; a telephone shows no more.
MOST_EVENTS = rhythms.MOST_RULES
#: How far ahead the changes of the clocks are told, in years.
CLOCKS_AHEAD = 10
MEDIA_TYPE = "text/calendar"


def of_area(session: Session, code: str, *, on: date, base: str | None = None) -> bytes:
    """The calendar of an area of any level: what is public there, counts on a day, and has a recurrence.

    Args:
        session: as the public role.
        code: of the area.
        on: the day; today for everyone who asks now.
        base: scheme and host of this service, for links to pages; no links when None.

    Raises:
        NotFound: there is no area with this code.
        TooLarge: more events than a calendar can hold.
    """
    name = browse.area(session, code).name
    rows = rhythms.recurring(session, area=code, first=on, last=on)
    if len(rows) > MOST_EVENTS:
        raise TooLarge("{area} holds more than {most} events; choose a smaller area.", area=name, most=MOST_EVENTS)
    return _written(name, rows, on=on, base=base)


def of_asset(session: Session, asset_id: int, *, on: date, base: str | None = None) -> bytes:
    """The calendar of one asset; NotFound when it has no recurrence, does not count on that day or is not public."""
    rows = rhythms.recurring(session, asset_id=asset_id, first=on, last=on)
    if not rows:
        raise NotFound("There is no calendar of an asset with the number {id}.", id=asset_id)
    return _written(rows[0].title, rows, on=on, base=base)


def _written(name: str, rows: Sequence[Any], *, on: date, base: str | None) -> bytes:
    from icalendar import Calendar, Timezone

    found = Calendar()
    found.add("version", "2.0")
    found.add("prodid", "-//Vuurtoren//Vuurtoren//NL")
    found.add("calscale", "GREGORIAN")
    found.add("method", "PUBLISH")
    found.add("name", name)
    found.add("x-wr-calname", name)
    found.add("x-wr-timezone", str(HOME_ZONE))
    found.add("refresh-interval", timedelta(days=1), parameters={"value": "DURATION"})
    earliest = min((row.recurrence_start.year for row in rows), default=on.year)
    found.add_component(
        Timezone.from_tzid(
            str(HOME_ZONE), first_date=date(earliest, 1, 1), last_date=date(max(on.year, earliest) + CLOCKS_AHEAD, 1, 1)
        )
    )
    for row in rows:
        found.add_component(_event(row, base))
    written: bytes = found.to_ical()
    return written


def _event(row: Any, base: str | None) -> Any:
    from icalendar import Event
    from icalendar.prop import vRecur

    rule = row.recurrence
    if row.ended_on is not None:
        rule = rules.ended(rule, datetime.combine(row.ended_on - timedelta(days=1), time(23, 59, 59)))
    event = Event()
    # the same in every calendar and at every address of this service
    event.add("uid", f"asset-{row.id}-{row.created_at.astimezone(UTC):%Y%m%dT%H%M%S%f}@vuurtoren")
    event.add("dtstamp", row.changed_at.astimezone(UTC))
    event.add("last-modified", row.changed_at.astimezone(UTC))
    event.add("sequence", row.version - 1)
    spoken = {"language": row.language}  # of what people wrote; a telephone that reads it out speaks it so
    event.add("summary", row.title, parameters=spoken)
    event.add("dtstart", row.recurrence_start.replace(tzinfo=HOME_ZONE))
    if row.recurrence_minutes is not None:
        event.add("duration", timedelta(minutes=row.recurrence_minutes))
    event.add("rrule", vRecur.from_ical(rule))
    if words := "\n\n".join(part for part in (row.rhythm, row.description) if part):
        event.add("description", words, parameters=spoken)
    if (place := rhythms.place_of(row)) is not None:
        event.add("location", place)
    if base is not None:
        event.add("url", f"{base}/assets/{row.id}")
    event.add("transp", "TRANSPARENT")
    return event
