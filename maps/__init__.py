"""Folium maps: features, styles and labels in, page parts out. No database and no request.

`public` and `room` build the two maps; `standalone` writes one as a single file. The modules that subclass Folium take
seconds to import (Folium brings numpy), so doors import them inside the function that needs them.
"""
