"""Nobody becomes owner, steward or public by sending a field too many: what is not asked for is refused or ignored.

Each form and each body is sent twice, once as it is meant and once with every field that an attacker would like to set.
What is kept of both is the same in every column, but for numbers, moments and secrets.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from sqlalchemy import Connection, TextClause, create_engine, text
from starlette.testclient import TestClient

from app import csrf
from assets import models
from assets.vocabulary import Role
from tests.api.conftest import GEOJSON, PATCH, token_for
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

API = "/api/v1"
#: Columns, and names that people would give them.
EXTRA: dict[str, Any] = {
    "id": 1, "asset_id": 1, "state": "published", "community_id": 99, "community": "sample", "by": "Iemand anders",
    "created_by": "Iemand anders", "recorded_by": "Iemand anders", "holder": "account:1", "owner": 1, "account_id": 1,
    "account": 1, "role": "admin", "permissions": ["asset:write"], "scopes": ["asset:write"], "is_admin": True,
    "version": 999, "audience": "public", "consent": {"audience": "public"}, "given_on": "2020-01-01",
    "expires_on": "2099-01-01",
    "fresh_on": "[2020-01-01,2099-01-01)", "active_on": "[2020-01-01,2099-01-01)", "verified": True,
    "confirmed_at": "2020-01-01", "source": "osm", "source_key": "x", "placement": "exact", "geom": "POINT(1 1)",
    "area_id": 1, "street_id": 1,
    "created_at": "2020-01-01T00:00:00Z", "changed_at": "2020-01-01T00:00:00Z", "energy": 99, "follow_hash": "x",
    "token_hash": "x", "decided_by": "Iemand anders", "decided_at": "2020-01-01", "suggested_by": "Iemand anders",
    "is_sample": True, "estimated": False, "sender": "x", "waiting": False, "table_id": 1, "revoked_at": None,
}  # fmt: skip
#: What is another one each time by its nature, and words of which the second has a number.
VOLATILE = re.compile(r"(^id|_id|_at|^at|_hash|^version|words|names|talents|geom.*|^before|^after|^about|^browser)$")
OF_WHOM = ("community_id", "account_id")
#: Tables about what the service does with itself.
ASIDE = {
    "data_version", "stale_count", "counted_area", "asset_count", "idempotency_key", "mail", "sign_in", "energy_share",
    "lookup", "spatial_ref_sys",
}  # fmt: skip
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def victim(databases: Databases) -> Iterator[tuple[TestClient, Connection, str]]:
    """The application, its database, and a builder's token."""
    from app.main import create_app

    url = databases.clone("sample")
    token = token_for(url, Role.builder)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with (
        TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client,
        engine.connect() as connection,
    ):
        client.headers["accept"] = "text/html"
        yield client, connection, token
    engine.dispose()


NEXT = text("SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)")


@cache
def written() -> TextClause:
    """Asks for every row that was written since a transaction, as PostgreSQL numbers them, with its table."""
    of_each = (
        f"SELECT '{name}' AS name, to_jsonb(t) AS row FROM {name} AS t"
        " WHERE CAST(CAST(xmin AS text) AS bigint) >= :since"
        for name in models.Base.metadata.tables
        if name not in ASIDE
    )
    return text(" UNION ALL ".join(of_each))


def made(connection: Connection, send: Callable[[], int]) -> tuple[int, list[tuple[str, str]]]:
    """The status of what was sent, and the rows that were written by it, without what differs each time."""
    since = connection.execute(NEXT).scalar_one()
    status = send()
    rows = []
    for table, row in connection.execute(written(), {"since": since}):
        told = {k: v for k, v in row.items() if not VOLATILE.search(k) or k in OF_WHOM}
        assert row.get("version", 0) < 900
        rows.append((table, re.sub(r"(?<=[a-z ])\d+(?=[\"@])", "N", json.dumps(told, sort_keys=True))))
    return status, sorted(rows)


POINT = {"type": "Point", "coordinates": [5.3111, 52.5330]}


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    """A GeoJSON feature."""
    return {"type": "Feature", "geometry": geometry, "properties": properties}


#: Method, path and body of what programs write; {n} is a number that is new each time.
BODIES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/collections/assets/items", feature(POINT, kind="club", title="Schaakclub {n}")),
    ("POST", "/collections/assets/items", feature(POINT, kind="person", title="Buur {n}")),
    ("PUT", "/collections/assets/items/44", feature(POINT, kind="meeting_place", title="Huis {n}")),
    ("PATCH", "/collections/assets/items/44", {"properties": {"title": "Huis {n}"}}),
    ("POST", "/collections/activities/items", feature(None, asset_id=44, held_on="2026-11-01", participants=3)),
    ("PATCH", "/collections/activities/items/1", {"properties": {"note": "Gedaan {n}"}}),
    ("POST", "/conversations", {"street_id": 1, "held_on": "2026-11-01", "neighbours": 2}),
    ("POST", "/measurements", {"street_part_id": 1, "measured_on": "2026-11-01", "kind": "fine", "count": 3}),
    ("POST", "/tokens", {"name": "Programma {n}", "scopes": ["read"]}),
]  # fmt: skip


