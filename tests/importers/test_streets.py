from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets.errors import Invalid
from assets.importers import UnreadableFile, import_areas, import_streets

from .drawing import Points, box, collection, everything, line, parts, streets

GRID = [
    ("Kerkstraat", [(0, 0), (100, 0)]),
    ("Kerkstraat", [(100, 0), (200, 0)]),
    ("Molenweg", [(0, 100), (200, 100)]),
    ("Schoolpad", [(50, 0), (50, 100)]),
    (None, [(150, 0), (150, 100)]),
]


def write(folder: Path, lines: list[tuple[str | None, Points]], name: str = "streets") -> Path:
    return collection(folder / f"{name}.geojson", [line(street, points) for street, points in lines])


def test_the_same_file_again_changes_nothing(session: Session, tmp_path: Path) -> None:
    """The second time nothing differs: no id, no version, no part; the report says unchanged."""
    path = write(tmp_path, GRID)
    first = import_streets(session, path, municipality="GM9999")
    before = everything(session)
    second = import_streets(session, path, municipality="GM9999")
    assert (first.read, first.added) == (5, 3)
    assert (second.added, second.changed, second.unchanged, second.vanished) == (0, 0, 3, 0)
    assert everything(session) == before


def test_order_and_layout_of_a_file_do_not_matter(session: Session, tmp_path: Path) -> None:
    """The same lines in another order and under another file name change nothing."""
    import_streets(session, write(tmp_path, GRID), municipality="GM9999")
    before = everything(session)
    report = import_streets(session, write(tmp_path, GRID[::-1], "other"), municipality="GM9999")
    assert report.unchanged == 3
    assert everything(session) == before


def test_a_newer_file_keeps_the_ids_of_streets_and_parts(session: Session, tmp_path: Path) -> None:
    """A street that was lengthened and one that was moved keep their id and the id of their parts."""
    import_areas(session, collection(tmp_path / "bu.geojson", [box("BU99990101", -50, -50, 900, 900)]))
    import_streets(session, write(tmp_path, GRID))
    before = streets(session), [tuple(row) for row in session.execute(text("SELECT id, street_id FROM street_part"))]
    newer = [*GRID[:2], ("Kerkstraat", [(200, 0), (300, 0)]), ("Molenweg", [(0, 103), (200, 103)]), *GRID[3:]]
    report = import_streets(session, write(tmp_path, newer, "newer"))
    assert (report.added, report.changed, report.unchanged) == (0, 2, 1)
    after = streets(session), [tuple(row) for row in session.execute(text("SELECT id, street_id FROM street_part"))]
    assert (after[0], sorted(after[1])) == (before[0], sorted(before[1]))
    assert parts(session)["Kerkstraat", "BU99990101"] == 300.0


def test_pieces_more_than_a_kilometre_apart_are_two_streets(session: Session, tmp_path: Path) -> None:
    """A gap of 1,000 m still makes one street; a wider one makes two, in each municipality for itself."""
    import_streets(
        session,
        write(
            tmp_path,
            [
                ("Dorpsstraat", [(0, 0), (100, 0)]),
                ("Dorpsstraat", [(1100, 0), (1200, 0)]),
                ("Hoofdweg", [(0, 50), (100, 50)]),
                ("Hoofdweg", [(1101, 50), (1300, 50)]),
            ],
        ),
        municipality="GM9999",
    )
    assert set(streets(session)) == {("Dorpsstraat", 0), ("Hoofdweg", 0), ("Hoofdweg", 1)}


def test_pieces_keep_their_ids_when_the_order_of_the_file_turns(session: Session, tmp_path: Path) -> None:
    """Of two streets of one name each keeps its id, also when the shorter one has become the longer."""
    import_streets(
        session,
        write(
            tmp_path,
            [
                ("Hoofdweg", [(0, 0), (300, 0)]),
                ("Hoofdweg", [(2000, 0), (2100, 0)]),
            ],
        ),
        municipality="GM9999",
    )
    west = session.execute(text("SELECT street_id FROM segment ORDER BY ST_XMin(geom) LIMIT 1")).scalar()
    report = import_streets(
        session,
        write(
            tmp_path,
            [
                ("Hoofdweg", [(2000, 5), (2900, 5)]),
                ("Hoofdweg", [(0, 5), (200, 5)]),
            ],
            "newer",
        ),
        municipality="GM9999",
    )
    assert (report.added, report.changed) == (0, 2)
    assert session.execute(text("SELECT street_id FROM segment ORDER BY ST_XMin(geom) LIMIT 1")).scalar() == west


def test_a_line_goes_whole_to_the_area_with_most_of_it(session: Session, tmp_path: Path) -> None:
    """Lines are not cut at borders: most metres win, and a line along the border goes to the lower code."""
    import_areas(
        session,
        collection(
            tmp_path / "bu.geojson",
            [
                box("BU99990102", 100, 0, 200, 100),
                box("BU99990101", 0, 0, 100, 100),
            ],
        ),
    )
    import_streets(
        session,
        write(
            tmp_path,
            [
                ("Overgang", [(0, 50), (140, 50)]),
                ("Grens", [(100, 10), (100, 90)]),
                ("Half", [(50, 20), (150, 20)]),
                ("Buiten", [(0, 500), (50, 500)]),
            ],
        ),
    )
    assert parts(session) == {
        ("Overgang", "BU99990101"): 140.0,
        ("Grens", "BU99990101"): 80.0,
        ("Half", "BU99990101"): 100.0,
        ("Buiten", None): 50.0,
    }


