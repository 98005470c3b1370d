"""Bulk loading: rows go by COPY into temporary tables that live as long as the transaction."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

#: Temporary tables and their columns; geometry columns get the storage SRID when rows are written.
TABLES = {
    "incoming_area": "code text, kind text, name text, parent_code text, municipality_code text, population int, "
    "households int, addresses int, fingerprint text, geom geometry, label_point geometry",
    "incoming": "id bigint, name text, road_class text, bridge boolean, tunnel boolean, municipality_code text, "
    "municipality text, fingerprint text, geom geometry",
    "incoming_piece": "line_id bigint, street_key bigint",
    "incoming_street": "key bigint, municipality_code text, municipality text, name text, length_m double precision, "
    "piece int, street_id bigint, geom geometry, is_new boolean, moved boolean",
    "street_pair": "key bigint, street_id bigint, same_municipality boolean, shared_m double precision",
    "incoming_line": "id bigint, street_id bigint, fingerprint text",
    "stored_line": "id bigint, street_id bigint, fingerprint text, source text, in_box boolean",
    "gone_line": "geom geometry",
    "affected_line": "segment_id bigint, context boolean",
    "divide_line": "id bigint, geom geometry",
    "divide_area": "id bigint, kind text, code text, geom geometry",
    "divided": "id bigint, area_id bigint",
    "touched_street": "street_id bigint",
}


def temporary(session: Session, *tables: str) -> None:
    """Make these temporary tables, empty, for the rest of the transaction."""
    for table in tables:
        session.execute(text(f"DROP TABLE IF EXISTS pg_temp.{table}"))
        session.execute(text(f"CREATE TEMPORARY TABLE {table} ({TABLES[table]}) ON COMMIT DROP"))


def analyse(session: Session, *tables: str) -> None:
    """Tell the planner what these tables hold; a table just filled counts as empty otherwise."""
    for table in tables:
        if table in TABLES:
            session.execute(text(f"ANALYZE {table}"))
        else:  # not ours to look at, but the owner's
            session.execute(text("SELECT take_samples(:name)"), {"name": table})


def copy(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows into a table by COPY, in the session's own transaction; geometry as hexadecimal EWKB."""
    connection = session.connection().connection.driver_connection
    assert connection is not None  # noqa: S101  a session in a transaction has a connection
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)
