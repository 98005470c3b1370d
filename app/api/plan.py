"""The plan from the average: service hours over streets, what changed, and how the hours fall.

For who may see plans; that they look is written down and shown to all (assets/lookups.py).
"""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from starlette.responses import Response

from app.access import PlanReader
from app.api import schemas
from app.api.collections import NULL, day, flag, integer, number, text, words
from app.api.landing import ONCE, FormatParameter
from app.api.negotiation import PLAIN, chosen
from app.api.paging import known_already
from app.database import DbSession
from app.geojson import JSON, dumps
from app.parameters import NUMBER, AreaParameter, DateParameter, plain, refuse, today
from app.problems import API_PREFIX
from assets import features, plan, plan_files
from assets.plan import MOST_HOURS, MOST_MINIMUM, Changes, Plan, StreetChange
from assets.vocabulary import LitterLevel, MunicipalAnswer, PlanReason, Shared, StreetState

router = APIRouter(prefix=API_PREFIX, tags=["plan"], dependencies=ONCE)


def read_hours(value: object) -> float:
    """A number of hours per week; how many there may be is for the domain to say."""
    if isinstance(value, int | float):
        return float(value)
    text_of = plain(value)
    if not NUMBER.fullmatch(text_of):
        raise refuse("This must be a number, as 40 or 0.25.")
    return float(text_of)


HoursParameter = Annotated[
    Any,
    BeforeValidator(read_hours),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": MOST_HOURS}),
    Field(description="Hours per week to divide over the streets of the area."),
]
MinimumParameter = Annotated[
    Any,
    BeforeValidator(read_hours),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": MOST_MINIMUM, "default": 0}),
    Field(description="Hours per week per 100 m that every street gets, whatever neighbours do."),
]
SinceParameter = Annotated[
    DateParameter, Field(description="An earlier day to compare with: what changed since then, and why.")
]


class PlanQuery(BaseModel):
    """Parameters of a plan."""

    model_config = ConfigDict(extra="forbid")
    area: AreaParameter
    hours: HoursParameter
    minimum: MinimumParameter = 0.0
    on: DateParameter = None
    since: SinceParameter = None
    f: Annotated[FormatParameter | None, Query(pattern="^json$", description="Format of the answer.")] = None


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": sorted(properties), "properties": properties}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


HOURS = number("Hours per week.", minimum=0)
STREET = _object(
    {
        "street_part_id": integer("Number of the street part.", format="int64"),
        "name": text("Name of the street."),
        "municipality": text("Name of the municipality.", **NULL),
        "neighbourhood": text("Name of the neighbourhood.", **NULL),
        "area_code": text("Code of the smallest area that holds it.", **NULL),
        "length_m": number("Metres.", minimum=0),
        "state": words(StreetState, "State for the theme litter; null where it is not shared.", **NULL),
        "level": words(LitterLevel, "Measured level; null when nothing was measured.", **NULL),
        "measured_on": day("Day of the sample.", **NULL),
        "boxes": integer("Boxes counted that day: the size of the sample.", minimum=0),
        "need": number("Weight of the street, from its level; 1 without one."),
        "care_per_100_m": number(
            "Hours per week per 100 m by residents, over the past 13 weeks; null when none is shared.",
            minimum=0,
            **NULL,
        ),
        "service_per_100_m": number("Hours per week per 100 m by the municipality.", minimum=0),
        "hours": HOURS,
        "on_minimum": flag("Whether it gets the minimum and no more."),
        "ambition": words(LitterLevel, "Level that its area wants.", **NULL),
        "answer": words(MunicipalAnswer, "What the municipality does; null when unknown or not shared.", **NULL),
        "not_shared": text("What of this line a community here does not share: street_states, activity_counts."),
    }
)
AREA = _object(
    {
        "code": text("Code of the area; null for streets outside every area.", **NULL),
        "name": text("Name of the area.", **NULL),
        "rest": flag("Whether these are the streets of this area that lie outside the smaller areas in it."),
        "streets": integer("Street parts in it.", minimum=0),
        "length_m": number("Metres of street.", minimum=0),
        "hours": HOURS,
        "care_hours": number("Hours per week by residents; null when none is shared.", minimum=0, **NULL),
        "population": integer("Inhabitants.", **NULL),
        "hours_per_1000": number("Hours per week per 1,000 inhabitants; null when unknown.", **NULL),
    }
)
CHANGE = _object(
    {
        "street_part_id": integer("Number of the street part.", format="int64"),
        "name": text("Name of the street."),
        "hours_before": HOURS,
        "hours": HOURS,
        "difference": number("Hours per week more; less when negative."),
        "care_per_100_m_before": number("Care then; null when none is shared.", minimum=0, **NULL),
        "care_per_100_m": number("Care now; null when none is shared.", minimum=0, **NULL),
        "need_before": number("Weight then."),
        "need": number("Weight now."),
        "reasons": _list(words(PlanReason, "Why.")),
    }
)
WITHHELD = _object(
    {
        "community": text("Short name of a community that has something here on the map."),
        "name": text("Its name."),
        "what": words(Shared, "What it does not share: the plan reckons as if it were not there."),
        "reason": text("Why, in its own words; may be empty."),
    }
)
PLAN = _object(
    {
        "area": text("Code of the area."),
        "name": text("Name of the area."),
        "on": day("The day that the data is of."),
        "hours": HOURS,
        "minimum": number("Hours per week per 100 m for everybody.", minimum=0),
        "level": number("Hours per week per 100 m for a need of 1; null when the minimum is not reached.", **NULL),
        "minimum_hours": number("Hours per week that the minimum takes.", minimum=0),
        "fraction": number("The part of the minimum that everybody gets.", minimum=0, maximum=1),
        "population": integer("Inhabitants of the area.", **NULL),
        "hours_per_1000": number("Hours per week per 1,000 inhabitants; null when unknown.", **NULL),
        "newest_activity_on": day("Newest recorded activity of litter initiatives here.", **NULL),
        "days_since_activity": integer("How far behind the plan may be.", minimum=0, **NULL),
        "newest_measurement_on": day("Newest measurement here.", **NULL),
        "days_since_measurement": integer("Days since then.", minimum=0, **NULL),
        "withheld": _list(WITHHELD),
        "neighbourhoods": _list(AREA),
        "streets": _list(STREET),
        "changes": {
            **_object(
                {
                    "since": day("The day that is compared with."),
                    "level": number("The level on that day; null when the minimum was not reached.", **NULL),
                    "fraction": number("The part of the minimum that everybody got.", minimum=0, maximum=1),
                    "streets": _list(CHANGE),
                }
            ),
            **NULL,
        },
    }
)


