"""Answers of the API as text: features, collections with links, CSV. Rows arrive as JSON text from the database."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from assets.exports import defused

GEOJSON = "application/geo+json"
JSON = "application/json"
CSV = "text/csv; charset=utf-8"


def dumps(value: object) -> bytes:
    """JSON in UTF-8, compact."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def link(href: str, rel: str, media_type: str, title: str | None = None) -> dict[str, str]:
    """One link object."""
    found = {"href": href, "rel": rel, "type": media_type}
    return found | {"title": title} if title else found


def address(base: str, path: str, parameters: Mapping[str, Any] | Sequence[tuple[str, Any]] = ()) -> str:
    """An absolute address with its query."""
    query = urlencode(list(parameters.items() if isinstance(parameters, Mapping) else parameters), safe=":/,")
    return f"{base}{quote(path)}{'?' + query if query else ''}"


def now() -> str:
    """The moment of the answer, RFC 3339 in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def feature_text(identity: int | str, geometry: str | None, properties: str) -> str:
    """A Feature of ready JSON texts."""
    return f'{{"type":"Feature","id":{json.dumps(identity)},"geometry":{geometry or "null"},"properties":{properties}}}'


def collection(features: Sequence[str], links: Sequence[Mapping[str, str]], matched: int | None) -> bytes:
    """A FeatureCollection of features that are JSON text already.

    Args:
        features: one JSON text a feature.
        links: self, next, collection and alternates.
        matched: how many items there are in all; left out when it was not counted to the end (OGC allows that).
    """
    parts = ['{"type":"FeatureCollection","timeStamp":"', now(), '","numberReturned":', str(len(features))]
    if matched is not None:
        parts.append(f',"numberMatched":{matched}')
    parts += [',"links":', dumps(list(links)).decode(), ',"features":[', ",".join(features), "]}"]
    return "".join(parts).encode("utf-8")


def with_links(feature: str, links: Sequence[Mapping[str, str]]) -> bytes:
    """One Feature as an answer of its own, with its links."""
    return f'{feature[:-1]},"links":{dumps(list(links)).decode()}}}'.encode()


def with_members(feature: str, members: Mapping[str, Any]) -> str:
    """One Feature with more members beside its properties."""
    return "".join(
        [feature[:-1], *(f",{json.dumps(name)}:{dumps(one).decode()}" for name, one in members.items()), "}"]
    )


def cell(value: object) -> object:
    """A value as a CSV cell: lists as words, and text that a spreadsheet would run made harmless."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        value = "; ".join(map(_word, value)) if isinstance(value, list) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        return defused(value)
    return value


def _word(value: object) -> str:
    return ": ".join(str(part) for part in value.values()) if isinstance(value, dict) else str(value)


def table(features: Iterable[str], names: Sequence[str]) -> bytes:
    """Features as CSV with a header: id, the properties by name, and the geometry as WKT."""
    import shapely

    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["id", *names, "geometry"])
    for text in features:
        feature = json.loads(text)
        geometry = feature["geometry"]
        shape = shapely.from_geojson(json.dumps(geometry)).wkt if geometry else ""
        writer.writerow([cell(feature["id"]), *(cell(feature["properties"].get(name)) for name in names), shape])
    return out.getvalue().encode("utf-8")
