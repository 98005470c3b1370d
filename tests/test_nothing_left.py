"""After an erasure nothing is left: in no dump of the tables, in no file and no log, on no page and in no answer."""

import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import quote

import httpx2 as httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from app import database, mail, postgres
from assets import activities, connections, consents, erasure, inventory, personal_links, relay
from assets import suggestions as suggested
from assets.drafts import ActivityDraft, AssetDraft
from assets.permissions import OPERATOR, VISITOR, Viewer
from assets.vocabulary import Audience, ConnectionKind, Role, SuggestionKind
from tests.api.conftest import ACTIVITIES, ASSETS, GEOJSON, token_for
from tests.conftest import SECRET, Databases, Server, engine_on, run_program, serving
from tests.conftest import test_settings as settings_for

BUILDER = Viewer("Samira", Role.builder)
#: Where words are planted; each gets a marker of its own, that stands nowhere else.
PLACES = (
    "title", "description", "rhythm", "gift", "activity", "removed_activity", "earlier_title", "suggestion",
    "suggested_title", "mail", "sent_mail", "wording", "source", "contact", "address", "message", "answer_address",
)  # fmt: skip


@dataclass
class Planted:
    """The running program, the person in it, and the addresses that told of them."""

    server: Server
    number: int
    markers: dict[str, str]
    follow: str
    personal: str
    token: str
    told: dict[str, str] = field(default_factory=dict)

    def found(self, words: str | bytes) -> set[str]:
        """The places whose marker stands in some words."""
        told = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        folded = re.sub(r"=\r?\n", "", told).casefold()
        return {place for place, marker in self.markers.items() if marker in folded}


def dump(url: str) -> str:
    """Everything in the database, as pg_dump writes it, and what the planner keeps as samples."""
    program = postgres.binaries().folder / "pg_dump"
    plain = database.libpq_url(url)
    done = subprocess.run([str(program), "--dbname", plain], capture_output=True, text=True, check=True)
    with engine_on(url) as engine, engine.connect() as connection:
        samples = connection.scalars(text("SELECT CAST(s AS text) FROM pg_stats AS s WHERE schemaname = 'public'"))
        return done.stdout + "\n".join(samples)


