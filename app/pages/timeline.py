"""`/timeline`: an area month by month: what appeared, aged, ended or faded, and the energy beside it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from cachetools import TTLCache
from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from app import i18n, words
from app.database import PublicSession
from app.pages import reading
from app.parameters import FIRST_DATE, LAST_DATE, today
from app.templating import render
from assets import browse, exports, timeline
from assets.energy_classes import Classes
from assets.errors import Fault, Invalid, NotFound, TooLarge
from assets.exports import FileFormat
from assets.timeline import Frame, Moment, YearMap
from assets.vocabulary import Theme
from maps import legend, style

router = APIRouter()

MONTH = re.compile(r"(\d{4})-(\d{2})(-\d{2})?", re.ASCII)
#: Sides of the small maps: room around the area, in their units.
MARGIN = 30
FORMATS = (FileFormat.csv, FileFormat.xlsx)


@dataclass(frozen=True)
class Question:
    """The sentence on top: the timeline of an area, for a theme, from a month to a month.

    Attributes:
        first, last: as asked; None is what is known, up to today.
        month: the month that the player shows first; None is the last one.
    """

    area: str | None
    theme: Theme | None
    first: date | None
    last: date | None
    month: date | None


def question(request: Request) -> Question:
    """What is asked in this address; what cannot be read is refused (Invalid), as on /streets."""
    query = request.query_params
    say = i18n.translator(i18n.choose(request)).gettext
    faults = []
    found: dict[str, date | None] = {}
    for name in ("from", "to", "month"):
        found[name] = month_of(query.get(name, ""))
        if query.get(name) and (found[name] is None or found[name] > today()):  # type: ignore[operator]
            faults.append(Fault(name, say("This is no month between 1900 and today.")))
    if query.get("theme", "") not in {"", "any", *Theme}:
        faults.append(Fault("theme", say("This is not one of the choices.")))
    if faults:
        raise Invalid("The question cannot be read.", faults=faults)
    return Question(
        area=reading.readable(query.get("area", ""))[:40] or None,
        theme=reading.theme(query.get("theme")),
        first=found["from"],
        last=found["to"],
        month=found["month"],
    )


def month_of(text: str) -> date | None:
    """The first day of a month that is written as 2024-03 or as a day in it."""
    found = MONTH.fullmatch(text)
    if found is None or not (FIRST_DATE.year <= int(found[1]) <= LAST_DATE.year and 1 <= int(found[2]) <= 12):
        return None
    return date(int(found[1]), int(found[2]), 1)


@dataclass(frozen=True)
class Told:
    """The timeline of an area, as the page and the file of a map tell it.

    Attributes:
        moments: oldest first.
        maps: one for each year; empty when there is more than a picture can hold.
        too_many: whether that is so.
    """

    place: Frame
    moments: tuple[Moment, ...]
    maps: tuple[YearMap, ...]
    classes: Classes
    streets: dict[int, str]
    too_many: bool

    @property
    def days(self) -> list[date]:
        """The days of the moments."""
        return [one.day for one in self.moments]


def tell(session: Session, area: str, *, theme: Theme | None, first: date | None, last: date | None) -> Told:
    """The timeline of an area for a theme, from a month to a day (None: what is known, up to today)."""
    place = timeline.frame(session, area, theme=theme)
    usual = timeline.period(place.begins_on, last or today())
    begin, end = first or usual[0], last or today()
    moments = timeline.moments(session, area, first=begin, last=end, theme=theme)
    streets = timeline.street_lines(session, area, place)
    days = [day for day in timeline.year_days(place.begins_on, end) if day >= begin] or [end]
    too_many = False
    try:
        maps, classes = timeline.year_maps(session, area, place, streets, days=days, theme=theme)
    except TooLarge:
        maps, classes, too_many = [], Classes(0, ()), True
    return Told(place, tuple(moments), tuple(maps), classes, streets, too_many)


def end_of(month: date | None) -> date:
    """The last day of a timeline that ends in this month: its first day, or today in the present month."""
    now = today()
    return now if month is None or (month.year, month.month) == (now.year, now.month) else month


@router.get("/timeline")
def timeline_page(request: Request, session: PublicSession) -> HTMLResponse:
    """The page of the timeline: the sentence, small maps for each year, the months as a table."""
    from maps import timeline as timeline_map

    speaker = i18n.translator(i18n.choose(request))
    asked = question(request)
    choices = reading.area_options(session, asked.area, speaker)
    code = asked.area or widest(session)
    area = browse.area(session, code) if code else None
    context: dict[str, Any] = {
        "sprite": legend.sprite(),
        "asked": asked,
        "place": area.name if area else None,
        "code": code,
        "areas": choices,
        "heading": heading(area.name if area else None, asked.theme, speaker),
        "told": None,
    }
    if area is not None:
        told = kept(session, area.code, asked)
        context |= shown(told, speaker)
        context |= {
            "map": timeline_map.parts(),
            "player": bool(told.maps) and told.place.begins_on is not None,
            "settings": settings(told, area.code, asked.month, speaker)
            | {"theme": asked.theme.value if asked.theme else "any"},
            "sinces": sinces(told, asked, speaker),
            "downloads": {
                kind.value: f"/timeline/download?{_query(area.code, asked, f=kind.value)}" for kind in FORMATS
            },
            "profile": area.code,
        }
        where = reading.leaflet_bounds(reading.bounds(session, area.code))
        context["settings"] |= {"bounds": where, "everywhere": where}
    return render(request, "timeline.html", context | reading.frame(session))


def shown(told: Told, speaker: i18n.Translator) -> dict[str, Any]:
    """What the templates of a timeline need: on the page and in a saved map."""
    frame = told.place
    kinds = [kind for kind in told.moments[0].active if any(one.active[kind] for one in told.moments)]
    return {
        "told": told,
        "kinds": kinds,
        "some_people": any(one.people for one in told.moments),
        "years": years(told.moments),
        "looks": style.energy_looks(told.classes.count),
        "box": f"{-MARGIN} {-MARGIN} {frame.width + 2 * MARGIN:.0f} {frame.height + 2 * MARGIN:.0f}",
        "base": " ".join(told.streets.values()),
        "counts": {one.day: one for one in told.moments},
        "said": lambda one: said(one, speaker),
    }


def settings(told: Told, code: str, month: date | None, speaker: i18n.Translator) -> dict[str, Any]:
    """What the scripts need, of the page and of a saved map: steps of the slider, what is told of each, words."""
    days = told.days
    in_month = [
        number for number, day in enumerate(days) if month and (day.year, day.month) == (month.year, month.month)
    ]
    return {
        "words": script_words(speaker),
        "area": code,
        "today": today().isoformat(),
        "days": [day.isoformat() for day in days],
        "steps": ["" if number == len(days) - 1 else f"{day:%Y-%m}" for number, day in enumerate(days)],
        "moments": [speaker.month(day) if day.day == 1 else speaker.day(day) for day in days],
        "at": in_month[0] if in_month else len(days) - 1,
        "closing": days[-1].day > 1,
        "told": [sentence(one, speaker) for one in told.moments],
        "counts": {
            kind.value: [speaker.number(one.active[kind]) for one in told.moments] for kind in told.moments[0].active
        },
        "classes": {"breaks": list(told.classes.breaks), "looks": list(style.energy_looks(told.classes.count))},
    }


def sentence(moment: Moment, speaker: i18n.Translator) -> str:
    """What is told of a month beside the map."""
    say = speaker.gettext
    parts = [say("%(count)s on the map") % {"count": speaker.number(moment.total)}]
    for template, count in (
        (say("appeared: %(count)s"), moment.appeared),
        (say("stopped: %(count)s"), moment.ended),
        (say("long nothing heard of: %(count)s"), moment.faded),
    ):
        if count:
            parts.append(template % {"count": speaker.number(count)})
    if round(moment.energy, 1):
        parts.append(say("energy %(figure)s") % {"figure": speaker.number(moment.energy, 1)})
    return " · ".join(parts)


def script_words(speaker: i18n.Translator) -> dict[str, Any]:
    """The words that our scripts put on the page."""
    say = speaker.gettext
    return {
        "map": say("Map month by month"),
        "mapHelp": True,
        "zoomIn": say("Zoom in"),
        "zoomOut": say("Zoom out"),
        "close": say("Close"),
        "play": say("Play the months"),
        "pause": say("Pause"),
        "nextMonth": say("One month forward"),
        "wholePage": say("Read more"),
        "since": say("since {date}"),
        "ended": say("stopped on {date}"),
        "faded": say("long nothing heard of since {date}"),
        "tryAgain": say("This could not be fetched. Try again in a moment."),
        "kind": {kind.value: say(word) for kind, word in words.KIND.items()},
    }


def said(moment: Moment, speaker: i18n.Translator) -> str:
    """A moment as a short sentence, for who does not see the map."""
    active = speaker.gettext("%(count)s on the map") % {"count": speaker.number(moment.total)}
    if round(moment.energy, 1) == 0:
        return active
    energy = speaker.gettext("energy %(figure)s") % {"figure": speaker.number(moment.energy, 1)}
    return f"{active}, {energy}"


@dataclass(frozen=True)
class Year:
    """The moments of one year, the newest first, and what changed in it."""

    year: int
    moments: tuple[Moment, ...]
    appeared: int
    ended: int
    faded: int


def years(moments: Sequence[Moment]) -> list[Year]:
    """The moments by year, the newest first. What changed up to the first of January belongs to the year before."""
    found: dict[int, list[Moment]] = {}
    for one in moments:
        found.setdefault(one.day.year, []).append(one)
    return [
        Year(
            year,
            tuple(reversed(those)),
            sum(one.appeared for one in those),
            sum(one.ended for one in those),
            sum(one.faded for one in those),
        )
        for year, those in sorted(found.items(), reverse=True)
    ]


@dataclass(frozen=True)
class Since:
    """A month that the timeline can begin with."""

    value: str
    label: str
    chosen: bool


def sinces(told: Told, asked: Question, speaker: i18n.Translator) -> list[Since]:
    """The beginnings to choose from: the first of January of the past ten years, the usual one, and the one asked."""
    end = told.moments[-1].day
    usual, _ = timeline.period(told.place.begins_on, end)
    days = {date(end.year - back, 1, 1) for back in range(timeline.MOST_YEARS)} | {usual}
    if asked.first:
        days.add(asked.first)
    chosen = asked.first or usual
    return [
        Since("" if day == usual else f"{day:%Y-%m}", speaker.month(day), day == chosen)
        for day in sorted(days, reverse=True)
        if day < end
    ]


def heading(place: str | None, theme: Theme | None, speaker: i18n.Translator) -> str:
    """What the page tells, as one line."""
    parts = [speaker.gettext("Timeline")]
    if place:
        parts.append(place)
    if theme:
        parts.append(speaker.gettext(words.THEME[theme]))
    return " · ".join(parts)


@router.get("/timeline/download")
def download(request: Request, session: PublicSession) -> Response:
    """The months as a file: CSV or Excel."""
    asked = question(request)
    if request.query_params.get("f") not in {one.value for one in FORMATS}:
        raise NotFound("There is no download in this format.")
    file_format = FileFormat(request.query_params["f"])
    speaker = i18n.translator(i18n.choose(request))
    code = asked.area or widest(session)
    if code is None:
        raise Invalid.at("area", speaker.gettext("Choose an area."))
    area = browse.area(session, code)
    told = kept(session, area.code, asked)
    body = exports.written(
        [timeline.record(one) for one in told.moments],
        file_format=file_format,
        columns=timeline.COLUMNS,
        layer="timeline",
        srid=0,
        about={
            speaker.gettext("Question"): heading(area.name, asked.theme, speaker),
            speaker.gettext("Date"): today().isoformat(),
            speaker.gettext("Source"): " · ".join(("Vuurtoren", *browse.attributions(session))),
        },
    )
    safe = "".join(sign for sign in area.code if sign.isalnum() and sign.isascii())
    name = "-".join(part for part in ("timeline", safe, asked.theme.value if asked.theme else "any") if part)
    return Response(
        body,
        media_type=exports.MEDIA_TYPES[file_format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{file_format.value}"',
            "Cache-Control": "no-store",
        },
    )


def widest(session: Session) -> str | None:
    """The code of the one area that holds all others; None when there are several, for a country is no timeline."""
    tops = timeline.tops(session)
    return tops[0] if len(tops) == 1 else None


def _query(code: str, asked: Question, **more: str) -> str:
    chosen = {
        "area": code,
        "theme": asked.theme.value if asked.theme else None,
        "from": f"{asked.first:%Y-%m}" if asked.first else None,
        "to": f"{asked.last:%Y-%m}" if asked.last else None,
        **more,
    }
    return urlencode({name: value for name, value in chosen.items() if value})


_kept: TTLCache[Any, Told] = TTLCache(maxsize=24, ttl=60)
_keeping = Lock()


def kept(session: Session, code: str, asked: Question) -> Told:
    """The timeline, kept for a minute as long as nothing changes in the data."""
    version = browse.data_version(session)
    key = (session.get_bind().engine.url, version, today(), code, asked.theme, asked.first, asked.last)
    with _keeping:
        found = _kept.get(key)
    if found is None:
        found = tell(session, code, theme=asked.theme, first=asked.first, last=end_of(asked.last))
        with _keeping:
            _kept[key] = found
    return found
