"""`/embed`: the map for a frame on the page of a club, a paper or the municipality.

The one page that other sites may frame. It reads and sets no cookie, knows no session, and sends no form; every link
opens in a tab of its own. `area`, `kind` (several), `theme`, `lang` and `at` (position) choose what it shows.
"""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from app import i18n, words
from app.database import PublicSession
from app.pages import reading
from app.parameters import today
from app.templating import render_framed
from assets import browse
from assets.errors import NotFound
from assets.vocabulary import AssetKind
from maps import legend

router = APIRouter()

#: Rows in the list of a frame; the whole list is a link away.
MOST_ROWS = 50


@router.get("/embed")
def embed(request: Request, session: PublicSession) -> HTMLResponse:
    """The map and the list of an area in a frame. What cannot be read is left out; an unknown area is said in words."""
    from maps import embed as embedded

    speaker = i18n.translator(i18n.choose(request, cookie=False))
    query = request.query_params
    kinds = tuple(kind for kind in AssetKind if kind.value in query.getlist("kind"))
    theme = reading.theme(query.get("theme"))
    code = reading.readable(query.get("area", ""))[:40] or None
    try:
        area = browse.area(session, code) if code else None
    except NotFound:
        return render_framed(request, "embed_nowhere.html", {}, status=404)
    listed = browse.assets(session, on=today(), kinds=kinds, theme=theme, area=code, limit=MOST_ROWS)
    chosen = {"area": code, "kind": [kind.value for kind in kinds], "theme": theme and theme.value}
    asked = urlencode([(name, one) for name, some in chosen.items() for one in _several(some)])
    context = {
        "map": embedded.parts(),
        "sprite": legend.sprite(),
        "place": area.name if area else None,
        "rows": [reading.row(asset, speaker) for asset in listed.rows],
        "more": listed.next_before is not None,
        "count_words": reading.count_words(listed.matched, speaker, in_view=False),
        "map_link": f"/?{asked}" if asked else "/",
        "list_link": f"/assets?{asked}" if asked else "/assets",
        "settings": {
            "words": script_words(speaker),
            "bounds": reading.leaflet_bounds(reading.bounds(session, code)),
            "kinds": chosen["kind"],
            "theme": chosen["theme"],
            "area": code,
        },
    }
    return render_framed(request, "embed.html", context | reading.frame(session))


def _several(value: str | list[str] | None) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def script_words(speaker: i18n.Translator) -> dict[str, object]:
    """The words that the script in the frame puts on the page."""
    say = speaker.gettext
    return {
        "map": say("Map of the neighbourhood"),
        "mapHelp": True,
        "zoomIn": say("Zoom in"),
        "zoomOut": say("Zoom out"),
        "close": say("Close"),
        "here": say("On this spot"),
        "newTab": say("opens in a new tab"),
        "kind": {kind.value: say(word) for kind, word in words.KIND.items()},
    }
