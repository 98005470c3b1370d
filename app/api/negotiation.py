"""Which format an answer gets: `f` first, then `Accept`; 406 when nothing offered is wanted."""

from collections.abc import Mapping

from fastapi import Request

from app.problems import Refusal

#: `f` → media types that ask for it.
FEATURES: Mapping[str, tuple[str, ...]] = {
    "json": ("application/geo+json", "application/json"),
    "csv": ("text/csv",),
    "gpkg": ("application/geopackage+sqlite3",),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",),
}
FEATURE: Mapping[str, tuple[str, ...]] = {"json": ("application/geo+json", "application/json")}
PLAIN: Mapping[str, tuple[str, ...]] = {"json": ("application/json",)}
SCHEMA: Mapping[str, tuple[str, ...]] = {"json": ("application/schema+json", "application/json")}
OPENAPI: Mapping[str, tuple[str, ...]] = {
    "json": ("application/vnd.oai.openapi+json;version=3.0", "application/vnd.oai.openapi+json", "application/json")
}


def accepted(header: str) -> list[tuple[str, float]]:
    """The media ranges of an Accept header with their weights, best first; ranges that make no sense are left out."""
    found: list[tuple[str, float]] = []
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        if "/" in name and 0 < weight <= 1:
            found.append((name, weight))
    return sorted(found, key=lambda one: -one[1])


def chosen(request: Request, offered: Mapping[str, tuple[str, ...]], wanted: str | None = None) -> str:
    """The key of `offered` that the client wants; its first when it has no preference."""
    if wanted is not None:
        return {"geojson": "json"}.get(wanted, wanted)
    header = request.headers.get("accept", "")
    if not header.strip():
        return next(iter(offered))
    for name, _ in accepted(header):
        for key, types in offered.items():
            bare = [one.split(";")[0] for one in types]
            if (
                name == "*/*"
                or name in bare
                or (name.endswith("/*") and any(one.startswith(name[:-1]) for one in bare))
            ):
                return key
    names = ", ".join(one for types in offered.values() for one in types)
    raise Refusal("not-acceptable", f"Offered here: {names}.")
