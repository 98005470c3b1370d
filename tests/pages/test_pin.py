"""`/pin` without script: every kind, by a builder; what is wrong stands beside its field and nothing is lost."""

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import icalendar
import pytest
from lxml import etree
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import consents, inventory, suggestions
from assets.areas import Area
from assets.consents import Consent
from assets.inventory import Asset
from assets.mails import Mail
from assets.streets import Street
from assets.suggestions import Suggestion
from assets.vocabulary import AssetKind, Placement, Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

HTML = {"Accept": "text/html", "Accept-Language": "nl"}
#: Where the sample neighbourhood is.
HERE = {"longitude": "5.3111", "latitude": "52.5330"}
HOSTILE = [
    "<script>alert(1)</script>",
    "${alert(1)}{{7*7}}",
    "zero\u200bwidth",
    '"><svg onload=alert(1)>',
    "'; DROP TABLE asset; --",
    "=1+1",
]


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """The sample neighbourhood, for the tests of this module."""
    return databases.clone("sample")


@pytest.fixture(scope="module")
def everyone(url: str) -> Iterator[TestClient]:
    """The application, started once for this module."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client:
        client.headers.update(HTML)
        yield client


@pytest.fixture
def visitor(everyone: TestClient) -> TestClient:
    """The client as someone without an account, with a browser of their own."""
    everyone.cookies.clear()
    return everyone


@pytest.fixture
def builder(visitor: TestClient, url: str) -> TestClient:
    """The client as a builder who signed in."""
    return signed_in(visitor, url, Role.builder)


@pytest.fixture
def stored(url: str) -> Iterator[Session]:
    """What is stored."""
    engine = create_engine(url)
    with Session(engine) as session:
        yield session
    engine.dispose()


def sent(client: TestClient, step: str, go: str = "next", **fields: Any) -> Any:
    """The answer to a form that was filled in up to a step."""
    form = {"form_token": form_token(client), "step": step, "go": go, "key": KEY.format(next(NUMBERS))}
    return client.post("/pin", data={**form, **fields})


def counting() -> Iterator[int]:
    """1, 2, 3 ..."""
    number = 0
    while True:
        number += 1
        yield number


KEY = "a-key-of-this-test-{}"
NUMBERS = counting()


def pinned(answer: Any) -> int:
    """The number of the entry that was made."""
    assert answer.status_code == 303, (answer.status_code, faults(answer.text), "Bedoelt u" in answer.text)
    return int(answer.headers["location"].rpartition("=")[2])


def shown_step(page: str) -> str:
    """The step that a page shows."""
    return re.findall(r'<section id="step-(\w+)" data-step="\w+">', page)[0]


def faults(page: str) -> dict[str, str]:
    """The faults of a page by field, as they stand beside it."""
    return {
        name: html.unescape(re.sub(r"<[^>]+>", "", words)).strip()
        for name, words in re.findall(r'<p class="vuurtoren-fault" id="(\w+)-fault">(.*?)</p>', page, re.DOTALL)
    }


def value(page: str, name: str) -> str:
    """What a field of a page holds."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*? value="([^"]*)"', page)
    if found is None:
        found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found, name
    return html.unescape(found[1])


def test_the_steps_carry_what_was_typed_there_and_back(builder: TestClient) -> None:
    """Each step shows the next one with all that was typed, and "previous" loses nothing; no text is in an address."""
    first = builder.get("/pin").text
    assert shown_step(first) == "what"
    typed = {"kind": "club", "title": "Koor De Stem", "description": "Wij zingen.", **HERE}
    where = sent(builder, "what", **typed)
    assert (shown_step(where.text), where.url.query) == ("where", b"")
    tell = sent(builder, "where", **typed)
    assert shown_step(tell.text) == "tell"
    back = sent(builder, "tell", "back", **typed).text
    assert shown_step(back) == "where"
    for page in (where.text, tell.text, back):
        assert (value(page, "title"), value(page, "description")) == ("Koor De Stem", "Wij zingen.")
        assert value(page, "longitude") == HERE["longitude"]
        assert re.search(r'value="club" id="kind-club" checked', page)


@pytest.mark.parametrize("kind", [kind for kind in AssetKind if kind not in ("person", "street_initiative")])
def test_things_with_a_place(builder: TestClient, stored: Session, kind: AssetKind) -> None:
    """A builder's club, place, institution, exchange or story is on the map at once, with everything that was typed."""
    words = {
        "title": f"De proef van {kind}", "description": "Met koffie.", "theme": ["meeting", "children"],
        "head": "formulieren invullen\nde buurt kennen", "hands": "koken, voor twintig mensen",
        "rhythm": "elke dinsdag", "repeat": "weekly", "first_on": "2026-12-01", "first_at": "19:30", "ends_at": "21:00",
        "started_on": "2024-05-01", "open_to_newcomers": "yes", "language": "en", "wheelchair_accessible": "no",
    }  # fmt: skip
    asset = inventory.get(stored, pinned(sent(builder, "tell", kind=kind.value, **HERE, **words)))

    assert (asset.kind, asset.title, asset.description) == (kind, f"De proef van {kind}", "Met koffie.")
    assert (asset.themes, asset.rhythm, asset.language) == (["meeting", "children"], "elke dinsdag", "en")
    assert [(gift["of"], gift["what"]) for gift in asset.gifts] == [
        ("head", "formulieren invullen"), ("head", "de buurt kennen"), ("hands", "koken, voor twintig mensen"),
    ]  # fmt: skip
    assert (asset.recurrence, asset.recurrence_minutes) == ("FREQ=WEEKLY;BYDAY=TU", 90)
    assert (asset.open_to_newcomers, asset.started_on.isoformat()) == (True, "2024-05-01")
    assert (asset.placement, asset.wheelchair_accessible) == (Placement.exact, False)
    page = builder.get(f"/assets/{asset.id}").text
    assert "niet toegankelijk met een rolstoel" in page
    assert "sinds mei 2024" in page
    done = builder.get(f"/pin/done?asset={asset.id}").text
    assert f"De proef van {kind}" in done
    assert f'href="/?asset={asset.id}"' in done
    assert "/pin?longitude=5.3111" in done
    new = pinned(sent(builder, "tell", kind=kind.value, **HERE, title=f"Iets nieuws, {kind}", different="yes"))
    assert "Sinds wanneer" not in builder.get(f"/assets/{new}").text  # nobody said it


def test_a_street_initiative(builder: TestClient, stored: Session) -> None:
    """Neighbours who care for a street stand along it."""
    name = stored.scalar(select(func.min(Street.name)))
    fields = {"kind": "street_initiative", "street": name, "stretch": "whole", "title": "Prikploeg", "different": "yes"}
    asset = inventory.get(stored, pinned(sent(builder, "tell", **fields)))
    assert [stretch.whole_street for stretch in inventory.stretches_of(stored, asset.id)] == [True]


@pytest.mark.parametrize(
    ("answer", "audience"),
    [
        ({}, None),
        ({"agreed": "yes"}, "builders"),
        ({"agreed": "yes", "audience": "community"}, "community"),
        ({"agreed": "yes", "audience": "public"}, "public"),
    ],
)
def test_a_person_and_the_answer(
    builder: TestClient, stored: Session, answer: dict[str, str], audience: str | None
) -> None:
    """The answer of a person is recorded with the words that were read aloud; without one only builders see them."""
    heard = {"wording_version": "2026-11", "wording_language": "nl", **answer}
    fields = {
        "kind": "person",
        "show": "neighbourhood",
        "area": "BU99990101",
        "title": "Fatima",
        "hands": "brood bakken",
    }
    asset = inventory.get(stored, pinned(sent(builder, "tell", different="yes", **fields, **heard)))

    found = stored.scalars(select(Consent).where(Consent.asset_id == asset.id)).all()
    assert [one.audience for one in found] == ([] if audience is None else [audience])
    for one in found:
        assert one.wording == consents.wording("nl").text
        assert (one.wording_version, one.language) == ("2026-11", "nl")
        assert one.recorded_by == "Test builder"
        assert one.expires_on == consents.years_later(one.given_on, 2)
    assert asset.placement == Placement.neighbourhood
    public = builder.get(f"/assets/{asset.id}", headers={"Accept": "text/html"}).status_code
    assert public == (200 if audience == "public" else 404)
    done = builder.get(f"/pin/done?asset={asset.id}").text
    assert ("Alleen buurtbouwers zien het." in done) == (audience in (None, "builders"))
    assert ("Leden van de gemeenschap zien het" in done) == (audience == "community")


def test_everyone_may_see_it_only_after_it_was_read_aloud(builder: TestClient) -> None:
    """A wider answer than builders needs the box that says that the text was read."""
    fields = {"kind": "person", "show": "none", "title": "Fatima", "audience": "public"}
    page = sent(builder, "tell", **fields)
    assert page.status_code == 422
    assert faults(page.text) == {"agreed": "Lees eerst de tekst voor, en vink aan dat dit het antwoord was."}


def test_a_way_to_reach_a_person_is_refused_and_marked(builder: TestClient) -> None:
    """An e-mail address or a telephone number in the words about a person is shown where it stands."""
    words = {"description": "Bel mij op 06 1234 5678 na zessen.", "hands": "brood\nfatima@example.org"}
    fields = {"kind": "person", "show": "none", "title": "Fatima" * 50, **words}
    page = sent(builder, "tell", **fields)
    assert page.status_code == 422
    assert faults(page.text)["description"].startswith("In deze tekst staat een telefoonnummer (bij teken 12).")
    assert "<mark>fatima@example.org</mark>" in page.text
    assert list(faults(page.text)) == ["title", "description", "hands"]
    assert "Bel mij op <mark>06 1234 5678</mark> na zessen." in page.text
    assert value(page.text, "description") == fields["description"]


def test_faults_stand_beside_their_fields_and_all_that_was_typed_is_kept(builder: TestClient, stored: Session) -> None:
    """All faults at once, each with a link from the summary on top, which is announced; nothing is stored."""
    before = stored.scalar(select(func.count()).select_from(Asset))
    wrong = {
        "kind": "club", **HERE, "title": "a" * 201, "description": "b" * 4001, "theme": ["litter", "nothing"],
        "head": "c" * 101, "rhythm": "d" * 201, "repeat": "weekly", "first_on": "2026-02-30", "first_at": "half acht",
        "ends_at": "laat", "started_on": "1203-01-01", "open_to_newcomers": "maybe", "member_count": "veel",
        "language": "not a language",
    }  # fmt: skip
    page = sent(builder, "tell", **wrong)
    assert (page.status_code, shown_step(page.text)) == (422, "tell")
    found = faults(page.text)
    assert set(found) == {
        "title", "description", "theme", "head", "rhythm", "first_on", "first_at", "ends_at", "started_on",
        "open_to_newcomers", "member_count", "language",
    }  # fmt: skip
    assert found["title"] == "Dit is te lang: hooguit 200 tekens."
    summary = re.search(r'role="alert".*?</div>', page.text, re.DOTALL)
    assert summary
    for target in re.findall(r'href="#([\w-]+)"', summary[0]):
        assert f'id="{target}"' in page.text, target
    assert f"{len(found)} dingen" in summary[0]
    for name in ("title", "description", "rhythm", "first_on", "first_at", "started_on", "member_count"):
        assert value(page.text, name) == wrong[name]
        assert re.search(rf'id="{name}"[^>]*aria-invalid="true"', page.text), name
    times = {"repeat": "weekly", "first_on": "2026-12-01", "first_at": "20:00", "ends_at": "19:00"}
    page = sent(builder, "tell", kind="club", **HERE, title="De avondclub", **times)
    assert faults(page.text) == {"ends_at": "Het eindigt voordat het begint. Na middernacht kan, tot 06:00 uur."}
    stored.rollback()
    assert stored.scalar(select(func.count()).select_from(Asset)) == before


@pytest.mark.parametrize(
    ("step", "fields", "shown", "field"),
    [
        ("what", {}, "what", "kind"),
        ("what", {"kind": "spaceship"}, "what", "kind"),
        ("where", {"kind": "club"}, "where", "street"),
        ("where", {"kind": "club", "longitude": "5", "latitude": "NaN"}, "where", "latitude"),
        ("where", {"kind": "club", "longitude": "500", "latitude": "1e999"}, "where", "latitude"),
        ("where", {"kind": "street_initiative", "street": "Nergensstraat"}, "where", "found"),
        ("where", {"kind": "person", "show": "neighbourhood", "area": "BU00"}, "where", "area"),
        ("tell", {"title": "Zonder soort", **HERE}, "what", "kind"),
        ("tell", {"kind": "club", "title": "Zonder plek"}, "where", "street"),
        ("tell", {"kind": "club", **HERE}, "tell", "title"),
        ("tell", {"kind": "club", **HERE, "title": "   "}, "tell", "title"),
        ("nonsense", {}, "what", "kind"),
    ],
)
def test_what_a_step_needs(builder: TestClient, step: str, fields: dict[str, str], shown: str, field: str) -> None:
    """Whoever leaves something out is shown the step where it belongs."""
    page = sent(builder, step, **fields)
    assert page.status_code == 422
    assert (shown_step(page.text), next(iter(faults(page.text)))) == (shown, field)


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_are_words(builder: TestClient, stored: Session, title: str) -> None:
    """A title that looks like code is stored and shown as the words that it is, wherever it comes."""
    weekly = {"repeat": "weekly", "first_on": "2026-12-01", "first_at": "19:30", "ends_at": "21:00"}
    answer = sent(builder, "tell", kind="club", **HERE, **weekly, title=title, different="yes")
    asset = inventory.get(stored, pinned(answer))
    assert asset.title == title
    area = stored.get_one(Area, asset.area_id).code
    seen = f"area={area}&kind=club"
    for path in (f"/pin/done?asset={asset.id}", f"/assets/{asset.id}", f"/assets?{seen}", f"/embed?{seen}"):
        page = builder.get(path).text
        assert html.escape(title, quote=True).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page, path
        assert not any(word in page for word in ("<script>alert", "<svg onload"))
    feed = etree.fromstring(builder.get(f"/areas/{area}/feed").content)
    assert title in [one.text for one in feed.iter("{http://www.w3.org/2005/Atom}title")]
    events = icalendar.Calendar.from_ical(builder.get(f"/areas/{area}/calendar").content).walk("VEVENT")
    assert title in [str(one["SUMMARY"]) for one in events]


@pytest.mark.parametrize(
    "body",
    [
        b"step=tell&go=next&kind=club&title=a%00b&longitude=5.31&latitude=52.53",
        b"step=tell&go=next&kind=club&title=a%ED%A0%80b&longitude=5.31&latitude=52.53&different=yes&started_on=x",
        b"step=tell&go=next&kind=club&title=%FF%FE&longitude=5.31&latitude=52.53&started_on=x",
        b"step=tell&go=next&kind=%00&title=%00&longitude=%00&latitude=%00&area=%00&street=%00&show=%00&key=%00",
        b"step=tell&go=next&kind=person&show=neighbourhood&area=%00&title=x",
        b"step=where&go=next&kind=street_initiative&street=%00",
        b"step=%00&go=%00",
        b"&&&===%",
        b"kind=club&" * 200,
    ],
)
def test_what_is_no_text_is_refused_in_words(builder: TestClient, body: bytes) -> None:
    """NUL, halves of characters and broken forms are a page that says so, never a fault of ours."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Form-Token": form_token(builder)}
    answer = builder.post("/pin", content=body, headers=headers)
    assert answer.status_code in (200, 422)
    assert "\x00" not in answer.text
    assert "location" not in answer.headers


def test_a_form_of_parts_with_odd_characters(builder: TestClient) -> None:
    """A multipart form in another encoding than UTF-8 cannot break the page either."""
    part = 'Content-Disposition: form-data; name="{}"\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n{}\r\n'
    body = "".join("--x\r\n" + part.format(*one) for one in (("step", "tell"), ("title", "+2AA-"), ("kind", "club")))
    headers = {"Content-Type": "multipart/form-data; boundary=x", "X-Form-Token": form_token(builder)}
    assert builder.post("/pin", content=(body + "--x--\r\n").encode(), headers=headers).status_code == 422


def test_sent_twice_is_one_entry(builder: TestClient, stored: Session) -> None:
    """A form that is sent twice makes one entry and leads to it twice; with other words it asks what is meant."""
    fields = {"kind": "club", "title": "Dubbele club", "key": "a-key-that-is-used-twice"}
    first, second = (sent(builder, "tell", **fields, **HERE) for _ in range(2))
    assert pinned(first) == pinned(second)
    assert stored.scalar(select(func.count()).where(Asset.title == "Dubbele club")) == 1
    other = sent(builder, "tell", **{**fields, **HERE, "title": "Dubbele club II", "different": "yes"})
    assert "Dit formulier hebt u al eens ingestuurd" in other.text
    key = value(other.text, "key")
    assert key != "a-key-that-is-used-twice"
    again = {**fields, **HERE, "title": "Dubbele club II", "key": key, "different": "yes"}
    assert pinned(sent(builder, "tell", **again)) != pinned(first)


def test_look_alikes_are_offered_and_not_forced(builder: TestClient, stored: Session) -> None:
    """What looks like an entry of the same kind near there is offered before anything is stored."""
    fields = {"kind": "meeting_place", **HERE}
    number = pinned(sent(builder, "tell", title="Buurthuis De Vlieger", **fields))
    page = sent(builder, "tell", title="buurthuis de Vliéger", **fields)
    assert page.status_code == 200
    assert "Bedoelt u dit?" in page.text
    assert f'href="/assets/{number}"' in page.text
    assert value(page.text, "title") == "buurthuis de Vliéger"
    again = sent(builder, "tell", title="buurthuis de Vliéger", **fields, different="yes")
    assert pinned(again) != number
    assert pinned(sent(builder, "tell", title="Speeltuin Noord", **fields))


def test_a_person_who_looks_the_same_is_offered_to_a_builder(visitor: TestClient, url: str) -> None:
    """The link leads to where a builder can see the person; a visitor is offered nothing that is not public."""
    fields = {"kind": "person", "show": "neighbourhood", "area": "BU99990101", "title": "Wilhelmina"}
    assert sent(visitor, "tell", **fields).status_code == 303
    builder = signed_in(visitor, url, Role.builder)
    number = pinned(sent(builder, "tell", **fields))
    page = sent(builder, "tell", **fields).text
    assert f'href="/assets/{number}/edit"' in page
    assert builder.get(f"/assets/{number}/edit").status_code == 200
    visitor.cookies.clear()
    assert sent(visitor, "tell", **fields).status_code == 303


def test_a_place_to_begin_with(builder: TestClient) -> None:
    """A link may hold a kind and a place to begin with, and no words."""
    page = builder.get("/pin?kind=club&longitude=5.31&latitude=52.53&title=Gekaapt").text
    assert (value(page, "longitude"), value(page, "latitude"), value(page, "title")) == ("5.31", "52.53", "")
    assert re.search(r'id="kind-club" checked', page)


# --- visitors --------------------------------------------------------------------------------------------------


def test_what_a_visitor_sends_in_waits_and_has_a_private_link(visitor: TestClient, stored: Session, url: str) -> None:
    """It is not on the map; the visitor gets a link to follow it, also by mail when they left an address."""
    fields = {"kind": "story", **HERE, "title": "Toen de brug openging", "contact": "buur@example.org"}
    answer = sent(visitor, "tell", **fields)
    assert answer.status_code == 303, faults(answer.text)
    token = parse_qs(urlsplit(answer.headers["location"]).query)["follow"][0]
    found = suggestions.get_by_token(stored, token)
    assert (found.kind, found.title, found.has_contact, found.language) == ("new", "Toen de brug openging", True, "nl")
    assert stored.scalar(select(func.count()).where(Asset.title == "Toen de brug openging")) == 0

    done = visitor.get(answer.headers["location"])
    assert f'href="/suggestions/{token}"' in done.text
    assert "Toen de brug openging" in done.text
    assert (done.headers["cache-control"], done.headers["referrer-policy"]) == ("no-store", "same-origin")
    assert "/pin?longitude=5.3111" in done.text
    mailed = stored.execute(select(Mail.subject, Mail.body).where(Mail.recipient == "buur@example.org")).one()
    assert mailed.subject == "Wat u instuurde voor de buurtkaart"
    assert f"/suggestions/{token}" in mailed.body


def test_a_visitor_is_asked_for_no_consent_and_a_builder_for_no_address(
    visitor: TestClient, url: str, stored: Session
) -> None:
    """A consent is not a visitor's to give; a person's place is general in a suggestion too."""
    fields = {"kind": "person", "show": "neighbourhood", "area": "BU99990101", "title": "Omar", "agreed": "yes"}
    page = sent(visitor, "where", **fields).text
    assert "Lees dit voor" not in page
    assert 'name="contact"' in page
    answer = sent(visitor, "tell", audience="public", **fields)
    token = parse_qs(urlsplit(answer.headers["location"]).query)["follow"][0]
    found = suggestions.get_by_token(stored, token).draft
    assert found is not None
    assert (found.title, found.place.show, found.place.area) == ("Omar", "neighbourhood", "BU99990101")
    assert "BU99990101" not in answer.headers["location"]
    asked = sent(signed_in(visitor, url, Role.builder), "where", **fields).text
    assert "Lees dit voor" in asked
    assert 'name="contact"' not in asked


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"contact": "geen adres"}, "contact"),
        ({"contact": "a@example.org\r\nBcc: b@example.org"}, "contact"),
        ({"extra": "gekocht"}, "title"),
        ({"title": "\x00"}, "title"),
    ],
)
def test_what_a_visitor_must_mend(visitor: TestClient, stored: Session, fields: dict[str, str], field: str) -> None:
    """An address that is none, or a field that only programs fill in: nothing is stored, everything is still there."""
    page = sent(visitor, "tell", **{"kind": "club", **HERE, "title": "Niet bewaren", **fields})
    assert page.status_code == 422
    assert list(faults(page.text)) == [field]
    assert stored.scalar(select(func.count()).select_from(Suggestion).where(Suggestion.draft.is_(None))) == 0


def test_a_visitor_who_sends_twice_sends_one(visitor: TestClient, stored: Session) -> None:
    """The same form of the same browser is one suggestion, and both answers lead to it."""
    fields = {"kind": "club", **HERE, "title": "Een keer", "key": "the-key-of-a-visitor"}
    first, second = (sent(visitor, "tell", **fields) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    titles = [one.draft["title"] for one in stored.scalars(select(Suggestion).where(Suggestion.kind == "new"))]
    assert titles.count("Een keer") == 1


def test_a_form_of_another_site_is_refused(builder: TestClient) -> None:
    """Only our own page can send this form."""
    form = {"step": "tell", "go": "next", "kind": "club", "title": "Van elders", **HERE}
    assert builder.post("/pin", data=form).status_code == 403
    foreign = {"form_token": form_token(builder), **form}
    assert builder.post("/pin", data=foreign, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_nobody_sees_the_last_step_of_another(visitor: TestClient, stored: Session) -> None:
    """What only builders see has no last step for a visitor; a link that is none leads nowhere."""
    agreed = select(Consent.asset_id)
    hidden = stored.scalar(select(func.max(Asset.id)).where(Asset.kind == "person", Asset.id.not_in(agreed)))
    for query in (f"asset={hidden}", "asset=0", "asset=x", "follow=x", "follow=%00", ""):
        assert visitor.get(f"/pin/done?{query}").status_code == 404, query
