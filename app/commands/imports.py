"""`vuurtoren import areas|streets|assets|... FILE`: files of others, with a report of what became of every line."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.session import open_session, plain_errors

if TYPE_CHECKING:
    from assets.importers import ImportReport, Progress

app = typer.Typer(
    name="import",
    help="Bring in areas, streets, addresses or assets from a file; the same file again changes nothing.",
    no_args_is_help=True,
)

FORMAT_NAMES = ("geojson", "gpkg", "shapefile", "gml", "osm", "csv", "fgb")
KINDS = ("municipality", "district", "neighbourhood")
#: Seconds between two plain lines of progress where there is no terminal.
QUIET_S = 5.0

File = Annotated[Path, typer.Argument(help="The file; .gz and .zip are unpacked.", show_default=False)]
Format = Annotated[str | None, typer.Option("--format", help=f"What it must be: {', '.join(FORMAT_NAMES)}.")]
LayerName = Annotated[str | None, typer.Option("--layer", help="Only this layer of a file that has several.")]
Mapped = Annotated[
    list[str] | None, typer.Option("--map", help="A column by its name in the file: theirs=ours. May be repeated.")
]
Crs = Annotated[str | None, typer.Option("--crs", help="CRS of the coordinates, such as EPSG:28992.")]
Source = Annotated[str | None, typer.Option("--source", help="Label of where it comes from. [default: file name]")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Do everything, report, and store nothing.")]
Report = Annotated[Path | None, typer.Option("--report", help="Write every refusal to this CSV file.")]


@app.command("areas")
def areas(
    file: File,
    format: Format = None,
    layer: LayerName = None,
    map_: Mapped = None,
    crs: Crs = None,
    kind: Annotated[str | None, typer.Option("--kind", help=f"Level of all areas: {', '.join(KINDS)}.")] = None,
    code: Annotated[str | None, typer.Option("--code", help="Code of the one area in a file without columns.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the one area in a file without columns.")] = None,
    source: Source = None,
    dry_run: DryRun = False,
    report: Report = None,
) -> None:
    """Bring in municipalities, districts and neighbourhoods.

    Example: vuurtoren import areas wijkenbuurten.gpkg --layer buurten
    """
    _check(format=format)
    if kind is not None and kind not in KINDS:
        raise typer.BadParameter(f"It is one of {', '.join(KINDS)}.", param_hint="--kind")
    with open_session() as session, _progress() as progress:
        from assets import names
        from assets.importers import import_areas
        from assets.vocabulary import AreaKind

        done = import_areas(
            session, file, format=format, layer=layer, mapped=map_ or (), crs=crs,
            kind=AreaKind(kind) if kind else None, code=code, name=name, source=source, by=names.COMMAND_LINE,
            dry_run=dry_run, progress=progress,
        )  # fmt: skip
    _finish(done, report)


@app.command("streets")
def streets(
    file: File,
    format: Format = None,
    layer: LayerName = None,
    map_: Mapped = None,
    crs: Crs = None,
    municipality: Annotated[
        str | None, typer.Option("--municipality", help="Code of the municipality of all streets, such as GM0546.")
    ] = None,
    source: Source = None,
    complete: Annotated[
        bool | None, typer.Option("--complete/--partial", help="Whether streets that are not in the file are gone.")
    ] = None,
    dry_run: DryRun = False,
    report: Report = None,
) -> None:
    """Bring in streets, and divide them over the areas that are known.

    Example: vuurtoren import streets leiden_ways.geojson --municipality GM0546
    """
    _check(format=format)
    with open_session() as session, _progress() as progress:
        from assets import names
        from assets.importers import import_streets

        done = import_streets(
            session, file, format=format, layer=layer, mapped=map_ or (), crs=crs, municipality=municipality,
            source=source, complete=complete is True, partial=complete is False, by=names.COMMAND_LINE, dry_run=dry_run,
            progress=progress,
        )  # fmt: skip
    _finish(done, report)


@app.command("addresses")
def addresses(
    file: File,
    format: Format = None,
    layer: LayerName = None,
    map_: Mapped = None,
    crs: Crs = None,
    source: Source = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Addresses of this source that are not in the file stay.")
    ] = False,
    dry_run: DryRun = False,
    report: Report = None,
) -> None:
    """Bring in addresses, and count them along the streets that are known.

    Example: vuurtoren import addresses bagadres.csv --source BAG
    """
    _check(format=format)
    with open_session() as session, _progress() as progress:
        from assets import names
        from assets.importers import import_addresses

        done = import_addresses(
            session, file, format=format, layer=layer, mapped=map_ or (), crs=crs, source=source, partial=partial,
            by=names.COMMAND_LINE, dry_run=dry_run, progress=progress,
        )  # fmt: skip
    _finish(done, report)


@app.command("assets")
def assets(
    file: File,
    format: Format = None,
    layer: LayerName = None,
    map_: Mapped = None,
    crs: Crs = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Kind of rows that do not tell it.")] = None,
    title: Annotated[str | None, typer.Option("--title", help="Title of rows that have none.")] = None,
    theme: Annotated[list[str] | None, typer.Option("--theme", help="Theme of rows that have none.")] = None,
    source: Source = None,
    dry_run: DryRun = False,
    report: Report = None,
) -> None:
    """Bring in people, clubs, meeting places, street initiatives and other assets.

    Example: vuurtoren import assets buurtkrachten.csv --map naam=title --dry-run
    """
    _check(format=format)
    with open_session() as session, _progress() as progress:
        from assets import names
        from assets.importers import import_assets

        done = import_assets(
            session, file, format=format, layer=layer, mapped=map_ or (), crs=crs, kind=kind, title=title,
            themes=theme or (), source=source, by=names.COMMAND_LINE, dry_run=dry_run, progress=progress,
        )  # fmt: skip
    _finish(done, report)


@app.command("measurements")
def measurements(
    file: File,
    map_: Mapped = None,
    crs: Crs = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="Kind of rows that do not tell it: coarse or fine.")
    ] = None,
    source: Source = None,
    dry_run: DryRun = False,
    report: Report = None,
) -> None:
    """Bring in litter that was counted in boxes of street.

    Example: vuurtoren import measurements schouw-2026.csv --kind coarse --dry-run
    """
    with open_session() as session, _progress() as progress:
        from assets import names
        from assets.importers import import_measurements

        done = import_measurements(
            session, file, mapped=map_ or (), crs=crs, kind=kind, source=source, by=names.COMMAND_LINE, dry_run=dry_run,
            progress=progress,
        )  # fmt: skip
    _finish(done, report)


def _check(*, format: str | None) -> None:
    if format is not None and format not in FORMAT_NAMES:
        raise typer.BadParameter(f"It is one of {', '.join(FORMAT_NAMES)}.", param_hint="--format")


def _finish(done: "ImportReport", report: Path | None) -> None:
    """Print the report, write its refusals, and end with 1 when something was refused."""
    for line in done.lines():
        typer.echo(line)
    if report is not None:
        with plain_errors():
            from assets.errors import Invalid

            try:
                done.write_csv(report)
            except OSError:
                raise Invalid("The refusals cannot be written to {path}.", path=report) from None
        typer.echo(f"refusals written to {report}")
    if done.refused:
        raise typer.Exit(1)


@contextmanager
def _progress() -> Iterator["Progress"]:
    """What shows progress: a bar with rate and time left on a terminal, now and then a line elsewhere."""
    if sys.stderr.isatty():
        with _bar() as show:
            yield show
    else:
        yield _lines()


def _lines() -> "Progress":
    last: dict[str, Any] = {"at": time.monotonic(), "step": ""}

    def show(step: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if step != last["step"] and total is None and done == 0:
            typer.echo(step, err=True)
        elif now - last["at"] >= QUIET_S:
            typer.echo(f"{step}: {done:,}" + (f" of {total:,}" if total else ""), err=True)
            last["at"] = now
        last["step"] = step

    return show


@contextmanager
def _bar() -> Iterator["Progress"]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns: Any = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("opening the file", total=None, rate="")
        step_shown, since, last = "", time.monotonic(), 0.0

        def show(step: str, done: int, total: int | None) -> None:
            nonlocal task, step_shown, since, last
            now = time.monotonic()
            if step != step_shown:
                # a task of its own per step: one without a known end cannot follow one with
                bar.remove_task(task)
                task = bar.add_task(step, total=total, rate="")
                step_shown, since, last = step, now, 0.0
            if now - last >= 0.1:
                last = now
                rate = done / max(now - since, 0.001)
                bar.update(task, completed=done, rate=f"{rate:,.0f}/s" if done else "")

        yield show
