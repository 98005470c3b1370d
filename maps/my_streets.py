"""The small map of a builder's own streets: where neighbours were spoken with, and where not yet."""

from functools import lru_cache

from maps.base_map import BaseMap, MapParts
from maps.vector_layer import VectorTiles


@lru_cache(maxsize=1)
def parts() -> MapParts:
    """The map as page parts; area and day come from the page, so it is built once per process."""
    my_map = BaseMap("talk", starter="vuurtoren/my-streets")
    VectorTiles("room").add_to(my_map)
    return my_map.parts()
