"""Measurements: litter counted in boxes, levels, ambitions and the four answers.

Worked by hand on tests/neighbourhood.py, on 1 June 2026, with the thresholds 0, 3, 10, 25 for coarse litter in 100
square metres and for fine litter in 1 square metre (`counted` below enters it):

| street part        | counted                                                        | worst box    | level | state   |
|--------------------|----------------------------------------------------------------|--------------|-------|---------|
| Kerkstraat         | 20 May: coarse 2 and 4 in 100; 1 May: coarse 40 in 100 (older) | 4            | B     | carried |
| Singel             | 10 May: coarse 0 in 100, fine 0 in 1                           | 0 and 0      | A+    | partly  |
| Ronde Plein        | 10 May: coarse 1 in 100; fine 6 in 0.5 = 12 in 1               | 1 and 12     | C     | partly  |
| Lange Laan         | 5 April: coarse 2 in 50 = 4 in 100                             | 4            | B     | unasked |
| Dwarsstraat, West  | 5 April: coarse 26 in 100                                      | 26           | D     | asked   |
| Dwarsstraat, Oost  | 31 May 2025: 12 months and a day ago                           | none counts  | -     | asked   |
| Grensweg, West     | 1 June 2025: 12 months ago to the day: coarse 3 in 100         | 3            | A     | asked   |

The ambition is B for Rekendam since 1 January 2026, and A+ for the neighbourhood Oost since 1 May 2026. So:

Kerkstraat B reaches B, cared for: thank and supply. Singel A+ reaches B, cared for (partly is cared for): thank and
supply. Grensweg West A reaches B, room: leave. Dwarsstraat West D does not reach B, room: extra cleaning and an
invitation. Ronde Plein (Oost) C does not reach A+, cared for: support quietly. Lange Laan (Oost) B does not reach A+,
room for litter: extra cleaning and an invitation; on 30 April, with B for all of Rekendam, B reaches B: leave. That day
initiative E still cares for Dwarsstraat, and the box of 31 May 2025 still counts: Oost A reaches B: thank and supply.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import answers, history, litter, measurements
from assets.drafts import AmbitionDraft, MeasurementDraft
from assets.errors import Invalid, NotAllowed, NotFound
from assets.importers import import_areas
from assets.litter import Thresholds
from assets.permissions import Viewer
from assets.rebuild import rebuild
from assets.vocabulary import LitterKind, LitterLevel, MunicipalAnswer, Role
from tests import neighbourhood
from tests.conftest import as_public
from tests.neighbourhood import DAY, at

ANALYST = Viewer(name="Analyst of tests", role=Role.analyst)
WEST, OOST = "BU00010101", "BU00010102"


def count(session: Session, street: str, day: str, kind: str, pieces: int, **more: Any) -> measurements.Measurement:
    """Record one box."""
    values = {"street": street, "measured_on": day, "kind": kind, "count": pieces, **more}
    return measurements.add(session, MeasurementDraft.model_validate(values), by=ANALYST, today=DAY)


def aim(session: Session, code: str, level: str, since: str) -> measurements.AreaAmbition:
    """Set the level that an area wants to reach."""
    draft = AmbitionDraft.model_validate({"level": level, "since": since})
    return measurements.set_ambition(session, code, draft, by=ANALYST)


def counted(session: Session) -> None:
    """What the table above says."""
    count(session, "Kerkstraat", "2026-05-20", "coarse", 2)
    count(session, "Kerkstraat", "2026-05-20", "coarse", 4)
    count(session, "Kerkstraat", "2026-05-01", "coarse", 40)
    count(session, "Singel", "2026-05-10", "coarse", 0)
    count(session, "Singel", "2026-05-10", "fine", 0)
    count(session, "Ronde Plein", "2026-05-10", "coarse", 1)
    count(session, "Ronde Plein", "2026-05-10", "fine", 6, box_m2=0.5)
    count(session, "Lange Laan", "2026-04-05", "coarse", 2, box_m2=50)
    count(session, "Dwarsstraat", "2026-04-05", "coarse", 26, area=WEST)
    count(session, "Dwarsstraat", "2025-05-31", "coarse", 1, area=OOST)
    count(session, "Grensweg", "2025-06-01", "coarse", 3, area=WEST)
    aim(session, "GM0001", "B", "2026-01-01")
    aim(session, OOST, "A+", "2026-05-01")


@pytest.fixture
def place(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood with its initiatives and the measurements above."""
    neighbourhood.draw(session, tmp_path)
    neighbourhood.live(session)
    counted(session)
    return session


