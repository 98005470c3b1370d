"""Addresses: on which street part each stands, where along it, and what the counts say. Worked out on paper.

The drawing is that of tests/neighbourhood.py. Places along a street part, in millimetres:

| address                                   | along                                                                   |
|-------------------------------------------|-------------------------------------------------------------------------|
| Kerkstraat 1 at (150,110)                 | the line starts at x = 100: 50 m = 50,000                               |
| Kerkstraat 99 at (420,100)                | beyond the end at x = 400: the last millimetre, 300,000 - 1 = 299,999   |
| Singel 2 at (200,475)                     | on the second carriageway (y = 470): 300 + 100 m = 400,000              |
| Singel 1 at (200,445)                     | on the first (y = 450): 100 m = 100,000                                 |

A line of Kerkstraat with left 1 to 9 (odd: 1, 3, 5, 7, 9) and right 2 to 4: the five stand at (i + 1/2) / 5 of 300 m:
30, 90, 150, 210, 270 m; the two at 75 and 225 m.

West has six street parts (Kerkstraat, Grensweg, Dwarsstraat, Singel, Dorpsstraat, Korte Steeg). Addresses on three of
them are half: then the other three have none; addresses on two leave the others unknown.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import history, inventory
from assets.drafts import AssetDraft
from assets.errors import Invalid
from assets.importers import UnreadableFile, import_addresses, import_areas, import_streets
from assets.rebuild import rebuild
from tests import neighbourhood
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, DAY, SEGMENTS

from .drawing import collection, everything

#: An address: street, number, and where it stands in metres from the corner.
Row = tuple[str, str, tuple[float, float]]


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood drawn, with nobody in it."""
    neighbourhood.draw(session, tmp_path)
    return session


