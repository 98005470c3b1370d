"""Where a secret could be left behind: the address told to other sites, logs, kept answers, the queue of mails.

Every secret that the service hands out is used as people use it, and is then looked for in every log line and in every
column of every table, and its page is looked at for what could carry it elsewhere.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

import app.pages
from app import cookies
from app.headers import SECRET_PAGE
from app.mail_worker import Worker
from assets import accounts, sign_in_links
from assets.vocabulary import Role
from tests.attacks import walk
from tests.conftest import Databases
from tests.conftest import test_settings as settings_for
from tests.pages.test_mine import link_of, pinned, send
from tests.signing_in import form_token, signed_in

AREA = "BU99990101"
SAMIRA = "samira@example.org"


@dataclass
class Told:
    """What was handed out: secrets by their kind, the pages that have one in their address, and what was logged."""

    client: TestClient
    connection: Connection
    secrets: dict[str, str] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    logged: list[str] = field(default_factory=list)


class Listener(logging.Handler):
    """Keeps every line of every log."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line with all its values."""
        self.lines.append(f"{record.getMessage()} {record.args} {record.__dict__}")


def mailed(connection: Connection, path: str) -> str:
    """The last link of this kind in a mail that waits."""
    for body in connection.scalars(text("SELECT body FROM mail ORDER BY id DESC")):
        found = re.findall(rf"({path}[\w-]+)", body)
        if found:
            return str(found[0])
    raise AssertionError(path)


