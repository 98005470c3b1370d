"""No role of the municipality gets at a way to reach a neighbour: every address is asked as analyst and as admin.

Marks are planted wherever an e-mail address of a neighbour may be kept: for messages, notices, suggestions, mails that
wait and the accounts of the people of a community. No answer, file, header or tile may hold one.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.parameters import today
from assets import accounts, consents, inventory, notices, relay, suggestions
from assets.drafts import AssetDraft
from assets.permissions import VISITOR
from assets.vocabulary import Audience, Role, SuggestionKind
from tests.conftest import SECRET, Databases
from tests.conftest import test_settings as settings_for
from tests.neighbourhood import BUILDER
from tests.signing_in import signed_in
from tests.test_every_door import routes
from tests.test_privacy import AREA, addresses, unpacked

MARK = "zwaluwstaart"
#: An admin makes the accounts of those who sign in, so knows the address that one signs in with: here, and only that.
ACCOUNTS, OF_AN_ACCOUNT = "/admin/accounts", f"{MARK}4@example.org"
#: A meeting place of which somebody reads the messages.
PLACE = 44
PLAN = f"/plan?area={AREA}&hours=40"


def planted(session: Session) -> int:
    """The number of a person, public to all, of whom and around whom addresses are kept."""
    draft = AssetDraft.model_validate(
        {"kind": "person", "title": "Nora", "place": {"area": AREA}, "started_on": "2026-01-01"}
    )
    person = inventory.add(session, draft, by=BUILDER, today=today()).id
    consents.record(
        session, person, audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
        given_on=today(), by=BUILDER.name,
    )  # fmt: skip
    relay.confirm(session, relay.ask(session, person, f"{MARK}1@example.org", language="nl", key=SECRET, by="Nora"))
    relay.confirm(session, relay.ask(session, PLACE, f"{MARK}5@example.org", language="nl", key=SECRET, by="Nora"))
    suggestions.propose(
        session, SuggestionKind.changed, by=VISITOR, asset_id=44, note="De deur is nu groen", language="nl",
        contact=f"{MARK}2@example.org",
    )  # fmt: skip
    asked = notices.ask(
        session, AREA, f"{MARK}3@example.org", rhythm=notices.Rhythm.weekly, language="nl", network="", secret=SECRET
    )
    assert asked is not None
    accounts.add(session, "Noor", role=Role.member, email=f"{MARK}4@example.org")
    return person


@pytest.fixture(scope="module")
def world(databases: Databases) -> Iterator[tuple[TestClient, str, int]]:
    """The program on a sample neighbourhood with the marks, its database, and the person."""
    from app.main import create_app

    url = databases.clone("sample")
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        person = planted(session)
    engine.dispose()
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as client:
        yield client, url, person
    databases.drop(url)


def every_address(client: TestClient, person: int) -> set[str]:
    """What the story of tests/test_privacy.py asks, and every other address that can be looked at."""
    found = set(addresses((person,))) | {PLAN, f"/plan/download?area={AREA}&hours=40&f=csv", "/lookups", "/admin"}
    found |= {f"/plan/download?area={AREA}&hours=40&f=xlsx", f"/api/v1/plan?area={AREA}&hours=40"}
    found |= {f"/assets/{PLACE}{rest}" for rest in ("", "/contact", "/edit", "/history", "/suggest")}
    found |= {f"/api/v1/collections/assets/items/{PLACE}"}
    examples = {"{asset_id}": str(person), "{code}": AREA, "{slug}": "neighbours", "{z}/{x}/{y}": "14/8433/5372"}
    app: Any = client.app
    for method, path, _ in routes(app.routes):
        if method == "GET":
            for name, value in examples.items():
                path = path.replace(name, value)
            while "{" in path:
                path = path[: path.index("{")] + "1" + path[path.index("}") + 1 :]
            found.add(path)
    return found


@pytest.mark.parametrize("role", [Role.analyst, Role.admin])
def test_no_answer_tells_how_to_reach_a_neighbour(world: tuple[TestClient, str, int], role: Role) -> None:
    """Not one mark in what an analyst or an admin can look at, in whatever format, nor in a header."""
    client, url, person = world
    client.cookies.clear()
    signed_in(client, url, role)
    seen, naming = 0, []
    for address in sorted(every_address(client, person)):
        for kind in ("text/html", "application/json"):
            answer = client.get(address, headers={"accept": kind}, follow_redirects=False)
            assert answer.status_code < 500, (address, answer.text[:300])
            seen += answer.status_code == 200
            body = unpacked(answer.content) + str(answer.headers).encode()
            if role is Role.admin and address.startswith(ACCOUNTS):
                body = body.replace(OF_AN_ACCOUNT.encode(), b"")
            if MARK.encode() in body.lower():
                naming.append(address)
            varies = answer.headers.get("vary", "").lower().replace(" ", "").split(",")
            if "accept" not in varies and not re.search("html|json", answer.headers.get("content-type", "")):
                break  # a file or picture: what its address gives, whatever is asked for
    assert seen > 100
    assert [] == naming


def test_the_marks_are_there(world: tuple[TestClient, str, int]) -> None:
    """So that the test above would notice: the marks that are not sealed stand in the database."""
    _, url, _ = world
    engine = create_engine(url)
    with engine.connect() as connection:
        kept = text(
            "SELECT (SELECT count(*) FROM suggestion WHERE contact LIKE :mark),"
            " (SELECT count(*) FROM account WHERE email LIKE :mark), (SELECT count(*) FROM relay_address)"
        )
        assert (1, 1, 2) == tuple(connection.execute(kept, {"mark": f"%{MARK}%"}).one())
    engine.dispose()
