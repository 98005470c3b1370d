"""What the API is: landing page, conformance, collections, queryables, problem types, the OpenAPI document."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, WithJsonSchema
from starlette.responses import Response

from app import database
from app.api import negotiation, schemas
from app.api.collections import COLLECTIONS, Collection
from app.api.once import ONCE as ONCE
from app.database import PublicSession
from app.geojson import GEOJSON, JSON, dumps, link
from app.parameters import CRS84, EPSG, wire_crs
from app.problems import API_PREFIX, TYPES, Refusal, base_url
from assets import crs, features
from assets.errors import NotFound, NotReady

OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
TITLE = "Vuurtoren"
DESCRIPTION = "What a neighbourhood can build on, street by street."

#: Only what is really held; tests/conformance asks each.
CONFORMS_TO = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
]


router = APIRouter(prefix=API_PREFIX, tags=["service"], dependencies=ONCE)

FormatParameter = Annotated[str, WithJsonSchema({"type": "string", "enum": ["json"]})]


class FormatQuery(BaseModel):
    """Parameters of an answer that has one format."""

    model_config = ConfigDict(extra="forbid")
    f: Annotated[FormatParameter | None, Query(pattern="^json$", description="Format of the answer.")] = None


AnyFormat = Annotated[FormatQuery, Query()]


def _json(request: Request, value: Any, query: FormatQuery, media_type: str = JSON) -> Response:
    offered: Mapping[str, tuple[str, ...]] = {"json": (media_type, JSON)}
    negotiation.chosen(request, offered, query.f)
    return Response(dumps(value), media_type=media_type, headers={"Cache-Control": "no-cache"})


def _ok(description: str, name: str, media_type: str = JSON) -> dict[int | str, dict[str, Any]]:
    return {200: schemas.answers(description, schemas.content(media_type, name))}


@router.get(
    "", summary="Landing page", responses=_ok("Links", "LandingPage") | schemas.refusals(400), response_class=Response
)
def landing(request: Request, query: AnyFormat) -> Response:
    """What this service is, with links to everything it has."""
    here = base_url(request) + API_PREFIX
    links = [
        link(here, "self", JSON, "This document"),
        link(f"{here}/openapi.json", "service-desc", OPENAPI, "The API, in OpenAPI 3.0"),
        link(f"{base_url(request)}/about", "service-doc", "text/html", "What this service is"),
        link(f"{here}/conformance", "conformance", JSON, "Standards that are held"),
        link(f"{here}/collections", "data", JSON, "Collections"),
        link(f"{here}/problems", "related", JSON, "Types of problem"),
    ]
    return _json(request, {"title": TITLE, "description": DESCRIPTION, "links": links}, query)


# The root is the one address that may end with a slash: clients join it with what follows.
router.add_api_route("/", landing, include_in_schema=False, response_class=Response)


@router.get("/openapi.json", summary="This API, in OpenAPI 3.0", response_class=Response,
            responses=_ok("The document", "Document", OPENAPI) | schemas.refusals(400))  # fmt: skip
def openapi_document(request: Request, query: AnyFormat) -> Response:
    """The OpenAPI 3.0.3 document, made once per address."""
    from app.api import openapi  # it knows every router, and each of those needs this module

    negotiation.chosen(request, negotiation.OPENAPI, query.f)
    base = base_url(request)
    known: dict[str, bytes] = request.app.state.openapi_documents
    if base not in known:
        if len(known) > 20:  # the address comes from the client's Host header: never remember without end
            known.clear()
        systems = list(wire_crs(_storage_srid(request)))
        known[base] = dumps(openapi.document(request.app, base, systems))
    return Response(known[base], headers={"Content-Type": OPENAPI, "Cache-Control": "no-cache"})


def _storage_srid(request: Request) -> int:
    """The storage CRS of the database; what the settings say while it is away, for the document needs no database."""
    try:
        with database.transaction(database.of(request).public_sessions) as session:
            return crs.storage(session).srid
    except NotReady:
        return int(request.app.state.settings.storage_crs)


@router.get("/conformance", summary="Standards that are held", response_class=Response,
            responses=_ok("Conformance classes", "Conformance") | schemas.refusals(400))  # fmt: skip
def conformance(request: Request, query: AnyFormat) -> Response:
    """The conformance classes that this service holds."""
    return _json(request, {"conformsTo": CONFORMS_TO}, query)


def described(request: Request, collection: Collection, storage_srid: int, extent: tuple[float, ...]) -> dict[str, Any]:
    """A collection as OGC API - Features (Parts 1 and 2) describes it."""
    here = f"{base_url(request)}{API_PREFIX}/collections/{collection.id}"
    links = [
        link(here, "self", JSON, collection.title),
        link(f"{here}/items", "items", GEOJSON, f"{collection.title} as GeoJSON"),
        link(f"{here}/items?f=csv", "items", "text/csv", f"{collection.title} as CSV"),
        link(f"{here}/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables", SCHEMA, "What can be filtered"),
    ]
    if collection.page:
        links.append(link(base_url(request) + collection.page, "alternate", "text/html", "The same as a page"))
    return {
        "id": collection.id,
        "title": collection.title,
        "description": collection.description,
        "itemType": "feature",
        "extent": {"spatial": {"bbox": [list(extent)], "crs": CRS84}},
        "crs": list(wire_crs(storage_srid)),
        "storageCrs": f"{EPSG}{storage_srid}",
        "links": links,
    }


@router.get("/collections", summary="Collections", response_class=Response,
            responses=_ok("All collections", "Collections") | schemas.refusals(400))  # fmt: skip
def collections(request: Request, query: AnyFormat, session: PublicSession) -> Response:
    """Every collection, with its coordinate reference systems and links."""
    srid, extent = crs.storage(session).srid, features.extent(session)
    here = f"{base_url(request)}{API_PREFIX}/collections"
    body = {
        "links": [link(here, "self", JSON, "Collections")],
        "crs": list(wire_crs(srid)),
        "collections": [described(request, one, srid, extent) for one in COLLECTIONS.values()],
    }
    return _json(request, body, query)


CollectionId = Annotated[
    str,
    Path(alias="collectionId", description="Name of the collection."),
    WithJsonSchema({"type": "string", "enum": list(COLLECTIONS)}),
]


def the_collection(name: str) -> Collection:
    """The collection of this name; NotFound otherwise."""
    if name not in COLLECTIONS:
        raise NotFound("There is no such collection; there are {names}.", names=", ".join(COLLECTIONS))
    return COLLECTIONS[name]


@router.get("/collections/{collectionId}", summary="One collection", response_class=Response,
            responses=_ok("The collection", "Collection") | schemas.refusals(400, 404))  # fmt: skip
def collection(request: Request, name: CollectionId, query: AnyFormat, session: PublicSession) -> Response:
    """One collection."""
    found = the_collection(name)
    srid, extent = crs.storage(session).srid, features.extent(session)
    return _json(request, described(request, found, srid, extent), query)


@router.get("/collections/{collectionId}/queryables", summary="What can be filtered", response_class=Response,
            responses=_ok("JSON Schema of the filters", "Queryables", SCHEMA) | schemas.refusals(400, 404))  # fmt: skip
def queryables(request: Request, name: CollectionId, query: AnyFormat) -> Response:
    """The parameters that filter the items of a collection, as JSON Schema."""
    found = the_collection(name)
    here = f"{base_url(request)}{API_PREFIX}/collections/{found.id}/queryables"
    known = FILTERS | found.properties
    body = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": here,
        "type": "object",
        "title": found.title,
        "properties": {name: _asked_for(known[name]) for name in found.filters},
        "additionalProperties": False,
    }
    return _json(request, body, query, SCHEMA)


#: Filters that are no property of the items.
FILTERS: dict[str, dict[str, Any]] = {
    "area": {"type": "string", "description": "Code of an area of any level."},
    "asset": {"type": "integer", "description": "Number of an asset."},
    "theme": {"type": "string", "description": "Theme."},
    "initiative": {"type": "string", "enum": ["none", "any"], "description": "Without or with an active initiative."},
    "on": {"type": "string", "format": "date", "description": "The day that the answer is about."},
    "gift": {"type": "string", "enum": ["head", "heart", "hands"], "description": "A gift of head, heart or hands."},
    "talent": {"type": "string", "description": "Words of a gift."},
    "open": {"type": "string", "enum": ["true"], "description": "Where newcomers are welcome."},
    "q": {"type": "string", "description": "Words of title, gifts, rhythm or own words, or of street or area."},
}


def _asked_for(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a filter: as that of the property, but nobody asks for nothing."""
    values = {name: one for name, one in schema.items() if name != "nullable"}
    if "enum" in values:
        values["enum"] = [word for word in values["enum"] if word is not None]
    return values


def _problem_type(request: Request, slug: str) -> dict[str, Any]:
    kind = TYPES[slug]
    return {
        "type": f"{base_url(request)}{API_PREFIX}/problems/{slug}",
        "title": kind.title,
        "status": kind.status,
        "meaning": kind.meaning,
    }


@router.get("/problems", summary="Types of problem", response_class=Response,
            responses=_ok("All types", "ProblemTypes") | schemas.refusals(400))  # fmt: skip
def problem_types(request: Request, query: AnyFormat) -> Response:
    """Every type of problem that this API tells of."""
    return _json(request, {"problems": [_problem_type(request, slug) for slug in TYPES]}, query)


@router.get("/problems/{slug}", summary="One type of problem", response_class=Response,
            responses=_ok("The type", "ProblemType") | schemas.refusals(400, 404))  # fmt: skip
def problem_type(
    request: Request,
    slug: Annotated[str, Path(), WithJsonSchema({"type": "string", "enum": list(TYPES)})],
    query: AnyFormat,
) -> Response:
    """What one type of problem means."""
    if slug not in TYPES:
        raise Refusal("not-found", "There is no such type of problem.")
    return _json(request, _problem_type(request, slug), query)
