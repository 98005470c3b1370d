"""`/about`, `/privacy` and `/accessibility`: in plain words, and true."""

import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app import cookies, i18n
from app.pages import about

APP = Path(__file__).parents[2] / "app"
HTML = {"Accept": "text/html", "Accept-Language": "nl"}
PAGES = ("/about", "/privacy", "/accessibility")
#: Words of more signs than this make a page hard to read; these are said where there is no other word.
LONG, KNOWN_LONG = 22, {"toegankelijkheidsverklaring", "persoonsgegevens"}


def words(client: TestClient, path: str, **headers: str) -> str:
    """What stands on a page, without its frame and its markup."""
    answer = client.get(path, headers={**HTML, **headers})
    assert answer.status_code == 200
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)[0]  # type: ignore[index]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).replace("\u00ad", "").split())


def test_every_cookie_is_told(sample_client: TestClient) -> None:
    """The page names each cookie with its term, and no module sets one that it does not know."""
    told = words(sample_client, "/privacy")
    for name, _, days in about.COOKIES:
        assert re.search(rf"{re.escape(name)} .*?{days} dag(en)?\b", told), name
    assert {name for name, *_ in about.COOKIES} == {
        i18n.COOKIE,
        cookies.FORM,
        cookies.SIGN_IN,
        cookies.ROLE,
        cookies.TABLE,
        "my_area",
    }
    setting = {str(path.relative_to(APP)) for path in APP.rglob("*.py") if ".set_cookie(" in path.read_text()}
    assert setting == {"templating.py", "cookies.py", "pages/conversations.py"}


def test_cookies_have_the_names_that_a_browser_shows(sample_url: str, make_client) -> None:
    """Over https the two that are secrets have a mark in front."""
    told = words(make_client(sample_url, base_url="https://map.example.org"), "/privacy")
    assert "__Host-vuurtoren-form " in told
    assert "__Host-vuurtoren " in told
    assert "__Host-language" not in told


def test_whom_to_ask(sample_url: str, make_client) -> None:
    """With the setting there is an address to mail, without it the page says so; on all three pages."""
    asked = make_client(sample_url, contact_email="kaart@example.org")
    for path in PAGES:
        assert 'href="mailto:kaart@example.org"' in asked.get(path, headers=HTML).text
    bare = make_client(sample_url)
    for path in PAGES:
        assert "heeft hier nog geen e-mailadres gegeven" in words(bare, path)


@pytest.mark.parametrize("path", PAGES)
def test_sentences_are_short(sample_client: TestClient, path: str) -> None:
    """Level B1: on average at most fifteen words in a sentence, none longer than forty, and few long words."""
    told = words(sample_client, path)
    sentences = [one.split() for one in re.split(r"[.!?:] ", told) if len(one.split()) > 2]
    lengths = [len(one) for one in sentences]
    assert sum(lengths) / len(lengths) <= 15
    assert max(lengths) <= 40, max(sentences, key=len)
    long = {word.lower() for word in re.findall(r"[A-Za-z]+", told) if len(word) > LONG}
    assert long <= KNOWN_LONG


def test_every_page_leads_to_them(sample_client: TestClient) -> None:
    """The foot of every page does, also of a page with an error."""
    for path in ("/", "/assets", "/nowhere"):
        page = sample_client.get(path, headers=HTML).text
        foot = re.search(r"<footer.*?</footer>", page, re.DOTALL)[0]  # type: ignore[index]
        assert set(PAGES) <= set(re.findall(r'href="([^"]+)"', foot)), path


def test_the_statement_says_what_it_is(sample_client: TestClient) -> None:
    """A draft with status, norm, date, what does not work, and where to complain; in English too."""
    told = words(sample_client, "/accessibility")
    for part in (
        "Dit is een concept.",
        "Status C",
        "EN 301 549",
        "WCAG) 2.2",
        "27 november 2026",
        "Nationale ombudsman",
    ):
        assert part in told
    english = words(sample_client, "/accessibility", **{"Accept-Language": "en"})
    assert "This is a draft." in english
    assert "27 November 2026" in english


def test_rights_name_the_personal_link(sample_client: TestClient) -> None:
    """Below "Your rights" stands that the personal link does all of it, and where everyone reads who looked."""
    page = sample_client.get("/privacy", headers=HTML).text
    rights = page.partition("Uw rechten")[2]
    assert "persoonlijke link" in rights
    assert 'href="/lookups"' in rights.partition("</article>")[0]
