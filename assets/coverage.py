"""Coverage: the state of every street part for a theme, an area and a date. The main question of Vuurtoren."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from assets import areas, crs, energy
from assets.drafts import FIRST_DAY, LAST_DAY
from assets.errors import Invalid, NotFound
from assets.sql import chosen
from assets.vocabulary import ASKED_MONTHS, CARRIED_SHARE, Initiative, StreetState, Theme

#: CRSs in degrees, written with seven decimals; others are in metres, with three.
DEGREES = (crs.WGS84, crs.ETRS89)
#: The states that each filter on initiatives lets through.
STATES_OF = {
    Initiative.none: (StreetState.asked, StreetState.unasked),
    Initiative.any: (StreetState.carried, StreetState.partly),
}
#: More rows than this are no page but a whole answer, for which another way is faster.
MOST_ON_A_PAGE = 10_000
#: The states that only a part under an initiative can have.
WITH_INITIATIVE = {StreetState.carried, StreetState.partly}


@dataclass(frozen=True)
class StreetPartCoverage:
    """A street part with its state.

    Attributes:
        id: number of the street part.
        street_id: number of its street.
        name: of the street.
        municipality_code: as imported, or None.
        municipality: name of the municipality, or None.
        area_code: code of the smallest area that holds it, or None.
        neighbourhood: name of the neighbourhood, or None.
        length_m: metres in the storage CRS.
        covered_m: metres under at least one active initiative of the theme.
        share: covered_m / length_m, 0 to 1.
        state: by the rule Carried.
        addresses: number of addresses, or None when unknown.
        last_activity_on: last day something happened of an initiative here, up to the date asked.
        last_conversation_on: last day neighbours were spoken with here, up to the date asked.
        energy: of every theme together, on the date asked (assets/energy.py).
        geometry: GeoJSON text in the CRS asked, or None.
    """

    id: int
    street_id: int
    name: str
    municipality_code: str | None
    municipality: str | None
    area_code: str | None
    neighbourhood: str | None
    length_m: float
    covered_m: float
    share: float
    state: StreetState
    addresses: int | None
    last_activity_on: date | None
    last_conversation_on: date | None
    energy: float
    geometry: str | None = None

    def shape(self) -> BaseGeometry | None:
        """The geometry as shapely lines, when it was asked for."""
        from shapely.geometry import shape

        return None if self.geometry is None else shape(json.loads(self.geometry))


@dataclass(frozen=True)
class StateTotal:
    """How much is in one state: street parts, distinct streets, metres of them, metres covered."""

    parts: int = 0
    streets: int = 0
    length_m: float = 0.0
    covered_m: float = 0.0


def street_parts(
    session: Session,
    *,
    on: date,
    area: str | None = None,
    theme: Theme | None = None,
    initiative: Initiative | None = None,
    state: StreetState | None = None,
    within: BaseGeometry | None = None,
    street_part_id: int | None = None,
    by_name: bool = False,
    after: tuple[str, int] | None = None,
    limit: int | None = None,
    srid: int | None = None,
    flip: bool = False,
    left_out: Mapping[str, Any] | None = None,
) -> list[StreetPartCoverage]:
    """Street parts with their state for a theme on a date.

    Rule: domain, Carried. One set query over the kept links between stretches and street parts.

    Args:
        session: reading what is public is enough.
        on: the date that is asked about, 1900 to 2200.
        area: code of an area of any level; everything when None.
        theme: of the initiatives that count; any theme when None.
        initiative: only parts without (none) or with (any) an active initiative.
        state: only parts in this state.
        within: only parts that touch this polygon, in the storage CRS.
        street_part_id: only this part.
        by_name: order by name and id instead of id.
        after: the (name, id) of the last row of the page before.
        limit: at most so many rows.
        srid: EPSG code of the geometry to return; none when None.
        flip: return y before x, for CRSs whose authority wants it.
        left_out: what communities do not share, of `sharing.left_out`: for what is made for the municipality.

    Raises:
        NotFound: the area is not known.
        Invalid: the date lies outside 1900 to 2200.
    """
    wanted = None if initiative is None else set(STATES_OF[initiative])
    if state is not None:
        wanted = {state} if wanted is None else wanted & {state}
    if wanted is not None and not wanted:
        return []
    order = "by_name" if by_name else "by_id"
    binds = _binds(session, on=on, area=area, theme=theme, within=within)
    narrow = area is not None or within is not None
    if street_part_id is not None:
        binds["one"] = {"id": street_part_id}
    if wanted is not None:
        # "none" and "any" are told by the metres alone, which the planner can estimate; a state it cannot
        if wanted == set(STATES_OF[Initiative.none]):
            binds["uncovered"] = {}
        else:
            binds["states"] = {"states": sorted(word.value for word in wanted)}
        if wanted <= WITH_INITIATIVE:
            binds["linked"] = {}
    # A page needs the state of its own parts only: in an area they are sorted first, elsewhere an index has the order.
    one_page = limit is not None and limit <= MOST_ON_A_PAGE
    binds["each" if narrow or one_page or street_part_id is not None else "everywhere"] = {}
    if one_page and (narrow or by_name or "linked" in binds):
        binds[f"in_order_{order}"] = {}
    if after is not None:
        binds[f"after_{order}"] = {"after_name": after[0], "after_id": after[1]} if by_name else {"after_id": after[1]}
    if limit is not None:
        binds["limit"] = {"most": limit}
    if srid is not None:
        binds["flipped" if flip else "geometry"] = {"srid": srid, "decimals": 7 if srid in DEGREES else 3}
    if left_out:
        binds["shared"] = dict(left_out)
    rows = _ask(session, "street_coverage", {**binds, order: {}, "energy": energy.RULE})
    # names once for all rows: asking each row for its own takes as long as the database does
    names = tuple(rows.keys())
    found = [dict(zip(names, row, strict=True)) for row in rows]
    return [StreetPartCoverage(**{**values, "state": StreetState(values["state"])}) for values in found]


def street_part(
    session: Session,
    street_part_id: int,
    *,
    on: date,
    theme: Theme | None = None,
    srid: int | None = None,
    flip: bool = False,
) -> StreetPartCoverage:
    """One street part with its state; NotFound when there is none with this number."""
    found = street_parts(session, on=on, theme=theme, street_part_id=street_part_id, srid=srid, flip=flip)
    if not found:
        raise NotFound("There is no street part with the number {id}.", id=street_part_id)
    return found[0]


def totals(
    session: Session,
    *,
    on: date,
    area: str | None = None,
    theme: Theme | None = None,
    within: BaseGeometry | None = None,
) -> dict[StreetState, StateTotal]:
    """For each of the four states how many street parts, streets and metres are in it, in the order of StreetState."""
    binds = _binds(session, on=on, area=area, theme=theme, within=within)
    binds["everywhere" if area is None and within is None else "each"] = {}
    rows = _ask(session, "street_totals", binds)
    found = {
        StreetState(row.state): StateTotal(row.parts, row.streets, float(row.length_m), float(row.covered_m))
        for row in rows
    }
    return {state: found.get(state, StateTotal()) for state in StreetState}


def _binds(
    session: Session, *, on: date, area: str | None, theme: Theme | None, within: BaseGeometry | None
) -> dict[str, dict[str, Any]]:
    """The switches of the .sql files that are on, each with its binds; those of "always" have no switch."""
    if not FIRST_DAY <= on <= LAST_DAY:
        raise Invalid.at("on", "The year must be between 1900 and 2200.")
    rule = {"theme": theme, "on": on, "asked_months": ASKED_MONTHS, "carried_share": CARRIED_SHARE}
    binds: dict[str, dict[str, Any]] = {"always": rule}
    if area is not None:
        binds["area"] = {"area_ids": areas.ids_within(session, area)}
    if within is not None:
        binds["within"] = {"within": within.wkb, "storage_srid": crs.storage(session).srid}
    return binds


def _ask(session: Session, name: str, binds: dict[str, dict[str, Any]]) -> Any:
    """The rows of a statement with these switches on."""
    values = {key: value for given in binds.values() for key, value in given.items()}
    return session.execute(chosen(name, frozenset(binds)), values)
