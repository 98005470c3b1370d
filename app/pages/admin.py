"""`/admin`: how the service is doing, what was imported, tokens of programs, and what was done here lately."""

import shutil
from pathlib import Path

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import VERSION
from app.access import Admin
from app.csrf import FormGuard
from app.database import DbSession
from app.headers import SECRET_PAGE
from app.pages import reading
from app.templating import render
from assets import administration, communities, service_state, tokens
from assets.errors import NotFound

router = APIRouter()


@router.get("/admin")
def admin_page(request: Request, viewer: Admin, session: DbSession) -> HTMLResponse:
    """Numbers about the service; nobody's entry, note or message."""
    settings = request.app.state.settings
    context = {
        "viewer": viewer,
        "version": VERSION,
        "state": service_state.state(session, viewer),
        "disk": _disk(settings.data_dir),
        "has_secret": settings.secret is not None,
        "has_mail_server": settings.smtp_url is not None,
        "imports": service_state.imports(session, viewer),
        "tokens": tokens.of_programs(session),
        "changes": administration.done(session, viewer),
        "community_names": names_of_communities(session),
        "done": request.query_params.get("done") == "revoked",
        **reading.frame(session),
    }
    return secret(render(request, "admin.html", context))


@router.post("/admin/tokens/{token_id}/revoke")
def revoke(token_id: str, viewer: Admin, _form: FormGuard, session: DbSession) -> Response:
    """End a token of a program at once."""
    administration.revoke_token(session, number_of(token_id), by=viewer)
    return RedirectResponse("/admin?done=revoked#tokens", status_code=303)


def names_of_communities(session: Session) -> dict[str, str]:
    """Names by number, as the history has it."""
    return {str(one.id): one.name for one in communities.communities(session)}


def secret(answer: HTMLResponse) -> HTMLResponse:
    """The answer as a page that no cache keeps and no other site hears of."""
    answer.headers.update(SECRET_PAGE)
    return answer


def number_of(text: str) -> int:
    """The number in an address of an account, a community or a token; NotFound for what cannot be one."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise NotFound("There is nothing at this address.")
    return int(text)


def _disk(folder: Path) -> tuple[int, int]:
    """Bytes that are free and bytes in all where the data folder is, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    found = shutil.disk_usage(folder)
    return found.free, found.total