def table(path: Path, rows: Sequence[Row]) -> Path:
    """The rows as a table with Dutch column names, in RD metres."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(["straat", "huisnummer", "x", "y"])
        writer.writerows([street, number, *neighbourhood.at(*point)] for street, number, point in rows)
    return path


def street_of(name: str, y: float, count: int, *, first: int = 1) -> list[Row]:
    """So many addresses of a street, ten metres apart from x = 105 on."""
    return [(name, str(first + number), (105 + 10 * number, y)) for number in range(count)]


def places(session: Session) -> dict[str, tuple[str | None, int | None]]:
    """ "street number" → (code of the area of its street part, millimetres along it)."""
    found = session.execute(
        text(
            "SELECT s.name || ' ' || a.number AS address, r.code, a.along_mm FROM address AS a"
            " JOIN street AS s ON s.id = a.street_id LEFT JOIN street_part AS p ON p.id = a.street_part_id"
            " LEFT JOIN area AS r ON r.id = p.area_id"
        )
    )
    return {row.address: (row.code, row.along_mm) for row in found}


def numbers(session: Session) -> dict[str, int]:
    """House number → id."""
    return {row.number: row.id for row in session.execute(text("SELECT number, id FROM address"))}


def counts(session: Session, area: str = "BU00010101") -> dict[str, int | None]:
    """Street → number of addresses of its part in an area."""
    found = session.execute(
        text(
            "SELECT p.name, p.addresses FROM street_part AS p JOIN area AS a ON a.id = p.area_id WHERE a.code = :code"
        ),
        {"code": area},
    )
    return {row.name: row.addresses for row in found}


# --- where an address stands ---


def test_places_along_a_street_part(drawn: Session, tmp_path: Path) -> None:
    """The table above: along one line, beyond its end, and on the second of two carriageways."""
    rows: list[Row] = [
        ("Kerkstraat", "1", (150, 110)),
        ("Kerkstraat", "99", (420, 100)),
        ("Singel", "1", (200, 445)),
        ("Singel", "2", (200, 475)),
    ]
    report = import_addresses(drawn, table(tmp_path / "a.csv", rows))
    assert (report.read, report.added, report.refused) == (4, 4, 0)
    assert places(drawn) == {
        "Kerkstraat 1": ("BU00010101", 50_000),
        "Kerkstraat 99": ("BU00010101", 299_999),
        "Singel 1": ("BU00010101", 100_000),
        "Singel 2": ("BU00010101", 400_000),
    }


def test_places_are_counted_as_stretches_are(drawn: Session, tmp_path: Path) -> None:
    """Stretch C covers x 100 to 220 of both carriageways: the addresses at x = 200 lie in it, that at 230 does not."""
    ids = neighbourhood.live(drawn)
    rows: list[Row] = [(("Singel"), str(n), (x, y)) for n, (x, y) in enumerate([(200, 445), (200, 475), (230, 475)], 1)]
    import_addresses(drawn, table(tmp_path / "a.csv", rows))
    covered = drawn.execute(
        text(
            "SELECT a.number FROM address AS a JOIN stretch_part AS l ON l.street_part_id = a.street_part_id"
            " WHERE l.asset_id = :id AND l.covered @> a.along_mm ORDER BY a.number"
        ),
        {"id": ids["C"]},
    ).scalars()
    assert list(covered) == ["1", "2"]


def test_the_street_is_the_nearest_of_that_name(drawn: Session, tmp_path: Path) -> None:
    """There are two streets called Dorpsstraat, 1,250 m apart; each takes what lies within 150 m of it."""
    rows: list[Row] = [
        ("Dorpsstraat", "1", (150, 560)),
        ("Dorpsstraat", "2", (1470, 540)),
        ("Dorpsstraat", "3", (600, 550)),
        ("senor  gomezstraat", "4", (650, 210)),
        ("Nergensstraat", "5", (150, 560)),
    ]
    report = import_addresses(drawn, table(tmp_path / "a.csv", rows))
    assert places(drawn) == {
        "Dorpsstraat 1": ("BU00010101", 50_000),
        "Dorpsstraat 2": ("BU00010202", 20_000),
        "Señor Gómezstraat 4": ("BU00010102", 50_000),
    }
    assert [(one.where, one.value, one.reason) for one in report.refusals] == [
        ("line 4", "Dorpsstraat 3", "No street of this name lies within 150 m of this address."),
        ("line 6", "Nergensstraat 5", "There is no street of this name; import the streets first."),
    ]


def test_the_very_name_goes_before_one_that_looks_like_it(session: Session, tmp_path: Path) -> None:
    """`de Hoef` and `De Hoef` are two streets; an address goes to the one it names, also when the other is nearer."""
    lines = [("de Hoef", [(0.0, 0.0), (100.0, 0.0)]), ("De Hoef", [(0.0, 50.0), (100.0, 50.0)])]
    import_streets(session, neighbourhood.streets_file(tmp_path, lines))
    import_addresses(session, table(tmp_path / "a.csv", [("de Hoef", "1", (50, 45)), ("DE HOEF", "2", (50, 45))]))
    assert set(places(session)) == {"de Hoef 1", "De Hoef 2"}


# --- the kinds of files ---


def test_a_table_of_the_bag(drawn: Session, tmp_path: Path) -> None:
    """NLExtract's columns: number, letter and addition make one number; x and y are metres of RD."""
    x, y = neighbourhood.at(150, 110)
    path = tmp_path / "bag.csv"
    path.write_text(
        "openbareruimtenaam;huisnummer;huisletter;huisnummertoevoeging;woonplaats;x;y;lon;lat\n"
        f"Kerkstraat;105;;1;Rekendam;{x};{y};4.6;51.6\n"
        f"Kerkstraat;105;a;2;Rekendam;{x};{y};4.6;51.6\n"
        f"Kerkstraat;107;B;;Rekendam;{x};{y};4.6;51.6\n"
        f"Kerkstraat;107B;;;Rekendam;{x};{y};4.6;51.6\n",
        encoding="utf-8",
    )
    report = import_addresses(drawn, path)
    assert (report.added, report.refused) == (3, 0)
    assert set(places(drawn)) == {"Kerkstraat 105-1", "Kerkstraat 105A-2", "Kerkstraat 107B"}
    assert "1 addresses stand in the file more than once; one of each was kept." in report.notes


