"""Every error has one shape, and every answer its headers, whatever went wrong and wherever."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from starlette.testclient import TestClient

from app.api import API_VERSION
from app.problems import TYPES, Unexpected
from tests.api.conftest import ACTIVITIES, AREAS, ASSETS, GEOJSON, PATCH, STREETS

SECURITY = {
    "api-version": API_VERSION,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}
#: Method, address, headers → status.
WRONG: list[tuple[str, str, dict[str, str], int]] = [
    ("GET", "/api/v1/nothing", {}, 404),
    ("GET", "/api/v2", {}, 404),
    ("GET", "/api/v1/collections/", {}, 404),
    ("GET", f"{ASSETS}/", {}, 404),
    ("GET", "/api/v1/collections/nothing", {}, 404),
    ("GET", "/api/v1/collections/nothing/items", {}, 404),
    ("GET", "/api/v1/collections/nothing/queryables", {}, 404),
    ("GET", "/api/v1/problems/nothing", {}, 404),
    ("GET", f"{ASSETS}/999999", {}, 404),
    ("GET", f"{STREETS}/999999", {}, 404),
    ("GET", f"{AREAS}/BU00000000", {}, 404),
    ("GET", f"{ACTIVITIES}/999999", {}, 404),
    ("GET", "/map-tiles/99/0/0", {}, 404),
    ("GET", "/map-tiles/1/2/3/4", {}, 404),
    ("GET", "/health/", {}, 404),
    ("GET", "/.well-known/nothing", {}, 404),
    ("POST", "/api/v1", {}, 405),
    ("PUT", ASSETS, {}, 405),
    ("DELETE", f"{STREETS}/1", {}, 405),
    ("POST", f"{ASSETS}/1", {}, 405),
    ("PATCH", AREAS, {}, 405),
    ("TRACE", "/api/v1", {}, 405),
    ("POST", "/map-tiles/1/0/0", {}, 405),
    ("GET", "/api/v1", {"Accept": "image/png"}, 406),
    ("GET", "/api/v1/openapi.json", {"Accept": "text/html"}, 406),
    ("GET", "/api/v1/conformance", {"Accept": "application/xml"}, 406),
    ("GET", f"{ASSETS}/1", {"Accept": "text/csv"}, 406),
    ("GET", "/api/v1?f=xml", {}, 400),
    ("GET", "/api/v1/collections?colour=red", {}, 400),
    ("GET", f"{ASSETS}/1?theme=litter", {}, 400),
    ("GET", f"{STREETS}?theme=noise", {}, 400),
    ("GET", "/map-tiles/1/0/0?colour=red", {}, 400),
    ("POST", f"{ASSETS}?dry=true", GEOJSON, 400),
    ("POST", ASSETS, {}, 401),
    ("DELETE", f"{ACTIVITIES}/1", {}, 401),
    ("PATCH", f"{ASSETS}/1", PATCH, 401),
]


@pytest.mark.parametrize(("method", "url", "headers", "status"), WRONG)
def test_one_shape(sample_client: TestClient, method: str, url: str, headers: dict[str, str], status: int) -> None:
    """Every error is problem+json with the five members, a documented type, and the headers of every answer."""
    answer = sample_client.request(method, url, headers=headers)

    assert status == answer.status_code, answer.text
    assert "application/problem+json" == answer.headers["content-type"]
    body = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= set(body) <= {
        "type", "title", "status", "detail", "instance", "errors"
    }  # fmt: skip
    assert status == body["status"]
    assert url.partition("?")[0] == body["instance"]
    slug = body["type"].removeprefix("http://testserver/api/v1/problems/")
    assert TYPES[slug].title == body["title"]
    assert ("errors" in body) == (status == 400)
    assert SECURITY.items() <= dict(answer.headers).items()
    assert "no-store" == answer.headers["cache-control"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_types_are_documented(sample_client: TestClient) -> None:
    """The type of a problem is an address where it is explained; all of them are listed."""
    listed = sample_client.get("/api/v1/problems").json()["problems"]

    assert set(TYPES) == {one["type"].rsplit("/", 1)[1] for one in listed}
    for one in listed:
        assert one == sample_client.get(one["type"]).json()


@pytest.mark.parametrize(
    "path",
    ["/api/v1", "/api/v1/openapi.json", ASSETS, f"{STREETS}/1", "/map-tiles/14/8433/5372", "/health", "/ready",
     "/.well-known/security.txt", "/"],
)  # fmt: skip
def test_headers_of_every_answer(sample_client: TestClient, path: str) -> None:
    """Answers that went well carry the version and the security headers too."""
    answer = sample_client.get(path)

    assert 200 == answer.status_code
    assert SECURITY.items() <= dict(answer.headers).items()
    assert "cache-control" in answer.headers


def test_other_sites_may_read(sample_client: TestClient) -> None:
    """Pages of other sites may read the public API and the tiles, errors too, and may not write from a browser."""
    for path in ("/api/v1", f"{ASSETS}?limit=1", "/api/v1/nothing", "/map-tiles/14/8433/5372"):
        assert (
            "*"
            == sample_client.get(path, headers={"Origin": "https://a.example"}).headers["access-control-allow-origin"]
        )
    preflight = sample_client.options(
        ASSETS, headers={"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    )
    assert 204 == preflight.status_code
    assert "*" == preflight.headers["access-control-allow-origin"]
    assert "GET, HEAD, OPTIONS" == preflight.headers["access-control-allow-methods"]
    assert "access-control-allow-origin" not in sample_client.post(ASSETS).headers
    assert "access-control-allow-origin" not in sample_client.get("/", headers={"Origin": "https://a.example"}).headers


def test_methods_that_are_possible(sample_client: TestClient) -> None:
    """OPTIONS, and a 405, name every method of that address."""
    for path, methods in (
        ("/api/v1", {"GET", "HEAD", "OPTIONS"}),
        (ASSETS, {"GET", "HEAD", "POST", "OPTIONS"}),
        (f"{ASSETS}/1", {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"}),
        (f"{STREETS}/1", {"GET", "HEAD", "OPTIONS"}),
    ):
        options = sample_client.options(path)
        assert 204 == options.status_code
        assert methods == set(options.headers["allow"].split(", "))
        assert methods == set(sample_client.request("TRACE", path).headers["allow"].split(", "))


def test_head_is_get_without_body(sample_client: TestClient) -> None:
    """HEAD has the status and headers of GET, and no body."""
    for path in (f"{AREAS}/GM9999", "/api/v1/nothing", "/health"):
        head, get = sample_client.head(path), sample_client.get(path)
        assert (b"", get.status_code) == (head.content, head.status_code)
        assert get.headers["content-type"] == head.headers["content-type"]


def test_people_get_a_page(sample_client: TestClient) -> None:
    """Someone with a browser gets an error as a page, a program as JSON; the API always speaks JSON."""
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

    assert "text/html" in sample_client.get("/nothing", headers=browser).headers["content-type"]
    assert "application/problem+json" == sample_client.get("/nothing").headers["content-type"]
    assert "application/problem+json" == sample_client.get("/api/v1/nothing", headers=browser).headers["content-type"]


def test_body_above_every_limit(make_client: Callable[..., TestClient], sample_url: str) -> None:
    """A body larger than anything read here is a problem like any other, by its length and while it is read."""
    client = make_client(sample_url, upload_mb=1)
    answers = [
        client.post(path, content=b" " * 1_100_000, headers=GEOJSON) for path in (ASSETS, "/nothing", "/api/v1/nothing")
    ]
    page = client.post("/", content=b" " * 1_100_000, headers={"Accept": "text/html"})

    for answer in answers:
        assert (413, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
        assert SECURITY.items() <= dict(answer.headers).items()
    assert (413, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])


def broken_client(make_client: Callable[..., TestClient], url: str, error: Exception) -> TestClient:
    """A client of an application with a route that breaks."""
    client = make_client(url)
    app: Any = client.app
    assert isinstance(app, FastAPI)

    def broken() -> None:
        raise error

    app.add_api_route("/api/v1/broken", broken)
    app.add_api_route("/broken", broken)
    return client


def test_unexpected_fault(
    make_client: Callable[..., TestClient], sample_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours is a 500 with an id; neither the answer nor the log holds what was being handled."""
    client = broken_client(make_client, sample_url, RuntimeError("secret: jan@example.org"))
    with caplog.at_level(logging.INFO):
        answer = client.get("/api/v1/broken")
        page = client.get("/broken", headers={"Accept": "text/html"})

    assert (500, 500) == (answer.status_code, page.status_code)
    assert "application/problem+json" == answer.headers["content-type"]
    number = answer.json()["detail"].split()[-1].rstrip(".")
    assert number in caplog.text
    for text in (answer.text, page.text, caplog.text):
        assert "jan@example.org" not in text
    assert SECURITY.items() <= dict(answer.headers).items()


