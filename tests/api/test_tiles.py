"""Our own vector tiles: a write is in the next one, nothing is sent twice, nothing outside the world."""

import json
from typing import Any

import mapbox_vector_tile
import pytest
from starlette.testclient import TestClient

from tests.api.conftest import ASSETS, GEOJSON

#: The tile of level 14 with the middle of the sample neighbourhood.
HERE = "/map-tiles/14/8433/5372"


def test_write_is_in_the_next_tile(writer: TestClient, club: dict[str, Any]) -> None:
    """An asset that was just added is in the next tile asked for; until then the tile is not sent again."""
    first = writer.get(HERE)
    assert 304 == writer.get(HERE, headers={"If-None-Match": first.headers["etag"]}).status_code

    identity = writer.post(ASSETS, content=json.dumps(club), headers=GEOJSON).json()["id"]

    after = writer.get(HERE, headers={"If-None-Match": first.headers["etag"]})
    assert 200 == after.status_code
    layers = mapbox_vector_tile.decode(after.content)
    assert identity in [feature["id"] for feature in layers["assets"]["features"]]


def test_states_when_a_theme_is_named(sample_client: TestClient) -> None:
    """Streets carry their state in a tile for a theme, and in one for any theme, and not in a plain one."""
    plain = mapbox_vector_tile.decode(sample_client.get(HERE).content)["streets"]["features"]
    themed = mapbox_vector_tile.decode(sample_client.get(f"{HERE}?theme=litter").content)["streets"]["features"]
    any_ = mapbox_vector_tile.decode(sample_client.get(f"{HERE}?theme=any").content)["streets"]["features"]

    assert all("state" not in feature["properties"] for feature in plain)
    assert all("state" in feature["properties"] for feature in themed)
    assert all("state" in feature["properties"] for feature in any_)


@pytest.mark.parametrize(
    "path",
    ["/map-tiles/14/16384/0", "/map-tiles/99/0/0", "/map-tiles/-1/0/0", "/map-tiles/a/b/c", "/map-tiles/14/1/١",
     "/map-tiles/14/99999999999999999999/1", "/map-tiles/14/8433/5372/"],
)  # fmt: skip
def test_no_such_tile(sample_client: TestClient, path: str) -> None:
    """A tile outside the world, or no tile at all, is a 404."""
    assert 404 == sample_client.get(path).status_code


def test_tile_parameters_are_checked(sample_client: TestClient) -> None:
    """A theme or day that does not exist, and a parameter nobody knows, are a 400."""
    for question in ("theme=nothing", "on=yesterday", "on=2026-02-30", "colour=red"):
        assert 400 == sample_client.get(f"{HERE}?{question}").status_code


def test_compressed_only_for_who_can_read_it(sample_client: TestClient) -> None:
    """Tiles go out compressed to clients that accept it, and plain to others, with the same content."""
    packed = sample_client.get(HERE, headers={"Accept-Encoding": "gzip"})
    plain = sample_client.get(HERE, headers={"Accept-Encoding": "identity"})

    assert "gzip" == packed.headers["content-encoding"]
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert "no-cache" == plain.headers["cache-control"]
