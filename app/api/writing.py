"""Writing assets and activities: OGC API - Features Part 4, with ETag/If-Match and Idempotency-Key.

A body is a GeoJSON Feature; its properties are those of the draft that every door hands in. What the service itself
keeps (`state`, `freshness`, `version`, names of area and street ...) may stand in a body and is not read, so that
what was fetched can be sent back.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session
from starlette.responses import Response

from app import idempotency, json_body
from app.access import ActivityWriter, AssetWriter
from app.api import members, schemas
from app.api.collections import ACTIVITIES, ASSETS, Collection
from app.api.landing import ONCE
from app.api.paging import look_of, the_crs
from app.api.single_items import IdPath, etag, item_links, number_of
from app.database import DbSession
from app.geojson import GEOJSON, with_links
from app.idempotency import Answer
from app.parameters import CRS84, WIRE, today
from app.problems import API_PREFIX, Refusal, base_url, faults_of
from assets import activities, consents, crs, features, inventory
from assets.drafts import ActivityDraft, AssetDraft
from assets.errors import Fault, Invalid, NotFound, Stale
from assets.features import Look
from assets.permissions import Viewer
from assets.vocabulary import AssetState

Draft = TypeVar("Draft", bound=BaseModel)
Result = TypeVar("Result")

#: RFC 9110: one or more entity tags.
TAG = r'(W/)?"[!#-~]*"'
TAGS = rf"{TAG}( *, *{TAG})*"
FEATURE_TYPES = ("application/geo+json", "application/json")
PATCH_TYPES = ("application/merge-patch+json",)
#: Members of a Feature; ids, links and what stands beside the properties of one asset are ours and are not read.
MEMBERS = frozenset({"type", "id", "geometry", "properties", "links", "bbox", *members.SCHEMAS})
PLACE = ("stretches", "place")


async def no_parameters(request: Request) -> None:
    """Refuse query parameters: writing has none."""
    if names := list(request.query_params):
        raise Invalid(
            "Writing has no query parameters.", faults=[Fault(name, "This name is not known here.") for name in names]
        )


router = APIRouter(prefix=f"{API_PREFIX}/collections", dependencies=[*ONCE, Depends(no_parameters)])


# --- bodies ----------------------------------------------------------------------------------------------------


async def _body(request: Request) -> bytes:
    json_body.require_media_type(request, PATCH_TYPES if request.method == "PATCH" else FEATURE_TYPES)
    return await json_body.read(request)


# These depend on the writer, so that nobody without a token makes the service read a body.
async def asset_body(request: Request, viewer: AssetWriter) -> bytes:  # noqa: ARG001 - see above
    """The bytes of the body of a write to assets."""
    return await _body(request)


async def activity_body(request: Request, viewer: ActivityWriter) -> bytes:  # noqa: ARG001 - see above
    """The bytes of the body of a write to activities."""
    return await _body(request)


AssetBody = Annotated[bytes, Depends(asset_body)]
ActivityBody = Annotated[bytes, Depends(activity_body)]


def the_feature(value: Any) -> dict[str, Any]:
    """A parsed body as a Feature with an object of properties; Invalid with every fault otherwise."""
    if not isinstance(value, dict):
        raise Invalid.at("#", "The body is a GeoJSON Feature: an object.")
    faults = [Fault(f"#/{name}", "This name is not known here.") for name in value if name not in MEMBERS]
    if value.get("type") != "Feature":
        faults.append(Fault("#/type", "This must be Feature."))
    if not isinstance(value.get("properties"), dict):
        faults.append(Fault("#/properties", "This must be an object."))
    geometry = value.get("geometry")
    if geometry is not None and not isinstance(geometry, dict):
        faults.append(Fault("#/geometry", "This must be a GeoJSON geometry or null."))
    if faults:
        raise Invalid("The body is no Feature that can be used here.", faults=faults)
    return value


def place_in_feature(pointer: str) -> str:
    """Where a place in a draft stands in the Feature that it came from."""
    path = "/" + pointer.removeprefix("#").strip("/")
    for draft, feature in (
        ("/place/geometry", "/geometry"),
        ("/place/stretches", "/properties/stretches"),
        ("/geometry", "/geometry"),
    ):
        if path == draft or path.startswith(draft + "/"):
            return f"#{feature}{path.removeprefix(draft)}"
    return "#/properties" + path.rstrip("/")


def drafted(model: type[Draft], values: Mapping[str, Any]) -> Draft:
    """The draft with these values; Invalid with every fault, each with its place in the Feature."""
    try:
        # as JSON and strictly: `true` is no number and "3" is text, though a form or a CSV file may mean a number
        return model.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as refused:
        found = [
            replace(one, pointer=place_in_feature(one.pointer))
            for one in faults_of(refused.errors(include_url=False, include_input=False), prefix="/")
        ]
        raise Invalid("{number} fault(s) in the body.", faults=found, number=len(found)) from None


def placed(work: Callable[[], Result]) -> Result:
    """What `work` gives; the places of its faults turned into places in the Feature."""
    try:
        return work()
    except Invalid as refused:
        faults = [replace(one, pointer=place_in_feature(one.pointer)) for one in refused.faults]
        raise Invalid(refused.message, faults=faults, **refused.values) from None


def content_crs(request: Request, storage_srid: int) -> tuple[str, bool]:
    """The name of the body's CRS in a draft, and whether north comes first (header Content-Crs, else CRS84)."""
    header = request.headers.get("content-crs")
    if header is None:
        return "OGC:CRS84", False
    uri = header.strip().removeprefix("<").removesuffix(">")
    wire = the_crs(uri, storage_srid, "Content-Crs")
    return ("OGC:CRS84" if wire.uri == CRS84 else f"EPSG:{wire.srid}"), wire.north_first


