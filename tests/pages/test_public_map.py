"""The map page and the list: what visitors get without script."""

import gzip
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from app import cookies

KIB = 1024


class Reader(HTMLParser):
    """Gathers what a page points at and the texts of its rows."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.inline: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.addresses += [found[name] or "" for name in ("href", "src", "action") if name in found]
        self.handlers += [name for name in found if name.startswith("on")]
        if "style" in found or tag == "style":
            self.inline.append(tag)
        if tag == "script":
            self.scripts.append(found)


def read(client: TestClient, path: str, **headers: str) -> tuple[str, Reader]:
    """The page and what it points at."""
    answer = client.get(path, headers={"Accept": "text/html", **headers})
    assert answer.status_code == 200, answer.text[:300]
    reader = Reader()
    reader.feed(answer.text)
    return answer.text, reader


PAGES = ["/", "/streets", "/assets", "/assets/1", "/about", "/privacy", "/accessibility"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_that_the_sample_is_an_example(sample_client: TestClient, path: str) -> None:
    """While the sample is loaded each page says so; how to take it away is for who runs the map."""
    page, _ = read(sample_client, path)
    assert "Een voorbeeld: deze buurt is verzonnen." in page
    assert "vuurtoren demo --remove" not in page
    page = sample_client.get(path, headers={"Cookie": f"{cookies.ROLE}=admin"}).text
    assert "vuurtoren demo --remove" in page


@pytest.mark.parametrize("path", PAGES)
def test_nothing_comes_from_another_host(sample_client: TestClient, path: str) -> None:
    """No page points at another host, holds inline style or an event attribute."""
    _, reader = read(sample_client, path)
    others = [one for one in reader.addresses if re.match(r"(https?:)?//", one)]
    assert not [one for one in others if not one.startswith("http://testserver/")]  # a page's address of its own
    assert reader.inline == []
    assert reader.handlers == []


@pytest.mark.parametrize("path", PAGES)
def test_scripts_carry_the_nonce_of_the_policy(sample_client: TestClient, path: str) -> None:
    """The policy allows nothing by default; each inline script that runs carries this answer's own nonce."""
    answers = [sample_client.get(path, headers={"Accept": "text/html"}) for _ in range(2)]
    policies = [answer.headers["content-security-policy"] for answer in answers]
    assert policies[0] != policies[1]
    assert policies[0].startswith("default-src 'none'")
    assert "unsafe" not in policies[0]
    nonce = re.search(r"'nonce-([^']+)'", policies[0])
    assert nonce
    reader = Reader()
    reader.feed(answers[0].text)
    for script in reader.scripts:
        assert script.get("nonce") == nonce[1] or "src" in script or script.get("type") == "application/json"


@pytest.mark.parametrize("path", PAGES)
def test_no_link_of_the_frame_is_dead(sample_client: TestClient, path: str) -> None:
    """Every link of ours leads somewhere."""
    _, reader = read(sample_client, path)
    for address in {one.partition("#")[0] for one in reader.addresses if one.startswith("/") and "/static/" not in one}:
        if address and "download" not in address:
            assert sample_client.get(address, headers={"Accept": "text/html"}).status_code in (200, 406), address


def test_the_list_holds_what_is_on_the_map(sample_client: TestClient) -> None:
    """The list beside the map names the entries of the sample, with kind and place in words."""
    page, _ = read(sample_client, "/")
    assert "Prikploeg Brugstraat" in page
    assert "straatinitiatief · <bdi>schoon</bdi>" in page
    assert len(re.findall(r'data-id="\d+"', page)) == int(re.search(r"(\d+) gevonden", page)[1])  # type: ignore[index]


