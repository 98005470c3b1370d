"""Where a community keeps the states of its streets to itself, nobody outside it can tell in which street it asked.

A conversation of such a community changes no byte of any answer about streets: not for visitors, nor for an analyst,
whose plan is for the municipality. The same conversation of a community that shares its states changes most.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.main import create_app
from app.parameters import today
from assets import consents
from assets.vocabulary import Role
from tests.attacks import walk
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import signed_in

AREA, TOWN = "BU99990101", "GM9999"
API = "/api/v1"
DUTCH = {"accept": "text/html", "accept-language": "nl"}
STREETS = f"{API}/collections/streets/items"
#: How often the municipality looked: this test looks too.
LOOKED = re.compile(rb'<p>[^<]*<a class="utrecht-link" href="/lookups')
#: What visitors ask of streets, {part} being the street part and {tile} where it lies.
OPEN = (
    f"/streets?area={AREA}&initiative=none&theme=litter", f"/streets?area={AREA}&state=asked", "/streets?state=unasked",
    f"/streets?area={AREA}&view=growth-edge", f"/streets/download?f=csv&area={AREA}",
    f"/streets/download?f=csv&area={AREA}&view=growth-edge", f"/areas/{AREA}", f"{API}/areas/{TOWN}/summary",
    f"{STREETS}?area={AREA}&limit=1000", f"{STREETS}?area={AREA}&state=asked", STREETS + "/{part}",
    f"{API}/growth-edge?area={AREA}&limit=1000", f"{API}/measurements?area={AREA}&limit=1000",
    f"{API}/measurements?limit=1000", "/map-tiles/{tile}?theme=any", "/map-tiles/{tile}?theme=litter",
    f"{API}/timeline?area={AREA}", f"{API}/energy?area={AREA}", "/communities", "/communities/stil",
)  # fmt: skip
#: What analysts ask beside it; a look is written down for each, which stands on /lookups and nowhere here.
FOR_ANALYSTS = (
    f"/plan?area={AREA}&hours=40&since=", f"/plan/download?area={AREA}&hours=40&since=&f=csv",
    f"{API}/plan?area={AREA}&hours=40", f"/streets?area={AREA}", f"/streets/download?f=csv&area={AREA}",
)  # fmt: skip


@pytest.fixture(scope="module")
def stage(databases: Databases) -> Iterator[tuple[TestClient, Engine, int]]:
    """The sample with a community that has a club in it and shares no states; the number of an unasked street part."""
    url = databases.clone("sample")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO community (slug, name) VALUES ('stil', 'Stil'), ('open', 'Open')"))
        connection.execute(
            text(
                "INSERT INTO sharing (community_id, what, shared, reason, set_by)"
                " SELECT id, 'street_states', false, 'Liever niet', 'x' FROM community WHERE slug = 'stil'"
            )
        )
        connection.execute(
            text(
                "UPDATE asset SET community_id = (SELECT id FROM community WHERE slug = 'stil') WHERE id ="
                " (SELECT min(a.id) FROM asset AS a JOIN area AS n ON n.id = a.area_id"
                "  WHERE a.kind = 'club' AND n.code = :area)"
            ),
            {"area": AREA},
        )
    with TestClient(create_app(settings_for(url))) as client:
        client.headers["accept-encoding"] = "identity"
        rows = client.get(f"{STREETS}?area={AREA}&state=unasked&limit=1").json()["features"]
        yield client, engine, rows[0]["id"]
    engine.dispose()
    databases.drop(url)


def heard(client: TestClient, engine: Engine, part: int) -> dict[str, bytes]:
    """What every address answers to a visitor, and then to an analyst."""
    with engine.connect() as connection:
        x, y = connection.execute(
            text(
                "SELECT floor((ST_X(p) + 20037508.34) / 40075016.68 * 16384),"
                " floor((20037508.34 - ST_Y(p)) / 40075016.68 * 16384)"
                " FROM (SELECT ST_PointOnSurface(geom_3857) AS p FROM street_part WHERE id = :id) AS s"
            ),
            {"id": part},
        ).one()
    found = {}
    client.cookies.clear()
    for viewer, paths in (("visitor", OPEN), ("analyst", FOR_ANALYSTS)):
        if viewer == "analyst":
            signed_in(client, str(engine.url.render_as_string(hide_password=False)), Role.analyst)
        for path in paths:
            asked = path.replace("{part}", str(part)).replace("{tile}", f"14/{int(x)}/{int(y)}")
            answer = client.get(asked, headers={"accept": "*/*" if "/api/" in asked else "text/html"})
            assert answer.status_code == 200, asked
            body = LOOKED.sub(b"", walk.still(answer.content, answer.headers.get("content-type", "")))
            found[f"{viewer} {path}"] = body
    return found


def talk(engine: Engine, part: int, community: str) -> None:
    """Neighbours of a street part were spoken with yesterday, by this community."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO conversation (community_id, street_id, area_id, held_on, neighbours, holder, recorded_by)"
                " SELECT c.id, p.street_id, p.area_id, :day, 3, 'account:1', 'x' FROM community AS c, street_part AS p"
                " WHERE c.slug = :slug AND p.id = :part"
            ),
            {"slug": community, "part": part, "day": today() - timedelta(days=1)},
        )


