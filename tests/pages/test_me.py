"""`/me`: what somebody did lately, what is kept about their account, and closing it."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import accounts, communities, history, second_factors
from assets.accounts import Account
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

NAME = "Bea Bouwer"


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    """A sample neighbourhood of this test."""
    made = databases.clone("sample")
    yield made
    databases.drop(made)


@pytest.fixture
def rows(url: str) -> Iterator[Session]:
    """A session in which each statement is committed at once."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        communities.default_id(session)
        yield session
    engine.dispose()


@pytest.fixture
def client(url: str, rows: Session) -> Iterator[TestClient]:
    """A browser that is signed in as a builder with an address."""
    from app.main import create_app

    accounts.add(rows, NAME, role=Role.builder, email="bea@example.org")
    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as found:
        found.headers.update({"Accept": "text/html", "Accept-Language": "nl"})
        yield signed_in(found, url, Role.builder, name=NAME)


def put(rows: Session, community: int, *, by: str = NAME, subject: int = 999_999, when: str = "now()") -> None:
    """Note that somebody added something."""
    rows.execute(
        text("INSERT INTO change (subject, subject_id, action, by, community_id, changed_at, after)"
             f" VALUES ('asset', :id, 'added', :by, :community, {when}, '{{\"title\": \"GEHEIM\"}}')"),
        {"id": subject, "by": by, "community": community},
    )  # fmt: skip


def test_what_one_did_lately(client: TestClient, rows: Session) -> None:
    """The last twenty, by themselves and since the account was made; the rest stands in the history, by name."""
    home = communities.default_id(rows)
    rows.execute(text("INSERT INTO asset (community_id, kind, title, state, started_on, placement, geom, created_by)"
                      " SELECT :home, 'club', 'Schaakclub', 'published', '2026-01-01', 'exact', geom, :by FROM asset"
                      " WHERE kind = 'club' ORDER BY id LIMIT 1"), {"home": home, "by": NAME})  # fmt: skip
    club = rows.scalar(text("SELECT max(id) FROM asset"))
    assert "Wat u het laatst deed" not in client.get("/me").text
    put(rows, home, by="Iemand Anders", subject=club)
    put(rows, home, subject=club, when="now() - interval '3 years'")
    assert "Wat u het laatst deed" not in client.get("/me").text
    put(rows, home, subject=club)
    page = client.get("/me").text
    assert page.count("zette dit op de kaart") == 1
    assert "Schaakclub" in page
    assert "/history?by=" not in page
    for _ in range(25):
        put(rows, home, subject=club)
    page = client.get("/me").text
    assert page.count("zette dit op de kaart") == 20
    assert "/communities/neighbours/history?by=Bea+Bouwer" in page


def test_what_is_kept_goes_along(client: TestClient, rows: Session) -> None:
    """Name, address, memberships, sign-ins and deeds; no secret, no hash, nothing that was said of an entry."""
    put(rows, communities.default_id(rows))
    put(rows, communities.default_id(rows), by="Iemand Anders")
    answer = client.get("/me/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="vuurtoren.json"'
    assert answer.headers["cache-control"] == "no-store"
    told = json.loads(answer.text)
    assert (told["account"]["name"], told["account"]["email"]) == (NAME, "bea@example.org")
    assert [one["role"] for one in told["memberships"]] == ["builder"]
    assert len(told["sign_ins"]) == len(told["changes"]) == 1
    assert told["changes"][0]["action"] == "added"
    assert "hash" not in answer.text
    assert "GEHEIM" not in answer.text
    client.cookies.clear()
    assert client.get("/me/export").headers["location"].startswith("/sign-in")


def close(client: TestClient, **fields: str) -> tuple[int, str]:
    """Status and words of the answer to the form."""
    answer = client.post("/me/close", data={"form_token": form_token(client), **fields})
    return answer.status_code, answer.text


def test_closing_ones_own_account(client: TestClient, rows: Session) -> None:
    """Ticked and signed in lately: address, sign-in and membership go, the name stays, and a mail says so."""
    home = communities.default_id(rows)
    put(rows, home)
    number = accounts.named(rows, NAME).id
    assert "Wat blijft" in client.get("/me/close").text
    assert client.post("/me/close", data={"sure": "yes"}).status_code == 403
    status, page = close(client)
    assert (status, "Kruis dit aan" in page) == (400, True)
    rows.execute(text("UPDATE sign_in SET created_at = now() - interval '16 minutes'"))
    assert 'name="sure"' not in client.get("/me/close").text
    assert close(client, sure="yes")[0] in (303, 401)
    rows.execute(text("UPDATE sign_in SET created_at = now()"))
    status, page = close(client, sure="yes")
    assert (status, "Uw account is gesloten" in page) == (200, True)
    rows.expire_all()
    account = rows.get_one(Account, number)
    assert (account.email, account.closed_at is not None) == (None, True)
    assert rows.scalar(text("SELECT count(*) FROM membership WHERE account_id = :id"), {"id": number}) == 0
    assert [(one.action, one.by) for one in history.of(rows, "account", number)] == [("closed", NAME)]
    assert [one.action for one in history.of(rows, "membership", number)][-1] == "closed"
    assert rows.scalar(text("SELECT count(*) FROM change WHERE by = :by AND subject = 'asset'"), {"by": NAME}) == 1
    (mail,) = rows.execute(text("SELECT recipient, body FROM mail")).all()
    assert mail.recipient == "bea@example.org"
    assert "U hebt uw account op de buurtkaart gesloten" in mail.body
    assert client.get("/me").headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(("role", "words"), [(Role.steward, "laatste beheerder van"), (Role.admin, "laatste die deze")])
def test_the_last_guard_stays(client: TestClient, rows: Session, url: str, role: Role, words: str) -> None:
    """Nothing changes, and they are told what to do; with another one they may go."""
    rows.execute(text("UPDATE community SET is_sample = false WHERE id = :id"), {"id": communities.default_id(rows)})
    signed_in(client, url, role)
    number = accounts.named(rows, f"Test {role}").id
    status, page = close(client, sure="yes")
    assert (status, words in page) == (409, True)
    rows.expire_all()
    assert rows.get_one(Account, number).closed_at is None
    accounts.add(rows, "Nog Iemand", role=role)
    assert close(client, sure="yes")[0] == 200
    assert not second_factors.has_any(rows, number)
