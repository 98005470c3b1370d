"""The energy page in a browser: the slider draws, asks no tile, plays; a tap unfolds; day and night."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from maps import style
from tests.browser.test_drawing import COLOURS
from tests.browser.waiting import at_rest, until
from tests.conftest import Server, run_program

pytestmark = pytest.mark.browser


def opened(page: Page, address: str = "/energy?area=GM9999") -> Page:
    """The page, once the figures of the view have come."""
    with page.expect_response(re.compile(r"/api/v1/energy/months")):
        page.goto(address)
    until(lambda: style.PALETTE["map-land"].light in page.evaluate(COLOURS))
    page.wait_for_load_state("networkidle")
    at_rest(page)
    return page


def glows(page: Page, scheme: str = "light") -> bool:
    """Whether streets are drawn in the colours of their energy."""
    looks = [style.PALETTE[f"energy-{look}"] for look in ("low", "some", "much", "most")]
    return any(getattr(look, scheme) in page.evaluate(COLOURS) for look in looks)


def test_streets_glow_in_the_colours_of_the_legend(page: Page) -> None:
    """Classes have their colours, nothing is red, and at night the same streets light up on dark land."""
    opened(page)
    until(lambda: glows(page))
    seen = page.evaluate(COLOURS)
    red = [c for c in seen if int(c[1:3], 16) > 170 and int(c[3:5], 16) < 70 and int(c[5:7], 16) < 70]
    assert red == []
    page.get_by_role("button", name="Nacht").click()
    until(lambda: style.PALETTE["map-land"].dark in page.evaluate(COLOURS) and glows(page, "dark"))
    expect(page).to_have_url(re.compile("view=night"))
    expect(page.get_by_role("button", name="Nacht")).to_have_attribute("aria-pressed", "true")


def test_the_slider_asks_no_tile(page: Page) -> None:
    """Moving through the months draws what is there: no tile and no figure is asked again; the table follows."""
    opened(page)
    until(lambda: glows(page))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    slider = page.get_by_role("slider", name="Maand")
    slider.focus()
    before = page.evaluate(COLOURS)
    for _ in range(14):
        page.keyboard.press("ArrowLeft")
    until(lambda: bool(page.evaluate(COLOURS) != before))
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^\w+ 20\d\d$"))
    expect(page).to_have_url(re.compile(r"month=20\d\d-\d\d"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(r"op 1 \w+ 20\d\d"))
    assert [one for one in asked if "/map-tiles/" in one or "/energy/months" in one] == []
    page.go_back()
    expect(slider).not_to_have_value("10")


def test_back_gives_the_month_before(page: Page) -> None:
    """Each month chosen is a step of the back button."""
    opened(page)
    page.get_by_role("button", name="Een maand terug").click()
    page.get_by_role("button", name="Een maand terug").click()
    moment = page.locator("#moment")
    then = moment.inner_text()
    page.go_back()
    expect(moment).not_to_have_text(then)
    page.go_back()
    expect(moment).to_have_text("vandaag")
    expect(page.get_by_role("button", name="Een maand verder")).to_be_disabled()


def test_a_day_in_the_address_gives_way_to_the_month(page: Page) -> None:
    """A link that names a day opens that month; today chosen after it is today, and the day has left the address."""
    opened(page, "/energy?area=GM9999&on=2026-03-01")
    slider = page.get_by_role("slider", name="Maand")
    expect(slider).to_have_attribute("aria-valuetext", "maart 2026")
    slider.focus()
    page.keyboard.press("End")
    expect(page).not_to_have_url(re.compile("on=2026"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("op vandaag")


def test_play_goes_through_the_months(page: Page) -> None:
    """Play begins again at the oldest month and goes on by itself; pause stops it there."""
    opened(page)
    page.get_by_role("button", name="Speel de maanden af").click()
    until(lambda: 2 <= int(page.get_by_role("slider", name="Maand").input_value()) < 20)
    page.get_by_role("button", name="Pauze").click()
    stopped = page.get_by_role("slider", name="Maand").input_value()
    page.wait_for_timeout(900)
    expect(page.get_by_role("slider", name="Maand")).to_have_value(stopped)


def test_without_motion_play_is_a_step(browser: Browser, server: Server) -> None:
    """Who wants no motion gets one month at a time."""
    context = browser.new_context(base_url=server.url, locale="nl-NL", reduced_motion="reduce")
    page = opened(context.new_page())
    page.get_by_role("group", name="Maanden").get_by_role("button").first.click()
    page.wait_for_timeout(900)
    expect(page.get_by_role("slider", name="Maand")).to_have_value("0")
    context.close()


def test_a_tap_unfolds_a_street(page: Page) -> None:
    """A street that is tapped tells its figure and what it is made of, with links; Escape closes it."""
    opened(page)
    link = page.get_by_role("link", name=re.compile("^Waar komt dit vandaan")).first
    name = (link.text_content() or "").partition("? ")[2]
    link.click()
    panel = page.get_by_role("region", name=name)
    expect(panel).to_be_visible()
    expect(panel).to_contain_text(re.compile(r"Energie \d"))
    expect(panel.get_by_role("link").first).to_have_attribute("href", re.compile(r"^/assets/\d+$"))
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()

    canvas = page.get_by_role("region", name="Kaart van de energie")
    box = canvas.bounding_box()
    assert box
    for step in range(-120, 121, 10):
        canvas.click(position={"x": box["width"] / 2 + 30, "y": box["height"] / 2 + step})
        if page.locator("#panel").is_visible():  # what is there is told at once
            break
    expect(page.locator("#panel h2")).to_be_visible()


def test_zoomed_out_areas_are_filled(page: Page) -> None:
    """Zoomed out the legend is that of areas per 1,000 inhabitants."""
    opened(page, "/energy?at=13/52.5300/5.3100")
    expect(page.get_by_role("heading", name="Een gebied, naar energie per 1.000 inwoners")).to_be_visible()
    expect(page.get_by_role("heading", name="Een straat, naar haar energie")).to_be_hidden()


def test_a_saved_map_plays_from_disk(browser: Browser, server: Server, tmp_path: Path) -> None:
    """Saved as one file the slider works without any network, and a street unfolds to its figure of the map page."""
    out = tmp_path / "energy.html"
    done = run_program(
        "map", "energy", "--area", "GM9999", "--out", str(out), VUURTOREN_DATABASE_URL=server.database_url,
        VUURTOREN_SECRET="a-secret-for-tests-only-0123456789",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    context = browser.new_context(locale="nl-NL", viewport={"width": 1280, "height": 800}, offline=True)
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(out.as_uri())
    until(lambda: glows(page))
    at_rest(page)
    before = page.evaluate(COLOURS)
    page.get_by_role("slider", name="Maand").focus()
    page.keyboard.press("Home")
    until(lambda: bool(page.evaluate(COLOURS) != before))
    page.keyboard.press("End")
    told = page.evaluate(
        "async () => { const { madeOffline } = await import('vuurtoren/energy-saved');"
        " const { settings } = await import('vuurtoren/page'); const day = settings.days.at(-1); const found = {};"
        " for (const key of Object.keys(settings.inlinedMade.shares)) {"
        "  const { activities, others } = await madeOffline('streets', key, day, 5);"
        "  found[key] = activities.reduce((sum, one) => sum + one.weight, others);"
        " } return [found, settings.inlinedEnergy.streets] }"
    )
    for key, series in told[1].items():
        assert told[0][key] == pytest.approx(series[-1], abs=0.001)
    assert complaints == []
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    context.close()


def test_without_script_it_is_a_form_and_tables(browser: Browser, server: Server) -> None:
    """Without script: choose, show, and unfold by a link."""
    context = browser.new_context(base_url=server.url, locale="nl-NL", java_script_enabled=False)
    page = context.new_page()
    page.goto("/energy")
    page.get_by_role("combobox", name="Gebied").select_option("BU99990101")
    page.get_by_role("button", name="Toon").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Oude Veer")
    page.get_by_role("link", name=re.compile("^Waar komt dit vandaan")).first.click()
    expect(page).to_have_url(re.compile(r"street=\d+#unfolded"))
    expect(page.locator("#unfolded a[href^='/assets/']").first).to_be_visible()
    context.close()


def test_a_view_that_cannot_be_fetched_is_said(page: Page) -> None:
    """When the figures of a view do not come, the page says so in words, and takes it back once they do."""
    page.route(re.compile(r"/api/v1/energy/months"), lambda route: route.abort())
    page.goto("/energy?area=GM9999")
    trouble = page.get_by_text("Dit kon niet worden opgehaald", exact=False)
    expect(trouble).to_be_visible()
    page.unroute(re.compile(r"/api/v1/energy/months"))
    with page.expect_response(re.compile(r"/api/v1/energy/months")):
        page.get_by_role("button", name="Verder weg").click()
    expect(trouble).to_be_hidden()
