"""At the table with two telephones: the host's shows the code, the neighbour's pins, also when it was offline."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import create_engine, text

from assets.vocabulary import Role
from tests.browser.test_offline import KEPT, PHONE
from tests.conftest import Databases, Server, serving
from tests.signing_in import sign_in

pytestmark = pytest.mark.browser
AXE = (
    "axe.run(document, {resultTypes: ['violations']})"
    ".then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 90)).join(' | ')))"
)


@pytest.fixture(scope="module")
def town(databases: Databases) -> Iterator[Server]:
    """The program on a sample of its own: these tests write."""
    with serving(databases.clone("sample")) as running:
        yield running


@pytest.fixture
def host(browser: Browser, town: Server) -> Iterator[Page]:
    """Samira's telephone."""
    context = browser.new_context(base_url=town.url, **PHONE)
    context.set_default_timeout(10_000)
    page = context.new_page()
    sign_in(page, town, Role.builder, name="Samira")
    yield page
    context.close()


@pytest.fixture
def phone(browser: Browser, town: Server) -> Iterator[BrowserContext]:
    """A neighbour's telephone."""
    context = browser.new_context(base_url=town.url, **PHONE)
    context.set_default_timeout(10_000)
    yield context
    context.close()


def open_table(page: Page) -> str:
    """The path of the table that is open now: what the code says, and what stands below it."""
    page.goto("/table")
    opening = page.get_by_role("button", name="Open de tafel")
    if opening.count():
        opening.tap()
    address = page.get_by_text(re.compile(r"^[^/ ]+/table/\w"))
    expect(address).to_be_visible()
    return "/" + address.inner_text().partition("/")[2]


def pin(page: Page, title: str) -> None:
    """From the second step of the form to the last, with a thumb."""
    page.get_by_role("radio", name="Een club").tap()
    page.get_by_role("button", name="Verder", exact=True).tap()
    page.get_by_label("Straat, buurt of adres").fill("Zoutsteeg")
    page.get_by_role("button", name="Verder", exact=True).tap()
    page.get_by_label("Hoe heet de club?").fill(title)
    page.get_by_role("button", name="Stuur het in", exact=True).tap()


def of_table(town: Server) -> list[tuple[Any, ...]]:
    """Host and number of suggestions that came in at each table."""
    engine = create_engine(town.database_url)
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT s.suggested_by, count(*) FROM suggestion AS s"
                " JOIN table_evening AS t ON t.id = s.table_id GROUP BY 1"
            )
        ).all()
    engine.dispose()
    return [tuple(row) for row in rows]


def test_two_telephones(host: Page, phone: BrowserContext, town: Server) -> None:
    """Samira opens the table, a neighbour points at the code and pins, and Samira takes it over."""
    path = open_table(host)
    code = host.get_by_role("img", name="QR-code met het adres hieronder").bounding_box()
    assert code is not None
    assert code["width"] >= 0.85 * 390, "the code fills the telephone"
    assert code["y"] + code["height"] <= 844, "and is seen without scrolling"

    neighbour = phone.new_page()
    neighbour.goto(path)
    expect(neighbour.get_by_role("heading", name="U zit aan tafel bij Samira")).to_be_visible()
    neighbour.get_by_role("main").get_by_role("link", name="Zet op de kaart").tap()
    pin(neighbour, "Soep van donderdag")
    expect(neighbour.get_by_text("Samira kijkt ernaar")).to_be_visible()
    assert path.rpartition("/")[2] not in neighbour.url

    host.get_by_role("link", name="Tel opnieuw").tap()
    expect(host.get_by_role("status").filter(has_text=re.compile("^Vanavond kwam"))).to_be_visible()
    host.get_by_role("link", name="Bekijk het", exact=True).tap()
    expect(host.get_by_role("heading", name="Soep van donderdag")).to_be_visible()
    expect(host.get_by_text("Aan tafel bij Samira, op")).to_be_visible()
    host.get_by_role("article", name="Soep van donderdag").get_by_role("button", name="Overnemen").first.tap()
    expect(host.get_by_text("Overgenomen:")).to_be_visible()
    assert ("Samira", 1) in of_table(town)


def test_sent_when_there_is_a_network_again(host: Page, phone: BrowserContext, town: Server) -> None:
    """What a neighbour pinned while the wifi was away comes in at the same table."""
    before = dict(of_table(town)).get("Samira", 0)
    path = open_table(host)
    neighbour = phone.new_page()
    neighbour.goto(path)
    neighbour.get_by_role("main").get_by_role("link", name="Zet op de kaart").tap()
    expect(neighbour.get_by_role("heading", name="Wat zet u op de kaart?")).to_be_visible()
    neighbour.wait_for_load_state("networkidle")
    neighbour.evaluate(KEPT, ["/pin", "/waiting"])
    phone.set_offline(True)
    pin(neighbour, "Breien zonder wifi")
    expect(neighbour.get_by_text("Breien zonder wifi").first).to_be_visible()
    phone.set_offline(False)
    neighbour.goto("/waiting")
    expect(neighbour.get_by_text("is verstuurd").first).to_be_visible(timeout=20_000)
    assert before + 1 == dict(of_table(town))["Samira"]


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_no_barriers(browser: Browser, town: Server, axe_script: Path, width: int, scheme: Any) -> None:
    """axe finds nothing on the pages of inviting and the table, by day or by night, and nothing scrolls sideways."""
    context = browser.new_context(
        base_url=town.url, locale="nl-NL", viewport={"width": width, "height": 800}, color_scheme=scheme,
        bypass_csp=True, has_touch=True,
    )  # fmt: skip
    page = context.new_page()

    def look() -> None:
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        page.add_script_tag(content=axe_script.read_text())
        assert page.evaluate(AXE) == [], page.url

    sign_in(page, town, Role.steward, name="Gerda")
    page.goto("/communities/neighbours/people")
    page.get_by_text("Wijzigen").first.tap()
    look()
    page.get_by_role("button", name="Nodig uit").tap()
    shown = page.get_by_text(re.compile("^http.*/invitations/"))
    expect(shown).to_be_visible()
    look()
    link = shown.inner_text()
    page.goto("/table")
    look()
    path = open_table(page)
    look()
    context.clear_cookies()
    for address in (link, "/invitations/nothing", "/invitations/open/nothing", path, "/pin", "/table/nothing"):
        page.goto(address)
        look()
    page.goto(link)
    page.get_by_label("Uw naam").fill("")
    page.get_by_role("button", name="Ja, ik doe mee").tap()
    expect(page.get_by_role("alert").filter(has_text="Een naam heeft")).to_be_visible()
    look()
    context.close()
