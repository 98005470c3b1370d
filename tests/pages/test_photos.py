"""Bringing a photo through the page, without script, and sending it to who may see it."""

import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import uploads
from assets import pictures, suggestions
from assets.drafts import AssetDraft
from assets.permissions import VISITOR
from assets.vocabulary import Role, SuggestionKind
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.neighbourhood import BUILDER
from tests.photo_files import MARK, PROGRAM, jpeg_header, plain, telling
from tests.signing_in import form_token, signed_in

ITEMS = "/api/v1/collections/assets/items"
HOUSE, PERSON = 44, 26
PATH = f"/assets/{HOUSE}/photo"
WORDS = {"photo_alt": "De lange tafel in de straat"}
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """The sample neighbourhood in a database of this file."""
    return databases.clone("sample")


@pytest.fixture(scope="module")
def builder(url: str) -> Iterator[TestClient]:
    """A browser in which a builder is signed in; files up to 1 MB are read."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url, upload_mb=1)), raise_server_exceptions=False) as one:
        signed_in(one, url, Role.builder)
        yield one


@pytest.fixture
def house(builder: TestClient) -> Iterator[str]:
    """The form of a neighbourhood house without a photo."""
    yield PATH
    builder.post(PATH, data={"form_token": form_token(builder), "photo_remove": "yes"})


def send(client: TestClient, data: bytes | None, name: str = "foto.jpg", path: str = PATH, **fields: str) -> Any:
    """Send the form as a browser does; without a photo it sends an empty file."""
    values = {"form_token": form_token(client), **WORDS, **fields}
    files = {"photo": (name, data, "image/jpeg") if data is not None else ("", b"", "application/octet-stream")}
    return client.post(path, data=values, files=files, headers=HTML, follow_redirects=False)


def said(answer: Any, field: str = "photo") -> str:
    """What stands beside a field of a form that was not stored."""
    assert 400 == answer.status_code, answer.text[:500]
    assert 'role="alert"' in answer.text
    found = re.search(rf'id="{field}-fault"><strong>(.*?)</strong>', answer.text)
    assert found, answer.text
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', answer.text)
    return found[1]


def photo(client: TestClient) -> dict[str, Any] | None:
    """What the item of the house says of its photo."""
    found: dict[str, Any] | None = client.get(f"{ITEMS}/{HOUSE}").json()["photo"]
    return found


def test_bring_show_and_take_away(builder: TestClient, house: str) -> None:
    """A photo with its place and camera in it comes out upright and silent, on the page, the item and its address."""
    assert "Voeg een foto toe" in builder.get(f"/assets/{HOUSE}").text
    answer = send(builder, telling(turned=6))
    assert (303, f"/assets/{HOUSE}") == (answer.status_code, answer.headers["location"])
    told = photo(builder)
    assert told is not None
    assert (200, 400, WORDS["photo_alt"], "nl") == tuple(told[name] for name in ("width", "height", "alt", "language"))
    page = builder.get(f"/assets/{HOUSE}").text
    assert f'src="{told["url"]}"' in page
    assert f'alt="{WORDS["photo_alt"]}"' in page

    for address in (told["url"], told["thumb"]):
        file = builder.get(address)
        assert (200, "image/jpeg") == (file.status_code, file.headers["content-type"])
        assert file.headers["x-content-type-options"] == "nosniff"
        assert file.headers["content-disposition"].startswith("inline")
        assert "default-src 'none'" in file.headers["content-security-policy"]
        assert "no-cache" in file.headers["cache-control"]
        assert MARK not in file.content
        assert b"Exif" not in file.content
        assert Image.open(io.BytesIO(file.content)).size in ((200, 400),)
        known = {"If-None-Match": f'W/"x", {file.headers["etag"]}'}
        assert (304, b"") == ((again := builder.get(address, headers=known)).status_code, again.content)

    form = builder.get(house).text
    assert told["thumb"] in form
    assert 303 == send(builder, None, path=f"{house}?lang=en", photo_alt=WORDS["photo_alt"]).status_code
    assert "nl" == (photo(builder) or {})["language"]  # nobody touched the words
    assert 303 == send(builder, None, path=f"{house}?lang=nl", photo_alt="Andere woorden").status_code
    assert "Andere woorden" == (photo(builder) or {})["alt"]
    assert 303 == send(builder, None, photo_remove="yes").status_code
    assert photo(builder) is None
    assert 404 == builder.get(told["url"], headers=known).status_code


def test_gone_for_visitors_with_its_entry(builder: TestClient, house: str, url: str) -> None:
    """Taken off the map, the entry's photo is a 404 for visitors at once, also for who has it in a cache."""
    send(builder, plain())
    told = photo(builder)
    assert told is not None
    visitor = TestClient(builder.app)
    known = {"If-None-Match": visitor.get(told["url"]).headers["etag"]}
    assert 304 == visitor.get(told["url"], headers=known).status_code
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE asset SET state = 'suggested' WHERE id = :id"), {"id": HOUSE})
    assert 404 == visitor.get(told["url"], headers=known).status_code
    assert 404 == visitor.get(told["thumb"]).status_code
    assert 200 == builder.get(told["url"]).status_code
    with engine.begin() as connection:
        connection.execute(text("UPDATE asset SET state = 'published' WHERE id = :id"), {"id": HOUSE})
    engine.dispose()


