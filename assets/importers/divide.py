"""Dividing streets over areas: each line whole to one area, and the parts of streets that follow from it.

Borders of neighbourhoods run along streets, so that cutting lines at borders would flicker: a line goes whole to the
area that holds most of its length, ties to the lower code (domain rule Street part). The areas are the finest that
are known where it lies: neighbourhoods, else districts, else municipalities.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import addresses
from assets.importers import loading
from assets.sql import chosen, statement


def lines(session: Session) -> None:
    """Fill the temporary table `divided` with the area of each line in `divide_line`; lines in no area are absent."""
    loading.temporary(session, "divide_area", "divided")
    session.execute(text("CREATE INDEX ON divide_line USING gist (geom)"))
    loading.analyse(session, "divide_line")
    session.execute(statement("divide_areas"))
    loading.analyse(session, "divide_area")
    session.execute(statement("divide_segments"))
    session.execute(text("CREATE INDEX ON divided (id)"))
    loading.analyse(session, "divided")


def segments(
    session: Session, *, area_ids: Sequence[int] | None = None, street_ids: Sequence[int] | None = None
) -> list[int]:
    """Give stored segments their area again.

    Args:
        session: its transaction is used and left open.
        area_ids: only segments in or near these areas (their boxes, and what belongs to them now).
        street_ids: only segments of these streets.

    Returns:
        Ids of the streets of which a segment went to another area, ascending.
    """
    loading.temporary(session, "divide_line")
    binds: dict[str, dict[str, list[int]]] = {}
    if area_ids is not None:
        binds["areas"] = {"area_ids": list(area_ids)}
    if street_ids is not None:
        binds["streets"] = {"street_ids": list(street_ids)}
    values = {name: value for given in binds.values() for name, value in given.items()}
    session.execute(chosen("divide_scope", frozenset(binds)), values)
    lines(session)
    rows = session.execute(statement("divide_store")).scalars()
    return sorted({street_id for street_id in rows if street_id is not None})


def parts(session: Session, street_ids: Sequence[int] | None = None) -> None:
    """Recompute the street parts of these streets (None: of all) from their segments.

    A part keeps its id as long as its street has a segment in its area; a part that stays the same is not written.
    Addresses follow their street.
    """
    loading.temporary(session, "touched_street")
    if street_ids is None:
        session.execute(text("INSERT INTO touched_street SELECT id FROM street"))
    else:
        loading.copy(session, "touched_street", ["street_id"], ([street_id] for street_id in street_ids))
    loading.analyse(session, "touched_street")
    session.execute(statement("divide_parts_gone"))
    session.execute(statement("divide_parts"))
    session.execute(statement("measurement_parts"))
    addresses.follow(session, street_ids)
