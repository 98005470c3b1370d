"""A word about an entry: without script or account, with a private link to follow it, and nothing more kept."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.mail_worker import Worker
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

ASSET = 44


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
    """A browser that was never here; redirects are not followed."""
    app_client.cookies.clear()
    app_client.headers["accept"] = "text/html"
    app_client.follow_redirects = False
    return app_client


@pytest.fixture
def rows(url: str) -> Iterator[Session]:
    """A session on the database behind the pages, in which every statement is committed at once."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        session.execute(text("DELETE FROM suggestion"))
        yield session
    engine.dispose()


def send(client: TestClient, about: str, asset: int = ASSET, **fields: str) -> tuple[int, str, str]:
    """Status, page and address after sending a form."""
    form = {"form_token": form_token(client), "about": about, **fields}
    answer = client.post(f"/assets/{asset}/suggest", data=form)
    return answer.status_code, answer.text, answer.headers.get("location", "")


def test_the_choices_lead_to_a_form_each(visitor: TestClient) -> None:
    """Every choice is a link; the form that it opens is sent to the same address."""
    page = visitor.get(f"/assets/{ASSET}/suggest").text
    assert re.findall(r'href="\?about=(\w+)"', page) == ["confirm", "changed", "gone", "report"]
    for about in ("confirm", "changed", "gone", "report"):
        form = visitor.get(f"/assets/{ASSET}/suggest?about={about}").text
        assert f'action="/assets/{ASSET}/suggest"' in form
        assert f'name="about" value="{about}"' in form


@pytest.mark.parametrize(
    ("about", "fields"),
    [
        ("confirm", {}),
        ("changed", {"note": "Nu op donderdag"}),
        ("gone", {}),
        ("report", {"reason": "private"}),
        ("report", {"reason": "other", "note": "Staat er twee keer"}),
    ],
)
def test_a_visitor_gets_a_private_link(visitor: TestClient, rows: Session, about: str, fields: dict[str, str]) -> None:
    """What was said waits; its page is for whoever has the link, tells no other site, and is kept by no cache."""
    status, _, follow = send(visitor, about, **fields)
    assert (status, follow[:13]) == (303, "/suggestions/")
    answer = visitor.get(follow)
    assert (answer.headers["referrer-policy"], answer.headers["cache-control"]) == ("same-origin", "no-store")
    assert "noindex" in answer.headers["x-robots-tag"]
    assert "Het wacht op een buurtbouwer" in answer.text
    assert f'id="copy-link" data-link="{follow}"' in answer.text
    assert fields.get("note", "") in answer.text
    assert rows.execute(text("SELECT kind, state, asset_id FROM suggestion")).all() == [(about, "open", ASSET)]
    assert follow.rpartition("/")[2] not in str(rows.execute(text("SELECT * FROM suggestion")).all())


def test_withdrawing(visitor: TestClient, rows: Session) -> None:
    """The button deletes it, and the link leads nowhere from then on."""
    _, _, follow = send(visitor, "gone", contact="buur@example.org")
    answer = visitor.post(follow, data={"form_token": form_token(visitor)})
    assert "Er is niets van bewaard" in answer.text
    assert rows.scalar(text("SELECT count(*) FROM suggestion")) == 0
    assert visitor.get(follow).status_code == 404
    assert "Hier staat niets meer" in visitor.get("/suggestions/nothing").text


