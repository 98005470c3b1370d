"""In a browser: the map in a frame on somebody else's page, at 320 by 320 pixels, by mouse and by keyboard."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.waiting import until
from tests.conftest import Server

pytestmark = pytest.mark.browser


@contextmanager
def site_of_others(page: str) -> Iterator[str]:
    """A site with one page on another host; browsers let no page that is made up reach the loopback address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as site:
        thread = threading.Thread(target=site.serve_forever, daemon=True)
        thread.start()
        yield f"http://localhost:{site.server_port}/"
        site.shutdown()
        thread.join()


def test_the_map_in_a_frame_on_another_page(browser: Browser, server: Server) -> None:
    """Another page can show the map and nothing else of ours; its list works by keyboard, links open in a new tab."""
    frames = (
        f'<iframe id="map" title="kaart" src="{server.url}/embed?area=BU99990101" width="320" height="320"></iframe>'
        f'<iframe id="other" title="anders" src="{server.url}/about" width="320" height="320"></iframe>'
    )
    context = browser.new_context(locale="nl-NL", viewport={"width": 700, "height": 760})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with site_of_others(frames) as elsewhere:
        page.goto(elsewhere)
    inside = page.frame_locator("#map")
    expect(inside.get_by_role("heading", name="Wat er is in Oude Veer")).to_be_visible()
    expect(page.frame_locator("#other").get_by_role("heading", name="Over Vuurtoren")).to_have_count(0)

    first = inside.get_by_role("listitem").first.get_by_role("link")
    expect(first).to_be_hidden()
    inside.get_by_text("gevonden").focus()
    page.keyboard.press("Enter")
    expect(first).to_be_visible()
    page.keyboard.press("Tab")
    with context.expect_page() as opened:
        page.keyboard.press("Enter")
    expect(opened.value.get_by_role("heading", level=1)).to_be_visible()
    assert "/assets/" in opened.value.url
    assert opened.value.evaluate("window.opener") is None

    frame = next(one for one in page.frames if "/embed" in one.url)
    assert frame.evaluate("document.documentElement.scrollWidth") <= 320
    assert frame.evaluate("document.documentElement.scrollHeight") <= 320
    assert frame.evaluate("document.cookie") == ""
    assert complaints == []
    context.close()


def test_a_pin_in_the_frame_opens_a_card(browser: Browser, server: Server) -> None:
    """A click on the map shows what is there, with a link to its page; Escape closes it."""
    context = browser.new_context(base_url=server.url, locale="nl-NL", viewport={"width": 700, "height": 480})
    page = context.new_page()
    page.goto("/embed?area=BU99990101&kind=meeting_place")
    row = page.locator("[data-id]").first
    feature = page.request.get(f"/api/v1/collections/assets/items/{row.get_attribute('data-id')}").json()
    longitude, latitude = feature["geometry"]["coordinates"]
    page.goto(f"/embed?area=BU99990101&kind=meeting_place&at=18/{latitude}/{longitude}")
    canvas, card = page.get_by_role("region", name="Kaart van de buurt"), page.locator("#card")

    def opened() -> bool:
        canvas.click()  # a click before the tile has come finds nothing there
        return card.is_visible()

    until(opened)
    expect(card.get_by_role("link", name=feature["properties"]["title"])).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    context.close()