def said(session: Session, **question: Any) -> dict[tuple[str, str | None], tuple[Any, ...]]:
    """Street and neighbourhood → level, day, boxes, ambition, answer; only parts with a sample."""
    with as_public(session):
        rows = answers.street_parts(session, **{"on": DAY, **question})
    return {
        (row.part.name, row.part.neighbourhood): (
            row.sample.level, row.sample.measured_on.isoformat(), row.sample.boxes, row.ambition, row.answer,
        )
        for row in rows
        if row.sample is not None
    }  # fmt: skip


def test_the_answers_worked_out_on_paper(place: Session) -> None:
    """Level, day, sample, ambition and answer of every street part are those of the table above."""
    assert {
        ("Kerkstraat", "West"): ("B", "2026-05-20", 2, "B", "thank_and_supply"),
        ("Singel", "West"): ("A+", "2026-05-10", 2, "B", "thank_and_supply"),
        ("Grensweg", "West"): ("A", "2025-06-01", 1, "B", "leave"),
        ("Dwarsstraat", "West"): ("D", "2026-04-05", 1, "B", "extra_cleaning_and_invitation"),
        ("Ronde Plein", "Oost"): ("C", "2026-05-10", 2, "A+", "support_quietly"),
        ("Lange Laan", "Oost"): ("B", "2026-04-05", 1, "A+", "extra_cleaning_and_invitation"),
    } == said(place)


def test_an_earlier_day_knows_what_was_known_then(place: Session) -> None:
    """On 30 April only older boxes count, and Oost has the ambition of its municipality."""
    found = said(place, on=date(2026, 4, 30))

    assert ("B", "2026-04-05", 1, "B", "leave") == found["Lange Laan", "Oost"]
    assert ("Kerkstraat", "West") not in found
    assert ("A", "2025-05-31", 1, "B", MunicipalAnswer.thank_and_supply) == found["Dwarsstraat", "Oost"]


def test_nothing_without_a_measurement_or_an_ambition(place: Session) -> None:
    """A part that nobody counted has no level and no answer; before there was an ambition there is no answer either."""
    rows = {row.part.name: row for row in answers.street_parts(place, on=DAY, area=WEST)}
    assert (None, "B", None) == (rows["Korte Steeg"].sample, rows["Korte Steeg"].ambition, rows["Korte Steeg"].answer)

    early = {row.part.name: row for row in answers.street_parts(place, on=date(2025, 12, 31), area=WEST)}
    assert early["Grensweg"].sample is not None
    assert (None, None, None) == (early["Grensweg"].ambition, early["Grensweg"].ambition_of, early["Grensweg"].answer)


def test_thresholds_are_the_installation_s_own(place: Session) -> None:
    """With other numbers the same counts have other levels."""
    strict = Thresholds(coarse=(0, 1, 2, 3), fine=(0, 1, 2, 3))

    assert LitterLevel.d == said(place, thresholds=strict)["Kerkstraat", "West"][0]
    assert LitterLevel.c == said(place, thresholds=strict)["Grensweg", "West"][0]


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(LitterKind))
def test_more_litter_is_never_a_better_level(one: int, other: int, kind: LitterKind) -> None:
    """Levels go down with the count, the edges belong to the better level, and only nothing at all is A+."""
    fewer, more = sorted((one, other))
    assert litter.reaches(litter.level(kind, fewer), litter.level(kind, more))
    assert (litter.level(kind, fewer) is LitterLevel.a_plus) == (fewer == 0)
    edges = [litter.level(kind, pieces) for pieces in (0, 3, 4, 10, 11, 25, 26)]
    assert ["A+", "A", "B", "B", "C", "C", "D"] == edges


