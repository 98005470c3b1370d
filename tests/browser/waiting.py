"""Waiting for what a page does a moment later, where nothing of it can be seen; and the list that many tests look at.

(Playwright's `wait_for_function` reads its text in the page again and again, which the policy of our pages forbids.)
"""

import re
import time
from collections.abc import Callable

from playwright.sync_api import Locator, Page


def until(holds: Callable[[], bool]) -> None:
    """Return as soon as this holds; fail when it does not within 15 seconds."""
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.05)


#: Whether the map stands still, over a dozen pictures: on a slow machine these take longer too.
AT_REST = """async () => {
  const seen = () => JSON.stringify([...document.querySelectorAll(
    ".leaflet-map-pane, .leaflet-proxy, .leaflet-marker-icon")].map((one) => one.getBoundingClientRect()));
  const before = seen();
  for (let pictures = 0; pictures < 12; pictures += 1) await new Promise(requestAnimationFrame);
  return before === seen() && !document.querySelector(".leaflet-zoom-anim, .leaflet-pan-anim");
}"""


def at_rest(page: Page) -> None:
    """Return once the map has come where it goes; until then what is on it is elsewhere, and it is deaf for a zoom."""
    until(lambda: bool(page.evaluate(AT_REST)))


def rows(page: Page) -> Locator:
    """The entries in the list beside the map: each is a link; its name is title, kind and what else is known."""
    listed = page.get_by_role("region", name="Lijst").get_by_role("listitem")
    return listed.filter(has=page.get_by_role("link", name=re.compile(" · ")))
