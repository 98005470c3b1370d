"""Measurements and ambitions through the API and the command line."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import answers
from assets.sample import REFERENCE_DAY
from assets.vocabulary import Role
from tests.api.conftest import token_for
from tests.conftest import run_program

MEASUREMENTS = "/api/v1/measurements"
AMBITION = "/api/v1/areas/BU99990101/ambition"
#: The day of the sample as it is loaded today, and a day after it was counted last.
DAY = REFERENCE_DAY + timedelta(weeks=(date.today() - REFERENCE_DAY).days // 7)
MEASURED = DAY - timedelta(days=11)


@pytest.fixture
def analyst(make_client: Callable[..., TestClient], own_sample_url: str) -> TestClient:
    """A client with an analyst's token on the sample neighbourhood in a database of its own."""
    client = make_client(own_sample_url)
    client.headers["Authorization"] = f"Bearer {token_for(own_sample_url, Role.analyst)}"
    return client


def box(**more: Any) -> dict[str, Any]:
    """A box of coarse litter in the Zoutsteeg."""
    return {"street": "Zoutsteeg", "measured_on": MEASURED.isoformat(), "kind": "coarse", "count": 4, **more}


def test_a_measurement_is_in_the_list_at_once(analyst: TestClient, own_sample_url: str) -> None:
    """What is posted is read by everyone, with its date and sample; the API says what the domain function says."""
    answer = analyst.post(MEASUREMENTS, json=box())
    assert 201 == answer.status_code, answer.text
    assert 200 == analyst.put(AMBITION, json={"level": "A", "since": MEASURED.isoformat()}).status_code
    del analyst.headers["Authorization"]
    question = {"area": "BU99990101", "on": DAY.isoformat(), "limit": 1000}
    listed = analyst.get(MEASUREMENTS, params=question).json()["streets"]
    found = next(one for one in listed if one["street_part_id"] == answer.json()["street_part_id"])

    assert ("Zoutsteeg", "B", MEASURED.isoformat(), 1, 4, 4.0) == tuple(
        found[name] for name in ("name", "level", "measured_on", "boxes", "pieces", "coarse_per_100_m2")
    )
    assert ("A", "BU99990101") == (found["ambition"], found["ambition_of"])
    engine = create_engine(own_sample_url)
    with Session(engine) as session:
        rows = answers.street_parts(session, on=DAY, area="BU99990101")
    engine.dispose()
    assert [(row.part.id, row.answer, row.sample and row.sample.level) for row in rows] == [
        (one["street_part_id"], one["answer"], one["level"]) for one in listed
    ]


def test_pages_follow_each_other(sample_client: TestClient) -> None:
    """`next` leads through all street parts, each once."""
    url, seen = f"{MEASUREMENTS}?limit=20", []
    while url:
        body = sample_client.get(url).json()
        seen += [one["street_part_id"] for one in body["streets"]]
        url = next((link["href"] for link in body["links"] if link["rel"] == "next"), "")
    assert len(seen) == len(set(seen)) > 40


