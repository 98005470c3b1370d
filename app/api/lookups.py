"""Who is looking: what people of the municipality looked at beyond the public map; never who by name."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.api import schemas
from app.api.collections import NULL, day, text, words
from app.api.landing import ONCE
from app.database import PublicSession
from app.geojson import JSON, address, dumps, link
from app.parameters import DEFAULT_LIMIT, AreaParameter, LimitParameter
from app.problems import API_PREFIX, base_url
from assets import lookups
from assets.lookups import Look
from assets.recurrence import HOME_ZONE
from assets.vocabulary import LookupKind, Role

router = APIRouter(prefix=f"{API_PREFIX}/lookups", tags=["lookups"], dependencies=ONCE)


class LookupsQuery(BaseModel):
    """Parameters of the looks."""

    model_config = ConfigDict(extra="forbid")
    area: AreaParameter | None = None
    what: Annotated[LookupKind | None, Field(description="Only looks at this.")] = None
    limit: LimitParameter = DEFAULT_LIMIT
    after: Annotated[
        str | None,
        Field(pattern=f"^{lookups.PLACE}$", description="Where the page begins; take it from the `next` link."),
    ] = None


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": sorted(properties), "properties": properties}


#: Named schemas of the answers, for the OpenAPI document.
SCHEMAS: dict[str, Any] = {
    "Lookups": _object(
        {
            "lookups": {
                "type": "array",
                "items": _object(
                    {
                        "on": day("The day, in the time of the neighbourhood."),
                        "at": {**text("The moment; null of persons.", **NULL), "format": "date-time"},
                        "role": words(Role, "In which role somebody looked."),
                        "what": words(LookupKind, "What was looked at."),
                        "area": text("Code of the area that it was about.", **NULL),
                        "area_name": text("Its name.", **NULL),
                    }
                ),
            },
            "links": {"type": "array", "items": {"$ref": "#/components/schemas/Link"}},
        }
    ),
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: schemas.answers("A page of looks", schemas.content(JSON, "Lookups")),
    **schemas.refusals(400, 404),
}


@router.get("", summary="What the municipality looked at", response_class=Response, responses=ANSWERS)
def listed(request: Request, query: Annotated[LookupsQuery, Query()], session: PublicSession) -> Response:
    """What analysts, and whoever runs the map, looked at beyond the public map in the past year; the newest first.

    A look at an area, at what lies in it or around it counts for `area`. Of persons only the day is told: their looks
    stand at the end of it, and no look has a number that would tell their order.
    """
    before = lookups.read_place(query.after) if query.after else None
    rows = lookups.looks(session, area=query.area, what=query.what, before=before, limit=query.limit + 1)
    shown, base, given = rows[: query.limit], base_url(request), request.query_params.multi_items()
    links = [link(address(base, request.url.path, given), "self", JSON, "This page")]
    if len(rows) > query.limit:
        kept = [(name, value) for name, value in given if name != "after"]
        onward = address(
            base, request.url.path, [*kept, ("after", lookups.place_told(lookups.place_after(shown, before)))]
        )
        links.append(link(onward, "next", JSON, "Next page"))
    links.append(link(f"{base}/lookups", "alternate", "text/html", "The same as a page"))
    body = {"lookups": [_told(one) for one in shown], "links": links}
    return Response(dumps(body), media_type=JSON, headers={"Cache-Control": "no-cache"})


def _told(look: Look) -> dict[str, Any]:
    at = look.at.astimezone(HOME_ZONE)
    on: date = at.date()
    return {
        "on": on.isoformat(),
        "at": None if look.what is LookupKind.person else at.isoformat(timespec="seconds"),
        "role": look.role.value,
        "what": look.what.value,
        "area": look.area_code,
        "area_name": look.area_name,
    }
