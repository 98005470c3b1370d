"""Tokens of one's own, for who is signed in with a browser: a token makes no tokens."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.access import InBrowser, fresh_sign_in
from app.account_mails import tell_token_made
from app.api import schemas
from app.api.landing import ONCE
from app.api.measurements import ID, described, drafted, nullable
from app.api.single_items import number_of
from app.api.writing import no_parameters
from app.csrf import HEADER
from app.database import DbSession
from app.geojson import JSON, dumps
from app.json_body import read, require_media_type
from app.parameters import LAST_ID
from app.problems import API_PREFIX, Refusal, base_url
from assets import communities, tokens
from assets.accounts import Account
from assets.errors import Invalid, NotFound
from assets.permissions import FOR_PROGRAMS

router = APIRouter(prefix=API_PREFIX, tags=["tokens"], dependencies=ONCE)

Schema = dict[str, Any]
MOMENT: Schema = {"type": "string", "format": "date-time"}
SCOPE: Schema = {"type": "string", "enum": sorted(str(one) for one in FOR_PROGRAMS)}
SCOPES: Schema = {
    "type": "array", "items": SCOPE, "maxItems": len(FOR_PROGRAMS),
    "description": "What it may do, and never more than its owner at that moment. None: read what everyone may read.",
}  # fmt: skip
SLUG: Schema = {"type": "string", "minLength": 1, "maxLength": 60, "description": "The only community it is for."}
NEW = described(
    {
        "name": {"type": "string", "minLength": 1, "maxLength": tokens.LONGEST_NAME},
        "scopes": SCOPES,
        "community": nullable(SLUG),
        "days": {"type": "integer", "minimum": 1, "maximum": tokens.MOST_DAYS, "default": tokens.DAYS},
    },
    optional=("community", "days"),
)
FIELDS: Schema = {
    "id": ID,
    "name": {"type": "string"},
    "scopes": nullable(SCOPES),
    "community": nullable(SLUG),
    "created_at": MOMENT,
    "expires_at": MOMENT,
    "used_at": nullable(MOMENT),
}
TOKEN = described(FIELDS)
MADE = described({**FIELDS, "token": {"type": "string", "description": "The token itself: never shown again."}})
TOKENS = described({"tokens": {"type": "array", "items": TOKEN}})
SECURITY: Schema = {"security": [{"browser": []}]}
FORM_TOKEN: Schema = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "description": "From `/form-token`, of the same browser.",
    "schema": {"type": "string"},
}
GONE: dict[int | str, Schema] = {204: {"description": "It opens nothing any more"}}
IdPath = Annotated[
    str,
    Path(alias="tokenId", description="Number of the token."),
    WithJsonSchema({"type": "integer", "format": "int64", "minimum": 1, "maximum": LAST_ID}),
]


class NewToken(BaseModel):
    """What is handed in."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: Annotated[str, Field(max_length=1000)]
    scopes: Annotated[list[str], Field(max_length=100)]
    community: Annotated[str, Field(max_length=60)] | None = None
    days: int = tokens.DAYS


def _told(found: tokens.Token, slugs: dict[int, str]) -> Schema:
    return {
        "id": found.id,
        "name": found.name,
        "scopes": found.scopes,
        "community": slugs.get(found.community_id or 0),
        "created_at": found.created_at.isoformat(timespec="seconds"),
        "expires_at": found.expires_at.isoformat(timespec="seconds"),
        "used_at": found.used_at and found.used_at.isoformat(timespec="seconds"),
    }


def _slugs(session: Session) -> dict[int, str]:
    return {one.id: one.slug for one in communities.communities(session)}


def _answers(status: int, description: str, schema: Schema, **headers: str) -> dict[int | str, Schema]:
    return {status: schemas.answers(description, {JSON: {"schema": schema}}, **headers)}


@router.get("/tokens", summary="Your tokens", response_class=Response, dependencies=[Depends(no_parameters)],
            responses=_answers(200, "The valid ones, the newest first", TOKENS) | schemas.refusals(400, 401, 403),
            openapi_extra=SECURITY)  # fmt: skip
def own(viewer: InBrowser, session: DbSession) -> Response:
    """The valid tokens of who is signed in; what they are is not told again."""
    slugs = _slugs(session)
    found = [_told(one, slugs) for one in tokens.of_account(session, viewer.account_id or 0)]
    return Response(dumps({"tokens": found}), media_type=JSON)


@router.get("/tokens/{tokenId}", summary="One of your tokens", response_class=Response,
            dependencies=[Depends(no_parameters)],
            responses=_answers(200, "The token, without what it is", TOKEN) | schemas.refusals(400, 401, 403, 404),
            openapi_extra=SECURITY)  # fmt: skip
def one(token_id: IdPath, viewer: InBrowser, session: DbSession) -> Response:
    """One valid token of who is signed in."""
    number = number_of(token_id)
    for found in tokens.of_account(session, viewer.account_id or 0):
        if found.id == number:
            return Response(dumps(_told(found, _slugs(session))), media_type=JSON)
    raise NotFound("There is no such token, or it is not valid any more.")


async def token_body(request: Request, viewer: InBrowser) -> bytes:  # noqa: ARG001 - who asks comes first
    """The bytes of a new token."""
    require_media_type(request, (JSON,))
    return await read(request, most=20_000)


@router.post("/tokens", summary="Make a token", status_code=201, response_class=Response,
             dependencies=[Depends(no_parameters)],
             responses=_answers(201, "The token, this once", MADE, Location="Address of the token.")
             | schemas.refusals(400, 401, 403, 409, 413, 415),
             openapi_extra={**SECURITY, "parameters": [FORM_TOKEN],
                            "requestBody": {"required": True, "content": {JSON: {"schema": NEW}}}})  # fmt: skip
def make(
    request: Request, viewer: InBrowser, body: Annotated[bytes, Depends(token_body)], session: DbSession
) -> Response:
    """Make a token for a program, until a quarter of an hour after signing in. It is told in this answer only."""
    draft = drafted(NewToken, body)
    if fresh_sign_in(request, session, viewer) is None:
        raise Refusal("not-allowed", "Sign in again first: a token is made within a quarter of an hour after that.")
    account = session.get_one(Account, viewer.account_id)
    try:
        community_id = None if draft.community is None else communities.get(session, draft.community).id
        token = tokens.add_token(
            session, draft.name, account=account, scopes=draft.scopes, community_id=community_id, days=draft.days
        )
    except NotFound as missing:
        raise Invalid.at("#/community", missing.message, **missing.values) from None
    except Invalid as refused:
        raise Invalid(
            refused.message, faults=[type(fault)(f"#/{fault.pointer}", fault.message, fault.values)
                                     for fault in refused.faults], **refused.values,
        ) from None  # fmt: skip
    made = tokens.of_account(session, account.id)[0]
    tell_token_made(session, account, made.name)
    headers = {"Location": f"{base_url(request)}{API_PREFIX}/tokens/{made.id}"}
    told = {**_told(made, _slugs(session)), "token": token}
    return Response(dumps(told), status_code=201, media_type=JSON, headers=headers)


@router.delete("/tokens/{tokenId}", summary="Revoke a token", status_code=204, response_class=Response,
               dependencies=[Depends(no_parameters)],
               responses=GONE | schemas.refusals(400, 401, 403, 404),
               openapi_extra={**SECURITY, "parameters": [FORM_TOKEN]})  # fmt: skip
def revoke(token_id: IdPath, viewer: InBrowser, session: DbSession) -> Response:
    """End one of your tokens at once."""
    tokens.revoke(session, number_of(token_id), account_id=viewer.account_id)
    return Response(status_code=204)
