"""Pinning in a browser: each kind by mouse, by keyboard, by touch and without script; drafts; actions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from assets.vocabulary import AssetKind, Role
from tests.browser.pinning import KINDS, Keys, Mouse, Plain, Thumb, Way, pin, stored, unlike
from tests.browser.waiting import until
from tests.conftest import Databases, Server, serving
from tests.signing_in import sign_in

pytestmark = pytest.mark.browser
NO_PHONE: dict[str, Any] = {"has_touch": False, "is_mobile": False}
#: Most taps and fields in which a meeting place is pinned (issue 4).
MOST_ACTIONS = 8


@pytest.fixture(scope="module")
def own_server(databases: Databases) -> Iterator[Server]:
    """The program on a sample of its own, for these tests add to it."""
    with serving(databases.clone("sample")) as running:
        yield running


def phone_of(browser: Browser, server: Server, *, role: Role | None = Role.builder, **more: Any) -> Page:
    """A phone, of a builder who signed in unless something else is said."""
    context = browser.new_context(base_url=server.url, locale="nl-NL", **{**Thumb.context, **more})
    page = context.new_page()
    if role is not None:
        sign_in(page, server, role)
    return page


@pytest.fixture
def phone(browser: Browser, own_server: Server) -> Iterator[Page]:
    """A builder's phone."""
    page = phone_of(browser, own_server)
    yield page
    page.context.close()


def test_a_meeting_place_in_eight_actions(phone: Page) -> None:
    """A place where people meet is on the map after seven: what, on, the map, on, its name, in own words, put.

    tap A place · tap Next · tap the map · tap Next · type the name · type a few words · tap Put on the map
    """
    thumb = Thumb(phone)
    phone.goto("/pin")
    thumb.press(phone.get_by_role("radio", name="Een plek"), "Een plek")
    thumb.forward()
    expect(phone.get_by_role("heading", name="Waar is het?")).to_be_focused()
    thumb.on_the_map()
    thumb.forward()
    thumb.type("Hoe heet de plek?", "Bankje bij de sluis")
    thumb.type("In eigen woorden", "Elke middag zit hier iemand.")
    thumb.forward("Zet op de kaart")
    expect(phone.get_by_role("heading", name="Het staat op de kaart")).to_be_visible()
    expect(phone.get_by_text("Bankje bij de sluis", exact=True)).to_be_visible()
    assert len(thumb.actions) <= MOST_ACTIONS, thumb.actions
    phone.get_by_role("link", name="Bekijk het op de kaart").tap()
    expect(phone.get_by_role("heading", name="Bankje bij de sluis")).to_be_visible()


@pytest.fixture(scope="module", params=[Mouse, Keys, Thumb, Plain], ids=lambda way: way.__name__.lower())
def way(request: pytest.FixtureRequest, browser: Browser, own_server: Server) -> Iterator[Way]:
    """A builder who works in one of the four ways, and pins each kind in the same browser."""
    page = phone_of(browser, own_server, **{**NO_PHONE, **request.param.context})
    yield request.param(page)
    page.context.close()


@pytest.mark.parametrize("kind", AssetKind)
def test_each_kind_in_each_way(way: Way, kind: AssetKind, own_server: Server) -> None:
    """What was pinned is stored as that kind, where it was put; of a person only the neighbourhood."""
    way.actions.clear()
    title = pin(way, kind)
    entry = stored(own_server, title, way)
    assert (entry.kind, entry.state) == (kind, "published")
    if kind is AssetKind.person:
        assert (entry.placement, entry.area, entry.at_label) == ("neighbourhood", way.area, True)
        assert entry.from_place > 50
        assert entry.gifts == [{"of": "hands", "what": "brood"}]
    elif kind is AssetKind.street_initiative:
        assert (entry.placement, entry.streets) == ("exact", way.street)
        assert entry.stretch_m == pytest.approx(entry.street_m, abs=1)
    else:
        assert (entry.placement, entry.area) == ("exact", way.area)
        assert (entry.from_street if KINDS[kind].where == "name" else entry.from_place) < 2
    if isinstance(way, Thumb):
        assert len(way.actions) <= MOST_ACTIONS, way.actions


