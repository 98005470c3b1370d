"""`/assets/{id}/suggest`: a word about an entry from anyone; `/suggestions/{token}`: what became of it.

A visitor's word waits for a builder. A builder's "still right" counts at once. None of it needs a script or an account;
a script may send the same form and be answered in JSON, so that nobody has to leave the map.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from app import csrf, database, i18n, idempotency
from app.access import AnyViewer, SignInFirst
from app.csrf import TRAP, FormGuard
from app.database import DbSession, PublicSession
from app.headers import SECRET_PAGE
from app.idempotency import Answer
from app.pages import difference_words, reading
from app.pages.assets import number_of, one
from app.parameters import today
from app.senders import sender_of
from app.templating import render
from assets import history, inventory, suggested, suggestions
from assets.errors import Fault, Invalid, NotFound, TooMany
from assets.permissions import Permission, Viewer, holds
from assets.suggestions import Decided
from assets.vocabulary import SUGGESTION_DAYS, AssetKind, ReportReason, SuggestionKind, SuggestionState
from maps import legend

router = APIRouter()
#: What can be said of an entry with one form here; a precise change has a page of its own.
SAID = (SuggestionKind.confirm, SuggestionKind.changed, SuggestionKind.gone, SuggestionKind.report)


def _(template: str) -> str:
    """Mark words for the catalogue of messages; they are translated where they are shown."""
    return template


CHOOSE_WHAT = _("Choose what is wrong with it.")


@dataclass
class Said:
    """What was typed, and what is wrong with it."""

    about: SuggestionKind | None
    note: str = ""
    reason: str = ""
    contact: str = ""
    faults: list[Fault] = field(default_factory=list)
    too_many: str = ""


def decides(viewer: Viewer) -> bool:
    """Whether what this viewer says counts at once."""
    return holds(viewer, Permission.suggestion_decide)


@dataclass(frozen=True)
class Entry:
    """The entry that a word is about."""

    id: int
    kind: AssetKind
    title: str
    language: str
    area: str | None
    street: str | None


def entry_of(session: Session, number: int, viewer: Viewer) -> Entry:
    """The entry for who writes about it, or may see what is not public; NotFound for others."""
    asset = suggestions.seen(session, number, viewer)
    area, street = suggested.place_words(session, asset, None)
    return Entry(number, AssetKind(asset.kind), asset.title, asset.language, area, street)


@router.get("/assets/{asset_id}/suggest")
def suggest_page(request: Request, asset_id: str, session: PublicSession, viewer: AnyViewer) -> HTMLResponse:
    """The choices, or the form of one of them."""
    number = number_of(asset_id)
    about = request.query_params.get("about", "")
    if request.query_params.get("own") == "yes" and not viewer.signed_in:
        raise SignInFirst  # the link in the mail about one's own entries: it counts at once, by a builder
    said = Said(next((kind for kind in SAID if kind == about), None))
    if decides(viewer):
        with database.of_viewer(request) as owner:
            entry = entry_of(owner, number, viewer)
    else:
        shown = one(session, number, today())
        words = shown["title"], shown["language"]
        entry = Entry(number, AssetKind(shown["kind"]), *words, shown["area_name"], shown["street"])
    return _page(request, session, viewer, entry, said)


@router.post("/assets/{asset_id}/suggest")
def suggest(request: Request, asset_id: str, form: FormGuard, session: DbSession, viewer: AnyViewer) -> Response:
    """Store what was said; a builder's confirmation takes effect."""
    number = number_of(asset_id)
    said = _said(form)
    if said.about is None:
        return _page(request, session, viewer, entry_of(session, number, viewer), said, status=400)
    if said.about is SuggestionKind.confirm and decides(viewer):
        return _confirmed(request, form, session, viewer, number)
    if form.get(TRAP):
        raise Invalid("The hidden field of this form was filled in, as programs do. Nothing was stored.")
    reason = next((one for one in ReportReason if one == said.reason), None)
    try:
        if said.about is SuggestionKind.report and reason is None:
            raise Invalid.at("/reason", CHOOSE_WHAT)
        with session.begin_nested():
            made = suggestions.propose(
                session,
                said.about,
                by=viewer,
                asset_id=number,
                note=said.note,
                reason=reason,
                contact=said.contact,
                language=i18n.choose(request),
                sender=None if decides(viewer) else sender_of(request),
            )
    except Invalid as refused:
        if _is_script(request):
            raise
        said.faults = list(refused.faults)
        return _page(request, session, viewer, entry_of(session, number, viewer), said, status=400)
    except TooMany as refused:
        if _is_script(request):
            raise
        said.too_many = i18n.translator(i18n.choose(request)).error(refused)
        return _page(
            request, session, viewer, entry_of(session, number, viewer), said, status=429, headers=_later(refused)
        )
    return _thanked(request, f"/suggestions/{made.follow_token}")


