"""Tokens at the doors of the API: each scope opens its own writes and no other, and every end is an end at once."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import accounts, communities, tokens
from assets.permissions import FOR_PROGRAMS, Permission
from assets.vocabulary import Role
from tests.api.conftest import ASSETS, GEOJSON
from tests.api.test_access import PREFIX, asked, operations
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

#: What a token must be made for, by the beginning of the path; an operation that is not here fails the test.
NEEDED = {
    "/collections/assets/": Permission.asset_write,
    "/collections/activities/": Permission.activity_write,
    "/connections": Permission.asset_write,
    "/conversations": Permission.conversation_write,
    "/measurements": Permission.measurement_write,
    "/areas/{code}/ambition": Permission.ambition_write,
}
#: For who is signed in with a browser; test_access.py asks them with tokens.
IN_A_BROWSER = "/tokens"


@contextmanager
def writing(url: str) -> Iterator[Session]:
    """A session that commits at the end."""
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        yield session
    engine.dispose()


@pytest.fixture(scope="module")
def shared(databases: Databases) -> Iterator[tuple[TestClient, str]]:
    """A client on a sample of this module, and its database."""
    from app.main import create_app

    url = databases.clone("sample")
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as client:
        yield client, url


@pytest.fixture
def browser(shared: tuple[TestClient, str]) -> Iterator[TestClient]:
    """A builder's browser, signed in just now, with the header of a form."""
    client, url = shared
    client.cookies.clear()
    with writing(url) as session:
        session.execute(text("DELETE FROM token"))
    signed_in(client, url, Role.builder)
    client.headers["X-Form-Token"] = form_token(client)
    yield client
    del client.headers["X-Form-Token"]


@pytest.mark.parametrize("scope", sorted(FOR_PROGRAMS))
def test_each_scope_at_each_write(shared: tuple[TestClient, str], scope: Permission) -> None:
    """Of an admin's token with one scope, each write is refused for the scope, but for those of that scope."""
    client, url = shared
    client.cookies.clear()
    with writing(url) as session:
        token = tokens.add_token(session, f"only {scope}", role=Role.admin, scopes=[scope])
    writes = [
        (method, path) for method, path in sorted(operations(client))
        if method != "get" and not path.startswith(IN_A_BROWSER)
    ]  # fmt: skip
    assert len(writes) >= 13
    for method, path in writes:
        needed = next(permission for start, permission in NEEDED.items() if path.startswith(start))
        status = asked(client, method, path, token)
        assert (status in (400, 404, 412)) if needed == scope else (status == 403), (method, path, status)


def test_a_token_that_reads_writes_nothing(shared: tuple[TestClient, str]) -> None:
    """Without a scope everything is open that is open to all, and the refusal says why."""
    client, url = shared
    client.cookies.clear()
    with writing(url) as session:
        token = tokens.add_token(session, "reader", role=Role.admin, scopes=["read"])
    headers = {"Authorization": f"Bearer {token}"}
    assert 200 == client.get(f"{ASSETS}/1", headers=headers).status_code
    answer = client.post(ASSETS, content=b"{}", headers={**headers, **GEOJSON})
    assert (403, "This token was not made for this (asset:write).") == (answer.status_code, answer.json()["detail"])


def test_a_token_opens_no_page(shared: tuple[TestClient, str]) -> None:
    """Whose it is or what it is for, at a page it is a visitor."""
    client, url = shared
    client.cookies.clear()
    with writing(url) as session:
        owner = accounts.add(session, "Pages", role=Role.admin)
        made = [tokens.add_token(session, "own", account=owner)]
        made.append(tokens.add_token(session, "pages", role=Role.admin, scopes=["conversation:write"]))
    for token in made:
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
        for path in ("/conversations", "/moderation", "/admin", "/me", "/plan"):
            answer = client.get(path, headers=headers, follow_redirects=False)
            assert (303, True) == (answer.status_code, answer.headers["location"].startswith("/sign-in")), path


def test_reading_the_plan(shared: tuple[TestClient, str]) -> None:
    """A scope for reading what is not for everybody."""
    client, url = shared
    client.cookies.clear()
    path = f"{PREFIX}/plan?area=GM9999&hours=40"
    for scope, status in (("plan:read", 200), ("measurement:write", 403), ("read", 403)):
        with writing(url) as session:
            token = tokens.add_token(session, f"reads {scope}", role=Role.analyst, scopes=[scope])
        assert status == client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code, scope


