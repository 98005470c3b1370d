"""Signing in by a link: who gets one, where it works, how often, and what others cannot do with it."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import cookies
from assets import accounts, sealing, sign_in_links, tokens
from assets.errors import Conflict, Invalid
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A sample neighbourhood of this module."""
    return databases.clone("sample")


@pytest.fixture(scope="module")
def app_client(url: str) -> Iterator[TestClient]:
    """The application, started once."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def visitor(app_client: TestClient) -> TestClient:
    """A browser that was never here; pages are asked as HTML and redirects are not followed."""
    app_client.cookies.clear()
    app_client.headers["accept"] = "text/html"
    app_client.follow_redirects = False
    return app_client


@pytest.fixture
def rows(url: str) -> Iterator[Session]:
    """A session on the database behind the pages, in which every statement is committed at once."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        yield session
        session.execute(text("DELETE FROM sign_in_link"))
        session.execute(text("DELETE FROM account"))
    engine.dispose()


def asked(client: TestClient, email: str, **more: str) -> str:
    """The page after asking for a link, without what differs in every answer."""
    form = {"form_token": form_token(client), "email": email, **more}
    answer = client.post("/sign-in", data=form)
    assert 200 == answer.status_code
    return re.sub(r'nonce="[^"]*"|nonce-[^\']*', "", answer.text)


def link_of(rows: Session, email: str, client: TestClient, **more: str) -> str:
    """The secret of a link for this browser, as the mail holds it."""
    browser = client.cookies.get(cookies.FORM) or ""
    found = sign_in_links.ask(rows, email, browser=browser, network="x", secret="s" * 20, **more)
    assert found is not None
    return found.token


def test_whole_way(visitor: TestClient, rows: Session) -> None:
    """Who opens the link in the browser that asked is signed in, comes where they wanted to be, and can sign out."""
    accounts.add(rows, "Samira", role=Role.builder, email="samira@example.org")
    token = form_token(visitor)
    secret = link_of(rows, "Samira@Example.org ", visitor, next_path="/me")

    assert 200 == visitor.get(f"/sign-in/{secret}").status_code
    answer = visitor.post(f"/sign-in/{secret}", data={"form_token": token})
    assert (303, "/me") == (answer.status_code, answer.headers["location"])
    assert re.search(r"HttpOnly.*SameSite=lax", answer.headers["set-cookie"])
    assert "Samira" in visitor.get("/me").text

    assert 303 == visitor.post("/sign-out", data={"form_token": token}).status_code
    assert "/sign-in?next=%2Fme" == visitor.get("/me").headers["location"]


def test_link_holds_once(visitor: TestClient, rows: Session) -> None:
    """A link that was used, is too old, or was asked for in another browser signs nobody in."""
    accounts.add(rows, "Samira", role=Role.builder, email="samira@example.org")
    token = form_token(visitor)
    used, old, other = (link_of(rows, "samira@example.org", visitor) for _ in range(3))
    for _ in range(3):
        assert 200 == visitor.get(f"/sign-in/{used}").status_code
    assert 303 == visitor.post(f"/sign-in/{used}", data={"form_token": token}).status_code
    visitor.cookies.delete(cookies.SIGN_IN)
    assert 400 == visitor.post(f"/sign-in/{used}", data={"form_token": token}).status_code

    rows.execute(text("UPDATE sign_in_link SET expires_at = now() WHERE used_at IS NULL AND token_hash = :h"),
                 {"h": sealing.hashed(old)})  # fmt: skip
    assert 400 == visitor.post(f"/sign-in/{old}", data={"form_token": token}).status_code

    visitor.cookies.clear()
    token = form_token(visitor)
    answer = visitor.post(f"/sign-in/{other}", data={"form_token": token})
    assert 400 == answer.status_code
    assert cookies.SIGN_IN not in visitor.cookies


def test_same_answer_for_known_and_unknown(visitor: TestClient, rows: Session) -> None:
    """The answer does not tell whether an address has an account, also when too many links were asked for."""
    accounts.add(rows, "Samira", role=Role.builder, email="known@example.org")
    known, unknown = (
        {asked(visitor, email).replace(email, "") for _ in range(sign_in_links.MOST_PER_ADDRESS + 2)}
        for email in ("known@example.org", "nobody@example.org")
    )
    assert known == unknown
    assert 1 == len(known)
    kept = "SELECT count(account_id), count(*) FROM sign_in_link"
    assert (sign_in_links.MOST_PER_ADDRESS, 2 * sign_in_links.MOST_PER_ADDRESS) == tuple(rows.execute(text(kept)).one())


