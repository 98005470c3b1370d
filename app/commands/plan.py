"""`vuurtoren plan`: service hours over streets, counting what neighbours do themselves."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.options import On, Out, day, deliver, need_file, one_of, print_table
from app.commands.session import open_session

if TYPE_CHECKING:
    from assets.plan import Changes, Plan

FILE_FORMATS = ("csv", "geojson", "gpkg", "xlsx")
HEADS = ("street", "neighbourhood", "length_m", "level", "need", "care_per_100_m", "service_per_100_m", "hours")


def plan(
    area: Annotated[str, typer.Option("--area", help="Code of an area of any level.", show_default=False)],
    hours: Annotated[float, typer.Option("--hours", help="Hours per week to divide.", show_default=False)],
    minimum: Annotated[float, typer.Option("--minimum", help="Hours per week per 100 m that every street gets.")] = 0.0,
    on: On = None,
    since: Annotated[str | None, typer.Option("--since", help="An earlier day: what changed since, and why.")] = None,
    format: Annotated[str, typer.Option("--format", help=f"table, {', '.join(FILE_FORMATS)}.")] = "table",
    out: Out = None,
) -> None:
    """Divide service hours so that all streets end on one level; what neighbours do counts along.

    That the operator looked is written down, and shown to all on /lookups.

    Example: vuurtoren plan --area BU99990101 --hours 40 --minimum 0.1
    """
    one_of(format, ("table", *FILE_FORMATS), "--format")
    asked, earlier = day(on), None if since is None else day(since, "--since")
    need_file(format, out)
    with open_session() as session:
        from app import settings
        from assets import crs
        from assets import plan as domain
        from assets.permissions import OPERATOR

        chosen = settings.load()
        srid = crs.storage(session).srid
        found, changes = domain.shown(
            session, OPERATOR, area=area, hours=hours, minimum=minimum, on=asked, since=earlier,
            as_file=format != "table", srid=None if format == "table" else srid,
            thresholds=chosen.litter, activity_hours=chosen.activity_hours,
        )  # fmt: skip
    if format == "table":
        _print(found, changes)
    else:
        deliver(_file(found, changes, format, srid), out)


def _file(found: "Plan", changes: "Changes | None", format: str, srid: int) -> bytes:
    from assets import exports, plan_files

    return exports.written(
        plan_files.records(found, changes),
        file_format=exports.FileFormat(format),
        columns=plan_files.columns(changes),
        layer="plan",
        srid=srid,
        about=_as_one(_about(found, changes)),
    )


def _as_one(told: list[tuple[str, Any]]) -> dict[str, str]:
    """Each word once, with its values one behind another."""
    names = dict.fromkeys(name for name, _ in told)
    return {name: " · ".join(str(value) for word, value in told if word == name) for name in names}


def _about(found: "Plan", changes: "Changes | None") -> list[tuple[str, Any]]:
    """What the plan is about, in words and values."""
    unknown = "unknown"
    no_activity = "not shared" if found.care_withheld else unknown
    told = [
        ("area", f"{found.area.name} ({found.area.code})"),
        ("on", found.on),
        ("hours per week", f"{found.hours:g}"),
        ("minimum per 100 m", f"{found.minimum:g}"),
        ("the minimum takes", f"{found.minimum_hours:.2f}"),
        ("level", f"not reached: everybody gets {found.fraction:.1%} of the minimum"
         if found.level is None else f"{found.level:.4f} hours per week per 100 m"),
        ("days since the newest activity", no_activity if found.activity_days is None else found.activity_days),
        ("days since the newest measurement", unknown if found.measurement_days is None else found.measurement_days),
        ("hours per 1,000 inhabitants", unknown if found.per_1000 is None else f"{found.per_1000:.2f}"),
        *(
            ("not shared", f"{one.name}: {one.what}" + (f" ({one.reason})" if one.reason else ""))
            for one in found.withheld
        ),
    ]  # fmt: skip
    return told if changes is None else [*told, ("compared with", changes.earlier.on)]


def _print(found: "Plan", changes: "Changes | None") -> None:
    print_table(
        HEADS,
        [
            (
                one.found.part.name,
                one.found.part.neighbourhood or one.found.part.municipality,
                f"{one.found.part.length_m:.0f}",
                one.found.sample.level if one.found.sample else "unknown",
                f"{one.need:g}",
                "not shared" if found.told(one.care) is None else f"{one.care:.3f}",
                f"{one.service:.3f}",
                f"{one.hours:.2f}",
            )
            for one in found.streets
        ],
    )
    typer.echo()
    print_table(
        ("neighbourhood", "streets", "hours", "care_hours", "hours_per_1000"),
        [
            (
                f"{one.name}, elsewhere" if one.rest else one.name or "outside every area",
                one.streets,
                f"{one.hours:.2f}",
                "not shared" if found.told(one.care_hours) is None else f"{one.care_hours:.2f}",
                "unknown" if one.per_1000 is None else f"{one.per_1000:.2f}",
            )
            for one in found.neighbourhoods
        ],
    )
    if changes is not None:
        typer.echo()
        print_table(
            ("street", "hours_before", "hours", "reasons"),
            [
                (
                    one.now.found.part.name,
                    f"{one.before.hours:.2f}",
                    f"{one.now.hours:.2f}",
                    ", ".join(str(reason) for reason in one.reasons),
                )
                for one in changes.streets
            ],
        )
    for name, value in _about(found, changes):
        typer.echo(f"{name}: {value}", err=True)
