"""Joining in: messages for a club, a place or a street go to somebody whose address nobody sees."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.parameters import today
from assets import archive, communities, community_export, inventory, join_in, relay
from assets.permissions import Viewer
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.neighbourhood import BUILDER
from tests.pages.test_edit import form_of
from tests.pages.test_pin import HERE, faults, pinned, sent, value
from tests.signing_in import form_token, signed_in

MARK = "zeepaardje"
ADDRESS = f"{MARK}@example.org"
CONFIRM = "Ja, dit adres klopt"


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A sample neighbourhood of this module."""
    return databases.clone("sample")


@pytest.fixture(scope="module")
def app_client(url: str) -> Iterator[TestClient]:
    """The application, started once."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client:
        client.headers.update({"Accept": "text/html", "Accept-Language": "nl"})
        yield client


@pytest.fixture
def visitor(app_client: TestClient) -> TestClient:
    """A browser that was never here."""
    app_client.cookies.clear()
    return app_client


@pytest.fixture
def rows(url: str) -> Iterator[Session]:
    """A session on the database behind the pages, in which every statement is committed at once."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        for table in ("relay_message", "relay_address", "mail", "suggestion"):
            session.execute(text(f"DELETE FROM {table}"))
        session.execute(text("DELETE FROM asset WHERE title LIKE 'Zing%'"))
        yield session
    engine.dispose()


def send(client: TestClient, path: str, **fields: str) -> Any:
    """The answer to a form of the page."""
    return client.post(path, data={"form_token": form_token(client), **fields})


def main(page: str) -> str:
    """What a page says, without what stands around it."""
    return re.sub(r"<[^>]+>", "", page.partition("<main")[2].partition("</main>")[0])


def last_mail(rows: Session) -> tuple[str, str, str]:
    """Recipient, subject and words of the mail that was handed in last."""
    rows.expire_all()
    row = rows.execute(text("SELECT recipient, subject, body FROM mail ORDER BY id DESC LIMIT 1")).one()
    return row.recipient, row.subject, row.body


def link_in(body: str) -> str:
    """The private page that a mail links to."""
    return re.findall(r"/relay/[\w-]+", body)[0]


def club(client: TestClient, url: str, **fields: str) -> int:
    """The number of a club that a builder just put on the map."""
    signed_in(client, url, Role.builder)
    form = {"kind": "club", **HERE, "title": "Zingen aan het water", "different": "yes", **fields}
    number = pinned(sent(client, "tell", **form))
    client.cookies.clear()
    return number


def reachable(client: TestClient, url: str, rows: Session, **fields: str) -> int:
    """A club with an address that its owner confirmed."""
    number = club(client, url, messages_to=ADDRESS, **fields)
    send(client, link_in(last_mail(rows)[2]), wish="confirm")
    return number


def message_url(client: TestClient, number: int, **more: str) -> str | None:
    """What the panel of the map is told."""
    path = f"/api/v1/collections/assets/items/{number}"
    found = client.get(path, params=more, headers={"accept": "application/geo+json"}).json()
    return str(found["message_url"]) if found["message_url"] else None


