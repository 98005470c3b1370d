"""Choosing where something is, on the map of the form: with a finger, a mouse and the keyboard alone."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from assets import street_choice
from tests.browser.pinning import said, take, the_map
from tests.browser.waiting import at_rest
from tests.conftest import Server

pytestmark = pytest.mark.browser

#: In the sample: a straight street of 197 m with corners.
STREET = "Smidsstraat"


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Page]:
    """A phone in someone's hand."""
    context = browser.new_context(
        base_url=server.url, locale="nl-NL", viewport={"width": 390, "height": 844}, has_touch=True,
        is_mobile=True,
    )  # fmt: skip
    yield context.new_page()
    context.close()


def opened(page: Page, kind: str) -> Page:
    """The second step of the form, with the map on it."""
    page.goto(f"/pin?kind={kind}")
    page.get_by_role("button", name="Verder", exact=True).click()
    expect(the_map(page)).to_be_visible()
    at_rest(page)
    return page


def find(page: Page, words: str) -> None:
    """Type in the search field and take the first that is found, without leaving the keyboard."""
    page.get_by_role("combobox", name=re.compile("straat|Straat")).press_sequentially(words)
    take(page, words)


def value(page: Page, name: str) -> str:
    """What a field of the form would send."""
    found: Any = page.evaluate("(name) => new FormData(document.getElementById('pin-form')).get(name)", name)
    return str(found)


def lines(page: Page) -> list[dict[str, Any]]:
    """The lines that the form would send."""
    found: list[str] = page.evaluate("() => new FormData(document.getElementById('pin-form')).getAll('line')")
    return [json.loads(one) for one in found]


def metres(line: dict[str, Any]) -> float:
    """How long a line in degrees is."""
    points = line["coordinates"]
    east = 111_195 * cos(radians(points[0][1]))
    return sum(hypot((b[0] - a[0]) * east, (b[1] - a[1]) * 111_195) for a, b in pairwise(points))


def centre(one: Locator) -> tuple[float, float]:
    """The middle of something on the screen."""
    box = one.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def along(page: Page, share: float) -> tuple[float, float]:
    """A place on the screen between the two handles, once the map has come to the street."""
    expect(page.get_by_role("slider")).to_have_count(2)
    at_rest(page)
    (x1, y1), (x2, y2) = (centre(handle) for handle in page.get_by_role("slider").all())
    return x1 + share * (x2 - x1), y1 + share * (y2 - y1)


def test_a_tap_puts_the_pin_and_arrow_keys_move_it(phone: Page) -> None:
    """The form then holds degrees, and the map says near which street; what was typed before is about another place."""
    page = opened(phone, "club")
    find(page, STREET)
    expect(page.get_by_role("img", name="De speld")).to_be_visible()
    at_rest(page)
    assert value(page, "found").startswith("street-")
    assert value(page, "longitude") == ""
    page.touchscreen.tap(*centre(the_map(page)))
    expect(said(page, "De speld staat")).to_be_visible()
    before = float(value(page, "longitude"))
    assert value(page, "found") == ""
    pin = page.get_by_role("img", name="De speld")
    pin.focus()
    pin.press("ArrowRight")
    assert float(value(page, "longitude")) > before
    page.get_by_role("button", name="Verder", exact=True).click()
    expect(page.get_by_role("heading", name="Vertel erover")).to_be_visible()


def test_without_a_finger_the_cross_and_a_button_put_the_pin(page: Page) -> None:
    """Arrow keys move the map under the cross, which is seen then; the button chooses what is under it."""
    opened(page, "meeting_place")
    the_map(page).focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Zet het hier").press("Enter")
    expect(said(page, "De speld staat")).to_be_visible()
    assert value(page, "latitude") != ""


def test_my_own_place_on_the_map(phone: Page) -> None:
    """'Hier ben ik' puts the pin; a device that says no is told kindly, and everything else still works."""
    page = opened(phone, "story")
    page.get_by_role("button", name="Hier ben ik").tap()
    expect(said(page, "Uw toestel zegt niet waar u bent")).to_be_visible()
    page.touchscreen.tap(*centre(the_map(page)))
    expect(said(page, "De speld staat")).to_be_visible()
    latitude, longitude = float(value(page, "latitude")), float(value(page, "longitude"))
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": latitude + 0.001, "longitude": longitude, "accuracy": 200})
    page.get_by_role("button", name="Hier ben ik").tap()
    expect(said(page, "ongeveer, op 200 m na")).to_be_visible()
    assert float(value(page, "latitude")) == pytest.approx(latitude + 0.001)


