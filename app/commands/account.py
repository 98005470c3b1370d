"""`vuurtoren account`: people who sign in, and tokens for programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from app.commands.session import open_session

app = typer.Typer(name="account", help="People who sign in, and tokens for programs.", no_args_is_help=True)

ROLES = ("member", "builder", "steward", "analyst", "admin")
CommunityOption = Annotated[
    str | None, typer.Option("--community", help="Short name of the community; the first one when left out.")
]
MunicipalityOption = Annotated[
    str | None,
    typer.Option("--municipality", help="Code of the only municipality an analyst works for, as GM0599; each without."),
]
LastOption = Annotated[
    bool,
    typer.Option(
        "--last", help="Also when it is the last admin, or the last steward of a community; the history says so."
    ),
]
RoleOption = Annotated[str, typer.Option("--role", help=f"What it may do: {', '.join(ROLES)}.")]


@contextmanager
def _meant() -> Iterator[None]:
    """Say with a refusal about the last guard which option tells that it is meant."""
    from assets.last_guards import LastGuard

    try:
        yield
    except LastGuard as refused:
        raise LastGuard(f"{refused} If you mean it, add --last.") from None


def _known(role: str) -> None:
    if role not in ROLES:
        raise typer.BadParameter(f"It is one of {', '.join(ROLES)}.", param_hint="--role")


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name of the person; it stands in the history of what they change.")],
    email: Annotated[str | None, typer.Option("--email", help="Address that sign-in links are mailed to.")] = None,
    role: RoleOption = "builder",
    language: Annotated[str, typer.Option("--language", help="Language of mails: nl or en.")] = "nl",
    community: CommunityOption = None,
    municipality: MunicipalityOption = None,
) -> None:
    """Make an account for someone who signs in; without an address only by links of `account link`.

    Example: vuurtoren account add "Samira" --email samira@example.org --role builder
    """
    _known(role)
    from app import i18n

    if language not in i18n.languages():
        raise typer.BadParameter(f"It is one of {', '.join(i18n.languages())}.", param_hint="--language")
    with open_session() as session:
        from app.account_mails import tell_added
        from assets import administration, communities
        from assets.permissions import OPERATOR
        from assets.vocabulary import Role

        where = communities.get(session, community).id if community else None
        made = administration.add(
            session, name, email=email, role=Role(role), community_id=where, municipality=municipality,
            language=language, by=OPERATOR,
        )  # fmt: skip
        tell_added(session, made)
    typer.echo(f"{made.name} may sign in as {made.role}.")


@app.command("role")
def role_of(
    name: Annotated[str, typer.Argument(help="Name or e-mail address of the account.")],
    role: Annotated[str, typer.Argument(help=f"What they may do from now on: {', '.join(ROLES)}; or visitor.")],
    community: CommunityOption = None,
    municipality: MunicipalityOption = None,
    last: LastOption = False,
) -> None:
    """Give someone another role in a community, or visitor to take it away; they sign in again.

    Example: vuurtoren account role Samira member
    """
    if role != "visitor":
        _known(role)
    with open_session() as session, _meant():
        from app.account_mails import tell_changed
        from assets import accounts, administration, communities
        from assets.permissions import OPERATOR
        from assets.vocabulary import Role

        where = communities.get(session, community).id if community else None
        account = administration.set_role(
            session, accounts.named(session, name).id, Role(role), community_id=where, municipality=municipality,
            last=last, by=OPERATOR,
        )  # fmt: skip
        tell_changed(session, account, "role", by=OPERATOR.name)
    typer.echo(f"{name} is {role} from now on.")


@app.command("close")
def close(
    name: Annotated[str, typer.Argument(help="Name or e-mail address of the account.")], last: LastOption = False
) -> None:
    """Close an account at once; its address is forgotten, its name stays with what it changed.

    Example: vuurtoren account close Samira
    """
    with open_session() as session, _meant():
        from app.account_mails import tell_changed
        from assets import accounts, administration
        from assets.permissions import OPERATOR

        found = accounts.named(session, name)
        email = found.email
        account = administration.close(session, found.id, last=last, by=OPERATOR)
        tell_changed(session, account, "closed", by=OPERATOR.name, email=email)
    typer.echo(f"{name} cannot sign in any more.")


@app.command("link")
def link(name: Annotated[str, typer.Argument(help="Name or e-mail address of the account.")]) -> None:
    """Print a link with which someone signs in, once, within 15 minutes and in any browser; and nothing else.

    Example: vuurtoren account link Samira
    """
    with open_session() as session:
        from app import settings as environment
        from app.account_mails import tell_changed
        from assets import accounts, administration
        from assets.permissions import OPERATOR

        account, token = administration.make_link(session, accounts.named(session, name).id, by=OPERATOR)
        tell_changed(session, account, "link", by=OPERATOR.name)
        base = environment.load().address
    typer.echo(f"{base}/sign-in/{token}")


@app.command("token")
def token(
    name: Annotated[str, typer.Argument(help="Name of the program; it stands in the history of what it changes.")],
    role: Annotated[
        str | None, typer.Option("--role", help=f"What it may do: {', '.join(ROLES)}; builder when left out.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="Days until it ends.")] = 90,
    scopes: Annotated[
        list[str] | None,
        typer.Option("--scope", help="Only for this, as asset:write, or read for only reading; may be repeated."),
    ] = None,
    community: Annotated[
        str | None, typer.Option("--community", help="Short name of the only community it is for; all when left out.")
    ] = None,
    account: Annotated[
        str | None, typer.Option("--account", help="Whose token it is: it may never do more than they may.")
    ] = None,
) -> None:
    """Make a bearer token and print it, and nothing else; it cannot be shown again.

    Example: TOKEN=$(vuurtoren account token importer --role builder)
    """
    if role is not None:
        _known(role)
        if account is not None:
            raise typer.BadParameter("A token of an account has the role of that account.", param_hint="--role")
    with open_session() as session:
        from app.account_mails import tell_token_made
        from assets import accounts, administration, communities
        from assets.permissions import OPERATOR
        from assets.vocabulary import Role

        owner = accounts.named(session, account) if account is not None else None
        made = administration.make_token(
            session,
            name,
            by=OPERATOR,
            role=Role(role or "builder") if account is None else None,
            account=owner,
            scopes=scopes or None,
            community_id=communities.get(session, community).id if community else None,
            days=days,
        )
        if owner is not None:
            tell_token_made(session, owner, name)
    # after the commit: a token that is printed is a token that is stored
    typer.echo(made)


@app.command("list")
def list_accounts() -> None:
    """List the people (name, role, address) and the tokens (name, role or owner, until when, whether revoked).

    Example: vuurtoren account list
    """
    with open_session() as session:
        from assets import accounts, tokens

        names = {}
        for person in accounts.accounts(session):
            names[person.id] = person.name
            role = f"{person.role} of {person.municipality}" if person.municipality else person.role
            typer.echo(f"{person.name}\t{role}\t{person.email or 'without an address'}")
        for found in tokens.tokens(session):
            gone, last = found.revoked_at, found.expires_at
            state = f"token revoked {gone:%Y-%m-%d}" if gone else f"token until {last:%Y-%m-%d}"
            owner = names.get(found.account_id or 0, "a closed account")
            typer.echo(f"{found.name}\t{found.role or f'of {owner}'}\t{state}")


@app.command("revoke")
def revoke(name: Annotated[str, typer.Argument(help="Name that was given when the token was made.")]) -> None:
    """End a token at once.

    Example: vuurtoren account revoke importer
    """
    with open_session() as session:
        from assets import administration
        from assets.permissions import OPERATOR

        administration.revoke_tokens(session, name, by=OPERATOR)
    typer.echo(f"The token {name} is not valid any more.")
