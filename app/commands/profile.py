"""`vuurtoren profile`: what an area has to build on, its energy and the room in its streets, as figures."""

import json
from typing import Annotated

import typer

from app.commands.options import On, Out, day, deliver, one_of, print_table
from app.commands.session import open_session

FORMATS = ("table", "json", "csv")
COLUMNS = ("part", "what", "value")


def profile(
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code of an area of any level.", show_default=False)],
    on: On = None,
    theme: Annotated[str, typer.Option("--theme", help="Theme of the room in streets, or any.")] = "any",
    format: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = "table",
    out: Out = None,
) -> None:
    """Show what an area has to build on: strengths, energy, meeting places, room.

    Example: vuurtoren profile BU99990101 --on 2026-06-01
    """
    from assets.vocabulary import Theme

    one_of(format, FORMATS, "--format")
    one_of(theme, ("any", *Theme), "--theme")
    asked = day(on)
    with open_session(public=True) as session:
        from assets import exports, profile
        from assets.people_told import FEWER

        found = profile.of_area(session, code, on=asked, theme=None if theme == "any" else Theme(theme))
        if format == "json":
            deliver(json.dumps(profile.record(found), ensure_ascii=False, indent=2).encode() + b"\n", out)
            return
        lines = profile.lines(found)
        if format == "csv" or out is not None:
            records = [dict(zip(COLUMNS, line, strict=True)) for line in lines]
            body = exports.written(
                records, file_format=exports.FileFormat.csv, columns=COLUMNS, layer="profile", srid=0, about={}
            )
            deliver(body, out)
            return
    told = [
        (part, what, FEWER if value is None and "people_at_least" in what else value) for part, what, value in lines
    ]
    print_table(COLUMNS, told)
