"""Attacks on signing in: who has an account, whose cookie it is, how long it lasts, and where one ends up."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

import app
from app import cookies
from assets import accounts, communities, invitations, second_factors, sign_in_links, sign_ins
from assets.permissions import OPERATOR
from assets.sign_ins import own_path
from assets.vocabulary import Role
from tests.conftest import SECRET, Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import cookie_for, form_token, signed_in

KNOWN, UNKNOWN, STEWARD = "known@example.org", "nobody@example.org", "steward@example.org"
#: The secret of the steward's app.
APP = second_factors.new_secret()


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A sample neighbourhood of this module, with a builder and a steward."""
    found = databases.clone("sample")
    engine = create_engine(found)
    with Session(engine) as session, session.begin():
        accounts.add(session, "Samira", role=Role.builder, email=KNOWN)
        steward = accounts.add(session, "Stien", role=Role.steward, email=STEWARD)
        second_factors.add_app(session, steward.id, APP, pyotp.TOTP(APP).now(), key=SECRET)
    engine.dispose()
    return found


@pytest.fixture(scope="module")
def app_client(url: str) -> Iterator[TestClient]:
    """The application, started once."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client:
        client.headers["accept"] = "text/html"
        yield client


@pytest.fixture
def visitor(app_client: TestClient) -> TestClient:
    """A browser that was never here."""
    app_client.cookies.clear()
    return app_client


@pytest.fixture
def rows(url: str) -> Iterator[Session]:
    """A session in which every statement is committed at once; links, sign-ins and mails are gone afterwards."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        yield session
        for table in ("sign_in_link", "sign_in", "mail"):
            session.execute(text(f"DELETE FROM {table}"))
    engine.dispose()


def link_for(rows: Session, client: TestClient, email: str, *, after: str = "/me") -> str:
    """The secret of a link that this browser asked for."""
    found = sign_in_links.ask(
        rows, email, browser=client.cookies.get(cookies.FORM) or "", network="x", secret="s" * 20, next_path=after
    )
    assert found is not None
    return found.token


def given(answer: Any, name: str = cookies.SIGN_IN) -> Any:
    """The cookie that an answer sets, with its marks; None when it sets none."""
    for header in answer.headers.get_list("set-cookie"):
        jar: SimpleCookie = SimpleCookie(header)
        if name in jar:
            return jar[name]
    return None


@contextmanager
def statements(client: TestClient) -> Iterator[list[str]]:
    """Every statement that the application sends to its database, without its values."""
    sent: list[str] = []
    engine = client.app.state.database.sessions.kw["bind"]  # type: ignore[attr-defined]

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", hear)


# --- who has an account ---


#: What a new connection looks up once.
ONCE = "SELECT ST_Transform"


def test_known_and_unknown_ask_the_same_of_the_database(visitor: TestClient, rows: Session) -> None:
    """The same statements in the same order, also those that hand in a mail: for nobody it is taken back.

    The mail itself is sent by another thread, after the answer.
    """
    heard: dict[str, list[str]] = {}
    told: dict[str, tuple[int, int]] = {}
    for email in (UNKNOWN, KNOWN, UNKNOWN, KNOWN):  # the first of each fills what is kept in memory
        form = {"form_token": form_token(visitor), "email": email}
        with statements(visitor) as sent:
            answer = visitor.post("/sign-in", data=form)
        heard[email] = [one.replace("ROLLBACK TO", "RELEASE") for one in sent if not one.startswith(ONCE)]
        told[email] = (answer.status_code, len(answer.content) - len(email))
    assert heard[KNOWN] == heard[UNKNOWN]
    assert told[KNOWN][0] == told[UNKNOWN][0] == 200
    assert len(heard[KNOWN]) > 4
    counts = "SELECT count(*), count(account_id) FROM sign_in_link"
    assert tuple(rows.execute(text(counts)).one()) == (4, 2)
    assert set(rows.scalars(text("SELECT recipient FROM mail"))) == {KNOWN}
    assert rows.execute(text("SELECT count(*) FROM mail")).scalar_one() == 2
    assert any(one.startswith("INSERT INTO mail") for one in heard[UNKNOWN])


