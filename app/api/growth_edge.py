"""The growth edge: street parts without an initiative, those nearest to energy first."""

import json
import re
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from app.api import schemas
from app.api.collections import NULL, STREETS, integer, number, text, words
from app.api.landing import ONCE
from app.api.paging import FRESH, known_already
from app.database import PublicSession
from app.geojson import GEOJSON, address, collection, feature_text, link
from app.parameters import (
    CRS84,
    CURSOR,
    DEFAULT_LIMIT,
    AfterParameter,
    AnyThemeParameter,
    AreaParameter,
    DateParameter,
    LimitParameter,
    today,
)
from app.problems import API_PREFIX, base_url
from assets import crs, features, growth_edge
from assets.errors import Invalid
from assets.growth_edge import GrowthEdgeStreet
from assets.vocabulary import AssetKind, GiftOf, StreetState

router = APIRouter(prefix=f"{API_PREFIX}/growth-edge", tags=["growth-edge"], dependencies=ONCE)

#: A place in the list is a distance in tenths of metres above the number of a street part, in one number.
ID_BITS = 44
UNKNOWN = 0xFFFF
TENTHS = 10


class GrowthEdgeQuery(BaseModel):
    """Parameters of a page of the growth edge."""

    model_config = ConfigDict(extra="forbid")
    area: AreaParameter | None = None
    theme: AnyThemeParameter = None
    on: DateParameter = None
    limit: LimitParameter = DEFAULT_LIMIT
    after: AfterParameter | None = None


LIVES: dict[str, Any] = {
    "type": "object",
    "description": "Entries that count on the day, within 200 m of the street part in a straight line.",
    "required": ["fewer_than_5", "gifts", *sorted(AssetKind)],
    "properties": {
        **{str(kind): integer(f"Entries of the kind {kind}.", minimum=0) for kind in AssetKind},
        "person": integer(
            "Persons in fives: 5 from six persons on, 10 from eleven on; null for five or fewer, and for none.",
            minimum=5,
            **NULL,
        ),
        "gifts": {
            "type": "object",
            "required": sorted(GiftOf),
            "properties": {
                str(gift): integer(
                    f"At least so many entries, of any kind, have a gift of the {gift}: persons in fives, as above.",
                    minimum=0,
                )
                for gift in GiftOf
            },
        },
        "fewer_than_5": {
            "type": "array",
            "description": "The figures that are null: about five persons or fewer, so told as fewer than 5.",
            "items": {"type": "string", "enum": ["person"]},
        },
    },
}
#: Properties of a street part in the list.
PROPERTIES: dict[str, Any] = {
    **{name: STREETS.properties[name] for name in ("street_id", "name", "municipality", "neighbourhood", "area_code")},
    "length_m": STREETS.properties["length_m"],
    "state": words(StreetState, "asked or unasked: no initiative of the theme on the day."),
    "last_conversation_on": STREETS.properties["last_conversation_on"],
    "addresses": STREETS.properties["addresses"],
    "nearest_energy_m": number(
        "Metres along streets to the nearest carried street part of the theme, 0 when they touch; null when it is "
        "further than 5 km, or no way to one is known.",
        minimum=0,
        maximum=5000,
        **NULL,
    ),
    "nearest_street_part_id": integer("Number of that street part.", format="int64", **NULL),
    "nearest_street": text("Name of its street.", **NULL),
    "lives_within_200_m": LIVES,
}
#: Named schemas of the answers, for the OpenAPI document.
SCHEMAS: dict[str, Any] = {
    "GrowthEdgeStreet": {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": STREETS.id_schema,
            "geometry": schemas.geometries(STREETS.geometry_types, nullable=False),
            "properties": {"type": "object", "required": sorted(PROPERTIES), "properties": PROPERTIES},
        },
    },
    "GrowthEdge": {
        "type": "object",
        "required": ["type", "features", "links", "numberReturned", "numberMatched", "timeStamp"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberReturned": {"type": "integer", "minimum": 0},
            "numberMatched": {"type": "integer", "minimum": 0, "description": "Street parts without an initiative."},
            "links": {"type": "array", "items": {"$ref": "#/components/schemas/Link"}},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/GrowthEdgeStreet"}},
        },
    },
}


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: schemas.answers(
        "Street parts without an initiative, nearest to energy first",
        schemas.content(GEOJSON, "GrowthEdge"),
        ETag="For If-None-Match.",
    ),
    304: {"description": "Not changed"},
    **schemas.refusals(400, 404, 413),
}


