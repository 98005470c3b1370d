"""`vuurtoren community`: who runs a map together; what they take along, and how they leave."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.session import open_session

app = typer.Typer(name="community", help="Communities: make one, list them, invite people.", no_args_is_help=True)


@app.command("add")
def add(
    slug: Annotated[str, typer.Argument(help="Short name, in addresses: small letters, digits and hyphens.")],
    name: Annotated[str, typer.Argument(help="Name as people read it.")],
) -> None:
    """Make a community.

    Example: vuurtoren community add bospolder "Buren van Bospolder"
    """
    with open_session() as session:
        from assets import administration
        from assets.permissions import OPERATOR

        administration.add_community(session, slug, name, by=OPERATOR)
    typer.echo(f"The community {slug} is there; add people with `vuurtoren account add --community {slug}`.")


@app.command("list")
def list_communities() -> None:
    """List the communities: short name and name.

    Example: vuurtoren community list
    """
    with open_session() as session:
        from assets import communities

        for found in communities.communities(session):
            typer.echo(f"{found.slug}\t{found.name}")


@app.command("invite")
def invite(
    slug: Annotated[str, typer.Argument(help="Short name of the community.")],
    role: Annotated[str, typer.Option("--role", help="What they will be: member, builder or steward.")] = "builder",
) -> None:
    """Print a link with which one person comes to belong to a community, once and within 7 days; and nothing else.

    Example: vuurtoren community invite bospolder --role builder
    """
    if role not in ("member", "builder", "steward"):
        raise typer.BadParameter("It is one of member, builder, steward.", param_hint="--role")
    with open_session() as session:
        from app import settings as environment
        from assets import communities, invitations
        from assets.permissions import OPERATOR
        from assets.vocabulary import Role

        where = communities.get(session, slug)
        made = invitations.make(session, where.id, role=Role(role), by=OPERATOR)
        base = environment.load().address
    # after the commit: a link that is printed is a link that works
    typer.echo(f"{base}/invitations/{made.token}")


Slug = Annotated[str, typer.Argument(help="Short name of the community.", show_default=False)]


@app.command("export")
def export(
    slug: Slug,
    out: Annotated[Path, typer.Argument(dir_okay=False, help="The zip to write.", show_default=False)],
) -> None:
    """Write everything of a community as one zip, to hand to its stewards; its history tells that you did.

    Example: vuurtoren community export bospolder bospolder.zip
    """
    with open_session() as session:
        from app.settings import SettingsError
        from assets import communities, community_export
        from assets.permissions import OPERATOR

        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        community = communities.get(session, slug)
        half = out.with_name(f".{out.name}.half")
        try:
            with half.open("xb") as stream:
                community_export.write(session, community.id, stream, by=OPERATOR)
            half.replace(out)
        except OSError as error:
            raise SettingsError(f"Cannot write {out}: {(error.strerror or 'it failed').lower()}.") from None
        finally:
            half.unlink(missing_ok=True)
    typer.echo(f"{out}: {out.stat().st_size:,} bytes")


@app.command("leave")
def leave(
    slug: Slug,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the short name once more.")] = False,
) -> None:
    """Let a community leave: everything of it goes, at once and for good. Export it first.

    Example: vuurtoren community leave bospolder --yes
    """
    with open_session() as session:
        from app import departures
        from app.parameters import today
        from assets import communities
        from assets.permissions import OPERATOR

        community = communities.get(session, slug)
        if not yes:
            typed = typer.prompt(f"This cannot be taken back. To let {community.name} leave, type {slug}")
            if typed.strip() != slug:
                typer.echo("vuurtoren: that is not its short name; nothing was done.", err=True)
                raise typer.Exit(1)
        left = departures.leave(session, community.id, by=OPERATOR, today=today())
    typer.echo(
        f"{slug} has left: {left.entries:,} entries ({left.persons:,} persons) and {left.accounts:,} accounts are gone."
    )
    typer.echo("Backups that were made before still hold it: throw them away in time.")
