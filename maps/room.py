"""The streets map: where neighbours care for their street, and where there is still room."""

from functools import lru_cache

from maps.base_map import BaseMap, MapParts
from maps.vector_layer import VectorTiles


@lru_cache(maxsize=1)
def parts() -> MapParts:
    """The streets map as page parts; theme, date and area come from the page, so it is built once per process."""
    room_map = BaseMap("room", starter="vuurtoren/room-map")
    VectorTiles("room").add_to(room_map)
    return room_map.parts()
