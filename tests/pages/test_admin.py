"""`/admin`: what an admin can do, what stays written down of it, and what never stands there."""

import re
import threading
import tomllib
from collections.abc import Iterator

import httpx2
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import accounts, administration, communities, history, second_factors, sign_ins, tokens
from assets.errors import Conflict, DomainError, NotAllowed
from assets.permissions import Viewer
from assets.vocabulary import Role
from tests.conftest import ROOT, Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

LIST = "/admin/accounts"
NAMED = "Bewonersgroep \U0001f9ed"


@pytest.fixture
def rows(databases: Databases) -> Iterator[tuple[TestClient, Session]]:
    """An admin's browser, signed in just now, and a session in which each statement is committed at once."""
    from app.main import create_app

    url = databases.clone("sample")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client:
        client.headers["accept"] = "text/html"
        with Session(engine) as session:
            communities.default_id(session)
            signed_in(client, url, Role.admin)
            yield client, session
    engine.dispose()
    databases.drop(url)


def send(client: TestClient, path: str, **fields: object) -> httpx2.Response:
    """The answer to a form."""
    return client.post(path, data={"form_token": form_token(client), **fields})


def number_of(session: Session, name: str) -> int:
    """The id of an account."""
    return accounts.named(session, name).id


def mails(session: Session) -> list[tuple[str, str]]:
    """Recipient and words of the mails that wait, the oldest first."""
    return [(row.recipient, row.body) for row in session.execute(text("SELECT recipient, body FROM mail ORDER BY id"))]


def done_to(session: Session, number: int) -> list[tuple[str, str]]:
    """What was done to an account, and by whom."""
    return [(change.action, change.by) for change in history.of(session, "account", number)]


def test_the_state_of_the_service(rows: tuple[TestClient, Session]) -> None:
    """Numbers and words, nothing of anybody; a token of a program is ended with one press, and that stays written."""
    client, session = rows
    tokens.add_token(session, "importer <i>", role=Role.builder, scopes=["asset:write"])
    page = client.get("/admin")
    assert (200, "no-store", "noindex") == (
        page.status_code, page.headers["cache-control"], page.headers["x-robots-tag"],
    )  # fmt: skip
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for words in (
        f"{project['version']} · schema",
        "PostGIS",
        "vrij van",
        "0 wachten",
        "ingesteld",
        "streets.geojson",
        "importer &lt;i&gt;",
    ):
        assert words in page.text, words
    number = session.scalar(text("SELECT id FROM token"))
    assert re.search(r'<time class="vuurtoren-admin__when"[^>]*>\d{1,2} [a-z]{3}\.? \d{4}</time>', page.text)
    assert "/admin?done=revoked#tokens" == send(client, f"/admin/tokens/{number}/revoke").headers["location"]
    assert 404 == send(client, f"/admin/tokens/{number}/revoke").status_code
    assert "Token ingetrokken" in client.get("/admin").text


def test_no_page_shows_an_entry_a_note_or_a_message(rows: tuple[TestClient, Session]) -> None:
    """Titles and words of what is on the map stand on none of these pages."""
    client, session = rows
    session.execute(text("UPDATE asset SET title = 'MARKTITLE', description = 'MARKWORDS'"))
    session.execute(text("UPDATE conversation SET note = 'MARKNOTE'"))
    for path in ("/admin", LIST, f"{LIST}/{number_of(session, 'Test admin')}", "/admin/communities"):
        page = client.get(path)
        assert 200 == page.status_code
        assert "MARK" not in page.text


