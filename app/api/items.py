"""Reading items of the collections: pages with links, and single items, as GeoJSON or CSV."""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from starlette.responses import Response

from app import database
from app.access import AnyViewer
from app.api import boxes, negotiation, schemas
from app.api.collections import ACTIVITIES, AREAS, ASSETS, STREETS, Collection
from app.api.landing import ONCE
from app.database import PublicSession
from app.geojson import CSV, GEOJSON, address, collection, feature_text, link, table, with_links
from app.parameters import (
    CRS84,
    DEFAULT_LIMIT,
    LAST_ID,
    AfterParameter,
    AnyThemeParameter,
    AreaKindParameter,
    AreaParameter,
    BoxCrsParameter,
    BoxParameter,
    CrsParameter,
    DateParameter,
    IdParameter,
    InitiativeParameter,
    Interval,
    IntervalParameter,
    KindParameter,
    LimitParameter,
    StateParameter,
    ThemeParameter,
    WireCrs,
    today,
    wire_crs,
)
from app.problems import API_PREFIX, base_url
from assets import areas, coverage, crs, features
from assets.coverage import StreetPartCoverage
from assets.errors import Fault, Invalid, NotFound
from assets.features import FeatureRow, Look
from assets.permissions import GRANTED, Permission, Viewer
from assets.vocabulary import StreetState

router = APIRouter(prefix=f"{API_PREFIX}/collections", dependencies=ONCE)

#: The public API may be asked by anyone's cache, but each answer is asked for anew.
FRESH = {"Cache-Control": "no-cache", "Vary": "Accept, Authorization"}

FeatureFormat = Annotated[str, WithJsonSchema({"type": "string", "enum": ["json"]})]
ListFormat = Annotated[str, WithJsonSchema({"type": "string", "enum": ["json", "geojson", "csv"]})]


class ItemQuery(BaseModel):
    """Parameters of one item."""

    model_config = ConfigDict(extra="forbid")
    crs: CrsParameter = CRS84
    f: Annotated[FeatureFormat | None, Field(pattern="^json$", description="Format of the answer.")] = None


class StreetItemQuery(ItemQuery):
    """Parameters of one street part."""

    theme: AnyThemeParameter = None
    on: DateParameter = None


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
        ListFormat | None, Field(pattern="^(json|geojson|csv)$", description="Format of the answer; else by Accept.")
    ] = None


class AreasQuery(ItemsQuery):
    """Parameters of a page of areas."""

    kind: AreaKindParameter | None = None
    parent: AreaParameter | None = None


class StreetsQuery(ItemsQuery):
    """Parameters of a page of street parts."""

    area: AreaParameter | None = None
    theme: AnyThemeParameter = None
    initiative: InitiativeParameter | None = None
    state: StateParameter | None = None
    on: DateParameter = None


class AssetsQuery(ItemsQuery):
    """Parameters of a page of assets."""

    kind: KindParameter | None = None
    theme: ThemeParameter | None = None
    area: AreaParameter | None = None


class ActivitiesQuery(ItemsQuery):
    """Parameters of a page of activities."""

    asset: IdParameter = None
    area: AreaParameter | None = None


# --- paging ----------------------------------------------------------------------------------------------------


def cursor(last_id: int) -> str:
    """The opaque `after` of the page that follows this id."""
    return base64.urlsafe_b64encode(f"id:{last_id}".encode()).decode().rstrip("=")


def read_cursor(value: str | None) -> int | None:
    """The id in a cursor that we made; Invalid for anything else."""
    if value is None:
        return None
    try:
        text = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    found = re.fullmatch(r"id:([1-9]\d{0,18})", text, re.ASCII)
    if found is None or int(found[1]) > LAST_ID:
        raise Invalid.at("after", "This is no place in the list; take the `next` link of an answer.")
    return int(found[1])


