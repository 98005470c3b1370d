"""What the script of the where-step asks the server."""

from typing import Any

import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from assets import crs


@pytest.fixture
def here(sample_url: str) -> tuple[float, float]:
    """A place in a neighbourhood of the sample: longitude and latitude of its middle."""
    engine = create_engine(sample_url)
    with engine.connect() as connection:
        x, y = connection.execute(
            text("SELECT ST_X(label_point), ST_Y(label_point) FROM area WHERE code = 'BU99990101'")
        ).one()
    engine.dispose()
    longitude, latitude = crs.transformer(crs.RD, crs.WGS84).transform(x, y)
    return longitude, latitude


def sent(client: TestClient, address: str, **fields: object) -> Any:
    """The answer to a form of one of our own pages."""
    token = client.get("/form-token").json()["token"]
    answer = client.post(address, data=fields, headers={"X-Form-Token": token})
    assert 200 == answer.status_code
    return answer.json()


def test_streets_are_found_as_they_are_typed(sample_client: TestClient) -> None:
    """The best first, with where they are; words of any kind find something or nothing and break nothing."""
    found = sample_client.get("/pin/streets", params={"q": "smidstraat"}).json()["found"]
    assert "Smidsstraat" == found[0]["name"]
    assert "197 m" in found[0]["more"]
    assert "Smidsstraat" == sample_client.get("/pin/streets", params={"q": "Smidsstraat 12"}).json()["found"][0]["name"]
    area = sample_client.get("/pin/streets", params={"q": "Oude Veer"}).json()["found"][0]
    assert ("area-", 2) == (area["value"][:5], len(area["bounds"]))
    for odd in ("", "%", "\x00", "a" * 3000, "'; DROP TABLE street", "<script>"):
        assert isinstance(sample_client.get("/pin/streets", params={"q": odd}).json()["found"], list)
    assert {"found": []} == sample_client.get("/pin/streets").json()


def test_a_street_comes_with_its_lines_corners_and_fields(sample_client: TestClient) -> None:
    """The fields have the number behind their names that was asked for; a street part leads to its street."""
    number = sample_client.get("/pin/streets", params={"q": "Smidsstraat"}).json()["found"][0]["value"][7:]
    street = sample_client.get(f"/pin/streets/{number}", params={"number": "3"}).json()
    assert ("Smidsstraat", False) == (street["name"], street["closed"])
    assert 197 == pytest.approx(street["metres"], abs=1)
    assert {"key", "label", "node"} == set(street["corners"][0])
    nodes = {edge[end] for edge in street["edges"] for end in ("a", "b")}
    assert all(corner["node"] in nodes for corner in street["corners"])
    assert 'name="stretch-3"' in street["fields"]
    for odd in ("x", "0", "-1", "999999", "9" * 30):
        assert 404 == sample_client.get(f"/pin/streets/{odd}").status_code
        assert 404 == sample_client.get(f"/pin/street-parts/{odd}").status_code


def test_where_someone_is_gives_their_neighbourhood_and_needs_a_form_of_ours(
    sample_client: TestClient, here: tuple[float, float]
) -> None:
    """Another site cannot ask; an address cannot hold it; a place that is none has no neighbourhood."""
    longitude, latitude = here
    answer = sent(sample_client, "/pin/here", longitude=longitude, latitude=latitude)
    assert "BU99990101" == answer["area"]["code"]
    nowhere = {"area": None, "street": None}
    for fields in ({}, {"longitude": "0", "latitude": "0"}, {"longitude": "x", "latitude": "NaN"}):
        assert nowhere == sent(sample_client, "/pin/here", **fields)
    assert 405 == sample_client.get("/pin/here", params={"longitude": longitude, "latitude": latitude}).status_code
    assert 403 == sample_client.post("/pin/here", data={"longitude": longitude, "latitude": latitude}).status_code
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert 403 == sample_client.post("/pin/place", data={"kind": "club"}, headers=foreign).status_code


def test_what_the_form_says_now(sample_client: TestClient) -> None:
    """A point, stretches with their metres, or what others will see; else what is wrong, by field and in Dutch."""
    club = sent(sample_client, "/pin/place", kind="club", street="Smidsstraat")
    assert 2 == len(club["point"])
    initiative = sent(sample_client, "/pin/place", kind="street_initiative", street="Smidsstraat", stretch="whole")
    assert [197] == [one["metres"] for one in initiative["stretches"]]
    person = sent(sample_client, "/pin/place", kind="person", area="BU99990101")
    assert person["says"].endswith("Nooit een adres.")
    assert "Polygon" in person["outline"]["type"]
    street = sent(sample_client, "/pin/place", kind="person", show="street", street="Smidsstraat")
    assert None is street["outline"]
    assert street["lines"]
    assert "Anderen zien helemaal geen plek." == sent(sample_client, "/pin/place", kind="person", show="none")["says"]
    assert {"street": "Zeg waar het is: tik op de kaart, of typ een straat."} == sent(
        sample_client, "/pin/place", kind="club"
    )["faults"]
    assert {"faults": {}} == sent(sample_client, "/pin/place", kind="nonsense")
