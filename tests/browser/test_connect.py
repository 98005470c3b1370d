"""In a browser: connecting an entry with others by the keyboard alone, and nothing hostile runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, text

from assets.vocabulary import Role
from tests.browser.waiting import until
from tests.conftest import Databases, Server, serving
from tests.signing_in import sign_in

pytestmark = pytest.mark.browser
HOSTILE = '"><img src=x onerror=alert(1)>koor'


@pytest.fixture(scope="module")
def own_server(databases: Databases) -> Iterator[Server]:
    """The program on a sample neighbourhood of this file, in which the choir has a hostile name."""
    url = databases.clone("sample")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE asset SET title = :title WHERE title = 'Het Dijkkoor'"), {"title": HOSTILE})
    engine.dispose()
    with serving(url) as running:
        yield running


@pytest.fixture
def builder(browser: Browser, own_server: Server) -> Iterator[Page]:
    """A phone of 320 px in which a builder is signed in; whatever it complains about fails the test."""
    context = browser.new_context(
        base_url=own_server.url, locale="nl-NL", viewport={"width": 320, "height": 720}, bypass_csp=False
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    sign_in(page, own_server, Role.builder)
    yield page
    assert complaints == []
    context.close()


def test_found_by_name_and_connected_by_keyboard(builder: Page, own_server: Server, axe_script: Path) -> None:
    """A part of a name, an arrow and Enter add it to the list; a choice and the button connect; both pages tell."""
    builder.goto("/assets?q=Naaiclub")
    builder.get_by_role("link", name="Naaiclub De Spoel").click()
    builder.get_by_role("link", name="Verbind het met iets dichtbij").click()
    expect(builder.get_by_label("Buurthuis De Veerpont")).to_have_value(r"meets_at:44")
    assert builder.evaluate("document.documentElement.scrollWidth") <= 320

    search = builder.get_by_role("combobox", name="Iets anders: zoek op naam")
    search.focus()
    builder.keyboard.type("koor")
    option = builder.get_by_role("listbox").get_by_role("option", name=HOSTILE)
    expect(option).to_be_visible()

    def pointed_at() -> bool:
        # a list that was for fewer letters may just have made way for another one
        builder.keyboard.press("ArrowDown")
        return option.get_attribute("aria-selected") == "true"

    until(pointed_at)
    builder.keyboard.press("Enter")
    chosen = builder.get_by_role("combobox", name=HOSTILE)
    expect(chosen).to_be_focused()
    expect(builder.get_by_role("status").filter(has_text="Het staat in de lijst")).to_be_visible()
    builder.evaluate(axe_script.read_text())
    found = builder.evaluate("axe.run(document).then(r => r.violations.map(v => v.id + v.nodes[0].html.slice(0, 90)))")
    assert found == []
    chosen.select_option(label="helpt")
    builder.get_by_role("button", name="Verbindingen bewaren").press("Enter")

    expect(builder.get_by_role("heading", name="Verbonden met")).to_be_visible()
    builder.get_by_role("link", name=HOSTILE).click()
    expect(builder.get_by_text("krijgt hulp van")).to_be_visible()
    expect(builder.get_by_role("link", name="Naaiclub De Spoel")).to_be_visible()


def test_nothing_found_says_so(builder: Page) -> None:
    """A name that is not on the map is answered in words; Enter in the field sends no form."""
    builder.goto("/assets/36/connections")
    builder.get_by_role("combobox", name="Iets anders: zoek op naam").fill("xyzzy")
    expect(builder.get_by_role("status").filter(has_text="Niets gevonden met deze naam.")).to_be_visible()
    builder.keyboard.press("Enter")
    expect(builder).to_have_url("/assets/36/connections")
