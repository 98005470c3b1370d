"""Mails: written with the work they tell of, sent once, forgotten when delivered, and nothing in them can do harm."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from app import database, i18n, mail, mail_delivery
from app import settings as environment
from app.mail_worker import TRIES, Worker, wait
from app.settings import SettingsError
from app.templating import HERE
from assets import mails
from assets.email_addresses import checked
from assets.errors import Invalid
from assets.mails import Mail
from tests.conftest import Databases, serving
from tests.conftest import test_settings as settings_for
from tests.smtp_server import SmtpServer, smtp_server

TO = "buur@example.org"
ADDRESS = "https://kaart.example.org"


@pytest.fixture(scope="module")
def mail_url(databases: Databases) -> str:
    """A database of this module, emptied of mails by each test."""
    return databases.clone("schema")


@pytest.fixture(scope="module")
def shared_connections(mail_url: str) -> Iterator[database.Database]:
    """The connections of a service at https://kaart.example.org."""
    made = database.connect(settings_for(mail_url, base_url=ADDRESS))
    yield made
    made.close()


@pytest.fixture
def connections(shared_connections: database.Database) -> database.Database:
    """The same, with nothing waiting."""
    with database.transaction(shared_connections.sessions) as session:
        # as the service, which may not empty a table at one stroke
        for table in ("mail", "procrastinate_periodic_defers", "procrastinate_jobs", "procrastinate_workers"):
            session.execute(text(f"DELETE FROM {table}"))
    return shared_connections


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    """A mail server of the test's own."""
    with smtp_server() as server:
        yield server


