"""How long what is kept: the job does what the table says, and the pages say the same."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app import tidying
from assets import consents, history, inventory, join_in, names, personal_links, relay, retention
from assets.drafts import AssetDraft
from assets.vocabulary import Audience
from tests import neighbourhood
from tests.neighbourhood import BUILDER, DAY
from tests.test_docs import rows, section
from tests.test_docs import text as page_text

NOW = datetime(2026, 11, 27, 3, 41, tzinfo=UTC)
YOUNG = timedelta(minutes=5)


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Iterator[Session]:
    """The neighbourhood with a person and a club."""
    folder = tmp_path / "map"
    folder.mkdir()
    neighbourhood.draw(session, folder)
    return session


def fill(session: Session, at: datetime) -> None:
    """A row of everything that is kept for a time, that began to count at a moment."""
    key = at.isoformat()
    inserts = (
        "INSERT INTO suggestion (kind, asset_id, community_id, suggested_by, language, sender, follow_hash, created_at)"
        " SELECT 'gone', id, community_id, 'visitor', 'nl', 'm', :key, :at FROM asset ORDER BY id DESC LIMIT 1",
        "INSERT INTO idempotency_key (holder, key, fingerprint, status, headers, body, created_at)"
        " VALUES ('token:1', :key, '', 201, '{}', '', :at)",
        "INSERT INTO sign_in_link (token_hash, email_hash, network_hash, next_path, created_at, expires_at)"
        " VALUES (:key, '', '', '/', :at, :at)",
        "INSERT INTO account (name, role, language, closed_at) VALUES ('weg', 'builder', 'nl', :at)",
        "INSERT INTO sign_in (token_hash, account_id, browser, seen_at, expires_at, next_path)"
        " SELECT :key, max(id), '', :at, :at, '/' FROM account",
        "INSERT INTO notice_request (email_hash, network_hash, created_at) VALUES ('', '', :at)",
        "INSERT INTO mail (recipient, language, subject, body, given_up_at) VALUES ('', 'nl', '', '', :at)",
        "INSERT INTO token (name, role, token_hash, expires_at) VALUES (:key, 'builder', :key, :at)",
        "INSERT INTO relay_message (asset_id, network, token_hash, created_at)"
        " SELECT max(id), '', :key, :at FROM asset",
        "INSERT INTO relay_message (asset_id, network, token_hash, created_at, reported_at)"
        " SELECT max(id), '', :key || 'r', :at, :at FROM asset",
        "INSERT INTO photo (key, was_of, put_away_at, alt, language, width, height, small_width, small_height, digest,"
        " large, small, created_by) SELECT :key, max(id), :at, 'a', 'nl', 1, 1, 1, 1, '', '', '', '' FROM asset",
        "INSERT INTO lookup (role, by, holder, what, at) VALUES ('analyst', 'Anna', :key, 'plan', :at)",
        "INSERT INTO invitation (community_id, role, token_hash, expires_at)"
        " SELECT max(id), 'builder', :key, :at FROM community",
        "INSERT INTO table_evening (community_id, opened_by, code_hash, sealed, ends_at)"
        " SELECT max(c.id), max(a.id), :key, '', :at FROM community AS c, account AS a",
        "INSERT INTO bundled_mail (account_id, what, day, made_at)"
        " SELECT max(id), 'review', CAST(:at AS timestamptz), :at FROM account",
        "INSERT INTO erasure (asset_id, identity, consents, erased_at) VALUES (1, :key, '[{}]', :at)",
    )
    for insert in inserts:
        session.execute(text(insert), {"key": key, "at": at})
    for closed in (False, True):
        number = unasked(session, at)
        if closed:
            consents.withdraw(session, number, by="test", today=at.date())
    session.execute(
        text(
            "INSERT INTO relay_address (asset_id, sealed, language, asked_on, asked)"
            " SELECT max(id), 'sealed', 'nl', CAST(:at AS date), 1 FROM asset"
        ),
        {"at": at},
    )
    club = inventory.add(session, neighbourhood.thing("club", "Weg", (120, 130)), by=BUILDER, today=DAY).id
    session.execute(
        text(
            "INSERT INTO relay_address (asset_id, sealed, language, asked_on, asked, confirmed_at)"
            " VALUES (:club, 'sealed', 'nl', '2026-01-01', 1, '2026-01-01')"
        ),
        {"club": club},
    )
    session.execute(
        text("UPDATE asset SET state = 'retired', changed_at = :at WHERE id = :club"), {"at": at, "club": club}
    )


def unasked(session: Session, at: datetime, **more: str) -> int:
    """The number of a person who was put on the map at a moment, and whom nobody asked anything."""
    draft = AssetDraft.model_validate({"kind": "person", "title": "Nel", "place": {"show": "none"}})
    number = inventory.add(session, draft, by=BUILDER, today=DAY, **more).id
    session.execute(text("UPDATE asset SET created_at = :at WHERE id = :id"), {"at": at, "id": number})
    return number


def person(session: Session, title: str, **more: str) -> int:
    """The number of a person who answered twice and has had two personal links."""
    draft = AssetDraft.model_validate({"kind": "person", "title": title, "place": {"show": "none"}})
    number = inventory.add(session, draft, by=BUILDER, today=DAY, **more).id
    for _ in range(2):
        consents.record(
            session, number, audience=Audience.public, wording_version="2026-11", wording="Mag dit?", language="nl",
            given_on=DAY, by=BUILDER.name,
        )  # fmt: skip
        personal_links.make(session, number, by=BUILDER)
    return number


def age(session: Session, at: datetime) -> None:
    """Let what is kept of persons have happened at a moment."""
    session.flush()
    session.execute(text("UPDATE change SET changed_at = :at"), {"at": at})
    session.execute(text("UPDATE personal_link SET replaced_at = :at WHERE replaced_at IS NOT NULL"), {"at": at})
    session.execute(text("UPDATE consent SET withdrawn_at = :at WHERE withdrawn_at IS NOT NULL"), {"at": at})


def test_what_is_old_enough_goes_and_nothing_else(drawn: Session) -> None:
    """Of two rows of each kind, one a moment older than its term and one a moment younger, only the older one goes."""
    person(drawn, "Truus")
    for term in retention.TERMS:
        if term.table is None:
            continue
        with drawn.begin_nested() as point:
            young = timedelta(days=1) if term.key == "addresses" else YOUNG  # of an address the day is known
            for at in (NOW - term.kept - young, NOW - term.kept + young):
                fill(drawn, at)
            age(drawn, NOW - term.kept - YOUNG)
            found = retention.overdue(drawn, now=NOW)[term.key]
            assert found >= 1, term.key
            if term.key not in ("history", "consents", "personal-links", "closed"):
                assert found == 1, term.key
            assert retention.tidy(drawn, now=NOW)[term.key] == found, term.key
            assert retention.overdue(drawn, now=NOW)[term.key] == 0, term.key
            point.rollback()
        with drawn.begin_nested() as point:
            age(drawn, NOW - term.kept + YOUNG)
            assert retention.overdue(drawn, now=NOW)[term.key] == 0, term.key
            point.rollback()


def test_messages_end_with_what_they_are_for(drawn: Session) -> None:
    """Thirty days after a club ended nobody's address is kept for it; what is there or yet to come keeps it."""
    today, soon = NOW.date(), timedelta(days=9)
    dates = (
        {"ended_on": today - timedelta(days=31)}, {"ended_on": today - soon}, {}, {"started_on": today + soon},
        {"started_on": date(2023, 1, 1)},
    )  # fmt: skip
    clubs = [
        inventory.add(
            drawn, neighbourhood.thing("club", f"Koor {number}", (120, 130), **given), by=BUILDER,
            today=DAY if number < 4 else date(2023, 1, 1),
        ).id
        for number, given in enumerate(dates)
    ]  # fmt: skip
    for club in clubs:
        relay.confirm(drawn, relay.ask(drawn, club, "a@example.org", language="nl", key="k" * 20, by="test"))
    assert retention.tidy(drawn, now=NOW)["addresses-off"] == 2
    drawn.expire_all()
    kept = [join_in.given(drawn, club) == "confirmed" for club in clubs]
    assert kept == [False, True, True, True, False], "the last was not heard of for three years: off the map"