@dataclass(frozen=True)
class Asked:
    """What a page of items is asked for, with everything that depends on the deployment resolved."""

    collection: Collection
    format: str
    wire: WireCrs
    look: Look
    box: Any
    after: int | None
    limit: int


def the_crs(uri: str, storage_srid: int, parameter: str) -> WireCrs:
    """The coordinate reference system of a URI; Invalid when this deployment does not answer in it."""
    known = wire_crs(storage_srid)
    if uri not in known:
        raise Invalid.at(parameter, f"This coordinate reference system is not known here; use one of {', '.join(known)}.")
    return known[uri]


def look_of(wire: WireCrs) -> Look:
    """How coordinates are written in this coordinate reference system."""
    return Look(wire.srid, wire.north_first, wire.decimals)


def asked(request: Request, session: Any, found: Collection, query: ItemsQuery) -> Asked:
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
    return Asked(found, chosen, wire, look_of(wire), box, after, query.limit)


def page(request: Request, question: Asked, rows: Sequence[FeatureRow], matched: int | None) -> Response:
    """The answer for a page; `rows` may hold one more than asked for, which tells that there is a next page."""
    shown = rows[: question.limit]
    given = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    path = request.url.path
    base = base_url(request)
    media = CSV if question.format == "csv" else GEOJSON
    other = "json" if question.format == "csv" else "csv"
    links = [link(address(base, path, request.query_params.multi_items()), "self", media, "This page")]
    if len(rows) > question.limit:
        following = address(base, path, [*given, ("after", cursor(shown[-1].id))])
        links.append(link(following, "next", media, "Next page"))
    without_format = [(name, value) for name, value in request.query_params.multi_items() if name != "f"]
    links += [
        link(address(base, path, [*without_format, ("f", other)]), "alternate", GEOJSON if other == "json" else CSV),
        link(f"{base}{API_PREFIX}/collections/{question.collection.id}", "collection", "application/json"),
    ]
    headers = FRESH | {"Content-Crs": f"<{question.wire.uri}>", "OGC-NumberReturned": str(len(shown))}
    if matched is not None:
        headers["OGC-NumberMatched"] = str(matched)
    if question.format == "csv":
        following_links = [f'<{one["href"]}>; rel="{one["rel"]}"' for one in links if one["rel"] in ("self", "next")]
        headers |= {
            "Link": ", ".join(following_links),
            "Content-Disposition": f'attachment; filename="{question.collection.id}.csv"',
        }
        body = table([row.feature for row in shown], list(question.collection.properties))
        return Response(body, headers={**headers, "Content-Type": CSV})
    return Response(
        collection([row.feature for row in shown], links, matched), headers={**headers, "Content-Type": GEOJSON}
    )


def counted(session: Any, question: Asked, filters: Mapping[str, Any], rows: Sequence[FeatureRow]) -> int | None:
    """How many items fit: known when the first page holds all of them, else counted up to 10,000."""
    if question.after is None and len(rows) <= question.limit:
        return len(rows)
    return features.matched(session, question.collection.id, filters=filters)


def items_answers(found: Collection) -> dict[int | str, dict[str, Any]]:
    """The documented answers of a page of items."""
    content = schemas.content(GEOJSON, f"{found.item}Collection") | {"text/csv": {"schema": {"type": "string"}}}
    ok = schemas.answers(
        "A page of items",
        content,
        Content_Crs="Coordinate reference system of the answer.",
        OGC_NumberReturned="Items on this page.",
    )
    return {200: ok} | schemas.refusals(400, 404)


# --- pages of items --------------------------------------------------------------------------------------------


