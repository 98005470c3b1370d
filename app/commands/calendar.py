"""`vuurtoren calendar`: what happens again and again in an area, as a file for calendar programs."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import On, day, deliver
from app.commands.session import open_session


def calendar(
    area: Annotated[str, typer.Option("--area", help="Code of an area of any level.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="The file to write.", show_default=False)],
    on: On = None,
) -> None:
    """Write the calendar of an area: everything public that has a recurrence, with its rule (iCalendar).

    Example: vuurtoren calendar --area BU99990101 --out oude-veer.ics
    """
    asked = day(on)
    with open_session(public=True) as session:
        from app import settings as environment
        from assets import calendars

        body = calendars.of_area(session, area, on=asked, base=environment.load().base_url)
    deliver(body, out)
