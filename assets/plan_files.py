"""The plan as records for files and for JSON: one per street part."""

from collections.abc import Iterable
from typing import Any

from assets.plan import Changes, Plan, PlannedStreet
from assets.sharing import Withheld
from assets.vocabulary import Shared

#: Columns of a plan, in the order of the files. Hours are not rounded, so that they add up to what was divided.
PLAN_COLUMNS = (
    "street_part_id",
    "name",
    "municipality",
    "neighbourhood",
    "area_code",
    "length_m",
    "state",
    "level",
    "measured_on",
    "boxes",
    "need",
    "care_per_100_m",
    "service_per_100_m",
    "hours",
    "on_minimum",
    "ambition",
    "answer",
    "not_shared",
)
#: What a file has more when there is an earlier day to compare with.
CHANGE_COLUMNS = ("hours_before", "difference", "reasons")


def columns(changes: Changes | None) -> tuple[str, ...]:
    """The columns of a plan, with or without what changed."""
    return PLAN_COLUMNS if changes is None else (*PLAN_COLUMNS, *CHANGE_COLUMNS)


def record(plan: Plan, street: PlannedStreet) -> dict[str, Any]:
    """A street part of the plan by the names of PLAN_COLUMNS.

    State and care are None where they are not shared; `not_shared` names what is not: street_states, activity_counts.
    """
    part, sample = street.found.part, street.found.sample
    return {
        "street_part_id": part.id,
        "name": part.name,
        "municipality": part.municipality,
        "neighbourhood": part.neighbourhood,
        "area_code": part.area_code,
        "length_m": round(part.length_m, 1),
        "state": str(street.found.state) if street.found.state else None,
        "level": str(sample.level) if sample else None,
        "measured_on": sample.measured_on if sample else None,
        "boxes": sample.boxes if sample else 0,
        "need": street.need,
        "care_per_100_m": plan.told(street.care),
        "service_per_100_m": street.service,
        "hours": street.hours,
        "on_minimum": street.on_minimum,
        "ambition": str(street.found.ambition) if street.found.ambition else None,
        "answer": str(street.found.answer) if street.found.answer else None,
        "not_shared": ", ".join(not_shared(plan, street)),
    }


def not_shared(plan: Plan, street: PlannedStreet) -> tuple[Shared, ...]:
    """What is not told of this street part because a community here does not share it."""
    lacks = {Shared.street_states: street.found.state is None, Shared.activity_counts: plan.told(street.care) is None}
    return tuple(what for what, lacking in lacks.items() if lacking)


def withheld(found: Iterable[Withheld]) -> list[dict[str, str]]:
    """What communities do not share, for JSON."""
    return [{"community": one.slug, "name": one.name, "what": one.what.value, "reason": one.reason} for one in found]


def records(plan: Plan, changes: Changes | None = None) -> list[dict[str, Any]]:
    """Every street part of the plan, with what changed and `geometry` where they were asked for."""
    known = {} if changes is None else {one.now.found.part.id: one for one in changes.streets}
    then = {} if changes is None else {one.found.part.id: one.hours for one in changes.earlier.streets}
    found = []
    for street in plan.streets:
        number = street.found.part.id
        row = {"id": number, **record(plan, street), "geometry": street.found.part.shape()}
        if changes is not None:
            before = then.get(number)
            row["hours_before"] = before
            row["difference"] = None if before is None else street.hours - before
            row["reasons"] = [str(reason) for reason in known[number].reasons] if number in known else []
        found.append(row)
    return found
