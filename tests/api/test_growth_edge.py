"""`/api/v1/growth-edge` and `vuurtoren streets --growth-edge`: the figures of the domain, nothing about few people."""

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
from assets import growth_edge
from assets.vocabulary import Theme

EDGE = "/api/v1/growth-edge"
ON = date(2026, 10, 1)
QUESTION = {"area": "GM9999", "theme": "litter", "on": ON.isoformat()}


def pages(client: TestClient, limit: int) -> list[dict[str, Any]]:
    """Every feature, page after page."""
    found: list[dict[str, Any]] = []
    answer = client.get(EDGE, params={**QUESTION, "limit": limit})
    while True:
        assert answer.status_code == 200, answer.text
        found += answer.json()["features"]
        following = [one["href"] for one in answer.json()["links"] if one["rel"] == "next"]
        if not following:
            return found
        answer = client.get(following[0].removeprefix("http://testserver"))


def test_api_and_domain_give_the_same_list(sample_client: TestClient, sample_url: str) -> None:
    """Order, distances and counts are those of the domain, whatever the size of the page."""
    engine = create_engine(sample_url)
    with Session(engine) as session:
        rows = growth_edge.streets(session, on=ON, area="GM9999", theme=Theme.litter).rows
    engine.dispose()

    features = pages(sample_client, 3)

    assert len(rows) > 5
    assert any(row.nearest_energy_m for row in rows)
    assert features == pages(sample_client, 1000)
    assert [(row.id, row.nearest_energy_m, row.nearest_street) for row in rows] == [
        (one["id"], one["properties"]["nearest_energy_m"], one["properties"]["nearest_street"]) for one in features
    ]
    for row, one in zip(rows, features, strict=True):
        lives = one["properties"]["lives_within_200_m"]
        assert {str(kind): count for kind, count in row.lives.kinds.items()} == {
            name: count for name, count in lives.items() if name not in ("gifts", "fewer_than_5")
        }
        assert not {1, 2, 3, 4} & {lives["person"]}
        assert list(row.lives.fewer_than_5) == lives["fewer_than_5"]
        assert "MultiLineString" == one["geometry"]["type"]


def test_what_is_known_already_is_not_sent_again(sample_client: TestClient) -> None:
    """The same answer for who holds it is 304."""
    first = sample_client.get(EDGE, params=QUESTION)

    again = sample_client.get(EDGE, params=QUESTION, headers={"If-None-Match": first.headers["etag"]})

    assert (304, b"") == (again.status_code, again.content)


@pytest.mark.parametrize(
    ("query", "status", "parameter"),
    [
        ("area=GM0000", 404, None),
        ("theme=noise", 400, "theme"),
        ("on=1899-01-01", 400, "on"),
        ("on=yesterday", 400, "on"),
        ("limit=0", 400, "limit"),
        ("after=42", 400, "after"),
        ("after=kzz", 400, "after"),
        ("state=asked", 400, "state"),
        ("area=GM9999&area=GM9999", 400, "area"),
    ],
)
def test_what_cannot_be_read_is_refused(
    sample_client: TestClient, query: str, status: int, parameter: str | None
) -> None:
    """Another question is never answered instead, and the fault is named."""
    answer = sample_client.get(f"{EDGE}?{query}")

    assert status == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]
    if parameter:
        assert parameter in [one["parameter"] for one in answer.json()["errors"]]


def test_a_place_in_the_list_that_is_gone_goes_on_after_it(sample_client: TestClient) -> None:
    """Of a street part that is not there any more only its distance is known: the list goes on from there."""
    whole = pages(sample_client, 1000)
    first = next(one for one in whole if one["properties"]["nearest_energy_m"])
    metres = round(first["properties"]["nearest_energy_m"] * 10)
    gone = f"k{metres << 44 | (1 << 43):x}"

    features = sample_client.get(EDGE, params={**QUESTION, "after": gone}).json()["features"]

    assert whole[whole.index(first)] == features[0]


def test_the_command_gives_the_same(
    sample_client: TestClient, own_sample_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The table, the files and the API hold the same streets with the same figures, in the same order."""
    monkeypatch.setenv("VUURTOREN_DATABASE_URL", own_sample_url)
    run: Callable[..., Any] = lambda *more: CliRunner().invoke(  # noqa: E731
        app, ["streets", "--growth-edge", "--area", "GM9999", "--theme", "litter", "--on", ON.isoformat(), *more]
    )
    features = pages(sample_client, 1000)

    table = [line.split("\t") for line in run().stdout.splitlines()]
    rows = list(csv.DictReader(io.StringIO(run("--format", "csv").stdout.removeprefix("\ufeff"))))

    assert [one["properties"]["name"] for one in features] == [line[0] for line in table[1:] if len(line) > 1]
    assert [str(one["id"]) for one in features] == [row["id"] for row in rows]
    told = [
        "" if one["properties"]["nearest_energy_m"] is None else one["properties"]["nearest_energy_m"]
        for one in features
    ]
    assert told == [row["nearest_energy_m"] and float(row["nearest_energy_m"]) for row in rows]
    for one, row in zip(features, rows, strict=True):
        lives = one["properties"]["lives_within_200_m"]
        assert ("" if lives["person"] is None else str(lives["person"])) == row["lives_person"]
        assert str(lives["club"]) == row["lives_club"]
    for format, start in (("gpkg", b"SQLite"), ("xlsx", b"PK"), ("geojson", b'{"type"')):
        out = tmp_path / f"edge.{format}"
        assert 0 == run("--format", format, "--out", str(out)).exit_code
        assert out.read_bytes().startswith(start)
    assert len(features) == len(json.loads((tmp_path / "edge.geojson").read_text())["features"])
    assert 2 == run("--initiative", "any").exit_code
    assert 2 == run("--state", "asked").exit_code
    assert 1 == run("--area", "XX").exit_code
