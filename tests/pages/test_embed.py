"""`/embed`: the one page that other sites may show in a frame, and what that must not open up."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from tests.test_docs import application, paths

AREA = "BU99990101"
HTML = {"Accept": "text/html", "Accept-Language": "nl"}
EXAMPLES = {
    "{code}": AREA, "{asset_id}": "1", "{collectionId}": "assets", "{featureId}": "1", "{slug}": "stale",
    "{z}/{x}/{y}": "14/8433/5372", "{token}": "x" * 43,
}  # fmt: skip


class Links(HTMLParser):
    """The links of a page with how they open, and its forms."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[dict[str, str | None]] = []
        self.forms = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.forms += tag == "form"
        if tag == "a":
            self.links.append(dict(attrs))


def may_be_framed(headers: dict[str, str]) -> bool:
    """Whether a browser would show an answer with these headers inside another site's page."""
    ancestors = re.search(r"frame-ancestors ([^;]*)", headers.get("content-security-policy", ""))
    allowed = ancestors is None or ancestors[1].strip() != "'none'"
    return allowed or "x-frame-options" not in headers


def test_nothing_else_may_be_framed(sample_client: TestClient) -> None:
    """Every other address says twice that it may not be framed: by its policy and by X-Frame-Options."""
    asked = 0
    for path in sorted(set(paths(application().routes)) - {"/embed"}):
        address = path
        for name, value in EXAMPLES.items():
            address = address.replace(name, value)
        address = re.sub(r"\{\w+\}", "1", address)
        if address.endswith(("/poster", "/download")):
            address = f"{address}?on=x"  # refused before any work is done
        answer = sample_client.get(address, headers={"Accept": "*/*" if address.startswith("/api") else "text/html"})
        assert not may_be_framed(dict(answer.headers)), address
        asked += 1
    for address in ("/nowhere", "/embed/", "/embed/x", "//embed", "/static/js/embed-map.js"):
        assert not may_be_framed(dict(sample_client.get(address, headers=HTML).headers)), address
    assert asked > 60


@pytest.mark.parametrize(
    "query", [f"?area={AREA}", "", "?area=XX", "?kind=x&theme=y&area=%00", f"?area={AREA}&lang=en"]
)
def test_the_frame_has_a_narrow_policy(sample_client: TestClient, query: str) -> None:
    """It may be framed by everyone and may do little: own files only, no form, no cookie, whatever is asked."""
    sample_client.cookies.set("language", "en")
    answer = sample_client.get(f"/embed{query}", headers=HTML)
    assert answer.status_code == (404 if "XX" in query else 200)
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors *", "form-action 'none'", "connect-src 'self'"} <= set(policy)
    assert "unsafe" not in str(policy)
    assert "x-frame-options" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert "Cookie" not in answer.headers["vary"]
    language = "en" if "lang=en" in query else "nl"
    assert f'<html lang="{language}">' in answer.text, "the cookie with the language is not read"
    found = Links(answer.text)
    assert found.forms == 0
    assert found.links
    for link in found.links:
        assert (link["target"], link["rel"]) == ("_blank", "noopener"), link


def test_the_frame_holds_what_was_asked_for(sample_client: TestClient) -> None:
    """The list in it, which is there without script, holds this area, these kinds and this theme; links lead on."""
    page = sample_client.get(f"/embed?area={AREA}&kind=club&kind=story&theme=meeting", headers=HTML).text
    asked = f"?area={AREA}&kind=club&kind=story&theme=meeting"
    listed = sample_client.get(f"/assets{asked}", headers=HTML).text
    titles = r'row__title"[^>]*>([^<]+)<'
    assert re.findall(titles, page) == re.findall(titles, listed) != []
    assert "Wat er is in Oude Veer" in page
    assert f'href="/{asked.replace("&", "&amp;")}" target="_blank"' in page
    assert "Een voorbeeld: deze buurt is verzonnen." in page
    assert "De hele lijst" not in page
    assert "De hele lijst" in sample_client.get("/embed", headers=HTML).text


def test_the_profile_of_an_area_has_the_lines_to_copy(own_sample_url: str, make_client) -> None:
    """They are an iframe of this area, whatever its name is."""
    client = make_client(own_sample_url)
    engine = create_engine(own_sample_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE area SET name = :n WHERE code = :c"), {"n": '"></textarea><b>', "c": AREA})
    engine.dispose()
    page = client.get(f"/areas/{AREA}", headers=HTML).text
    code = unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)[1])  # type: ignore[index]
    address = re.search(r'src="([^"]+)"', code)[1]  # type: ignore[index]
    assert unescape(address) == f"http://testserver/embed?area={AREA}&lang=nl"
    assert 'title="Wat er is in &quot;&gt;&lt;/textarea&gt;&lt;b&gt;"' in code
    assert client.get(unescape(address)).status_code == 200
