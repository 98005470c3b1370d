"""`/me/tokens`: tokens of one's own, for programs that write with one's name."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import i18n
from app.access import SignedIn, SignInFirst, fresh_sign_in
from app.account_mails import tell_token_made
from app.csrf import FormGuard, words
from app.database import DbSession
from app.headers import SECRET_PAGE
from app.pages import reading
from app.pages.typed import Typed, TypedForm
from app.problems import API_PREFIX, base_url
from app.templating import render
from assets import communities, tokens
from assets.accounts import Account
from assets.errors import Conflict, Invalid, NotFound
from assets.permissions import Viewer

router = APIRouter()


@router.get("/me/tokens")
def tokens_page(request: Request, viewer: SignedIn, session: DbSession) -> HTMLResponse:
    """The tokens of who is signed in, and the form for another one."""
    return _page(request, session, viewer, Typed({"days": [str(tokens.DAYS)]}))


@router.post("/me/tokens")
def make(request: Request, viewer: SignedIn, form: TypedForm, session: DbSession) -> Response:
    """Make a token and show it, once; or the form again with what is wrong beside its fields."""
    speaker = i18n.translator(i18n.choose(request))
    account = session.get_one(Account, viewer.account_id)
    if not tokens.offered(viewer):
        return _page(request, session, viewer, form, status=400)
    if fresh_sign_in(request, session, viewer) is None:
        raise SignInFirst("/me/tokens")
    try:
        token = tokens.add_token(
            session,
            form.one("name"),
            account=account,
            scopes=[tokens.READ, *form.many("scope")],
            community_id=_community(session, form.one("community")),
            days=_days(form.one("days")),
        )
    except Invalid as refused:
        wrong = {one.pointer: speaker.fault(one) for one in refused.faults}
        return _page(request, session, viewer, form, wrong=wrong, status=400)
    except Conflict as refused:
        wrong = {"name": speaker.told(refused.message, refused.values)}
        return _page(request, session, viewer, form, wrong=wrong, status=409)
    made = tokens.of_account(session, account.id)[0]
    tell_token_made(session, account, made.name)
    example = (
        f"curl -H 'Authorization: Bearer {token}' '{base_url(request)}{API_PREFIX}/collections/assets/items?limit=1'"
    )
    return _page(request, session, viewer, Typed({"days": [str(tokens.DAYS)]}), shown=(made, token, example))


@router.post("/me/tokens/revoke")
def revoke(viewer: SignedIn, form: FormGuard, session: DbSession) -> Response:
    """End one of one's own tokens at once."""
    number = words(form, "token", most=18)
    if not number.isdecimal():
        raise NotFound("There is no such token, or it is not valid any more.")
    tokens.revoke(session, int(number), account_id=viewer.account_id)
    return RedirectResponse("/me/tokens?done=revoked", status_code=303)


def _days(typed: str) -> int:
    """The days that were typed; nothing is as many as without a choice, and what is no number is refused."""
    typed = typed.strip()
    if not typed:
        return tokens.DAYS
    return int(typed) if typed.isdecimal() and len(typed) < 6 else 0


def _community(session: Session, slug: str) -> int | None:
    if not slug:
        return None
    try:
        return communities.get(session, reading.readable(slug)).id
    except NotFound as missing:
        raise Invalid.at("community", missing.message, **missing.values) from None


def _page(
    request: Request,
    session: Session,
    viewer: Viewer,
    typed: Typed,
    *,
    wrong: Mapping[str, str] | None = None,
    shown: tuple[tokens.Token, str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    account_id = viewer.account_id or 0
    every = communities.communities(session)
    context = {
        "viewer": viewer,
        "tokens": tokens.of_account(session, account_id),
        "offered": tokens.offered(viewer),
        "most_days": tokens.MOST_DAYS,
        "communities": [one for one in every if viewer.roles is None or one.id in viewer.roles],
        "community_names": {one.id: one.name for one in every},
        "fresh": fresh_sign_in(request, session, viewer) is not None,
        "typed": typed,
        "wrong": wrong or {},
        "shown": shown,
        "done": request.method == "GET" and request.query_params.get("done") == "revoked",
        **reading.frame(session),
    }
    answer = render(request, "tokens.html", context, status=status)
    answer.headers.update(SECRET_PAGE)
    return answer
