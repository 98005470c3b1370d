"""Finding, filtering and sharing on the map page, by role and name, as a person does."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.waiting import at_rest, rows
from tests.conftest import Server

pytestmark = pytest.mark.browser

FIELD = "Zoek een straat, plek of talent"


def opened(page: Page, address: str = "/") -> Page:
    """The map page, once its list is that of what the map shows."""
    page.goto(address)
    expect(page.get_by_role("status").filter(has_text="in beeld")).to_be_visible()
    return page


def typed(page: Page, words: str) -> Locator:
    """What fits below the search field after typing."""
    field = page.get_by_role("combobox", name=FIELD)
    field.fill("")
    field.press_sequentially(words)
    found = page.get_by_role("listbox", name="Wat past")
    expect(found.get_by_role("option", name=f"Toon alles met ‘{words}’ in de lijst")).to_be_visible()
    return found


def test_an_entry_is_found_with_a_typing_error_and_opened_by_keyboard(page: Page) -> None:
    """Arrow keys walk through what fits, which is announced; Enter opens the entry; Escape gives the field back."""
    opened(page)
    found = typed(page, "prikplog bruggstraat")
    expect(found.get_by_role("group", name="Wat er is").get_by_role("option").first).to_contain_text(
        "Prikploeg Brugstraat"
    )
    expect(page.get_by_role("status").filter(has_text="kies met de pijltjestoetsen")).to_have_count(1)
    field = page.get_by_role("combobox", name=FIELD)
    expect(field).to_have_attribute("aria-expanded", "true")
    for _ in range(12):
        page.keyboard.press("ArrowDown")
        marked = found.get_by_role("option", selected=True)
        assert marked.get_attribute("id") == field.get_attribute("aria-activedescendant")
        if "Prikploeg Brugstraat" in marked.inner_text():
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Prikploeg Brugstraat")).to_be_focused()
    expect(field).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Prikploeg Brugstraat")).to_be_hidden()


def test_a_street_and_an_area_move_the_map(page: Page) -> None:
    """A street comes into view, chosen or by its name and Enter; an area too, with its profile; back undoes it."""
    opened(page)
    typed(page, "brugstr").get_by_role("group", name="Straten").get_by_role("option", name="Brugstraat").click()
    expect(page).to_have_url(re.compile(r"at=1[67]/"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"at=1[45]/"))
    at_rest(page)  # a map on its way does not listen
    page.get_by_role("combobox", name=FIELD).fill("brugstraat")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"at=1[67]/"))
    typed(page, "zonneh").get_by_role("group", name="Gebieden").get_by_role("option", name="Zonnehof").click()
    card = page.get_by_role("region", name="Zonnehof")
    expect(card.get_by_role("link", name="Profiel van dit gebied")).to_have_attribute(
        "href", re.compile("/areas/BU9999")
    )
    at_rest(page)
    page.go_back()
    expect(page).to_have_url(re.compile(r"at=1[67]/"))
    at_rest(page)
    page.go_back()
    expect(page).to_have_url(re.compile(r"at=1[45]/"))


def test_a_gift_becomes_a_filter(page: Page) -> None:
    """Choosing a talent leaves who has it, in the list and in the address; back undoes it."""
    opened(page)
    options = typed(page, "fiets").get_by_role("group", name="Talenten").get_by_role("option")
    options.first.click()
    expect(page).to_have_url(re.compile(r"gift=(head|heart|hands)&talent="))
    expect(page.get_by_role("textbox", name="Welk talent")).to_have_value(re.compile("fiets"))
    expect(page.get_by_role("status").filter(has_text="51 in beeld")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("status").filter(has_text="51 in beeld")).to_be_visible()
    expect(page.get_by_role("textbox", name="Welk talent")).to_have_value("")


def test_an_entry_is_shared(page: Page) -> None:
    """The link is copied, the QR code is there, the code for another site holds the filters, and Escape closes."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(page, "/?kind=street_initiative")
    page.get_by_role("link", name="Prikploeg Brugstraat").click()
    panel = page.get_by_role("region", name="Prikploeg Brugstraat")
    expect(panel).to_contain_text(re.compile("Brugstraat, de hele straat"))
    expect(panel.get_by_role("link", name="Klopt dit nog?")).to_have_attribute(
        "href", re.compile(r"/assets/\d+/suggest")
    )
    panel.get_by_role("button", name="Deel").click()
    dialog = page.get_by_role("dialog", name="Deel")
    dialog.get_by_role("button", name="Kopieer de link").click()
    expect(dialog.get_by_role("status")).to_have_text("Gekopieerd.")
    assert re.fullmatch(r"http://.*/assets/\d+", page.evaluate("navigator.clipboard.readText()"))
    picture = dialog.get_by_role("img", name="QR-code met deze link")
    expect(picture).to_be_visible()
    expect(picture).not_to_have_js_property("naturalWidth", 0)
    dialog.get_by_text("Zet deze kaart op uw eigen website").click()
    code = dialog.get_by_role("textbox", name="Code voor uw website").input_value()
    assert re.fullmatch(r'<iframe src="http://[^"]+/embed\?at=[^"]+kind=street_initiative"[^>]*></iframe>', code)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(panel.get_by_role("button", name="Deel")).to_be_focused()


