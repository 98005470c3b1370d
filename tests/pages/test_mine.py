"""The personal link in the browser of its person: read, change, choose, hide, take along; without script or account."""

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import relay
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

MARK = "Zilvervisje"
AREA = "BU99990101"
#: Where everyone would see it.
EVERYWHERE = (
    f"/assets?q={MARK}", f"/api/v1/collections/assets/items?q={MARK}", f"/search?q={MARK}", f"/areas/{AREA}",
    f"/api/v1/areas/{AREA}/feed", "/api/v1/collections/assets/items?f=csv&limit=1000",
)  # fmt: skip


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
        yield session
    engine.dispose()


def pinned(client: TestClient, url: str, *, audience: str = "public") -> int:
    """The number of a person whom a builder just put on the map."""
    signed_in(client, url, Role.builder)
    form = {
        "form_token": form_token(client), "step": "tell", "go": "next", "kind": "person",
        "key": f"key-of-{audience}-{next(NUMBERS):04}",
        "title": f"Truus {MARK}", "description": f"{MARK} bakt taart", "hands": "taarten bakken",
        "show": "neighbourhood", "area": AREA, "different": "yes", "audience": audience, "agreed": "yes",
    }  # fmt: skip
    answer = client.post("/pin", data=form)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("=")[2])


def numbers() -> Iterator[int]:
    """1, 2, 3 ..."""
    number = 0
    while True:
        number += 1
        yield number


NUMBERS = numbers()


def link_of(client: TestClient, url: str, number: int) -> str:
    """The path of a new personal link of this person, made by a builder."""
    signed_in(client, url, Role.builder)
    answer = client.post(f"/assets/{number}/link", data={"form_token": form_token(client)})
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["cache-control"]
    assert "<svg" in answer.text
    found = re.findall(r'id="link">http[^<]*?(/mine/[\w-]+)<', answer.text)
    client.cookies.clear()
    return str(found[0])


def send(client: TestClient, path: str, **fields: str) -> Any:
    """The answer to a form of the page, as a browser without an account sends it."""
    return client.post(path, data={"form_token": form_token(client), **fields})


@pytest.fixture
def number(visitor: TestClient, url: str) -> int:
    """A person whom everyone may see."""
    return pinned(visitor, url)


@pytest.fixture
def link(visitor: TestClient, url: str, number: int) -> str:
    """Their personal link."""
    return link_of(visitor, url, number)


def seen(client: TestClient) -> set[str]:
    """The public addresses at which the mark stands."""
    found = set()
    for address in EVERYWHERE:
        answer = client.get(address, headers={"Accept": "*/*"})
        assert answer.status_code == 200, address
        if f"Truus {MARK}" in html.unescape(answer.text):
            found.add(address)
    return found


def test_a_builder_is_offered_the_link_after_pinning(visitor: TestClient, url: str) -> None:
    """The last page of pinning a person asks for an address and has a button; nothing is made by looking."""
    number = pinned(visitor, url)
    page = visitor.get(f"/pin/done?asset={number}").text
    assert f'action="/assets/{number}/link"' in page
    club = visitor.get("/pin/done?asset=44").text
    assert 'action="/assets/44/link"' not in club


def test_the_page_is_secret(visitor: TestClient, link: str) -> None:
    """Kept by no cache, found by no search engine, told to no other site; an unknown link says what to do."""
    answer = visitor.get(link)
    assert answer.status_code == 200
    for told in (answer, visitor.get(f"{link}/export?f=csv"), visitor.get("/mine/nothing")):
        assert (told.headers["cache-control"], told.headers["referrer-policy"]) == ("no-store", "same-origin")
        assert "noindex" in told.headers["x-robots-tag"]
    assert visitor.get("/mine/nothing").status_code == 404
    assert "Deze link werkt niet meer" in visitor.get("/mine/nothing").text
    assert f"Truus {MARK}" in answer.text


def test_other_words_and_another_place(visitor: TestClient, link: str, number: int, rows: Session) -> None:
    """What the person types is on the map at once; what was not in the form stays."""
    version = re.findall(r'name="version" value="(\d+)"', visitor.get(link).text)[0]
    words = {"title": f"Truus {MARK} de bakker", "description": "Taart voor iedereen", "head": "", "heart": "",
             "hands": "taart\nbrood"}  # fmt: skip
    answer = send(visitor, link, version=version, show="none", area="", street="", **words)
    assert answer.headers["location"] == f"{link}?done=changed"
    row = rows.execute(text("SELECT * FROM asset WHERE id = :id"), {"id": number}).mappings().one()
    assert (row["title"], row["placement"], row["geom"]) == (words["title"], "none", None)
    assert [gift["what"] for gift in row["gifts"]] == ["taart", "brood"]
    assert rows.scalar(text("SELECT by FROM change ORDER BY id DESC LIMIT 1")) == "themselves"
    # somebody was first: nothing is lost
    late = send(visitor, link, version=version, show="none", **{**words, "title": "Truus van later"})
    assert late.status_code == 409
    assert "Truus van later" in late.text
    again = re.findall(r'name="version" value="(\d+)"', late.text)[0]
    assert send(visitor, link, version=again, show="none", **words).status_code == 303


