"""In a browser: the policy holds, nothing of others is loaded, nothing hostile runs, and everyone can use it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, text

from assets.vocabulary import Role
from tests.browser.waiting import until
from tests.conftest import Server, run_program, serving
from tests.signing_in import sign_in

pytestmark = pytest.mark.browser

#: Pages for who works for the municipality.
FOR_ANALYSTS = (
    "/plan",
    "/plan?area=GM9999&hours=40&minimum=0.1",
    "/plan?area=BU99990101&hours=1&minimum=0.1&since=",
    "/plan?area=BU99990101&hours=veel&on=gisteren",
    "/streets?initiative=any&theme=any",
)
#: Pages for who guards a community.
FOR_STEWARDS = (
    "/communities/neighbours/sharing",
    "/communities/neighbours?lang=nl",
    "/communities/neighbours/history",
    "/communities/neighbours/leave",
)
#: Pages for who runs the map.
FOR_ADMINS = ("/admin", "/admin/accounts?q=test", "/admin/accounts/1", "/admin/communities", "/me/tokens")
PAGES = [
    "/",
    "/?asset=1",
    "/?q=nothingatall",
    "/streets",
    "/streets?initiative=all&area=BU99990101",
    "/streets?view=growth-edge",
    "/streets?view=growth-edge&area=BU99990101&on=1950-01-01",
    "/meeting-places?area=GM9999",
    "/meeting-places?area=BU99990101&on=1950-01-01",
    "/lookups",
    "/lookups?area=BU99990101&what=person",
    "/energy",
    "/energy?area=BU99990101&view=night&unfold=area",
    "/energy?area=BU99990101&view=day&month=2026-03",
    "/assets",
    "/assets/1",
    "/assets/1/suggest",
    "/assets/1/suggest?about=report",
    "/suggestions/nothing",
    "/timeline?area=BU99990101",
    "/areas/BU99990101",
    "/areas/GM9999?on=1950-01-01",
    "/embed?area=BU99990101",
    "/embed?area=nowhere",
    "/pin",
    "/pin?kind=person",
    "/assets/1/edit",
    "/areas/BU99990101/notices",
    "/notices/stop/unknown",
    "/mails/stop/unknown",
    "/about",
    "/communities",
    "/communities/sample",
    "/privacy",
    "/accessibility",
    "/waiting",
    "/sign-in",
    "/sign-in/unknown",
    "/nowhere",
    *FOR_ANALYSTS,
    *FOR_ADMINS,
    *FOR_STEWARDS,
]
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "${alert(1)}{{7*7}}",
    "\u202eneewtaht \u2066x",
    '"><svg onload=alert(1)>',
    "'-alert(1)-'",
]

#: What can be tapped, links inside a text excepted, and is lower than 44 px.
SMALL_TARGETS = """
[...document.querySelectorAll("a, button, select, .vuurtoren-pill, input:not([type=hidden], [type=checkbox])")]
  .filter((one) => one.type !== "radio") // its label is what is tapped
  .filter((one) => one.checkVisibility() && !one.closest("p, .utrecht-skip-link, .utrecht-table thead"))
  .filter((one) => one.getBoundingClientRect().height < 43.5)
  .map((one) => one.outerHTML.slice(0, 100))
"""
#: Whether some canvas holds a picture of several colours.
SOMETHING_DRAWN = """
[...document.querySelectorAll("canvas")].some((canvas) => canvas.width
  && new Set(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data).size > 20)
"""


def sign_in_for(page: Page, server: Server, path: str) -> None:
    """Sign the browser in as who a page is for; as nobody when it is for everyone."""
    for paths, role in ((FOR_ANALYSTS, Role.analyst), (FOR_ADMINS, Role.admin), (FOR_STEWARDS, Role.steward)):
        if path in paths:
            sign_in(page, server, role)


def watched(page: Page) -> tuple[list[str], list[str]]:
    """What the page complains about and which hosts it asks, gathered from now on."""
    complaints: list[str] = []
    hosts: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: hosts.append(request.url))
    return complaints, hosts


@pytest.mark.parametrize("path", PAGES)
def test_the_policy_holds_and_no_barriers_by_day(page: Page, server: Server, axe_script: Path, path: str) -> None:
    """No page breaks its own policy or logs an error, each request goes to the service itself; then axe, when wide."""
    sign_in_for(page, server, path)
    complaints, addresses = watched(page)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert [one for one in complaints if "404" not in one and "400 (Bad Request)" not in one] == []
    assert [one for one in addresses if not one.startswith((server.url, "data:", "blob:"))] == []
    assert page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")
    look_for_barriers(page, axe_script, 1280)


@pytest.mark.parametrize("path", PAGES)
def test_no_barriers_by_night(browser: Browser, server: Server, axe_script: Path, path: str) -> None:
    """The same for axe at 320 px on a dark screen."""
    context = browser.new_context(
        base_url=server.url, locale="nl-NL", viewport={"width": 320, "height": 800}, color_scheme="dark"
    )
    page = context.new_page()
    sign_in_for(page, server, path)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    look_for_barriers(page, axe_script, 320)
    context.close()


def look_for_barriers(page: Page, axe_script: Path, width: int) -> None:
    """Axe finds no violation, and nothing scrolls sideways."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # evaluated, not added to the page, whose policy would refuse it
    found = page.evaluate(
        axe_script.read_text()
        + ";axe.run(document, {resultTypes: ['violations']})"
        + ".then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 90)).join(' | ')))"
    )
    assert found == []


