"""`/streets`: the main question of Vuurtoren as a page."""

import csv
import io
import json
import re
from datetime import date

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import coverage
from assets.vocabulary import Initiative, StreetState, Theme

HTML = {"Accept": "text/html"}
STREET = re.compile(r'data-street="(\d+)"')


def answer(client: TestClient, query: str = "") -> str:
    """The page for a query."""
    found = client.get(f"/streets?{query}", headers=HTML)
    assert found.status_code == 200, found.text[:300]
    return found.text


def all_streets(client: TestClient, query: str = "") -> list[int]:
    """The numbers of all street parts in the table, page after page."""
    numbers: list[int] = []
    for page in range(1, 20):
        found = [int(one) for one in STREET.findall(answer(client, f"{query}&page={page}"))]
        if not found:
            break
        numbers += found
    return numbers


def test_the_page_gives_the_answer_of_the_domain(sample_client: TestClient, sample_url: str) -> None:
    """The table holds exactly the street parts that the main question finds, in the order of their names."""
    engine = create_engine(sample_url)
    with Session(engine) as session:
        rows = coverage.street_parts(
            session,
            on=date(2026, 10, 1),
            theme=Theme.litter,
            initiative=Initiative.none,
            area="BU99990101",
            by_name=True,
        )
    engine.dispose()
    assert len(rows) > 5
    assert all_streets(sample_client, "area=BU99990101&theme=litter&initiative=none&on=2026-10-01") == [
        row.id for row in rows
    ]


def test_page_download_and_api_give_the_same_list(sample_client: TestClient) -> None:
    """The page, its CSV and GeoJSON downloads and the API link name the same streets."""
    query = "area=BU99990101&theme=litter&initiative=none&on=2026-10-01"
    shown = set(all_streets(sample_client, query))
    rows = csv.DictReader(
        io.StringIO(sample_client.get(f"/streets/download?f=csv&{query}").content.decode("utf-8-sig"))
    )
    assert {int(row["id"]) for row in rows} == shown
    features = json.loads(sample_client.get(f"/streets/download?f=geojson&{query}").content)["features"]
    assert {feature["id"] for feature in features} == shown
    link = re.search(r'data-href="([^"]+)"', answer(sample_client, query))
    assert link
    api = sample_client.get(link[1].replace("&amp;", "&") + "&limit=1000", headers={"Accept": "application/geo+json"})
    assert {feature["id"] for feature in api.json()["features"]} == shown


@pytest.mark.parametrize(("ending", "start"), [("xlsx", b"PK"), ("gpkg", b"SQLite format 3")])
def test_files_for_excel_and_gis(sample_client: TestClient, ending: str, start: bytes) -> None:
    """Excel and GeoPackage files come as a download with a telling name."""
    found = sample_client.get(f"/streets/download?f={ending}&theme=litter&on=2026-10-01")
    assert found.status_code == 200
    assert found.content.startswith(start)
    assert f'filename="streets-litter-2026-10-01.{ending}"' in found.headers["content-disposition"]


def test_unknown_downloads_are_not_there(sample_client: TestClient) -> None:
    """A format that is not offered is a 404 page."""
    assert sample_client.get("/streets/download?f=docx", headers=HTML).status_code == 404


def test_the_sentence_says_what_is_asked(sample_client: TestClient) -> None:
    """The question stands on top as one Dutch sentence, also for who cannot see the fields."""
    page = answer(sample_client, "area=BU99990101&theme=litter&initiative=none&on=2026-10-01")
    assert "Straten in Oude Veer zonder initiatief voor schoon op 1 oktober 2026</h1>" in page
    assert "op vandaag</h1>" in answer(sample_client)


def test_states_are_said_in_words(sample_client: TestClient) -> None:
    """Each row and each total says its state in words, beside the line sample."""
    page = answer(sample_client, "initiative=all&on=2026-10-01")
    for words in ("gedragen", "deels gedragen", "gevraagd: nog geen initiatief bekend", "nog niet gevraagd"):
        assert words in page
    for state in StreetState:
        assert f'href="#line-{state.value}"' in page


def test_totals_add_up(sample_client: TestClient, sample_url: str) -> None:
    """The kilometres above the table are those of the domain, one decimal, in Dutch notation."""
    engine = create_engine(sample_url)
    with Session(engine) as session:
        totals = coverage.totals(session, on=date(2026, 10, 1), theme=Theme.litter)
    engine.dispose()
    shown = re.findall(r"<b>([\d,.]+)</b> km", answer(sample_client, "on=2026-10-01"))
    assert shown == [f"{total.length_m / 1000:.1f}".replace(".", ",") for total in totals.values()]


def test_a_state_can_be_chosen(sample_client: TestClient) -> None:
    """Choosing one total leaves only the streets in that state."""
    page = answer(sample_client, "state=carried&initiative=all&on=2026-10-01")
    assert set(re.findall(r'href="#line-(\w+)"/></svg> <span>[^<]', page)) == {"carried"}


@pytest.mark.parametrize("key", ["length", "-length", "state", "conversation", "-activity", "neighbourhood"])
def test_the_table_can_be_sorted(sample_client: TestClient, key: str) -> None:
    """Every column sorts both ways, and sorting loses no street."""
    assert sorted(all_streets(sample_client, f"sort={key}")) == sorted(all_streets(sample_client))
    page = answer(sample_client, f"sort={key}")
    assert f'aria-sort="{"descending" if key.startswith("-") else "ascending"}"' in page
    if key == "length":
        metres = [int(one.replace(".", "")) for one in re.findall(r">([\d.]+) m</td>", page)]
        assert metres == sorted(metres)


@pytest.mark.parametrize("query", ["sort=x", "page=0", "page=x", "page=99999", "on=", "theme=", "on=other&day="])
def test_a_broken_link_still_shows_the_streets(sample_client: TestClient, query: str) -> None:
    """An order or page that cannot be read is taken as not asked; nothing filled in is the usual question."""
    answer(sample_client, query)


@pytest.mark.parametrize("path", ["/streets", "/streets/download"])
@pytest.mark.parametrize(
    ("query", "name", "reason"),
    [
        ("on=2026-13-99", "on", "Dit is geen dag tussen 1900 en 2200."),
        ("on=yesterday", "on", "Dit is geen dag tussen 1900 en 2200."),
        ("on=0001-01-01", "on", "Dit is geen dag tussen 1900 en 2200."),
        ("on=other&day=1850-01-01", "day", "Dit is geen dag tussen 1900 en 2200."),
        ("theme=x", "theme", "Dit is geen van de keuzes."),
        ("initiative=x", "initiative", "Dit is geen van de keuzes."),
        ("state=x", "state", "Dit is geen van de keuzes."),
    ],
)
def test_another_question_is_never_answered_instead(
    sample_client: TestClient, path: str, query: str, name: str, reason: str
) -> None:
    """A date, theme or state that cannot be read is refused in words, on the page and in a file to take along."""
    headers = {"Accept": "text/html", "Accept-Language": "nl"}
    found = sample_client.get(f"{path}?f=csv&{query}", headers=headers)

    assert 400 == found.status_code
    assert f"<bdi>{name}</bdi>: <bdi>{reason}</bdi>" in found.text


def test_the_day_changes_the_answer(sample_client: TestClient) -> None:
    """Years ago nobody had been asked and nothing was carried."""
    page = answer(sample_client, "initiative=all&on=2010-01-01")
    assert set(re.findall(r'href="#line-(\w+)"/></svg> <span>[^<]', page)) == {"unasked"}