@router.get("/areas/items", tags=["areas"], summary="Areas", response_class=Response, responses=items_answers(AREAS))
def areas_items(request: Request, query: Annotated[AreasQuery, Query()], session: PublicSession) -> Response:
    """Areas. They carry no dates, so every area fits every `datetime`."""
    question = asked(request, session, AREAS, query)
    filters: dict[str, Any] = {}
    if query.kind is not None:
        filters["kind"] = str(query.kind)
    if query.parent is not None:
        filters["parent"] = query.parent
    if question.box is not None:
        filters |= features.in_box(session, question.box)
    rows = features.page(
        session, "areas", filters=filters, look=question.look, limit=question.limit + 1, after=question.after
    )
    return page(request, question, rows, counted(session, question, filters, rows))


@router.get("/assets/items", tags=["assets"], summary="Assets", response_class=Response,
            responses=items_answers(ASSETS))  # fmt: skip
def assets_items(request: Request, query: Annotated[AssetsQuery, Query()], session: PublicSession) -> Response:
    """Published assets that are active on some day of `datetime`; today when it is not given."""
    question = asked(request, session, ASSETS, query)
    period: Interval = query.datetime or Interval(today(), today())
    filters = features.in_period(period.first, period.last)
    if query.kind is not None:
        filters["kind"] = str(query.kind)
    if query.theme is not None:
        filters["theme"] = str(query.theme)
    if query.area is not None:
        filters |= features.in_area(session, query.area)
    if question.box is not None:
        filters |= features.in_box(session, question.box)
    rows = features.page(
        session,
        "assets",
        filters=filters,
        look=question.look,
        limit=question.limit + 1,
        after=question.after,
        on=period.last or today(),
    )
    return page(request, question, rows, counted(session, question, filters, rows))


@router.get("/activities/items", tags=["activities"], summary="Activities", response_class=Response,
            responses=items_answers(ACTIVITIES))  # fmt: skip
def activities_items(request: Request, query: Annotated[ActivitiesQuery, Query()], session: PublicSession) -> Response:
    """Activities of published assets, held on some day of `datetime`; of any day when it is not given."""
    question = asked(request, session, ACTIVITIES, query)
    filters: dict[str, Any] = {}
    if query.datetime is not None:
        ends = {"first": query.datetime.first, "last": query.datetime.last}
        filters = {name: value for name, value in ends.items() if value is not None}
    if query.asset is not None:
        filters["asset"] = query.asset
    if query.area is not None:
        filters |= features.in_area(session, query.area)
    if question.box is not None:
        filters |= features.in_box(session, question.box)
    rows = features.page(
        session, "activities", filters=filters, look=question.look, limit=question.limit + 1, after=question.after
    )
    return page(request, question, rows, counted(session, question, filters, rows))


@router.get("/streets/items", tags=["streets"], summary="Street parts with their state", response_class=Response,
            responses=items_answers(STREETS))  # fmt: skip
def streets_items(request: Request, query: Annotated[StreetsQuery, Query()], session: PublicSession) -> Response:
    """Street parts with their state for a theme on a day: `initiative=none` are those where there is still room.

    The day is `on`; a `datetime` of one day means the same, of a period its last day.
    """
    question = asked(request, session, STREETS, query)
    on: date = query.on or (query.datetime.last if query.datetime else None) or today()
    rows = [
        FeatureRow(found.id, None, street_feature(found))
        for found in coverage.street_parts(
            session,
            on=on,
            area=query.area,
            theme=query.theme,
            initiative=query.initiative,
            state=query.state,
            within=question.box,
            after=None if question.after is None else ("", question.after),
            limit=question.limit + 1,
            srid=question.look.srid,
            flip=question.look.flipped,
        )
    ]
    return page(request, question, rows, _streets_counted(session, question, query, rows, on))


def _streets_counted(
    session: Any, question: Asked, query: StreetsQuery, rows: Sequence[FeatureRow], on: date
) -> int | None:
    if question.after is None and len(rows) <= question.limit:
        return len(rows)
    inside = None if query.area is None else areas.ids_within(session, areas.get(session, query.area))
    if not features.few_street_parts(session, area_ids=inside):
        return None
    totals = coverage.totals(session, on=on, area=query.area, theme=query.theme, within=question.box)
    wanted = set(StreetState) if query.initiative is None else set(coverage.STATES_OF[query.initiative])
    wanted &= set(StreetState) if query.state is None else {query.state}
    return sum(totals[state].parts for state in wanted)


