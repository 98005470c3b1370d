"""Every door of the pages, as everyone: the routes are read from the program, and one that is not in DOORS fails.

(The operations of the API have the same table in tests/api/test_access.py.) A door is
- open: for everyone, as much or as little as the page itself shows;
- of a permission: for the roles that hold it in assets/permissions.py, in the community of what it is about;
- for whoever is signed in, each for their own things;
- for whoever has the secret in its address.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from app import csrf, database
from assets.permissions import GRANTED, Permission
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

OPEN, SIGNED_IN, SECRET = "open", "signed in", "secret"
Door = tuple[str, str]

WRITE, TALK, DECIDE = Permission.asset_write, Permission.conversation_write, Permission.suggestion_decide
ADMIN = Permission.account_write
ON_AN_ACCOUNT = [f"/{{account_id}}/{rest}" for rest in ("close", "link", "role", "second-steps")]
DOORS: dict[Door, str | Permission] = {
    **{
        ("GET", path): OPEN
        for path in (
            "/",
            "/.well-known/security.txt",
            "/about",
            "/accessibility",
            "/areas/{code}",
            "/areas/{code}/calendar",
            "/areas/{code}/feed",
            "/areas/{code}/notices",
            "/areas/{code}/poster",
            "/assets",
            "/assets/in-view",
            "/assets/{asset_id}",
            "/assets/{asset_id}/calendar",
            "/assets/{asset_id}/edit",
            "/assets/{asset_id}/qr",
            "/assets/{asset_id}/suggest",
            "/communities",
            "/communities/{slug}",
            "/embed",
            "/energy",
            "/energy/download",
            "/form-token",
            "/health",
            "/map-tiles/{z}/{x}/{y}",
            "/meeting-places",
            "/meeting-places/download",
            "/photos/{key}",
            "/photos/{key}/small",
            "/pin",
            "/pin/done",
            "/pin/street-parts/{street_part_id}",
            "/pin/streets",
            "/pin/streets/{street_id}",
            "/privacy",
            "/ready",
            "/search",
            "/sign-in",
            "/sign-in/oidc",
            "/sign-in/oidc/callback",
            "/streets",
            "/streets/download",
            "/timeline",
            "/timeline/download",
            "/lookups",
            "/manifest.webmanifest",
            "/offline",
            "/service-worker.js",
            "/waiting",
        )
    },
    **{
        ("POST", path): OPEN
        for path in (
            "/areas/{code}/notices",
            "/assets/{asset_id}/edit",
            "/assets/{asset_id}/suggest",
            "/pin",
            "/pin/here",
            "/pin/place",
            "/sign-in",
            "/sign-out",
        )
    },
    **{
        (method, path): SECRET
        for path in ("/notices/confirm/{token}", "/notices/stop/{token}", "/sign-in/{token}", "/suggestions/{token}")
        for method in ("GET", "POST")
    },
    **{(method, "/mails/stop/{token}"): SECRET for method in ("GET", "POST")},
    ("POST", "/me/mails"): SIGNED_IN,
    ("GET", "/me/export"): SIGNED_IN,
    **{(method, "/me/close"): SIGNED_IN for method in ("GET", "POST")},
    ("GET", "/suggestions/{token}/photo"): SECRET,
    ("GET", "/suggestions/{token}/photo/small"): SECRET,
    ("POST", "/suggestions/{token}/photo"): SECRET,
    ("GET", "/mine/{token}"): SECRET,
    ("GET", "/mine/{token}/export"): SECRET,
    **{("POST", f"/mine/{{token}}{rest}"): SECRET for rest in ("", "/audience", "/erase", "/hide", "/link", "/relay")},
    **{(method, f"/{name}/{{token}}"): SECRET for name in ("relay", "review") for method in ("GET", "POST")},
    ("GET", "/assets/{asset_id}/contact"): OPEN,
    ("POST", "/assets/{asset_id}/contact"): OPEN,
    # the secret is that of a sign-in that waits
    ("GET", "/sign-in/second"): SECRET,
    **{("POST", f"/sign-in/second{rest}"): SECRET for rest in ("", "/passkey", "/passkey/options")},
    **{(method, f"/invitations/{rest}"): SECRET for rest in ("{token}", "open/{token}") for method in ("GET", "POST")},
    ("GET", "/communities/{slug}/people"): WRITE,
    ("GET", "/communities/{slug}/history"): Permission.community_read,
    ("GET", "/communities/{slug}/export"): Permission.community_leave,
    **{(method, "/communities/{slug}/leave"): Permission.community_leave for method in ("GET", "POST")},
    **{
        ("POST", f"/communities/{{slug}}/{rest}"): Permission.member_write
        for rest in (
            "invitations",
            "invitations/{invitation_id}/revoke",
            "people/{account_id}/out",
            "people/{account_id}/role",
        )
    },
    ("GET", "/table"): Permission.table_open,
    ("POST", "/table"): Permission.table_open,
    ("POST", "/table/end"): Permission.table_open,
    ("POST", "/table/leave"): OPEN,
    ("GET", "/table/{code}"): SECRET,
    ("GET", "/me"): SIGNED_IN,
    **{(method, f"/me/{rest}"): SIGNED_IN for rest in ("paper-codes", "second-step") for method in ("GET", "POST")},
    **{("POST", f"/me/second-step/{rest}"): SIGNED_IN for rest in ("passkey", "passkey/options", "remove")},
    **{
        (method, f"/assets/{{asset_id}}/{rest}"): WRITE
        for rest in ("connections", "photo", "retire")
        for method in ("GET", "POST")
    },
    ("GET", "/assets/{asset_id}/history"): WRITE,
    ("GET", "/me/people"): SIGNED_IN,
    ("GET", "/me/tokens"): SIGNED_IN,
    **{("POST", f"/me/tokens{rest}"): SIGNED_IN for rest in ("", "/revoke")},
    ("POST", "/assets/{asset_id}/hide"): WRITE,
    ("POST", "/assets/{asset_id}/link"): WRITE,
    ("POST", "/assets/{asset_id}/relay"): WRITE,
    ("POST", "/changes/{change_id}/undo"): WRITE,
    ("GET", "/conversations"): TALK,
    ("POST", "/conversations"): TALK,
    ("GET", "/conversations/download"): TALK,
    ("GET", "/conversations/streets"): TALK,
    ("GET", "/conversations/{conversation_id}"): TALK,
    **{("POST", f"/conversations/{{conversation_id}}{rest}"): TALK for rest in ("", "/remove", "/undo")},
    ("GET", "/plan"): Permission.plan_read,
    ("GET", "/plan/download"): Permission.plan_read,
    **{(method, "/communities/{slug}/sharing"): Permission.sharing_write for method in ("GET", "POST")},
    **{("GET", f"/admin{rest}"): ADMIN for rest in ("", "/accounts", "/accounts/{account_id}", "/communities")},
    **{("POST", f"/admin/accounts{rest}"): ADMIN for rest in ("", *ON_AN_ACCOUNT)},
    **{
        ("POST", f"/admin/{rest}"): ADMIN
        for rest in (
            "communities",
            "communities/{community_id}/name",
            "tokens/{token_id}/revoke",
        )
    },
    ("GET", "/moderation"): DECIDE,
    ("GET", "/moderation/{suggestion_id}/edit"): DECIDE,
    **{("POST", f"/moderation/{{suggestion_id}}/{rest}"): DECIDE for rest in ("accept", "edit", "refuse")},
}
#: The forms that others send: mail programs that stop mails at one press (RFC 8058), with the secret as proof.
WITHOUT_TOKEN = {("POST", "/notices/stop/{token}"), ("POST", "/mails/stop/{token}")}
EXAMPLES = {"{code}": "GM9999", "{asset_id}": "1", "{z}/{x}/{y}": "14/8433/5361", "{key}": "x", "{token}": "x" * 43,
            "{slug}": "neighbours", "{conversation_id}": "999999", "{change_id}": "999999",
            "{account_id}": "999999"}  # fmt: skip


def routes(found: Any) -> Iterator[tuple[str, str, Callable[..., object]]]:
    """Method, path and function of every route outside the API."""
    for route in found:
        inside = getattr(route, "original_router", None)
        if inside is not None:
            yield from routes(inside.routes)
        elif getattr(route, "methods", None) and not route.path.startswith("/api/"):
            for method in route.methods:
                yield method, route.path, route.endpoint


def dependencies(function: Callable[..., object]) -> Iterator[Callable[..., object]]:
    """What FastAPI calls before a function, and before that."""
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        for mark in getattr(parameter.annotation, "__metadata__", ()):
            wanted = getattr(mark, "dependency", None)
            if wanted is not None:
                yield wanted
                yield from dependencies(wanted)


@pytest.fixture(scope="module")
def everyone(databases: Databases) -> Iterator[tuple[TestClient, str]]:
    """A browser on a sample neighbourhood of this module, and the database behind it."""
    from app.main import create_app

    url = databases.clone("sample")
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client:
        client.headers["accept"] = "text/html"
        yield client, url


@pytest.fixture(scope="module")
def all_routes(everyone: tuple[TestClient, str]) -> list[tuple[str, str, Callable[..., object]]]:
    """Every route of the pages."""
    return list(routes(everyone[0].app.routes))  # type: ignore[attr-defined]


def test_every_door_is_in_the_table(all_routes: list[tuple[str, str, Callable[..., object]]]) -> None:
    """A new page does not slip in without somebody saying for whom it is."""
    assert {(method, path) for method, path, _ in all_routes} == set(DOORS)


def test_every_form_has_its_token(all_routes: list[tuple[str, str, Callable[..., object]]]) -> None:
    """Whatever can be posted asks for the token of a form of ours, so that no other site can post it."""
    without = {
        (method, path)
        for method, path, function in all_routes
        if method != "GET" and csrf.sent_form not in dependencies(function)
    }
    assert without == WITHOUT_TOKEN


def test_no_connection_is_held_for_a_slow_form(all_routes: list[tuple[str, str, Callable[..., object]]]) -> None:
    """A form is read before the database is asked, so that forms that come in byte by byte stop nobody else."""
    early = set()
    for method, path, function in all_routes:
        order = list(dependencies(function))
        if csrf.sent_form in order and database.app_session in order[: order.index(csrf.sent_form)]:
            early.add((method, path))
    assert early == set()


def asked(client: TestClient, door: Door) -> int:
    """The status of a door with a form that says nothing; 401 when one is sent to sign in."""
    method, path = door
    for name, value in EXAMPLES.items():
        path = path.replace(name, value)
    while "{" in path:
        path = path[: path.index("{")] + "1" + path[path.index("}") + 1 :]
    sent = {"data": {csrf.FIELD: form_token(client)}} if method == "POST" else {}
    answer = client.request(method, path, **sent)
    away = answer.headers.get("location", "").startswith("/sign-in?next=")
    return 401 if answer.status_code == 303 and away else answer.status_code


@pytest.mark.parametrize("role", [None, *(role for role in Role if role is not Role.visitor)])
def test_guarded_doors(everyone: tuple[TestClient, str], role: Role | None) -> None:
    """Each guarded door lets in the roles of its permission, and refuses the others before it does anything."""
    client, url = everyone
    client.cookies.clear()
    if role is not None:
        signed_in(client, url, role)
    for door, kind in sorted(DOORS.items()):
        if kind in (OPEN, SECRET):
            continue
        status = asked(client, door)
        if role is None:
            assert 401 == status, door
        elif isinstance(kind, Permission) and role not in GRANTED[kind]:
            assert 403 == status, (role, door)
        else:
            assert status not in (401, 403), (role, door, status)
        assert status < 500, (role, door, status)


def test_doors_with_a_secret(everyone: tuple[TestClient, str]) -> None:
    """A secret that is none opens nothing, also for an admin."""
    client, url = everyone
    client.cookies.clear()
    signed_in(client, url, Role.admin)
    for door in sorted(door for door, kind in DOORS.items() if kind == SECRET):
        status = asked(client, door)
        # looking at the page with the button of a mailed link tells nothing about the link
        buttons = [("GET", "/sign-in/{token}"), ("GET", "/invitations/open/{token}")]
        assert status in (400, 401, 404) or door in buttons, (door, status)


def test_entries_of_another_community(everyone: tuple[TestClient, str]) -> None:
    """A builder of one community changes nothing of another by its number, whatever the door."""
    client, url = everyone
    client.cookies.clear()
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(
            text("INSERT INTO community (slug, name) VALUES ('elders', 'Elders') ON CONFLICT DO NOTHING")
        )
        connection.execute(
            text("UPDATE asset SET community_id = (SELECT id FROM community WHERE slug = 'elders') WHERE id = 1")
        )
        before = connection.execute(text("SELECT version, state FROM asset WHERE id = 1")).one()
    signed_in(client, url, Role.builder, name="Builder of here")
    doors = [door for door, kind in DOORS.items() if kind == WRITE and "{asset_id}" in door[1]]
    assert len(doors) > 5
    for door in [*doors, ("POST", "/assets/{asset_id}/edit")]:
        assert asked(client, door) == (422 if door[1].endswith("edit") else 403), door
    with engine.connect() as connection:
        assert before == connection.execute(text("SELECT version, state FROM asset WHERE id = 1")).one()
    engine.dispose()
