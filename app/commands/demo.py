"""`vuurtoren demo`: put the sample neighbourhood on the map, or take it away."""

from typing import Annotated

import typer

from app.commands.session import open_session


def demo(
    remove: Annotated[bool, typer.Option("--remove", help="Take the sample neighbourhood off the map again.")] = False,
) -> None:
    """Put the made-up sample neighbourhood on the map, or take it away with --remove.

    Example: vuurtoren demo --remove
    """
    with open_session() as session:
        from assets import sample

        if not remove:
            sample.load(session)
            typer.echo("The sample neighbourhood is on the map; `vuurtoren demo --remove` takes it away.")
            return
        removed = sample.remove(session)
        typer.echo(f"The sample neighbourhood is gone, with its {removed.entries} entries.")
        if removed.own:
            typer.echo(f"Of your own, these stood on its streets and went too: {'; '.join(removed.own)}.")