def test_where_a_silent_community_asked_is_nowhere(stage: tuple[TestClient, Engine, int]) -> None:
    """Not one byte differs after it asked; after another community asked there, nearly every answer does."""
    client, engine, part = stage
    before = heard(client, engine, part)
    talk(engine, part, "stil")
    after = heard(client, engine, part)
    assert [path for path in before if before[path] != after[path]] == []
    with engine.begin() as connection:
        connection.execute(text("UPDATE sharing SET shared = true, reason = ''"))
    assert client.get(f"{STREETS}/{part}").json()["properties"]["state"] == "asked", (
        "at once, also where pages are kept"
    )
    with engine.begin() as connection:
        connection.execute(text("UPDATE sharing SET shared = false, reason = 'Liever niet'"))
    talk(engine, part, "open")
    told = heard(client, engine, part)
    differs = {path for path in after if after[path] != told[path]}
    assert len([path for path in differs if path.startswith("visitor")]) >= 10
    # the municipality is told nothing of who cares where a community is silent: neither asked nor not
    assert not {path for path in differs if "measurements" in path or "plan" in path}


def test_the_municipality_reads_not_shared(stage: tuple[TestClient, Engine, int]) -> None:
    """In that neighbourhood a street that nobody is known to care for has no state and no answer; elsewhere it has."""
    client, engine, part = stage
    client.cookies.clear()
    here = client.get(f"{API}/measurements?area={AREA}&limit=1000").json()["streets"]
    assert {None, "carried", "partly"} == {one["state"] for one in here}
    for one in here:
        untold = one["state"] is None
        assert ("street_states" if untold else "") == one["not_shared"]
        assert (one["share"] is None) == untold
        assert not (untold and one["answer"])
    everywhere = client.get(f"{API}/measurements?limit=1000").json()["streets"]
    assert {one["state"] for one in everywhere if one["area_code"] != AREA} > {"unasked"}
    assert [one for one in everywhere if one["area_code"] == AREA] == here

    words = client.get(f"/streets?area={AREA}&lang=nl", headers={"accept": "text/html"}).text
    assert "“Nog niet gevraagd” kan dus ook zijn: niet verteld." in words
    elsewhere = client.get("/streets?area=BU99990102&lang=nl", headers={"accept": "text/html"}).text
    assert "niet verteld" not in elsewhere

    signed_in(client, engine.url.render_as_string(hide_password=False), Role.analyst)
    streets = client.get(f"{API}/plan?area={AREA}&hours=40").json()["streets"]
    assert {one["street_part_id"]: one["state"] for one in here} == {
        one["street_part_id"]: one["state"] for one in streets
    }
    rows = client.get(f"/plan/download?area={AREA}&hours=40&since=&f=csv").text.splitlines()
    names = rows[0].removeprefix("\ufeff").split(",")
    assert names[-1] == "not_shared"
    assert sum(row.endswith("street_states") for row in rows) == sum(one["state"] is None for one in here)
    page = client.get(f"/plan?area={AREA}&hours=40&since=&lang=nl", headers={"accept": "text/html"}).text
    assert "is er geen antwoord: wie ervoor zorgt, is niet gedeeld." in page
    assert "<b>Zo laten</b> <span>niet gedeeld</span>" in page
    assert part in {one["street_part_id"] for one in streets if one["state"] is None}


def test_that_a_person_withdraws_changes_no_note(stage: tuple[TestClient, Engine, int]) -> None:
    """Of a silent community with nothing on the map but one person nothing is said; with a club too it is."""
    client, engine, _ = stage
    area = "BU99990102"
    url = engine.url.render_as_string(hide_password=False)
    moved = text(
        "UPDATE asset SET community_id = (SELECT id FROM community WHERE slug = 'enkel') WHERE id = (SELECT min(a.id)"
        " FROM published_asset AS a JOIN area AS n ON n.id = a.area_id WHERE a.kind = :kind AND n.code = :area)"
        " RETURNING id"
    )

    def notes() -> dict[str, Any]:
        client.cookies.clear()
        pages = (f"/streets?area={area}", f"/streets?area={area}&view=growth-edge", f"/areas/{area}")
        said = {at: "niet verteld" in client.get(at, headers=DUTCH).text for at in pages}
        signed_in(client, url, Role.analyst)
        planned = client.get(f"{API}/plan?area={area}&hours=40").json()
        return said | {"plan": [one for one in planned["withheld"] if one["community"] == "enkel"]}

    with engine.begin() as connection:
        connection.execute(text("INSERT INTO community (slug, name) VALUES ('enkel', 'Enkel')"))
        connection.execute(
            text(
                "INSERT INTO sharing (community_id, what, shared, reason, set_by)"
                " SELECT id, 'street_states', false, 'Liever niet', 'x' FROM community WHERE slug = 'enkel'"
            )
        )
        person = connection.execute(moved, {"kind": "person", "area": area}).scalar_one()
    before = notes()
    with Session(engine) as session:
        consents.withdraw(session, person, by="themselves")
        session.commit()
    assert notes() == before
    assert not any(before.values())
    with engine.begin() as connection:
        connection.execute(moved, {"kind": "club", "area": area}).scalar_one()
    assert all(notes().values())
