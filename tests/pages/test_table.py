"""At the table: the host's code, the neighbour's seat, and what becomes of what is pinned there."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import cookies
from assets import accounts, communities, suggestions, table_evenings
from assets.permissions import Viewer
from assets.suggestions import Suggestion
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import cookie_for, form_token, signed_in

#: Where the sample neighbourhood is.
HERE = {"longitude": "5.3111", "latitude": "52.5330"}
NUMBERS = iter(range(10**6))


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A sample neighbourhood of this module."""
    return databases.clone("sample")


@pytest.fixture(scope="module")
def app_client(url: str) -> Iterator[TestClient]:
    """The application, started once."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client:
        client.headers.update({"accept": "text/html", "accept-language": "nl"})
        yield client


@pytest.fixture
def rows(url: str) -> Iterator[Session]:
    """A session on the database behind the pages, in which every statement is committed at once."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        yield session
        for table in ("suggestion", "mail", "table_evening", "account", "change"):
            session.execute(text(f"DELETE FROM {table}"))
    engine.dispose()


@pytest.fixture
def browser(app_client: TestClient) -> TestClient:
    """A browser that was never here; it becomes the host's or a neighbour's."""
    app_client.cookies.clear()
    return app_client


def host(client: TestClient, url: str) -> TestClient:
    """The browser as that of Samira."""
    client.cookies.clear()
    return signed_in(client, url, Role.builder, name="Samira")


def opened(client: TestClient, url: str) -> str:
    """The path of a table that Samira opened; the browser is nobody's again."""
    host(client, url)
    form = {"form_token": form_token(client), "community": "neighbours"}
    assert 303 == client.post("/table", data=form).status_code
    page = client.get("/table")
    assert page.headers["cache-control"] == "no-store"
    found = re.search(r"/table/<wbr><span>([a-z0-9-]{11})</span>", page.text)
    assert found is not None
    client.cookies.clear()
    return f"/table/{found[1]}"


def pin(client: TestClient, **more: str) -> Any:
    """The answer to a pin that is filled in to the end."""
    form = {
        "form_token": form_token(client), "key": f"a-key-of-the-table-{next(NUMBERS)}", "step": "tell", "go": "next",
        "kind": "club", "title": f"Naaiclub {next(NUMBERS)}", "different": "yes", **HERE, **more,
    }  # fmt: skip
    return client.post("/pin", data=form)


def waiting(rows: Session) -> Suggestion:
    """The newest suggestion."""
    rows.expire_all()
    return rows.query(Suggestion).order_by(Suggestion.id.desc()).limit(1).one()


def test_from_the_code_to_the_map(browser: TestClient, url: str, rows: Session) -> None:
    """A neighbour sits down and pins; the host finds it together with what else came in, and takes it over."""
    path = opened(browser, url)
    picture = browser.get(path, headers={"sec-fetch-dest": "image", "sec-fetch-site": "cross-site"})
    assert "set-cookie" not in picture.headers  # nobody is seated by a picture on another site
    seat = browser.get(path)
    assert "U zit aan tafel bij Samira" in seat.text
    cookie = next(one for one in seat.headers.get_list("set-cookie") if one.startswith(cookies.TABLE))
    assert re.search(r"HttpOnly.*SameSite=lax", cookie)
    assert 0 < int(re.findall(r"Max-Age=(\d+)", cookie)[0]) <= cookies.TABLE_SECONDS
    assert "U zit aan tafel bij Samira" in browser.get("/pin").text

    answer = pin(browser, title="Naaiclub van de tafel")
    assert 303 == answer.status_code
    assert path.rpartition("/")[2] not in answer.headers["location"]
    assert "Samira kijkt ernaar" in browser.get(answer.headers["location"]).text
    found = waiting(rows)
    assert (found.suggested_by, found.sender, found.contact) == ("Samira", None, None)
    assert found.community_id == communities.default_id(rows)
    number = found.table_id

    browser.cookies.clear()
    pin(browser, title="Zonder tafel")
    host(browser, url)
    assert "Vanavond kwam er 1 ding binnen" in browser.get("/table").text
    page = browser.get(f"/moderation?table={number}").text
    assert "Naaiclub van de tafel" in page
    assert "Zonder tafel" not in page
    assert "Aan tafel bij Samira" in page
    assert "Vanavond aan tafel bij Samira" in browser.get("/moderation").text
    form = {"form_token": form_token(browser), "table": str(number)}
    done = browser.post(f"/moderation/{found.id}/accept", data=form).headers["location"]
    assert done == f"/moderation?done={found.id}&table={number}"
    assert "Overgenomen" in browser.get(done).text
    told = rows.execute(text("SELECT by, suggested_by FROM change ORDER BY id DESC LIMIT 1")).one()
    assert tuple(told) == ("Samira", "Samira")


