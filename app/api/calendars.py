"""`/areas/{code}/calendar` and `/areas/{code}/feed`: what calendar programs and feed readers subscribe to."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, WithJsonSchema
from starlette.responses import Response

from app import feed, subscriptions
from app.api import negotiation, schemas
from app.api.once import ONCE
from app.database import PublicSession
from app.parameters import AREA_CODE
from app.problems import API_PREFIX
from assets import calendars

router = APIRouter(prefix=f"{API_PREFIX}/areas", tags=["areas"], dependencies=ONCE)

CALENDAR = {"ics": (calendars.MEDIA_TYPE,)}
FEED = {"atom": (feed.MEDIA_TYPE, "application/xml", "text/xml")}


class NoParameters(BaseModel):
    """A calendar and a feed have no parameters: programs ask for them as they are."""

    model_config = ConfigDict(extra="forbid")


CodePath = Annotated[
    str,
    Path(description="Code of an area of any level."),
    WithJsonSchema({"type": "string", "pattern": AREA_CODE}),
]


def _answers(what: str, media_type: str, *refusals: int, **headers: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: schemas.answers(what, {media_type: {"schema": {"type": "string"}}}, ETag="For If-None-Match.", **headers),
        304: {"description": "Not changed"},
        **schemas.refusals(400, 404, *refusals),
    }


@router.get(
    "/{code}/calendar",
    summary="Calendar of an area",
    response_class=Response,
    responses=_answers("The calendar (RFC 5545)", calendars.MEDIA_TYPE, 413),
)
def area_calendar(
    request: Request,
    code: CodePath,
    query: Annotated[NoParameters, Query()],  # noqa: ARG001 - any parameter is a fault
    session: PublicSession,
) -> Response:
    """What is public in an area, active today, and has a recurrence: one event each, with its rule.

    To subscribe to in a calendar program. Days that are announced count as nothing until somebody records them.
    """
    negotiation.chosen(request, CALENDAR)
    return subscriptions.area_calendar(request, session, code)


@router.get(
    "/{code}/feed",
    summary="Feed of an area",
    response_class=Response,
    responses=_answers("The feed (RFC 4287 with GeoRSS)", feed.MEDIA_TYPE),
)
def area_feed(
    request: Request,
    code: CodePath,
    query: Annotated[NoParameters, Query()],  # noqa: ARG001 - any parameter is a fault
    session: PublicSession,
) -> Response:
    """What came on the map of an area and what changed there, the newest first, 50 entries at most.

    To subscribe to in a feed reader. Persons stand in it without a point, and only while their consent holds. The words
    round what people wrote are in the language of `Accept-Language`.
    """
    negotiation.chosen(request, FEED)
    return subscriptions.area_feed(request, session, code)
