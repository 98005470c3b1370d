"""The plan through the API, the command line and files: one rule, the same figures."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyogrio
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import plan
from assets.sample import REFERENCE_DAY
from assets.vocabulary import Role
from tests.api.conftest import ACTIVITIES, ASSETS, GEOJSON, token_for
from tests.conftest import run_program

PLAN = "/api/v1/plan"
#: The day of the sample as it is loaded today.
DAY = REFERENCE_DAY + timedelta(weeks=(date.today() - REFERENCE_DAY).days // 7)
SINCE = DAY - timedelta(weeks=13)
QUESTION = {"area": "GM9999", "hours": "40", "minimum": "0.1", "on": DAY.isoformat(), "since": SINCE.isoformat()}


def test_the_api_says_what_the_domain_says(analyst: TestClient, sample_url: str) -> None:
    """Level, hours, changes and neighbourhoods are those of the domain function; the hours add up to what was asked."""
    body = analyst.get(PLAN, params=QUESTION).json()
    engine = create_engine(sample_url)
    with Session(engine) as session:
        found = plan.plan(session, area="GM9999", hours=40, minimum=0.1, on=DAY)
        changed = plan.changes(session, found, since=SINCE)
    engine.dispose()

    assert (found.level, found.minimum_hours, found.activity_days) == (
        body["level"], body["minimum_hours"], body["days_since_activity"],
    )  # fmt: skip
    assert [(one.found.part.id, one.hours) for one in found.streets] == [
        (one["street_part_id"], one["hours"]) for one in body["streets"]
    ]
    assert 40 == pytest.approx(sum(one["hours"] for one in body["streets"]), rel=1e-12)
    assert 40 == pytest.approx(sum(one["hours"] for one in body["neighbourhoods"]), rel=1e-12)
    assert [(one.now.found.part.id, [*one.reasons]) for one in changed.streets] == [
        (one["street_part_id"], one["reasons"]) for one in body["changes"]["streets"]
    ]
    assert any(one["care_per_100_m"] > 0 for one in body["streets"])


@pytest.mark.parametrize(
    ("change", "status", "parameter"),
    [
        ({"hours": None}, 400, "hours"), ({"area": None}, 400, "area"), ({"hours": "-1"}, 400, "hours"),
        ({"hours": "nan"}, 400, "hours"), ({"hours": "1e999"}, 400, "hours"), ({"hours": "veel"}, 400, "hours"),
        ({"hours": "10000000"}, 400, "hours"), ({"minimum": "-0.1"}, 400, "minimum"),
        ({"minimum": "99999"}, 400, "minimum"), ({"on": "1899-01-01"}, 400, "on"),
        ({"since": DAY.isoformat()}, 400, "since"), ({"since": "2199-01-01"}, 400, "since"),
        ({"theme": "litter"}, 400, "theme"), ({"area": "BU404"}, 404, None),
        ({"f": "csv"}, 400, "f"),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_answered(
    analyst: TestClient, change: dict[str, str | None], status: int, parameter: str | None
) -> None:
    """A clear refusal that names the parameter; never a wrong zero and never a 500."""
    question = {name: value for name, value in {**QUESTION, **change}.items() if value is not None}
    answer = analyst.get(PLAN, params=question)
    assert status == answer.status_code, answer.text
    if parameter is not None:
        assert parameter in [error["parameter"] for error in answer.json()["errors"]]


def test_too_few_hours_and_a_minimum_that_nothing_reaches(analyst: TestClient) -> None:
    """The answer says that there is no level, and which part of the minimum everybody gets."""
    body = analyst.get(PLAN, params={**QUESTION, "minimum": "1000"}).json()
    assert None is body["level"]
    assert 0 < body["fraction"] < 1
    assert 40 == pytest.approx(sum(one["hours"] for one in body["streets"]))


def test_no_look_written_no_plan(make_client: Callable[..., TestClient], own_sample_url: str) -> None:
    """A look stands in the log of the transaction that reads the plan: where it cannot be written, nothing is shown."""
    client = make_client(own_sample_url)
    client.headers["Authorization"] = f"Bearer {token_for(own_sample_url, Role.analyst)}"
    engine = create_engine(own_sample_url, isolation_level="AUTOCOMMIT")
    page = {"url": "/plan", "params": QUESTION, "headers": {"Accept": "text/html"}}
    file = {"url": "/plan/download", "params": {**QUESTION, "f": "csv"}}
    with engine.connect() as connection:
        for door in (page, file, {"url": PLAN, "params": QUESTION}):
            connection.execute(text("DELETE FROM lookup"))
            shown = client.get(**door)
            assert 200 == shown.status_code, door
            assert "Zoutsteeg" in shown.text
            seen = connection.execute(text("SELECT role, what, area.code FROM lookup JOIN area ON area.id = area_id"))
            assert [("analyst", "export" if door is file else "plan", "GM9999")] == [tuple(row) for row in seen]

            connection.execute(text("DELETE FROM lookup"))
            connection.execute(text("ALTER TABLE lookup ADD CONSTRAINT closed CHECK (false) NOT VALID"))
            refused = client.get(**door)
            connection.execute(text("ALTER TABLE lookup DROP CONSTRAINT closed"))
            assert refused.status_code >= 400, door
            assert "Zoutsteeg" not in refused.text
    engine.dispose()


def test_held_answers_are_looks_too(analyst: TestClient) -> None:
    """Who holds the answer and asks whether it is still good has looked; nobody else is told that it is."""
    tag = analyst.get(PLAN, params=QUESTION).headers["etag"]
    plain = {"If-None-Match": tag, "Authorization": ""}
    assert 401 == analyst.get(PLAN, params=QUESTION, headers=plain).status_code


def test_it_need_not_be_sent_again(analyst: TestClient) -> None:
    """Who holds the answer gets 304 while nothing has changed."""
    tag = analyst.get(PLAN, params=QUESTION).headers["etag"]
    assert 304 == analyst.get(PLAN, params=QUESTION, headers={"If-None-Match": tag}).status_code


def test_hours_of_an_activity_count_at_once(
    writer: TestClient, own_sample_url: str, evening: Callable[..., dict[str, Any]]
) -> None:
    """What is recorded with its hours is care in the next plan; hours that cannot be are refused."""
    asked: dict[str, Any] = {
        "params": {"area": "GM9999", "hours": "40"},
        "headers": {"Authorization": f"Bearer {token_for(own_sample_url, Role.analyst)}"},
    }
    initiatives = writer.get(ASSETS, params={"kind": "street_initiative", "theme": "litter"}).json()["features"]
    before = {one["street_part_id"]: one["care_per_100_m"] for one in writer.get(PLAN, **asked).json()["streets"]}
    day = date.today().isoformat()
    body = evening(initiatives[0]["id"], held_on=day, participants=6, hours=2.5)
    answer = writer.post(ACTIVITIES, content=json.dumps(body), headers=GEOJSON)
    assert (201, 2.5) == (answer.status_code, answer.json()["properties"]["hours"])

    after = writer.get(PLAN, **asked).json()["streets"]
    more = [(one["care_per_100_m"] - before[one["street_part_id"]]) * one["length_m"] / 100 for one in after]
    assert 15 / 13 == pytest.approx(sum(more), rel=1e-3)
    for wrong in (0, -1, 25, "2", True):
        bad = evening(initiatives[0]["id"], hours=wrong)
        refused = writer.post(ACTIVITIES, content=json.dumps(bad), headers=GEOJSON)
        assert (400, "#/properties/hours") == (refused.status_code, refused.json()["errors"][0]["pointer"])


@pytest.mark.slow
def test_the_command_and_its_files(analyst: TestClient, sample_url: str, tmp_path: Path) -> None:
    """Table, CSV, Excel, GeoPackage and GeoJSON open and hold the hours of the API; wrong use is 2, a refusal 1."""
    where = {"VUURTOREN_DATABASE_URL": sample_url}
    asked = ["plan", *(word for name, value in QUESTION.items() for word in (f"--{name}", value))]
    body = analyst.get(PLAN, params=QUESTION).json()
    hours = {one["street_part_id"]: one["hours"] for one in body["streets"]}

    table = run_program(*asked, **where)
    assert (0, True) == (table.returncode, f"level: {body['level']:.4f}" in table.stderr), table.stderr
    for ending in ("csv", "xlsx", "gpkg", "geojson"):
        done = run_program(*asked, "--format", ending, "--out", str(tmp_path / f"plan.{ending}"), **where)
        assert 0 == done.returncode, done.stderr
    told = (tmp_path / "plan.csv").read_text(encoding="utf-8-sig")
    assert hours == {int(row["street_part_id"]): float(row["hours"]) for row in csv.DictReader(io.StringIO(told))}
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    head, *rows = book["plan"].iter_rows(values_only=True)
    number, column = head.index("street_part_id"), head.index("hours")
    assert hours == pytest.approx({row[number]: row[column] for row in rows})
    assert "hours per week" in [row[0] for row in book["about"].iter_rows(values_only=True)]
    book.close()
    frame = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="plan")
    assert hours == dict(zip(frame["street_part_id"], frame["hours"], strict=True))
    assert frame.geometry.notna().all()
    features = json.loads((tmp_path / "plan.geojson").read_text())["features"]
    assert hours == {one["id"]: one["properties"]["hours"] for one in features}

    assert 1 == run_program("plan", "--area", "NOPE", "--hours", "4", **where).returncode
    assert 1 == run_program("plan", "--area", "GM9999", "--hours", "-4", **where).returncode
    assert 1 == run_program("plan", "--area", "GM9999", "--hours", "nan", **where).returncode
    assert 2 == run_program("plan", "--area", "GM9999", "--hours", "veel", **where).returncode
    assert 2 == run_program("plan", "--area", "GM9999", **where).returncode
