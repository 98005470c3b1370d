"""`/communities/{slug}/leave`: a steward takes everything of the community along, and lets it leave."""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from app import cookies, csrf, departures, i18n
from app.access import CommunityLeaver, SignInFirst, fresh_sign_in
from app.csrf import FormGuard
from app.database import DbSession
from app.pages import reading
from app.parameters import today
from app.templating import render
from assets import communities, community_export
from assets.communities import Community
from assets.errors import Conflict
from assets.permissions import Permission, Viewer, require

router = APIRouter()
#: Bytes sent at a time.
PIECE = 64 * 1024


@router.get("/communities/{slug}/leave")
def leave_page(request: Request, slug: str, session: DbSession, viewer: CommunityLeaver) -> HTMLResponse:
    """What leaving means, the file to take along, and the form."""
    return _page(request, session, viewer, _community(session, slug, viewer))


@router.post("/communities/{slug}/leave")
def leave(request: Request, slug: str, form: FormGuard, session: DbSession, viewer: CommunityLeaver) -> Response:
    """Let the community leave, when its short name was typed by somebody who signed in lately."""
    community = _community(session, slug, viewer)
    if fresh_sign_in(request, session, viewer) is None:
        raise SignInFirst(f"/communities/{community.slug}/leave")
    speaker = i18n.translator(i18n.choose(request))
    faults = {}
    if csrf.words(form, "slug", most=100).lower() != community.slug:
        faults["slug"] = speaker.gettext("This is not the short name: %(slug)s.") % {"slug": community.slug}
    if form.get("sure") is None:
        faults["sure"] = speaker.gettext("Tick this when you are sure.")
    if faults:
        return _page(request, session, viewer, community, faults=faults, typed=csrf.words(form, "slug", most=100))
    departures.leave(session, community.id, by=viewer, today=today())
    answer = RedirectResponse("/communities?left=1", status_code=303)
    answer.headers["Clear-Site-Data"] = '"cache"'  # pages of the community do not stay in the browser
    if len(viewer.roles or {}) < 2:
        cookies.clear(request, answer, cookies.ROLE)
    return answer


@router.get("/communities/{slug}/export")
def export(slug: str, session: DbSession, viewer: CommunityLeaver) -> Response:
    """Everything of the community as one zip."""
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})  # files that agree with each other
    community = _community(session, slug, viewer)
    file = TemporaryFile()  # noqa: SIM115 - it has no name, and is gone when it was sent
    try:
        community_export.write(session, community.id, file, by=viewer)
    except BaseException:
        file.close()
        raise
    size = file.seek(0, 2)
    name = f"vuurtoren-{community.slug}-{today()}.zip"
    return StreamingResponse(
        _pieces(file),
        media_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(size),
            "Content-Encoding": "identity",  # it is compressed already
            "Cache-Control": "no-store",
        },
    )


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _community(session: Session, slug: str, viewer: Viewer) -> Community:
    """The community that this viewer may let leave."""
    community = communities.get(session, reading.readable(slug))
    require(viewer, Permission.community_leave, community.id)
    if community.is_sample:
        raise Conflict("The sample neighbourhood leaves with its streets: `vuurtoren demo --remove`.")
    return community


def _page(
    request: Request,
    session: Session,
    viewer: Viewer,
    community: Community,
    *,
    faults: dict[str, str] | None = None,
    typed: str = "",
) -> HTMLResponse:
    context = {
        "viewer": viewer,
        "community": community,
        "fresh": fresh_sign_in(request, session, viewer) is not None,
        "faults": faults or {},
        "typed": typed,
        **reading.frame(session),
    }
    answer = render(request, "community_leave.html", context, status=400 if faults else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer
