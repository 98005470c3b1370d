"""`/areas/{code}/poster`: the poster of an area, to print and hang up."""

import hashlib
from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import Response

from app import database, i18n, poster, problems
from app.pages import reading
from app.parameters import FIRST_DATE, LAST_DATE, today
from assets import browse
from assets.errors import Fault, Invalid

router = APIRouter()


@router.get("/areas/{code}/poster")
def area_poster(request: Request, code: str) -> Response:
    """The poster as a PDF; 404 for an unknown area, 400 for a day that is none, 413 for an area that is too large.

    The database is asked in two short transactions, so that no connection waits while others' posters are made.
    """
    language = i18n.choose(request)
    made_on = today()
    on = _day(request, language) or made_on
    base_url = problems.base_url(request)
    sessions = database.of(request).public_sessions
    with database.transaction(sessions) as session:
        area = browse.area(session, reading.readable(code))
        version = browse.data_version(session)
    poster.area_address(base_url, area.code)
    key = (area.code, on, made_on, language, base_url, version)
    tag = f'"{hashlib.sha256(repr(key).encode()).hexdigest()[:20]}"'
    headers = {
        "Cache-Control": "private, no-cache",  # what somebody withdraws is gone at once
        "Vary": "Accept-Language, Cookie",
        "Content-Language": language,
        "ETag": tag,
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)

    def work() -> bytes:
        with database.transaction(sessions) as session:
            found = poster.read(session, area.code, on=on, language=language)
        return poster.pdf(found, on=on, today=made_on, language=language, base_url=base_url)

    press: poster.Press = request.app.state.posters
    try:
        made = press.get(key) or press.make(key, work)
    except poster.Busy as busy:
        raise problems.Refusal("not-ready", str(busy), headers={"Retry-After": str(poster.Press.AGAIN_S)}) from busy
    name = poster.file_name(area.name, area.code, on=on, language=language)
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(made, media_type="application/pdf", headers=headers)


def _day(request: Request, language: i18n.Language) -> date | None:
    """The day in this address, None when there is none; Invalid when it cannot be read."""
    text = request.query_params.get("on")
    if not text:
        return None
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    if found is None or not FIRST_DATE <= found <= LAST_DATE:
        say = i18n.translator(language).gettext
        raise Invalid(
            "The question cannot be read.", faults=[Fault("on", say("This is no day between 1900 and 2200."))]
        )
    return found
