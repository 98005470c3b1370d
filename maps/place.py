"""The map of a form: what is there already, and on it the place or the stretch of street that someone chooses."""

from functools import lru_cache

from maps.base_map import BaseMap, MapParts
from maps.vector_layer import VectorTiles


@lru_cache(maxsize=1)
def parts() -> MapParts:
    """The map as page parts; what is chosen stands in the form, so it is built once per process."""
    place_map = BaseMap("choose", starter="vuurtoren/place-map")
    VectorTiles("public").add_to(place_map)
    return place_map.parts()