def test_the_history_of_a_person_keeps_that_it_happened(drawn: Session) -> None:
    """After a year the words go; of a club they stay, and so does what an import must know again."""
    truus, piet = person(drawn, "Truus"), person(drawn, "Piet", source="lijst", source_key="1")
    club = inventory.add(drawn, neighbourhood.thing("club", "Koor", (120, 130)), by=BUILDER, today=DAY).id
    age(drawn, NOW - timedelta(days=366))
    before = len(history.of_asset(drawn, truus))

    retention.tidy(drawn, now=NOW)
    drawn.expire_all()

    kept = history.of_asset(drawn, truus)
    assert len(kept) == before
    assert {(one.before, one.after) for one in kept} == {(None, None)}
    assert [one.after is not None for one in history.of(drawn, "asset", piet)] == [True]
    assert history.of(drawn, "asset", club)[0].after is not None
    assert len(consents.of(drawn, truus)) == 2, "an answer of a year ago still shows that there was one"


def test_whom_nobody_asked_and_who_withdrew_are_erased(drawn: Session, tmp_path: Path) -> None:
    """After 90 days and after a year, each with its row of marks; not a day before, nobody who agreed or is made up."""
    days = {"draft": 91, "young": 89, "made up": 400, "agreed": 400}
    numbers = {
        name: unasked(drawn, NOW - timedelta(days=ago), **({"source": "sample"} if name == "made up" else {}))
        for name, ago in days.items()
    }
    numbers |= {name: person(drawn, name) for name in ("withdrew", "withdrew later", "ran out", "ran out later")}
    consents.record(
        drawn, numbers["agreed"], audience=Audience.builders, wording_version="2026-11", wording="Mag dit?",
        language="nl", given_on=DAY, by=BUILDER.name,
    )  # fmt: skip
    for name, ago in (("withdrew", 366), ("withdrew later", 364)):
        consents.withdraw(drawn, numbers[name], by="test")
        at = {"at": NOW - timedelta(days=ago), "id": numbers[name]}
        drawn.execute(text("UPDATE consent SET withdrawn_at = :at WHERE asset_id = :id"), at)
    for name, ago in (("ran out", 366), ("ran out later", 364)):
        ended = {"ends": (NOW - timedelta(days=ago)).date(), "id": numbers[name]}
        drawn.execute(
            text("UPDATE consent SET given_on = CAST(:ends AS date) - 730, expires_on = :ends WHERE asset_id = :id"),
            ended,
        )
    expected = {numbers[name] for name in ("draft", "withdrew", "ran out")}
    counted = retention.overdue(drawn, now=NOW)
    assert (counted["unasked"], counted["closed"]) == (1, 2)

    gone = retention.tidy(drawn, now=NOW)

    assert (gone["unasked"], gone["closed"]) == (1, 2)
    left = set(drawn.scalars(text("SELECT id FROM asset WHERE kind = 'person'")))
    assert expected.isdisjoint(left)
    assert set(numbers.values()) - expected <= left
    assert expected <= set(drawn.scalars(text("SELECT asset_id FROM erasure")))
    by = text("SELECT DISTINCT by FROM change WHERE action = 'erased'")
    assert drawn.scalars(by).all() == [retention.JOB.name]


