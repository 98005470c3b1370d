"""What the energy of all street parts in a box is made of, on any day at once: for a map that asks nobody later."""

from dataclasses import dataclass
from datetime import date

from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import energy
from assets.features import in_box
from assets.vocabulary import ActivityKind


@dataclass(frozen=True)
class Deed:
    """An activity of an entry."""

    held_on: date
    participants: int
    kind: ActivityKind


@dataclass(frozen=True)
class Giver:
    """An entry that gives energy to street parts.

    Attributes:
        counts_on: days on which it counts, as pairs of a first day and the day after the last (None: no end).
        deeds: all its activities, the newest first.
    """

    title: str
    counts_on: tuple[tuple[date | None, date | None], ...]
    deeds: tuple[Deed, ...]


@dataclass(frozen=True)
class Made:
    """Givers by number, and for each street part its (number of the giver, share of each deed that counts there)."""

    givers: dict[int, Giver]
    shares: dict[int, list[tuple[int, float]]]


def of_streets(session: Session, *, within: BaseGeometry) -> Made:
    """What all street parts in the box of this shape (in the storage CRS) have their energy from.

    With it the energy of any day can be told without the database, as `energy.unfold` does with it.
    """
    rows = energy.ask(session, "energy_made", {"always": {"box": in_box(session, within)["box"]}}).all()
    query = text(
        "SELECT asset_id, held_on, participants, kind FROM published_activity WHERE asset_id = ANY (:ids)"
        " ORDER BY asset_id, held_on DESC, id DESC"
    )
    deeds: dict[int, list[Deed]] = {}
    for one in session.execute(query, {"ids": sorted({row.asset_id for row in rows})}):
        deeds.setdefault(one.asset_id, []).append(Deed(one.held_on, one.participants, ActivityKind(one.kind)))
    givers: dict[int, Giver] = {}
    shares: dict[int, list[tuple[int, float]]] = {}
    for row in rows:
        shares.setdefault(row.street_part_id, []).append((row.asset_id, float(row.share)))
        if row.asset_id not in givers:
            days = tuple((part.lower, part.upper) for part in row.counts_on)
            givers[row.asset_id] = Giver(row.title, days, tuple(deeds.get(row.asset_id, ())))
    return Made(givers, shares)