def test_the_same_refusal_for_every_token_that_is_none(shared: tuple[TestClient, str]) -> None:
    """Unknown, expired, revoked, and of a closed account: nobody can tell which."""
    client, url = shared
    client.cookies.clear()
    with writing(url) as session:
        made = [tokens.add_token(session, name, role=Role.builder) for name in ("expired", "revoked")]
        owner = accounts.add(session, "Gone", role=Role.builder)
        made += ["vuur_" + "A" * 43, tokens.add_token(session, "closed", account=owner)]
        session.execute(text("UPDATE token SET expires_at = now() WHERE name = 'expired'"))
        tokens.revoke_token(session, "revoked")
        accounts.close(session, owner)
    answers = [client.get(f"{ASSETS}/1", headers={"Authorization": f"Bearer {token}"}) for token in made]
    assert [401] * 4 == [answer.status_code for answer in answers]
    assert 1 == len({(answer.text, answer.headers["www-authenticate"]) for answer in answers})


def test_no_token_in_an_address_and_none_in_the_log(
    shared: tuple[TestClient, str], caplog: pytest.LogCaptureFixture
) -> None:
    """In a query string it opens nothing, and whatever happens nothing of it is logged."""
    client, url = shared
    client.cookies.clear()
    with writing(url) as session:
        token = tokens.add_token(session, "logged", role=Role.builder)
    with caplog.at_level(logging.DEBUG):
        for name in ("access_token", "token", "bearer", "Authorization"):
            answer = client.post(f"{ASSETS}?{name}={token}", content=b"{}", headers=GEOJSON)
            assert answer.status_code in (400, 401)
            assert token not in answer.text
        headers = {"Authorization": f"Bearer {token}", **GEOJSON}
        assert 400 == client.post(ASSETS, content=b"{}", headers=headers).status_code
        assert 401 == client.get(f"{ASSETS}/1", headers={"Authorization": f"Bearer {token}x"}).status_code
    said = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    assert token not in said


def test_less_at_once(shared: tuple[TestClient, str], club: dict[str, Any]) -> None:
    """A lower role, a community lost and one of others count for the next request."""
    client, url = shared
    client.cookies.clear()
    with writing(url) as session:
        north, south = (communities.add(session, f"{slug}-less", slug).id for slug in ("noord", "zuid"))
        owner = accounts.add(session, "Less", role=Role.builder, community_id=north)
        accounts.set_role(session, owner, Role.builder, community_id=south)
        token = tokens.add_token(session, "phone", account=owner, community_id=north)
    headers = {"Authorization": f"Bearer {token}", **GEOJSON}
    made = client.post(ASSETS, content=json.dumps(club), headers=headers)
    assert 201 == made.status_code
    number = made.json()["id"]
    any_version = {**headers, "If-Match": "*"}
    with writing(url) as session:
        assert north == session.scalar(text("SELECT community_id FROM asset WHERE id = :id"), {"id": number})
        session.execute(text("UPDATE asset SET community_id = :c WHERE id = :id"), {"c": south, "id": number})
    answer = client.delete(f"{ASSETS}/{number}", headers=any_version)
    assert (403, True) == (answer.status_code, "another community" in answer.json()["detail"])

    with writing(url) as session:
        session.execute(text("UPDATE asset SET community_id = :c WHERE id = :id"), {"c": north, "id": number})
        accounts.set_role(session, accounts.named(session, "Less"), Role.member, community_id=north)
    assert 403 == client.delete(f"{ASSETS}/{number}", headers=any_version).status_code
    with writing(url) as session:
        accounts.set_role(session, accounts.named(session, "Less"), Role.visitor, community_id=north)
    assert 403 == client.delete(f"{ASSETS}/{number}", headers=any_version).status_code
    assert 403 == client.post(ASSETS, content=json.dumps(club), headers=headers).status_code


# --- /tokens itself ---


