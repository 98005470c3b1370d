"""Small files of streets and areas, drawn in metres from a corner in the Netherlands."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

#: South-west corner of the drawing, EPSG:28992.
CORNER = (90_000.0, 436_000.0)
RD_MEMBER = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}

Points = list[tuple[float, float]]


def at(x: float, y: float) -> list[float]:
    """A point of the drawing in RD metres."""
    return [CORNER[0] + x, CORNER[1] + y]


def line(name: str | None, points: Points, **properties: Any) -> dict[str, Any]:
    """A street segment as a GeoJSON feature."""
    geometry = {"type": "LineString", "coordinates": [at(*point) for point in points]}
    return {"type": "Feature", "properties": {"name": name, **properties}, "geometry": geometry}


def box(code: str, west: float, south: float, east: float, north: float, **properties: Any) -> dict[str, Any]:
    """A rectangular area as a GeoJSON feature."""
    ring = [at(west, south), at(east, south), at(east, north), at(west, north), at(west, south)]
    properties = {"code": code, "name": f"Area {code}", **properties}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def collection(path: Path, features: list[dict[str, Any]], *, crs: dict[str, Any] | None = RD_MEMBER) -> Path:
    """The features written as a GeoJSON file; without `crs` it says nothing about its coordinates."""
    body: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if crs is not None:
        body["crs"] = crs
    path.write_text(json.dumps(body), encoding="utf-8")
    return path


def streets(session: Session) -> dict[tuple[str, int], int]:
    """(name, piece) → id of every street that has not vanished."""
    rows = session.execute(text("SELECT name, piece, id FROM street WHERE vanished_on IS NULL"))
    return {(row.name, row.piece): row.id for row in rows}


def parts(session: Session) -> dict[tuple[str, str | None], float]:
    """(street name, area code) → length in metres of every street part."""
    rows = session.execute(
        text("SELECT p.name, a.code, p.length_m FROM street_part AS p LEFT JOIN area AS a ON a.id = p.area_id")
    )
    return {(row.name, row.code): round(row.length_m, 3) for row in rows}


def everything(session: Session) -> list[tuple[Any, ...]]:
    """Every row of what imports write, ids and versions included, to see whether anything changed at all."""
    session.flush()
    found: list[tuple[Any, ...]] = []
    for table in (
        "area",
        "street",
        "segment",
        "street_edge",
        "street_part",
        "address",
        "asset",
        "stretch",
        "stretch_part",
        "change",
        "data_version",
    ):
        found += [tuple(row) for row in session.execute(text(f"SELECT '{table}', t.* FROM {table} AS t ORDER BY 2, 3"))]
    return found
