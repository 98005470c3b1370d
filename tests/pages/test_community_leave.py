"""Leaving on the page: who may, what must be typed, the file, and that it is gone for everybody at once."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from zipfile import ZipFile

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import csrf
from assets import accounts, communities, inventory
from assets.drafts import AssetDraft
from assets.permissions import OPERATOR
from assets.vocabulary import Role
from tests.signing_in import form_token, signed_in

PAGE = {"accept": "text/html"}
LEAVE = "/communities/west/leave"


@pytest.fixture
def west(client: TestClient, database_url: str) -> TestClient:
    """A client of two communities: west with a steward and an entry, oost with a steward."""
    engine = create_engine(database_url)
    with Session(engine) as session, session.begin():
        for slug in ("west", "oost"):
            made = communities.add(session, slug, slug.title()).id
            email = f"stien@{slug}.example.org"
            accounts.add(session, f"Stien {slug}", role=Role.steward, email=email, community_id=made)
            draft = {"kind": "person", "title": f"Truus {slug}", "place": {"show": "none"}}
            inventory.add(session, AssetDraft.model_validate(draft), by=OPERATOR, community_id=made)
        accounts.add(session, "Bo", role=Role.builder, community_id=communities.get(session, "west").id)
    engine.dispose()
    return client


def post(client: TestClient, *, slug: str = "west", sure: str | None = "1") -> int:
    """The status of the form, sent."""
    values = {csrf.FIELD: form_token(client), "slug": slug} | ({"sure": sure} if sure else {})
    return client.post(LEAVE, data=values, headers=PAGE, follow_redirects=False).status_code


def test_leaving(west: TestClient, database_url: str) -> None:
    """The page explains, the zip comes along, the form wants both answers; then all is gone and a mail waits."""
    signed_in(west, database_url, Role.steward, name="Stien west")
    linked = west.get("/communities/west", headers=PAGE).text
    assert "/communities/west/leave" in linked
    assert "/communities/west/history" in linked
    page = west.get(LEAVE, headers=PAGE)
    assert "Voorgoed vertrekken" in page.text
    assert "no-store" in page.headers["cache-control"]
    file = west.get("/communities/west/export")
    assert 200 == file.status_code
    assert "no-store" in file.headers["cache-control"]
    assert "attachment" in file.headers["content-disposition"]
    made = ZipFile(io.BytesIO(file.content))
    assert "Truus west" in made.read("assets.geojson").decode()
    told = west.get("/communities/west/history", headers=PAGE).text
    assert "nam alles van de gemeenschap mee" in told

    refused = west.post(LEAVE, data={csrf.FIELD: form_token(west), "slug": "wets"}, headers=PAGE)
    assert 400 == refused.status_code
    assert "Dit is niet de korte naam" in refused.text
    assert "Kruis dit aan" in refused.text
    assert 400 == post(west, sure=None)
    assert 303 == post(west, slug=" West ")

    gone = west.get("/communities?left=1", headers=PAGE).text
    assert "De gemeenschap is vertrokken" in gone
    assert "/communities/west" not in gone
    assert 404 == west.get("/communities/west", headers=PAGE).status_code
    assert 303 == west.get(LEAVE, headers=PAGE, follow_redirects=False).status_code, "signed out: no account any more"
    engine = create_engine(database_url)
    with engine.connect() as connection:
        names = connection.scalars(text("SELECT name FROM account")).all()
        mails = connection.execute(text("SELECT recipient, subject FROM mail")).all()
        left = connection.scalar(text("SELECT count(*) FROM departure"))
    engine.dispose()
    assert ["Stien oost"] == names
    assert [("stien@west.example.org", "West is van de kaart vertrokken")] == [tuple(one) for one in mails]
    assert 1 == left


def test_who_may_not(west: TestClient, database_url: str) -> None:
    """A builder, a steward of another community, an admin and a visitor find neither the form nor the file."""
    for role, name in ((Role.builder, "Bo"), (Role.steward, "Stien oost"), (Role.admin, "Ad")):
        west.cookies.clear()
        signed_in(west, database_url, role, name=name)
        assert 403 == west.get(LEAVE, headers=PAGE).status_code, name
        assert 403 == west.get("/communities/west/export").status_code, name
        assert 403 == post(west), name
    west.cookies.clear()
    assert 303 == west.get(LEAVE, headers=PAGE, follow_redirects=False).status_code
    assert 200 == west.get("/communities/west", headers=PAGE).status_code


def test_a_sign_in_of_long_ago_is_not_enough(west: TestClient, database_url: str) -> None:
    """After a quarter of an hour the page asks to sign in again, and the form does nothing."""
    signed_in(west, database_url, Role.steward, name="Stien west")
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE sign_in SET created_at = created_at - :time"), {"time": timedelta(minutes=16)})
    engine.dispose()
    page = west.get(LEAVE, headers=PAGE).text
    assert "Meld u eerst opnieuw aan" in page
    assert 'name="slug"' not in page
    assert 303 == post(west)
    assert 200 == west.get("/communities/west", headers=PAGE).status_code


def test_the_sample_has_no_such_page(west: TestClient, database_url: str) -> None:
    """It says how the sample leaves, in Dutch and without marks of a program; nothing leads there."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE community SET is_sample = true WHERE slug = 'west'"))
    engine.dispose()
    signed_in(west, database_url, Role.steward, name="Stien west")
    dutch = {**PAGE, "accept-language": "nl"}
    refused = west.get(LEAVE, headers=dutch).text
    assert "“vuurtoren demo --remove”" in refused
    assert "`" not in refused
    assert "<title>Dit is niet gelukt · Vuurtoren</title>" in refused
    assert "/communities/west/leave" not in west.get("/communities/west", headers=dutch).text
    people = west.get("/communities/west/people", headers=dutch).text
    assert "Dit is een voorbeeld: wie op deze kaart buurtbouwer of beheerder is, mag hier oefenen." in people
    assert 409 == post(west)


def test_two_stewards_at_once(west: TestClient, database_url: str) -> None:
    """One of both lets it leave; the other is told that it is gone, or to sign in, and nothing is done twice."""
    signed_in(west, database_url, Role.steward, name="Stien west")
    token = form_token(west)
    values = {csrf.FIELD: token, "slug": "west", "sure": "1"}

    def press(_: int) -> tuple[int, str]:
        answer = west.post(LEAVE, data=values, headers=PAGE, follow_redirects=False)
        return answer.status_code, answer.headers.get("location", "")

    with ThreadPoolExecutor(4) as several:
        answers = list(several.map(press, range(4)))
    assert 1 == answers.count((303, "/communities?left=1"))
    assert {status for status, _ in answers} <= {303, 401, 403, 404}
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert 1 == connection.scalar(text("SELECT count(*) FROM departure"))
    engine.dispose()
