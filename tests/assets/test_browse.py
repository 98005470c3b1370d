"""The first view of the map."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from assets import browse, communities, consents, inventory
from assets.crs import RD, WGS84, transformer
from assets.drafts import AssetDraft, PlaceDraft
from assets.importers import import_areas, import_streets
from assets.permissions import Viewer
from assets.vocabulary import AssetKind, Audience, Role
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


def spot(x: float) -> PlaceDraft:
    """A place in the drawing, 300 metres from its lower edge."""
    return PlaceDraft(geometry={"type": "Point", "coordinates": at(x, 300)}, crs=f"EPSG:{RD}")


def test_a_map_opens_where_the_most_entries_are(session: Session, tmp_path: Path) -> None:
    """Two neighbourhoods far apart: the view is the one with most, and for a community the one with its own.

    Persons do not count: nobody who withdraws moves the map.
    """
    far = [("BU00019901", "Ver", (90_000, 90_500)), ("BU00010101", "West", (0, 500))]
    streets = [("Verstraat", [(90_100.0, 100.0), (90_400.0, 100.0)]), *STREETS[:10]]
    import_areas(session, neighbourhood.areas_file(tmp_path, far))
    import_streets(session, neighbourhood.streets_file(tmp_path, streets))
    most_streets = browse.bounds(session)
    club = AssetDraft(kind=AssetKind.club, title="Schaken", place=spot(90_200))
    inventory.add(session, club, by=neighbourhood.BUILDER, today=neighbourhood.DAY)
    east = communities.add(session, "east", "East")
    own = club.model_copy(update={"title": "Dammen", "place": spot(200)})
    inventory.add(session, own, by=Viewer(name="Els", role=Role.admin), community_id=east.id, today=neighbourhood.DAY)
    again = club.model_copy(update={"title": "Bridge"})
    inventory.add(session, again, by=neighbourhood.BUILDER, today=neighbourhood.DAY)

    for title in ("Bo", "Jo"):
        person = AssetDraft.model_validate({"kind": "person", "title": title, "place": {"area": "BU00010101"}})
        number = inventory.add(session, person, by=neighbourhood.BUILDER, today=neighbourhood.DAY).id
        consents.record(
            session, number, audience=Audience.public, wording_version="1", wording="Mag dit?", language="nl",
            given_on=date.today(), by="test",
        )  # fmt: skip

    west, ver = degrees(0, 0, 500, 600), degrees(90_000, 0, 90_500, 600)
    assert west == pytest.approx(most_streets, abs=1e-5)
    assert ver == pytest.approx(browse.bounds(session), abs=1e-5)
    assert west == pytest.approx(browse.bounds(session, community=east.id), abs=1e-5)
    assert ver == pytest.approx(browse.bounds(session, community=999_999), abs=1e-5)


def test_without_streets_all_areas_are_in_view_and_without_areas_nothing(session: Session, tmp_path: Path) -> None:
    """An empty map has no bounds; areas alone are all shown."""
    nothing = browse.bounds(session)
    import_areas(session, neighbourhood.areas_file(tmp_path))

    assert nothing is None
    assert degrees(0, 0, 1700, 600) == pytest.approx(browse.bounds(session), abs=1e-5)
