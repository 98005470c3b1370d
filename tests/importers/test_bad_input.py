import gzip
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets.importers import UnreadableFile, files, import_areas, import_streets

from .drawing import at, box, collection, everything, line


def feature(coordinates: Any, name: object = "Kade", kind: str = "LineString") -> dict[str, Any]:
    geometry = None if coordinates is None else {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"name": name}, "geometry": geometry}


@pytest.mark.parametrize(
    ("coordinates", "reason"),
    [
        ([[float("nan"), 51.91], [4.48, 51.91]], "finite"),
        ([[4.48, 51.91], [float("inf"), 51.91]], "finite"),
        (None, "no geometry"),
        ([], "empty"),
        ([[4.48, 51.91]], "broken|no geometry"),
        ([[4.48, 51.91], [4.48, 51.91]], "two different points"),
        ([["4.48", 51.91], [4.49, 51.91]], "no numbers"),
        ([[51.91, 4.48], [51.92, 4.48]], "swapped"),
        ([[90000, 436000], [90100, 436000]], "metres of EPSG:28992"),
        ([[24.9, 60.2], [24.95, 60.2]], "outside the area"),
        ([[500, 200], [501, 200]], "no degrees"),
    ],
)
def test_bad_lines_are_refused_one_by_one(session: Session, tmp_path: Path, coordinates: Any, reason: str) -> None:
    """Each bad line is a refusal with its number and the reason; the good ones beside it are stored."""
    good = [feature([[4.48 + i / 1000, 51.91], [4.48 + i / 1000, 51.92]], f"Goed {i}") for i in range(20)]
    path = collection(tmp_path / "s.geojson", [*good[:1], feature(coordinates), *good[1:]], crs=None)
    report = import_streets(session, path)
    assert (report.added, report.refused) == (20, 1)
    assert report.refusals[0].where == "line 2"
    assert re.search(reason, report.refusals[0].reason)


@pytest.mark.parametrize("name", ["x" * 201, "Kade\x07", "Kade \u202egnp"])
def test_names_that_cannot_be_names_are_refused(session: Session, tmp_path: Path, name: str) -> None:
    """Too long, or with characters that do not show: refused with the reason; what was read stays readable."""
    path = collection(tmp_path / "s.geojson", [line("Goed", [(0, 0), (9, 0)]), line(name, [(0, 5), (9, 5)])])
    report = import_streets(session, path)
    assert (report.added, report.refused) == (1, 1)
    assert all(refusal.value.isprintable() for refusal in report.refusals)


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "</script>", "${alert(1)}", "straße \u200f", "'; --"])
def test_odd_names_are_stored_as_text(session: Session, tmp_path: Path, name: str) -> None:
    """Markup and quotes are only letters."""
    import_streets(session, collection(tmp_path / "s.geojson", [line(name, [(0, 0), (9, 0)])]))
    assert session.execute(text("SELECT name FROM street")).scalar() == " ".join(name.split())


