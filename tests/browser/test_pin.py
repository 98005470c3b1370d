"""Pinning in a browser: each kind by thumb, once by keyboard, once by mouse, once without script; drafts; actions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from assets.vocabulary import Role
from tests.browser.waiting import until
from tests.conftest import Databases, Server, serving
from tests.signing_in import sign_in

pytestmark = pytest.mark.browser
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
#: Most taps and fields in which a meeting place is pinned (issue 4).
MOST_ACTIONS = 8


@pytest.fixture(scope="module")
def own_server(databases: Databases) -> Iterator[Server]:
    """The program on a sample of its own, for these tests add to it."""
    with serving(databases.clone("sample")) as running:
        yield running


class Thumb:
    """Someone with a phone who counts: a tap is an action, and so is a field that is typed in."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions: list[str] = []

    def tap(self, what: Locator, name: str) -> None:
        """Touch something."""
        what.tap()
        self.actions.append(f"tap {name}")

    def tap_map(self) -> None:
        """Touch the map in its middle."""
        box = self.page.locator(".vuurtoren-place__map .leaflet-container").bounding_box()
        assert box
        self.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.actions.append("tap the map")

    def type(self, label: str, text: str) -> None:
        """Fill in a field, as the keyboard of a phone does that comes up when it is touched."""
        field = self.page.get_by_label(label)
        field.tap()
        field.press_sequentially(text)
        self.actions.append(f"type {label}")

    def forward(self, name: str = "Verder") -> None:
        """Touch the button that is always under the thumb."""
        self.tap(self.page.get_by_role("button", name=name, exact=True), name)


def phone_of(browser: Browser, server: Server, *, role: Role | None = Role.builder, **more: Any) -> Page:
    """A phone, of a builder who signed in unless something else is said."""
    context = browser.new_context(base_url=server.url, locale="nl-NL", **{**PHONE, **more})
    page = context.new_page()
    if role is not None:
        sign_in(page, server, role)
    return page


@pytest.fixture
def phone(browser: Browser, own_server: Server) -> Iterator[Page]:
    """A builder's phone."""
    page = phone_of(browser, own_server)
    yield page
    page.context.close()


def test_a_meeting_place_in_eight_actions(phone: Page) -> None:
    """A place where people meet is on the map after seven: what, on, the map, on, its name, in own words, put.

    tap A place · tap Next · tap the map · tap Next · type the name · type a few words · tap Put on the map
    """
    thumb = Thumb(phone)
    phone.goto("/pin")
    thumb.tap(phone.get_by_role("radio", name="Een plek"), "Een plek")
    thumb.forward()
    expect(phone.get_by_role("heading", name="Waar is het?")).to_be_focused()
    thumb.tap_map()
    thumb.forward()
    thumb.type("Hoe heet de plek?", "Bankje bij de sluis")
    thumb.type("In eigen woorden", "Elke middag zit hier iemand.")
    thumb.forward("Zet op de kaart")
    expect(phone.get_by_role("heading", name="Het staat op de kaart")).to_be_visible()
    expect(phone.get_by_text("Bankje bij de sluis", exact=True)).to_be_visible()
    assert len(thumb.actions) <= MOST_ACTIONS, thumb.actions
    phone.get_by_role("link", name="Bekijk het op de kaart").tap()
    expect(phone.get_by_role("heading", name="Bankje bij de sluis")).to_be_visible()


@pytest.mark.parametrize(
    ("kind", "label", "title"),
    [
        ("Een club", "Hoe heet de club?", "Schaakclub De Dame"),
        ("Iets te ruilen", "Wat is er te ruilen of te delen?", "Ladder te leen"),
        ("Een verhaal", "Hoe heet het verhaal?", "Toen het water kwam"),
        ("Een instelling", "Hoe heet de instelling?", "Bibliotheek Zuid"),
    ],
)
def test_each_thing_by_thumb(phone: Page, kind: str, label: str, title: str) -> None:
    """Club, exchange, story and institution: each asks for its name in its own words."""
    thumb = Thumb(phone)
    phone.goto("/pin")
    thumb.tap(phone.get_by_role("radio", name=kind), kind)
    thumb.forward()
    thumb.tap_map()
    thumb.forward()
    thumb.type(label, title)
    thumb.forward("Zet op de kaart")
    expect(phone.get_by_role("heading", name="Het staat op de kaart")).to_be_visible()
    expect(phone.get_by_text(title, exact=True)).to_be_visible()
    assert len(thumb.actions) <= MOST_ACTIONS, thumb.actions


