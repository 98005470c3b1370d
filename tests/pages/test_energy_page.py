"""`/energy`: the energy map as a page and a table."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.pages.energy import days_of
from app.parameters import today
from assets import energy

HTML = {"Accept": "text/html"}
STREET = re.compile(r'data-street="(\d+)"')
SETTINGS = re.compile(r'<script type="application/json" id="page-settings">(.*?)</script>', re.DOTALL)


def answer(client: TestClient, query: str = "", status: int = 200) -> str:
    """The page for a query."""
    found = client.get(f"/energy?{query}", headers=HTML)
    assert found.status_code == status, found.text[:300]
    return found.text


def settings(page: str) -> dict[str, Any]:
    """What the page tells its scripts."""
    found = SETTINGS.search(page)
    assert found
    told: dict[str, Any] = json.loads(found[1])
    return told


def test_the_table_holds_what_the_domain_says(sample_client: TestClient, sample_url: str) -> None:
    """Every street part with energy in the area on the day, and no other, with its figure; by name, not by figure."""
    engine = create_engine(sample_url)
    with Session(engine) as session:
        known = {one.id: one.energy for one in energy.street_parts(session, on=date(2026, 10, 1), area="BU99990101")}
    engine.dispose()
    page = answer(sample_client, "area=BU99990101&month=2026-10")
    shown = [int(one) for one in STREET.findall(page)]
    assert set(shown) == {key for key, one in known.items() if one >= 0.0005}
    rows = csv.DictReader(
        io.StringIO(
            sample_client.get("/energy/download?f=csv&area=BU99990101&month=2026-10").content.decode("utf-8-sig")
        )
    )
    told = {int(row["id"]): float(row["energy"]) for row in rows}
    assert told == pytest.approx({key: known[key] for key in shown}, abs=0.001)
    names = re.findall(r'scope="row"><bdi>([^<]+)</bdi>', page)
    assert names[: len(shown)] == sorted(names[: len(shown)], key=str.casefold)


def test_page_and_api_have_the_same_classes(sample_client: TestClient) -> None:
    """The legend of the page begins each class where the API does, over the same days."""
    told = settings(answer(sample_client, "area=GM9999"))
    question = {"area": "GM9999", "first": told["days"][0], "last": told["days"][-1]}
    found = sample_client.get("/api/v1/energy/classes", params=question).json()
    assert found["months"] == told["days"]
    for what in ("streets", "areas"):
        assert told["classes"][what]["breaks"] == [one["from"] for one in found[what]][1:]
        assert len(told["classes"][what]["looks"]) == len(found[what])


def test_the_legend_stays_when_the_month_changes(sample_client: TestClient) -> None:
    """Months can be compared: another month has the same classes."""
    now, then = (settings(answer(sample_client, query)) for query in ("area=GM9999", "area=GM9999&month=2026-03"))
    assert now["classes"] == then["classes"]
    assert now["days"] == then["days"]
    assert now["at"] == len(now["days"]) - 1
    assert then["days"][then["at"]] == "2026-03-01"


def test_the_slider_ends_today(monkeypatch: pytest.MonkeyPatch) -> None:
    """24 months, the last step is today; on the first of a month today is that step; a month long ago has its own."""
    monkeypatch.setattr("app.pages.energy.today", lambda: date(2026, 11, 27))
    days = days_of(None)
    assert (days[0], days[-2], days[-1]) == (date(2024, 12, 1), date(2026, 11, 1), date(2026, 11, 27))
    assert days_of(date(2024, 11, 1))[0] == date(2024, 11, 1)
    assert days_of(date(1950, 6, 1))[0] == date(1950, 6, 1)
    assert len(days_of(date(1950, 6, 1))) == 25
    monkeypatch.setattr("app.pages.energy.today", lambda: date(2026, 11, 1))
    assert days_of(None)[-2:] == [date(2026, 10, 1), date(2026, 11, 1)]


def test_the_sentence(sample_client: TestClient) -> None:
    """The question stands on top as one sentence, in both languages."""
    assert "Energie in Oude Veer op 1 maart 2026</h1>" in answer(sample_client, "area=BU99990101&month=2026-03")
    assert "Energie in Oude Veer op 1 maart 2026</h1>" in answer(sample_client, "area=BU99990101&on=2026-03-01")
    assert "Energie in alle gebieden op vandaag</h1>" in answer(sample_client)
    assert "Energy in all areas on today</h1>" in answer(sample_client, "lang=en")


def test_classes_are_explained(sample_client: TestClient) -> None:
    """Each class says its figures and what gives them, and room is an invitation."""
    page = answer(sample_client, "area=GM9999")
    assert all("mens" in words for words in settings(page)["classes"]["streets"]["like"])
    assert "hier is nog ruimte" in page


def test_a_street_unfolds_without_script(sample_client: TestClient) -> None:
    """A link in the row opens the section with the activities, which link to their entries."""
    number = STREET.findall(answer(sample_client, "area=BU99990101"))[0]
    page = answer(sample_client, f"area=BU99990101&street={number}")
    told = sample_client.get("/api/v1/energy/activities", params={"street": number, "limit": "50"}).json()
    section = page[page.index('id="unfolded"') : page.index("vuurtoren-tools")]
    assert re.findall(r'href="/assets/(\d+)"', section) == [str(one["asset_id"]) for one in told["activities"]]
    area = answer(sample_client, "area=BU99990101&unfold=area")
    assert 'id="unfolded"' in area


def test_areas_per_1000(sample_client: TestClient) -> None:
    """Areas are told per 1,000 inhabitants; where their number is unknown the page says so, not zero."""
    known = {one["name"]: one for one in sample_client.get("/api/v1/energy?kind=neighbourhood").json()["areas"]}
    page = answer(sample_client)
    assert 'id="area-table"' in page
    for name, one in known.items():
        row = page[page.index(f"<bdi>{name}</bdi></a></th>") :].partition("</tr>")[0]
        assert ("aantal inwoners onbekend" in row) == (one["energy_per_1000"] is None)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("area=GM0000", 404), ("street=999999999", 404), ("month=2026-13", 400), ("month=vandaag", 400),
        ("month=1899-12", 400), ("month=2150-01", 400), ("street=x", 400), ("view=red", 400), ("unfold=street", 400),
        ("area=%00", 200), ("page=x", 200), ("page=99999", 200), ("month=", 200), ("month=1950-01", 200),
        ("on=2026-06-02", 400), ("on=gisteren", 400), ("on=2150-01-01", 400), ("on=", 200),
    ],
)  # fmt: skip
def test_bad_questions(sample_client: TestClient, query: str, status: int) -> None:
    """What cannot be read is refused in words; a page of the table that is not there is an empty one."""
    page = answer(sample_client, query, status)
    assert "Traceback" not in page


@pytest.mark.parametrize(
    ("ending", "start"), [("xlsx", b"PK"), ("gpkg", b"SQLite format 3"), ("csv", b"\xef\xbb\xbfid,")]
)
def test_files(sample_client: TestClient, ending: str, start: bytes) -> None:
    """Excel, GeoPackage and CSV files come as a download with a telling name."""
    found = sample_client.get(f"/energy/download?f={ending}&month=2026-10")
    assert found.status_code == 200
    assert found.content.startswith(start)
    assert f'filename="energy-2026-10-01.{ending}"' in found.headers["content-disposition"]
    assert sample_client.get("/energy/download?f=docx", headers=HTML).status_code == 404


def test_an_empty_database(client: TestClient) -> None:
    """Without any street the page says what to do next, and asks nothing impossible."""
    page = answer(client)
    assert "Kent u iets? Zet het op de kaart." in page
    assert settings(page)["classes"]["streets"]["breaks"] == []
    assert answer(client, "area=GM9999", 404)


def test_hostile_names(own_sample_url: str, make_client: Callable[..., TestClient]) -> None:
    """A name that is a script stays a name, in the tables, the unfolded figure and the file."""
    words = "</script><img src=x onerror=alert(1)>"
    engine = create_engine(own_sample_url)
    with engine.begin() as connection:
        for table, column in (("asset", "title"), ("street", "name"), ("street_part", "name"), ("area", "name")):
            connection.execute(text(f"UPDATE {table} SET {column} = '=1+' || id || :words"), {"words": words})
    engine.dispose()
    client = make_client(own_sample_url)
    page = answer(client)
    number = STREET.findall(page)[0]
    for shown in (page, answer(client, f"street={number}"), answer(client, "area=GM9999&unfold=area")):
        assert "<img" not in shown
        assert "&lt;img src=x" in shown
    cells = client.get("/energy/download?f=csv").content.decode("utf-8-sig")
    assert "'=1+" in cells


def test_today_is_the_figure_of_today(sample_client: TestClient) -> None:
    """The last step of the slider and the table are about today, as the API answers without a day."""
    told = settings(answer(sample_client))
    assert told["days"][-1] == today().isoformat()
    assert told["steps"][-1] == ""
