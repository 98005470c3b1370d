"""The weekly mail of builders about what they put on the map: to whom, about what, once a week, and how it stops."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app import bundled_mails, database
from assets import accounts, inventory
from assets.accounts import Account
from assets.drafts import AssetDraft
from assets.permissions import Viewer
from assets.vocabulary import Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token, signed_in

TODAY = date.today()
#: A club is ageing after 18 months; it was heard of last so long ago that it is, and was so a week ago too.
LONG_AGO = TODAY - timedelta(days=600)
NAME = "Bea Bouwer"
CONFIRM = re.compile(r"/assets/(\d+)/suggest\?about=confirm&own=yes")


@pytest.fixture
def url(databases: Databases) -> Iterator[str]:
    """A sample neighbourhood of this test."""
    made = databases.clone("sample")
    yield made
    databases.drop(made)


@pytest.fixture
def making(url: str) -> Iterator[sessionmaker[Session]]:
    """Sessions as the worker has them."""
    engine = create_engine(url)
    yield sessionmaker(engine, expire_on_commit=False, info={database.ADDRESS: "https://kaart.example"})
    engine.dispose()


@pytest.fixture
def bea(making: sessionmaker[Session]) -> Account:
    """A builder with an address."""
    with making() as session, session.begin():
        return accounts.add(session, NAME, role=Role.builder, email="bea@example.org")


def pinned(making: sessionmaker[Session], account: Account, title: str, *, by: str = NAME, **more: Any) -> int:
    """The number of a thing that somebody put on the map, heard of last 600 days ago when nothing is said."""
    values = {"kind": "club", "title": title, "started_on": LONG_AGO.isoformat(), **more}
    with making() as session, session.begin():
        community = session.scalar(
            text("SELECT community_id FROM membership WHERE account_id = :id"), {"id": account.id}
        )
        if values["kind"] == "person":
            values = {**values, "place": {"show": "none"}}
        else:
            where = session.execute(
                text("SELECT st_x(p), st_y(p) FROM (SELECT st_transform(geom, 4326) AS p FROM asset"
                     " WHERE kind = 'club' AND geometrytype(geom) = 'POINT' ORDER BY id LIMIT 1) AS c")
            ).one()  # fmt: skip
            values["place"] = {"point": list(where)}
        viewer = Viewer(by, Role.builder, community_id=community, roles={community: Role.builder})
        number = inventory.add(session, AssetDraft.model_validate(values), by=viewer, today=LONG_AGO).id
        assert number
        return number


def handed_in(making: sessionmaker[Session], days: int = 0, hour: int = 12, what: str = "review") -> list[Any]:
    """The mails that are handed in on a day from today on."""
    moment = datetime.combine(TODAY + timedelta(days=days), datetime.min.time(), UTC) + timedelta(hours=hour)
    with making() as session, session.begin():
        session.execute(text("DELETE FROM mail"))
        if what == "review":
            session.execute(text("DELETE FROM suggestion"))
    bundled_mails.hand_in_due(making, moment)
    with making() as session:
        return list(session.execute(text("SELECT recipient, language, subject, body, stop_url, about FROM mail")).all())


def test_one_mail_a_week_about_what_is_their_own(making: sessionmaker[Session], bea: Account) -> None:
    """Entries that nothing was heard of, put there by themselves: by day, once a week, and each told once."""
    pinned(making, bea, "Breiclub", by="Iemand Anders")
    number = pinned(making, bea, "Schaakclub")
    assert handed_in(making, hour=2) == []
    (mail,) = handed_in(making)
    assert (mail.recipient, mail.language) == ("bea@example.org", "nl")
    assert mail.subject == "Wat u op de kaart zette: klopt het nog?"
    assert CONFIRM.findall(mail.body) == [str(number)]
    assert mail.about == [f"asset:{number}"]
    assert "Schaakclub" in mail.body
    assert "Breiclub" not in mail.body
    assert mail.stop_url.startswith("https://kaart.example/mails/stop/")
    assert mail.stop_url in mail.body
    assert [handed_in(making, days=days) for days in (0, 1, 6)] == [[], [], []]
    assert handed_in(making, days=7) == [], "it was told"


def test_what_became_ageing_since_is_told_the_next_time(making: sessionmaker[Session], bea: Account) -> None:
    """A turn with nothing to tell counts as one: what comes after it is told a week later, once."""
    number = pinned(making, bea, "Schaakclub", started_on=(TODAY - timedelta(days=540)).isoformat())
    assert handed_in(making) == []
    told = [days for days in range(1, 30) if handed_in(making, days=days)]
    assert len(told) == 1
    assert told[0] % 7 == 0
    with making() as session:
        assert session.get_one(inventory.Asset, number).title == "Schaakclub"


def test_persons_are_a_number_and_no_name(making: sessionmaker[Session], bea: Account) -> None:
    """Whom nobody asked, and whose consent ends within 30 days; the mailbox learns of nobody."""
    pinned(making, bea, "Truus Zilvervisje", kind="person", description="Zilvervisje bakt taart")
    asked = pinned(making, bea, "Piet Goudvisje", kind="person")
    with making() as session, session.begin():
        session.execute(
            text("INSERT INTO consent (asset_id, audience, wording_version, wording, language, given_on, expires_on,"
                 " recorded_by) VALUES (:id, 'public', '1', 'x', 'nl', CURRENT_DATE - 10, CURRENT_DATE + 31, 'x')"),
            {"id": asked},
        )  # fmt: skip
    (mail,) = handed_in(making)
    assert "visje" not in mail.subject + mail.body
    assert "Er is 1 buur" in " ".join(mail.body.split())
    assert "https://kaart.example/me/people" in mail.body
    assert mail.about == []


def test_at_most_twenty_and_how_many_more(making: sessionmaker[Session], bea: Account) -> None:
    """The others stand on their own page; in English for who reads English."""
    first = pinned(making, bea, "Schaakclub")
    with making() as session, session.begin():
        session.execute(text("UPDATE account SET language = 'en' WHERE id = :id"), {"id": bea.id})
        columns = session.scalars(
            text("SELECT column_name FROM information_schema.columns WHERE table_name = 'asset' AND table_schema ="
                 " 'public' AND is_generated = 'NEVER' AND column_name NOT IN ('id', 'source', 'source_key')")
        ).all()  # fmt: skip
        names = ", ".join(columns)
        session.execute(
            text(f"INSERT INTO asset ({names}) SELECT {names} FROM asset, generate_series(1, 24) WHERE id = :id"),
            {"id": first},
        )
    (mail,) = handed_in(making)
    assert len(CONFIRM.findall(mail.body)) == 20
    assert "And 5 more." in mail.body
    assert mail.subject == "What you put on the map: is it still right?"


def test_nobody_else_is_mailed(making: sessionmaker[Session], bea: Account) -> None:
    """No mail without anything to tell, without an address, or to who does not hold the pen any more."""
    assert handed_in(making) == []
    pinned(making, bea, "Schaakclub")
    with making() as session, session.begin():
        session.execute(text("UPDATE membership SET role = 'member' WHERE account_id = :id"), {"id": bea.id})
    assert handed_in(making, days=8) == []
    with making() as session, session.begin():
        session.execute(text("UPDATE membership SET role = 'steward' WHERE account_id = :id"), {"id": bea.id})
        session.execute(text("UPDATE account SET email = NULL WHERE id = :id"), {"id": bea.id})
    assert handed_in(making, days=8) == []
    with making() as session, session.begin():
        session.execute(text("UPDATE account SET email = 'bea@example.org' WHERE id = :id"), {"id": bea.id})
    assert len(handed_in(making, days=8)) == 1


@pytest.fixture
def client(url: str) -> Iterator[TestClient]:
    """A browser that was never here."""
    from app.main import create_app

    with TestClient(create_app(settings_for(url)), raise_server_exceptions=False, follow_redirects=False) as found:
        found.headers.update({"Accept": "text/html", "Accept-Language": "nl"})
        yield found


def test_one_press_stops_it_and_one_has_it_back(
    making: sessionmaker[Session], bea: Account, client: TestClient, url: str
) -> None:
    """Looking at the link does nothing; the POST of a mail program does. On their own page they have it again."""
    pinned(making, bea, "Schaakclub")
    (mail,) = handed_in(making)
    path = mail.stop_url.removeprefix("https://kaart.example")
    page = client.get(path)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "Stop" in page.text
    with making() as session:
        assert session.get_one(Account, bea.id).stopped_mails == []
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert client.post(path).status_code == 200
    with making() as session, session.begin():
        assert session.get_one(Account, bea.id).stopped_mails == ["review"]
        session.execute(text("DELETE FROM bundled_mail WHERE stop_hash IS NULL"))
    pinned(making, bea, "Damclub")
    assert handed_in(making, days=8) == []
    assert client.get("/mails/stop/unknown").status_code == client.post("/mails/stop/unknown").status_code == 404

    signed_in(client, url, Role.builder, name=NAME)
    mine = client.get("/me").text
    assert "Damclub" in mine
    assert "Stuur mij deze berichten" in mine
    assert "Stop deze berichten" in mine
    assert client.post("/me/mails", data={"what": "review", "wanted": "yes"}).status_code == 403
    form = {"form_token": form_token(client), "what": "review", "wanted": "yes"}
    assert client.post("/me/mails", data=form).headers["location"] == "/me#mails"
    assert "Stuur mij deze berichten" not in client.get("/me").text


def test_one_press_says_that_it_is_still_right(
    making: sessionmaker[Session], bea: Account, client: TestClient, url: str
) -> None:
    """The link asks to sign in first, looking changes nothing, and the one button counts at once."""
    number = pinned(making, bea, "Schaakclub")
    (mail,) = handed_in(making)
    (path,) = (found.group(0) for found in CONFIRM.finditer(mail.body))
    assert client.get(path).headers["location"].startswith("/sign-in?next=%2Fassets%2F")
    signed_in(client, url, Role.builder, name=NAME)
    assert client.get(path).status_code == 200
    assert "Schaakclub" in client.get("/me").text
    form = {"form_token": form_token(client), "about": "confirm", "key": "a-key-of-a-button"}
    assert client.post(f"/assets/{number}/suggest", data=form).status_code == 303
    assert 'id="again"' not in client.get("/me").text
    assert [client.get(f"/assets/{number}/{page}").status_code for page in ("edit", "retire")] == [200, 200]
    assert [f"https://kaart.example/assets/{number}/{page}" in mail.body for page in ("edit", "retire")] == [True, True]


def suggest(making: sessionmaker[Session], count: int = 1) -> None:
    """Let visitors suggest something about an entry of the first community."""
    with making() as session, session.begin():
        session.execute(
            text("INSERT INTO suggestion (kind, asset_id, community_id, suggested_by, language, follow_hash)"
                 " SELECT 'gone', a.id, a.community_id, 'visitor', 'nl', CAST(gen_random_uuid() AS text) FROM"
                 " (SELECT a.id, a.community_id FROM asset AS a JOIN membership AS m USING (community_id)"
                 " WHERE a.kind = 'club' ORDER BY a.id LIMIT 1) AS a, generate_series(1, :count)"),
            {"count": count},
        )  # fmt: skip


def test_new_suggestions_are_told_once_a_day(making: sessionmaker[Session], bea: Account, client: TestClient) -> None:
    """How many wait, when a new one came; not what they say. One press stops these and leaves the other mails."""
    with making() as session, session.begin():
        session.execute(text("DELETE FROM suggestion"))
    pinned(making, bea, "Schaakclub")
    handed_in(making)
    assert handed_in(making, what="suggestions") == []
    suggest(making, 3)
    assert handed_in(making, hour=2, what="suggestions") == []
    (mail,) = handed_in(making, what="suggestions")
    assert (mail.recipient, mail.subject) == ("bea@example.org", "Er wachten 3 voorstellen")
    assert "https://kaart.example/moderation" in mail.body
    suggest(making)
    assert handed_in(making, what="suggestions") == [], "not twice a day"
    assert [one.subject for one in handed_in(making, days=1, what="suggestions")] == ["Er wachten 4 voorstellen"]
    assert handed_in(making, days=2, what="suggestions") == [], "nothing new came in"
    path = mail.stop_url.removeprefix("https://kaart.example")
    assert "voorstellen" in client.get(path).text
    assert client.post(path).status_code == 200
    suggest(making)
    assert handed_in(making, days=3, what="suggestions") == []
    with making() as session:
        assert session.get_one(Account, bea.id).stopped_mails == ["suggestions"]
