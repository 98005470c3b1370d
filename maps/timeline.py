"""The map of the timeline: streets that glow, and on them what was there in the month that is shown."""

from functools import lru_cache

from maps.base_map import BaseMap, MapParts
from maps.vector_layer import VectorTiles

#: Module of ours that brings the map, the slider and what was there together.
STARTER = "vuurtoren/timeline-map"


@lru_cache(maxsize=1)
def parts() -> MapParts:
    """The map of the timeline as page parts; days, entries and area come from the page, so it is built once."""
    made = BaseMap("timeline", starter=STARTER)
    VectorTiles("energy").add_to(made)
    return made.parts()
