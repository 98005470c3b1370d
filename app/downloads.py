"""Whole collections as records for files: what the API pages through, read to the end."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import shapely
from sqlalchemy.orm import Session

from app.api.collections import COLLECTIONS
from assets import features
from assets.features import Look

#: Rows read at a time.
CHUNK = 1000


def columns(collection: str) -> tuple[str, ...]:
    """The columns of a file of this collection: the id and the properties of the API."""
    names = tuple(COLLECTIONS[collection].properties)
    return names if "code" in names else ("id", *names)


def records(
    session: Session, collection: str, *, filters: Mapping[str, Any], srid: int, on: date, most: int | None = None
) -> list[dict[str, Any]]:
    """Every item of areas, assets or activities that fits, with `geometry` as a shape in `srid`.

    Reading stops soon after `most`, so that the caller can tell that there are more.
    """
    found: list[dict[str, Any]] = []
    after: int | None = None
    look = Look(srid, False, 3 if srid not in (4326, 4258) else 7)
    while True:
        rows = features.page(session, collection, filters=filters, look=look, limit=CHUNK, after=after, on=on)
        found += [_record(row.feature) for row in rows]
        if len(rows) < CHUNK or (most is not None and len(found) > most):
            return found
        after = rows[-1].id


def _record(text: str) -> dict[str, Any]:
    feature = json.loads(text)
    geometry = feature["geometry"]
    values = {name: _plain(value) for name, value in feature["properties"].items()}
    shape = None if geometry is None else shapely.from_geojson(json.dumps(geometry))
    return {"id": feature["id"], **values, "geometry": shape}


def _plain(value: Any) -> Any:
    """A value that fits one cell: gifts as `head: baking`, days as days."""
    if isinstance(value, list):
        return [_words(one) for one in value]
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


def _words(value: Any) -> str:
    if isinstance(value, dict):
        pair: Sequence[str] = [str(part) for part in value.values()]
        return ": ".join(pair)
    return str(value)