def test_an_account_from_beginning_to_end(rows: tuple[TestClient, Session]) -> None:
    """Added, another role, closed: each written in the history by whom, each told by mail, without its address kept."""
    client, session = rows
    first = communities.communities(session)[0].slug
    made = send(client, LIST, name=NAMED, email="Bo@Example.org", role="builder", community=first, language="nl")
    number = number_of(session, NAMED)
    assert (303, f"{LIST}/{number}?done=added") == (made.status_code, made.headers["location"])
    assert NAMED in client.get(LIST).text
    secret = sign_ins.begin(session, number)

    accounts.add(session, "Gerda", role=Role.steward, community_id=communities.communities(session)[0].id)
    changed = send(client, f"{LIST}/{number}/role", role="steward", community=first)
    assert (303, f"{LIST}/{number}?done=role") == (changed.status_code, changed.headers["location"])
    assert sign_ins.viewer_of(session, secret) is None
    for page in ("/admin", f"{LIST}/{number}"):
        assert "Rol van een account gewijzigd" in client.get(page).text
    closed = send(client, f"{LIST}/{number}/close")
    assert (303, f"{LIST}?done=closed") == (closed.status_code, closed.headers["location"])
    assert 404 == client.get(f"{LIST}/{number}").status_code
    assert 404 == send(client, f"{LIST}/{number}/close").status_code  # pressed twice

    assert [("added", "Test admin"), ("role", "Test admin"), ("closed", "Test admin")] == done_to(session, number)
    assert ["bo@example.org"] * 3 == [recipient for recipient, _ in mails(session)]
    assert ["wachtwoord", "beheerder", "gesloten"] == [
        next(word for word in ("wachtwoord", "beheerder", "gesloten") if word in body) for _, body in mails(session)
    ]
    notes = history.of(session, "membership", number)
    assert [("added", None), ("changed", "builder"), ("closed", "steward")] == [
        (one.action, one.before and one.before["role"]) for one in notes
    ]
    kept = "".join(str((one.before, one.after)) for one in history.of(session, "account", number))
    assert "bo@example.org" not in kept
    assert NAMED not in kept


def test_a_link_for_who_gets_no_mail(rows: tuple[TestClient, Session]) -> None:
    """Shown once, works once in any browser; where mail goes out, only for who has no address."""
    client, session = rows
    number = accounts.add(session, "Zonder", role=Role.member).id
    answer = send(client, f"{LIST}/{number}/link")
    assert (200, "no-store") == (answer.status_code, answer.headers["cache-control"])
    link = answer.text.partition("/sign-in/")[2].partition("<")[0]
    assert link not in client.get(f"{LIST}/{number}").text
    assert [("link", "Test admin")] == done_to(session, number)
    client.cookies.delete("vuurtoren")
    assert 303 == send(client, f"/sign-in/{link}").status_code
    own = client.get("/me").text  # whoever has no address reads it here
    assert "Link gemaakt om aan te melden" in own
    assert "door Test admin" in own
    assert 400 == send(client, f"/sign-in/{link}").status_code


def test_a_link_only_where_no_mail_arrives(databases: Databases) -> None:
    """Somebody with an address asks for a link on the page to sign in."""
    from app.main import create_app

    url = databases.clone("schema")
    settings = settings_for(url, smtp_url="smtp://127.0.0.1:1")
    with TestClient(create_app(settings), raise_server_exceptions=False, follow_redirects=False) as client:
        signed_in(client, url, Role.admin)
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with Session(engine) as session:
            number = accounts.add(session, "Met", role=Role.member, email="met@example.org").id
            assert 409 == send(client, f"{LIST}/{number}/link").status_code
            assert 0 == session.scalar(text("SELECT count(*) FROM sign_in_link"))
        engine.dispose()
    databases.drop(url)


def test_second_steps_that_were_lost(rows: tuple[TestClient, Session]) -> None:
    """Taken away, signed out, mailed, written down; never one's own."""
    client, session = rows
    number = accounts.add(session, "Kwijt", role=Role.steward, email="kwijt@example.org").id
    assert 409 == send(client, f"{LIST}/{number}/second-steps").status_code
    for account_id in (number, number_of(session, "Test admin")):
        second_factors.add_passkey(session, account_id, credential_id=b"%d" % account_id, public_key=b"x", counter=0)
    secret = sign_ins.begin(session, number)
    assert 303 == send(client, f"{LIST}/{number}/second-steps").status_code
    assert not second_factors.has_any(session, number)
    assert sign_ins.viewer_of(session, secret) is None
    assert [("second steps", "Test admin")] == done_to(session, number)
    assert [("kwijt@example.org", True)] == [(to, "weggehaald" in body) for to, body in mails(session)]
    own = number_of(session, "Test admin")
    assert 409 == send(client, f"{LIST}/{own}/second-steps").status_code
    assert second_factors.has_any(session, own)


def test_the_last_admin_stays(rows: tuple[TestClient, Session]) -> None:
    """Neither closed nor given another role, also not by themselves; with a second one they can go."""
    client, session = rows
    own = number_of(session, "Test admin")
    first = communities.communities(session)[0].slug
    assert 409 == send(client, f"{LIST}/{own}/close").status_code
    for role in ("builder", "analyst"):
        answer = send(client, f"{LIST}/{own}/role", role=role, community=first)
        assert (409, True) == (answer.status_code, "laatste die deze kaart" in answer.text)
    assert [] == done_to(session, own)
    accounts.add(session, "Tweede", role=Role.admin)
    assert 303 == send(client, f"{LIST}/{own}/close").status_code
    away = client.get("/admin")
    assert (303, "/sign-in?next=%2Fadmin") == (away.status_code, away.headers["location"])


