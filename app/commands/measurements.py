"""`vuurtoren measurements` and `vuurtoren ambition`: how clean streets are, and what an area wants to reach."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.options import Area, On, day, one_of, print_table
from app.commands.session import open_session

if TYPE_CHECKING:
    from assets.answers import StreetPartAnswer

ambition_app = typer.Typer(
    name="ambition", help="The level that an area wants its streets to have: set it, show it.", no_args_is_help=True
)
LEVELS = ("A+", "A", "B", "C", "D")
NOT_SHARED = "not shared"
HEADS = ("street", "neighbourhood", "state", "level", "measured_on", "boxes", "ambition", "answer")


def measurements(area: Area = None, on: On = None) -> None:
    """List street parts with their measured level, its date and sample, and what the municipality does.

    Example: vuurtoren measurements --area BU99990101
    """
    asked = day(on)
    with open_session(public=True) as session:
        from app import settings
        from assets import answers

        thresholds = settings.load().litter
        rows = answers.street_parts(session, on=asked, area=area, thresholds=thresholds, by_name=True)
    _print(rows)


def _print(rows: "list[StreetPartAnswer]") -> None:
    print_table(HEADS, [_line(row) for row in rows])
    known = sum(row.sample is not None for row in rows)
    typer.echo(f"{len(rows)} street parts, {known} with a measurement", err=True)


def _line(row: "StreetPartAnswer") -> tuple[Any, ...]:
    part, sample = row.part, row.sample
    return (
        part.name,
        part.neighbourhood or part.municipality or "",
        str(row.state) if row.state else NOT_SHARED,
        str(sample.level) if sample else "unknown",
        sample.measured_on if sample else "",
        sample.boxes if sample else 0,
        str(row.ambition) if row.ambition else "unknown",
        NOT_SHARED if row.state is None else str(row.answer) if row.answer else "unknown",
    )


@ambition_app.command("set")
def set_ambition(
    code: Annotated[str, typer.Argument(metavar="AREA", help="Code of an area of any level.")],
    level: Annotated[str, typer.Argument(help=f"One of {', '.join(LEVELS)}.")],
    since: Annotated[str | None, typer.Option("--since", help="First day, as YYYY-MM-DD. [default: today]")] = None,
) -> None:
    """Set the level that an area wants its streets to have, from a day on.

    Example: vuurtoren ambition set GM9999 B --since 2026-01-01
    """
    one_of(level, LEVELS, "LEVEL")
    first = day(since, "--since")
    with open_session() as session:
        from assets import measurements as domain
        from assets.drafts import AmbitionDraft
        from assets.permissions import OPERATOR
        from assets.vocabulary import LitterLevel

        found = domain.set_ambition(session, code, AmbitionDraft(level=LitterLevel(level), since=first), by=OPERATOR)
    typer.echo(f"{found.name} ({found.code}): level {found.level} from {found.since} on")


@ambition_app.command("show")
def show(
    code: Annotated[str, typer.Argument(metavar="AREA", help="Code of an area of any level.")], on: On = None
) -> None:
    """Show the level that counts for an area on a day: its own, else that of the nearest area above it.

    Example: vuurtoren ambition show BU99990101
    """
    asked = day(on)
    with open_session(public=True) as session:
        from assets import measurements as domain

        found = domain.ambition(session, code, on=asked)
    typer.echo(
        "unknown" if found is None else f"{found.level}, set for {found.name} ({found.code}) since {found.since}"
    )