def test_a_person_who_was_erased_by_the_job_stands_in_the_list(database_url: str, tmp_path: Path) -> None:
    """Written beside the database after the commit, so that no backup brings them back; not by a dry run."""
    from tests.conftest import engine_on

    with engine_on(database_url) as engine:
        sessions = sessionmaker(engine)
        with sessions.begin() as session:
            folder = tmp_path / "map"
            folder.mkdir()
            neighbourhood.draw(session, folder)
            number = unasked(session, NOW - timedelta(days=91))
        assert tidying.tidy(sessions, tmp_path, now=NOW, dry_run=True)["unasked"] == 1
        assert not (tmp_path / "erased.jsonl").exists()
        assert tidying.tidy(sessions, tmp_path, now=NOW)["unasked"] == 1
    assert f'"asset_id":{number},' in (tmp_path / "erased.jsonl").read_text()


def test_the_persons_of_the_sample_stay(own_sample_url: str, tmp_path: Path) -> None:
    """Ten years later all consents of the made-up persons have run out, and they are there."""
    from tests.conftest import engine_on

    with engine_on(own_sample_url) as engine:
        later = tidying.tidy(sessionmaker(engine), tmp_path, now=NOW + timedelta(days=3650), dry_run=True)
    assert (later["unasked"], later["closed"]) == (0, 0)


