"""Import of measurements: counted boxes become measurements, and each bad row is refused with its reason."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets.errors import Invalid, NotAllowed
from assets.importers import UnreadableFile, import_areas, import_measurements, import_streets
from assets.permissions import VISITOR

from .drawing import box, collection, line

HEADER = "meetpunt;straat;buurt;x;y;schouwdatum;soort;vak m2;aantal;schouwer"


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """Two neighbourhoods, a street in each and one through both."""
    areas = [box("BU99990101", 0, 0, 500, 500, name="Zuid"), box("BU99990102", 500, 0, 900, 500, name="Noord")]
    import_areas(session, collection(tmp_path / "bu.geojson", areas))
    lines = [line("Kerkstraat", [(0, 10), (300, 10)]), line("Laan", [(0, 200), (400, 200)]),
             line("Laan", [(520, 200), (800, 200)])]  # fmt: skip
    import_streets(session, collection(tmp_path / "s.geojson", lines))
    return session


def table(folder: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    path = folder / "schouw.csv"
    path.write_bytes("\r\n".join([header, *rows]).encode(encoding))
    return path


def stored(session: Session) -> list[tuple[object, ...]]:
    rows = session.execute(
        text(
            "SELECT p.name, a.name, m.measured_on, m.kind, m.box_m2, m.count, m.counted_by FROM measurement AS m"
            " JOIN street_part AS p ON p.id = m.street_part_id JOIN area AS a ON a.id = p.area_id ORDER BY m.id"
        )
    )
    return [(row[0], row[1], row[2].isoformat(), *row[3:]) for row in rows]


def test_a_dutch_table(drawn: Session, tmp_path: Path) -> None:
    """Dutch columns, words, dates and decimals; the box is the standard one of its kind when it is not told."""
    path = table(
        tmp_path,
        "1;Kerkstraat;;;;03-05-2026;grof;;4;Ploeg Zuid",
        "2;Laan;Noord;;;2026-05-03;Fijn zwerfafval;0,5;6;",
        "3;;;90100;436030;3-5-2026;grof;50;2;",
        "4;Laan;;90600;436190;2026-05-03;grof;100;0;",
    )
    report = import_measurements(drawn, path)
    assert (report.read, report.added, report.refused) == (4, 4, 0), report.refusals
    assert stored(drawn) == [
        ("Kerkstraat", "Zuid", "2026-05-03", "coarse", 100.0, 4, "Ploeg Zuid"),
        ("Laan", "Noord", "2026-05-03", "fine", 0.5, 6, None),
        ("Kerkstraat", "Zuid", "2026-05-03", "coarse", 50.0, 2, None),
        ("Laan", "Noord", "2026-05-03", "coarse", 100.0, 0, None),
    ]


def test_every_bad_row_is_refused_with_its_line_and_reason(drawn: Session, tmp_path: Path) -> None:
    """The good row is stored; each other one has its line, its street and the reason."""
    path = table(
        tmp_path,
        "1;Kerkstraat;;;;2026-05-03;grof;;4;",
        "2;Nergens;;;;2026-05-03;grof;;4;",
        "3;Laan;;;;2026-05-03;grof;;4;",
        "4;Kerkstraat;;;;2126-05-03;grof;;4;",
        "5;Kerkstraat;;;;ooit;grof;;4;",
        "6;Kerkstraat;;;;2026-05-03;blik;;4;",
        "7;Kerkstraat;;;;2026-05-03;grof;0;4;",
        "8;Kerkstraat;;;;2026-05-03;grof;;-4;",
        "9;Kerkstraat;;;;2026-05-03;grof;;;",
        "10;Kerkstraat;;;;2026-05-03;grof;;nan;",
        "11;;;nan;436030;2026-05-03;grof;;1;",
        "12;;;90100;436200000;2026-05-03;grof;;1;",
        "13;;;;;2026-05-03;grof;;1;",
        "1;Kerkstraat;;;;2026-05-04;grof;;4;",
        "14;Kerkstraat;Overal;;;2026-05-04;grof;;4;",
        "15;Kerkstraat;;;;2026-05-04;grof;;4;bel 06-12345678",
    )
    report = import_measurements(drawn, path)
    assert (report.read, report.added, report.refused) == (16, 1, 15)
    reasons = {refusal.where: refusal.reason for refusal in report.refusals}
    for where, reason in (
        ("line 3", "There is no street called Nergens."),
        ("line 4", "Laan has parts in several areas; say which one: Noord, Zuid."),
        ("line 5", "lies in the future"),
        ("line 6", "Write a date"),
        ("line 7", "blik is no kind of litter"),
        ("line 8", "from 0.1 to 10,000"),
        ("line 9", "from 0 to 1,000,000"),
        ("line 10", "It has no count"),
        ("line 11", "from 0 to 1,000,000"),
        ("line 12", "cannot be used"),
        ("line 13", "outside the area"),
        ("line 14", "needs the street part, the street, or the point"),
        ("line 15", "twice"),
        ("line 16", "no area with the code Overal"),
        ("line 17", "telephone"),
    ):
        assert reason in reasons[where], (where, reasons[where])


def test_the_same_file_again_changes_nothing(drawn: Session, tmp_path: Path) -> None:
    """With or without an id column; two boxes that are alike are two; a count that differs changes the measurement."""
    header = "straat;datum;soort;aantal"
    rows = ["Kerkstraat;2026-05-03;grof;4", "Kerkstraat;2026-05-03;grof;4", "Kerkstraat;2026-05-03;fijn;4"]
    path = table(tmp_path, *rows, header=header)
    assert 3 == import_measurements(drawn, path).added
    again = import_measurements(drawn, path)
    assert (again.added, again.changed, again.unchanged, again.refused) == (0, 0, 3, 0)

    path = table(tmp_path, "Kerkstraat;2026-05-03;grof;4", "Kerkstraat;2026-05-03;grof;9", *rows[2:], header=header)
    more = import_measurements(drawn, path)
    assert (more.added, more.changed, more.unchanged) == (0, 1, 2)
    assert [4, 9, 4] == [row[5] for row in stored(drawn)]
    changes = drawn.execute(
        text("SELECT before, after FROM change WHERE subject = 'measurement' AND action = 'changed'")
    )
    assert [(4, 9)] == [(row.before["count"], row.after["count"]) for row in changes]


def test_an_id_that_means_something_else_now_is_refused(drawn: Session, tmp_path: Path) -> None:
    """A known id with another day or street would rewrite what was measured."""
    import_measurements(drawn, table(tmp_path, "1;Kerkstraat;;;;2026-05-03;grof;;4;"))
    for row in ("1;Kerkstraat;;;;2026-05-04;grof;;4;", "1;Laan;Zuid;;;2026-05-03;grof;;4;"):
        report = import_measurements(drawn, table(tmp_path, row))
        assert (report.refused, report.changed) == (1, 0)
        assert "give it another id" in report.refusals[0].reason


def test_a_dry_run_and_files_that_are_no_table(drawn: Session, tmp_path: Path) -> None:
    """A dry run stores nothing; a table that cannot tell what, when or where is refused as a whole."""
    good = table(tmp_path, "1;Kerkstraat;;;;2026-05-03;;;4;")
    report = import_measurements(drawn, good, kind="grof", dry_run=True)
    assert (report.added, stored(drawn)) == (1, [])
    assert "does not tell whether coarse or fine" in import_measurements(drawn, good).refusals[0].reason
    with pytest.raises(Invalid, match="no kind blik"):
        import_measurements(drawn, good, kind="blik")
    with pytest.raises(NotAllowed):
        import_measurements(drawn, good, viewer=VISITOR)
    for header in ("straat;soort;aantal", "straat;datum;soort", "datum;soort;aantal;x"):
        with pytest.raises(UnreadableFile, match="has no column for"):
            import_measurements(drawn, table(tmp_path, "a;b;c", header=header))


def test_two_pieces_that_become_one_street_keep_their_measurements(session: Session, tmp_path: Path) -> None:
    """When the gap of a kilometre is closed, what was counted in the second piece belongs to the one street."""
    import_areas(session, collection(tmp_path / "a.geojson", [box("GM9999", -100, -100, 4000, 1000)]))
    apart = [line("Kade", [(0, 0), (100, 0)]), line("Kade", [(1500, 0), (1560, 0)])]
    import_streets(session, collection(tmp_path / "s.geojson", apart))
    path = table(tmp_path, "1;;;91530;436005;2026-05-03;grof;;4;")
    assert 1 == import_measurements(session, path).added
    joined = [*apart, line("Kade", [(100, 0), (1500, 0)])]
    import_streets(session, collection(tmp_path / "s2.geojson", joined), source="s")

    session.expire_all()
    row = session.execute(
        text(
            "SELECT s.vanished_on, p.length_m, p.street_id = m.street_id AS fits FROM measurement AS m"
            " JOIN street_part AS p ON p.id = m.street_part_id JOIN street AS s ON s.id = m.street_id"
        )
    ).one()
    assert (None, 1560, True) == (row.vanished_on, round(row.length_m), row.fits)
    again = import_measurements(session, path)
    assert (again.unchanged, again.refused) == (1, 0), again.refusals


def test_a_measurement_follows_the_piece_that_splits_off(session: Session, tmp_path: Path) -> None:
    """When the middle of a street disappears, what was counted at the far end belongs to the new piece."""
    import_areas(session, collection(tmp_path / "a.geojson", [box("GM9999", -100, -100, 4000, 1000)]))
    ends = [line("Kade", [(0, 0), (200, 0)]), line("Kade", [(1500, 0), (1560, 0)])]
    middle = line("Kade", [(200, 0), (1500, 0)])
    import_streets(session, collection(tmp_path / "s.geojson", [*ends, middle]))
    import_measurements(session, table(tmp_path, "1;;;91530;436005;2026-05-03;grof;;4;"))
    import_streets(session, collection(tmp_path / "s2.geojson", ends), source="s", complete=True)

    session.expire_all()
    row = session.execute(
        text(
            "SELECT p.length_m, p.street_id = m.street_id AS fits FROM measurement AS m"
            " JOIN street_part AS p ON p.id = m.street_part_id"
        )
    ).one()
    assert (60, True) == (round(row.length_m), row.fits)