def test_a_forged_cookie(browser: TestClient, url: str, rows: Session) -> None:
    """A code that nobody opened, a number, another's cookie: what is pinned is a suggestion as any other."""
    path = opened(browser, url)
    evening = rows.execute(text("SELECT id FROM table_evening")).scalar_one()
    for value in ("bcd-fgh-jkm", str(evening), "x" * 90, path.rpartition("/")[2][:-1], "1; x=y", "%00"):
        browser.cookies.clear()
        browser.cookies.set(cookies.TABLE, value)
        assert "aan tafel" not in browser.get("/pin").text
        assert 303 == pin(browser).status_code
        assert waiting(rows).table_id is None
        assert waiting(rows).sender is not None
        rows.execute(text("DELETE FROM suggestion"))
    assert 0 == rows.execute(text("SELECT pins FROM table_evening")).scalar_one()


@pytest.mark.parametrize("end", ["over", "ended", "role", "closed"])
def test_a_table_that_is_over(browser: TestClient, url: str, rows: Session, end: str) -> None:
    """After four, once it was ended, or when the host is no builder any more, code and cookie are worth nothing."""
    path = opened(browser, url)
    browser.get(path)
    samira = accounts.named(rows, "Samira")
    if end == "over":
        rows.execute(text("UPDATE table_evening SET ends_at = now()"))
    elif end == "ended":
        seat = dict(browser.cookies)
        host(browser, url)
        assert 303 == browser.post("/table/end", data={"form_token": form_token(browser)}).status_code
        assert "De avond is afgesloten" in browser.get("/table?ended=yes").text
        browser.cookies.clear()
        browser.cookies.update(seat)
    elif end == "role":
        accounts.set_role(rows, samira, Role.member)
    else:
        accounts.close(rows, samira)
    answer = browser.get(path)
    assert 404 == answer.status_code
    assert "Samira" not in answer.text
    assert "aan tafel" not in browser.get("/pin").text
    assert 303 == pin(browser).status_code
    assert waiting(rows).table_id is None


def test_the_sixty_first(browser: TestClient, url: str, rows: Session) -> None:
    """It is refused with words that say what to do, and what was typed is still there; all came from one network."""
    browser.get(opened(browser, url))
    for _ in range(25):
        assert 303 == pin(browser).status_code
    rows.execute(text("UPDATE table_evening SET pins = :n"), {"n": table_evenings.MOST_PINS - 1})
    assert 303 == pin(browser).status_code
    answer = pin(browser, title="De eenenzestigste")
    assert 429 == answer.status_code
    assert "Vraag Samira een nieuwe tafel te openen" in answer.text
    assert "De eenenzestigste" in answer.text
    assert 26 == rows.query(Suggestion).count()


