"""`/search`: what fits the words that someone is typing, for the search field of the map page."""

import dataclasses
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from app import i18n, words
from app.database import PublicSession
from app.pages import reading
from assets import search

router = APIRouter()


@router.get("/search")
def suggestions(request: Request, session: PublicSession) -> JSONResponse:
    """Entries, streets, areas and gifts that fit, each group the best first; texts as people wrote them."""
    speaker = i18n.translator(i18n.choose(request))
    wanted = reading.filters(request)
    found = search.find(session, wanted.q or "", on=wanted.on, view=wanted.bbox)
    answer: dict[str, list[dict[str, Any]]] = {
        "areas": [
            {"code": one.code, "name": one.name, "bounds": one.bounds,
             "place": ", ".join(word for word in (speaker.gettext(words.AREA_KIND[one.kind]), one.place) if word)}
            for one in found.areas
        ],
        "streets": [dataclasses.asdict(one) for one in found.streets],
        "assets": [
            {"id": one.id, "kind": one.kind, "title": one.title, "language": one.language, "freshness": one.freshness,
             "place": one.street or one.area_name}
            for one in found.assets
        ],
        "gifts": [{"of": one.of, "what": one.what} for one in found.gifts],
    }  # fmt: skip
    return JSONResponse(answer, headers={"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie"})
