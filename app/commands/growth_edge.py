"""`vuurtoren streets --growth-edge`: streets without an initiative, those nearest to energy first."""

from datetime import date
from typing import TYPE_CHECKING, Any

import typer

from app.commands.options import print_table

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from assets.growth_edge import GrowthEdgeStreet

HEADS = ("street", "neighbourhood", "length_m", "state", "nearest_energy_m", "nearest_street", "lives_within_200_m")


def answer(session: "Session", *, area: str | None, theme: str, on: date, srid: int | None) -> "list[GrowthEdgeStreet]":
    """The whole growth edge, with its geometry in `srid` when it is for a file."""
    from assets import growth_edge
    from assets.vocabulary import Theme

    wanted = None if theme == "any" else Theme(theme)
    return list(growth_edge.streets(session, on=on, area=area, theme=wanted, srid=srid).rows)


def file(rows: "list[GrowthEdgeStreet]", format: str, srid: int, about: dict[str, str]) -> bytes:
    """The rows as a file."""
    from assets import exports

    return exports.written(
        exports.growth_edge_records(rows),
        file_format=exports.FileFormat(format),
        columns=exports.GROWTH_EDGE_COLUMNS,
        layer="growth_edge",
        srid=srid,
        about=about,
    )


def show(rows: "list[GrowthEdgeStreet]") -> None:
    """A table for people on a terminal, tabs between the columns elsewhere."""
    print_table(HEADS, [_line(row) for row in rows])
    known = sum(row.nearest_energy_m is not None for row in rows)
    typer.echo(f"{len(rows)} street parts without an initiative, {known} within 5 km of a carried one", err=True)


def _line(row: "GrowthEdgeStreet") -> tuple[Any, ...]:
    from assets.people_told import FEWER

    street, lives = row.street, row.lives
    figures = [*lives.kinds.items(), *((f"gift of {gift}", count) for gift, count in lives.gifts.items())]
    return (
        street.name,
        street.neighbourhood or street.municipality or "",
        f"{street.length_m:.0f}",
        str(street.state),
        "further than 5 km, or no way known" if row.nearest_energy_m is None else f"{row.nearest_energy_m:.0f}",
        row.nearest_street,
        ", ".join(f"{FEWER if count is None else count} {word}" for word, count in figures if count != 0),
    )