def test_what_is_sent_twice_counts_once(browser: TestClient, url: str, rows: Session) -> None:
    """The same form from the queue of a telephone makes one suggestion, and counts once for the table."""
    browser.get(opened(browser, url))
    form = {"key": "a-key-from-the-queue", "title": "Uit de wachtrij"}
    assert {303} == {pin(browser, **form).status_code for _ in range(3)}
    assert 1 == rows.query(Suggestion).count() == rows.execute(text("SELECT pins FROM table_evening")).scalar_one()


def test_standing_up(browser: TestClient, url: str, rows: Session) -> None:
    """Who says so sits at no table any more."""
    browser.get(opened(browser, url))
    assert 303 == browser.post("/table/leave", data={"form_token": form_token(browser)}).status_code
    assert "aan tafel" not in browser.get("/pin").text
    pin(browser)
    assert waiting(rows).table_id is None


def test_a_person_at_the_table(browser: TestClient, url: str, rows: Session) -> None:
    """Somebody with a talent waits as any visitor's suggestion, and only builders see it once it is taken over."""
    browser.get(opened(browser, url))
    answer = pin(browser, kind="person", title="Truus", show="none", audience="public", agreed="yes")
    assert 303 == answer.status_code
    found = waiting(rows)
    assert found.table_id is not None
    made = suggestions.accept(rows, found.id, by=_viewer(rows))
    assert made.asset_id is not None
    held = text("SELECT count(*) FROM consent WHERE asset_id = :id")
    assert 0 == rows.execute(held, {"id": made.asset_id}).scalar_one()
    assert 404 == browser.get(f"/assets/{made.asset_id}").status_code
    rows.execute(text("DELETE FROM asset WHERE id = :id"), {"id": made.asset_id})


def _viewer(rows: Session) -> Viewer:
    here = communities.default_id(rows)
    return Viewer("Samira", Role.builder, account_id=accounts.named(rows, "Samira").id, roles={here: Role.builder})


def test_a_builder_at_somebodys_table(browser: TestClient, url: str, rows: Session) -> None:
    """Who builds pins as a builder, and the page says so."""
    path = opened(browser, url)
    signed_in(browser, url, Role.builder, name="Joris")
    assert "U bent zelf buurtbouwer" in browser.get(path).text
    assert pin(browser).headers["location"].startswith("/pin/done?asset=")
    assert 0 == rows.query(Suggestion).count()


def test_the_code_is_the_same_when_the_page_is_loaded_again(browser: TestClient, url: str, rows: Session) -> None:
    """A telephone that fell asleep shows the same code, also in another browser of the host."""
    assert rows is not None
    path = opened(browser, url)
    assert path == opened(browser, url)
    browser.cookies.set(cookies.SIGN_IN, cookie_for(url, Role.builder, name="Samira"))
    assert path.rpartition("/")[2] in browser.get("/table").text


def test_where_one_may_open_it(browser: TestClient, url: str, rows: Session) -> None:
    """Only in a community of one's own; whoever builds in more chooses."""
    elsewhere = communities.add(rows, "elders", "Elders")
    host(browser, url)
    for slug in ("elders", "nergens", ""):
        assert 404 == browser.post("/table", data={"form_token": form_token(browser), "community": slug}).status_code
    assert elsewhere.name not in browser.get("/table").text
    rows.execute(text("DELETE FROM community WHERE slug = 'elders'"))


def test_cookie_over_https(make_client: Any, url: str, rows: Session) -> None:
    """Where the service is reached over https, the cookie is for this host only."""
    client = make_client(url, base_url="https://map.example.org")
    rows.execute(text("DELETE FROM table_evening"))
    cookie_for(url, Role.builder, name="Samira")
    key = client.app.state.form_key
    evening = table_evenings.open(rows, communities.default_id(rows), by=_viewer(rows), key=key)
    told = client.get(f"/table/{evening.code}").headers.get_list("set-cookie")
    cookie = next(one for one in told if "vuurtoren-table" in one)
    assert cookie.startswith("__Host-vuurtoren-table=")
    assert "Secure" in cookie
