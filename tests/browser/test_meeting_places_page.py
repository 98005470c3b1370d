"""The page of meeting places in a browser: houses and green lines on the map, the sentence is the question."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.waiting import until

pytestmark = pytest.mark.browser

#: How many pixels of the canvas of reached lines are painted.
PAINTED = """
[...document.querySelectorAll(".leaflet-reach-pane canvas")].reduce((sum, canvas) => sum
  + canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
    .filter((value, at) => at % 4 === 3 && value).length, 0)
"""


def test_what_is_reached_is_drawn(page: Page) -> None:
    """Lines are painted, and each meeting place is a link with its name that opens its page."""
    page.goto("/meeting-places?area=GM9999")
    house = page.get_by_role("link", name="Huiskamer van de Kuiperstraat")
    expect(house).to_be_visible()
    until(lambda: page.evaluate(PAINTED) > 500)
    house.press("Enter")
    expect(page).to_have_url(re.compile(r"/assets/\d+"))


def test_another_area_and_another_day(page: Page) -> None:
    """Choosing asks again; on a day before everything there is nothing to draw, and room in words."""
    page.goto("/meeting-places?area=GM9999")
    page.get_by_label("Gebied", exact=True).select_option("Oude Veer")
    expect(page).to_have_url(re.compile("area=BU99990101"))
    page.get_by_label("Datum").fill("1950-01-01")
    expect(page).to_have_url(re.compile("on=1950-01-01"))
    expect(page.get_by_role("link", name="0 ontmoetingsplekken")).to_be_visible()
    expect(page.locator(".vuurtoren-place")).to_have_count(0)
