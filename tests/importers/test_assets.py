from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import inventory
from assets.errors import Invalid, NotAllowed
from assets.importers import UnreadableFile, import_areas, import_assets, import_streets
from assets.permissions import OPERATOR, VISITOR

from .drawing import at, box, collection, everything, line

HEADER = "id;soort;titel;omschrijving;thema;straat;hele straat;x;y;buurt;sinds;handen"


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """One neighbourhood with one street."""
    import_areas(session, collection(tmp_path / "bu.geojson", [box("BU99990101", 0, 0, 500, 500, name="Zuid")]))
    import_streets(session, collection(tmp_path / "s.geojson", [line("Kerkstraat", [(0, 10), (300, 10)])]))
    return session


def table(folder: Path, *rows: str, encoding: str = "utf-8", header: str = HEADER) -> Path:
    path = folder / "assets.csv"
    path.write_bytes("\r\n".join([header, *rows]).encode(encoding))
    return path


def assets(session: Session) -> list[Any]:
    return list(session.execute(text("SELECT * FROM asset ORDER BY id")))


def test_a_dutch_table_in_an_old_encoding(drawn: Session, tmp_path: Path) -> None:
    """Semicolons, Windows-1252, Dutch column names, words and dates: each row is what a form would have made of it."""
    path = table(
        tmp_path,
        "1;prikstraat;Schone Kerkstraat;Elke zaterdag;;Kerkstraat;ja;;;;01-03-2025;",
        "2;club;Café vrienden;Koffie;ontmoeten, delen;;;90010,5;436020;;2024-01-15;",
        "3;bewoner;Fatima repareert fietsen;;;;;;;Zuid;;fietsen repareren; ",
        encoding="cp1252",
    )
    report = import_assets(drawn, path)
    assert (report.read, report.added, report.refused) == (3, 3, 0), report.refusals
    street, club, person = assets(drawn)
    assert (street.kind, street.themes, str(street.started_on)) == ("street_initiative", ["litter"], "2025-03-01")
    assert drawn.execute(text("SELECT sum(covered_m) FROM stretch_part")).scalar() == pytest.approx(300)
    assert (club.title, club.themes) == ("Café vrienden", ["meeting", "sharing"])
    assert (person.placement, person.gifts) == ("neighbourhood", [{"of": "hands", "what": "fietsen repareren"}])


def test_a_rhythm_comes_with_its_rule(drawn: Session, tmp_path: Path) -> None:
    """The rule as a calendar program writes it, the first time the Dutch way; half of it is refused with the reason."""
    path = tmp_path / "ritmes.csv"
    path.write_text(
        "id;soort;naam;x;y;wanneer;herhaling;eerste keer;duur\n"
        '1;club;Koor;90010;436020;elke zaterdag;"RRULE:freq=weekly;byday=SA";1-3-2026 9.30 uur;90\n'
        "2;club;Band;90010;436020;;FREQ=WEEKLY;;\n"
        "3;club;Dans;90010;436020;;FREQ=HOURLY;2026-03-07 10:00;\n",
        encoding="utf-8",
    )
    report = import_assets(drawn, path)
    assert (report.added, report.refused) == (1, 2), report.refusals
    (choir,) = assets(drawn)
    assert (choir.recurrence, choir.recurrence_minutes) == ("FREQ=WEEKLY;BYDAY=SA", 90)
    assert str(choir.recurrence_start) == "2026-03-07 09:30:00"
    assert import_assets(drawn, path).unchanged == 1


