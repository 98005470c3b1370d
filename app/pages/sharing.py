"""`/communities/{slug}/sharing`: stewards say what the municipality sees of their community, and why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import i18n, words
from app.access import SharingWriter
from app.database import DbSession
from app.pages import communities, reading
from app.pages.typed import NO_TEXT, TypedForm
from app.templating import render
from assets import community_profile, sharing
from assets.community_profile import ListedCommunity
from assets.errors import Invalid, Stale
from assets.permissions import Permission, Viewer, require
from assets.sharing import CHOICES, Choice, Setting
from assets.vocabulary import Shared

router = APIRouter()


@dataclass(frozen=True)
class Row:
    """One thing that is shared or not, as it stands in the form, and what holds now."""

    what: Shared
    shared: bool
    reason: str
    now: Setting


@router.get("/communities/{slug}/sharing")
def sharing_page(request: Request, slug: str, viewer: SharingWriter, session: DbSession) -> HTMLResponse:
    """The form, filled with what holds now."""
    return _page(request, session, _own(session, slug, viewer), viewer)


@router.post("/communities/{slug}/sharing")
def choose(request: Request, slug: str, viewer: SharingWriter, form: TypedForm, session: DbSession) -> Response:
    """Store what was chosen; back with what was typed when it cannot be, or when another steward was first."""
    community = _own(session, slug, viewer)
    wanted = {what: Choice(form.one(what) == "yes", form.one(f"{what}_reason")) for what in CHOICES if form.given(what)}
    seen = _number(form.one("seen"))
    try:
        with session.begin_nested():
            changed = sharing.choose(session, community.id, wanted, seen=seen, by=viewer)
    except Invalid as refused:
        speaker = i18n.translator(i18n.choose(request))
        wrong = {fault.pointer.removeprefix("/"): speaker.fault(fault) for fault in refused.faults}
        return _page(request, session, community, viewer, wanted, wrong=wrong, seen=seen, status=422)
    except Stale:
        return _page(request, session, community, viewer, wanted, stale_since=seen, status=409)
    done = "changed" if changed else "same"
    return RedirectResponse(f"/communities/{community.slug}/sharing?done={done}", status_code=303)


def _own(session: Session, slug: str, viewer: Viewer) -> ListedCommunity:
    """The community of this address, for its own stewards."""
    found = community_profile.get(session, reading.readable(slug))
    require(viewer, Permission.sharing_write, found.id)
    return found


def _number(text: str) -> int:
    """A version from a hidden field; 0 for what is none."""
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else 0


def _page(
    request: Request,
    session: Session,
    community: ListedCommunity,
    viewer: Viewer,
    typed: Mapping[Shared, Choice] | None = None,
    *,
    wrong: Mapping[str, str] | None = None,
    seen: int | None = None,
    stale_since: int | None = None,
    status: int = 200,
) -> HTMLResponse:
    settings = sharing.of(session, community.id)
    typed = typed or {}
    rows = []
    for what in CHOICES:
        now = settings[what]
        shown = typed.get(what, Choice(now.shared, now.reason))
        rows.append(Row(what, shown.shared, NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", shown.reason), now))
    done = request.query_params.get("done")
    context = {
        "viewer": viewer,
        "community": community,
        "rows": rows,
        "contact": Shared.contact,
        "explained": words.SHARED_MEANS,
        "defaults": sharing.DEFAULTS,
        "most": sharing.MOST_REASON,
        "wrong": wrong or {},
        "seen": sharing.version(session, community.id) if seen is None else seen,
        "stale": stale_since is not None,
        "meanwhile": [] if stale_since is None else sharing.chosen_before(session, community.id, after=stale_since),
        "chosen_before": sharing.chosen_before(session, community.id),
        "done": done if done in ("changed", "same") and request.method == "GET" else None,
        "sub_pages": communities.sub_pages(viewer, community.id),
    }
    answer = render(request, "sharing.html", context | reading.frame(session), status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