@router.get("", summary="Where a neighbour could join in", response_class=Response, responses=ANSWERS)
def growth_edge_streets(
    request: Request, query: Annotated[GrowthEdgeQuery, Query()], session: PublicSession
) -> Response:
    """Street parts without an initiative of the theme, with the walking distance to the nearest carried one.

    Nearest first, then by name and number; where no way of at most 5 km is known they come last. Carried street parts
    outside the area count as well. At most 20,000 street parts: ask about an area.
    """
    on: date = query.on or today()
    after = _read_place(query.after)
    tag = f'W/"{features.data_version(session)}-{today():%Y%m%d}"'
    headers = FRESH | {"ETag": tag, "Content-Crs": f"<{CRS84}>"}
    if known_already(request, tag):
        return Response(status_code=304, headers=headers)
    found = growth_edge.streets(
        session, on=on, area=query.area, theme=query.theme, after=after, limit=query.limit, srid=crs.WGS84
    )
    given = request.query_params.multi_items()
    path, base = request.url.path, base_url(request)
    links = [link(address(base, path, given), "self", GEOJSON, "This page")]
    if found.more:
        kept = [(name, value) for name, value in given if name != "after"]
        next_page = address(base, path, [*kept, ("after", _place(found.rows[-1]))])
        links.append(link(next_page, "next", GEOJSON, "Next page"))
    body = collection([_feature(row) for row in found.rows], links, found.found)
    return Response(body, headers={**headers, "Content-Type": GEOJSON})


def _place(row: GrowthEdgeStreet) -> str:
    """The opaque `after` of the page that follows this row."""
    metres = row.nearest_energy_m
    tenths = UNKNOWN if metres is None else round(metres * TENTHS)
    return f"k{tenths << ID_BITS | row.id:x}"


def _read_place(value: str | None) -> tuple[float | None, int] | None:
    """Distance and number in a place that we made; Invalid for anything else."""
    if value is None:
        return None
    if not re.fullmatch(CURSOR, value, re.ASCII):
        raise Invalid.at("after", "This is no place in the list; take the `next` link of an answer.")
    tenths, street_part_id = divmod(int(value[1:], 16), 1 << ID_BITS)
    return None if tenths == UNKNOWN else tenths / TENTHS, street_part_id


def _feature(row: GrowthEdgeStreet) -> str:
    """A street part of the growth edge as the text of a GeoJSON feature."""
    street, lives = row.street, row.lives
    properties = {
        "street_id": street.street_id,
        "name": street.name,
        "municipality": street.municipality,
        "neighbourhood": street.neighbourhood,
        "area_code": street.area_code,
        "length_m": round(street.length_m, 1),
        "state": str(street.state),
        "last_conversation_on": street.last_conversation_on and street.last_conversation_on.isoformat(),
        "addresses": street.addresses,
        "nearest_energy_m": row.nearest_energy_m,
        "nearest_street_part_id": row.nearest_id,
        "nearest_street": row.nearest_street,
        "lives_within_200_m": {
            **{str(kind): count for kind, count in lives.kinds.items()},
            "gifts": {str(gift): count for gift, count in lives.gifts.items()},
            "fewer_than_5": lives.fewer_than_5,
        },
    }
    return feature_text(row.id, row.geometry, json.dumps(properties, ensure_ascii=False, separators=(",", ":")))
