"""Files for other programs: CSV and Excel for tables, GeoPackage and GeoJSON for maps.

Names of columns are those of the API. Cells that a spreadsheet would run as a formula are defused.
"""

import csv
import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from assets.coverage import StreetPartCoverage
from assets.crs import WGS84, transform
from assets.growth_edge import GrowthEdgeStreet
from assets.vocabulary import AssetKind, GiftOf

#: Columns of a list of street parts, in the order of the files.
STREET_COLUMNS = (
    "id",
    "name",
    "municipality",
    "neighbourhood",
    "area_code",
    "length_m",
    "covered_m",
    "share",
    "state",
    "addresses",
    "last_activity_on",
    "last_conversation_on",
    "energy",
)
#: Columns of the growth edge. What lives within 200 m is counted in `lives_*`, people in fives; an empty cell there is
#: about five people or fewer, and `fewer_than_5` names it.
GROWTH_EDGE_COLUMNS = (
    "id",
    "name",
    "municipality",
    "neighbourhood",
    "area_code",
    "length_m",
    "state",
    "addresses",
    "last_conversation_on",
    "nearest_energy_m",
    "nearest_street_part_id",
    "nearest_street",
    *(f"lives_{kind}" for kind in AssetKind),
    *(f"lives_gift_{gift}" for gift in GiftOf),
    "fewer_than_5",
)
#: Columns that hold whole numbers, or nothing.
WHOLE = {
    "id", "addresses", "nearest_street_part_id", "activities_12_months", "conversations_12_months",
    *(name for name in GROWTH_EDGE_COLUMNS if name[:6] == "lives_"),
}  # fmt: skip
#: Columns that hold numbers, or nothing: the care in a plan (assets/plan_files.py).
REAL = {"care_per_100_m"}
#: Decimals that are meant: a street is known to the metre, stored to the millimetre.
DECIMALS = {"length_m": 1, "covered_m": 1, "share": 4, "energy": 3}
#: What a spreadsheet takes for the beginning of a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Record = Mapping[str, Any]


class FileFormat(StrEnum):
    """A kind of file to download."""

    csv = "csv"
    geojson = "geojson"
    gpkg = "gpkg"
    xlsx = "xlsx"


