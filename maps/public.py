"""The public asset map: what is here, by kind."""

from functools import lru_cache

from maps.base_map import BaseMap, MapParts
from maps.vector_layer import VectorTiles


@lru_cache(maxsize=1)
def parts() -> MapParts:
    """The public map as page parts; the same for every visitor, so it is built once per process."""
    public_map = BaseMap("public", starter="vuurtoren/public-map")
    VectorTiles("public").add_to(public_map)
    return public_map.parts()
