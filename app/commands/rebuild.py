"""`vuurtoren rebuild`: compute everything that is derived again."""

import typer

from app.commands.session import open_session


def rebuild() -> None:
    """Compute street parts, covered metres and freshness again from what was entered.

    A correct map does not need it; use it after changing rows by hand.

    Example: vuurtoren rebuild
    """
    with open_session() as session:
        from assets.rebuild import rebuild as compute

        done = compute(session)
    typer.echo(f"Rebuilt. Entries with other dates than before: {done.dates}.")
    if done.lost_stretches:
        numbers = ", ".join(map(str, done.lost_stretches))
        typer.echo(f"Stretches that lie on no street any more, and cover nothing: {numbers}.")
