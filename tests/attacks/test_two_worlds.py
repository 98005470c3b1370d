"""Who looks from outside cannot tell two worlds apart that differ only in what is hidden about people.

Every address that anybody may open is read from the program and asked in each world, with every parameter that the
API knows and with what an attacker would try: boxes that close in on a home, tiles of all zooms around it, words of the
hidden, look-alikes, downloads. Status, headers and bytes are the same, but for clocks, nonces and keys of forms.

| world  | what is in it beside the sample neighbourhood                                                         |
|--------|-------------------------------------------------------------------------------------------------------|
| empty  | nothing                                                                                               |
| hidden | five persons whom visitors may not see, with all that can hang from them; a suggestion, a note        |
| here   | two persons whom everyone may see, one by neighbourhood and one by street, who live at HERE           |
| there  | the same two, who live at THERE: in the same street part, 60 m on                                     |
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import shapely
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.parameters import today
from assets import activities, communities, connections, consents, crs, inventory, personal_links, relay, suggestions
from assets.drafts import ActivityDraft, AssetDraft
from assets.permissions import VISITOR
from assets.vocabulary import Audience, ConnectionKind, SuggestionKind
from tests.attacks import walk
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.neighbourhood import BUILDER
from tests.signing_in import form_token
from tests.test_docs import openapi
from tests.test_privacy import QUESTIONS

AREA, TOWN = "BU99990101", "GM9999"
MARK = "Zwaluwstaart"
API = "/api/v1"
ITEMS = f"{API}/collections/{{}}/items"
Point = tuple[float, float]
#: Values of the parameters that the API knows: a new one is put here, so that it is tried.
VALUES: dict[str, tuple[str, ...]] = {
    "after": (), "also": ("state",), "area": (AREA, TOWN), "asset": ("{id}",), "bbox": (), "bbox-crs": (), "crs": (),
    "datetime": ("2026-01-01/..",), "f": ("csv", "html", "xlsx"), "first": ("2026-01-01",),
    "freshness": ("fresh", "faded"), "gift": ("hands",), "hours": ("40",), "initiative": ("none",),
    "kind": ("person", "neighbourhood"),
    "last": ("2026-12-31",), "limit": ("1", "1000"), "minimum": ("0.1",), "of": ("streets",), "on": ("2026-10-01",),
    "open": ("true",), "parent": (TOWN,), "per": ("1000",), "q": (MARK, MARK[:6], "Veer"), "since": ("2026-06-01",),
    "state": ("unasked",), "street": ("1",), "talent": (MARK, MARK[:6]), "theme": ("culture", "litter"),
    "what": ("plan", "person"),
}  # fmt: skip
#: What an operation cannot be asked without.
NEEDED = {
    f"{API}/energy/activities": f"area={AREA}", f"{API}/plan": f"area={AREA}&hours=40",
    f"{API}/timeline": f"area={AREA}", f"{API}/meeting-places": f"area={TOWN}",
    f"{API}/meeting-places/reach": f"area={AREA}",
}  # fmt: skip
#: Addresses whose answer is new each time by its nature.
MOVING = {"/form-token"}
CRS84, RD, MERCATOR, ETRS89 = (
    "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    *(f"http://www.opengis.net/def/crs/EPSG/0/{code}" for code in (28992, 3857, 4258)),
)


@dataclass
class World:
    """A client on a database, and where the home is in the CRS of the database and in degrees."""

    client: TestClient
    url: str
    ids: list[int]
    #: What was answered, by address.
    heard: dict[str, Any] = field(default_factory=dict)


@dataclass
class Places:
    """Two homes in one street part, in RD metres; `degrees` turns such a point into longitude and latitude."""

    here: Point
    there: Point
    street: str
    degrees: Callable[[Point], Point]
    mercator: Callable[[Point], Point]


def person(session: Session, number: int, home: Point, *, show: str, street: str, **consent: Any) -> int:
    """The number of a person who lives at `home`, with the mark in every text, and something that they did."""
    place = {"crs": "EPSG:28992", "geometry": {"type": "Point", "coordinates": list(home)}, "show": show}
    draft = AssetDraft.model_validate(
        {
            "kind": "person", "title": f"{MARK} {number}", "description": f"{MARK} vertelt", "themes": ["culture"],
            "gifts": [{"of": "hands", "what": f"{MARK} vouwen"}], "rhythm": f"{MARK} elke week",
            "started_on": "2026-01-01", "recurrence": "FREQ=WEEKLY", "recurrence_start": "2026-01-03T10:00",
            "place": place,
        }
    )  # fmt: skip
    found = inventory.add(session, draft, by=BUILDER, today=today())
    done = ActivityDraft(asset_id=found.id, held_on=today(), participants=97919, note=f"{MARK} kwam")
    activities.add(session, done, by=BUILDER, today=today())
    if consent:
        consents.record(
            session, found.id, wording_version="1", wording=f"Mag {MARK} dit?", language="nl", by=BUILDER.name,
            **{"given_on": today(), **consent},
        )  # fmt: skip
    return found.id


def hide(session: Session, places: Places) -> list[int]:
    """The numbers of five persons whom visitors may not see.

    Without a consent, with one for builders, for members, one that was withdrawn, and one that expired.
    """
    old = {"audience": Audience.public, "given_on": today() - timedelta(days=9)}
    answers: tuple[dict[str, Any], ...] = (
        {}, {"audience": Audience.builders}, {"audience": Audience.community}, old, {**old, "expires_on": today()},
    )  # fmt: skip
    made = [
        person(
            session,
            number,
            places.here,
            show="street" if number % 2 else "neighbourhood",
            street=places.street,
            **given,
        )
        for number, given in enumerate(answers)
    ]
    club = session.execute(text("SELECT id FROM asset WHERE kind = 'club' ORDER BY id LIMIT 1")).scalar_one()
    for number in made[:3]:
        connections.add(session, number, ConnectionKind.helps, club, by=BUILDER, since=None)
        personal_links.make(session, number, by=BUILDER)
        relay.confirm(session, relay.ask(session, number, f"{MARK}@example.org", language="nl", key="k" * 20, by="x"))
    suggestions.propose(
        session, SuggestionKind.changed, by=VISITOR, asset_id=club, note=f"{MARK} weet meer", language="nl"
    )
    session.execute(text("UPDATE conversation SET note = :note WHERE id = 1"), {"note": f"{MARK} zei ja"})
    session.execute(text("UPDATE consent SET withdrawn_at = now() WHERE asset_id = :id"), {"id": made[3]})
    return made


@pytest.fixture(scope="module")
def places(sample_url: str) -> Places:
    """A long street part of the neighbourhood, 30 and 90 m along it and a little aside."""
    engine = create_engine(sample_url)
    with engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT p.name, ST_AsText(ST_LineInterpolatePoint(ST_GeometryN(p.geom, 1), .2)) AS a,"
                " ST_AsText(ST_LineInterpolatePoint(ST_GeometryN(p.geom, ST_NumGeometries(p.geom)), .8)) AS b"
                " FROM street_part AS p JOIN area AS a ON a.id = p.area_id"
                " WHERE a.code = :code AND p.length_m > 150 ORDER BY p.length_m LIMIT 1"
            ),
            {"code": AREA},
        ).one()
    engine.dispose()

    def moved(point: Point, srid: int) -> Point:
        at = crs.transform(shapely.Point(*point), crs.RD, srid)
        return float(at.x), float(at.y)

    def point(words: str) -> Point:
        x, y = (float(one) for one in re.findall(r"[\d.]+", words))
        return round(x + 1.7, 1), round(y + 2.3, 1)

    return Places(
        point(row.a), point(row.b), row.name,
        lambda one: moved(one, crs.WGS84), lambda one: moved(one, crs.WEB_MERCATOR),
    )  # fmt: skip


@pytest.fixture(scope="module")
def worlds(databases: Databases, places: Places) -> Iterator[dict[str, World]]:
    """The four worlds; their data version and the moments of their entries are the same."""
    from app.main import create_app

    found: dict[str, World] = {}
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patched:
        patched.setenv("SOURCE_DATE_EPOCH", "1790000000")  # fonts in posters hold when they were made
        for name in ("empty", "hidden", "here", "there"):
            url = databases.clone("sample")
            engine = create_engine(url)
            ids: list[int] = []
            with Session(engine) as session, session.begin():
                communities.default_id(session)
                last = session.execute(text("SELECT max(id) FROM asset")).scalar_one()
                if name == "hidden":
                    ids = hide(session, places)
                elif name != "empty":
                    home = places.here if name == "here" else places.there
                    ids = [
                        person(session, number, home, show=show, street=places.street, audience=Audience.public)
                        for number, show in enumerate(("neighbourhood", "street"))
                    ]
                ids = ids or list(range(last + 1, last + 6))
                for table, began, number in (("asset", "created_at", "id"), ("activity", "recorded_at", "asset_id")):
                    moment = f"{began} = '2026-11-01', changed_at = '2026-11-01'"
                    session.execute(text(f"UPDATE {table} SET {moment} WHERE {number} > :last"), {"last": last})
            with engine.begin() as connection:
                connection.execute(text("UPDATE data_version SET version = 5000"))
            engine.dispose()
            client = stack.enter_context(TestClient(create_app(settings_for(url)), raise_server_exceptions=False))
            client.follow_redirects = False
            client.headers["accept-encoding"] = "identity"  # what is told is not told by how it is packed
            found[name] = World(client, url, ids)
        yield found
    for world in found.values():
        databases.drop(world.url)


def boxes(places: Places) -> Iterator[tuple[str, str]]:
    """Boxes that close in on both homes, in every CRS: the value of bbox and the URI of its CRS."""
    for home in (places.here, places.there):
        for half in (400.0, 50.0, 6.0, 0.4):
            moves = ((RD, lambda one: one), (CRS84, places.degrees), (MERCATOR, places.mercator))
            # every CRS is made RD first, so that one box in each tells of the others too
            for name, move in moves if half == 6.0 else moves[1:2]:
                west, south = move((home[0] - half, home[1] - half))
                east, north = move((home[0] + half, home[1] + half))
                yield f"{west:.7f},{south:.7f},{east:.7f},{north:.7f}", name
        lon, lat = places.degrees(home)
        yield f"{lat - 1e-5:.7f},{lon - 1e-5:.7f},{lat + 1e-5:.7f},{lon + 1e-5:.7f}", ETRS89


def tiles(places: Places) -> Iterator[str]:
    """Addresses of the tiles of all zooms that hold a home, plain, with states and about another day."""
    for home in (places.here, places.there):
        x, y = places.mercator(home)
        for z in range(19):
            size = 40075016.685578488 / 2**z
            column, row = int((x + 20037508.342789244) / size), int((20037508.342789244 - y) / size)
            more = ("", "?theme=any", "?on=2026-10-01") if z > 12 else ("", "?facet=culture")
            yield from (f"/map-tiles/{z}/{column}/{row}{rest}" for rest in more)


def parameters(ids: list[int]) -> Iterator[str]:
    """Every GET of the API with each of its parameters."""
    for path, item in openapi()["paths"].items():
        for one in item.get("get", {}).get("parameters", []):
            if one.get("in") != "query":
                continue
            assert one["name"] in VALUES, f"put a value for the parameter {one['name']} in VALUES"
            base = walk.filled(API + path.rstrip("/"), {**examples(ids[0]), "{collectionId}": "assets"})
            for value in VALUES[one["name"]]:
                asked = f"{one['name']}={value.replace('{id}', str(ids[0]))}"
                needed = [part for part in NEEDED.get(base, "").split("&") if part and not asked.startswith(part[:5])]
                yield f"{base}?{'&'.join([*needed, asked])}"


def examples(number: int) -> dict[str, str]:
    """What stands for the names in a path, with this number for an entry."""
    return {
        "{code}": AREA, "{asset_id}": str(number), "{z}/{x}/{y}": "14/8433/5372", "{key}": "x", "{token}": "x" * 43,
        "areas/items/{featureId}": f"areas/items/{AREA}", "{featureId}": str(number), "{slug}": "stale",
    }  # fmt: skip


def everything(world: World, places: Places) -> list[str]:
    """What is asked in a world: each address once."""
    asked: list[str] = []
    for method, path in sorted(walk.operations(world.client)):
        if method == "GET" and path not in MOVING:
            for number in world.ids if "{asset_id}" in path or "{featureId}" in path else world.ids[:1]:
                plain = walk.filled(path, examples(number))
                asked += [plain, *(plain + query for query in QUESTIONS.get(path, ()))]
    asked += list(parameters(world.ids))
    for box, uri in boxes(places):
        asked += [f"{ITEMS.format(name)}?limit=1000&bbox={box}&bbox-crs={uri}" for name in ("assets", "activities")]
        if uri == CRS84:
            asked += [f"{path}?q={MARK[:6]}&bbox={box}" for path in ("/assets/in-view", "/search", "/assets")]
            asked += [f"/assets/in-view?bbox={box}"]
    asked += tiles(places)
    return list(dict.fromkeys(asked))


def told(client: TestClient, address: str) -> tuple[int, dict[str, str], bytes]:
    """What an address answers to a visitor who comes for the first time."""
    client.cookies.clear()
    answer = client.get(address)
    headers = {name: value for name, value in answer.headers.items() if name not in walk.MOVING}
    assert answer.status_code < 500 or address == "/ready", address
    return answer.status_code, headers, walk.still(answer.content, answer.headers.get("content-type", ""))


def heard(world: World, address: str) -> tuple[int, dict[str, str], bytes]:
    """What an address answers in a world, asked once."""
    if address not in world.heard:
        world.heard[address] = told(world.client, address)
    found: tuple[int, dict[str, str], bytes] = world.heard[address]
    return found


def differing(first: World, second: World, asked: list[str]) -> dict[str, str]:
    """The addresses that answer the two worlds differently, with where they begin to differ."""
    found = {}
    for address in asked:
        one, other = (heard(world, address) for world in (first, second))
        if one != other:
            at = next((i for i, (a, b) in enumerate(zip(one[2], other[2], strict=False)) if a != b), -40)
            found[address] = (
                f"{one[0]} {other[0]} {set(one[1].items()) ^ set(other[1].items())}"
                f" {one[2][at - 40 : at + 80]!r} {other[2][at - 40 : at + 80]!r}"
            )
    return found


def forms(places: Places, ids: list[int]) -> Iterator[tuple[str, dict[str, str]]]:
    """What can be asked by a form: where a place is, and what looks like what somebody pins."""
    for home in (places.here, places.there):
        lon, lat = (f"{one:.6f}" for one in places.degrees(home))
        where = {"longitude": lon, "latitude": lat}
        yield "/pin/here", where
        for kind in ("person", "club", "meeting_place"):
            typed = {"kind": kind, "title": f"{MARK} 0", "gift": f"{MARK} vouwen", "gift_of": "hands", **where}
            yield "/pin/place", typed
            yield from (
                ("/pin", {**typed, "step": step, "go": "next", "key": "k"}) for step in ("what", "where", "tell")
            )
    for number in ids:
        yield f"/assets/{number}/suggest", {"about": "changed", "note": ""}
        yield f"/assets/{number}/contact", {"message": ""}


def test_nor_do_forms_tell(worlds: dict[str, World], places: Places) -> None:
    """Where am I, what is there, what looks like it, and a word to somebody: the same, whoever is hidden there."""

    def sent(world: World, path: str, fields: dict[str, str]) -> tuple[int, bytes]:
        answer = world.client.post(path, data={**fields, "form_token": form_token(world.client)})
        # what nothing looks like is kept as a suggestion, with a link of its own
        return answer.status_code, b"" if answer.status_code == 303 else walk.still(answer.content)

    for first, second in (("empty", "hidden"), ("here", "there")):
        for path, fields in forms(places, worlds[second].ids):
            for world in (worlds[first], worlds[second]):
                world.client.cookies.clear()
            assert sent(worlds[first], path, fields) == sent(worlds[second], path, fields), (path, fields)


def test_who_is_hidden_is_as_if_not_there(worlds: dict[str, World], places: Places) -> None:
    """With five hidden persons, what they did, helped and said, every answer is byte for byte as without them."""
    asked = everything(worlds["hidden"], places)
    assert len(asked) > 400
    assert differing(worlds["empty"], worlds["hidden"], asked) == {}


def test_where_in_the_street_someone_lives_is_nowhere(worlds: dict[str, World], places: Places) -> None:
    """Two homes in one street give byte for byte the same answers, also of persons whom everyone may see."""
    asked = everything(worlds["here"], places)
    assert differing(worlds["here"], worlds["there"], asked) == {}


def test_it_would_be_noticed(worlds: dict[str, World], places: Places) -> None:
    """Were one of them told anywhere these tests would see it: who agreed makes many answers differ."""
    asked = [one for one in everything(worlds["here"], places) if "poster" not in one]
    assert len(differing(worlds["empty"], worlds["here"], asked)) > 50


def test_the_version_of_the_data_tells_only_that_something_was_written(databases: Databases, places: Places) -> None:
    """A hidden write makes kept answers old, whatever it was and wherever: two unlike ones give the same ETags.

    Decision 0044 says why it may be seen that something was written at all.
    """
    from app.main import create_app

    asked = (
        "/map-tiles/14/8433/5372", f"/areas/{AREA}/feed", f"/areas/{AREA}/calendar", f"{API}/areas/{AREA}/summary",
        f"{API}/energy", f"{API}/timeline?area={AREA}", f"{API}/growth-edge", f"{API}/meeting-places?area={TOWN}",
    )  # fmt: skip
    tags: list[list[tuple[str | None, ...]]] = []
    for where in (places.here, places.there):
        url = databases.clone("sample")
        engine = create_engine(url)
        with TestClient(create_app(settings_for(url))) as client:
            rounds = []
            for hidden in (False, True):
                if hidden:
                    with Session(engine) as session, session.begin():
                        show = "street" if where == places.here else "none"
                        person(session, 9, where, show=show, street=places.street)
                rounds.append(tuple(client.get(path).headers.get("etag") for path in asked))
            tags.append(rounds)
        engine.dispose()
        databases.drop(url)
    assert tags[0] == tags[1]
    assert None not in tags[0][0]
    assert not set(tags[0][0]) & set(tags[0][1])
