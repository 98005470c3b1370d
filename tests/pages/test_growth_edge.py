"""`/streets?view=growth-edge`: where a neighbour could join in, as a page."""

import csv
import io
import json
import re
from datetime import date

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import i18n
from app.pages.growth_edge import kind_words, lives_words
from assets import growth_edge
from assets.growth_edge import GrowthEdge, Lives
from assets.vocabulary import AssetKind, GiftOf, Theme

HTML = {"Accept": "text/html", "Accept-Language": "nl"}
STREET = re.compile(r'data-street="(\d+)"')
QUERY = "area=BU99990101&theme=litter&on=2026-10-01"
VIEW = f"/streets?view=growth-edge&{QUERY}"


def page(client: TestClient, address: str = VIEW) -> str:
    """The page at an address."""
    found = client.get(address, headers=HTML)
    assert found.status_code == 200, found.text[:300]
    return found.text


@pytest.fixture
def edge(sample_url: str) -> GrowthEdge:
    """The answer of the domain."""
    engine = create_engine(sample_url)
    with Session(engine) as session:
        found = growth_edge.streets(session, on=date(2026, 10, 1), area="BU99990101", theme=Theme.litter)
    engine.dispose()
    return found


def test_the_page_gives_the_answer_of_the_domain(sample_client: TestClient, edge: GrowthEdge) -> None:
    """The same streets in the same order, each with its distance and the street that is near."""
    text = page(sample_client)

    assert edge.found > 5
    assert [row.id for row in edge.rows] == [int(one) for one in STREET.findall(text)]
    for row in edge.rows:
        if row.nearest_energy_m and row.nearest_energy_m >= 1:
            assert f"<b>{row.nearest_energy_m:.0f} m tot</b>" in text
    assert [row.nearest_street for row in edge.rows if row.nearest_street] == re.findall(
        r'<bdi class="vuurtoren-edge__nearest">([^<]*)</bdi>', text
    )


def test_page_files_and_api_link_hold_the_same(sample_client: TestClient, edge: GrowthEdge) -> None:
    """What is downloaded or copied as a link is what is shown, with the same distances."""
    wanted = [(row.id, row.nearest_energy_m) for row in edge.rows]
    text = page(sample_client).replace("&amp;", "&")
    links = dict(re.findall(r'href="(/streets/download\?[^"]*f=(\w+)[^"]*)"', text))
    of = {ending: link for link, ending in links.items()}

    rows = csv.DictReader(io.StringIO(sample_client.get(of["csv"]).content.decode("utf-8-sig")))
    features = json.loads(sample_client.get(of["geojson"]).content)["features"]
    api = re.search(r'data-href="([^"]+)"', text)
    assert api
    answer = sample_client.get(f"{api[1]}&limit=1000").json()["features"]

    assert wanted == [
        (int(row["id"]), float(row["nearest_energy_m"]) if row["nearest_energy_m"] else None) for row in rows
    ]
    assert wanted == [(one["id"], one["properties"]["nearest_energy_m"]) for one in features]
    assert wanted == [(one["id"], one["properties"]["nearest_energy_m"]) for one in answer]
    for ending, start in (("xlsx", b"PK"), ("gpkg", b"SQLite format 3")):
        found = sample_client.get(of[ending])
        assert found.content.startswith(start)
        assert f'filename="growth-edge-BU99990101-litter-2026-10-01.{ending}"' in found.headers["content-disposition"]


def test_the_two_views_lead_to_each_other(sample_client: TestClient) -> None:
    """Each view links to the other with the same area, theme and day; what only one of them knows is left behind."""
    listed = page(sample_client, f"/streets?{QUERY}&initiative=any&sort=-length&page=2").replace("&amp;", "&")
    other = re.search(r'href="([^"]*view=growth-edge[^"]*)"', listed)
    assert other
    assert "initiative" not in other[1]
    assert "page" not in other[1]
    assert "sort" not in other[1]
    back = re.search(
        r'<a class="vuurtoren-pill" href="([^"]*)">Straten en hun stand</a>', page(sample_client, other[1])
    )
    assert back

    assert f"/streets?{QUERY}" == back[1].replace("&amp;", "&")


def test_it_is_an_invitation(sample_client: TestClient) -> None:
    """The sentence says what is asked, and the page says what it is meant for, in Dutch and English."""
    dutch = page(sample_client)
    english = sample_client.get(f"{VIEW}&lang=en", headers={"Accept": "text/html"}).text

    assert "zonder initiatief voor schoon op 1 oktober 2026</h1>" in dutch
    assert "Een uitnodiging, geen opdracht." in dutch
    assert "An invitation, not a task." in english


@pytest.mark.parametrize(
    ("query", "name"),
    [("initiative=any", "initiative"), ("initiative=all", "initiative"), ("state=asked", "state"), ("on=x", "on")],
)
@pytest.mark.parametrize("path", ["/streets", "/streets/download"])
def test_another_question_is_never_answered_instead(
    sample_client: TestClient, path: str, query: str, name: str
) -> None:
    """What this view cannot answer is refused in words, also in a file."""
    found = sample_client.get(f"{path}?view=growth-edge&f=csv&{query}", headers=HTML)

    assert 400 == found.status_code
    assert f"<bdi>{name}</bdi>" in found.text


def test_an_unknown_view_or_area_is_refused(sample_client: TestClient) -> None:
    """A view that does not exist is no question; an area that does not exist is not found."""
    assert 400 == sample_client.get("/streets?view=map", headers=HTML).status_code
    assert 404 == sample_client.get("/streets?view=growth-edge&area=GM0000", headers=HTML).status_code
    assert 404 == sample_client.get("/streets/download?view=growth-edge&f=docx", headers=HTML).status_code


def test_pages_of_the_table_follow_one_another(
    sample_client: TestClient, edge: GrowthEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With four on a page, the pages together are the whole list, and a page too far is empty."""
    from app.pages import room

    monkeypatch.setattr(room, "PAGE", 4)
    found: list[int] = []
    address: str | None = VIEW
    while address:
        text = page(sample_client, address)
        found += [int(one) for one in STREET.findall(text)]
        following = re.search(r'rel="next" href="([^"]*)"', text)
        address = following and following[1].replace("&amp;", "&")

    assert [row.id for row in edge.rows] == found
    assert [] == STREET.findall(page(sample_client, f"{VIEW}&page=999"))


def test_a_whole_country_is_too_much_for_one_list(sample_client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page still opens and asks for an area; a file of it is refused."""
    monkeypatch.setattr(growth_edge, "MOST", 3)

    assert "Kies een gebied." in page(sample_client)
    assert 413 == sample_client.get(f"/streets/download?view=growth-edge&f=csv&{QUERY}", headers=HTML).status_code


def test_few_people_are_told_without_a_number() -> None:
    """Five people or fewer are "fewer than 5", six to ten are five or more; a gift counts at least so many."""
    speaker = i18n.translator("nl")
    kinds: dict[AssetKind, int | None] = dict.fromkeys(AssetKind, 0) | {AssetKind.person: None, AssetKind.club: 1}
    gifts = {GiftOf.head: 2, GiftOf.heart: 0, GiftOf.hands: 12}

    told = [words for _, words in lives_words(Lives(kinds, gifts), speaker)]

    assert ["minder dan 5 bewoners", "1 club", "talent van hoofd (2), handen (12)"] == told
    assert "5 of meer bewoners" == kind_words(AssetKind.person, 5, speaker)
    assert "2 verhalen" == kind_words(AssetKind.story, 2, speaker)