def test_every_bad_row_is_refused_with_its_line_and_reason(drawn: Session, tmp_path: Path) -> None:
    """The good rows are stored; each bad one has its line, its title and the reason."""
    path = table(
        tmp_path,
        "1;club;Goed;;;;;90010;436020;;;",
        "2;bewoner;Bel 06-12345678;;;;;;;Zuid;;",
        "3;dinges;Wat;;;;;90010;436020;;;",
        "4;club;Zonder plek;;;;;;;;;",
        "5;straatinitiatief;Nergens;;;Nergensstraat;ja;;;;;",
        "6;club;Gewisseld;;;;;51.91;4.45;;;",
        "7;club;Ver weg;;;;;1;2;;;",
        "8;club;Geen getal;;;;;oost;west;;;",
        "1;club;Twee keer;;;;;90010;436020;;;",
        "9;club;Te veel;;;;;;;;;;;cel",
        "10;club;Verkeerde dag;;;;;90010;436020;;31-31-2025;",
        "11;club;Geen thema;;vrolijk;;;90010;436020;;;",
        f"12;club;{'x' * 201};;;;;90010;436020;;;",
    )
    report = import_assets(drawn, path)
    assert (report.read, report.added, report.refused) == (13, 1, 12)
    reasons = {refusal.where: refusal.reason for refusal in report.refusals}
    for where, words in {
        "line 3": "telephone",
        "line 4": "no kind",
        "line 5": "needs a place",
        "line 6": "no street called",
        "line 7": "swapped",
        "line 8": "outside the area",
        "line 9": "not both numbers",
        "line 10": "twice",
        "line 11": "14 cells",
        "line 12": "started_on",
        "line 13": "vrolijk is no theme",
        "line 14": "200 characters",
    }.items():
        assert words in reasons[where], (where, reasons[where])


def test_the_same_table_again_changes_nothing(drawn: Session, tmp_path: Path) -> None:
    """Rows are known again by their id; a row that differs changes its entry, which keeps its number."""
    rows = [
        "1;club;Koffie;;;;;90010;436020;;;",
        "2;bewoner;Fatima;;;;;;;Zuid;;breien",
        "3;prikstraat;Schoon;;;Kerkstraat;ja;;;;;",
    ]
    import_assets(drawn, table(tmp_path, *rows))
    before = everything(drawn)
    report = import_assets(drawn, table(tmp_path, *rows))
    assert (report.added, report.changed, report.unchanged) == (0, 0, 3)
    assert everything(drawn) == before
    number = assets(drawn)[0].id
    report = import_assets(drawn, table(tmp_path, "1;club;Koffie en thee;;;;;90010;436020;;;", *rows[1:]))
    assert (report.changed, report.unchanged) == (1, 2)
    assert (assets(drawn)[0].id, assets(drawn)[0].title) == (number, "Koffie en thee")


def test_what_a_neighbour_changed_is_not_undone_by_the_same_file(drawn: Session, tmp_path: Path) -> None:
    """An entry that someone changed by hand stays as they left it when the same row comes again."""
    path = table(tmp_path, "1;club;Koffie;;;;;90010;436020;;;")
    import_assets(drawn, path)
    entry = inventory.get(drawn, assets(drawn)[0].id)
    draft = inventory.as_draft(drawn, entry).model_copy(update={"title": "Thee"})
    inventory.change(drawn, entry.id, draft, by=OPERATOR)
    assert import_assets(drawn, path).unchanged == 1
    assert assets(drawn)[0].title == "Thee"


def test_rows_without_an_id_are_known_by_kind_title_and_place(drawn: Session, tmp_path: Path) -> None:
    """Without an id column the same row is the same entry."""
    path = table(tmp_path, "club,Koffie,90010,436020", "club,Koffie,90020,436020", header="kind,title,x,y")
    assert import_assets(drawn, path).added == 2
    assert import_assets(drawn, path).unchanged == 2


def test_a_dry_run_stores_nothing(drawn: Session, tmp_path: Path) -> None:
    """The report is the real one; the database stays as it was."""
    before = everything(drawn)
    report = import_assets(drawn, table(tmp_path, "1;club;Koffie;;;;;90010;436020;;;"), dry_run=True)
    assert report.added == 1
    assert everything(drawn) == before


