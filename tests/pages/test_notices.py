"""Notices about an area: asked for, confirmed by mail, sent once, written when they are sent, and easy to stop."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import digests
from app.mail_worker import Worker
from assets import consents, inventory, notices
from assets.drafts import AssetDraft
from assets.notices import Purpose, Rhythm
from assets.permissions import Viewer
from assets.vocabulary import Audience, Role
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.signing_in import form_token

AREA, TOWN = "BU99990101", "GM9999"
HERE = (5.3111, 52.5330)
ADDRESS = "https://kaart.example.org"
ME = "Buur@Example.org"
BUILDER = Viewer(name="test", role=Role.builder)


class Post:
    """A service with its mails: what it sent lies in `letters`."""

    def __init__(self, client: TestClient, engine: Engine, worker: Worker, folder: Path) -> None:
        self.client, self.engine, self.worker, self.folder = client, engine, worker, folder

    def letters(self) -> list[EmailMessage]:
        """Send what waits, and return what was sent since the last time."""
        self.worker.step()
        found = []
        for file in sorted(self.folder.glob("*.eml")):
            message = message_from_bytes(file.read_bytes(), policy=policy.default)
            assert isinstance(message, EmailMessage)
            found.append(message)
            file.unlink()
        return found

    def ask(self, email: str = ME, rhythm: str = "weekly", area: str = AREA, **more: Any) -> Any:
        """Send the form; the answer."""
        form = {"form_token": form_token(self.client), "email": email, "rhythm": rhythm}
        return self.client.post(f"/areas/{area}/notices", data=form, **more)

    def confirm(self, path: str) -> Any:
        """Press the button behind the link."""
        return self.client.post(path, data={"form_token": form_token(self.client)})

    def count(self, table: str) -> int:
        """Rows of a table."""
        with self.engine.connect() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())

    def run(self, statement: str, **values: Any) -> None:
        """Change something, committed."""
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def begin(self, email: str = ME, rhythm: str = "weekly", area: str = AREA) -> None:
        """Ask, and use the link in the mail."""
        self.ask(email, rhythm, area)
        (letter,) = self.letters()
        assert 200 == self.confirm(link_in(letter, "confirm")).status_code

    def hand_in(self, moment: datetime) -> int:
        """What the clock does."""
        return digests.hand_in_due(self.worker.sessions, moment)


def words(letter: EmailMessage) -> str:
    """The text of a mail."""
    return str(letter.get_content()).replace("\r\n", "\n")


def link_in(letter: EmailMessage, purpose: str) -> str:
    """The path of the link in a mail."""
    found = re.search(rf"^{ADDRESS}(/notices/{purpose}/[\w-]{{43}})$", words(letter), re.MULTILINE)
    assert found is not None, words(letter)
    return found[1]


def add(post: Post, title: str, *, kind: str = "club", audience: Audience | None = None) -> int:
    """An entry in the neighbourhood, of a person with a consent for an audience."""
    with Session(post.engine) as session, session.begin():
        place = {"area": AREA} if kind == "person" else {"geometry": {"type": "Point", "coordinates": HERE}}
        draft = AssetDraft.model_validate({"kind": kind, "title": title, "place": place})
        found = inventory.add(session, draft, by=BUILDER)
        if audience is not None:
            consents.record(
                session, found.id, wording_version="1", wording="Mag dit?", language="nl", by="test",
                audience=audience, given_on=date.today(),
            )  # fmt: skip
        return found.id


def next_monday() -> datetime:
    """Eight o'clock in the morning of the next Monday."""
    now = datetime.now(UTC)
    return (now + timedelta(days=7 - now.weekday())).replace(hour=8)


