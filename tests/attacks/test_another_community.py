"""What belongs to another community, asked by its number: refused, unchanged, and of what is hidden nothing is told.

Every address with a number in it is read from the program and asked by a builder, a steward and a member of Noord, and
by an analyst, with the number of everything that Zuid has. What Zuid hides is refused exactly as what is not there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import csrf
from app.parameters import today
from assets import (
    accounts,
    activities,
    communities,
    connections,
    consents,
    conversations,
    history,
    inventory,
    invitations,
    personal_links,
    photos,
    pictures,
    second_factors,
    suggestions,
    tokens,
)
from assets.drafts import ActivityDraft, AssetDraft, ConversationDraft
from assets.permissions import VISITOR, Viewer
from assets.vocabulary import Audience, ConnectionKind, Role, SuggestionKind
from tests.api.test_access import GUARDED, GUARDED_BY
from tests.attacks import walk
from tests.attacks.test_foreign_forms import FIELDS, stored
from tests.conftest import SECRET, Databases
from tests.conftest import test_settings as settings_for
from tests.photo_files import plain
from tests.signing_in import form_token, signed_in
from tests.test_every_door import DOORS, OPEN

MARK = "Zuiderzang"
#: Who asks. An analyst belongs to no community.
ROLES = (Role.member, Role.builder, Role.steward, Role.analyst)
#: Nobody has so many of anything.
NOTHING = 987654
API = "/api/v1"
BODIES: dict[str, Any] = {
    "POST": {"type": "Feature", "geometry": None, "properties": {}},
    "PUT": {"type": "Feature", "geometry": {"type": "Point", "coordinates": [5.3111, 52.5330]},
            "properties": {"kind": "club", "title": "Van Noord"}},
    "PATCH": {"properties": {"title": "Van Noord"}},
    "PATCH activities": {"properties": {"participants": 99}},
    "PUT activities": {"type": "Feature", "geometry": None,
                       "properties": {"asset_id": 1, "held_on": "2026-11-01", "participants": 99}},
}  # fmt: skip


@dataclass
class Zuid:
    """What Zuid has, by the name that stands in a path: numbers that everyone may know of, and hidden ones."""

    client: TestClient
    url: str
    connection: Connection
    known: dict[str, list[str]]
    hidden: dict[str, list[str]]
    #: Numbers of sign-ins, tokens and second steps of a steward of Zuid.
    own: dict[str, int]


def filled_in(session: Session, community_id: int) -> tuple[dict[str, list[Any]], dict[str, list[Any]], dict[str, int]]:
    """Fill Zuid with one of each kind of thing."""
    by = Viewer(name=f"{MARK} bouwer", role=Role.steward, community_id=community_id)
    point = {"type": "Point", "coordinates": [5.3111, 52.5330]}

    def add(kind: str, title: str, **more: Any) -> int:
        draft = AssetDraft.model_validate({"kind": kind, "title": title, "place": {"geometry": point}, **more})
        return inventory.add(session, draft, by=by, community_id=community_id, today=today()).id

    club, house, gone = add("club", "Koor"), add("meeting_place", "Huis"), add("club", f"{MARK} voorbij")
    shy, closed = add("person", f"{MARK} verlegen"), add("person", f"{MARK} dicht")
    consents.record(
        session, closed, audience=Audience.builders, wording_version="1", wording="Mag dit?", language="nl",
        given_on=today(), by=by.name,
    )  # fmt: skip
    session.execute(text("UPDATE asset SET state = 'retired' WHERE id = :id"), {"id": gone})
    deed = activities.add(session, ActivityDraft(asset_id=club, held_on=today()), by=by, today=today()).id
    secret_deed = activities.add(
        session, ActivityDraft(asset_id=shy, held_on=today(), note=MARK), by=by, today=today()
    ).id
    meets = connections.add(session, club, ConnectionKind.meets_at, house, by=by, since=None).id
    helps = connections.add(session, shy, ConnectionKind.helps, club, by=by, since=None).id
    talk_draft = ConversationDraft(street_id=1, held_on=today(), neighbours=2, note=f"{MARK} sprak")
    talk = conversations.add(session, talk_draft, by=by, community_id=community_id, today=today()).id
    draft = AssetDraft.model_validate({"kind": "club", "title": f"{MARK} idee", "place": {"geometry": point}})
    proposed = [
        suggestions.propose(session, SuggestionKind.changed, by=VISITOR, asset_id=club, note=MARK, language="nl").id,
        suggestions.propose(session, SuggestionKind.new, by=by, draft=draft, language="nl").id,
    ]
    decided = suggestions.propose(session, SuggestionKind.gone, by=VISITOR, asset_id=house, language="nl").id
    suggestions.refuse(session, decided, by=Viewer(f"{MARK} bouwer", Role.admin), reason=MARK)
    proposed.append(decided)
    photos.put(session, house, pictures.made(plain()), alt="Huis", language="nl", by=by)
    personal_links.make(session, shy, by=by)
    invited = invitations.make(session, community_id, role=Role.builder, by=by).id
    account = accounts.add(session, f"{MARK} beheerder", role=Role.steward, community_id=community_id)
    tokens.add_token(session, f"{MARK} token", account=account)
    second_factors.add_app(session, account.id, *_app(), key=SECRET)
    changes = [change.id for number in (club, shy) for change in history.of(session, "asset", number)]
    changes += session.scalars(text("SELECT id FROM change WHERE subject <> 'asset' AND community_id = :id"),
                               {"id": community_id}).all()  # fmt: skip
    session.execute(text("UPDATE suggestion SET community_id = :id WHERE id = ANY(:those)"),
                    {"id": community_id, "those": proposed})  # fmt: skip
    own = {
        name: session.execute(text(f"SELECT max(id) FROM {name}")).scalar_one() for name in ("token", "second_factor")
    }
    known = {"asset_id": [club, house], "activities": [deed], "connectionId": [meets]}
    hidden = {
        "asset_id": [shy, closed, gone], "activities": [secret_deed], "connectionId": [helps], "change_id": changes,
        "conversation_id": [talk], "suggestion_id": proposed, "tokenId": [own["token"]],
        "account_id": [account.id], "invitation_id": [invited],
        "community_id": [community_id], "token_id": [own["token"]],
    }  # fmt: skip
    return known, hidden, own


def _app() -> tuple[str, str]:
    import pyotp

    secret = second_factors.new_secret()
    return secret, pyotp.TOTP(secret).now()


@pytest.fixture(scope="module")
def zuid(databases: Databases) -> Iterator[Zuid]:
    """Two communities on one map, and the application."""
    from app.main import create_app

    url = databases.clone("sample")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    filling = create_engine(url)
    with filling.begin() as connection:  # numbers that stand nowhere else in an answer
        for name in connection.scalars(text("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")).all():
            connection.execute(text("SELECT setval(CAST(:name AS regclass), 765000)"), {"name": name})
    with Session(filling) as session, session.begin():
        communities.add(session, "noord", "Noord")
        known, hidden, own = filled_in(session, communities.add(session, "zuid", "Zuid").id)
    filling.dispose()
    with (
        TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client,
        engine.connect() as connection,
    ):
        client.headers["accept"] = "text/html"
        words = [{name: [str(one) for one in numbers] for name, numbers in part.items()} for part in (known, hidden)]
        for part in words:
            part["assets"] = part["asset_id"]
        yield Zuid(client, url, connection, words[0], words[1], own)
    engine.dispose()
    databases.drop(url)


#: Names in paths that are no number of something of a community.
OF_NOBODY = {"token", "code", "slug", "z", "x", "y", "street_id", "street_part_id", "key"}


def numbered(client: TestClient) -> list[tuple[str, str, str]]:
    """Method and path of every route with a number in it, and the name of that number."""
    found = []
    for method, path in sorted(walk.operations(client)):
        for name in re.findall(r"\{(\w+)\}", path):
            kind = name
            if name == "featureId":
                kind = path.split("/")[-3]
            if kind not in OF_NOBODY | {"streets", "areas"}:
                found.append((method, path, kind))
    assert len(found) > 35
    return found


def ask(zuid: Zuid, method: str, path: str, number: str, slug: str = "noord") -> tuple[int, str]:
    """Status and words of an answer, without the number that was asked for and what is new each time."""
    address = re.sub(r"\{\w+\}", number, path.replace("{slug}", slug))
    client = zuid.client
    if path.startswith(API):
        headers = {"Content-Type": "application/merge-patch+json" if method == "PATCH" else "application/geo+json",
                   "If-Match": "*", csrf.HEADER: form_token(client), "accept": "application/json"}  # fmt: skip
        body = BODIES.get(f"{method} activities") if "/activities/" in path else None
        answer = client.request(method, address, json=body or BODIES.get(method), headers=headers)
    elif method == "POST":
        answer = client.post(address, data={**FIELDS, csrf.FIELD: form_token(client)})
    else:
        answer = client.request(method, address)
    assert answer.status_code < 500, (method, address)
    said = walk.still(answer.content).decode(errors="replace") + answer.headers.get("location", "")
    return answer.status_code, re.sub(rf"\b{number}\b", "N", said)


def is_open(method: str, path: str) -> bool:
    """Whether everyone may ask this of what is public."""
    if path.startswith(API):
        shape = re.sub(r"/collections/(\w+)/", r"/collections/\1/", path.removeprefix(API))
        return (method.lower(), shape) not in GUARDED | set(GUARDED_BY) and method == "GET"
    return DOORS.get((method, path)) == OPEN


@pytest.mark.parametrize("role", ROLES)
def test_what_is_hidden_is_as_what_is_not_there(zuid: Zuid, role: Role) -> None:
    """By whatever door, with whatever number: the answer is that for a number that nobody has; nothing changes."""
    zuid.client.cookies.clear()
    signed_in(zuid.client, zuid.url, role, name=f"Noord {role}")
    zuid.client.get("/me")
    before = stored(zuid.connection)
    for method, path, kind in numbered(zuid.client):
        assert kind in zuid.hidden, f"put a number of Zuid for {kind} ({path}) in this test"
        nothing = ask(zuid, method, path, str(NOTHING))
        for number in zuid.hidden[kind]:
            told = ask(zuid, method, path, number)
            assert MARK not in told[1], (method, path, number)
            assert told[0] == nothing[0], (method, path, number, told[0], nothing[0])
            assert told[1] == nothing[1], (method, path, number)
    assert stored(zuid.connection) == before


@pytest.mark.parametrize("role", ROLES)
def test_what_everyone_sees_is_changed_by_its_own_people_only(zuid: Zuid, role: Role) -> None:
    """Of what is public, nothing is changed, undone, decided on or read behind the public page."""
    zuid.client.cookies.clear()
    signed_in(zuid.client, zuid.url, role, name=f"Noord {role}")
    zuid.client.get("/me")
    before = stored(zuid.connection)
    tried = 0
    for method, path, kind in numbered(zuid.client):
        if is_open(method, path):
            continue
        for number in zuid.known.get(kind, ()):
            status, told = ask(zuid, method, path, number)
            assert status in (403, 404), (method, path, number, status)
            assert MARK not in told, (method, path, number)
            tried += 1
    assert tried > 20
    assert stored(zuid.connection) == before


@pytest.mark.parametrize("role", ROLES)
def test_pages_of_another_community(zuid: Zuid, role: Role) -> None:
    """What is behind the open page of a community is for its own people, also with numbers of one's own."""
    zuid.client.cookies.clear()
    signed_in(zuid.client, zuid.url, role, name=f"Noord {role}")
    account = str(zuid.client.get("/form-token").json()["account"])
    before = stored(zuid.connection)
    tried = 0
    for method, path in sorted(walk.operations(zuid.client)):
        if path.startswith("/communities/{slug}") and not is_open(method, path):
            for number in (account, *zuid.hidden["account_id"], *zuid.hidden["invitation_id"]):
                status, told = ask(zuid, method, path, number, slug="zuid")
                assert status in (403, 404), (method, path, number, status)
                assert MARK not in told, (method, path)
                tried += 1
    assert tried > 10
    assert stored(zuid.connection) == before


