"""`vuurtoren map public|room|energy|timeline`: one map as one file that opens from disk."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.options import On, day
from app.commands.session import open_session

if TYPE_CHECKING:
    from app.i18n import Language as Chosen

app = typer.Typer(
    name="map",
    help="Save a map as one file: it opens from disk and asks nobody for anything.",
    no_args_is_help=True,
)

Area = Annotated[str, typer.Option("--area", help="Code of the area.", show_default=False)]
Out = Annotated[Path, typer.Option("--out", help="The file to write.", show_default=False)]
Language = Annotated[str, typer.Option("--language", help="Of the words: nl, en, or another in app/locales.")]


@app.command("public")
def public(area: Area, out: Out, on: On = None, language: Language = "nl") -> None:
    """Save what is in an area: people, clubs, places, street initiatives.

    Example: vuurtoren map public --area BU99990101 --out oude-veer.html
    """
    from app import saving

    asked, chosen = day(on), _language(language)
    with open_session() as session:
        page = saving.public_file(session, area, on=asked, language=chosen)
    _write(out, page)


@app.command("room")
def room(
    area: Area,
    out: Out,
    theme: Annotated[str, typer.Option("--theme", help="Theme of the initiatives, or any.")] = "litter",
    on: On = None,
    language: Language = "nl",
) -> None:
    """Save the streets of an area with their state: carried, partly carried, asked, not asked yet.

    Example: vuurtoren map room --area BU99990101 --theme litter --out straten.html
    """
    from app import saving
    from assets.vocabulary import Theme

    if theme not in {*Theme, "any"}:
        raise typer.BadParameter(f"It is any or one of {', '.join(Theme)}.", param_hint="--theme")
    asked, chosen = day(on), _language(language)
    with open_session() as session:
        wanted = None if theme == "any" else Theme(theme)
        page = saving.room_file(session, area, theme=wanted, on=asked, language=chosen)
    _write(out, page)


@app.command("energy")
def energy(area: Area, out: Out, on: On = None, language: Language = "nl") -> None:
    """Save the energy map of an area with its slider: the months of two years up to a day, and the day.

    Example: vuurtoren map energy --area BU99990101 --out energie.html
    """
    from app import saving_energy

    asked, chosen = day(on), _language(language)
    with open_session() as session:
        page = saving_energy.energy_file(session, area, on=asked, language=chosen)
    _write(out, page)


@app.command("timeline")
def timeline(
    area: Area,
    out: Out,
    theme: Annotated[str, typer.Option("--theme", help="Only entries about this theme, or any.")] = "any",
    first: Annotated[
        str | None, typer.Option("--first", help="A day in the first month. [default: what is known]")
    ] = None,
    on: On = None,
    language: Language = "nl",
) -> None:
    """Save the timeline of an area with its player: what appeared, aged, stopped or faded, month by month.

    Example: vuurtoren map timeline --area BU99990101 --out tijdlijn.html
    """
    from app import saving_timeline
    from assets.vocabulary import Theme

    if theme not in {*Theme, "any"}:
        raise typer.BadParameter(f"It is any or one of {', '.join(Theme)}.", param_hint="--theme")
    asked, chosen = day(on), _language(language)
    begin = None if first is None else day(first, "--first")
    with open_session() as session:
        page = saving_timeline.timeline_file(
            session,
            area,
            theme=None if theme == "any" else Theme(theme),
            first=begin,
            on=asked,
            language=chosen,
        )
    _write(out, page)


def _language(word: str) -> "Chosen":
    """The language of an option."""
    from app import i18n

    found = i18n.known(word)
    if found is None:
        raise typer.BadParameter(f"It is one of {', '.join(i18n.languages())}.", param_hint="--language")
    return found


def _write(out: Path, page: str) -> None:
    try:
        out.write_text(page, encoding="utf-8")
    except OSError:
        typer.echo(f"vuurtoren: {out} cannot be written.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{out}: {len(page.encode()) / 1e6:.1f} MB")
