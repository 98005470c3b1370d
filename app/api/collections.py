"""The collections of the API: a whitelist, with the properties of each as they stand in every answer.

One table feeds the answers, the queryables, the CSV header and the OpenAPI document, so that they cannot differ.
"""

from dataclasses import dataclass, field
from typing import Any

from assets.vocabulary import (
    ActivityKind,
    AreaKind,
    AssetKind,
    AssetState,
    Freshness,
    GiftOf,
    Placement,
    StreetState,
    Theme,
)

Schema = dict[str, Any]


def words(enum: type[Any], description: str, *, nullable: bool = False) -> Schema:
    """The schema of a property that holds one word of an enum."""
    values: list[str | None] = [str(word) for word in enum]
    return {"type": "string", "enum": [*values, None] if nullable else values, "description": description} | (
        {"nullable": True} if nullable else {}
    )


def text(description: str, **more: Any) -> Schema:
    """The schema of a text property."""
    return {"type": "string", "description": description} | more


def number(description: str, **more: Any) -> Schema:
    """The schema of a number."""
    return {"type": "number", "description": description} | more


def integer(description: str, **more: Any) -> Schema:
    """The schema of a whole number."""
    return {"type": "integer", "description": description} | more


def day(description: str, **more: Any) -> Schema:
    """The schema of a date."""
    return {"type": "string", "format": "date", "description": description} | more


def flag(description: str, **more: Any) -> Schema:
    """The schema of yes or no."""
    return {"type": "boolean", "description": description} | more


NULL: dict[str, Any] = {"nullable": True}


@dataclass(frozen=True)
class Collection:
    """One collection: what it is, what its items have, and which properties can be filtered on."""

    id: str
    title: str
    description: str
    item: str
    properties: dict[str, Schema]
    geometry_types: tuple[str, ...]
    filters: tuple[str, ...]
    id_schema: Schema = field(default_factory=lambda: {"type": "integer", "format": "int64", "minimum": 1})
    editable: bool = False
    dated: bool = False
    page: str | None = None


GIFTS: Schema = {
    "type": "array",
    "description": "Gifts of head, heart and hands.",
    "items": {
        "type": "object",
        "required": ["of", "what"],
        "properties": {"of": words(GiftOf, "Where the gift comes from."), "what": text("The gift in a few words.")},
    },
}

AREAS = Collection(
    id="areas",
    title="Areas",
    description="Municipalities, districts and neighbourhoods. The id of an area is its code.",
    item="Area",
    properties={
        "code": text("Code of the area; in the Netherlands GM, WK or BU with digits."),
        "name": text("Name of the area."),
        "kind": words(AreaKind, "Level of the area."),
        "parent": text("Code of the area one level up.", **NULL),
        "district": text("Code of the district that it is or lies in.", **NULL),
        "municipality": text("Code of the municipality that it is or lies in.", **NULL),
        "population": integer("Inhabitants.", **NULL),
        "households": integer("Households.", **NULL),
        "addresses": integer("Addresses.", **NULL),
    },
    geometry_types=("MultiPolygon",),
    filters=("kind", "parent"),
    id_schema={"type": "string", "minLength": 1, "maxLength": 40},
)

STREETS = Collection(
    id="streets",
    title="Streets",
    description="Street parts: the part of a street inside one neighbourhood, with its state for a theme on a day.",
    item="StreetPart",
    properties={
        "street_id": integer("Number of the whole street.", format="int64"),
        "name": text("Name of the street."),
        "municipality": text("Name of the municipality.", **NULL),
        "neighbourhood": text("Name of the neighbourhood (or the smallest known area).", **NULL),
        "area_code": text("Code of that area.", **NULL),
        "length_m": number("Length in metres."),
        "covered_m": number("Metres within the stretches of active initiatives of the theme."),
        "share": number("covered_m / length_m.", minimum=0, maximum=1),
        "state": words(StreetState, "State for the theme on the day asked."),
        "last_activity_on": day("Last activity of any initiative here, whatever its theme.", **NULL),
        "last_conversation_on": day("Last conversation with neighbours here.", **NULL),
        "addresses": integer("Addresses.", **NULL),
        "energy": number("What neighbours did here, whatever its theme, by how many and how recently.", minimum=0),
    },
    geometry_types=("MultiLineString",),
    filters=("area", "theme", "initiative", "state", "on"),
    page="/streets",
)

