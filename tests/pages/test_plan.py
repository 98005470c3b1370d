"""`/plan`: hours in, a list out, without script."""

import csv
import io
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import i18n
from app.pages import plan_picture
from app.pages.plan import PAGE
from assets import plan
from assets.plan import Plan
from assets.sample import REFERENCE_DAY
from assets.vocabulary import Role
from tests import neighbourhood
from tests.api.conftest import token_for
from tests.assets.test_measurements import counted

DUTCH = i18n.translator("nl")
HTML = {"Accept": "text/html", "Accept-Language": "nl"}
#: The day of the sample as it is loaded today.
DAY = REFERENCE_DAY + timedelta(weeks=(date.today() - REFERENCE_DAY).days // 7)
SINCE = DAY - timedelta(weeks=13)
QUESTION = f"area=GM9999&hours=40&minimum=0,1&on={DAY}&since={SINCE}"


def answer(client: TestClient, query: str = QUESTION, *, status: int = 200, language: str = "nl") -> str:
    """The page for a query."""
    found = client.get(f"/plan?{query}", headers={**HTML, "Accept-Language": language})
    assert status == found.status_code, found.text[:300]
    return found.text


def words_of(page: str) -> str:
    """What the page says, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture(scope="module")
def found(sample_url: str) -> Plan:
    """The plan of the question, by the domain function."""
    engine = create_engine(sample_url)
    with Session(engine) as session:
        made = plan.plan(session, area="GM9999", hours=40, minimum=0.1, on=DAY)
    engine.dispose()
    return made


def test_the_page_has_the_figures_of_the_domain(analyst: TestClient, found: Plan) -> None:
    """Level, totals and the hours of every street are those of the domain function, in Dutch and English notation."""
    page = answer(analyst)
    streets = page.partition('id="streets-title"')[2]
    rows = re.findall(r'<bdi>([^<]+)</bdi>.*?data-label="Gemeente"><b>([\d,]+) u', streets, re.DOTALL)
    assert [(one.found.part.name, f"{one.hours:.2f}".replace(".", ",")) for one in found.streets[:PAGE]] == rows
    assert f"{found.level:.2f} hours a week per 100 metres".replace("0.", "0.") in words_of(
        answer(analyst, language="en")
    )
    said = words_of(page)
    assert f"{found.minimum_hours:.2f}".replace(".", ",") in said
    assert "Zorg van buren telt mee, en niemand komt onder het minimum." in said
    for one in found.neighbourhoods:
        assert f"{one.hours:.2f}".replace(".", ",") in said


def test_the_four_answers_stand_with_day_and_sample(analyst: TestClient, found: Plan) -> None:
    """Each street with an answer stands under it, with its day and number of boxes; the others are counted."""
    said = words_of(answer(analyst))
    for one in found.streets:
        if one.found.answer is not None:
            assert one.found.sample is not None
    unknown = sum(one.found.answer is None for one in found.streets)
    assert f"Voor {unknown} straatdelen is het antwoord onbekend." in said
    assert re.search(r"Extra schoonmaken en buren uitnodigen \d+ straatdelen", said)
    assert re.search(r"D heel veel zwerfafval, \d+ \w+ \d{4}, 1 vak", said)


def test_what_changed_is_told_in_words(analyst: TestClient) -> None:
    """The earlier day, both levels, and reasons that are of the street itself; without a day there is no comparison."""
    said = words_of(answer(analyst))
    assert f"Wat veranderde er sinds {DUTCH.day(SINCE)}" in said
    assert "buren deden meer" in said
    assert "veranderde alleen het gemiddelde niveau" in said
    assert "Wat veranderde" not in words_of(answer(analyst, f"{QUESTION.partition('&since')[0]}&since="))
    # nobody said anything: thirteen weeks before
    assert f"sinds {DUTCH.day(SINCE)}" in words_of(answer(analyst, QUESTION.partition("&since")[0]))


def test_too_few_hours_are_said(analyst: TestClient) -> None:
    """Below the minimum the page says so, and which part of it everybody gets; the picture has no line then."""
    page = answer(analyst, f"area=GM9999&hours=1&minimum=0.1&on={DAY}")
    assert re.search(r"1 uur is minder dan het minimum kost: [\d,]+ uur. Elke straat krijgt hetzelfde deel", page)
    assert "plan-picture__level" not in page


def test_nothing_asked_yet(analyst: TestClient) -> None:
    """Without hours or an area the page is the form and what it is for."""
    for query in ("", "area=GM9999", "hours=40"):
        assert "Zeg hoeveel uur per week er is voor een gebied." in words_of(answer(analyst, query))


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("area=GM9999&hours=-1", ["hours"]), ("area=GM9999&hours=nan", ["hours"]), ("area=GM9999&hours=1e3", ["hours"]),
        ("area=GM9999&hours=99999999", ["hours"]), ("area=GM9999&hours=4&minimum=2000", ["minimum"]),
        ("area=GM9999&hours=4&on=1899-12-31", ["on"]), ("area=GM9999&hours=4&since=2199-01-01", ["since"]),
        ("area=GM9999&hours=veel&minimum=x&on=gisteren", ["hours", "minimum", "on"]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_beside_it(analyst: TestClient, query: str, fields: list[str]) -> None:
    """A 400 with the form as it was typed, and each fault at its field; a download of it is refused as well."""
    page = answer(analyst, query, status=400)
    assert fields == re.findall(r'aria-invalid="true" aria-describedby="(\w+)-fault"', page)
    assert 400 == analyst.get(f"/plan/download?{query}&f=csv", headers=HTML).status_code


def test_unknown_areas_and_areas_without_streets(make_client: Any, database_url: str, tmp_path: Path) -> None:
    """An unknown area is a 404; one without streets says so beside the form; names that look like markup are words."""
    engine = create_engine(database_url)
    with Session(engine) as session, session.begin():
        neighbourhood.draw(session, tmp_path)
        neighbourhood.live(session)
        counted(session)
    engine.dispose()
    client = make_client(database_url)
    client.headers["Authorization"] = f"Bearer {token_for(database_url, Role.analyst)}"

    assert 404 == client.get("/plan?area=NOPE&hours=4", headers=HTML).status_code
    assert "In Leeg zijn geen straten" in words_of(answer(client, "area=BU00010201&hours=4"))
    page = answer(client, "area=GM0001&hours=30&minimum=0.1&on=2026-06-01&since=2026-05-15")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;steeg" in page
    assert "Per 1.000 inwoners" in page
    assert "onbekend" in words_of(page)
    assert "vuurtoren demo --remove" not in page  # that is said of the sample only


def test_downloads_open_and_hold_the_same(analyst: TestClient, found: Plan, tmp_path: Path) -> None:
    """CSV, Excel, GeoPackage and GeoJSON hold every street with unrounded hours that add up to what was divided."""
    hours = {one.found.part.id: one.hours for one in found.streets}
    links = re.findall(r'href="(/plan/download[^"]+)"', answer(analyst))
    assert 4 == len(links)
    bodies = {}
    for link in links:
        got = analyst.get(link.replace("&amp;", "&"), headers=HTML)
        assert 200 == got.status_code
        bodies[got.headers["content-disposition"].rpartition(".")[2].strip('"')] = got.content
    rows = list(csv.DictReader(io.StringIO(bodies["csv"].decode("utf-8-sig"))))
    assert hours == {int(row["street_part_id"]): float(row["hours"]) for row in rows}
    assert 40 == pytest.approx(sum(float(row["hours"]) for row in rows), rel=1e-12)
    assert any("more_care" in row["reasons"] for row in rows)
    book = openpyxl.load_workbook(io.BytesIO(bodies["xlsx"]))
    assert 1 + len(hours) == book["plan"].max_row
    assert ("Uren per week", "40") in list(book["about"].iter_rows(values_only=True))
    book.close()
    (tmp_path / "plan.gpkg").write_bytes(bodies["gpkg"])
    frame = pyogrio.read_dataframe(tmp_path / "plan.gpkg")
    assert hours == dict(zip(frame["street_part_id"], frame["hours"], strict=True))
    assert 28992 == frame.crs.to_epsg()
    assert len(hours) == len(json.loads(bodies["geojson"])["features"])
    assert 404 == analyst.get(f"/plan/download?{QUESTION}&f=exe", headers=HTML).status_code
    assert 400 == analyst.get("/plan/download?f=csv", headers=HTML).status_code


def test_the_picture(found: Plan) -> None:
    """Bars stand side by side over the whole width; who is above the minimum reaches the line, nobody ends below."""
    picture = plan_picture.picture(found)
    assert 100 == pytest.approx(sum(bar.width for bar in picture.bars), abs=0.1)
    assert picture.level_y is not None
    assert len(found.streets) == len(picture.bars)
    for bar in picture.bars:
        assert bar.service_y <= picture.level_y + 0.2
        assert bar.care_y + bar.care_height == pytest.approx(picture.foot)
        assert bar.service_y + bar.service_height == pytest.approx(bar.care_y, abs=0.2)
    heights = [bar.care for bar in picture.bars]
    assert heights == sorted(heights, reverse=True)


def test_the_picture_of_a_city_is_as_small(found: Plan) -> None:
    """Thousands of streets become at most 160 bars that still stand on the line."""
    many = Plan(**{**found.__dict__, "streets": found.streets * 60})
    picture = plan_picture.picture(many)
    assert 100 < len(picture.bars) <= plan_picture.MOST_BARS
    assert (True, False) == (picture.joined, picture.apart)
    assert 100 == pytest.approx(sum(bar.width for bar in picture.bars), abs=0.2)
    assert all(bar.service_y <= (picture.level_y or 0) + 0.2 for bar in picture.bars)
    assert min(bar.level for bar in picture.bars) == pytest.approx(found.level)