def test_a_club_is_joined_once_its_address_is_confirmed(visitor: TestClient, url: str, rows: Session) -> None:
    """Before that it is as without one; then page and map lead to a form, and the message is mailed on."""
    bare, number = club(visitor, url), club(visitor, url, messages_to=ADDRESS)
    to, subject, body = last_mail(rows)
    assert (to, subject) == (ADDRESS, "Mogen buren u schrijven?")
    assert "“Zingen aan het water” staat op de kaart" in " ".join(body.split())
    for one, says in ((bare, "Laat buren erover schrijven"), (number, "Er is een mail verstuurd.")):
        assert says in signed_in(visitor, url, Role.builder).get(f"/pin/done?asset={one}").text
    visitor.cookies.clear()
    done = [main(visitor.get(f"/pin/done?asset={one}").text).replace(str(one), "#") for one in (bare, number)]
    assert done[0] == done[1], "nor does what follows on pinning"
    heard = None
    for one in (bare, number):
        assert "Meedoen" not in visitor.get(f"/assets/{one}").text
        assert message_url(visitor, one) is None
        told = [visitor.get(f"/assets/{one}/contact"), send(visitor, f"/assets/{one}/contact", message="Dag")]
        said = {(answer.status_code, main(answer.text).replace(str(one), "#")) for answer in told}
        heard = heard or said
        assert (len(said), heard) == (1, said), "nothing tells the one from the other"

    page = visitor.get(link_in(body))
    assert CONFIRM in page.text
    assert "Zingen aan het water" in page.text
    assert message_url(visitor, number) is None, "looking changes nothing"
    assert "Dat is geregeld" in send(visitor, link_in(body), wish="confirm").text

    shown = visitor.get(f"/assets/{number}").text
    assert re.search(rf'href="/assets/{number}/contact">Meedoen</a>', shown)
    assert message_url(visitor, number) == f"/assets/{number}/contact"
    assert message_url(visitor, number, on="2026-06-01") is None
    form = visitor.get(f"/assets/{number}/contact").text
    assert "<h1>Meedoen" in form
    assert "Waar berichten heen gaan" not in form
    answer = send(visitor, f"/assets/{number}/contact", message="Mag ik komen zingen?", reply_to="bep@example.org")
    assert "onderweg" in answer.text
    to, subject, body = last_mail(rows)
    assert (to, subject) == (ADDRESS, "Een bericht van een buur over “Zingen aan het water”")
    assert "> Mag ik komen zingen?" in body
    assert rows.scalar(text("SELECT reply_to FROM mail ORDER BY id DESC LIMIT 1")) == "bep@example.org"


def test_nobody_sees_the_address(visitor: TestClient, url: str, rows: Session) -> None:
    """Neither who runs the map nor the builder who typed it: on no page, in no history, in no file of the community."""
    number = reachable(visitor, url, rows)
    paths = ("", "/contact", "/edit", "/history", "/connections", "/retire")
    for role in (None, Role.builder, Role.steward, Role.admin):
        visitor.cookies.clear()
        if role is not None:
            signed_in(visitor, url, role)
        for path in [f"/assets/{number}{rest}" for rest in paths] + ["/moderation", "/me", "/admin"]:
            assert MARK not in visitor.get(path).text, (role, path)
    tables = ("relay_address", "relay_message", "change", "idempotency_key", "asset")
    assert MARK not in str([rows.execute(text(f"SELECT * FROM {table}")).all() for table in tables])
    made = exported(url)
    assert MARK.encode() not in b"".join(made.read(name) for name in made.namelist())
    entries = {one["id"]: one["properties"] for one in json.loads(made.read("assets.geojson"))["features"]}
    assert [one for one, told in entries.items() if told["takes_messages"]] == [number]


def exported(url: str) -> ZipFile:
    """Everything of the community, as a steward takes it along."""
    engine, file = create_engine(url), io.BytesIO()
    with Session(engine) as session:
        home = communities.default_id(session)
        steward = Viewer("Fatma", Role.steward, account_id=1, community_id=home, roles={home: Role.steward})
        community_export.write(session, home, file, by=steward)
    engine.dispose()
    return ZipFile(file)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"kind": "meeting_place"}, "Stuur een bericht"),
        ({"open_to_newcomers": "no"}, "Stuur een bericht"),
        ({"open_to_newcomers": "yes"}, "Meedoen"),
    ],
)
def test_what_the_button_says(visitor: TestClient, url: str, rows: Session, fields: dict[str, str], says: str) -> None:
    """One joins a club, and writes to a place and to a group that takes no newcomers."""
    number = reachable(visitor, url, rows, **fields)
    assert f'/contact">{says}</a>' in visitor.get(f"/assets/{number}").text
    assert f"<h1>{says}" in visitor.get(f"/assets/{number}/contact").text


