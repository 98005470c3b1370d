"""Signing in at the provider of a municipality: a real one, on this machine, that can also lie."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import oidc
from assets import accounts, models, sign_in_links
from assets.errors import TooMany
from assets.vocabulary import Role
from tests.conftest import SECRET, Databases
from tests.conftest import test_settings as settings_for

CLIENT, SECRET_THERE = "vuurtoren", "shared-with-the-provider"
EMAIL = "ambtenaar@gemeente.example"


class Provider:
    """An OpenID Connect provider: checks PKCE and the client, and signs what `claims` says."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, private=True)
        self.signing = self.key
        self.algorithm = "RS256"
        self.claims: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                """Say nothing."""

            def told(self, what: object, status: int = 200) -> None:
                body = json.dumps(what).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                if self.path.endswith("openid-configuration"):
                    url = provider.url
                    self.told(
                        {"issuer": url, "authorization_endpoint": f"{url}/in", "token_endpoint": f"{url}/token",
                         "jwks_uri": f"{url}/keys"}
                    )  # fmt: skip
                else:
                    self.told(KeySet([provider.key]).as_dict(private=False))

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(sent).items()}
                asked = provider.codes.pop(form.get("code", ""), None)
                right = base64.b64encode(f"{CLIENT}:{SECRET_THERE}".encode()).decode()
                digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
                if (
                    asked is None
                    or self.headers.get("Authorization") != f"Basic {right}"
                    or asked["code_challenge"] != challenge
                    or asked["redirect_uri"] != form.get("redirect_uri")
                ):
                    self.told({"error": "invalid_grant"}, 400)
                    return
                now = int(time.time())
                claims = {
                    "iss": provider.url, "aud": CLIENT, "sub": "4711", "iat": now, "exp": now + 300,
                    "nonce": asked["nonce"], "email": EMAIL, "email_verified": True, **provider.claims,
                }  # fmt: skip
                token = jwt.encode(
                    {"alg": provider.algorithm, "kid": "one"}, claims, provider.signing, algorithms=[provider.algorithm]
                )
                self.told({"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": token})

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def agrees(self, address: str) -> str:
        """As if somebody signed in at this address: where they are sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}-{time.monotonic_ns()}"
        self.codes[code] = asked
        return f"{urlsplit(asked['redirect_uri']).path}?code={code}&state={asked['state']}"


@pytest.fixture(scope="module")
def one_provider() -> Iterator[Provider]:
    """The provider of this module."""
    made = Provider()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def provider(one_provider: Provider) -> Provider:
    """The provider, honest again."""
    one_provider.claims, one_provider.signing, one_provider.algorithm = {}, one_provider.key, "RS256"
    return one_provider


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A database of this module."""
    return databases.clone("schema")


@pytest.fixture(scope="module")
def app_client(url: str, one_provider: Provider) -> Iterator[TestClient]:
    """The application with a provider."""
    from app.main import create_app

    settings = settings_for(url, oidc_issuer=one_provider.url, oidc_client_id=CLIENT, oidc_client_secret=SECRET_THERE)
    with TestClient(create_app(settings), raise_server_exceptions=False, follow_redirects=False) as client:
        client.headers["accept"] = "text/html"
        yield client


@pytest.fixture
def browser(app_client: TestClient) -> TestClient:
    """A browser that was never here."""
    app_client.cookies.clear()
    return app_client


@pytest.fixture
def rows(url: str) -> Iterator[Session]:
    """A session in which every statement is committed at once; accounts are gone afterwards."""
    assert models.Base.metadata
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        yield session
        session.execute(text("DELETE FROM sign_in_link"))
        session.execute(text("DELETE FROM account"))
    engine.dispose()


def back(browser: TestClient, provider: Provider, *, next_path: str = "/streets") -> Any:
    """Go to the provider and come back."""
    gone = browser.get("/sign-in/oidc", params={"next": next_path})
    assert 303 == gone.status_code
    return browser.get(provider.agrees(gone.headers["location"]))


def test_builder_comes_in(browser: TestClient, provider: Provider, rows: Session) -> None:
    """Who has an account with the address that the provider vouches for comes in, where they wanted to be."""
    accounts.add(rows, "Ambtenaar", role=Role.builder, email=EMAIL)
    assert "/sign-in/oidc?next=" in browser.get("/sign-in").text
    answer = back(browser, provider)
    assert (303, "/streets") == (answer.status_code, answer.headers["location"])
    assert "Ambtenaar" in browser.get("/me").text


