"""Everything that is kept about a person, for themselves: JSON for programs, CSV for a spreadsheet.

The tables stand in ABOUT, each with how its rows are found. Every column of them is given but for those in LEFT_OUT; a
test reads the tables and columns from the database and fails for one that is in neither.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import relay, walls
from assets.exports import FORMULA_STARTS

#: What is kept about the person of an entry (:id), in the order of the file.
ABOUT: dict[str, str] = {
    "asset": "t.id = :id",
    "consent": "t.asset_id = :id",
    "activity": "t.asset_id = :id",
    "connection": "t.from_id = :id OR t.to_id = :id",
    "photo": "t.asset_id = :id",
    "suggestion": "t.asset_id = :id",
    "change": "(t.subject = 'asset' AND t.subject_id = :id) OR t.about @> ARRAY[CAST(:id AS bigint)]",
    "personal_link": "t.asset_id = :id",
    "mail": "t.about @> ARRAY['asset:' || :id]",
    "relay_address": "t.asset_id = :id",
    "relay_message": "t.asset_id = :id",
    "review": "t.asset_id = :id",
    "lookup": "t.asset_id = :id",
}
#: Columns that say the same again, hold a secret of ours, or are about somebody else.
LEFT_OUT: dict[str, tuple[str, ...]] = {
    "asset": ("geom_3857", "words", "names", "talents"),
    # who sent it in is somebody else
    "suggestion": ("contact", "sender", "follow_hash", "table_id"),
    # the picture itself stands on the page
    "photo": ("large", "small"),
    "personal_link": ("token_hash",),
    # it is somebody else's letter, or holds a link that opens something
    "mail": ("message_key", "recipient", "body", "stop_url", "reply_to", "notice_id", "since", "about"),
    # the address itself is given, unsealed
    "relay_address": ("sealed", "token_hash"),
    # who sent it is somebody else
    "relay_message": ("network", "token_hash"),
    "review": ("token_hash",),
    "lookup": ("holder", "quarter"),
}
#: Values that are given to the person otherwise than they are kept.
GIVEN_AS: dict[str, str] = {
    # of the own community the name is told; of the municipality, and of who runs the map, the role (assets/lookups.py)
    "lookup": "jsonb_build_object('by', CASE WHEN t.role NOT IN ('analyst', 'admin') THEN t.by END)",
}
NOTHING = "CAST('{}' AS jsonb)"
#: All other tables, each with why nothing of it is given.
NOT_ABOUT: dict[str, str] = {
    **dict.fromkeys(("stretch", "stretch_part"), "of street initiatives; a person has no stretch of street"),
    "energy_share": "worked out from the activities that are given",
    "erasure": "is written when there is nothing left to give",
    "departure": "the number of a community that left",
    "idempotency_key": "copies of answers, of a week, about what is given",
    **dict.fromkeys(
        (
            "account", "bundled_mail", "invitation", "membership", "second_factor", "sign_in", "sign_in_link",
            "table_evening", "token",
        ),
        "of those who sign in; nobody is on the map by it",
    ),
    **dict.fromkeys(
        ("notice", "notice_link", "notice_request", "subscriber"), "of those who ask for mail; it names no entry"
    ),
    "conversation": "about a street; it has no field for a person",
    "measurement": "about litter in a street",
    **dict.fromkeys(("asset_count", "counted_area", "stale_count"), "counts; persons are not among them"),
    **dict.fromkeys(
        ("address", "ambition", "area", "segment", "street", "street_edge", "street_part"), "the map itself"
    ),
    **dict.fromkeys(
        ("alembic_version", "community", "data_version", "deployment", "import_batch", "sharing", "spatial_ref_sys"),
        "of the service as a whole",
    ),
    **dict.fromkeys(
        ("procrastinate_events", "procrastinate_jobs", "procrastinate_periodic_defers", "procrastinate_workers"),
        "numbers of mails that wait",
    ),
}  # fmt: skip


def everything(session: Session, asset_id: int, *, key: str | None = None) -> dict[str, list[dict[str, Any]]]:
    """The rows about the person of this entry, by table; with `key`, the service's own secret, what is sealed too."""
    found: dict[str, list[dict[str, Any]]] = {}
    with walls.everywhere(session):  # also by the person, who is of no community
        for table, condition in ABOUT.items():
            query = text(
                f"SELECT to_jsonb(t) - CAST(:without AS text[]) || {GIVEN_AS.get(table, NOTHING)}"  # noqa: S608 - from the lists above
                f" FROM {table} AS t WHERE {condition} ORDER BY t.id"
            )
            binds = {"id": asset_id, "without": list(LEFT_OUT.get(table, ()))}
            found[table] = list(session.scalars(query, binds))
    if key is not None and (address := relay.address_of(session, asset_id, key)) is not None:
        found["relay_address"][0]["email"] = address[0]
    return found


def as_json(session: Session, asset_id: int, *, key: str | None = None) -> bytes:
    """Everything as one JSON object."""
    told = {"made_at": datetime.now(UTC).isoformat(timespec="seconds"), **everything(session, asset_id, key=key)}
    return json.dumps(told, ensure_ascii=False, indent=2).encode()


def as_csv(
    session: Session,
    asset_id: int,
    *,
    key: str | None = None,
    head: Sequence[str] = ("what", "number", "field", "value"),
    named: Mapping[str, str] | None = None,
) -> bytes:
    """Everything as a table of four columns: what it is, which one, which field, and its value.

    Args:
        key: the service's own secret.
        head: of the four columns.
        named: words for fields by their name, and for tables by their name with a point behind it; without it the names
            are those of the JSON.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(head)
    for table, rows in everything(session, asset_id, key=key).items():
        for row in rows:
            about = table if named is None else named.get(f"{table}.", table)
            for field, value in row.items():
                called = field if named is None else named.get(field, field.replace("_", " "))
                writer.writerow([about, row["id"], called, _cell(value)])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula."""
    said = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return f"'{said}" if said.startswith(FORMULA_STARTS) else said
