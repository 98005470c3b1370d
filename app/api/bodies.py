"""Schemas of the bodies that are read, made from the drafts that every door hands in."""

import copy
from typing import Any

from pydantic import BaseModel

from app.api import members
from app.api.collections import ACTIVITIES, ASSETS, Collection
from app.api.schemas import geometries
from app.parameters import DAYS
from assets.drafts import ActivityDraft, AssetDraft

Schema = dict[str, Any]

#: Text without the characters that are no text, with at least one that can be seen.
VISIBLE = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
TEXT = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
DAY = f"^{DAYS}$"

#: Members of an answer that a body may repeat: they are not read.
OURS: dict[str, Schema] = {name: {"readOnly": True} for name in ("id", "links", "bbox", *members.SCHEMAS)}


def drafted(model: type[BaseModel]) -> tuple[Schema, dict[str, Schema]]:
    """The schema of a draft and the named schemas it refers to."""
    schema = copy.deepcopy(model.model_json_schema(ref_template="#/components/schemas/{model}"))
    return schema, schema.pop("$defs", {})


def _tidy(schema: Any) -> Any:
    """Titles that pydantic makes up left out; texts and days as strict as the drafts are."""
    if isinstance(schema, list):
        return [_tidy(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        name: {inner: _tidy(one) for inner, one in value.items()} if name == "properties" else _tidy(value)
        for name, value in schema.items()
        if not (name == "title" and isinstance(value, str))
    }
    if found.get("type") == "string" and not {"enum", "const", "pattern"} & set(found):
        if found.get("format") == "date":
            found["pattern"] = DAY
        else:
            found["pattern"] = VISIBLE if found.get("minLength") else TEXT
    return found


def bodies() -> dict[str, Schema]:
    """Every named schema of the bodies, in the words of JSON Schema (app/api/openapi.py puts them in those of 3.0)."""
    asset, named = drafted(AssetDraft)
    activity, more = drafted(ActivityDraft)
    named |= more
    place = named.pop("PlaceDraft")
    properties = {name: one for name, one in asset["properties"].items() if name != "place"}
    properties["stretches"] = place["properties"]["stretches"] | {
        "description": "Of a street initiative: each a whole street, a line, or two points on a street.",
    }
    properties["place"] = {
        "type": "object",
        "description": "Of a person: what is shown of where they live. Nothing more precise is stored.",
        "properties": {name: place["properties"][name] for name in ("show", "street", "area")},
        "additionalProperties": False,
    }
    named = {name: _tidy(schema) for name, schema in named.items()}
    return named | {
        "NewAsset": _feature(ASSETS, _tidy(properties), asset["required"]),
        "AssetPatch": _patch(ASSETS, _tidy(properties)),
        "NewActivity": _feature(ACTIVITIES, _tidy(activity["properties"]), activity["required"]),
        "ActivityPatch": _patch(ACTIVITIES, _tidy(activity["properties"])),
    }


def _kept_by_us(found: Collection, properties: dict[str, Schema]) -> dict[str, Schema]:
    """Properties that an answer has and a body may repeat: they are not read."""
    return {name: one | {"readOnly": True} for name, one in found.properties.items() if name not in properties}


def _properties(found: Collection, properties: dict[str, Schema]) -> Schema:
    every = properties | _kept_by_us(found, properties)
    return {"type": "object", "properties": every, "additionalProperties": False}


def _feature(found: Collection, properties: dict[str, Schema], required: list[str]) -> Schema:
    return {
        "type": "object",
        "required": ["type", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "geometry": geometries(found.geometry_types, nullable=True),
            "properties": _properties(found, properties) | {"required": required},
            **OURS,
        },
        "additionalProperties": False,
    }


def _patch(found: Collection, properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "description": "JSON Merge Patch (RFC 7396) of the item: what is not named stays as it is.",
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "geometry": geometries(found.geometry_types, nullable=False),
            "properties": _properties(found, properties),
            **OURS,
        },
        "additionalProperties": False,
    }
