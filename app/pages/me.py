"""`/me`: who is signed in, as what, where, and which mails they want."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import csrf
from app.access import SignedIn
from app.csrf import FormGuard
from app.database import DbSession
from app.pages import reading, second_step
from app.parameters import today
from app.templating import render
from assets import (
    accounts,
    administration,
    areas,
    bundled_mails,
    community_profile,
    history,
    own_reviews,
    sign_ins,
    tokens,
)
from assets.accounts import Account
from assets.bundled_mails import Bundled
from assets.permissions import Permission, Viewer, holds

router = APIRouter()
#: Own entries to look at again, on the page.
MOST_AGEING = 100


@router.get("/me")
def me(request: Request, viewer: SignedIn, session: DbSession) -> HTMLResponse:
    """Who is signed in, as what, and in which browsers."""
    number = viewer.account_id or 0
    context = {
        "viewer": viewer,
        "sign_ins": sign_ins.of_account(session, number),
        "communities": [one for one in community_profile.listed(session) if one.id in (viewer.roles or {})],
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


def _mails(session: Session, viewer: Viewer) -> dict[str, Any]:
    """For whoever holds the pen: what they may look at again, and whether they are mailed about it."""
    account = session.get(Account, viewer.account_id)
    if account is None or not viewer.roles or not holds(viewer, Permission.suggestion_decide):
        return {"again": None, "mails": {}}
    again = own_reviews.of(session, account, since=None, today=today(), most=MOST_AGEING)
    mails = {one.value: one not in account.stopped_mails for one in Bundled} if account.email else {}
    return {"again": again, "mails": mails}