MEDIA_TYPES = {
    FileFormat.csv: "text/csv; charset=utf-8",
    FileFormat.geojson: "application/geo+json",
    FileFormat.gpkg: "application/geopackage+sqlite3",
    FileFormat.xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def street_records(rows: Sequence[StreetPartCoverage]) -> list[dict[str, Any]]:
    """Street parts as records with the columns of STREET_COLUMNS, and `geometry` when it was asked for."""
    records = []
    for row in rows:
        values = asdict(row)
        record = {name: _rounded(name, values[name]) for name in STREET_COLUMNS}
        record["state"] = row.state.value
        record["geometry"] = row.shape()
        records.append(record)
    return records


def growth_edge_records(rows: Sequence[GrowthEdgeStreet]) -> list[dict[str, Any]]:
    """The growth edge as records with the columns of GROWTH_EDGE_COLUMNS, and `geometry` when it was asked for."""
    records = []
    for row in rows:
        street, lives = asdict(row.street), row.lives
        record = {name: _rounded(name, street[name]) for name in GROWTH_EDGE_COLUMNS if name in street}
        record |= {
            "state": row.street.state.value,
            "nearest_energy_m": row.nearest_energy_m,
            "nearest_street_part_id": row.nearest_id,
            "nearest_street": row.nearest_street,
            **{f"lives_{kind}": count for kind, count in lives.kinds.items()},
            **{f"lives_gift_{gift}": count for gift, count in lives.gifts.items()},
            "fewer_than_5": "; ".join(lives.fewer_than_5),
            "geometry": row.shape(),
        }
        records.append(record)
    return records


def written(
    records: Sequence[Record],
    *,
    file_format: FileFormat,
    columns: Sequence[str],
    layer: str,
    srid: int,
    about: Mapping[str, str],
) -> bytes:
    """The whole file.

    Args:
        records: one per row; `geometry` holds a shapely shape in `srid`, or None.
        file_format: CSV and Excel leave the geometry out; GeoPackage keeps `srid`; GeoJSON is CRS84 (RFC 7946).
        columns: names and order of the columns.
        layer: name of the layer or sheet.
        srid: EPSG code of the geometries.
        about: what the list is, as words and values: question, date, source. Stands on its own sheet, in the metadata
            of the GeoPackage, or in the member `about` of the GeoJSON.
    """
    if file_format is FileFormat.csv:
        return _csv(records, columns)
    if file_format is FileFormat.geojson:
        return _geojson(records, columns, srid, about)
    if file_format is FileFormat.gpkg:
        return _gpkg(records, columns, layer, srid, about)
    return _xlsx(records, columns, layer, about)


def defused(value: object) -> object:
    """The value as a cell: text that begins like a formula gets an apostrophe before it."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def _rounded(name: str, value: Any) -> Any:
    return round(value, DECIMALS[name]) if name in DECIMALS and value is not None else value


def _csv(records: Sequence[Record], columns: Sequence[str]) -> bytes:
    """UTF-8 with a byte order mark, which Excel needs to read accents; commas; dates as year-month-day."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for record in records:
        writer.writerow(["" if record[name] is None else defused(_plain(record[name])) for name in columns])
    return out.getvalue().encode("utf-8-sig")


def _plain(value: Any) -> Any:
    """The value as text or number; lists become words with a semicolon between."""
    if isinstance(value, list | tuple):
        return "; ".join(str(part) for part in value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _geojson(records: Sequence[Record], columns: Sequence[str], srid: int, about: Mapping[str, str]) -> bytes:
    features = []
    for record in records:
        shape: BaseGeometry | None = record.get("geometry")
        features.append(
            {
                "type": "Feature",
                "id": record.get("id"),
                "geometry": None if shape is None else _degrees(shape, srid),
                "properties": {name: _json(record[name]) for name in columns if name != "id"},
            }
        )
    collection = {"type": "FeatureCollection", "about": dict(about), "features": features}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _degrees(shape: BaseGeometry, srid: int) -> Any:
    import shapely

    return mapping(shapely.set_precision(transform(shape, srid, WGS84), 1e-7, mode="pointwise"))


def _gpkg(records: Sequence[Record], columns: Sequence[str], layer: str, srid: int, about: Mapping[str, str]) -> bytes:
    import geopandas
    import pandas

    frame = pandas.DataFrame([[_cell(record[name]) for name in columns] for record in records], columns=list(columns))
    for name in columns:
        if name.endswith("_on"):
            frame[name] = pandas.to_datetime(frame[name]).astype("datetime64[ms]")
        elif name in WHOLE:
            frame[name] = frame[name].astype("Int64")
        elif name in REAL:
            frame[name] = frame[name].astype("float64")
    frame = frame.rename(columns={"id": "street_part_id"} if layer == "streets" else {})
    shapes = geopandas.GeoSeries([record.get("geometry") for record in records], crs=srid)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.gpkg"
        geopandas.GeoDataFrame(frame, geometry=shapes).to_file(
            path, layer=layer, driver="GPKG", engine="pyogrio", layer_metadata=dict(about)
        )
        return path.read_bytes()


def _cell(value: Any) -> Any:
    return "; ".join(str(part) for part in value) if isinstance(value, list | tuple) else value


def _xlsx(records: Sequence[Record], columns: Sequence[str], layer: str, about: Mapping[str, str]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(layer[:31])
    sheet.freeze_panes = "A2"
    for index, name in enumerate(columns, start=1):
        longest = max([len(str(record[name] or "")) for record in records] + [len(name)])
        sheet.column_dimensions[get_column_letter(index)].width = min(longest + 2, 60)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(records) + 1}"

    def cell(target: Any, value: Any, *, bold: bool = False) -> Any:
        made = WriteOnlyCell(target, value=_cell(value))
        if isinstance(made.value, str):
            made.data_type = "s"  # never a formula
        if bold:
            made.font = Font(bold=True)
        if isinstance(value, date):
            made.number_format = "yyyy-mm-dd"
        return made

    sheet.append([cell(sheet, name, bold=True) for name in columns])
    for record in records:
        sheet.append([cell(sheet, record[name]) for name in columns])
    words = book.create_sheet("about")
    words.column_dimensions["A"].width, words.column_dimensions["B"].width = 24, 80
    for name, value in about.items():
        words.append([cell(words, name, bold=True), cell(words, value)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