def test_making_one_in_a_browser(browser: TestClient, shared: tuple[TestClient, str], club: dict[str, Any]) -> None:
    """201 with its place, the token once; then it writes, is listed, and is revoked."""
    made = browser.post(f"{PREFIX}/tokens", json={"name": "meter", "scopes": ["asset:write"], "days": 7})
    assert 201 == made.status_code, made.text
    assert "no-store" == made.headers["cache-control"]
    told = made.json()
    assert told["token"].startswith("vuur_")
    listed = browser.get(f"{PREFIX}/tokens").json()["tokens"]
    assert [{name: value for name, value in told.items() if name != "token"}] == listed
    one = browser.get(made.headers["location"].partition("testserver")[2])
    assert listed[0] == one.json()

    browser.cookies.clear()
    headers = {"Authorization": f"Bearer {told['token']}", **GEOJSON}
    assert 201 == browser.post(ASSETS, content=json.dumps(club), headers=headers).status_code
    signed_in(browser, shared[1], Role.builder)
    browser.headers["X-Form-Token"] = form_token(browser)
    address = f"{PREFIX}/tokens/{told['id']}"
    assert 204 == browser.delete(address).status_code
    assert 404 == browser.delete(address).status_code
    assert 401 == browser.get(f"{ASSETS}/1", headers=headers).status_code


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({}, "#/name"), ({"name": "a"}, "#/scopes"), ({"name": "", "scopes": []}, "#/name"),
        ({"name": "<b>" + "\U0001f9ed" * 60, "scopes": []}, "#/name"), ({"name": "a\tb\u0001", "scopes": []}, "#/name"),
        ({"name": "a", "scopes": ["god"]}, "#/scopes"), ({"name": "a", "scopes": "asset:write"}, "#/scopes"),
        ({"name": "a", "scopes": ["ambition:write"]}, "#/scopes"), ({"name": "a", "scopes": [], "days": 0}, "#/days"),
        ({"name": "a", "scopes": [], "days": 366}, "#/days"), ({"name": "a", "scopes": [], "days": "7"}, "#/days"),
        ({"name": "a", "scopes": [], "days": 10**30}, "#/days"),
        ({"name": "a", "scopes": [], "role": "admin"}, "#/role"),
        ({"name": "a", "scopes": [], "account_id": 1}, "#/account_id"),
        ({"name": "a", "scopes": [], "community": "nowhere"}, "#/community"),
    ],
)  # fmt: skip
def test_what_cannot_be_made(browser: TestClient, sent: dict[str, Any], place: str) -> None:
    """A 400 that names the place, and nothing is made."""
    answer = browser.post(f"{PREFIX}/tokens", json=sent)
    assert 400 == answer.status_code
    assert place in [fault["pointer"] for fault in answer.json()["errors"]]
    assert [] == browser.get(f"{PREFIX}/tokens").json()["tokens"]


def test_only_from_our_own_pages_and_lately_signed_in(browser: TestClient, shared: tuple[TestClient, str]) -> None:
    """Without the header of a form, from another site, and a quarter of an hour later: refused, nothing made."""
    body = {"name": "a", "scopes": []}
    header = browser.headers.pop("X-Form-Token")
    assert 403 == browser.post(f"{PREFIX}/tokens", json=body).status_code
    browser.headers["X-Form-Token"] = header
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert 403 == browser.post(f"{PREFIX}/tokens", json=body, headers=foreign).status_code
    with writing(shared[1]) as session:
        session.execute(text("UPDATE sign_in SET created_at = now() - interval '16 minutes'"))
    answer = browser.post(f"{PREFIX}/tokens", json=body)
    assert (403, True) == (answer.status_code, answer.json()["detail"].startswith("Sign in again"))
    with writing(shared[1]) as session:
        assert 0 == session.scalar(text("SELECT count(*) FROM token"))


def test_tokens_of_others(browser: TestClient, shared: tuple[TestClient, str]) -> None:
    """Another's token and the operator's are not there for me."""
    with writing(shared[1]) as session:
        other = accounts.add(session, "Somebody else", role=Role.builder)
        tokens.add_token(session, "theirs", account=other)
        tokens.add_token(session, "importer", role=Role.builder)
        numbers = session.scalars(text("SELECT id FROM token")).all()
        accounts.close(session, other)
        session.execute(text("UPDATE token SET revoked_at = NULL"))
    for number in numbers:
        assert 404 == browser.get(f"{PREFIX}/tokens/{number}").status_code
        assert 404 == browser.delete(f"{PREFIX}/tokens/{number}").status_code


def test_the_operators_command(make_client: Callable[..., TestClient], own_sample_url: str) -> None:
    """`account token` prints a token and nothing else; with an account it is theirs, and they are mailed."""
    from tests.conftest import run_program

    with writing(own_sample_url) as session:
        accounts.add(session, "Samira", role=Role.builder, email="samira@example.org")
    known = {"VUURTOREN_DATABASE_URL": own_sample_url}
    done = run_program("account", "token", "meter", "--account", "samira", "--scope", "measurement:write", **known)
    assert (0, "") == (done.returncode, done.stderr)
    token = done.stdout.strip()
    client = make_client(own_sample_url)
    assert 403 == asked(client, "post", "/conversations", token)
    assert 400 == asked(client, "post", "/measurements", token)
    with writing(own_sample_url) as session:
        body = session.scalar(text("SELECT body FROM mail WHERE recipient = 'samira@example.org'"))
    assert "meter" in str(body)
    assert token not in str(body)
    for wrong in (["--role", "admin", "--account", "samira"], ["--scope", "god"], ["--community", "nowhere"],
                  ["--account", "nobody"], ["--days", "366"], ["--role", "god"]):  # fmt: skip
        done = run_program("account", "token", "x", *wrong, **known)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
