"""The page that connects an entry with what belongs to it, without script."""

import html
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import i18n
from app.pages import connection_fields
from app.pages.connection_fields import read
from assets import history, tokens
from assets.vocabulary import AssetKind, Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

ITEMS = "/api/v1/collections/assets/items"


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """The sample neighbourhood in a database of this file."""
    return databases.clone("sample")


@pytest.fixture(scope="module")
def builder(url: str) -> Iterator[TestClient]:
    """A browser in which a builder is signed in."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as one:
        signed_in(one, url, Role.builder)
        yield one


@pytest.fixture(scope="module")
def ids(builder: TestClient) -> dict[str, int]:
    """The numbers of the sample's entries by their titles."""
    found = builder.get(f"{ITEMS}?limit=1000").json()["features"]
    return {one["properties"]["title"]: one["id"] for one in found}


def chosen(page: str) -> list[str]:
    """The choices of the form that are not 'not connected'."""
    return [value for value in re.findall(r'<option value="([^"]*)" selected', page) if value]


def fields(page: str) -> dict[str, list[str]]:
    """The form as a browser would send it unchanged."""
    was = re.findall(r'name="connection_was" value="([^"]*)"', page)
    token = re.findall(r'name="form_token" value="([^"]*)"', page)
    return {"form_token": token[:1], "connection_was": was, "connection": chosen(page)}


def told(client: TestClient, number: int) -> set[tuple[str, bool, str]]:
    """What an entry is connected to."""
    found = client.get(f"{ITEMS}/{number}").json()["connections"]
    return {(one["kind"], one["inward"], one["title"]) for one in found}


def test_connect_change_and_take_away(builder: TestClient, ids: dict[str, int], url: str) -> None:
    """What is near is offered with choices that fit; two choices and a button connect, and the history says who."""
    number, house, bench = (
        ids["Schaken aan de kade"],
        ids["Buurthuis De Veerpont"],
        ids["De lange bank op de Sluisdijk"],
    )
    path = f"/assets/{number}/connections"
    page = builder.get(path).text
    assert path in builder.get(f"/assets/{number}").text
    near = re.findall(r'<option value="meets_at:(\d+)"', page)
    assert 1 <= len(near) <= 6
    assert [] == chosen(page)

    sent = fields(page) | {"connection": [f"meets_at:{house}", f"helps.inward:{bench}", ""]}
    answer = builder.post(path, data=sent, follow_redirects=False)
    assert (303, f"/assets/{number}") == (answer.status_code, answer.headers["location"]), answer.text
    both = {("meets_at", False, "Buurthuis De Veerpont"), ("helps", True, "De lange bank op de Sluisdijk")}
    assert both == told(builder, number)

    page = builder.get(path).text
    assert {f"meets_at:{house}", f"helps.inward:{bench}"} == set(chosen(page))
    sent = fields(page) | {"connection": [f"member_of:{house}", ""]}
    assert 303 == builder.post(path, data=sent, follow_redirects=False).status_code
    assert {("member_of", False, "Buurthuis De Veerpont")} == told(builder, number)
    engine = create_engine(url)
    with Session(engine) as session:
        made = session.query(history.Change).where(history.Change.subject == "connection").order_by(history.Change.id)
        assert ["added", "added", "removed", "removed", "added"] == [one.action for one in made][-5:]
    engine.dispose()


def test_the_link_of_something_else(builder: TestClient, ids: dict[str, int]) -> None:
    """Without script another entry is connected by the link of its page; what is wrong stands beside its field."""
    number, church = ids["Leesclub De Kantlijn"], ids["De kerk aan het Kerkplein"]
    path = f"/assets/{number}/connections"
    form = fields(builder.get(path).text)
    for other, tie, where, said in (
        ("de kerk", "meets_at", "connection-other-fault", "geen link"),
        ("/assets/999999", "meets_at", "connection-other-fault", "niets op deze kaart"),
        (f"/assets/{number}", "meets_at", "connection-other-fault", "niet op deze manier"),
        (f"/assets/{church}", "", "connection-other-tie-fault", "Kies hoe"),
        (f"/assets/{church}", "organises", "connection-other-fault", "niet op deze manier"),
    ):
        answer = builder.post(path, data={**form, "connection_other": other, "connection_other_tie": tie})
        assert 400 == answer.status_code, other
        page = html.unescape(answer.text)
        assert said in re.sub(r"<[^>]*>", "", page[page.index(f'id="{where}"') :])[:200], other
        assert f'value="{other}"' in page  # what was typed is kept
        assert 'role="alert"' in page
    assert form["connection"] == [f"meets_at:{ids['Huiskamer van de Kuiperstraat']}"]
    sent = {
        **form,
        "connection_other": f"https://kaart.example/assets/{church}?on=2026-11-01",
        "connection_other_tie": "helps",
    }
    assert 303 == builder.post(path, data=sent, follow_redirects=False).status_code
    assert ("helps", False, "De kerk aan het Kerkplein") in told(builder, number)