def test_the_ends_of_a_stretch_are_dragged_along_the_street(page: Page) -> None:
    """The whole street first; a handle that leaves the street stays on it, and the form gets the line."""
    opened(page, "street_initiative")
    find(page, STREET)
    expect(said(page, f"{STREET}: de hele straat")).to_be_visible()
    expect(page.get_by_role("radio", name="de hele straat")).to_be_checked()
    x, y = along(page, 0.75)
    first, last = page.get_by_role("slider").all()
    page.mouse.move(*centre(last))
    page.mouse.down()
    page.mouse.move(x, y, steps=5)
    page.mouse.move(x + 3, y - 9)
    page.mouse.up()
    expect(page.get_by_role("radio", name="zoals getekend op de kaart")).to_be_checked()
    expect(said(page, re.compile(rf"{STREET}: \d+ m, van"))).to_be_visible()
    (line,) = lines(page)
    told = int(str(re.findall(r"(\d+) m, van", said(page, " m, van ").inner_text())[0]))
    assert metres(line) == pytest.approx(told, abs=1)
    page.get_by_role("radio", name="de hele straat").check()
    expect(said(page, f"{STREET}: de hele straat")).to_be_visible()
    assert first.bounding_box() is not None


def test_two_taps_choose_a_stretch_without_dragging(phone: Page) -> None:
    """One end, then the other; a third tap moves the nearer one. Handles are large enough for a thumb."""
    page = opened(phone, "street_initiative")
    find(page, STREET)
    expect(page.get_by_role("slider")).to_have_count(2)
    for handle in page.get_by_role("slider").all():
        box = handle.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 43.9
        handle.tap(trial=True)  # nothing lies on it
    one, other, third = (along(page, share) for share in (0.3, 0.72, 0.55))
    page.touchscreen.tap(*one)
    expect(said(page, "Tik nu het andere eind aan")).to_be_visible()
    page.touchscreen.tap(*other)
    expect(said(page, " m, van ")).to_be_visible()
    longer = metres(lines(page)[0])
    page.touchscreen.tap(*third)
    expect(said(page, f"{round(longer)} m")).to_have_count(0)
    assert metres(lines(page)[0]) < longer