def test_a_link_that_is_none_asks_the_same_whosever_it_is(visitor: TestClient, rows: Session) -> None:
    """Used, too old, of an unknown address or made up: one answer, and one statement finds out."""
    token = form_token(visitor)
    used = link_for(rows, visitor, KNOWN)
    visitor.post(f"/sign-in/{used}", data={"form_token": token})
    visitor.cookies.delete(cookies.SIGN_IN)
    nobody, made_up = link_for(rows, visitor, UNKNOWN), "x" * 43
    pages = set()
    for secret in (used, nobody, made_up):
        with statements(visitor) as sent:
            answer = visitor.post(f"/sign-in/{secret}", data={"form_token": token})
        assert (answer.status_code, given(answer)) == (400, None)
        pages.add((len(sent), len(answer.text.replace(secret, ""))))
    assert len(pages) == 1


# --- how many from one network ---


def test_a_household_is_one_network(visitor: TestClient, rows: Session) -> None:
    """Other addresses of the same IPv6 household, of which there are more than anybody can count, count as one."""
    made = invitations.make(rows, communities.default_id(rows), role=Role.builder, by=OPERATOR)
    counted: dict[str, list[str]] = {"sign_in_link": [], "notice_request": []}
    for number, host in enumerate(("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")):
        client = TestClient(visitor.app, client=(host, 50000), headers=visitor.headers, follow_redirects=False)
        for door in ("/sign-in", f"/invitations/{made.token}", "/areas/BU99990101/notices"):
            form = {"form_token": form_token(client), "email": f"{number}@example.org", "name": "Truus"}
            assert client.post(door, data=form).status_code == 200, door
        for table, marks in counted.items():
            found = rows.scalars(text(f"SELECT network_hash FROM {table} ORDER BY id DESC LIMIT 2")).all()
            marks.extend(found if table == "sign_in_link" else found[:1])
    links, notices = counted["sign_in_link"], counted["notice_request"]
    assert (len(links), len(set(links[:4])), len(set(links))) == (6, 1, 2)
    assert notices[0] == notices[1] != notices[2]


def test_nobody_counts_by_the_whole_address() -> None:
    """Only app/senders.py reads where a request comes from."""
    root = Path(app.__file__).parent
    assert [path.name for path in root.rglob("*.py") if "request.client" in path.read_text()] == ["senders.py"]


# --- whose cookie it is ---


def test_a_cookie_that_was_there_before_is_worth_nothing_after(visitor: TestClient, rows: Session) -> None:
    """Whoever planted a cookie in somebody's browser does not hold their sign-in: signing in gives another secret."""
    planted = "planted" * 6
    visitor.cookies.set(cookies.SIGN_IN, planted)
    token = form_token(visitor)
    answer = visitor.post(f"/sign-in/{link_for(rows, visitor, KNOWN)}", data={"form_token": token})
    fresh = given(answer)
    assert answer.status_code == 303
    assert fresh is not None
    assert fresh.value != planted
    visitor.cookies.clear()
    visitor.cookies.set(cookies.SIGN_IN, planted)
    assert visitor.get("/me").headers["location"].startswith("/sign-in")


def test_each_sign_in_is_another_secret_and_ends_alone(visitor: TestClient, url: str) -> None:
    """Signing in again is another sign-in; signing out of one leaves the other, and a copy of the ended one is dead."""
    first, second = cookie_for(url, Role.builder, name="Samira"), cookie_for(url, Role.builder, name="Samira")
    assert first != second
    visitor.cookies.set(cookies.SIGN_IN, first)
    answer = visitor.post("/sign-out", data={"form_token": form_token(visitor)})
    assert answer.headers["clear-site-data"] == '"cache"'
    gone = given(answer)
    assert gone is not None
    assert gone.value == ""
    statuses = []
    for secret in (first, second):
        visitor.cookies.clear()
        visitor.cookies.set(cookies.SIGN_IN, secret)
        statuses.append(visitor.get("/me").status_code)
    assert statuses == [303, 200]


