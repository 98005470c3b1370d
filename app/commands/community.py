"""`vuurtoren community`: who runs a map together."""

from typing import Annotated

import typer

from app.commands.session import open_session

app = typer.Typer(name="community", help="Communities: make one, list them.", no_args_is_help=True)


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
