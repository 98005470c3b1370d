"""`vuurtoren community`: who runs a map together."""

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
        from assets import communities

        communities.add(session, slug, name)
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
