"""`vuurtoren streets` and `vuurtoren export`: the main question and whole collections, as a table or a file."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import growth_edge as edge
from app.commands.options import Area, On, Out, day, deliver, need_file, one_of, print_table
from app.commands.session import open_session

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from assets.coverage import StreetPartCoverage

FILE_FORMATS = ("csv", "geojson", "gpkg", "xlsx")
THEMES = ("any", "litter", "greenery", "meeting", "children", "care", "culture", "mobility", "sharing")
STATES = ("carried", "partly", "asked", "unasked")
EDGE = "--growth-edge"
COLLECTIONS = ("assets", "streets", "areas", "activities")


def streets(
    area: Area = None,
    theme: Annotated[str, typer.Option("--theme", help=f"One of {', '.join(THEMES)}.")] = "any",
    initiative: Annotated[
        str | None, typer.Option("--initiative", help="none: only streets without one; any: only streets with one.")
    ] = None,
    state: Annotated[str | None, typer.Option("--state", help=f"One of {', '.join(STATES)}.")] = None,
    on: On = None,
    growth_edge: Annotated[
        bool, typer.Option("--growth-edge", help="Those without an initiative, nearest to a carried street first.")
    ] = False,
    format: Annotated[str, typer.Option("--format", help=f"table, {', '.join(FILE_FORMATS)}.")] = "table",
    out: Out = None,
) -> None:
    """List street parts by state: where neighbours care for their street, and where there is still room.

    Example: vuurtoren streets --area GM9999 --theme litter --initiative none
    """
    one_of(theme, THEMES, "--theme")
    one_of(initiative, ("none", "any"), "--initiative")
    one_of(state, STATES, "--state")
    one_of(format, ("table", *FILE_FORMATS), "--format")
    if growth_edge and (initiative == "any" or state is not None):
        raise typer.BadParameter("It is about streets without an initiative, whatever their state.", param_hint=EDGE)
    asked = day(on)
    need_file(format, out)
    if growth_edge:
        _growth_edge(area, theme, asked, format, out)
        return
    with open_session(public=True) as session:
        from assets import coverage, crs
        from assets.vocabulary import Initiative, StreetState, Theme

        srid = crs.storage(session).srid
        rows = coverage.street_parts(
            session,
            on=asked,
            area=area,
            theme=None if theme == "any" else Theme(theme),
            initiative=None if initiative is None else Initiative(initiative),
            state=None if state is None else StreetState(state),
            by_name=True,
            srid=None if format == "table" else srid,
        )
        if format != "table":
            about = {"theme": theme, "initiative": initiative or "", "area": area or "", "on": asked.isoformat()}
            deliver(_street_file(rows, format, srid, about), out)
            return
    _print(rows)


def _growth_edge(area: str | None, theme: str, on: date, format: str, out: Out) -> None:
    with open_session(public=True) as session:
        from assets import crs

        srid = crs.storage(session).srid
        rows = edge.answer(session, area=area, theme=theme, on=on, srid=None if format == "table" else srid)
    if format == "table":
        edge.show(rows)
    else:
        about = {"what": "growth edge", "theme": theme, "area": area or "", "on": on.isoformat()}
        deliver(edge.file(rows, format, srid, about), out)


def _street_file(rows: "list[StreetPartCoverage]", format: str, srid: int, about: dict[str, str]) -> bytes:
    from assets import exports

    return exports.written(
        exports.street_records(rows),
        file_format=exports.FileFormat(format),
        columns=exports.STREET_COLUMNS,
        layer="streets",
        srid=srid,
        about=about,
    )


def _print(rows: "list[StreetPartCoverage]") -> None:
    """A table for people on a terminal, tabs between the columns elsewhere."""
    heads = ("street", "neighbourhood", "length_m", "covered_m", "share", "state", "last_activity", "last_conversation")
    lines: list[tuple[Any, ...]] = [
        (
            row.name,
            row.neighbourhood or row.municipality or "",
            f"{row.length_m:.0f}",
            f"{row.covered_m:.0f}",
            f"{row.share:.0%}",
            str(row.state),
            row.last_activity_on or "",
            row.last_conversation_on or "",
        )
        for row in rows
    ]
    print_table(heads, lines)
    typer.echo(f"{len(rows)} street parts, {sum(row.length_m for row in rows) / 1000:.1f} km", err=True)


def export(
    what: Annotated[str, typer.Argument(help=f"One of {', '.join(COLLECTIONS)}.")],
    format: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FILE_FORMATS)}.")] = "csv",
    area: Area = None,
    on: On = None,
    out: Out = None,
) -> None:
    """Write everything that is public of one collection to a file.

    Example: vuurtoren export assets --format gpkg --out assets.gpkg
    """
    one_of(what, COLLECTIONS, "WHAT")
    one_of(format, FILE_FORMATS, "--format")
    asked = day(on)
    need_file(format, out)
    with open_session(public=True) as session:
        body = _exported(session, what, format, area, asked)
    deliver(body, out)


def _exported(session: "Session", what: str, format: str, area: str | None, asked: date) -> bytes:
    from app import downloads
    from assets import coverage, crs, exports, features

    srid = crs.storage(session).srid
    about = {"what": what, "area": area or "", "on": asked.isoformat()}
    if what == "streets":
        return _street_file(coverage.street_parts(session, on=asked, area=area, srid=srid), format, srid, about)
    filters: dict[str, Any] = features.in_period(asked, asked) if what == "assets" else {}
    if area is not None:
        filters |= {"code": area} if what == "areas" else features.in_area(session, area)
    return exports.written(
        downloads.records(session, what, filters=filters, srid=srid, on=asked),
        file_format=exports.FileFormat(format),
        columns=downloads.columns(what),
        layer=what,
        srid=srid,
        about=about,
    )
