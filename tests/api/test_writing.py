"""Writing assets and activities through the API: Part 4, ETags, merge patches, keys."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.conftest import ACTIVITIES, ASSETS, GEOJSON, PATCH, STREETS

Feature = dict[str, Any]


def added(writer: TestClient, body: Feature, path: str = ASSETS, **headers: str) -> Any:
    """Post a feature and return the answer, which must be a 201."""
    answer = writer.post(path, content=json.dumps(body), headers={**GEOJSON, **headers})
    assert 201 == answer.status_code, answer.text
    return answer


def changed(writer: TestClient, url: str, patch: Feature, tag: str) -> Any:
    """Patch an item and return the answer."""
    return writer.patch(url, content=json.dumps(patch), headers={**PATCH, "If-Match": tag})


def test_added_asset_is_there(writer: TestClient, club: Feature) -> None:
    """A new asset answers 201 with its address and ETag, and everyone can read it at once."""
    answer = added(writer, club)

    read = writer.get(answer.headers["location"])
    assert read.json()["properties"]["title"] == "Schaakclub De Dame"
    assert answer.headers["etag"] == read.headers["etag"]
    listed = writer.get(ASSETS, params={"kind": "club", "limit": 1000}).json()["features"]
    assert answer.json()["id"] in [feature["id"] for feature in listed]


@pytest.mark.parametrize(
    "title",
    [
        "<img src=x onerror=alert(1)>",
        "</script><script>alert(1)</script>",
        "${alert(1)}",
        "{{ 7 * 7 }}",
        "Ömer's Çay 茶 \N{TEACUP WITHOUT HANDLE}",
        "=HYPERLINK(1)",
    ],
)
def test_words_are_only_words(writer: TestClient, club: Feature, title: str) -> None:
    """Text that looks like markup or a formula is stored as text and given back the same."""
    club["properties"]["title"] = title

    assert title == added(writer, club).json()["properties"]["title"]


def test_csv_cells_do_not_run(writer: TestClient, club: Feature) -> None:
    """A title that a spreadsheet would run as a formula has an apostrophe before it in CSV."""
    club["properties"]["title"] = "=1+1"
    identity = added(writer, club).json()["id"]

    lines = writer.get(ASSETS, params={"f": "csv", "limit": 1000}).text.splitlines()
    line = next(line for line in lines if line.startswith(f"{identity},"))
    assert "'=1+1" in line


def test_writing_needs_a_current_etag(writer: TestClient, club: Feature) -> None:
    """Without If-Match 428, with an old one 412, with a malformed one 400: nobody's change is lost by accident."""
    answer = added(writer, club)
    url, first = answer.headers["location"], answer.headers["etag"]
    patch = {"properties": {"title": "Anders"}}

    assert 428 == writer.patch(url, content=json.dumps(patch), headers=PATCH).status_code
    assert 400 == changed(writer, url, patch, "no tag").status_code
    second = changed(writer, url, patch, first)
    assert 200 == second.status_code
    assert 412 == changed(writer, url, patch, first).status_code
    assert 412 == changed(writer, url, patch, "W/" + second.headers["etag"]).status_code
    assert 200 == changed(writer, url, patch, f'"99", {second.headers["etag"]}').status_code
    assert 428 == writer.delete(url).status_code
    assert 412 == writer.delete(url, headers={"If-Match": first}).status_code


def test_patch_changes_what_it_names(writer: TestClient, club: Feature) -> None:
    """A merge patch changes what it names, null takes a value away, and the rest stays: also the place."""
    club["properties"] |= {"member_count": 12, "description": "Elke dinsdag"}
    answer = added(writer, club)

    after = changed(
        writer,
        answer.headers["location"],
        {"properties": {"title": "Schaken", "member_count": None}},
        answer.headers["etag"],
    ).json()
    assert "Schaken" == after["properties"]["title"]
    assert after["properties"]["member_count"] is None
    assert "Elke dinsdag" == after["properties"]["description"]
    assert answer.json()["geometry"] == after["geometry"]


def test_what_was_fetched_can_be_sent_back(writer: TestClient) -> None:
    """A street initiative fetched, given another title and put back keeps its stretches to the millimetre."""
    street = writer.get(STREETS, params={"limit": 1, "initiative": "none", "theme": "litter"}).json()["features"][0]
    body = {
        "type": "Feature",
        "geometry": None,
        "properties": {
            "kind": "street_initiative",
            "title": "Prikploeg",
            "themes": ["litter"],
            "stretches": [{"street": street["properties"]["name"], "whole": True}],
        },
    }
    answer = added(writer, body)
    covered = writer.get(f"{STREETS}/{street['id']}", params={"theme": "litter"}).json()["properties"]

    fetched = writer.get(answer.headers["location"]).json()
    fetched["properties"]["title"] = "Prikploeg Noord"
    put = writer.put(
        answer.headers["location"],
        content=json.dumps(fetched),
        headers={**GEOJSON, "If-Match": answer.headers["etag"]},
    )
    assert 200 == put.status_code, put.text
    assert "Prikploeg Noord" == put.json()["properties"]["title"]
    again = writer.get(f"{STREETS}/{street['id']}", params={"theme": "litter"}).json()["properties"]
    assert "carried" == covered["state"]
    assert covered == again


def test_line_makes_a_street_carried(writer: TestClient) -> None:
    """A line along a whole street makes that street carried in the next answer, and takes it off the list."""
    question = {"initiative": "none", "theme": "greenery", "limit": 1000}
    street = writer.get(STREETS, params=question).json()["features"][0]
    lines = {"type": "MultiLineString", "coordinates": street["geometry"]["coordinates"]}
    body = {
        "type": "Feature",
        "geometry": lines,
        "properties": {"kind": "street_initiative", "title": "Geveltuinen", "themes": ["greenery"]},
    }
    added(writer, body)

    after = writer.get(f"{STREETS}/{street['id']}", params={"theme": "greenery"}).json()["properties"]
    assert "carried" == after["state"]
    listed = writer.get(STREETS, params=question).json()["features"]
    assert street["id"] not in [feature["id"] for feature in listed]