@pytest.mark.parametrize(("data", "name", "words"), [
    (PROGRAM, "vakantie.jpg", "Dit is geen foto."),
    (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 50, "IMG_1.HEIC", "HEIC"),
    (jpeg_header(50_000, 50_000), "groot.jpg", "50000 bij 50000 beeldpunten"),
    (telling()[:-200], "half.jpg", "niet helemaal aangekomen"),
    (b"x", "", "Dit is geen foto."),
], ids=["program", "heic", "bomb", "truncated", "nameless"])  # fmt: skip
def test_what_is_refused_stands_beside_the_field(
    builder: TestClient, house: str, data: bytes, name: str, words: str
) -> None:
    """A renamed program, a bomb, half a file: a sentence that says what was kept; the words stay, nothing is stored."""
    answer = send(builder, data, name, path=house)
    if not name:  # a browser that sends no name sends no file
        assert "Kies er een." in said(answer)
        assert f'value="{WORDS["photo_alt"]}"' in answer.text
        assert photo(builder) is None
        return
    assert words in said(answer)
    assert said(answer).endswith("Uw tekst is bewaard.")
    assert f'value="{WORDS["photo_alt"]}"' in answer.text
    assert photo(builder) is None


def test_words_are_asked(builder: TestClient, house: str) -> None:
    """A photo without words, or with too many, is not stored; hostile words stay text."""
    assert "wat er op de foto staat" in said(send(builder, plain(), photo_alt=" "), "photo-alt")
    assert "300 tekens" in said(send(builder, plain(), photo_alt="x" * 301), "photo-alt")
    assert photo(builder) is None
    hostile = '"><img src=x onerror=alert(1)>{{7*7}}'
    assert 303 == send(builder, plain(), photo_alt=hostile).status_code
    for page in (f"/assets/{HOUSE}", house):
        assert "<img src=x" not in builder.get(page).text
        assert "&#34;&gt;&lt;img src=x" in builder.get(page).text
    assert hostile == (photo(builder) or {})["alt"]