def test_numbers_in_forms(zuid: Zuid) -> None:
    """A token, a second step or an entry of somebody else, named in a field of a form of one's own, stays theirs."""
    zuid.client.cookies.clear()
    signed_in(zuid.client, zuid.url, Role.builder, name="Noord builder")
    zuid.client.get("/me")
    before = stored(zuid.connection)
    shy, club = zuid.hidden["asset_id"][0], zuid.known["asset_id"][0]
    tried = [
        ("/me/tokens/revoke", {"token": str(zuid.own["token"])}, (404,)),
        ("/me/second-step/remove", {"factor": str(zuid.own["second_factor"])}, (404, 409)),
        (f"/assets/{club}/connections", {"to": shy, "kind": "helps"}, (403, 404)),
    ]
    for path, fields, expected in tried:
        answer = zuid.client.post(path, data={**fields, csrf.FIELD: form_token(zuid.client)})
        assert answer.status_code in expected, (path, answer.status_code)
        assert MARK not in answer.text
    assert stored(zuid.connection) == before


def test_lists_hold_nothing_of_another_community(zuid: Zuid) -> None:
    """Whatever page lists things for builders, it lists those of one's own community."""
    for role in ROLES:
        zuid.client.cookies.clear()
        signed_in(zuid.client, zuid.url, role, name=f"Noord {role}")
        for method, path in sorted(walk.operations(zuid.client)):
            if method == "GET" and "{" not in path:
                answer = zuid.client.get(path, headers={"accept": "*/*"})
                assert MARK.encode() not in walk.unpacked(answer.content), (role, path)