def test_filters_work_without_script(sample_client: TestClient) -> None:
    """The form is a plain GET: kind, theme, area and words each leave only what fits."""
    everything, _ = read(sample_client, "/")
    clubs, _ = read(sample_client, "/?kind=club")
    assert set(re.findall(r'data-kind="(\w+)"', clubs)) == {"club"}
    assert set(re.findall(r'data-kind="(\w+)"', read(sample_client, "/?kind=club&kind=story")[0])) == {"club", "story"}
    one, _ = read(sample_client, "/?q=Prikploeg+Brugstraat")
    assert re.findall(r'vuurtoren-row__title">([^<]+)<', one) == ["Prikploeg Brugstraat"]
    for path in ("/", "/assets/in-view", "/assets"):
        street, _ = read(sample_client, f"{path}?q=brugstraat")
        assert re.search(r'href="/\?at=16/[^"]+"><bdi>Brugstraat</bdi>', street), path
    here, _ = read(sample_client, "/?area=BU99990101")
    there, _ = read(sample_client, "/?area=BU99990102")
    both = [re.findall(r'data-id="(\d+)"', part) for part in (here, there)]
    assert both[0]
    assert both[1]
    assert not set(both[0]) & set(both[1])
    assert len(re.findall(r'data-id="(\d+)"', everything)) > len(both[0])


def test_signs_in_a_search_mean_themselves(sample_client: TestClient) -> None:
    """A percent sign or underscore in a search is looked for as it stands, and nothing strange is an error."""
    for words in ("%", "_", "\\", "'", '"><script>', "\u202e", "x" * 500):
        answer = sample_client.get("/", params={"q": words}, headers={"Accept": "text/html"})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
    assert "0 gevonden" in sample_client.get("/", params={"q": "100%"}, headers={"Accept": "text/html"}).text


@pytest.mark.parametrize(
    "query",
    [
        "kind=nothing",
        "theme=nothing",
        "before=-1",
        "before=9999999999999999999999",
        "bbox=1,2,3",
        "bbox=a,b,c,d",
        "asset=x",
        "at=1/2",
    ],
)
def test_a_broken_link_still_shows_the_map(sample_client: TestClient, query: str) -> None:
    """Links get broken on the way: what cannot be read is left out, and the page is there."""
    assert sample_client.get(f"/?{query}", headers={"Accept": "text/html"}).status_code == 200


def test_what_the_map_shows_is_what_the_list_holds(sample_client: TestClient) -> None:
    """The rows for a box are those of entries inside it; one without a place is in no box."""
    everywhere = sample_client.get("/assets/in-view", params={"bbox": "3,50,8,54"}).text
    nowhere = sample_client.get("/assets/in-view", params={"bbox": "3,50,3.1,50.1"}).text
    assert "51 in beeld" in everywhere
    assert "0 in beeld" in nowhere
    assert "Hier is nog niets gevonden" in nowhere


def test_the_page_does_not_grow_with_the_map(make_client: Callable[..., TestClient], own_sample_url: str) -> None:
    """With three thousand more entries the page is as light as before: at most 100 rows and 40 KB, with a next page."""
    engine = create_engine(own_sample_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO asset"
                " (community_id, kind, title, state, started_on, placement, geom, active_on, fresh_on, created_by)"
                " SELECT community_id, kind, title || ' ' || n, state, started_on, placement, geom, active_on,"
                " fresh_on, created_by"
                " FROM asset, generate_series(1, 3000) AS n WHERE id = (SELECT min(id) FROM asset WHERE kind = 'club')"
            )
        )
    engine.dispose()
    client = make_client(own_sample_url)
    page, _ = read(client, "/")
    assert "meer dan 1.000 gevonden" in page
    assert len(re.findall(r'data-id="\d+"', page)) == 100
    assert len(gzip.compress(page.encode(), 5)) <= 40 * KIB
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following
    second, _ = read(client, following[1].replace("&amp;", "&"))
    rows = [re.findall(r'data-id="(\d+)"', part) for part in (page, second)]
    assert len(rows[1]) == 100
    assert not set(rows[0]) & set(rows[1])


def test_scripts_weigh_less_than_150_kilobytes(sample_client: TestClient) -> None:
    """All scripts of the map page together weigh at most 150 KB, compressed."""
    _, reader = read(sample_client, "/")
    scripts = {one for one in reader.addresses if one.partition("?")[0].endswith(".js")}
    assert len(scripts) > 10
    assert sum(len(gzip.compress(sample_client.get(one).content, 5)) for one in scripts) <= 150 * KIB


