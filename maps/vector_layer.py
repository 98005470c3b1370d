"""A Folium layer of our own vector tiles, drawn in the browser by protomaps-leaflet.

Folium's VectorGrid plugin breaks on clicks with Leaflet 1.9, and MapLibre weighs 276 KB; protomaps-leaflet is 38 KB,
puts names along streets and restyles without fetching again.
"""

from typing import Any, Literal

from folium.map import Layer
from folium.template import Template

from maps import style

Look = Literal["public", "room", "energy", "reach"]
#: Where the service's own tiles are.
TILES = "/map-tiles/{z}/{x}/{y}"
#: The deepest zoom that is fetched; deeper ones are drawn from it (0.2 m per unit, enough for a street corner).
DEEPEST_DATA_ZOOM = 15


class VectorTiles(Layer):
    """Streets, areas and assets from vector tiles.

    Only settings go in, never text that people wrote: Folium puts what it gets into a script.

    Args:
        look: "public" draws assets by kind; "room" draws streets by their state; "energy" by what neighbours did;
            "reach" leaves them white, for what the page draws on them.
        url: tile address with {z}, {x} and {y}.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = vectorTiles({{ this.settings|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, look: Look, *, url: str = TILES) -> None:
        super().__init__(name=look, overlay=False, control=False, show=True)
        self._name = "VectorTiles"
        self._id = look  # Folium's own ids are random; a page that is the same must have the same bytes
        self.settings: dict[str, Any] = {
            "look": look,
            "url": url,
            "deepestDataZoom": DEEPEST_DATA_ZOOM,
            "style": style.for_browser(),
        }
