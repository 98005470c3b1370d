"""Which street of a file is which street that is known: so that ids stay when lines change."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from assets.importers import loading
from assets.sql import statement


def match(session: Session) -> None:
    """Fill `street_id`, `is_new` and `piece` of the temporary table `incoming_street`.

    A street of the file is the known one of its name and municipality with which it shares most metres of identical
    lines; failing those the nearest, not further than the gap that makes two streets of one name (1 km). A known street
    without a municipality fits a street of its name within 25 m. Each known street is taken once.
    """
    loading.temporary(session, "street_pair")
    session.execute(statement("import_pairs"))
    loading.analyse(session, "street_pair")
    pairs = session.execute(statement("import_candidates")).all()
    taken: set[int] = set()
    found: dict[int, int] = {}
    for pair in sorted(pairs, key=_best_first):
        if pair.key not in found and pair.street_id not in taken:
            found[pair.key] = pair.street_id
            taken.add(pair.street_id)
    if found:
        session.execute(
            text(
                "UPDATE incoming_street AS i SET street_id = f.street_id "
                "FROM unnest(CAST(:keys AS bigint[]), CAST(:ids AS bigint[])) AS f (key, street_id) "
                "WHERE f.key = i.key"
            ),
            {"keys": list(found), "ids": list(found.values())},
        )
    session.execute(statement("import_pieces_numbered"))


def _best_first(pair: Any) -> tuple[float, bool, float, int, int]:
    return (-(pair.shared_m or 0.0), not pair.same_municipality, pair.distance_m or 0.0, pair.street_id, pair.key)