@pytest.fixture(scope="module")
def told(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A day on which every kind of secret is handed out and used."""
    from app.main import create_app

    url = databases.clone("sample")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    settings = settings_for(url, data_dir=tmp_path_factory.mktemp("data"))
    with (
        TestClient(create_app(settings), raise_server_exceptions=False, follow_redirects=False) as client,
        engine.connect() as connection,
    ):
        client.headers.update({"Accept": "text/html", "Accept-Language": "nl"})
        found = Told(client, connection)
        listener, root = Listener(found.logged), logging.getLogger()
        level, sql = root.level, logging.getLogger("sqlalchemy")
        root.addHandler(listener)
        root.setLevel(logging.DEBUG)
        sql.setLevel(logging.WARNING)  # what it says of values at INFO is switched on by nobody
        logging.getLogger("uvicorn.access").addHandler(listener)
        try:
            hand_out(found, url)
            worker = Worker(settings)
            for number in connection.scalars(text("SELECT id FROM mail")).all():
                worker.deliver(number, last=True)
            worker.engine.dispose()
        finally:
            root.removeHandler(listener)
            root.setLevel(level)
            sql.setLevel(logging.NOTSET)
            logging.getLogger("uvicorn.access").removeHandler(listener)
        yield found
    engine.dispose()
    databases.drop(url)


def hand_out(told: Told, url: str) -> None:
    """Sign in, pin someone, be written to, suggest, hear of an area, and use a token of a program."""
    client = told.client
    filling = create_engine(url)
    with Session(filling) as session, session.begin():
        accounts.add(session, "Samira", role=Role.builder, email=SAMIRA)
        form_token(client)
        asked = sign_in_links.ask(
            session,
            SAMIRA,
            browser=client.cookies.get(cookies.FORM) or "",
            network="x",
            secret="s" * 20,
            next_path="/me",
        )
        assert asked is not None
    filling.dispose()
    told.secrets["sign-in link"], told.pages["sign-in link"] = asked.token, f"/sign-in/{asked.token}"
    client.get(told.pages["sign-in link"])
    client.post(told.pages["sign-in link"], data={"form_token": form_token(client)})
    told.secrets["sign-in cookie"] = client.cookies.get(cookies.SIGN_IN) or ""
    told.secrets["form cookie"] = client.cookies.get(cookies.FORM) or ""
    client.get("/me")
    client.cookies.clear()

    number = pinned(client, url)
    mine = link_of(client, url, number)
    told.secrets["personal link"], told.pages["personal link"] = mine.rpartition("/")[2], mine
    client.cookies.clear()
    client.get(mine)
    send(client, f"{mine}/relay", email="truus@example.org")
    confirm = mailed(told.connection, "/relay/")
    told.secrets["relay link"], told.pages["relay link"] = confirm.rpartition("/")[2], confirm
    client.get(confirm)
    send(client, confirm)
    send(client, f"/assets/{number}/contact", message="Dag buur", email="buur@example.org")
    report = mailed(told.connection, "/relay/")
    told.secrets["report link"], told.pages["report link"] = report.rpartition("/")[2], report
    client.get(report)

    fields = {"step": "tell", "go": "next", "kind": "club", "title": "Koor", "longitude": "5.3111",
              "latitude": "52.5330", "key": "key-of-a-secret-1", "different": "yes",
              "form_token": form_token(client)}  # fmt: skip
    done = client.post("/pin", data=fields).headers["location"]
    told.secrets["suggestion"] = parse_qs(urlsplit(done).query)["follow"][0]
    told.pages["suggestion, just sent"] = done
    told.pages["suggestion"] = f"/suggestions/{told.secrets['suggestion']}"
    assert client.get(told.pages["suggestion"]).status_code == 200
    again = client.post("/pin", data=fields).headers["location"]
    assert again == done, "sent again after a bad connection"

    send(client, f"/areas/{AREA}/notices", email="nieuws@example.org", rhythm="week")
    notice = mailed(told.connection, "/notices/confirm/")
    told.secrets["notice"], told.pages["notice"] = notice.rpartition("/")[2], notice
    client.get(notice)
    send(client, notice)

    signed_in(client, url, Role.builder, name="Samira")
    shown = client.post(
        "/me/tokens",
        data={"name": "Programma", "scopes": "asset:write", "days": "30", "form_token": form_token(client)},
    )
    token = re.findall(r"vuur_[\w-]{20,}", shown.text)[0]
    client.cookies.clear()
    told.secrets["token"] = token
    for bearer in (token, f"{token}x"):
        client.get("/api/v1/collections/assets/items/1", headers={"Authorization": f"Bearer {bearer}"})
    client.get(f"/nothing/{token}")


def test_no_log_holds_a_secret_or_an_address(told: Told) -> None:
    """Not at the most talkative level, not in a value that a line was given, not where something was refused."""
    assert len(told.secrets) == 9
    lines = "\n".join(told.logged)
    for kind, secret in told.secrets.items():
        assert len(secret) > 20, kind
        for line in told.logged:
            # httpx is the browser of this test
            assert secret not in line or "httpx" in line, (kind, line[:200])
    for address in (SAMIRA, "truus@example.org", "buur@example.org", "nieuws@example.org", "Dag buur"):
        assert address not in lines, address


def test_no_table_holds_a_secret(told: Told) -> None:
    """Hashes only, or sealed: also in answers that are kept for who sends again, and in mails that were handed on."""
    tables = told.connection.scalars(
        text("SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables"
             " WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'")
    ).all()  # fmt: skip
    assert told.connection.execute(text("SELECT count(*) FROM mail")).scalar_one() == 0
    assert told.connection.execute(text("SELECT count(*) FROM idempotency_key")).scalar_one() > 0
    for kind, secret in told.secrets.items():
        for table in tables:
            query = text(f"SELECT count(*) FROM {table} AS t WHERE strpos(CAST(t AS text), :secret) > 0")
            assert told.connection.execute(query, {"secret": secret}).scalar_one() == 0, (kind, table)


def test_a_page_with_a_secret_tells_nobody(told: Told) -> None:
    """It sends no referrer to others, is kept by no cache and no search engine, and leads to no other site."""
    for kind, page in told.pages.items():
        answer = told.client.get(page)
        assert answer.headers["referrer-policy"] == SECRET_PAGE["Referrer-Policy"], kind
        assert answer.headers["cache-control"] == "no-store", kind
        assert "noindex" in answer.headers["x-robots-tag"], kind
        assert "etag" not in answer.headers, kind
        leading_out = [one for one in re.findall(r'(?:href|src|action)="([^"]*)"', answer.text) if "//" in one]
        assert [one for one in leading_out if not one.startswith(("http://testserver", "data:"))] == [], kind


def test_pages_share_one_policy() -> None:
    """No page makes up headers of its own for its secret, which the next one would then copy from it."""
    pages = Path(app.pages.__file__).parent
    assert [path.name for path in pages.rglob("*.py") if "Referrer-Policy" in path.read_text()] == []


def test_every_page_with_a_secret_is_looked_after(told: Told) -> None:
    """Also for a secret that is none the headers are those: read from the program, so that a new page has them too."""
    paths = {path for method, path in walk.operations(told.client) if method == "GET" and "{token}" in path}
    assert len(paths) > 8
    for path in sorted(paths):
        answer = told.client.get(path.replace("{token}", "x" * 43))
        private = answer.headers["cache-control"] in ("no-store", "private, no-cache")
        # the usual policy tells others no path either; the page itself is one of test_a_page_with_a_secret_tells_nobody
        assert private, path
        assert answer.headers["referrer-policy"] in ("same-origin", "strict-origin-when-cross-origin")
        if answer.status_code == 200:
            assert answer.headers["cache-control"] == "no-store", path
            assert answer.headers["referrer-policy"] != "strict-origin-when-cross-origin", path


def test_the_log_of_requests_holds_no_path(tmp_path: Path) -> None:
    """The program starts its server without a log of requests, for paths hold secrets."""
    assert tmp_path.exists()
    source = (Path(__file__).parents[2] / "app" / "commands" / "serve.py").read_text(encoding="utf-8")
    assert '"access_log": False' in source