def test_a_tap_on_a_street_chooses_it(phone: Page) -> None:
    """Where the street was that has just been left out, a tap chooses it whole, or one that meets it there."""
    page = opened(phone, "street_initiative")
    find(page, STREET)
    (x, y), (west, north) = along(page, 0.5), centre(the_map(page))
    page.get_by_role("button", name=f"{STREET} weglaten").tap()
    expect(page.get_by_role("slider")).to_have_count(0)
    now = centre(the_map(page))
    for step in range(40):  # a finger is broader than a line, and the streets may still be on their way
        page.touchscreen.tap(now[0] + x - west + step % 5 * 6 - 12, now[1] + y - north + step // 5 % 4 * 6 - 9)
        page.wait_for_timeout(150)
        if page.get_by_role("slider").count():
            break
    expect(page.get_by_role("slider")).to_have_count(2)
    name = page.get_by_role("button", name=re.compile(" weglaten$")).inner_text().removesuffix(" weglaten")
    expect(said(page, f"{name}: de hele straat")).to_be_visible()


def test_with_the_keyboard_a_stretch_goes_from_corner_to_corner(page: Page) -> None:
    """Page Up and Page Down go to the next corner and the choice lists follow; arrows go ten metres."""
    opened(page, "street_initiative")
    find(page, STREET)
    expect(page.get_by_role("slider")).to_have_count(2)
    start = page.get_by_role("slider").first
    start.focus()
    start.press("PageUp")
    expect(page.get_by_role("radio", name="van de ene hoek tot de andere")).to_be_checked()
    chosen = page.get_by_role("combobox", name="van", exact=True)
    corner = chosen.get_by_role("option", selected=True).inner_text()
    expect(start).to_have_attribute("aria-valuetext", corner)
    before = int(start.get_attribute("aria-valuenow") or 0)
    start.press("ArrowRight")
    expect(page.get_by_role("radio", name="zoals getekend op de kaart")).to_be_checked()
    assert before + 10 == pytest.approx(int(start.get_attribute("aria-valuenow") or 0), abs=1)


def test_choice_lists_move_the_handles(page: Page) -> None:
    """The corners chosen from the lists light up on the map."""
    opened(page, "street_initiative")
    find(page, STREET)
    expect(page.get_by_role("slider")).to_have_count(2)
    at_rest(page)
    first = page.get_by_role("combobox", name="van", exact=True)
    before = centre(page.get_by_role("slider").first)
    first.select_option(index=1)
    expect(page.get_by_role("radio", name="van de ene hoek tot de andere")).to_be_checked()
    expect(said(page, first.get_by_role("option", selected=True).inner_text())).to_be_visible()
    assert centre(page.get_by_role("slider").first) != before


def test_several_streets_and_one_left_out(page: Page, axe_script: Path) -> None:
    """Each typed street has its fields and two handles, for everyone to use; left out, its line goes away."""
    opened(page, "street_initiative")
    find(page, STREET)
    expect(page.get_by_role("group", name=STREET)).to_be_visible()
    find(page, "Kerkplein")
    expect(page.get_by_role("group", name="Kerkplein")).to_be_visible()
    expect(page.get_by_role("slider")).to_have_count(4)
    page.evaluate(axe_script.read_text(encoding="utf-8"))
    assert [] == page.evaluate("async () => (await axe.run()).violations.map((one) => one.id)")
    page.get_by_role("button", name=f"{STREET} weglaten").click()
    expect(page.get_by_role("group", name=STREET)).to_have_count(0)
    expect(page.get_by_role("slider")).to_have_count(2)
    page.get_by_role("button", name="Verder", exact=True).click()
    expect(page.get_by_role("heading", name="Vertel erover")).to_be_visible()


def test_the_way_along_every_street_is_that_of_the_server(page: Page, server: Server) -> None:
    """Squares, side arms, two carriageways: as far from the first corner to the last as assets/street_way.py says."""
    engine = create_engine(server.database_url)
    with Session(engine) as session:
        ids = session.scalars(text("SELECT id FROM street ORDER BY id")).all()
        ways = {}
        for street_id in ids:
            street = street_choice.street_line(session, street_id)
            ends = [street.at(corner.node) for corner in street.corners]
            way = street.between(ends[0], ends[-1]) if len(ends) > 1 else None
            ways[str(street_id)] = round(way.length) if way is not None else 0
    engine.dispose()
    assert len(ways) > 60
    page.goto("/pin")
    told = page.evaluate(
        """async (ids) => {
          const { Street } = await import("vuurtoren/place-street");
          const ways = {};
          for (const id of ids) {
            const street = new Street(await (await fetch(`/pin/streets/${id}`)).json());
            const ends = street.corners.map(({ node }) => street.at(node));
            ways[id] = ends.length > 1 ? street.between(ends[0], ends.at(-1)).metres : 0;
          }
          return ways;
        }""",
        list(ways),
    )
    # degrees on a sphere against metres of the map: within one per cent
    assert ways == {key: pytest.approx(metres, rel=0.01, abs=1) for key, metres in told.items()}


def test_a_person_is_a_neighbourhood_and_their_place_leaves_no_trace(phone: Page) -> None:
    """Where they are is asked in the body of a request, and stands in no field, no address and no other request."""
    requests: list[Request] = []
    page = opened(phone, "club")
    page.touchscreen.tap(*centre(the_map(page)))
    expect(said(page, "De speld staat")).to_be_visible()
    here = {"latitude": float(value(page, "latitude")), "longitude": float(value(page, "longitude"))}
    page.get_by_role("button", name="Vorige").click()
    page.get_by_role("radio", name=re.compile("Iemand met een talent")).check()
    page.get_by_role("button", name="Verder", exact=True).click()
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": here["latitude"], "longitude": here["longitude"]})
    page.on("request", lambda one: requests.append(one))
    page.get_by_role("button", name="Hier ben ik").tap()
    expect(page.get_by_role("status").filter(has_text="Anderen zien: in ")).to_be_visible()
    assert value(page, "area").startswith("BU")
    assert value(page, "longitude") == value(page, "latitude") == ""
    expect(page.get_by_role("img", name="De speld")).to_have_count(0)
    place = f"{here['longitude']:.4f}"
    asked = [one.url for one in requests if one.method == "POST" and place in (one.post_data or "")]
    assert [one.rsplit("/", 1)[-1] for one in asked] == ["here"]
    assert not any(place in one.url for one in requests)
