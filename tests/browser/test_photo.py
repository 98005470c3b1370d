"""In a browser: a photo is made smaller on the device, shown before it is sent, and seen in the panel of the map."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from assets.vocabulary import Role
from tests.conftest import Databases, Server, serving
from tests.photo_files import PROGRAM, encoded, halves, telling
from tests.signing_in import sign_in

pytestmark = pytest.mark.browser
HOUSE = 44


@pytest.fixture(scope="module")
def own_server(databases: Databases) -> Iterator[Server]:
    """The program on a sample neighbourhood of this file; files up to 1 MB are read."""
    with serving(databases.clone("sample"), VUURTOREN_UPLOAD_MB="1") as running:
        yield running


@pytest.fixture
def builder(browser: Browser, own_server: Server) -> Iterator[Page]:
    """A phone of 320 px in which a builder is signed in; whatever it complains about fails the test."""
    context = browser.new_context(base_url=own_server.url, locale="nl-NL", viewport={"width": 320, "height": 720})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None)
    sign_in(page, own_server, Role.builder)
    yield page
    assert complaints == []
    context.close()


def test_a_photo_from_a_telephone(builder: Page, axe_script: Path) -> None:
    """A photo above the limit is sent small; it is on the page and in the panel, with its words."""
    large = encoded(halves(2000, 1500), "BMP")
    assert len(large) > 3_000_000
    builder.goto(f"/assets/{HOUSE}/photo")
    field = builder.get_by_label("Kies of maak een foto")
    field.set_input_files({"name": "foto.bmp", "mimeType": "image/bmp", "buffer": large})
    expect(builder.get_by_role("status").filter(has_text="op uw toestel kleiner gemaakt")).to_be_visible()
    assert builder.evaluate("document.querySelector('#photo').files[0].size") < 1_000_000
    assert builder.evaluate("document.documentElement.scrollWidth") <= 320
    builder.evaluate(axe_script.read_text())
    found = builder.evaluate("axe.run(document).then(r => r.violations.map(v => v.id + v.nodes[0].html.slice(0, 90)))")
    assert found == []
    builder.get_by_label("Wat staat er op de foto?").fill("Een lange tafel")
    builder.get_by_role("button", name="Foto bewaren").click()

    picture = builder.get_by_role("img", name="Een lange tafel")
    expect(picture).to_be_visible()
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
    builder.goto(f"/?asset={HOUSE}")
    expect(builder.locator("#panel").get_by_role("img", name="Een lange tafel")).to_be_visible()


def test_what_the_device_cannot_read(builder: Page) -> None:
    """A renamed program is not sent: the page says so at once, and the words stay."""
    builder.goto("/assets/45/photo")
    builder.get_by_label("Wat staat er op de foto?").fill("Mijn woorden")
    field = builder.get_by_label("Kies of maak een foto")
    field.set_input_files({"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": PROGRAM})
    expect(builder.get_by_role("status").filter(has_text="kan niet gelezen worden")).to_be_visible()
    assert builder.evaluate("document.querySelector('#photo').files.length") == 0
    expect(builder.get_by_label("Wat staat er op de foto?")).to_have_value("Mijn woorden")
    field.set_input_files({"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": telling()})
    expect(builder.get_by_role("status").filter(has_text="op uw toestel kleiner gemaakt")).to_be_visible()
    builder.get_by_label("Wat staat er op de foto?").fill(" ")
    builder.get_by_role("button", name="Foto bewaren").click()
    expect(builder.get_by_role("alert")).to_have_text(
        "Vertel in een paar woorden wat er op de foto staat, voor wie hem niet kan zien."
    )
    assert builder.evaluate("document.querySelector('#photo').files.length") == 1  # nothing was sent
