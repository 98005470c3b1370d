"""`/meeting-places`: which meeting places there are, who runs them, and what lies within walking distance of one."""

from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any
from urllib.parse import urlencode

from cachetools import TTLCache
from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from app import i18n
from app.database import PublicSession
from app.pages import reading
from app.parameters import MOST_LIMIT, today
from app.templating import render
from assets import browse, exports, meeting_places
from assets.errors import Fault, Invalid, NotFound
from assets.exports import FileFormat
from assets.meeting_places import AreaMeetingPlaces
from assets.vocabulary import AreaKind, AssetKind, MeasuredBy
from maps import legend

router = APIRouter()

API = "/api/v1/meeting-places"
#: Files that hold what is reached, as lines; the others hold the figures of areas.
LINES = (FileFormat.geojson, FileFormat.gpkg)
#: The bar of a share is drawn in so many units.
BAR = 100


@dataclass(frozen=True)
class Question:
    """The sentence on top: meeting places in an area, on a day. Without an area nothing is asked yet."""

    area: str | None
    on: date
    is_today: bool

    def address(self, path: str, **more: str) -> str:
        """An address that asks the same elsewhere."""
        given = {"area": self.area, "on": None if self.is_today else self.on.isoformat(), **more}
        return f"{path}?{urlencode({name: value for name, value in given.items() if value})}"


def question(request: Request, session: Session) -> Question:
    """What is asked in this address; a day that cannot be read is refused (Invalid), as on /streets.

    Without an area it is the municipality, where there is one only.
    """
    given = request.query_params.get("on")
    on = reading.a_day(given)
    if on is None and given:
        speaker = i18n.translator(i18n.choose(request))
        fault = Fault("on", speaker.gettext("This is no day between 1900 and 2200."))
        raise Invalid("The question cannot be read.", faults=[fault])
    area = reading.readable(request.query_params.get("area", ""))[:40] or None
    if area is None:
        towns = [one.code for one in reading.areas(session, None) if one.kind is AreaKind.municipality]
        area = towns[0] if len(towns) == 1 else None
    return Question(area, on or today(), on in (None, today()))


@dataclass(frozen=True)
class Row:
    """An area in the table, in words.

    Attributes:
        code: of the area.
        level: 0 for the area that was asked about, 1 for a district, 2 for a neighbourhood below it, 3 for others.
        places: how many meeting places, as a number.
        run: who runs them, in words; empty where there are none.
        room: what stands there where there is none yet.
        share: the share in whole percents, or None when unknown.
        of: what the share is of, in words.
        bar: width of its bar in BAR units.
        link: address of the list of its meeting places.
    """

    code: str
    name: str
    level: int
    places: int
    run: str
    room: str
    share: int | None
    of: str
    bar: float
    link: str


@router.get("/meeting-places")
def page(request: Request, session: PublicSession) -> HTMLResponse:
    """The page of meeting places: the sentence, the figures of the area, the table, and the map of what is reached."""
    from maps import reach

    speaker = i18n.translator(i18n.choose(request))
    asked = question(request, session)
    area = browse.area(session, asked.area) if asked.area else None
    found = kept(session, asked) if area else []
    rows = [row(one, speaker, whole=found[0]) for one in found]
    everywhere = reading.leaflet_bounds(reading.bounds(session, None))
    context = {
        "map": reach.parts(),
        "sprite": legend.sprite(),
        "asked": asked,
        "place": area.name if area else None,
        "areas": reading.area_options(session, asked.area, speaker),
        "heading": heading(asked, area.name if area else None, speaker),
        "whole": rows[0] if rows else None,
        "rows": rows[1:],
        "has_districts": any(one.kind is AreaKind.district for one in found[1:]),
        "room": [(one.code, one.name) for one in meeting_places.with_room(found)],
        "downloads": {ending.value: asked.address("/meeting-places/download", f=ending.value) for ending in FileFormat},
        "walk_m": round(meeting_places.WALK_M),
        "settings": {
            "words": script_words(speaker),
            "bounds": reading.leaflet_bounds(reading.bounds(session, asked.area)) or everywhere,
            "area": asked.area,
            "reach": asked.address(f"{API}/reach") if area else None,
            "places": f"/api/v1/collections/assets/items?{_places(asked)}" if area else None,
        },
    }
    return render(request, "meeting_places.html", context | reading.frame(session))


def _places(asked: Question) -> str:
    """The question after the meeting places themselves, for the map."""
    chosen = {"kind": AssetKind.meeting_place.value, "area": asked.area, "datetime": asked.on.isoformat()}
    return urlencode({**chosen, "limit": MOST_LIMIT})