@pytest.fixture
def worker_on(mail_url: str, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """A function that gives a worker with these settings: `worker_on(smtp_url=...)`."""
    made: list[Worker] = []

    def make(**given: object) -> Worker:
        made.append(Worker(settings_for(mail_url, base_url=ADDRESS, data_dir=tmp_path, **given)))
        return made[-1]

    yield make
    for worker in made:
        worker.engine.dispose()


def write_one(connections: database.Database, **more: object) -> None:
    """Post a mail and commit."""
    with database.transaction(connections.sessions) as session:
        mail.post(session, "test", to=TO, language="nl", **more)  # type: ignore[arg-type]


def try_again(connections: database.Database, worker: Worker) -> None:
    """Let the time pass until the next try, and do it."""
    with database.transaction(connections.sessions) as session:
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
    worker.step()


def numbers(connections: database.Database) -> tuple[int, int, int]:
    """Mails that wait, mails that were given up, jobs of the queue."""
    with connections.sessions() as session:
        post = mails.count(session)
        jobs = session.scalar(text("SELECT count(*) FROM procrastinate_jobs"))
    return post.waiting, post.given_up, jobs or 0


def read(data: bytes) -> EmailMessage:
    """A message as a mail program reads it."""
    found = message_from_bytes(data, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


# --- in one transaction with the work ---


def test_a_mail_of_work_that_fails_is_never_sent(
    connections: database.Database, worker_on: Callable[..., Worker], smtp: SmtpServer
) -> None:
    """What is rolled back leaves neither a mail nor a job behind."""
    with connections.sessions() as session:
        mail.post(session, "test", to=TO, language="nl")
        session.rollback()
    worker_on(smtp_url=smtp.url).step()

    assert ([], (0, 0, 0)) == (smtp.taken, numbers(connections))


def test_a_mail_is_sent_and_forgotten(
    connections: database.Database, worker_on: Callable[..., Worker], smtp: SmtpServer
) -> None:
    """After delivery nothing of it is left in the database, and the message says what a mailer must say."""
    write_one(connections, stop="/notices/geheim/stop")
    worker_on(smtp_url=smtp.url, mail_from="kaart@example.org").step()

    assert (0, 0, 0) == numbers(connections)
    assert "ehlo example.org" == smtp.heard[0].lower(), "the name of this machine is told to nobody"
    assert "mail FROM:<kaart@example.org>" in "\n".join(smtp.heard).replace("MAIL", "mail")
    (taken,) = smtp.taken
    found = read(taken)
    assert ("Vuurtoren <kaart@example.org>", TO) == (found["From"], found["To"])
    assert "Een proef van de post van Vuurtoren" == found["Subject"]
    assert ("auto-generated", "nl") == (found["Auto-Submitted"], found["Content-Language"])
    assert f"<{ADDRESS}/notices/geheim/stop>" == found["List-Unsubscribe"]
    assert "List-Unsubscribe=One-Click" == found["List-Unsubscribe-Post"]
    assert found["Message-ID"].endswith("@kaart.example.org>")
    assert ("utf-8", "quoted-printable") == (found.get_content_charset(), found["Content-Transfer-Encoding"])
    assert "U hoeft niets te doen." in found.get_content()
    assert ADDRESS in found.get_content()
    assert max(len(line) for line in found.get_content().splitlines()) <= mail.WIDTH


def test_two_workers_send_a_mail_once(
    connections: database.Database, worker_on: Callable[..., Worker], smtp: SmtpServer
) -> None:
    """Each of ten mails arrives once, whichever worker takes it."""
    for _ in range(10):
        write_one(connections)
    both = [worker_on(smtp_url=smtp.url), worker_on(smtp_url=smtp.url)]
    threads = [threading.Thread(target=worker.step) for worker in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (10, (0, 0, 0)) == (len({read(taken)["Message-ID"] for taken in smtp.taken}), numbers(connections))
    assert 10 == len(smtp.taken)


# --- when the server does not take it ---


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_not_now_is_tried_again(
    connections: database.Database, worker_on: Callable[..., Worker], smtp: SmtpServer, verb: str
) -> None:
    """A server that says 'later' gets the same message again later, and only once."""
    smtp.answers[verb] = ["451 4.3.0 later, please"]
    write_one(connections)
    worker = worker_on(smtp_url=smtp.url)
    worker.step()
    assert ([], (1, 0, 1)) == (smtp.taken, numbers(connections))
    with connections.sessions() as session:
        due = session.scalar(text("SELECT scheduled_at > now() + interval '30 s' FROM procrastinate_jobs"))
    assert due is True

    try_again(connections, worker)
    assert (1, (0, 0, 0)) == (len(smtp.taken), numbers(connections))


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
def test_never_is_not_tried_again(
    connections: database.Database, worker_on: Callable[..., Worker], smtp: SmtpServer, verb: str,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """An address that does not exist is given up at once: counted, with nothing of it kept, nor in the log."""
    smtp.answers[verb] = [f"550 5.1.1 <{TO}> unknown"]
    write_one(connections)
    with caplog.at_level(logging.DEBUG):
        worker_on(smtp_url=smtp.url).step()

    assert ([], (0, 1, 0)) == (smtp.taken, numbers(connections))
    with connections.sessions() as session:
        assert ["", "", ""] == list(session.execute(text("SELECT recipient, subject, body FROM mail")).one())
    assert "550" in caplog.text
    assert TO not in caplog.text
    assert "buur" not in caplog.text


def test_eight_tries_in_a_day_and_no_more(
    connections: database.Database, worker_on: Callable[..., Worker], caplog: pytest.LogCaptureFixture
) -> None:
    """A server that is away for a day: each wait is longer, after the eighth try the mail is given up."""
    write_one(connections)
    with smtp_server() as gone:
        pass
    worker = worker_on(smtp_url=gone.url)
    with caplog.at_level(logging.DEBUG):
        worker.step()
        for _ in range(TRIES - 2):
            try_again(connections, worker)
        assert (1, 0, 1) == numbers(connections)
        try_again(connections, worker)

    assert (0, 1, 0) == numbers(connections)
    assert TO not in caplog.text
    hours = sum(wait(n).total_seconds() for n in range(TRIES - 1)) / 3600
    assert 12 < hours < 24
    assert sorted(wait(n) for n in range(TRIES)) == [wait(n) for n in range(TRIES)]


def test_wrong_password_is_no_fault_of_the_mail(
    connections: database.Database, worker_on: Callable[..., Worker], smtp: SmtpServer
) -> None:
    """A password that the server refuses is mended by the operator; the mails wait for it."""
    smtp.answers["AUTH"] = ["535 5.7.8 wrong"]
    write_one(connections)
    worker = worker_on(smtp_url=smtp.url.replace("//", "//u:p%40ss@"))
    worker.step()
    assert (1, 0, 1) == numbers(connections)
    try_again(connections, worker)
    assert (1, (0, 0, 0)) == (len(smtp.taken), numbers(connections))


def test_a_password_is_not_sent_in_the_open(
    connections: database.Database, worker_on: Callable[..., Worker], caplog: pytest.LogCaptureFixture
) -> None:
    """A server on another machine that offers no STARTTLS hears neither password nor mail; the mail waits."""
    write_one(connections)
    with smtp_server("127.0.0.2") as other, caplog.at_level(logging.INFO):
        worker_on(smtp_url=other.url.replace("//", "//u:geheim@")).step()
    assert {"ehlo"} == {line[:4].lower() for line in other.heard}
    assert (1, 0, 1) == numbers(connections)
    assert "STARTTLS" in caplog.text
    assert "geheim" not in caplog.text


@pytest.mark.parametrize(
    "url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtp://u@mail.example.org", "smtp://h:port",
            "smtp://u:geheim@h/path", "smtps://u:geheim@:25", "smtp://u:ge/heim@h"]
)  # fmt: skip
def test_a_wrong_mail_server_is_refused_at_the_start(url: str, tmp_path: Path) -> None:
    """What cannot be an address of a mail server is named, without a word of it."""
    with pytest.raises(SettingsError, match="VUURTOREN_SMTP_URL") as refusal:
        settings_for("postgresql://x/y", smtp_url=url)
    assert "heim" not in str(refusal.value)


def test_the_settings_show_no_password_of_the_mail_server() -> None:
    """`vuurtoren settings` shows where mails go, and stars for the password."""
    chosen = settings_for("postgresql://x/y", smtp_url="smtp://kaart:ge%40heim@mail.example.org:587")
    told = {row.name: row.value for row in environment.shown(chosen)}
    assert "smtp://kaart:***@mail.example.org:587" == told["VUURTOREN_SMTP_URL"]
    assert "heim" not in repr(chosen)


def test_a_mail_of_a_worker_that_was_killed_is_sent_by_the_next(
    connections: database.Database, worker_on: Callable[..., Worker], smtp: SmtpServer
) -> None:
    """A job that was begun by a worker that is not heard of any more goes back to the queue."""
    write_one(connections)
    with database.transaction(connections.sessions) as session:
        gone = session.scalar(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 h') RETURNING id")
        )
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :id"), {"id": gone})
    worker = worker_on(smtp_url=smtp.url)

    async def take_over() -> None:
        async with worker.queue().open_async() as app:
            await worker.take_over(app)

    with ThreadPoolExecutor(max_workers=1) as apart:  # a browser test before this one leaves a loop in this thread
        apart.submit(lambda: asyncio.run(take_over())).result()
    worker.step()
    assert (1, (0, 0, 0)) == (len(smtp.taken), numbers(connections))


# --- without a mail server ---


def test_without_a_server_mails_become_files(
    connections: database.Database, worker_on: Callable[..., Worker], tmp_path: Path
) -> None:
    """One .eml a mail, in order of time, in a folder for its owner only; no address in a name."""
    for _ in range(3):
        write_one(connections)
    worker_on().step()

    found = sorted((tmp_path / "outbox").iterdir())
    assert (3, (0, 0, 0)) == (len(found), numbers(connections))
    assert 0o700 == (tmp_path / "outbox").stat().st_mode & 0o777
    for file in found:
        assert 0o600 == file.stat().st_mode & 0o777
        assert ".eml" == file.suffix
        assert "buur" not in file.name
        assert TO == read(file.read_bytes())["To"]


def test_a_folder_that_cannot_be_written_to(
    connections: database.Database, worker_on: Callable[..., Worker], tmp_path: Path
) -> None:
    """A file in the place of the folder: the mail waits until it is mended."""
    (tmp_path / "outbox").write_text("in the way")
    write_one(connections)
    worker = worker_on()
    worker.step()
    assert (1, 0, 1) == numbers(connections)
    (tmp_path / "outbox").unlink()
    try_again(connections, worker)
    assert (0, 0, 0) == numbers(connections)


# --- hostile words ---

HOSTILE = (
    "Soep\r\nBcc: ander@example.org", "Soep\nBcc: ander@example.org", "a\x00b", "a\u2028Bcc: x@example.org",
    "a\x85Bcc: x@example.org", "half \ud800 letter", "<script>alert(1)</script>", "${1}{{ 1 }}", "\u202eofni",
    "é" * 900, "\x0b\x0c\x1c\x1d\x1e Bcc: x",
)  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_no_words_become_a_header(words: str) -> None:
    """Whatever somebody wrote, it stays on its line; the message has the headers that we gave it and no other."""
    line = mail.one_line(words)
    made = Mail(
        message_key=uuid4(), recipient=TO, language="nl", subject=line[:150], body=f"{line}\n",
        created_at=datetime.now(UTC), stop_url=None,
    )  # fmt: skip
    found = read(mail_delivery.message(made, sender="kaart@example.org", host="example.org").as_bytes())
    assert {
        "From", "To", "Subject", "Date", "Message-ID", "Content-Language", "Auto-Submitted", "MIME-Version",
        "Content-Type", "Content-Transfer-Encoding",
    } == set(found.keys())  # fmt: skip
    assert found["Subject"] == line[:150].strip()
    assert found.get_content().strip() == line
    assert "\u202e" not in line


def test_a_stored_line_end_in_a_subject_sends_nothing() -> None:
    """Even a mail that came into the table in another way cannot add a header: it is refused."""
    made = Mail(
        message_key=uuid4(), recipient=TO, language="nl", subject="a\r\nBcc: x@example.org", body="",
        created_at=datetime.now(UTC), stop_url=None,
    )  # fmt: skip
    with pytest.raises(ValueError, match="linefeed"):
        mail_delivery.message(made, sender="kaart@example.org", host="example.org")


@pytest.mark.parametrize("language", [*i18n.languages()])
def test_every_template_is_a_mail(language: i18n.Language) -> None:
    """Each file begins with its subject and can be read by the library, in each language."""
    found = sorted((HERE / "templates" / "mail").glob("*.txt"))
    assert len(found) >= 3
    for file in found:
        assert file.read_text(encoding="utf-8").startswith(mail.SUBJECT), file.name
        assert mail.environment(language).get_template(file.name)


@pytest.mark.parametrize("path", ["//evil.example/", "https://evil.example/", "a", "/a b", "/a\n", "/é"])
def test_links_lead_to_this_service_only(path: str) -> None:
    """A mail links to paths of ours under the address that the operator set."""
    with pytest.raises(ValueError, match="path of ours"):
        mail.full_address(ADDRESS, path)
    assert f"{ADDRESS}/x?y=1" == mail.full_address(ADDRESS, "/x?y=1")


@pytest.mark.parametrize(
    "words",
    [
        "", "a", "a@", "@b.nl", "a@b", "a b@c.nl", "Jan <jan@example.org>", "a@b.nl, c@d.nl", "a@b.nl\nBcc: c@d.nl",
        "a@b.nl\x00", "a@@b.nl", 'a"b@c.nl', "é@example.org", "a@-b.nl", "a@b..nl", "a@127.0.0.1", "a@[127.0.0.1]",
        f"{'a' * 65}@b.nl", f"a@{'b' * 64}.nl", f"a@{'b.' * 130}nl", ".a@b.nl", "a..b@c.nl", "a@b\ud800.nl", "a@b.nl;c",
    ],
)  # fmt: skip
def test_what_is_no_address(words: str) -> None:
    """Anything but one plain address is refused, with its place."""
    with pytest.raises(Invalid) as refusal:
        checked(words)
    assert ["email"] == [fault.pointer for fault in refusal.value.faults]


@pytest.mark.parametrize(
    ("words", "address"),
    [
        (" Jan.de-Wit+kaart@Example.ORG ", "Jan.de-Wit+kaart@example.org"),
        ("a@café.example", "a@xn--caf-dma.example"),
        ("o'brien@sub.example.org", "o'brien@sub.example.org"),
    ],
)
def test_what_is_an_address(words: str, address: str) -> None:
    """Spaces around it go, the domain becomes small and ASCII, the name before the @ stays as it is."""
    assert address == checked(words)


# --- the program ---


def test_a_mail_goes_out_while_the_service_runs_and_it_stops_at_once(
    databases: Databases, smtp: SmtpServer, tmp_path: Path
) -> None:
    """The worker of `vuurtoren serve` hears of a mail when it is committed, and ends with the service."""
    url = databases.clone("schema")
    with serving(url, VUURTOREN_SMTP_URL=smtp.url, VUURTOREN_DATA_DIR=str(tmp_path), VUURTOREN_LOG="json") as running:
        connections = database.connect(settings_for(url, base_url=ADDRESS))
        arrived = smtp.expect()
        write_one(connections)
        assert arrived.wait(30)
        connections.close()
        running.process.terminate()
        said, _ = running.process.communicate(timeout=10)
    assert TO not in said
    assert "Traceback" not in said
    databases.drop(url)


def test_the_operator_can_try_the_mail(
    smtp: SmtpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """`vuurtoren test-mail` sends one at once, and says what the server answered when it does not take it."""
    from app.cli import app

    monkeypatch.chdir(tmp_path)
    program, given = CliRunner(), {"VUURTOREN_SMTP_URL": smtp.url, "VUURTOREN_DATA_DIR": str(tmp_path)}
    done = program.invoke(app, ["test-mail", TO], env=given)
    assert (0, 1) == (done.exit_code, len(smtp.taken))
    smtp.answers["RCPT"] = ["550 no"]
    refused = program.invoke(app, ["test-mail", TO], env=given)
    assert (1, "vuurtoren: the mail server refuses the address (550).\n") == (refused.exit_code, refused.stderr)
    assert 1 == program.invoke(app, ["test-mail", "nobody"], env=given).exit_code
    filed = program.invoke(app, ["test-mail", TO], env={"VUURTOREN_DATA_DIR": str(tmp_path)})
    assert f"The mail is in {tmp_path / 'outbox'}.\n" == filed.stdout


def test_the_queue_is_what_the_migrations_know() -> None:
    """The schema of the queue is that of one version of the library: another one gets a migration first."""
    assert "3.10.0" == version("procrastinate")


def test_no_visitor_can_read_a_mail(session: Session) -> None:
    """The role for visitors has no right to mails or to the queue."""
    rights = session.execute(
        text(
            "SELECT tablename FROM pg_tables WHERE (tablename = 'mail' OR tablename LIKE 'procrastinate%')"
            " AND has_table_privilege('vuurtoren_public', quote_ident(tablename), 'SELECT, INSERT, UPDATE, DELETE')"
        )
    ).all()
    assert [] == rights
