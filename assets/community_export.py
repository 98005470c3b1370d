"""Everything of one community as one file to take along: a zip that QGIS, Excel, pandas and people can read.

    write(session, community_id, stream, by=viewer)

It holds what its stewards may see and no more: of persons who withdrew, or whose consent ran out, there is nothing in
it, and no secret is: no link, no token, nobody's e-mail address. Rows are read and written one after another, so that a
large community needs no more memory than a small one. CSV is UTF-8 with a byte order mark, with commas, and cells that
a spreadsheet would run are defused (assets/exports.py).
"""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from assets import history, lookups, sharing
from assets.communities import Community
from assets.community_leave import require_leaver
from assets.errors import Conflict, NotFound
from assets.exports import defused
from assets.permissions import Viewer
from assets.vocabulary import LookupKind

#: Rows read at a time, and photos.
CHUNK, PHOTOS = 500, 10
#: One file of a community is made at a time.
BUSY = text("SELECT pg_try_advisory_xact_lock(7310460, CAST(:id AS integer))")
MOST = text("SELECT set_config('statement_timeout', '600000', true)")
WORDS = Path(__file__).parent / "community_export_readme.txt"
#: In history, keys that tell who somebody is to this service or how to reach them.
UNTOLD = ("holder", "email", "address", "contact", "token", "recipient")

#: The entries that are told about: everything but who withdrew.
SEEN = """WITH seen AS MATERIALIZED (
    SELECT a.* FROM asset AS a
    WHERE a.community_id = :id AND NOT (a.kind = 'person' AND is_closed(a.id))
), hidden AS MATERIALIZED (
    SELECT a.id FROM asset AS a WHERE a.community_id = :id AND a.kind = 'person' AND is_closed(a.id)
)
"""
ENTRIES = text(
    SEEN
    + """SELECT CAST(json_build_object(
    'type', 'Feature', 'id', a.id,
    'geometry', CAST(ST_AsGeoJSON(ST_Transform(a.geom, 4326), 7) AS json),
    'properties', json_build_object(
        'number', a.id, 'kind', a.kind, 'title', a.title, 'description', a.description, 'themes', to_json(a.themes),
        'gifts', a.gifts, 'state', a.state, 'started_on', a.started_on, 'ended_on', a.ended_on,
        'placement', a.placement, 'area_code', n.code, 'area_name', n.name, 'street', s.name, 'rhythm', a.rhythm,
        'recurrence', a.recurrence, 'recurrence_start', a.recurrence_start,
        'recurrence_minutes', a.recurrence_minutes, 'open_to_newcomers', a.open_to_newcomers,
        'resident_run', a.resident_run, 'wheelchair_accessible', a.wheelchair_accessible,
        'member_count', a.member_count, 'language', a.language, 'signs', to_json(a.signs),
        'audience', CASE WHEN a.kind = 'person' THEN COALESCE(c.audience, 'builders') ELSE 'public' END,
        'consent', CASE WHEN a.kind <> 'person' THEN 'not needed' WHEN c.id IS NULL THEN 'not asked yet'
                        ELSE 'given' END,
        'consent_until', c.expires_on,
        'takes_messages', r.id IS NOT NULL,
        'source', a.source, 'source_key', a.source_key, 'created_by', a.created_by,
        'created_at', a.created_at, 'changed_at', a.changed_at)) AS text) AS feature
FROM seen AS a
LEFT JOIN area AS n ON n.id = a.area_id
LEFT JOIN street AS s ON s.id = a.street_id
LEFT JOIN consent AS c ON c.asset_id = a.id AND c.withdrawn_at IS NULL
LEFT JOIN relay_address AS r ON r.asset_id = a.id AND r.confirmed_at IS NOT NULL
ORDER BY a.id"""
)


@dataclass(frozen=True)
class Table:
    """A file of rows: its name, its columns in order, and how its rows are read from `seen` and `hidden`."""

    name: str
    columns: tuple[str, ...]
    query: str


