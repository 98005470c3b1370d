"""Importers: files of others become areas, streets and assets; each gives a report.

Which module does what: files (what kind of file is it), layers and osm (reading in batches), coordinates (which CRS),
schemes and words (what columns and values mean), areas, streets, addresses, asset_table and measurement_table (the
imports), matching and divide (identity and division), loading (COPY), report.

The importers are loaded when first asked for: they bring numpy, PROJ and GDAL along.
"""

from typing import TYPE_CHECKING, Any

from assets.importers.report import ImportReport, Progress, Refusal, UnreadableFile

if TYPE_CHECKING:
    from assets.importers.addresses import import_addresses
    from assets.importers.areas import import_areas
    from assets.importers.asset_table import import_assets
    from assets.importers.measurement_table import import_measurements
    from assets.importers.streets import import_streets

_WHERE = {
    "import_addresses": "addresses",
    "import_areas": "areas",
    "import_streets": "streets",
    "import_assets": "asset_table",
    "import_measurements": "measurement_table",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


__all__ = [
    "ImportReport",
    "Progress",
    "Refusal",
    "UnreadableFile",
    "import_addresses",
    "import_areas",
    "import_assets",
    "import_measurements",
    "import_streets",
]
