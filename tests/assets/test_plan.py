"""The plan from the average, worked out by hand on tests/neighbourhood.py.

The neighbourhood West on 1 June 2026, with the measurements of tests/assets/test_measurements.py and one activity more
than `live` has: C on Singel, 30 May, 4 people for 1.5 hours.

Care: A on Kerkstraat, 16 May, 9 people and nobody wrote how long, so 1 hour each: 9 hours. C: 4 x 1.5 = 6 hours. Over
13 weeks and per 100 m: Kerkstraat 9 / 13 / 3 = 0.230769, Singel 6 / 13 / 6 = 0.076923. Need from the level.

| street part | 100 m | level | need n | care r   | leaves the minimum 0.1 at (0.1 + r) / n |
|-------------|-------|-------|--------|----------|-----------------------------------------|
| Dwarsstraat | 2.2   | D     | 2      | 0        | 0.05                                    |
| Dorpsstraat | 1     | -     | 1      | 0        | 0.1                                     |
| Korte Steeg | 0.4   | -     | 1      | 0        | 0.1                                     |
| Grensweg    | 4     | A     | 0.75   | 0        | 0.133333                                |
| Kerkstraat  | 3     | B     | 1      | 0.230769 | 0.330769                                |
| Singel      | 6     | A+    | 0.5    | 0.076923 | 0.353846                                |

Together 16.6 x 100 m; the minimum of 0.1 for all takes 1.66 hours.

*3 hours*: 1.34 more than the minimum. Hours beyond the minimum at each edge: at 0.1, 4.4 x 0.05 = 0.22; at 0.133333,
0.22 + 5.8 x 0.033333 = 0.413333; at 0.330769, 0.413333 + 8.8 x 0.197436 = 2.150769, which is too much. So
L = 0.133333 + (1.34 - 0.413333) / 8.8 = 0.238636. Kerkstraat and Singel stay on the minimum: 0.3 and 0.6 hours.
Dwarsstraat 2.2 x 2 x L = 1.05; Dorpsstraat L = 0.238636; Korte Steeg 0.4 x L = 0.095455; Grensweg 4 x 0.75 x L =
0.715909. Together 1.05 + 0.238636 + 0.095455 + 0.715909 + 0.3 + 0.6 = 3.

*10 hours*: everybody is above the minimum. 14.8 x L - (9 + 6) / 13 = 10, so L = 11.153846 / 14.8 = 0.753638.

*1 hour*: less than 1.66: everybody has 1 / 1.66 = 0.602410 of the minimum, 0.060241 per 100 m.

What changed since 15 May for 3 hours: then nobody had done anything in these 13 weeks, and in Kerkstraat the box of 1
May with 40 pieces counted: D, need 2. Edges: Dwarsstraat and Kerkstraat 0.05, Dorpsstraat and Korte Steeg 0.1, Grensweg
0.133333, Singel 0.2. Beyond: at 0.1, (4.4 + 6) x 0.05 = 0.52; at 0.133333, 0.52 + 11.8 x 0.033333 = 0.913333; at 0.2,
0.913333 + 14.8 x 0.066667 = 1.9. L = 0.133333 + (1.34 - 0.913333) / 14.8 = 0.162162. Kerkstraat had 3 x 2 x L =
0.972973 hours and has 0.3 now: neighbours did more, it was measured cleaner, and the level rose. Dwarsstraat had
4.4 x L = 0.713514 and has 1.05: the level rose, nothing else. Singel had the minimum and has it still: no change.

Grensweg in West was measured on 1 June 2025, which counts until 1 June 2026 to the day.
"""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import activities, inventory, plan
from assets.drafts import ActivityDraft
from assets.errors import Invalid, NotFound
from assets.plan import Plan
from assets.vocabulary import ActivityKind, PlanReason
from tests import neighbourhood
from tests.assets.test_measurements import OOST, WEST, counted
from tests.conftest import as_public
from tests.neighbourhood import BUILDER, DAY


@pytest.fixture
def place(session: Session, tmp_path: Path) -> Session:
    """The neighbourhood with its initiatives, measurements, and one activity more."""
    neighbourhood.draw(session, tmp_path)
    ids = neighbourhood.live(session)
    counted(session)
    draft = ActivityDraft(asset_id=ids["C"], held_on=date(2026, 5, 30), participants=4, hours=1.5)
    activities.add(session, draft, by=BUILDER, today=DAY)
    return session


def planned(session: Session, hours: float, **question: Any) -> Plan:
    with as_public(session):
        return plan.plan(session, **{"area": WEST, "hours": hours, "minimum": 0.1, "on": DAY, **question})


