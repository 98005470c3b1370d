"""`/table`: a builder opens the table for one evening; `/table/{code}`: a neighbour comes to sit at it.

What the neighbour then pins waits for the host (assets/table_evenings.py).
"""

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import csrf, qr
from app.access import AnyViewer, TableOpener
from app.csrf import FormGuard
from app.database import DbSession
from app.headers import SECRET_PAGE
from app.pages import at_table, reading
from app.problems import base_url
from app.templating import render
from assets import table_evenings
from assets.communities import Community
from assets.errors import NotFound
from assets.permissions import Permission, Viewer, holds
from assets.recurrence import HOME_ZONE

router = APIRouter()


@router.get("/table")
def table_page(request: Request, session: DbSession, viewer: TableOpener) -> HTMLResponse:
    """The code of the evening that lasts, as large as the screen; else one button that opens it."""
    evening = None
    if viewer.account_id is not None:
        evening = table_evenings.of_host(session, viewer.account_id, key=request.app.state.form_key)
    if evening is not None and evening.code is None:
        evening = None  # sealed by another secret: it cannot be shown, and a new one takes its place
    address = f"{base_url(request)}/table/{evening.code}" if evening is not None else ""
    context = {
        "viewer": viewer,
        "evening": evening,
        "until": None if evening is None else evening.ends_at.astimezone(HOME_ZONE),
        "short": f"{base_url(request)}/table/".partition("://")[2],
        "code": qr.picture(address) if evening is not None else None,
        "communities": _communities(session, viewer),
        "home": viewer.community_id,
        "ended": request.query_params.get("ended") == "yes",
        **reading.frame(session),
    }
    answer = render(request, "table.html", context)
    answer.headers.update(SECRET_PAGE)
    return answer


@router.post("/table")
def open_table(request: Request, form: FormGuard, session: DbSession, viewer: TableOpener) -> Response:
    """Open the table, in the chosen community when the viewer builds in more than one."""
    choice = _communities(session, viewer)
    slug = csrf.words(form, "community", most=60)
    chosen = next((one for one in choice if one.slug == slug), None)
    if chosen is None and (slug or len(choice) != 1):
        raise NotFound("There is no community {slug}.", slug=slug)
    where = chosen or choice[0]
    table_evenings.open(session, where.id, by=viewer, key=request.app.state.form_key)
    return RedirectResponse("/table", status_code=303)


@router.post("/table/end")
def end_table(form: FormGuard, session: DbSession, viewer: TableOpener) -> Response:  # noqa: ARG001 - guards
    """End the evening at once."""
    table_evenings.end(session, viewer)
    return RedirectResponse("/table?ended=yes", status_code=303)


@router.post("/table/leave")
def leave_table(request: Request, form: FormGuard) -> Response:  # noqa: ARG001 - guards
    """Stand up from the table: what this browser pins from now on is a suggestion as any other."""
    answer = RedirectResponse("/pin", status_code=303)
    at_table.leave(request, answer)
    return answer


@router.get("/table/{code}")
def sit_down(request: Request, code: str, session: DbSession, viewer: AnyViewer) -> HTMLResponse:
    """Greet a neighbour, and remember the table in this browser."""
    evening = table_evenings.of_code(session, code, key=request.app.state.form_key)
    context = {
        "viewer": viewer,
        "evening": evening,
        "until": None if evening is None else evening.ends_at.astimezone(HOME_ZONE),
        "publishes": evening is not None and holds(viewer, Permission.asset_write, evening.community_id),
        **reading.frame(session),
    }
    answer = render(request, "at_table.html", context, status=200 if evening is not None else 404)
    answer.headers.update(SECRET_PAGE)
    # a picture on another site that has this address seats nobody (Fetch Metadata; older browsers do not say)
    if evening is not None and request.headers.get("sec-fetch-dest", "document") == "document":
        at_table.sit(request, answer, evening)
    return answer


def _communities(session: Session, viewer: Viewer) -> list[Community]:
    """Where this viewer may open a table, by name."""
    numbers = [number for number in viewer.roles or {} if holds(viewer, Permission.table_open, number)]
    return list(session.scalars(select(Community).where(Community.id.in_(numbers)).order_by(Community.name)))
