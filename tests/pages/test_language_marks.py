"""What people wrote is marked with the language they wrote it in, on every page that shows it in another language."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import accounts, activities, consents, inventory, personal_links, relay, reviews, suggestions
from assets.drafts import ActivityDraft, AssetDraft
from assets.permissions import VISITOR, Viewer
from assets.vocabulary import Audience, Role, SuggestionKind
from tests.conftest import SECRET, Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

#: Stands in every text that was written in Frisian, on pages that are Dutch or English.
MARK = "Sjongers"
AREA = "BU99990101"
PLACE = {"geometry": {"type": "Point", "coordinates": [5.3111, 52.5330]}}


@dataclass
class Written:
    """The application, and pages that show what was written in Frisian: for everyone, and for a builder."""

    client: TestClient
    url: str
    person: int = 0
    club: int = 0
    suggestion: int = 0
    pages: list[str] = field(default_factory=list)
    for_builders: list[str] = field(default_factory=list)


def write(session: Session, made: Written) -> None:
    """A club and a person in Frisian, with everything that shows their title."""
    host = accounts.add(session, "Samira", role=Role.builder)
    home: int = session.execute(text("SELECT id FROM community WHERE slug = 'neighbours'")).scalar_one()
    by = Viewer("Samira", Role.builder, account_id=host.id, community_id=home, roles={home: Role.builder})
    today = date.today()
    gifts = [{"of": "hands", "what": f"{MARK} bakke"}]
    words = {"title": f"{MARK} fan de buert", "description": f"{MARK} foar elk.", "language": "fy", "gifts": gifts,
             "rhythm": f"{MARK} op sneon"}  # fmt: skip
    drafts = [
        AssetDraft.model_validate({"kind": "club", **words, "place": PLACE}),
        AssetDraft.model_validate({"kind": "person", **words, "place": {"area": AREA}}),
    ]
    made.club, made.person = (
        inventory.add(session, draft, by=by, community_id=home, today=today).id for draft in drafts
    )
    activities.add(session, ActivityDraft(asset_id=made.club, held_on=today, participants=99), by=by, today=today)
    consents.record(
        session, made.person, audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
        by=by.name, given_on=today,
    )  # fmt: skip
    relay.confirm(session, relay.ask(session, made.person, "t@example.org", language="nl", key=SECRET, by="test"))
    consent: int = session.execute(
        text("SELECT id FROM consent WHERE asset_id = :id"), {"id": made.person}
    ).scalar_one()
    asked = reviews.ask(session, reviews.Due(made.person, consent, 1, "", today + timedelta(days=30)))
    mine = personal_links.make(session, made.person, by=by)
    other = AssetDraft.model_validate({"kind": "club", **words, "title": f"{MARK} oars", "place": PLACE})
    waiting = suggestions.propose(
        session, SuggestionKind.change, by=VISITOR, draft=other, asset_id=made.club, language="nl"
    )
    new = suggestions.propose(session, SuggestionKind.new, by=by, draft=other, language="nl")
    made.suggestion = waiting.id
    made.pages = [
        f"/assets/{made.club}", f"/assets?kind=club&area={AREA}", f"/assets/{made.club}/suggest",
        f"/assets/{made.club}/edit", f"/assets/{made.person}/contact", f"/energy?area={AREA}&unfold=area",
        f"/mine/{mine}", f"/review/{asked}",
        f"/suggestions/{waiting.follow_token}", f"/pin/done?follow={new.follow_token}",
    ]  # fmt: skip
    made.for_builders = [
        f"/assets/{made.person}/history", f"/assets/{made.club}/retire", "/me/people", "/moderation",
        f"/moderation/{waiting.id}/edit", f"/moderation/{new.id}/edit", f"/pin/done?asset={made.club}",
        f"/assets/{made.club}/connections", f"/assets/{made.club}/photo",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def written(databases: Databases) -> Iterator[Written]:
    """The application on a sample in which somebody wrote Frisian."""
    from app.main import create_app

    url = databases.clone("sample")
    engine = create_engine(url)
    with (
        TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client,
    ):
        client.headers.update({"Accept": "text/html", "Accept-Language": "nl"})
        made = Written(client, url)
        with Session(engine) as session, session.begin():
            write(session, made)
        yield made
    engine.dispose()
    databases.drop(url)


def unmarked(page: str) -> list[str]:
    """Where the mark stands in an element of a page without the language; the heading of the tab cannot have one."""
    main = page.partition("<main")[2].partition("</main>")[0]
    # fields hold what is typed, labels for who hears a button hold a name in the midst of a sentence
    main = re.sub(r"<(textarea|script|option)\b.*?</\1>|<input\b[^>]*>", "", main, flags=re.DOTALL)
    main = re.sub(r'<span class="visually-hidden">.*?</span>', "", main, flags=re.DOTALL)
    hits = re.finditer(rf"<[a-z]+[0-9]?\b([^<>]*)>[^<>]*?{MARK}( bakke)?", main)
    # what is gifted stands in one line of the history with words of the program
    return [hit[0][:160] for hit in hits if 'lang="fy"' not in hit[1] and not ("diff__words" in hit[1] and hit[2])]


def check(written: Written, page: str, path: str) -> None:
    """Fail when the mark is not on this page, or somewhere without its language."""
    assert MARK in page.partition("<main")[2], path
    assert 'lang="fy"' in page, path
    assert unmarked(page) == [], path


def test_pages_for_everyone(written: Written) -> None:
    """An entry in Frisian has its language on each page that a visitor, or its own person, opens in Dutch."""
    written.client.cookies.clear()
    for path in written.pages:
        answer = written.client.get(path)
        assert answer.status_code == 200, path
        check(written, answer.text, path)


def test_pages_for_builders(written: Written) -> None:
    """So it has on the pages on which builders decide, change and look back."""
    written.client.cookies.clear()
    signed_in(written.client, written.url, Role.builder, name="Samira")
    for path in written.for_builders:
        answer = written.client.get(path)
        assert answer.status_code == 200, path
        check(written, answer.text, path)
    sent = written.client.post(f"/assets/{written.person}/link", data={"form_token": form_token(written.client)})
    check(written, sent.text, "the new personal link")


def test_look_alikes(written: Written) -> None:
    """Whoever pins the same sees the look-alike with its language."""
    written.client.cookies.clear()
    form = {
        "step": "tell", "go": "next", "kind": "club", "title": f"{MARK} fan de buert", "longitude": "5.3111",
        "latitude": "52.5330", "key": "key-of-look-alikes-1", "form_token": form_token(written.client),
    }  # fmt: skip
    answer = written.client.post("/pin", data=form)
    alike = answer.text.partition('aria-labelledby="alike"')[2].partition("</section>")[0]
    assert re.search(rf'<bdi lang="fy">{MARK}', alike)


def test_in_its_own_language_nothing_is_marked(written: Written) -> None:
    """A Dutch title on a Dutch page needs no mark."""
    written.client.cookies.clear()
    page = written.client.get("/assets/1").text
    assert "<h1><bdi>" in page
