"""Deciding on suggestions and taking changes back: for builders, without script, with thanks and a trace of who."""

import io
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import cookies
from assets import accounts, communities, history, inventory, photos, pictures, sign_ins, suggestions
from assets.drafts import AssetDraft
from assets.permissions import OPERATOR, VISITOR, Viewer
from assets.undo import undo
from assets.vocabulary import ReportReason, Role, SuggestionKind
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

ASSET = 44
SAMIRA = "Samira"
BUILDER = Viewer(SAMIRA, Role.builder)
OTHER = Viewer("Joris", Role.builder)


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
def builder(app_client: TestClient, url: str) -> TestClient:
    """Samira's browser; redirects are followed."""
    app_client.cookies.clear()
    app_client.headers["accept"] = "text/html"
    return signed_in(app_client, url, Role.builder, name=SAMIRA)


@pytest.fixture
def rows(url: str) -> Iterator[Session]:
    """A session on the database behind the pages, in which every statement is committed at once."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        session.execute(text("DELETE FROM suggestion"))
        session.execute(text("DELETE FROM mail"))
        yield session
    engine.dispose()


def values(session: Session, **more: Any) -> AssetDraft:
    """The values of the meeting place with some changed."""
    session.expire_all()
    now = inventory.as_draft(session, inventory.get(session, ASSET)).model_dump(mode="json")
    return AssetDraft.model_validate({**now, **more})


def propose(session: Session, kind: str, **more: Any) -> int:
    """The number of a visitor's suggestion."""
    about = {} if kind == "new" else {"asset_id": ASSET}
    given = {"language": "nl", **about, **more}
    number = suggestions.propose(session, SuggestionKind(kind), by=VISITOR, **given).id
    session.commit()
    return number


def send(client: TestClient, path: str, **fields: str) -> Any:
    """The answer to a form, after its redirects."""
    return client.post(path, data={"form_token": form_token(client), **fields}, follow_redirects=True)


