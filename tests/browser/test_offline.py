"""Without a network: pages open, what is filled in waits, and it is sent once when there is a network again."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from assets import inventory
from assets.drafts import AssetDraft
from assets.permissions import Viewer
from assets.vocabulary import Role
from tests.browser.pinning import KINDS, unlike
from tests.browser.test_safe_and_accessible import SOMETHING_DRAWN
from tests.conftest import Databases, Server, serving
from tests.signing_in import sign_in

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"locale": "nl-NL", "viewport": {"width": 390, "height": 844}, "has_touch": True}
#: Looks again and again whether something is so, for at most 15 seconds. (A page's own policy forbids what Playwright's
#: `wait_for_function` does with a text.)
UNTIL = """
  const until = async (what) => {
    for (let times = 0; times < 600; times += 1) {
      const found = await what();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`never so: ${what}`);
  };
"""
#: The paths of the kept pages, once these are among them and the worker looks after this page.
KEPT = f"""async (paths) => {{ {UNTIL}
  return until(async () => {{
    const kept = (await (await caches.open("pages")).keys()).map((one) => new URL(one.url).pathname);
    return navigator.serviceWorker.controller && paths.every((path) => kept.includes(path)) && kept;
  }});
}}"""
DRAWN = f"async () => {{ {UNTIL} await until(() => {SOMETHING_DRAWN.strip()}); }}"
TILES = f"async () => {{ {UNTIL} await until(async () => (await (await caches.open('tiles')).keys()).length); }}"
#: All tiles that this page asked for are kept, and there are some.
ALL_TILES = f"""async () => {{ {UNTIL}
  await until(async () => {{
    const kept = new Set((await (await caches.open("tiles")).keys()).map((one) => one.url));
    const asked = performance.getEntriesByType("resource").map((one) => one.name);
    const tiles = asked.filter((one) => one.includes("/map-tiles/"));
    return tiles.length && tiles.every((one) => kept.has(one));
  }});
}}"""
FORGOTTEN = f"""async () => {{ {UNTIL}
  await until(async () => !(await (await caches.open("pages")).match("/conversations")));
}}"""
ITEMS = """async () => new Promise((resolve) => {
  const asked = indexedDB.open("vuurtoren-waiting");
  asked.onsuccess = () => {
    const found = asked.result.transaction("items").objectStore("items").getAll();
    found.onsuccess = () => { resolve(found.result); asked.result.close(); };
  };
})"""


@pytest.fixture(scope="module")
def town(databases: Databases) -> Iterator[Server]:
    """The program on a sample of its own: these tests write."""
    with serving(databases.clone("sample")) as running:
        yield running


@pytest.fixture
def phone(browser: Browser, town: Server) -> Iterator[BrowserContext]:
    """A telephone that nobody is signed in on."""
    context = browser.new_context(base_url=town.url, **PHONE)
    yield context
    context.close()


@pytest.fixture
def begun(phone: BrowserContext, town: Server) -> Callable[..., Page]:
    """A function: name of a builder, or nothing → a page that was seen with a network, and has none from now on.

    `seen` is the address of a map that was seen last.
    """

    def begin(builder: str | None = None, *, seen: str | None = None) -> Page:
        page = phone.new_page()
        paths = ["/", "/pin", "/waiting", "/offline"]
        if builder is not None:
            sign_in(page, town, Role.builder, name=builder)
            paths.append("/conversations")
        page.goto(paths[-1] if builder else "/pin")
        page.wait_for_load_state("networkidle")
        page.evaluate(KEPT, paths)
        if builder:
            page.evaluate(TILES)
        if seen:
            page.goto(seen)
            page.evaluate(DRAWN)
            page.evaluate(ALL_TILES)
        phone.set_offline(True)
        return page

    return begin


def stored(town: Server, question: str, **values: Any) -> list[Any]:
    """Rows of the database behind the program."""
    engine = create_engine(town.database_url)
    with engine.connect() as connection:
        rows = connection.execute(text(question), values).all()
    engine.dispose()
    return list(rows)


def titled(town: Server, title: str) -> int:
    """How many entries have this title."""
    return int(stored(town, "SELECT count(*) FROM asset WHERE title = :title", title=title)[0][0])


def another_pinned(town: Server, title: str) -> None:
    """A club in Zoutsteeg that another builder put on the map."""
    (where,) = stored(
        town,
        "SELECT ST_X(place), ST_Y(place) FROM (SELECT ST_Transform(ST_PointOnSurface(ST_Union(geom)), 4326) AS place"
        " FROM street_part WHERE name = 'Zoutsteeg') AS middle",
    )
    place = {"geometry": {"type": "Point", "coordinates": list(where)}}
    draft = AssetDraft.model_validate({"kind": "club", "title": title, "themes": ["meeting"], "place": place})
    engine = create_engine(town.database_url)
    with Session(engine) as session, session.begin():
        inventory.add(session, draft, by=Viewer("Samira", Role.builder))
    engine.dispose()


def pin(page: Page, title: str, *, kind: str = "Een club") -> None:
    """Fill in the form for something in Zoutsteeg, and press the last button."""
    page.goto("/pin")
    page.get_by_role("radio", name=kind).check()
    page.get_by_role("button", name="Verder", exact=True).click()
    page.get_by_role("combobox", name=re.compile("traat")).fill("Zoutsteeg")
    page.get_by_role("button", name="Verder", exact=True).click()
    (label,) = [one.label for one in KINDS.values() if one.choice == kind]
    page.get_by_label(label).fill(title)
    page.get_by_role("button", name=re.compile("^(Zet op de kaart|Stuur het in)$")).click()


#: How the form of a conversation asks for what a test calls so.
LABELS = {"note": "Eén regel", "neighbours": "Met hoeveel buren?"}


def talk(page: Page, **fields: str) -> None:
    """Log a conversation in Zoutsteeg."""
    page.goto("/conversations")
    page.get_by_label("Naam van de straat").fill("Zoutsteeg")
    for label, value in fields.items():
        page.get_by_label(LABELS[label]).fill(value)
    page.get_by_role("button", name="Vastleggen").click()


def test_pages_open(begun: Callable[..., Page]) -> None:
    """The map, both forms and the list of what waits open and say how old they are; the map has its last tiles."""
    place = "/?at=15/52.5323/5.3136"
    page = begun("Open", seen=place)
    page.goto("/conversations?where=1/#log")
    expect(page.get_by_role("heading", name="Gesprek vastleggen")).to_be_visible()
    expect(page.get_by_text("U ziet deze pagina zoals die was")).to_be_visible()
    page.evaluate(DRAWN)
    page.goto(place)
    expect(page.get_by_role("region", name="Kaart van de buurt")).to_be_visible()
    page.evaluate(DRAWN)
    page.goto("/pin?kind=club")
    expect(page.get_by_role("heading", name="Wat zet u op de kaart?")).to_be_visible()
    page.goto("/moderation")
    expect(page.get_by_role("heading", name="Er is nu geen verbinding")).to_be_visible()
    page.goto("/energy")
    page.get_by_role("link", name="zien wat er op dit toestel wacht").click()
    expect(page.get_by_text("Er wacht niets.")).to_be_visible()


def test_a_pin_waits_and_is_sent_once(begun: Callable[..., Page], phone: BrowserContext, town: Server) -> None:
    """It survives that the tab is closed; with two tabs open when the network is back, one entry comes of it."""
    page = begun("Zender")
    pin(page, "Breiclub Zonder Net")
    expect(page.get_by_role("heading", name="Breiclub Zonder Net")).to_be_visible()
    expect(page.get_by_text("wacht op verbinding")).to_be_visible()
    page.close()

    first, second = phone.new_page(), phone.new_page()
    first.goto("/waiting")
    second.goto("/conversations")
    expect(second.get_by_role("link", name="1 wacht op verzending")).to_be_visible()
    expect(first.get_by_role("heading", name="Breiclub Zonder Net")).to_be_visible()
    assert titled(town, "Breiclub Zonder Net") == 0
    phone.set_offline(False)
    expect(first.get_by_text("is verstuurd", exact=True)).to_be_visible()
    expect(second.get_by_role("link", name="wacht op verzending")).to_be_hidden()
    assert titled(town, "Breiclub Zonder Net") == 1
    assert [item["fields"] for item in first.evaluate(ITEMS)] == [[]]
    first.get_by_role("link", name="Bekijken").click()
    expect(first.get_by_role("heading", name="Breiclub Zonder Net")).to_be_visible()


def test_a_lost_answer_makes_no_second_entry(begun: Callable[..., Page], phone: BrowserContext, town: Server) -> None:
    """The answer to what was sent is lost on the way: it is sent again, and the key makes one entry of it."""
    # the page sends it, and not the worker, whose line cannot be broken from here
    phone.add_init_script("delete ServiceWorkerRegistration.prototype.sync")
    page = begun("Verloren")
    pin(page, "Soep Van Eén Keer")
    expect(page.get_by_text("wacht op verbinding")).to_be_visible()
    lost: list[int] = []

    def lose(route: Any) -> None:
        """Let the server do its work, and break the line before the answer comes; once."""
        if route.request.method != "POST" or lost:
            route.fallback()
            return
        lost.append(0)
        lost[0] = route.fetch(max_redirects=0).status
        route.abort()

    phone.route("**/pin", lose)
    with page.expect_event("requestfailed", lambda request: request.method == "POST"):
        phone.set_offline(False)
    expect(page.get_by_text("wacht op verbinding")).to_be_visible()
    assert (lost, titled(town, "Soep Van Eén Keer")) == ([303], 1)
    page.reload()
    expect(page.get_by_text("is verstuurd", exact=True)).to_be_visible()
    assert titled(town, "Soep Van Eén Keer") == 1


def test_the_network_is_back_during_an_attempt(begun: Callable[..., Page], phone: BrowserContext, town: Server) -> None:
    """While one attempt is still failing the network comes back: there is another at once, and not after a minute."""
    phone.add_init_script("delete ServiceWorkerRegistration.prototype.sync")
    page = begun("Ongeduld")
    held: list[Any] = []

    def hold(route: Any) -> None:
        """Keep the first question of the list waiting; let the others go."""
        if held or not page.url.endswith("/waiting"):
            route.fallback()
        else:
            held.append(route)

    phone.route("**/form-token", hold)
    with page.expect_request(lambda request: request.url.endswith("/form-token") and page.url.endswith("/waiting")):
        pin(page, "Soep Van Ongeduld")
    expect(page.get_by_text("wacht op verbinding")).to_be_visible()
    phone.set_offline(False)
    held[0].abort()
    expect(page.get_by_text("is verstuurd", exact=True)).to_be_visible()
    assert titled(town, "Soep Van Ongeduld") == 1


def test_a_refusal_stays_with_its_reason(begun: Callable[..., Page], phone: BrowserContext, town: Server) -> None:
    """What the server refuses is told beside it; it can be opened, changed, and is then sent."""
    page = begun("Weigering")
    talk(page, note="Zoutsteeg 3 wil wel", neighbours="4")
    expect(page.get_by_text("wacht op verbinding")).to_be_visible()
    phone.set_offline(False)
    expect(page.get_by_text("kon niet worden opgeslagen")).to_be_visible()
    expect(page.get_by_text("In deze regel staat een huisnummer")).to_be_visible()
    expect(page.get_by_role("link", name="Kijk nog even naar 1 die wacht")).to_be_visible()

    page.get_by_role("link", name="Openen en wijzigen").click()
    expect(page.get_by_label(LABELS["note"])).to_have_value("Zoutsteeg 3 wil wel")
    expect(page.get_by_label(LABELS["neighbours"])).to_have_value("4")
    page.get_by_label(LABELS["note"]).fill("De steeg wil wel")
    page.get_by_role("button", name="Vastleggen").click()
    expect(page.get_by_text("is verstuurd", exact=True)).to_be_visible()
    found = stored(town, "SELECT neighbours, recorded_by FROM conversation WHERE note = 'De steeg wil wel'")
    assert [(4, "Weigering")] == [tuple(row) for row in found]


def test_what_is_there_already_is_looked_at_first(
    begun: Callable[..., Page], phone: BrowserContext, town: Server
) -> None:
    """What looks like an entry that was there already waits for a person: it is another thing, and is sent once."""
    title = f"Koor {unlike()}"
    another_pinned(town, title)
    page = begun("Dubbel")
    pin(page, title)
    expect(page.get_by_text("wacht op verbinding")).to_be_visible()
    phone.set_offline(False)
    expect(page.get_by_text("kijk hier nog even naar", exact=True)).to_be_visible()
    expect(page.get_by_text("Op de kaart staat al iets dat erop lijkt")).to_be_visible()
    expect(page.get_by_role("listitem").get_by_role("listitem").filter(has_text=title)).to_have_count(1)
    assert titled(town, title) == 1
    page.get_by_role("button", name="Het is iets anders: versturen").click()
    expect(page.get_by_text("is verstuurd", exact=True)).to_be_visible()
    assert titled(town, title) == 2


def test_thrown_away(begun: Callable[..., Page], phone: BrowserContext, town: Server) -> None:
    """What waits can be thrown away, after one question, and is never sent. Of a person the list shows only that."""
    page = begun("Weg")
    pin(page, "Jan Kan Fietsen Maken", kind="Iemand met een talent")
    expect(page.get_by_role("heading", name="bewoner met talent")).to_be_visible()
    expect(page.get_by_text("Jan Kan")).to_have_count(0)
    page.get_by_role("button", name="Weggooien").click()
    page.get_by_role("button", name="Ja, weggooien").click()
    expect(page.get_by_text("Er wacht niets.")).to_be_visible()
    phone.set_offline(False)
    page.reload()
    expect(page.get_by_text("Er wacht niets.")).to_be_visible()
    assert titled(town, "Jan Kan Fietsen Maken") == 0


def test_signed_out_meanwhile(begun: Callable[..., Page], phone: BrowserContext, town: Server) -> None:
    """What a builder filled in waits for that builder: not sent as a visitor, not shown to another, sent later."""
    page = begun("Samira Twee")
    talk(page, note="Van Samira zelf")
    expect(page.get_by_text("wacht op verbinding")).to_be_visible()
    phone.clear_cookies()
    phone.set_offline(False)
    page.reload()
    expect(page.get_by_text("U bent afgemeld. Meld u weer aan")).to_be_visible()
    expect(page.get_by_text("Er wacht niets.")).to_be_hidden()
    sign_in(page, town, Role.builder, name="Een Ander")
    page.reload()
    expect(page.get_by_text("Op dit toestel wacht er 1 van een ander account.")).to_be_visible()
    assert [] == stored(town, "SELECT id FROM conversation WHERE note = 'Van Samira zelf'")
    sign_in(page, town, Role.builder, name="Samira Twee")
    page.reload()
    expect(page.get_by_text("is verstuurd", exact=True)).to_be_visible()
    found = stored(town, "SELECT recorded_by FROM conversation WHERE note = 'Van Samira zelf'")
    assert ["Samira Twee"] == [row[0] for row in found]


def test_signing_out_asks_and_clears(begun: Callable[..., Page], phone: BrowserContext) -> None:
    """With something that waits, signing out asks first; afterwards no page of a builder is kept on the device."""
    page = begun("Afmelder")
    talk(page)
    expect(page.get_by_text("wacht op verbinding")).to_be_visible()
    kept = page.evaluate(KEPT, ["/conversations"])
    assert not {"/me", "/moderation"} & set(kept)
    phone.route("**/form-token", lambda route: route.abort())  # the network is back, and nothing is sent yet
    phone.set_offline(False)
    page.goto("/me")
    page.get_by_role("button", name="Afmelden", exact=True).click()
    dialog = page.get_by_role("dialog", name="Er wacht nog iets van u op verzending")
    dialog.get_by_role("button", name="Aangemeld blijven").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Afmelden", exact=True).click()
    dialog.get_by_role("button", name="Afmelden en weggooien").click()
    page.wait_for_url("**/sign-in*")
    assert [] == page.evaluate(ITEMS)
    page.evaluate(FORGOTTEN)
    phone.set_offline(True)
    page.goto("/conversations")
    expect(page.get_by_role("heading", name="Er is nu geen verbinding")).to_be_visible()


def test_a_visitor_gets_the_private_link(begun: Callable[..., Page], phone: BrowserContext) -> None:
    """A visitor's entry is a suggestion when it is sent, and the list holds the link to follow it."""
    page = begun()
    pin(page, "Ruilkast Van Een Bezoeker", kind="Iets te ruilen")
    expect(page.get_by_text("wacht op verbinding")).to_be_visible()
    phone.set_offline(False)
    expect(page.get_by_text("is verstuurd", exact=True)).to_be_visible()
    assert "/suggestions/" in (page.get_by_role("link", name="Bekijken").get_attribute("href") or "")
