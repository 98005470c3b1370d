"""Pages that one reaches by a link with a secret or after signing in: everyone can use them, in both languages.

Each is opened with a real secret or a real account. The last test reads all pages from the program, so that a page
which no test looks at fails it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from assets import (
    accounts,
    consents,
    conversations,
    inventory,
    invitations,
    models,
    notices,
    personal_links,
    relay,
    reviews,
    sign_in_links,
    suggestions,
    table_evenings,
)
from assets.drafts import AssetDraft, ConversationDraft
from assets.permissions import VISITOR, Viewer
from assets.vocabulary import Audience, Role, SuggestionKind
from tests.browser.test_safe_and_accessible import PAGES, SMALL_TARGETS
from tests.conftest import SECRET, Databases, Server, serving
from tests.signing_in import sign_in
from tests.test_every_door import DOORS

pytestmark = pytest.mark.browser

AREA = "BU99990101"
AXE = (
    "axe.run(document, {resultTypes: ['violations']})"
    ".then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 140)).join(' | ')))"
)
#: Pages that other tests of this folder look at, in states that only they bring about.
ELSEWHERE = {
    "/sign-in/second": "test_sign_in.py",
    "/me/paper-codes": "test_sign_in.py",
    "/assets/{asset_id}/photo": "test_photo.py",
    "/assets/{asset_id}/connections": "test_connect.py",
}
#: Addresses that give no page of their own: files, pictures, answers to scripts and programs, ways to somewhere else.
NO_PAGE = re.compile(
    r"/(download|export|feed|calendar|poster|qr|small|in-view|form-token|health|ready|manifest\.webmanifest"
    r"|service-worker\.js|security\.txt|search|oidc|callback)$|^/(map-tiles|photos)/|^/pin/street|^/conversations/streets$"
    r"|^/suggestions/\{token\}/photo$|^/invitations/open/"
)


@dataclass(frozen=True)
class Town:
    """The program on a sample in which every kind of link was handed out."""

    server: Server
    #: Pages by who opens them; None for a visitor.
    pages: dict[Role | None, list[str]]


def plant(session: Session) -> dict[Role | None, list[str]]:
    """Hand out one link of each kind."""
    host = accounts.add(session, "Samira", role=Role.builder, email="samira@example.org")
    guard = accounts.add(session, "Fatma", role=Role.steward, email="fatma@example.org")
    home: int = session.execute(text("SELECT id FROM community WHERE slug = 'neighbours'")).scalar_one()
    by = Viewer("Samira", Role.builder, account_id=host.id, community_id=home, roles={home: Role.builder})
    steward = Viewer("Fatma", Role.steward, account_id=guard.id, community_id=home, roles={home: Role.steward})
    today = session.execute(text("SELECT CURRENT_DATE")).scalar_one()

    def person(title: str) -> int:
        gifts = [{"of": "hands", "what": "baking pies"}]
        draft = AssetDraft.model_validate(
            {"kind": "person", "title": title, "description": "Bakes for the street.", "gifts": gifts,
             "language": "en", "place": {"area": AREA}}
        )  # fmt: skip
        number = inventory.add(session, draft, by=by, community_id=home, today=today).id
        consents.record(
            session, number, audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
            by=by.name, given_on=today,
        )  # fmt: skip
        return number

    truus, hidden = person("Truus"), person("Somebody")
    relay.confirm(session, relay.ask(session, truus, "truus@example.org", language="nl", key=SECRET, by="test"))
    sent = relay.send(session, truus, "Dag buur", network="n", key=SECRET)
    waiting = relay.ask(session, hidden, "x@example.org", language="nl", key=SECRET, by="test")
    consents.withdraw(session, hidden, by="test")
    consent = session.execute(
        text("SELECT id FROM consent WHERE asset_id = :id AND withdrawn_at IS NULL"), {"id": truus}
    ).scalar_one()
    due = reviews.Due(truus, consent, 1, "Truus", date.today() + timedelta(days=30))
    place = {"geometry": {"type": "Point", "coordinates": [5.3111, 52.5330]}}
    choir = {"kind": "club", "title": "Choir", "language": "en", "place": place}
    club = inventory.add(session, AssetDraft.model_validate(choir), by=by, community_id=home, today=today).id
    joined = relay.ask(session, club, "choir@example.org", language="nl", key=SECRET, by="test")
    relay.confirm(session, joined)
    changed = suggestions.propose(
        session, SuggestionKind.changed, by=VISITOR, asset_id=club, note="Now on Thursdays", language="nl"
    )
    edited = suggestions.propose(
        session, SuggestionKind.change, by=VISITOR, asset_id=club, language="nl",
        draft=AssetDraft.model_validate({**choir, "title": "Singing choir"}),
    )  # fmt: skip
    draft = ConversationDraft(street_id=1, held_on=today, neighbours=2, note="Over de bankjes")
    spoken = conversations.add(session, draft, by=by, community_id=home, today=today).id
    told = notices.ask(
        session, AREA, "nieuws@example.org", rhythm=notices.Rhythm.weekly, language="nl", network="n", secret=SECRET
    )
    signing_in = sign_in_links.ask(session, "samira@example.org", browser="b", network="n", secret=SECRET)
    assert told
    assert signing_in
    evening = table_evenings.open(session, home, by=by, key=SECRET, now=datetime.now(UTC))
    theirs = "/communities/neighbours"
    return {
        None: [
            f"/mine/{personal_links.make(session, truus, by=by)}",
            f"/mine/{personal_links.make(session, hidden, by=by)}",
            "/mine/replaced", f"/assets/{truus}", f"/assets/{truus}/contact", f"/relay/{waiting}", f"/relay/{joined}",
            f"/relay/{sent.token}", "/relay/replaced", f"/review/{reviews.ask(session, due)}", "/review/answered",
            f"/notices/confirm/{told.token}", f"/sign-in/{signing_in.token}",
            f"/invitations/{invitations.make(session, home, role=Role.builder, by=steward).token}",
            "/invitations/used", f"/table/{evening.code}", "/table/XXXX-XXXX", f"/suggestions/{changed.follow_token}",
            f"/suggestions/{edited.follow_token}", "/lookups", "/communities", theirs, "/offline", "/pin?kind=club",
        ],
        Role.member: ["/me", "/me/people", theirs, f"{theirs}/history"],
        Role.builder: [
            "/me", "/me/close", "/me/people", f"/assets/{truus}/history", f"/assets/{club}/history",
            f"/assets/{club}/retire", f"/assets/{club}/contact",
            f"/assets/{truus}/edit", "/moderation", f"/moderation/{edited.id}/edit",
            f"/pin/done?asset={truus}", "/conversations", f"/conversations/{spoken}", f"{theirs}/people", "/table",
            "/lookups", f"the link of {truus}",
        ],
        Role.steward: [
            "/me/tokens", "/me/second-step", theirs, f"{theirs}/sharing", f"{theirs}/people", f"{theirs}/history",
            f"{theirs}/leave",
        ],
        Role.analyst: ["/me"],
        Role.admin: [
            "/me", "/me/tokens", "/admin", "/admin/accounts", "/admin/accounts/1", "/admin/communities", "/me/people",
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def town(databases: Databases) -> Iterator[Town]:
    """The program, with all links handed out; these tests send no form that uses one up."""
    assert models.Base.metadata
    url = databases.clone("sample")
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        pages = plant(session)
    engine.dispose()
    with serving(url) as running:
        yield Town(running, pages)


def open_one(page: Page, path: str) -> None:
    """Go to a page; the page with a new personal link is an answer to a form."""
    if path.startswith("the link of "):
        page.goto("/me/people")
        page.locator(f'form[action="/assets/{path.rpartition(" ")[2]}/link"] button').click()
        expect(page.get_by_role("heading", level=1, name=re.compile("ersoonlijke link|ersonal link"))).to_be_visible()
        page.wait_for_load_state()
    else:
        page.goto(path)


def looked_at(browser: Browser, town: Town, visit: Any, **context: Any) -> list[Any]:
    """What `visit(page)` finds on every page, by path and role."""
    found = []
    for role, paths in town.pages.items():
        opened = browser.new_context(base_url=town.server.url, bypass_csp=True, service_workers="block", **context)
        opened.set_default_timeout(60_000)
        page = opened.new_page()
        if role is not None:
            # the builder is the host of the table that is open
            sign_in(page, town.server, role, name="Samira" if role is Role.builder else None)
        for path in paths:
            open_one(page, path)
            found += [(str(role), re.sub(r"[\w-]{30,}", "…", path), one) for one in visit(page)]
        opened.close()
    return found


@pytest.mark.parametrize(("language", "width", "scheme"), [("nl", 320, "dark"), ("en", 1280, "light")])
def test_no_barriers(browser: Browser, town: Town, axe_script: Path, language: str, width: int, scheme: Any) -> None:
    """axe finds nothing by day or by night, nothing scrolls sideways, and on a phone every target is 44 px high."""
    script = axe_script.read_text()

    def visit(page: Page) -> list[Any]:
        assert page.locator("html").get_attribute("lang") == language
        found: list[Any] = page.evaluate(f"{script};{AXE}")
        if width < 1000:
            # the first button of a form is pressed by Enter only
            found += [one for one in page.evaluate(SMALL_TARGETS) if 'aria-hidden="true' not in one]
        wide = page.evaluate("document.documentElement.scrollWidth")
        return [*found, f"{wide} px wide"] if wide > width else found

    phone = {"has_touch": True, "is_mobile": True} if width < 1000 else {}
    viewport = {"width": width, "height": 800}
    found = looked_at(browser, town, visit, locale=f"{language}-NL", viewport=viewport, color_scheme=scheme, **phone)
    assert found == [], "\n".join(map(str, found))


def test_letters_twice_as_large(browser: Browser, town: Town) -> None:
    """With a root font of 200 % nothing scrolls sideways and no button is cut off."""

    def visit(page: Page) -> list[Any]:
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide = page.evaluate("document.documentElement.scrollWidth")
        cut: list[Any] = page.evaluate(
            """[...document.querySelectorAll("main button, main .utrecht-button, main h1, main label")]
            .filter((one) => one.checkVisibility() && !one.closest(".visually-hidden, [class*=visually-hidden]")
              && !one.classList.contains("visually-hidden") && getComputedStyle(one).overflow !== "visible"
              && one.scrollHeight > one.clientHeight + 2)
            .map((one) => "cut off: " + one.outerHTML.slice(0, 140))"""
        )
        return [*cut, f"{wide} px wide"] if wide > 1280 else cut

    viewport = {"width": 1280, "height": 800}
    found = looked_at(browser, town, visit, locale="nl-NL", viewport=viewport)
    assert found == [], "\n".join(map(str, found))


def test_every_page_is_looked_at(town: Town) -> None:
    """Each page of the program is in a list that axe goes through, or is named with the test that looks at it."""
    here = Path(__file__).parent
    for test in ELSEWHERE.values():
        assert "axe" in (here / test).read_text(encoding="utf-8")
    opened = {path.partition("?")[0] for paths in town.pages.values() for path in paths}
    opened |= {path.partition("?")[0] for path in PAGES}
    left_out = []
    for method, path in DOORS:
        if method == "GET" and path not in ELSEWHERE and not NO_PAGE.search(path):
            shape = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
            # a page that has an address of its own is not opened by one with a number in it
            if not any(shape.fullmatch(one) and (("GET", one) not in DOORS or one == path) for one in opened):
                left_out.append(path)
    assert left_out == []
