"""Messages to a neighbour whose address nobody sees: mailed on, counted, reported, and kept nowhere."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from assets import relay
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.pages.test_mine import link_of, pinned, send
from tests.signing_in import signed_in

ADDRESS = "truus-zilvervisje@example.org"


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


@pytest.fixture
def rows(url: str) -> Iterator[Session]:
    """A session on the database behind the pages, in which every statement is committed at once."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with Session(engine) as session:
        session.execute(text("DELETE FROM relay_message"))
        yield session
    engine.dispose()


@pytest.fixture(scope="module")
def truus(visitor: TestClient, url: str) -> tuple[int, str]:
    """A person whom everyone may see, and her personal link."""
    number = pinned(visitor, url)
    link = link_of(visitor, url, number)
    visitor.cookies.clear()
    return number, link


def last_mail(rows: Session) -> tuple[str, str, str | None]:
    """Recipient, words and answer address of the mail that was handed in last."""
    rows.expire_all()
    row = rows.execute(text("SELECT recipient, body, reply_to FROM mail ORDER BY id DESC LIMIT 1")).one()
    return row.recipient, row.body, row.reply_to


@pytest.fixture
def reachable(visitor: TestClient, truus: tuple[int, str], rows: Session) -> int:
    """Truus with an address that she confirmed."""
    number, link = truus
    if not rows.scalar(text("SELECT 1 FROM relay_address WHERE asset_id = :id AND sealed IS NOT NULL"), {"id": number}):
        rows.execute(text("DELETE FROM relay_address"))
        assert send(visitor, f"{link}/relay", email=ADDRESS).headers["location"] == f"{link}?done=asked"
        assert visitor.get(f"/assets/{number}/contact").status_code == 404
        to, body, _ = last_mail(rows)
        assert to == ADDRESS
        page = re.findall(r"/relay/[\w-]+", body)[0]
        assert "Ja, dit adres klopt" in visitor.get(page).text
        assert "Dat is geregeld" in send(visitor, page, wish="confirm").text
    return number


def test_a_message_is_mailed_on_and_kept_nowhere(
    visitor: TestClient, reachable: int, truus: tuple[int, str], rows: Session
) -> None:
    """The sender sees no address; the mail names the sender's only when they gave it; the database keeps a mark."""
    page = visitor.get(f"/assets/{reachable}").text
    assert f'href="/assets/{reachable}/contact"' in page
    words = "Dag, wilt u mij leren bakken? Groet van Bep Kwikstaart"
    answer = send(visitor, f"/assets/{reachable}/contact", message=words, name="Bep")
    assert (answer.status_code, "onderweg" in answer.text) == (200, True)
    to, body, reply_to = last_mail(rows)
    assert (to, reply_to) == (ADDRESS, None)
    assert "> Dag, wilt u mij leren bakken?" in body
    send(visitor, f"/assets/{reachable}/contact", message=words, reply_to="bep@example.org")
    assert last_mail(rows)[2] == "bep@example.org"
    for table in ("relay_address", "relay_message", "change"):
        kept = str(rows.execute(text(f"SELECT * FROM {table}")).all())
        assert "Kwikstaart" not in kept, table
        assert ADDRESS not in kept, table
    for path in ("", "/contact"):
        assert ADDRESS not in visitor.get(f"/assets/{reachable}{path}").text
    assert ADDRESS in visitor.get(truus[1]).text
    assert ADDRESS in visitor.get(f"{truus[1]}/export").text


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"message": ""}, "message"),
        ({"message": "x" * 2001}, "message"),
        ({"message": "Dag", "reply_to": "geen adres"}, "reply_to"),
        ({"message": "Dag", "reply_to": "a@example.org\r\nBcc: b@example.org"}, "reply_to"),
        ({"message": "Dag", "name": "n" * 101}, "name"),
        ({"message": "Dag", "extra": "ik ben een programma"}, "message"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    visitor: TestClient, reachable: int, rows: Session, fields: dict[str, str], name: str
) -> None:
    """In words, announced, with all that was typed; no mail is written."""
    before = rows.scalar(text("SELECT count(*) FROM mail"))
    answer = send(visitor, f"/assets/{reachable}/contact", **fields)
    assert answer.status_code == 422
    assert f'id="{name}-fault"' in answer.text
    assert 'role="alert"' in answer.text
    assert fields["message"] in answer.text
    assert rows.scalar(text("SELECT count(*) FROM mail")) == before


