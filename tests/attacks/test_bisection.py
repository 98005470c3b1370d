"""Nothing but what is public can be asked for: a column that is no parameter filters, sorts and tells nothing.

(test_two_worlds.py asks with the parameters that there are.)
"""

import itertools

import pytest
from starlette.testclient import TestClient

from app.api.collections import COLLECTIONS
from assets import models
from tests.test_docs import openapi

#: Ways to ask for a part, an order or a place that other services have.
WAYS = (
    "filter", "filter-lang", "filter-crs", "sortby", "sort", "order", "orderby", "properties", "near", "nearest",
    "within", "distance", "radius", "where", "select", "fields", "include", "expand", "join", "group", "having",
    "audience", "consent",
)  # fmt: skip
VALUES = ("1", "created_by='x'", '{"op":"=","args":[{"property":"holder"},"x"]}', "+created_by", "-geom", "5.3,52.5")


def hidden(collection: str) -> list[str]:
    """Names of columns of all tables that are no parameter of the items of a collection."""
    path = openapi()["paths"][f"/collections/{collection}/items"]["get"]
    known = {one.get("name") for one in path["parameters"]}
    columns = {column.name for table in models.Base.metadata.tables.values() for column in table.columns}
    return sorted((columns | set(WAYS)) - known)


@pytest.mark.parametrize("collection", sorted(COLLECTIONS))
def test_lists_know_their_own_parameters_only(sample_client: TestClient, collection: str) -> None:
    """Any other name is refused (400) and named, whatever its value; nothing of a row is in the refusal."""
    names = hidden(collection)
    assert len(names) > 150
    for name, value in zip(names, itertools.cycle(VALUES)):
        answer = sample_client.get(f"/api/v1/collections/{collection}/items", params={name: value})
        assert answer.status_code == 400, name
        assert [fault["parameter"] for fault in answer.json()["errors"]] == [name]


def test_queryables_are_public_properties(sample_client: TestClient) -> None:
    """What can be asked for is what is answered: no column behind the public view is a queryable."""
    for name, collection in COLLECTIONS.items():
        told = sample_client.get(f"/api/v1/collections/{name}/queryables").json()["properties"]
        never = {"created_by", "source", "source_key", "recorded_by", "holder", "community_id", "consent", "audience"}
        assert not never & set(told), name
        assert set(collection.filters) <= set(told) | set(openapi_names(name)), name


def openapi_names(collection: str) -> set[str]:
    """The parameters of the items of a collection in the document."""
    path = openapi()["paths"][f"/collections/{collection}/items"]["get"]
    return {one["name"] for one in path["parameters"] if "name" in one}


def test_pages_do_not_hear_other_names(sample_client: TestClient) -> None:
    """A page that is asked with names of columns shows what it shows without them."""
    found = {}
    for query in (
        "",
        "?created_by=sample&source=sample&sortby=-created_by&audience=builders&consent=public&state=retired",
    ):
        answer = sample_client.get(f"/assets/in-view{query}")
        found[query] = answer.text
    assert len(set(found.values())) == 1
