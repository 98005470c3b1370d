"""Measurements: how clean street parts are, what the municipality does with them, and the level areas want to reach."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import Response

from app import idempotency, json_body
from app.access import AmbitionWriter, MeasurementWriter
from app.api import schemas
from app.api.landing import ONCE, FormatParameter
from app.api.negotiation import PLAIN, chosen
from app.api.paging import cursor, read_cursor
from app.api.writing import KEY, no_parameters
from app.database import DbSession, PublicSession
from app.geojson import JSON, address, dumps, link
from app.idempotency import Answer
from app.parameters import (
    AREA_CODE,
    DAYS,
    DEFAULT_LIMIT,
    AfterParameter,
    AreaParameter,
    DateParameter,
    LimitParameter,
    read_code,
    today,
)
from app.problems import API_PREFIX, base_url, faults_of
from assets import answers, measurements
from assets.answers import StreetPartAnswer
from assets.drafts import AmbitionDraft, MeasurementDraft
from assets.errors import Invalid
from assets.measurements import AreaAmbition, Measurement
from assets.vocabulary import LitterKind, LitterLevel, MunicipalAnswer, Shared, StreetState

router = APIRouter(prefix=API_PREFIX, tags=["measurements"], dependencies=ONCE)

Draft = TypeVar("Draft", bound=BaseModel)
Schema = dict[str, Any]
FRESH = {"Cache-Control": "no-cache"}
DAY: Schema = {"type": "string", "pattern": f"^{DAYS}$"}
LEVEL: Schema = {"type": "string", "enum": [str(level) for level in LitterLevel]}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ID: Schema = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
TEXT: Schema = {"type": "string"}


def nullable(schema: Schema) -> Schema:
    """The same value, or null where it is not known."""
    return schema | {"nullable": True} | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def described(properties: Mapping[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    """The schema of an object that has these properties and no others."""
    return {
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": dict(properties),
        "additionalProperties": False,
    }


STREET = described(
    {
        "street_part_id": ID,
        "name": TEXT,
        "municipality": nullable(TEXT),
        "neighbourhood": nullable(TEXT),
        "area_code": nullable(TEXT),
        "length_m": NUMBER,
        "share": nullable(NUMBER),
        "state": nullable({"type": "string", "enum": [str(state) for state in StreetState]}),
        "level": nullable(LEVEL),
        "measured_on": nullable(DAY),
        "boxes": COUNT,
        "pieces": nullable(COUNT),
        "coarse_per_100_m2": nullable(NUMBER),
        "fine_per_m2": nullable(NUMBER),
        "ambition": nullable(LEVEL),
        "ambition_of": nullable(TEXT),
        "answer": nullable({"type": "string", "enum": [str(answer) for answer in MunicipalAnswer]}),
        "not_shared": {"type": "string", "enum": ["", str(Shared.street_states)]},
    }
)
LISTING = described(
    {
        "on": DAY,
        "area": nullable(TEXT),
        "numberReturned": COUNT,
        "streets": {"type": "array", "items": STREET},
        "links": schemas.LINKS,
    }
)
NEW = described(
    {
        "street_part_id": nullable(ID),
        "street": nullable(TEXT | {"maxLength": 200}),
        "area": nullable(TEXT | {"maxLength": 40}),
        "point": nullable({"type": "array", "minItems": 2, "maxItems": 2, "items": NUMBER}),
        "crs": nullable(TEXT | {"maxLength": 80}),
        "measured_on": DAY,
        "kind": {"type": "string", "enum": [str(kind) for kind in LitterKind]},
        "box_m2": nullable(NUMBER | {"minimum": 0.1, "maximum": 10_000}),
        "count": COUNT | {"maximum": 1_000_000},
        "counted_by": nullable(TEXT | {"maxLength": 100}),
    },
    optional=("street_part_id", "street", "area", "point", "crs", "box_m2", "counted_by"),
)
MEASUREMENT = described(
    {
        "id": ID,
        "street_part_id": ID,
        "measured_on": DAY,
        "kind": NEW["properties"]["kind"],
        "box_m2": NUMBER,
        "count": COUNT,
    }
)
NEW_AMBITION = described({"level": LEVEL, "since": DAY})
AMBITION = described(
    {"area": TEXT, "on": DAY, "level": nullable(LEVEL), "since": nullable(DAY), "set_for": nullable(TEXT)}
)


def _json(schema: Schema) -> dict[str, Any]:
    return {JSON: {"schema": schema}}


def _ok(status: int, description: str, schema: Schema, *refused: int) -> dict[int | str, dict[str, Any]]:
    return {status: schemas.answers(description, _json(schema)), **schemas.refusals(*refused)}


def _body(schema: Schema, *parameters: Schema) -> dict[str, Any]:
    return {
        "security": [{"token": []}],
        "requestBody": {"required": True, "content": _json(schema)},
        "parameters": list(parameters),
    }


# --- reading ---------------------------------------------------------------------------------------------------


class MeasurementsQuery(BaseModel):
    """Parameters of the list of street parts with what was counted."""

    model_config = ConfigDict(extra="forbid")
    area: AreaParameter | None = None
    on: DateParameter = None
    limit: LimitParameter = DEFAULT_LIMIT
    after: AfterParameter | None = None
    f: Annotated[FormatParameter | None, Query(pattern="^json$", description="Format of the answer.")] = None


@router.get("/measurements", summary="How clean street parts are, and the four answers", response_class=Response,
            responses=_ok(200, "Street parts in the order of their numbers", LISTING, 400, 404))  # fmt: skip
def listing(request: Request, query: Annotated[MeasurementsQuery, Query()], session: PublicSession) -> Response:
    """Street parts with their measured level, its date and sample, the ambition of their area, and the answer.

    What is not known is null: nothing was counted in the twelve months up to the day, or no area has an ambition. So
    are state, share and answer of a street that no initiative is known to care for, where a community does not share
    the states of its streets with the municipality (`not_shared`).
    """
    chosen(request, PLAIN, query.f)
    on: date = query.on or today()
    after = read_cursor(query.after)
    rows = answers.street_parts(
        session,
        on=on,
        area=query.area,
        thresholds=request.app.state.settings.litter,
        after=None if after is None else ("", after),
        limit=query.limit + 1,
    )
    page = rows[: query.limit]
    here, path = base_url(request), request.url.path
    links = [link(address(here, path, request.query_params.multi_items()), "self", JSON)]
    if len(rows) > query.limit:
        more = {**dict(request.query_params), "after": cursor(page[-1].part.id)}
        links.append(link(address(here, path, more), "next", JSON, "Next page"))
    body = {
        "on": on.isoformat(),
        "area": query.area,
        "numberReturned": len(page),
        "streets": [street(row) for row in page],
        "links": links,
    }
    return Response(dumps(body), media_type=JSON, headers=FRESH)


def street(row: StreetPartAnswer) -> dict[str, Any]:
    """A street part with its answer, as it stands in JSON."""
    part, sample = row.part, row.sample
    return {
        "street_part_id": part.id,
        "name": part.name,
        "municipality": part.municipality,
        "neighbourhood": part.neighbourhood,
        "area_code": part.area_code,
        "length_m": round(part.length_m, 1),
        "share": None if row.share is None else round(row.share, 4),
        "state": row.state and str(row.state),
        "level": sample and str(sample.level),
        "measured_on": sample and sample.measured_on.isoformat(),
        "boxes": sample.boxes if sample else 0,
        "pieces": sample and sample.pieces,
        "coarse_per_100_m2": sample and sample.coarse,
        "fine_per_m2": sample and sample.fine,
        "ambition": row.ambition and str(row.ambition),
        "ambition_of": row.ambition_of,
        "answer": row.answer and str(row.answer),
        "not_shared": str(Shared.street_states) if row.state is None else "",
    }


# --- writing ---------------------------------------------------------------------------------------------------


async def measurement_body(request: Request, viewer: MeasurementWriter) -> bytes:  # noqa: ARG001 - a token comes first
    """The bytes of a new measurement."""
    json_body.require_media_type(request, (JSON,))
    return await json_body.read(request)


async def ambition_body(request: Request, viewer: AmbitionWriter) -> bytes:  # noqa: ARG001 - a token comes first
    """The bytes of a new ambition."""
    json_body.require_media_type(request, (JSON,))
    return await json_body.read(request)


def drafted(model: type[Draft], body: bytes) -> Draft:
    """The draft in a body; Invalid with every fault and its place."""
    values = json_body.parse(body)
    if not isinstance(values, dict):
        raise Invalid.at("#", "The body is an object.")
    try:
        # as JSON and strictly: "3" is text, though a CSV file may mean a number by it
        return model.model_validate_json(json.dumps(values), strict=True)
    except ValidationError as refused:
        found = faults_of(refused.errors(include_url=False, include_input=False), prefix="/")
        faults = [replace(one, pointer="#/" + one.pointer.removeprefix("#").strip("/")) for one in found]
        raise Invalid("{number} fault(s) in the body.", faults=faults, number=len(faults)) from None


@router.post("/measurements", summary="Record a measurement", status_code=201, response_class=Response,
             dependencies=[Depends(no_parameters)],
             responses=_ok(201, "The measurement", MEASUREMENT, 400, 401, 403, 409, 413, 415, 422),
             openapi_extra=_body(NEW, KEY))  # fmt: skip
def add(
    request: Request,
    viewer: MeasurementWriter,
    body: Annotated[bytes, Depends(measurement_body)],
    session: DbSession,
) -> Response:
    """Record the pieces of litter that were counted in one box, by the part of a street, its name, or a point."""

    def work() -> Answer:
        draft = drafted(MeasurementDraft, body)
        row = measurements.add(session, draft, by=viewer, today=today())
        return Answer(201, {"Content-Type": JSON}, dumps(_measurement(row)).decode())

    key = idempotency.key_of(request)
    return idempotency.once(session, viewer, key, idempotency.fingerprint(request, body), work).response()


def _measurement(row: Measurement) -> dict[str, Any]:
    return {
        "id": row.id,
        "street_part_id": row.street_part_id,
        "measured_on": row.measured_on.isoformat(),
        "kind": str(row.kind),
        "box_m2": row.box_m2,
        "count": row.count,
    }


# --- ambition --------------------------------------------------------------------------------------------------

Code = Annotated[str, Path(pattern=AREA_CODE, description="Code of an area of any level.")]


class AmbitionQuery(BaseModel):
    """Parameters of the ambition of an area."""

    model_config = ConfigDict(extra="forbid")
    on: DateParameter = None
    f: Annotated[FormatParameter | None, Query(pattern="^json$", description="Format of the answer.")] = None


@router.get("/areas/{code}/ambition", summary="The level that an area wants to reach", response_class=Response,
            responses=_ok(200, "The ambition", AMBITION, 400, 404))  # fmt: skip
def ambition(
    request: Request, code: Code, query: Annotated[AmbitionQuery, Query()], session: PublicSession
) -> Response:
    """The level that counts for this area on a day: its own, else that of the nearest area above it; null without."""
    chosen(request, PLAIN, query.f)
    on: date = query.on or today()
    return _ambition(read_code(code), on, measurements.ambition(session, code, on=on))


@router.put("/areas/{code}/ambition", summary="Set the level that an area wants to reach", response_class=Response,
            dependencies=[Depends(no_parameters)],
            responses=_ok(200, "The ambition", AMBITION, 400, 401, 403, 404, 409, 413, 415),
            openapi_extra=_body(NEW_AMBITION))  # fmt: skip
def set_ambition(
    code: Code,
    viewer: AmbitionWriter,
    body: Annotated[bytes, Depends(ambition_body)],
    session: DbSession,
) -> Response:
    """Set the level from a day on. It counts until the next one; history keeps what was set before."""
    draft = drafted(AmbitionDraft, body)
    found = measurements.set_ambition(session, code, draft, by=viewer)
    return _ambition(code, draft.since, found)


def _ambition(code: str, on: date, found: AreaAmbition | None) -> Response:
    body = {
        "area": code,
        "on": on.isoformat(),
        "level": found and str(found.level),
        "since": found and found.since.isoformat(),
        "set_for": found and found.code,
    }
    return Response(dumps(body), media_type=JSON, headers=FRESH)