def _said(form: FormData) -> Said:
    about = csrf.words(form, "about")
    kind = next((kind for kind in SAID if kind == about), None)
    # longer than is stored, so that what is too long is refused and not cut off
    return Said(
        kind, csrf.words(form, "note", most=5000), csrf.words(form, "reason"), csrf.words(form, "contact", most=500)
    )


def _is_script(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _later(refused: TooMany) -> dict[str, str]:
    return {"Retry-After": str(refused.seconds)}


def _thanked(request: Request, follow: str) -> Response:
    say = i18n.translator(i18n.choose(request)).gettext
    if _is_script(request):
        words = say("Thank you. A builder of the neighbourhood looks at it.")
        return JSONResponse({"words": words, "follow": follow, "follow_words": say("Follow what happens with it")})
    return RedirectResponse(follow, status_code=303, headers=SECRET_PAGE)


def _confirmed(request: Request, form: FormData, session: Session, viewer: Viewer, number: int) -> Response:
    """A builder says that it is still right: done once, also when the button is pressed twice."""

    def work() -> Answer:
        inventory.confirm(session, number, by=viewer, today=today())
        session.flush()
        done = history.of_asset(session, number, limit=1)[0].id
        return Answer(303, {"Location": f"/assets/{number}/suggest?about=confirm&done={done}"}, str(done))

    key = idempotency.the_key(csrf.words(form, "key", most=300) or None)
    answer = idempotency.once(session, viewer, key, f"confirm {number}", work)
    if _is_script(request):
        say = i18n.translator(i18n.choose(request)).gettext
        return JSONResponse({"words": say("Thank you. It is confirmed as of today.")})
    return answer.response()


def _page(
    request: Request,
    session: Session,
    viewer: Viewer,
    entry: Entry,
    said: Said,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> HTMLResponse:
    speaker = i18n.translator(i18n.choose(request))
    done = request.query_params.get("done", "")
    context = {
        "viewer": viewer,
        "decides": decides(viewer),
        "sprite": legend.sprite(),
        "entry": entry,
        "said": said,
        "wrong": {fault.pointer.strip("/"): speaker.fault(fault) for fault in said.faults},
        "reasons": list(ReportReason),
        "trap": TRAP,
        "key": secrets.token_urlsafe(12),
        "done": int(done) if done.isascii() and done.isdigit() and len(done) < 19 and decides(viewer) else None,
        **reading.frame(session),
    }
    page = render(request, "suggest.html", context, status=status)
    page.headers.update(headers or {})
    return page


# --- what became of it ---


@router.get("/suggestions/{token}")
def follow_page(request: Request, token: str, session: DbSession) -> HTMLResponse:
    """The private page of who made a suggestion: how it stands, and a button to withdraw it."""
    try:
        found = suggestions.get_by_token(session, token[:200])
    except NotFound:
        return _secret(_follow(request, session, {"found": None, "withdrawn": False}, status=404))
    speaker = i18n.translator(i18n.choose(request))
    told = (
        difference_words.differences(
            session,
            speaker,
            None if found.made_on is None else found.made_on.model_dump(mode="json"),
            found.draft.model_dump(mode="json"),
        )
        if found.draft is not None
        else []
    )
    on_map = found.asset_id is not None and suggestions.is_public(session, found.asset_id)
    return _secret(
        _follow(request, session, {"found": found, "differences": told, "on_map": on_map, "withdrawn": False})
    )


@router.post("/suggestions/{token}")
def withdraw(request: Request, token: str, form: FormGuard, session: DbSession) -> Response:  # noqa: ARG001 - guards
    """Withdraw a suggestion that still waits; nothing is kept of it."""
    try:
        suggestions.withdraw(session, token[:200])
    except Decided:
        return RedirectResponse(f"/suggestions/{token[:200]}", status_code=303, headers=SECRET_PAGE)
    except NotFound:
        return _secret(_follow(request, session, {"found": None, "withdrawn": False}, status=404))
    return _secret(_follow(request, session, {"found": None, "withdrawn": True}))


def _follow(request: Request, session: Session, context: dict[str, Any], *, status: int = 200) -> HTMLResponse:
    more = {"days": SUGGESTION_DAYS, "sprite": legend.sprite(), "state": SuggestionState, **reading.frame(session)}
    return render(request, "suggestion.html", {**context, **more}, status=status)


def _secret(answer: HTMLResponse) -> HTMLResponse:
    answer.headers.update(SECRET_PAGE)
    return answer
