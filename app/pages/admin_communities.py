"""`/admin/communities`: the communities of this map in numbers; adding one, and giving one another name."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import i18n
from app.access import Admin
from app.database import DbSession
from app.pages import reading
from app.pages.admin import number_of, secret
from app.pages.typed import Typed, TypedForm
from app.templating import render
from assets import administration
from assets.errors import Conflict, Invalid
from assets.permissions import Viewer

router = APIRouter()
LIST = "/admin/communities"
DONE = frozenset({"added", "renamed"})


@router.get("/admin/communities")
def communities_page(request: Request, viewer: Admin, session: DbSession) -> HTMLResponse:
    """Every community: entries, members, stewards."""
    return _page(request, session, viewer, Typed())


@router.post("/admin/communities")
def add(request: Request, viewer: Admin, form: TypedForm, session: DbSession) -> Response:
    """Make a community."""
    try:
        administration.add_community(session, form.one("slug").strip(), form.one("name"), by=viewer)
    except Invalid as refused:
        speaker = i18n.translator(i18n.choose(request))
        wrong = {one.pointer: speaker.fault(one) for one in refused.faults}
        return _page(request, session, viewer, form, wrong=wrong, status=400)
    except Conflict as refused:
        wrong = {"slug": i18n.translator(i18n.choose(request)).told(refused.message, refused.values)}
        return _page(request, session, viewer, form, wrong=wrong, status=409)
    return RedirectResponse(f"{LIST}?done=added", status_code=303)


@router.post("/admin/communities/{community_id}/name")
def rename(request: Request, community_id: str, viewer: Admin, form: TypedForm, session: DbSession) -> Response:
    """Give a community another name; its address stays."""
    number = number_of(community_id)
    try:
        administration.rename_community(session, number, form.one("new_name"), by=viewer)
    except Invalid as refused:
        speaker = i18n.translator(i18n.choose(request))
        wrong = {f"name-{number}": speaker.fault(refused.faults[0])}
        return _page(request, session, viewer, form, wrong=wrong, status=400)
    return RedirectResponse(f"{LIST}?done=renamed", status_code=303)


def _page(
    request: Request, session: Session, viewer: Viewer, typed: Typed, *, wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:  # fmt: skip
    done = request.query_params.get("done") if request.method == "GET" else None
    context = {
        "viewer": viewer,
        "communities": administration.listed_communities(session, viewer),
        "typed": typed,
        "wrong": wrong or {},
        "done": done if done in DONE else None,
        **reading.frame(session),
    }
    return secret(render(request, "admin_communities.html", context, status=status))
