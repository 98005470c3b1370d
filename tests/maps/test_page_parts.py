"""Folium maps as page parts: real Folium objects, without what Folium would fetch or put inline."""

import folium
import pytest
from folium.map import Layer

from maps import energy, public, reach, room
from maps.base_map import BaseMap, MapParts
from maps.vector_layer import VectorTiles


@pytest.fixture(params=[public.parts, room.parts, energy.parts, reach.parts], ids=["public", "room", "energy", "reach"])
def parts(request: pytest.FixtureRequest) -> MapParts:
    """The parts of one of the maps."""
    found: MapParts = request.param()
    return found


def test_maps_are_folium_maps() -> None:
    """The map is a folium.Map and the tiles are a Folium layer, so that other Folium layers can be added to them."""
    assert issubclass(BaseMap, folium.Map)
    assert issubclass(VectorTiles, Layer)
    assert not any("VUURTOREN" in url or "/static/vendor" in url for _, url in folium.Map.default_js)


def test_nothing_comes_from_another_host(parts: MapParts) -> None:
    """Scripts and styles are our own files; no address of another host stands in any part."""
    assert all(url.startswith("/static/vendor/") for url in (*parts.scripts, *parts.styles))
    assert "//" not in (parts.html + parts.module).replace("// ", "")


def test_leaflet_comes_before_what_needs_it(parts: MapParts) -> None:
    """Leaflet is loaded first, then the drawing of vector tiles."""
    assert [url.rsplit("/", 1)[1] for url in parts.scripts] == ["leaflet.js", "protomaps-leaflet.js"]


def test_no_inline_style_or_handler(parts: MapParts) -> None:
    """A strict policy allows no style attribute, no event attribute and no style element."""
    for forbidden in ("style=", "<style", "onclick", "onload", "<script", "javascript:"):
        assert forbidden not in parts.html


def test_the_same_map_has_the_same_bytes() -> None:
    """Folium's random ids are replaced, so that a page that did not change is the same page."""
    first, second = (BaseMap("public", starter="vuurtoren/public-map") for _ in range(2))
    for one in (first, second):
        VectorTiles("public").add_to(one)
    assert first.parts() == second.parts()


def test_another_folium_layer_can_be_added() -> None:
    """Ordinary Folium layers work on the map: it is a subclass, not an imitation."""
    made = BaseMap("extra", starter="vuurtoren/public-map")
    VectorTiles("public").add_to(made)
    folium.GeoJson({"type": "FeatureCollection", "features": []}).add_to(made)
    assert "L.geoJson" in made.parts().script
