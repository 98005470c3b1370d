"""The energy map: streets that glow by what neighbours did there, areas per 1,000 inhabitants when zoomed out."""

from functools import lru_cache

from maps.base_map import BaseMap, MapParts
from maps.vector_layer import VectorTiles


@lru_cache(maxsize=1)
def parts() -> MapParts:
    """The energy map as page parts; months, classes and area come from the page, so it is built once per process."""
    energy_map = BaseMap("energy", starter="vuurtoren/energy-map")
    VectorTiles("energy").add_to(energy_map)
    return energy_map.parts()