def test_messages_are_counted(visitor: TestClient, reachable: int, rows: Session) -> None:
    """From one network five an hour; what was typed stays on the page; an hour later it goes on."""
    for _ in range(relay.AN_HOUR):
        assert send(visitor, f"/assets/{reachable}/contact", message="Dag").status_code == 200
    late = send(visitor, f"/assets/{reachable}/contact", message="Nog een keer")
    assert late.status_code == 429
    assert "Nog een keer" in late.text
    rows.execute(text("UPDATE relay_message SET created_at = created_at - interval '61 minutes'"))
    assert send(visitor, f"/assets/{reachable}/contact", message="Dag").status_code == 200
    rows.execute(text("UPDATE relay_message SET network = 'another'"))
    rows.execute(
        text(
            "INSERT INTO relay_message (asset_id, network, token_hash)"
            " SELECT :id, 'n', 'h' || n FROM generate_series(1, 20) AS n"
        ),
        {"id": reachable},
    )
    assert send(visitor, f"/assets/{reachable}/contact", message="Dag").status_code == 429


def test_reporting_keeps_the_sender_away(visitor: TestClient, reachable: int, rows: Session) -> None:
    """One button; looking at the page does nothing; a month later too."""
    send(visitor, f"/assets/{reachable}/contact", message="Lelijke woorden")
    page = re.findall(r"/relay/[\w-]+", last_mail(rows)[1])[0]
    told = visitor.get(page)
    assert (told.headers["cache-control"], told.headers["referrer-policy"]) == ("no-store", "same-origin")
    assert send(visitor, f"/assets/{reachable}/contact", message="Dag").status_code == 200
    assert "Deze afzender blijft weg" in send(visitor, page, wish="report").text
    rows.execute(text("UPDATE relay_message SET created_at = created_at - interval '60 days'"))
    assert send(visitor, f"/assets/{reachable}/contact", message="Dag").status_code == 409


def test_who_withdrew_cannot_be_written_to(
    visitor: TestClient, reachable: int, truus: tuple[int, str], rows: Session, url: str
) -> None:
    """Hidden, the form is gone for everyone, builders included, and the address is forgotten: also when shown again."""
    link = truus[1]
    send(visitor, f"{link}/hide")
    for role in (None, Role.builder, Role.admin):
        if role is not None:
            signed_in(visitor, url, role)
        assert visitor.get(f"/assets/{reachable}/contact").status_code == 404, role
        assert send(visitor, f"/assets/{reachable}/contact", message="Dag").status_code == 404, role
        visitor.cookies.clear()
    assert rows.scalar(text("SELECT sealed FROM relay_address WHERE asset_id = :id"), {"id": reachable}) is None
    version = re.findall(r'name="wording_version" value="([^"]+)"', visitor.get(link).text)[0]
    send(visitor, f"{link}/audience", audience="public", wording_version=version, wording_language="nl")
    assert visitor.get(f"/assets/{reachable}").status_code == 200
    assert visitor.get(f"/assets/{reachable}/contact").status_code == 404


def test_messages_can_be_stopped(visitor: TestClient, reachable: int, truus: tuple[int, str], rows: Session) -> None:
    """One press on the personal link: the form is gone, and the address with it."""
    assert visitor.get(f"/assets/{reachable}/contact").status_code == 200
    send(visitor, f"{truus[1]}/relay", wish="stop")
    assert visitor.get(f"/assets/{reachable}/contact").status_code == 404
    assert rows.scalar(text("SELECT sealed FROM relay_address WHERE asset_id = :id"), {"id": reachable}) is None


def test_nobody_is_flooded_by_confirmations(visitor: TestClient, truus: tuple[int, str], rows: Session) -> None:
    """An address is asked for five times a day; stopping in between does not reset the count."""
    rows.execute(text("DELETE FROM relay_address"))
    _, link = truus
    for number in range(relay.ASKED_A_DAY):
        assert send(visitor, f"{link}/relay", email=f"a{number}@example.org").status_code == 303
        send(visitor, f"{link}/relay", wish="stop")
    assert send(visitor, f"{link}/relay", email="b@example.org").status_code == 429
    assert send(visitor, f"{link}/relay", email="geen adres").status_code == 422
