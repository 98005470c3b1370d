"""What nobody has heard of for long is nowhere; one confirmation brings it back everywhere."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import mapbox_vector_tile
import pytest
from starlette.testclient import TestClient

from app.parameters import today
from tests.api.conftest import ACTIVITIES, ASSETS, GEOJSON, STREETS
from tests.api.test_tiles import HERE

TITLE = "Prikploeg van vroeger"
COUNTS = "/map-tiles/12/2108/1343"


def post(writer: TestClient, path: str, properties: dict[str, Any]) -> int:
    """Add a feature without a geometry and return its number."""
    body = {"type": "Feature", "geometry": None, "properties": properties}
    answer = writer.post(path, content=json.dumps(body), headers=GEOJSON)
    assert 201 == answer.status_code, answer.text
    return int(answer.json()["id"])


@pytest.fixture
def make_faded(writer: TestClient) -> Callable[..., int]:
    """A function that adds a street initiative on the Zoutsteeg that was last heard of two years ago."""
    long_ago = (today() - timedelta(days=730)).isoformat()
    stretches = [{"street": "Zoutsteeg", "whole": True}]
    values = {"kind": "street_initiative", "title": TITLE, "themes": ["litter"], "stretches": stretches}

    def make(**more: str) -> int:
        return post(writer, ASSETS, {**values, "started_on": long_ago, "confirmed_on": long_ago, **more})

    return make


@pytest.fixture
def faded(make_faded: Callable[..., int]) -> int:
    """The number of such an initiative."""
    return make_faded()


def seen(client: TestClient, identity: int, **on: str) -> dict[str, Any]:
    """Where the entry is to be found, and what follows from it."""
    layers = mapbox_vector_tile.decode(client.get(HERE, params=on).content)
    counts = mapbox_vector_tile.decode(client.get(COUNTS, params=on).content)["asset_counts"]["features"]
    day = {"datetime": on["on"]} if on else {}
    items = client.get(ASSETS, params={"limit": 1000, **day}).json()
    page = client.get("/assets", params={"q": TITLE, **on}).text
    street = client.get(STREETS, params={"theme": "litter", "limit": 1000, **on}).json()["features"]
    zoutsteeg = [one["properties"] for one in street if one["properties"]["name"] == "Zoutsteeg"]
    return {
        "tile": identity in [one["id"] for one in layers["initiatives"]["features"]],
        "counted": sum(one["properties"]["count"] for one in counts),
        "items": identity in [one["id"] for one in items["features"]],
        "matched": items["numberMatched"],
        "list": f'data-id="{identity}"' in page,
        "view": f'data-id="{identity}"' in client.get("/assets/in-view", params={"bbox": "3,50,8,54", **on}).text,
        "states": {one["state"] for one in zoutsteeg},
        "covered_m": sum(one["covered_m"] for one in zoutsteeg),
        "word": client.get(f"{ASSETS}/{identity}", params=on).json()["properties"]["freshness"],
        "archive": identity
        in [one["id"] for one in client.get(ASSETS, params={"freshness": "faded", **day}).json()["features"]],
    }


def test_one_confirmation_brings_back_what_had_faded(writer: TestClient, faded: int) -> None:
    """Tile, counts, items, list and the state of its street are without it, and with it once someone says so."""
    before = seen(writer, faded)
    post(writer, ACTIVITIES, {"asset_id": faded, "kind": "confirmation", "held_on": today().isoformat()})
    after = seen(writer, faded)
    yesterday = seen(writer, faded, on=(today() - timedelta(days=1)).isoformat())

    nowhere = {"tile": False, "items": False, "list": False, "view": False, "word": "faded", "archive": True}
    assert nowhere == {name: before[name] for name in nowhere}
    assert nowhere == {name: yesterday[name] for name in nowhere}  # nobody had said so by then
    everywhere = {"tile": True, "items": True, "list": True, "view": True, "word": "fresh", "archive": False}
    assert everywhere == {name: after[name] for name in everywhere}
    assert (before["counted"] + 1, before["matched"] + 1) == (after["counted"], after["matched"])
    assert (0, {"carried"}) == (before["covered_m"], after["states"])
    assert "carried" not in before["states"]


def test_the_page_of_what_has_faded_says_so(writer: TestClient, faded: int) -> None:
    """Its own page stays, says what happened in words, and leads to no map; on an earlier day it was there."""
    page = writer.get(f"/assets/{faded}").text
    assert "lang niets van gehoord: niet meer op de kaart" in page
    assert f'href="/?asset={faded}' not in page

    then = (today() - timedelta(days=725)).isoformat()
    page = writer.get(f"/assets/{faded}", params={"on": then}).text
    assert "lang niets van gehoord" not in page
    assert "Zo was het op" in page
    assert f'href="/?asset={faded}&amp;on={then}"' in page


def test_freshness_is_a_filter(sample_client: TestClient) -> None:
    """Fresh and ageing together are what is on the map; a word that is none is refused."""
    every = sample_client.get(ASSETS, params={"limit": 1000}).json()["features"]
    for word in ("fresh", "ageing"):
        found = sample_client.get(ASSETS, params={"limit": 1000, "freshness": word}).json()["features"]
        assert found
        assert [one["id"] for one in found] == [one["id"] for one in every if one["properties"]["freshness"] == word]
    assert 400 == sample_client.get(ASSETS, params={"freshness": "stale"}).status_code
    assert 400 == sample_client.get(f"{ASSETS}/1", params={"on": "1899-12-31"}).status_code
    assert ["fresh", "ageing", "faded"] == (
        sample_client.get("/api/v1/collections/assets/queryables").json()["properties"]["freshness"]["enum"]
    )


def figures(client: TestClient) -> dict[str, Any]:
    """What the analyses say of Oude Veer."""
    area = "BU99990101"
    summary = client.get(f"/api/v1/areas/{area}/summary", params={"theme": "litter"}).json()
    edge = client.get("/api/v1/growth-edge", params={"area": area, "theme": "litter", "limit": 1000}).json()
    return {
        "energy": client.get("/api/v1/energy", params={"area": area}).json()["areas"][0]["energy"],
        "kinds": summary["assets"]["kinds"],
        "room": summary["room"],
        "edge": [one["properties"]["name"] for one in edge["features"]],
        "calendar": client.get(f"/api/v1/areas/{area}/calendar").text.count("BEGIN:VEVENT"),
        "page": client.get(f"/areas/{area}").text.count(TITLE),
    }


def test_no_figure_knows_what_has_faded(writer: TestClient, make_faded: Callable[..., int]) -> None:
    """A hundred people two years ago: energy, profile, growth edge and calendar are as if it had never been there.

    After one confirmation they have it, its old activity included: one person today, and a hundred long ago.
    """
    without = figures(writer)
    identity = make_faded(recurrence="FREQ=WEEKLY;BYDAY=SA", recurrence_start="2026-01-03T10:00")
    long_ago = (today() - timedelta(days=729)).isoformat()
    old = {"asset_id": identity, "held_on": long_ago, "participants": 100}
    post(writer, ACTIVITIES, old)
    assert without == figures(writer)

    post(writer, ACTIVITIES, {"asset_id": identity, "kind": "confirmation", "held_on": today().isoformat()})
    found = figures(writer)
    assert without["energy"] + 1 + 10 * 2 ** (-729 / 90) == pytest.approx(found["energy"], abs=0.002)
    assert without["kinds"]["street_initiative"] + 1 == found["kinds"]["street_initiative"]
    assert without["calendar"] + 1 == found["calendar"]
    assert set(without["edge"]) - set(found["edge"]) == {"Zoutsteeg"}
    assert without["room"] != found["room"]
