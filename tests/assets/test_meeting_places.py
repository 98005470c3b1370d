"""Meeting places on the hand-drawn neighbourhood, worked out on paper.

| place | where                                                     | run by    |
|-------|-----------------------------------------------------------|-----------|
| P     | (150,110), 10 m beside Kerkstraat                         | residents |
| Q     | (220,250), on the footpath without a name, in its middle  | others    |
| R     | (800,300), at the end of Dwarsstraat in Oost              | not told  |

P walks 10 m to Kerkstraat at x = 150 and has 390 m left: all of its 300 m (50 m one way, 250 m the other). Kerkstraat
joins no other street.

Q is on the path from (140,200) to (300,300), which is sqrt(160^2 + 100^2) = 188.680 m: 94.340 m to either end, and
305.660 m left there. One end is the end of Korte Steeg: all of its 40 m. The other is the beginning of Dwarsstraat: the
220 m in West, and 305.660 - 220 = 85.660 m of the 280 m in Oost. Grensweg only crosses Dwarsstraat and does not join.

R reaches the 280 m of Dwarsstraat in Oost and 120 m of the 220 m in West, which Q reaches too: counted once.

| by metres   | P and Q                            | P, Q and R              |
|-------------|------------------------------------|-------------------------|
| West 1660 m | 300 + 40 + 220 = 560: 0.33735      | the same                |
| Oost 1430 m | 85.660: 0.05990                    | 280: 0.19580            |
| Binnen 3090 | 645.660: 0.20895                   | 840: 0.27184            |
| Verweg 50 m | 0                                  | 0                       |
| Leeg        | no street: unknown                 | unknown                 |
| Buiten 50 m | 0, and no meeting place: room      | the same                |

With addresses: Kerkstraat 3, Singel 5 and Dwarsstraat in West 2 (x = 310 and 500), so three of West's six parts: known,
10 in all. Dwarsstraat in Oost 2 (x = 600: 80 m along, reached; x = 610: 90 m, not): one of seven parts: unknown. With P
and Q: West 3 + 2 = 5 of 10. Oost by metres. Binnen knows 6 + 1 of 13 parts, more than half: 6 of 12. Rekendam knows 7
of 14, just half: 6 of 12.
"""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import inventory, meeting_places, street_graph
from assets.drafts import AssetDraft
from assets.errors import Invalid, NotFound
from assets.importers import import_addresses
from assets.meeting_places import AreaMeetingPlaces
from assets.street_graph import Places
from assets.vocabulary import MeasuredBy
from tests import neighbourhood
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, DAY, at

P, Q, R = (150, 110), (220, 250), (800, 300)


