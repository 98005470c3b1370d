"""`vuurtoren timeline`: an area month by month, as a table or a file."""

from datetime import date
from typing import Annotated

import typer

from app.commands.options import Out, day, deliver, need_file, one_of, print_table
from app.commands.session import open_session

FORMATS = ("table", "csv", "xlsx")


def timeline(
    area: Annotated[str, typer.Option("--area", help="Code of an area of any level.", show_default=False)],
    theme: Annotated[str, typer.Option("--theme", help="Only entries about this theme, or any.")] = "any",
    first: Annotated[
        str | None, typer.Option("--first", help="A day in the first month. [default: a year ago]")
    ] = None,
    last: Annotated[str | None, typer.Option("--last", help="The last day. [default: today]")] = None,
    format: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = "table",
    out: Out = None,
) -> None:
    """Show what appeared, aged, ended or faded in an area, on the first of each month, and its energy.

    Example: vuurtoren timeline --area BU99990101 --first 2025-01-01
    """
    from assets.vocabulary import Theme

    one_of(format, FORMATS, "--format")
    one_of(theme, ("any", *Theme), "--theme")
    end = day(last, "--last")
    begin: date | None = day(first, "--first") if first else None
    need_file(format, out)
    with open_session(public=True) as session:
        from assets import exports, timeline
        from assets.people_told import FEWER

        told = timeline.moments(
            session,
            area,
            first=begin or timeline.period(None, end)[0],
            last=end,
            theme=None if theme == "any" else Theme(theme),
        )
        records = [timeline.record(one) for one in told]
        if format != "table":
            about = {"what": "timeline", "area": area, "theme": theme}
            body = exports.written(
                records,
                file_format=exports.FileFormat(format),
                columns=timeline.COLUMNS,
                layer="timeline",
                srid=0,
                about=about,
            )
            deliver(body, out)
            return
        # of what this table holds only a number of people can be untold
        lines = [[FEWER if record[name] is None else record[name] for name in timeline.COLUMNS] for record in records]
    print_table(timeline.COLUMNS, lines)