def street_feature(found: StreetPartCoverage) -> str:
    """A street part with its state as the text of a GeoJSON feature."""
    properties = {
        "street_id": found.street_id,
        "name": found.name,
        "municipality": found.municipality,
        "neighbourhood": found.neighbourhood,
        "area_code": found.area_code,
        "length_m": round(found.length_m, 1),
        "covered_m": round(found.covered_m, 1),
        "share": round(found.share, 4),
        "state": str(found.state),
        "last_activity_on": found.last_activity_on and found.last_activity_on.isoformat(),
        "last_conversation_on": found.last_conversation_on and found.last_conversation_on.isoformat(),
        "addresses": found.addresses,
    }
    return feature_text(found.id, found.geometry, json.dumps(properties, ensure_ascii=False, separators=(",", ":")))


# --- single items ----------------------------------------------------------------------------------------------

IdPath = Annotated[
    str,
    Path(alias="featureId", description="Id of the item."),
    WithJsonSchema({"type": "integer", "format": "int64", "minimum": 1, "maximum": LAST_ID}),
]
CodePath = Annotated[
    str,
    Path(alias="featureId", description="Code of the area."),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 40}),
]


def number_of(text: str) -> int:
    """The id in a path; NotFound for whatever cannot be one."""
    if not re.fullmatch(r"[1-9]\d{0,18}", text, re.ASCII) or int(text) > LAST_ID:
        raise NotFound("There is no such item.")
    return int(text)


def etag(row: FeatureRow) -> str:
    """The entity tag of an item: its version, and a mark of the text (which also differs by crs and day)."""
    return f'"{row.version or 0}-{zlib.crc32(row.feature.encode()):08x}"'


def known_already(request: Request, tag: str) -> bool:
    """Whether the client holds this entity already (If-None-Match, weakly compared)."""
    header = request.headers.get("if-none-match", "")
    held = {one.strip().removeprefix("W/") for one in header.split(",")}
    return "*" in held or tag in held


def item(request: Request, found: Collection, row: FeatureRow | None, wire: WireCrs, *, private: bool) -> Response:
    """The answer for one item; NotFound when there is none."""
    if row is None:
        raise NotFound("There is no such item, or it is not public.")
    tag = etag(row)
    headers = FRESH | {"ETag": tag, "Content-Crs": f"<{wire.uri}>", "Content-Type": GEOJSON}
    if private:
        headers["Cache-Control"] = "private, no-cache"
    if known_already(request, tag):
        del headers["Content-Type"]
        return Response(status_code=304, headers=headers)
    return Response(with_links(row.feature, item_links(request, found)), headers=headers)


def item_links(request: Request, found: Collection, path: str | None = None) -> list[dict[str, str]]:
    """Links of one item: itself, its collection, and its page when it has one."""
    base = base_url(request)
    here = path or request.url.path
    links = [
        link(address(base, here, request.query_params.multi_items()), "self", GEOJSON, "This item"),
        link(f"{base}{API_PREFIX}/collections/{found.id}", "collection", "application/json", found.title),
    ]
    if found.id == "assets":
        links.append(link(f"{base}/assets/{here.rsplit('/', 1)[1]}", "alternate", "text/html", "The same as a page"))
    return links


def item_answers(found: Collection) -> dict[int | str, dict[str, Any]]:
    """The documented answers of one item."""
    headers = {"Content_Crs": "Coordinate reference system of the answer.", "ETag": "For If-Match and If-None-Match."}
    ok = schemas.answers("The item", schemas.content(GEOJSON, found.item), **headers)
    statuses = (400, 401, 404) if found.editable else (400, 404)
    return {200: ok, 304: {"description": "Not changed"}} | schemas.refusals(*statuses)