def test_a_choice_that_cannot_be_any_more(builder: TestClient, ids: dict[str, int]) -> None:
    """The other way round of what is there is refused beside the lists, with all that was chosen kept."""
    number, group = ids["Kinderprikclub Merelstraat"], ids["Zonnehof prikt"]
    path = f"/assets/{group}/connections"
    form = fields(builder.get(path).text)
    answer = builder.post(path, data={**form, "connection": [*form["connection"], f"member_of:{number}"]})
    assert 400 == answer.status_code
    assert "andersom verbonden" in answer.text
    assert f'<option value="member_of:{number}" selected' in answer.text
    answer = builder.post(
        path, data={**form, "connection": ["meets_at:1e9", "owns:1", f"meets_at:{number}", "helps:77777"]}
    )
    assert 400 == answer.status_code
    assert 'id="connection-fault"' in answer.text
    assert ("member_of", True, "Kinderprikclub Merelstraat") in told(builder, group)


def test_who_may_not(url: str, builder: TestClient, ids: dict[str, int]) -> None:
    """A visitor is sent to the page to sign in, an analyst may not, and a form of another site does nothing."""
    path = f"/assets/{ids['Schaken aan de kade']}/connections"
    token = form_token(builder)
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        analyst = tokens.add_token(session, "an analyst", role=Role.analyst)
    engine.dispose()
    visitor = TestClient(builder.app)  # the program runs already
    answer = visitor.get(path, headers={"Accept": "text/html"}, follow_redirects=False)
    assert (303, "/sign-in") == (answer.status_code, answer.headers["location"].partition("?")[0])
    assert 401 == visitor.post(path, data={"form_token": token}).status_code
    assert 403 == visitor.get(path, headers={"Authorization": f"Bearer {analyst}"}).status_code
    assert "/connections" not in visitor.get(path.removesuffix("/connections")).text
    assert 403 == builder.post(path, data={"form_token": token}, headers={"Sec-Fetch-Site": "cross-site"}).status_code
    assert 403 == builder.post(path, data={"form_token": "x.y"}).status_code
    assert 404 == builder.get("/assets/999999/connections").status_code


def test_a_person_for_builders_only(builder: TestClient, url: str) -> None:
    """A builder connects a person whom nobody else sees; a visitor learns nothing of it."""
    from assets.inventory import Asset

    engine = create_engine(url)
    with Session(engine) as session:
        person = session.query(Asset.id).where(Asset.title == "Een bewoner kookt voor grote groepen").scalar()
    engine.dispose()
    path = f"/assets/{person}/connections"
    page = builder.get(path).text
    assert [] == re.findall(r'<option value="[a-z_.]*meets_at', page)  # a person meets nowhere
    assert 1 == len(chosen(page))
    answer = builder.post(path, data=fields(page), follow_redirects=False)
    assert (303, path) == (answer.status_code, answer.headers["location"])
    assert 404 == TestClient(builder.app).get(f"/assets/{person}").status_code


def test_a_form_reads_no_files_as_words() -> None:
    """A field that holds a file, or too much, gives no wish."""

    class Form:
        """A form with odd values."""

        def getlist(self, key: str) -> list[object]:
            return [object(), *["x"] * 500] if key == connection_fields.CHOSEN else []

    found = read(Form(), AssetKind.club, None, i18n.translator(i18n.DEFAULT))  # type: ignore[arg-type]
    assert ((), (), {}) == (found.wishes, found.was, found.faults)
