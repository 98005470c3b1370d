"""`/about` and `/privacy`: what this is and what it keeps, in plain words."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from app.database import PublicSession
from app.pages import reading
from app.templating import render

router = APIRouter()


@router.get("/about")
def about(request: Request, session: PublicSession) -> HTMLResponse:
    """What Vuurtoren is and where the data is from."""
    return render(request, "about.html", reading.frame(session))


@router.get("/privacy")
def privacy(request: Request, session: PublicSession) -> HTMLResponse:
    """What is kept about people, and what is not."""
    return render(request, "privacy.html", reading.frame(session))
