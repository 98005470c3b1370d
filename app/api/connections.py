"""Connections: what one asset is to another. Made and taken away here; told with the asset itself.

What an asset is connected to is told with the asset itself (app/api/members.py).
"""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from starlette.responses import Response

from app import database, idempotency
from app.access import AnyViewer, AssetWriter
from app.api import schemas
from app.api.landing import ONCE
from app.api.measurements import DAY, ID, described, drafted, nullable
from app.api.single_items import number_of
from app.api.writing import KEY, no_parameters
from app.database import DbSession, PublicSession
from app.geojson import JSON, dumps
from app.idempotency import Answer
from app.json_body import read, require_media_type
from app.parameters import LAST_ID
from app.problems import API_PREFIX, base_url
from assets import connections, inventory
from assets.permissions import Permission, holds
from assets.vocabulary import ConnectionKind

router = APIRouter(prefix=API_PREFIX, tags=["connections"], dependencies=ONCE)

KIND = {"type": "string", "enum": [str(kind) for kind in ConnectionKind]}
NEW = described({"from": ID, "kind": KIND, "to": ID, "since": nullable(DAY)}, optional=("since",))
CONNECTION = described({"id": ID, "from": ID, "kind": KIND, "to": ID, "since": nullable(DAY)})
FRESH = {"Cache-Control": "no-cache"}
Answers = dict[int | str, dict[str, Any]]
GONE: Answers = {204: {"description": "It is gone"}}


class NewConnection(BaseModel):
    """What is handed in."""

    model_config = ConfigDict(extra="forbid")
    from_id: Annotated[int, Field(ge=1, le=LAST_ID, alias="from")]
    kind: ConnectionKind
    to_id: Annotated[int, Field(ge=1, le=LAST_ID, alias="to")]
    since: date | None = None


IdPath = Annotated[
    str,
    Path(alias="connectionId", description="Number of the connection."),
    WithJsonSchema({"type": "integer", "format": "int64", "minimum": 1, "maximum": LAST_ID}),
]


def _told(row: Any) -> bytes:
    since = row.since and row.since.isoformat()
    return dumps({"id": row.id, "from": row.from_id, "kind": str(row.kind), "to": row.to_id, "since": since})


def _answers(status: int, description: str, **headers: str) -> Answers:
    return {status: schemas.answers(description, {JSON: {"schema": CONNECTION}}, **headers)}


async def connection_body(request: Request, viewer: AssetWriter) -> bytes:  # noqa: ARG001 - a token comes first
    """The bytes of a new connection."""
    require_media_type(request, (JSON,))
    return await read(request)


@router.post("/connections", summary="Connect two assets", status_code=201, response_class=Response,
             dependencies=[Depends(no_parameters)],
             responses=_answers(201, "The connection", Location="Address of the connection.")
             | schemas.refusals(400, 401, 403, 409, 413, 415, 422),
             openapi_extra={"security": [{"token": []}], "parameters": [KEY],
                            "requestBody": {"required": True, "content": {JSON: {"schema": NEW}}}})  # fmt: skip
def add(
    request: Request, viewer: AssetWriter, body: Annotated[bytes, Depends(connection_body)], session: DbSession
) -> Response:
    """Say what one asset is to another: it belongs to it, meets there, organises it or helps it."""

    def work() -> Answer:
        draft = drafted(NewConnection, body)
        made = connections.add(session, draft.from_id, draft.kind, draft.to_id, by=viewer, since=draft.since)
        location = f"{base_url(request)}{API_PREFIX}/connections/{made.id}"
        return Answer(201, {"Content-Type": JSON, "Location": location}, _told(made).decode())

    key = idempotency.key_of(request)
    return idempotency.once(session, viewer, key, idempotency.fingerprint(request, body), work).response()


@router.get("/connections/{connectionId}", summary="One connection", response_class=Response,
            dependencies=[Depends(no_parameters)],
            responses=_answers(200, "The connection") | schemas.refusals(400, 401, 404),
            openapi_extra={"security": [{}, {"token": []}]})  # fmt: skip
def one(request: Request, connection_id: IdPath, session: PublicSession, viewer: AnyViewer) -> Response:
    """One connection of which everyone may see both assets; with a token of a builder any."""
    number = number_of(connection_id)
    if holds(viewer, Permission.asset_write):
        with database.of_viewer(request) as owner:
            found = connections.get(owner, number)
            if len(inventory.visible(owner, viewer, {found.from_id, found.to_id})) == 2:
                return Response(_told(found), media_type=JSON, headers={"Cache-Control": "private, no-cache"})
    return Response(_told(connections.published(session, number)), media_type=JSON, headers=FRESH)


@router.delete("/connections/{connectionId}", summary="Take a connection away", status_code=204,
               response_class=Response, dependencies=[Depends(no_parameters)],
               responses=GONE | schemas.refusals(400, 401, 403, 404),
               openapi_extra={"security": [{"token": []}]})  # fmt: skip
def remove(connection_id: IdPath, viewer: AssetWriter, session: DbSession) -> Response:
    """Take a connection away. The history keeps what it was."""
    connections.remove(session, number_of(connection_id), by=viewer)
    return Response(status_code=204)