TABLES = (
    Table(
        "activities.csv",
        ("id", "asset_id", "title", "kind", "held_on", "participants", "hours", "note", "recorded_by"),
        """SELECT t.id, t.asset_id, a.title, t.kind, t.held_on, t.participants, t.hours, t.note, t.recorded_by
        FROM activity AS t JOIN seen AS a ON a.id = t.asset_id ORDER BY t.id""",
    ),
    Table(
        "connections.csv",
        ("id", "from_id", "from_title", "kind", "to_id", "to_title", "since", "created_by"),
        # of the other end, when it is of another community, no more than its number: who it is, is for them to say
        """SELECT t.id, t.from_id, f.title AS from_title, t.kind, t.to_id, o.title AS to_title, t.since,
            CASE WHEN f.id IS NOT NULL THEN t.created_by END AS created_by
        FROM connection AS t LEFT JOIN seen AS f ON f.id = t.from_id LEFT JOIN seen AS o ON o.id = t.to_id
        WHERE (f.id IS NOT NULL OR o.id IS NOT NULL)
          AND NOT is_closed(t.from_id) AND NOT is_closed(t.to_id) ORDER BY t.id""",
    ),
    Table(
        "conversations.csv",
        ("id", "street", "municipality", "area_code", "area_name", "held_on", "neighbours", "note", "recorded_by"),
        """SELECT t.id, s.name AS street, s.municipality, n.code AS area_code, n.name AS area_name, t.held_on,
            t.neighbours, t.note, t.recorded_by
        FROM conversation AS t JOIN street AS s ON s.id = t.street_id LEFT JOIN area AS n ON n.id = t.area_id
        WHERE t.community_id = :id ORDER BY t.id""",
    ),
    Table(
        "stretches.csv",
        ("id", "asset_id", "title", "street", "municipality", "whole_street", "length_m", "line_wkt"),
        """SELECT t.id, t.asset_id, a.title, s.name AS street, s.municipality, t.whole_street,
            round(CAST(t.length_m AS numeric), 1) AS length_m, ST_AsText(ST_Transform(t.geom, 4326), 7) AS line_wkt
        FROM stretch AS t JOIN seen AS a ON a.id = t.asset_id JOIN street AS s ON s.id = t.street_id ORDER BY t.id""",
    ),
    Table(
        "suggestions.csv",
        ("id", "kind", "state", "asset_id", "note", "reason", "draft", "language", "created_at", "decided_at",
         "decided_by", "answer"),
        """SELECT t.id, t.kind, t.state, t.asset_id, t.note, t.reason, t.draft, t.language, t.created_at,
            t.decided_at, t.decided_by, t.answer
        FROM suggestion AS t WHERE t.community_id = :id
          AND (t.asset_id IS NULL OR t.asset_id NOT IN (SELECT id FROM hidden)) ORDER BY t.id""",
    ),
    Table(
        "consents.csv",
        ("id", "asset_id", "title", "audience", "wording_version", "wording", "language", "given_on", "expires_on",
         "withdrawn_at", "recorded_by"),
        """SELECT t.id, t.asset_id, a.title, t.audience, t.wording_version, t.wording, t.language, t.given_on,
            t.expires_on, t.withdrawn_at, t.recorded_by
        FROM consent AS t JOIN seen AS a ON a.id = t.asset_id ORDER BY t.id""",
    ),
    Table(
        "history.csv",
        ("id", "changed_at", "by", "subject", "subject_id", "action", "about", "suggested_by", "undoes", "before",
         "after"),
        """SELECT t.id, t.changed_at, t.by, t.subject, t.subject_id, t.action, t.about, t.suggested_by, t.undoes,
            t.before - CAST(:untold AS text[]) AS before, t.after - CAST(:untold AS text[]) AS after
        FROM change AS t WHERE t.community_id = :id
          AND NOT (t.subject = 'asset' AND t.subject_id IN (SELECT id FROM hidden))
          AND (t.about = '{}' OR NOT EXISTS (SELECT FROM unnest(t.about) AS n WHERE is_closed(n)))
        ORDER BY t.id""",
    ),
    Table(
        "members.csv",
        ("name", "role"),
        """SELECT a.name, m.role FROM membership AS m JOIN account AS a ON a.id = m.account_id
        WHERE m.community_id = :id AND a.closed_at IS NULL ORDER BY lower(a.name), a.id""",
    ),
    Table(
        "areas.csv",
        ("code", "name", "kind", "entries", "conversations"),
        """SELECT n.code, n.name, n.kind, COALESCE(e.entries, 0) AS entries,
            COALESCE(c.conversations, 0) AS conversations
        FROM area AS n
        LEFT JOIN (SELECT area_id, count(*) AS entries FROM seen GROUP BY area_id) AS e ON e.area_id = n.id
        LEFT JOIN (SELECT area_id, count(*) AS conversations FROM conversation WHERE community_id = :id
                   GROUP BY area_id) AS c ON c.area_id = n.id
        WHERE e.area_id IS NOT NULL OR c.area_id IS NOT NULL ORDER BY n.code""",
    ),
)  # fmt: skip
PICTURES = Table(
    "photos.csv",
    ("file", "asset_id", "suggestion_id", "alt", "language", "width", "height", "created_by", "created_at"),
    """SELECT p.id, p.asset_id, p.suggestion_id, p.alt, p.language, p.width, p.height, p.created_by, p.created_at,
        CASE WHEN p.asset_id IS NULL THEN 'photos/suggestion-' || p.suggestion_id ELSE 'photos/' || p.asset_id END
            || '.jpg' AS file
    FROM photo AS p LEFT JOIN suggestion AS t ON t.id = p.suggestion_id
    WHERE p.asset_id IN (SELECT id FROM seen) OR t.community_id = :id ORDER BY p.id""",
)  # fmt: skip