def test_a_builder_gives_another_address_and_takes_it_away(visitor: TestClient, url: str, rows: Session) -> None:
    """On the page of the form; it says whether there is one; history tells that it happened; a fault stays there."""
    number = club(visitor, url)
    builder = signed_in(visitor, url, Role.builder)
    page = f"/assets/{number}/contact"
    assert f'href="{page}#address"' in builder.get(f"/assets/{number}").text
    assert "Er is nog geen adres" in builder.get(page).text
    wrong = send(builder, f"/assets/{number}/relay", email="geen adres")
    assert (wrong.status_code, 'id="email-fault"' in wrong.text, "geen adres" in wrong.text) == (422, True, True)
    done = send(builder, f"/assets/{number}/relay", email=ADDRESS)
    assert (done.status_code, done.headers["location"]) == (303, f"{page}?done=asked#address")
    assert "Er wacht een adres" in builder.get(page).text
    old = link_in(last_mail(rows)[2])
    send(builder, f"/assets/{number}/relay", email=f"ander-{ADDRESS}")
    assert visitor.get(old).status_code == 404, "a replaced link"
    send(builder, link_in(last_mail(rows)[2]), wish="confirm")
    assert "Berichten gaan naar een adres" in builder.get(page).text
    send(builder, f"/assets/{number}/relay", wish="stop")
    assert "Er is nog geen adres" in builder.get(page).text
    assert rows.scalar(text("SELECT sealed FROM relay_address WHERE asset_id = :id"), {"id": number}) is None
    told = builder.get(f"/assets/{number}/history").text
    assert "Een adres voor berichten" in told
    assert "Berichten van buren gestopt" in told


def test_who_may_not(visitor: TestClient, url: str, rows: Session) -> None:
    """Nobody but builders of its own community; the address of a person is theirs alone to give."""
    number = club(visitor, url)
    for role in (None, Role.member, Role.analyst):
        visitor.cookies.clear()
        if role is not None:
            signed_in(visitor, url, role)
        assert send(visitor, f"/assets/{number}/relay", email=ADDRESS).status_code in (401, 403), role
        assert visitor.get(f"/assets/{number}/contact").status_code == 404, role
    person = rows.scalar(text("SELECT id FROM asset WHERE kind = 'person' ORDER BY id LIMIT 1"))
    signed_in(visitor, url, Role.builder)
    assert send(visitor, f"/assets/{person}/relay", email=ADDRESS).status_code == 409
    assert rows.scalar(text("SELECT count(*) FROM relay_address")) == 0
    sent(visitor, "tell", kind="person", title="Zing", show="none", messages_to=ADDRESS)
    assert rows.scalar(text("SELECT count(*) FROM relay_address")) == 0


def test_addresses_are_asked_a_few_times(visitor: TestClient, url: str, rows: Session) -> None:
    """Five a day for one entry, however often it is stopped; twenty by one builder, pinned ones too."""
    number = club(visitor, url)
    signed_in(visitor, url, Role.builder, name="Driftig")
    for turn in range(relay.ASKED_A_DAY):
        assert send(visitor, f"/assets/{number}/relay", email=f"a{turn}@example.org").status_code == 303
        send(visitor, f"/assets/{number}/relay", wish="stop")
    full = send(visitor, f"/assets/{number}/relay", email="b@example.org")
    assert (full.status_code, "vandaag" in full.text) == (429, True)
    others = text(
        "INSERT INTO change (subject, subject_id, action, by, about, community_id)"
        " SELECT 'relay', 0, 'asked', 'Driftig', ARRAY[a.id], a.community_id"
        " FROM asset AS a, generate_series(1, :times) WHERE a.id = :id"
    )
    rows.execute(others, {"id": number, "times": join_in.BY_ONE_A_DAY - relay.ASKED_A_DAY})
    fields = {"kind": "club", **HERE, "title": "Zing twintig", "different": "yes", "messages_to": ADDRESS}
    page = sent(visitor, "tell", **fields)
    assert (page.status_code, list(faults(page.text))) == (422, ["messages_to"])
    assert value(page.text, "messages_to") == ADDRESS
    assert rows.scalar(text("SELECT count(*) FROM asset WHERE title = 'Zing twintig'")) == 0, "nothing half-stored"


