"""`/mails/stop/{token}`: no more of a mail that builders get, by a button or by the mail program (RFC 8058).

Looking at the page changes nothing: programs that look into mails follow links. On `/me` one has them again.
"""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from app.database import DbSession
from app.headers import SECRET_PAGE
from app.pages import reading
from app.templating import render
from assets import bundled_mails
from assets.bundled_mails import Linked

router = APIRouter()


@router.get("/mails/stop/{token}")
def stop_page(request: Request, token: str, session: DbSession) -> HTMLResponse:
    """A button that stops these mails; looking at this page does nothing."""
    found = bundled_mails.behind(session, token[:200])
    return _page(request, session, found, "stopped" if found and found.stopped else "stop")


@router.post("/mails/stop/{token}")
def stop(request: Request, token: str, session: DbSession) -> HTMLResponse:
    """Stop these mails, from our page or from a mail program: the secret is enough, nothing of the body is read."""
    return _page(request, session, bundled_mails.stop(session, token[:200]), "stopped")


def _page(request: Request, session: Session, found: Linked | None, step: str) -> HTMLResponse:
    context = {"step": step if found else "failed", "what": found.what if found else None, **reading.frame(session)}
    answer = render(request, "mails_stop.html", context, status=200 if found else 404)
    answer.headers.update(SECRET_PAGE)
    return answer