def test_the_form_offers_the_kinds_that_are_tested(phone: Page) -> None:
    """Each kind of the first step is in the table of tests/browser/pinning.py, and no other."""
    phone.goto("/pin")
    offered = phone.get_by_role("group", name="Wat is het?").get_by_role("radio")
    expect(offered).to_have_count(len(KINDS))
    assert set(KINDS) == set(AssetKind)
    for kind in KINDS.values():
        expect(phone.get_by_role("radio", name=kind.choice)).to_have_count(1)


def test_a_person_by_thumb(phone: Page) -> None:
    """The page shows how the person will look and to whom; for everyone only when the text was read aloud."""
    thumb = Thumb(phone)
    phone.goto("/pin")
    thumb.press(phone.get_by_role("radio", name="Iemand met een talent"), "Iemand")
    thumb.forward()
    phone.get_by_label("Buurt", exact=True).select_option("BU99990101")
    expect(phone.get_by_role("status").filter(has_text="Anderen zien: in Oude Veer")).to_be_visible()
    thumb.forward()
    thumb.type("Hoe noemen buren deze persoon?", "Fatima")
    preview = phone.get_by_role("region", name="Zo ziet het eruit")
    expect(preview.get_by_text("Fatima")).to_be_visible()
    expect(preview.get_by_text("Alleen buurtbouwers zien dit.")).to_be_visible()
    thumb.press(phone.get_by_role("radio", name="iedereen"), "iedereen")
    expect(preview.get_by_text("Iedereen ziet dit.")).to_be_visible()
    thumb.type("Handen: wat kan iemand maken of doen?", "brood bakken")
    thumb.forward("Zet op de kaart")
    summary = phone.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link", name="Lees eerst de tekst voor")).to_be_visible()
    expect(phone.get_by_label("Handen: wat kan iemand maken of doen?")).to_have_value("brood bakken")
    thumb.press(phone.get_by_role("checkbox", name="Ik heb de tekst voorgelezen"), "voorgelezen")
    thumb.forward("Zet op de kaart")
    expect(phone.get_by_role("heading", name="Het staat op de kaart")).to_be_visible()
    # the script of the last page forgets the draft, a moment after its heading is there
    until(lambda: "Fatima" not in phone.evaluate("JSON.stringify([localStorage, sessionStorage])"))


def test_what_looks_the_same_is_offered(browser: Browser, own_server: Server) -> None:
    """A second one of the same name at the same place is offered the first, and is not forced."""
    page = phone_of(browser, own_server, **{**NO_PHONE, **Mouse.context})
    mouse, title = Mouse(page), f"Buurthuis {unlike()}"
    for words in ("Het staat op de kaart", "Bedoelt u dit?"):
        page.goto("/pin")
        mouse.choose("Een plek")
        mouse.forward()
        mouse.on_the_map()
        mouse.forward()
        mouse.type("Hoe heet de plek?", title)
        mouse.forward("Zet op de kaart")
        expect(page.get_by_role("heading", name=words)).to_be_visible()
    page.get_by_role("button", name="Nee, dit is iets anders").click()
    expect(page.get_by_role("heading", name="Het staat op de kaart")).to_be_visible()
    page.context.close()


def test_a_draft_survives_a_closed_tab(browser: Browser, own_server: Server) -> None:
    """What was typed is offered again in a new tab, and is gone from the device once it was sent."""
    page = phone_of(browser, own_server)
    context = page.context
    page.goto("/pin")
    thumb = Thumb(page)
    thumb.press(page.get_by_role("radio", name="Een verhaal"), "Een verhaal")
    thumb.forward()
    expect(page.get_by_role("heading", name="Waar is het?")).to_be_focused()
    thumb.on_the_map()
    thumb.forward()
    thumb.type("Hoe heet het verhaal?", "De ijsbaan")
    thumb.type("In eigen woorden", "In 1985.")
    page.close()

    page = context.new_page()
    page.goto("/pin")
    offer = page.get_by_role("heading", name="U was al begonnen: De ijsbaan")
    expect(offer).to_be_visible()
    page.get_by_role("radio", name="Een club").tap()  # something else first: the story stays, and the club is another
    page.get_by_role("button", name="Verder", exact=True).tap()
    expect(page.get_by_role("heading", name="Waar is het?")).to_be_visible()
    expect(offer).to_be_hidden()
    page.get_by_label("Straat, buurt of adres").fill("Perenstraat")
    page.goto("/pin")
    expect(page.get_by_role("heading", name="U was al begonnen: Een club")).to_be_visible()
    page.get_by_role("button", name="Gooi het weg").tap()
    expect(offer).to_be_visible()
    page.get_by_role("button", name="Ga daarmee verder").tap()
    expect(page.get_by_label("Hoe heet het verhaal?")).to_have_value("De ijsbaan")
    expect(page.get_by_label("In eigen woorden")).to_have_value("In 1985.")
    page.get_by_role("button", name="Zet op de kaart", exact=True).tap()
    expect(page.get_by_role("heading", name="Het staat op de kaart")).to_be_visible()
    page.wait_for_load_state("load")  # its script forgets what was sent
    page.goto("/pin")
    expect(page.get_by_role("heading", name="Wat zet u op de kaart?")).to_be_visible()
    expect(page.get_by_role("heading", name="U was al begonnen")).to_be_hidden()
    context.close()


def test_words_about_a_person_do_not_outlive_the_tab(browser: Browser, own_server: Server) -> None:
    """A phone is passed around: of a person nothing stays on it but in the tab that is open."""
    page = phone_of(browser, own_server)
    page.goto("/pin?kind=person")
    page.get_by_role("button", name="Verder", exact=True).tap()
    page.get_by_label("Buurt", exact=True).select_option("BU99990101")
    page.get_by_role("button", name="Verder", exact=True).tap()
    page.get_by_label("Hoe noemen buren deze persoon?").fill("Fatima")
    # the script keeps it while the field tells of it, so it is kept when filling in is done
    assert "Fatima" in page.evaluate("JSON.stringify(sessionStorage)")
    assert "Fatima" not in page.evaluate("JSON.stringify(localStorage)")
    page.reload()
    expect(page.get_by_role("heading", name="U was al begonnen: Fatima")).to_be_visible()
    context = page.context
    page.close()
    page = context.new_page()
    page.goto("/pin")
    expect(page.get_by_role("heading", name="Wat zet u op de kaart?")).to_be_visible()
    expect(page.get_by_role("heading", name="U was al begonnen")).to_be_hidden()
    context.close()


def test_without_script_and_with_the_back_button(browser: Browser, own_server: Server) -> None:
    """A visitor without script sends something in; back and "previous" keep what was typed, and no address does."""
    page = phone_of(browser, own_server, role=None, java_script_enabled=False)
    page.goto("/pin")
    page.get_by_role("radio", name="Een club").check()
    page.get_by_role("button", name="Verder", exact=True).click()
    page.get_by_label("Straat, buurt of adres").fill("Perenstraat")
    page.get_by_role("button", name="Zoek").click()
    page.get_by_role("radio", name="Perenstraat").first.check()
    page.get_by_role("button", name="Verder", exact=True).click()
    page.get_by_label("Hoe heet de club?").fill("Duivenclub")
    page.get_by_role("button", name="Vorige").click()
    expect(page.get_by_role("radio", name="Perenstraat").first).to_be_checked()
    page.get_by_role("button", name="Verder", exact=True).click()
    expect(page.get_by_label("Hoe heet de club?")).to_have_value("Duivenclub")
    page.go_back()
    expect(page.get_by_role("radio", name="Perenstraat").first).to_be_checked()
    page.go_forward()
    expect(page.get_by_label("Hoe heet de club?")).to_have_value("Duivenclub")
    assert page.url == f"{own_server.url}/pin"
    page.get_by_role("button", name="Stuur het in", exact=True).click()
    expect(page.get_by_role("heading", name="Dank u wel. Het is ingestuurd")).to_be_visible()
    page.get_by_role("link", name="Volg wat ermee gebeurt").click()
    expect(page.get_by_text("Duivenclub").first).to_be_visible()
    page.context.close()