def test_the_secret_turns_over_at_the_second_step(visitor: TestClient, rows: Session) -> None:
    """The cookie from before the second step opens nothing, neither before nor after it was shown."""
    token = form_token(visitor)
    waiting = given(visitor.post(f"/sign-in/{link_for(rows, visitor, STEWARD)}", data={"form_token": token}))
    assert visitor.get("/me").status_code == 303
    assert visitor.get("/moderation").headers["location"].startswith("/sign-in")
    rows.execute(text("UPDATE second_factor SET used_step = 0"))
    code = pyotp.TOTP(APP).now()
    complete = given(visitor.post("/sign-in/second", data={"form_token": token, "code": code}))
    assert complete is not None
    assert complete.value != waiting.value
    assert visitor.get("/me").status_code == 200
    visitor.cookies.clear()
    visitor.cookies.set(cookies.SIGN_IN, waiting.value)
    assert visitor.get("/me").status_code == 303


@pytest.mark.parametrize("change", ["role", "out", "closed"])
def test_an_old_cookie_dies_with_the_role(visitor: TestClient, url: str, rows: Session, change: str) -> None:
    """Whoever gets another role, is taken out or closed has no sign-in left anywhere, also not one that waited."""
    name = f"Rol {change}"
    secret = cookie_for(url, Role.builder, name=name)
    account = accounts.named(rows, name)
    waiting = sign_ins.begin(rows, account.id, waiting=True)
    if change == "closed":
        accounts.close(rows, account)
    else:
        accounts.set_role(rows, account, Role.member if change == "role" else Role.analyst)
    for old in (secret, waiting):
        visitor.cookies.clear()
        visitor.cookies.set(cookies.SIGN_IN, old)
        assert visitor.get("/me").status_code == 303
        assert visitor.get("/sign-in/second").status_code in (303, 400, 401)
    assert rows.execute(text("SELECT count(*) FROM sign_in WHERE account_id = :id"), {"id": account.id}).scalar() == 0


def test_the_role_cookie_opens_nothing(visitor: TestClient, url: str) -> None:
    """What the menu shows is a cookie that anyone can change; doors do not ask it."""
    visitor.cookies.set(cookies.ROLE, "admin")
    assert visitor.get("/moderation").status_code == 303
    signed_in(visitor, url, Role.member)
    visitor.cookies.set(cookies.ROLE, "admin")
    assert visitor.get("/moderation").status_code == 403