@pytest.mark.parametrize(
    ("fields", "name", "says"),
    [
        ({"title": ""}, "title", "Geef het een naam"),
        ({"description": "Ik woon in de Jan Kobellstraat 12"}, "description", "huisnummer"),
        ({"description": "bel 06-12345678"}, "description", "telefoonnummer"),
        ({"show": "street", "street": "Nergensstraat"}, "place", ""),
        ({"show": "neighbourhood", "area": ""}, "place", "Noem de buurt"),
        ({"show": "exact"}, "place", "keuze"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    visitor: TestClient, link: str, number: int, rows: Session, fields: dict[str, str], name: str, says: str
) -> None:
    """In words, announced, with everything that was typed; nothing is stored."""
    before = rows.scalar(text("SELECT version FROM asset WHERE id = :id"), {"id": number})
    form = {"title": "Truus", "description": "Onthoud dit", "show": "none", **fields}
    answer = send(visitor, link, **form)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    found = re.search(rf'id="{name}-fault"><strong>([^<]+)', answer.text)
    assert found
    assert says in found[1]
    assert form["description"] in html.unescape(re.sub(r"</?mark>", "", answer.text))
    assert rows.scalar(text("SELECT version FROM asset WHERE id = :id"), {"id": number}) == before


def test_choosing_who_sees_it(visitor: TestClient, link: str, number: int, rows: Session, url: str) -> None:
    """An answer is recorded with the words that stood there, by the person; it counts at once."""
    page = visitor.get(link).text
    assert "Iedereen ziet" in page
    version = re.findall(r'name="wording_version" value="([^"]+)"', page)[0]
    answer = send(visitor, f"{link}/audience", audience="community", wording_version=version, wording_language="nl")
    assert answer.headers["location"] == f"{link}?done=audience"
    row = rows.execute(
        text("SELECT * FROM consent WHERE asset_id = :id AND withdrawn_at IS NULL"), {"id": number}
    ).mappings()
    kept = row.one()
    assert (kept["audience"], kept["recorded_by"], kept["wording_version"]) == ("community", "themselves", version)
    assert "Uw toestemming geldt twee jaar" in kept["wording"]
    assert visitor.get(f"/assets/{number}").status_code == 404
    for fields in ({"audience": "world"}, {"audience": "public", "wording_version": "1900-01"}):
        assert send(visitor, f"{link}/audience", **fields).status_code == 422
    # members of the community see it, people of another one do not
    community = rows.scalar(text("SELECT community_id FROM asset WHERE id = :id"), {"id": number})
    rows.execute(text("INSERT INTO community (slug, name) VALUES ('elders', 'Elders') ON CONFLICT DO NOTHING"))
    for name, role, of, sees in (
        ("Lid hier", Role.member, community, True),
        ("Bouwer hier", Role.builder, community, True),
        ("Bouwer elders", Role.builder, None, False),
    ):
        signed_in(visitor, url, role, name=name)
        rows.execute(
            text("DELETE FROM membership AS m USING account AS a WHERE a.id = m.account_id AND a.name = :name"),
            {"name": name},
        )
        rows.execute(
            text(
                "INSERT INTO membership (account_id, community_id, role) SELECT a.id, COALESCE(CAST(:of AS bigint),"
                " (SELECT id FROM community WHERE slug = 'elders')), :role FROM account AS a WHERE a.name = :name"
                " ON CONFLICT DO NOTHING"
            ),
            {"of": of, "role": role, "name": name},
        )
        told = visitor.get("/me/people")
        assert told.status_code == 200
        assert (f"Truus {MARK}" in told.text) == sees, name
        assert (f'action="/assets/{number}/link"' in told.text) == (sees and role is Role.builder)
        visitor.cookies.clear()


def test_a_builder_hears_before_an_entry_of_whom_nobody_asked_is_erased(
    visitor: TestClient, url: str, rows: Session
) -> None:
    """A person without any answer for eighty days: eleven nights are left; of a made-up neighbour nothing is said."""
    signed_in(visitor, url, Role.builder)
    nobody_asked = "UPDATE asset SET created_at = now() - interval '80 days', source = NULL WHERE id = :id"
    asked = {"id": rows.scalar(text("SELECT max(id) FROM asset WHERE kind = 'person' AND source = 'sample'"))}
    rows.execute(text("DELETE FROM consent WHERE asset_id = :id"), asked)
    rows.execute(text(nobody_asked), asked)
    assert "Wordt over 11 dagen gewist. Vraag het voor die tijd, of geef de persoonlijke link." in (
        visitor.get("/me/people").text
    )
    rows.execute(text("UPDATE asset SET source = 'sample' WHERE id = :id"), asked)
    pinned(visitor, url)  # who agreed is not erased
    assert "Vraag het voor die tijd" not in visitor.get("/me/people").text


def test_hiding_takes_effect_everywhere_at_once(visitor: TestClient, link: str, number: int, url: str) -> None:
    """Public pages, lists, search, feed and files; a page that was kept is not fresh; builders see no words."""
    visitor.cookies.clear()
    assert f"/assets?q={MARK}" in seen(visitor)
    kept = visitor.get(EVERYWHERE[1], headers={"Accept": "*/*"})
    answer = send(visitor, f"{link}/hide")
    assert answer.headers["location"] == f"{link}?done=hidden"
    others = visitor.get(EVERYWHERE[1], headers={"Accept": "*/*", "If-None-Match": kept.headers.get("etag", '"x"')})
    assert others.status_code == 200
    page = visitor.get(link).text
    assert "Alleen u ziet dit" in page
    assert f"Truus {MARK}" in page
    assert "Zonder uw antwoord hieronder wordt het over 366 dagen gewist." in page
    signed_in(visitor, url, Role.builder)
    assert (
        "Wordt over 366 dagen gewist, tenzij deze buur zelf opnieuw antwoord geeft." in visitor.get("/me/people").text
    )
    for path in ("", "/edit", "/history", "/connections", "/suggest", "/qr", "/photo"):
        assert visitor.get(f"/assets/{number}{path}").status_code == 404, path
    assert send(visitor, f"/assets/{number}/photo").status_code == 404
    item = visitor.get(f"/api/v1/collections/assets/items/{number}", headers={"Accept": "*/*"})
    assert (item.status_code, MARK in item.text) == (404, False)
    visitor.cookies.clear()
    version = re.findall(r'name="wording_version" value="([^"]+)"', page)[0]
    send(visitor, f"{link}/audience", audience="public", wording_version=version, wording_language="nl")
    assert visitor.get(f"/assets/{number}").status_code == 200


def test_the_link_of_who_withdrew_is_mailed_and_never_shown(
    visitor: TestClient, link: str, number: int, url: str, rows: Session
) -> None:
    """A builder gets a form without a link; mailed, it holds no title and counts as a look that the person reads."""
    send(visitor, f"{link}/hide")
    signed_in(visitor, url, Role.builder, name="Samira")
    asked = send(visitor, f"/assets/{number}/link")
    assert asked.status_code == 200
    assert "/mine/" not in asked.text
    assert "Daarom mailen we de link en ziet u die hier niet." in asked.text
    assert visitor.get(link).status_code == 200, "no new link was made"

    answer = send(visitor, f"/assets/{number}/link", email="truus@example.org")
    assert "/mine/" not in answer.text
    mailed = rows.execute(text("SELECT subject, body FROM mail ORDER BY id DESC LIMIT 1")).one()
    assert MARK not in mailed.subject + mailed.body
    assert visitor.get(link).status_code == 404
    visitor.cookies.clear()
    page = visitor.get(re.findall(r"/mine/[\w-]+", mailed.body)[0]).text
    assert "<bdi>Samira</bdi></b>, buurtbouwer" in page.replace("Buurtbouwer", "buurtbouwer")


def test_who_confirmed_an_address_hears_of_each_new_link(
    visitor: TestClient, number: int, url: str, rows: Session
) -> None:
    """The mail says who made it, and holds no link of a person."""
    with Session(rows.get_bind()) as session:
        key = visitor.app.state.form_key  # type: ignore[attr-defined]
        token = relay.ask(session, number, "truus@example.org", language="nl", key=key, by="themselves")
        relay.confirm(session, token)
        session.commit()
    signed_in(visitor, url, Role.builder, name="Samira")
    assert "/mine/" in send(visitor, f"/assets/{number}/link").text
    mailed = rows.execute(text("SELECT recipient, subject, body FROM mail ORDER BY id DESC LIMIT 1")).one()
    assert (mailed.recipient, mailed.subject) == ("truus@example.org", "Er is een nieuwe link naar uw pagina gemaakt")
    assert "Er is een nieuwe link gemaakt door Samira" in mailed.body
    assert "/mine/" not in mailed.body


def test_a_builder_hides_for_who_asks(visitor: TestClient, number: int, url: str) -> None:
    """With one button in the list of neighbours; a visitor cannot."""
    visitor.cookies.clear()
    assert send(visitor, f"/assets/{number}/hide").status_code in (401, 403)
    assert send(visitor, f"/assets/{number}/link").status_code in (401, 403)
    signed_in(visitor, url, Role.builder)
    assert send(visitor, f"/assets/{number}/hide").status_code == 303
    assert visitor.get(f"/assets/{number}").status_code == 404
    assert send(visitor, "/assets/44/hide").status_code == 404
    assert visitor.get("/assets/44").status_code == 200


def test_a_new_link_ends_the_old_one(visitor: TestClient, link: str) -> None:
    """Whoever has the old address sees nothing and can do nothing."""
    new = send(visitor, f"{link}/link").headers["location"].partition("?")[0]
    assert visitor.get(new).status_code == 200
    assert visitor.get(link).status_code == 404
    assert visitor.get(f"{link}/export").status_code == 404
    for path in ("", "/audience", "/hide", "/link", "/relay", "/erase"):
        assert send(visitor, link + path, audience="public").status_code == 404, path


def test_the_link_is_mailed_and_the_address_not_kept(visitor: TestClient, number: int, url: str, rows: Session) -> None:
    """The builder does not see the link then; the address stands in the mail that waits, and nowhere else."""
    signed_in(visitor, url, Role.builder)
    answer = send(visitor, f"/assets/{number}/link", email="truus@example.org")
    assert "/mine/" not in answer.text
    mail = rows.execute(text("SELECT recipient, body FROM mail ORDER BY id DESC LIMIT 1")).one()
    assert mail.recipient == "truus@example.org"
    path = re.findall(r"/mine/[\w-]+", mail.body)[0]
    visitor.cookies.clear()
    assert visitor.get(path).status_code == 200
    signed_in(visitor, url, Role.builder)
    wrong = send(visitor, f"/assets/{number}/link", email="truus")
    assert wrong.status_code == 422
    assert 'value="truus"' in wrong.text
    assert visitor.get(path).status_code == 200


def test_taking_everything_along(visitor: TestClient, link: str) -> None:
    """Both files hold the entry, the answer and the history."""
    told = visitor.get(f"{link}/export")
    assert told.headers["content-disposition"] == 'attachment; filename="vuurtoren.json"'
    found = json.loads(told.content)
    assert found["asset"][0]["title"] == f"Truus {MARK}"
    assert [one["audience"] for one in found["consent"]] == ["public"]
    assert {one["action"] for one in found["change"]} == {"added", "recorded", "made"}
    body = visitor.get(f"{link}/export?f=csv").content.decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(body))
    assert head == ["wat het is", "nummer", "welk gegeven", "wat er is bewaard"]
    assert "toestemming" in {row[0] for row in rows}
    assert not [row[:3] for row in rows if "_" in row[0] + row[2]]
    assert f"Truus {MARK}" in body


def test_no_form_of_another_site_does_anything(visitor: TestClient, link: str, number: int, rows: Session) -> None:
    """Without the token of the form, or sent by another site, nothing happens."""
    for path in ("", "/audience", "/hide", "/link", "/relay", "/erase"):
        assert visitor.post(link + path, data={"audience": "builders"}).status_code == 403
        form = {"form_token": form_token(visitor), "audience": "builders"}
        foreign = visitor.post(link + path, data=form, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
    assert rows.scalar(text("SELECT 1 FROM published_asset WHERE id = :id"), {"id": number}) == 1


def test_erasing_for_good(visitor: TestClient, url: str, rows: Session) -> None:
    """With a box to tick; from then on the link leads nowhere and nothing of the person can be read."""
    number = pinned(visitor, url)
    link = link_of(visitor, url, number)
    without = send(visitor, f"{link}/erase")
    assert without.status_code == 422
    assert 'id="sure-fault"' in without.text
    done = send(visitor, f"{link}/erase", sure="yes")
    assert (done.status_code, "Alles is gewist" in done.text) == (200, True)
    assert visitor.get(link).status_code == 404
    assert visitor.get(f"/assets/{number}").status_code == 404
    for table in ("asset", "consent", "personal_link", "relay_address"):
        column = "id" if table == "asset" else "asset_id"
        query = text(f"SELECT count(*) FROM {table} WHERE {column} = :id")
        assert rows.scalar(query, {"id": number}) == 0, table
