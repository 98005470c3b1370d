"""One city block in every format that people bring."""

import zipfile
from pathlib import Path
from typing import Any

import numpy
import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets.importers import UnreadableFile, import_areas, import_assets, import_streets

from .drawing import at, parts

LINES = [shapely.LineString([at(0, 10), at(60, 10)]), shapely.LineString([at(60, 10), at(100, 10)])]


def write(path: Path, shapes: list[Any], layer: str | None = None, **columns: list[Any]) -> Path:
    """A file in the format of its ending; a GeoPackage gets one more layer."""
    from pyogrio import raw

    values = [numpy.array(column, dtype=object) for column in columns.values()]
    raw.write(
        path,
        numpy.array([shape.wkb for shape in shapes], dtype=object),
        values,
        list(columns),
        layer=layer,
        geometry_type=shapes[0].geom_type,
        crs="EPSG:28992",
        append=layer is not None and path.exists(),
    )
    return path


def gml(path: Path) -> Path:
    """An answer of a WFS, as the road register gives it."""
    members = "".join(
        f'<wfs:member><n:wegvakken gml:id="w.{number}"><n:geom><gml:LineString gml:id="l.{number}" '
        f'srsName="urn:ogc:def:crs:EPSG::28992"><gml:posList srsDimension="2">'
        f"{' '.join(f'{x} {y}' for x, y in line.coords)}</gml:posList></gml:LineString></n:geom>"
        f"<n:stt_naam>Kade</n:stt_naam><n:gme_id>9999</n:gme_id></n:wegvakken></wfs:member>"
        for number, line in enumerate(LINES)
    )
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" '
        'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:n="http://example.org/nwb" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="http://example.org/nwb http://127.0.0.1:9/schema.xsd">{members}</wfs:FeatureCollection>'
    )
    return path


def zipped(folder: Path, source: Path) -> Path:
    """A shapefile with all its parts in one archive, inside a folder."""
    packed = folder / f"{source.stem}.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in source.parent.glob(f"{source.stem}.*"):
            archive.write(part, f"data/{part.name}")
    return packed


def made(folder: Path, kind: str) -> Path:
    """The two lines of Kade in one of the formats."""
    names = {"name": ["Kade", "Kade"], "gme_id": [9999, 9999]}
    if kind == "gml":
        return gml(folder / "lines.gml")
    if kind == "shapefile":
        (folder / "shp").mkdir()
        return zipped(folder, write(folder / "shp" / "lines.shp", LINES, **names))
    return write(folder / f"lines.{kind}", LINES, **names)


@pytest.mark.parametrize("kind", ["gpkg", "shapefile", "gml", "fgb", "geojson"])
def test_the_same_street_in_every_format(session: Session, tmp_path: Path, kind: str) -> None:
    """Whatever the format, the same lines make the same street; nothing is written beside the file."""
    path = made(tmp_path, kind)
    before = sorted(tmp_path.rglob("*"))
    report = import_streets(session, path)
    assert (report.read, report.added, report.refused) == (2, 1, 0)
    assert parts(session) == {("Kade", None): 100.0}
    assert session.execute(text("SELECT municipality_code FROM street")).scalar() == "GM9999"
    assert sorted(tmp_path.rglob("*")) == before


def test_one_format_after_another_changes_nothing(session: Session, tmp_path: Path) -> None:
    """The same lines from GeoPackage, shapefile and GML have the same marks: unchanged."""
    import_streets(session, made(tmp_path, "gpkg"))
    for kind in ("shapefile", "gml", "fgb"):
        assert import_streets(session, made(tmp_path, kind)).unchanged == 1


def test_a_geopackage_with_several_layers(session: Session, tmp_path: Path) -> None:
    """Each command takes the layers that it can use and says which it left out; a named layer must fit."""
    path = tmp_path / "block.gpkg"
    ring = shapely.Polygon([at(0, 0), at(200, 0), at(200, 90), at(0, 90)])
    write(path, LINES, "roads", name=["Kade", "Kade"])
    write(path, [ring], "buurten", buurtcode=["BU99990101"], buurtnaam=["Zuid"])
    write(path, [shapely.Point(at(5, 5))], "banken", naam=["Bankje"], soort=["ontmoetingsplek"])
    areas = import_areas(session, path)
    assert (areas.added, len(areas.notes)) == (1, 2)
    assert import_streets(session, path).added == 1
    assert parts(session) == {("Kade", "BU99990101"): 100.0}
    assert import_assets(session, path, layer="banken").added == 1
    with pytest.raises(UnreadableFile, match="holds points"):
        import_streets(session, path, layer="banken")
    with pytest.raises(UnreadableFile, match="holds lines"):
        import_areas(session, path, layer="roads")
    with pytest.raises(UnreadableFile, match="is not gml; by its content it is gpkg"):
        import_streets(session, path, format="gml")


def test_a_shapefile_without_prj_is_recognised(session: Session, tmp_path: Path) -> None:
    """Metres without a CRS are taken for what their place says, and the report says so."""
    (tmp_path / "shp").mkdir()
    source = write(tmp_path / "shp" / "lines.shp", LINES, name=["Kade", "Kade"])
    source.with_suffix(".prj").unlink()
    report = import_streets(session, zipped(tmp_path, source))
    assert report.added == 1
    assert any("names no CRS" in note for note in report.notes)