@pytest.mark.parametrize(("methods", "path"), [(None, "/sign-in/second"), (["pwd"], "/sign-in/second"),
                                               (["pwd", "mfa"], "/streets")])  # fmt: skip
def test_second_step(
    browser: TestClient, provider: Provider, rows: Session, methods: list[str] | None, path: str
) -> None:
    """An analyst needs no second step here when the provider says that it asked for more than a password."""
    accounts.add(rows, "Analist", role=Role.analyst, email=EMAIL)
    provider.claims = {"amr": methods} if methods else {}
    assert path == back(browser, provider).headers["location"]


def test_without_an_account(browser: TestClient, provider: Provider, rows: Session) -> None:
    """Who has no account here gets none by signing in elsewhere."""
    answer = back(browser, provider)
    assert 400 == answer.status_code
    assert "nog geen account" in answer.text
    assert 0 == rows.execute(text("SELECT count(*) FROM account")).scalar_one()


def test_address_given_to_a_colleague(browser: TestClient, provider: Provider, rows: Session) -> None:
    """After the first time it is the provider's number that counts: the same person with a new address, no other."""
    accounts.add(rows, "Ambtenaar", role=Role.builder, email=EMAIL)
    assert 303 == back(browser, provider).status_code
    provider.claims = {"email": "getrouwd@gemeente.example"}
    assert 303 == back(browser, provider).status_code
    provider.claims = {"sub": "0815"}
    assert 400 == back(browser, provider).status_code


@pytest.mark.parametrize(
    "lie",
    [{"nonce": "another"}, {"aud": "another"}, {"aud": ["vuurtoren", "another"]}, {"iss": "https://evil.example"},
     {"exp": 1}, {"email_verified": False},
     {"email_verified": None}, {"email_verified": "true"},
     {"email": None}, {"email": "no address"}, {"email": ["a@example.org"]}],
)  # fmt: skip
def test_word_that_does_not_hold(browser: TestClient, provider: Provider, rows: Session, lie: dict[str, Any]) -> None:
    """A token for another question, service or time, or without a sure address, lets nobody in."""
    accounts.add(rows, "Ambtenaar", role=Role.builder, email=EMAIL)
    provider.claims = lie
    assert 400 == back(browser, provider).status_code
    assert 303 == browser.get("/me").status_code


def test_signature_of_another(browser: TestClient, provider: Provider, rows: Session) -> None:
    """A token that was signed with another key lets nobody in."""
    accounts.add(rows, "Ambtenaar", role=Role.builder, email=EMAIL)
    provider.signing = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
    assert 400 == back(browser, provider).status_code


def test_coming_back_unasked(browser: TestClient, provider: Provider, rows: Session) -> None:
    """A way back holds once, and only in the browser that went: nobody is signed in as someone else unnoticed."""
    accounts.add(rows, "Ambtenaar", role=Role.builder, email=EMAIL)
    gone = browser.get("/sign-in/oidc").headers["location"]
    way = provider.agrees(gone)
    browser.cookies.clear()
    assert 400 == browser.get(way).status_code
    for query in ("", "?state=x", "?state=x&code=y", "?error=access_denied", "?state=%00&code=%00"):
        assert 400 == browser.get(f"{oidc.PATH}{query}").status_code
    way = provider.agrees(browser.get("/sign-in/oidc").headers["location"])
    assert 303 == browser.get(way).status_code
    assert 400 == browser.get(way).status_code


def test_ways_to_the_provider_are_counted(
    browser: TestClient, provider: Provider, rows: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks without end writes no rows without end; other networks go on."""
    monkeypatch.setattr(sign_in_links, "MOST_TO_PROVIDER", 3)
    assert [browser.get("/sign-in/oidc").status_code for _ in range(5)] == [303] * 3 + [429] * 2
    assert 3 == rows.execute(text("SELECT count(*) FROM sign_in_link")).scalar_one()
    for network, refused in (("testclient", True), ("elsewhere", False)):
        asked = {"browser": "b", "next_path": "/", "sealed": "x", "network": network, "secret": SECRET}
        if refused:
            with pytest.raises(TooMany):
                sign_in_links.ask_provider(rows, **asked)
        else:
            assert sign_in_links.ask_provider(rows, **asked)


def test_without_a_provider(sample_client: TestClient) -> None:
    """Without the setting there is no such way to sign in."""
    assert 404 == sample_client.get("/sign-in/oidc").status_code
    assert "/sign-in/oidc" not in sample_client.get("/sign-in").text