def test_a_street_by_thumb(phone: Page) -> None:
    """A street is found by its name and cared for as a whole."""
    thumb = Thumb(phone)
    phone.goto("/pin")
    thumb.tap(phone.get_by_role("radio", name="Een straat"), "Een straat")
    thumb.forward()
    thumb.type("Welke straat?", "Perenstraat")
    thumb.tap(phone.get_by_role("option", name="Perenstraat"), "Perenstraat")
    expect(phone.get_by_role("radio", name="de hele straat")).to_be_checked()
    thumb.forward()
    thumb.type("Hoe heten deze buren samen?", "Prikploeg Perenstraat")
    thumb.forward("Zet op de kaart")
    expect(phone.get_by_role("heading", name="Het staat op de kaart")).to_be_visible()


def test_a_person_by_thumb(phone: Page) -> None:
    """The page shows how the person will look and to whom; for everyone only when the text was read aloud."""
    thumb = Thumb(phone)
    phone.goto("/pin")
    thumb.tap(phone.get_by_role("radio", name="Iemand met een talent"), "Iemand")
    thumb.forward()
    phone.get_by_label("Buurt", exact=True).select_option("BU99990101")
    thumb.forward()
    thumb.type("Hoe noemen buren deze persoon?", "Fatima")
    preview = phone.get_by_role("region", name="Zo ziet het eruit")
    expect(preview.get_by_text("Fatima")).to_be_visible()
    expect(preview.get_by_text("Alleen buurtbouwers zien dit.")).to_be_visible()
    thumb.tap(phone.get_by_role("radio", name="iedereen"), "iedereen")
    expect(preview.get_by_text("Iedereen ziet dit.")).to_be_visible()
    thumb.type("Handen: wat kan iemand maken of doen?", "brood bakken")
    thumb.forward("Zet op de kaart")
    summary = phone.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link", name="Lees eerst de tekst voor")).to_be_visible()
    expect(phone.get_by_label("Handen: wat kan iemand maken of doen?")).to_have_value("brood bakken")
    thumb.tap(phone.get_by_role("checkbox", name="Ik heb de tekst voorgelezen"), "voorgelezen")
    thumb.forward("Zet op de kaart")
    expect(phone.get_by_role("heading", name="Het staat op de kaart")).to_be_visible()
    # the script of the last page forgets the draft, a moment after its heading is there
    until(lambda: "Fatima" not in phone.evaluate("JSON.stringify([localStorage, sessionStorage])"))


def test_by_keyboard_only(browser: Browser, own_server: Server) -> None:
    """Arrow keys choose, Enter goes on, Tab comes everywhere, and the focus follows the steps."""
    page = phone_of(browser, own_server, viewport={"width": 1280, "height": 800}, has_touch=False, is_mobile=False)
    page.goto("/pin")
    page.get_by_role("radio", name="Iemand met een talent").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Een club")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Waar is het?")).to_be_focused()
    page.get_by_label("Straat, buurt of adres").focus()
    page.keyboard.type("Perenstraat")
    expect(page.get_by_role("option", name="Perenstraat")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name="Perenstraat")).to_be_hidden()
    next_one = page.get_by_role("button", name="Verder", exact=True)
    next_one.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Vertel erover")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Hoe heet de club?")).to_be_focused()
    page.keyboard.type("Klaverjasclub")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Het staat op de kaart")).to_be_visible()
    page.context.close()


