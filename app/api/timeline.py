"""The timeline of an area: counts and energy month by month, and the entries with the days on which they are there."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from app.api import schemas
from app.api.collections import NULL, day, integer, number, text, words
from app.api.landing import ONCE
from app.api.paging import known_already
from app.database import PublicSession
from app.geojson import JSON, dumps
from app.parameters import AnyThemeParameter, AreaParameter, DateParameter, today
from app.problems import API_PREFIX
from assets import features, timeline
from assets.errors import TooLarge
from assets.vocabulary import AssetKind

router = APIRouter(prefix=f"{API_PREFIX}/timeline", tags=["timeline"], dependencies=ONCE)


class TimelineQuery(BaseModel):
    """Parameters of a timeline."""

    model_config = ConfigDict(extra="forbid")
    area: AreaParameter
    theme: AnyThemeParameter = None
    first: DateParameter = None
    last: DateParameter = None


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "required": sorted(properties), "properties": properties, **more}


def _list(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, **more}


THINGS = integer("Entries that are no persons.", minimum=0)
SPANS = _list(_list(day("From this day, or until this one."), minItems=2, maxItems=2))
#: Named schemas of the answers, for the OpenAPI document.
SCHEMAS: dict[str, Any] = {
    "Timeline": _object(
        {
            "area": text("Code of the area."),
            "theme": text("The theme, or any."),
            "moments": _list(
                _object(
                    {
                        "day": day("The first of a month; the last one is the day `last`."),
                        **{kind.value: THINGS for kind in AssetKind if kind is not AssetKind.person},
                        "people_at_least": integer(
                            "Persons in fives: 5 from six on; null: five or fewer.", minimum=5, **NULL
                        ),
                        "active": THINGS,
                        "ageing": integer("Of these, not confirmed for a while.", minimum=0),
                        "appeared": integer("New or back since the day before.", minimum=0),
                        "ended": integer("Ended since the day before.", minimum=0),
                        "faded": integer("Not heard of for long since the day before.", minimum=0),
                        "energy": number("Energy of the area, of every theme.", minimum=0),
                    }
                )
            ),
            "assets": _list(
                _object(
                    {
                        "id": integer("Number of the asset.", format="int64"),
                        "kind": words(AssetKind, "What it is."),
                        "title": text("Its name."),
                        "active": SPANS,
                        "fresh": SPANS,
                        "ended_on": day("The day it stopped.", **NULL),
                        "geometry": schemas.geometries(
                            ("Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon"), nullable=True
                        ),
                    }
                ),
                **NULL,
            ),
        }
    ),
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: schemas.answers("The timeline", schemas.content(JSON, "Timeline"), ETag="For If-None-Match."),
    304: {"description": "Not changed"},
    **schemas.refusals(400, 404),
}


@router.get("", summary="An area month by month", response_class=Response, responses=ANSWERS)
def of_area(request: Request, query: Annotated[TimelineQuery, Query()], session: PublicSession) -> Response:
    """What was active in an area on the first of each month, and each entry with its days; the past year when not said.

    `assets` is null when the entries are more than 3,000. Persons are counted in fives, and are not among them.
    """
    last: date = query.last or today()
    first: date = query.first or timeline.period(None, last)[0]
    tag = f'W/"{features.data_version(session)}-{today():%Y%m%d}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if known_already(request, tag):
        return Response(status_code=304, headers=headers)
    question: dict[str, Any] = {"first": first, "last": last, "theme": query.theme}
    told = [timeline.record(one) for one in timeline.moments(session, query.area, **question)]
    try:
        found = [timeline.asset_record(one) for one in timeline.assets(session, query.area, **question)]
    except TooLarge:
        found = None
    body = {
        "area": query.area,
        "theme": query.theme.value if query.theme else "any",
        "moments": [{**one, "day": one["day"].isoformat()} for one in told],
        "assets": found,
    }
    return Response(dumps(body), media_type=JSON, headers=headers)
