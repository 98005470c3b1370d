"""Options and manners that commands share: an area, a day, a file to write, a table to print."""

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

On = Annotated[str | None, typer.Option("--on", help="Date as YYYY-MM-DD. [default: today]")]
Area = Annotated[str | None, typer.Option("--area", help="Code of an area of any level. [default: everything]")]
Out = Annotated[Path | None, typer.Option("--out", help="File to write. [default: standard output]")]


def one_of(value: str | None, choices: Sequence[str], option: str) -> None:
    """Refuse a word that is none of the choices."""
    if value is not None and value not in choices:
        raise typer.BadParameter(f"It is one of {', '.join(choices)}.", param_hint=option)


def day(text: str | None, option: str = "--on") -> date:
    """The day of an option; today when it is not given."""
    from app.parameters import FIRST_DATE, LAST_DATE, today

    if text is None:
        return today()
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("Write a date as 2026-11-23.", param_hint=option) from None
    if not FIRST_DATE <= found <= LAST_DATE:
        raise typer.BadParameter(f"Dates lie between {FIRST_DATE.year} and {LAST_DATE.year}.", param_hint=option)
    return found


def need_file(format: str, out: Path | None) -> None:
    """Refuse to write a GeoPackage or Excel file to a terminal."""
    if format in ("gpkg", "xlsx") and out is None and sys.stdout.isatty():
        raise typer.BadParameter(f"Name a file for {format}.", param_hint="--out")


def deliver(body: bytes, out: Path | None) -> None:
    """Write a file, or the same bytes to standard output."""
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


def print_table(heads: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
    """A table for people on a terminal, tabs between the columns elsewhere; None is an empty cell."""
    cells = [["" if value is None else str(value) for value in line] for line in lines]
    if not sys.stdout.isatty():
        for line in (list(heads), *cells):
            typer.echo("\t".join(value.replace("\t", " ") for value in line))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*heads)
    for line in cells:
        # Text, not str: a name with [brackets] is a name, not a style
        table.add_row(*(Text(value) for value in line))
    Console().print(table)