def test_the_finest_area_that_holds_most_of_a_line_is_taken(session: Session, tmp_path: Path) -> None:
    """A neighbourhood that holds a corner of a line does not take it from the district that holds the rest."""
    import_areas(
        session,
        collection(
            tmp_path / "areas.geojson",
            [
                box("GM9999", 0, 0, 900, 900),
                box("WK999901", 0, 0, 300, 300),
                box("BU99990101", 0, 0, 100, 100),
            ],
        ),
    )
    import_streets(
        session,
        write(
            tmp_path,
            [
                ("In de buurt", [(10, 10), (90, 10)]),
                ("Wijkweg", [(90, 20), (290, 20)]),
                ("Dorpsrand", [(290, 30), (800, 30)]),
            ],
        ),
    )
    assert dict(parts(session).keys()) == {
        "In de buurt": "BU99990101",
        "Wijkweg": "WK999901",
        "Dorpsrand": "GM9999",
    }
    assert set(session.execute(text("SELECT municipality_code FROM street")).scalars()) == {"GM9999"}


def test_vanished_streets_are_marked_and_come_back(session: Session, tmp_path: Path) -> None:
    """A street that a newer file of the same place lacks has vanished on that day, and comes back under its id."""
    import_streets(session, write(tmp_path, GRID), municipality="GM9999")
    before = streets(session)
    report = import_streets(
        session, write(tmp_path, [g for g in GRID if g[0] != "Schoolpad"], "newer"), municipality="GM9999"
    )
    assert report.vanished == 1
    assert any("Schoolpad" in note for note in report.notes)
    assert ("Schoolpad", 0) not in streets(session)
    again = import_streets(session, write(tmp_path, GRID, "again"), municipality="GM9999")
    assert (again.changed, again.added) == (1, 0)
    assert streets(session) == before


def test_what_a_file_cannot_know_does_not_vanish(session: Session, tmp_path: Path) -> None:
    """Outside its box, in another municipality, in a partial file, in a small file of another source: all stay."""
    wide = [*GRID, ("Ver weg", [(2000, 2000), (2100, 2000)]), ("Ook hier", [(20, 50), (40, 50)])]
    import_streets(session, write(tmp_path, wide), municipality="GM9999")
    few = [("Kerkstraat", [(0, 0), (200, 0)]), ("Molenweg", [(0, 100), (200, 100)])]
    assert import_streets(session, write(tmp_path, few, "small"), municipality="GM9999").vanished == 0
    assert import_streets(session, write(tmp_path, few, "x"), municipality="GM8888", complete=True).vanished == 0
    assert import_streets(session, write(tmp_path, few), municipality="GM9999", partial=True).vanished == 0
    report = import_streets(session, write(tmp_path, few, "y"), municipality="GM9999", complete=True)
    assert {name for name, _ in vanished_streets(session)} == {"Schoolpad", "Ook hier"}
    assert report.vanished == 2
    with pytest.raises(Invalid, match="either complete or partial"):
        import_streets(session, write(tmp_path, few), complete=True, partial=True)


def vanished_streets(session: Session) -> list[tuple[str, int]]:
    return [tuple(row) for row in session.execute(text("SELECT name, id FROM street WHERE vanished_on IS NOT NULL"))]


def test_a_clipped_file_does_not_shorten_streets_beyond_its_box(session: Session, tmp_path: Path) -> None:
    """What lies outside the box of a file stays; with partial also what lies further than 25 m from its lines."""
    import_streets(
        session,
        write(
            tmp_path,
            [
                ("Lange Weg", [(0, 0), (100, 0)]),
                ("Lange Weg", [(100, 0), (200, 0)]),
                ("Lange Weg", [(100, 0), (100, 80)]),
            ],
        ),
        municipality="GM9999",
    )
    clip = [("Lange Weg", [(0, 2), (99, 2)]), ("Zijweg", [(0, 0), (0, 90)]), ("Zijweg", [(0, 90), (99, 90)])]
    import_streets(session, write(tmp_path, clip, "clip"), municipality="GM9999", partial=True)
    assert sum(metres for (name, _), metres in parts(session).items() if name == "Lange Weg") == pytest.approx(279)


def test_ways_without_a_name_are_kept_for_walking_only(session: Session, tmp_path: Path) -> None:
    """They are segments of no street, make no street part, and follow a newer file of their source."""
    import_streets(session, write(tmp_path, GRID), municipality="GM9999")
    assert session.execute(text("SELECT count(*) FROM segment WHERE street_id IS NULL")).scalar() == 1
    assert all(name is not None for name, _ in parts(session))
    newer = [*GRID[:4], (None, [(160, 0), (160, 100)]), (None, [(170, 0), (170, 100)])]
    import_streets(session, write(tmp_path, newer), municipality="GM9999")
    assert session.execute(text("SELECT count(*) FROM segment WHERE street_id IS NULL")).scalar() == 2


