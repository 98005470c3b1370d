"""`/communities` and `/communities/{slug}`: who runs a map, what they carry, and what they share."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from app import words
from app.access import AnyViewer
from app.database import PublicSession
from app.pages import reading
from app.parameters import today
from app.templating import render
from assets import community_profile, sharing
from assets.permissions import Permission, Viewer, holds

router = APIRouter()


def _(message: str) -> str:
    """Mark a message for translation; it is translated where it is shown."""
    return message


@dataclass(frozen=True)
class SubPage:
    """A page below that of a community, linked for whoever holds its permission there; None is everyone."""

    path: str
    name: str
    permission: Permission | None


#: The pages below that of a community. Each is a module of its own, that adds its line here.
SUB_PAGES: tuple[SubPage, ...] = (
    SubPage("people", _("Everyone who takes part"), Permission.asset_write),
    SubPage("sharing", _("Choose what the municipality sees"), Permission.sharing_write),
    SubPage("history", _("Who did what"), Permission.community_read),
    SubPage("leave", _("Take everything along, or leave"), Permission.community_leave),
)


@router.get("/communities")
def communities_page(request: Request, session: PublicSession) -> HTMLResponse:
    """Every community, by name."""
    listed = community_profile.listed(session)
    settings = sharing.of_each(session, [one.id for one in listed])
    context = {
        "communities": listed,
        "entries": community_profile.entries(session, on=today()),
        "most_listed": community_profile.MOST_LISTED,
        "reaches": {number: sharing.reaches(found) for number, found in settings.items()},
        "short": words.SHARED_SHORT,
        "left": request.query_params.get("left") == "1",
    }
    return render(request, "communities.html", context | reading.frame(session))


@router.get("/communities/{slug}")
def community_page(request: Request, slug: str, session: PublicSession, viewer: AnyViewer) -> HTMLResponse:
    """One community: since when, what it carries, what it shares and why."""
    found = community_profile.get(session, reading.readable(slug))
    settings = sharing.of(session, found.id)
    context = {
        "viewer": viewer,
        "community": found,
        "carries": community_profile.carries(session, found.id, on=today()),
        "most_counted": community_profile.MOST_COUNTED,
        "explained": words.SHARED_MEANS,
        "settings_of": settings,
        "reaches": sharing.reaches(settings),
        "hosts": holds(viewer, Permission.table_open, found.id),
        "sub_pages": sub_pages(viewer, found.id, is_sample=found.is_sample),
        "role": viewer.role_in(found.id) if viewer.roles else None,
        "welcome": request.query_params.get("welcome") == "yes",
    }
    return render(request, "community.html", context | reading.frame(session))


def sub_pages(viewer: Viewer, community_id: int, *, is_sample: bool = False) -> list[SubPage]:
    """The pages below that of a community that this viewer may open; a sample never leaves, it goes by a command."""
    return [
        one
        for one in SUB_PAGES
        if (one.permission is None or holds(viewer, one.permission, community_id))
        and not (is_sample and one.permission is Permission.community_leave)
    ]