def test_who_reads_them_ends_it(visitor: TestClient, url: str, rows: Session) -> None:
    """From the mail that asked and from every message, with one press; who read them before ends nothing."""
    number = reachable(visitor, url, rows)
    asked = rows.scalar(text("SELECT body FROM mail ORDER BY id DESC LIMIT 1"))
    send(visitor, f"/assets/{number}/contact", message="Dag")
    first = link_in(last_mail(rows)[2])
    assert "Van niemand meer berichten" in visitor.get(link_in(str(asked))).text
    signed_in(visitor, url, Role.builder)
    send(visitor, f"/assets/{number}/relay", email=f"nieuw-{ADDRESS}")
    send(visitor, link_in(last_mail(rows)[2]), wish="confirm")
    visitor.cookies.clear()
    assert "Van niemand meer berichten" not in visitor.get(first).text
    send(visitor, first, wish="stop")
    assert message_url(visitor, number) is not None, "somebody else reads them now"
    send(visitor, f"/assets/{number}/contact", message="Dag")
    mine = link_in(last_mail(rows)[2])
    assert "Geen berichten meer" in send(visitor, mine, wish="stop").text
    assert message_url(visitor, number) is None
    assert visitor.get(f"/assets/{number}/contact").status_code == 404
    signed_in(visitor, url, Role.builder)
    assert "wie de berichten kreeg" in visitor.get(f"/assets/{number}/history").text


def test_messages_are_counted_as_those_to_a_person(visitor: TestClient, url: str, rows: Session) -> None:
    """Five an hour from one network, over all entries together."""
    some = [reachable(visitor, url, rows, title=f"Zing {turn}") for turn in range(2)]
    for turn in range(relay.AN_HOUR):
        assert send(visitor, f"/assets/{some[turn % 2]}/contact", message="Dag").status_code == 200
    late = send(visitor, f"/assets/{some[0]}/contact", message="Nog een keer")
    assert (late.status_code, "Nog een keer" in late.text) == (429, True)


@pytest.mark.parametrize("gone", ["retired", "ended"])
def test_what_is_gone_cannot_be_written_to(visitor: TestClient, url: str, rows: Session, gone: str) -> None:
    """Taken off the map, or ended today: no button, no form."""
    number = reachable(visitor, url, rows)
    if gone == "retired":
        inventory.retire(rows, number, by=BUILDER)
    else:
        archive.end(rows, number, by=BUILDER, today=today())
    rows.flush()
    assert "Meedoen" not in visitor.get(f"/assets/{number}").text
    assert visitor.get(f"/assets/{number}/contact").status_code == 404
    assert send(visitor, f"/assets/{number}/contact", message="Dag").status_code == 404


# --- whoever suggests it reads its messages ---


def test_who_suggests_a_club_can_get_its_messages(visitor: TestClient, url: str, rows: Session) -> None:
    """The builder sees it, the thanks hold the link, and without the link nothing comes."""
    wanted = {"kind": "club", **HERE, "title": "Zingen in de keuken", "takes_messages": "yes"}
    lacking = sent(visitor, "tell", **wanted)
    assert (lacking.status_code, list(faults(lacking.text))) == (422, ["contact"])
    answer = sent(visitor, "tell", **wanted, contact=ADDRESS)
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.headers["location"]).query)["follow"]
    waiting = rows.scalar(text("SELECT id FROM suggestion ORDER BY id DESC LIMIT 1"))
    signed_in(visitor, url, Role.builder)
    assert "Diegene wil ook de berichten krijgen" in visitor.get("/moderation").text
    send(visitor, f"/moderation/{waiting}/accept")
    number = rows.scalar(text("SELECT id FROM asset WHERE title = 'Zingen in de keuken'"))
    to, subject, body = last_mail(rows)
    assert (to, subject) == (ADDRESS, "Dank u voor uw hulp bij “Zingen in de keuken”")
    assert rows.scalar(text("SELECT count(*) FROM mail WHERE body LIKE '%/relay/%'")) == 1
    assert "na een week hebben wij uw adres niet meer" in " ".join(body.split())
    assert message_url(visitor, number) is None
    assert MARK not in str(rows.execute(text("SELECT * FROM suggestion")).all())
    send(visitor, link_in(body), wish="confirm")
    assert message_url(visitor, number) is not None


