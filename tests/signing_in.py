"""Signing in for tests, as if the link had just been opened: `signed_in(client, ...)` and `sign_in(page, ...)`."""

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import cookies
from assets import accounts, models, sign_ins
from assets.accounts import Account
from assets.vocabulary import Role

#: The tokens that clients were given, by the cookie they belong to.
FORMS: "WeakKeyDictionary[TestClient, dict[tuple[str | None, ...], str]]" = WeakKeyDictionary()

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Server


def cookie_for(database_url: str, role: Role, *, name: str | None = None) -> str:
    """The secret of a new sign-in of the account of this name (of this role when none is given), made when needed."""
    assert models.Base.metadata
    engine = create_engine(database_url)
    with Session(engine) as session, session.begin():
        called = name or f"Test {role}"
        account = session.scalar(select(Account).where(Account.name == called))
        if account is None:
            account = accounts.add(session, called, role=role)
        secret = sign_ins.begin(session, account.id)
    engine.dispose()
    return secret


def signed_in(client: TestClient, database_url: str, role: Role, *, name: str | None = None) -> TestClient:
    """The client, signed in by a cookie."""
    client.cookies.set(cookies.SIGN_IN, cookie_for(database_url, role, name=name))
    client.cookies.set(cookies.ROLE, role)
    return client


def form_token(client: TestClient) -> str:
    """A token for a form of this client, with the cookie that belongs to it; asked once for each."""
    known = FORMS.setdefault(client, {})
    token = known.get(_form_cookie(client)) if _form_cookie(client) else None
    if token is None:
        token = str(client.get("/form-token").json()["token"])
        known[_form_cookie(client)] = token
    return token


def _form_cookie(client: TestClient) -> tuple[str | None, ...]:
    return tuple(one.value for one in client.cookies.jar if one.name == cookies.FORM)


def sign_in(page: "Page", server: "Server", role: Role, *, name: str | None = None) -> None:
    """Sign a browser in."""
    secret = cookie_for(server.database_url, role, name=name)
    page.context.add_cookies(
        [
            {"name": name, "value": value, "url": server.url, "httpOnly": True}
            for name, value in ((cookies.SIGN_IN, secret), (cookies.ROLE, str(role)))
        ]
    )
