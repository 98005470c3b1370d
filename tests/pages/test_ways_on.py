"""What leads on: to the table, to who looks along, and why one signs in once more."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

TABLE = 'href="/table"'
AGAIN = "Hiervoor vragen we u opnieuw aan te melden, als dat langer dan een kwartier geleden was. Daarna gaat u verder."
BEFOREHAND = "U meldde u langer dan een kwartier geleden aan. Hiervoor vragen we dat opnieuw. Daarna gaat u verder."


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A sample neighbourhood of this module."""
    return databases.clone("sample")


@pytest.fixture(scope="module")
def app_client(url: str) -> Iterator[TestClient]:
    """The application, started once."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False) as client:
        client.headers.update({"accept-language": "nl"})
        yield client


@pytest.fixture
def visitor(app_client: TestClient) -> TestClient:
    """A browser in which nobody is signed in."""
    app_client.cookies.clear()
    return app_client


def page(client: TestClient, path: str) -> str:
    """The page in words."""
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text[:300]
    return answer.text


def test_builders_find_the_table(visitor: TestClient, url: str) -> None:
    """From the queue, also when it is empty, from the conversations and from their community; nobody else does."""
    assert TABLE not in page(visitor, "/communities/sample")
    signed_in(visitor, url, Role.builder)
    for path in ("/moderation", "/conversations", "/communities/sample"):
        assert TABLE in page(visitor, path), path


def test_the_map_tells_on_a_telephone_who_makes_it(visitor: TestClient) -> None:
    """Where the footer is not shown, the list ends with the same."""
    foot = page(visitor, "/").partition('class="vuurtoren-sheet__foot"')[2].partition("</p>")[0]
    assert [path in foot for path in ('"/about"', '"/lookups"', '"/privacy"')] == [True] * 3


def test_signing_in_again_says_why(visitor: TestClient, url: str) -> None:
    """Whoever is signed in and asked for it once more reads why, and not the words for a visitor."""
    assert AGAIN not in page(visitor, "/sign-in?next=/me/tokens")
    signed_in(visitor, url, Role.builder)
    told = page(visitor, "/sign-in?next=/me/tokens")
    assert AGAIN in told
    assert "nodigt u uit" not in told
    assert AGAIN not in page(visitor, "/sign-in")
    form = {"form_token": form_token(visitor), "email": "no address", "next": "/me/tokens"}
    assert AGAIN in visitor.post("/sign-in", data=form, headers={"Accept": "text/html"}).text


def test_who_invites_a_steward_hears_it_before_typing(visitor: TestClient, url: str) -> None:
    """A sign-in of a while ago is told of beside the choice, and not only after the form was sent."""
    signed_in(visitor, url, Role.steward)
    assert BEFOREHAND not in page(visitor, "/communities/neighbours/people")
    engine = create_engine(url)
    with engine.begin() as rows:
        rows.execute(text("UPDATE sign_in SET created_at = created_at - interval '20 minutes'"))
    engine.dispose()
    assert BEFOREHAND in page(visitor, "/communities/neighbours/people")
