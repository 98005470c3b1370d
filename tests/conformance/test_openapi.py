"""The OpenAPI document is 3.0, complete, and true: real answers fit the schemas it gives."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from starlette.testclient import TestClient

from tests.api.conftest import ACTIVITIES, AREAS, ASSETS, GEOJSON, STREETS, club, writer  # noqa: F401 - fixtures

PREFIX = "/api/v1"
#: Words of JSON Schema that OpenAPI 3.0 does not know.
NOT_IN_3_0 = {"const", "$defs", "$schema", "$id", "examples", "prefixItems", "propertyNames", "if", "then", "else",
              "patternProperties", "dependentRequired", "contentMediaType", "unevaluatedProperties"}  # fmt: skip


@pytest.fixture(scope="module")
def document(shared_sample_client: TestClient) -> dict[str, Any]:
    """The document."""
    found: dict[str, Any] = shared_sample_client.get(f"{PREFIX}/openapi.json").json()
    return found


def nodes(value: Any, place: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in a document with its place."""
    if isinstance(value, dict):
        yield place, value
        for name, inner in value.items():
            yield from nodes(inner, f"{place}/{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from nodes(inner, f"{place}/{index}")


def at(document: dict[str, Any], reference: str) -> Any:
    """What a $ref stands for."""
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def checkable(document: dict[str, Any], schema: Any) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema: references followed, nullable as a type."""
    if isinstance(schema, list):
        return [checkable(document, one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return checkable(document, at(document, schema["$ref"]))
    found = {name: checkable(document, one) for name, one in schema.items() if name not in ("example", "format")}
    if found.pop("nullable", False):
        return {"anyOf": [found, {"type": "null"}]}
    return found


def strict(schema: Any) -> Any:
    """The same schema where an object of properties may hold no others: what is answered must be documented."""
    found = copy.deepcopy(schema)
    for _, node in nodes(found):
        for part in node.pop("allOf", []) if "properties" in node else []:
            node["properties"] |= part["properties"]
        if node.get("type") == "object" and node.get("properties"):
            node.setdefault("additionalProperties", False)
    return found


def test_it_is_openapi_3_0(document: dict[str, Any]) -> None:
    """No word of 3.1 stands in it, no type is a list, and nothing stands beside a $ref."""
    assert re.fullmatch(r"3\.0\.\d", document["openapi"])
    for place, node in nodes(document):
        named = place.endswith(("/properties", "/schemas", "/headers", "/responses", "/content"))
        assert named or not NOT_IN_3_0 & set(node), place
        assert named or not isinstance(node.get("type"), list), place
        assert named or node.get("type") != "null", place
        if "$ref" in node:
            assert {"$ref"} == set(node), place
            assert at(document, node["$ref"]), place
        for edge in ("exclusiveMinimum", "exclusiveMaximum"):
            assert named or isinstance(node.get(edge, True), bool), place


def test_what_the_design_rules_want(document: dict[str, Any]) -> None:
    """Contact, semantic version, the major version in the address, kebab-case paths without an end slash."""
    assert re.fullmatch(r"\d+\.\d+\.\d+", document["info"]["version"])
    assert document["info"]["contact"]["url"]
    assert all(server["url"].endswith(PREFIX) for server in document["servers"])
    for path in document["paths"]:
        if path != "/":
            assert re.fullmatch(r"(/([a-z0-9]+(-[a-z0-9]+)*|openapi\.json|\{[a-zA-Z]+\}))+", path), path


def test_operations_are_complete(document: dict[str, Any]) -> None:
    """Each operation has an id of its own, a summary, answers with API-Version, and problem+json for each refusal."""
    ids = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            ids.append(operation["operationId"])
            assert operation["summary"]
            assert operation["tags"]
            for status, answer in operation["responses"].items():
                assert answer["description"], (path, method, status)
                assert "API-Version" in answer["headers"]
                if int(status) >= 400:
                    assert {"application/problem+json"} == set(answer["content"]), (path, method, status)
            assert {"406", "500", "503"} <= set(operation["responses"])
            guarded = method != "get" or path in GUARDED
            asked = operation.get("security")
            if path.startswith("/tokens"):  # for who is signed in, reading too
                assert asked == [{"browser": []}]
                continue
            assert guarded == (asked == [{"token": []}]), (path, method)
            assert not guarded or {"401", "403"} <= set(operation["responses"])
            names = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"}
            assert set(re.findall(r"\{(\w+)\}", path)) == names, path
    assert len(ids) == len(set(ids))


#: What cannot be read without a token either.
GUARDED = {"/plan"}
ANSWERS = [
    ("/", "", 200),
    ("/openapi.json", "", 200),
    ("/conformance", "", 200),
    ("/collections", "", 200),
    ("/collections/{collectionId}", "/collections/streets", 200),
    ("/collections/{collectionId}/queryables", "/collections/streets/queryables", 200),
    ("/collections/{collectionId}", "/collections/nothing", 404),
    ("/energy", "/energy?area=GM9999", 200),
    ("/energy", "/energy?area=GM0000", 404),
    ("/energy/activities", "/energy/activities?area=GM9999&limit=3", 200),
    ("/energy/activities", "/energy/activities", 400),
    ("/energy/months", "/energy/months?of=streets&area=GM9999", 200),
    ("/measurements", "/measurements?area=GM9999", 200),
    ("/measurements", "/measurements?area=GM0000", 404),
    ("/areas/{code}/ambition", "/areas/GM9999/ambition", 200),
    ("/plan", "/plan?area=GM9999&hours=40&minimum=0.1&since=2026-08-24", 200),
    ("/plan", "/plan?area=GM9999&hours=0.1&minimum=10", 200),
    ("/plan", "/plan?area=GM9999&hours=-1", 400),
    ("/lookups", "/lookups?area=GM9999", 200),
    ("/lookups", "/lookups?what=all&limit=0", 400),
    ("/growth-edge", "/growth-edge?area=GM9999&theme=litter&limit=5", 200),
    ("/growth-edge", "/growth-edge?area=GM0000", 404),
    ("/growth-edge", "/growth-edge?after=k&limit=0", 400),
    ("/meeting-places", "/meeting-places?area=GM9999", 200),
    ("/meeting-places", "/meeting-places?on=2026-13-01", 400),
    ("/meeting-places", "/meeting-places?area=GM0000", 404),
    ("/meeting-places/reach", "/meeting-places/reach?area=GM9999", 200),
    ("/meeting-places/reach", "/meeting-places/reach?area=GM0000", 404),
    ("/problems", "", 200),
    ("/problems/{slug}", "/problems/stale", 200),
    ("/collections/assets/items", f"{ASSETS}?limit=1000", 200),
    ("/collections/assets/items", f"{ASSETS}?limit=0&colour=red", 400),
    ("/collections/assets/items/{featureId}", f"{ASSETS}/1", 200),
    ("/collections/assets/items/{featureId}", f"{ASSETS}/0", 404),
    ("/collections/streets/items", f"{STREETS}?limit=1000&theme=litter", 200),
    ("/collections/streets/items/{featureId}", f"{STREETS}/1", 200),
    ("/collections/areas/items", f"{AREAS}?limit=1000", 200),
    ("/collections/areas/items/{featureId}", f"{AREAS}/GM9999", 200),
    ("/collections/activities/items", f"{ACTIVITIES}?limit=1000", 200),
    ("/collections/activities/items/{featureId}", f"{ACTIVITIES}/1", 200),
]


@pytest.mark.parametrize(("path", "url", "status"), ANSWERS)
def test_answers_fit(
    sample_client: TestClient, analyst: TestClient, document: dict[str, Any], path: str, url: str, status: int
) -> None:
    """A real answer has the status, media type and exactly the members that the document says."""
    url = url or (path if path != "/" else "")
    client = analyst if path in GUARDED else sample_client
    answer = client.get(url if url.startswith(PREFIX) else PREFIX + url)

    assert status == answer.status_code
    documented = document["paths"][path]["get"]["responses"][str(status)]["content"]
    schema = checkable(document, documented[answer.headers["content-type"]]["schema"])
    jsonschema.Draft4Validator(strict(schema)).validate(answer.json())


def test_written_items_fit(writer: TestClient, document: dict[str, Any], club: dict[str, Any]) -> None:  # noqa: F811
    """A body that the document allows is taken, and the answer to a write fits too; so does a refusal."""
    operation = document["paths"]["/collections/assets/items"]["post"]
    body = checkable(document, operation["requestBody"]["content"]["application/geo+json"]["schema"])
    club["properties"] |= {"gifts": [{"of": "hands", "what": "schaken"}], "open_to_newcomers": True}
    jsonschema.Draft4Validator(body).validate(club)

    answer = writer.post(ASSETS, content=json.dumps(club), headers=GEOJSON)
    assert 201 == answer.status_code, answer.text
    content = operation["responses"]["201"]["content"]["application/geo+json"]["schema"]
    jsonschema.Draft4Validator(strict(checkable(document, content))).validate(answer.json())
    jsonschema.Draft4Validator(body).validate(answer.json())  # what is answered can be sent back

    refused = writer.post(ASSETS, content=b"{}", headers=GEOJSON)
    problem = operation["responses"]["400"]["content"]["application/problem+json"]["schema"]
    jsonschema.Draft4Validator(strict(checkable(document, problem))).validate(refused.json())