def flipped(coordinates: Any) -> Any:
    """Coordinates with the first two numbers of each position changed about; anything odd is left for the checks."""
    if not isinstance(coordinates, list):
        return coordinates
    if len(coordinates) >= 2 and not any(isinstance(part, list) for part in coordinates):
        return [coordinates[1], coordinates[0], *coordinates[2:]]
    return [flipped(part) for part in coordinates]


# --- assets ----------------------------------------------------------------------------------------------------

ASSET_FIELDS = frozenset(AssetDraft.model_fields) - {"place"}
KEPT_BY_US = frozenset(ASSETS.properties) - ASSET_FIELDS


def asset_values(request: Request, session: Session, feature: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an AssetDraft in a Feature."""
    name, north_first = content_crs(request, crs.storage(session).srid)
    given = {key: value for key, value in feature["properties"].items() if key not in KEPT_BY_US}
    stretches, place = given.pop("stretches", None), given.pop("place", None)
    if place is not None and not isinstance(place, dict):
        raise Invalid.at("#/properties/place", "This must be an object.")
    shown = {key: value for key, value in (place or {}).items() if key in ("show", "street", "area")}
    if unknown := set(place or {}) - set(shown):
        raise Invalid(
            "The place holds names that are not known here.",
            faults=[Fault(f"#/properties/place/{key}", "This name is not known here.") for key in sorted(unknown)],
        )
    geometry = feature.get("geometry")
    if geometry is not None and north_first:
        geometry = {**geometry, "coordinates": flipped(geometry.get("coordinates"))}
    if stretches is not None:
        shown["stretches"] = stretches
    return {**given, "place": {**shown, "geometry": geometry, "crs": name}}


def asset_draft(values: Mapping[str, Any]) -> AssetDraft:
    """The draft of an asset; its geometry goes round the check of form, which takes long for many points.

    assets/geometry.py checks it, and checks how many points there are first.
    """
    geometry = values["place"].get("geometry")
    if not geometry:
        return drafted(AssetDraft, values)
    draft = drafted(AssetDraft, {**values, "place": {**values["place"], "geometry": {}}})
    return draft.model_copy(update={"place": draft.place.model_copy(update={"geometry": geometry})})


def answer(request: Request, session: Session, found: Collection, identity: int, status: int) -> Answer:
    """The answer to a write: the item as it is now, with its ETag, and its Location when it is new."""
    session.flush()
    row = features.page(session, found.id, filters={"id": identity}, look=Look(), limit=1, archive=True, on=today())[0]
    path = f"{API_PREFIX}/collections/{found.id}/items/{identity}"
    headers = {"Content-Type": GEOJSON, "ETag": etag(row), "Content-Crs": f"<{CRS84}>"}
    if status == 201:
        headers["Location"] = base_url(request) + path
    return Answer(status, headers, with_links(row.feature, item_links(request, found, path)).decode())


def versions_asked(request: Request) -> set[int] | None:
    """The versions that If-Match names, None for any; 428 when it is missing."""
    header = request.headers.get("if-match")
    if header is None:
        raise Refusal(
            "precondition-required",
            "Send the ETag of the item as If-Match, so that nobody's change is lost.",
            faults=[Fault("If-Match", "This is needed.")],
        )
    if header.strip() == "*":
        return None
    if not re.fullmatch(TAGS, header.strip()):
        raise Invalid.at("If-Match", 'This is * or an ETag in quotation marks, as "3-0a1b2c3d".')
    # a weak tag never matches here (RFC 9110, 13.1.1)
    return {int(version) for version in re.findall(r'(?<!W/)"(\d{1,9})(?:-[0-9a-f]{8})?"', header)}


def require_version(request: Request, version: int) -> None:
    """Return when If-Match names the version that is stored; 428 or 412 otherwise.

    Asked last: a request that would be refused anyway is refused for that (RFC 9110, 13.2.1).
    """
    asked = versions_asked(request)
    if asked is not None and version not in asked:
        raise Stale("Someone else changed this in the meantime; fetch it again.")


def the_asset(session: Session, identity: int) -> inventory.Asset:
    """The asset to change, held against other writers; NotFound when it was retired."""
    asset = inventory.get(session, identity, lock=True)
    if asset.state == AssetState.retired:
        raise NotFound("There is no asset with the number {id}.", id=identity)
    consents.require_open(session, identity)
    return asset


CONTENT_CRS = {
    "name": "Content-Crs",
    "in": "header",
    "required": False,
    "description": "Coordinate reference system of the body, as <URI>; CRS84 when not given.",
    "schema": {"type": "string", "enum": [f"<{uri}>" for uri in WIRE]},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the item as it was fetched.",
    "schema": {"type": "string", "pattern": rf"^(\*|{TAGS})$"},
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A key of your own for this write; sent again within a week, it is done once and answered the same.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-~]{1,255}$"},
}


def _extra(name: str, *parameters: dict[str, Any], types: tuple[str, ...] = FEATURE_TYPES) -> dict[str, Any]:
    """What FastAPI cannot see: the body that is read by hand, its headers, and the token."""
    extra: dict[str, Any] = {"security": [{"token": []}], "parameters": list(parameters)}
    if name:
        schema = {"$ref": f"#/components/schemas/{name}"}
        extra["requestBody"] = {"required": True, "content": {kind: {"schema": schema} for kind in types}}
    return extra


def _changed(found: Collection, status: int, *refused: int) -> dict[int | str, dict[str, Any]]:
    headers = {"ETag": "Of the new version.", "Content_Crs": "Coordinate reference system of the answer."}
    if status == 201:
        headers["Location"] = "Address of the new item."
    ok = schemas.answers("The item as it is now", schemas.content(GEOJSON, found.item), **headers)
    return {status: ok} | schemas.refusals(400, 401, 403, 409, 413, 415, *refused)


def _gone() -> dict[int | str, dict[str, Any]]:
    return {204: {"description": "It is gone"}} | schemas.refusals(400, 401, 403, 404, 409, 412, 428)


@router.post("/assets/items", tags=["assets"], summary="Add an asset", status_code=201, response_class=Response,
             responses=_changed(ASSETS, 201, 422), openapi_extra=_extra("NewAsset", KEY, CONTENT_CRS))  # fmt: skip
def add_asset(request: Request, viewer: AssetWriter, body: AssetBody, session: DbSession) -> Response:
    """Put an asset on the map. A street initiative has a line as geometry, or `stretches`; a person has a `place`."""

    def work() -> Answer:
        draft = asset_draft(asset_values(request, session, the_feature(json_body.parse(body))))
        asset = placed(lambda: inventory.add(session, draft, by=viewer, today=today()))
        return answer(request, session, ASSETS, asset.id, 201)

    key = idempotency.key_of(request)
    return idempotency.once(session, viewer, key, idempotency.fingerprint(request, body), work).response()


@router.put("/assets/items/{featureId}", tags=["assets"], summary="Replace an asset", response_class=Response,
            responses=_changed(ASSETS, 200, 404, 412, 428),
            openapi_extra=_extra("NewAsset", IF_MATCH, CONTENT_CRS))  # fmt: skip
def replace_asset(
    request: Request, feature_id: IdPath, viewer: AssetWriter, body: AssetBody, session: DbSession
) -> Response:
    """Replace an asset. Its place stays as it is when the geometry is the one that was fetched."""
    asset = the_asset(session, number_of(feature_id))
    versions_asked(request)
    feature = the_feature(json_body.parse(body))
    draft = asset_draft(asset_values(request, session, feature))
    require_version(request, asset.version)
    keep = not any(name in feature["properties"] for name in PLACE) and _same_place(request, session, asset.id, feature)
    placed(lambda: inventory.change(session, asset.id, draft, by=viewer, keep_place=keep, today=today()))
    return answer(request, session, ASSETS, asset.id, 200).response()


def _same_place(request: Request, session: Session, identity: int, feature: Mapping[str, Any]) -> bool:
    """Whether a body has the geometry that we would answer now in its CRS."""
    header = request.headers.get("content-crs", f"<{CRS84}>").strip().removeprefix("<").removesuffix(">")
    look = look_of(the_crs(header, crs.storage(session).srid, "Content-Crs"))
    rows = features.page(session, "assets", filters={"id": identity}, look=look, limit=1, archive=True, on=today())
    return bool(json.loads(rows[0].feature)["geometry"] == feature.get("geometry"))


@router.patch("/assets/items/{featureId}", tags=["assets"], summary="Change an asset", response_class=Response,
              responses=_changed(ASSETS, 200, 404, 412, 428),
              openapi_extra=_extra("AssetPatch", IF_MATCH, CONTENT_CRS, types=PATCH_TYPES))  # fmt: skip
def patch_asset(
    request: Request, feature_id: IdPath, viewer: AssetWriter, body: AssetBody, session: DbSession
) -> Response:
    """Change what is named (JSON Merge Patch, RFC 7396): null takes a value away."""
    asset = the_asset(session, number_of(feature_id))
    versions_asked(request)
    patch = the_feature(_completed(json_body.parse(body)))
    old = inventory.as_draft(session, asset).model_dump(mode="json")
    old_place = old.pop("place")
    properties = merged(old, {k: v for k, v in patch["properties"].items() if k not in (*KEPT_BY_US, *PLACE)})
    moved = "geometry" in patch or any(name in patch["properties"] for name in PLACE)
    if moved:
        if "place" in patch["properties"]:
            shown = {name: old_place[name] for name in ("show", "street", "area")}
            properties["place"] = merged(shown, patch["properties"]["place"])
        if "stretches" in patch["properties"]:
            properties["stretches"] = patch["properties"]["stretches"]
        values = asset_values(request, session, {"geometry": patch.get("geometry"), "properties": properties})
        if patch.get("geometry") is None and not any(name in patch["properties"] for name in PLACE):
            raise Invalid.at("#/geometry", "A geometry cannot be taken away.")
    else:
        values = {**properties, "place": old_place}
    draft = asset_draft(values)
    require_version(request, asset.version)
    placed(lambda: inventory.change(session, asset.id, draft, by=viewer, keep_place=not moved, today=today()))
    return answer(request, session, ASSETS, asset.id, 200).response()


def _completed(patch: Any) -> Any:
    """A merge patch with the members of a Feature that it leaves as they are."""
    return {"type": "Feature", "properties": {}, **patch} if isinstance(patch, dict) else patch


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396: the target with a patch applied."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


@router.delete("/assets/items/{featureId}", tags=["assets"], summary="Take an asset off the map", status_code=204,
               response_class=Response, responses=_gone(), openapi_extra=_extra("", IF_MATCH))  # fmt: skip
def retire_asset(request: Request, feature_id: IdPath, viewer: AssetWriter, session: DbSession) -> Response:
    """Take an asset off the map; it stays in the archive with its history."""
    asset = the_asset(session, number_of(feature_id))
    require_version(request, asset.version)
    inventory.retire(session, asset.id, by=viewer)
    return Response(status_code=204)


# --- activities ------------------------------------------------------------------------------------------------


def activity_values(feature: Mapping[str, Any]) -> dict[str, Any]:
    """The values of an ActivityDraft in a Feature; an activity has the place of its asset, so geometry is not read."""
    return {name: value for name, value in feature["properties"].items() if name != "version"}


@router.post("/activities/items", tags=["activities"], summary="Record an activity", status_code=201,
             response_class=Response, responses=_changed(ACTIVITIES, 201, 422),
             openapi_extra=_extra("NewActivity", KEY))  # fmt: skip
def add_activity(request: Request, viewer: ActivityWriter, body: ActivityBody, session: DbSession) -> Response:
    """Record what an asset did on a day."""

    def work() -> Answer:
        draft = drafted(ActivityDraft, activity_values(the_feature(json_body.parse(body))))
        activity = placed(lambda: activities.add(session, draft, by=viewer, today=today()))
        return answer(request, session, ACTIVITIES, activity.id, 201)

    key = idempotency.key_of(request)
    return idempotency.once(session, viewer, key, idempotency.fingerprint(request, body), work).response()


@router.put("/activities/items/{featureId}", tags=["activities"], summary="Replace an activity",
            response_class=Response, responses=_changed(ACTIVITIES, 200, 404, 412, 428),
            openapi_extra=_extra("NewActivity", IF_MATCH))  # fmt: skip
def replace_activity(
    request: Request, feature_id: IdPath, viewer: ActivityWriter, body: ActivityBody, session: DbSession
) -> Response:
    """Replace an activity."""
    activity = activities.get(session, number_of(feature_id), lock=True)
    versions_asked(request)
    draft = drafted(ActivityDraft, activity_values(the_feature(json_body.parse(body))))
    require_version(request, activity.version)
    return _store(request, session, viewer, activity.id, draft)


@router.patch("/activities/items/{featureId}", tags=["activities"], summary="Change an activity",
              response_class=Response, responses=_changed(ACTIVITIES, 200, 404, 412, 428),
              openapi_extra=_extra("ActivityPatch", IF_MATCH, types=PATCH_TYPES))  # fmt: skip
def patch_activity(
    request: Request, feature_id: IdPath, viewer: ActivityWriter, body: ActivityBody, session: DbSession
) -> Response:
    """Change what is named (JSON Merge Patch, RFC 7396): null takes a value away."""
    activity = activities.get(session, number_of(feature_id), lock=True)
    versions_asked(request)
    patch = the_feature(_completed(json_body.parse(body)))
    old = activities.as_draft(activity).model_dump(mode="json")
    draft = drafted(ActivityDraft, merged(old, activity_values(patch)))
    require_version(request, activity.version)
    return _store(request, session, viewer, activity.id, draft)


def _store(request: Request, session: Session, viewer: Viewer, identity: int, draft: ActivityDraft) -> Response:
    placed(lambda: activities.change(session, identity, draft, by=viewer, today=today()))
    return answer(request, session, ACTIVITIES, identity, 200).response()


@router.delete("/activities/items/{featureId}", tags=["activities"], summary="Take an activity away", status_code=204,
               response_class=Response, responses=_gone(), openapi_extra=_extra("", IF_MATCH))  # fmt: skip
def remove_activity(request: Request, feature_id: IdPath, viewer: ActivityWriter, session: DbSession) -> Response:
    """Take an activity away; the history keeps what it said."""
    activity = activities.get(session, number_of(feature_id), lock=True)
    require_version(request, activity.version)
    activities.remove(session, activity.id, by=viewer)
    return Response(status_code=204)
