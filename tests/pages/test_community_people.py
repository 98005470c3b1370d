"""The page of who belongs to a community: what a steward does there, and what nobody else can."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import cookies
from assets import accounts, communities, invitations, memberships
from assets.accounts import Account
from assets.mails import Mail
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

PEOPLE = "/communities/neighbours/people"
INVITE = "/communities/neighbours/invitations"


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A sample neighbourhood of this module."""
    return databases.clone("sample")


@pytest.fixture(scope="module")
def app_client(url: str) -> Iterator[TestClient]:
    """The application, started once."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client:
        client.headers.update({"accept": "text/html", "accept-language": "nl"})
        yield client


@pytest.fixture
def rows(url: str) -> Iterator[Session]:
    """A session on the database behind the pages, in which every statement is committed at once."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        yield session
        for table in ("sign_in_link", "account", "invitation", "mail", "change"):
            session.execute(text(f"DELETE FROM {table}"))
        session.execute(text("DELETE FROM community WHERE slug = 'elders'"))
    engine.dispose()


@pytest.fixture
def steward(app_client: TestClient, url: str) -> TestClient:
    """Gerda's browser."""
    app_client.cookies.clear()
    return signed_in(app_client, url, Role.steward, name="Gerda")


def post(client: TestClient, path: str, **fields: str) -> "tuple[int, str]":
    """Status and page, or place to go to, of a form."""
    answer = client.post(path, data={"form_token": form_token(client), **fields})
    return answer.status_code, answer.headers.get("location") or answer.text


def test_shown_once_as_link_and_code(steward: TestClient, rows: Session) -> None:
    """The link stands on one page, with a code, and nowhere after that; the database holds only its hash."""
    answer = steward.post(INVITE, data={"form_token": form_token(steward), "role": "builder", "email": ""})
    assert 200 == answer.status_code
    assert "no-store" == answer.headers["cache-control"]
    assert "same-origin" == answer.headers["referrer-policy"]
    assert "data:image/svg+xml;base64," in answer.text
    found = re.search(r"/invitations/([\w-]{43})", answer.text)
    assert found is not None
    assert invitations.holding(rows, found[1]) is not None
    page = steward.get(PEOPLE).text
    assert "Trek in" in page
    assert found[1] not in page
    assert rows.query(Mail).count() == 0


def test_mailed_and_not_kept(steward: TestClient, rows: Session) -> None:
    """The mail says who invites to what; the address stands in no other table, and the page does not show the link."""
    assert (303, f"{PEOPLE}?done=mailed") == post(steward, INVITE, role="member", email="truus@example.org")
    mail = rows.query(Mail).one()
    assert "truus@example.org" == mail.recipient
    assert "Gerda" in mail.subject
    assert re.search(r"/invitations/[\w-]{43}\.[\w-]{43}\n", mail.body)
    assert "truus" not in str(rows.execute(text("SELECT * FROM invitation")).all())
    number = rows.execute(text("SELECT id FROM invitation")).scalar_one()
    assert (303, f"{PEOPLE}?done=revoked") == post(steward, f"{INVITE}/{number}/revoke")
    rows.expire_all()
    assert rows.query(Mail).count() == 0, "what is taken back is not mailed"


@pytest.mark.parametrize("email", ["truus", "a@b", "a@example.org\r\nBcc: b@example.org", "a@example.org, b@x.org"])
def test_no_address(steward: TestClient, rows: Session, email: str) -> None:
    """It is told beside the field, and no invitation is made."""
    status, page = post(steward, INVITE, role="builder", email=email)
    assert 400 == status
    assert 'id="email-fault"' in page
    assert 0 == rows.execute(text("SELECT count(*) FROM invitation")).scalar_one()


@pytest.mark.parametrize("role", ["admin", "analyst", "visitor", "", "BUILDER", "builder\x00", "steward,admin"])
def test_no_role_of_ours(steward: TestClient, rows: Session, role: str) -> None:
    """A role that no community has is refused with words, in both forms, and nothing changes."""
    bo = accounts.add(rows, "Bo", role=Role.member)
    if role != "builder\x00":  # that sign is left out, and then it is one
        assert 400 == post(steward, INVITE, role=role)[0]
        assert 400 == post(steward, f"{PEOPLE}/{bo.id}/role", role=role)[0]
        rows.expire_all()
        assert "member" == bo.role
        assert 0 == rows.execute(text("SELECT count(*) FROM invitation")).scalar_one()


def test_giving_a_role_and_taking_out(steward: TestClient, rows: Session) -> None:
    """A resident becomes builder and then leaves; their account stays, without a role."""
    bo = accounts.add(rows, "Bo", role=Role.member)
    here = communities.default_id(rows)
    assert (303, f"{PEOPLE}?done=role") == post(steward, f"{PEOPLE}/{bo.id}/role", role="builder")
    assert Role.builder == memberships.role_in(rows, bo.id, here)
    assert (303, f"{PEOPLE}?done=out") == post(steward, f"{PEOPLE}/{bo.id}/out")
    rows.expire_all()
    assert memberships.role_in(rows, bo.id, here) is None
    assert "visitor" == rows.get_one(Account, bo.id).role
    assert 404 == post(steward, f"{PEOPLE}/{bo.id}/out")[0]
    for number in ("0", "x", "9" * 30, "-1", "1e3"):
        assert 404 == post(steward, f"{PEOPLE}/{number}/role", role="builder")[0]