ASSETS = Collection(
    id="assets",
    title="Assets",
    description="What a neighbourhood can build on: persons with gifts, clubs, meeting places, street initiatives, "
    "institutions, exchanges and stories. Lists hold what is published and active on the day asked.",
    item="Asset",
    properties={
        "kind": words(AssetKind, "What it is."),
        "title": text("Its name."),
        "description": text("In own words."),
        "themes": {"type": "array", "description": "What it is about.", "items": words(Theme, "A theme.")},
        "gifts": GIFTS,
        "state": words(AssetState, "Where the entry is in its life."),
        "freshness": words(
            Freshness,
            "How recently it was heard of, on the day asked; null on a day on which it had not begun or had ended.",
            nullable=True,
        ),
        "started_on": day("First day.", **NULL),
        "began_known": flag("Whether the first day is another one than that on which it was put on the map."),
        "ended_on": day("The day from which it is no longer there.", **NULL),
        "last_activity_on": day("Last day on which it did something or was confirmed, until the day asked.", **NULL),
        "placement": words(Placement, "How precise the place is; a person's place is always general."),
        "area_code": text("Code of the smallest area that holds it.", **NULL),
        "area_name": text("Name of that area.", **NULL),
        "street_id": integer("Number of its street.", format="int64", **NULL),
        "street": text("Name of its street.", **NULL),
        "rhythm": text("How often it happens, in words.", **NULL),
        "recurrence": text("How often it happens, as a rule of iCalendar (RFC 5545).", **NULL),
        "recurrence_start": text("Its first time by that rule, as local time: 2026-03-07T10:00.", **NULL),
        "recurrence_minutes": integer("How many minutes it takes.", **NULL),
        "next_on": day(
            "The first day from the day asked on which it happens by that rule; null when none is known. What is "
            "announced is no sign of life and no energy.",
            **NULL,
        ),
        "open_to_newcomers": flag("Whether newcomers are welcome.", **NULL),
        "resident_run": flag("Whether residents run it.", **NULL),
        "wheelchair_accessible": flag("Whether one can get in with a wheelchair.", **NULL),
        "member_count": integer("How many people belong to it.", **NULL),
        "language": text("Language of its words."),
        "version": integer("Number of the version; its ETag is made of it."),
    },
    geometry_types=("Point", "Polygon", "MultiPolygon", "LineString", "MultiLineString"),
    filters=("kind", "theme", "area", "freshness", "gift", "talent", "open", "q"),
    editable=True,
    dated=True,
    page="/assets",
)

ACTIVITIES = Collection(
    id="activities",
    title="Activities",
    description="What assets did on a date, with how many people took part. An activity has the place of its asset.",
    item="Activity",
    properties={
        "asset_id": integer("Number of the asset that did it.", format="int64"),
        "kind": words(ActivityKind, "Something that happened, or a confirmation that the asset is still there."),
        "held_on": day("The day it happened."),
        "participants": integer("How many took part.", minimum=1),
        "hours": number("How many hours it lasted.", minimum=0, maximum=24, **NULL),
        "note": text("In own words."),
        "version": integer("Number of the version; its ETag is made of it."),
    },
    geometry_types=("Point", "Polygon", "MultiPolygon", "LineString", "MultiLineString"),
    filters=("asset", "area"),
    editable=True,
    dated=True,
)

COLLECTIONS: dict[str, Collection] = {one.id: one for one in (AREAS, STREETS, ASSETS, ACTIVITIES)}
