"""Pages of items: the question resolved, the cursor, the links, the count, and what need not be sent again."""

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from cachetools import LRUCache
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.api import boxes, negotiation, schemas
from app.api.collections import Collection
from app.geojson import CSV, GEOJSON, address, collection, link, table
from app.parameters import (
    CRS84,
    CURSOR,
    DEFAULT_LIMIT,
    AfterParameter,
    BoxCrsParameter,
    BoxParameter,
    CrsParameter,
    IntervalParameter,
    LimitParameter,
    WireCrs,
    today,
    wire_crs,
)
from app.problems import API_PREFIX, base_url
from assets import crs, features
from assets.errors import Fault, Invalid
from assets.features import FeatureRow, Look

#: Every answer is asked for anew; a client that holds it gets 304.
FRESH = {"Cache-Control": "no-cache", "Vary": "Accept, Authorization"}

ListFormat = Annotated[str, WithJsonSchema({"type": "string", "enum": ["json", "geojson", "csv", "gpkg", "xlsx"]})]


class ItemsQuery(BaseModel):
    """Parameters that every page of items has."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)
    bbox: BoxParameter = None
    bbox_crs: BoxCrsParameter = Field(CRS84, alias="bbox-crs")
    crs: CrsParameter = CRS84
    datetime: IntervalParameter = None
    limit: LimitParameter = DEFAULT_LIMIT
    after: AfterParameter | None = None
    f: Annotated[
        ListFormat | None,
        Field(
            pattern="^(json|geojson|csv|gpkg|xlsx)$",
            description="Format of the answer; else by Accept. `gpkg` (in the storage CRS) and `xlsx` hold everything "
            "that fits, not a page.",
        ),
    ] = None


def cursor(last_id: int) -> str:
    """The opaque `after` of the page that follows this id."""
    return f"k{last_id:x}"


def read_cursor(value: str | None) -> int | None:
    """The id in a cursor that we made; Invalid for anything else."""
    if value is None:
        return None
    if not re.fullmatch(CURSOR, value, re.ASCII):
        raise Invalid.at("after", "This is no place in the list; take the `next` link of an answer.")
    return int(value[1:], 16)


def the_crs(uri: str, storage_srid: int, parameter: str) -> WireCrs:
    """The coordinate reference system of a URI; Invalid when this deployment does not answer in it."""
    known = wire_crs(storage_srid)
    if uri not in known:
        raise Invalid.at(
            parameter, f"This coordinate reference system is not known here; use one of {', '.join(known)}."
        )
    return known[uri]


def look_of(wire: WireCrs) -> Look:
    """How coordinates are written in this coordinate reference system."""
    return Look(wire.srid, wire.north_first, wire.decimals)


def known_already(request: Request, tag: str) -> bool:
    """Whether the client holds this entity already (If-None-Match, weakly compared)."""
    header = request.headers.get("if-none-match", "")
    held = {one.strip().removeprefix("W/") for one in header.split(",")}
    return "*" in held or tag.removeprefix("W/") in held


@dataclass(frozen=True)
class Asked:
    """What a page of items is asked for, with everything that depends on the deployment resolved.

    Attributes:
        version: of the data; with the day and the address it decides the whole answer.
    """

    collection: Collection
    format: str
    wire: WireCrs
    look: Look
    box: Any
    after: int | None
    limit: int
    version: int

    @property
    def tag(self) -> str:
        """The entity tag of the page: weak, because the moment of the answer stands in it."""
        return f'W/"{self.version}-{today():%Y%m%d}-{self.format}"'


def asked(request: Request, session: Session, found: Collection, query: ItemsQuery) -> Asked:
    """The question resolved; every fault at once."""
    chosen = negotiation.chosen(request, negotiation.FEATURES, query.f)
    storage = crs.storage(session)
    faults: list[Fault] = []
    after, box, wire = None, None, wire_crs(storage.srid)[CRS84]
    for resolve in ("crs", "bbox", "after"):
        try:
            if resolve == "crs":
                wire = the_crs(query.crs, storage.srid, "crs")
            elif resolve == "after":
                after = read_cursor(query.after)
            elif query.bbox is not None:
                box = boxes.shape_of(query.bbox, the_crs(query.bbox_crs, storage.srid, "bbox-crs"), storage)
        except Invalid as refused:
            faults += refused.faults
    if faults:
        raise Invalid("{number} fault(s) in the request.", faults=faults, number=len(faults))
    version = features.data_version(session)
    return Asked(found, chosen, wire, look_of(wire), box, after, query.limit, version)


def unchanged(request: Request, question: Asked) -> Response | None:
    """A 304 when the client holds this page of this version of the data already."""
    if not known_already(request, question.tag):
        return None
    return Response(status_code=304, headers=FRESH | {"ETag": question.tag, "Content-Crs": f"<{question.wire.uri}>"})


class Counts:
    """How many items fit a question, kept per version of the data: paging on does not count again."""

    def __init__(self) -> None:
        self._kept: LRUCache[Any, int | None] = LRUCache(2000)
        self._lock = threading.Lock()

    def of(self, question: Asked, what: Any, rows: Sequence[FeatureRow], count: Callable[[], int | None]) -> int | None:
        """The number: known when the first page holds everything, else kept, else counted."""
        if question.after is None and len(rows) <= question.limit:
            return len(rows)
        key = (question.collection.id, question.version, question.box and question.box.wkb, repr(what))
        with self._lock:
            if key in self._kept:
                return self._kept[key]
        number = count()
        with self._lock:
            self._kept[key] = number
        return number


def page(request: Request, question: Asked, rows: Sequence[FeatureRow], matched: int | None) -> Response:
    """The answer for a page; `rows` may hold one more than asked for, which tells that there is a next page."""
    shown = rows[: question.limit]
    given = request.query_params.multi_items()
    path, base = request.url.path, base_url(request)
    media, other = (CSV, "json") if question.format == "csv" else (GEOJSON, "csv")
    links = [link(address(base, path, given), "self", media, "This page")]
    if len(rows) > question.limit:
        kept = [(name, value) for name, value in given if name != "after"]
        links.append(link(address(base, path, [*kept, ("after", cursor(shown[-1].id))]), "next", media, "Next page"))
    without_format = [(name, value) for name, value in given if name != "f"]
    links += [
        link(address(base, path, [*without_format, ("f", other)]), "alternate", GEOJSON if other == "json" else CSV),
        link(f"{base}{API_PREFIX}/collections/{question.collection.id}", "collection", "application/json"),
    ]
    headers = FRESH | {
        "ETag": question.tag,
        "Content-Crs": f"<{question.wire.uri}>",
        "OGC-NumberReturned": str(len(shown)),
    }
    if matched is not None:
        headers["OGC-NumberMatched"] = str(matched)
    texts = [row.feature for row in shown]
    if question.format == "csv":
        headers |= {
            "Link": ", ".join(
                f'<{one["href"]}>; rel="{one["rel"]}"' for one in links if one["rel"] in ("self", "next")
            ),
            "Content-Disposition": f'attachment; filename="{question.collection.id}.csv"',
            "Content-Type": CSV,
        }
        return Response(table(texts, list(question.collection.properties)), headers=headers)
    return Response(collection(texts, links, matched), headers={**headers, "Content-Type": GEOJSON})


#: Media types of answers that are a whole file.
FILES = ("application/geopackage+sqlite3", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def page_answers(found: Collection) -> dict[int | str, dict[str, Any]]:
    """The documented answers of a page of items."""
    content = schemas.content(GEOJSON, f"{found.item}Collection") | {"text/csv": {"schema": {"type": "string"}}}
    content |= {kind: {"schema": {"type": "string", "format": "binary"}} for kind in FILES}
    ok = schemas.answers(
        "A page of items",
        content,
        Content_Crs="Coordinate reference system of the answer.",
        ETag="For If-None-Match.",
        OGC_NumberReturned="Items on this page.",
    )
    return {200: ok, 304: {"description": "Not changed"}} | schemas.refusals(400, 404, 413)