@router.get("/plan", summary="Service hours over streets, counting what neighbours do", response_class=Response,
            responses={200: schemas.answers("The plan", {JSON: {"schema": PLAN}}, ETag="For If-None-Match."),
                       304: {"description": "Not changed"}, **schemas.refusals(400, 401, 403, 404)},
            openapi_extra={"security": [{"token": []}]})  # fmt: skip
def the_plan(
    request: Request, viewer: PlanReader, query: Annotated[PlanQuery, Query()], session: DbSession
) -> Response:
    """Divide hours so that all streets end on one level and none falls under the minimum; care counts along.

    Hours are not rounded: those of the streets add up to the hours that were divided. For analysts; that somebody
    looked at the plan of an area is written down, and everybody can see it.
    """
    chosen(request, PLAIN, query.f)
    tag = f'W/"{features.data_version(session)}-{today():%Y%m%d}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": tag, "Vary": "Authorization, Cookie"}
    settings = request.app.state.settings
    on: date = query.on or today()
    if known_already(request, tag):
        plan.look(session, viewer, area=query.area)
        return Response(status_code=304, headers=headers)
    found, changed = plan.shown(
        session, viewer, area=query.area, hours=query.hours, minimum=query.minimum, on=on, since=query.since,
        thresholds=settings.litter, activity_hours=settings.activity_hours,
    )  # fmt: skip
    return Response(dumps(body(found, changed)), media_type=JSON, headers=headers)


def body(found: Plan, changed: Changes | None) -> dict[str, Any]:
    """A plan as it stands in JSON."""
    return {
        "area": found.area.code,
        "name": found.area.name,
        "on": found.on.isoformat(),
        "hours": found.hours,
        "minimum": found.minimum,
        "level": found.level,
        "minimum_hours": found.minimum_hours,
        "fraction": found.fraction,
        "population": found.area.population,
        "hours_per_1000": found.per_1000,
        "newest_activity_on": found.newest_activity_on and found.newest_activity_on.isoformat(),
        "days_since_activity": found.activity_days,
        "newest_measurement_on": found.newest_measurement_on and found.newest_measurement_on.isoformat(),
        "days_since_measurement": found.measurement_days,
        "withheld": plan_files.withheld(found.withheld),
        "neighbourhoods": [
            {
                "code": one.code,
                "name": one.name,
                "rest": one.rest,
                "streets": one.streets,
                "length_m": one.length_m,
                "hours": one.hours,
                "care_hours": found.told(one.care_hours),
                "population": one.population,
                "hours_per_1000": one.per_1000,
            }
            for one in found.neighbourhoods
        ],
        "streets": [_plain(plan_files.record(found, street)) for street in found.streets],
        "changes": None
        if changed is None
        else {
            "since": changed.earlier.on.isoformat(),
            "level": changed.earlier.level,
            "fraction": changed.earlier.fraction,
            "streets": [_change(changed.earlier, found, one) for one in changed.streets],
        },
    }


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in record.items()}


def _change(earlier: Plan, now: Plan, one: StreetChange) -> dict[str, Any]:
    return {
        "street_part_id": one.now.found.part.id,
        "name": one.now.found.part.name,
        "hours_before": one.before.hours,
        "hours": one.now.hours,
        "difference": one.difference,
        "care_per_100_m_before": earlier.told(one.before.care),
        "care_per_100_m": now.told(one.now.care),
        "need_before": one.before.need,
        "need": one.now.need,
        "reasons": [str(reason) for reason in one.reasons],
    }
