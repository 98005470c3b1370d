"""Connections through the API and on the page of an asset."""

import json
from typing import Any

import pytest
from sqlalchemy import create_engine, text, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import features
from assets.consents import Consent
from tests.api.conftest import ASSETS, GEOJSON

CONNECTIONS = "/api/v1/connections"


def ids(client: TestClient) -> dict[str, int]:
    """The numbers of the sample's entries by their titles."""
    listed = client.get(f"{ASSETS}?limit=1000").json()["features"]
    return {one["properties"]["title"]: one["id"] for one in listed}


def told(client: TestClient, number: int) -> list[tuple[str, bool, str]]:
    """What an item says it is connected to."""
    answer = client.get(f"{ASSETS}/{number}")
    return [(one["kind"], one["inward"], one["title"]) for one in answer.json()["connections"]]


def test_an_item_tells_its_connections(sample_client: TestClient) -> None:
    """The neighbourhood house of the sample: what it organises, who meets there; no hidden person."""
    house = ids(sample_client)["Buurthuis De Veerpont"]
    assert [
        ("member_of", True, "Een bewoner helpt met brieven en formulieren"),
        ("meets_at", True, "Naaiclub De Spoel"),
        ("meets_at", True, "Wandelclub Stap voor Stap"),
        ("organises", False, "Gereedschap lenen"),
    ] == told(sample_client, house)
    assert all("connections" not in one for one in sample_client.get(ASSETS).json()["features"])


def test_the_page_tells_them_without_script(sample_client: TestClient) -> None:
    """In Dutch words, each as a link to its page, also of an earlier day."""
    number = ids(sample_client)["Naaiclub De Spoel"]
    page = sample_client.get(f"/assets/{number}").text
    house = ids(sample_client)["Buurthuis De Veerpont"]
    assert "Verbonden met" in page
    assert "komt samen in" in page
    assert f'href="/assets/{house}"' in page
    assert f'href="/assets/{house}?on=2026-06-01"' in sample_client.get(f"/assets/{number}?on=2026-06-01").text


def test_connect_and_take_away(writer: TestClient, own_sample_url: str) -> None:
    """What is connected is on both items at once, has an address, raises the version of the data, and goes again."""
    number = ids(writer)
    choir, park = number["Het Dijkkoor"], number["Het Zonnepark"]
    known = writer.get(f"{ASSETS}/{park}").headers["etag"]
    assert 304 == writer.get(f"{ASSETS}/{park}", headers={"If-None-Match": known}).status_code
    engine = create_engine(own_sample_url)
    with Session(engine) as session:
        before = features.data_version(session)

    body = {"from": choir, "kind": "meets_at", "to": park, "since": "2026-05-01"}
    made = writer.post(CONNECTIONS, json=body, headers={"Idempotency-Key": "a"})
    assert 201 == made.status_code, made.text
    assert {"id": made.json()["id"], **body} == made.json()
    assert made.json() == writer.get(made.headers["location"]).json()
    assert made.json() == writer.post(CONNECTIONS, json=body, headers={"Idempotency-Key": "a"}).json()
    assert 409 == writer.post(CONNECTIONS, json=body).status_code
    assert ("meets_at", True, "Het Dijkkoor") in told(writer, park)
    assert ("meets_at", False, "Het Zonnepark") in told(writer, choir)
    assert 200 == writer.get(f"{ASSETS}/{park}", headers={"If-None-Match": known}).status_code
    with Session(engine) as session:
        assert features.data_version(session) > before
    engine.dispose()

    assert 204 == writer.delete(made.headers["location"]).status_code
    assert 404 == writer.get(made.headers["location"]).status_code
    assert ("meets_at", True, "Het Dijkkoor") not in told(writer, park)
    assert 404 == writer.delete(made.headers["location"]).status_code


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"from": 999_999}, "#/from"),
        ({"to": 0}, "#/to"),
        ({"to": "1"}, "#/to"),
        ({"kind": "owns"}, "#/kind"),
        ({"kind": None}, "#/kind"),
        ({"since": "2026-02-30"}, "#/since"),
        ({"since": "1066-10-14"}, "#/since"),
        ({"note": "x"}, "#/note"),
    ],
)
def test_what_is_refused(refused_writer: TestClient, change: dict[str, Any], pointer: str) -> None:
    """Each fault is told with its place, and nothing is stored."""
    number = ids(refused_writer)
    body = {"from": number["Het Dijkkoor"], "kind": "meets_at", "to": number["De Zonnewijzer"], **change}
    answer = refused_writer.post(CONNECTIONS, json=body)
    assert 400 == answer.status_code, answer.text
    assert [pointer] == [one["pointer"] for one in answer.json()["errors"]]


def test_who_withdraws_is_gone_from_every_answer(writer: TestClient, own_sample_url: str) -> None:
    """A withdrawn consent takes the connection off the other's item and page with the next request, and its address."""
    number = ids(writer)["Het Dijkkoor"]
    del writer.headers["Authorization"]
    found = writer.get(f"{ASSETS}/{number}").json()["connections"]
    mine = next(one for one in found if one["title"] == "Een bewoner speelt accordeon")
    assert "accordeon" in writer.get(f"/assets/{number}").text
    assert 200 == writer.get(f"{CONNECTIONS}/{mine['id']}").status_code

    engine = create_engine(own_sample_url)
    with Session(engine) as session, session.begin():
        session.execute(update(Consent).where(Consent.asset_id == mine["asset_id"]).values(withdrawn_at=text("now()")))
    engine.dispose()
    assert "accordeon" not in writer.get(f"{ASSETS}/{number}").text
    assert "accordeon" not in writer.get(f"/assets/{number}").text
    assert 404 == writer.get(f"{CONNECTIONS}/{mine['id']}").status_code


def test_what_was_fetched_can_be_sent_back(writer: TestClient) -> None:
    """An item with its connections may be put back as it was: they are not read, and stay."""
    number = ids(writer)["Naaiclub De Spoel"]
    item = writer.get(f"{ASSETS}/{number}")
    answer = writer.put(
        f"{ASSETS}/{number}", content=json.dumps(item.json()), headers={**GEOJSON, "If-Match": item.headers["etag"]}
    )
    assert 200 == answer.status_code, answer.text
    assert item.json()["connections"] == writer.get(f"{ASSETS}/{number}").json()["connections"] != []


def test_hostile_titles_stay_text(writer: TestClient) -> None:
    """A title with markup is text on the page of what it is connected to."""
    title = "<img src=x onerror=alert(1)>{{7*7}}"
    place = {"type": "Point", "coordinates": [5.3111, 52.5330]}
    club = {"type": "Feature", "geometry": place, "properties": {"kind": "club", "title": title}}
    made = writer.post(ASSETS, content=json.dumps(club), headers=GEOJSON).json()["id"]
    house = ids(writer)["Buurthuis De Veerpont"]
    assert 201 == writer.post(CONNECTIONS, json={"from": made, "kind": "meets_at", "to": house}).status_code
    page = writer.get(f"/assets/{house}").text
    assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}" in page
    assert "<img src=x" not in page
