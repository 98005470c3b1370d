"""Look-alikes: what may be the same as an entry that someone is about to put on the map.

They are offered and never forced: two sewing clubs in one street are two sewing clubs.
"""

from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from assets import crs
from assets.sql import chosen
from assets.vocabulary import AssetKind

#: As near as this, in metres, things of one kind and name in a town are taken for one.
NEAR_M = 100.0
#: Titles as alike as this, from 0 to 1, are offered.
LEAST = 0.4


@dataclass(frozen=True)
class LookAlike:
    """An entry that may be the same.

    Attributes:
        language: the code of that of the title.
        area_name: the area that it is in; None when that is not known.
        street: the street that is named with it.
        metres: how far away it is.
        likeness: how alike the titles are, 0 to 1.
    """

    id: int
    title: str
    language: str
    area_name: str | None
    street: str | None
    metres: float
    likeness: float


def find(
    session: Session,
    *,
    kind: AssetKind,
    title: str,
    near: BaseGeometry | None,
    archive: bool = False,
    but: int | None = None,
) -> list[LookAlike]:
    """Entries of the same kind within 100 m with a similar title, the likest first; none without a place.

    Args:
        session: of the public role, or one that may read everything when `archive`.
        kind: what it is.
        title: as typed.
        near: where it is, in the storage CRS.
        archive: also what only builders may see; else what is public.
        but: the entry that is being changed.
    """
    if near is None:
        return []
    at = shapely.set_srid(near, crs.storage(session).srid)
    binds: dict[str, Any] = {
        "kind": kind.value,
        "title": title,
        "near": shapely.to_wkb(at, hex=True, include_srid=True),
    }
    switches = {"archive" if archive else "published"}
    if but is not None:
        switches.add("except")
        binds |= {"except": but}
    rows = session.execute(chosen("look_alikes", frozenset(switches)), {**binds, "metres": NEAR_M, "least": LEAST})
    return [LookAlike(**row._asdict()) for row in rows]