def test_two_admins_who_take_each_other_away(rows: tuple[TestClient, Session]) -> None:
    """At the same moment: one of them does it, the other is refused, and an admin is left."""
    _, session = rows
    url = session.get_bind().engine.url
    pair = [number_of(session, "Test admin"), accounts.add(session, "Tweede", role=Role.admin).id]
    engine = create_engine(url)
    start, outcome = threading.Barrier(2), []

    def take_away(me: int, other: int) -> None:
        viewer = Viewer(str(me), Role.admin, account_id=me)
        with Session(engine) as own:
            start.wait()
            try:
                administration.close(own, other, by=viewer)
                own.commit()
                outcome.append("done")
            except DomainError as refused:
                outcome.append(type(refused).__name__)

    threads = [threading.Thread(target=take_away, args=order) for order in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    engine.dispose()
    assert ["NotAllowed", "done"] == sorted(outcome)
    left = session.scalar(text("SELECT count(*) FROM account WHERE role = 'admin' AND closed_at IS NULL"))
    assert 1 == left


def test_who_is_no_admin_any_more(session: Session) -> None:
    """A page that was open before does nothing after the role was taken away."""
    keeps, goes = (accounts.add(session, name, role=Role.admin) for name in ("Keeps", "Goes"))
    old = Viewer("Goes", Role.admin, account_id=goes.id)
    accounts.set_role(session, goes, Role.member)
    for work in (
        lambda: administration.close(session, keeps.id, by=old),
        lambda: administration.add_community(session, "a", "A", by=old),
    ):
        with pytest.raises(NotAllowed):
            work()
    with pytest.raises(Conflict):
        administration.close(session, keeps.id, by=Viewer("Keeps", Role.admin, account_id=keeps.id))


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({}, "role"), ({"name": "A", "role": "god", "community": "neighbours"}, "role"),
        ({"name": "A", "role": "visitor", "community": "neighbours"}, "role"),
        ({"name": "A", "role": "builder", "community": "nowhere"}, "community"),
        ({"name": "A", "role": "builder"}, "community"), ({"role": "admin"}, "name"),
        ({"name": "x" * 1000, "role": "admin"}, "name"), ({"name": "a\tb\x00\x1b[2J", "role": "admin"}, "name"),
        ({"name": "A", "role": "admin", "email": "no address"}, "email"),
        ({"name": "TEST ADMIN", "role": "admin"}, "name"),
    ],
)  # fmt: skip
def test_accounts_that_cannot_be(rows: tuple[TestClient, Session], fields: dict[str, str], place: str) -> None:
    """What is wrong stands beside its field and what was typed is kept; nothing is made and nobody mailed."""
    client, session = rows
    answer = send(client, LIST, **fields)
    assert answer.status_code in (400, 409)
    assert f'id="{place}-fault"' in answer.text
    assert [("Test admin",)] == session.execute(text("SELECT name FROM account")).all()
    assert [] == mails(session)


def test_roles_that_cannot_be(rows: tuple[TestClient, Session]) -> None:
    """A refusal half-way leaves the role as it was."""
    client, session = rows
    number = accounts.add(session, "Bo <script>", role=Role.builder).id
    first = communities.communities(session)[0].slug
    for fields in ({}, {"role": "god"}, {"role": "visitor", "community": first}, {"role": "member", "community": "x"}):
        answer = send(client, f"{LIST}/{number}/role", **fields)
        assert 400 == answer.status_code, fields
        assert "<script>" not in answer.text.partition("<article")[2]
    assert [(str(Role.builder),)] == session.execute(text("SELECT role FROM membership")).all()
    for path in ("/role", "/close", "/link", "/second-steps", ""):
        for wrong in ("0", "999999", "x", "9" * 30, "-1"):
            address = f"{LIST}/{wrong}{path}"
            assert 404 == (send(client, address) if path else client.get(address)).status_code, address


