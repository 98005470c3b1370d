"""Energy through its doors: the API, the command and the files give one figure, and a write is in the next answer."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli import app
from tests.api.conftest import ACTIVITIES, ASSETS, GEOJSON, STREETS, writer  # noqa: F401 - a fixture

ENERGY = "/api/v1/energy"


def areas(client: TestClient, **question: str) -> dict[str, dict[str, Any]]:
    """Code -> area with its energy."""
    answer = client.get(ENERGY, params=question)
    assert 200 == answer.status_code, answer.text
    return {one["code"]: one for one in answer.json()["areas"]}


def test_the_parts_and_the_whole_agree(sample_client: TestClient) -> None:
    """Neighbourhoods add up to their municipality; street parts to no more than their area, on today and any day."""
    for on in ({}, {"on": "2026-03-01"}):
        found = areas(sample_client, area="GM9999", **on)
        small = [one["energy"] for one in found.values() if one["kind"] == "neighbourhood"]
        assert found["GM9999"]["energy"] == pytest.approx(sum(small), abs=0.01)
        streets = sample_client.get(STREETS, params={"area": "GM9999", "limit": "1000", **on}).json()["features"]
        in_streets = sum(one["properties"]["energy"] for one in streets)
        assert 0 < in_streets <= found["GM9999"]["energy"] + 0.05


def test_a_figure_unfolds(sample_client: TestClient) -> None:
    """The activities of a street part add up to its energy; so do those of an area, and the rest is told."""
    streets = sample_client.get(STREETS, params={"area": "GM9999", "limit": "1000"}).json()["features"]
    one = max(streets, key=lambda street: street["properties"]["energy"])
    found = sample_client.get(f"{ENERGY}/activities", params={"street": one["id"]}).json()
    assert found["energy"] == one["properties"]["energy"]
    assert sum(a["weight"] for a in found["activities"]) == pytest.approx(found["energy"], abs=0.02)
    weights = [a["weight"] for a in found["activities"]]
    assert weights == sorted(weights, reverse=True)

    cut = sample_client.get(f"{ENERGY}/activities", params={"area": "GM9999", "limit": "2"}).json()
    shown = sum(a["weight"] for a in cut["activities"])
    assert cut["energy"] == pytest.approx(shown + cut["others"], abs=0.01)
    assert cut["others"] > 0


def test_months(sample_client: TestClient) -> None:
    """A series says the days, and each of its figures is what is answered for that day."""
    question = {"of": "areas", "area": "GM9999", "first": "2026-08-15", "last": "2026-11-30"}
    found = sample_client.get(f"{ENERGY}/months", params=question).json()
    assert found["months"] == ["2026-08-01", "2026-09-01", "2026-10-01", "2026-11-01"]
    for number, on in enumerate(found["months"]):
        asked = {code: one["energy"] for code, one in areas(sample_client, area="GM9999", on=on).items()}
        assert {code: series[number] for code, series in found["energy"].items()} == pytest.approx(
            {code: asked[code] for code in found["energy"]}, abs=0.002
        )
    inside = sample_client.get(f"{ENERGY}/months", params={**question, "of": "streets", "bbox": "5.2,52.5,5.4,52.6"})
    assert inside.json()["energy"]
    outside = sample_client.get(f"{ENERGY}/months", params={**question, "of": "streets", "bbox": "4,51,4.1,51.1"})
    assert {} == outside.json()["energy"]


def test_months_may_close_with_the_day_itself(sample_client: TestClient) -> None:
    """With `also=last` the series ends with the day asked; per 1,000 inhabitants it is null where they are unknown."""
    question = {"area": "GM9999", "first": "2026-10-01", "last": "2026-11-15", "also": "last"}
    found = sample_client.get(f"{ENERGY}/months", params=question).json()
    assert found["months"] == ["2026-10-01", "2026-11-01", "2026-11-15"]
    told = areas(sample_client, area="GM9999", on="2026-11-15")
    per_1000 = sample_client.get(f"{ENERGY}/months", params={**question, "per": "1000"}).json()["energy"]
    for code, series in found["energy"].items():
        assert series[-1] == pytest.approx(told[code]["energy"], abs=0.002)
        people = told[code]["population"]
        assert per_1000[code] == (
            None if not people else [pytest.approx(one * 1000 / people, abs=0.01) for one in series]
        )


def test_classes(sample_client: TestClient) -> None:
    """At most four classes that follow each other, for streets and for areas, the same on every question."""
    found = sample_client.get(f"{ENERGY}/classes", params={"area": "GM9999", "last": "2026-11-15"}).json()
    assert found["months"][-2:] == ["2026-11-01", "2026-11-15"]
    for what in ("streets", "areas"):
        told = found[what]
        assert 1 <= len(told) <= 4
        assert [one["number"] for one in told] == list(range(1, len(told) + 1))
        assert [one["to"] for one in told][:-1] == [one["from"] for one in told][1:]
        assert (told[0]["from"], told[-1]["to"]) == (0, None)


def test_a_write_is_in_the_next_answer(writer: TestClient) -> None:  # noqa: F811
    """Recording an activity raises the figure by its weight; taking it away lowers it again."""
    club = writer.get(ASSETS, params={"kind": "club", "limit": "1"}).json()["features"][0]
    area = club["properties"]["area_code"]
    before = areas(writer, area=area)[area]["energy"]
    day = writer.get(ENERGY).json()["on"]
    body = {"type": "Feature", "geometry": None,
            "properties": {"asset_id": club["id"], "held_on": day, "participants": 16}}  # fmt: skip
    made = writer.post(ACTIVITIES, json=body, headers=GEOJSON)
    assert 201 == made.status_code, made.text
    assert areas(writer, area=area)[area]["energy"] == pytest.approx(before + 4, abs=0.002)

    gone = writer.delete(made.headers["location"], headers={"If-Match": made.headers["etag"]})
    assert 204 == gone.status_code
    assert areas(writer, area=area)[area]["energy"] == pytest.approx(before, abs=0.002)


def test_the_command_says_the_same(
    own_sample_url: str, make_client: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`vuurtoren energy` gives the figures of the API, by area, by street and activity by activity."""
    monkeypatch.setenv("VUURTOREN_DATABASE_URL", own_sample_url)
    client = make_client(own_sample_url)

    def rows(*arguments: str) -> list[dict[str, str]]:
        result = CliRunner().invoke(app, ["energy", "--area", "GM9999", *arguments, "--format", "csv"])
        assert 0 == result.exit_code, result.output
        return list(csv.DictReader(io.StringIO(result.stdout.removeprefix("\ufeff"))))

    of_api = {code: str(one["energy"]) for code, one in areas(client, area="GM9999").items()}
    assert {row["code"]: row["energy"] for row in rows()} == of_api
    streets = client.get(STREETS, params={"area": "GM9999", "limit": "1000"}).json()["features"]
    lit = {str(one["id"]): one["properties"]["energy"] for one in streets if one["properties"]["energy"]}
    assert {row["id"]: float(row["energy"]) for row in rows("--by", "streets")} == lit
    # by name as on the page: streets are never ranked
    page = client.get("/energy/download", params={"area": "GM9999", "f": "csv"}).content.decode("utf-8-sig")
    by_name = [row["id"] for row in csv.DictReader(io.StringIO(page))]
    assert [row["id"] for row in rows("--by", "streets")] == by_name
    told = client.get(f"{ENERGY}/activities", params={"area": "GM9999", "limit": "1000"}).json()["activities"]
    assert [row["id"] for row in rows("--by", "activities")] == [str(one["id"]) for one in told]

    refused = CliRunner().invoke(app, ["energy", "--by", "activities"])
    assert 2 == refused.exit_code
    assert 2 == CliRunner().invoke(app, ["energy", "--on", "1850-01-01"]).exit_code
    assert 1 == CliRunner().invoke(app, ["energy", "--area", "GM0000"]).exit_code


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("?on=1899-12-31", 400), ("?on=2201-01-01", 400), ("?on=today", 400), ("?area=GM0000", 404), ("?kind=x", 400),
        ("?x=1", 400), ("?area=GM9999&area=GM9999", 400),
        ("/activities", 400), ("/activities?street=1&area=GM9999", 400), ("/activities?street=999999999", 404),
        ("/activities?street=0", 400), ("/activities?area=GM9999&limit=0", 400),
        ("/months?first=2026-02-01&last=2026-01-01", 400), ("/months?first=2000-01-01&last=2026-01-01", 400),
        ("/months?bbox=1,2,3", 400), ("/months?of=people", 400), ("/months?area=GM0000", 404),
        ("/months?of=streets&per=1000", 400), ("/months?also=first", 400), ("/months?per=100", 400),
        ("/classes?area=GM0000", 404), ("/classes?first=2000-01-01&last=2026-01-01", 400), ("/classes?of=streets", 400),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(sample_client: TestClient, path: str, status: int) -> None:
    """A question that cannot be read is refused as a problem, never answered otherwise."""
    answer = sample_client.get(ENERGY + path)
    assert status == answer.status_code, answer.text
    assert "application/problem+json" == answer.headers["content-type"]
