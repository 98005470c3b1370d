"""`/meeting-places`: the figures of the domain in words, without script, in two languages."""

import csv
import io
import json
import re
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

HTML = {"Accept": "text/html"}
PLACES = "/api/v1/meeting-places"
QUESTION = "area=GM9999&on=2026-11-01"


def answer(client: TestClient, query: str = "") -> str:
    """The page for a query."""
    found = client.get(f"/meeting-places?{query}", headers=HTML)
    assert found.status_code == 200, found.text[:300]
    return found.text


def rows(html: str) -> dict[str, str]:
    """Code of an area → the text of its row."""
    found = re.findall(r'<tr role="row" class=.*?href="/areas/([^"]+)".*?</tr>', html, re.DOTALL)
    bodies = re.findall(r'<tr role="row" class=.*?</tr>', html, re.DOTALL)
    return {code: " ".join(re.sub(r"<[^>]+>", " ", body).split()) for code, body in zip(found, bodies, strict=True)}


def test_the_page_gives_the_figures_of_the_api(sample_client: TestClient) -> None:
    """Every area below the one that was asked has a row with its meeting places and its share."""
    areas = sample_client.get(f"{PLACES}?{QUESTION}").json()["areas"]
    html = answer(sample_client, QUESTION)
    shown = rows(html)
    assert [one["code"] for one in areas[1:]] == list(shown)
    for one in areas[1:]:
        if one["meeting_places"]:
            assert re.search(rf"\b{one['meeting_places']}\b", shown[one["code"]])
        if one["share"] in (None, 0):
            assert ("onbekend" if one["share"] is None else "0%") in shown[one["code"]]
    whole = areas[0]
    assert f"{whole['meeting_places']} ontmoetingsplekken" in html
    assert f"<b>{round(whole['share'] * 100)}%</b>" in html


def test_downloads_hold_the_same(sample_client: TestClient) -> None:
    """CSV the figures of the API; GeoJSON what is reached; Excel and GeoPackage are files of their kind."""
    download = f"/meeting-places/download?{QUESTION}&f="
    table = csv.DictReader(io.StringIO(sample_client.get(f"{download}csv").content.decode("utf-8-sig")))
    areas = sample_client.get(f"{PLACES}?{QUESTION}").json()["areas"]
    assert [(row["code"], float(row["reached_m"])) for row in table] == [(a["code"], a["reached_m"]) for a in areas]
    lines = json.loads(sample_client.get(f"{download}geojson").content)["features"]
    reach = sample_client.get(f"{PLACES}/reach?{QUESTION}").json()["features"]
    assert {one["id"]: one["properties"]["reached_m"] for one in lines} == {
        one["id"]: one["properties"]["reached_m"] for one in reach
    }
    for ending, start in (("xlsx", b"PK"), ("gpkg", b"SQLite format 3")):
        found = sample_client.get(f"{download}{ending}")
        assert found.content.startswith(start)
        assert f'filename="meeting-places-GM9999-2026-11-01.{ending}"' in found.headers["content-disposition"]


def test_the_only_municipality_is_what_is_asked(sample_client: TestClient) -> None:
    """Without an area the page is about the one municipality that is known."""
    assert rows(answer(sample_client)) == rows(answer(sample_client, "area=GM9999"))


def test_without_areas_there_is_something_to_choose(client: TestClient) -> None:
    """On an empty map the page asks for an area, and a download says that one is needed."""
    assert "Kies een gebied" in answer(client)
    refused = client.get("/meeting-places/download?f=csv", headers=HTML)
    assert refused.status_code == 400
    assert "Kies een gebied." in refused.text


def test_room_is_an_invitation(own_sample_url: str, make_client: Any) -> None:
    """Where a district has no meeting place it is named, with what someone can do; nothing is called a shortage."""
    engine = create_engine(own_sample_url)
    with Session(engine) as session, session.begin():
        session.execute(text("UPDATE asset SET state = 'retired' WHERE kind = 'meeting_place'"))
        session.execute(text("UPDATE area SET kind = 'district' WHERE kind = 'neighbourhood'"))
        session.execute(text("UPDATE area SET district_id = id WHERE kind = 'district'"))
    engine.dispose()
    html = answer(make_client(own_sample_url), "area=GM9999")
    assert "Hier is nog ruimte voor een ontmoetingsplek" in html
    assert "hier is nog ruimte" in html
    assert "0 ontmoetingsplekken" in html
    assert not re.search(r"tekort|ontbre|slecht", html)


def test_the_profile_of_an_area_leads_here(sample_client: TestClient) -> None:
    """The section on meeting places has a link to this page about that area."""
    html = sample_client.get("/areas/BU99990101", headers=HTML).text
    assert "/meeting-places?area=BU99990101" in html


def test_english(sample_client: TestClient) -> None:
    """The same in English."""
    html = answer(sample_client, f"{QUESTION}&lang=en")
    assert "Meeting places in" in html
    assert "within 400 metres walking of a meeting place" in html


@pytest.mark.parametrize("path", ["/meeting-places", "/meeting-places/download"])
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("area=GM9999&on=gisteren", 400),
        ("area=GM9999&on=1899-12-31", 400),
        ("area=GM9999&on=2026-02-30", 400),
        ("area=GM0000", 404),
        ("area=%00%00", 200),
        ("area=GM9999&on=1900-01-01", 200),
        ("area=GM9999&on=2200-12-31", 200),
    ],
)
def test_questions(sample_client: TestClient, path: str, query: str, status: int) -> None:
    """A day or an area that cannot be read is refused, on the page and in a file; the ends of time are an answer."""
    assert sample_client.get(f"{path}?{query}&f=csv", headers=HTML).status_code == status


def test_there_is_no_such_file(sample_client: TestClient) -> None:
    """A format that is not offered is not found."""
    assert sample_client.get("/meeting-places/download?area=GM9999&f=pdf", headers=HTML).status_code == 404