def test_the_same_key_counts_once(analyst: TestClient) -> None:
    """Sent twice with one Idempotency-Key it is one measurement; the key with another body is refused."""
    first = analyst.post(MEASUREMENTS, json=box(), headers={"Idempotency-Key": "a"})
    second = analyst.post(MEASUREMENTS, json=box(), headers={"Idempotency-Key": "a"})
    assert (201, first.json()) == (second.status_code, second.json())
    assert 422 == analyst.post(MEASUREMENTS, json=box(count=5), headers={"Idempotency-Key": "a"}).status_code


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"count": -1}, "#/count"), ({"count": "3"}, "#/count"), ({"count": None}, "#/count"),
        ({"measured_on": "2126-01-01"}, "#/measured_on"), ({"measured_on": "gisteren"}, "#/measured_on"),
        ({"kind": "blik"}, "#/kind"), ({"box_m2": 0}, "#/box_m2"), ({"street": "Nergens"}, "#/street"),
        ({"area": "BU1"}, "#/area"), ({"point": [5.3, 91]}, "#/point"), ({"crs": "EPSG:1", "point": [1, 1]}, "#/crs"),
        ({"colour": "red"}, "#/colour"), ({"counted_by": "bel 06-12345678"}, "#/counted_by"),
    ],
)  # fmt: skip
def test_bad_boxes_are_refused_with_their_place(
    refused_writer: TestClient, wrong: dict[str, Any], pointer: str
) -> None:
    """A fault is a 400 that points at what is wrong."""
    answer = refused_writer.post(MEASUREMENTS, json=box(**wrong))
    assert 400 == answer.status_code, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_who_may_write(make_client: Callable[..., TestClient], own_sample_url: str) -> None:
    """Without a token 401; a member may not count; a builder may count but not set what a municipality wants."""
    client = make_client(own_sample_url)
    assert 401 == client.post(MEASUREMENTS, json=box()).status_code
    assert 401 == client.put(AMBITION, json={"level": "A", "since": "2026-01-01"}).status_code
    for role, count, level in ((Role.member, 403, 403), (Role.builder, 201, 403), (Role.admin, 201, 200)):
        client.headers["Authorization"] = f"Bearer {token_for(own_sample_url, role)}"
        assert count == client.post(MEASUREMENTS, json=box()).status_code
        assert level == client.put(AMBITION, json={"level": "A", "since": "2026-01-01"}).status_code


def test_the_ambition_of_an_area(analyst: TestClient) -> None:
    """It is null before there is one, that of the municipality when only that has one, and its own after that."""
    assert None is analyst.get(AMBITION, params={"on": "2020-02-01"}).json()["level"]
    analyst.put("/api/v1/areas/GM9999/ambition", json={"level": "C", "since": "2020-01-01"})
    found = analyst.get(AMBITION, params={"on": "2020-02-01"}).json()
    assert ("C", "2020-01-01", "GM9999") == (found["level"], found["since"], found["set_for"])
    assert None is analyst.get(AMBITION, params={"on": "2019-12-31"}).json()["level"]
    analyst.put(AMBITION, json={"level": "A+", "since": "2020-01-15"})
    assert "A+" == analyst.get(AMBITION, params={"on": "2020-02-01"}).json()["level"]

    assert 404 == analyst.get("/api/v1/areas/NOPE/ambition").status_code
    assert 404 == analyst.put("/api/v1/areas/NOPE/ambition", json={"level": "A", "since": "2026-01-01"}).status_code
    assert 400 == analyst.put(AMBITION, json={"level": "E", "since": "2026-01-01"}).status_code
    assert 400 == analyst.put(AMBITION, json={"level": "A", "since": "1800-01-01"}).status_code
    assert 400 == analyst.put(f"{AMBITION}?x=1", json={"level": "A", "since": "2026-01-01"}).status_code


@pytest.mark.parametrize("query", ["area=NOPE", "on=1899-12-31", "on=x", "limit=0", "after=x", "theme=litter", "f=xml"])
def test_questions_that_cannot_be_read(sample_client: TestClient, query: str) -> None:
    """An unknown area is a 404, anything else that cannot be read a 400."""
    assert (404 if "NOPE" in query else 400) == sample_client.get(f"{MEASUREMENTS}?{query}").status_code


@pytest.mark.slow
def test_the_commands(own_sample_url: str) -> None:
    """`ambition set`, `ambition show` and `measurements` do and say what the API does."""
    where = {"VUURTOREN_DATABASE_URL": own_sample_url}
    said = run_program("ambition", "set", "BU99990101", "C", "--since", str(MEASURED), **where)
    assert (0, f"level C from {MEASURED} on") == (said.returncode, said.stdout.strip()[-26:])
    assert "C, set for" in run_program("ambition", "show", "BU99990101", **where).stdout
    assert 2 == run_program("ambition", "set", "GM9999", "E", **where).returncode
    assert 1 == run_program("ambition", "set", "NOPE", "B", **where).returncode
    listed = run_program("measurements", "--area", "BU99990101", "--on", str(DAY), **where)
    lines = [line.split("\t") for line in listed.stdout.splitlines()]
    assert ["street", "level"] == [lines[0][0], lines[0][3]]
    assert {"C"} == {line[6] for line in lines[1:]}