def test_the_last_steward(steward: TestClient, rows: Session) -> None:
    """Gerda cannot take herself out while she is the only one; the page says what to do first."""
    gerda = accounts.named(rows, "Gerda")
    for path, more in ((f"{PEOPLE}/{gerda.id}/out", {}), (f"{PEOPLE}/{gerda.id}/role", {"role": "member"})):
        status, page = post(steward, path, **more)
        assert 409 == status
        assert "Maak eerst iemand anders beheerder" in page
    accounts.add(rows, "Anna", role=Role.steward)
    assert (303, "/communities/neighbours") == post(steward, f"{PEOPLE}/{gerda.id}/out")
    assert 303 == steward.get("/me").status_code


def test_a_steward_is_made_by_who_signed_in_lately(steward: TestClient, rows: Session) -> None:
    """After a quarter of an hour one signs in again first, to make somebody steward; not for others."""
    bo = accounts.add(rows, "Bo", role=Role.builder)
    rows.execute(text("UPDATE sign_in SET created_at = now() - interval '16 minutes'"))
    away = "/sign-in?next=%2Fcommunities%2Fneighbours%2Fpeople%3Fagain%3Dyes"
    assert (303, away) == post(steward, INVITE, role="steward")
    told = "Wat u daarvoor verstuurde, is niet gedaan"
    assert [False, True] == [told in steward.get(f"{PEOPLE}{more}").text for more in ("", "?again=yes")]
    assert (303, away) == post(steward, f"{PEOPLE}/{bo.id}/role", role="steward")
    assert 0 == rows.execute(text("SELECT count(*) FROM invitation")).scalar_one()
    assert 200 == post(steward, INVITE, role="builder")[0]
    rows.execute(text("UPDATE sign_in SET created_at = now()"))
    assert 200 == post(steward, INVITE, role="steward")[0]
    assert 303 == post(steward, f"{PEOPLE}/{bo.id}/role", role="steward")[0]
    rows.expire_all()
    assert "steward" == rows.get_one(Account, bo.id).role


def test_builders_look_and_others_do_not(steward: TestClient, url: str, rows: Session) -> None:
    """A builder sees names and roles and no form; a resident and one of elsewhere nothing; nobody an address."""
    accounts.add(rows, "Bo", role=Role.member, email="bo@example.org")
    assert "bo@example.org" not in steward.get(PEOPLE).text
    elsewhere = communities.add(rows, "elders", "Elders")
    for name, role, status in (
        ("Samira", Role.builder, 200),
        ("Truus", Role.member, 403),
        ("Joris", Role.builder, 403),
    ):
        steward.cookies.clear()
        signed_in(steward, url, role, name=name)
        if name == "Joris":
            rows.execute(text("UPDATE membership SET community_id = :c WHERE account_id = (SELECT id FROM account"
                              " WHERE name = 'Joris')"), {"c": elsewhere.id})  # fmt: skip
        answer = steward.get(PEOPLE)
        assert status == answer.status_code, name
        assert "Nodig uit" not in answer.text
        assert ("Gerda" in answer.text) == (status == 200)
        assert 403 == post(steward, INVITE, role="member")[0]


def test_a_steward_of_elsewhere(steward: TestClient, url: str, rows: Session) -> None:
    """Every door of here is closed to the steward of another community; of a number of here there is none there."""
    bo = accounts.add(rows, "Bo", role=Role.builder)
    assert 200 == post(steward, INVITE, role="member")[0]
    number = rows.execute(text("SELECT id FROM invitation")).scalar_one()
    elsewhere = communities.add(rows, "elders", "Elders")
    steward.cookies.clear()
    signed_in(steward, url, Role.steward, name="Joris")
    rows.execute(text("UPDATE membership SET community_id = :c WHERE account_id = (SELECT id FROM account"
                      " WHERE name = 'Joris')"), {"c": elsewhere.id})  # fmt: skip
    ends = (f"people/{bo.id}/role", f"people/{bo.id}/out", "invitations", f"invitations/{number}/revoke")
    assert 403 == steward.get(PEOPLE).status_code
    for end in ends:
        assert 403 == post(steward, f"/communities/neighbours/{end}", role="member")[0], end
    assert 200 == steward.get("/communities/elders/people").status_code
    for end in ends:
        if end != "invitations":
            assert 404 == post(steward, f"/communities/elders/{end}", role="member")[0], end
    rows.expire_all()
    assert "builder" == rows.get_one(Account, bo.id).role
    assert 1 == rows.execute(text("SELECT count(*) FROM invitation WHERE revoked_at IS NULL")).scalar_one()


def test_names_are_only_words(steward: TestClient, rows: Session) -> None:
    """A name that would be a tag is shown as it is typed."""
    accounts.add(rows, "<script>alert(1)</script>", role=Role.member)
    page = steward.get(PEOPLE).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_nobody_is_invited_to_the_example(steward: TestClient, rows: Session) -> None:
    """Its page has no form, and what is sent all the same is refused in words."""
    page = steward.get("/communities/sample/people").text
    assert [False, True] == ["<form" in page.partition("<article")[2], "Hier wordt niemand uitgenodigd" in page]
    status, page = post(steward, "/communities/sample/invitations", role="member", email="truus@example.org")
    assert (409, True, 0) == (status, "Deze buurt is verzonnen" in page, rows.query(Mail).count())


def test_the_link_to_the_page(steward: TestClient, url: str, rows: Session) -> None:
    """The page of the community links here for whoever may look, and for nobody else."""
    assert rows is not None
    assert f'href="{PEOPLE}"' in steward.get("/communities/neighbours").text
    steward.cookies.clear()
    assert PEOPLE not in steward.get("/communities/neighbours").text
    assert cookies.SIGN_IN not in steward.cookies