@pytest.fixture(scope="module")
def shared_post(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """The sample neighbourhood in which nothing repeats itself, with an outbox."""
    from app.main import create_app

    url, folder = databases.clone("sample"), tmp_path_factory.mktemp("data")
    settings = settings_for(url, base_url=ADDRESS, data_dir=folder)
    engine = create_engine(url)
    worker = Worker(settings)
    with TestClient(create_app(settings), base_url=ADDRESS, raise_server_exceptions=False) as client:
        client.headers["accept"] = "text/html"
        client.headers["accept-language"] = "nl"
        post = Post(client, engine, worker, folder / "outbox")
        post.run("UPDATE asset SET recurrence = NULL, recurrence_start = NULL, recurrence_minutes = NULL")
        post.run("UPDATE asset SET created_at = now() - interval '1 year', changed_at = now() - interval '1 year'")
        yield post
    worker.engine.dispose()
    engine.dispose()


@pytest.fixture
def post(shared_post: Post) -> Iterator[Post]:
    """The same, with nobody waiting for anything, in a browser that was never here."""
    shared_post.client.cookies.clear()
    yield shared_post
    shared_post.run("TRUNCATE mail, procrastinate_jobs, subscriber, notice, notice_link, notice_request CASCADE")
    shared_post.run("DELETE FROM asset WHERE created_by = 'test'")
    for file in shared_post.folder.glob("*"):
        file.unlink()


# --- asking and confirming ---


def test_nothing_begins_before_the_link_was_used(post: Post) -> None:
    """The mail brings a link, looking at it changes nothing, its button begins; using it again does no harm."""
    answer = post.ask()
    assert (200, True) == (answer.status_code, "Kijk in uw mail" in answer.text)
    (letter,) = post.letters()
    assert ("buur@example.org", "Wilt u nieuws uit Oude Veer?") == (letter["To"], letter["Subject"])
    path = link_in(letter, "confirm")

    page = post.client.get(path)
    assert (200, "no-store") == (page.status_code, page.headers["cache-control"])
    assert "Ja, laat het mij weten" in page.text
    assert ME.lower() not in page.text.lower()
    assert 1 == post.count("notice WHERE confirmed_at IS NULL")

    for _ in range(2):
        done = post.confirm(path)
        assert (200, True) == (done.status_code, "Dat is geregeld" in done.text)
    assert (1, 1) == (post.count("notice WHERE confirmed_at IS NOT NULL"), post.count("subscriber"))


def test_the_form_stands_on_the_page_of_the_area(post: Post) -> None:
    """With an address field and two choices, and a page of its own for a link."""
    for page in (f"/areas/{AREA}", f"/areas/{AREA}/notices", f"/areas/{TOWN}"):
        shown = post.client.get(page).text
        assert f'action="/areas/{page.split("/")[2]}/notices"' in shown
        assert 'name="email" type="email"' in shown
    assert 404 == post.client.get("/areas/NOWHERE/notices").status_code
    assert 404 == post.ask(area="NOWHERE").status_code


def test_the_answer_is_the_same_for_every_address(post: Post) -> None:
    """Known, unknown, and asked for too often: nobody learns from a page who hears of an area."""
    post.begin()

    def shown(email: str) -> str:
        page = post.ask(email)
        assert 200 == page.status_code
        return re.sub(r'value="[^"]+"|nonce="[^"]+"|nonce-[^"\']+', "", page.text.replace(email, "THEM"))

    known, unknown = shown(ME), shown("iemand@example.org")
    for _ in range(4):
        often = shown(ME)
    assert known == unknown == often
    assert 1 + notices.MOST_PER_ADDRESS - 1 == len(post.letters())


def test_a_sixth_time_within_the_hour_sends_nothing(post: Post) -> None:
    """An address is not flooded; after an hour it may be asked for again, and others never wait for it."""
    for _ in range(7):
        post.ask()
    assert notices.MOST_PER_ADDRESS == len(post.letters())
    post.ask("ander@example.org")
    assert 1 == len(post.letters())
    post.run("UPDATE notice_request SET created_at = now() - interval '61 minutes'")
    post.ask()
    assert 1 == len(post.letters())
    assert 1 == post.count("notice_request")


def test_many_at_once_are_one(post: Post) -> None:
    """Twenty requests at one moment with one address: one subscriber, one notice, five mails at most."""

    def ask() -> None:
        with post.worker.sessions() as session, session.begin():
            notices.ask(
                session, AREA, ME, rhythm=Rhythm.weekly, language="nl", network="192.0.2.1", secret="s" * 20
            )  # fmt: skip

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (1, 1, notices.MOST_PER_ADDRESS) == tuple(
        post.count(table) for table in ("subscriber", "notice", "notice_link")
    )


@pytest.mark.parametrize(
    "email",
    [
        "", "buur", "a@b", "a@b.nl\r\nBcc: c@d.nl", "Jan <a@b.nl>", "é@b.nl", "a@b.nl,c@d.nl", "x" * 290 + "@b.nl",
        '"><script>alert(1)</script>@b.nl', "a\x07@b.nl", "a@127.0.0.1",
    ],
)  # fmt: skip
def test_what_is_no_address_is_said_beside_the_field(post: Post, email: str) -> None:
    """The fault is announced, what was typed and chosen is kept, and nothing is stored."""
    answer = post.ask(email, "daily")
    assert 400 == answer.status_code
    assert 'role="alert"' in answer.text
    assert 'aria-describedby="notice-fault"' in answer.text
    assert 'value="daily" checked' in answer.text
    assert "<script>alert" not in answer.text
    assert (0, 0) == (post.count("subscriber"), post.count("mail"))


def test_another_site_cannot_ask_or_confirm(post: Post) -> None:
    """Without the token of our own form nothing happens."""
    assert 403 == post.client.post(f"/areas/{AREA}/notices", data={"email": ME, "rhythm": "daily"}).status_code
    post.ask()
    (letter,) = post.letters()
    assert 403 == post.client.post(link_in(letter, "confirm"), data={"form_token": "x.y"}).status_code
    assert 0 == post.count("notice WHERE confirmed_at IS NOT NULL")


def test_asking_again_changes_how_often_after_the_link(post: Post) -> None:
    """Somebody else who types the address cannot change anything."""
    post.begin(rhythm="weekly")
    post.ask(rhythm="daily")
    (letter,) = post.letters()
    assert 1 == post.count("notice WHERE rhythm = 'weekly'")
    post.confirm(link_in(letter, "confirm"))
    assert (1, 1) == (post.count("notice"), post.count("notice WHERE rhythm = 'daily'"))


def test_what_is_not_confirmed_is_forgotten(post: Post) -> None:
    """After seven days the link is worth nothing, and the address is gone with it."""
    post.ask()
    (letter,) = post.letters()
    post.run("UPDATE notice_link SET created_at = now() - interval '8 days'")
    post.run("UPDATE notice SET created_at = now() - interval '8 days'")
    gone = post.client.get(link_in(letter, "confirm"))
    assert (404, True) == (gone.status_code, "Deze link werkt niet" in gone.text)
    post.hand_in(datetime.now(UTC))
    assert (0, 0, 0) == tuple(post.count(table) for table in ("subscriber", "notice", "notice_link"))


# --- what is sent ---


def test_a_notice_tells_what_is_new_and_stops_with_one_press(post: Post) -> None:
    """New and changed entries, persons with a public consent only, hostile titles on their line; then it ends."""
    post.begin()
    club = add(post, "Schaakclub De Dame")
    add(post, "Soep <script>alert(1)</script> ${1}")
    add(post, "Openbare Anna", kind="person", audience=Audience.public)
    add(post, "Stille Bram", kind="person", audience=Audience.builders)
    post.run("UPDATE asset SET changed_at = now() WHERE title = 'De Koffiekeet'")

    assert 0 == post.hand_in(datetime.now(UTC)), "this week has been told"
    assert 1 == post.hand_in(next_monday())
    (letter,) = post.letters()
    told = words(letter)
    assert ("buur@example.org", "Nieuws uit Oude Veer") == (letter["To"], letter["Subject"])
    assert f"- Schaakclub De Dame\n  club\n  {ADDRESS}/assets/{club}\n" in told
    assert "- Soep <script>alert(1)</script> ${1}\n" in told
    assert told.index("NIEUW") < told.index("Openbare Anna") < told.index("VERANDERD") < told.index("De Koffiekeet")
    assert "Stille Bram" not in told
    assert f"<{ADDRESS}{link_in(letter, 'stop')}>" == letter["List-Unsubscribe"]
    assert "List-Unsubscribe=One-Click" == letter["List-Unsubscribe-Post"]
    assert 0 == post.hand_in(next_monday()), "this week has been told"

    stop = link_in(letter, "stop")
    post.client.cookies.clear()
    shown = post.client.get(stop)
    assert (200, 1) == (shown.status_code, post.count("notice"))
    assert "Stop de berichten" in shown.text
    # as a mail program does it: no cookie, no token, no origin (RFC 8058)
    stopped = post.client.post(stop, data={"List-Unsubscribe": "One-Click"})
    assert (200, True) == (stopped.status_code, "De berichten zijn gestopt" in stopped.text)
    assert (0, 0, 0) == tuple(post.count(table) for table in ("subscriber", "notice", "notice_link"))
    assert 404 == post.client.post(stop).status_code
    assert 404 == post.client.get(stop).status_code


def test_an_area_where_nothing_happened_sends_nothing(post: Post) -> None:
    """No mail that says nothing; what happens after it is told the next time, once."""
    post.begin(rhythm="daily")
    today = datetime.now(UTC)
    tomorrow, later = today + timedelta(days=1, hours=2), today + timedelta(days=2, hours=2)
    assert (1, []) == (post.hand_in(tomorrow), post.letters())
    assert 0 == post.count("mail")

    add(post, "Schaakclub De Dame")
    post.run("UPDATE asset SET created_at = :at, changed_at = :at WHERE created_by = 'test'", at=tomorrow)
    assert 1 == post.hand_in(later)
    (letter,) = post.letters()
    assert "Schaakclub De Dame" in words(letter)
    assert 1 == post.hand_in(later + timedelta(days=1))
    assert [] == post.letters()


def test_what_is_coming_is_told_without_anything_new(post: Post) -> None:
    """A rhythm is news of its own: of the day itself, or of the week."""
    post.begin()
    club = add(post, "Schaakclub De Dame")
    when = next_monday().replace(tzinfo=None) + timedelta(days=2)
    post.run(
        "UPDATE asset SET created_at = now() - interval '9 days', changed_at = now() - interval '9 days',"
        " recurrence = 'FREQ=WEEKLY', recurrence_start = :at WHERE id = :id",
        at=when.replace(hour=20, minute=0, second=0, microsecond=0), id=club,
    )  # fmt: skip
    assert 1 == post.hand_in(next_monday())
    (letter,) = post.letters()
    told = words(letter)
    assert "Dit komt eraan in Oude Veer." in told
    assert re.search(r"DEZE WEEK\n\n- woensdag \d+ \w+, 20:00: Schaakclub De Dame, Oude Veer\n", told)
    assert "NIEUW" not in told
    post.run("UPDATE asset SET recurrence = NULL, recurrence_start = NULL WHERE id = :id", id=club)


def test_two_workers_hand_in_once(post: Post) -> None:
    """Each of six subscribers gets one mail, however many workers look at the clock."""
    for number in range(6):
        post.begin(f"buur{number}@example.org")
    add(post, "Schaakclub De Dame")
    handed: list[int] = []
    threads = [threading.Thread(target=lambda: handed.append(post.hand_in(next_monday()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 6 == sum(handed)
    assert sorted(f"buur{number}@example.org" for number in range(6)) == sorted(one["To"] for one in post.letters())


def test_who_withdraws_while_a_mail_waits_is_not_in_it(post: Post) -> None:
    """The words are read when the mail is sent, not when it was due."""
    post.begin()
    anna = add(post, "Openbare Anna", kind="person", audience=Audience.public)
    add(post, "Schaakclub De Dame")
    assert 1 == post.hand_in(next_monday())
    assert 1 == post.count("mail WHERE recipient = '' AND body = ''"), "no address and no name waits"
    post.run("UPDATE consent SET withdrawn_at = now() WHERE asset_id = :id", id=anna)
    (letter,) = post.letters()
    assert "Schaakclub De Dame" in words(letter)
    assert "Anna" not in letter.as_string()


def test_who_stopped_while_a_mail_waits_gets_none(post: Post) -> None:
    """Also when it was due already."""
    post.begin()
    add(post, "Schaakclub De Dame")
    post.hand_in(next_monday())
    with post.worker.sessions() as session, session.begin():
        notice = session.execute(text("SELECT id FROM notice")).scalar_one()
        assert notices.stop(session, notices.stop_link(session, notice)) is not None
    assert [] == post.letters()
    assert 0 == post.count("mail")


def test_an_address_stays_while_it_hears_of_another_area(post: Post) -> None:
    """It stands in one row, and goes with the last notice."""
    post.begin()
    post.begin(area=TOWN, email=ME.upper())
    assert (1, 2) == (post.count("subscriber"), post.count("notice"))
    for left in (1, 0):
        with post.worker.sessions() as session, session.begin():
            notice = session.execute(text("SELECT min(id) FROM notice")).scalar_one()
            notices.stop(session, notices.stop_link(session, notice))
        assert left == post.count("subscriber")


def test_a_confirm_link_does_not_stop_and_a_stop_link_does_not_confirm(post: Post) -> None:
    """Each link is for one thing; of neither the secret is kept."""
    post.ask()
    (letter,) = post.letters()
    token = link_in(letter, "confirm").rpartition("/")[2]
    assert 404 == post.client.post(f"/notices/stop/{token}").status_code
    with post.worker.sessions() as session:
        assert notices.behind(session, token, Purpose.stop) is None
        kept = session.execute(text("SELECT string_agg(l::text, ' ') FROM notice_link AS l")).scalar_one()
    assert token not in kept
    for wrong in ("x", "x" * 500, "%00", "%F0%9F%98%80"):
        assert 404 == post.client.get(f"/notices/confirm/{wrong}").status_code


def test_who_waits_for_a_link_does_not_wait_for_notices(post: Post) -> None:
    """A link that was asked for goes before notices that were handed in earlier."""
    post.begin()
    add(post, "Schaakclub De Dame")
    post.hand_in(next_monday())
    post.ask("ander@example.org")
    with post.engine.connect() as connection:
        first = connection.execute(
            text(
                "SELECT m.recipient FROM procrastinate_jobs AS j"
                " JOIN mail AS m ON m.id = (j.args ->> 'mail_id')::bigint ORDER BY j.priority DESC, j.id LIMIT 1"
            )
        ).scalar_one()
    assert "ander@example.org" == first
    assert 2 == len(post.letters())


# --- the clock ---


@pytest.mark.parametrize(
    ("moment", "day", "monday"),
    [
        ("2026-11-27T10:00+01:00", date(2026, 11, 27), date(2026, 11, 23)),
        ("2026-11-30T06:59+01:00", date(2026, 11, 29), date(2026, 11, 23)),
        ("2026-11-30T07:00+01:00", date(2026, 11, 30), date(2026, 11, 30)),
        ("2026-12-06T23:59+01:00", date(2026, 12, 6), date(2026, 11, 30)),
        ("2026-06-01T05:00+00:00", date(2026, 6, 1), date(2026, 6, 1)),
        ("2026-06-01T04:59+00:00", date(2026, 5, 31), date(2026, 5, 25)),
    ],
)
def test_a_day_and_a_week_begin_at_seven(moment: str, day: date, monday: date) -> None:
    """Local time, in summer and in winter; a week is that of its Monday."""
    at = datetime.fromisoformat(moment)
    assert (day, monday) == (notices.period(Rhythm.daily, at), notices.period(Rhythm.weekly, at))
