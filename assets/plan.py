"""The plan from the average: service hours over streets, counting what neighbours do themselves. Theme litter."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy
from sqlalchemy.orm import Session

from assets import answers, areas, litter, lookups, sharing
from assets.answers import StreetPartAnswer
from assets.errors import Fault, Invalid
from assets.filling import Filled, fill
from assets.litter import CROW, Thresholds
from assets.permissions import Permission, Viewer, require
from assets.sharing import Withheld
from assets.sql import chosen
from assets.vocabulary import CARE_WEEKS, AreaKind, LitterLevel, LookupKind, PlanReason, Shared, StreetState, Theme

#: How much a street needs by its level; 1 where nothing was measured.
NEEDS = {
    LitterLevel.a_plus: 0.5,
    LitterLevel.a: 0.75,
    LitterLevel.b: 1.0,
    LitterLevel.c: 1.5,
    LitterLevel.d: 2.0,
}
#: Hours per week that can be divided at most, and the highest minimum per 100 m: beyond these it is a typing error.
MOST_HOURS = 1_000_000.0
MOST_MINIMUM = 1_000.0
#: Hours per week from which a street counts as changed: what two decimals show.
CHANGED_HOURS = 0.005
#: Care and levels that differ by less are the same.
SAME = 1e-9


@dataclass(frozen=True)
class PlannedStreet:
    """A street part in the plan.

    Attributes:
        found: the street part with its state, its sample and the answer of the municipality.
        need: its weight, from the measured level.
        care: hours per week per 100 m by residents, over the past 13 weeks.
        service: hours per week per 100 m by the municipality.
        hours: hours per week by the municipality for the whole part.
        on_minimum: whether it gets the minimum (or its fraction) and no more.
    """

    found: StreetPartAnswer
    need: float
    care: float
    service: float
    hours: float
    on_minimum: bool

    @property
    def level(self) -> float:
        """Where care and service together stand, for a need of 1: the level of the plan, unless on the minimum."""
        return (self.care + self.service) / self.need


@dataclass(frozen=True)
class AreaHours:
    """How the hours fall in a neighbourhood (or the smallest area that is known).

    Attributes:
        code: None for street parts outside every area.
        rest: whether these are the streets of a larger area outside the areas in it; who lives there is unknown.
        length_m: metres of its streets.
        hours: hours per week by the municipality.
        care_hours: hours per week by residents.
        population: None when unknown.
    """

    code: str | None
    name: str | None
    rest: bool
    streets: int
    length_m: float
    hours: float
    care_hours: float
    population: int | None

    @property
    def per_1000(self) -> float | None:
        """Hours per week per 1,000 inhabitants; None when their number is unknown or nothing."""
        return self.hours * 1000 / self.population if self.population else None


@dataclass(frozen=True)
class Plan:
    """Service hours divided over the street parts of an area.

    Attributes:
        on: the day that the data is of.
        area: the area, with its number of inhabitants when known.
        hours: hours per week that were divided.
        minimum: hours per week per 100 m that everybody is to get.
        level: the one level, in hours per week per 100 m for a need of 1; None when the minimum is not reached.
        minimum_hours: hours per week that the minimum takes.
        fraction: the part of the minimum that everybody gets; 1 unless the hours are too few.
        streets: by name and number.
        neighbourhoods: by name; then what lies outside them, and outside every area.
        newest_activity_on: newest recorded activity of litter initiatives in the area, or None.
        newest_measurement_on: newest measurement in the area, or None.
        withheld: what communities here do not share; the plan reckons without it.
        care_withheld: whether some of that is what neighbours do for litter here.
    """

    on: date
    area: areas.AreaSummary
    hours: float
    minimum: float
    level: float | None
    minimum_hours: float
    fraction: float
    streets: tuple[PlannedStreet, ...]
    neighbourhoods: tuple[AreaHours, ...]
    newest_activity_on: date | None
    newest_measurement_on: date | None
    withheld: tuple[Withheld, ...] = ()
    care_withheld: bool = False

    def told(self, care: float) -> float | None:
        """Care as it is told: None where there is none and a community here shares none: so much is not known."""
        return None if care == 0 and self.care_withheld else care

    @property
    def activity_days(self) -> int | None:
        """Days since the newest activity: how far behind the plan may be."""
        return None if self.newest_activity_on is None else (self.on - self.newest_activity_on).days

    @property
    def measurement_days(self) -> int | None:
        """Days since the newest measurement."""
        return None if self.newest_measurement_on is None else (self.on - self.newest_measurement_on).days

    @property
    def per_1000(self) -> float | None:
        """Hours per week per 1,000 inhabitants of the area; None when their number is unknown or nothing."""
        return self.hours * 1000 / self.area.population if self.area.population else None


@dataclass(frozen=True)
class StreetChange:
    """What changed for one street part since an earlier day, and why."""

    before: PlannedStreet
    now: PlannedStreet
    reasons: tuple[PlanReason, ...]

    @property
    def difference(self) -> float:
        """Hours per week more (or less, when negative) than then."""
        return self.now.hours - self.before.hours


@dataclass(frozen=True)
class Changes:
    """The plan of an earlier day for the same hours and minimum, and the street parts that differ, most first."""

    earlier: Plan
    streets: tuple[StreetChange, ...]


def plan(
    session: Session,
    *,
    area: str,
    hours: float,
    minimum: float = 0.0,
    on: date,
    thresholds: Thresholds = CROW,
    activity_hours: float = 1.0,
    srid: int | None = None,
) -> Plan:
    """Service hours divided over the street parts of an area, by name.

    Rule: domain, Plan from the average. What communities do not share with the municipality is left out, as if it
    were not there (domain, Sharing).

    Args:
        session: reading what is public is enough.
        area: code of an area of any level.
        hours: hours per week to divide, 0 to 1,000,000.
        minimum: hours per week per 100 m that everybody gets, 0 to 1,000.
        on: the date that is asked about, 1900 to 2200.
        thresholds: from pieces of litter to levels.
        activity_hours: how long an activity lasted when nobody wrote it.
        srid: EPSG code of the geometry to return; none when None.

    Raises:
        NotFound: the area is not known.
        Invalid: a number or date that cannot be, with each fault; or there is no street in the area.
    """
    check(hours, minimum)
    where = areas.get(session, area)
    withheld = sharing.withheld(session, *answers.OF_THE_ANSWERS)
    left_out = sharing.left_out(withheld)
    shared = {"shared"} if left_out else set()
    found = answers.street_parts(
        session, on=on, area=area, thresholds=thresholds, by_name=True, srid=srid, withheld=withheld
    )
    if not found:
        raise Invalid.at(
            "area", "There are no streets in {area}, so there is nothing to divide hours over.", area=where.name
        )
    area_ids = areas.ids_within(session, area)
    binds = {"on": on, "theme": Theme.litter, "area_ids": area_ids, **left_out}
    more = {"days": CARE_WEEKS * 7, "hours": activity_hours}
    done = {
        row.street_part_id: row.care_hours
        for row in session.execute(chosen("plan_streets", frozenset({"in_area"} | shared)), {**binds, **more})
    }
    length = numpy.array([one.part.length_m / 100 for one in found])
    care = numpy.array([float(done.get(one.part.id, 0.0)) for one in found]) / CARE_WEEKS / length
    need = numpy.array([1.0 if one.sample is None else NEEDS[one.sample.level] for one in found])
    filled = fill(length, care, need, minimum=minimum, hours=hours)
    streets = _streets(found, need, care, filled, minimum)
    newest = session.execute(chosen("plan_newest", frozenset(shared)), binds).one()
    uncounted = sharing.here(session, withheld, area_ids=area_ids, theme=Theme.litter)
    states = [one for one in withheld if one.what is Shared.street_states]
    told = {*uncounted, *sharing.present(session, states, area_ids=area_ids)}
    return Plan(
        on=on,
        area=where,
        hours=hours,
        minimum=minimum,
        level=filled.level,
        minimum_hours=filled.minimum_hours,
        fraction=filled.fraction,
        streets=streets,
        neighbourhoods=_neighbourhoods(session, where, streets),
        newest_activity_on=newest.activity_on,
        newest_measurement_on=newest.measured_on,
        withheld=tuple(one for one in withheld if one in told),
        care_withheld=bool(uncounted),
    )


def check(hours: float, minimum: float) -> None:
    """Return when these can be hours per week and a minimum per 100 m; Invalid with each fault otherwise."""
    faults = [
        Fault(name, "This is a number of hours per week from 0 to {most:,.0f}.", {"most": most})
        for name, value, most in (("hours", hours, MOST_HOURS), ("minimum", minimum, MOST_MINIMUM))
        if not (math.isfinite(value) and 0 <= value <= most)
    ]
    if faults:
        raise Invalid("The hours cannot be divided.", faults=faults)


def _streets(
    found: Sequence[StreetPartAnswer], need: Any, care: Any, filled: Filled, minimum: float
) -> tuple[PlannedStreet, ...]:
    rows = zip(found, need.tolist(), care.tolist(), filled.service.tolist(), strict=True)
    return tuple(
        PlannedStreet(
            one, weight, done, service, service * (one.part.length_m / 100), filled.level is None or service <= minimum
        )
        for one, weight, done, service in rows
    )


def _neighbourhoods(
    session: Session, where: areas.AreaSummary, streets: Sequence[PlannedStreet]
) -> tuple[AreaHours, ...]:
    known = {one.code: one for one in areas.listing(session, within=where)}
    grouped: dict[str | None, list[PlannedStreet]] = {
        one.code: [] for one in known.values() if one.kind is AreaKind.neighbourhood
    }
    for street in streets:
        grouped.setdefault(street.found.part.area_code, []).append(street)
    divided = {
        larger
        for one in known.values()
        for larger in (one.parent_id, one.district_id, one.municipality_id)
        if larger is not None and larger != one.id
    }
    fallen = []
    for code, group in grouped.items():
        area = known.get(code or "")
        rest = area is not None and area.id in divided
        fallen.append(
            AreaHours(
                code=code,
                name=area.name if area else None,
                rest=rest,
                streets=len(group),
                length_m=math.fsum(one.found.part.length_m for one in group),
                hours=math.fsum(one.hours for one in group),
                care_hours=math.fsum(one.care * one.found.part.length_m / 100 for one in group),
                population=area.population if area and not rest else None,
            )
        )
    return tuple(
        sorted(fallen, key=lambda one: (one.name is None, one.rest, (one.name or "").casefold(), one.code or ""))
    )


def shown(
    session: Session,
    viewer: Viewer,
    *,
    area: str,
    hours: float,
    minimum: float = 0.0,
    on: date,
    since: date | None = None,
    as_file: bool = False,
    srid: int | None = None,
    thresholds: Thresholds = CROW,
    activity_hours: float = 1.0,
) -> tuple[Plan, Changes | None]:
    """The plan, and with `since` what changed, for whoever may see it; that they look is written down first.

    Every door to a plan goes through here. Arguments are those of `plan` and `changes`.

    Args:
        session: the transaction in which the look is written; where that fails, nothing is shown.
        viewer: who looks.
        as_file: whether they take the plan along.

    Raises:
        NotAllowed: the viewer may not see plans, or none of this area.
        NotFound, Invalid: as of `plan` and `changes`.
    """
    look(session, viewer, area=area, as_file=as_file)
    known: dict[str, Any] = {"thresholds": thresholds, "activity_hours": activity_hours}
    found = plan(session, area=area, hours=hours, minimum=minimum, on=on, srid=srid, **known)
    return found, None if since is None else changes(session, found, since=since, **known)


def look(session: Session, viewer: Viewer, *, area: str, as_file: bool = False) -> None:
    """Write down that this viewer looks at the plan of an area; NotAllowed for who may not, NotFound without area."""
    require(viewer, Permission.plan_read)
    where = areas.get(session, area)
    areas.require_municipality(session, viewer, where.id)
    lookups.note(session, viewer, LookupKind.export if as_file else LookupKind.plan, area_id=where.id)


# --- what changed ---


def changes(
    session: Session,
    now: Plan,
    *,
    since: date,
    thresholds: Thresholds = CROW,
    activity_hours: float = 1.0,
) -> Changes:
    """What changed since an earlier day: the plan for the same hours and minimum with the data of that day, and why.

    Streets carry no date of their own: both plans are over the streets that are on the map now.

    Args:
        session: reading what is public is enough.
        now: the plan to compare.
        since: the earlier day.
        thresholds: from pieces of litter to levels.
        activity_hours: how long an activity lasted when nobody wrote it.

    Raises:
        Invalid: the day is not before that of the plan, or lies before 1900.
    """
    if since >= now.on:
        raise Invalid.at("since", "This day must lie before the day of the plan.")
    earlier = plan(
        session, area=now.area.code, hours=now.hours, minimum=now.minimum, on=since, thresholds=thresholds,
        activity_hours=activity_hours,
    )  # fmt: skip
    known = {one.found.part.id: one for one in earlier.streets}
    pairs = [(known[one.found.part.id], one) for one in now.streets if one.found.part.id in known]
    moved = _moved(earlier, now)
    different = [
        StreetChange(before, after, _reasons(before, after, moved))
        for before, after in pairs
        if abs(after.hours - before.hours) >= CHANGED_HOURS
    ]
    return Changes(earlier, tuple(sorted(different, key=lambda one: (-abs(one.difference), one.now.found.part.id))))


def _moved(before: Plan, now: Plan) -> PlanReason | None:
    """Which way the level went; below the minimum the fraction of it."""
    then, today = ((one.level is not None, one.level or one.fraction) for one in (before, now))
    if then[0] == today[0] and math.isclose(then[1], today[1], rel_tol=SAME):
        return None
    return PlanReason.level_rose if today > then else PlanReason.level_fell


def _reasons(before: PlannedStreet, now: PlannedStreet, moved: PlanReason | None) -> tuple[PlanReason, ...]:
    """What differs of this street itself, and that the level moved when that is (part of) it."""
    reasons = []
    began, ended = (_cared_for(one) for one in (now, before))
    if began and not ended:
        reasons.append(PlanReason.initiative_began)
    elif ended and not began:
        reasons.append(PlanReason.initiative_ended)
    if now.care > before.care + SAME:
        reasons.append(PlanReason.more_care)
    elif now.care < before.care - SAME:
        reasons.append(PlanReason.less_care)
    if (measured := _measured(before, now)) is not None:
        reasons.append(measured)
    if moved is not None:
        reasons.append(moved)
    return tuple(reasons)


def _cared_for(street: PlannedStreet) -> bool:
    return street.found.state in (StreetState.carried, StreetState.partly)


def _measured(before: PlannedStreet, now: PlannedStreet) -> PlanReason | None:
    then, today = before.found.sample, now.found.sample
    if before.need == now.need:
        return None
    if then is None or today is None:
        return PlanReason.first_measurement if then is None else PlanReason.measurement_expired
    cleaner = litter.reaches(today.level, then.level)
    return PlanReason.measured_cleaner if cleaner else PlanReason.measured_less_clean
