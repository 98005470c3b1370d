"""The profile of an area: what it has to build on, how its energy goes, and where there is still room.

Strengths come first. Counts of people are told in fives (assets/people_told.py), so that neither an area and its
neighbourhoods nor one day and the next can be subtracted down to a single neighbour (docs/decisions/0026).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from assets import areas, browse, coverage, energy
from assets.areas import AreaSummary
from assets.browse import ListedAsset
from assets.coverage import StateTotal
from assets.drafts import FIRST_DAY, LAST_DAY
from assets.energy import AreaEnergy
from assets.errors import Invalid
from assets.people_told import in_fives
from assets.sql import statement
from assets.vocabulary import AreaKind, AssetKind, GiftOf, StreetState, Theme

#: Months of the trend: two years and the day itself.
TREND_MONTHS = 24
#: Within a tenth of a year ago, energy is about the same (domain rule Profile of an area).
SAME_SHARE = 0.1
#: Gifts that are named in words, and newest entries, at most.
MOST_WORDS, MOST_NEWEST = 12, 6


class Change(StrEnum):
    """How the energy of a day compares with that of a year before."""

    more = "more"
    same = "same"
    less = "less"


@dataclass(frozen=True)
class Count:
    """How many entries of a sort there are.

    Attributes:
        things: entries that are no persons.
        people: persons in fives (assets/people_told.py); None, "fewer than 5", for nobody up to five.
    """

    things: int = 0
    people: int | None = None


@dataclass(frozen=True)
class NamedGift:
    """A gift in the words of those who named it: a thing, or more than five people."""

    of: GiftOf
    what: str


@dataclass(frozen=True)
class Trend:
    """How the energy of an area goes.

    Attributes:
        months: the first days of the past 24 months and of this one, oldest first, and the day itself.
        energy: that of each of these days.
        year_before: energy on the same day a year before.
        change: None when nothing is known of either day.
    """

    months: tuple[date, ...]
    energy: tuple[float, ...]
    year_before: float
    change: Change | None


@dataclass(frozen=True)
class Profile:
    """What an area has to build on, on a day.

    Attributes:
        around: the areas that hold it, the widest first.
        inside: the areas one level below it, by name.
        beside: the other areas in the smallest that holds it, by name.
        kinds: of every kind but persons, how many entries are active.
        people: persons who are on the public map, as `Count.people`.
        themes: of things only; an entry can have several.
        gifts: by head, heart and hands: entries that name at least one.
        named: the gifts most named, in words.
        newest: entries that were added last.
        resident_run: meeting places that residents run.
        theme: of `room`; None is any.
        room: how many street parts, streets and metres are in each state, all nought in an area without streets.
    """

    area: AreaSummary
    on: date
    around: tuple[AreaSummary, ...]
    inside: tuple[AreaSummary, ...]
    beside: tuple[AreaSummary, ...]
    kinds: dict[AssetKind, int]
    people: int | None
    themes: dict[Theme, int]
    gifts: dict[GiftOf, Count]
    named: tuple[NamedGift, ...]
    newest: tuple[ListedAsset, ...]
    energy: AreaEnergy
    trend: Trend
    resident_run: int
    theme: Theme | None
    room: dict[StreetState, StateTotal]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known that is active here: no thing, and nobody among the newest entries."""
        return not self.newest and not any(self.kinds.values())

    @property
    def street_parts(self) -> int:
        """How many street parts the area has; nought is an area whose streets are not known."""
        return sum(total.parts for total in self.room.values())


