"""The map page in a browser: list, legend and map are one thing."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.waiting import at_rest, rows, until
from tests.conftest import Server

pytestmark = pytest.mark.browser


#: In the sample: a club, and where it stands.
CLUB, AT_CLUB = "Naaiclub De Spoel", "52.53133/5.30970"
#: Where the map is lit by what is pointed at or opened: the middle of that, in pixels of the page.
LIT = """() => {
  const found = [];
  for (const canvas of document.querySelectorAll(".leaflet-overlay-pane canvas")) {
    if (!canvas.width) continue;
    const { left, top, width } = canvas.getBoundingClientRect();
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) {
      const [red, green, blue, alpha] = data.slice(at, at + 4);
      if (red < 250 || Math.abs(green - 176) > 6 || blue > 6 || Math.abs(alpha - 128) > 6) continue;
      const [pixel, size] = [at / 4, width / canvas.width];
      found.push([left + (pixel % canvas.width) * size, top + Math.floor(pixel / canvas.width) * size]);
    }
  }
  return found.length > 50 ? [0, 1].map((side) => found.reduce((sum, one) => sum + one[side], 0) / found.length) : null;
}"""


def titles(page: Page) -> list[str]:
    """What the list holds, from top to bottom."""
    return rows(page).all_inner_texts()


def of_kind(page: Page, kind: str) -> Locator:
    """The link of an entry of this kind, in the list."""
    return page.get_by_role("link", name=re.compile(rf" {kind}( ·|$)"))


def opened(page: Page, address: str = "/") -> Page:
    """The map page, once its list is that of what the map shows."""
    page.goto(address)
    expect(page.get_by_role("status").filter(has_text="in beeld")).to_be_visible()
    return page


def test_search_finds_an_entry(page: Page) -> None:
    """Enter after part of a name leaves the entries with it, and the address bar keeps the search."""
    opened(page)
    page.get_by_role("combobox", name="Zoek een straat, plek of talent").fill("prikploeg")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Prikploeg Brugstraat")).to_be_visible()
    expect(page).to_have_url(re.compile("q=prikploeg"))
    expect(page.get_by_role("status").filter(has_text="in beeld")).not_to_contain_text("51")
    assert len(titles(page)) < 10


def test_the_legend_is_the_filter(page: Page) -> None:
    """Ticking clubs in the legend leaves clubs in the list; the address bar holds it; back undoes, forward repeats."""
    opened(page)
    everything = len(titles(page))
    page.get_by_role("checkbox", name="Clubs").check()
    expect(rows(page).filter(has_not=of_kind(page, "club"))).to_have_count(0)
    expect(page).to_have_url(re.compile("kind=club"))
    assert 0 < len(titles(page)) < everything
    page.go_back()
    expect(of_kind(page, "verhaal").first).to_be_visible()
    expect(page.get_by_role("checkbox", name="Clubs")).not_to_be_checked()
    at_rest(page)
    page.go_forward()
    expect(page.get_by_role("checkbox", name="Clubs")).to_be_checked()
    expect(page).to_have_url(re.compile("kind=club"))
    expect(rows(page).filter(has_not=of_kind(page, "club"))).to_have_count(0)


def test_a_theme_filters_too(page: Page) -> None:
    """Choosing a theme leaves what is about it."""
    opened(page)
    page.get_by_text("Meer filters").click()
    page.get_by_role("combobox", name="Thema").select_option("schoon")
    expect(page).to_have_url(re.compile("theme=litter"))
    expect(rows(page).filter(has_not=page.get_by_role("link", name="· schoon"))).to_have_count(0)
    assert titles(page)


def test_freshness_filters_too(page: Page) -> None:
    """Ticking the open shape leaves what was not confirmed for a while; a link with it shows the same."""
    opened(page)
    page.get_by_text("Meer filters").click()
    page.get_by_role("checkbox", name="al een tijd niet").check()
    expect(page).to_have_url(re.compile("freshness=ageing"))
    ageing = page.get_by_role("link", name="al een tijd niet bevestigd")
    expect(rows(page).filter(has_not=ageing)).to_have_count(0)
    found = titles(page)
    assert found
    opened(page, page.url)
    expect(page.get_by_role("checkbox", name="al een tijd niet")).to_be_checked()
    assert found == titles(page)


def test_another_day_can_be_chosen(page: Page) -> None:
    """The list says which day it is about, a row opens as it was then, and the way back is one link."""
    opened(page)
    page.get_by_text("Meer filters").click()
    page.get_by_text("Andere dag", exact=True).click()
    with page.expect_request(re.compile(r"/map-tiles/.*on=2024-01-15")):
        page.get_by_label("Op welke dag").fill("2024-01-15")
    expect(page.get_by_text("Zo was het op 15 januari 2024.")).to_be_visible()
    expect(page).to_have_url(re.compile("on=2024-01-15"))
    page.get_by_role("link", name="Prikploeg Brugstraat").click()
    panel = page.get_by_role("region", name="Prikploeg Brugstraat")
    expect(panel).to_contain_text("202")
    expect(panel).not_to_contain_text("bevestigd op 7 november 2026")
    page.get_by_role("link", name="Terug naar vandaag").click()
    expect(page.get_by_text("Zo was het op")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("on="))


def test_the_panel_says_the_next_time(page: Page) -> None:
    """What happens again and again names its next day and hour."""
    opened(page)
    page.get_by_role("link", name="Prikploeg Brugstraat").click()
    panel = page.get_by_role("region", name="Prikploeg Brugstraat")
    expect(panel).to_contain_text(re.compile(r"volgende keer: zaterdag \d+ \w+( \d{4})?, 10:00"))


def test_enter_on_a_row_opens_its_panel_and_escape_gives_the_row_back(page: Page) -> None:
    """With the keyboard alone: Enter opens the panel, which tells the entry; Escape closes it, back to the row."""
    opened(page)
    page.get_by_role("link", name="Prikploeg Brugstraat").focus()
    before = page.url
    page.keyboard.press("Enter")
    panel = page.get_by_role("region", name="Prikploeg Brugstraat")
    expect(panel).to_be_visible()
    expect(panel).to_be_focused()
    expect(panel).to_contain_text("grijpers")
    expect(panel).to_contain_text("straatinitiatief · schoon")
    expect(page).to_have_url(re.compile(r"asset=\d+.*at=1[5-9]/|at=1[5-9]/.*asset=\d+"))
    assert page.url != before
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("link", name="Prikploeg Brugstraat")).to_be_focused()


def test_a_shared_link_opens_the_same(page: Page) -> None:
    """The address with an open entry opens it for someone else too."""
    opened(page)
    page.get_by_role("link", name="Prikploeg Brugstraat").click()
    expect(page.get_by_role("region", name="Prikploeg Brugstraat")).to_be_visible()
    expect(page).to_have_url(re.compile(r"asset=\d+"))
    expect(page).to_have_url(re.compile("at="))
    at_rest(page)
    page.goto(page.url)
    expect(page.get_by_role("region", name="Prikploeg Brugstraat")).to_be_visible()


def test_moving_the_map_filters_the_list(page: Page) -> None:
    """Zooming in leaves fewer entries in the list, and the count says so; the address bar keeps the position."""
    opened(page)
    everything = len(titles(page))
    page.get_by_role("button", name="Dichterbij").click()
    expect(page).to_have_url(re.compile("at="))
    at_rest(page)  # a map on its way does not listen
    page.get_by_role("button", name="Dichterbij").click()
    expect(page).to_have_url(re.compile(r"at=1[67]/"))
    expect(page.get_by_role("status").filter(has_text="51 in beeld")).to_have_count(0)
    assert len(titles(page)) < everything


def test_the_map_by_keyboard(page: Page) -> None:
    """Tab goes from the map to its buttons; Enter on one, arrows and plus move the map, and the address tells where."""
    opened(page, "/?at=15/52.53230/5.31360")
    at_rest(page)
    the_map = page.get_by_role("region", name="Kaart van de buurt")
    the_map.focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Dichterbij")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"at=16/52\.5323\d/5\.3136\d"))
    at_rest(page)  # a map on its way does not listen
    the_map.focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"at=16/52\.5323\d/5\.31[4-9]"))
    at_rest(page)
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile(r"at=17/52\.5323\d/5\.31[4-9]"))


def test_pointing_at_a_row_marks_it(page: Page) -> None:
    """Hovering or focusing a row marks it in the list and on the map, and leaving it takes the mark away."""
    opened(page, f"/?at=17/{AT_CLUB}")
    at_rest(page)
    canvas = page.get_by_role("region", name="Kaart van de buurt").bounding_box()
    assert canvas
    x, y = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2

    def lit() -> bool:
        """Whether the map is lit, and there where the club stands: in the middle."""
        found: list[float] | None = page.evaluate(LIT)
        return found is not None and abs(found[0] - x) + abs(found[1] - y) < 8

    assert not lit()
    row, marked = rows(page).filter(has_text=CLUB), re.compile("vuurtoren-row--marked")
    row.hover()
    expect(row).to_have_class(marked)
    until(lit)
    page.mouse.move(x, y + 100)
    expect(row).not_to_have_class(marked)
    until(lambda: page.evaluate(LIT) is None)
    row.get_by_role("link").focus()
    expect(row).to_have_class(marked)
    until(lit)


def test_rows_that_stay_are_not_drawn_anew(page: Page) -> None:
    """Moving the map changes the rows that it must: one that stays is the same one, and in its order."""
    opened(page, f"/?at=17/{AT_CLUB}")
    at_rest(page)
    row = rows(page).filter(has_text=CLUB)
    row.evaluate("(one) => { one.was = 'here'; }")
    count = rows(page).count()
    page.get_by_role("button", name="Verder weg").click(force=True)
    until(lambda: rows(page).count() > count)
    assert "here" == row.evaluate("(one) => one.was")
    order = page.evaluate("[...document.querySelectorAll('[data-id]')].map((one) => one.dataset.id)")
    page.reload()
    at_rest(page)
    until(lambda: rows(page).count() == len(order))
    assert order == page.evaluate("[...document.querySelectorAll('[data-id]')].map((one) => one.dataset.id)")


def test_clicking_a_symbol_opens_it(page: Page) -> None:
    """A click on the map opens the entry under the pointer."""
    opened(page, "/?q=Prikploeg+Brugstraat")
    page.get_by_role("link", name="Prikploeg Brugstraat").click()
    panel = page.get_by_role("region", name="Prikploeg Brugstraat")
    expect(panel).to_be_visible()
    expect(page).to_have_url(re.compile("at="))
    at_rest(page)
    page.get_by_role("button", name="Sluiten").click()
    expect(panel).to_be_hidden()
    canvas = page.get_by_role("region", name="Kaart van de buurt")
    box = canvas.bounding_box()
    assert box
    # the map was moved so that the street lies 90 pixels left of the middle
    for step in range(-40, 41, 8):
        canvas.click(position={"x": box["width"] / 2 - 90, "y": box["height"] / 2 + step})
        page.wait_for_timeout(400)  # a click beside it would close what is still on its way
        if panel.is_visible():
            break
    expect(panel).to_be_visible()


def test_the_language_can_be_changed_and_stays(page: Page) -> None:
    """English is one click away, keeps what is shown, and stays on the next page."""
    opened(page, "/?kind=club")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("checkbox", name="Clubs")).to_be_checked()
    expect(page.get_by_role("status").filter(has_text="in view")).to_be_visible()
    page.get_by_role("link", name="Streets").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("without an initiative")


def test_the_sheet_on_a_phone_has_three_heights(browser: Browser, server: Server) -> None:
    """On a phone the list is a sheet from below; buttons give it three heights, and filters open in it."""
    context = browser.new_context(
        base_url=server.url, locale="nl-NL", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = opened(context.new_page(), "/?at=16/52.53400/5.31000")
    expect(page).to_have_url(re.compile("at=16/52.5340"))  # the middle of what is seen, as on every other screen
    page.get_by_role("button", name="Deel").tap()
    expect(page.get_by_label("Link", exact=True)).to_have_value(re.compile("at=16/52.5340"))
    page.keyboard.press("Escape")
    sheet = page.get_by_role("region", name="Lijst")

    def height() -> float:
        box = sheet.bounding_box()
        assert box
        return box["height"]

    half = height()
    assert half > 80
    page.get_by_role("button", name="Lijst groter").tap()
    until(lambda: height() > half)
    page.get_by_role("button", name="Lijst kleiner").tap()
    page.get_by_role("button", name="Lijst kleiner").tap()
    until(lambda: height() < 80)
    expect(page.get_by_role("button", name="Lijst kleiner")).to_be_disabled()
    page.get_by_role("button", name="Filter").tap()
    expect(page.get_by_role("checkbox", name="Clubs")).to_be_visible()
    until(lambda: height() > 80)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_without_script_everything_is_a_list(browser: Browser, server: Server) -> None:
    """Without script the form filters, each entry has a page, and no empty map is in the way."""
    context = browser.new_context(base_url=server.url, locale="nl-NL", java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("region", name="Kaart")).to_have_count(0)
    page.get_by_role("checkbox", name="Clubs").check()
    page.get_by_role("button", name="Toon").click()
    expect(page).to_have_url(re.compile("kind=club"))
    expect(rows(page).filter(has_not=of_kind(page, "club"))).to_have_count(0)
    page.get_by_role("region", name="Lijst").get_by_role("link", name="club").first.click()
    expect(page).to_have_url(re.compile(r"/assets/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    context.close()
