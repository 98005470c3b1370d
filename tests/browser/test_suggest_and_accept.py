"""From a word of a neighbour to the map and back: suggested, accepted with one key, seen, undone, refused, thanked."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from assets import relay
from assets.vocabulary import Role
from tests.browser.waiting import until
from tests.conftest import SECRET, Databases, Server, serving
from tests.signing_in import sign_in

pytestmark = pytest.mark.browser
AXE = (
    "axe.run(document, {resultTypes: ['violations']})"
    ".then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 90)).join(' | ')))"
)


@pytest.fixture(scope="module")
def outbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which mails are written."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def own_server(databases: Databases, outbox: Path) -> Iterator[Server]:
    """The program on a sample of this module, for tests that write."""
    with serving(databases.clone("sample"), VUURTOREN_DATA_DIR=str(outbox)) as running:
        yield running


@pytest.fixture
def neighbour(browser: Browser, own_server: Server) -> Iterator[Page]:
    """The page of a visitor on a phone."""
    context = browser.new_context(
        base_url=own_server.url, locale="nl-NL", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def builder(browser: Browser, own_server: Server) -> Iterator[Page]:
    """The page of a builder at a desk, who is signed in."""
    context = browser.new_context(base_url=own_server.url, locale="nl-NL", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    page = context.new_page()
    sign_in(page, own_server, Role.builder, name="Samira")
    yield page
    context.close()


def number_of(server: Server, title: str) -> int:
    """The number of the entry with this title."""
    engine = create_engine(server.database_url)
    with engine.connect() as connection:
        found: int = connection.execute(
            text("SELECT id FROM asset WHERE title = :title"), {"title": title}
        ).scalar_one()
    engine.dispose()
    return found


def go_down_to(builder: Page, title: str) -> None:
    """Press J until the suggestion about this entry has the focus."""
    waiting = builder.get_by_role("article", name=title)
    expect(waiting).to_be_visible()

    def focused() -> bool:
        builder.keyboard.press("j")
        return bool(waiting.evaluate("one => one === document.activeElement"))

    until(focused)


def suggest_that_it_is_gone(page: Page, title: str, server: Server, contact: str = "") -> None:
    """A neighbour says on a phone that an entry is no longer there."""
    page.goto(f"/assets/{number_of(server, title)}/suggest")
    page.get_by_role("link", name="Bestaat niet meer").tap()
    page.get_by_label("Weet u sinds wanneer").fill("Sinds de zomer.")
    if contact:
        page.get_by_label("Uw e-mailadres").fill(contact)
    page.get_by_role("button", name="Het bestaat niet meer").tap()
    expect(page.get_by_role("heading", name="Het wacht op een buurtbouwer")).to_be_visible()


def test_accepted_with_one_key_and_undone(neighbour: Page, builder: Page, own_server: Server, outbox: Path) -> None:
    """A neighbour suggests, A takes it over, the map has it, one press undoes it; the neighbour is thanked."""
    title = "Gereedschap lenen"
    address = f"/assets/{number_of(own_server, title)}"
    suggest_that_it_is_gone(neighbour, title, own_server, contact="buur@example.org")
    builder.goto("/moderation")
    expect(builder.get_by_role("article", name=title)).to_contain_text("Sinds de zomer.")
    go_down_to(builder, title)
    builder.keyboard.press("a")
    done = builder.get_by_role("status")
    expect(done).to_contain_text(f"Overgenomen: {title}")

    neighbour.reload()
    expect(neighbour.get_by_role("heading", name="Overgenomen. Dank u wel!")).to_be_visible()
    neighbour.get_by_role("link", name="Bekijk de buurtkracht").tap()
    expect(neighbour.get_by_text("is er niet meer sinds")).to_be_visible()
    neighbour.goto("/assets?kind=exchange")
    expect(neighbour.get_by_role("link", name=title)).to_have_count(0)

    done.get_by_role("button", name="Ongedaan maken").press("Enter")
    expect(builder.get_by_role("status")).to_contain_text("Het is ongedaan gemaakt.")
    expect(builder.get_by_text("doorgegeven door een bezoeker")).to_be_visible()
    neighbour.reload()
    expect(neighbour.get_by_role("link", name=title)).to_have_count(1)
    neighbour.goto(address)
    expect(neighbour.get_by_role("heading", name=title)).to_be_visible()

    def written() -> list[str]:
        return [path.read_text(errors="replace") for path in (outbox / "outbox").glob("*")]

    until(lambda: any("buur@example.org" in mail and address in mail for mail in written()))


def test_found_on_the_map_and_joined(neighbour: Page, own_server: Server) -> None:
    """Where somebody reads its messages, the panel of a club has a button to join in, and a few words are enough."""
    title = "Naaiclub De Spoel"
    number = number_of(own_server, title)
    engine = create_engine(own_server.database_url)
    with Session(engine) as session, session.begin():
        relay.confirm(session, relay.ask(session, number, "w@example.org", language="nl", key=SECRET, by="test"))
    engine.dispose()
    neighbour.goto(f"/?asset={number}")
    neighbour.get_by_role("region", name=title).get_by_role("link", name="Meedoen").tap()
    expect(neighbour.get_by_role("heading", name=f"Meedoen: {title}")).to_be_visible()
    neighbour.get_by_label("Uw bericht").fill("Mag ik dinsdag komen naaien?")
    neighbour.get_by_role("button", name="Versturen").tap()
    expect(neighbour.get_by_role("status")).to_contain_text("Uw bericht is onderweg")


def test_refused_with_a_reason(neighbour: Page, builder: Page, own_server: Server) -> None:
    """R asks for a reason and sends nothing without one; the neighbour reads it."""
    title = "Wandelclub Stap voor Stap"
    suggest_that_it_is_gone(neighbour, title, own_server)
    builder.goto("/moderation")
    waiting = builder.get_by_role("article", name=title)
    go_down_to(builder, title)
    builder.keyboard.press("r")
    reason = waiting.get_by_label("Waarom?")
    expect(reason).to_be_focused()
    builder.keyboard.press("a")  # a letter in a field is a letter
    expect(waiting).to_be_visible()
    reason.select_option("")
    waiting.get_by_role("button", name="Niet overnemen, met deze reden").click()
    expect(builder.get_by_role("alert")).to_contain_text("Kies een reden of schrijf er een.")
    reason.select_option("Voor zover wij weten klopt dit niet.")
    waiting.get_by_label("In eigen woorden").fill("Ik liep gisteren nog mee.")
    waiting.get_by_role("button", name="Niet overnemen, met deze reden").click()
    expect(builder.get_by_role("status")).to_contain_text(f"Niet overgenomen: {title}")
    neighbour.reload()
    expect(neighbour.get_by_text("Ik liep gisteren nog mee.")).to_be_visible()


def test_keys_can_be_switched_off(neighbour: Page, builder: Page, own_server: Server) -> None:
    """The question mark shows them; switched off they do nothing, also after the page is loaded again."""
    title = "Naaiclub De Spoel"
    suggest_that_it_is_gone(neighbour, title, own_server)
    builder.goto("/moderation")
    builder.keyboard.press("?")
    expect(builder.get_by_text("volgende voorstel", exact=True)).to_be_visible()
    builder.get_by_label("Sneltoetsen staan aan").uncheck()
    builder.reload()
    builder.keyboard.press("j")
    builder.keyboard.press("a")
    waiting = builder.get_by_role("article", name=title)
    expect(waiting).to_be_visible()
    expect(waiting).not_to_be_focused()
    builder.keyboard.press("?")
    builder.get_by_label("Sneltoetsen staan aan").check()
    builder.keyboard.press("k")
    expect(builder.locator(":focus")).to_have_role("article")
    neighbour.get_by_role("button", name="Intrekken").tap()
    expect(neighbour.get_by_text("Er is niets van bewaard.")).to_be_visible()


def test_still_right_with_one_tap(neighbour: Page, own_server: Server) -> None:
    """On the page of an entry one tap says that it is still right; what comes of it stands there, with a link."""
    neighbour.goto(f"/assets/{number_of(own_server, 'Naaiclub De Spoel')}")
    before = neighbour.url
    neighbour.get_by_role("link", name="Ja, dit klopt nog").tap()
    said = neighbour.get_by_role("status").filter(has_text="Een buurtbouwer kijkt ernaar.")
    expect(said).to_be_focused()
    assert neighbour.url == before
    said.get_by_role("link", name="Volg wat ermee gebeurt").tap()
    expect(neighbour.get_by_role("heading", name="Het wacht op een buurtbouwer")).to_be_visible()


def test_a_change_is_shown_in_words_and_changed_first(neighbour: Page, builder: Page, own_server: Server) -> None:
    """A neighbour changes an entry on the form; E opens it filled in, and what the builder makes of it is stored."""
    number = number_of(own_server, "Naaiclub De Spoel")
    neighbour.goto(f"/assets/{number}/edit")
    neighbour.get_by_label("Hoe heet de club?").fill("Naaiclub de klos")
    neighbour.get_by_role("button", name="Stuur het in").last.tap()
    neighbour.wait_for_url(re.compile("/pin/done"))
    builder.goto("/moderation")
    waiting = builder.get_by_role("article", name="Naaiclub De Spoel").filter(has_text="Een wijziging")
    expect(waiting).to_contain_text("klos")
    waiting.focus()
    builder.keyboard.press("e")
    title = builder.get_by_label("Hoe heet de club?")
    expect(title).to_have_value("Naaiclub de klos")
    title.fill("Naaiclub De Klos")
    builder.get_by_role("button", name="Overnemen").last.click()
    expect(builder.get_by_role("status")).to_contain_text("Overgenomen: Naaiclub De Klos")
    builder.get_by_role("button", name=re.compile("Ongedaan maken")).click()
    expect(builder.get_by_role("heading", name=re.compile("Naaiclub De Spoel"))).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_no_barriers(browser: Browser, own_server: Server, axe_script: Path, width: int, scheme: Any) -> None:
    """axe finds nothing on the forms, the queue, the form to change first and the history; nothing scrolls sideways."""
    context = browser.new_context(
        base_url=own_server.url, locale="nl-NL", viewport={"width": width, "height": 800}, color_scheme=scheme,
        bypass_csp=True,
    )  # fmt: skip
    context.set_default_timeout(10_000)
    page = context.new_page()
    number = number_of(own_server, "Buurthuis De Veerpont")

    def check(address: str) -> None:
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        page.add_script_tag(content=axe_script.read_text())
        assert page.evaluate(AXE) == [], address

    # the other forms are made of the same parts, and every page is looked at on its own on a phone at least
    for about in ("", "?about=changed", "?about=report") if width == 320 else ("?about=report",):
        page.goto(f"/assets/{number}/suggest{about}")
        check(about)
    page.get_by_label("Iets anders").check()
    page.get_by_role("button", name="Melden").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check("a fault")
    page.get_by_label("In eigen woorden").fill("Staat er twee keer.")
    page.get_by_role("button", name="Melden").click()
    page.wait_for_url(re.compile("/suggestions/"))
    check("the private page")
    sign_in(page, own_server, Role.builder, name="Samira")
    page.goto("/moderation")
    page.locator("summary", has_text="Niet overnemen").first.click()
    check("the queue")
    page.get_by_role("link", name=re.compile("Eerst wijzigen")).first.click()
    check("changing first")
    page.goto(f"/assets/{number}/history")
    check("the history")
    context.close()
