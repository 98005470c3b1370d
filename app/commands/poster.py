"""`vuurtoren poster`: the poster of an area as a PDF."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from app.commands.session import open_engine, plain_errors


def poster(
    code: Annotated[str, typer.Argument(help="Code of the area.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="The PDF to write.", show_default=False)],
    language: Annotated[
        str, typer.Option("--language", help="Of the words: nl, en, or another in app/locales.")
    ] = "nl",
    on: Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day. [default: today]")] = None,
    base_url: Annotated[
        str | None,
        typer.Option("--base-url", help="Where the map is on the internet, for the QR code. [default: the setting]"),
    ] = None,
) -> None:
    """Make the poster of an area: an A3 sheet with map, list and QR code, to print and hang up.

    Example: vuurtoren poster BU99990101 --out oude-veer.pdf --base-url https://map.example.org
    """
    from app import i18n
    from app.parameters import FIRST_DATE, LAST_DATE, today

    wanted = i18n.known(language)
    if wanted is None:
        raise typer.BadParameter(f"It is one of {', '.join(i18n.languages())}.", param_hint="--language")
    day = on.date() if on else today()
    if not FIRST_DATE <= day <= LAST_DATE:
        raise typer.BadParameter("It is a day between 1900 and 2200.", param_hint="--on")
    if not out.absolute().parent.is_dir():  # said before the work is done
        _refuse(out)
    with open_engine() as (engine, settings), plain_errors():
        from sqlalchemy import text
        from sqlalchemy.orm import Session

        from app import database, poster

        with database.reachable(), Session(engine) as session, session.begin():
            session.execute(text("SET LOCAL ROLE vuurtoren_public"))
            found = poster.read(session, code, on=day, language=wanted)
        address = base_url or settings.base_url
        if address is None:
            address = f"http://{settings.host}:{settings.port}"
            typer.echo(
                f"vuurtoren: the QR code leads to {address}, which others cannot reach; give --base-url, or set "
                "VUURTOREN_BASE_URL.",
                err=True,
            )
        made = poster.pdf(found, on=day, today=today(), language=wanted, base_url=address)
    try:
        out.write_bytes(made)
    except OSError:
        _refuse(out)
    typer.echo(f"{out}: {len(made) / 1e6:.1f} MB")


def _refuse(out: Path) -> NoReturn:
    typer.echo(f"vuurtoren: {out} cannot be written.", err=True)
    raise typer.Exit(1)
