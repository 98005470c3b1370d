"""Reading one item: by its id, with an ETag; what is not public only for those who may change it."""

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from sqlalchemy.orm import Session
from starlette.responses import Response

from app import database
from app.access import AnyViewer
from app.api import members, negotiation, schemas
from app.api.collections import ACTIVITIES, AREAS, ASSETS, STREETS, Collection
from app.api.items import street_feature
from app.api.landing import ONCE
from app.api.paging import FRESH, known_already, look_of, the_crs
from app.database import PublicSession
from app.geojson import GEOJSON, address, link, with_links, with_members
from app.parameters import CRS84, LAST_ID, AnyThemeParameter, CrsParameter, DateParameter, WireCrs, today
from app.problems import API_PREFIX, base_url
from assets import activities, communities, consents, coverage, crs, features
from assets.errors import NotFound
from assets.features import FeatureRow, Look
from assets.permissions import Permission, Viewer, holds

router = APIRouter(prefix=f"{API_PREFIX}/collections", dependencies=ONCE)

Found = TypeVar("Found")
FeatureFormat = Annotated[str, WithJsonSchema({"type": "string", "enum": ["json"]})]


class ItemQuery(BaseModel):
    """Parameters of one item."""

    model_config = ConfigDict(extra="forbid")
    crs: CrsParameter = CRS84
    f: Annotated[FeatureFormat | None, Field(pattern="^json$", description="Format of the answer.")] = None


class StreetItemQuery(ItemQuery):
    """Parameters of one street part."""

    theme: AnyThemeParameter = None
    on: DateParameter = None


class AssetItemQuery(ItemQuery):
    """Parameters of one asset."""

    on: DateParameter = None


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


def item(
    request: Request,
    found: Collection,
    row: FeatureRow | None,
    wire: WireCrs,
    *,
    private: bool,
    beside: Mapping[str, Any] | None = None,
) -> Response:
    """The answer for one item; NotFound when there is none. `beside` are members beside its properties."""
    if row is None:
        raise NotFound("There is no such item, or it is not public.")
    tag = etag(row)
    if beside is not None:
        row = replace(row, feature=with_members(row.feature, beside))
        if any(beside.values()):
            tag = etag(row)  # one without is the same item as the answer to the write that made it
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


def _start(request: Request, session: Session, query: ItemQuery) -> WireCrs:
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


def sees(request: Request, viewer: Viewer, asset_id: int | None) -> bool:
    """Whether this viewer may see this entry also when it is not public: whoever may change it.

    Nobody sees somebody who withdrew, or whose consent ran out.
    """
    if asset_id is None or not holds(viewer, Permission.asset_write):
        return False
    with database.of_viewer(request) as owner:
        return communities.holds_of(owner, viewer, Permission.asset_write, asset_id) and not consents.is_closed(
            owner, asset_id
        )


def asset_of(request: Request, viewer: Viewer, activity_id: int) -> int | None:
    """The entry of an activity, for who may see more than what is public."""
    if not holds(viewer, Permission.asset_write):
        return None
    with database.of_viewer(request) as owner:
        try:
            return activities.get(owner, activity_id).asset_id
        except NotFound:
            return None


SEES_MORE: dict[str, Any] = {"security": [{}, {"token": []}]}


@router.get("/assets/items/{featureId}", tags=["assets"], summary="One asset", response_class=Response,
            responses=item_answers(ASSETS), openapi_extra=SEES_MORE)  # fmt: skip
def assets_item(
    request: Request,
    feature_id: IdPath,
    query: Annotated[AssetItemQuery, Query()],
    session: PublicSession,
    viewer: AnyViewer,
) -> Response:
    """One published asset, also when it has faded; with a token of a builder also one that is not public."""
    wire = _start(request, session, query)
    number, on = number_of(feature_id), query.on or today()
    archive = sees(request, viewer, number)
    row = one(request, session, ASSETS, number, look_of(wire), archive=archive, on=on)
    beside = (
        None
        if row is None
        else in_reach(
            request, session, lambda reader: members.of_asset(reader, number, on=on, archive=archive), archive=archive
        )
    )
    return item(request, ASSETS, row, wire, private=archive, beside=beside)


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
    number = number_of(feature_id)
    archive = sees(request, viewer, asset_of(request, viewer, number))
    row = one(request, session, ACTIVITIES, number, look_of(wire), archive=archive)
    return item(request, ACTIVITIES, row, wire, private=archive)


def one(
    request: Request,
    session: Session,
    found: Collection,
    identity: int,
    look: Look,
    *,
    archive: bool,
    on: date | None = None,
) -> FeatureRow | None:
    """One item by its id; `archive` looks with the owner's rights, for who may see what is not public."""
    question: dict[str, Any] = {"filters": {"id": identity}, "look": look, "limit": 1, "on": on or today()}
    rows = in_reach(
        request, session, lambda reader: features.page(reader, found.id, archive=archive, **question), archive=archive
    )
    return rows[0] if rows else None


def in_reach(request: Request, session: Session, ask: Callable[[Session], Found], *, archive: bool) -> Found:
    """The answer to a question, asked of what everyone may see, or with the owner's rights."""
    if not archive:
        return ask(session)
    with database.of_viewer(request) as owner:
        return ask(owner)