def test_database_away(make_client: Callable[..., TestClient]) -> None:
    """Without its database the service says 503 and when to try again, and still tells what it is."""
    client = make_client("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    for path in (ASSETS, f"{STREETS}/1", "/api/v1/collections", "/map-tiles/14/8433/5372", "/ready"):
        answer = client.get(path)
        assert 503 == answer.status_code, answer.text
        assert "retry-after" in answer.headers
    assert 200 == client.get("/health").status_code
    assert 200 == client.get("/api/v1").status_code
    assert 200 == client.get("/api/v1/openapi.json").status_code


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize("first", [b"", b"a" * 10])
def test_a_body_that_stays_away(accept: str, first: bytes) -> None:
    """Half a body holds a connection no longer than it may; a whole one leaves all the time there is to answer it."""
    sent: list[dict[str, Any]] = []

    async def reads(scope: Any, receive: Any, send: Any) -> None:
        parts = [part async for part in Request(scope, receive).stream()]
        await asyncio.sleep(0.06)
        await Response(str(len(b"".join(parts))))(scope, receive, send)

    async def asked(*messages: dict[str, Any]) -> int:
        coming = iter(messages)

        async def receive() -> dict[str, Any]:
            for message in coming:
                return message
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"accept", accept.encode())]
        scope = {"type": "http", "method": "POST", "path": "/pin", "headers": headers, "query_string": b"",
                 "server": ("localhost", 80), "scheme": "http", "app": FastAPI()}  # fmt: skip
        await Unexpected(reads, most_bytes=1000, patience=0.05)(scope, receive, send)
        return int(sent[-2]["status"])

    body = {"type": "http.request", "body": first, "more_body": True}
    assert 408 == asyncio.run(asked(*[body] if first else []))
    assert (b"connection", b"close") in [(name.lower(), value.lower()) for name, value in sent[-2]["headers"]]
    assert 200 == asyncio.run(asked(body, {"type": "http.request", "body": b"b", "more_body": False}))
