"""`vuurtoren confirm`: record that an entry is still there."""

from datetime import datetime
from typing import Annotated

import typer

from app.commands.session import open_session


def confirm(
    number: Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="Number of the entry.", show_default=False)],
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="The day on which someone said so. [default: today]"),
    ] = None,
) -> None:
    """Record that an entry is still there; what had faded is back on the map at once.

    Example: vuurtoren confirm 12 --on 2026-11-20
    """
    from app.parameters import today

    with open_session() as session:
        from assets import inventory
        from assets.permissions import OPERATOR

        day = on.date() if on else today()
        asset = inventory.confirm(session, number, by=OPERATOR, on=day, today=today())
        title = asset.title
    typer.echo(f"{title}: confirmed on {day}.")