def test_columns_of_other_names_and_degrees(drawn: Session, tmp_path: Path) -> None:
    """English columns with longitude and latitude, and a column by --map."""
    from assets import crs

    lon, lat = crs.transformer(28992, 4326).transform(*neighbourhood.at(150, 110))
    path = tmp_path / "a.csv"
    path.write_text(f"weg,housenumber,lon,lat\nKerkstraat,1,{lon:.9f},{lat:.9f}\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="no column that is recognised as street"):
        import_addresses(drawn, path)
    import_addresses(drawn, path, mapped=["weg=street"])
    (area, along_mm) = places(drawn)["Kerkstraat 1"]
    assert area == "BU00010101"
    assert along_mm == pytest.approx(50_000, abs=5)


def numbered(points: list[tuple[float, float]], name: str = "Kerkstraat", **numbers: Any) -> dict[str, Any]:
    """A line of the road register with its house numbers."""
    geometry = {"type": "LineString", "coordinates": [neighbourhood.at(*point) for point in points]}
    return {"type": "Feature", "properties": {"stt_naam": name, **numbers}, "geometry": geometry}


def test_house_numbers_of_the_road_register_are_spread_along_their_line(drawn: Session, tmp_path: Path) -> None:
    """Left 1 to 9 and right 2 to 4 of 300 m: the table above; marked as estimated; falling numbers run backwards."""
    features = [
        numbered(
            [(100, 100), (400, 100)],
            e_hnr_lnks=1, l_hnr_lnks=9, hnrstrlnks="O", e_hnr_rhts=4, l_hnr_rhts=2, hnrstrrhts="E",
        ),
        numbered([(600, 100), (900, 100)], "Lange Laan", e_hnr_lnks=7, l_hnr_lnks=9, hnrstrlnks="B"),
        numbered([(100, 200), (140, 200)], "Korte Steeg"),
    ]  # fmt: skip
    report = import_addresses(drawn, collection(tmp_path / "nwb.geojson", features))
    assert report.refused == 0
    assert {address: along for address, (_, along) in places(drawn).items()} == {
        **{f"Kerkstraat {number}": (30 + 60 * i) * 1000 for i, number in enumerate((1, 3, 5, 7, 9))},
        "Kerkstraat 4": 75_000,
        "Kerkstraat 2": 225_000,
        **{f"Lange Laan {number}": (50 + 100 * i) * 1000 for i, number in enumerate((7, 8, 9))},
    }
    assert drawn.execute(text("SELECT bool_and(estimated) FROM address")).scalar()
    assert "1 lines have no house numbers and were passed over." in report.notes
    assert any("10 addresses were spread evenly" in note for note in report.notes)


def test_nodes_of_openstreetmap(session: Session, tmp_path: Path) -> None:
    """addr:street and addr:housenumber of a node; `1;3` is two addresses; a number without a street is passed over."""
    nodes = [(51.91, 4.44), (51.911, 4.44), (51.9101, 4.4401), (51.9102, 4.4401), (51.9103, 4.4401)]
    tags = [{}, {}, {"addr:street": "Kade", "addr:housenumber": "1;3"}, {"addr:housenumber": "5"}, {"highway": "stop"}]
    body = "".join(
        f'<node id="{number}" lat="{lat}" lon="{lon}">'
        + "".join(f'<tag k="{key}" v="{value}"/>' for key, value in told.items())
        + "</node>"
        for number, ((lat, lon), told) in enumerate(zip(nodes, tags, strict=True), 1)
    )
    way = '<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/><tag k="name" v="Kade"/></way>'
    path = tmp_path / "a.osm"
    path.write_text(f'<?xml version="1.0"?><osm version="0.6">{body}{way}</osm>', encoding="utf-8")
    import_streets(session, path)
    report = import_addresses(session, path)
    assert (report.read, report.added, report.refused) == (1, 2, 0)
    assert set(places(session)) == {"Kade 1", "Kade 3"}
    assert "1 nodes have a house number without a street and were passed over." in report.notes


# --- again, newer, better ---


def test_the_same_file_again_changes_nothing(drawn: Session, tmp_path: Path) -> None:
    """Every row stays as it is, the version of the data too; a dry run stores nothing."""
    path = table(tmp_path / "a.csv", street_of("Kerkstraat", 110, 12))
    empty = everything(drawn)
    assert import_addresses(drawn, path, dry_run=True).added == 12
    assert everything(drawn) == empty
    import_addresses(drawn, path)
    before = everything(drawn)
    again = import_addresses(drawn, path)
    assert (again.added, again.changed, again.unchanged, again.vanished) == (0, 0, 12, 0)
    assert everything(drawn) == before


def test_a_newer_file_moves_and_takes_away(drawn: Session, tmp_path: Path) -> None:
    """One stands elsewhere, one is gone; with --partial, or from another source, what is not there stays."""
    rows = street_of("Kerkstraat", 110, 5)
    import_addresses(drawn, table(tmp_path / "a.csv", rows))
    ids = numbers(drawn)
    newer = [("Kerkstraat", "1", (106.0, 110.0)), *rows[1:2], *rows[3:]]
    path = table(tmp_path / "b.csv", newer)
    assert import_addresses(drawn, path, source="other").vanished == 0
    import_addresses(drawn, table(tmp_path / "a.csv", rows))
    assert import_addresses(drawn, path, source="a", partial=True).vanished == 0
    report = import_addresses(drawn, path, source="a")
    assert (report.added, report.changed, report.unchanged, report.vanished) == (0, 0, 4, 1)
    assert drawn.execute(text("SELECT along_mm FROM address WHERE number = '1'")).scalar() == 6_000
    del ids["3"]
    assert numbers(drawn) == ids


def test_known_addresses_go_before_estimates(drawn: Session, tmp_path: Path) -> None:
    """An estimate gives way to the addresses themselves, and does not come back; other streets keep theirs."""
    estimates = collection(
        tmp_path / "nwb.geojson",
        [
            numbered([(100, 100), (400, 100)], e_hnr_lnks=1, l_hnr_lnks=9, hnrstrlnks="O"),
            numbered([(600, 100), (900, 100)], "Lange Laan", e_hnr_lnks=7, l_hnr_lnks=9, hnrstrlnks="O"),
        ],
    )
    import_addresses(drawn, estimates)
    report = import_addresses(drawn, table(tmp_path / "a.csv", street_of("Kerkstraat", 110, 3)))
    assert "5 estimated addresses gave way to known ones." in report.notes
    assert report.added == 3
    before = everything(drawn)
    again = import_addresses(drawn, estimates)
    assert "5 estimated addresses were left out: the addresses of their street are known." in again.notes
    assert (again.added, again.unchanged) == (0, 2)
    assert everything(drawn) == before
    assert counts(drawn)["Kerkstraat"] == 3


# --- counts, and never a wrong zero ---


def test_no_address_is_nothing_only_where_the_addresses_are_known(drawn: Session, tmp_path: Path) -> None:
    """Two of West's six parts: the others stay unknown; three: the others have none. Oost stays unknown all along."""
    rows = [*street_of("Kerkstraat", 110, 2), *street_of("Singel", 445, 3)]
    import_addresses(drawn, table(tmp_path / "a.csv", rows))
    unknown = dict.fromkeys(("Grensweg", "Dwarsstraat", "Dorpsstraat", "Korte Steeg"))
    assert counts(drawn) == {**unknown, "Kerkstraat": 2, "Singel": 3}
    report = import_addresses(drawn, table(tmp_path / "b.csv", street_of("Korte Steeg", 205, 1)))
    assert counts(drawn) == {**dict.fromkeys(unknown, 0), "Kerkstraat": 2, "Singel": 3, "Korte Steeg": 1}
    assert set(counts(drawn, "BU00010102").values()) == {None}
    assert "The number of addresses is known for 6 of 14 street parts." in report.notes


def test_a_street_with_enough_addresses_can_hide_a_person(drawn: Session, tmp_path: Path) -> None:
    """Korte Steeg is 40 m: with nine imported addresses it is too small to show for a person, with ten it is not."""
    draft = AssetDraft.model_validate(
        {"kind": "person", "title": "Repareert fietsen", "place": {"show": "street", "street": "Korte Steeg"}}
    )
    nine: list[Row] = [("Korte Steeg", str(number), (100 + 4 * number, 205)) for number in range(1, 10)]
    import_addresses(drawn, table(tmp_path / "a.csv", nine))
    with pytest.raises(Invalid, match="too small"):
        inventory.add(drawn, draft, by=BUILDER, today=DAY)
    import_addresses(drawn, table(tmp_path / "a.csv", [*nine, ("Korte Steeg", "10", (140, 205))]))
    assert inventory.add(drawn, draft, by=BUILDER, today=DAY).street_id is not None


def test_visitors_see_no_house_number(drawn: Session, tmp_path: Path) -> None:
    """The published view tells the street part, the place along it and whether that is an estimate; nothing else."""
    import_addresses(drawn, table(tmp_path / "a.csv", street_of("Kerkstraat", 110, 2)))
    with as_public(drawn) as visitor:
        rows = visitor.execute(text("SELECT * FROM published_address ORDER BY along_mm")).mappings().all()
    assert [set(row) for row in rows] == [{"street_part_id", "along_mm", "estimated"}] * 2
    assert [row["along_mm"] for row in rows] == [5_000, 15_000]


# --- streets and areas that change ---


def derived(session: Session) -> list[Any]:
    """What is derived of addresses."""
    session.flush()
    found = list(session.execute(text("SELECT id, street_id, street_part_id, along_mm FROM address ORDER BY id")))
    return found + list(session.execute(text("SELECT id, addresses FROM street_part ORDER BY id")))


def test_addresses_follow_their_street(drawn: Session, tmp_path: Path) -> None:
    """Kerkstraat begins 50 m further west: places along it are 50 m more. Lange Laan moved 200 m away: none there."""
    rows: list[Row] = [("Kerkstraat", "1", (150, 110)), ("Lange Laan", "1", (700, 110))]
    import_addresses(drawn, table(tmp_path / "a.csv", rows))
    moved = {"Kerkstraat": [(50.0, 100.0), (400.0, 100.0)], "Lange Laan": [(600.0, 300.0), (900.0, 300.0)]}
    lines = [(name, moved.get(name or "", points)) for name, points in SEGMENTS]
    import_streets(drawn, neighbourhood.streets_file(tmp_path, lines))
    assert places(drawn) == {"Kerkstraat 1": ("BU00010101", 100_000), "Lange Laan 1": (None, None)}
    assert counts(drawn)["Kerkstraat"] == 1
    assert counts(drawn, "BU00010102")["Lange Laan"] is None
    kept = derived(drawn)
    rebuild(drawn)
    assert derived(drawn) == kept


def test_a_rebuild_repairs_what_was_broken_by_hand(drawn: Session, tmp_path: Path) -> None:
    """Places and counts that were spoiled come back as they were."""
    import_addresses(drawn, table(tmp_path / "a.csv", street_of("Kerkstraat", 110, 20)))
    kept = derived(drawn)
    drawn.execute(text("UPDATE address SET street_part_id = NULL, along_mm = 7"))
    drawn.execute(text("UPDATE street_part SET addresses = 99"))
    rebuild(drawn)
    assert derived(drawn) == kept


def test_areas_that_come_later(session: Session, tmp_path: Path) -> None:
    """Addresses on streets without areas are counted per street; when the areas come, per part, and none is lost."""
    import_streets(session, neighbourhood.streets_file(tmp_path), municipality="GM0001")
    rows: list[Row] = [("Dwarsstraat", "1", (310, 305)), ("Dwarsstraat", "2", (600, 305)), ("Singel", "1", (200, 445))]
    import_addresses(session, table(tmp_path / "a.csv", rows))
    assert session.execute(text("SELECT addresses FROM street_part WHERE name = 'Dwarsstraat'")).scalar() == 2
    assert session.execute(text("SELECT addresses FROM street_part WHERE name = 'Kerkstraat'")).scalar() is None
    import_areas(session, neighbourhood.areas_file(tmp_path))
    assert places(session) == {
        "Dwarsstraat 1": ("BU00010101", 10_000),
        "Dwarsstraat 2": ("BU00010102", 80_000),
        "Singel 1": ("BU00010101", 100_000),
    }
    assert (counts(session)["Dwarsstraat"], counts(session, "BU00010102")["Dwarsstraat"]) == (1, 1)


def test_a_street_that_splits_and_grows_together_again(session: Session, tmp_path: Path) -> None:
    """Without its middle a street is two, and each keeps its own addresses; with it they are one again, all there."""
    ends = [("Lange Weg", [(0.0, 0.0), (100.0, 0.0)]), ("Lange Weg", [(1200.0, 0.0), (1300.0, 0.0)])]
    whole = [*ends, ("Lange Weg", [(100.0, 0.0), (1200.0, 0.0)])]
    import_streets(session, neighbourhood.streets_file(tmp_path, whole), municipality="GM0001")
    rows: list[Row] = [("Lange Weg", "1", (10, 5)), ("Lange Weg", "2", (1290, 5))]
    import_addresses(session, table(tmp_path / "a.csv", rows))
    import_streets(session, neighbourhood.streets_file(tmp_path, ends), municipality="GM0001")
    found = session.execute(text("SELECT count(DISTINCT street_id), count(street_part_id) FROM address")).one()
    assert tuple(found) == (2, 2)
    import_streets(session, neighbourhood.streets_file(tmp_path, whole), municipality="GM0001")
    found = session.execute(text("SELECT count(DISTINCT street_id), count(street_part_id) FROM address")).one()
    assert tuple(found) == (1, 2)


# --- bad input ---


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("Kerkstraat;1;;", "not both numbers"),
        ("Kerkstraat;1;hier;daar", "not both numbers"),
        ("Kerkstraat;1;nan;400110", "finite"),
        ("Kerkstraat;1;400110;100150", "swapped"),
        ("Kerkstraat;1;900000;900000", "outside"),
        ("Kerkstraat;;100150;400110", "house number is not told"),
        ("Kerkstraat;bis;100150;400110", "no house number"),
        (f"Kerkstraat;{'1' * 31};100150;400110", "no house number"),
        (";1;100150;400110", "street is not told"),
        (f"{'x' * 201};1;100150;400110", "at most 200"),
        ("Kerkstraat;1;100150;400110;meer", "5 cells"),
    ],
)
def test_bad_rows_are_refused_one_by_one(drawn: Session, tmp_path: Path, cells: str, reason: str) -> None:
    """Each bad row is a refusal with its line and the reason; the good one beside it is stored."""
    path = tmp_path / "a.csv"
    good = "".join(f"Kerkstraat;{number};100150;400110\n" for number in range(20, 40))
    path.write_text(f"straat;huisnummer;x;y\n{cells}\n{good}", encoding="utf-8")
    report = import_addresses(drawn, path)
    assert (report.added, report.refused) == (20, 1)
    assert report.refusals[0].where == "line 2"
    assert reason in report.refusals[0].reason


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("straat;x;y\nKerkstraat;1;2\n", "recognised as number"),
        ("straat;huisnummer\nKerkstraat;1\n", "no columns with coordinates"),
        ("straat;huisnummer;x;y\n", "holds no address"),
    ],
)
def test_files_that_are_no_addresses(drawn: Session, tmp_path: Path, words: str, reason: str) -> None:
    """Refused as a whole, with what to do."""
    path = tmp_path / "a.csv"
    path.write_text(words, encoding="utf-8")
    with pytest.raises(UnreadableFile, match=reason):
        import_addresses(drawn, path)