#: Whoever takes the file along looked at each of them.
PERSONS = text("SELECT id FROM asset WHERE community_id = :id AND kind = 'person'")


def write(session: Session, community_id: int, stream: IO[bytes], *, by: Viewer) -> None:
    """Write the zip to a stream; that it was taken along stands in the community's history.

    Args:
        session: of the owner; one that reads at one moment (REPEATABLE READ) gives files that agree with each other.
        community_id: the community.
        stream: a file that can be written and sought.
        by: a steward of this community, or the operator.

    Raises:
        NotAllowed: somebody else.
        NotFound: it is not here.
        Conflict: the same file is being made for somebody else at this moment.
    """
    require_leaver(by, community_id)
    community = session.get(Community, community_id)
    if community is None:
        raise NotFound("There is no community with the number {id}.", id=community_id)
    if not session.scalar(BUSY, {"id": community_id % 2**31}):
        raise Conflict("This file is being made already. Wait a minute, and try again.")
    session.execute(MOST)
    binds = {"id": community_id, "untold": list(UNTOLD)}
    with ZipFile(stream, "w", ZIP_DEFLATED) as made:
        made.writestr("README.txt", WORDS.read_text(encoding="utf-8"))
        made.writestr("community.json", _about(session, community))
        with _file(made, "assets.geojson") as out:
            _entries(session, out, binds, community.name)
        for table in TABLES:
            with _file(made, table.name) as out:
                _table(session, out, table, binds)
        _photos(session, made, binds)
    lookups.note(session, by, LookupKind.export, community_id=community_id)
    lookups.mark(session, session.scalars(PERSONS, {"id": community_id}), listed=True)
    lookups.settle(session, by)
    history.note(session, "community", community_id, "exported", by=by.name, community_id=community_id)
    session.flush()


def _about(session: Session, community: Community) -> str:
    """What the community is, and what it shares."""
    return json.dumps(
        {
            "slug": community.slug,
            "name": community.name,
            "since": community.created_at.date().isoformat(),
            "exported_at": datetime.now().astimezone().isoformat(timespec="seconds"),
            "shared_with_the_municipality": {
                what.value: {"shared": one.shared, "reason": one.reason}
                for what, one in sharing.of(session, community.id).items()
            },
        },
        ensure_ascii=False,
        indent=2,
    )


def _entries(session: Session, out: IO[str], binds: dict[str, Any], name: str) -> None:
    """The entries as GeoJSON (RFC 7946), one on each line."""
    out.write(f'{{"type":"FeatureCollection","name":{json.dumps(name, ensure_ascii=False)},"features":[')
    for number, row in enumerate(_rows(session, ENTRIES, binds)):
        out.write(f"{',' if number else ''}\n{row.feature}")
    out.write("\n]}\n")


def _table(session: Session, out: IO[str], table: Table, binds: dict[str, Any]) -> None:
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(table.columns)
    for row in _rows(session, text(SEEN + table.query), binds):
        writer.writerow([_cell(getattr(row, name)) for name in table.columns])


def _photos(session: Session, made: ZipFile, binds: dict[str, Any]) -> None:
    """Each photo as a file, and a table with the words that tell what is on it."""
    found: list[tuple[int, str]] = []
    with _file(made, PICTURES.name) as out:
        out.write("\ufeff")
        writer = csv.writer(out)
        writer.writerow(PICTURES.columns)
        for row in _rows(session, text(SEEN + PICTURES.query), binds):
            found.append((row.id, row.file))
            writer.writerow([_cell(getattr(row, name)) for name in PICTURES.columns])
    for begin in range(0, len(found), PHOTOS):
        names = dict(found[begin : begin + PHOTOS])
        pictures = text("SELECT id, large FROM photo WHERE id = ANY (CAST(:ids AS bigint[])) ORDER BY id")
        for row in session.execute(pictures, {"ids": list(names)}):
            made.writestr(ZipInfo(names[row.id], date_time=_moment()), row.large, ZIP_STORED)


def _rows(session: Session, query: Any, binds: dict[str, Any]) -> Iterator[Row[Any]]:
    """Rows of a query as they come, without holding them all."""
    wanted = {name: binds[name] for name in query.compile().params}
    yield from session.execute(query, wanted, execution_options={"stream_results": True, "yield_per": CHUNK})


@contextmanager
def _file(made: ZipFile, name: str) -> Iterator[IO[str]]:
    """A text file in the zip, to be written from front to back."""
    entry = ZipInfo(name, date_time=_moment())
    entry.compress_type = ZIP_DEFLATED
    with made.open(entry, "w", force_zip64=True) as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as out:
        yield out


def _moment() -> tuple[int, int, int, int, int, int]:
    now = datetime.now()  # noqa: DTZ005 - a zip knows local time only
    return now.year, now.month, now.day, now.hour, now.minute, now.second


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(str(one) for one in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, date):
        return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()
    return defused(value)
