"""No other site can let somebody's browser do something here: every form, read from the program, as an admin.

An admin's cookie opens every door, so that only the walls against foreign forms are left. After each attempt the
contents of every table are what they were.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from starlette.testclient import TestClient

from app import csrf
from assets.vocabulary import Role
from tests.attacks import walk
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in
from tests.test_every_door import WITHOUT_TOKEN

#: What an attacker would fill in, whatever the form: enough to be taken where nothing stops it.
FIELDS = {
    "email": "a@example.org", "title": "Van een ander", "kind": "club", "note": "Van een ander", "about": "gone",
    "longitude": "5.3111", "latitude": "52.5330", "step": "tell", "go": "next", "key": "a-key-of-another",
    "agreed": "yes", "name": "Ander", "role": "admin", "reason": "other", "message": "Van een ander", "answer": "yes",
    "sure": "yes", "audience": "public", "code": "123456", "street": "1", "neighbours": "2", "held_on": "2026-11-01",
    "everywhere": "1",
}  # fmt: skip


@pytest.fixture(scope="module")
def victim(databases: Databases) -> Iterator[tuple[TestClient, Connection]]:
    """The browser of an admin who is signed in, and the database."""
    from app.main import create_app

    url = databases.clone("sample")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with (
        TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client,
        engine.connect() as connection,
    ):
        client.headers["accept"] = "text/html"
        signed_in(client, url, Role.admin)
        form_token(client)
        client.get("/me")
        yield client, connection
    engine.dispose()


def stored(connection: Connection) -> dict[str, str]:
    """A mark of the contents of every table."""
    tables = connection.scalars(
        text("SELECT table_name FROM information_schema.tables"
             " WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'spatial_ref_sys'")
    ).all()  # fmt: skip
    of_each = (f"SELECT '{name}', count(*) || ' ' || sum(hashtextextended(CAST(t AS text), 0)) FROM {name} AS t"
               for name in tables)  # fmt: skip
    return {row[0]: row[1] for row in connection.execute(text(" UNION ALL ".join(of_each)))}


def forms(client: TestClient) -> list[str]:
    """The addresses of all forms: whatever a page can post."""
    found = {path for method, path in walk.operations(client) if method == "POST" and not path.startswith("/api/")}
    examples = {"{code}": "GM9999", "{token}": "x" * 43}
    addresses = [walk.filled(path, examples) for path in sorted(found - {path for _, path in WITHOUT_TOKEN})]
    assert len(addresses) > 40
    return addresses


def another_browser(client: TestClient) -> str:
    """A token for a form that another browser got."""
    kept = dict(client.cookies)
    client.cookies.clear()
    found = form_token(client)
    client.cookies.clear()
    client.cookies.update(kept)
    return found


@pytest.mark.parametrize("token", [None, "", "of another browser", "x." + "0" * 64])
def test_without_a_token_of_this_browser(victim: tuple[TestClient, Connection], token: str | None) -> None:
    """No form is taken without the token that was made for this browser, and nothing is stored."""
    client, connection = victim
    before = stored(connection)
    for address in forms(client):
        given = another_browser(client) if token and " " in token else token
        answer = client.post(address, data=FIELDS if given is None else {**FIELDS, csrf.FIELD: given})
        assert answer.status_code == 403, address
        assert "set-cookie" not in answer.headers or "vuurtoren-form" in answer.headers["set-cookie"], address
    assert stored(connection) == before


@pytest.mark.parametrize(
    "said",
    [
        {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "SAME-ORIGIN"},
        {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://testserver.evil.example"},
        {"origin": "http://testserver:81"}, {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
    ],
    ids=lambda said: " ".join(said.values()),
)  # fmt: skip
def test_from_another_site(victim: tuple[TestClient, Connection], said: dict[str, str]) -> None:
    """No form is taken of which the browser says that another site sent it, also with the right token."""
    client, connection = victim
    before = stored(connection)
    fields = {**FIELDS, csrf.FIELD: form_token(client)}
    for address in forms(client):
        assert client.post(address, data=fields, headers=said).status_code == 403, address
    assert stored(connection) == before


def test_what_is_no_form(victim: tuple[TestClient, Connection]) -> None:
    """A body of another kind, as other sites may send without asking first, is no way round the token."""
    client, connection = victim
    before = stored(connection)
    for address in forms(client):
        for kind in ("text/plain", "application/json", "application/x-www-form-urlencoded", "multipart/form-data"):
            answer = client.post(address, content=b"form_token=x&x=1", headers={"Content-Type": kind})
            assert answer.status_code in (400, 403, 415), (address, kind)
    assert stored(connection) == before


def test_writing_through_the_api_with_a_cookie(victim: tuple[TestClient, Connection]) -> None:
    """A cookie alone writes nothing through the API, whatever the method and the body."""
    client, connection = victim
    before = stored(connection)
    body: Any = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [5.3111, 52.5330]},
                 "properties": {"kind": "club", "title": "Van een ander"}}  # fmt: skip
    asked = [one for one in walk.operations(client) if one[0] != "GET" and one[1].startswith("/api/")]
    assert len(asked) >= 12
    for method, path in sorted(asked):
        address = walk.filled(path, {"{code}": "GM9999"})
        for kind in ("application/geo+json", "application/json", "text/plain", "application/merge-patch+json"):
            headers = {"Content-Type": kind, "If-Match": "*"}
            assert client.request(method, address, json=body, headers=headers).status_code == 403, (method, address)
    assert stored(connection) == before


def test_stopping_by_mail_is_the_only_form_without_a_token(victim: tuple[TestClient, Connection]) -> None:
    """A mail program may stop a notice at one press; with a secret that is none nothing changes."""
    client, connection = victim
    before = stored(connection)
    for _, path in WITHOUT_TOKEN:
        answer = client.post(walk.filled(path, {"{token}": "x" * 43}), data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code in (200, 404)
    assert stored(connection) == before


def test_pages_let_nobody_else_send_their_forms(victim: tuple[TestClient, Connection]) -> None:
    """No page with a form can be framed, and a form goes nowhere but here; answers of pages are not open to others."""
    client, _ = victim
    for path in ("/", "/pin", "/sign-in", "/me", "/assets/1/suggest", "/moderation", "/conversations"):
        answer = client.get(path, headers={"origin": "https://evil.example"})
        policy = answer.headers["content-security-policy"]
        assert "form-action 'self'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert answer.headers["x-frame-options"] == "DENY", path
        assert "access-control-allow-origin" not in answer.headers, path
