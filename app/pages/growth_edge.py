"""`/streets?view=growth-edge`: where a neighbour could join in, as the second view of the streets."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from app import i18n
from app.pages import reading, room, street_question
from app.pages.street_question import EDGE, Question
from app.templating import address, render
from assets import browse, crs, exports, growth_edge, sharing
from assets.errors import Fault, Invalid, TooLarge
from assets.exports import FileFormat
from assets.growth_edge import GrowthEdge, GrowthEdgeStreet, Lives
from assets.vocabulary import AreaKind, AssetKind, GiftOf, Initiative
from maps import legend

API = "/api/v1/growth-edge"


@dataclass(frozen=True)
class Row:
    """A street of the list, in words.

    Attributes:
        near: how far it is to the nearest carried street, as it stands in the table before the name of that street.
        lives: symbol and words of what lives around it; empty when nothing is known.
    """

    street: GrowthEdgeStreet
    near: str
    lives: tuple[tuple[AssetKind | None, str], ...]


def question(request: Request) -> Question:
    """The question in this address; it is about streets without an initiative, whatever their state."""
    asked = street_question.question(request)
    say = i18n.translator(i18n.choose(request)).gettext
    faults = []
    if asked.initiative is not Initiative.none:
        faults.append(Fault("initiative", say("This view is about streets without an initiative.")))
    if asked.state is not None:
        faults.append(Fault("state", say("This view is about streets without an initiative.")))
    if faults:
        raise Invalid("The question cannot be read.", faults=faults)
    return asked


def page(request: Request, session: Session) -> HTMLResponse:
    """The page: the question, the table and the map."""
    from maps import room as room_map

    speaker = i18n.translator(i18n.choose(request))
    asked = question(request)
    area = browse.area(session, asked.area) if asked.area else None
    try:
        found = _edge(session, asked, offset=(asked.page - 1) * room.PAGE, limit=room.PAGE)
    except TooLarge:
        found = None
    everywhere = reading.leaflet_bounds(reading.bounds(session, None))
    chosen = reading.leaflet_bounds(reading.bounds(session, asked.area)) if area else None
    rows = [Row(row, near_words(row, speaker), lives_words(row.lives, speaker)) for row in found.rows] if found else []
    context = {
        "map": room_map.parts(),
        "sprite": legend.sprite(),
        "asked": asked,
        "place": area.name if area else None,
        "areas": reading.area_options(session, asked.area, speaker),
        "dates": street_question.dates(asked, speaker),
        "heading": street_question.heading(asked, area.name if area else None, speaker),
        "found": found,
        "untold": sharing.untold(session, asked.area),
        "rows": rows,
        "one_place": area is not None and area.kind is AreaKind.neighbourhood,
        "tabs": room.tabs(request, edge=True),
        "pages": _pages(request, asked, found) if found else None,
        "downloads": {
            ending.value: f"/streets/download?{_query(asked, view=EDGE, f=ending.value)}" for ending in FileFormat
        },
        "api": f"{API}?{_query(asked)}",
        "settings": {
            "words": room.script_words(speaker),
            "bounds": chosen or everywhere,
            "everywhere": everywhere,
            "tiles": {"theme": asked.theme.value if asked.theme else "any", "on": asked.on.isoformat()},
            "area": asked.area,
        },
    }
    return render(request, "growth_edge.html", context | reading.frame(session))


def download(request: Request, session: Session, file_format: FileFormat) -> Response:
    """The whole list as a file."""
    asked = question(request)
    srid = crs.storage(session).srid
    found = _edge(session, asked, srid=srid if file_format in (FileFormat.gpkg, FileFormat.geojson) else None)
    return room.file_answer(
        request,
        session,
        asked,
        exports.growth_edge_records(found.rows),
        exports.GROWTH_EDGE_COLUMNS,
        file_format,
        layer="growth_edge",
    )


def _edge(
    session: Session,
    asked: Question,
    *,
    offset: int = 0,
    limit: int | None = None,
    srid: int | None = None,
) -> GrowthEdge:
    return growth_edge.streets(
        session, on=asked.on, area=asked.area, theme=asked.theme, offset=offset, limit=limit, srid=srid
    )


def near_words(row: GrowthEdgeStreet, speaker: i18n.Translator) -> str:
    """How far it is to the nearest carried street part; its name follows."""
    if row.nearest_energy_m is None:
        return speaker.gettext("more than 5 km, or no way known")
    if row.nearest_energy_m < 1:
        return speaker.gettext("next to")
    return speaker.gettext("%(shown)s m to") % {"shown": speaker.number(row.nearest_energy_m)}


def lives_words(lives: Lives, speaker: i18n.Translator) -> tuple[tuple[AssetKind | None, str], ...]:
    """What lives around a street: a symbol and words for each kind that is there, and the gifts."""
    found: list[tuple[AssetKind | None, str]] = [
        (kind, kind_words(kind, count, speaker)) for kind, count in lives.kinds.items() if count != 0
    ]
    gifts = [gift_words(gift, count, speaker) for gift, count in lives.gifts.items() if count]
    if gifts:
        found.append((None, speaker.gettext("gifts of %(gifts)s") % {"gifts": ", ".join(gifts)}))
    return tuple(found)


def kind_words(kind: AssetKind, count: int | None, speaker: i18n.Translator) -> str:
    """So many of a kind; people in fives, and without a number where none is told."""
    if kind is AssetKind.person:
        if count is None:
            return speaker.gettext("fewer than 5 neighbours")
        return speaker.gettext("%(shown)s or more neighbours") % {"shown": speaker.number(count)}
    number = count or 0
    say = speaker.ngettext
    template = {
        AssetKind.club: say("%(shown)s club", "%(shown)s clubs", number),
        AssetKind.meeting_place: say("%(shown)s meeting place", "%(shown)s meeting places", number),
        AssetKind.street_initiative: say("%(shown)s street initiative", "%(shown)s street initiatives", number),
        AssetKind.institution: say("%(shown)s institution", "%(shown)s institutions", number),
        AssetKind.exchange: say("%(shown)s exchange", "%(shown)s exchanges", number),
        AssetKind.story: say("%(shown)s story", "%(shown)s stories", number),
    }[kind]
    return template % {"shown": speaker.number(number)}


def gift_words(gift: GiftOf, count: int, speaker: i18n.Translator) -> str:
    """A gift with how many entries have it, people in fives."""
    from app import words

    return f"{speaker.gettext(words.GIFT_OF[gift])} ({speaker.number(count)})"


def _pages(request: Request, asked: Question, found: GrowthEdge) -> room.Pages:
    first = (asked.page - 1) * room.PAGE + 1
    return room.Pages(
        before=address(request, page=asked.page - 1 if asked.page > 2 else None) if asked.page > 1 else None,
        after=address(request, page=asked.page + 1) if found.more else None,
        first=first if found.rows else 0,
        last=first + len(found.rows) - 1 if found.rows else 0,
    )


def _query(asked: Question, **more: str) -> str:
    """The same question in the parameters of the API."""
    parameters = {
        **more,
        "theme": asked.theme.value if asked.theme else "any",
        "area": asked.area,
        "on": None if asked.is_today else asked.on.isoformat(),
    }
    return urlencode({name: value for name, value in parameters.items() if value}, safe=":/,")
