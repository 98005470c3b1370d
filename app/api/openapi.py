"""The OpenAPI 3.0.3 document. FastAPI writes 3.1; here its words are put into those of 3.0, which clients expect."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api import API_VERSION, areas, bodies, energy, growth_edge, lookups, meeting_places, schemas, timeline
from app.api.collections import COLLECTIONS
from app.cookies import SIGN_IN
from app.parameters import WIRE
from app.problems import API_PREFIX

Schema = dict[str, Any]

DESCRIPTION = """\
What a neighbourhood can build on, which streets have an initiative and where there is still room.

OGC API - Features and the Dutch API Design Rules in one. Reading is open to everyone; writing needs a bearer token.
Errors are problem+json (RFC 9457) with every fault at once. A parameter that is not documented is refused.
"""
#: FastAPI's own error schemas; our 400 takes their place.
FOREIGN = ("HTTPValidationError", "ValidationError")
#: Words of JSON Schema 2020-12 that OpenAPI 3.0 does not have, and that only describe.
UNKNOWN = (
    "$schema",
    "$id",
    "$comment",
    "contentMediaType",
    "contentEncoding",
    "propertyNames",
    "unevaluatedProperties",
)


def lowered(value: Any) -> Any:
    """A piece of an OpenAPI 3.1 document in the words of 3.0.3."""
    if isinstance(value, list):
        return [lowered(one) for one in value]
    if not isinstance(value, dict):
        return value
    found: Schema = {name: lowered(one) for name, one in value.items() if name not in UNKNOWN}
    if isinstance(kinds := found.get("type"), list):
        rest = [kind for kind in kinds if kind != "null"]
        found["type"] = rest[0]
        if "null" in kinds:
            found["nullable"] = True
    for name in ("anyOf", "oneOf"):
        if isinstance(choices := found.get(name), list) and {"type": "null"} in choices:
            rest = [choice for choice in choices if choice != {"type": "null"}]
            del found[name]
            found = {**_one(rest, name), **found, "nullable": True}
    if "const" in found:
        found["enum"] = [found.pop("const")]
    if isinstance(examples := found.get("examples"), list):
        del found["examples"]
        found.setdefault("example", examples[0] if examples else None)
    for edge, word in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(limit := found.get(edge), int | float) and not isinstance(limit, bool):
            found[word], found[edge] = limit, True
    if isinstance(parts := found.pop("prefixItems", None), list):
        found["items"] = parts[0] if all(part == parts[0] for part in parts) else {}
    if "$ref" in found and len(found) > 1:
        # In 3.0 whatever stands beside a $ref is not read.
        found = {"allOf": [{"$ref": found.pop("$ref")}], **found}
    return found


def _one(choices: list[Schema], word: str) -> Schema:
    """One choice as itself (a $ref in allOf), several as a choice."""
    if len(choices) == 1:
        return {"allOf": choices} if "$ref" in choices[0] else choices[0]
    return {word: choices}


def _parameter(parameter: Schema) -> Schema:
    """A parameter: never null (it is left out instead), lists with commas, its description outside the schema."""
    schema = parameter.get("schema", {})
    schema.pop("nullable", None)
    schema.pop("title", None)
    if description := schema.pop("description", None):
        parameter.setdefault("description", description)
    if list(schema) == ["allOf"] and len(schema["allOf"]) == 1:
        parameter["schema"] = schema["allOf"][0]
    if parameter["in"] == "query":
        parameter |= {"style": "form", "explode": False}
    return parameter


def _operation(operation: Schema, systems: Sequence[str]) -> Schema:
    answers = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422", "")):
        del answers["422"]
    for answer in answers.values():
        answer["headers"] = {"API-Version": {"$ref": "#/components/headers/API-Version"}} | answer.get("headers", {})
    parameters = [_parameter(parameter) for parameter in operation.get("parameters", [])]
    for parameter in parameters:
        if parameter["name"] in ("crs", "bbox-crs"):
            parameter["schema"]["enum"] = list(systems)
        elif parameter["name"] == "Content-Crs":
            parameter["schema"]["enum"] = [f"<{uri}>" for uri in systems]
    if parameters:
        operation["parameters"] = parameters
    operation.pop("title", None)
    return operation


def document(app: FastAPI, base: str, systems: Sequence[str] = tuple(WIRE)) -> Schema:
    """The OpenAPI 3.0.3 document of everything under /api/v1.

    Args:
        app: the application; only routes that are in its schema count.
        base: scheme and host at which this service is reached.
        systems: URIs of the coordinate reference systems that this deployment speaks.
    """
    found: Mapping[str, Any] = get_openapi(
        title="Vuurtoren", version=API_VERSION, openapi_version="3.1.0", routes=app.routes
    )
    mail = app.state.settings.contact_email
    cookie = f"__Host-{SIGN_IN}" if base.startswith("https:") else SIGN_IN
    paths: Schema = {}
    for path, item in found["paths"].items():
        if path.startswith(API_PREFIX):
            operations = {method: _operation(lowered(operation), systems) for method, operation in item.items()}
            paths[path.removeprefix(API_PREFIX) or "/"] = operations
    named = {
        name: lowered(schema)
        for name, schema in found.get("components", {}).get("schemas", {}).items()
        if name not in FOREIGN
    }
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Vuurtoren",
            "description": DESCRIPTION,
            "version": API_VERSION,
            "license": {"name": "EUPL-1.2", "url": "https://joinup.ec.europa.eu/collection/eupl/eupl-text-eupl-12"},
            "contact": {"name": "Vuurtoren", "url": f"{base}/about"} | ({"email": mail} if mail else {}),
        },
        "servers": [{"url": f"{base}{API_PREFIX}"}],
        "tags": [
            {"name": "service", "description": "What this service is and can do."},
            *({"name": one.id, "description": one.description} for one in COLLECTIONS.values()),
            {"name": "energy", "description": "What neighbours did, by how many and how recently."},
            {"name": "growth-edge", "description": "Streets without an initiative, nearest to energy first."},
            {"name": "connections", "description": "What one asset is to another."},
            {"name": "tokens", "description": "Tokens of one's own, for who is signed in with a browser."},
            {"name": "plan", "description": "Service hours over streets; for who works for the municipality."},
            {"name": "lookups", "description": "What the municipality looked at beyond the public map."},
            {"name": "meeting-places", "description": "Meeting places, and what lies within walking distance of one."},
        ],
        "paths": paths,
        "components": {
            "schemas": named
            | schemas.components()
            | energy.SCHEMAS
            | areas.SCHEMAS
            | growth_edge.SCHEMAS
            | meeting_places.SCHEMAS
            | timeline.SCHEMAS
            | lookups.SCHEMAS
            | lowered(bodies.bodies()),
            "headers": {
                "API-Version": {
                    "description": "Version of the API that answered.",
                    "schema": {"type": "string", "example": API_VERSION},
                }
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "From /me/tokens."},
                "browser": {"type": "apiKey", "in": "cookie", "name": cookie, "description": "A sign-in of a browser."},
            },
        },
    }
