"""Layers of map files, read in batches as arrays: geometry as shapely objects, attributes by column name."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
import shapely

from assets.importers.files import SourceFile
from assets.importers.report import UnreadableFile

#: Features per batch, so that a large file needs no more memory than a middling one.
BATCH = 50_000
#: GeoJSON cannot be entered halfway: below this size one pass reads it whole, above it each batch starts again.
WHOLE_BYTES = 256 * 1024**2
MOST_LAYERS = 200
#: Formats with one layer per file, which goes by the file's name.
SINGLE = ("geojson", "shapefile")

Array = numpy.ndarray[Any, Any]


@dataclass(frozen=True)
class Layer:
    """One layer of a file.

    Attributes:
        file: where it is.
        name: as the file calls it; for one that has no names the file's own.
        features: how many the file says it holds.
        crs: "EPSG:..." or WKT as the file declares it; None when it declares none.
        columns: names of the attributes, in the file's order and spelling.
        shape: "Point", "LineString", ... or "Unknown"; None for a table without geometry.
    """

    file: SourceFile
    name: str
    features: int
    crs: str | None
    columns: tuple[str, ...]
    shape: str | None


@dataclass(frozen=True)
class Batch:
    """Features of a layer, one after another.

    Attributes:
        first: number of the first feature in the layer, from 1.
        shapes: shapely geometries, two-dimensional, in the file's CRS; None where there is none or a broken one.
        broken: whether a geometry was given that cannot be one (a line of one point, ...).
        columns: per attribute an array of values.
    """

    first: int
    shapes: Array
    broken: Array
    columns: dict[str, Array]


def listing(files: Sequence[SourceFile]) -> list[Layer]:
    """The layers with their columns; UnreadableFile when the file is broken."""
    found = []
    for file in files:
        pyogrio = _reader()
        with _quiet():
            try:
                # finding out the one layer of a GeoJSON file would read it all once more
                names = [None] if file.format in SINGLE else [str(row[0]) for row in pyogrio.list_layers(file.path)]
                if len(names) > MOST_LAYERS:
                    raise UnreadableFile(
                        "The file {name} has more than {most} layers.", name=file.name, most=MOST_LAYERS
                    )
                for name in names:
                    info = pyogrio.read_info(file.path, layer=name, force_feature_count=True, **_options(file))
                    title = file.name.split(".")[0] if name is None else name
                    found.append(
                        Layer(
                            file=file,
                            name=title,
                            features=max(0, int(info["features"])),
                            crs=info["crs"],
                            columns=tuple(str(column) for column in info["fields"]),
                            shape=info["geometry_type"],
                        )
                    )
            except _errors():
                raise _unreadable(file) from None
    return found


def read(layer: Layer, columns: Sequence[str] | None = None) -> Iterator[Batch]:
    """The features of a layer in order, BATCH at a time; `columns` narrows the attributes that are read."""
    pyogrio = _reader()
    whole = layer.file.format != "gpkg" and layer.file.path.stat().st_size <= WHOLE_BYTES
    size = max(layer.features, 1) if whole else BATCH
    inner = None if layer.file.format in SINGLE else layer.name
    for first in range(0, max(layer.features, 1), size):
        with _quiet():
            try:
                meta, _, wkb, values = pyogrio.raw.read(
                    layer.file.path,
                    layer=inner,
                    columns=None if columns is None else list(columns),
                    force_2d=True,
                    skip_features=first,
                    max_features=size,
                    datetime_as_string=True,
                    **_options(layer.file),
                )
            except _errors():
                raise _unreadable(layer.file) from None
        fields = [str(name) for name in meta["fields"]]
        count = len(wkb) if wkb is not None else (len(values[0]) if values else 0)
        given = wkb if wkb is not None else numpy.full(count, None, dtype=object)
        with numpy.errstate(invalid="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shapes = shapely.from_wkb(given, on_invalid="fix")
        broken = numpy.array(
            [shape is None and raw is not None for shape, raw in zip(shapes, given, strict=True)], dtype=bool
        )
        yield Batch(
            first=first + 1,
            shapes=numpy.asarray(shapes, dtype=object),
            broken=broken,
            columns=dict(zip(fields, values, strict=True)),
        )


def _reader() -> Any:
    """pyogrio, loaded when first used, with GDAL told to fetch nothing on its own."""
    import pyogrio
    import pyogrio.raw

    pyogrio.set_gdal_config_options(
        {"GML_SKIP_RESOLVE_ELEMS": "ALL", "GDAL_DISABLE_READDIR_ON_OPEN": None, "OGR_GEOJSON_MAX_OBJ_SIZE": "200"}
    )
    logging.getLogger("pyogrio").setLevel(logging.CRITICAL)
    return pyogrio


def _options(file: SourceFile) -> dict[str, str]:
    """Open options of the format: a GML file may name a schema elsewhere, which is not fetched."""
    return {"DOWNLOAD_SCHEMA": "NO"} if file.format == "gml" else {}


def _errors() -> tuple[type[Exception], ...]:
    from pyogrio import errors

    return (
        errors.DataSourceError,
        errors.DataLayerError,
        errors.FeatureError,
        errors.GeometryError,
        errors.FieldError,
        errors.CRSError,
        ValueError,
        RuntimeError,
        UnicodeDecodeError,
    )


class _quiet(warnings.catch_warnings):  # noqa: N801  reads as a verb where it is used
    """What the library warns about is judged here by the values, not repeated to the reader."""

    def __enter__(self) -> None:
        super().__enter__()
        warnings.simplefilter("ignore")


def _unreadable(file: SourceFile) -> UnreadableFile:
    words = {
        "geojson": "GeoJSON",
        "gpkg": "GeoPackage",
        "shapefile": "shapefile",
        "gml": "GML file",
        "fgb": "FlatGeobuf file",
        "osm": "OpenStreetMap file",
        "csv": "table",
    }
    return UnreadableFile(
        "The {kind} {name} is damaged or cut short; nothing of it was stored.",
        kind=words.get(file.format, "file"),
        name=file.name,
    )
