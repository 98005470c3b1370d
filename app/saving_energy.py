"""The energy map of one area as one file, with its slider: what `vuurtoren map energy` writes."""

from datetime import date
from typing import Any

from shapely import Polygon, box
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import i18n, saving
from app.pages import energy as page
from app.pages import energy_words
from assets import areas, browse, crs, energy, energy_classes, energy_listed, energy_made, tiles
from assets.errors import NotFound, TooLarge
from maps import standalone


def energy_file(session: Session, area: str, *, on: date, language: i18n.Language) -> str:
    """The energy map of an area as HTML: two years of months up to a day, and the day itself.

    Raises:
        NotFound: there is no such area.
        TooLarge: more is there than one file can hold.
    """
    session.execute(text("SET LOCAL ROLE vuurtoren_public"))
    speaker = i18n.translator(language)
    place = browse.area(session, area)
    listed = energy_listed.street_parts(session, on=on, area=area, limit=saving.MOST_ROWS + 1)
    if listed.found > saving.MOST_ROWS:
        most = saving.MOST_ROWS
        raise TooLarge("{area} holds more than {most} streets; save a smaller area.", area=place.name, most=most)
    days = page.two_years(on)
    streets_in = energy_classes.of_streets(session, days=days, area=area)
    areas_in = energy_classes.of_areas(session, days=days, area=area)
    of_areas = energy.of_areas(session, on=on, area=area)
    drawn = _drawn(session, area)
    told = page.settings(on, days, streets_in, areas_in, speaker)
    told["moments"][-1] = speaker.day(on)  # a file is read on other days as well
    return saving.whole_file(
        session,
        "energy",
        place,
        on,
        language,
        {},
        theme=None,
        script_words=told.pop("words"),
        template="saved_energy.html",
        settings=told
        | {
            "levels": [kind.value for kind in areas.levels(session)],
            "inlinedEnergy": _series(session, days, area, drawn),
            "inlinedMade": _made(session, drawn),
        },
        heading=page.heading(on, place.name, speaker, is_today=False),
        days=days,
        streets_legend=energy_words.legend(streets_in, speaker),
        areas_legend=energy_words.legend(areas_in, speaker),
        listed=listed,
        class_of=streets_in.of,
        shown=lambda figure: energy_words.shown(figure, speaker),
        area_rows=page.area_rows(sorted(of_areas, key=lambda one: one.name.casefold()), areas_in, speaker),
        linked=False,
    )


def _drawn(session: Session, area: str) -> Polygon:
    """The box of the streets that the file's tiles draw, in the storage CRS: those round the area glow as well."""
    bounds = browse.bounds(session, area)
    if bounds is None:
        raise NotFound("The area {code} has no place on the map.", code=area)
    wanted, _ = standalone.tiles_within(bounds)
    corners = [tiles.bounds(z, x, y) for z, x, y in wanted if z >= tiles.STREET_ZOOM]
    west, south, east, north = zip(*corners, strict=True) if corners else ((0,), (0,), (0,), (0,))
    convert = crs.transformer(crs.WEB_MERCATOR, crs.storage(session).srid)
    return box(*convert.transform_bounds(min(west), min(south), max(east), max(north), densify_pts=5))


def _series(session: Session, days: list[date], area: str, drawn: Polygon) -> dict[str, Any]:
    """The figures of all days, as the API gives them."""
    streets = energy.streets_on_days(session, days=days, within=drawn)
    per_1000 = energy.per_1000(session, energy.areas_on_days(session, days=days, area=area))
    return {
        "streets": {str(key): _rounded(series) for key, series in streets.items()},
        "areas": {code: None if series is None else _rounded(series) for code, series in per_1000.items()},
    }


def _rounded(series: list[float]) -> list[float]:
    return [round(one, energy_classes.DECIMALS) for one in series]


def _made(session: Session, drawn: Polygon) -> dict[str, Any]:
    """What the figures of streets are made of, short: the file's own script adds it up (energy-saved.js)."""
    made = energy_made.of_streets(session, within=drawn)
    return {
        "halfLife": energy.HALF_LIFE_DAYS,
        "givers": {
            str(number): {
                "title": giver.title,
                "countsOn": [[_iso(first), _iso(until)] for first, until in giver.counts_on],
                "deeds": [[one.held_on.isoformat(), one.participants, one.kind.value] for one in giver.deeds],
            }
            for number, giver in made.givers.items()
        },
        "shares": {
            str(part): [[giver, round(share, 6)] for giver, share in given] for part, given in made.shares.items()
        },
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