def numbered(value: Any, number: int) -> Any:
    """The same with the number in its words."""
    if isinstance(value, dict):
        return {name: numbered(one, number) for name, one in value.items()}
    return value.replace("{n}", str(number)) if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("method", "path", "body"), BODIES, ids=[f"{one[0]} {one[1]} {i}" for i, one in enumerate(BODIES)]
)
def test_bodies(victim: tuple[TestClient, Connection, str], method: str, path: str, body: dict[str, Any]) -> None:
    """Fields too many, all at once and each alone: refused with nothing stored, or not taken."""
    client, connection, token = victim
    client.cookies.clear()

    def send(more: dict[str, Any], where: str) -> int:
        sent = numbered(body, next(NUMBERS))
        inside = sent["properties"] if where == "properties" else sent
        inside.update({name: value for name, value in more.items() if name not in inside})
        types = (
            PATCH if method == "PATCH" else GEOJSON if "collections" in path else {"Content-Type": "application/json"}
        )
        headers = {**types, "Authorization": f"Bearer {token}", "If-Match": "*", "accept": "application/json"}
        answer = client.request(method, API + path, json=sent, headers=headers)
        assert answer.status_code < 500, answer.text
        return answer.status_code

    _, meant = made(connection, lambda: send({}, "top"))
    status, meant = made(connection, lambda: send({}, "top"))
    if path == "/tokens":
        assert status == 403, "a token makes no tokens"
    else:
        assert (status in (200, 201, 204), len(meant) > 0) == (True, True), (status, meant)
    for where in ("top", "properties") if "properties" in body else ("top",):
        status, stored = made(connection, lambda where=where: send(EXTRA, where))  # type: ignore[misc]
        assert stored == ([] if status >= 400 else meant), where
        asked = {"asset_id"} if "activities" in path else set()
        alone = {name: value for name, value in EXTRA.items() if name not in asked}
        ignored = {name: value for name, value in alone.items() if send({name: value}, where) < 400}
        _, stored = made(connection, lambda where=where, ignored=ignored: send(ignored, where))  # type: ignore[misc]
        assert stored == meant or path == "/tokens", (where, set(ignored))


#: Who sends which form, with fields as they are meant.
FORMS: dict[str, tuple[Role | None, str, dict[str, str]]] = {
    "pin a club": (Role.builder, "/pin", {"step": "tell", "go": "next", "kind": "club", "title": "Koor {n}",
        "longitude": "5.3111", "latitude": "52.5330", "different": "yes"}),
    "pin a person": (Role.builder, "/pin", {"step": "tell", "go": "next", "kind": "person", "title": "Truus {n}",
        "hands": "taarten bakken", "show": "neighbourhood", "area": "BU99990101", "different": "yes"}),
    "suggest a club": (None, "/pin", {"step": "tell", "go": "next", "kind": "club", "title": "Koor {n}",
        "longitude": "5.3111", "latitude": "52.5330", "different": "yes"}),
    "suggest a change": (None, "/assets/44/suggest", {"about": "changed", "note": "Nu op donderdag {n}"}),
    "report": (None, "/assets/44/suggest", {"about": "report", "reason": "private"}),
    "conversation": (Role.builder, "/conversations", {"street": "Zoutsteeg", "day": "today", "neighbours": "2"}),
    "notices": (None, "/areas/BU99990101/notices", {"email": "buur{n}@example.org", "rhythm": "week"}),
    "sign in": (None, "/sign-in", {"email": "iemand{n}@example.org"}),
    "token": (Role.builder, "/me/tokens", {"name": "Programma {n}", "scopes": "read", "days": "30"}),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_forms(victim: tuple[TestClient, Connection, str], form: str) -> None:
    """With all fields of an attacker at once, what is kept is what is kept without them."""
    client, connection, _ = victim
    role, path, fields = FORMS[form]
    client.cookies.clear()
    if role is not None:
        signed_in(client, connection.engine.url.render_as_string(hide_password=False), role)

    def send(more: dict[str, str]) -> int:
        number = next(NUMBERS)
        sent = {**more, **numbered(fields, number), csrf.FIELD: form_token(client), "key": f"key-of-attack-{number:06}"}
        answer = client.post(path, data=sent)
        assert answer.status_code < 400, (
            answer.status_code,
            re.findall(r'class="vuurtoren-fault"[^<]*<?', answer.text),
        )
        return answer.status_code

    # what these forms themselves ask for
    asked = {"pin a club": {"area_id"}, "pin a person": {"audience"}, "token": {"scopes", "community"}}.get(form, set())
    _, meant = made(connection, lambda: send({}))
    _, meant = made(connection, lambda: send({}))
    more = {name: str(value) for name, value in EXTRA.items() if name not in asked}
    _, stored = made(connection, lambda: send(more))
    assert meant
    assert stored == meant


def test_an_audience_without_a_yes_is_none(victim: tuple[TestClient, Connection, str]) -> None:
    """Who may see a person is kept with a consent only: a form without the answer makes nobody public."""
    client, connection, _ = victim
    client.cookies.clear()
    signed_in(client, connection.engine.url.render_as_string(hide_password=False), Role.builder)
    _, _, fields = FORMS["pin a person"]
    number = next(NUMBERS)
    before = connection.execute(text("SELECT count(*) FROM published_asset WHERE kind = 'person'")).scalar_one()
    sent = {**numbered(fields, number), "audience": "public", "consent": "yes", "key": f"key-of-attack-{number:06}"}
    client.post("/pin", data={**sent, csrf.FIELD: form_token(client)})
    assert connection.execute(text("SELECT count(*) FROM published_asset WHERE kind = 'person'")).scalar_one() == before