def test_steps_are_in_the_history(phone: Page) -> None:
    """Going on without a choice says so; the back button of the phone goes a step back, and forward comes back."""
    phone.goto("/pin")
    phone.get_by_role("button", name="Verder", exact=True).tap()
    expect(phone.get_by_role("alert")).to_have_text("Kies wat het is.")
    phone.get_by_role("radio", name="Een plek").tap()
    phone.get_by_role("button", name="Verder", exact=True).tap()
    expect(phone.get_by_role("heading", name="Waar is het?")).to_be_visible()
    phone.go_back()
    expect(phone.get_by_role("heading", name="Wat zet u op de kaart?")).to_be_visible()
    expect(phone.get_by_role("radio", name="Een plek")).to_be_checked()
    phone.go_forward()
    expect(phone.get_by_role("heading", name="Waar is het?")).to_be_visible()
    phone.get_by_role("button", name="Vorige").tap()
    expect(phone.get_by_role("heading", name="Wat zet u op de kaart?")).to_be_visible()


def test_no_barriers_in_any_state(browser: Browser, own_server: Server, axe_script: Path) -> None:
    """axe finds nothing with faults, with look-alikes, on the last step and where two changed the same."""
    width = 320
    page = phone_of(
        browser, own_server, viewport={"width": width, "height": 800}, bypass_csp=True, has_touch=False,
        is_mobile=False, color_scheme="dark",
    )  # fmt: skip

    def checked(state: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state
        page.add_script_tag(content=axe_script.read_text())
        found = page.evaluate(
            "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map("
            "v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | ')))"
        )
        assert found == [], state

    page.goto("/pin?kind=person")
    page.get_by_role("button", name="Verder", exact=True).click()
    expect(page.get_by_role("heading", name="Waar is het?")).to_be_focused()
    checked("where, of a person")
    page.get_by_label("geen plek").check()
    page.get_by_role("button", name="Verder", exact=True).click()
    expect(page.get_by_role("heading", name="Vertel erover")).to_be_focused()
    checked("tell, of a person")
    page.get_by_label("In eigen woorden").fill("Bel 06 12345678")
    page.get_by_role("button", name="Zet op de kaart", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    checked("faults")
    page.get_by_label("Hoe noemen buren deze persoon?").fill("Omar")
    page.get_by_label("In eigen woorden").fill("Bakt brood.")
    page.get_by_role("button", name="Zet op de kaart", exact=True).click()
    expect(page.get_by_role("heading", name="Het is bewaard")).to_be_visible()
    checked("done")
    page.goto("/assets/2/edit")
    checked("change")
    other = page.context.new_page()
    for one, words in ((other, "Van hen."), (page, "Van mij.")):
        if one is other:
            one.goto("/assets/2/edit")
        one.get_by_label("In eigen woorden").fill(f"{words} {width}")
        one.get_by_role("button", name="Bewaar", exact=True).click()
        if one is other:  # only then is the second one late
            expect(other.get_by_role("heading", name="Het is gewijzigd")).to_be_visible()
    expect(page.get_by_role("heading", name="Iemand anders wijzigde dit ook")).to_be_visible()
    checked("two who changed the same")
    page.goto("/assets/2/retire")
    checked("off the map")
    page.context.close()
