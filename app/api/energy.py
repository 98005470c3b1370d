"""Energy: of areas on a day, month by month, and the activities that a figure is made of."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.api import boxes, schemas
from app.api.collections import NULL, day, integer, number, text, words
from app.api.once import ONCE
from app.api.paging import known_already
from app.database import PublicSession
from app.geojson import JSON, dumps
from app.parameters import (
    CRS84,
    AreaKindParameter,
    AreaParameter,
    BoxParameter,
    DateParameter,
    IdParameter,
    LimitParameter,
    today,
    wire_crs,
)
from app.problems import API_PREFIX
from assets import crs, energy, energy_classes, features
from assets.energy_classes import DECIMALS, Classes
from assets.errors import Invalid
from assets.vocabulary import ActivityKind, AreaKind, AssetKind

router = APIRouter(prefix=f"{API_PREFIX}/energy", tags=["energy"], dependencies=ONCE)


class AreasQuery(BaseModel):
    """Parameters of the energy of areas."""

    model_config = ConfigDict(extra="forbid")
    area: AreaParameter | None = None
    kind: AreaKindParameter | None = None
    on: DateParameter = None


class ActivitiesQuery(BaseModel):
    """Parameters of the activities behind one figure."""

    model_config = ConfigDict(extra="forbid")
    street: IdParameter = None
    area: AreaParameter | None = None
    on: DateParameter = None
    limit: LimitParameter = 100


class MonthsQuery(BaseModel):
    """Parameters of a series."""

    model_config = ConfigDict(extra="forbid")
    of: Literal["areas", "streets"] = "areas"
    area: AreaParameter | None = None
    kind: AreaKindParameter | None = None
    bbox: BoxParameter = None
    first: DateParameter = None
    last: DateParameter = None
    also: Annotated[
        Literal["last"] | None, Field(description="`last`: the day `last` itself too, at the end of the series.")
    ] = None
    per: Annotated[Literal["1000"] | None, Field(description="`1000`: per 1,000 inhabitants; only for areas.")] = None


class ClassesQuery(BaseModel):
    """Parameters of the classes of a legend."""

    model_config = ConfigDict(extra="forbid")
    area: AreaParameter | None = None
    first: DateParameter = None
    last: DateParameter = None


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": sorted(properties), "properties": properties}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


ENERGY = number("What neighbours did, by how many and how recently; it has no unit.", minimum=0)
CLASS = _object(
    {
        "number": integer("Number of the class, the least energy first.", minimum=1, maximum=4),
        "from": number("Where it begins; this figure is in it. 0 for the first, which is above 0.", minimum=0),
        "to": number("Where it ends; this figure is in the next. Null for the last.", minimum=0, **NULL),
    }
)
#: Named schemas of the answers, for the OpenAPI document.
SCHEMAS: dict[str, Any] = {
    "AreasEnergy": _object(
        {
            "on": day("The day that the figures are about."),
            "areas": _list(
                _object(
                    {
                        "code": text("Code of the area."),
                        "name": text("Name of the area."),
                        "kind": words(AreaKind, "Level of the area."),
                        "energy": ENERGY,
                        "population": integer("Inhabitants.", **NULL),
                        "energy_per_1000": number("Energy per 1,000 inhabitants.", minimum=0, **NULL),
                    }
                )
            ),
        }
    ),
    "EnergyActivities": _object(
        {
            "on": day("The day that the figure is about."),
            "energy": ENERGY,
            "activities": _list(
                _object(
                    {
                        "id": integer("Number of the activity.", format="int64"),
                        "asset_id": integer("Number of the asset that did it.", format="int64"),
                        "title": text("Name of that asset."),
                        "asset_kind": words(AssetKind, "What the asset is."),
                        "kind": words(ActivityKind, "Something that happened, or a confirmation."),
                        "held_on": day("The day it happened."),
                        "participants": integer("How many took part.", minimum=1),
                        "share": number("The part of it that counts here.", minimum=0, maximum=1),
                        "weight": number("What it adds to the figure on that day.", minimum=0),
                    }
                )
            ),
            "others": number("Weight of the activities that the limit left out.", minimum=0),
        }
    ),
    "EnergyMonths": _object(
        {
            "months": _list(day("First day of a month.")),
            "energy": {
                "type": "object",
                "description": "Code of an area, or number of a street part, with its energy on each of the days; "
                "what has none is left out. Null per 1,000 inhabitants where their number is not known.",
                "additionalProperties": _list({"type": "number", "minimum": 0}) | NULL,
            },
        }
    ),
    "EnergyClasses": _object(
        {
            "months": _list(day("First day of a month; the last one is the day `last`.")),
            "streets": _list(CLASS),
            "areas": _list(CLASS),
        }
    ),
}


def _answer(request: Request, session: PublicSession, make: Any) -> Response:
    """The answer, or 304 for who holds it: it changes with the data, the day, and the address."""
    tag = f'W/"{features.data_version(session)}-{today():%Y%m%d}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if known_already(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(dumps(make()), media_type=JSON, headers=headers)


def _answers(description: str, name: str) -> dict[int | str, dict[str, Any]]:
    ok = schemas.answers(description, schemas.content(JSON, name), ETag="For If-None-Match.")
    return {200: ok, 304: {"description": "Not changed"}} | schemas.refusals(400, 404)


@router.get("", summary="Energy of areas on a day", response_class=Response,
            responses=_answers("Areas with their energy, by code", "AreasEnergy"))  # fmt: skip
def of_areas(request: Request, query: Annotated[AreasQuery, Query()], session: PublicSession) -> Response:
    """An area and all inside it (or every area) with what neighbours did there, also per 1,000 inhabitants."""
    on: date = query.on or today()

    def make() -> Any:
        found = energy.of_areas(session, on=on, area=query.area, kind=query.kind)
        return {"on": on.isoformat(), "areas": [_area(one) for one in found]}

    return _answer(request, session, make)


def _area(found: energy.AreaEnergy) -> dict[str, Any]:
    return {
        "code": found.code,
        "name": found.name,
        "kind": found.kind.value,
        "energy": round(found.energy, DECIMALS),
        "population": found.population,
        "energy_per_1000": None if found.per_1000 is None else round(found.per_1000, DECIMALS),
    }


@router.get("/activities", summary="The activities that a figure is made of", response_class=Response,
            responses=_answers("Activities with their weight, heaviest first", "EnergyActivities"))  # fmt: skip
def activities(request: Request, query: Annotated[ActivitiesQuery, Query()], session: PublicSession) -> Response:
    """What the energy of one street part (`street`) or one area (`area`) is made of on a day."""
    on: date = query.on or today()

    def make() -> Any:
        found = energy.unfold(session, on=on, street_part_id=query.street, area=query.area, limit=query.limit)
        return {
            "on": on.isoformat(),
            "energy": round(found.energy, DECIMALS),
            "activities": [
                {
                    "id": one.id,
                    "asset_id": one.asset_id,
                    "title": one.title,
                    "asset_kind": one.asset_kind.value,
                    "kind": one.kind.value,
                    "held_on": one.held_on.isoformat(),
                    "participants": one.participants,
                    "share": round(one.share, 4),
                    "weight": round(one.weight, DECIMALS),
                }
                for one in found.activities
            ],
            "others": round(found.others, DECIMALS),
        }

    return _answer(request, session, make)


@router.get("/months", summary="Energy month by month", response_class=Response,
            responses=_answers("Series of figures on the first of each month", "EnergyMonths")
            | schemas.refusals(413))  # fmt: skip
def months(request: Request, query: Annotated[MonthsQuery, Query()], session: PublicSession) -> Response:
    """Energy of areas or street parts on the first of each month, for a slider that asks once."""
    first, last = _period(query)
    closing = query.also == "last"
    if query.per is not None and query.of == "streets":
        raise Invalid.at("per", "Inhabitants are known of areas only.")
    storage = crs.storage(session)
    box = None if query.bbox is None else boxes.shape_of(query.bbox, wire_crs(storage.srid)[CRS84], storage)

    def make() -> Any:
        if query.of == "streets":
            found: dict[Any, list[float] | None] = dict(
                energy.streets_by_month(session, first=first, last=last, area=query.area, within=box, closing=closing)
            )
        else:
            of_areas = energy.areas_by_month(
                session, first=first, last=last, area=query.area, kind=query.kind, within=box, closing=closing
            )
            found = dict(of_areas if query.per is None else energy.per_1000(session, of_areas))
        return {
            "months": [one.isoformat() for one in energy.months(first, last, closing=closing)],
            "energy": {
                str(key): None if series is None else [round(one, DECIMALS) for one in series]
                for key, series in found.items()
            },
        }

    return _answer(request, session, make)


def _period(query: MonthsQuery | ClassesQuery) -> tuple[date, date]:
    """The first and the last day asked; without them a year up to today."""
    last: date = query.last or today()
    return query.first or date(last.year - 1, last.month, 1), last


@router.get("/classes", summary="Classes of energy for a legend", response_class=Response,
            responses=_answers("The classes of streets and of areas", "EnergyClasses"))  # fmt: skip
def classes(request: Request, query: Annotated[ClassesQuery, Query()], session: PublicSession) -> Response:
    """Natural classes over all months of a period, so that the same colour means the same in each of them.

    `streets`: of the energy of street parts in the area. `areas`: of energy per 1,000 inhabitants, of all areas in its
    municipality. At most four each; fewer where the figures hardly differ, none where there is no energy.
    """
    first, last = _period(query)

    def make() -> Any:
        days = energy.months(first, last, closing=True)
        return {
            "months": [one.isoformat() for one in days],
            "streets": _classes(energy_classes.of_streets(session, days=days, area=query.area)),
            "areas": _classes(energy_classes.of_areas(session, days=days, area=query.area)),
        }

    return _answer(request, session, make)


def _classes(found: Classes) -> list[dict[str, Any]]:
    bounds = [found.bounds(number) for number in range(1, found.count + 1)]
    return [{"number": at, "from": low or 0, "to": high} for at, (low, high) in enumerate(bounds, start=1)]
