"""`/conversations`: who may, what is kept when something is wrong, sending twice, changing and undoing."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.parameters import today
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def town(databases: Databases) -> Iterator[tuple[TestClient, str]]:
    """The application on a sample that the tests of this module share."""
    from app.main import create_app

    url = databases.clone("sample")
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as client:
        yield client, url


@pytest.fixture
def as_someone(town: tuple[TestClient, str]) -> Callable[..., TestClient]:
    """A function: role and name → the client, signed in, with a form token in its header."""
    client, url = town

    def make(role: Role = Role.builder, name: str = "Samira") -> TestClient:
        client.cookies.clear()
        client.headers.pop("X-Form-Token", None)
        signed_in(client, url, role, name=name)
        client.headers["X-Form-Token"] = form_token(client)
        return client

    return make


def log(client: TestClient, **fields: Any) -> Any:
    """The answer to the form, not followed."""
    sent = {"street": "Zoutsteeg", "day": "today", "neighbours": "3", **fields}
    return client.post("/conversations", data=sent, follow_redirects=False)


def number_in(answer: Any) -> int:
    """The number of the conversation that the answer goes on to."""
    found = re.fullmatch(r"/conversations\?saved=(\d+)", answer.headers["location"])
    assert found
    return int(found[1])


def test_who_may(town: tuple[TestClient, str], as_someone: Callable[..., TestClient]) -> None:
    """A visitor is sent to sign in and back; a member is refused in words; a builder finds the form and the streets."""
    client, _ = town
    client.cookies.clear()
    sent = client.get("/conversations?area=GM9999", headers=PAGE, follow_redirects=False)
    assert (303, "/sign-in?next=%2Fconversations%3Farea%3DGM9999") == (sent.status_code, sent.headers["location"])
    refused = as_someone(Role.member, "Kees").get("/conversations", headers=PAGE)
    assert 403 == refused.status_code
    assert "<h1" in refused.text
    page = as_someone().get("/conversations", headers=PAGE)
    assert 200 == page.status_code
    assert "Gesprek vastleggen" in page.text
    assert "Ankerhof" in page.text
    assert "no-cache" in page.headers["cache-control"]


def test_logging_one(as_someone: Callable[..., TestClient]) -> None:
    """The page that follows says what was logged and offers to undo it; the street is among my streets from then on."""
    client = as_someone(name="Ans")
    answer = log(client, note="Over de <b>lampjes</b>")
    assert 303 == answer.status_code
    page = client.get(answer.headers["location"], headers=PAGE).text
    assert "Vastgelegd:" in page
    assert "3 buren" in page
    assert "Ongedaan maken" in page
    assert "u sprak hier" in page
    assert "Over de &lt;b&gt;lampjes&lt;/b&gt;" in page
    assert "<b>lampjes</b>" not in page


def test_sent_twice(as_someone: Callable[..., TestClient]) -> None:
    """One form sent twice is one conversation; a form that was refused may be sent again with the same key."""
    client = as_someone(name="Bo")
    refused = log(client, key="a-key", neighbours="nul")
    assert 400 == refused.status_code
    first, second = log(client, key="a-key"), log(client, key="a-key")
    assert number_in(first) == number_in(second)


def test_what_is_wrong_stands_beside_its_field(as_someone: Callable[..., TestClient]) -> None:
    """All faults at once, announced, with everything typed still there; the piece of the note is marked."""
    tomorrow = (today() + timedelta(days=1)).isoformat()
    answer = log(
        as_someone(), street="Zoutsteg", day="other", held_on=tomorrow, neighbours="veel", note="Zoutsteeg 3 wil wel"
    )
    assert 400 == answer.status_code
    text = answer.text
    assert 'role="alert"' in text
    for field in ("street", "held_on", "neighbours", "note"):
        assert f'id="{field}-fault"' in text
        assert re.search(rf'id="{field}"[^>]*aria-invalid="true"[^>]*{field}-fault', text), field
    for typed in ("Zoutsteg", tomorrow, "veel", "Zoutsteeg 3 wil wel"):
        assert f'value="{typed}"' in text
    assert '<mark dir="auto">Zoutsteeg 3</mark>' in text
    assert re.search(r'name="where" value="\d+/"[^<]*<span><bdi>Zoutsteeg', text)  # the street that may be meant


@pytest.mark.parametrize(
    "fields",
    [
        {"street": "", "where": ""},
        {"street": "", "where": "999999999999999999/"},
        {"street": "", "where": "1/BU00000000"},
        {"street": "", "where": "1/'; DROP TABLE asset"},
        {"street": "\x00\x01"},
        {"street": "x" * 9000},
        {"day": "other", "held_on": "31-12-2025"},
        {"day": "other", "held_on": "0000-00-00"},
        {"neighbours": "0"},
        {"neighbours": "-4"},
        {"neighbours": "1e9"},
        {"neighbours": "\u0663"},
        {"note": "x" * 301},
        {"note": "NL91 ABNA 0417 1643 00"},
    ],
)
def test_bad_input(as_someone: Callable[..., TestClient], fields: dict[str, str]) -> None:
    """Nothing that can be sent is stored wrongly or breaks the page."""
    answer = log(as_someone(), **fields)
    assert 400 == answer.status_code
    assert "nog niet opgeslagen" in answer.text


def test_changing_taking_away_and_undoing(as_someone: Callable[..., TestClient]) -> None:
    """Each step says what happened; undoing takes the last one back."""
    client = as_someone(name="Els")
    number = number_in(log(client, note="Over de bomen"))
    form = client.get(f"/conversations/{number}", headers=PAGE).text
    assert 'value="Over de bomen"' in form
    changed = client.post(
        f"/conversations/{number}",
        data={"where": "", "street": "Maanstraat", "day": "yesterday", "neighbours": "5"},
        headers=PAGE,
    ).text
    assert "Maanstraat</bdi>, gisteren, 5 buren" in changed

    gone = client.post(f"/conversations/{number}/remove", headers=PAGE).text
    assert "het gesprek in Maanstraat" in gone
    assert 404 == client.get(f"/conversations/{number}", headers=PAGE).status_code
    change = re.findall(r'name="change" value="(\d+)"', gone)[0]
    back = client.post(f"/conversations/{number}/undo", data={"change": change}, headers=PAGE).text
    assert "Teruggezet:" in back
    stale = client.post(f"/conversations/{number}/undo", data={"change": change}, headers=PAGE).text
    assert "intussen nog eens gewijzigd" in stale
    unreadable = client.post(f"/conversations/{number}/undo", data={"change": "x"}, headers=PAGE).text
    assert "intussen nog eens gewijzigd" in unreadable


def test_others_keep_theirs(as_someone: Callable[..., TestClient]) -> None:
    """Someone else's conversation is not shown, not changed and not taken away, and its note is in no page."""
    number = number_in(log(as_someone(name="Fatima"), note="Een geheim van de straat"))
    client = as_someone(name="Gijs")
    assert 403 == client.get(f"/conversations/{number}", headers=PAGE).status_code
    for path in ("", "/remove", "/undo"):
        sent = {"street": "Maanstraat", "day": "today", "neighbours": "1", "change": "1"}
        answer = client.post(f"/conversations/{number}{path}", data=sent, headers=PAGE)
        assert 403 == answer.status_code, path
    assert "geheim van de straat" not in client.get(f"/conversations?saved={number}", headers=PAGE).text


