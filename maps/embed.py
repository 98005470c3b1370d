"""The map in a frame on somebody else's page: the public map with nothing round it."""

from functools import lru_cache

from maps.base_map import BaseMap, MapParts
from maps.vector_layer import VectorTiles


@lru_cache(maxsize=1)
def parts() -> MapParts:
    """The map as page parts; area, kinds and theme come from the page, so it is built once per process."""
    embedded = BaseMap("embed", starter="vuurtoren/embed-map")
    VectorTiles("public").add_to(embedded)
    return embedded.parts()
