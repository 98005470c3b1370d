"""`/areas/{code}`: what an area has to build on, how its energy goes, and where there is still room."""

from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

from cachetools import TTLCache
from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from app import i18n
from app.database import PublicSession
from app.pages import reading, room, street_question
from app.parameters import FIRST_DATE, LAST_DATE, today
from app.problems import base_url
from app.templating import render
from assets import browse, lookups, profile, rhythms, sharing
from assets.errors import Fault, Invalid, TooLarge
from assets.profile import Change, Profile
from assets.rhythms import Occurrence
from assets.vocabulary import AssetKind, StreetState, Theme
from maps import legend, trend

router = APIRouter()

#: What is coming: so many times at most, within so many days.
MOST_SOON, SOON_DAYS = 6, 14
#: The bars of the themes are drawn in so many percent.
WIDEST = 100


@dataclass(frozen=True)
class Asked:
    """What the address asks for, besides the area.

    Attributes:
        state: none; the bar of states is shared with /streets, where one can be chosen.
    """

    on: date
    is_today: bool
    theme: Theme | None
    state: StreetState | None = None


def asked(request: Request) -> Asked:
    """The day and theme in this address; what cannot be read is refused (Invalid), as on /streets."""
    query = request.query_params
    speaker = i18n.translator(i18n.choose(request))
    faults = []
    on = None
    if given := query.get("on"):
        try:
            on = date.fromisoformat(given)
        except ValueError:
            on = None
        if on is None or not FIRST_DATE <= on <= LAST_DATE:
            faults.append(Fault("on", speaker.gettext("This is no day between 1900 and 2200.")))
    if query.get("theme", "") not in {"", "any", *Theme}:
        faults.append(Fault("theme", speaker.gettext("This is not one of the choices.")))
    if faults:
        raise Invalid("The question cannot be read.", faults=faults)
    return Asked(on or today(), on in (None, today()), reading.theme(query.get("theme")))


@router.get("/areas/{code}")
def area_page(request: Request, code: str, session: PublicSession) -> HTMLResponse:
    """The profile of an area: strengths first, then its energy, meeting places and room."""
    speaker = i18n.translator(i18n.choose(request))
    question = asked(request)
    found = kept(session, reading.readable(code)[:40], question)
    busiest = max(found.themes.values(), default=0) or 1
    context = {
        "sprite": legend.sprite(),
        "profile": found,
        "asked": question,
        "found": reading.Found(tuple(reading.row(one, speaker) for one in found.newest), len(found.newest), None, None),
        "themes": [(theme, n, round(n / busiest * WIDEST, 1)) for theme, n in found.themes.items() if n],
        "gifts_told": any(count.things or count.people for count in found.gifts.values()),
        "plot": trend.plot(found.trend.months, found.trend.energy),
        "has_energy": any(found.trend.energy) or found.energy.energy > 0,
        "change": change_words(found.trend.change, speaker),
        "bar": room.bar(found.room),
        "totals": found.room,
        "untold": sharing.untold(session, found.area.code),
        "state_links": {state: f"/streets?{_streets(found, state=state.value)}" for state in StreetState},
        "streets_link": f"/streets?{_streets(found, initiative='none')}",
        "edge_link": f"/streets?{_streets(found, view=street_question.EDGE)}",
        "kind_links": {
            kind: f"/assets?{urlencode({'area': found.area.code, 'kind': kind.value})}" for kind in AssetKind
        },
        "map_link": f"/?{urlencode({'area': found.area.code})}",
        "canonical": f"{base_url(request)}/areas/{quote(found.area.code, safe='')}",
        "embed_link": embed_link(found.area.code, speaker.language),
        "embed_code": embed_code(base_url(request), found.area.code, found.area.name, speaker),
        "looked": lookups.times_in_month(session, found.area.code, on=today()),
        "this_month": today(),
        "coming": coming(session, found.area.code) if question.is_today else (),
    }
    return render(request, "area.html", context | reading.frame(session))


def embed_link(code: str, language: str) -> str:
    """The address of the map of an area for a frame on another site."""
    return f"/embed?{urlencode({'area': code, 'lang': language})}"


def embed_code(base: str, code: str, name: str, speaker: i18n.Translator) -> str:
    """The lines that put the map of an area on another site; shown as text, to be copied."""
    title = speaker.gettext("What is here in %(area)s") % {"area": name}
    return (
        f'<iframe src="{escape(base + embed_link(code, speaker.language))}" title="{escape(title)}"'
        ' width="100%" height="480" style="border:0" loading="lazy"></iframe>'
    )


def change_words(change: Change | None, speaker: i18n.Translator) -> str | None:
    """How the energy compares with a year before, as a sentence that judges nobody."""
    say = speaker.gettext
    return {
        Change.more: say("That is more than a year before."),
        Change.same: say("That is about the same as a year before."),
        Change.less: say("That is less than a year before."),
        None: None,
    }[change]


def _streets(found: Profile, **more: str) -> str:
    """The question to the page of streets about this area, theme and day."""
    chosen = {"area": found.area.code, "theme": found.theme.value if found.theme else "any", **more}
    if found.on != today():
        chosen["on"] = found.on.isoformat()
    return urlencode(chosen)


_keeping = Lock()
_coming: TTLCache[Any, tuple[Occurrence, ...]] = TTLCache(maxsize=64, ttl=60)


def coming(session: Session, code: str) -> tuple[Occurrence, ...]:
    """What happens here in the coming days by its rhythm; nothing for an area too large to look through."""
    day = today()
    key = (session.get_bind().engine.url, browse.data_version(session), code, day)
    with _keeping:
        found = _coming.get(key)
    if found is None:
        try:
            found = tuple(
                rhythms.occurrences(
                    session, area=code, first=day, last=day + timedelta(days=SOON_DAYS), limit=MOST_SOON
                )
            )
        except TooLarge:
            found = ()
        with _keeping:
            _coming[key] = found
    return found


_kept: TTLCache[Any, Profile] = TTLCache(maxsize=128, ttl=600)


def kept(session: Session, code: str, question: Asked) -> Profile:
    """The profile, kept for ten minutes as long as nothing changes in the data."""
    key = (session.get_bind().engine.url, browse.data_version(session), today(), code, question.on, question.theme)
    with _keeping:
        found = _kept.get(key)
    if found is None:
        found = profile.of_area(session, code, on=question.on, theme=question.theme)
        with _keeping:
            _kept[key] = found
    return found