def test_a_visitor_offers_to_get_the_messages_of_what_has_nobody(visitor: TestClient, url: str, rows: Session) -> None:
    """Without changing anything else; where somebody reads them already nothing is asked and nothing taken over."""
    number = club(visitor, url)
    form = form_of(visitor, number, contact=ADDRESS)
    assert sent_edit(visitor, number, form).status_code == 422, "nothing was changed"
    assert sent_edit(visitor, number, {**form, "takes_messages": "yes"}).status_code == 303
    waiting = rows.scalar(text("SELECT id FROM suggestion WHERE takes_messages"))
    read_elsewhere(rows, number)
    assert 'name="takes_messages"' not in visitor.get(f"/assets/{number}/edit").text
    assert (
        sent_edit(visitor, number, {**form, "takes_messages": "yes", "key": "another-key-of-a-form"}).status_code == 422
    )
    signed_in(visitor, url, Role.builder)
    send(visitor, f"/moderation/{waiting}/accept")
    assert "/relay/" not in last_mail(rows)[2], "the first who reads them keeps them"
    assert rows.scalar(text("SELECT asked FROM relay_address WHERE asset_id = :id"), {"id": number}) == 1


@pytest.mark.parametrize("there", ["waiting", "ended"])
def test_a_suggestion_replaces_no_address(visitor: TestClient, url: str, rows: Session, there: str) -> None:
    """Neither one that a builder gave and that is not confirmed yet, nor a confirmed one of a club that has ended."""
    number = club(visitor, url)
    offer = {**form_of(visitor, number, contact=ADDRESS), "takes_messages": "yes"}
    assert sent_edit(visitor, number, offer).status_code == 303
    waiting = rows.scalar(text("SELECT id FROM suggestion WHERE takes_messages"))
    signed_in(visitor, url, Role.builder)
    if there == "waiting":
        send(visitor, f"/assets/{number}/relay", email="a@example.org")
    else:
        read_elsewhere(rows, number)
        archive.end(rows, number, by=BUILDER, today=today())
        rows.flush()
    kept = text("SELECT sealed, token_hash, confirmed_at, asked FROM relay_address WHERE asset_id = :id")
    before = rows.execute(kept, {"id": number}).one()
    send(visitor, f"/moderation/{waiting}/accept")
    to, subject, body = last_mail(rows)
    assert (to, "Dank u" in subject, "/relay/" in body) == (ADDRESS, True, False)
    assert rows.execute(kept, {"id": number}).one() == before


def sent_edit(client: TestClient, number: int, form: dict[str, Any]) -> Any:
    """The answer to the form that changes an entry."""
    return client.post(f"/assets/{number}/edit", data={**form, "form_token": form_token(client)})


def read_elsewhere(rows: Session, number: int) -> None:
    """Let somebody else read the messages of an entry."""
    relay.confirm(rows, relay.ask(rows, number, "a@example.org", language="nl", key="k" * 20, by="test"))
    rows.flush()


def test_a_refused_suggestion_leaves_no_address(visitor: TestClient, url: str, rows: Session) -> None:
    """What was suggested goes with the decision, and the answer has no link."""
    sent(visitor, "tell", kind="club", **HERE, title="Zing niet", takes_messages="yes", contact=ADDRESS)
    waiting = rows.scalar(text("SELECT id FROM suggestion ORDER BY id DESC LIMIT 1"))
    signed_in(visitor, url, Role.builder)
    send(visitor, f"/moderation/{waiting}/refuse", reason="not_right")
    assert rows.scalar(text("SELECT count(*) FROM relay_address")) == 0
    assert "/relay/" not in last_mail(rows)[2]
