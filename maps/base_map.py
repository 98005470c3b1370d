"""The Folium map of Vuurtoren: a `folium.Map` that comes apart into page parts.

Folium writes a whole page with inline styles, links to other hosts and jQuery. Here only three parts are used: which
scripts and style sheets it needs (all from /static/vendor), its HTML and its script. Our page puts them in place under
a strict content security policy.
"""

from dataclasses import dataclass
from typing import Any

import folium
from branca.element import CssLink, Figure, JavascriptLink
from folium.template import Template

from maps import style

VENDOR = "/static/vendor"


@dataclass(frozen=True)
class MapParts:
    """What a page needs to show one map.

    Attributes:
        scripts: addresses of classic scripts, in order.
        styles: addresses of style sheets, in order.
        html: the element that the map is drawn in.
        script: body of a module script; it needs `openMap`, `vectorTiles` and `start` (see `imports`).
        imports: module specifier -> names, for the import lines above the script.
    """

    scripts: tuple[str, ...]
    styles: tuple[str, ...]
    html: str
    script: str
    imports: tuple[tuple[str, str], ...]

    @property
    def module(self) -> str:
        """The module script with its import lines."""
        lines = [f'import {{ {names} }} from "{specifier}";' for specifier, names in self.imports]
        return "\n".join([*lines, self.script])


class BaseMap(folium.Map):
    """A Folium map whose opening view comes from the page and the address bar.

    Args:
        name: short name of the map ("public", "room"); also its element's id.
        starter: module of ours whose `start(map, tiles)` brings list, legend and map together.
        bounds: south, west, north, east in degrees; used when page and address say nothing.
    """

    # Replaced on our own class only: Folium's add_js_link would change the lists for every map in the process.
    default_js = [  # noqa: RUF012 - as in Folium
        ("leaflet", f"{VENDOR}/leaflet/leaflet.js"),
        ("protomaps", f"{VENDOR}/protomaps-leaflet/protomaps-leaflet.js"),
    ]
    default_css = [("leaflet_css", f"{VENDOR}/leaflet/leaflet.css")]  # noqa: RUF012 - as in Folium

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="vuurtoren-map__canvas" id="{{ this.get_name() }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = openMap("{{ this.get_name() }}", {{ this.settings|tojson }});
        {% endmacro %}
        """
    )

    def __init__(
        self, name: str, *, starter: str, bounds: tuple[float, float, float, float] = style.NETHERLANDS
    ) -> None:
        south, west, north, east = bounds
        super().__init__(location=[(south + north) / 2, (west + east) / 2], tiles=None, zoom_control=False)
        self._name = "Map"
        self._id = name
        self.starter = starter
        self.settings: dict[str, Any] = {"bounds": [[south, west], [north, east]], "minZoom": 6, "maxZoom": 19}

    def parts(self) -> MapParts:
        """This map as page parts; the layers added to it come along."""
        figure = self.get_root()
        assert isinstance(figure, Figure)  # noqa: S101 - folium.Map puts itself in one
        figure.render()
        header = list(figure.header._children.values())
        layers = ", ".join(child.get_name() for child in self._children.values() if isinstance(child, folium.map.Layer))
        return MapParts(
            scripts=tuple(child.url for child in header if isinstance(child, JavascriptLink)),
            styles=tuple(child.url for child in header if isinstance(child, CssLink)),
            html=figure.html.render().strip(),
            script=f"{_tidy(figure.script.render())}\nstart({self.get_name()}, {layers});\n",
            imports=(
                ("vuurtoren/open-map", "openMap"),
                ("vuurtoren/vector-tiles", "vectorTiles"),
                (self.starter, "start"),
            ),
        )


def _tidy(script: str) -> str:
    return "\n".join(line.strip() for line in script.splitlines() if line.strip())