def test_a_point_finds_its_street(place: Session) -> None:
    """A box belongs to the nearest street within 50 m, or to the one that is named; further away it is refused."""
    near = at(300, 120)
    values = {"measured_on": "2026-06-01", "kind": "coarse", "count": 1, "crs": "EPSG:28992"}
    found = measurements.add(place, MeasurementDraft(**values, point=(near[0], near[1])), by=ANALYST, today=DAY)
    name = "SELECT p.name FROM street_part AS p WHERE p.id = :id"
    assert "Kerkstraat" == place.scalar(text(name), {"id": found.street_part_id})

    far = at(300, 160)
    with pytest.raises(Invalid, match="No street lies within 50 m"):
        measurements.add(place, MeasurementDraft(**values, point=(far[0], far[1])), by=ANALYST, today=DAY)
    draft = MeasurementDraft(**values, street="Singel", point=(near[0], near[1]))
    with pytest.raises(Invalid, match="No part of Singel lies within 50 m"):
        measurements.add(place, draft, by=ANALYST, today=DAY)
    with pytest.raises(Invalid, match="look like RD metres"):
        measurements.add(
            place, MeasurementDraft(**{**values, "crs": None}, point=(near[0], near[1])), by=ANALYST, today=DAY
        )


def test_what_cannot_be_is_refused(place: Session) -> None:
    """The future, a street in two areas, an unknown place, a way to reach someone: each with its reason."""
    for reason, more in (
        ("lies in the future", {"measured_on": "2026-06-02"}),
        ("several areas; say which one: Oost, West", {"street": "Dwarsstraat"}),
        ("no street called Nergens", {"street": "Nergens"}),
        ("no area with the code BU1", {"area": "BU1"}),
        ("no street part with the number 987654321", {"street_part_id": 987654321}),
        ("e-mail address", {"counted_by": "piet@example.org"}),
    ):
        values = {"street": "Kerkstraat", "measured_on": "2026-06-01", "kind": "coarse", "count": 1, **more}
        with pytest.raises(Invalid, match=reason):
            measurements.add(place, MeasurementDraft.model_validate(values), by=ANALYST, today=DAY)
    for wrong in ({"count": -1}, {"count": 1.5}, {"box_m2": float("nan")}, {"box_m2": 0}, {"box_m2": float("inf")}):
        with pytest.raises(ValueError):
            MeasurementDraft.model_validate(
                {"street": "Kerkstraat", "measured_on": "2026-06-01", "kind": "coarse", "count": 1, **wrong}
            )


def test_who_may_count_and_who_may_set_a_level(place: Session) -> None:
    """A builder counts; what a municipality wants to reach is set by its analyst. A visitor does neither."""
    draft = MeasurementDraft.model_validate(
        {"street": "Kerkstraat", "measured_on": "2026-06-01", "kind": "coarse", "count": 1}
    )
    builder, visitor = Viewer("builder", Role.builder), Viewer("visitor", Role.visitor)
    measurements.add(place, draft, by=builder, today=DAY)
    for viewer in (visitor, Viewer("member", Role.member)):
        with pytest.raises(NotAllowed):
            measurements.add(place, draft, by=viewer, today=DAY)
    level = AmbitionDraft(level=LitterLevel.a, since=DAY)
    for viewer in (visitor, builder, Viewer("steward", Role.steward)):
        with pytest.raises(NotAllowed):
            measurements.set_ambition(place, WEST, level, by=viewer)
    with pytest.raises(NotFound, match="no area with the code NOPE"):
        measurements.set_ambition(place, "NOPE", level, by=ANALYST)


