"""`/api/v1/meeting-places` and `vuurtoren meeting-places`: the figures of the domain, wherever they are asked."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli import app
from assets import meeting_places

PLACES = "/api/v1/meeting-places"
ON = date(2026, 11, 1)
QUESTION = {"area": "GM9999", "on": ON.isoformat()}


@pytest.fixture(scope="module")
def records(sample_url: str) -> list[dict[str, Any]]:
    """The answer of the domain for the sample."""
    engine = create_engine(sample_url)
    with Session(engine) as session:
        found = [meeting_places.record(one) for one in meeting_places.of_areas(session, area="GM9999", on=ON)]
    engine.dispose()
    return found


def test_the_api_gives_the_figures_of_the_domain(sample_client: TestClient, records: list[dict[str, Any]]) -> None:
    """Area by area; the sample has meeting places, by residents and by others, and a share that is measured."""
    answer = sample_client.get(PLACES, params=QUESTION).json()
    assert answer["areas"] == records
    assert (answer["on"], answer["walk_m"]) == ("2026-11-01", 400)
    assert records[0]["meeting_places"] > 3
    assert records[0]["resident_run"] > 0
    assert records[0]["run_by_others"] > 0
    assert 0 < records[0]["share"] <= 1
    rooms = [one["code"] for one in records if one["kind"] == "district" and one["meeting_places"] == 0]
    assert answer["districts_with_room"] == rooms


def test_reach_adds_up_to_the_figures(sample_client: TestClient, records: list[dict[str, Any]]) -> None:
    """The lines of all street parts together are the metres of the whole area; none is empty."""
    answer = sample_client.get(f"{PLACES}/reach", params=QUESTION)
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    assert answer.json()["numberReturned"] == len(features) > 5
    total = sum(one["properties"]["reached_m"] for one in features)
    assert total == pytest.approx(records[0]["reached_m"], abs=0.06 * len(features))
    assert all(one["geometry"]["type"] == "MultiLineString" and one["geometry"]["coordinates"] for one in features)


def test_who_holds_the_answer_gets_no_other(sample_client: TestClient) -> None:
    """304 for figures and lines as long as nothing changes."""
    for path in (PLACES, f"{PLACES}/reach"):
        tag = sample_client.get(path, params=QUESTION).headers["etag"]
        assert sample_client.get(path, params=QUESTION, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("path", [PLACES, f"{PLACES}/reach"])
@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("", 400),
        ("?area=", 400),
        ("?area=GM0000", 404),
        ("?area=GM9999&on=1899-12-31", 400),
        ("?area=GM9999&on=2201-01-01", 400),
        ("?area=GM9999&on=gisteren", 400),
        ("?area=GM9999&area=GM9999", 400),
        ("?area=GM9999&theme=litter", 400),
        ("?area=%00", 400),
        ("?area=GM9999&on=1900-01-01", 200),
        ("?area=GM9999&on=2200-12-31", 200),
    ],
)
def test_questions(sample_client: TestClient, path: str, question: str, status: int) -> None:
    """What cannot be asked is refused in words; the ends of time are an answer without meeting places."""
    answer = sample_client.get(path + question)
    assert answer.status_code == status
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.fixture
def run(sample_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run the command on the sample."""
    monkeypatch.setenv("VUURTOREN_DATABASE_URL", sample_url)
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda *arguments: CliRunner().invoke(app, ["meeting-places", *arguments])


def test_the_command_gives_the_same(run: Callable[..., Any], records: list[dict[str, Any]], tmp_path: Path) -> None:
    """CSV holds the figures of the API; GeoJSON what is reached; the table names every area."""
    told = run("--area", "GM9999", "--on", ON.isoformat())
    assert told.exit_code == 0, told.output
    assert all(one["name"] in told.stdout for one in records)
    run("--area", "GM9999", "--on", ON.isoformat(), "--format", "csv", "--out", str(tmp_path / "a.csv"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text(encoding="utf-8-sig"))))
    assert [row["code"] for row in rows] == [one["code"] for one in records]
    assert [float(row["reached_m"]) for row in rows] == [one["reached_m"] for one in records]
    run("--area", "GM9999", "--on", ON.isoformat(), "--format", "geojson", "--out", str(tmp_path / "a.geojson"))
    lines = json.loads((tmp_path / "a.geojson").read_text())["features"]
    assert sum(one["properties"]["reached_m"] for one in lines) == pytest.approx(
        records[0]["reached_m"], abs=0.06 * len(lines)
    )


def test_wrong_use_and_refusals(run: Callable[..., Any]) -> None:
    """2 for wrong use, 1 for an area that is not known."""
    assert run().exit_code == 2
    assert run("--area", "GM9999", "--on", "1899-01-01").exit_code == 2
    assert run("--area", "GM9999", "--format", "pdf").exit_code == 2
    assert run("--area", "GM0000").exit_code == 1