def files(folder: Path) -> dict[str, bytes]:
    """Every file of the data folder; that of the database itself is elsewhere here."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def planted(databases: Databases) -> Iterator[Planted]:
    """A person of whom everything is kept that can be kept, each with a marker, in the running program."""
    url = databases.clone("sample")
    with serving(url) as server:
        yield plant(server)
    databases.drop(url)


def plant(server: Server) -> Planted:
    """Put a person on the map with markers in everything."""
    url = server.database_url
    markers = {place: f"zq{place.replace('_', '')}qz" for place in PLACES}
    token = token_for(url, Role.builder)
    # by the API, with a key, so that the answers are kept
    head = {**GEOJSON, "Authorization": f"Bearer {token}"}
    properties = {
        "kind": "person", "title": f"Truus {markers['earlier_title']}", "description": markers["description"],
        "rhythm": markers["rhythm"], "gifts": [{"of": "hands", "what": markers["gift"]}],
        "place": {"show": "neighbourhood", "area": "BU99990101"},
    }  # fmt: skip
    body = {"type": "Feature", "geometry": None, "properties": properties}
    made = httpx.post(f"{server.url}{ASSETS}", json=body, headers={**head, "Idempotency-Key": "person"})
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    happened = {
        "type": "Feature", "geometry": None,
        "properties": {"asset_id": number, "held_on": "2026-11-01", "participants": 2, "note": markers["activity"]},
    }  # fmt: skip
    done = httpx.post(f"{server.url}{ACTIVITIES}", json=happened, headers={**head, "Idempotency-Key": "activity"})
    assert done.status_code == 201, done.text

    info = database.session_info(settings_for(url, data_dir=server.data_dir))
    with engine_on(url) as engine, Session(engine, info=info) as session, session.begin():
        asset = inventory.get(session, number)
        asset.source, asset.source_key = "lijst", markers["source"]
        draft = inventory.as_draft(session, asset).model_copy(update={"title": f"Truus {markers['title']}"})
        inventory.change(session, number, draft, by=BUILDER, keep_place=True)
        consents.record(
            session, number, audience=Audience.public, wording_version="2026-11", wording=markers["wording"],
            language="nl", given_on=date.today(), by="Samira",
        )  # fmt: skip
        gone = ActivityDraft(
            asset_id=number, held_on=date(2026, 11, 2), participants=2, note=markers["removed_activity"]
        )
        activities.remove(session, activities.add(session, gone, by=BUILDER).id, by=BUILDER)
        club = session.scalar(text("SELECT min(id) FROM asset WHERE kind = 'club'"))
        assert club is not None
        connections.add(session, number, ConnectionKind.organises, club, by=BUILDER)
        said = suggested.propose(
            session, SuggestionKind.changed, by=VISITOR, asset_id=number, note=markers["suggestion"], language="nl"
        )
        other = AssetDraft.model_validate({**draft.model_dump(mode="json"), "title": markers["suggested_title"]})
        suggested.propose(session, SuggestionKind.change, by=VISITOR, asset_id=number, draft=other, language="nl")
        suggested.propose(
            session, SuggestionKind.changed, by=VISITOR, asset_id=number, note="Iets anders", language="nl",
            contact=f"{markers['contact']}@example.org",
        )  # fmt: skip
        personal = personal_links.make(session, number, by=BUILDER)
        session.execute(text("ANALYZE"))
    return Planted(server, number, markers, said.follow_token, personal, token)


def post_mails(planted: Planted) -> None:
    """A mail that the service has put into the outbox, and one that waits because its turn is later."""
    url, about = planted.server.database_url, [f"asset:{planted.number}"]
    info = database.session_info(settings_for(url, data_dir=planted.server.data_dir))
    markers = planted.markers
    with engine_on(url) as engine, Session(engine, info=info) as session, session.begin():
        # somebody writes to the address of this person, which was confirmed; the mail goes out below
        given = relay.ask(
            session, planted.number, f"{markers['address']}@example.org", language="nl", key=SECRET, by="Samira"
        )
        relay.confirm(session, given)
        sent = relay.send(session, planted.number, "Mag ik meedoen?", network="loopback", key=SECRET)
        mail.post(
            session, "relay", to=sent.to, language="nl", reply_to=f"{markers['answer_address']}@example.org",
            message=markers["message"], name="Een buur", answer=f"{markers['answer_address']}@example.org",
            title="Truus", page=f"/relay/{sent.token}", about=about,
        )  # fmt: skip
    for place in ("sent_mail", "mail"):
        with engine_on(url) as engine, Session(engine, info=info) as session, session.begin():
            mail.post(
                session, "suggestion_accepted", to="buur@example.org", language="nl", about=about,
                title=planted.markers[place], page="/assets/1", answer="", own=None, messages=None,
            )  # fmt: skip
            if place == "mail":
                later = "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day' WHERE status = 'todo'"
                session.execute(text(later))
        until = time.monotonic() + 60
        while place == "sent_mail" and not {"message", "sent_mail"} <= planted.found(
            b"".join(files(planted.server.data_dir).values())
        ):
            assert time.monotonic() < until, "the service has put no mail into the outbox"
            time.sleep(0.1)


def addresses(planted: Planted) -> dict[str, tuple[str, dict[str, str]]]:
    """Addresses that tell of the person, with the headers of a request."""
    word, number = quote(planted.markers["title"]), planted.number
    builder = {"Authorization": f"Bearer {planted.token}"}
    html = {"Accept": "text/html"}
    return {
        "page": (f"/assets/{number}", html),
        "item": (f"{ASSETS}/{number}", {}),
        "items": (f"{ASSETS}?kind=person&limit=1000", {}),
        "builder": (f"{ASSETS}/{number}", builder),
        "activities": (f"{ACTIVITIES}?limit=1000", {}),
        "search": (f"/search?q={word}", html),
        "list": (f"/assets?q={word}", html),
        "feed": ("/areas/BU99990101/feed", {}),
        "follow": (f"/suggestions/{planted.follow}", html),
        "mine": (f"/mine/{planted.personal}", html),
        "export": (f"/mine/{planted.personal}/export", {}),
        "history": (f"/assets/{number}/history", {**html, **builder}),
    }


def fetch(planted: Planted) -> dict[str, tuple[int, set[str]]]:
    """What each address answers: its status and the markers in it; what repeats the question is no find."""
    found = {}
    for name, (path, headers) in addresses(planted).items():
        answer = httpx.get(f"{planted.server.url}{path}", headers=headers)
        told = answer.text.replace(f'value="{planted.markers["title"]}"', "").replace(
            f"q={planted.markers['title']}", ""
        )
        found[name] = (answer.status_code, planted.found(told))
    return found


def test_a_marker_in_everything_and_none_is_left(planted: Planted, databases: Databases) -> None:
    """Seventeen words about one person: all are found before, none after, and no address tells of the person."""
    post_mails(planted)
    refused = text("SELECT CAST(CAST(:words AS text) AS integer)")
    with engine_on(planted.server.database_url) as engine, engine.connect() as connection, pytest.raises(DataError):
        connection.execute(refused, {"words": planted.markers["title"]})
    before = planted.found(dump(planted.server.database_url)) | {
        place for body in files(planted.server.data_dir).values() for place in planted.found(body)
    }
    assert before == set(PLACES)
    seen = fetch(planted)
    for name in (
        "page",
        "item",
        "items",
        "builder",
        "activities",
        "list",
        "feed",
        "follow",
        "mine",
        "export",
        "history",
    ):
        assert seen[name][0] == 200, name
        assert seen[name][1], name

    done = run_program(
        "person", "erase", str(planted.number), "--yes",
        VUURTOREN_DATABASE_URL=planted.server.database_url, VUURTOREN_DATA_DIR=str(planted.server.data_dir),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert planted.found(done.stdout + done.stderr) == set()

    assert planted.found(dump(planted.server.database_url)) == set()
    left = {name: planted.found(body) for name, body in files(planted.server.data_dir).items()}
    assert "erased.jsonl" in left
    assert {name: places for name, places in left.items() if places} == {}
    after = fetch(planted)
    assert {name: places for name, (_, places) in after.items() if places} == {}
    for name in ("page", "item", "builder", "follow", "mine", "export", "history"):
        assert after[name][0] == 404, (name, after[name])
    again = {"Authorization": f"Bearer {planted.token}", **GEOJSON, "Idempotency-Key": "person"}
    answer = httpx.post(f"{planted.server.url}{ASSETS}", json={}, headers=again)
    assert answer.status_code in (400, 404, 422), "a key that was used makes nothing anew"
    planted.server.process.terminate()
    log = planted.server.process.communicate(timeout=30)[0]
    assert planted.found(log) == set()
    of_database = (databases.cluster.data_dir / "postgres.log").read_bytes()
    assert b"LOG:" in of_database
    assert planted.found(of_database) == set()


def test_a_dump_from_before_is_put_back_and_erases_again(databases: Databases, tmp_path: Path) -> None:
    """pg_dump before, pg_restore into an empty database after: at the next `migrate` the person is gone again."""
    folder = postgres.binaries().folder
    url, restored = databases.clone("sample"), databases.empty(postgis=False)
    file = tmp_path / "vuurtoren.dump"
    subprocess.run(
        [str(folder / "pg_dump"), "--format", "custom", "--file", str(file), "--dbname", database.libpq_url(url)],
        check=True, capture_output=True,
    )  # fmt: skip
    info = {erasure.AFTERWARDS: database.session_info(settings_for(url, data_dir=tmp_path))[erasure.AFTERWARDS]}
    with engine_on(url) as engine, Session(engine, info=info) as session, session.begin():
        number = session.scalar(text("SELECT min(id) FROM asset WHERE kind = 'person'"))
        assert number is not None
        erasure.erase(session, number, by=OPERATOR)
    as_owner = database.libpq_url(restored).replace("vuurtoren@", "postgres@")
    done = subprocess.run(
        [str(folder / "pg_restore"), "--dbname", as_owner, "--exit-on-error", str(file)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ask = text("SELECT count(*) FROM asset WHERE id = :id")
    with engine_on(restored) as engine, engine.connect() as connection:
        assert connection.scalar(ask, {"id": number}) == 1
    done = run_program("migrate", VUURTOREN_DATABASE_URL=restored, VUURTOREN_DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    with engine_on(restored) as engine, engine.connect() as connection:
        assert connection.scalar(ask, {"id": number}) == 0
    for one in (url, restored):
        databases.drop(one)