@pytest.mark.parametrize(
    ("about", "fields", "name", "says"),
    [
        ("changed", {"note": ""}, "note", "Schrijf een paar woorden."),
        ("changed", {"note": "x" * 1200}, "note", "Dit is te lang"),
        ("gone", {"note": "Weg", "contact": "geen adres"}, "contact", "Dit is geen e-mailadres"),
        ("report", {"reason": "other"}, "note", "Schrijf een paar woorden."),
        ("report", {}, "reason", "Kies wat er mis mee is."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    visitor: TestClient, rows: Session, about: str, fields: dict[str, str], name: str, says: str
) -> None:
    """In words, announced, with everything that was typed still there; nothing is stored."""
    status, page, _ = send(visitor, about, **fields)
    assert status == 400
    assert 'role="alert"' in page
    assert re.search(rf'id="{name}-fault">{says}', page)
    assert re.search(rf'id="{name}"[^>]*aria-invalid="true"', page)
    for typed in fields.values():
        assert typed in page
    assert rows.scalar(text("SELECT count(*) FROM suggestion")) == 0


def test_what_was_promised_is_deleted_by_the_clock(visitor: TestClient, rows: Session, url: str) -> None:
    """The worker of the service deletes what is older than the page says, decided on or not."""
    _, _, old = send(visitor, "gone")
    rows.execute(text("UPDATE suggestion SET created_at = now() - interval '32 days'"))
    _, _, young = send(visitor, "gone")
    worker = Worker(settings_for(url))
    worker.expire_suggestions()
    worker.engine.dispose()
    assert [visitor.get(address).status_code for address in (old, young)] == [404, 200]


def test_hostile_words_stay_words(visitor: TestClient, rows: Session) -> None:
    """A note with script in it is shown as it stands."""
    _, _, follow = send(visitor, "changed", note="</textarea><script>alert(1)</script>")
    page = visitor.get(follow).text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_builders_word_counts_at_once(visitor: TestClient, url: str, rows: Session) -> None:
    """Pressed twice it is one confirmation, and the message has a button to take it back."""
    builder = signed_in(visitor, url, Role.builder)
    count = text("SELECT count(*) FROM activity WHERE asset_id = 44 AND kind = 'confirmation'")
    before = rows.scalar(count)
    sent = [send(builder, "confirm", key="one")[::2] for _ in range(2)]
    assert sent[0] == sent[1]
    assert sent[0][0] == 303
    assert rows.scalar(count) == before + 1
    page = builder.get(sent[0][1]).text
    undo = re.findall(r'action="(/changes/\d+/undo)"', page)
    answer = builder.post(undo[0], data={"form_token": form_token(builder)})
    assert answer.status_code == 303
    assert rows.scalar(count) == before


def test_a_script_is_answered_in_json(visitor: TestClient, rows: Session) -> None:
    """One tap on the map: what to say, and where to follow it; a fault is a problem with its place."""
    headers = {"Accept": "application/json", "X-Form-Token": form_token(visitor)}
    answer = visitor.post(f"/assets/{ASSET}/suggest", data={"about": "confirm"}, headers=headers).json()
    assert answer["words"] == "Dank u wel. Een buurtbouwer kijkt ernaar."
    assert visitor.get(answer["follow"]).status_code == 200
    refused = visitor.post(f"/assets/{ASSET}/suggest", data={"about": "changed"}, headers=headers)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "#/note")


def test_too_many_in_an_hour(visitor: TestClient, rows: Session) -> None:
    """The next one is asked to wait, in words and with the time; what was typed is still there."""
    form = {"form_token": form_token(visitor), "about": "gone", "note": "Weg"}
    for _ in range(20):
        assert visitor.post(f"/assets/{ASSET}/suggest", data=form).status_code == 303
    answer = visitor.post(f"/assets/{ASSET}/suggest", data=form)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 3000
    assert "Dank u wel! Wacht even" in answer.text
    assert ">\nWeg</textarea>" in answer.text
    script = {"Accept": "application/json", "X-Form-Token": form_token(visitor)}
    assert visitor.post(f"/assets/{ASSET}/suggest", data=form, headers=script).json()["type"].endswith("/too-many")


def test_a_program_that_fills_in_everything_stores_nothing(visitor: TestClient, rows: Session) -> None:
    """The field that no person sees stays empty."""
    assert send(visitor, "gone", extra="https://example.org")[0] == 400
    assert rows.scalar(text("SELECT count(*) FROM suggestion")) == 0


def test_what_is_not_there_cannot_be_written_about(visitor: TestClient, rows: Session) -> None:
    """An unknown number, and a person who agreed to nothing, are the same: not found."""
    hidden = rows.scalar(
        text("SELECT min(id) FROM asset WHERE kind = 'person' AND id NOT IN (SELECT id FROM published_asset)")
    )
    for number in (hidden, 999_999):
        assert visitor.get(f"/assets/{number}/suggest").status_code == 404
        assert send(visitor, "gone", asset=number)[0] == 404
    assert visitor.get("/assets/x/suggest").status_code == 404


def test_only_our_own_pages_send(visitor: TestClient, rows: Session) -> None:
    """A form from another site is refused."""
    form = {"form_token": form_token(visitor), "about": "gone"}
    answer = visitor.post(f"/assets/{ASSET}/suggest", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert visitor.post(f"/assets/{ASSET}/suggest", data={"about": "gone"}).status_code == 403
    assert rows.scalar(text("SELECT count(*) FROM suggestion")) == 0


def test_english(visitor: TestClient) -> None:
    """The same in English."""
    page = visitor.get(f"/assets/{ASSET}/suggest?about=gone&lang=en").text
    assert "It is no longer there" in page