@pytest.mark.parametrize(
    "email", ["", "samira", "a@b", "a b@example.org", "a@example.org\r\nBcc: x@example.org", "é" * 300]
)
def test_no_address(visitor: TestClient, rows: Session, email: str) -> None:
    """What is no address is told beside its field, with what was typed still in it, and nothing is kept."""
    answer = visitor.post("/sign-in", data={"form_token": form_token(visitor), "email": email})
    assert 400 == answer.status_code
    assert 'role="alert"' in answer.text
    assert 'aria-describedby="email-fault"' in answer.text
    assert 0 == rows.execute(text("SELECT count(*) FROM sign_in_link")).scalar_one()


@pytest.mark.parametrize("wish", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)",
                                  "/\t/evil.example", "/x\r\nSet-Cookie: a=b", "", "x"])  # fmt: skip
def test_no_way_out(visitor: TestClient, rows: Session, wish: str) -> None:
    """After signing in one comes to a page of ours, whatever the address asked for."""
    accounts.add(rows, "Samira", role=Role.builder, email="samira@example.org")
    token = form_token(visitor)
    secret = link_of(rows, "samira@example.org", visitor, next_path=wish)
    answer = visitor.post(f"/sign-in/{secret}", data={"form_token": token})
    assert "/" == answer.headers["location"]
    assert "evil" not in visitor.get("/sign-in", params={"next": wish}).text.partition("<main")[2]


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
                                     {"origin": "https://evil.example"}, {"origin": "null"}])  # fmt: skip
def test_form_of_another_site(visitor: TestClient, headers: dict[str, str]) -> None:
    """A form that a page of another site sends does nothing, also with a token that is right."""
    for path in ("/sign-in", "/sign-out"):
        form = {"form_token": form_token(visitor), "email": "a@example.org"}
        assert 403 == visitor.post(path, data=form, headers=headers).status_code


def test_form_without_its_token(visitor: TestClient) -> None:
    """A form needs the token that was made for this browser; one of another browser is none."""
    foreign = form_token(visitor)
    visitor.cookies.clear()
    assert 403 == visitor.post("/sign-in", data={"email": "a@example.org", "form_token": foreign}).status_code
    mine = form_token(visitor)
    for wrong in (foreign, "", "x", "." * 9, mine[:-1], "é", mine + "\x00"):
        assert 403 == visitor.post("/sign-in", data={"email": "a@example.org", "form_token": wrong}).status_code
    assert 403 == visitor.post("/sign-in", data={"email": "a@example.org"}).status_code
    assert 200 == visitor.post("/sign-in", data={"email": "a@example.org", "form_token": mine}).status_code


def test_ends(visitor: TestClient, url: str, rows: Session) -> None:
    """A sign-in ends after 14 days without a visit, after 90 days, with a closed account, and with another role."""
    for statement in (
        "UPDATE sign_in SET seen_at = now() - interval '14 days 1 minute'",
        "UPDATE sign_in SET expires_at = now()",
        "UPDATE account SET closed_at = now()",
    ):
        signed_in(visitor, url, Role.builder)
        assert 200 == visitor.get("/me").status_code
        rows.execute(text(statement))
        assert 303 == visitor.get("/me").status_code
        rows.execute(text("DELETE FROM account"))
        visitor.cookies.clear()
    signed_in(visitor, url, Role.builder)
    accounts.set_role(rows, accounts.named(rows, "Test builder"), Role.member)
    assert 303 == visitor.get("/me").status_code


def devices(page: str) -> list[bool]:
    """Where one is signed in, as /me tells it: whether it is this device, the last used first."""
    found = page.partition("Waar u bent aangemeld")[2].partition("</ul>")[0]
    return ["dit apparaat" in one for one in found.split("<li>")[1:]]


