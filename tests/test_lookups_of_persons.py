"""Who reads a person's entry beyond what is public is written down, at every address that there is or will be.

All routes are read from the program and asked by the operator, a steward of the community, an analyst of the
municipality and programs with a token, each about a person who did not say that everyone may see them. Wherever a word
of theirs comes back, a row must say who read it. A new page needs no line here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import cookies, csrf
from app.parameters import today
from assets import activities, connections, consents, inventory, personal_links, suggestions, tokens
from assets.drafts import ActivityDraft, AssetDraft
from assets.permissions import VISITOR
from assets.vocabulary import Audience, ConnectionKind, Role, SuggestionKind
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.neighbourhood import BUILDER
from tests.signing_in import cookie_for, form_token
from tests.test_docs import application
from tests.test_every_door import routes
from tests.test_privacy import unpacked

#: Stands in the title of the person, and of a person whom somebody suggested.
MARK, SUGGESTED = "Zwartkopmees", "Roodborsttapuit"
API = "/api/v1"


#: The rows about one person, and whatever was suggested.
ABOUT = text(
    "SELECT array_agg(row ORDER BY row) FROM ("
    + " UNION ALL ".join(
        f"SELECT '{table} ' || xmin::text || ' ' || ctid::text AS row FROM {table}{where}"
        for table, where in (
            ("asset", " WHERE id = :id"),
            ("activity", " WHERE asset_id = :id"),
            ("connection", " WHERE :id IN (from_id, to_id)"),
            ("consent", " WHERE asset_id = :id"),
            ("personal_link", " WHERE asset_id = :id"),
            ("relay_address", ""),
            ("suggestion", ""),
        )
    )
    + ") AS about"
)


@dataclass(frozen=True)
class Planted:
    """The numbers and secrets of everything about one person who is not public."""

    asset_id: int
    activity_id: int
    connection_id: int
    change_id: int
    suggestion_id: int
    token: str
    follow: str
    slug: str

    def address(self, path: str) -> str:
        """A path of the program, about this person."""
        follow = self.follow if path.startswith("/suggestions") else self.token
        feature = self.activity_id if "activities" in path else self.asset_id
        known = {"asset_id": self.asset_id, "featureId": feature, "connectionId": self.connection_id,
                 "change_id": self.change_id, "suggestion_id": self.suggestion_id, "token": follow, "slug": self.slug,
                 "code": "GM9999", "z": 14, "x": 8433, "y": 5361}  # fmt: skip
        filled = re.sub(r"\{(\w+)(?::\w+)?\}", lambda name: str(known.get(name[1], 1)), path)
        return filled + {
            "/pin/done": f"?asset={self.asset_id}",
            "/assets/{asset_id}/suggest": "?about=changed",
            "/mine/{token}/export": "?f=json",
            "/assets": f"?q={MARK}",
            "/search": f"?q={MARK}",
        }.get(path, "")


def plant(session: Session, *, public: bool = False) -> Planted:
    """A person of whom there is everything that there can be."""

    def draft(title: str) -> AssetDraft:
        gifts = [{"of": "hands", "what": f"{title} vouwen"}]
        return AssetDraft.model_validate(
            {"kind": "person", "title": title, "description": title, "gifts": gifts, "place": {"area": "BU99990101"}}
        )

    number = inventory.add(session, draft(MARK), by=BUILDER, today=today()).id
    inventory.change(session, number, draft(f"{MARK} zelf"), by=BUILDER, today=today())
    if public:
        consents.record(
            session, number, audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
            given_on=today(), by=BUILDER.name,
        )  # fmt: skip
    club = session.execute(text("SELECT min(id) FROM asset WHERE kind = 'club'")).scalar_one()
    deed = ActivityDraft(asset_id=number, held_on=today(), participants=3, note=MARK)
    made = {
        "asset_id": number,
        "activity_id": activities.add(session, deed, by=BUILDER, today=today()).id,
        "connection_id": connections.add(session, number, ConnectionKind.member_of, club, by=BUILDER).id,
        "token": personal_links.make(session, number, by=BUILDER),
    }
    about = suggestions.propose(
        session, SuggestionKind.change, by=BUILDER, draft=draft(f"{MARK} anders"), asset_id=number, language="nl",
        sender=f"s{number}", contact="",
    )  # fmt: skip
    suggestions.propose(
        session, SuggestionKind.new, by=VISITOR, draft=draft(SUGGESTED), language="nl", sender=f"n{number}", contact=""
    )
    asked = "SELECT max(c.id) AS id, min(s.slug) AS slug FROM change AS c, asset AS a, community AS s"
    row = session.execute(
        text(f"{asked} WHERE c.subject = 'asset' AND c.subject_id = :id AND a.id = :id AND s.id = a.community_id"),
        {"id": number},
    ).one()
    return Planted(**made, change_id=row.id, suggestion_id=about.id, follow=about.follow_token, slug=row.slug)


@pytest.fixture(scope="module")
def place(databases: Databases) -> Iterator[tuple[TestClient, Engine, str]]:
    """The program on a copy of the sample."""
    from app.main import create_app

    url = databases.clone("sample")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client:
        yield client, engine, url
    engine.dispose()
    databases.drop(url)


def planted(engine: Engine, **more: Any) -> Planted:
    """A new person, with nobody else of the story beside them and nothing looked at."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM suggestion"))
        connection.execute(text("DELETE FROM asset WHERE title LIKE :mark"), {"mark": f"{MARK}%"})
    with Session(engine.execution_options(isolation_level="READ COMMITTED")) as session, session.begin():
        made = plant(session, **more)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM lookup"))
    return made


