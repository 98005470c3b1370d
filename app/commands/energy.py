"""`vuurtoren energy`: how much neighbours did, of areas, of streets, or activity by activity."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.options import Area, On, Out, day, deliver, need_file, one_of, print_table
from app.commands.session import open_session

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

WHOSE = ("areas", "streets", "activities")
FORMATS = ("table", "csv", "xlsx")
COLUMNS = {
    "areas": ("code", "name", "kind", "energy", "population", "energy_per_1000"),
    "streets": ("id", "name", "neighbourhood", "area_code", "length_m", "energy", "last_activity_on"),
    "activities": ("id", "asset_id", "title", "kind", "held_on", "participants", "share", "weight"),
}
MOST_ACTIVITIES = 100_000


def energy(
    area: Area = None,
    by: Annotated[str, typer.Option("--by", help=f"One of {', '.join(WHOSE)}.")] = "areas",
    on: On = None,
    format: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")] = "table",
    out: Out = None,
) -> None:
    """Show how much neighbours did, by how many took part and how long ago it was.

    Example: vuurtoren energy --area GM9999 --by streets
    """
    one_of(by, WHOSE, "--by")
    one_of(format, FORMATS, "--format")
    if by == "activities" and area is None:
        raise typer.BadParameter("Name the area whose figure is to be unfolded.", param_hint="--area")
    asked = day(on)
    need_file(format, out)
    with open_session(public=True) as session:
        records = _records(session, by, area, asked)
        if format != "table":
            from assets import exports

            about = {"what": f"energy of {by}", "area": area or "", "on": asked.isoformat()}
            body = exports.written(
                records, file_format=exports.FileFormat(format), columns=COLUMNS[by], layer=by, srid=0, about=about
            )
            deliver(body, out)
            return
    print_table(COLUMNS[by], [[record[name] for name in COLUMNS[by]] for record in records])


def _records(session: "Session", by: str, area: str | None, on: date) -> list[dict[str, Any]]:
    """The rows, with figures rounded as in the API."""
    from assets import energy, energy_listed

    if by == "areas":
        return [
            {
                "code": one.code,
                "name": one.name,
                "kind": one.kind.value,
                "energy": round(one.energy, 3),
                "population": one.population,
                "energy_per_1000": None if one.per_1000 is None else round(one.per_1000, 3),
            }
            for one in energy.of_areas(session, on=on, area=area)
        ]
    if by == "streets":
        return [
            {name: getattr(row, name) for name in COLUMNS["streets"]}
            | {"energy": round(row.energy, 3), "length_m": round(row.length_m, 1)}
            for row in energy_listed.street_parts(session, on=on, area=area).rows
        ]
    found = energy.unfold(session, on=on, area=area, limit=MOST_ACTIVITIES)
    return [
        {
            "id": one.id,
            "asset_id": one.asset_id,
            "title": one.title,
            "kind": one.kind.value,
            "held_on": one.held_on,
            "participants": one.participants,
            "share": round(one.share, 4),
            "weight": round(one.weight, 3),
        }
        for one in found.activities
    ]
