"""`/energy`: where neighbours do things together, on a map with a slider of months, and as a table."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import urlencode

from cachetools import TTLCache
from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from app import i18n
from app.database import PublicSession
from app.pages import energy_words, reading
from app.parameters import FIRST_DATE, LAST_DATE, today
from app.templating import address, render
from assets import areas, browse, coverage, crs, energy, energy_classes, energy_listed, exports
from assets.energy import AreaEnergy
from assets.energy_classes import Classes
from assets.energy_listed import Listed
from assets.errors import Fault, Invalid, NotFound, TooLarge
from assets.exports import FileFormat
from assets.vocabulary import AreaKind
from maps import legend, style

router = APIRouter()

#: Months on the slider, today's among them.
MONTHS = 24
#: Streets on one page of the table, areas in theirs, activities behind a figure.
PAGE, MOST_AREAS, MOST_ACTIVITIES = 50, 200, 50
#: Streets in one file at most.
MOST_DOWNLOADED = 50_000
VIEWS = ("day", "night")
COLUMNS = (
    "id", "name", "municipality", "neighbourhood", "area_code", "length_m", "energy", "energy_class",
    "last_activity_on",
)  # fmt: skip
MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
Made = TypeVar("Made")


@dataclass(frozen=True)
class Question:
    """The sentence on top: energy in an area, on a day.

    Attributes:
        month: the first of the month asked; None is today.
        street: number of the street part whose figure is unfolded.
        unfold: whether the figure of the area is unfolded.
        view: "day" or "night"; None follows the visitor's screen.
    """

    area: str | None
    month: date | None
    street: int | None
    unfold: bool
    view: str | None
    page: int

    @property
    def on(self) -> date:
        """The day that the figures are about."""
        return self.month or today()


def question(request: Request) -> Question:
    """What is asked in this address; Invalid for a month, street or view that cannot be read.

    A page number that cannot be read is taken as not asked.
    """
    query = request.query_params
    say = i18n.translator(i18n.choose(request)).gettext
    faults = []
    month = _month(query.get("month", ""))
    if query.get("on") and "month" not in query:  # what the other pages and the API call it
        try:
            month = _of_day(query["on"])
        except ValueError:
            faults.append(Fault("on", say("This page knows today and the first of each month: choose a month.")))
    if month is None and query.get("month"):
        faults.append(Fault("month", say("This is no month between 1900 and 2200.")))
    elif month is not None and month > today():
        faults.append(Fault("month", say("This month has not begun yet.")))
    street = query.get("street", "")
    if street and not re.fullmatch(r"[1-9]\d{0,17}", street, re.ASCII):
        faults.append(Fault("street", say("This is no number of a street.")))
    for name, choices in (("view", VIEWS), ("unfold", ("area",))):
        if query.get(name, "") not in ("", *choices):
            faults.append(Fault(name, say("This is not one of the choices.")))
    if faults:
        raise Invalid("The question cannot be read.", faults=faults)
    page = query.get("page", "1")
    return Question(
        area=reading.readable(query.get("area", ""))[:40] or None,
        month=month,
        street=int(street) if street else None,
        unfold=query.get("unfold") == "area",
        view=query.get("view") or None,
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 6 and int(page) > 0 else 1,
    )


def _of_day(text: str) -> date | None:
    """The month that begins on a day, None for today; ValueError for any other day and for what is no day."""
    day = date.fromisoformat(text)
    if day == today():
        return None
    if _month(text[:7]) != day:
        raise ValueError
    return day


def _month(text: str) -> date | None:
    found = MONTH.fullmatch(text)
    if found is None or not (FIRST_DATE.year <= int(found[1]) <= LAST_DATE.year and 1 <= int(found[2]) <= 12):
        return None
    return date(int(found[1]), int(found[2]), 1)


def two_years(until: date) -> list[date]:
    """The first of each of MONTHS months up to a day, and that day."""
    first = date(until.year + (until.month - MONTHS) // 12, (until.month - MONTHS) % 12 + 1, 1)
    return energy.months(max(first, FIRST_DATE), until, closing=True)


def days_of(month: date | None) -> list[date]:
    """The steps of the slider: firsts of months up to today, and today; for a month long ago those around it."""
    now = today()
    days = two_years(now)
    if month is None or month >= days[0]:
        return days
    if (now.year - month.year) * 12 + now.month - month.month >= energy.MOST_MONTHS:
        return energy.months(month, date(month.year + MONTHS // 12, month.month, 1))
    return energy.months(month, now, closing=True)


@router.get("/energy")
def energy_page(request: Request, session: PublicSession) -> HTMLResponse:
    """The page of energy: the sentence, the map with its slider, the tables."""
    from maps import energy as energy_map

    speaker = i18n.translator(i18n.choose(request))
    asked = question(request)
    area = browse.area(session, asked.area) if asked.area else None
    days = days_of(asked.month)
    streets_in, areas_in = classes(session, days, asked.area)
    listed = _listed(session, asked)
    inside = _areas(session, asked)
    everywhere = reading.leaflet_bounds(reading.bounds(session, None))
    chosen = reading.leaflet_bounds(reading.bounds(session, asked.area)) if area else None
    last_page = -(-listed.found // PAGE)
    context = {
        "map": energy_map.parts(),
        "sprite": legend.sprite(),
        "asked": asked,
        "place": area.name if area else None,
        "heading": heading(asked.on, area.name if area else None, speaker),
        "areas": reading.area_options(session, asked.area, speaker),
        "months": [(day, _step(day), _sentence_day(day, speaker), day == asked.on) for day in reversed(days)],
        "days": days,
        "streets_legend": energy_words.legend(streets_in, speaker),
        "areas_legend": energy_words.legend(areas_in, speaker),
        "listed": listed,
        "area_rows": area_rows(inside, areas_in, speaker),
        "class_of": lambda figure: streets_in.of(figure),
        "shown": lambda figure: energy_words.shown(figure, speaker),
        "pages": {
            "before": address(request, page=asked.page - 1) if 1 < asked.page <= last_page else None,
            "after": address(request, page=asked.page + 1) if asked.page < last_page else None,
            "first": (asked.page - 1) * PAGE + 1,
        },
        "unfolded": unfolded(session, asked, area, speaker),
        "unfold_street": lambda number: f"{address(request, street=number, unfold=None)}#unfolded",
        "unfold_area": f"{address(request, street=None, unfold='area')}#unfolded" if area else None,
        "area_link": lambda code: address(request, area=code, street=None, unfold=None, page=None),
        "fold": address(request, street=None, unfold=None),
        "downloads": {ending: f"/energy/download?{_query(asked, f=ending)}" for ending in ("csv", "xlsx", "gpkg")},
        "room": f"/streets?{urlencode({'theme': 'any', **({'area': asked.area} if asked.area else {})})}",
        "settings": settings(asked.on, days, streets_in, areas_in, speaker)
        | {
            "bounds": chosen or everywhere,
            "everywhere": everywhere,
            "tiles": {"theme": "any", "on": today().isoformat()},
            "area": asked.area,
            "view": asked.view,
            "levels": [kind.value for kind in _while_unchanged(session, ("levels",), lambda: areas.levels(session))],
        },
    }
    return render(request, "energy.html", context | reading.frame(session))


def settings(
    on: date, days: Sequence[date], streets_in: Classes, areas_in: Classes, speaker: i18n.Translator
) -> dict[str, Any]:
    """What the scripts need of every page and of a saved map: the steps of the slider, the classes and words."""
    return {
        "words": energy_words.script_words(speaker),
        "days": [day.isoformat() for day in days],
        "steps": [_step(day) for day in days],
        "moments": [energy_words.moment(day, speaker) for day in days],
        "at": days.index(on),
        "closing": days[-1] == today() and days[-1].day > 1,
        "classes": {
            name: {
                "breaks": list(found.breaks),
                "looks": list(style.energy_looks(found.count)),
                "figures": [words.figures for words in energy_words.legend(found, speaker)],
                "like": [words.like for words in energy_words.legend(found, speaker)],
            }
            for name, found in (("streets", streets_in), ("areas", areas_in))
        },
    }


def _step(day: date) -> str:
    """How a day of the slider stands in the address: a month, and nothing for today."""
    return "" if day == today() else f"{day:%Y-%m}"


@router.get("/energy/download")
def download(request: Request, session: PublicSession) -> Response:
    """The streets with energy as a file: CSV, Excel or GeoPackage."""
    asked = question(request)
    try:
        file_format = FileFormat(request.query_params.get("f", ""))
    except ValueError:
        raise NotFound("There is no download in this format.") from None
    srid = crs.storage(session).srid
    listed = energy_listed.street_parts(
        session,
        on=asked.on,
        area=asked.area,
        limit=MOST_DOWNLOADED + 1,
        srid=srid if file_format in (FileFormat.gpkg, FileFormat.geojson) else None,
    )
    if listed.found > MOST_DOWNLOADED:
        raise TooLarge("This is more than {most} streets; choose an area.", most=MOST_DOWNLOADED)
    speaker = i18n.translator(i18n.choose(request))
    area = browse.area(session, asked.area) if asked.area else None
    streets_in, _ = classes(session, days_of(asked.month), asked.area)
    body = exports.written(
        records(listed, streets_in, speaker),
        file_format=file_format,
        columns=COLUMNS,
        layer="streets",
        srid=srid,
        about={
            speaker.gettext("Question"): heading(asked.on, area.name if area else None, speaker),
            speaker.gettext("Date"): asked.on.isoformat(),
            speaker.gettext("Source"): " · ".join(("Vuurtoren", *browse.attributions(session))),
        },
    )
    code = "".join(sign for sign in asked.area or "" if sign.isalnum() and sign.isascii())
    name = "-".join(part for part in ("energy", code, asked.on.isoformat()) if part)
    return Response(
        body,
        media_type=exports.MEDIA_TYPES[file_format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{file_format.value}"',
            "Cache-Control": "no-store",
        },
    )


def records(listed: Listed, classes: Classes, speaker: i18n.Translator) -> list[dict[str, Any]]:
    """The list as rows of a file, figures rounded as in the API."""
    return [
        {
            "id": row.id,
            "name": row.name,
            "municipality": row.municipality,
            "neighbourhood": row.neighbourhood,
            "area_code": row.area_code,
            "length_m": round(row.length_m, 1),
            "energy": round(row.energy, energy_classes.DECIMALS),
            "energy_class": energy_words.figures(classes, classes.of(row.energy), speaker),
            "last_activity_on": row.last_activity_on,
            "geometry": row.geometry,
        }
        for row in listed.rows
    ]


# --- the answer, kept while the data stays the same ---

_kept: TTLCache[Any, Any] = TTLCache(maxsize=256, ttl=600)
_keeping = Lock()


def _while_unchanged(session: Session, key: tuple[Any, ...], make: Callable[[], Made]) -> Made:
    whole = (session.get_bind().engine.url, browse.data_version(session), today(), *key)
    with _keeping:
        kept: Made | None = _kept.get(whole)
    if kept is None:
        kept = make()
        with _keeping:
            _kept[whole] = kept
    return kept


def classes(session: Session, days: Sequence[date], area: str | None) -> tuple[Classes, Classes]:
    """The classes of streets and of areas over these days."""
    return _while_unchanged(
        session,
        ("classes", tuple(days), area),
        lambda: (
            energy_classes.of_streets(session, days=days, area=area),
            energy_classes.of_areas(session, days=days, area=area),
        ),
    )


def _listed(session: Session, asked: Question) -> Listed:
    return _while_unchanged(
        session,
        ("streets", asked.area, asked.on, asked.page),
        lambda: energy_listed.street_parts(
            session, on=asked.on, area=asked.area, limit=PAGE, offset=(asked.page - 1) * PAGE
        ),
    )


def _areas(session: Session, asked: Question) -> list[AreaEnergy]:
    """The areas of the widest level of which there is more than one here, by name."""

    def make() -> list[AreaEnergy]:
        found: list[AreaEnergy] = []
        for kind in AreaKind:
            found = energy.of_areas(session, on=asked.on, area=asked.area, kind=kind) or found
            if len(found) > 1:
                break
        return sorted(found, key=lambda one: (one.name.casefold(), one.code))

    return _while_unchanged(session, ("areas", asked.area, asked.on), make)


# --- the parts of the page ---


@dataclass(frozen=True)
class AreaRow:
    """An area in the table; `number` and `figures` are of its class, 0 and empty where there is none."""

    code: str
    name: str
    energy: str
    per_1000: str | None
    number: int
    look: str
    figures: str


def area_rows(found: Sequence[AreaEnergy], classes: Classes, speaker: i18n.Translator) -> list[AreaRow]:
    """Areas in words, at most MOST_AREAS."""
    looks = style.energy_looks(max(classes.count, 1))
    rows = []
    for one in found[:MOST_AREAS]:
        number = 0 if one.per_1000 is None else classes.of(one.per_1000)
        rows.append(
            AreaRow(
                code=one.code,
                name=one.name,
                energy=energy_words.shown(one.energy, speaker) if round(one.energy, 3) else speaker.number(0),
                per_1000=None if one.per_1000 is None else energy_words.shown(one.per_1000, speaker),
                number=number,
                look=looks[number - 1] if number else "",
                figures=energy_words.figures(classes, number, speaker) if number else "",
            )
        )
    return rows


@dataclass(frozen=True)
class Opened:
    """A figure that is unfolded: whose it is and what it is made of."""

    name: str
    within: str | None
    energy: str
    like: str
    rows: list[tuple[int, str, str, date, str, str, float]]
    others: str | None


def unfolded(
    session: Session, asked: Question, area: browse.AreaChoice | None, speaker: i18n.Translator
) -> Opened | None:
    """The street part or area whose figure is asked to be unfolded, with its activities, the heaviest first."""
    if asked.street is not None:
        part = coverage.street_part(session, asked.street, on=asked.on)
        name, within = part.name, part.neighbourhood or part.municipality
        found = energy.unfold(session, on=asked.on, street_part_id=asked.street, limit=MOST_ACTIVITIES)
    elif asked.unfold and area is not None:
        name, within = area.name, None
        found = energy.unfold(session, on=asked.on, area=area.code, limit=MOST_ACTIVITIES)
    else:
        return None
    most = max((one.weight for one in found.activities), default=1)
    rows = [
        (
            one.asset_id,
            one.title,
            one.language,
            one.held_on,
            energy_words.happened(one.kind, one.participants, speaker),
            energy_words.shown(one.weight, speaker),
            round(100 * one.weight / most, 1),
        )
        for one in found.activities
    ]
    others = energy_words.shown(found.others, speaker) if round(found.others, 3) > 0 else None
    about = energy_words.about(found.energy, speaker) if rows else ""
    return Opened(name, within, energy_words.shown(found.energy, speaker), about, rows, others)


def heading(on: date, place: str | None, speaker: i18n.Translator, *, is_today: bool = True) -> str:
    """The question as one sentence, for who does not see the fields; `is_today` when today may be called so."""
    return " ".join(
        (
            speaker.pgettext("sentence", "Energy in"),
            place or speaker.pgettext("sentence", "all areas"),
            speaker.pgettext("sentence", "on"),
            _sentence_day(on, speaker) if is_today else speaker.day(on),
        )
    )


def _sentence_day(day: date, speaker: i18n.Translator) -> str:
    return speaker.gettext("today") if day == today() else speaker.day(day)


def _query(asked: Question, **more: str) -> str:
    parameters = {**more, "area": asked.area, "month": asked.month and f"{asked.month:%Y-%m}"}
    return urlencode({name: value for name, value in parameters.items() if value}, safe=":/,")