def test_an_ambition_keeps_its_history(place: Session) -> None:
    """Each level counts from its day on; setting the same day again keeps what it was before."""
    aim(place, WEST, "A", "2026-03-01")
    aim(place, WEST, "C", "2026-03-01")
    aim(place, WEST, "C", "2026-03-01")
    found = {
        day: measurements.ambition(place, WEST, on=date.fromisoformat(day))
        for day in ("2025-12-31", "2026-02-28", "2026-03-01")
    }

    assert [None, ("B", "GM0001"), ("C", WEST)] == [one and (one.level, one.code) for one in found.values()]
    area_id = place.scalar(text("SELECT id FROM area WHERE code = :code"), {"code": WEST})
    changes = history.of(place, "ambition", area_id)
    assert ["added", "changed"] == [change.action for change in changes]
    assert ("A", "C") == (changes[1].before["level"], changes[1].after["level"])


def test_measurements_stay_when_areas_change(place: Session, tmp_path: Path) -> None:
    """A new border gives a street other parts; what was counted goes to the part nearest to the box; none is lost."""
    box = at(700, 300)
    values = {"street": "Dwarsstraat", "point": (box[0], box[1]), "crs": "EPSG:28992", "measured_on": "2026-06-01"}
    measurements.add(
        place, MeasurementDraft.model_validate({**values, "kind": "coarse", "count": 9}), by=ANALYST, today=DAY
    )
    before = place.scalar(text("SELECT count(*) FROM measurement"))
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": code},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[at(west, 0), at(east, 0), at(east, 600), at(west, 600), at(west, 0)]],
            },
        }
        for code, west, east in (("BU00010102", 900, 1000), ("BU00010103", 500, 900))
    ]
    import_areas(place, neighbourhood._write(tmp_path / "new.geojson", features))

    place.expire_all()
    where = place.execute(
        text(
            "SELECT a.code, count(*) FROM measurement AS m LEFT JOIN street_part AS p ON p.id = m.street_part_id"
            " LEFT JOIN area AS a ON a.id = p.area_id GROUP BY a.code"
        )
    )
    found = {row.code: row[1] for row in where}
    assert before == sum(found.values())
    assert None not in found
    assert 5 == found["BU00010103"]  # Ronde Plein twice, Lange Laan, Dwarsstraat twice
    kept = {row.id: row.street_part_id for row in place.execute(text("SELECT id, street_part_id FROM measurement"))}
    rebuild(place)
    again = {row.id: row.street_part_id for row in place.execute(text("SELECT id, street_part_id FROM measurement"))}
    assert kept == again


def test_each_box_is_in_the_history_and_nowhere_public_who_counted(place: Session) -> None:
    """History says who recorded what; the public views say neither who counted nor where in the street."""
    row = count(place, "Kerkstraat", "2026-05-31", "fine", 3, counted_by="Schouwploeg West")
    change = history.of(place, "measurement", row.id)[0]
    assert ("added", "Analyst of tests", 3) == (change.action, change.by, change.after["count"])
    with as_public(place):
        columns = place.execute(text("SELECT * FROM published_measurement LIMIT 1")).keys()
    assert {"id", "street_part_id", "measured_on", "kind", "box_m2", "count"} == set(columns)


def test_unknown_areas_and_years_are_refused(place: Session) -> None:
    """An unknown code and a year that cannot be are no empty answer."""
    with pytest.raises(NotFound):
        answers.street_parts(place, on=DAY, area="BU404")
    with pytest.raises(Invalid, match="between 1900 and 2200"):
        answers.samples(place, on=date(1899, 12, 31))
    assert [] == answers.street_parts(place, on=DAY, area="BU00010201")
    assert {} == answers.samples(place, on=DAY - timedelta(days=800))