def _start(request: Request, session: Any, query: ItemQuery) -> WireCrs:
    negotiation.chosen(request, negotiation.FEATURE, query.f)
    return the_crs(query.crs, crs.storage(session).srid, "crs")


@router.get("/areas/items/{featureId}", tags=["areas"], summary="One area", response_class=Response,
            responses=item_answers(AREAS))  # fmt: skip
def areas_item(
    request: Request, feature_id: CodePath, query: Annotated[ItemQuery, Query()], session: PublicSession
) -> Response:
    """One area by its code."""
    wire = _start(request, session, query)
    if len(feature_id) > 40 or "\x00" in feature_id:
        raise NotFound("There is no such item.")
    rows = features.page(session, "areas", filters={"code": feature_id}, look=look_of(wire), limit=1)
    return item(request, AREAS, rows[0] if rows else None, wire, private=False)


@router.get("/streets/items/{featureId}", tags=["streets"], summary="One street part", response_class=Response,
            responses=item_answers(STREETS))  # fmt: skip
def streets_item(
    request: Request, feature_id: IdPath, query: Annotated[StreetItemQuery, Query()], session: PublicSession
) -> Response:
    """One street part with its state for a theme on a day."""
    wire = _start(request, session, query)
    found = coverage.street_part(
        session,
        number_of(feature_id),
        on=query.on or today(),
        theme=query.theme,
        srid=wire.srid,
        flip=wire.north_first,
    )
    return item(request, STREETS, FeatureRow(found.id, None, street_feature(found)), wire, private=False)


def sees_all(viewer: Viewer) -> bool:
    """Whether this viewer may see entries that are not public: whoever may change them."""
    return viewer.role in GRANTED[Permission.asset_write]


SEES_MORE = {"security": [{}, {"token": []}]}


@router.get("/assets/items/{featureId}", tags=["assets"], summary="One asset", response_class=Response,
            responses=item_answers(ASSETS), openapi_extra=SEES_MORE)  # fmt: skip
def assets_item(
    request: Request,
    feature_id: IdPath,
    query: Annotated[ItemQuery, Query()],
    session: PublicSession,
    viewer: AnyViewer,
) -> Response:
    """One published asset; with a token of a builder also one that is not public."""
    wire = _start(request, session, query)
    row = one(request, session, ASSETS, number_of(feature_id), look_of(wire), archive=sees_all(viewer))
    return item(request, ASSETS, row, wire, private=sees_all(viewer))


@router.get("/activities/items/{featureId}", tags=["activities"], summary="One activity", response_class=Response,
            responses=item_answers(ACTIVITIES), openapi_extra=SEES_MORE)  # fmt: skip
def activities_item(
    request: Request,
    feature_id: IdPath,
    query: Annotated[ItemQuery, Query()],
    session: PublicSession,
    viewer: AnyViewer,
) -> Response:
    """One activity of a published asset; with a token of a builder also of one that is not public."""
    wire = _start(request, session, query)
    row = one(request, session, ACTIVITIES, number_of(feature_id), look_of(wire), archive=sees_all(viewer))
    return item(request, ACTIVITIES, row, wire, private=sees_all(viewer))


def one(
    request: Request, session: Any, found: Collection, identity: int, look: Look, *, archive: bool
) -> FeatureRow | None:
    """One item by its id; `archive` looks with the owner's rights, for who may see what is not public."""
    values = {"on": today()} if found.id == "assets" else {}
    if not archive:
        rows = features.page(session, found.id, filters={"id": identity}, look=look, limit=1, **values)
    else:
        with database.transaction(database.of(request).sessions) as owner:
            rows = features.page(owner, found.id, filters={"id": identity}, look=look, limit=1, archive=True, **values)
    return rows[0] if rows else None


