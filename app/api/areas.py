"""One area in figures: what it has to build on, its energy, and where there is still room."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
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
from assets import features, profile
from assets.vocabulary import AreaKind, AssetKind, GiftOf, StreetState, Theme

router = APIRouter(prefix=f"{API_PREFIX}/areas", tags=["areas"], dependencies=ONCE)


class SummaryQuery(BaseModel):
    """Parameters of the profile of an area."""

    model_config = ConfigDict(extra="forbid")
    on: DateParameter = None
    theme: AnyThemeParameter = None


def _object(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "required": sorted(properties), "properties": properties, **more}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def _each(names: Any, item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return _object({str(name.value): item for name in names}, **more)


ENERGY = number("What neighbours did, by how many and how recently; it has no unit.", minimum=0)
PEOPLE = integer("Persons on the public map in fives: 5 from six on, 10 from eleven on; null for five or fewer.",
                 minimum=5, multipleOf=5, **NULL)  # fmt: skip
THINGS = integer("Entries that are no persons.", minimum=0)
NAMED = {
    "code": text("Code of the area."),
    "name": text("Name of the area."),
    "kind": words(AreaKind, "Level of the area."),
}
#: Named schemas of the answers, for the OpenAPI document.
SCHEMAS: dict[str, Any] = {
    "AreaSummary": _object(
        {
            "area": _object(
                NAMED
                | {
                    "population": integer("Inhabitants.", minimum=0, **NULL),
                    "households": integer("Households.", minimum=0, **NULL),
                    "addresses": integer("Addresses.", minimum=0, **NULL),
                }
            ),
            "on": day("The day that the figures are about."),
            "around": _list(_object(NAMED)),
            "inside": _list(_object(NAMED)),
            "beside": _list(_object(NAMED)),
            "assets": _object(
                {
                    "kinds": _each([kind for kind in AssetKind if kind is not AssetKind.person], THINGS),
                    "people_at_least": PEOPLE,
                    "themes": _each(Theme, THINGS),
                    "gifts": _each(GiftOf, _object({"things": THINGS, "people_at_least": PEOPLE})),
                    "named_gifts": _list(
                        _object({"of": words(GiftOf, "Head, heart or hands."), "what": text("The gift in words.")})
                    ),
                    "newest": _list(
                        _object(
                            {
                                "id": integer("Number of the asset.", format="int64"),
                                "kind": words(AssetKind, "What it is."),
                                "title": text("Its name."),
                            }
                        )
                    ),
                }
            ),
            "energy": _object(
                {
                    "energy": ENERGY,
                    "energy_per_1000": number("Energy per 1,000 inhabitants.", minimum=0, **NULL),
                    "energy_year_before": ENERGY,
                    "change": words(profile.Change, "Against a year before; null: nothing is known.", nullable=True),
                    "months": _list(day("First day of a month.")),
                    "series": _list(ENERGY),
                }
            ),
            "meeting_places": _object(
                {
                    "active": integer("Meeting places.", minimum=0),
                    "resident_run": integer("Of which residents run so many.", minimum=0),
                }
            ),
            "room": _object(
                {
                    "theme": {"type": "string", "enum": ["any", *(theme.value for theme in Theme)]},
                    "states": _each(
                        StreetState,
                        _object(
                            {
                                "street_parts": integer("Parts of streets.", minimum=0),
                                "streets": integer("Streets.", minimum=0),
                                "length_m": number("Metres of them.", minimum=0),
                                "covered_m": number("Metres under an initiative.", minimum=0),
                            }
                        ),
                        **NULL,
                    ),
                }
            ),
        }
    ),
}


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: schemas.answers("The profile", schemas.content(JSON, "AreaSummary"), ETag="For If-None-Match."),
    304: {"description": "Not changed"},
    **schemas.refusals(400, 404),
}


@router.get(
    "/{code}/summary",
    summary="An area in figures",
    response_class=Response,
    responses=ANSWERS,
)
def summary(
    request: Request,
    code: Annotated[AreaParameter, Path(description="Code of an area of any level.")],
    query: Annotated[SummaryQuery, Query()],
    session: PublicSession,
) -> Response:
    """What an area has to build on, how its energy goes, its meeting places, and the room in its streets."""
    on: date = query.on or today()
    tag = f'W/"{features.data_version(session)}-{today():%Y%m%d}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if known_already(request, tag):
        return Response(status_code=304, headers=headers)
    found = profile.of_area(session, code, on=on, theme=query.theme)
    return Response(dumps(profile.record(found)), media_type=JSON, headers=headers)
