"""Conversations from programs, and from phones that were without a network when they took place."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app import idempotency, json_body
from app.access import ConversationWriter
from app.api import schemas
from app.api.landing import ONCE
from app.api.measurements import DAY, ID, TEXT, described, drafted, nullable
from app.api.writing import KEY, no_parameters
from app.database import DbSession
from app.geojson import JSON, dumps
from app.idempotency import Answer
from app.parameters import today
from app.problems import API_PREFIX
from assets import conversations
from assets.drafts import ConversationDraft

router = APIRouter(prefix=API_PREFIX, tags=["conversations"], dependencies=ONCE)

NEIGHBOURS = {"type": "integer", "minimum": 1, "maximum": 10_000}
NEW = described(
    {
        "street": nullable(TEXT | {"maxLength": 200}),
        "street_id": nullable(ID),
        "area": nullable(TEXT | {"maxLength": 40}),
        "held_on": DAY,
        "neighbours": NEIGHBOURS,
        "note": TEXT | {"maxLength": 1000},
    },
    optional=("street", "street_id", "area", "neighbours", "note"),
)
CONVERSATION = described(
    {
        "id": ID,
        "street_id": ID,
        "street": TEXT,
        "area": nullable(TEXT),
        "held_on": DAY,
        "neighbours": NEIGHBOURS,
        "note": TEXT,
    }
)


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {JSON: {"schema": schema}}


async def conversation_body(request: Request, viewer: ConversationWriter) -> bytes:  # noqa: ARG001 - a token comes first
    """The bytes of a new conversation."""
    json_body.require_media_type(request, (JSON,))
    return await json_body.read(request)


@router.post("/conversations", summary="Record a conversation", status_code=201, response_class=Response,
             dependencies=[Depends(no_parameters)],
             responses={201: schemas.answers("The conversation", _json(CONVERSATION)),
                        **schemas.refusals(400, 401, 403, 409, 413, 415, 422)},
             openapi_extra={"security": [{"token": []}], "parameters": [KEY],
                            "requestBody": {"required": True, "content": _json(NEW)}})  # fmt: skip
def add(
    request: Request,
    viewer: ConversationWriter,
    body: Annotated[bytes, Depends(conversation_body)],
    session: DbSession,
) -> Response:
    """Record that neighbours were spoken with in a street on a day. The note is about the street, never a person."""

    def work() -> Answer:
        draft = drafted(ConversationDraft, body)
        added = conversations.add(session, draft, by=viewer, today=today())
        told = {"id": added.id, **conversations.told(session, added)}
        answer = {name: told[name] for name in CONVERSATION["properties"]}
        return Answer(201, {"Content-Type": JSON}, dumps(answer).decode())

    key = idempotency.key_of(request)
    return idempotency.once(session, viewer, key, idempotency.fingerprint(request, body), work).response()
