"""Schemas of answers in OpenAPI 3.0, made from the table of collections, and the problem answers of operations."""

from collections.abc import Sequence
from typing import Any

from app.api import members
from app.api.collections import COLLECTIONS, Collection
from app.problems import MEDIA_TYPE, TYPES

Schema = dict[str, Any]

LINK: Schema = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {
        "href": {"type": "string"},
        "rel": {"type": "string"},
        "type": {"type": "string"},
        "title": {"type": "string"},
    },
}

PROBLEM: Schema = {
    "type": "object",
    "description": "RFC 9457. `errors` names every fault that was found, each with its place.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
    },
    # apart from the five members of the standard, as the linter of the Dutch API Design Rules wants
    "allOf": [{"$ref": "#/components/schemas/ProblemErrors"}],
}

PROBLEM_ERRORS: Schema = {
    "type": "object",
    "description": "Extension member of RFC 9457: the faults, each with its place.",
    "properties": {
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body."},
                    "parameter": {"type": "string", "description": "Name of the query, path or header parameter."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

POSITION: Schema = {"type": "array", "minItems": 2, "maxItems": 4, "items": {"type": "number"}}
DEPTHS = {"Point": 0, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
LEAST_POINTS = {"LineString": 2, "Polygon": 4, "MultiLineString": 2, "MultiPolygon": 4}


def geometry(kind: str) -> Schema:
    """The schema of one GeoJSON geometry type."""
    coordinates: Schema = POSITION
    for level in range(DEPTHS[kind]):
        least = LEAST_POINTS[kind] if level == 0 else 1
        coordinates = {"type": "array", "minItems": least, "items": coordinates}
    return {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"type": "string", "enum": [kind]}, "coordinates": coordinates},
    }


def geometries(kinds: Sequence[str], *, nullable: bool) -> Schema:
    """The schema of a geometry of one of these types."""
    choices = {"oneOf": [geometry(kind) for kind in kinds]} if len(kinds) > 1 else geometry(kinds[0])
    return choices | {"nullable": True} if nullable else choices


def feature(collection: Collection) -> Schema:
    """The schema of an item as it is answered."""
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": collection.id_schema,
            "geometry": geometries(collection.geometry_types, nullable=collection.editable),
            "properties": {
                "type": "object",
                "required": sorted(collection.properties),
                "properties": collection.properties,
            },
            "links": {"type": "array", "items": {"$ref": "#/components/schemas/Link"}},
            **(members.SCHEMAS if collection.id == "assets" else {}),
        },
    }


def features(collection: Collection) -> Schema:
    """The schema of a page of items."""
    return {
        "type": "object",
        "required": ["type", "features", "links", "numberReturned", "timeStamp"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberReturned": {"type": "integer", "minimum": 0},
            "numberMatched": {
                "type": "integer",
                "minimum": 0,
                "description": "All items that fit the question; left out beyond 10,000.",
            },
            "links": {"type": "array", "items": {"$ref": "#/components/schemas/Link"}},
            "features": {"type": "array", "items": {"$ref": f"#/components/schemas/{collection.item}"}},
        },
    }


COLLECTION: Schema = {
    "type": "object",
    "required": ["id", "title", "description", "links", "itemType", "crs", "storageCrs", "extent"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "itemType": {"type": "string", "enum": ["feature"]},
        "crs": {"type": "array", "items": {"type": "string"}},
        "storageCrs": {"type": "string"},
        "extent": {
            "type": "object",
            "properties": {
                "spatial": {
                    "type": "object",
                    "required": ["bbox", "crs"],
                    "properties": {
                        "bbox": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
                        },
                        "crs": {"type": "string"},
                    },
                }
            },
        },
        "links": {"type": "array", "items": {"$ref": "#/components/schemas/Link"}},
    },
}

LINKS: Schema = {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}
FIXED: dict[str, Schema] = {
    "Link": LINK,
    "Problem": PROBLEM,
    "ProblemErrors": PROBLEM_ERRORS,
    "Collection": COLLECTION,
    "LandingPage": {
        "type": "object",
        "required": ["title", "description", "links"],
        "properties": {"title": {"type": "string"}, "description": {"type": "string"}, "links": LINKS},
    },
    "Document": {"type": "object", "required": ["openapi", "info", "paths"], "properties": {}},
    "Conformance": {
        "type": "object",
        "required": ["conformsTo"],
        "properties": {"conformsTo": {"type": "array", "items": {"type": "string", "format": "uri"}}},
    },
    "Collections": {
        "type": "object",
        "required": ["links", "collections"],
        "properties": {
            "links": LINKS,
            "crs": {"type": "array", "items": {"type": "string"}},
            "collections": {"type": "array", "items": {"$ref": "#/components/schemas/Collection"}},
        },
    },
    "Queryables": {
        "type": "object",
        "required": ["$schema", "$id", "type", "properties"],
        "properties": {
            "$schema": {"type": "string"},
            "$id": {"type": "string"},
            "type": {"type": "string", "enum": ["object"]},
            "title": {"type": "string"},
            "properties": {"type": "object"},
            "additionalProperties": {"type": "boolean"},
        },
    },
    "ProblemType": {
        "type": "object",
        "required": ["type", "title", "status", "meaning"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "meaning": {"type": "string"},
        },
    },
    "ProblemTypes": {
        "type": "object",
        "required": ["problems"],
        "properties": {"problems": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemType"}}},
    },
}


def components() -> dict[str, Schema]:
    """Every named schema of the answers."""
    found = dict(FIXED)
    for one in COLLECTIONS.values():
        found[one.item] = feature(one)
        found[f"{one.item}Collection"] = features(one)
    return found


def content(media_type: str, name: str) -> dict[str, Any]:
    """The content of an answer: one media type with a named schema."""
    return {media_type: {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def answers(description: str, content: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
    """A documented answer with its headers beside API-Version."""
    found: dict[str, Any] = {"description": description}
    if content:
        found["content"] = content
    if headers:
        found["headers"] = {
            name.replace("_", "-"): {"schema": {"type": "string"}, "description": words}
            for name, words in headers.items()
        }
    return found


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem answers of an operation; 406, 500 and 503 can come from every one."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, 406, 500, 503}):
        titles = [kind.title for kind in TYPES.values() if kind.status == status]
        found[status] = {"description": "; ".join(titles), "content": content(MEDIA_TYPE, "Problem")}
    return found
