"""What programs ask again and again about an area: its feed and its calendar. The pages and the API give the same.

Made once for each state of the data. Somebody who withdraws is gone from the next answer, also for who holds an
earlier one: whether it is still good is told by its ETag alone, never by a time.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.utils import format_datetime
from threading import Lock
from typing import Any
from urllib.parse import quote

from cachetools import LRUCache
from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app import feed, i18n
from app.parameters import AREA_CODE, today
from app.problems import base_url
from assets import browse, calendars, feeds
from assets.errors import NotFound

#: Telephones ask every day for what seldom changes; a thousand events take a second to write.
_kept: LRUCache[Any, Any] = LRUCache(128)
_keeping = Lock()


def area_calendar(request: Request, session: Session, code: str) -> Response:
    """What happens again and again in an area (iCalendar); NotFound, or TooLarge with too many events."""
    day = today()

    def made() -> tuple[bytes, None]:
        return calendars.of_area(session, code, on=day, base=base_url(request)), None

    headers = {
        "Content-Type": f"{calendars.MEDIA_TYPE}; charset=utf-8",
        "Content-Disposition": 'inline; filename="vuurtoren.ics"',
        "Vary": "Accept",
    }
    return _answer(request, session, ("calendar", code), made, headers, day)


def area_feed(request: Request, session: Session, code: str) -> Response:
    """What is new in an area (Atom), in the language of who asks; NotFound for an unknown area."""
    day = today()
    language = i18n.choose(request)
    base = base_url(request)
    wish = i18n.known(request.query_params.get("lang"))
    address = f"{base}{quote(request.url.path)}{f'?lang={wish}' if wish else ''}"

    def made() -> tuple[bytes, datetime | None]:
        found = feeds.of_area(session, code, on=day)
        body = feed.written(found, on=day, language=language, base=base, address=address)
        return body, found.changed_at

    headers = {
        "Content-Type": f"{feed.MEDIA_TYPE}; charset=utf-8",
        "Content-Language": language,
        "Vary": "Accept, Accept-Language, Cookie",
    }
    return _answer(request, session, ("feed", code, language, address), made, headers, day)


def _answer(
    request: Request,
    session: Session,
    what: tuple[str, ...],
    made: Callable[[], tuple[bytes, datetime | None]],
    headers: dict[str, str],
    day: date,
) -> Response:
    """The answer from what is kept, or made anew; 304 for who has it."""
    if not re.fullmatch(AREA_CODE, what[1]):
        raise NotFound("There is no area with this code.")
    language = headers.get("Content-Language", "")
    # a consent may end with the day, here or by the server's clock
    tag = f'W/"{browse.data_version(session)}-{day:%Y%m%d}-{datetime.now(UTC):%d}{language}"'
    headers |= {"Cache-Control": "no-cache", "ETag": tag}
    if _has(request, tag):
        told = ("Cache-Control", "ETag", "Vary")
        return Response(status_code=304, headers={name: headers[name] for name in told})
    key = (session.get_bind().engine.url, tag, what, base_url(request))
    with _keeping:
        found = _kept.get(key)
    if found is None:
        found = made()
        with _keeping:
            _kept[key] = found
    body, changed_at = found
    if changed_at is not None:
        headers["Last-Modified"] = format_datetime(changed_at.astimezone(UTC), usegmt=True)
    return Response(body, headers=headers)


def _has(request: Request, tag: str) -> bool:
    held = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    return "*" in held or tag.removeprefix("W/") in held
