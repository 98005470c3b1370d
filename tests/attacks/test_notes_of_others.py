"""An admin is of no community: what was said in conversations of others comes back on no page and in no file."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import cookies
from app.parameters import today
from assets import accounts, communities, conversations, tokens
from assets.drafts import ConversationDraft
from assets.permissions import Viewer
from assets.vocabulary import Role
from tests.attacks import walk
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import cookie_for, form_token
from tests.test_privacy import unpacked

#: Stands in the notes of others, and in that of the admin.
MARK, OWN = "Zwartkopmees", "Roodborsttapuit"
FILES = ("/conversations/download?f=csv&area=all", "/conversations/download?f=xlsx&area=all")


@pytest.fixture(scope="module")
def town(databases: Databases) -> Iterator[tuple[TestClient, str, str, list[int]]]:
    """The program with notes of two communities, one of a conversation that was changed; and a token of an admin."""
    from app.main import create_app

    url = databases.clone("sample")
    cookie = cookie_for(url, Role.admin, name="Opa Operator")
    engine, numbers = create_engine(url), []
    with Session(engine) as session, session.begin():
        draft = ConversationDraft(street_id=1, held_on=today(), neighbours=2, note=MARK)
        for community_id in (communities.default_id(session), communities.add(session, "zuid", "Zuid").id):
            by = Viewer("Mila", Role.builder, 987, community_id=community_id, roles={community_id: Role.builder})
            numbers.append(conversations.add(session, draft, by=by, today=today()).id)
            conversations.change(session, numbers[-1], draft.model_copy(update={"neighbours": 3}), by=by, today=today())
        admin = accounts.named(session, "Opa Operator")
        token = tokens.add_token(session, "overal", account=admin, community_id=community_id)
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client:
        yield client, cookie, token, numbers
    engine.dispose()
    databases.drop(url)


@pytest.mark.parametrize("by_token", [False, True])
def test_an_admin_reads_no_note_of_others(town: tuple[TestClient, str, str, list[int]], by_token: bool) -> None:
    """At every address that can be read, also with a token for one community."""
    client, cookie, token, numbers = town
    client.cookies.clear()
    client.headers.pop("Authorization", None)
    if by_token:
        client.headers["Authorization"] = f"Bearer {token}"
    else:
        client.cookies.set(cookies.SIGN_IN, cookie)
    known = {"{slug}": "zuid", "{code}": "GM9999", "{z}": "14", "{x}": "8433", "{y}": "5361"}
    reading = [path for method, path in walk.operations(client) if method == "GET" and path != "/areas/{code}/poster"]
    paths = {walk.filled(path, {**known, "{conversation_id}": str(number)}) for path in reading for number in numbers}
    told = [path for path in sorted({*paths, *FILES}) if MARK.encode() in unpacked(client.get(path).content)]
    assert told == []
    assert len(paths) > 100


def test_an_admin_reads_their_own(town: tuple[TestClient, str, str, list[int]]) -> None:
    """What they recorded themselves comes back, and can be changed and taken away."""
    client, cookie, _, _ = town
    client.cookies.clear()
    client.headers.pop("Authorization", None)
    client.cookies.set(cookies.SIGN_IN, cookie)
    sent = {"street": "Zoutsteeg", "day": "today", "neighbours": "3", "note": OWN}
    headers = {"X-Form-Token": form_token(client)}
    saved = client.post("/conversations", data=sent, headers=headers)
    number = saved.headers["location"].rpartition("=")[2]
    assert OWN in client.get(FILES[0]).text
    assert OWN in client.get(f"/conversations/{number}").text
    changed = client.post(f"/conversations/{number}", data={**sent, "neighbours": "4"}, headers=headers)
    assert changed.status_code == 303
    assert client.post(f"/conversations/{number}/remove", data={}, headers=headers).status_code == 303
    assert OWN not in client.get(FILES[0]).text
