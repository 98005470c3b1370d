"""`vuurtoren streets` and `vuurtoren export`: the main question and whole collections, as a table or a file."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.session import open_session

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from assets.coverage import StreetPartCoverage

FILE_FORMATS = ("csv", "geojson", "gpkg", "xlsx")
THEMES = ("any", "litter", "greenery", "meeting", "children", "care", "culture", "mobility", "sharing")
STATES = ("carried", "partly", "asked", "unasked")
COLLECTIONS = ("assets", "streets", "areas", "activities")

On = Annotated[str | None, typer.Option("--on", help="Date as YYYY-MM-DD. [default: today]")]
Area = Annotated[str | None, typer.Option("--area", help="Code of an area of any level. [default: everything]")]
Out = Annotated[Path | None, typer.Option("--out", help="File to write. [default: standard output]")]


def _one_of(value: str | None, choices: tuple[str, ...], option: str) -> None:
    if value is not None and value not in choices:
        raise typer.BadParameter(f"It is one of {', '.join(choices)}.", param_hint=option)


def _day(text: str | None) -> date:
    from app.parameters import FIRST_DATE, LAST_DATE, today

    if text is None:
        return today()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("Write a date as 2026-11-23.", param_hint="--on") from None
    if not FIRST_DATE <= day <= LAST_DATE:
        raise typer.BadParameter(f"Dates lie between {FIRST_DATE.year} and {LAST_DATE.year}.", param_hint="--on")
    return day


def streets(
    area: Area = None,
    theme: Annotated[str, typer.Option("--theme", help=f"One of {', '.join(THEMES)}.")] = "any",
    initiative: Annotated[
        str | None, typer.Option("--initiative", help="none: only streets without one; any: only streets with one.")
    ] = None,
    state: Annotated[str | None, typer.Option("--state", help=f"One of {', '.join(STATES)}.")] = None,
    on: On = None,
    format: Annotated[str, typer.Option("--format", help=f"table, {', '.join(FILE_FORMATS)}.")] = "table",
    out: Out = None,
) -> None:
    """List street parts by state: where neighbours care for their street, and where there is still room.

    Example: vuurtoren streets --area GM9999 --theme litter --initiative none
    """
    _one_of(theme, THEMES, "--theme")
    _one_of(initiative, ("none", "any"), "--initiative")
    _one_of(state, STATES, "--state")
    _one_of(format, ("table", *FILE_FORMATS), "--format")
    day = _day(on)
    _need_file(format, out)
    with open_session() as session:
        from assets import coverage, crs
        from assets.vocabulary import Initiative, StreetState, Theme

        srid = crs.storage(session).srid
        rows = coverage.street_parts(
            session,
            on=day,
            area=area,
            theme=None if theme == "any" else Theme(theme),
            initiative=None if initiative is None else Initiative(initiative),
            state=None if state is None else StreetState(state),
            by_name=True,
            srid=None if format == "table" else srid,
        )
        if format != "table":
            about = {"theme": theme, "initiative": initiative or "", "area": area or "", "on": day.isoformat()}
            _deliver(_street_file(rows, format, srid, about), out)
            return
    _print(rows)


def _need_file(format: str, out: Path | None) -> None:
    """A GeoPackage or Excel file does not belong on a terminal."""
    if format in ("gpkg", "xlsx") and out is None and sys.stdout.isatty():
        raise typer.BadParameter(f"Name a file for {format}.", param_hint="--out")


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


def _deliver(body: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
        return
    from app.commands.session import plain_errors
    from app.settings import SettingsError

    with plain_errors():
        try:
            out.write_bytes(body)
        except OSError as error:
            raise SettingsError(f"Cannot write {out}: {(error.strerror or 'it failed').lower()}.") from None
    typer.echo(f"{out}: {len(body):,} bytes")


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
    if not sys.stdout.isatty():
        for line in (heads, *lines):
            typer.echo("\t".join(str(value).replace("\t", " ") for value in line))
    else:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(*heads)
        for line in lines:
            # Text, not str: a name with [brackets] is a name, not a style
            table.add_row(*(Text(str(value)) for value in line))
        Console().print(table)
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
    _one_of(what, COLLECTIONS, "WHAT")
    _one_of(format, FILE_FORMATS, "--format")
    day = _day(on)
    _need_file(format, out)
    with open_session() as session:
        body = _exported(session, what, format, area, day)
    _deliver(body, out)


def _exported(session: "Session", what: str, format: str, area: str | None, day: date) -> bytes:
    from app import downloads
    from assets import coverage, crs, exports, features

    srid = crs.storage(session).srid
    about = {"what": what, "area": area or "", "on": day.isoformat()}
    if what == "streets":
        return _street_file(coverage.street_parts(session, on=day, area=area, srid=srid), format, srid, about)
    filters: dict[str, Any] = features.in_period(day, day) if what == "assets" else {}
    if area is not None:
        filters |= {"code": area} if what == "areas" else features.in_area(session, area)
    return exports.written(
        downloads.records(session, what, filters=filters, srid=srid, on=day),
        file_format=exports.FileFormat(format),
        columns=downloads.columns(what),
        layer=what,
        srid=srid,
        about=about,
    )