def of_area(session: Session, code: str, *, on: date, theme: Theme | None = None) -> Profile:
    """The profile of an area on a day.

    Rule: docs/glossary.md, Profile of an area.

    Args:
        session: reading what is public is enough, and nothing else is told.
        code: of an area of any level.
        on: the day, 1900 to 2200.
        theme: of the initiatives that carry streets in `room`; any theme when None.

    Raises:
        NotFound: the area is not known.
        Invalid: the day lies outside 1900 to 2200.
    """
    if not FIRST_DAY <= on <= LAST_DAY:
        raise Invalid.at("on", "The year must be between 1900 and 2200.")
    area = areas.get(session, code)
    counted = _counted(session, code, on)
    found = energy_of(session, area, on)
    return Profile(
        area=area,
        on=on,
        around=_around(session, area),
        inside=_below(session, area.id),
        beside=tuple(one for one in _below(session, area.parent_id) if one.id != area.id),
        energy=found,
        trend=_trend(session, area, on, found.energy),
        newest=browse.assets(session, on=on, area=code, limit=MOST_NEWEST).rows,
        theme=theme,
        room=coverage.totals(session, on=on, area=code, theme=theme),
        **counted,
    )


def energy_of(session: Session, area: AreaSummary, on: date) -> AreaEnergy:
    """The energy of this area alone."""
    return next(one for one in energy.of_areas(session, on=on, area=area.code, kind=area.kind) if one.code == area.code)


def _counted(session: Session, code: str, on: date) -> dict[str, Any]:
    rows = session.execute(
        statement("profile_counts"),
        {
            "area_ids": areas.ids_within(session, code),
            "on": on,
            "most_words": MOST_WORDS,
        },
    ).all()
    by = {(row.what, row.key): row for row in rows if row.what != "word"}

    def things(what: str, key: str) -> int:
        return int(by[what, key].things) if (what, key) in by else 0

    def people(what: str, key: str) -> int | None:
        return in_fives(by[what, key].people) if (what, key) in by else None

    return {
        "kinds": {kind: things("kind", kind) for kind in AssetKind if kind is not AssetKind.person},
        "people": people("kind", AssetKind.person),
        "themes": {theme: things("theme", theme) for theme in Theme},
        "gifts": {of: Count(things("gift", of), people("gift", of)) for of in GiftOf},
        "named": tuple(NamedGift(GiftOf(row.of), row.key) for row in rows if row.what == "word"),
        "resident_run": things("run", "resident"),
    }