def article(page: str, number: int) -> str:
    """What the queue shows of one suggestion, as text with marks of what comes and goes."""
    found = re.search(rf'<article id="suggestion-{number}".*?</article>', page, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_the_queue_tells_each_suggestion_in_words(builder: TestClient, rows: Session) -> None:
    """What is changed word by word, how far it moved, what is new, and what was said; oldest first."""
    now = values(rows).model_dump(mode="json")
    x, y = now["place"]["geometry"]["coordinates"]
    moved = {**now["place"], "geometry": {"type": "Point", "coordinates": [x + 90, y + 120]}}
    first = propose(rows, "change", draft=values(rows, title=f"{now['title']} Zuid", place=moved))
    club = {
        "kind": "club", "title": "Schaakclub", "themes": ["meeting"], "gifts": [{"of": "head", "what": "schaken"}],
        "recurrence": "FREQ=WEEKLY;INTERVAL=2", "recurrence_start": "2026-12-02T19:30",
        "place": {"geometry": {"type": "Point", "coordinates": [5.3111, 52.5330]}},
    }  # fmt: skip
    second = propose(rows, "new", draft=AssetDraft.model_validate(club))
    third = propose(rows, "report", reason=ReportReason.private, note="Hier staat een naam")

    page = builder.get("/moderation").text
    assert "3 voorstellen wachten op een antwoord." in page
    assert [int(number) for number in re.findall(r'id="suggestion-(\d+)"', page)] == [first, second, third]
    assert "erbij: Zuid" in article(page, first)
    assert "150 meter verplaatst" in article(page, first)
    told = article(page, second)
    assert "Iets nieuws · in Oude Veer" in told
    assert "elke 2 weken, de eerste keer op woensdag 2 december om 19:30" in told
    assert "hoofd: schaken" in told
    assert "Het vertelt te veel over iemand Hier staat een naam" in article(page, third)


def test_accepting_and_taking_it_back(builder: TestClient, rows: Session) -> None:
    """One press takes it over; the message has a button that takes it back; the history tells who did what."""
    title = values(rows).title
    number = propose(rows, "change", draft=values(rows, title="De Haven"))
    page = send(builder, f"/moderation/{number}/accept").text
    assert "Overgenomen:" in page
    assert values(rows).title == "De Haven"
    assert "De Haven" in builder.get(f"/assets/{ASSET}").text
    button = re.findall(r'action="(/changes/\d+/undo)"', page)[0]
    told = builder.get(f"/assets/{ASSET}/history").text
    assert "doorgegeven door een bezoeker" in told
    assert "Samira" in told

    page = send(builder, button).text
    assert "Het is ongedaan gemaakt." in page
    assert "ongedaan gemaakt door Samira" in page
    assert values(rows).title == title
    assert send(builder, button).status_code == 409


def test_refusing_needs_a_reason(builder: TestClient, rows: Session) -> None:
    """Without one nothing is decided and what was typed is still there; with one the follower reads it."""
    number = propose(rows, "gone")
    answer = send(builder, f"/moderation/{number}/refuse", reason="", words="")
    assert answer.status_code == 400
    assert "Kies een reden of schrijf er een." in article(answer.text, number)
    answer = send(builder, f"/moderation/{number}/refuse", reason="there_already", words="Kijk bij de kerk.")
    assert "Niet overgenomen:" in answer.text
    state = rows.execute(text("SELECT state, answer FROM suggestion")).one()
    assert state == ("refused", "Het staat al op de kaart. Kijk bij de kerk.")


def test_thanks_are_sent_once_in_their_language(builder: TestClient, rows: Session) -> None:
    """Who left an address gets one plain mail in the language they wrote in; nobody else does."""
    for language, contact in (("nl", "buur@example.org"), ("en", "neighbour@example.org"), ("nl", None)):
        send(builder, f"/moderation/{propose(rows, 'confirm', language=language, contact=contact)}/accept")
    refused = propose(rows, "gone", language="en", contact="other@example.org")
    send(builder, f"/moderation/{refused}/refuse", reason="not_right", words="I was there today.")

    mails = rows.execute(text("SELECT recipient, subject, body FROM mail ORDER BY id")).all()
    assert [mail.recipient for mail in mails] == ["buur@example.org", "neighbour@example.org", "other@example.org"]
    title = values(rows).title
    assert [mail.subject for mail in mails] == [
        f"Dank u voor uw hulp bij “{title}”",
        f"Thank you for your help with “{title}”",
        f"About what you suggested: “{title}”",
    ]
    assert f"/assets/{ASSET}" in mails[0].body
    assert "> As far as we know this is not right. I was there today." in mails[2].body
    assert "Samira" not in str(mails)
    assert "@" not in str(rows.execute(text("SELECT * FROM suggestion")).all())


def test_the_second_of_two_hears_who_was_first(builder: TestClient, rows: Session) -> None:
    """With the time, and nothing changes."""
    number = propose(rows, "gone")
    suggestions.refuse(rows, number, by=OTHER, reason="Klopt niet.")
    rows.commit()
    answer = send(builder, f"/moderation/{number}/accept")
    assert answer.status_code == 409
    assert re.search(r"Hierover is al beslist: niet overgenomen door Joris op .* om \d\d:\d\d\.", answer.text)
    assert values(rows).ended_on is None
    assert send(builder, "/moderation/999999/accept").status_code == 404


def test_two_who_decide_at_the_same_moment(builder: TestClient, rows: Session) -> None:
    """Of four presses at once one decides; the others hear it, and it was done once."""
    count = text("SELECT count(*) FROM activity WHERE asset_id = 44")
    before = rows.scalar(count)
    number = propose(rows, "confirm")
    form = {"form_token": form_token(builder)}
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(
            lambda _: builder.post(f"/moderation/{number}/accept", data=form, follow_redirects=False).status_code,
            range(4),
        )
        assert sorted(answers) == [303, 409, 409, 409]
    assert rows.scalar(count) == before + 1


def test_a_photo_that_waits_is_shown(builder: TestClient, rows: Session) -> None:
    """Whoever decides sees the photo that comes along, with its words; the history has a button for it."""
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), "orange").save(buffer, "JPEG")
    number = propose(rows, "change", draft=values(rows))
    photos.suggest(rows, number, pictures.made(buffer.getvalue()), alt="De keuken", language="nl", by=VISITOR)
    rows.commit()
    page = builder.get("/moderation").text
    assert f'id="suggestion-{number}"' in page
    assert "De keuken" in page
    address = re.findall(r'src="(/photos/[^"]+)"', page)[0]
    assert builder.get(address).headers["content-type"] == "image/jpeg"
    builder.cookies.clear()
    assert builder.get(address).status_code == 404
    signed_in(builder, str(rows.get_bind().engine.url.render_as_string(hide_password=False)), Role.builder, name=SAMIRA)
    send(builder, f"/moderation/{number}/accept")
    told = builder.get(f"/assets/{ASSET}/history").text
    assert "Foto erbij gezet" in told
    send(builder, re.findall(r'action="(/changes/\d+/undo)"', told)[0])
    assert photos.of_asset(rows, ASSET) is None


