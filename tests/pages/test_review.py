"""Before a consent ends its person is asked three times, in one mail for each address; one click answers."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app import database
from app import reviews as mails
from assets import relay, reviews
from tests.conftest import SECRET, Databases, run_program
from tests.conftest import test_settings as settings_for
from tests.pages.test_mine import pinned, send

TODAY = date.today()


@pytest.fixture(scope="module")
def url(databases: Databases) -> str:
    """A sample neighbourhood of this module."""
    return databases.clone("sample")


@pytest.fixture(scope="module")
def visitor(url: str) -> Iterator[TestClient]:
    """The application, started once, as a visitor."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as client:
        client.headers.update({"Accept": "text/html", "Accept-Language": "nl"})
        yield client


@pytest.fixture(scope="module")
def making(url: str) -> Iterator[sessionmaker[Session]]:
    """Sessions as the worker has them."""
    engine = create_engine(url)
    yield sessionmaker(engine, expire_on_commit=False, info={database.ADDRESS: "https://kaart.example"})
    engine.dispose()


@pytest.fixture
def people(visitor: TestClient, url: str, making: sessionmaker[Session]) -> tuple[int, int]:
    """Two persons with one address, whose consents end in thirty days."""
    numbers = pinned(visitor, url), pinned(visitor, url)
    visitor.cookies.clear()
    with making() as session, session.begin():
        session.execute(text("DELETE FROM relay_address"))
        session.execute(text("DELETE FROM mail"))
        for number in numbers:
            given = relay.ask(session, number, "truus@example.org", language="nl", key=SECRET, by="test")
            relay.confirm(session, given)
    ends(making, numbers, 30)
    return numbers


def ends(making: sessionmaker[Session], numbers: tuple[int, ...], days: int) -> None:
    """Let the consents of these persons end in so many days."""
    with making() as session, session.begin():
        session.execute(
            text("UPDATE consent SET given_on = CURRENT_DATE - 600, expires_on = :day WHERE asset_id = ANY(:ids)"),
            {"day": TODAY + timedelta(days=days), "ids": list(numbers)},
        )


def handed_in(making: sessionmaker[Session], hour: int = 12) -> list[str]:
    """The words of the mails that are handed in now."""
    moment = datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(hours=hour)
    with making() as session, session.begin():
        session.execute(text("DELETE FROM mail"))
    mails.hand_in_due(making, moment, key=SECRET)
    with making() as session:
        return list(session.scalars(text("SELECT body FROM mail ORDER BY id")))


def test_three_times_and_one_mail_for_each_address(people: tuple[int, int], making: sessionmaker[Session]) -> None:
    """Thirty, seven and one day before, each once; not at night, not earlier, and not after it ended."""
    ends(making, people, 31)
    assert handed_in(making) == []
    ends(making, people, 30)
    assert handed_in(making, hour=3) == []
    (mail,) = handed_in(making)
    assert len(set(re.findall(r"https://kaart\.example/review/[\w-]+", mail))) == 2
    assert handed_in(making) == []
    for days in (7, 1):
        ends(making, people, days)
        assert len(handed_in(making)) == 1
        assert handed_in(making) == []
    ends(making, people, 0)
    assert handed_in(making) == []


def test_a_dry_run_tells_who_is_due_and_writes_nothing(
    people: tuple[int, int], making: sessionmaker[Session], url: str, tmp_path: Path
) -> None:
    """`vuurtoren person review`: `--dry-run` tells of the two, and only without it there is a mail."""
    kept = text("SELECT (SELECT count(*) FROM mail WHERE body LIKE '%/review/%'), (SELECT count(*) FROM review)")

    def command(*arguments: str) -> tuple[list[str], tuple[int, int]]:
        """The entries that it tells of, and how many mails and entries asked about are kept."""
        done = run_program(
            "person", "review", *arguments, VUURTOREN_DATABASE_URL=url, VUURTOREN_DATA_DIR=str(tmp_path),
            VUURTOREN_SECRET=SECRET, VUURTOREN_BASE_URL="https://kaart.example",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        with making() as session:
            mails, asked = session.execute(kept).one()
        return re.findall(r"^entry (\d+), asked for time 1 of 3", done.stdout, re.MULTILINE), (mails, asked)

    with making() as session, session.begin():
        session.execute(text("DELETE FROM review"))
    due = [str(number) for number in sorted(people)]
    assert (due, (0, 0)) == command("--dry-run")
    assert (due, (1, 2)) == command()
    assert ([], (1, 2)) == command("--dry-run")


def test_who_left_no_address_or_withdrew_is_not_asked(people: tuple[int, int], making: sessionmaker[Session]) -> None:
    """An address that was not confirmed is none; a look at what is due writes nothing."""
    with making() as session, session.begin():
        session.execute(text("UPDATE relay_address SET confirmed_at = NULL WHERE asset_id = :id"), {"id": people[0]})
        (bundle,) = reviews.due(session, TODAY, key=SECRET)
        assert [one.asset_id for one in bundle.entries] == [people[1]]
        assert reviews.due(session, TODAY, key="another secret of the service, 0123456789") == []
        session.execute(text("UPDATE consent SET withdrawn_at = now() WHERE asset_id = :id"), {"id": people[1]})
        assert reviews.due(session, TODAY, key=SECRET) == []


def test_one_click_answers(visitor: TestClient, people: tuple[int, int], making: sessionmaker[Session]) -> None:
    """Still right: two more years and a sign of life. It may go: nobody sees it. Each link answers once."""
    (mail,) = handed_in(making)
    right, gone = re.findall(r"/review/[\w-]+", mail)
    told = visitor.get(right)
    assert (told.status_code, told.headers["cache-control"], told.headers["referrer-policy"]) == (
        200, "no-store", "same-origin",
    )  # fmt: skip
    assert visitor.post(right, data={"wish": "right"}).status_code == 403
    version = re.findall(r'name="wording_version" value="([^"]+)"', told.text)[0]
    assert send(visitor, right, wish="right", wording_version=version, wording_language="nl").status_code == 200
    assert send(visitor, gone, wish="gone").status_code == 200
    with making() as session:
        held = session.execute(
            text("SELECT asset_id, expires_on, audience, recorded_by FROM consent"
                 " WHERE asset_id = ANY(:ids) AND withdrawn_at IS NULL"), {"ids": list(people)},
        ).all()  # fmt: skip
    assert [(one.asset_id, one.audience, one.recorded_by) for one in held] == [(people[0], "public", "themselves")]
    assert held[0].expires_on > TODAY + timedelta(days=700)
    assert [visitor.get(f"/assets/{number}").status_code for number in people] == [200, 404]
    for link in (right, gone, "/review/nothing"):
        assert visitor.get(link).status_code == 404
        assert send(visitor, link, wish="right").status_code == 404


def test_changed_leads_to_their_own_page(
    visitor: TestClient, people: tuple[int, int], making: sessionmaker[Session]
) -> None:
    """With a new personal link."""
    (mail,) = handed_in(making)
    assert len(people) == 2
    answer = send(visitor, re.findall(r"/review/[\w-]+", mail)[0], wish="changed")
    assert answer.status_code == 303
    assert visitor.get(answer.headers["location"]).status_code == 200