def hours_of(found: Plan) -> dict[str, float]:
    return {one.found.part.name: one.hours for one in found.streets}


def test_three_hours_worked_out_on_paper(place: Session) -> None:
    """Level, hours, care and need of every street, and who is on the minimum, as in the table above."""
    found = planned(place, 3)

    assert 0.2386363636 == pytest.approx(found.level)
    assert 1.66 == pytest.approx(found.minimum_hours)
    assert hours_of(found) == pytest.approx(
        {"Dorpsstraat": 0.2386364, "Dwarsstraat": 1.05, "Grensweg": 0.7159091, "Kerkstraat": 0.3,
         "Korte Steeg": 0.0954545, "Singel": 0.6}, rel=1e-6,
    )  # fmt: skip
    assert 3 == pytest.approx(sum(one.hours for one in found.streets), rel=1e-12)
    by_name = {one.found.part.name: one for one in found.streets}
    assert ["Kerkstraat", "Singel"] == [name for name, one in by_name.items() if one.on_minimum]
    assert (9 / 13 / 3, 6 / 13 / 6) == pytest.approx((by_name["Kerkstraat"].care, by_name["Singel"].care))
    assert [2, 1, 0.75, 0.5] == [by_name[name].need for name in ("Dwarsstraat", "Korte Steeg", "Grensweg", "Singel")]
    assert {round(one.level, 9) for one in found.streets if not one.on_minimum} == {round(found.level or 0, 9)}


def test_more_hours_and_too_few(place: Session) -> None:
    """Ten hours lift everybody above the minimum; one hour is the same fraction of the minimum for all."""
    many = planned(place, 10)
    assert 11.1538461538 / 14.8 == pytest.approx(many.level)
    assert [] == [one for one in many.streets if one.on_minimum]

    few = planned(place, 1)
    assert (None, 1 / 1.66) == (few.level, pytest.approx(few.fraction))
    assert {0.060241} == {round(one.service, 6) for one in few.streets}
    assert all(one.on_minimum for one in few.streets)
    assert 1 == pytest.approx(sum(one.hours for one in few.streets), rel=1e-12)


def test_what_changed_and_why(place: Session) -> None:
    """The differences with 15 May and their reasons, as worked out above; a street that stays the same is left out."""
    now = planned(place, 3)
    found = plan.changes(place, now, since=date(2026, 5, 15))

    assert 0.1621621622 == pytest.approx(found.earlier.level)
    told = {one.now.found.part.name: (one.before.hours, one.difference, one.reasons) for one in found.streets}
    before, difference, reasons = told["Kerkstraat"]
    assert (0.972973, 0.3 - 0.972973) == pytest.approx((before, difference), rel=1e-5)
    assert (PlanReason.more_care, PlanReason.measured_cleaner, PlanReason.level_rose) == reasons
    assert 0.713514 == pytest.approx(told["Dwarsstraat"][0], rel=1e-5)
    assert (PlanReason.level_rose,) == told["Dwarsstraat"][2]
    assert "Singel" not in told
    assert ["Kerkstraat", "Dwarsstraat"] == [one.now.found.part.name for one in found.streets][:2]

    # before 1 May an initiative cared for Dwarsstraat (E ended that day); nothing was measured there before 5 April
    april = plan.changes(place, now, since=date(2026, 4, 1))
    told = {one.now.found.part.name: one.reasons for one in april.streets}
    assert {PlanReason.initiative_ended, PlanReason.first_measurement} <= set(told["Dwarsstraat"])
    # Grensweg was measured 12 months and a day before 2 June
    june = plan.changes(place, planned(place, 3, on=date(2026, 6, 2)), since=DAY)
    told = {one.now.found.part.name: one.reasons for one in june.streets}
    assert PlanReason.measurement_expired in told["Grensweg"]


def test_how_the_hours_fall(place: Session) -> None:
    """Per neighbourhood, with those that have no street; per 1,000 inhabitants where their number is known."""
    place.execute(text("UPDATE area SET population = 830 WHERE code = :code"), {"code": WEST})
    found = planned(place, 30, area="WK000101")
    assert ["Oost", "West"] == [one.name for one in found.neighbourhoods]
    oost, west = found.neighbourhoods
    assert 30 == pytest.approx(oost.hours + west.hours)
    assert (1430, 1660) == pytest.approx((oost.length_m, west.length_m))
    assert (None, west.hours / 0.83) == (oost.per_1000, pytest.approx(west.per_1000))
    assert None is found.per_1000
    assert 15 / 13 == pytest.approx(west.care_hours)

    town = planned(place, 30, area="GM0001")
    assert ["Leeg", "Oost", "Verweg", "West"] == [one.name for one in town.neighbourhoods]
    assert (0, 0) == (town.neighbourhoods[0].streets, town.neighbourhoods[0].hours)
    assert 14 == len(town.streets)