def test_two_who_changed_the_same_are_both_shown(builder: TestClient, rows: Session) -> None:
    """There is nothing to accept with one press; both texts stand there."""
    number = propose(rows, "change", draft=values(rows, rhythm="elke dag"))
    inventory.change(rows, ASSET, values(rows, rhythm="alleen zondag"), by=OTHER, keep_place=True)
    rows.commit()
    told = article(builder.get("/moderation").text, number)
    assert "elke dag" in told
    assert told.count("Iemand anders maakte er intussen van:") == 1
    assert "Iemand anders maakte er intussen van: alleen zondag" in told
    answer = send(builder, f"/moderation/{number}/accept")
    assert (answer.status_code, values(rows).rhythm) == (409, "alleen zondag")


def fields_of(page: str) -> dict[str, str]:
    """What a form says as it stands: texts, and what is chosen."""
    found = dict(re.findall(r'<input[^>]*name="(\w+)" value="([^"]*)"', page))
    found |= dict(re.findall(r'<input type="radio" name="(\w+)" value="(\w*)"[^>]* checked', page))
    found |= dict(re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>\n([^<]*)', page))
    found |= dict(
        re.findall(r'<select[^>]*name="(\w+)"[^>]*>(?:(?!</select>).)*?value="([^"]*)" selected', page, re.DOTALL)
    )
    return found


def test_changing_a_suggestion_before_it_is_taken_over(builder: TestClient, rows: Session) -> None:
    """The form begins with what was suggested; what the builder sends is stored, and the sender is thanked."""
    number = propose(rows, "change", draft=values(rows, title="haven", rhythm="elke dag"), contact="a@example.org")
    form = fields_of(builder.get(f"/moderation/{number}/edit").text)
    assert (form["title"], form["rhythm"], form["place_from"]) == ("haven", "elke dag", "now")
    before = values(rows)
    page = send(builder, f"/moderation/{number}/edit", **{**form, "title": "De Haven", "done": "Met hoofdletters."})
    assert "Overgenomen:" in page.text
    after = values(rows)
    assert (after.title, after.rhythm, after.place) == ("De Haven", "elke dag", before.place)
    assert "> Met hoofdletters." in rows.scalar(text("SELECT body FROM mail"))
    send(builder, re.findall(r'action="(/changes/\d+/undo)"', page.text)[0])
    assert values(rows) == before


def test_something_new_can_be_changed_first(builder: TestClient, rows: Session) -> None:
    """A fault stands beside its field with all that was typed; then it is added where it was suggested."""
    club = {
        "kind": "club",
        "title": "schaken",
        "place": {"geometry": {"type": "Point", "coordinates": [5.3111, 52.5330]}},
    }
    number = propose(rows, "new", draft=AssetDraft.model_validate(club))
    form = fields_of(builder.get(f"/moderation/{number}/edit").text)
    assert (form["kind"], form["place_from"]) == ("club", "suggested")
    refused = send(builder, f"/moderation/{number}/edit", **{**form, "title": "", "description": "Elke week"})
    assert refused.status_code == 422
    assert 'id="title-fault"' in refused.text
    assert fields_of(refused.text)["description"] == "Elke week"
    send(builder, f"/moderation/{number}/edit", **{**form, "title": "Schaakclub"})
    found = rows.execute(
        text("SELECT title, ST_AsText(ST_Transform(geom, 4326), 4) FROM asset ORDER BY id DESC LIMIT 1")
    ).one()
    assert found == ("Schaakclub", "POINT(5.3111 52.533)")


def test_someone_else_was_faster_than_the_form(builder: TestClient, rows: Session) -> None:
    """An entry that changed since the form was opened is not overwritten; sent once more it is."""
    number = propose(rows, "changed", note="Nu op donderdag")
    form = fields_of(builder.get(f"/moderation/{number}/edit").text)
    inventory.change(rows, ASSET, values(rows, description="Intussen"), by=OTHER, keep_place=True)
    rows.commit()
    answer = send(builder, f"/moderation/{number}/edit", **{**form, "rhythm": "donderdag"})
    assert answer.status_code == 409
    assert "Iemand anders wijzigde dit sinds u dit formulier opende." in answer.text
    assert values(rows).description == "Intussen"
    suggestions.refuse(rows, number, by=OTHER, reason="Al gedaan.")
    rows.commit()
    assert "Hierover is al beslist" in builder.get(f"/moderation/{number}/edit").text


def test_what_was_changed_again_is_not_taken_back(builder: TestClient, rows: Session) -> None:
    """The page says which field, and nothing changes."""
    inventory.change(rows, ASSET, values(rows, rhythm="eerst"), by=BUILDER, keep_place=True)
    rows.commit()
    page = builder.get(f"/assets/{ASSET}/history").text
    button = re.findall(r'action="(/changes/\d+/undo)"', page)[0]
    inventory.change(rows, ASSET, values(rows, rhythm="daarna"), by=OTHER, keep_place=True)
    rows.commit()
    answer = send(builder, button)
    assert answer.status_code == 409
    assert "Dit is later opnieuw gewijzigd: Wanneer." in answer.text
    assert values(rows).rhythm == "daarna"


def test_hostile_words_stay_words(builder: TestClient, rows: Session) -> None:
    """Script in a suggestion is shown as it stands: in the queue, in the history, in the mail."""
    bad = "<img src=x onerror=alert(1)> ${alert(1)}"
    number = propose(rows, "change", draft=values(rows, title=bad, description=bad), contact="a@example.org", note=bad)
    assert "<img src=x" not in builder.get("/moderation").text
    page = send(builder, f"/moderation/{number}/accept").text
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in builder.get(f"/assets/{ASSET}/history").text
    send(builder, re.findall(r'action="(/changes/\d+/undo)"', page)[0])


@pytest.mark.parametrize("role", [None, Role.member, Role.analyst])
def test_it_is_for_builders(app_client: TestClient, url: str, rows: Session, role: Role | None) -> None:
    """Who is not signed in is sent to sign in, others are refused; nobody else decides or takes back."""
    app_client.cookies.clear()
    app_client.headers["accept"] = "text/html"
    number = propose(rows, "gone")
    if role is not None:
        signed_in(app_client, url, role)
    for path in ("/moderation", f"/moderation/{number}/edit", f"/assets/{ASSET}/history"):
        answer = app_client.get(path, follow_redirects=False)
        assert answer.status_code == (303 if role is None else 403), path
    deeds = [f"/moderation/{number}/{deed}" for deed in ("accept", "refuse", "edit")]
    for path in (*deeds, "/changes/1/undo"):
        assert send(app_client, path, words="x").status_code == (401 if role is None else 403), path
    assert rows.scalar(text("SELECT state FROM suggestion")) == "open"


def test_pages_of_the_queue(builder: TestClient, rows: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long queue comes in pages, from the oldest on."""
    monkeypatch.setattr("app.pages.moderation.PAGE", 2)
    numbers = [propose(rows, "confirm") for _ in range(3)]
    page = builder.get("/moderation").text
    assert [int(number) for number in re.findall(r'id="suggestion-(\d+)"', page)] == numbers[:2]
    following = re.findall(r'href="(/moderation\?after=\d+)"', page)[0]
    assert re.findall(r'id="suggestion-(\d+)"', builder.get(following).text) == [str(numbers[2])]


def test_the_history_of_another_community_is_closed(builder: TestClient, rows: Session, url: str) -> None:
    """A builder of one community reads no history of another, nor by a change that was taken back already."""
    south = communities.add(rows, "zuid", "Zuid").id
    draft = values(rows, title="Geheim van Zuid")
    number = inventory.add(rows, draft, by=OPERATOR, community_id=south).id
    inventory.change(rows, number, draft.model_copy(update={"title": "Geheimpje"}), by=OPERATOR, keep_place=True)
    change = history.of(rows, "asset", number)[-1].id
    undo(rows, change, by=OPERATOR)
    account = accounts.add(rows, "Noor", role=Role.builder, community_id=communities.add(rows, "noord", "Noord").id)
    secret = sign_ins.begin(rows, account.id)
    rows.commit()
    builder.cookies.clear()
    builder.cookies.set(cookies.SIGN_IN, secret)
    history_page, undone = builder.get(f"/assets/{number}/history"), send(builder, f"/changes/{change}/undo")
    for answer, status in ((history_page, 403), (undone, 404)):  # that there is an entry everyone knows
        assert answer.status_code == status
        assert "Geheim" not in answer.text
