"""`/areas/{code}/feed` and `/areas/{code}/calendar`: what is new and what is coming, for programs of residents."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app import subscriptions
from app.database import PublicSession
from app.pages import reading

router = APIRouter()


@router.get("/areas/{code}/feed")
def area_feed(request: Request, code: str, session: PublicSession) -> Response:
    """What came on the map of an area and what changed there, as Atom; `lang` chooses the language."""
    return subscriptions.area_feed(request, session, reading.readable(code)[:40])


@router.get("/areas/{code}/calendar")
def area_calendar(request: Request, code: str, session: PublicSession) -> Response:
    """What happens again and again in an area, as a calendar to subscribe to."""
    return subscriptions.area_calendar(request, session, reading.readable(code)[:40])