@router.get("/meeting-places/download")
def download(request: Request, session: PublicSession) -> Response:
    """The figures as CSV or Excel; what is reached, as lines, in GeoJSON or GeoPackage."""
    asked = question(request, session)
    try:
        file_format = FileFormat(request.query_params.get("f", ""))
    except ValueError:
        raise NotFound("There is no download in this format.") from None
    speaker = i18n.translator(i18n.choose(request))
    if asked.area is None:
        fault = Fault("area", speaker.gettext("Choose an area."))
        raise Invalid("The question cannot be read.", faults=[fault])
    area = browse.area(session, asked.area)
    lines = file_format in LINES
    records = (
        [meeting_places.line_record(one) for one in meeting_places.lines(session, area=asked.area, on=asked.on)]
        if lines
        else [meeting_places.record(one) for one in kept(session, asked)]
    )
    body = exports.written(
        records,
        file_format=file_format,
        columns=meeting_places.LINE_COLUMNS if lines else meeting_places.AREA_COLUMNS,
        layer="within_400_m" if lines else "meeting_places",
        srid=4326,
        about={
            speaker.gettext("Question"): heading(asked, area.name, speaker),
            speaker.gettext("Date"): asked.on.isoformat(),
            speaker.gettext("Source"): " · ".join(("Vuurtoren", *browse.attributions(session))),
        },
    )
    code = "".join(sign for sign in asked.area if sign.isalnum() and sign.isascii())
    name = "-".join(part for part in ("meeting-places", code, asked.on.isoformat()) if part)
    return Response(
        body,
        media_type=exports.MEDIA_TYPES[file_format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{file_format.value}"',
            "Cache-Control": "no-store",
        },
    )


def row(found: AreaMeetingPlaces, speaker: i18n.Translator, *, whole: AreaMeetingPlaces) -> Row:
    """An area in words; `whole` is the area that was asked about."""
    say, number = speaker.gettext, speaker.number
    below = found.district is not None and whole.kind is AreaKind.municipality
    level = 0 if found is whole else 1 if found.kind is AreaKind.district else 2 if below else 3
    share = None if found.share is None else _percent(found.share)
    if found.measured_by is MeasuredBy.addresses:
        counted = say("of %(count)s addresses") % {"count": number(found.addresses or 0)}
    elif found.measured_by is MeasuredBy.metres:
        counted = say("of %(count)s km of street") % {"count": number(found.length_m / 1000, 1)}
    else:
        counted = say("no addresses or streets known yet")
    return Row(
        code=found.code,
        name=found.name,
        level=level,
        places=found.places,
        run=_who(found, speaker),
        room=_room(found, speaker),
        share=share,
        of=counted,
        bar=round((found.share or 0) * BAR, 1),
        link=f"/assets?{urlencode({'kind': AssetKind.meeting_place.value, 'area': found.code})}",
    )


def _percent(share: float) -> int:
    """Whole percents; all and nothing only when it is exactly that."""
    return round(share * 100) if share in (0, 1) else min(99, max(1, round(share * 100)))


def _who(found: AreaMeetingPlaces, speaker: i18n.Translator) -> str:
    if not found.places:
        return ""
    if found.resident_run == found.places:
        return speaker.gettext("run by residents")
    if found.run_unknown == found.places:
        return speaker.gettext("it is not known who runs it")
    parts = []
    if found.resident_run:
        parts.append(speaker.gettext("%(count)s run by residents") % {"count": speaker.number(found.resident_run)})
    if found.run_unknown:
        parts.append(
            speaker.gettext("of %(count)s it is not known who runs it") % {"count": speaker.number(found.run_unknown)}
        )
    return ", ".join(parts)


def _room(found: AreaMeetingPlaces, speaker: i18n.Translator) -> str:
    if found.places:
        return ""
    if found.kind is AreaKind.neighbourhood and found.in_district:
        return speaker.gettext("none known yet, but there is one in the district")
    return speaker.gettext("there is still room here")


def heading(asked: Question, place: str | None, speaker: i18n.Translator) -> str:
    """The question as one sentence, for who does not see the fields."""
    return " ".join(
        (
            speaker.pgettext("sentence", "Meeting places in"),
            place or speaker.gettext("an area of your choice"),
            speaker.pgettext("sentence", "on"),
            speaker.gettext("today") if asked.is_today else speaker.day(asked.on),
        )
    )


_kept: TTLCache[Any, list[AreaMeetingPlaces]] = TTLCache(maxsize=64, ttl=300)
_keeping = Lock()


def kept(session: Session, asked: Question) -> list[AreaMeetingPlaces]:
    """The answer of the domain, kept for five minutes as long as nothing changes in the data."""
    assert asked.area is not None  # noqa: S101  there is no question without one
    # what visitors may see of an entry about a person changes with the day; meeting places do not
    key = (session.get_bind().engine.url, browse.data_version(session), asked.area, asked.on)
    with _keeping:
        found = _kept.get(key)
    if found is None:
        found = meeting_places.of_areas(session, area=asked.area, on=asked.on)
        with _keeping:
            _kept[key] = found
    return found


def script_words(speaker: i18n.Translator) -> dict[str, Any]:
    """The words that our scripts put on the page."""
    say = speaker.gettext
    return {
        "map": say("Map of what lies within walking distance of a meeting place"),
        "mapHelp": True,
        "zoomIn": say("Zoom in"),
        "zoomOut": say("Zoom out"),
        "tryAgain": say("What is within reach could not be fetched. Try again in a moment."),
        "looking": say("Looking how far people walk…"),
    }
