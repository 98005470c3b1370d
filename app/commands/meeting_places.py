"""`vuurtoren meeting-places`: which meeting places an area has, and what lies within walking distance of one."""

from typing import Annotated, Any

import typer

from app.commands.options import On, Out, day, deliver, need_file, one_of, print_table
from app.commands.session import open_session

FORMATS = ("table", "csv", "xlsx", "geojson", "gpkg")
#: Formats that hold what is reached, as lines; the others hold the figures of areas.
LINES = ("geojson", "gpkg")
HEADS = ("area", "kind", "meeting_places", "resident_run", "run_by_others", "within_400_m", "of")


def meeting_places(
    area: Annotated[str, typer.Option("--area", help="Code of an area of any level.", show_default=False)],
    on: On = None,
    format: Annotated[
        str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}; geojson and gpkg hold what is reached.")
    ] = "table",
    out: Out = None,
) -> None:
    """Show the meeting places of an area and all inside it, and the share within 400 m walking of one.

    Example: vuurtoren meeting-places --area GM9999
    """
    one_of(format, FORMATS, "--format")
    asked = day(on)
    need_file(format, out)
    with open_session(public=True) as session:
        from assets import exports, meeting_places

        if format == "table":
            found = meeting_places.of_areas(session, area=area, on=asked)
        else:
            lines = format in LINES
            records = (
                [meeting_places.line_record(one) for one in meeting_places.lines(session, area=area, on=asked)]
                if lines
                else [meeting_places.record(one) for one in meeting_places.of_areas(session, area=area, on=asked)]
            )
            body = exports.written(
                records,
                file_format=exports.FileFormat(format),
                columns=meeting_places.LINE_COLUMNS if lines else meeting_places.AREA_COLUMNS,
                layer="within_400_m" if lines else "meeting_places",
                srid=4326,
                about={"what": "meeting places", "area": area, "on": asked.isoformat()},
            )
            deliver(body, out)
            return
    print_table(HEADS, [_line(one) for one in found])
    room = [one.name for one in meeting_places.with_room(found)]
    if room:
        typer.echo(f"districts where there is still room for a meeting place: {', '.join(room)}", err=True)


def _line(one: Any) -> tuple[Any, ...]:
    counted = {
        "addresses": f"{one.addresses} addresses",
        "metres": f"{one.length_m / 1000:.1f} km of street",
        None: "addresses and streets unknown",
    }
    return (
        one.name,
        one.kind.value,
        one.places,
        one.resident_run,
        one.run_by_others,
        "unknown" if one.share is None else f"{one.share:.0%}",
        counted[one.measured_by],
    )
