"""OGC API - Features, Parts 1, 2 and 4: what its abstract tests ask, asked of the sample neighbourhood."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

PREFIX = "/api/v1"
COLLECTIONS = ("areas", "streets", "assets", "activities")


def links(body: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The links of an answer by relation."""
    return {link["rel"]: link for link in body["links"]}


def test_landing_page(sample_client: TestClient) -> None:
    """The landing page leads to the document, the conformance classes and the data, and every link works."""
    found = links(sample_client.get(PREFIX).json())

    assert {"self", "service-desc", "service-doc", "conformance", "data"} <= set(found)
    for link in found.values():
        answer = sample_client.get(link["href"], headers={"Accept": link["type"]})
        assert 200 == answer.status_code, link
        assert answer.headers["content-type"].startswith(link["type"].partition(";")[0])
    # the root is the one address that may end with a slash
    assert sample_client.get(PREFIX).json() == sample_client.get(f"{PREFIX}/").json()


def test_conformance(sample_client: TestClient) -> None:
    """Core, GeoJSON, OpenAPI 3.0 and CRS are named, and nothing of which there is no test."""
    classes = set(sample_client.get(f"{PREFIX}/conformance").json()["conformsTo"])

    assert {
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
        "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
        "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
        "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
        "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    } == classes


@pytest.mark.parametrize("name", COLLECTIONS)
def test_collection(sample_client: TestClient, name: str) -> None:
    """A collection is described the same in the list and alone, with extent, systems and links that work."""
    listed = {one["id"]: one for one in sample_client.get(f"{PREFIX}/collections").json()["collections"]}
    alone = sample_client.get(f"{PREFIX}/collections/{name}").json()

    assert list(COLLECTIONS) == list(listed)
    assert listed[name] == alone
    west, south, east, north = alone["extent"]["spatial"]["bbox"][0]
    assert 5 < west < east < 6
    assert 52 < south < north < 53
    assert "http://www.opengis.net/def/crs/EPSG/0/28992" == alone["storageCrs"]
    assert {"CRS84", "28992", "4258", "3857"} == {uri.rsplit("/", 1)[1] for uri in alone["crs"]}
    for link in alone["links"]:
        if not link["type"].startswith("text/html"):
            answer = sample_client.get(link["href"], headers={"Accept": link["type"]})
            assert 200 == answer.status_code, link
            assert answer.headers["content-type"].startswith(link["type"])


@pytest.mark.parametrize("name", COLLECTIONS)
def test_items_and_item(sample_client: TestClient, name: str) -> None:
    """A page has its links, counts and moment; each item is found alone by its id, the same as on the page."""
    page = sample_client.get(f"{PREFIX}/collections/{name}/items", params={"limit": 2}).json()

    assert {"self", "next", "alternate", "collection"} <= set(links(page))
    assert 2 == page["numberReturned"] == len(page["features"])
    assert page["numberMatched"] > 2
    assert page["timeStamp"].endswith("Z")
    for feature in page["features"]:
        alone = sample_client.get(f"{PREFIX}/collections/{name}/items/{feature['id']}").json()
        assert {"self", "collection"} <= set(links(alone))
        # alone it has links and, of an asset, what it is connected with beside its properties
        assert feature == {member: value for member, value in alone.items() if member in feature}
        assert set(alone) - set(feature) <= {"links", "connections", "streets", "photo", "message_url"}
    last = sample_client.get(f"{PREFIX}/collections/{name}/items", params={"limit": 1000}).json()
    assert "next" not in links(last)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_parameters_as_ogc_defines_them(sample_client: TestClient, name: str) -> None:
    """bbox, datetime and limit are defined as the standard's fragments say; crs and bbox-crs name every system."""
    document = sample_client.get(f"{PREFIX}/openapi.json").json()
    defined = {
        parameter["name"]: parameter
        for parameter in document["paths"][f"/collections/{name}/items"]["get"]["parameters"]
    }

    for parameter in ("bbox", "datetime", "limit", "crs", "bbox-crs"):
        assert ("query", False, "form", False) == tuple(
            defined[parameter][member] for member in ("in", "required", "style", "explode")
        )
    box = defined["bbox"]["schema"]
    assert ("array", 4, 6, "number") == (box["type"], box["minItems"], box["maxItems"], box["items"]["type"])
    assert "string" == defined["datetime"]["schema"]["type"]
    limit = defined["limit"]["schema"]
    assert ("integer", 1, 100) == (limit["type"], limit["minimum"], limit["default"])
    collection = sample_client.get(f"{PREFIX}/collections/{name}").json()
    assert collection["crs"] == defined["crs"]["schema"]["enum"] == defined["bbox-crs"]["schema"]["enum"]


@pytest.mark.parametrize("name", COLLECTIONS)
def test_queryables_are_parameters(sample_client: TestClient, name: str) -> None:
    """What the queryables name is a parameter of the items, and the other way round."""
    document = sample_client.get(f"{PREFIX}/openapi.json").json()
    parameters = {one["name"] for one in document["paths"][f"/collections/{name}/items"]["get"]["parameters"]}
    queryables = sample_client.get(f"{PREFIX}/collections/{name}/queryables").json()

    common = {"bbox", "bbox-crs", "crs", "datetime", "limit", "after", "f"}
    assert parameters - common == set(queryables["properties"])
    assert "https://json-schema.org/draft/2020-12/schema" == queryables["$schema"]


def test_another_country(make_client: Callable[..., TestClient], helsinki_url: str) -> None:
    """A deployment in Finnish metres offers its own storage CRS, in the document too, and answers in it."""
    client = make_client(helsinki_url)
    own = "http://www.opengis.net/def/crs/EPSG/0/3067"

    collection = client.get(f"{PREFIX}/collections/areas").json()
    assert own == collection["storageCrs"]
    assert own in collection["crs"]
    parameters = client.get(f"{PREFIX}/openapi.json").json()["paths"]["/collections/areas/items"]["get"]["parameters"]
    assert [collection["crs"]] * 2 == [one["schema"]["enum"] for one in parameters if one["name"].endswith("crs")]
    for question in ({"crs": own}, {"bbox": "380000,6670000,390000,6680000", "bbox-crs": own}, {"bbox": "24,60,25,61"}):
        assert 200 == client.get(f"{PREFIX}/collections/areas/items", params=question).status_code
    elsewhere = client.get(f"{PREFIX}/collections/areas/items", params={"crs": own.replace("3067", "3035")})
    assert 400 == elsewhere.status_code