def test_the_name_of_a_closed_account_goes_from_everywhere(own_sample_url: str, tmp_path: Path) -> None:
    """Every column that says who did something holds the name of an account; a year after it was closed, none does."""
    from tests.conftest import engine_on

    who, program, stays = "Zqweggegaanqz", "Zqweggegaanqz · kaartje", "Zqblijftqz"
    texts = (
        "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns AS c"
        " JOIN information_schema.tables AS t USING (table_schema, table_name)"
        " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type IN ('text', 'jsonb')"
    )
    with engine_on(own_sample_url) as engine, Session(engine) as session:
        fill(session, NOW - timedelta(minutes=1))
        columns = session.execute(text(texts)).all()
        signed = [(table, column) for table, column, _ in columns if re.search(r"(^|_)by$", column)]
        assert ("consent", "recorded_by") in signed
        for number, (table, column) in enumerate(signed):
            name = (who, program)[number % 2]
            session.execute(text(f"UPDATE {table} SET {column} = :name"), {"name": name})
        session.execute(text("UPDATE conversation SET recorded_by = :name"), {"name": stays})
        noted = """INSERT INTO change (subject, subject_id, action, by, before, after) VALUES
            ('conversation', 1, 'changed', 'x', CAST(:said AS jsonb), CAST(:said AS jsonb))"""
        session.execute(text(noted), {"said": f'{{"recorded_by": "{who}", "note": "blijft"}}'})
        for name, closed in ((who, NOW - timedelta(days=366)), (stays, NOW - timedelta(days=366)), (stays, None)):
            account = "INSERT INTO account (name, role, language, closed_at) VALUES (:name, 'builder', 'nl', :closed)"
            session.execute(text(account), {"name": name, "closed": closed})
        session.commit()

        def holding(name: str) -> set[str]:
            """The columns that hold this name."""
            asked = "SELECT count(*) FROM {} AS t WHERE CAST({} AS text) LIKE :name"
            return {
                f"{table}.{column}"
                for table, column, _ in columns
                if session.scalar(text(asked.format(table, column)), {"name": f"%{name}%"})
            }

        before = holding(who)
        assert {"change.by", "change.after", "asset.created_by", "consent.recorded_by", "account.name"} <= before
        assert retention.tidy(session, now=NOW)["accounts"] == 2
        assert holding(who) == set()
        assert holding(stays) == {"account.name", "conversation.recorded_by"}
        assert session.scalar(text("SELECT after->>'note' FROM change WHERE subject_id = 1 AND by = 'x'")) == "blijft"
        assert set(session.scalars(text("SELECT recorded_by FROM consent"))) == {names.FORMER}
        session.rollback()


def test_a_dry_run_counts_and_changes_nothing(database_url: str, tmp_path: Path) -> None:
    """The same numbers, twice; then the real one, also for mails in the outbox."""
    from tests.conftest import engine_on

    outbox = tmp_path / "outbox"
    outbox.mkdir()
    for name, days in (("old", 8), ("new", 6)):
        (outbox / f"{name}.eml").touch()
        at = (NOW - timedelta(days=days)).timestamp()
        os.utime(outbox / f"{name}.eml", (at, at))
    with engine_on(database_url) as engine:
        sessions = sessionmaker(engine)
        with sessions.begin() as session:
            session.execute(
                text("INSERT INTO notice_request (email_hash, network_hash, created_at) VALUES ('', '', :at)"),
                {"at": NOW - timedelta(hours=2)},
            )
        counted = [tidying.tidy(sessions, tmp_path, now=NOW, dry_run=True) for _ in range(2)]
        assert counted[0] == counted[1]
        assert {key: count for key, count in counted[0].items() if count} == {"requests": 1, "outbox": 1}
        assert tidying.tidy(sessions, tmp_path, now=NOW) == counted[0]
        assert not any(tidying.tidy(sessions, tmp_path, now=NOW).values())
    assert [file.name for file in outbox.iterdir()] == ["new.eml"]


def test_old_lines_of_the_log_of_the_server_go_while_it_writes(database_url: str, tmp_path: Path) -> None:
    """Lines older than 30 days, with what hangs on them; whoever appends goes on at the end."""
    from tests.conftest import engine_on

    old, young = (f"{NOW - timedelta(days=days):%Y-%m-%d %H:%M:%S}.123 UTC [7] LOG:  " for days in (31, 29))
    log = tmp_path / "postgres.log"
    log.write_text(f"initdb\n{old}oud\n\thangt eraan\n{young}jong\n\tblijft\n")
    with engine_on(database_url) as engine, log.open("ab", buffering=0) as server:
        sessions = sessionmaker(engine)
        assert tidying.tidy(sessions, tmp_path, now=NOW, dry_run=True)["server-log"] == 3
        assert "oud" in log.read_text()
        assert tidying.tidy(sessions, tmp_path, now=NOW)["server-log"] == 3
        server.write(b"erbij\n")
        assert log.read_text() == f"{young}jong\n\tblijft\nerbij\n"
        assert tidying.tidy(sessions, tmp_path, now=NOW + timedelta(days=60))["server-log"] == 3
    assert log.read_text() == ""


def test_the_pages_say_what_the_job_does(sample_client: TestClient) -> None:
    """docs/privacy.md and /privacy hold the table of the code, each term with its length and its reason."""
    told = [cells for cells in rows(section(page_text("docs/privacy.md"), "How long")) if len(cells) == 3][2:]
    assert told == [[term.what, str(term), term.why] for term in retention.TERMS]
    page = sample_client.get("/privacy", headers={"Accept-Language": "en"}).text
    words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("&#39;", "'")
    for term in retention.TERMS:
        assert f"{term.what} {term}. {term.why}" in words, term.key