def test_points_of_a_map_with_map_and_defaults(drawn: Session, tmp_path: Path) -> None:
    """A map without kinds gets one for all; a column is mapped; tags that are known need neither."""

    def point(x: float, **properties: Any) -> dict[str, Any]:
        return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": at(x, 20)}}

    path = collection(tmp_path / "bins.geojson", [point(10, TYPE="Bank", nr="a"), point(20, TYPE="Tafel", nr="b")])
    assert import_assets(drawn, path).refused == 2
    report = import_assets(drawn, path, kind="ontmoetingsplek", mapped=["TYPE=title", "nr=id"], themes=["groen"])
    assert report.added == 2
    assert [row.title for row in assets(drawn)] == ["Bank", "Tafel"]
    assert assets(drawn)[0].themes == ["greenery"]
    known = collection(tmp_path / "bgt.geojson", [point(30, bgtplustype="niet-bgt:bank", identificatie="P1")])
    assert import_assets(drawn, known).added == 1
    assert assets(drawn)[2].kind == "meeting_place"


def test_titles_are_stored_as_text(drawn: Session, tmp_path: Path) -> None:
    """Markup, formulas and right-to-left marks are only letters."""
    titles = ["<img src=x onerror=alert(1)>", "</script>", "${alert(1)}", "=1+1", "a\u200fb"]
    path = table(tmp_path, *(f"{n};club;{title};;;;;90010;436020;;;" for n, title in enumerate(titles)))
    assert import_assets(drawn, path).added == len(titles)
    assert [row.title for row in assets(drawn)] == titles


def test_a_persons_exact_place_is_neither_stored_nor_reported(drawn: Session, tmp_path: Path) -> None:
    """Coordinates of a person only find the neighbourhood: no table and no report holds them."""
    rows = ["1;bewoner;Fatima;;;;;90123.45;436321.5;;;", "2;bewoner;Bel 0612345678;;;;;90123.45;436321.5;;;"]
    report = import_assets(drawn, table(tmp_path, *rows))
    assert (report.added, report.refused) == (1, 1)
    everywhere = repr(everything(drawn)) + repr(report)
    assert "90123" not in everywhere
    assert "436321" not in everywhere


def test_a_person_who_moves_to_another_area_is_changed(drawn: Session, tmp_path: Path) -> None:
    """The same row with another area moves the person; the same row again changes nothing."""
    import_areas(drawn, collection(tmp_path / "noord.geojson", [box("BU99990102", 0, 500, 500, 1000, name="Noord")]))
    reports = [
        import_assets(drawn, table(tmp_path, f"1;bewoner;Fatima;;;;;;;{area};2024-01-15;"))
        for area in ("Zuid", "Noord", "Noord")
    ]
    assert [(one.added, one.changed, one.unchanged) for one in reports] == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    code = "SELECT a.code FROM asset AS s JOIN area AS a ON a.id = s.area_id"
    assert drawn.execute(text(code)).scalar_one() == "BU99990102"


def test_tables_that_are_none_and_options_that_are_wrong(drawn: Session, tmp_path: Path) -> None:
    """A table without titles is refused with its columns; so are kinds and themes that there are not."""
    with pytest.raises(UnreadableFile, match="straat, aantal"):
        import_assets(drawn, table(tmp_path, "Weena,30", header="straat,aantal"))
    path = table(tmp_path, "1;club;Koffie;;;;;90010;436020;;;")
    with pytest.raises(Invalid, match="no kind dinges"):
        import_assets(drawn, path, kind="dinges")
    with pytest.raises(Invalid, match="no theme"):
        import_assets(drawn, path, themes=["vrolijk"])
    with pytest.raises(Invalid, match="There is no column naam to map to"):
        import_assets(drawn, path, mapped=["titel=naam"])
    with pytest.raises(NotAllowed):
        import_assets(drawn, path, viewer=VISITOR)
