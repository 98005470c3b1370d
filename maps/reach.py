"""The map of meeting places: a calm base map on which the page draws what lies within walking distance of one."""

from functools import lru_cache

from maps.base_map import BaseMap, MapParts
from maps.vector_layer import VectorTiles


@lru_cache(maxsize=1)
def parts() -> MapParts:
    """The map as page parts; area, day and lines come from the page, so it is built once per process."""
    reach_map = BaseMap("reach", starter="vuurtoren/reach-map")
    VectorTiles("reach").add_to(reach_map)
    return reach_map.parts()