def test_sign_out_everywhere(visitor: TestClient, url: str, rows: Session) -> None:
    """One button ends the sign-ins of all browsers of an account, and of nobody else."""
    other = signed_in(visitor, url, Role.builder, name="Somebody else").cookies.get(cookies.SIGN_IN)
    visitor.cookies.clear()
    first = signed_in(visitor, url, Role.builder).cookies.get(cookies.SIGN_IN)
    visitor.cookies.clear()
    signed_in(visitor, url, Role.builder)
    owner = accounts.named(rows, "Test builder")
    tokens.add_token(rows, "telprogramma", account=owner, scopes=["read"])
    told = visitor.get("/me").text
    assert "Trek ook mijn tokens" in told
    assert [True, False] == devices(told), "the last one that was used comes first"
    visitor.post("/sign-out", data={"form_token": form_token(visitor), "everywhere": "1"})
    assert 1 == len(tokens.of_account(rows, owner.id))
    signed_in(visitor, url, Role.builder)
    assert [True] == devices(visitor.get("/me").text)
    visitor.post("/sign-out", data={"form_token": form_token(visitor), "everywhere": "1", "tokens": "yes"})
    assert 0 == len(tokens.of_account(rows, owner.id))
    for secret, status in ((first, 303), (other, 200)):
        visitor.cookies.clear()
        visitor.cookies.set(cookies.SIGN_IN, secret or "")
        assert status == visitor.get("/me").status_code
    assert rows is not None


def test_cookies_over_https(make_client: Callable[..., TestClient], url: str) -> None:
    """Where the service is reached over https, cookies are for this host only and never sent in the clear."""
    client = make_client(url, base_url="https://map.example.org")
    cookie = client.get("/form-token").headers["set-cookie"]
    assert cookie.startswith("__Host-vuurtoren-form=")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


def test_reading_sets_no_cookie(visitor: TestClient) -> None:
    """Who only looks gets no cookie."""
    for path in ("/", "/assets", "/streets", "/about"):
        assert "set-cookie" not in visitor.get(path).headers


def test_api_with_a_cookie(visitor: TestClient, url: str, rows: Session) -> None:
    """A cookie alone writes nothing through the API, for browsers send it along; with a form token it does."""
    signed_in(visitor, url, Role.builder)
    address = "/api/v1/collections/assets/items"
    headers = {"Content-Type": "application/geo+json"}
    assert 403 == visitor.post(address, content=b"{}", headers=headers).status_code
    with_token = {**headers, "X-Form-Token": form_token(visitor)}
    assert 400 == visitor.post(address, content=b"{}", headers=with_token).status_code
    assert (
        403 == visitor.post(address, content=b"{}", headers={**with_token, "sec-fetch-site": "cross-site"}).status_code
    )
    assert rows is not None


def test_hashes_only(visitor: TestClient, url: str, rows: Session) -> None:
    """The database holds no secret of a link or a sign-in, and no address of who asked in vain."""
    secret = signed_in(visitor, url, Role.builder).cookies.get(cookies.SIGN_IN) or "-"
    asked(visitor, "nobody@example.org")
    link = link_of(rows, "nobody@example.org", visitor)
    stored = str(
        [tuple(row) for table in ("sign_in", "sign_in_link") for row in rows.execute(text(f"SELECT * FROM {table}"))]
    )
    for mark in (secret, link, "nobody@example.org", "testclient"):
        assert mark not in stored


def test_links_are_forgotten(session: Session) -> None:
    """What was asked for is remembered for an hour."""
    for _ in range(sign_in_links.MOST_PER_ADDRESS):
        sign_in_links.ask(session, "a@example.org", browser="b", network="n", secret="s")
    assert sign_in_links.ask(session, "a@example.org", browser="b", network="n", secret="s") is None
    session.execute(
        text("UPDATE sign_in_link SET created_at = :old"), {"old": datetime.now(UTC) - timedelta(minutes=62)}
    )
    assert sign_in_links.ask(session, "a@example.org", browser="b", network="n", secret="s") is not None
    assert 1 == session.execute(text("SELECT count(*) FROM sign_in_link")).scalar_one()


def test_networks_are_throttled_too(session: Session) -> None:
    """One network cannot try many addresses."""
    for number in range(sign_in_links.MOST_PER_NETWORK):
        assert sign_in_links.ask(session, f"a{number}@example.org", browser="b", network="n", secret="s") is not None
    assert sign_in_links.ask(session, "new@example.org", browser="b", network="n", secret="s") is None
    assert sign_in_links.ask(session, "new@example.org", browser="b", network="elsewhere", secret="s") is not None


def test_accounts(session: Session) -> None:
    """A name and an address belong to one account; a visitor has none."""
    accounts.add(session, "Samira", role=Role.builder, email="samira@example.org")
    for name, email in (("samira", None), ("Other", "SAMIRA@example.org")):
        with pytest.raises(Conflict):
            accounts.add(session, name, role=Role.member, email=email)
    with pytest.raises(Invalid):
        accounts.add(session, "A visitor", role=Role.visitor)
    for name in ("", " ", "x" * 101, "a\x00"):
        with pytest.raises(Invalid):
            accounts.add(session, name, role=Role.member)
