"""`/conversations` with a thumb, with a keyboard and without script: how many actions one conversation takes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from assets.vocabulary import Role
from tests.browser.test_safe_and_accessible import SMALL_TARGETS
from tests.conftest import Databases, Server, serving
from tests.signing_in import sign_in

pytestmark = pytest.mark.browser

LOG = "Vastleggen"
#: A place among the streets of the sample.
AT = {"longitude": 5.3048, "latitude": 52.5318}


@pytest.fixture(scope="module")
def server(databases: Databases) -> Iterator[Server]:
    """The program on a sample of its own: these tests write."""
    with serving(databases.clone("sample")) as running:
        yield running


class Thumb:
    """A phone whose owner counts what they do: every tap and every piece of typing is one action."""

    def __init__(self, page: Page) -> None:
        self.page, self.actions = page, 0

    def tap(self, role: str, name: str, *, exact: bool = True) -> None:
        """Tap what has this role and name."""
        self.page.get_by_role(role, name=name, exact=exact).tap()  # type: ignore[arg-type]
        self.actions += 1

    def tap_words(self, words: str) -> None:
        """Tap these words in the form."""
        self.page.get_by_role("radio", name=words).first.tap()
        self.actions += 1

    def type(self, label: str, words: str) -> None:
        """Type into the field of this name."""
        self.page.get_by_label(label).fill(words)
        self.actions += 1


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    """A phone at the kitchen table, with a builder signed in who never logged anything."""
    context = browser.new_context(
        base_url=server.url, locale="nl-NL", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True,
        geolocation=AT, permissions=["geolocation"],
    )  # fmt: skip
    page = context.new_page()
    sign_in(page, server, Role.builder, name="Duim")
    page.goto("/conversations")
    yield page
    context.close()


def test_a_conversation_takes_few_taps(phone: Page) -> None:
    """The first: typing three letters, the street, one neighbour more, a line, log it: 5. The next there: 2."""
    first = Thumb(phone)
    first.type("Naam van de straat", "zou")
    first.tap_words("Zoutsteeg")
    first.tap("button", "Een buur meer")
    first.type("Eén regel", "Over de lampjes")
    first.tap("button", LOG)
    expect(phone.get_by_role("status").filter(has_text="Vastgelegd")).to_contain_text("Zoutsteeg, vandaag, 2 buren")
    assert first.actions == 5

    again = Thumb(phone)
    again.tap_words("Zoutsteeg")
    again.tap("button", LOG)
    expect(phone.get_by_role("status").filter(has_text="Vastgelegd")).to_contain_text("Zoutsteeg, vandaag, 1 buur")
    assert again.actions == 2


def test_near_me(phone: Page) -> None:
    """The phone itself finds the nearest street; where it is, is sent to nobody."""
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(f"{request.url} {request.post_data}"))
    thumb = Thumb(phone)
    thumb.tap("button", "Bij mij in de buurt")
    expect(phone.get_by_role("status").filter(has_text="blijft op uw telefoon")).to_be_visible()
    expect(phone.get_by_role("group", name="In welke straat?").get_by_role("radio").first).to_be_checked()
    thumb.tap_words("Gisteren")
    thumb.tap("button", LOG)
    expect(phone.get_by_role("status").filter(has_text="Vastgelegd")).to_contain_text("gisteren, 1 buur")
    assert thumb.actions == 3
    assert asked
    assert [one for one in asked if any(str(number) in one for number in AT.values())] == []


def test_by_keyboard_and_what_is_wrong(page: Page, server: Server) -> None:
    """Enter in the search field takes the first street; a fault gets the focus, with the way to its field."""
    sign_in(page, server, Role.builder, name="Toets")
    page.goto("/conversations")
    page.get_by_label("Naam van de straat").press_sequentially("maanstrat")
    expect(page.get_by_role("status").filter(has_text="gevonden")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Maanstraat")).to_be_focused()
    page.get_by_label("Eén regel").fill("Maanstraat 12 zet koffie")
    page.keyboard.press("Enter")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page.get_by_role("mark")).to_have_text("Maanstraat 12")
    summary.get_by_role("link").click()
    expect(page.get_by_label("Eén regel")).to_be_focused()
    page.get_by_label("Eén regel").fill("Er staat altijd koffie")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Vastgelegd")).to_contain_text("Maanstraat, vandaag, 1 buur")
    page.get_by_role("button", name="Ongedaan maken").click()
    expect(page.get_by_role("status").filter(has_text="Weggehaald")).to_contain_text("Maanstraat")


def test_my_streets(page: Page, server: Server) -> None:
    """A street on the list goes into the form; choosing another area shows its streets."""
    sign_in(page, server, Role.builder, name="Lijst")
    page.goto("/conversations")
    page.get_by_role("link", name="Ankerhof").click()
    expect(page.get_by_role("radio", name="Ankerhof")).to_be_checked()
    page.get_by_role("button", name=LOG).click()
    expect(page.get_by_role("link", name="Ankerhof")).to_contain_text("u sprak hier")
    expect(page.get_by_label("Het gebied waar ik werk")).to_have_value("all")  # as it was: never another by itself
    page.get_by_label("Het gebied waar ik werk").select_option("BU99990102")
    expect(page.get_by_role("link", name="Ankerhof")).to_have_count(0)
    expect(page).to_have_url(re.compile("area=BU99990102"))


def test_without_script(browser: Browser, server: Server) -> None:
    """The plain form logs a conversation by the name of the street, and the list is links that fill it in."""
    context = browser.new_context(base_url=server.url, locale="nl-NL", java_script_enabled=False)
    page = context.new_page()
    sign_in(page, server, Role.builder, name="Zonder")
    page.goto("/conversations")
    page.get_by_role("link", name="Ankerhof").click()
    expect(page.get_by_role("radio", name="Ankerhof")).to_be_checked()
    page.get_by_label("Een andere straat").fill("Zoutsteeg")
    page.get_by_label("Met hoeveel buren?").fill("4")
    page.get_by_role("button", name=LOG).click()
    expect(page.get_by_role("status").filter(has_text="Vastgelegd")).to_contain_text("Zoutsteeg, vandaag, 4 buren")
    page.get_by_role("link", name="Wijzigen").first.click()
    page.get_by_role("button", name="Haal dit gesprek weg").click()
    expect(page.get_by_role("status").filter(has_text="Weggehaald")).to_contain_text("Zoutsteeg")
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_no_barriers(browser: Browser, server: Server, axe_script: Path, width: int, scheme: Any) -> None:
    """axe finds no violation in the page, with faults in it, and in the page of one conversation; targets are large."""
    context = browser.new_context(
        base_url=server.url, locale="nl-NL", viewport={"width": width, "height": 800}, color_scheme=scheme,
        bypass_csp=True,
    )  # fmt: skip
    page = context.new_page()
    sign_in(page, server, Role.builder, name=f"Axel {width}")

    def look() -> None:
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert width > 320 or page.evaluate(SMALL_TARGETS) == []
        page.add_script_tag(content=axe_script.read_text())
        found = page.evaluate(
            "axe.run(document, {resultTypes: ['violations']})"
            ".then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 90)).join(' | ')))"
        )
        assert found == []

    page.goto("/conversations")
    look()
    page.get_by_label("Eén regel").fill("Bel 06-12345678")
    page.get_by_role("button", name=LOG).click()
    expect(page.get_by_role("alert")).to_be_focused()
    look()
    page.get_by_label("Eén regel").fill("")
    page.get_by_label("Naam van de straat").fill("Zoutsteeg")
    page.get_by_role("button", name=LOG).click()
    expect(page.get_by_role("status").filter(has_text="Vastgelegd")).to_be_visible()
    look()
    page.get_by_role("link", name="Wijzigen", exact=True).click()
    expect(page.get_by_role("heading", name="Gesprek wijzigen")).to_be_visible()
    look()
    context.close()
