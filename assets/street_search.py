"""Finding the one street that someone means, by its name and what else they said."""

from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from assets.errors import Invalid, message
from assets.sql import statement


def shape(wkb: Any) -> BaseGeometry:
    """The shapely geometry of WKB that the database returned."""
    return shapely.from_wkb(bytes(wkb))


def the_street(
    session: Session,
    *,
    name: str | None = None,
    street_id: int | None = None,
    area: str | None = None,
    near: BaseGeometry | None = None,
    pointer: str = "/street",
) -> int:
    """The id of the street that is meant.

    Args:
        name: as written; case and accents do not matter when nothing fits exactly.
        street_id: when given, only checked.
        area: code of an area of any level that the street is in.
        near: a shape in the storage CRS; of several streets of one name the nearest is meant.

    Raises:
        Invalid: when there is no such street (with look-alikes), or several and nothing tells them apart.
    """
    rows = session.execute(
        statement("find_street"),
        {"name": name, "street_id": street_id, "area": area, "near": near.wkb if near is not None else None},
    ).all()
    exact = [row for row in rows if row.fit == 0]
    if not exact:
        if street_id is not None and name is None:
            raise Invalid.at(pointer, "There is no street with the number {id}.", id=street_id)
        alike = ", ".join(dict.fromkeys(row.name for row in rows))
        told = {
            (False, False): message("There is no street called {name}."),
            (False, True): message("There is no street called {name}. Perhaps you mean: {alike}."),
            (True, False): message("There is no street called {name} in {area}."),
            (True, True): message("There is no street called {name} in {area}. Perhaps you mean: {alike}."),
        }[bool(area), bool(alike)]
        raise Invalid.at(pointer, told, name=name, area=area, alike=alike)
    if len(exact) > 1 and near is None:
        places = ", ".join(f"{row.name} in {row.place or 'an unknown place'} (street_id {row.id})" for row in exact)
        told = message("There are several streets called {name}; say which one: {places}.")
        raise Invalid.at(pointer, told, name=name, places=places)
    return int(exact[0].id)
