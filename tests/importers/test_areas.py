import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets.errors import Invalid
from assets.importers import UnreadableFile, import_areas, import_streets
from assets.vocabulary import AreaKind

from .drawing import at, box, collection, everything, line, parts


def area(session: Session, code: str) -> Any:
    return session.execute(
        text(
            "SELECT a.*, d.code AS district, m.code AS municipality, ST_NumGeometries(a.geom) AS polygons, "
            "ST_Area(a.geom) AS square_m, ST_Contains(a.geom, a.label_point) AS label_inside "
            "FROM area AS a LEFT JOIN area AS d ON d.id = a.district_id "
            "LEFT JOIN area AS m ON m.id = a.municipality_id "
            "WHERE a.code = :code"
        ),
        {"code": code},
    ).one()


@pytest.mark.parametrize(
    ("properties", "kind", "population"),
    [
        (
            {
                "buurtcode": "BU99990101",
                "buurtnaam": "Zuid",
                "wijkcode": "WK999901",
                "gemeentecode": "GM9999",
                "aantal_inwoners": 1200,
                "water": "NEE",
            },
            "neighbourhood",
            1200,
        ),
        (
            {"BU_CODE": "BU99990101", "BU_NAAM": "Zuid", "WK_CODE": "WK999901", "GM_CODE": "GM9999", "AANT_INW": 1200},
            "neighbourhood",
            1200,
        ),
        (
            {"wijkcode": "WK999901", "wijknaam": "Zuid", "gemeentecode": "GM9999", "aantalInwoners": -99999999},
            "district",
            None,
        ),
        ({"gemeentecode": "GM9999", "gemeentenaam": "Zuid", "aantalInwoners": -99997}, "municipality", None),
        ({"code": "WK999901", "name": "Zuid", "population": 5}, "district", 5),
        ({"statcode": "GM9999", "statnaam": "Zuid"}, "municipality", None),
        ({"code": "101", "naam": "Zuid", "soort": "Wijk"}, "district", None),
    ],
)
def test_schemes_of_several_years(
    session: Session, tmp_path: Path, properties: dict[str, Any], kind: str, population: int | None
) -> None:
    """The columns of CBS and PDOK are recognised in every spelling; a negative count is unknown."""
    feature = box("x", 0, 0, 100, 100)
    feature["properties"] = properties
    report = import_areas(session, collection(tmp_path / "areas.geojson", [feature]))
    row = session.execute(text("SELECT kind, name, population FROM area")).one()
    assert (report.added, tuple(row)) == (1, (kind, "Zuid", population))


def test_metres_without_crs_are_recognised(session: Session, tmp_path: Path) -> None:
    """GeoJSON in RD metres that names no CRS is taken for what its coordinates are, and the report says so."""
    report = import_areas(session, collection(tmp_path / "a.geojson", [box("GM9999", 0, 0, 100, 100)], crs=None))
    assert report.crs == "EPSG:28992"
    assert any("EPSG:28992" in note for note in report.notes)
    assert area(session, "GM9999").square_m == pytest.approx(10_000)


def test_rotterdams_register_gets_national_codes(session: Session, tmp_path: Path) -> None:
    """A register that writes 599 and 0321 means BU05990321 in WK059903 in GM0599."""
    feature = box("x", 0, 0, 100, 100)
    feature["properties"] = {
        "TEKST": "0321",
        "BUURTNAAM": "Bospolder",
        "GEBDNAAM": "Delfshaven",
        "GEMEENTE": "599",
        "GEBIED": 3,
        "BUURT": 21,
    }
    other = box("x", 0, 0, 200, 100)
    other["properties"] = {"TEKST": "03", "GEBDNAAM": "Delfshaven", "GEMEENTE": "599", "GEBIED": 3}
    import_areas(session, collection(tmp_path / "buurten.geojson", [feature], crs=None))
    import_areas(session, collection(tmp_path / "gebieden.geojson", [other], crs=None))
    import_areas(session, collection(tmp_path / "gm.geojson", [box("GM0599", 0, 0, 300, 300)]))
    found = area(session, "BU05990321")
    assert (found.name, found.district, found.municipality) == ("Bospolder", "WK059903", "GM0599")


def test_water_null_name_several_rows_and_provinces(session: Session, tmp_path: Path) -> None:
    """Water is left out, rows of one code become one area, a nameless one goes by its code, provinces are passed."""
    features = [
        box("BU99990101", 0, 0, 100, 100, water="NEE"),
        box("BU99990101", 200, 0, 300, 100, water="NEE"),
        box("BU99990101", 100, 0, 200, 100, water="JA"),
        box("BU99990102", 0, 100, 100, 200, water="NEE", name=None),
        box("BU99990103", 0, 300, 100, 400, water="B"),
        box("PV20", 0, 0, 900, 900, water="NEE"),
    ]
    report = import_areas(session, collection(tmp_path / "areas.geojson", features))
    assert (report.read, report.added, report.refused) == (6, 2, 0)
    assert area(session, "BU99990101").polygons == 2
    assert area(session, "BU99990102").name == "BU99990102"
    told = " ".join(report.notes)
    assert "2 polygons of water" in told
    assert "1 provinces" in told
    assert "BU99990102" in told