@pytest.fixture
def drawn(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood drawn, with nobody in it."""
    neighbourhood.draw(session, tmp_path)
    return session


def place(session: Session, point: Any, *, resident_run: bool | None = None, **more: Any) -> int:
    """A meeting place at a point, or over a surface, of the drawing."""
    if isinstance(point[0], tuple):
        where: dict[str, Any] = {"area": {"type": "Polygon", "coordinates": [[at(*corner) for corner in point]]}}
    else:
        where = {"point": at(*point)}
    draft = {
        "kind": "meeting_place",
        "title": "Huiskamer",
        "place": {**where, "crs": "EPSG:28992"},
        "resident_run": resident_run,
        "started_on": "2025-01-01",
        **more,
    }
    return inventory.add(session, AssetDraft.model_validate(draft), by=BUILDER, today=DAY).id


def asked(session: Session, area: str = "GM0001", on: date = DAY) -> dict[str, AreaMeetingPlaces]:
    """Name of each area → its answer, as visitors get it."""
    with as_public(session) as visitor:
        return {one.name: one for one in meeting_places.of_areas(visitor, area=area, on=on)}


def with_addresses(session: Session, folder: Path) -> None:
    """The addresses of the table above."""
    rows = [
        *(("Kerkstraat", (150 + 50 * n, 100)) for n in range(3)),
        *(("Singel", (150 + 50 * n, 450)) for n in range(5)),
        *(("Dwarsstraat", (x, 300)) for x in (310, 500, 600, 610)),
    ]
    path = folder / "addresses.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["straat", "huisnummer", "x", "y"])
        writer.writerows([street, number, *at(*point)] for number, (street, point) in enumerate(rows, 1))
    assert import_addresses(session, path).added == 12


# --- worked answers ---


def test_metres_within_reach(drawn: Session) -> None:
    """P and Q of the table above, then R beside them; what two reach counts once."""
    place(drawn, P, resident_run=True)
    place(drawn, Q, resident_run=False)
    found = asked(drawn)
    assert list(found) == ["Rekendam", "Binnen", "Oost", "West", "Buiten", "Leeg", "Verweg"]
    assert found["West"].reached_m == pytest.approx(560, abs=0.002)
    assert found["Oost"].reached_m == pytest.approx(85.660, abs=0.002)
    shares = {name: one.share for name, one in found.items()}
    assert shares["West"] == pytest.approx(0.33735, abs=1e-5)
    assert shares["Oost"] == pytest.approx(0.05990, abs=1e-5)
    assert shares["Binnen"] == pytest.approx(0.20895, abs=1e-5)
    assert (shares["Verweg"], shares["Leeg"], shares["Buiten"]) == (0, None, 0)
    assert found["West"].measured_by is MeasuredBy.metres
    place(drawn, R)
    found = asked(drawn)
    assert found["West"].reached_m == pytest.approx(560, abs=0.002)
    assert found["Oost"].reached_m == pytest.approx(280, abs=0.002)
    assert found["Binnen"].share == pytest.approx(840 / 3090, abs=1e-5)


def test_addresses_within_reach(drawn: Session, tmp_path: Path) -> None:
    """The last paragraph above: each area says what its share is counted in."""
    with_addresses(drawn, tmp_path)
    place(drawn, P)
    place(drawn, Q)
    found = asked(drawn)
    assert {
        name: (one.measured_by, one.addresses_reached, one.addresses, one.share) for name, one in found.items()
    } == {
        "Rekendam": (MeasuredBy.addresses, 6, 12, 0.5),
        "Binnen": (MeasuredBy.addresses, 6, 12, 0.5),
        "West": (MeasuredBy.addresses, 5, 10, 0.5),
        "Oost": (MeasuredBy.metres, None, None, pytest.approx(0.05990, abs=1e-5)),
        "Buiten": (MeasuredBy.metres, None, None, 0),
        "Leeg": (None, None, None, None),
        "Verweg": (MeasuredBy.metres, None, None, 0),
    }


def test_who_runs_them_and_where_there_is_room(drawn: Session) -> None:
    """P by residents, Q by others, R nobody said: all in Binnen, which has one; Buiten has none, so there is room."""
    place(drawn, P, resident_run=True)
    place(drawn, Q, resident_run=False)
    place(drawn, R)
    found = asked(drawn)
    told = {name: (one.places, one.resident_run, one.run_by_others, one.run_unknown) for name, one in found.items()}
    assert told == {
        "Rekendam": (3, 1, 1, 1), "Binnen": (3, 1, 1, 1), "West": (2, 1, 1, 0), "Oost": (1, 0, 0, 1),
        "Buiten": (0, 0, 0, 0), "Leeg": (0, 0, 0, 0), "Verweg": (0, 0, 0, 0),
    }  # fmt: skip
    assert {name: one.in_district for name, one in found.items()} == {
        "Rekendam": None, "Binnen": True, "West": True, "Oost": True, "Buiten": False, "Leeg": False, "Verweg": False,
    }  # fmt: skip
    assert {name: one.district for name, one in found.items() if one.district} == {
        "West": "Binnen", "Oost": "Binnen", "Leeg": "Buiten", "Verweg": "Buiten",
    }  # fmt: skip
    # a neighbourhood that is asked alone knows of its district too
    assert asked(drawn, "BU00010102")["Oost"].in_district is True
    assert asked(drawn, "BU00010202")["Verweg"].in_district is False


def test_a_place_beyond_the_border_counts_for_who_can_walk_to_it(drawn: Session) -> None:
    """Oost has no meeting place, and is asked alone: Q in West reaches 85.660 m of it all the same."""
    place(drawn, Q)
    found = asked(drawn, "BU00010102")["Oost"]
    assert (found.places, found.reached_m) == (0, pytest.approx(85.660, abs=0.002))


def test_reach_as_lines(drawn: Session) -> None:
    """Q: Korte Steeg and Dwarsstraat in West whole, and Dwarsstraat in Oost from x = 520 to 605.660."""
    from assets import crs

    place(drawn, Q)
    with as_public(drawn) as visitor:
        found = meeting_places.lines(visitor, area="GM0001", on=DAY)
    assert [(one.name, round(one.reached_m, 2)) for one in found] == [
        ("Dwarsstraat", 220.0), ("Dwarsstraat", 85.66), ("Korte Steeg", 40.0),
    ]  # fmt: skip
    to_rd = crs.transformer(4326, 28992)
    lon_lat = json.loads(found[1].geometry)["coordinates"]
    ends = [to_rd.transform(*lon_lat[0][end]) for end in (0, -1)]
    assert ends[0] == pytest.approx(at(520, 300), abs=0.2)
    assert ends[1] == pytest.approx(at(605.66, 300), abs=0.2)


# --- awkward cases ---


def test_a_place_of_a_surface(drawn: Session) -> None:
    """A park over all of Ronde Plein reaches its 400 m; one beside Kerkstraat walks from its edge, 30 m away."""
    place(drawn, ((640, 390), (760, 390), (760, 510), (640, 510), (640, 390)))
    place(drawn, ((150, 130), (170, 130), (170, 150), (150, 150), (150, 130)))
    found = asked(drawn)
    assert found["Oost"].reached_m == pytest.approx(400, abs=0.002)
    assert found["West"].reached_m == pytest.approx(300, abs=0.002)


def test_what_is_just_within_reach(drawn: Session, tmp_path: Path) -> None:
    """R is 400 m from x = 400 on Dwarsstraat: an address there is reached, one a metre further is not."""
    path = tmp_path / "addresses.csv"
    rows = "".join(f"Dwarsstraat,{n},{x},{y}\n" for n, (x, y) in enumerate([at(400, 300), at(399, 300)], 1))
    path.write_text(f"straat,huisnummer,x,y\n{rows}", encoding="utf-8")
    import_addresses(drawn, path)
    drawn.execute(text("UPDATE street_part SET addresses = 0 WHERE addresses IS NULL"))
    place(drawn, R)
    found = asked(drawn)["West"]
    assert (found.addresses_reached, found.addresses) == (1, 2)


def test_places_that_do_not_count(drawn: Session) -> None:
    """Ended on the day, not begun, faded after six years, retired, or far from any street: reaches nothing."""
    place(drawn, P, ended_on="2026-06-01")
    place(drawn, P, started_on="2026-06-02")
    place(drawn, P, started_on="2019-01-01", confirmed_on="2019-01-01")
    inventory.retire(drawn, place(drawn, P), by=BUILDER)
    found = asked(drawn)
    assert (found["Rekendam"].places, found["Rekendam"].reached_m, found["Rekendam"].share) == (0, 0, 0)
    assert asked(drawn, on=date(2026, 5, 31))["Rekendam"].places == 1
    # Leeg has no street within 400 m of (1150,300): a place there is counted, and reaches nothing
    drawn.execute(text("DELETE FROM street WHERE name = 'Lange Laan'"))
    place(drawn, (1250, 0))
    found = asked(drawn)
    assert (found["Leeg"].places, found["Leeg"].share, found["Rekendam"].reached_m) == (1, None, 0)


def test_an_area_without_anything(session: Session, tmp_path: Path) -> None:
    """Areas without streets, addresses or inhabitants: counts are counts, and everything else is unknown."""
    from assets.importers import import_areas

    import_areas(session, neighbourhood.areas_file(tmp_path))
    place(session, P, resident_run=True)
    found = asked(session)
    assert (found["West"].places, found["West"].share, found["West"].measured_by) == (1, None, None)
    assert (found["West"].population, found["West"].addresses, found["West"].length_m) == (None, None, 0)


def test_what_cannot_be_asked(drawn: Session) -> None:
    """An area that is not known and a day outside 1900 to 2200 are refused, for figures and for lines."""
    for ask in (meeting_places.of_areas, meeting_places.lines):
        with pytest.raises(NotFound, match="no area"):
            ask(drawn, area="BU99999999", on=DAY)
        for day in (date(1899, 12, 31), date(2201, 1, 1)):
            with pytest.raises(Invalid, match="1900"):
                ask(drawn, area="GM0001", on=day)


def test_boxes_around_places_are_enough(drawn: Session) -> None:
    """The graph of a box of 400 m around each place gives the same reach as the graph of everything."""
    import shapely

    shapes = [shapely.Point(at(*point)) for point in (P, Q, R)]
    reaches = []
    for boxes in ([(99_000.0, 399_000.0, 102_000.0, 401_000.0)], [street_graph.around([one], 400) for one in shapes]):
        graph = street_graph.load(drawn, *boxes)
        reaches.append(meeting_places.reached(graph, street_graph.attach(drawn, graph, shapes), limit_m=400))
    whole, near = reaches
    assert whole.street_part_id.tolist() == near.street_part_id.tolist()
    assert whole.first_mm.tolist() == near.first_mm.tolist()
    assert whole.last_mm.tolist() == near.last_mm.tolist()
    assert len(whole.first_mm) > 3
    assert len(street_graph.load(drawn).length_m) == 0


# --- the rule as a property ---


@given(
    points=st.lists(st.tuples(st.floats(0, 900), st.floats(0, 600)), min_size=1, max_size=4),
    limit_m=st.floats(1, 900),
)
def test_reach_is_what_a_walk_reaches(
    session: Session, tmp_path: Path, points: list[tuple[float, float]], limit_m: float
) -> None:
    """A place along a street is in the reach exactly when the walk to the nearest meeting place is within the limit."""
    import shapely

    if not session.scalar(text("SELECT EXISTS (SELECT FROM segment)")):
        neighbourhood.draw(session, tmp_path)
    shapes = [shapely.Point(at(*point)) for point in points]
    graph = street_graph.load(session, (99_000, 399_000, 102_000, 401_000))
    places = street_graph.attach(session, graph, shapes, within_m=limit_m)
    reach = meeting_places.reached(graph, places, limit_m=limit_m)
    assert (reach.first_mm <= reach.last_mm).all()
    together = reach.street_part_id[1:] == reach.street_part_id[:-1]
    assert (reach.first_mm[1:][together] > reach.last_mm[:-1][together]).all()

    parts = numpy.unique(graph.street_part_id[graph.street_part_id >= 0])
    for part in parts:
        ends = graph.offset_mm + numpy.rint(graph.length_m * 1000).astype(int)
        spots = numpy.linspace(0, ends[graph.street_part_id == part].max() - 1, 23).astype(numpy.int64)
        targets: Places = graph.on_parts(numpy.full(len(spots), part), spots)
        metres = graph.walk(places, targets, limit_m=limit_m + 1)
        mine = reach.street_part_id == part
        within = ((spots[:, None] >= reach.first_mm[mine]) & (spots[:, None] <= reach.last_mm[mine])).any(axis=1)
        sure = numpy.abs(metres - limit_m) > 0.003
        assert (within == (metres <= limit_m))[sure].all()
