"""Who may do what: every operation of the document, asked as everyone. A new operation must be put in the table."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import tokens
from assets.tokens import Token
from assets.vocabulary import Role
from tests.api.conftest import ASSETS, GEOJSON, PATCH, token_for
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for

PREFIX = "/api/v1"
WRITERS = (Role.builder, Role.steward, Role.admin)
#: Operations that need a role; all others are open to everyone.
GUARDED = {
    (method, f"/collections/{collection}/items{item}")
    for collection in ("assets", "activities")
    for method, item in (("post", ""), ("put", "/{featureId}"), ("patch", "/{featureId}"), ("delete", "/{featureId}"))
}
#: The same with the roles that have them, where others than WRITERS do.
GUARDED_BY = {
    ("post", "/conversations"): WRITERS,
    ("post", "/measurements"): (Role.builder, Role.steward, Role.analyst, Role.admin),
    ("put", "/areas/{code}/ambition"): (Role.analyst, Role.admin),
    ("get", "/plan"): (Role.analyst, Role.admin),
    ("post", "/connections"): WRITERS,
    ("delete", "/connections/{connectionId}"): WRITERS,
}
OPEN = {
    ("get", path)
    for path in (
        "/", "/openapi.json", "/conformance", "/collections", "/collections/{collectionId}",
        "/collections/{collectionId}/queryables", "/problems", "/problems/{slug}", "/areas/{code}/calendar",
        "/areas/{code}/feed",
        "/energy", "/energy/activities", "/energy/months", "/measurements", "/areas/{code}/ambition",
        "/areas/{code}/summary", "/energy/classes", "/lookups",
        "/connections/{connectionId}", "/growth-edge", "/timeline", "/meeting-places", "/meeting-places/reach",
        *(f"/collections/{name}/items{item}" for name in ("areas", "streets", "assets", "activities")
          for item in ("", "/{featureId}")),
    )
}  # fmt: skip
#: For who is signed in with a browser; a token of any role is refused.
IN_A_BROWSER = {
    ("get", "/tokens"),
    ("post", "/tokens"),
    ("get", "/tokens/{tokenId}"),
    ("delete", "/tokens/{tokenId}"),
}
EXAMPLES = {"{tokenId}": "1", "{connectionId}": "1", "{collectionId}": "assets", "{code}": "GM9999", "{slug}": "stale"}
#: What an operation must be asked with.
QUESTIONS = {"/energy/activities": "?area=GM9999", "/plan": "?area=GM9999&hours=40", "/timeline": "?area=GM9999",
             "/meeting-places": "?area=GM9999", "/meeting-places/reach": "?area=GM9999"}  # fmt: skip


@pytest.fixture(scope="module")
def everyone(databases: Databases) -> Iterator[tuple[TestClient, dict[Role, str]]]:
    """A client without a token, and a token of every role."""
    from app.main import create_app

    url = databases.clone("sample")
    tokens = {role: token_for(url, role) for role in Role}
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as client:
        yield client, tokens


def operations(client: TestClient) -> set[tuple[str, str]]:
    """Method and path of every operation in the document."""
    paths = client.get(f"{PREFIX}/openapi.json").json()["paths"]
    return {(method, path) for path, item in paths.items() for method in item}


def address(path: str) -> str:
    """A path with examples in it."""
    identity = "GM9999" if "/areas/" in path else "1"
    for name, value in {**EXAMPLES, "{featureId}": identity}.items():
        path = path.replace(name, value)
    return PREFIX + path.rstrip("/") + QUESTIONS.get(path, "")


def asked(client: TestClient, method: str, path: str, token: str | None) -> int:
    """The status of an operation with a body that says nothing."""
    types = {"Content-Type": "application/json"} if (method, path) in GUARDED_BY else GEOJSON
    headers = {**(PATCH if method == "patch" else types), "If-Match": '"999999"'}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    body = None if method in ("get", "delete") else b"{}"
    path = path.replace("{connectionId}", "999999") if method == "delete" else path
    return client.request(method, address(path), content=body, headers=headers).status_code


def test_every_operation_is_in_the_table(everyone: tuple[TestClient, dict[Role, str]]) -> None:
    """The document holds exactly the operations of the table: a new one does not slip in unguarded."""
    assert GUARDED | set(GUARDED_BY) | OPEN | IN_A_BROWSER == operations(everyone[0])


def test_open_operations(everyone: tuple[TestClient, dict[Role, str]]) -> None:
    """Reading is open to everyone, with and without a token of any role."""
    client, tokens = everyone
    for method, path in sorted(OPEN):
        for token in (None, *tokens.values()):
            assert 200 == asked(client, method, path, token), path


@pytest.mark.parametrize("role", list(Role))
def test_guarded_operations(everyone: tuple[TestClient, dict[Role, str]], role: Role) -> None:
    """Writing, and the plan, are for the roles of the table; any other gets a 403 before its body is read."""
    client, tokens = everyone
    for method, path in sorted(GUARDED | set(GUARDED_BY)):
        status = asked(client, method, path, tokens[role])
        allowed = role in GUARDED_BY.get((method, path), WRITERS)
        done = (200,) if method == "get" else (400, 404, 412)
        assert (status in done) if allowed else (status == 403), (role, method, path, status)


@pytest.mark.parametrize("role", list(Role))
def test_a_token_makes_no_tokens(everyone: tuple[TestClient, dict[Role, str]], role: Role) -> None:
    """Of no role, with the reason; and it sees and ends none either."""
    client, tokens = everyone
    for method, path in sorted(IN_A_BROWSER):
        headers = {"Authorization": f"Bearer {tokens[role]}"}
        answer = client.request(method, address(path), headers=headers)
        assert (403, "A token cannot see, make or end tokens: sign in with a browser.") == (
            answer.status_code,
            answer.json()["detail"],
        )


def test_no_write_without_a_valid_token(everyone: tuple[TestClient, dict[Role, str]]) -> None:
    """Without a token, or with one that is none, writing is a 401 that says how to sign in."""
    client, _ = everyone
    for method, path in sorted(GUARDED | set(GUARDED_BY) | IN_A_BROWSER):
        for header in (None, "Bearer", "Bearer x", "Basic dTpw", "vuur_x", "Bearer vuur_" + "A" * 43, "Bearer \xe9"):
            headers = {"Authorization": header.encode("latin-1")} if header else {}
            answer = client.request(method, address(path), headers=headers)
            assert 401 == answer.status_code, (method, path, header)
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_wrong_token_is_not_ignored(everyone: tuple[TestClient, dict[Role, str]]) -> None:
    """An item asked with a token that is not valid is a 401, so that its owner notices."""
    assert 401 == everyone[0].get(f"{ASSETS}/1", headers={"Authorization": "Bearer old"}).status_code


@pytest.mark.parametrize("ending", ["revoked", "expired"])
def test_ended_token(make_client: Callable[..., TestClient], own_sample_url: str, ending: str) -> None:
    """A token that was revoked or has expired is worth nothing from the next request on."""
    client = make_client(own_sample_url)
    engine = create_engine(own_sample_url)
    with Session(engine) as session, session.begin():
        token = tokens.add_token(session, "short", role=Role.builder)
    headers = {"Authorization": f"Bearer {token}"}
    assert 200 == client.get(f"{ASSETS}/1", headers=headers).status_code

    with Session(engine) as session, session.begin():
        if ending == "revoked":
            tokens.revoke_token(session, "short")
        else:
            session.execute(update(Token).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    engine.dispose()
    assert 401 == client.get(f"{ASSETS}/1", headers=headers).status_code
    assert 401 == client.delete(f"{ASSETS}/1", headers={**headers, "If-Match": "*"}).status_code


def test_keys_belong_to_one_token(
    make_client: Callable[..., TestClient], own_sample_url: str, club: dict[str, Any]
) -> None:
    """The same Idempotency-Key of two programs makes two assets."""
    client = make_client(own_sample_url)
    made = set()
    for role in (Role.builder, Role.steward):
        headers = {**GEOJSON, "Authorization": f"Bearer {token_for(own_sample_url, role)}", "Idempotency-Key": "k"}
        made.add(client.post(ASSETS, content=json.dumps(club), headers=headers).json()["id"])

    assert 2 == len(made)


def test_history_names_the_token(
    make_client: Callable[..., TestClient], own_sample_url: str, club: dict[str, Any]
) -> None:
    """What a program changed stands in the history under the name of its token."""
    from assets import history

    client = make_client(own_sample_url)
    engine = create_engine(own_sample_url)
    with Session(engine) as session, session.begin():
        token = tokens.add_token(session, "the importer", role=Role.builder)
    headers = {**GEOJSON, "Authorization": f"Bearer {token}"}
    identity = client.post(ASSETS, content=json.dumps(club), headers=headers).json()["id"]

    with Session(engine) as session:
        assert ["the importer"] == [change.by for change in history.of(session, "asset", identity)]
    engine.dispose()