def test_invalid_outlines_are_mended_and_reported(session: Session, tmp_path: Path) -> None:
    """An outline that crosses itself becomes valid surfaces, and its code stands in the report."""
    bow = box("BU99990101", 0, 0, 1, 1)
    bow["geometry"]["coordinates"] = [[at(0, 0), at(100, 100), at(100, 0), at(0, 100), at(0, 0)]]
    report = import_areas(session, collection(tmp_path / "areas.geojson", [bow]))
    found = area(session, "BU99990101")
    assert found.square_m == pytest.approx(5_000)
    assert found.label_inside
    assert any("BU99990101" in note for note in report.notes)


def test_geometry_collection_needs_to_be_told_what_it_is(session: Session, tmp_path: Path) -> None:
    """A bare boundary says not which area it is: refused with what is missing, taken apart when that is given."""
    ring = [at(0, 0), at(100, 0), at(100, 100), at(0, 100), at(0, 0)]
    body = {
        "type": "GeometryCollection",
        "crs": {"type": "name", "properties": {"name": "EPSG:28992"}},
        "geometries": [
            {"type": "Polygon", "coordinates": [ring]},
            {"type": "LineString", "coordinates": [at(0, 0), at(5, 5)]},
        ],
    }
    path = tmp_path / "boundary.geojson"
    path.write_text(json.dumps(body))
    with pytest.raises(UnreadableFile, match="--kind, --code and --name"):
        import_areas(session, path)
    with pytest.raises(Invalid, match="level"):
        import_areas(session, path, code="X1", name="Ons dorp")
    report = import_areas(session, path, kind=AreaKind.municipality, code="GM9999", name="Ons dorp")
    assert report.added == 1
    assert area(session, "GM9999").square_m == pytest.approx(10_000)


def test_levels_are_linked_in_whatever_order_they_come(session: Session, tmp_path: Path) -> None:
    """Neighbourhoods before their municipality, districts after it: the links are the same, each row names itself."""
    import_areas(session, collection(tmp_path / "bu.geojson", [box("BU99990101", 0, 0, 100, 100)]))
    import_areas(session, collection(tmp_path / "gm.geojson", [box("GM9999", 0, 0, 400, 400)]))
    import_areas(session, collection(tmp_path / "wk.geojson", [box("WK999901", 0, 0, 200, 200)]))
    low, middle, high = area(session, "BU99990101"), area(session, "WK999901"), area(session, "GM9999")
    assert (low.parent_id, low.district_id, low.municipality_id) == (middle.id, middle.id, high.id)
    assert (middle.parent_id, middle.district_id, middle.municipality_id) == (high.id, middle.id, high.id)
    assert (high.parent_id, high.district_id, high.municipality_id) == (None, None, high.id)


def test_other_codes_find_their_parent_by_surface(session: Session, tmp_path: Path) -> None:
    """Where codes say nothing, an area lies in the one that holds most of it."""
    features = [
        box("kaupunki", 0, 0, 400, 400, kind="municipality"),
        box("east", 200, 0, 400, 400, kind="district"),
        box("west", 0, 0, 200, 400, kind="district"),
        box("n1", 150, 0, 390, 90, kind="neighbourhood"),
    ]
    import_areas(session, collection(tmp_path / "areas.geojson", features))
    found = area(session, "n1")
    assert (found.district, found.municipality) == ("east", "kaupunki")


def test_the_same_file_again_changes_nothing(session: Session, tmp_path: Path) -> None:
    """The second time no row, no id and no version differs, and the report says unchanged."""
    path = collection(tmp_path / "areas.geojson", [box("BU99990101", 0, 0, 100, 100), box("GM9999", 0, 0, 400, 400)])
    import_areas(session, path)
    before = everything(session)
    report = import_areas(session, path)
    assert (report.added, report.changed, report.unchanged) == (0, 0, 2)
    assert everything(session) == before


def test_a_newer_file_keeps_ids_and_untold_counts(session: Session, tmp_path: Path) -> None:
    """A moved border changes the area under its id; inhabitants stay when the newer file says nothing about them."""
    import_areas(session, collection(tmp_path / "a.geojson", [box("BU99990101", 0, 0, 100, 100, aantal_inwoners=50)]))
    before = area(session, "BU99990101")
    report = import_areas(session, collection(tmp_path / "b.geojson", [box("BU99990101", 0, 0, 120, 100)]))
    after = area(session, "BU99990101")
    assert report.changed == 1
    assert (after.id, after.population, after.square_m) == (before.id, 50, pytest.approx(12_000))