def test_an_analyst_of_one_municipality(rows: tuple[TestClient, Session]) -> None:
    """Made for one, and no more by a role that is given again; a code of nothing is told beside its field."""
    client, session = rows
    wrong = send(client, LIST, name="Analist", role="analyst", municipality="GM0000")
    assert (400, True) == (wrong.status_code, 'id="municipality-fault"' in wrong.text)
    assert 303 == send(client, LIST, name="Analist", role="analyst", municipality="GM9999").status_code
    number = number_of(session, "Analist")
    assert 303 == send(client, f"{LIST}/{number}/role", role="analyst").status_code
    assert "GM9999" == session.scalar(text("SELECT municipality FROM account WHERE name = 'Analist'"))
    assert 303 == send(client, f"{LIST}/{number}/role", role="admin", municipality="GM9999").status_code


def test_communities(rows: tuple[TestClient, Session]) -> None:
    """Added and renamed, written down; what cannot be is told beside its field."""
    client, session = rows
    page = "/admin/communities"
    assert 303 == send(client, page, slug="noord", name="Noord <b> \U0001f9ed").status_code
    assert "Noord &lt;b&gt;" in client.get(page).text
    number = communities.get(session, "noord").id
    assert 303 == send(client, f"{page}/{number}/name", new_name="Bospolder-Noord").status_code
    assert 303 == send(client, f"{page}/{number}/name", new_name="Bospolder-Noord").status_code  # pressed twice
    found = history.of(session, "community", number)
    assert [("added", number), ("renamed", number)] == [(one.action, one.community_id) for one in found]
    assert "Gemeenschap een andere naam gegeven" in client.get("/admin").text
    for fields in ({"slug": "noord", "name": "Again"}, {"slug": "A b", "name": "A"}, {"slug": "a", "name": ""}, {},
                   {"slug": "a", "name": "x" * 1000}):  # fmt: skip
        answer = send(client, page, **fields)
        assert answer.status_code in (400, 409)
        assert "vuurtoren-fault" in answer.text
    assert 400 == send(client, f"{page}/{number}/name", new_name="x" * 1000).status_code
    assert 404 == send(client, f"{page}/999999/name", new_name="A").status_code


def test_long_after_signing_in(rows: tuple[TestClient, Session]) -> None:
    """Accounts are read and not changed by a browser that was left open."""
    client, session = rows
    number = accounts.add(session, "Bo", role=Role.builder).id
    session.execute(text("UPDATE sign_in SET created_at = now() - interval '16 minutes'"))
    for path in (LIST, f"{LIST}/{number}"):
        page = client.get(path)
        assert f'href="/sign-in?next={path}"' in page.text
        assert 'name="role"' not in page.text
    for path in ("", f"/{number}/role", f"/{number}/close", f"/{number}/link", f"/{number}/second-steps"):
        away = send(client, f"{LIST}{path}", name="A", role="admin")
        assert away.headers["location"].startswith("/sign-in?next="), path
    assert 2 == session.scalar(text("SELECT count(*) FROM account WHERE closed_at IS NULL"))
    assert [] == done_to(session, number)


def test_kind_words_for_others_and_no_token(rows: tuple[TestClient, Session]) -> None:
    """A steward reads for whom the page is; a token of an admin opens nothing here."""
    client, session = rows
    token = tokens.add_token(session, "all", role=Role.admin)
    own = tokens.add_token(session, "own", account=accounts.named(session, "Test admin"))
    url = session.get_bind().engine.url.render_as_string(hide_password=False)
    client.cookies.clear()
    for one in (token, own):
        assert 303 == client.get("/admin", headers={"Authorization": f"Bearer {one}"}).status_code
    signed_in(client, url, Role.steward)
    page = client.get("/admin")
    assert (403, True) == (page.status_code, "Deze pagina is voor wie deze kaart draaiende houdt" in page.text)


def test_a_thousand_accounts(rows: tuple[TestClient, Session]) -> None:
    """A page at a time, each name once, and found by a part of it."""
    client, session = rows
    session.execute(
        text("INSERT INTO account (name, role) SELECT 'Buur ' || n, 'member' FROM generate_series(1, 1000) AS n")
    )
    seen, path = [], LIST
    while path:
        page = client.get(path).text
        seen += [part.partition("</bdi>")[0] for part in page.split("<strong><bdi>")[1:]]
        more = re.search(r'href="([^"]+)" rel="next"', page)
        path = more[1] if more else ""
    assert (1001, 1001) == (len(seen), len(set(seen)))
    found = client.get(f"{LIST}?q=buur+77").text
    assert 11 == found.count("<strong><bdi>")
    for odd in ("after=x", "after=9999999999999999999", "after=999", "q=%00%25_'", "q=" + "x" * 3000):
        assert 200 == client.get(f"{LIST}?{odd}").status_code
