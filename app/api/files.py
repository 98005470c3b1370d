"""Whole answers as files for other programs: GeoPackage and Excel hold everything that fits, not a page."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from app import downloads
from app.api.collections import Collection
from app.api.paging import FRESH, Asked
from app.problems import Refusal
from assets import crs, exports
from assets.coverage import StreetPartCoverage
from assets.exports import FileFormat

#: Items in one file; more is for `vuurtoren export` or for paging.
MOST_ITEMS = 50_000


def is_file(question: Asked) -> bool:
    """Whether the answer is a file with everything in it."""
    return question.format in ("gpkg", "xlsx")


def items_file(
    session: Session, question: Asked, filters: Mapping[str, Any], *, on: date, about: Mapping[str, str]
) -> Response:
    """Every item that fits the filters, as a file."""
    name = question.collection.id
    srid = crs.storage(session).srid
    found = downloads.records(session, name, filters=filters, srid=srid, on=on, most=MOST_ITEMS)
    _check(len(found))
    return _answer(question.collection, question.format, found, downloads.columns(name), srid, about)


def streets_file(
    session: Session, question: Asked, rows: Sequence[StreetPartCoverage], *, about: Mapping[str, str]
) -> Response:
    """Every street part that fits, as a file; `rows` carry their geometry in the storage CRS."""
    _check(len(rows))
    srid = crs.storage(session).srid
    columns = exports.STREET_COLUMNS
    return _answer(question.collection, question.format, exports.street_records(rows), columns, srid, about)


def _check(count: int) -> None:
    if count > MOST_ITEMS:
        raise Refusal("too-large", f"A file here has at most {MOST_ITEMS:,} items; choose an area, or read pages.")


def _answer(
    found: Collection,
    format: str,
    records: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    srid: int,
    about: Mapping[str, str],
) -> Response:
    file_format = FileFormat(format)
    body = exports.written(records, file_format=file_format, columns=columns, layer=found.id, srid=srid, about=about)
    headers = FRESH | {
        "Content-Type": exports.MEDIA_TYPES[file_format],
        "Content-Disposition": f'attachment; filename="{found.id}.{format}"',
    }
    return Response(body, headers=headers)