def test_how_far_behind_the_data_is(place: Session) -> None:
    """Days since the newest activity and the newest measurement; unknown where there is none."""
    found = planned(place, 3)
    assert (date(2026, 5, 30), 2) == (found.newest_activity_on, found.activity_days)
    assert (date(2026, 5, 20), 12) == (found.newest_measurement_on, found.measurement_days)
    then = planned(place, 3, on=date(2025, 1, 1))
    assert (None, None, None) == (then.newest_activity_on, then.activity_days, then.measurement_days)
    assert {0.0} == {one.care for one in then.streets}


def test_what_counts_as_care(place: Session) -> None:
    """Not a confirmation, not another theme, not the 92nd day, not an initiative that has ended, shared by metres."""
    ids = {row.title: row.id for row in place.execute(text("SELECT title, id FROM asset"))}

    def done(letter: str, day: str, **more: Any) -> None:
        draft = ActivityDraft.model_validate({"asset_id": ids[letter], "held_on": day, "participants": 5, **more})
        activities.add(place, draft, by=BUILDER, today=DAY)

    before = {one.found.part.id: one.care for one in planned(place, 3, area="GM0001").streets}
    done("A", "2026-06-01", kind=ActivityKind.confirmation)
    done("A", "2026-03-02")  # 13 weeks are the 91 days up to 1 June: from 3 March on
    done("D", "2026-05-30")  # greenery
    done("E", "2026-04-15")  # ended on 1 May
    assert before == {one.found.part.id: one.care for one in planned(place, 3, area="GM0001").streets}

    done("A", "2026-03-03", hours=2)
    after = {one.found.part.name: one.care for one in planned(place, 3).streets}
    assert (9 + 10) / 13 / 3 == pytest.approx(after["Kerkstraat"])

    shared = neighbourhood.initiative(
        "S", {"street": "Korte Steeg", "whole": True}, {"street": "Dorpsstraat", "line": [(100, 550), (160, 550)]},
        started_on="2026-05-01",
    )  # fmt: skip
    ids["S"] = inventory.add(place, shared, by=BUILDER, today=DAY).id
    done("S", "2026-05-31", hours=2)
    after = {one.found.part.name: one.care for one in planned(place, 3).streets}
    # 10 hours over 40 m of Korte Steeg and 60 m of Dorpsstraat: 4 and 6 hours
    assert (4 / 13 / 0.4, 6 / 13 / 1) == pytest.approx((after["Korte Steeg"], after["Dorpsstraat"]))


def test_the_default_length_of_an_activity_is_a_setting(place: Session) -> None:
    """Where nobody wrote how long, the setting counts; where somebody did, that."""
    found = {one.found.part.name: one.care for one in planned(place, 3, activity_hours=2).streets}
    assert (18 / 13 / 3, 6 / 13 / 6) == pytest.approx((found["Kerkstraat"], found["Singel"]))


def test_what_cannot_be_planned_is_refused(place: Session) -> None:
    """Numbers that are none, unknown areas, areas without streets, days that cannot be: each with its reason."""
    for name, value in (("hours", -1), ("hours", float("nan")), ("hours", float("inf")), ("hours", 1e7),
                        ("minimum", -0.1), ("minimum", 1001), ("minimum", float("nan"))):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            planned(place, **{"hours": 3, name: value})
        assert [name] == [fault.pointer for fault in refused.value.faults]
    with pytest.raises(NotFound):
        planned(place, 3, area="BU404")
    with pytest.raises(Invalid, match="There are no streets in Leeg"):
        planned(place, 3, area="BU00010201")
    with pytest.raises(Invalid, match="between 1900 and 2200"):
        planned(place, 3, on=date(1850, 1, 1))
    for since in (DAY, date(2026, 6, 2), date(1899, 1, 1)):
        with pytest.raises(Invalid):
            plan.changes(place, planned(place, 3), since=since)


def test_nothing_to_divide_and_no_minimum(place: Session) -> None:
    """No hours and no minimum: nobody gets anything, and nothing breaks."""
    found = planned(place, 0, minimum=0)
    assert {0.0} == {one.hours for one in found.streets}
    assert 0 == found.minimum_hours
    assert 0 == planned(place, 0, area=OOST).fraction