def test_a_file_above_the_limit(builder: TestClient, house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somewhat too large, the rest is thrown away as it comes and the form comes back; far too large, a 413."""
    written = 0
    original = uploads.Upload.write

    async def counting(self: uploads.Upload, data: bytes) -> None:
        nonlocal written
        written += len(data)
        await original(self, data)

    monkeypatch.setattr(uploads.Upload, "write", counting)
    answer = send(builder, b"\xff\xd8\xff" + b"\x00" * 2_500_000)
    assert "te groot" in said(answer)
    assert said(answer).endswith("Uw tekst is bewaard.")
    assert written <= 1_000_000
    far = send(builder, b"\x00" * 3_100_000)
    assert 413 == far.status_code
    assert "uw tekst staat er nog" in far.text
    machine = builder.post(
        "/api/v1/connections", content=b"x" * 1_100_000, headers={"Content-Type": "multipart/form-data"}
    )
    assert 413 == machine.status_code


def test_forms_that_are_none(builder: TestClient, house: str) -> None:
    """A form without a boundary, with fifty files, or with a part without a name, is a 400 and no fault of ours."""
    token = {"X-Form-Token": form_token(builder), **HTML}
    many = {"files": [("photo", ("a.jpg", b"x", "image/jpeg"))] * 50}
    assert 400 == builder.post(house, headers=token, **many).status_code
    nameless = b"--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--\r\n"
    for kind, body in (("multipart/form-data", b"x"), ("multipart/form-data; boundary=a", nameless)):
        assert 400 == builder.post(house, headers={**token, "Content-Type": kind}, content=body).status_code
    assert 303 == builder.post(house, headers=token, data={"photo": "no file"}, follow_redirects=False).status_code


def test_no_photo_of_a_person(builder: TestClient) -> None:
    """The form says so instead of asking, and a photo that is sent all the same is refused."""
    page = builder.get(f"/assets/{PERSON}/photo")
    assert "Van een bewoner komt er geen foto op de kaart." in page.text
    assert 'type="file"' not in page.text
    assert f"/assets/{PERSON}/photo" not in builder.get(f"/assets/{PERSON}").text
    assert 400 == send(builder, plain(), path=f"/assets/{PERSON}/photo").status_code


def test_who_may_not(builder: TestClient) -> None:
    """A visitor is sent to the page to sign in, a form of another site does nothing, and odd names are 404."""
    visitor = TestClient(builder.app)
    assert 303 == visitor.get(PATH, headers=HTML, follow_redirects=False).status_code
    assert 401 == send(visitor, plain()).status_code
    assert 403 == builder.post(PATH, data={"form_token": "x.y"}, files={"photo": ("a", plain())}).status_code
    for key in ("nothing", "%00", "é", "x" * 500, "..%2f..%2fetc"):
        assert 404 == visitor.get(f"/photos/{key}").status_code


def test_the_same_photo_costs_one_drawing(builder: TestClient, house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a fault in another field nothing is drawn; the page says that the photo must be chosen again."""
    drawn: list[int] = []
    monkeypatch.setattr(pictures, "_drawn", lambda *_: drawn.append(1))
    answer = send(builder, plain(), photo_alt="")
    assert "Kies de foto nog een keer." in said(answer)
    assert [] == drawn


def test_come_back_later(builder: TestClient, house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While others are being drawn for too long, the form comes back with its words and asks to try again."""
    monkeypatch.setattr(pictures, "WAIT_S", 0.01)
    with pictures._turn():
        answer = send(builder, plain(), path=house)
    assert (503, "60") == (answer.status_code, answer.headers["retry-after"])
    assert "Probeer het over een minuut nog eens. Uw tekst is bewaard." in answer.text
    assert f'value="{WORDS["photo_alt"]}"' in answer.text


def test_nothing_is_left_on_the_disk(
    builder: TestClient, house: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an upload needs beside memory is gone when it is answered."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    send(builder, plain(2000, 1500), path=house)
    assert [] == list(tmp_path.iterdir())


def test_a_visitor_adds_one_to_a_suggestion(builder: TestClient, url: str) -> None:
    """The private link is the key: the photo waits unseen, a builder sees it in the queue, it comes on the map."""
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        place = {"geometry": {"type": "Point", "coordinates": [5.3111, 52.5330]}}
        draft = AssetDraft.model_validate({"kind": "club", "title": "Kaartclub", "place": place})
        made = suggestions.propose(session, SuggestionKind.new, by=VISITOR, draft=draft, language="nl")
        drawn = AssetDraft.model_validate({"kind": "person", "title": "Iemand", "place": {"show": "none"}})
        person = suggestions.propose(session, SuggestionKind.new, by=VISITOR, draft=drawn, language="nl")
    visitor = TestClient(builder.app)
    follow = f"/suggestions/{made.follow_token}"
    assert f'href="{follow}/photo"' in visitor.get(follow).text
    assert f'href="{follow}/photo"' in visitor.get(f"/pin/done?follow={made.follow_token}").text
    assert f'href="{PATH}"' in builder.get(f"/pin/done?asset={HOUSE}").text
    assert '/photo"' not in visitor.get(f"/pin/done?follow={person.follow_token}").text
    form = visitor.get(f"{follow}/photo")
    assert "no-store" in form.headers["cache-control"]
    assert "Dit is geen foto." in said(send(visitor, PROGRAM, path=f"{follow}/photo"))
    answer = send(visitor, telling(), path=f"{follow}/photo")
    assert (303, follow) == (answer.status_code, answer.headers["location"]), answer.text
    small = visitor.get(f"{follow}/photo/small")
    assert (200, "image/jpeg") == (small.status_code, small.headers["content-type"])
    assert f'src="{follow}/photo/small"' in visitor.get(f"{follow}/photo").text

    queue = builder.get("/moderation").text
    address = re.search(r'src="(/photos/[^"/]+)"', queue)
    assert address
    assert 200 == builder.get(address[1]).status_code
    assert 404 == visitor.get(address[1]).status_code
    with Session(engine) as session, session.begin():
        number = suggestions.accept(session, made.id, by=BUILDER, today=date.today()).asset_id
    engine.dispose()
    assert 200 == visitor.get(address[1]).status_code
    assert f'src="{address[1]}"' in visitor.get(f"/assets/{number}").text
    for gone in (f"{follow}/photo", f"{follow}/photo/small", "/suggestions/nothing/photo"):
        assert 404 == visitor.get(gone).status_code
    assert '/photo"' not in visitor.get(f"/suggestions/{person.follow_token}").text
    assert 400 == send(visitor, plain(), path=f"/suggestions/{person.follow_token}/photo").status_code