def _trend(session: Session, area: AreaSummary, on: date, now: float) -> Trend:
    back = on.month - 1 - TREND_MONTHS
    first = max(date(on.year + back // 12, back % 12 + 1, 1), FIRST_DAY)
    months = energy.months(first, on, closing=True)
    leap_day = (on.month, on.day) == (2, 29)  # which the year before does not have
    before = date(on.year - 1, 2, 28) if leap_day else on.replace(year=on.year - 1)
    days = sorted({*months, max(before, FIRST_DAY)})
    # one question for all of them: the activities of a city are read once
    series = energy.areas_on_days(session, days=days, area=area.code, kind=area.kind).get(area.code)
    by_day = dict(zip(days, series or [0.0] * len(days), strict=True))
    year_before = by_day[before] if before >= FIRST_DAY else 0.0
    return Trend(tuple(months), tuple(by_day[day] for day in months), year_before, change(now, year_before))


def change(now: float, year_before: float) -> Change | None:
    """More, about the same or less than a year before; None when there was nothing on either day."""
    if now == year_before == 0:
        return None
    if abs(now - year_before) <= SAME_SHARE * year_before:
        return Change.same
    return Change.more if now > year_before else Change.less


def _around(session: Session, area: AreaSummary) -> tuple[AreaSummary, ...]:
    wanted = [one for one in (area.municipality_id, area.district_id) if one is not None and one != area.id]
    rows = session.execute(text(f"{areas.SUMMARY} WHERE id = ANY (CAST(:ids AS bigint[]))"), {"ids": wanted})
    found = [areas.summary(row) for row in rows]
    return tuple(sorted(found, key=lambda one: list(AreaKind).index(one.kind)))


def _below(session: Session, parent_id: int | None) -> tuple[AreaSummary, ...]:
    if parent_id is None:
        return ()
    rows = session.execute(
        text(f'{areas.SUMMARY} WHERE parent_id = :id ORDER BY name COLLATE "und-x-icu", code'), {"id": parent_id}
    )
    return tuple(areas.summary(row) for row in rows)


# --- the same in plain values, for the API, files and the terminal ---

DECIMALS = 3
#: What is known of an area from its import; None is unknown.
COUNTED = ("population", "households", "addresses")


def record(found: Profile) -> dict[str, Any]:
    """The profile in plain values with the names of the API; figures as they are told everywhere."""
    per_1000 = found.energy.per_1000
    return {
        "area": _area(found.area) | {name: getattr(found.area, name) for name in COUNTED},
        "on": found.on.isoformat(),
        "around": [_area(one) for one in found.around],
        "inside": [_area(one) for one in found.inside],
        "beside": [_area(one) for one in found.beside],
        "assets": {
            "kinds": {kind.value: count for kind, count in found.kinds.items()},
            "people_at_least": found.people,
            "themes": {theme.value: count for theme, count in found.themes.items()},
            "gifts": {
                of.value: {"things": count.things, "people_at_least": count.people} for of, count in found.gifts.items()
            },
            "named_gifts": [{"of": one.of.value, "what": one.what} for one in found.named],
            "newest": [{"id": one.id, "kind": one.kind.value, "title": one.title} for one in found.newest],
        },
        "energy": {
            "energy": round(found.energy.energy, DECIMALS),
            "energy_per_1000": None if per_1000 is None else round(per_1000, DECIMALS),
            "energy_year_before": round(found.trend.year_before, DECIMALS),
            "change": found.trend.change.value if found.trend.change else None,
            "months": [day.isoformat() for day in found.trend.months],
            "series": [round(one, DECIMALS) for one in found.trend.energy],
        },
        "meeting_places": {
            "active": found.kinds[AssetKind.meeting_place],
            "resident_run": found.resident_run,
        },
        "room": {
            "theme": found.theme.value if found.theme else "any",
            "states": {
                state.value: {
                    "street_parts": total.parts,
                    "streets": total.streets,
                    "length_m": round(total.length_m, 1),
                    "covered_m": round(total.covered_m, 1),
                }
                for state, total in found.room.items()
            }
            if found.street_parts
            else None,
        },
    }


def lines(found: Profile) -> list[tuple[str, str, Any]]:
    """The figures of the profile as rows of a table: part, what, value; None is not known."""
    told = record(found)
    assets = told["assets"]
    rows: list[tuple[str, str, Any]] = [("area", name, told["area"][name]) for name in told["area"]]
    rows += [("area", "on", told["on"])]
    rows += [("kinds", kind, count) for kind, count in assets["kinds"].items()]
    rows += [("kinds", "people_at_least", assets["people_at_least"])]
    rows += [("themes", theme, count) for theme, count in assets["themes"].items()]
    for of, count in assets["gifts"].items():
        rows += [("gifts", of, count["things"]), ("gifts", f"{of} people_at_least", count["people_at_least"])]
    rows += [("named_gifts", one["of"], one["what"]) for one in assets["named_gifts"]]
    rows += [("newest", one["kind"], one["title"]) for one in assets["newest"]]
    single = ("energy", "energy_per_1000", "energy_year_before", "change")
    rows += [("energy", name, told["energy"][name]) for name in single]
    rows += [("energy", day, one) for day, one in zip(told["energy"]["months"], told["energy"]["series"], strict=True)]
    rows += [("meeting_places", name, value) for name, value in told["meeting_places"].items()]
    rows += [("room", "theme", told["room"]["theme"])]
    states = told["room"]["states"] or {state.value: {"length_m": None} for state in StreetState}
    rows += [("room", f"{state} {name}", value) for state, figures in states.items() for name, value in figures.items()]
    return rows


def _area(found: AreaSummary) -> dict[str, Any]:
    return {"code": found.code, "name": found.name, "kind": found.kind.value}
