"""`/me`: who is signed in, as what, where; what they did lately, which mails they want, and closing the account."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import cookies, csrf, i18n
from app.access import SignedIn, SignInFirst, fresh_sign_in
from app.account_mails import tell_changed
from app.csrf import FormGuard
from app.database import DbSession
from app.pages import reading, second_step
from app.pages.community_history import Told, told_of
from app.parameters import today
from app.templating import render
from assets import (
    account_export,
    accounts,
    administration,
    areas,
    bundled_mails,
    closing,
    communities,
    community_history,
    community_profile,
    history,
    own_reviews,
    sign_ins,
    tokens,
)
from assets.accounts import Account
from assets.bundled_mails import Bundled
from assets.communities import Community
from assets.errors import Conflict
from assets.permissions import Permission, Viewer, holds

router = APIRouter()
#: Own entries to look at again, on the page.
MOST_AGEING = 100
#: Own changes on the page.
MOST_DONE = 20


@router.get("/me")
def me(request: Request, viewer: SignedIn, session: DbSession) -> HTMLResponse:
    """Who is signed in, as what, and in which browsers."""
    number = viewer.account_id or 0
    there = [one for one in community_profile.listed(session) if one.id in (viewer.roles or {})]
    context = {
        "viewer": viewer,
        "sign_ins": sign_ins.of_account(session, number),
        "this_one": sign_ins.of_cookie(session, cookies.read(request, cookies.SIGN_IN) or ""),
        "communities": there,
        **_done(request, session, viewer),
        "strong": viewer.role in accounts.STRONG,
        "municipality": areas.name_of(session, viewer.municipality) if viewer.municipality else None,
        "account_changes": history.of(session, administration.ACCOUNT, number)[::-1][:5],
        "community_names": {str(one.id): one.name for one in community_profile.listed(session)},
        "hosts": bool(viewer.roles) and holds(viewer, Permission.table_open),
        "changes": holds(viewer, Permission.asset_write),
        "administers": holds(viewer, Permission.account_write),
        "token_count": len(tokens.of_account(session, number)),
        **_mails(session, viewer),
        **second_step.factors_of(session, number),
        **reading.frame(session),
    }
    answer = render(request, "me.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/me/mails")
def choose_mails(form: FormGuard, session: DbSession, viewer: SignedIn) -> Response:
    """Have the mails that builders get by themselves, or no more of them."""
    asked = csrf.words(form, "what", most=40)
    if viewer.account_id is not None and asked in set(Bundled):
        bundled_mails.choose(session, viewer.account_id, Bundled(asked), wanted=form.get("wanted") == "yes")
    return RedirectResponse("/me#mails", status_code=303)


@router.get("/me/export")
def export(viewer: SignedIn, session: DbSession) -> Response:
    """What is kept about the account, to take along."""
    return Response(
        account_export.as_json(session, viewer.account_id or 0),
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="vuurtoren.json"', "Cache-Control": "no-store"},
    )


@router.get("/me/close")
def close_page(request: Request, viewer: SignedIn, session: DbSession) -> HTMLResponse:
    """What closing the account means, and the form."""
    return _closing(request, session, viewer)


@router.post("/me/close")
def close(request: Request, form: FormGuard, viewer: SignedIn, session: DbSession) -> Response:
    """Close the account of somebody who signed in lately and ticked the box."""
    if fresh_sign_in(request, session, viewer) is None:
        raise SignInFirst("/me/close")
    speaker = i18n.translator(i18n.choose(request))
    if form.get("sure") is None:
        return _closing(request, session, viewer, wrong=speaker.gettext("Tick this when you are sure."), status=400)
    try:
        account, email = closing.close_own(session, by=viewer)
    except Conflict as refused:
        told = speaker.told(refused.message, refused.values)
        return _closing(request, session, viewer, refused=told, status=409)
    tell_changed(session, account, "self", by=viewer.name, email=email)
    context = {"closed": True, **reading.frame(session)}
    answer = render(request, "me_close.html", context)
    answer.headers.update({"Cache-Control": "no-store", "Clear-Site-Data": '"cache"'})
    cookies.clear(request, answer, cookies.SIGN_IN)
    cookies.clear(request, answer, cookies.ROLE)
    return answer


def _closing(
    request: Request, session: Session, viewer: Viewer, *, wrong: str = "", refused: str = "", status: int = 200
) -> HTMLResponse:
    context = {
        "viewer": viewer,
        "closed": False,
        "fresh": fresh_sign_in(request, session, viewer) is not None,
        "wrong": wrong,
        "refused": refused,
        **reading.frame(session),
    }
    answer = render(request, "me_close.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _done(request: Request, session: Session, viewer: Viewer) -> dict[str, Any]:
    """The last things that somebody did in their communities, newest first; and the communities that tell all of it."""
    account = session.get(Account, viewer.account_id)
    if account is None:
        return {"done": [], "done_more": []}
    speaker = i18n.translator(i18n.choose(request))
    found: list[Told] = []
    more: list[tuple[Community, str]] = []
    for one in communities.communities(session):
        if one.id not in (viewer.roles or {}) or not holds(viewer, Permission.community_read, one.id):
            continue
        deeds = community_history.of(session, one.id, viewer=viewer, by=account.name, limit=MOST_DONE)
        builds = community_history.builds(viewer, one.id)
        found += [told_of(speaker, deed, builds=builds) for deed in deeds if deed.at >= account.created_at]
        if deeds:
            more.append((one, urlencode({"by": account.name})))
    found.sort(key=lambda one: -one.id)
    return {"done": found[:MOST_DONE], "done_more": more if len(found) >= MOST_DONE else []}


def _mails(session: Session, viewer: Viewer) -> dict[str, Any]:
    """For whoever holds the pen: what they may look at again, and whether they are mailed about it."""
    account = session.get(Account, viewer.account_id)
    if account is None or not viewer.roles or not holds(viewer, Permission.suggestion_decide):
        return {"again": None, "mails": {}}
    again = own_reviews.of(session, account, since=None, today=today(), most=MOST_AGEING)
    mails = {one.value: one not in account.stopped_mails for one in Bundled} if account.email else {}
    return {"again": again, "mails": mails}
