"""`vuurtoren person`: what is kept about somebody, given to them or erased for good."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.options import Out, deliver
from app.commands.session import open_session

app = typer.Typer(name="person", help="Give somebody what is kept about them, or erase it.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="Number of the entry.", show_default=False)]


@app.command("export")
def export(number: Number, out: Out = None) -> None:
    """Write everything that is kept about a person: JSON, or CSV when the file is called so.

    That the operator looked is in it too.

    Example: vuurtoren person export 12 --out truus.json
    """
    with open_session() as session:
        from assets import erasure, history, lookups
        from assets.permissions import OPERATOR

        erasure.person(session, number)
        lookups.settle(session, OPERATOR)
        as_file = erasure.as_csv if out is not None and out.suffix.lower() == ".csv" else erasure.as_json
        body = as_file(session, number)
        history.note(session, "asset", number, "exported", by=OPERATOR.name)
    deliver(body, out)


@app.command("review")
def review(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell who would be asked; nothing is mailed.")] = False,
) -> None:
    """Ask persons and builders whether what is on the map is still right; the service does this by itself every day.

    Example: vuurtoren person review --dry-run
    """
    with open_session() as session:
        from app import bundled_mails
        from app import reviews as mails
        from app import settings as environment
        from app.parameters import today
        from assets import reviews

        secret = environment.load().secret
        bundles = reviews.due(session, today(), key=secret.get_secret_value()) if secret else []
        for bundle in bundles:
            for one in bundle.entries:
                typer.echo(f"entry {one.asset_id}, asked for time {one.step} of 3, consent ends {one.until}")
            if not dry_run:
                mails.write(session, bundle)
        turns = bundled_mails.waiting(session, today())
        for account_id, found in turns:
            count = len(found.entries) + found.more
            typer.echo(f"account {account_id}, {count} entries to look at again, {found.persons} persons to ask")
            if not dry_run:
                bundled_mails.hand_in(session, account_id, today())
    typer.echo(f"{len(bundles) + len(turns):,} mails {'would be' if dry_run else 'were'} handed in.")


@app.command("erase")
def erase(
    number: Number,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the title.")] = False,
) -> None:
    """Erase the entry of a person and everything that is kept about them; it cannot be taken back.

    Example: vuurtoren person erase 12 --yes
    """
    with open_session() as session:
        from app.parameters import today
        from assets import erasure, lookups
        from assets.permissions import OPERATOR

        title = erasure.person(session, number).title
        lookups.settle(session, OPERATOR)
        if not yes:
            typed = typer.prompt(f"This cannot be taken back. To erase entry {number}, type its title ({title})")
            if typed.strip() != title:
                typer.echo("vuurtoren: that is not its title; nothing was erased.", err=True)
                raise typer.Exit(1)
        erasure.erase(session, number, by=OPERATOR, today=today())
    typer.echo(f"Entry {number} is erased. Backups that were made before still hold it: throw them away in time.")


@app.command("replay")
def replay(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The list erased.jsonl of this map.")],
) -> None:
    """Erase again what a restored backup brought back, and let communities leave again that had left.

    The list is one that was kept somewhere else.

    Example: vuurtoren person replay path/to/erased.jsonl
    """
    with open_session() as session:
        from app import erased_list

        done = erased_list.replay(session, erased_list.read(file))
    typer.echo(f"{done.again:,} erased again, {done.new:,} other erasures noted.")
    if done.left:
        typer.echo(f"{done.left:,} communities that had left, left again.")