def test_by_mouse(browser: Browser, own_server: Server) -> None:
    """Clicking does it too; what looks the same is offered, and is not forced."""
    page = phone_of(browser, own_server, viewport={"width": 1280, "height": 800}, has_touch=False, is_mobile=False)
    for round_, words in enumerate(("Het staat op de kaart", "Bedoelt u dit?")):
        page.goto("/pin")
        page.get_by_role("radio", name="Een plek").click()
        page.get_by_role("button", name="Verder", exact=True).click()
        page.locator(".vuurtoren-place__map .leaflet-container").click()
        page.get_by_role("button", name="Verder", exact=True).click()
        page.get_by_label("Hoe heet de plek?").fill("Buurthuis De Vlieger")
        page.get_by_role("button", name="Zet op de kaart", exact=True).click()
        expect(page.get_by_role("heading", name=words)).to_be_visible()
        assert round_ < 2
    page.get_by_role("button", name="Nee, dit is iets anders").click()
    expect(page.get_by_role("heading", name="Het staat op de kaart")).to_be_visible()
    page.context.close()


def test_a_draft_survives_a_closed_tab(browser: Browser, own_server: Server) -> None:
    """What was typed is offered again in a new tab, and is gone from the device once it was sent."""
    page = phone_of(browser, own_server)
    context = page.context
    page.goto("/pin")
    thumb = Thumb(page)
    thumb.tap(page.get_by_role("radio", name="Een verhaal"), "Een verhaal")
    thumb.forward()
    thumb.tap_map()
    thumb.forward()
    thumb.type("Hoe heet het verhaal?", "De ijsbaan")
    thumb.type("In eigen woorden", "In 1985.")
    page.close()

    page = context.new_page()
    page.goto("/pin")
    offer = page.get_by_role("heading", name="U was al begonnen: De ijsbaan")
    expect(offer).to_be_visible()
    page.get_by_role("radio", name="Een club").tap()  # something else first: the story stays, and the club is another
    page.get_by_role("button", name="Verder", exact=True).tap()
    expect(page.get_by_role("heading", name="Waar is het?")).to_be_visible()
    expect(offer).to_be_hidden()
    page.get_by_label("Straat, buurt of adres").fill("Perenstraat")
    page.goto("/pin")
    expect(page.get_by_role("heading", name="U was al begonnen: Een club")).to_be_visible()
    page.get_by_role("button", name="Gooi het weg").tap()
    expect(offer).to_be_visible()
    page.get_by_role("button", name="Ga daarmee verder").tap()
    expect(page.get_by_label("Hoe heet het verhaal?")).to_have_value("De ijsbaan")
    expect(page.get_by_label("In eigen woorden")).to_have_value("In 1985.")
    page.get_by_role("button", name="Zet op de kaart", exact=True).tap()
    expect(page.get_by_role("heading", name="Het staat op de kaart")).to_be_visible()
    page.wait_for_load_state("load")  # its script forgets what was sent
    page.goto("/pin")
    expect(page.get_by_role("heading", name="Wat zet u op de kaart?")).to_be_visible()
    expect(page.get_by_role("heading", name="U was al begonnen")).to_be_hidden()
    context.close()


def test_words_about_a_person_do_not_outlive_the_tab(browser: Browser, own_server: Server) -> None:
    """A phone is passed around: of a person nothing stays on it but in the tab that is open."""
    page = phone_of(browser, own_server)
    page.goto("/pin?kind=person")
    page.get_by_role("button", name="Verder", exact=True).tap()
    page.get_by_label("Buurt", exact=True).select_option("BU99990101")
    page.get_by_role("button", name="Verder", exact=True).tap()
    page.get_by_label("Hoe noemen buren deze persoon?").fill("Fatima")
    assert "Fatima" not in page.evaluate("JSON.stringify(localStorage)")
    page.reload()
    expect(page.get_by_role("heading", name="U was al begonnen: Fatima")).to_be_visible()
    context = page.context
    page.close()
    page = context.new_page()
    page.goto("/pin")
    expect(page.get_by_role("heading", name="Wat zet u op de kaart?")).to_be_visible()
    expect(page.get_by_role("heading", name="U was al begonnen")).to_be_hidden()
    context.close()