@pytest.mark.parametrize("base", ["https://map.example.org", None])
def test_marks_of_every_cookie(app_client: TestClient, url: str, base: str | None) -> None:
    """Unreadable for scripts, sent to this host only, not along with others' forms; over https `__Host-` and Secure."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url, base_url=base)), follow_redirects=False) as client:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        front = "__Host-" if base else ""
        asked = client.get("/form-token")
        form = given(asked, front + cookies.FORM)
        client.cookies.set(front + cookies.FORM, form.value)
        with Session(engine) as session:
            found = sign_in_links.ask(session, KNOWN, browser=form.value, network="x", secret="s" * 20)
            session.commit()
        engine.dispose()
        assert found is not None
        data = {"form_token": asked.json()["token"]}
        headers = {"cookie": f"{front}{cookies.FORM}={form.value}"}
        answer = client.post(f"/sign-in/{found.token}", data=data, headers=headers)
        assert answer.status_code == 303
        for cookie in (form, given(answer, front + cookies.SIGN_IN), given(answer, front + cookies.ROLE)):
            assert cookie is not None
            assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
            assert (bool(cookie["secure"]), cookie["domain"]) == (base is not None, "")


# --- where one ends up ---

ELSEWHERE = [
    *(f"{start}evil.example" for start in (
        "//", "///", "////", "/\\", "\\\\", "\\/", "/\t/", "/\n/", "/\r\n/", "\t//", " //", "/ /", "/%09/", "http:",
        "http:/", "http://", "https://", "HTTPS://", "hTTp://", "ftp://", "//user@", "//localhost@", "http://testserver@",
        "http://testserver.", "//testserver.", "/.//", "//%2f", "/%5c/", "javascript:alert(1)//", "data:text/html,",
        "vbscript:", "java\nscript:", "blob:", "file:///", "mailto:", "\u2044/", "/\u2044", "\uff0f\uff0f", "/\uff0f",
        "\u3002//", "//\u200b", "/\u202e/", "//[::1]@", "?//", "#//", ";//", "@", ".", "..//", "./", "", "\x00//",
        "/\x00/",
        "/;/@", "//;@", "///;@", "http:////", "http:\\\\", "https:evil", "//evil%E3%80%82", "〱",
    )),
    "/sign-in\r\nSet-Cookie: a=b", "/\x0b/evil.example", "/x\u2028//evil.example", "/ø", "/" + "a" * 600,
    "/\\/\\evil.example", "/<script>",
    "/x y", "/x#//evil.example", "/[x]", "/{x}", "/|x", "/^x", "/`x", "/'x", '/"x', "/(x)",
    "/*x", "/!x", "/$x",
]  # fmt: skip


@pytest.mark.parametrize("wish", ELSEWHERE, ids=ascii)
def test_a_way_out_is_the_front_page(wish: str) -> None:
    """Whatever is no plain path of ours becomes `/`, or stays a path on this host by the rules of browsers."""
    found = own_path(wish)
    assert found.startswith("/")
    assert not found.startswith(("//", "/\\"))
    assert found.isascii()
    assert not set(found) & set("\\\t\n\r\x00 @;#<>\"'`")


@pytest.mark.parametrize("wish", [one for one in ELSEWHERE if "\x00" not in one][::4], ids=ascii)
@pytest.mark.parametrize("door", ["/sign-in", "/sign-in/oidc"])
def test_no_door_keeps_a_way_out(visitor: TestClient, rows: Session, wish: str, door: str) -> None:
    """Asked in the address or in the form, a way out is neither kept for later, nor put in the page, nor followed."""
    page = visitor.get(door, params={"next": wish})
    assert "evil.example" not in page.headers.get("location", "").replace(own_path(wish), "")
    for kept in re.findall(r'name="next" value="([^"]*)"', page.text):
        assert html.unescape(kept) == own_path(wish)
    if door == "/sign-in":
        visitor.post(door, data={"form_token": form_token(visitor), "email": KNOWN, "next": wish})
        for path in rows.scalars(text("SELECT next_path FROM sign_in_link")):
            assert path == own_path(wish)


PAGES = (
    "/", "/me", "/sign-in", "/about", "/api/v1", "/areas/BU99990101/feed", "/areas/BU99990101/calendar", "/assets/44",
    "/api/v1/collections/assets/items", "/embed?area=BU99990101", "/.well-known/security.txt", "/assets/44/calendar",
    "/manifest.webmanifest", "/nothing-here",
)  # fmt: skip


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "testserver@evil.example", "evil.example#", "//evil.example", "a b", ""]
)
def test_a_foreign_host_leads_nowhere(app_client: TestClient, url: str, rows: Session, host: str) -> None:
    """With the address of the service set, a foreign Host stands in no page, redirect, feed, mail or kept answer."""
    from app.main import create_app

    with TestClient(
        create_app(settings_for(url, base_url="https://map.example.org")),
        raise_server_exceptions=False, follow_redirects=False,
    ) as client:  # fmt: skip
        for path in PAGES:
            for headers in ({"host": host}, {"x-forwarded-host": host}, {"forwarded": f"host={host}"}):
                answer = client.get(path, headers=headers)
                assert "evil" not in answer.text + str(dict(answer.headers)), (path, headers)
    assert app_client.app is not None
    assert rows.execute(text("SELECT count(*) FROM mail WHERE body LIKE '%evil%'")).scalar_one() == 0


def test_without_an_address_a_foreign_host_reaches_only_who_sent_it(app_client: TestClient, rows: Session) -> None:
    """Where the address of the service is not set, a foreign Host stands in the answer to who sent it and nowhere else.

    No answer that names a host is kept for others, in this process or in a cache between; mails use the address of the
    settings, never that of a request.
    """
    app_client.cookies.clear()
    for path in PAGES:
        own = app_client.get(path)
        poisoned = app_client.get(path, headers={"host": "evil.example"})
        again = app_client.get(path)
        assert "evil.example" not in again.text + str(dict(again.headers)), path
        assert again.status_code == own.status_code, path
        if "evil.example" in poisoned.text + str(dict(poisoned.headers)):
            kept = poisoned.headers.get("cache-control", "")
            assert "no-store" in kept or "no-cache" in kept, (path, kept)
            assert "public" not in kept, path
    form = {"form_token": form_token(app_client), "email": KNOWN}
    headers = {"host": "evil.example", "origin": "http://evil.example"}
    app_client.post("/sign-in", data=form, headers=headers)
    bodies = rows.scalars(text("SELECT body FROM mail")).all()
    assert not any("evil.example" in body for body in bodies)
