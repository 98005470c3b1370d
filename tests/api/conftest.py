"""What tests of the API share: tokens of every role, a writing client, and bodies that are right."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import tokens
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for

GEOJSON = {"Content-Type": "application/geo+json"}
PATCH = {"Content-Type": "application/merge-patch+json"}
ASSETS = "/api/v1/collections/assets/items"
ACTIVITIES = "/api/v1/collections/activities/items"
STREETS = "/api/v1/collections/streets/items"
AREAS = "/api/v1/collections/areas/items"


def token_for(database_url: str, role: Role) -> str:
    """Return a new bearer token of this role."""
    engine = create_engine(database_url)
    with Session(engine) as session, session.begin():
        token = tokens.add_token(session, f"test {role} {id(session)}", role=role)
    engine.dispose()
    return token


@pytest.fixture
def writer(make_client: Callable[..., TestClient], own_sample_url: str) -> TestClient:
    """A client with a builder's token on the sample neighbourhood in a database of its own."""
    client = make_client(own_sample_url)
    client.headers["Authorization"] = f"Bearer {token_for(own_sample_url, Role.builder)}"
    return client


@pytest.fixture(scope="session")
def refused_writer(databases: Databases) -> Iterator[TestClient]:
    """A client with a builder's token that tests share: for writes that are refused and leave nothing behind."""
    from app.main import create_app

    url = databases.clone("sample")
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {token_for(url, Role.builder)}"
        yield client


@pytest.fixture
def club() -> dict[str, Any]:
    """A chess club as a GeoJSON Feature."""
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [5.3111, 52.5330]},
        "properties": {"kind": "club", "title": "Schaakclub De Dame", "themes": ["meeting"]},
    }


@pytest.fixture
def evening() -> Callable[..., dict[str, Any]]:
    """A function: asset id → an activity of it as a GeoJSON Feature."""

    def make(asset_id: int, **more: Any) -> dict[str, Any]:
        properties = {"asset_id": asset_id, "held_on": "2026-11-01", "participants": 4, **more}
        return {"type": "Feature", "geometry": None, "properties": properties}

    return make
