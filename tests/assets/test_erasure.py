"""Erasing a person: what goes, what stays without words, and that nothing brings it back."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import erased_list
from assets import (
    activities,
    connections,
    consents,
    erasure,
    history,
    inventory,
    lookups,
    mails,
    personal_export,
    personal_links,
    relay,
)
from assets import suggestions as suggested
from assets.drafts import ActivityDraft, AssetDraft
from assets.errors import Conflict, NotAllowed, NotFound
from assets.idempotency_keys import IdempotencyKey
from assets.importers import asset_table
from assets.mails import Mail
from assets.permissions import OPERATOR, VISITOR, Viewer
from assets.vocabulary import Audience, ConnectionKind, LookupKind, Role, SuggestionKind
from tests import neighbourhood
from tests.conftest import SECRET
from tests.neighbourhood import BUILDER, DAY

#: Stands in everything that is said of the person, and nowhere else.
WORD = "Zilvervisje"


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood without anybody in it."""
    folder = tmp_path / "map"
    folder.mkdir()
    neighbourhood.draw(session, folder)
    return session


def truus(session: Session, **more: object) -> int:
    """The number of a person of whom everything is kept that can be kept."""
    draft = AssetDraft.model_validate(
        {
            "kind": "person", "title": f"Truus {WORD}", "description": f"Zingt over een {WORD}",
            "rhythm": f"elke {WORD}", "gifts": [{"of": "hands", "what": f"{WORD}en breien"}],
            "place": {"area": "BU00010102"}, **more,
        }
    )  # fmt: skip
    number = inventory.add(session, draft, by=BUILDER, source="lijst", source_key="7", today=DAY).id
    consents.record(
        session, number, audience=Audience.public, wording_version="2026-11", wording=f"Mag dit, {WORD}?",
        language="nl", given_on=date.today(), by=BUILDER.name,
    )  # fmt: skip
    happened = ActivityDraft(asset_id=number, held_on=DAY, participants=3, note=f"{WORD} gezongen")
    activities.add(session, happened, by=BUILDER, today=DAY)
    club = inventory.add(session, neighbourhood.thing("club", "Koor", (120, 130)), by=BUILDER, today=DAY)
    connections.add(session, number, ConnectionKind.organises, club.id, by=BUILDER)
    suggested.propose(
        session, SuggestionKind.changed, by=VISITOR, asset_id=number, note=f"{WORD} is nu op dinsdag", language="nl"
    )
    personal_links.make(session, number, by=BUILDER)
    mails.hand_in(
        session,
        Mail(recipient="buur@example.org", language="nl", subject=WORD, body=WORD, about=[f"asset:{number}"]),
    )
    body = json.dumps({"type": "Feature", "id": number, "properties": {"title": WORD}})
    session.add(IdempotencyKey(holder="token:1", key="k", fingerprint="", status=201, headers={}, body=body))
    other = json.dumps({"type": "Feature", "id": number * 10, "properties": {"participants": number}})
    session.add(IdempotencyKey(holder="token:1", key="l", fingerprint="", status=201, headers={}, body=other))
    session.flush()
    return number