def test_english_is_a_choice_that_is_remembered(sample_client: TestClient) -> None:
    """?lang=en gives the page in English and a cookie that keeps it so; Dutch is the default."""
    dutch, _ = read(sample_client, "/")
    answer = sample_client.get("/?lang=en", headers={"Accept": "text/html"})
    assert '<html lang="nl">' in dutch
    assert '<html lang="en">' in answer.text
    assert "Search for a street, place or talent" in answer.text
    assert "language=en" in answer.headers["set-cookie"]
    sample_client.cookies.clear()


def test_the_page_of_an_asset_tells_everything_about_it(sample_client: TestClient) -> None:
    """Title, own words, themes, rhythm and what happened stand on a page of its own."""
    page, _ = read(sample_client, "/?q=Prikploeg+Brugstraat")
    number = re.search(r'href="/assets/(\d+)"', page)
    assert number
    asset, _ = read(sample_client, f"/assets/{number[1]}")
    for words in ("Prikploeg Brugstraat", "grijpers", "elke eerste zaterdag", "sinds april 2023", "Wat er gebeurde"):
        assert words in asset


@pytest.mark.parametrize(
    "path", ["/assets/999999", "/assets/0", "/assets/x", "/assets/99999999999999999999", "/nowhere", "/?area=XX"]
)
def test_what_is_not_there_is_said_on_a_page(sample_client: TestClient, path: str) -> None:
    """An unknown address gives a page in the same look, with the way back, and status 404."""
    answer = sample_client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "Hier is niets" in answer.text
    assert "Naar de kaart" in answer.text


def test_an_empty_map_says_what_to_do(client: TestClient) -> None:
    """Without any data the pages are there, without a word about an example."""
    for path in ("/", "/streets", "/assets"):
        page, _ = read(client, path)
        assert "voorbeeld" not in page
        assert "gevonden" in page


@pytest.mark.parametrize("path", ["/", "/assets", "/assets/in-view"])
def test_freshness_and_day_are_filters(sample_client: TestClient, path: str) -> None:
    """What is ageing carries an open shape and what is fresh a full one; both ticked is everything."""

    def rows(question: str) -> list[str]:
        page = sample_client.get(f"{path}?{question}", headers={"Accept": "text/html"}).text
        return re.findall(r'<li class="vuurtoren-row".*?</li>', page, re.DOTALL)

    fresh, ageing, both = rows("freshness=fresh"), rows("freshness=ageing"), rows("freshness=fresh&freshness=ageing")
    assert fresh
    assert ageing
    assert not [row for row in fresh if "symbol--ageing" in row]
    assert all("symbol--ageing" in row for row in ageing)
    assert len(both) == len(fresh) + len(ageing) == len(rows(""))
    then = rows("on=2020-06-01")
    assert 0 < len(then) < len(both)
    assert all('?on=2020-06-01"' in row for row in then)


@pytest.mark.parametrize("path", ["/", "/assets", "/assets/in-view", "/assets/1"])
@pytest.mark.parametrize("question", ["on=yesterday", "on=2026-02-30", "on=1899-12-31", "on=2201-01-01", "on=20260101",
                                      "freshness=faded", "freshness=stale"])  # fmt: skip
def test_another_day_is_never_shown_instead(sample_client: TestClient, path: str, question: str) -> None:
    """A day or a freshness that cannot be read is refused: the list of another day would look like the answer."""
    assert 400 == sample_client.get(f"{path}?{question}", headers={"Accept": "text/html"}).status_code


def test_a_day_that_is_not_today_is_said(sample_client: TestClient) -> None:
    """Above the list stands which day it is about, with the way back; the map asks for the tiles of that day."""
    past = sample_client.get("/?on=2026-01-01&theme=litter", headers={"Accept": "text/html"}).text
    assert "Zo was het op 1 januari 2026." in past
    assert 'href="/?theme=litter"' in past
    assert '"tiles": {"on": "2026-01-01"}' in past
    assert "Zo is het op 1 januari 2199" in sample_client.get("/assets?on=2199-01-01").text
    assert "Zo was het" not in sample_client.get("/assets").text