def test_lines_that_cannot_hold_house_numbers(drawn: Session, tmp_path: Path) -> None:
    """A range of a million numbers, and a point with a range: refused; negative and empty numbers are none."""
    point = {**numbered([], e_hnr_lnks=1), "geometry": {"type": "Point", "coordinates": neighbourhood.at(150, 100)}}
    features = [
        numbered([(100, 100), (400, 100)], e_hnr_lnks=1, l_hnr_lnks=1_000_001),
        numbered([(100, 100), (400, 100)], e_hnr_lnks=-5, l_hnr_lnks=None),
        numbered([(100, 100), (400, 100)], e_hnr_lnks=3),
        point,
    ]
    report = import_addresses(drawn, collection(tmp_path / "nwb.geojson", features))
    assert [one.where for one in report.refusals] == ["line 1", "line 4"]
    assert places(drawn) == {"Kerkstraat 3": ("BU00010101", 150_000)}


def test_without_streets_everything_is_refused(session: Session, tmp_path: Path) -> None:
    """Nothing is stored, and the reason says what to do first."""
    report = import_addresses(session, table(tmp_path / "a.csv", street_of("Kerkstraat", 110, 3)))
    assert (report.added, report.refused) == (0, 3)
    assert "import the streets first" in report.refusals[0].reason


