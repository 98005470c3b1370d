"""Meeting places of areas: which there are, who runs them, and what lies within walking distance of one."""

import json
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from app.api import schemas
from app.api.collections import NULL, STREETS, day, integer, number, text, words
from app.api.once import ONCE
from app.api.paging import FRESH, known_already
from app.database import PublicSession
from app.geojson import GEOJSON, JSON, address, collection, dumps, feature_text, link
from app.parameters import CRS84, AreaParameter, DateParameter, today
from app.problems import API_PREFIX, base_url
from assets import features, meeting_places
from assets.vocabulary import AreaKind, MeasuredBy

router = APIRouter(prefix=f"{API_PREFIX}/meeting-places", tags=["meeting-places"], dependencies=ONCE)


class MeetingPlacesQuery(BaseModel):
    """Parameters of both addresses: an area, and a day."""

    model_config = ConfigDict(extra="forbid")
    area: AreaParameter
    on: DateParameter = None


AREA: dict[str, Any] = {
    "code": text("Code of the area."),
    "name": text("Name of the area."),
    "kind": words(AreaKind, "Level of the area."),
    "district": text("Name of the district that a neighbourhood lies in.", **NULL),
    "population": integer("Inhabitants.", minimum=0, **NULL),
    "meeting_places": integer("Meeting places that are active on the day.", minimum=0),
    "resident_run": integer("Those that residents run.", minimum=0),
    "run_by_others": integer("Those that others run.", minimum=0),
    "run_unknown": integer("Those of which nobody said who runs them.", minimum=0),
    "in_district": {
        "type": "boolean",
        "description": "Whether there is one in the district; of a neighbourhood, in the district that it lies in.",
        **NULL,
    },
    "measured_by": words(
        MeasuredBy, "What the share is counted in; null where neither addresses nor streets are known."
    )
    | NULL,
    "share": number(
        "The share of addresses, or of street metres, within 400 m walking of a meeting place.",
        minimum=0,
        maximum=1,
        **NULL,
    ),
    "addresses": integer("Addresses; null where they are not known.", minimum=0, **NULL),
    "addresses_reached": integer("Addresses within 400 m walking of a meeting place.", minimum=0, **NULL),
    "length_m": number("Metres of street.", minimum=0),
    "reached_m": number("Metres of street within 400 m walking of a meeting place.", minimum=0),
}
REACHED = {
    "name": STREETS.properties["name"],
    "reached_m": number("Metres of the street part within 400 m walking of a meeting place.", minimum=0),
}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": sorted(properties), "properties": properties}


#: Named schemas of the answers, for the OpenAPI document.
SCHEMAS: dict[str, Any] = {
    "MeetingPlaces": _object(
        {
            "on": day("The day that the figures are about."),
            "walk_m": number("How far people walk, in metres along streets."),
            "areas": {"type": "array", "items": _object(AREA)},
            "districts_with_room": {
                "type": "array",
                "description": "Codes of the districts without a meeting place: there is still room for one.",
                "items": {"type": "string"},
            },
        }
    ),
    "MeetingPlacesReach": _object(
        {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberReturned": {"type": "integer", "minimum": 0},
            "numberMatched": {"type": "integer", "minimum": 0},
            "links": {"type": "array", "items": {"$ref": "#/components/schemas/Link"}},
            "features": {
                "type": "array",
                "items": _object(
                    {
                        "type": {"type": "string", "enum": ["Feature"]},
                        "id": STREETS.id_schema,
                        "geometry": schemas.geometries(["MultiLineString"], nullable=False),
                        "properties": _object(REACHED),
                    }
                ),
            },
        }
    ),
}


def _answers(description: str, media_type: str, name: str) -> dict[int | str, dict[str, Any]]:
    ok = schemas.answers(description, schemas.content(media_type, name), ETag="For If-None-Match.")
    return {200: ok, 304: {"description": "Not changed"}, **schemas.refusals(400, 404)}


def _answer(
    request: Request, session: PublicSession, media_type: str, headers: dict[str, str], make: Callable[[], bytes]
) -> Response:
    """The answer, or 304 for who holds it: it changes with the data, the day, and the address."""
    tag = f'W/"{features.data_version(session)}-{today():%Y%m%d}"'
    headers = FRESH | {"ETag": tag} | headers
    if known_already(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(make(), headers={**headers, "Content-Type": media_type})


@router.get("", summary="Meeting places of an area and all inside it", response_class=Response,
            responses=_answers("The area, then its districts and neighbourhoods", JSON, "MeetingPlaces"))  # fmt: skip
def of_areas(request: Request, query: Annotated[MeetingPlacesQuery, Query()], session: PublicSession) -> Response:
    """How many meeting places are active, who runs them, and the share within 400 m walking along streets of one.

    A meeting place beyond the border of an area counts for who can walk to it. The share is of addresses where they are
    known, else of street metres: `measured_by` says which.
    """
    on: date = query.on or today()

    def make() -> bytes:
        found = meeting_places.of_areas(session, area=query.area, on=on)
        return dumps(
            {
                "on": on.isoformat(),
                "walk_m": meeting_places.WALK_M,
                "areas": [meeting_places.record(one) for one in found],
                "districts_with_room": [one.code for one in meeting_places.with_room(found)],
            }
        )

    return _answer(request, session, JSON, {}, make)


@router.get("/reach", summary="Streets within walking distance of a meeting place", response_class=Response,
            responses=_answers("What is reached of each street part", GEOJSON, "MeetingPlacesReach"))  # fmt: skip
def reach(request: Request, query: Annotated[MeetingPlacesQuery, Query()], session: PublicSession) -> Response:
    """The lines of the street parts of an area that lie within 400 m walking of an active meeting place, by id."""
    on: date = query.on or today()

    def make() -> bytes:
        found = meeting_places.lines(session, area=query.area, on=on)
        here = address(base_url(request), request.url.path, request.query_params.multi_items())
        lines = [
            feature_text(
                one.id,
                one.geometry,
                json.dumps({"name": one.name, "reached_m": round(one.reached_m, 1)}, ensure_ascii=False),
            )
            for one in found
        ]
        return collection(lines, [link(here, "self", GEOJSON, "This answer")], len(lines))

    return _answer(request, session, GEOJSON, {"Content-Crs": f"<{CRS84}>"}, make)
