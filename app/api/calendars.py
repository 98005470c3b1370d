"""`/areas/{code}/calendar`: what happens again and again in an area, for calendar programs."""

import re
from datetime import UTC, datetime
from threading import Lock
from typing import Annotated, Any

from cachetools import LRUCache
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, WithJsonSchema
from starlette.responses import Response

from app.api import negotiation, schemas
from app.api.once import ONCE
from app.api.paging import FRESH, known_already
from app.database import PublicSession
from app.parameters import AREA_CODE, today
from app.problems import API_PREFIX, base_url
from assets import calendars, features
from assets.errors import NotFound

router = APIRouter(prefix=f"{API_PREFIX}/areas", tags=["areas"], dependencies=ONCE)

OFFERED = {"ics": (calendars.MEDIA_TYPE,)}


#: Telephones ask every day for what seldom changes; a thousand events take a second to write.
_kept: LRUCache[Any, bytes] = LRUCache(64)
_keeping = Lock()


class NoParameters(BaseModel):
    """A calendar has no parameters: programs ask for it as it is."""

    model_config = ConfigDict(extra="forbid")


CodePath = Annotated[
    str,
    Path(description="Code of an area of any level."),
    WithJsonSchema({"type": "string", "pattern": AREA_CODE}),
]


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: schemas.answers(
        "The calendar (RFC 5545)", {calendars.MEDIA_TYPE: {"schema": {"type": "string"}}}, ETag="For If-None-Match."
    ),
    304: {"description": "Not changed"},
    **schemas.refusals(400, 404, 413),
}


@router.get(
    "/{code}/calendar",
    summary="Calendar of an area",
    response_class=Response,
    responses=ANSWERS,
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
    negotiation.chosen(request, OFFERED)
    if not re.fullmatch(AREA_CODE, code):
        raise NotFound("There is no area with this code.")
    day = today()
    # a consent may end with the day, here or by the server's clock
    tag = f'W/"{features.data_version(session)}-{day:%Y%m%d}-{datetime.now(UTC):%d}"'
    headers = FRESH | {"ETag": tag}
    if known_already(request, tag):
        return Response(status_code=304, headers=headers)
    key = (session.get_bind().engine.url, tag, code, base_url(request))
    with _keeping:
        body = _kept.get(key)
    if body is None:
        body = calendars.of_area(session, code, on=day, base=base_url(request))
        with _keeping:
            _kept[key] = body
    headers |= {
        "Content-Type": f"{calendars.MEDIA_TYPE}; charset=utf-8",
        "Content-Disposition": 'inline; filename="vuurtoren.ics"',
    }
    return Response(body, headers=headers)