def broken_files(folder: Path) -> dict[str, Path]:
    whole = collection(folder / "whole.geojson", [line(f"Straat {i}", [(i, 0), (i, 90)]) for i in range(2000)])
    body = whole.read_bytes()
    made = {
        "cut.geojson": body[: len(body) // 2],
        "cut.geojson.gz": gzip.compress(body)[:2000],
        "no.gpkg": b"SQLite format 3\x00" + b"x" * 4000,
        "program.geojson": b"MZ" + b"\x00" * 4000,
        "picture.gpkg": b"\x89PNG\r\n" + b"\x00" * 100,
        "empty.geojson": b"",
        "words.geojson": b"this is no map",
        "words.osm.pbf": b"this is no map",
        "other.json": json.dumps({"hello": "world"}).encode(),
        "remote.json": b'{"type": "gdal_streamed_alg", "x": {"type": "Feature"}}',
        "remote.gml": b'<OGRVRTDataSource><OGRVRTLayer name="x"/></OGRVRTDataSource>',
        "entities.gml": b'<!DOCTYPE a [<!ENTITY b "b">]><wfs:FeatureCollection/>',
        "cut.osm": b'<?xml version="1.0"?><osm version="0.6"><node id="1" lat="5',
        "cut.osm.pbf": b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\x7c" + b"\x00" * 40,
        "half.shp": b"\x00\x00\x27\x0a" + b"\x00" * 96,
        "table.csv": b"name,x\nKade,1\n",
        "nul.geojson": body.replace(b"Straat 7", b"Straat\\u00007"),
        "cut.zip": b"PK\x03\x04" + b"\x00" * 40,
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in made}


@pytest.mark.parametrize("name", [
    "cut.geojson", "cut.geojson.gz", "no.gpkg", "program.geojson", "picture.gpkg", "empty.geojson", "words.geojson",
    "words.osm.pbf", "other.json", "remote.json", "remote.gml", "entities.gml", "cut.osm", "cut.osm.pbf", "half.shp",
    "table.csv", "cut.zip", "nul.geojson", "nothere.gpkg",
])  # fmt: skip
@pytest.mark.parametrize("run", [import_streets, import_areas])
def test_a_broken_file_is_one_sentence_and_stores_nothing(
    session: Session, tmp_path: Path, name: str, run: Any
) -> None:
    """A file that is broken as a whole leaves the database as it was; the sentence names it and no library."""
    path = broken_files(tmp_path).get(name, tmp_path / name)
    before = everything(session)
    with pytest.raises(UnreadableFile) as refusal:
        run(session, path)
    sentence = str(refusal.value)
    assert path.name in sentence
    assert not any(word in sentence for word in ("GDAL", "OGR", "pyogrio", "sqlite", "Traceback", "osmium", "errno"))
    assert everything(session) == before


def test_an_error_halfway_undoes_the_whole_file(session: Session, tmp_path: Path) -> None:
    """When the second layer of an archive is broken, the first is not stored either."""
    good = collection(tmp_path / "a.geojson", [line("Goed", [(0, 0), (9, 0)])])
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.write(good, "a.geojson")
        archive.writestr("b.geojson", good.read_bytes()[:-30])
    before = everything(session)
    with pytest.raises(UnreadableFile):
        import_streets(session, tmp_path / "two.zip")
    assert everything(session) == before


def test_a_zip_bomb_is_not_unpacked(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive that grows beyond the limit is refused before the disk is full, also when it lies about its size."""
    monkeypatch.setattr(files, "SMALL", 1024)
    zeros = b"\x00" * 3_000_000
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(zeros))
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", zeros)
    with zipfile.ZipFile(tmp_path / "inner.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", b"\x00" * 150_000)
    with zipfile.ZipFile(tmp_path / "nested.zip", "w") as archive:
        for number in range(900):
            archive.write(tmp_path / "inner.zip", f"{number}.zip")
    monkeypatch.setattr(files, "MOST_GROWTH", 3)
    with pytest.raises(UnreadableFile, match="grows"):
        import_streets(session, tmp_path / "nested.zip")
    monkeypatch.setattr(files, "MOST_MEMBERS", 3)
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(5):
            archive.writestr(f"{number}.geojson", "{}")
    for name, words in (("bomb.gz", "grows"), ("bomb.zip", "grows"), ("many.zip", "more than 3 files")):
        with pytest.raises(UnreadableFile, match=words):
            import_streets(session, tmp_path / name)


def test_members_of_an_archive_cannot_climb_out(session: Session, tmp_path: Path) -> None:
    """A member named ../../x is unpacked inside the scratch folder like any other."""
    good = collection(tmp_path / "a.geojson", [line("Goed", [(0, 0), (9, 0)])])
    with zipfile.ZipFile(tmp_path / "climb.zip", "w") as archive:
        archive.writestr("../../../outside.geojson", good.read_bytes())
    assert import_streets(session, tmp_path / "climb.zip").added == 1
    assert not (tmp_path.parent.parent / "outside.geojson").exists()


def test_an_unclosed_ring_is_mended_or_refused(session: Session, tmp_path: Path) -> None:
    """A polygon whose ring does not end where it begins never reaches the database as it is."""
    open_ring = box("GM9999", 0, 0, 100, 100)
    open_ring["geometry"]["coordinates"][0].pop()
    import_areas(session, collection(tmp_path / "a.geojson", [open_ring, box("GM0001", 0, 0, 9, 9)]))
    assert session.execute(text("SELECT bool_and(ST_IsValid(geom)) FROM area")).scalar()


def test_a_file_without_crs_and_without_recognisable_coordinates(session: Session, tmp_path: Path) -> None:
    """Coordinates that fit no CRS we know are refused line by line with what they look like."""
    path = collection(tmp_path / "s.geojson", [feature([[5e6, 5e6], [5.1e6, 5e6]])], crs=None)
    report = import_streets(session, path)
    assert (report.read, report.refused, report.added) == (1, 1, 0)
    assert "no degrees" in report.refusals[0].reason
    assert any("No line" in note for note in report.notes)


def test_the_refusal_report_is_a_table_that_spreadsheets_do_not_run(session: Session, tmp_path: Path) -> None:
    """Every refusal stands in the CSV with place, value and reason; a value that looks like a formula is defused."""
    path = collection(tmp_path / "s.geojson", [line("Goed", [(0, 0), (9, 0)]), line("=1+1", [(0, 0), (0, 0)])])
    report = import_streets(session, path)
    report.write_csv(tmp_path / "refused.csv")
    header, row = (tmp_path / "refused.csv").read_text(encoding="utf-8").splitlines()
    assert header == "where,value,reason"
    assert row.split(",")[1].strip('"').startswith("'=1+1")


def test_long_and_odd_values_beside_the_name(session: Session, tmp_path: Path) -> None:
    """A municipality of 10,000 characters is a refusal, not a crash; half a character is one too."""
    lines = [
        line("Goed", [(0, 0), (9, 0)]),
        line("Lang", [(0, 5), (9, 5)], gemeentecode="x" * 10_000),
        line("Half \ud800", [(0, 9), (9, 9)]),
    ]
    report = import_streets(session, collection(tmp_path / "s.geojson", lines), source="y" * 10_000)
    assert report.added >= 1
    assert report.refused >= 1
    assert "Lang" not in session.execute(text("SELECT name FROM street")).scalars().all()


def test_crs_given_by_hand(session: Session, tmp_path: Path) -> None:
    """--crs wins over what the file says; a name that is none is refused."""
    path = collection(tmp_path / "s.geojson", [feature([at(0, 0), at(50, 0)])], crs=None)
    assert import_streets(session, path, crs="EPSG:28992").added == 1
    with pytest.raises(Exception, match="not a known coordinate reference system"):
        import_streets(session, path, crs="EPSG:99999999")


@pytest.mark.parametrize(
    "body",
    [
        '{"type": "FeatureCollection", "features": ' + "[" * 100_000,
        '{"type": "FeatureCollection", "features": [' + '{"type": "Feature", "properties": ' * 50_000,
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "x"}, "geometry": '
        + '{"type": "GeometryCollection", "geometries": [' * 2_000
        + '{"type": "Point", "coordinates": [4, 52]}'
        + "]}" * 2_000
        + "}]}",
    ],
)
def test_deep_nesting_is_one_sentence(session: Session, tmp_path: Path, body: str) -> None:
    """A file nested without end is refused like any broken file: no crash, nothing stored."""
    path = tmp_path / "deep.geojson"
    path.write_text(body)
    for run in (import_streets, import_areas):
        with pytest.raises(UnreadableFile):
            run(session, path)


def test_two_files_of_one_name_in_an_archive(session: Session, tmp_path: Path) -> None:
    """Files of one name in different folders of an archive do not overwrite each other."""
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for folder, x in (("noord", 0), ("zuid", 50)):
            path = collection(tmp_path / "roads.geojson", [line(f"Weg {folder}", [(x, 0), (x, 9)])])
            archive.write(path, f"{folder}/ROADS.GEOJSON")
    assert import_streets(session, tmp_path / "two.zip").added == 2
