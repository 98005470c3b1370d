"""`/`: the public asset map, with the list beside it that holds the same."""

import re
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from app import i18n, words
from app.database import PublicSession
from app.pages import reading
from app.templating import address, render
from assets import browse, search
from assets.errors import NotFound
from maps import legend

router = APIRouter()


@router.get("/")
def public_map(request: Request, session: PublicSession) -> HTMLResponse:
    """The map page; its size does not depend on the number of assets."""
    from maps import public

    speaker = i18n.translator(i18n.choose(request))
    wanted = reading.filters(request)
    area = browse.area(session, wanted.area) if wanted.area else None
    found = find(request, session, wanted, speaker)
    everywhere = reading.leaflet_bounds(reading.bounds(session, None))
    chosen = reading.leaflet_bounds(reading.bounds(session, wanted.area)) if area else None
    context = {
        "map": public.parts(),
        "sprite": legend.sprite(),
        "filters": wanted,
        "place": area.name if area else None,
        "areas": reading.area_options(session, wanted.area, speaker),
        "found": found,
        "count_words": reading.count_words(found.matched, speaker, in_view=False),
        "day_words": reading.day_words(wanted, speaker),
        "today_link": address(request, on=None, before=None, lang=None),
        "settings": {
            "words": script_words(speaker),
            "bounds": chosen or everywhere,
            "everywhere": everywhere,
            "tiles": None if wanted.is_today else {"on": wanted.on.isoformat()},
        },
    }
    return render(request, "public_map.html", context | reading.frame(session))


@router.get("/assets/in-view")
def in_view(request: Request, session: PublicSession) -> HTMLResponse:
    """The rows of what the map shows now; asked by the map page's script."""
    speaker = i18n.translator(i18n.choose(request))
    wanted = reading.filters(request)
    try:
        found = find(request, session, wanted, speaker, path="/")
    except NotFound:
        found = reading.Found((), 0, None, None)
    said = reading.count_words(found.matched, speaker, in_view=True)
    return render(request, "in_view.html", {"found": found, "count_words": said})


def find(
    request: Request,
    session: Session,
    wanted: reading.Filters,
    speaker: i18n.Translator,
    *,
    path: str | None = None,
) -> reading.Found:
    """One page of the list for these filters, in words."""
    listed = browse.assets(
        session,
        on=wanted.on,
        kinds=wanted.kinds,
        theme=wanted.theme,
        freshness=wanted.freshness,
        area=wanted.area,
        bbox=wanted.bbox,
        words=wanted.q,
        gift=wanted.gift,
        talent=wanted.talent,
        open_only=wanted.open_only,
        before=wanted.before,
        limit=reading.PAGE,
    )
    following = address(request, before=listed.next_before, lang=None) if listed.next_before else None
    first = address(request, before=None, lang=None) if wanted.before else None
    if path is not None:
        following, first = (one and one.replace(request.url.path, path, 1) for one in (following, first))
    day = None if wanted.is_today else wanted.on
    rows = tuple(reading.row(asset, speaker, day) for asset in listed.rows)
    named = search.places(session, wanted.q, on=wanted.on) if wanted.q else search.Found()
    return reading.Found(rows, listed.matched, following, first, listed.alike, listed.ids, named.streets, named.areas)


def braced(template: str) -> str:
    """A template of the pages as our scripts fill it in: `{name}`."""
    return re.sub(r"%\((\w+)\)s", r"{\1}", template)


def script_words(speaker: i18n.Translator) -> dict[str, Any]:
    """The words that our scripts put on the page."""
    say = speaker.gettext
    return {
        "map": say("Map of the neighbourhood"),
        "mapHelp": True,
        "zoomIn": say("Zoom in"),
        "zoomOut": say("Zoom out"),
        "close": say("Close"),
        "wholePage": say("Read more"),
        "joinIn": say("Join in"),
        "sendMessage": say("Send a message"),
        "copied": say("Copied."),
        "notCopied": say("Copying does not work here. Select the text and copy it yourself."),
        "share": say("Share"),
        "shareMap": say("Share this map"),
        "stillThere": say("Is this still right?"),
        "change": say("Change this entry"),
        "wholeStreet": braced(say("%(street)s, the whole street")),
        "between": braced(say("%(street)s between %(first)s and %(last)s")),
        "fromCorner": braced(say("%(street)s, a stretch from %(corner)s")),
        "stretch": braced(say("%(street)s, a stretch of it")),
        "connection": {
            f"{kind}.inward" if inward else str(kind): say(word) for (kind, inward), word in words.CONNECTION.items()
        },
        "severalHere": say("{count} on this spot"),
        "notThere": say("This could not be shown"),
        "tryAgain": say("It may have been taken away, or the connection failed. Try again in a moment."),
        "noPlace": say("without a place on the map"),
        "streetInArea": say("{street} in {area}"),
        "inArea": say("in {area}"),
        "onePerson": say("1 person"),
        "people": say("{count} people"),
        "newcomersWelcome": say("newcomers are welcome"),
        "wheelchair": say("accessible with a wheelchair"),
        "next": say("next: {date}, {time}"),
        "since": say("since {date}"),
        "lastHeard": braced(say("confirmed in %(month)s")),
        "ageing": say("not confirmed for a while"),
        "profile": say("Profile of this area"),
        "onlyHere": say("Only what is here"),
        "search": {
            "areas": say("Areas"),
            "streets": say("Streets"),
            "assets": say("What is here"),
            "gifts": say("Talents"),
            "all": say("Show everything with “{words}” in the list"),
            "one": say("1 suggestion; choose with the arrow keys"),
            "many": say("{count} suggestions; choose with the arrow keys"),
            "none": say("No suggestions"),
        },
        "kind": {kind.value: say(word) for kind, word in words.KIND.items()},
        "themes": {theme.value: say(word) for theme, word in words.THEME.items()},
        "giftOf": {gift.value: say(word) for gift, word in words.GIFT_OF.items()},
    }