def test_a_connection_leads_to_the_other(page: Page) -> None:
    """A connection in the panel is a link that opens the other; back gives the first one again, forward the other."""
    opened(page)
    page.get_by_role("link", name="Prikploeg Brugstraat").click()
    page.get_by_role("region", name="Prikploeg Brugstraat").get_by_role("link", name="Het eerste prikrondje").click()
    expect(page.get_by_role("region", name="Het eerste prikrondje")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("region", name="Prikploeg Brugstraat")).to_be_visible()
    at_rest(page)
    page.go_forward()
    expect(page.get_by_role("region", name="Het eerste prikrondje")).to_be_visible()


def test_newcomers_only(page: Page) -> None:
    """Ticking it leaves what says so, and a link with it shows the same."""
    opened(page)
    page.get_by_text("Meer filters").click()
    page.get_by_role("checkbox", name="nieuwe mensen welkom").check()
    expect(page).to_have_url(re.compile("open=true"))
    welcome = page.get_by_role("link", name="· nieuwe mensen welkom")
    expect(rows(page).filter(has_not=welcome)).to_have_count(0)
    expect(rows(page).first).to_be_visible()
    opened(page, page.url)
    expect(page.get_by_role("checkbox", name="nieuwe mensen welkom")).to_be_checked()


def test_without_script_a_search_lists_places_too(browser: Browser, server: Server) -> None:
    """The list page names streets, areas and talents as links, and says when words were only resembled."""
    context = browser.new_context(base_url=server.url, locale="nl-NL", java_script_enabled=False)
    page = context.new_page()
    page.goto("/assets")
    page.get_by_role("searchbox", name=FIELD).fill("brugstrat")
    page.get_by_role("button", name="Toon").click()
    places = page.get_by_role("region", name="Straten, gebieden en talenten")
    expect(places.get_by_role("link", name="Brugstraat")).to_have_attribute("href", re.compile(r"^/\?at=16/52\."))
    page.get_by_role("searchbox", name=FIELD).fill("prikplog")
    page.get_by_role("button", name="Toon").click()
    expect(page.get_by_text("Dit lijkt erop:")).to_be_visible()
    expect(page.get_by_role("link", name="Prikploeg Brugstraat")).to_be_visible()
    page.get_by_role("searchbox", name=FIELD).fill("fietsen")
    page.get_by_role("button", name="Toon").click()
    places.get_by_role("link", name=re.compile("fiets")).first.click()
    expect(page).to_have_url(re.compile("talent="))
    expect(page.get_by_role("heading", level=2, name=re.compile("gevonden"))).not_to_have_text("0 gevonden")
    context.close()


def test_a_disc_with_a_number_zooms_in(page: Page) -> None:
    """On a map of a country a disc stands for what is there; a click on it comes nearer, and a filter changes it."""
    opened(page, "/?at=10/52.5323/5.3136")
    canvas = page.get_by_role("region", name="Kaart van de buurt")
    box = canvas.bounding_box()
    assert box
    for step in (0, -16, 16, -32, 32):
        canvas.click(position={"x": box["width"] / 2 + step, "y": box["height"] / 2})
        at_rest(page)
        if "at=10/" not in page.url:
            break
    expect(page).to_have_url(re.compile("at=1[1-9]/"))
    opened(page, "/?at=10/52.5323/5.3136")
    page.get_by_text("Meer filters").click()
    with page.expect_request(re.compile(r"/map-tiles/9/.*facet=litter")):
        page.get_by_role("combobox", name="Thema").select_option("schoon")
    expect(page.get_by_role("status").filter(has_text="in beeld")).not_to_contain_text("51")


BARRIERS = (
    "axe.run(document, {resultTypes: ['violations']})"
    ".then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 90)).join(' | ')))"
)


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_no_barriers_while_searching_and_sharing(
    browser: Browser, server: Server, axe_script: Path, width: int, scheme: Any
) -> None:
    """axe finds nothing with suggestions, all filters, a panel or the dialog open; nothing sticks out."""
    context = browser.new_context(
        base_url=server.url,
        locale="nl-NL",
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        bypass_csp=True,
    )
    page = opened(context.new_page())
    page.add_script_tag(content=axe_script.read_text())
    found = typed(page, "brug")
    page.keyboard.press("ArrowDown")
    at_rest(page)
    assert page.evaluate(BARRIERS) == []
    page.keyboard.press("Escape")
    expect(found).to_be_hidden()
    if width < 760:
        page.get_by_role("button", name="Filter").click()
    page.get_by_text("Meer filters").click()
    assert page.evaluate(BARRIERS) == []
    page.get_by_role("link", name="Prikploeg Brugstraat").click()
    page.get_by_role("region", name="Prikploeg Brugstraat").get_by_role("button", name="Deel").click()
    page.get_by_text("Zet deze kaart op uw eigen website").click()
    expect(page.get_by_label("Code voor uw website")).to_be_visible()
    at_rest(page)
    assert page.evaluate(BARRIERS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
