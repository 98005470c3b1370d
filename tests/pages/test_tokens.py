"""`/me/tokens`: made by who signed in lately, shown once, revoked with one press."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import accounts
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

PAGE = "/me/tokens"


@pytest.fixture
def rows(databases: Databases) -> Iterator[tuple[TestClient, Session]]:
    """A builder's browser, and a session on its database in which each statement is committed at once."""
    from app.main import create_app

    url = databases.clone("sample")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client:
        client.headers["accept"] = "text/html"
        with Session(engine) as session:
            accounts.add(session, "Test builder", role=Role.builder, email="builder@example.org")
            signed_in(client, url, Role.builder)
            yield client, session
    engine.dispose()
    databases.drop(url)


def send(client: TestClient, path: str = PAGE, **fields: object) -> object:
    """The answer to a form."""
    return client.post(path, data={"form_token": form_token(client), **fields})


def test_made_shown_once_and_revoked(rows: tuple[TestClient, Session]) -> None:
    """The token stands in the answer, in no other page, in no mail and not in the database."""
    client, session = rows
    page = client.get(PAGE)
    assert (200, "no-store") == (page.status_code, page.headers["cache-control"])
    assert 'value="90"' in page.text
    answer = send(client, name="Prikmeter <b>", scope=["asset:write", "measurement:write"], days="7")
    assert (200, "no-store", "noindex") == (
        answer.status_code, answer.headers["cache-control"], answer.headers["x-robots-tag"],
    )  # fmt: skip
    token = re.search(r"vuur_[A-Za-z0-9_-]{43}", answer.text)[0]
    assert "curl -H" in answer.text
    assert "<b>" not in answer.text
    page = client.get(PAGE).text
    assert token not in page
    assert "dingen op de kaart zetten en wijzigen, tellingen van zwerfafval opschrijven" in page
    mail = session.execute(text("SELECT recipient, subject, body FROM mail")).one()
    assert "builder@example.org" == mail.recipient
    assert token not in mail.body
    assert "/me/tokens" in mail.body

    again = send(client, name="prikmeter <B>", days="7")
    assert 409 == again.status_code  # sent twice: the second time there is one with this name
    number = session.scalar(text("SELECT id FROM token"))
    assert (303, "/me/tokens?done=revoked") == (
        (gone := send(client, f"{PAGE}/revoke", token=number)).status_code, gone.headers["location"],
    )  # fmt: skip
    assert 404 == send(client, f"{PAGE}/revoke", token=number).status_code
    assert "ingetrokken" in client.get("/me/tokens?done=revoked").text


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"name": "x" * 61}, {"name": "\U0001f9ed" * 1000}, {"name": "a", "days": "0"}, {"name": "a", "days": "god"},
        {"name": "a", "days": "9" * 400}, {"name": "a", "days": "-1"}, {"name": "a", "scope": "god"},
        {"name": "a", "scope": "account:write"}, {"name": "a", "community": "nowhere"},
        {"name": "a", "scope": ["x"] * 300},
    ],
)  # fmt: skip
def test_what_cannot_be_made(rows: tuple[TestClient, Session], fields: dict[str, object]) -> None:
    """What is wrong stands beside its field, what was typed is still there, and nothing is made."""
    client, session = rows
    answer = send(client, **fields)
    assert 400 == answer.status_code
    assert 'class="vuurtoren-fault"' in answer.text
    assert 0 == session.scalar(text("SELECT count(*) FROM token"))


def test_not_long_after_signing_in(rows: tuple[TestClient, Session]) -> None:
    """A telephone that was left open makes no token; the page says what to do, and revoking still works."""
    client, session = rows
    send(client, name="old", scope="asset:write")
    session.execute(text("UPDATE sign_in SET created_at = now() - interval '16 minutes'"))
    page = client.get(PAGE).text
    assert 'name="days"' not in page
    assert 'href="/sign-in?next=/me/tokens"' in page
    away = send(client, name="new")
    assert (303, "/sign-in?next=%2Fme%2Ftokens%3Fagain%3Dyes") == (away.status_code, away.headers["location"])
    assert 303 == send(client, f"{PAGE}/revoke", token=session.scalar(text("SELECT id FROM token"))).status_code


def test_who_writes_nothing_makes_none(rows: tuple[TestClient, Session]) -> None:
    """A member reads that reading needs no token; and a token of a builder opens no page of its owner."""
    client, session = rows
    answer = send(client, name="phone", scope="asset:write")
    token = re.search(r"vuur_[A-Za-z0-9_-]{43}", answer.text)[0]
    accounts.set_role(session, accounts.named(session, "Test builder"), Role.member)
    client.cookies.clear()
    headers = {"Authorization": f"Bearer {token}"}
    for path in ("/me", PAGE):
        assert 303 == client.get(path, headers=headers).status_code
    signed_in(
        client, str(session.get_bind().url.render_as_string(hide_password=False)), Role.member, name="Test builder"
    )
    assert "Lezen kan zonder token" in client.get(PAGE).text
    assert 400 == send(client, name="new").status_code
