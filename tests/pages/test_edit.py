"""`/assets/{id}/edit` without script: builders save, visitors suggest, and of two who change the same none loses."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.pages import entry_form
from assets import inventory, suggestions
from assets.drafts import AssetDraft
from assets.inventory import Asset
from assets.permissions import Viewer
from assets.suggestions import Suggestion
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

OTHER = Viewer("Samira", Role.builder)
HERE = {"geometry": {"type": "Point", "coordinates": [5.3111, 52.5330]}}
LONG = "Elke dinsdag naaien we samen. Er is koffie. Iedereen mag komen."
HOSTILE = ["<script>alert(1)</script>", "${alert(1)}{{7*7}}", "zero\u200bwidth", '"><svg onload=x>']


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """The sample neighbourhood, for the tests of this module."""
    return databases.clone("sample")


@pytest.fixture(scope="module")
def everyone(url: str) -> Iterator[TestClient]:
    """The application, started once for this module."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client:
        client.headers.update({"Accept": "text/html", "Accept-Language": "nl"})
        yield client


@pytest.fixture
def visitor(everyone: TestClient) -> TestClient:
    """The client as someone without an account."""
    everyone.cookies.clear()
    return everyone


@pytest.fixture
def builder(visitor: TestClient, url: str) -> TestClient:
    """The client as a builder who signed in."""
    return signed_in(visitor, url, Role.builder)


@pytest.fixture
def stored(url: str) -> Iterator[Session]:
    """What is stored; what a test does here itself is committed."""
    engine = create_engine(url)
    with Session(engine, expire_on_commit=True) as session:
        yield session
    engine.dispose()


def added(session: Session, **values: Any) -> int:
    """The number of a new entry: a sewing club, unless something else is said."""
    draft = {"kind": "club", "title": "Naaiclub", "description": LONG, "themes": ["meeting"], "place": HERE, **values}
    number = inventory.add(session, AssetDraft.model_validate(draft), by=OTHER).id
    session.commit()
    return number


def changed_by_another(session: Session, number: int, **values: Any) -> None:
    """Someone else changes the entry first."""
    asset = inventory.get(session, number)
    draft = inventory.as_draft(session, asset)
    place = values.pop("place", None)
    found = AssetDraft.model_validate({**draft.model_dump(mode="json", exclude={"place"}), **values})
    if place is None:
        found = found.model_copy(update={"place": draft.place})
    else:
        found = AssetDraft.model_validate({**found.model_dump(mode="json"), "place": place})
    inventory.change(session, number, found, by=OTHER, keep_place=place is None)
    session.commit()


def form_of(client: TestClient, number: int, **changes: Any) -> dict[str, Any]:
    """The form as its page has it, with some fields typed otherwise."""
    answer = client.get(f"/assets/{number}/edit")
    assert answer.status_code == 200
    return {**typed_in(answer.text), **changes}


def typed_in(page: str) -> dict[str, Any]:
    """What the fields of the form on a page hold."""
    form = re.search(r'<form method="post" action="/assets/\d+/edit".*?</form>', page, re.DOTALL)
    assert form
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and (('type="radio"' not in tag and 'type="checkbox"' not in tag) or " checked" in tag):
            found.setdefault(name[1], []).append(html.unescape(value[1] if value else ""))
    for name, value in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n(.*?)</textarea>', form[0], re.DOTALL):
        found[name] = [html.unescape(value)]
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form[0], re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found[name] = [html.unescape(chosen[1])] if chosen else []
    return found


def sent(client: TestClient, number: int, form: dict[str, Any], **more: Any) -> Any:
    """The answer to a form."""
    return client.post(f"/assets/{number}/edit", data={**form, "form_token": form_token(client), "go": "save", **more})