def test_targets_on_a_phone_are_large(browser: Browser, server: Server) -> None:
    """On touch screens what can be tapped is at least 44 px high, links inside a text excepted."""
    context = browser.new_context(
        base_url=server.url, locale="nl-NL", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    for path in (
        "/",
        "/streets",
        "/streets?view=growth-edge",
        "/energy",
        "/assets",
        "/assets/1",
        "/areas/BU99990101",
        "/timeline",
        "/communities",
        "/communities/sample",
        "/privacy",
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate(SMALL_TARGETS) == [], path
    context.close()


@pytest.fixture
def hostile_server(own_sample_url: str) -> Iterator[Server]:
    """The program on a map in which every text is hostile, put there past every check."""
    engine = create_engine(own_sample_url)
    with engine.begin() as connection:
        for number, words in enumerate(HOSTILE):
            connection.execute(
                text(
                    "UPDATE asset SET title = :words, description = :words, rhythm = :words,"
                    " gifts = jsonb_build_array(jsonb_build_object('of', 'hands', 'what', CAST(:words AS text)))"
                    " WHERE id % :all = :number"
                ),
                {"words": words, "number": number, "all": len(HOSTILE)},
            )
        connection.execute(text("UPDATE area SET name = :words WHERE kind = 'neighbourhood'"), {"words": HOSTILE[0]})
        connection.execute(text("UPDATE street_part SET name = :words"), {"words": HOSTILE[1]})
        connection.execute(text("UPDATE street SET name = :words || id"), {"words": HOSTILE[1]})
    engine.dispose()
    with serving(own_sample_url) as running:
        yield running


def test_hostile_texts_stay_text(browser: Browser, hostile_server: Server, tmp_path: Path) -> None:
    """Texts with script in them are shown as they stand: in list, panel, table, page and saved map."""
    context = browser.new_context(base_url=hostile_server.url, locale="nl-NL", viewport={"width": 1280, "height": 800})
    page = context.new_page()
    sign_in(page, hostile_server, Role.analyst)
    complaints, _ = watched(page)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    for words in HOSTILE:
        row = page.locator(".vuurtoren-row__link").filter(has_text=words).first
        row.click()
        expect(page.locator("#panel h2")).to_have_text(words)
    for path in (
        "/streets", "/assets", "/assets/1", "/assets/1/suggest", "/assets/2", "/assets/3", f"/?q={HOSTILE[0]}",
        "/areas/BU99990101",
        "/areas/GM9999", "/energy", "/energy?area=GM9999&unfold=area", "/streets?view=growth-edge",
        "/embed", "/timeline?area=GM9999", "/plan?area=GM9999&hours=40", "/lookups", "/meeting-places?area=GM9999",
    ):  # fmt: skip
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.locator("img[src=x], svg[onload]").count() == 0
    for look in ("public", "room", "energy", "timeline"):
        out = tmp_path / f"{look}.html"
        done = run_program(
            "map", look, "--area", "GM9999", "--out", str(out), VUURTOREN_DATABASE_URL=hostile_server.database_url,
            VUURTOREN_SECRET="a-secret-for-tests-only-0123456789",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        page.goto(out.as_uri())
        page.wait_for_timeout(600)
        assert page.locator("img[src=x], svg[onload]").count() == 0
    assert complaints == []
    context.close()


def test_a_saved_map_works_from_disk(browser: Browser, server: Server, tmp_path: Path) -> None:
    """A saved map opens from disk without any request: its list, filter and panel work."""
    out = tmp_path / "map.html"
    done = run_program(
        "map", "public", "--area", "BU99990101", "--out", str(out), VUURTOREN_DATABASE_URL=server.database_url,
        VUURTOREN_SECRET="a-secret-for-tests-only-0123456789",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    context = browser.new_context(locale="nl-NL", viewport={"width": 1280, "height": 800}, offline=True)
    page = context.new_page()
    complaints, addresses = watched(page)
    page.goto(out.as_uri())
    page.get_by_role("checkbox", name="Clubs").check(force=True)
    expect(page.locator('[data-kind]:not([data-kind="club"]):visible')).to_have_count(0)
    page.locator(".vuurtoren-row__link:visible").first.click()
    expect(page.locator("#panel h2")).to_be_visible()
    until(lambda: bool(page.evaluate(SOMETHING_DRAWN)))
    assert complaints == []
    assert [one for one in addresses if not one.startswith(("file:", "data:"))] == []
    context.close()