def test_motorways_are_no_streets(session: Session, tmp_path: Path) -> None:
    """The number of a motorway is no street name; the line stays for drawing."""
    path = collection(
        tmp_path / "s.geojson",
        [
            line("A13", [(0, 0), (500, 0)], highway="motorway"),
            line("Kade", [(0, 9), (50, 9)], highway="residential"),
            line("Later", [(0, 19), (50, 19)], highway="construction"),
        ],
    )
    report = import_streets(session, path)
    assert [name for name, _ in streets(session)] == ["Kade"]
    assert session.execute(text("SELECT road_class FROM segment WHERE street_id IS NULL")).scalars().all() == [
        "motorway"
    ]
    assert report.refused == 0


def test_names_are_compared_after_folding(session: Session, tmp_path: Path) -> None:
    """Composed and decomposed letters and extra spaces are one name; capitals are another."""
    import_streets(
        session,
        write(
            tmp_path,
            [
                ("Señorstraat", [(0, 0), (10, 0)]),
                (" Sen\u0303orstraat ", [(10, 0), (20, 0)]),
                ("Lange\u00a0 Laan", [(0, 9), (10, 9)]),
                ("Lange Laan", [(10, 9), (20, 9)]),
                ("lange laan", [(20, 9), (30, 9)]),
            ],
        ),
        municipality="GM9999",
    )
    assert {name for name, _ in streets(session)} == {"Señorstraat", "Lange Laan", "lange laan"}


def test_columns_of_the_road_register_and_by_map(session: Session, tmp_path: Path) -> None:
    """gme_id 289 means GM0289; a column that is not recognised is given by theirs=ours."""
    feature = line(None, [(0, 0), (50, 0)])
    feature["properties"] = {"stt_naam": "Dijkgraaf", "gme_id": 289, "gme_naam": "Wageningen", "bst_code": "FP"}
    import_streets(session, collection(tmp_path / "nwb.geojson", [feature]))
    row = session.execute(
        text(
            "SELECT s.name, municipality_code, municipality, road_class FROM street AS s "
            "JOIN segment AS g ON g.street_id = s.id"
        )
    ).one()
    assert tuple(row) == ("Dijkgraaf", "GM0289", "Wageningen", "cycleway")
    feature["properties"] = {"benaming": "Ringweg"}
    path = collection(tmp_path / "own.geojson", [feature])
    with pytest.raises(UnreadableFile, match=r"benaming.*--map theirs=name"):
        import_streets(session, path)
    with pytest.raises(Invalid, match="no column weg; it has benaming"):
        import_streets(session, path, mapped=["weg=name"])
    with pytest.raises(Invalid, match="theirs=ours"):
        import_streets(session, path, mapped=["benaming"])
    assert import_streets(session, path, mapped=["benaming=name"]).added == 1


def test_multi_lines_are_taken_apart_and_doubles_left_out(session: Session, tmp_path: Path) -> None:
    """Each line of a multi-line is a segment; a line that stands in the file twice counts once."""
    feature = line("Plein", [(0, 0), (10, 0)])
    feature["geometry"] = {
        "type": "MultiLineString",
        "coordinates": [
            feature["geometry"]["coordinates"],
            line("", [(10, 0), (10, 20)])["geometry"]["coordinates"],
        ],
    }
    report = import_streets(session, collection(tmp_path / "s.geojson", [feature, feature]))
    assert session.execute(text("SELECT count(*) FROM segment")).scalar() == 2
    assert parts(session) == {("Plein", None): 30.0}
    assert any("twice" in note for note in report.notes)


def test_surfaces_are_refused_as_streets(session: Session, tmp_path: Path) -> None:
    """A file of pavement polygons is refused in one sentence that says why."""
    with pytest.raises(UnreadableFile, match="surfaces"):
        import_streets(session, collection(tmp_path / "s.geojson", [box("x", 0, 0, 10, 10)]))


def test_a_file_of_names_only_leaves_other_ways_alone(session: Session, tmp_path: Path) -> None:
    """Ways without a name from another source stay when a file says nothing about such ways, also the first time."""
    ways: list[tuple[str | None, Points]] = [(None, [(0, 5), (90, 5)]), ("Elders", [(0, 200), (90, 200)])]
    import_streets(session, write(tmp_path, ways, "ways"), municipality="GM8888")
    named = [("Kade", [(-10, 0), (100, 0)]), ("Dijk", [(-10, 90), (100, 90)])]
    import_streets(session, write(tmp_path, named, "named"), municipality="GM9999")
    import_streets(session, write(tmp_path, named, "named again"), municipality="GM9999")
    assert session.execute(text("SELECT count(*) FROM segment WHERE street_id IS NULL")).scalar() == 1
    both = [*named, (None, [(0, 6), (90, 6)])]
    import_streets(session, write(tmp_path, both, "both"), municipality="GM9999")
    assert session.execute(text("SELECT ST_YMin(geom) FROM segment WHERE street_id IS NULL")).scalars().all() == [
        436006
    ]