def looks(engine: Engine) -> list[Any]:
    """What was written down since, and forgotten now."""
    with engine.begin() as connection:
        found = list(connection.execute(text("SELECT role, what, asset_id FROM lookup ORDER BY id")).all())
        connection.execute(text("DELETE FROM lookup"))
    return found


def rows_about(engine: Engine, person: Planted) -> list[str]:
    """Which rows hold what is about a person: one that was written to since is another for PostgreSQL (xmin, ctid)."""
    with engine.connect() as connection:
        found: list[str] = connection.execute(ABOUT, {"id": person.asset_id}).scalar_one()
    return found


def doors() -> list[tuple[str, str]]:
    """Method and path of every address: reading first, for some of the others take things away."""
    pages = {(method, path) for method, path, _ in routes(application().routes)}
    document = application().openapi()["paths"]
    api = {(method.upper(), path) for path, item in document.items() for method in item}
    return sorted(pages | api, key=lambda door: (door[0] not in ("GET", "HEAD"), door))


def ask(client: TestClient, method: str, address: str, form: str) -> str:
    """What an address says to a form or body that says little."""
    if not address.startswith(API):
        sent: dict[str, Any] = {} if method == "GET" else {"data": {csrf.FIELD: form, "version": "0"}}
        said = client.request(method, address, headers={"Accept": "text/html"}, **sent)
        return unpacked(said.content).decode(errors="replace")
    kind = "application/merge-patch+json" if method == "PATCH" else "application/geo+json"
    headers = {"Content-Type": kind, "If-Match": "*", csrf.HEADER: form}
    body = b'{"type": "Feature", "properties": {}}' if method in ("POST", "PUT", "PATCH") else None
    return client.request(method, address, content=body, headers=headers).text


@pytest.mark.parametrize("who", ["admin", "steward", "analyst", "admin token", "analyst token"])
def test_nobody_reads_a_person_unseen(place: tuple[TestClient, Engine, str], who: str) -> None:
    """At every address: what comes back of a person who is not public has left a row with the role of who read it."""
    client, engine, url = place
    role = Role(who.split()[0])
    client.cookies.clear()
    client.headers.pop("Authorization", None)
    if who.endswith("token"):
        with Session(engine) as session, session.begin():
            client.headers["Authorization"] = f"Bearer {tokens.add_token(session, who, role=role)}"
    else:
        client.cookies.set(cookies.SIGN_IN, cookie_for(url, role))
    person, form = planted(engine), form_token(client)
    as_planted, seen, unseen = rows_about(engine, person), set(), []
    for method, path in doors():
        if rows_about(engine, person) != as_planted:
            person = planted(engine)
            as_planted = rows_about(engine, person)
        if path in ("/sign-out", "/areas/{code}/poster"):
            continue
        said = ask(client, method, person.address(path), form)
        written = looks(engine)
        if MARK in said.replace(f"?q={MARK}", "").replace(f'value="{MARK}"', "").replace(f"“{MARK}”", ""):
            seen.add(path)
            if (str(role), "person", person.asset_id) not in written:
                unseen.append((method, path))
        if SUGGESTED in said and role is Role.admin and ("admin", "person", None) not in written:
            unseen.append((method, path))
    assert unseen == []
    assert client.post("/pin/here", data={csrf.FIELD: form}).status_code != 403, "the forms were ours until the end"
    if role is Role.analyst:
        # what the secret in an address opens, and nothing else
        assert {path for path in seen if "{token}" not in path} == set()
    else:
        assert len(seen) >= 8, seen