def tables(session: Session) -> list[str]:
    """Every table of the database."""
    return list(
        session.scalars(
            text(
                "SELECT table_name FROM information_schema.tables"
                " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            )
        )
    )


def where_it_stands(session: Session, word: str = WORD) -> set[str]:
    """The tables in which a word stands, in whatever column; also what the planner keeps as samples."""
    session.flush()
    found = set()
    for table in (*tables(session), "pg_stats"):
        query = text(f"SELECT count(*) FROM {table} AS t WHERE t::text ILIKE :word")
        if session.scalar(query, {"word": f"%{word}%"}):
            found.add(table)
    return found


def test_nothing_is_left_of_what_was_said(drawn: Session) -> None:
    """The word stands in nine tables before, and in none after; the history keeps that it happened."""
    number = truus(drawn)
    drawn.execute(text("ANALYZE"))
    before = where_it_stands(drawn)
    rows = len(history.of_asset(drawn, number))
    assert before >= {"asset", "consent", "activity", "suggestion", "change", "mail", "idempotency_key", "pg_stats"}

    erasure.erase(drawn, number, by=OPERATOR, today=DAY)

    assert where_it_stands(drawn) == set()
    for table in ("consent", "activity", "suggestion", "connection", "personal_link", "energy_share"):
        assert drawn.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
    kept = history.of_asset(drawn, number)
    assert len(kept) == rows + 1
    assert (kept[0].action, kept[0].by) == ("erased", OPERATOR.name)
    assert [(one.before, one.after) for one in kept] == [(None, None)] * len(kept)
    answers = drawn.execute(text("SELECT key, status, body <> '' FROM idempotency_key ORDER BY key")).all()
    assert answers == [("k", 0, False), ("l", 201, True)]


def test_what_remains_tells_that_there_was_a_consent(drawn: Session) -> None:
    """The number, two marks and the days and version of the consent: nothing that names anybody."""
    number = truus(drawn)
    erasure.erase(drawn, number, by=OPERATOR, today=date.today())
    row = drawn.execute(text("SELECT asset_id, identity, source_mark, consents FROM erasure")).one()
    assert row.asset_id == number
    assert len(row.identity) == len(row.source_mark) == 64
    today = date.today().isoformat()
    assert row.consents == [
        {"audience": "public", "wording_version": "2026-11", "language": "nl", "given_on": today, "ended_on": today}
    ]


def test_only_persons_and_only_by_who_may_change_them(drawn: Session) -> None:
    """A club keeps its history; a builder of elsewhere erases nobody here; the person may erase themselves."""
    number = truus(drawn)
    club = inventory.add(drawn, neighbourhood.thing("club", "Naaiclub", (100, 100)), by=BUILDER, today=DAY)
    with pytest.raises(Conflict):
        erasure.erase(drawn, club.id, by=OPERATOR)
    for stranger in (VISITOR, Viewer("Elders", Role.builder, roles={-1: Role.builder})):
        with pytest.raises(NotAllowed):
            erasure.erase(drawn, number, by=stranger)
    asset = inventory.get(drawn, number)
    erasure.erase(drawn, number, by=personal_links.owner_of(asset))
    for twice in (OPERATOR, BUILDER):
        with pytest.raises(NotFound):
            erasure.erase(drawn, number, by=twice)


def test_an_import_does_not_bring_back_who_was_erased(drawn: Session, tmp_path: Path) -> None:
    """The row of the erased person is refused without its words; the others are imported again as before."""
    table = tmp_path / "lijst.csv"
    table.write_text(f"id,soort,titel\n7,bewoner,Truus {WORD}\n8,bewoner,Piet\n", encoding="utf-8")
    first = asset_table.import_assets(drawn, table)
    assert first.added == 2, first.refusals
    number = drawn.execute(text("SELECT id FROM asset WHERE title LIKE 'Truus%'")).scalar_one()

    erasure.erase(drawn, number, by=OPERATOR)
    again = asset_table.import_assets(drawn, table)

    assert (again.added, again.unchanged, again.refused) == (0, 1, 1)
    assert (again.refusals[0].value, again.refusals[0].reason) == ("", asset_table.ERASED)
    assert where_it_stands(drawn) == set()


def test_the_export_accounts_for_every_column_of_the_database(drawn: Session) -> None:
    """Every table is given or explained; of those that are given every column is, but for those that are listed."""
    number = truus(drawn)
    relay.confirm(drawn, relay.ask(drawn, number, "truus@example.org", language="nl", key=SECRET, by="test"))
    relay.send(drawn, number, "Dag", network="n", key=SECRET)
    lookups.note(drawn, OPERATOR, LookupKind.person, asset_ids=[number])
    given = erasure.export(drawn, number)
    assert set(tables(drawn)) == set(personal_export.ABOUT) | set(personal_export.NOT_ABOUT)
    for table, rows in given.items():
        query = text("SELECT column_name FROM information_schema.columns WHERE table_name = :table")
        columns = set(drawn.scalars(query, {"table": table}))
        assert columns >= set(personal_export.LEFT_OUT.get(table, ())), table
        for row in rows:
            assert set(row) == columns - set(personal_export.LEFT_OUT.get(table, ())), table
    assert {table for table, rows in given.items() if not rows} == {"photo", "review"}


# --- the list beside the database ---


def test_the_list_is_written_after_the_commit(drawn: Session, tmp_path: Path) -> None:
    """An erasure that is taken back is not on the list; one that is committed is, in a closed file."""
    drawn.info[erasure.AFTERWARDS] = erased_list.Beside(tmp_path)
    number, file = truus(drawn), tmp_path / erased_list.NAME
    drawn.commit()
    erasure.erase(drawn, number, by=OPERATOR)
    drawn.rollback()
    assert not file.exists()
    erasure.erase(drawn, number, by=OPERATOR)
    drawn.commit()
    drawn.commit()
    assert [one.asset_id for one in erased_list.read(file)] == [number]
    assert file.stat().st_mode & 0o777 == 0o600
    assert WORD not in file.read_text(encoding="utf-8")
    assert erased_list.read(file) == erasure.records(drawn)


def test_half_a_line_loses_no_other(tmp_path: Path) -> None:
    """The machine stopped in the middle of a line: the lines before and after it are read."""
    file = tmp_path / erased_list.NAME
    record = erasure.Record("d", 1, "i", None, (), (), datetime(2026, 6, 1, tzinfo=UTC))
    erased_list.append(file, [record])
    with file.open("a", encoding="utf-8") as stream:
        stream.write('{"database": "d", "as')
    erased_list.append(file, [record])
    assert erased_list.read(file) == [record, record]


def test_a_mail_in_the_outbox_that_tells_of_it_goes(tmp_path: Path) -> None:
    """Without a mail server mails are files; only those that tell of the entry are thrown away."""
    for name, about in (("a", "asset:1"), ("b", "asset:12"), ("c", "suggestion:4 asset:1")):
        head = f"{erased_list.TELLS_OF}: {about}\r\n\r\nasset:1"
        (tmp_path / f"{name}.eml").write_bytes(head.encode())
    erased_list.forget_mails(tmp_path, ["asset:1"])
    assert [file.name for file in tmp_path.iterdir()] == ["b.eml"]