def test_areas_that_a_newer_file_lacks_stay_and_are_named(session: Session, tmp_path: Path) -> None:
    """A neighbourhood that is not in next year's file stays on the map; the report names it, an extract's does not."""
    codes = ["BU99990101", "BU99990102", "BU99990103"]
    import_areas(session, collection(tmp_path / "a.geojson", [box(c, i, 0, i + 1, 9) for i, c in enumerate(codes)]))
    newer = [box("BU99990101", 0, 0, 1, 9), box("BU99990102", 1, 0, 3, 9), box("BU99990104", 3, 0, 5, 9)]
    report = import_areas(session, collection(tmp_path / "b.geojson", newer))
    assert [note for note in report.notes if "BU99990103" in note]
    assert not import_areas(session, collection(tmp_path / "c.geojson", newer[:1])).notes


def test_a_dry_run_stores_nothing_and_reports_the_same(session: Session, tmp_path: Path) -> None:
    """With dry_run the report is the real one and the database stays as it was."""
    path = collection(tmp_path / "areas.geojson", [box("GM9999", 0, 0, 400, 400)])
    before = everything(session)
    assert import_areas(session, path, dry_run=True).added == 1
    assert everything(session) == before


def test_streets_are_divided_again_when_areas_come(session: Session, tmp_path: Path) -> None:
    """Streets first, areas later: parts, municipality and the finest level follow the areas as they come."""
    import_streets(
        session,
        collection(
            tmp_path / "s.geojson",
            [
                line("Lange Weg", [(0, 50), (100, 50)]),
                line("Lange Weg", [(100, 50), (300, 50)]),
            ],
        ),
    )
    assert parts(session) == {("Lange Weg", None): 300.0}
    import_areas(session, collection(tmp_path / "gm.geojson", [box("GM9999", -10, 0, 400, 100)]))
    assert parts(session) == {("Lange Weg", "GM9999"): 300.0}
    assert session.execute(text("SELECT municipality_code FROM street")).scalar() == "GM9999"
    import_areas(session, collection(tmp_path / "bu.geojson", [box("BU99990101", -10, 0, 120, 100)]))
    assert parts(session) == {("Lange Weg", "BU99990101"): 100.0, ("Lange Weg", "GM9999"): 200.0}


def test_streets_learn_their_municipality_from_the_code_of_a_neighbourhood(session: Session, tmp_path: Path) -> None:
    """Neighbourhoods without their municipality tell it by their code; its name follows when it is known itself."""
    path = collection(tmp_path / "s.geojson", [line("Kade", [(0, 50), (90, 50)])])
    import_streets(session, path)
    import_areas(session, collection(tmp_path / "bu.geojson", [box("BU99990101", -10, 0, 120, 100)]))
    before = session.execute(text("SELECT id, municipality_code, municipality FROM street")).one()
    assert before[1:] == ("GM9999", None)
    assert import_streets(session, path).unchanged == 1
    import_areas(session, collection(tmp_path / "gm.geojson", [box("GM9999", -10, 0, 120, 100, name="Dorp")]))
    assert session.execute(text("SELECT id, municipality_code, municipality FROM street")).one() == (
        before.id,
        "GM9999",
        "Dorp",
    )
    assert import_streets(session, path).unchanged == 1


def test_a_packed_file_and_layers(session: Session, tmp_path: Path) -> None:
    """A gzipped file is unpacked; a layer that is not there is refused with the names that are."""
    plain = collection(tmp_path / "areas.geojson", [box("GM9999", 0, 0, 400, 400)])
    packed = tmp_path / "areas.geojson.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    with pytest.raises(Invalid, match="no layer nothere; it has areas"):
        import_areas(session, packed, layer="nothere")
    assert import_areas(session, packed).added == 1


def test_areas_far_away_are_refused_with_the_reason(session: Session, tmp_path: Path) -> None:
    """An area outside the storage CRS is a refusal line with its code; the others go in."""
    far = box("GM0002", 0, 0, 1, 1)
    far["geometry"]["coordinates"] = [[[9e6, 9e6], [9.1e6, 9e6], [9e6, 9.1e6], [9e6, 9e6]]]
    report = import_areas(session, collection(tmp_path / "a.geojson", [box("GM0001", 0, 0, 100, 100), far]))
    assert (report.added, report.refused) == (1, 1)
    assert report.refusals[0].where == "a feature 2"
    assert "GM0002" in report.refusals[0].value
    assert "outside the area" in report.refusals[0].reason