def test_the_area_where_i_work(as_someone: Callable[..., TestClient]) -> None:
    """It is the neighbourhood where most conversations were; what was chosen or seen when logging stays."""
    client = as_someone(name="Hanna")

    def chosen(address: str = "/conversations") -> str:
        text = client.get(address, headers=PAGE).text
        found = re.search(r'<option value="([^"]*)" selected', text)
        assert found
        return found[1]

    assert "all" == chosen()
    log(client, street="Zoutsteeg")
    assert "all" == chosen()  # never another by itself
    client.cookies.delete("my_area")
    assert "BU99990101" == chosen()
    assert "GM9999" == chosen("/conversations?area=GM9999")
    assert "GM9999" == chosen()
    assert "all" == chosen("/conversations?area=all")
    assert "all" == chosen("/conversations?area=BU00000000")


def test_files(as_someone: Callable[..., TestClient]) -> None:
    """A file for spreadsheets, for builders, that does not say who the others are; no other format."""
    client = as_someone(name="Imke")
    log(client, note="=1+1")
    file = client.get("/conversations/download?f=csv&area=all")
    assert "text/csv" in file.headers["content-type"]
    head, *rows = file.text.lstrip("\ufeff").splitlines()
    assert "id,street,area,area_name,held_on,neighbours,note,mine" in head.replace(";", ",")
    assert len(rows) > 30
    assert "'=1+1" in file.text
    assert "Samira" not in file.text
    assert 200 == client.get("/conversations/download?f=xlsx").status_code
    assert 404 == client.get("/conversations/download?f=gpkg").status_code
    assert 403 == as_someone(Role.member, "Kees").get("/conversations/download?f=csv").status_code


def test_streets_elsewhere(as_someone: Callable[..., TestClient]) -> None:
    """The search field finds streets beyond the area, forgives errors, and says nothing on one letter."""
    client = as_someone()
    assert ["Zoutsteeg"] == [one["name"] for one in client.get("/conversations/streets?q=zoutsteeg").json()]
    assert "Zoutsteeg" in [one["name"] for one in client.get("/conversations/streets?q=zoutsteg").json()]
    assert [] == client.get("/conversations/streets?q=z").json()
