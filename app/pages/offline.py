"""The installable web app: its manifest, its service worker, and the pages that work without a network.

What is kept on a device and what waits there is told in docs/decisions/0035.
"""

import hashlib
import json
import re
from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from app import i18n, words
from app.access import AnyViewer
from app.database import PublicSession
from app.pages import reading
from app.templating import STATIC, modules, render, static

router = APIRouter()

#: Looks only at whether it changed: browsers ask for a worker at every visit.
ALWAYS_ASK = {"Cache-Control": "no-cache"}
#: A worker runs our own files and talks to us only.
WORKER_POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"
NAMED = re.compile(r'from "([a-z/-]+)"')
#: What every page needs besides its own scripts, and what only some do.
STYLES = (
    "theme.css", "vuurtoren.css", "vendor/leaflet/leaflet.css", "pages/pin.css", "pages/conversations.css",
    "pages/waiting.css",
)  # fmt: skip
SCRIPTS = ("vendor/leaflet/leaflet.js", "vendor/protomaps-leaflet/protomaps-leaflet.js", "vendor/idb/index.js")
#: Asked for by the style sheet and by the head of a page, without a mark of their content.
FONTS = tuple(
    f"/static/vendor/fonts/files/atkinson-hyperlegible-next-{part}-wght-normal.woff2" for part in ("latin", "latin-ext")
)


@router.get("/manifest.webmanifest")
def manifest(request: Request) -> JSONResponse:
    """What the app is called and how it looks when it is put on a telephone."""
    speaker = i18n.translator(i18n.choose(request))
    say = speaker.gettext
    pictures = (("192", 192, "any"), ("512", 512, "any"), ("mask", 512, "maskable"))
    icons = [
        {"src": static(f"icons/vuurtoren-{name}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": use}
        for name, size, use in pictures
    ]
    body = {
        "id": "/",
        "name": say("Vuurtoren, the map of the neighbourhood"),
        "short_name": "Vuurtoren",
        "description": say("What is here, where is the energy, where is there still room."),
        "lang": speaker.language,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#fffdf8",
        "theme_color": "#fffdf8",
        "icons": icons,
        "shortcuts": [
            {"name": say("Put on the map"), "url": "/pin"},
            {"name": say("Log a conversation"), "url": "/conversations"},
        ],
    }
    return JSONResponse(body, media_type="application/manifest+json", headers=ALWAYS_ASK | {"Vary": "Accept-Language"})


@router.get("/service-worker.js")
def service_worker() -> Response:
    """The worker of the whole site, with the addresses of the files that it keeps."""
    return Response(
        worker(),
        media_type="text/javascript",
        headers=ALWAYS_ASK | {"Content-Security-Policy": WORKER_POLICY, "Service-Worker-Allowed": "/"},
    )


@lru_cache(maxsize=1)
def worker() -> str:
    """The source of the worker. A worker has no import map: the names that it imports become addresses here."""
    known = modules() | {"idb": static("vendor/idb/index.js")}
    source = (STATIC / "service-worker.js").read_text(encoding="utf-8")
    source = NAMED.sub(lambda name: f'from "{known[name[1]]}"', source)
    files = shell()
    version = hashlib.sha256("\n".join((source, *files)).encode()).hexdigest()[:12]
    settings = json.dumps({"SHELL": files, "VERSION": version}, separators=(",", ":"))
    return source.replace("} = SETTINGS;", f"}} = {settings};")


def shell() -> list[str]:
    """Addresses of styles, scripts, fonts and icons: most with the mark of their content, so that they never change."""
    names = (*STYLES, *SCRIPTS, "icons/vuurtoren.svg")
    return [*(static(name) for name in names), *modules().values(), *FONTS]


@router.get("/offline")
def offline(request: Request, session: PublicSession) -> HTMLResponse:
    """What still works without a network; shown by the worker in place of a page that cannot be fetched."""
    return render(request, "offline.html", reading.frame(session))


@router.get("/waiting")
def waiting(request: Request, session: PublicSession, viewer: AnyViewer) -> HTMLResponse:
    """What waits on this device until it can be sent; the list itself is made on the device."""
    speaker = i18n.translator(i18n.choose(request))
    context = {"viewer": viewer, "settings": {"words": script_words(speaker), "account": viewer.account_id}}
    return render(request, "waiting.html", context | reading.frame(session))


def script_words(speaker: i18n.Translator) -> dict[str, Any]:
    """The words that the list puts on the page."""
    say = speaker.gettext
    return {
        "kinds": {kind.value: say(word) for kind, word in words.KIND.items()},
        "pin": say("For the map"),
        "conversation": say("Conversation"),
        "states": {
            "waiting": say("waits for a connection"),
            "refused": say("could not be stored"),
            "look": say("needs another look"),
            "sign-in": say("waits until you sign in again"),
            "sent": say("was sent"),
        },
        "made": say("filled in on {date}"),
        "open": say("Open and change"),
        "remove": say("Throw away"),
        "sure": say("Throw this away for good?"),
        "yes": say("Yes, throw away"),
        "no": say("No, keep it"),
        "different": say("It is something else: send it"),
        "alike": say("Something that looks like it is on the map already:"),
        "see": say("Look at it"),
        "done": say("Take off this list"),
        "signIn": say("Sign in"),
        "other": say("{count} of another account wait on this device. They are sent when that account signs in here."),
        "otherOne": say("1 of another account waits on this device. It is sent when that account signs in here."),
        "nobody": say("About a person: what was filled in is not shown in this list."),
        "noNetwork": say("There is no connection yet. It is sent by itself as soon as there is one."),
    }