@pytest.mark.parametrize(("addresses", "shown"), [(9, "neighbourhood"), (10, "street")])
def test_who_is_shown_by_a_street_that_proves_small_is_shown_by_the_neighbourhood(
    drawn: Session, tmp_path: Path, addresses: int, shown: str
) -> None:
    """Kerkstraat was long enough as long as nobody knew; nine addresses are too few. History keeps that it happened."""
    draft = AssetDraft.model_validate(
        {"kind": "person", "title": "Een bewoner", "place": {"show": "street", "street": "Kerkstraat"}}
    )
    somebody = inventory.add(drawn, draft, by=BUILDER, today=DAY)
    assert somebody.placement == "street"

    report = import_addresses(drawn, table(tmp_path / "a.csv", street_of("Kerkstraat", 100, addresses)))

    row = drawn.execute(
        text(
            "SELECT a.placement, a.street_id, ST_Equals(a.geom, r.label_point) AS general"
            " FROM asset AS a JOIN area AS r ON r.id = a.area_id WHERE a.id = :id"
        ),
        {"id": somebody.id},
    ).one()
    assert (row.placement, row.street_id is None, row.general) == (shown, *([shown == "neighbourhood"] * 2))
    told = [change.after for change in history.of(drawn, "asset", somebody.id)]
    assert ({"place": {"show": "neighbourhood"}} in told) == (shown == "neighbourhood")
    assert any("too small to hide in" in note for note in report.notes) == (shown == "neighbourhood")
