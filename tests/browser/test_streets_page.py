"""The streets page in a browser: the sentence is the question."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Server

pytestmark = pytest.mark.browser


def test_changing_the_sentence_changes_the_answer(page: Page) -> None:
    """Choosing another word in the sentence gives another table, title and address; back gives the first again."""
    page.goto("/streets")
    first = page.get_by_role("table").get_by_role("row").count()
    page.get_by_role("combobox", name="Initiatief").select_option("met een initiatief")
    expect(page.get_by_role("heading", level=1)).to_contain_text("met een initiatief")
    expect(page).to_have_url(re.compile("initiative=any"))
    expect(page.get_by_role("table").get_by_text("nog niet gevraagd")).to_have_count(0)
    assert page.get_by_role("table").get_by_role("row").count() != first
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("zonder initiatief")
    expect(page.get_by_role("table").get_by_text("nog niet gevraagd").first).to_be_visible()


def test_focus_stays_in_the_sentence(page: Page) -> None:
    """After a choice the keyboard is still where it was."""
    page.goto("/streets")
    page.get_by_role("combobox", name="Thema").select_option("groen")
    expect(page.get_by_role("heading", level=1)).to_contain_text("voor groen")
    expect(page.get_by_role("combobox", name="Thema")).to_be_focused()


def test_an_area_moves_the_map(page: Page) -> None:
    """Choosing a neighbourhood shows its streets only, and brings the map there."""
    page.goto("/streets")
    page.get_by_role("combobox", name="Gebied").select_option("Oude Veer")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Straten in Oude Veer")
    expect(page.get_by_role("columnheader", name="Buurt")).to_have_count(0)
    expect(page).to_have_url(re.compile("at="))


def test_a_column_sorts(page: Page) -> None:
    """A click on a column's name sorts by it and says so."""
    page.goto("/streets")
    page.get_by_role("link", name="Lengte").click()
    expect(page.get_by_role("columnheader", name="Lengte")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("link", name="Lengte").click()
    expect(page.get_by_role("columnheader", name="Lengte")).to_have_attribute("aria-sort", "descending")


def test_a_state_is_a_filter(page: Page) -> None:
    """A click on a total leaves the streets in that state, another click undoes it."""
    page.goto("/streets?initiative=all")
    page.get_by_role("link", name=re.compile("km deels gedragen")).click()
    expect(page.locator("tbody .vuurtoren-state").filter(has_not_text="deels gedragen")).to_have_count(0)
    page.get_by_role("link", name=re.compile("km deels gedragen")).click()
    expect(page.locator("tbody").get_by_text("nog niet gevraagd").first).to_be_visible()


def test_the_map_shows_states(page: Page) -> None:
    """The tiles are asked with the theme and the day of the sentence."""
    with page.expect_request(re.compile(r"/map-tiles/\d+/\d+/\d+\?on=20[\d-]+&theme=litter")):
        page.goto("/streets")
    with page.expect_request(re.compile(r"/map-tiles/\d+/\d+/\d+\?on=20[\d-]+&theme=any")):
        page.get_by_role("combobox", name="Thema").select_option("elk thema")


def test_a_street_in_the_table_can_be_found_on_the_map(page: Page) -> None:
    """With the keyboard: Enter on a street's name moves the map to it and tells what is known of it."""
    page.goto("/streets?initiative=all")
    page.get_by_role("button", name="Ankerhof").focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("region", name="Ankerhof")
    expect(panel).to_contain_text("nog niet gevraagd")
    expect(panel).to_contain_text(re.compile(r"\d+ meter lang"))
    expect(page).to_have_url(re.compile("at=16/"))
    page.get_by_role("button", name="Toon in de tabel").click()
    expect(page.get_by_role("row").filter(has_text="Ankerhof")).to_be_focused()


def test_another_day_can_be_typed(page: Page) -> None:
    """Besides the days offered, any day can be filled in."""
    page.goto("/streets")
    page.get_by_role("combobox", name="Datum").select_option("een andere dag")
    page.get_by_label("Andere dag").fill("2025-05-17")
    expect(page.get_by_role("heading", level=1)).to_contain_text("op 17 mei 2025")


def test_the_sentence_works_without_script(browser: Browser, server: Server) -> None:
    """Without script the sentence is a form with a button."""
    context = browser.new_context(base_url=server.url, locale="nl-NL", java_script_enabled=False)
    page = context.new_page()
    page.goto("/streets")
    page.get_by_role("combobox", name="Initiatief").select_option("met een initiatief")
    page.get_by_role("button", name="Toon").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("met een initiatief")
    expect(page.get_by_role("table").get_by_text("nog niet gevraagd")).to_have_count(0)
    context.close()


def test_the_other_view_says_where_a_neighbour_could_join_in(page: Page) -> None:
    """A click on its name shows the growth edge in the same page; another theme keeps it, and back gives the list."""
    page.goto("/streets")
    page.get_by_role("link", name="Waar een buur kan aanhaken").click()
    expect(page).to_have_url(re.compile("view=growth-edge"))
    expect(page.get_by_role("columnheader", name="Lopend naar een gedragen straat")).to_be_visible()
    page.get_by_role("combobox", name="Thema").select_option("groen")
    expect(page).to_have_url(re.compile("theme=greenery&view=growth-edge"))
    page.get_by_role("table").get_by_role("row").nth(1).get_by_role("button").click()
    expect(page.locator("#panel")).to_contain_text("een gedragen straat")
    page.get_by_role("link", name="Straten en hun stand").click()
    expect(page.get_by_role("columnheader", name="Laatste gesprek")).to_be_visible()