def test_without_script_and_with_the_back_button(browser: Browser, own_server: Server) -> None:
    """A visitor without script sends something in; back and "previous" keep what was typed, and no address does."""
    page = phone_of(browser, own_server, role=None, java_script_enabled=False)
    page.goto("/pin")
    page.get_by_role("radio", name="Een club").check()
    page.get_by_role("button", name="Verder", exact=True).click()
    page.get_by_label("Straat, buurt of adres").fill("Perenstraat")
    page.get_by_role("button", name="Zoek").click()
    page.get_by_role("radio", name="Perenstraat").first.check()
    page.get_by_role("button", name="Verder", exact=True).click()
    page.get_by_label("Hoe heet de club?").fill("Duivenclub")
    page.get_by_role("button", name="Vorige").click()
    expect(page.get_by_role("radio", name="Perenstraat").first).to_be_checked()
    page.get_by_role("button", name="Verder", exact=True).click()
    expect(page.get_by_label("Hoe heet de club?")).to_have_value("Duivenclub")
    page.go_back()
    expect(page.get_by_role("radio", name="Perenstraat").first).to_be_checked()
    page.go_forward()
    expect(page.get_by_label("Hoe heet de club?")).to_have_value("Duivenclub")
    assert page.url == f"{own_server.url}/pin"
    page.get_by_role("button", name="Stuur het in", exact=True).click()
    expect(page.get_by_role("heading", name="Dank u wel. Het is ingestuurd")).to_be_visible()
    page.get_by_role("link", name="Volg wat ermee gebeurt").click()
    expect(page.get_by_text("Duivenclub").first).to_be_visible()
    page.context.close()


def test_steps_are_in_the_history(phone: Page) -> None:
    """Going on without a choice says so; the back button of the phone goes a step back, and forward comes back."""
    phone.goto("/pin")
    phone.get_by_role("button", name="Verder", exact=True).tap()
    expect(phone.get_by_role("alert")).to_have_text("Kies wat het is.")
    phone.get_by_role("radio", name="Een plek").tap()
    phone.get_by_role("button", name="Verder", exact=True).tap()
    expect(phone.get_by_role("heading", name="Waar is het?")).to_be_visible()
    phone.go_back()
    expect(phone.get_by_role("heading", name="Wat zet u op de kaart?")).to_be_visible()
    expect(phone.get_by_role("radio", name="Een plek")).to_be_checked()
    phone.go_forward()
    expect(phone.get_by_role("heading", name="Waar is het?")).to_be_visible()
    phone.get_by_role("button", name="Vorige").tap()
    expect(phone.get_by_role("heading", name="Wat zet u op de kaart?")).to_be_visible()


def test_no_barriers_in_any_state(browser: Browser, own_server: Server, axe_script: Path) -> None:
    """axe finds nothing with faults, with look-alikes, on the last step and where two changed the same."""
    width = 320
    page = phone_of(
        browser, own_server, viewport={"width": width, "height": 800}, bypass_csp=True, has_touch=False,
        is_mobile=False, color_scheme="dark",
    )  # fmt: skip

    def checked(state: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state
        page.add_script_tag(content=axe_script.read_text())
        found = page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map("
            "v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | ')))"
        )
        assert found == [], state

    page.goto("/pin?kind=person")
    page.get_by_role("button", name="Verder", exact=True).click()
    checked("where, of a person")
    page.get_by_label("geen plek").check()
    page.get_by_role("button", name="Verder", exact=True).click()
    checked("tell, of a person")
    page.get_by_label("In eigen woorden").fill("Bel 06 12345678")
    page.get_by_role("button", name="Zet op de kaart", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    checked("faults")
    page.get_by_label("Hoe noemen buren deze persoon?").fill("Omar")
    page.get_by_label("In eigen woorden").fill("Bakt brood.")
    page.get_by_role("button", name="Zet op de kaart", exact=True).click()
    expect(page.get_by_role("heading", name="Het is bewaard")).to_be_visible()
    checked("done")
    page.goto("/assets/2/edit")
    checked("change")
    other = page.context.new_page()
    for one, words in ((other, "Van hen."), (page, "Van mij.")):
        if one is other:
            one.goto("/assets/2/edit")
        one.get_by_label("In eigen woorden").fill(f"{words} {width}")
        one.get_by_role("button", name="Bewaar", exact=True).click()
    expect(page.get_by_role("heading", name="Iemand anders wijzigde dit ook")).to_be_visible()
    checked("two who changed the same")
    page.goto("/assets/2/retire")
    checked("off the map")
    page.context.close()
