"""Energy: what neighbours did together, weighed by how many took part and how long ago it was.

An activity weighs sqrt(participants) and halves every 90 days; a confirmation is an activity of one participant. It
goes to the street parts of its asset: shared by metres covered for a street initiative, to the nearest street part for
a club or a place. What persons do counts for their area only, so that no street tells on anyone. It counts on a day
when its asset counts on that day. Rule: docs/glossary.md, Energy.

Exponential decay adds up: what is kept is one sum per asset and street part at a fixed epoch, made anew in the
transaction that writes (`keep`). Any later day is that sum times one power of two; for an earlier day the activities
up to then are added up. docs/decisions/0016 says why the sum is kept per asset and not per street part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry
from sqlalchemy import BigInteger, CheckConstraint, Date, Double, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import DATEMULTIRANGE
from sqlalchemy.orm import Mapped, Session, mapped_column

from assets import areas, streets  # noqa: F401 - the table its rows refer to
from assets.base import Base
from assets.drafts import FIRST_DAY, LAST_DAY
from assets.errors import Invalid, NotFound, TooLarge
from assets.features import in_box
from assets.sql import chosen
from assets.vocabulary import ActivityKind, AreaKind, AssetKind

#: Days in which the weight of an activity halves (domain rule Energy).
HALF_LIFE_DAYS = 90
#: Inhabitants from which on energy is told per 1,000 of them: among 5 people one round with bags would outshine a city.
FEWEST_INHABITANTS = 100
#: The day at which all kept sums stand. Any day would do; from here 1900 and 2200 both fit a double.
EPOCH = date(2000, 1, 1)
#: A club or place gives its energy to its nearest street part within so many metres; beyond it to its area only.
NEAREST_M = 250.0
#: Months in one series at most: ten years.
MOST_MONTHS = 121
#: Shares of street parts times days in one series at most: a large city over ten years, in a few seconds.
MOST_FIGURES = 2_000_000


class EnergyShare(Base):
    """What one asset adds to the energy of one street part, or of its area only: a kept row, derived from activities.

    `share` is the part of each activity that goes here (0 to 1), `energy_at_epoch` the weight of all of them on EPOCH,
    share included, `last_on` the day of the newest, `counts_on` the days on which the asset is active (none while it
    is not published).
    """

    __tablename__ = "energy_share"
    __table_args__ = (
        CheckConstraint("share > 0 AND share <= 1", name="share"),
        CheckConstraint("energy_at_epoch > 0 AND energy_at_epoch < 'Infinity'", name="energy"),
        Index(
            "uq_energy_share_identity", "asset_id", "street_part_id", unique=True, postgresql_nulls_not_distinct=True
        ),
        Index("ix_energy_share_street_part_id", "street_part_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id", ondelete="CASCADE"))
    street_part_id: Mapped[int | None] = mapped_column(ForeignKey("street_part.id", ondelete="CASCADE"))
    share: Mapped[float] = mapped_column(Double)
    energy_at_epoch: Mapped[float] = mapped_column(Double)
    last_on: Mapped[date] = mapped_column(Date)
    counts_on: Mapped[Any] = mapped_column(DATEMULTIRANGE, server_default=text("'{}'"))


@dataclass(frozen=True)
class StreetPartEnergy:
    """The energy of one street part; it has no unit: one person yesterday is nearly 1."""

    id: int
    energy: float


@dataclass(frozen=True)
class AreaEnergy:
    """The energy of an area.

    Attributes:
        population: inhabitants, or None when unknown.
        per_1000: energy per 1,000 inhabitants; None when there are fewer than FEWEST_INHABITANTS or their number
            is unknown.
    """

    code: str
    name: str
    kind: AreaKind
    energy: float
    population: int | None

    @property
    def per_1000(self) -> float | None:
        """Energy per 1,000 inhabitants; None when they are few or their number is unknown."""
        if self.population is None or self.population < FEWEST_INHABITANTS:
            return None
        return self.energy * 1000 / self.population


@dataclass(frozen=True)
class EnergyActivity:
    """One activity as a part of a figure.

    Attributes:
        id: number of the activity.
        language: the code of that of the title.
        share: the part of it that counts here, 0 to 1.
        weight: what it adds to the figure on the day asked, share included.
    """

    id: int
    asset_id: int
    title: str
    language: str
    asset_kind: AssetKind
    kind: ActivityKind
    held_on: date
    participants: int
    share: float
    weight: float


@dataclass(frozen=True)
class Unfolded:
    """A figure with the activities that it is made of.

    Attributes:
        energy: the figure: the weights of all activities together.
        activities: the heaviest first, up to the limit.
        others: weight of those that the limit left out.
    """

    energy: float
    activities: tuple[EnergyActivity, ...]
    others: float


# --- keeping ---


def keep(session: Session, asset_ids: Sequence[int] | None) -> None:
    """Make what these assets add to energy anew from their activities (None: of all assets).

    Called in every transaction that writes an activity, the dates, state or place of an asset, or streets.
    """
    if asset_ids is not None and not asset_ids:
        return
    session.flush()
    session.execute(
        chosen("keep_energy", frozenset()),
        {"ids": None if asset_ids is None else list(asset_ids), **RULE, "reach_m": NEAREST_M},
    )


def keep_near_streets(session: Session, street_ids: Sequence[int]) -> None:
    """Bring energy in line with streets that changed: of what is on them, gave to them, or lies within reach."""
    found = session.execute(
        chosen("energy_near_streets", frozenset()), {"street_ids": list(street_ids), "reach_m": NEAREST_M}
    )
    keep(session, list(found.scalars()))


# --- asking ---

RULE: dict[str, Any] = {"epoch": EPOCH, "half_life": HALF_LIFE_DAYS}


def street_parts(
    session: Session,
    *,
    on: date,
    area: str | None = None,
    within: BaseGeometry | None = None,
    ids: Sequence[int] | None = None,
) -> list[StreetPartEnergy]:
    """Street parts with their energy on a day, by id; those without any are left out.

    Args:
        session: reading what is public is enough.
        on: the day, 1900 to 2200; before the newest activity only what had happened by then counts.
        area: code of an area of any level; everything when None.
        within: only street parts in the box of this shape, in the storage CRS.
        ids: only these street parts.

    Raises:
        NotFound: the area is not known.
        Invalid: the day lies outside 1900 to 2200.
    """
    binds = binds_of(session, on=on, area=area, within=within)
    if ids is not None:
        binds["parts"] = {"ids": list(ids)}
    return [StreetPartEnergy(row.id, float(row.energy)) for row in ask(session, "energy_streets", binds)]


def of_areas(
    session: Session,
    *,
    on: date,
    area: str | None = None,
    kind: AreaKind | None = None,
    within: BaseGeometry | None = None,
) -> list[AreaEnergy]:
    """Areas with their energy on a day, by code: the sum of their street parts and of what has no street in them.

    Args:
        session: reading what is public is enough.
        on: the day, 1900 to 2200.
        area: code of an area: it and all inside it; every area when None.
        kind: only areas of this level.
        within: only areas whose box meets that of this shape, in the storage CRS.

    Raises:
        NotFound: the area is not known.
        Invalid: the day lies outside 1900 to 2200.
    """
    binds = {"always": {"on": _day(on), **RULE}, **_some(session, area, kind, within)}
    return [
        AreaEnergy(row.code, row.name, AreaKind(row.kind), float(row.energy), row.population)
        for row in ask(session, "energy_areas", binds)
    ]


def unfold(
    session: Session, *, on: date, street_part_id: int | None = None, area: str | None = None, limit: int = 200
) -> Unfolded:
    """The activities that the energy of one street part, or of one area, is made of on a day, the heaviest first.

    Raises:
        NotFound: there is no such street part or area.
        Invalid: the day lies outside 1900 to 2200, or not one of street part and area is given.
    """
    if (street_part_id is None) == (area is None):
        raise Invalid("Name one street part or one area.")
    binds: dict[str, dict[str, Any]] = {
        "always": {"on": _day(on), "half_life": HALF_LIFE_DAYS, "limit": limit},
        **_where(session, area, None),
    }
    if street_part_id is not None:
        known = text("SELECT EXISTS (SELECT FROM published_street_part WHERE id = :id)")
        if not session.execute(known, {"id": street_part_id}).scalar():
            raise NotFound("There is no street part with the number {id}.", id=street_part_id)
        binds["part"] = {"id": street_part_id}
    rows = ask(session, "energy_activities", binds).all()
    found = tuple(
        EnergyActivity(
            id=row.id,
            asset_id=row.asset_id,
            title=row.title,
            language=row.language,
            asset_kind=AssetKind(row.asset_kind),
            kind=ActivityKind(row.kind),
            held_on=row.held_on,
            participants=row.participants,
            share=float(row.share),
            weight=float(row.weight),
        )
        for row in rows
    )
    total = float(rows[0].total) if rows else 0.0
    shown = sum(one.weight for one in found)
    return Unfolded(total, found, max(total - shown, 0.0) if len(found) == limit else 0.0)


def months(first: date, last: date, *, closing: bool = False) -> list[date]:
    """The first days of the months from that of `first` to that of `last`, and `last` itself when it closes them.

    Invalid when they are turned round or too many.
    """
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    if count < 1:
        raise Invalid.at("last", "The last month lies before the first.")
    if count > MOST_MONTHS:
        raise Invalid.at("last", "This is more than {most} months; ask for a shorter time.", most=MOST_MONTHS - 1)
    firsts = [date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1) for n in range(count)]
    return [*firsts, last] if closing and last.day > 1 else firsts


def streets_by_month(
    session: Session,
    *,
    first: date,
    last: date,
    area: str | None = None,
    within: BaseGeometry | None = None,
    closing: bool = False,
) -> dict[int, list[float]]:
    """For each street part with energy, that of the first of each month (see `months`), oldest first.

    TooLarge when it would be made of more than MOST_FIGURES figures, as for a country.
    """
    days = _months(first, last, closing)
    where = {name: value for binds in _where(session, area, within).values() for name, value in binds.items()}
    shares = session.execute(SHARES, {"area_ids": None, "box": None} | where).scalar_one()
    if shares * len(days) > MOST_FIGURES:
        raise TooLarge("This is too much for one answer; choose an area, or a shorter time.")
    return streets_on_days(session, days=days, area=area, within=within)


def streets_on_days(
    session: Session,
    *,
    days: Sequence[date],
    area: str | None = None,
    within: BaseGeometry | None = None,
    one_in: int = 1,
) -> dict[int, list[float]]:
    """For each street part with energy, that of each of these days, which ascend.

    Args:
        session: reading what is public is enough.
        days: the days, each 1900 to 2200.
        area: code of an area of any level; everything when None.
        within: only street parts in the box of this shape, in the storage CRS.
        one_in: only one street part in so many, always the same ones: for a picture of a whole country.
    """
    binds = _series(days, "streets", _where(session, area, within))
    if one_in > 1:
        binds["streets_thinned"] = {"step": one_in}
    return {int(row.key): _filled(row, len(days)) for row in ask(session, "energy_months", binds)}


def areas_by_month(
    session: Session,
    *,
    first: date,
    last: date,
    area: str | None = None,
    kind: AreaKind | None = None,
    within: BaseGeometry | None = None,
    closing: bool = False,
) -> dict[str, list[float]]:
    """For each area with energy (by code), that of the first of each month (see `months`), oldest first."""
    return areas_on_days(session, days=_months(first, last, closing), area=area, kind=kind, within=within)


def areas_on_days(
    session: Session,
    *,
    days: Sequence[date],
    area: str | None = None,
    kind: AreaKind | None = None,
    within: BaseGeometry | None = None,
    one_in: int = 1,
) -> dict[str, list[float]]:
    """For each area with energy (by code), that of each of these days, which ascend; `one_in` as for street parts."""
    binds = _series(days, "areas", _some(session, area, kind, within, one_in))
    return {row.key: _filled(row, len(days)) for row in ask(session, "energy_months", binds)}


def _filled(row: Any, count: int) -> list[float]:
    """The series of a row with 0 on the days that it does not name."""
    series = [0.0] * count
    for number, energy in zip(row.days, row.energy, strict=True):
        series[number - 1] = float(energy)
    return series


def per_1000(session: Session, series: Mapping[str, Sequence[float]]) -> dict[str, list[float] | None]:
    """The same series per 1,000 inhabitants; None for an area whose inhabitants are unknown or few."""
    known = text("SELECT code, population FROM published_area WHERE code = ANY (:codes) AND population >= :fewest")
    binds = {"codes": list(series), "fewest": FEWEST_INHABITANTS}
    people = {row.code: row.population for row in session.execute(known, binds)}
    return {
        code: [one * 1000 / people[code] for one in values] if code in people else None
        for code, values in series.items()
    }


def _months(first: date, last: date, closing: bool) -> list[date]:
    return months(_day(first), _day(last), closing=closing)


def _series(days: Sequence[date], what: str, where: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    always = {"days": [_day(one) for one in days], **RULE}
    return {"always": always, what: {}, **{f"{what}_{name}": given for name, given in where.items()}}


def binds_of(
    session: Session, *, on: date, area: str | None = None, within: BaseGeometry | None = None
) -> dict[str, dict[str, Any]]:
    """What the statements about one day need: binds by the switch that they belong to; errors as `street_parts`."""
    return {"always": {"on": _day(on), **RULE}, **_where(session, area, within)}


def _day(on: date) -> date:
    if not FIRST_DAY <= on <= LAST_DAY:
        raise Invalid.at("on", "The year must be between 1900 and 2200.")
    return on


def _where(session: Session, area: str | None, within: BaseGeometry | None) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    if area is not None:
        found["area"] = {"area_ids": areas.ids_within(session, area)}
    if within is not None:
        found["within"] = {"box": in_box(session, within)["box"]}
    return found


#: Which areas are asked about; and every area that lies in one of them. Both are found first, so that what follows is
#: planned for as many as there are.
ASKED = text(
    "SELECT id FROM published_area WHERE (CAST(:kind AS text) IS NULL OR kind = :kind)"
    " AND (CAST(:inside AS bigint[]) IS NULL OR id = ANY (CAST(:inside AS bigint[])))"
    " AND (CAST(:box AS text) IS NULL OR geom && CAST(CAST(:box AS text) AS geometry))"
    " AND id % CAST(:one_in AS bigint) = 0"
)
WITHIN_THEM = text(
    "SELECT id FROM published_area WHERE id = ANY (CAST(:ids AS bigint[]))"
    " OR district_id = ANY (CAST(:ids AS bigint[])) OR municipality_id = ANY (CAST(:ids AS bigint[]))"
)


#: How many shares in energy street parts have, in some areas or in a box.
SHARES = text(
    "SELECT count(*) FROM published_energy_share AS e JOIN published_street_part AS p ON p.id = e.street_part_id"
    " WHERE (CAST(:area_ids AS bigint[]) IS NULL OR p.area_id = ANY (CAST(:area_ids AS bigint[])))"
    " AND (CAST(:box AS text) IS NULL OR p.geom && CAST(CAST(:box AS text) AS geometry))"
)


def _some(
    session: Session, area: str | None, kind: AreaKind | None, within: BaseGeometry | None, one_in: int = 1
) -> dict[str, dict[str, Any]]:
    """The areas that are asked about and those in them; nothing when all are."""
    if area is None and kind is None and within is None and one_in == 1:
        return {}
    inside = None if area is None else areas.ids_within(session, area)
    box = None if within is None else in_box(session, within)["box"]
    asked = list(session.scalars(ASKED, {"kind": kind, "inside": inside, "box": box, "one_in": one_in}))
    return {"some": {"asked_ids": asked, "area_ids": list(session.scalars(WITHIN_THEM, {"ids": asked}))}}


def ask(session: Session, name: str, binds: dict[str, dict[str, Any]]) -> Any:
    """The rows of a statement with these switches on."""
    values = {key: value for given in binds.values() for key, value in given.items()}
    return session.execute(chosen(name, frozenset(binds)), values)