def words(page: str) -> str:
    """The text of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_builder_changes_an_entry(builder: TestClient, stored: Session) -> None:
    """What is typed is stored; what is not touched, the place too, stays as it is."""
    number = added(stored, gifts=[{"of": "hands", "what": "naaien, breien"}], recurrence="FREQ=WEEKLY;BYDAY=TU",
                   recurrence_start="2026-12-01T19:30", recurrence_minutes=90, language="tr")  # fmt: skip
    before = inventory.get(stored, number)
    place, version = before.geom, before.version
    form = form_of(builder, number, title="Naaiclub Draad", theme=["meeting", "culture"], member_count="12")
    answer = sent(builder, number, form)
    assert answer.status_code == 303, words(answer.text)
    assert "Het is gewijzigd" in builder.get(answer.headers["location"]).text

    stored.expire_all()
    asset = inventory.get(stored, number)
    assert (asset.title, asset.themes, asset.member_count) == ("Naaiclub Draad", ["meeting", "culture"], 12)
    assert (asset.description, asset.language, asset.version) == (LONG, "tr", version + 1)
    assert (asset.recurrence, asset.recurrence_minutes) == ("FREQ=WEEKLY;BYDAY=TU", 90)
    assert asset.gifts == [{"of": "hands", "what": "naaien, breien"}]
    assert asset.geom == place


@pytest.mark.parametrize(
    ("rule", "minutes"),
    [
        ("FREQ=DAILY", None), ("FREQ=WEEKLY;BYDAY=SA", 120), ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA", 1440),
        ("FREQ=MONTHLY;BYDAY=1SA", 60), ("FREQ=MONTHLY;BYDAY=-1FR", 60), ("FREQ=YEARLY", 30), ("FREQ=DAILY", 1200),
        ("FREQ=WEEKLY;UNTIL=20271231T225959Z;BYDAY=MO,SA", 45), ("FREQ=MONTHLY;BYMONTHDAY=5", 2000),
    ],
)  # fmt: skip
def test_a_rhythm_goes_through_the_form_and_back(rule: str, minutes: int | None) -> None:
    """Every rule, also one that the form cannot say itself, comes back as it was."""
    start = "2026-03-05T23:00" if "BYMONTHDAY" in rule else "2026-03-07T23:00"
    draft = AssetDraft.model_validate(
        {"kind": "club", "title": "x", "recurrence": rule, "recurrence_start": start, "recurrence_minutes": minutes}
    )
    assert entry_form.draft(entry_form.filled(draft)) == draft


def test_the_place_is_moved_only_when_that_is_ticked(builder: TestClient, stored: Session) -> None:
    """Coordinates count when "the place is another one" is ticked."""
    number = added(stored)
    place = inventory.get(stored, number).geom
    moved = {"longitude": "5.3120", "latitude": "52.5335"}
    assert sent(builder, number, form_of(builder, number, title="A", **moved)).status_code == 303
    stored.expire_all()
    assert inventory.get(stored, number).geom == place
    assert sent(builder, number, form_of(builder, number, move="yes", **moved)).status_code == 303
    stored.expire_all()
    assert inventory.get(stored, number).geom != place


def test_two_who_change_different_fields(builder: TestClient, stored: Session) -> None:
    """The second sees what the first changed; both are stored together."""
    number = added(stored)
    form = form_of(builder, number, title="Naaiclub Draad")
    changed_by_another(stored, number, rhythm="elke donderdag", description=LONG.replace("koffie", "thee"))
    page = sent(builder, number, form)
    assert page.status_code == 409
    told = words(page.text)
    assert "Iemand anders wijzigde dit ook" in told
    assert "Wat Samira wijzigde" in told
    assert "elke donderdag" in told
    assert "choose-" not in page.text
    answer = sent(builder, number, typed_in(page.text))
    assert answer.status_code == 303
    stored.expire_all()
    asset = inventory.get(stored, number)
    assert (asset.title, asset.rhythm, "thee" in asset.description) == ("Naaiclub Draad", "elke donderdag", True)


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_two_who_change_the_same_field(builder: TestClient, stored: Session, choice: str) -> None:
    """Both versions are shown, word by word; what is chosen is stored, and the rest of both stays."""
    number = added(stored)
    form = form_of(builder, number, description=LONG.replace("dinsdag", "woensdag"), member_count="7")
    changed_by_another(stored, number, description=LONG.replace("koffie", "thee"), themes=["culture"])
    page = sent(builder, number, form)
    assert page.status_code == 409
    told = words(page.text)
    assert LONG.replace("koffie", "thee") in told
    assert LONG.replace("dinsdag", "woensdag") in told
    assert "<del>" in page.text
    assert "<ins>" in page.text
    assert sent(builder, number, typed_in(page.text), **{"choose-description": choice}).status_code == 303
    stored.expire_all()
    asset = inventory.get(stored, number)
    wanted = LONG.replace("dinsdag", "woensdag") if choice == "mine" else LONG.replace("koffie", "thee")
    assert (asset.description, asset.themes, asset.member_count) == (wanted, ["culture"], 7)


def test_someone_changes_it_again_while_one_chooses(builder: TestClient, stored: Session) -> None:
    """A third version is put together with what was chosen from the first two."""
    number = added(stored)
    form = form_of(builder, number, title="Mijn naam")
    changed_by_another(stored, number, title="Hun naam")
    page = sent(builder, number, form)
    changed_by_another(stored, number, rhythm="elke dag")
    again = sent(builder, number, typed_in(page.text), **{"choose-title": "mine"})
    assert again.status_code == 409
    assert sent(builder, number, typed_in(again.text)).status_code == 303
    stored.expire_all()
    asset = inventory.get(stored, number)
    assert (asset.title, asset.rhythm) == ("Mijn naam", "elke dag")


@pytest.mark.parametrize("base", ["", "{}", "[]", "null", '{"title": 7}', "[" * 5000, '{"title":"\\ud800"}'])
def test_a_base_that_cannot_be_read_loses_nothing(builder: TestClient, stored: Session, base: str) -> None:
    """When the form no longer says what it began with, everything that differs is shown as a choice."""
    number = added(stored)
    form = form_of(builder, number, title="Mijn naam", base=base)
    changed_by_another(stored, number, rhythm="elke dag")
    page = sent(builder, number, form)
    assert page.status_code == 409
    assert {"choose-title", "choose-rhythm"} <= set(typed_in(page.text))


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_two_who_move_the_same_entry(builder: TestClient, stored: Session, choice: str) -> None:
    """A place is one field like any other."""
    number = added(stored)
    form = form_of(builder, number, move="yes", longitude="5.3120", latitude="52.5335")
    changed_by_another(
        stored, number, place={"geometry": {"type": "Point", "coordinates": [5.3100, 52.5320]}, "crs": "OGC:CRS84"}
    )
    theirs = inventory.get(stored, number).geom
    page = sent(builder, number, form)
    assert page.status_code == 409
    assert sent(builder, number, typed_in(page.text), **{"choose-place": choice, "title": "X"}).status_code == 303
    stored.expire_all()
    assert (inventory.get(stored, number).geom == theirs) == (choice == "theirs")


def test_sent_twice_is_one_change(builder: TestClient, stored: Session) -> None:
    """The same form sent again changes nothing more."""
    number = added(stored)
    form = form_of(builder, number, title="Een keer")
    assert sent(builder, number, form).headers["location"] == sent(builder, number, form).headers["location"]
    stored.expire_all()
    assert inventory.get(stored, number).version == 2


def test_what_is_wrong_stands_beside_its_field(builder: TestClient, stored: Session) -> None:
    """Nothing is stored, everything that was typed is still there."""
    number = added(stored)
    wrong = {"title": "a" * 201, "ended_on": "1999-01-01", "started_on": "2020-01-01", "member_count": "veel"}
    page = sent(builder, number, form_of(builder, number, **wrong))
    assert page.status_code == 422
    found = set(re.findall(r'class="vuurtoren-fault" id="(\w+)-fault"', page.text))
    assert {"title", "member_count"} <= found
    kept = typed_in(page.text)
    assert {name: kept[name][0] for name in wrong} == wrong
    stored.expire_all()
    assert inventory.get(stored, number).version == 1
    page = sent(builder, number, form_of(builder, number, ended_on="1999-01-01", started_on="2020-01-01"))
    assert 'id="ended_on-fault"' in page.text
    assert "Er is nog niets gewijzigd" in words(sent(builder, number, form_of(builder, number)).text)


@pytest.mark.parametrize("kind", ["person", "street_initiative", "spaceship", ""])
def test_a_thing_stays_a_thing(builder: TestClient, stored: Session, kind: str) -> None:
    """A club can become a story, and never a person or a street."""
    number = added(stored)
    assert sent(builder, number, form_of(builder, number, kind=kind)).status_code == 422
    assert sent(builder, number, form_of(builder, number, kind="story")).status_code == 303


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_are_words_here_too(builder: TestClient, stored: Session, title: str) -> None:
    """In the form, on the page where two are put together, and on the page that takes it off the map."""
    number = added(stored, title=title)
    form = form_of(builder, number, title=f"{title} 2")
    changed_by_another(stored, number, title=f"{title} 3", description=title)
    pages = [builder.get(f"/assets/{number}/{page}").text for page in ("edit", "retire")]
    pages.append(sent(builder, number, form).text)
    for page in pages:
        assert title in words(page)
        assert "<script>alert" not in page
        assert "<svg onload" not in page


# --- visitors, and who may not ---------------------------------------------------------------------------------


def test_a_visitors_change_is_a_suggestion(visitor: TestClient, stored: Session) -> None:
    """The entry stays as it is; the visitor gets a link to follow."""
    number = added(stored)
    answer = sent(visitor, number, form_of(visitor, number, title="Beter", contact="buur@example.org"))
    assert answer.status_code == 303, words(answer.text)
    token = parse_qs(urlsplit(answer.headers["location"]).query)["follow"][0]
    found = suggestions.get_by_token(stored, token)
    assert found.draft is not None
    assert (found.kind, found.asset_id, found.draft.title, found.draft.description) == ("change", number, "Beter", LONG)
    stored.expire_all()
    assert (inventory.get(stored, number).title, inventory.get(stored, number).version) == ("Naaiclub", 1)


def test_a_visitor_is_not_told_who_was_first(visitor: TestClient, stored: Session) -> None:
    """Names of builders are for builders."""
    number = added(stored)
    form = form_of(visitor, number, title="Van mij")
    changed_by_another(stored, number, title="Van hen")
    page = sent(visitor, number, form)
    assert page.status_code == 409
    assert "Samira" not in page.text
    assert "Van hen" in words(page.text)


def test_what_a_visitor_may_not_see_has_no_form(visitor: TestClient, url: str, stored: Session) -> None:
    """A person without consent can be changed by builders, and for visitors there is nothing at that address."""
    number = added(stored, kind="person", title="Fatima", place={"area": "BU99990101"}, description="Bakt brood.")
    for path in (f"/assets/{number}/edit", "/assets/99999/edit", "/assets/x/edit"):
        assert visitor.get(path).status_code == 404
    assert visitor.post(f"/assets/{number}/edit", data={"form_token": form_token(visitor)}).status_code == 404
    signed_in(visitor, url, Role.builder)
    form = form_of(visitor, number, description="Bel 06 12345678")
    assert "<mark>06 12345678</mark>" in sent(visitor, number, form).text
    answer = sent(visitor, number, {**form, "description": "Bakt taart."})
    assert answer.status_code == 303
    stored.expire_all()
    assert inventory.get(stored, number).description == "Bakt taart."


def test_off_the_map_and_only_by_builders(visitor: TestClient, url: str, stored: Session) -> None:
    """A builder is asked once more, and someone else's change in between is not overlooked."""
    number = added(stored)
    assert visitor.get(f"/assets/{number}/retire").status_code == 303  # to sign in
    assert visitor.post(f"/assets/{number}/retire", data={"form_token": form_token(visitor)}).status_code == 401
    signed_in(visitor, url, Role.builder)
    assert "Naaiclub" in visitor.get(f"/assets/{number}/retire").text
    changed_by_another(stored, number, title="Toch niet weg")
    form = {"form_token": form_token(visitor), "version": "1"}
    assert visitor.post(f"/assets/{number}/retire", data=form).status_code == 409
    assert visitor.post(f"/assets/{number}/retire", data={**form, "version": "2"}).status_code == 303
    stored.expire_all()
    assert stored.scalar(select(Asset.state).where(Asset.id == number)) == "retired"
    assert visitor.get(f"/assets/{number}/edit").status_code == 404


def test_no_change_of_a_visitor_is_stored_when_it_is_wrong(visitor: TestClient, stored: Session) -> None:
    """A suggestion with a fault leaves nothing behind."""
    number = added(stored)
    count = stored.scalar(select(func.count()).select_from(Suggestion))
    for wrong in ({"contact": "geen adres"}, {"extra": "ja"}, {"title": "\x00"}, {"started_on": "ooit"}):
        assert sent(visitor, number, form_of(visitor, number, **{"title": "Anders", **wrong})).status_code == 422
    stored.expire_all()
    assert stored.scalar(select(func.count()).select_from(Suggestion)) == count
    assert json.dumps(HERE)
