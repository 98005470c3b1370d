from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import inventory
from assets.drafts import AssetDraft
from assets.importers import import_areas, import_streets
from assets.permissions import OPERATOR

from .drawing import Points, at, box, collection, line, streets

MAIN = [("Kerkstraat", [(0, 0), (100, 0)]), ("Kerkstraat", [(100, 0), (200, 0)]), ("Molenweg", [(0, 200), (300, 200)])]


def write(folder: Path, lines: list[tuple[str | None, Points]], name: str = "streets") -> Path:
    return collection(folder / f"{name}.geojson", [line(street, points) for street, points in lines])


def pin(session: Session, title: str, **stretch: Any) -> int:
    if "line" in stretch:
        stretch["line"] = [at(*point) for point in stretch["line"]]
    place = {"crs": "EPSG:28992", "stretches": [stretch]}
    draft = AssetDraft.model_validate(
        {"kind": "street_initiative", "title": title, "themes": ["litter"], "place": place}
    )
    return inventory.add(session, draft, by=OPERATOR).id


def covered(session: Session, asset_id: int) -> float:
    session.flush()
    return float(
        session.execute(
            text("SELECT coalesce(sum(covered_m), 0) FROM stretch_part WHERE asset_id = :id"), {"id": asset_id}
        ).scalar_one()
    )


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """Two streets in one neighbourhood."""
    import_areas(session, collection(tmp_path / "bu.geojson", [box("BU99990101", -50, -50, 3000, 900)]))
    import_streets(session, write(tmp_path, MAIN), municipality="GM9999")
    return session


def test_stretches_stay_attached_when_a_street_is_lengthened(drawn: Session, tmp_path: Path) -> None:
    """A whole street stays whole: it covers the new metres too; a drawn stretch keeps covering what it covered."""
    whole = pin(drawn, "Heel", street="Kerkstraat", whole=True)
    part = pin(drawn, "Deel", street="Kerkstraat", line=[(20, 3), (80, 3)])
    newer = [*MAIN[1:], ("Kerkstraat", [(0, 0.5), (100, 0)]), ("Kerkstraat", [(200, 0), (260, 0)])]
    import_streets(drawn, write(tmp_path, newer, "newer"), municipality="GM9999")
    assert covered(drawn, whole) == pytest.approx(260, abs=0.1)
    assert covered(drawn, part) == pytest.approx(60, abs=0.1)


def test_a_stretch_of_which_nothing_is_left_keeps_its_line(drawn: Session, tmp_path: Path) -> None:
    """When the street moved more than 25 m away, the initiative keeps its old line, covers nothing, and is reported."""
    lost = pin(drawn, "Verloren stuk", street="Kerkstraat", line=[(120, 0), (180, 0)])
    report = import_streets(drawn, write(tmp_path, [MAIN[0], MAIN[2]], "newer"), municipality="GM9999")
    assert covered(drawn, lost) == 0
    assert any("Verloren stuk" in note for note in report.notes)
    assert drawn.execute(text("SELECT ST_Length(geom) FROM asset WHERE id = :id"), {"id": lost}).scalar() > 50


def test_a_street_that_vanished_keeps_its_initiatives_and_is_reported(drawn: Session, tmp_path: Path) -> None:
    """Its initiative stays with its metres, the street stays in the published views, the report names it."""
    kept = pin(drawn, "Schone Kerkstraat", street="Kerkstraat", whole=True)
    report = import_streets(
        drawn,
        write(tmp_path, [MAIN[2], ("Nieuw", [(0, -20), (300, -20)])], "newer"),
        municipality="GM9999",
        complete=True,
    )
    assert report.vanished == 1
    assert any("Kerkstraat" in note and "residents" in note for note in report.notes)
    assert covered(drawn, kept) == pytest.approx(200)
    seen = drawn.execute(text("SELECT name FROM published_street")).scalars().all()
    assert "Kerkstraat" in seen


def test_a_vanished_street_without_initiatives_leaves_the_published_views(drawn: Session, tmp_path: Path) -> None:
    """Nobody cares for it there, so nobody sees it any more."""
    import_streets(
        drawn,
        write(tmp_path, [MAIN[2], ("Nieuw", [(0, -20), (300, -20)])], "newer"),
        municipality="GM9999",
        complete=True,
    )
    assert "Kerkstraat" not in drawn.execute(text("SELECT name FROM published_street")).scalars().all()


def test_two_pieces_that_become_one_street_bring_their_initiatives_along(drawn: Session, tmp_path: Path) -> None:
    """When the gap of a kilometre is closed, what hung on the second piece hangs on the one street."""
    apart = [*MAIN, ("Laan", [(0, 300), (200, 300)]), ("Laan", [(1500, 300), (1600, 300)])]
    import_streets(drawn, write(tmp_path, apart, "apart"), municipality="GM9999")
    short = streets(drawn)["Laan", 1]
    asset = pin(drawn, "Klein stuk", street_id=short, whole=True)
    joined = [*apart, ("Laan", [(200, 300), (1500, 300)])]
    import_streets(drawn, write(tmp_path, joined, "joined"), municipality="GM9999")
    assert ("Laan", 1) not in streets(drawn)
    assert (
        drawn.execute(text("SELECT street_id FROM stretch WHERE asset_id = :id"), {"id": asset}).scalar()
        == (streets(drawn)["Laan", 0])
    )


def test_a_stretch_follows_the_piece_that_splits_off(drawn: Session, tmp_path: Path) -> None:
    """When the middle of a street disappears, a stretch on the far end belongs to the new piece."""
    joined = [
        *MAIN,
        ("Laan", [(0, 300), (300, 300)]),
        ("Laan", [(300, 300), (1500, 300)]),
        ("Laan", [(1500, 300), (1600, 300)]),
    ]
    import_streets(drawn, write(tmp_path, joined, "joined"), municipality="GM9999")
    asset = pin(drawn, "Verre eind", street="Laan", line=[(1510, 300), (1590, 300)])
    import_streets(
        drawn,
        write(tmp_path, [one for one in joined if len(one[1]) and one[1][0] != (300, 300)], "split"),
        municipality="GM9999",
    )
    assert (
        drawn.execute(text("SELECT street_id FROM stretch WHERE asset_id = :id"), {"id": asset}).scalar()
        == (streets(drawn)["Laan", 1])
    )
    assert covered(drawn, asset) == pytest.approx(80, abs=0.1)


def test_new_borders_keep_what_an_initiative_covers(drawn: Session, tmp_path: Path) -> None:
    """When a neighbourhood is split in two, the covered metres are the same, shared over the new parts."""
    whole = pin(drawn, "Heel", street="Kerkstraat", whole=True)
    import_areas(
        drawn,
        collection(
            tmp_path / "newer.geojson",
            [
                box("BU99990101", -50, -50, 100, 900),
                box("BU99990102", 100, -50, 3000, 900),
            ],
        ),
    )
    rows = drawn.execute(
        text(
            "SELECT a.code, l.covered_m FROM stretch_part AS l JOIN street_part AS p ON p.id = l.street_part_id "
            "JOIN area AS a ON a.id = p.area_id WHERE l.asset_id = :id ORDER BY 1"
        ),
        {"id": whole},
    )
    assert [(row.code, round(row.covered_m)) for row in rows] == [("BU99990101", 100), ("BU99990102", 100)]
