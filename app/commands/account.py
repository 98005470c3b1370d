"""`vuurtoren account token|list|revoke`: who may write through the API."""

from typing import Annotated

import typer

from app.commands.session import open_session

app = typer.Typer(name="account", help="Tokens for programs: make, list, revoke.", no_args_is_help=True)

ROLES = ("member", "builder", "steward", "analyst", "admin")


@app.command("token")
def token(
    name: Annotated[str, typer.Argument(help="Name of the program; it stands in the history of what it changes.")],
    role: Annotated[str, typer.Option("--role", help=f"What it may do: {', '.join(ROLES)}.")] = "builder",
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="Days until it ends.")] = 365,
) -> None:
    """Make a bearer token and print it, and nothing else; it cannot be shown again.

    Example: TOKEN=$(vuurtoren account token importer --role builder)
    """
    if role not in ROLES:
        raise typer.BadParameter(f"It is one of {', '.join(ROLES)}.", param_hint="--role")
    with open_session() as session:
        from assets import accounts
        from assets.vocabulary import Role

        made = accounts.add_token(session, name, role=Role(role), days=days)
    # after the commit: a token that is printed is a token that is stored
    typer.echo(made)


@app.command("list")
def list_tokens() -> None:
    """List the tokens: name, role, until when, and whether they were revoked.

    Example: vuurtoren account list
    """
    with open_session() as session:
        from assets import accounts

        for found in accounts.tokens(session):
            state = f"revoked {found.revoked_at:%Y-%m-%d}" if found.revoked_at else f"until {found.expires_at:%Y-%m-%d}"
            typer.echo(f"{found.name}\t{found.role}\t{state}")


@app.command("revoke")
def revoke(name: Annotated[str, typer.Argument(help="Name that was given when the token was made.")]) -> None:
    """End a token at once.

    Example: vuurtoren account revoke importer
    """
    with open_session() as session:
        from assets import accounts

        accounts.revoke_token(session, name)
    typer.echo(f"The token {name} is not valid any more.")
