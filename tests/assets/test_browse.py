"""The first view of the map."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from assets import browse
from assets.crs import RD, WGS84, transformer
from assets.importers import import_areas, import_streets
from tests import neighbourhood
from tests.neighbourhood import at

STREETS = [(f"Straat {n}", [(100.0, 10.0 * n), (400.0, 10.0 * n)]) for n in range(51)]
ACROSS = [("Overweg", [(1350.0, 100.0), (1400.0, 100.0)])]


def degrees(west: float, south: float, east: float, north: float) -> tuple[float, ...]:
    """A box of the drawing in degrees."""
    convert = transformer(RD, WGS84)
    return convert.transform_bounds(*at(west, south), *at(east, north), densify_pts=5)


def test_a_street_across_the_border_does_not_pull_the_next_area_into_view(session: Session, tmp_path: Path) -> None:
    """One street in Verweg beside 51 in West: the first view is West; with fewer in West it is both."""
    import_areas(session, neighbourhood.areas_file(tmp_path))
    import_streets(session, neighbourhood.streets_file(tmp_path, [*STREETS[:20], *ACROSS]))
    both = browse.bounds(session)
    import_streets(session, neighbourhood.streets_file(tmp_path, [*STREETS, *ACROSS]))

    assert degrees(0, 0, 1700, 600) == pytest.approx(both, abs=1e-5)
    assert degrees(0, 0, 500, 600) == pytest.approx(browse.bounds(session), abs=1e-5)


def test_without_streets_all_areas_are_in_view_and_without_areas_nothing(session: Session, tmp_path: Path) -> None:
    """An empty map has no bounds; areas alone are all shown."""
    nothing = browse.bounds(session)
    import_areas(session, neighbourhood.areas_file(tmp_path))

    assert nothing is None
    assert degrees(0, 0, 1700, 600) == pytest.approx(browse.bounds(session), abs=1e-5)