def test_person_without_consent_is_not_public(writer: TestClient) -> None:
    """A person is stored at the one point of the neighbourhood and stays out of sight until there is a consent."""
    body = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [5.31234, 52.53312]},
        "properties": {"kind": "person", "title": "Iemand die bakt", "place": {"show": "neighbourhood"}},
    }
    answer = added(writer, body)

    assert [5.31234, 52.53312] != answer.json()["geometry"]["coordinates"]
    assert "neighbourhood" == answer.json()["properties"]["placement"]
    url = answer.headers["location"]
    assert 200 == writer.get(url).status_code
    token = writer.headers.pop("Authorization")
    assert 404 == writer.get(url).status_code
    assert answer.json()["id"] not in [f["id"] for f in writer.get(ASSETS, params={"limit": 1000}).json()["features"]]
    writer.headers["Authorization"] = token


def test_deleted_asset_is_gone(writer: TestClient, club: Feature) -> None:
    """A deleted asset answers 404 to everyone, and cannot be deleted twice."""
    answer = added(writer, club)
    url = answer.headers["location"]

    assert 204 == writer.delete(url, headers={"If-Match": answer.headers["etag"]}).status_code
    assert 404 == writer.get(url).status_code
    assert 404 == writer.delete(url, headers={"If-Match": "*"}).status_code


def test_body_in_another_crs(writer: TestClient, club: Feature) -> None:
    """A body may be in RD metres, or in ETRS89 with latitude first, when Content-Crs says so."""
    here = added(writer, club).json()["geometry"]["coordinates"]
    rd = writer.get(
        ASSETS, params={"kind": "club", "limit": 1000, "crs": "http://www.opengis.net/def/crs/EPSG/0/28992"}
    )
    last = rd.json()["features"][-1]["geometry"]["coordinates"]
    club["geometry"]["coordinates"] = last
    metres = added(writer, club, **{"Content-Crs": "<http://www.opengis.net/def/crs/EPSG/0/28992>"})
    club["geometry"]["coordinates"] = [here[1], here[0]]
    degrees = added(writer, club, **{"Content-Crs": "<http://www.opengis.net/def/crs/EPSG/0/4258>"})

    assert pytest.approx(here, abs=2e-7) == metres.json()["geometry"]["coordinates"]
    assert pytest.approx(here, abs=2e-5) == degrees.json()["geometry"]["coordinates"]
    refused = writer.post(ASSETS, content=json.dumps(club), headers={**GEOJSON, "Content-Crs": "<EPSG:28992>"})
    assert 400 == refused.status_code


def test_activities(writer: TestClient, club: Feature, evening: Callable[..., Feature]) -> None:
    """An activity is recorded, changed, replaced and taken away; it refers to an asset that exists."""
    asset = added(writer, club).json()["id"]
    answer = added(writer, evening(asset), ACTIVITIES)
    url = answer.headers["location"]

    assert 400 == writer.post(ACTIVITIES, content=json.dumps(evening(2**62)), headers=GEOJSON).status_code
    after = changed(writer, url, {"properties": {"participants": 9}}, answer.headers["etag"])
    assert 9 == after.json()["properties"]["participants"]
    put = writer.put(
        url, content=json.dumps(evening(asset, note="Regen")), headers={**GEOJSON, "If-Match": after.headers["etag"]}
    )
    assert "Regen" == put.json()["properties"]["note"]
    assert [answer.json()["id"]] == [
        f["id"] for f in writer.get(ACTIVITIES, params={"asset": asset}).json()["features"]
    ]
    assert 204 == writer.delete(url, headers={"If-Match": "*"}).status_code
    assert 404 == writer.get(url).status_code


# --- Idempotency-Key ---


def test_same_key_is_done_once(writer: TestClient, club: Feature) -> None:
    """The same body with the same key makes one asset and gives the same answer; another body is refused."""
    first = added(writer, club, **{"Idempotency-Key": "one"})
    second = added(writer, club, **{"Idempotency-Key": '"one"'})
    other = added(writer, club, **{"Idempotency-Key": "two"})

    assert (first.content, first.headers["location"]) == (second.content, second.headers["location"])
    assert first.json()["id"] != other.json()["id"]
    club["properties"]["title"] = "Iets anders"
    reused = writer.post(ASSETS, content=json.dumps(club), headers={**GEOJSON, "Idempotency-Key": "one"})
    assert 422 == reused.status_code
    bad = writer.post(ASSETS, content=json.dumps(club), headers={**GEOJSON, "Idempotency-Key": "a b"})
    assert 400 == bad.status_code


def test_key_of_a_refused_write_is_free(writer: TestClient, club: Feature) -> None:
    """A write that was refused leaves no key behind: put right, it is done."""
    wrong = {**club, "geometry": None}
    assert (
        400 == writer.post(ASSETS, content=json.dumps(wrong), headers={**GEOJSON, "Idempotency-Key": "k"}).status_code
    )

    added(writer, club, **{"Idempotency-Key": "k"})


def test_same_key_at_the_same_moment(writer: TestClient, club: Feature) -> None:
    """Eight sends of one write at the same moment make one asset, and all get its answer."""
    answers: list[Any] = []

    def send() -> None:
        answers.append(added(writer, club, **{"Idempotency-Key": "now"}))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 8 == len(answers)
    assert 1 == len({answer.json()["id"] for answer in answers})
