"""Programs of others read the API as it is: GDAL, which QGIS and ogr2ogr stand on."""

from typing import Any

import httpx2 as httpx
import pytest
import shapely

from tests.conftest import Server


@pytest.fixture
def gdal(server: Server, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that reads a collection of the running program with GDAL."""
    import pyogrio

    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")

    def read(layer: str, **options: Any) -> Any:
        return pyogrio.read_dataframe(f"OAPIF:{server.url}/api/v1", layer=layer, **options)

    return read


@pytest.mark.parametrize("layer", ["areas", "streets", "assets", "activities"])
def test_gdal_reads_every_item(server: Server, gdal: Any, layer: str) -> None:
    """GDAL reads each collection to the end over many pages, in the storage CRS, with as many items as there are."""
    matched = httpx.get(f"{server.url}/api/v1/collections/{layer}/items").headers["ogc-numbermatched"]

    frame = gdal(layer, PAGE_SIZE=20)
    assert int(matched) == len(frame)
    assert "EPSG:28992" == frame.crs.to_string()


def test_gdal_asks_for_a_box(gdal: Any) -> None:
    """A box in metres gives the streets that meet it, the same as cutting the whole list with that box."""
    box = (149_700.0, 504_800.0, 150_100.0, 505_100.0)
    whole = gdal("streets")

    inside = whole[whole.intersects(shapely.box(*box))]
    assert 0 < len(inside) < len(whole)
    assert set(inside["name"]) == set(gdal("streets", bbox=box)["name"])
