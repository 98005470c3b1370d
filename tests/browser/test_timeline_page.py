"""The timeline in a browser: months are played without fetching anything again, by mouse, keyboard and address."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.waiting import until
from tests.conftest import SECRET, Server, run_program

pytestmark = pytest.mark.browser

ADDRESS = "/timeline?area=BU99990101&from=2025-01"
READY = "#player[data-ready]"


def ready(page: Page, address: str = ADDRESS) -> None:
    """Open the page and wait until its map is complete."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    expect(page.locator(READY)).to_be_visible()


def test_playing_asks_for_nothing(page: Page) -> None:
    """While the months play, and when the slider moves, no request is made: every month is at hand."""
    ready(page)
    slider = page.get_by_role("slider", name="Maand")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("button", name="Speel de maanden af").click()
    expect(page.locator("#moment")).to_have_text(re.compile("2025$"))
    page.get_by_role("button", name="Pauze").click()
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator("#moment")).to_have_text("januari 2025")
    page.keyboard.press("End")
    assert [one for one in asked if "/map-tiles/" in one or "/api/" in one] == []


def test_the_keyboard_goes_month_by_month(page: Page) -> None:
    """Arrows move the slider; map, sentence, counts, table and address follow."""
    ready(page)
    last = page.locator("#told").inner_text()
    slider = page.get_by_role("slider", name="Maand")
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#moment")).to_have_text("februari 2025")
    expect(slider).to_have_attribute("aria-valuetext", "februari 2025")
    expect(page).to_have_url(re.compile(r"month=2025-02"))
    said = page.locator("#told").inner_text()
    assert said != last
    row = page.locator('[data-day="2025-02-01"]')
    expect(row).to_have_class(re.compile("vuurtoren-row--marked"))
    total = row.locator('[data-label="Op de kaart"]').text_content()
    assert said.startswith(f"{total} op de kaart")
    clubs = row.locator('[data-label="clubs"]').text_content()
    expect(page.locator('[data-count="club"]')).to_have_text(clubs or "")


def test_the_month_is_in_the_address(page: Page) -> None:
    """Who opens a copied address sees the same month."""
    ready(page, f"{ADDRESS}&month=2025-06")
    expect(page.locator("#moment")).to_have_text("juni 2025")
    expect(page.get_by_role("slider", name="Maand")).to_have_value("5")


def test_a_small_map_leads_to_its_month(page: Page) -> None:
    """The day below a small map shows that day in the large one."""
    ready(page)
    page.get_by_role("button", name="1 januari 2026").click()
    expect(page.locator("#moment")).to_have_text("januari 2026")
    expect(page).to_have_url(re.compile("month=2026-01"))


def test_the_map_differs_from_month_to_month(page: Page) -> None:
    """What is drawn follows the month: more at the end than at the beginning."""
    ready(page)
    drawn = """() => {
      const canvas = document.querySelector(".leaflet-timeline-pane canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((value, index) => index % 4 === 3 && value > 0).length;
    }"""
    until(lambda: page.evaluate(drawn) > 0)
    many = page.evaluate(drawn)
    page.get_by_role("slider", name="Maand").focus()
    page.keyboard.press("Home")
    expect(page.get_by_role("slider", name="Maand")).to_have_value("0")
    until(lambda: 0 < page.evaluate(drawn) < many)


def test_a_choice_in_the_sentence_asks_again(page: Page) -> None:
    """Another theme gives its own timeline, with the sentence in the address."""
    ready(page)
    page.get_by_role("combobox", name="Thema").select_option("groen")
    expect(page).to_have_url(re.compile("theme=greenery"))
    expect(page.locator(READY)).to_be_visible()


def test_less_motion_is_a_step(browser: Browser, server: Server) -> None:
    """Where less motion is wanted nothing plays by itself: the button takes one step."""
    context = browser.new_context(base_url=server.url, locale="nl-NL", reduced_motion="reduce")
    page = context.new_page()
    ready(page, f"{ADDRESS}&month=2025-03")
    page.locator("#play").click()
    expect(page.locator("#moment")).to_have_text("april 2025")
    page.wait_for_timeout(900)
    expect(page.locator("#moment")).to_have_text("april 2025")
    context.close()


def test_without_script_the_table_tells_all(browser: Browser, server: Server) -> None:
    """Without script there is no player; the sentence is a form, and small maps and months are there."""
    context = browser.new_context(base_url=server.url, locale="nl-NL", java_script_enabled=False)
    page = context.new_page()
    page.goto(ADDRESS)
    expect(page.locator("#player")).to_be_hidden()
    page.get_by_role("combobox", name="Thema").select_option("schoon")
    page.get_by_role("button", name="Toon").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("schoon")
    expect(page.locator(".vuurtoren-year").first).to_be_visible()
    expect(page.get_by_role("row").nth(2)).to_be_visible()
    context.close()


def test_no_barriers_while_a_panel_is_open(browser: Browser, server: Server, axe_script: Path) -> None:
    """axe finds nothing wrong with an entry's panel open, in the dark, at 320 px; nothing scrolls sideways."""
    context = browser.new_context(
        base_url=server.url,
        locale="nl-NL",
        viewport={"width": 320, "height": 800},
        color_scheme="dark",
        bypass_csp=True,
    )
    page = context.new_page()
    ready(page)
    page.locator("#play").scroll_into_view_if_needed()
    box = page.locator(".leaflet-container").bounding_box()
    assert box
    places = [(x, y) for x in range(40, int(box["width"]) - 60, 16) for y in range(60, int(box["height"]) - 60, 24)]
    for x, y in places:  # tap across the map until something is there
        page.mouse.click(box["x"] + x, box["y"] + y)
        if page.locator("#panel").is_visible():
            break
    expect(page.locator("#panel")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.add_script_tag(content=axe_script.read_text())
    problems = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']})"
        ".then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 90)).join(' | ')))"
    )
    assert problems == []
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    context.close()


def test_a_saved_timeline_plays_from_disk(browser: Browser, server: Server, tmp_path: Path) -> None:
    """The file opens without a network and asks for nothing: its slider, counts, small maps and table work."""
    out = tmp_path / "timeline.html"
    done = run_program(
        "map", "timeline", "--area", "BU99990101", "--first", "2025-01-01", "--out", str(out),
        VUURTOREN_DATABASE_URL=server.database_url, VUURTOREN_SECRET=SECRET,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    context = browser.new_context(locale="nl-NL", viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda one: complaints.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda one: complaints.append(one.url) if not one.url.startswith(("file:", "data:")) else None)
    page.goto(out.as_uri())
    expect(page.locator(READY)).to_be_visible()
    page.get_by_role("slider", name="Maand").focus()
    page.keyboard.press("Home")
    expect(page.locator("#moment")).to_have_text("januari 2025")
    told = page.locator('[data-day="2025-01-01"] [data-label="Op de kaart"]').text_content()
    expect(page.locator("#told")).to_contain_text(f"{told} op de kaart")
    page.get_by_role("button", name="1 januari 2026").click()
    expect(page.locator("#moment")).to_have_text("januari 2026")
    assert complaints == []
    context.close()
