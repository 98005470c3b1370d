"""`/sign-in`: a link by mail instead of a password.

Nothing here tells whether an address is known. The link is opened by a button, so that a mail scanner that follows
it does not use it up, and works only in the browser that asked (assets/sign_in_links.py).
"""

import re
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from app import cookies, csrf, i18n, mail, oidc
from app.access import AnyViewer
from app.csrf import FormGuard
from app.database import DbSession, PublicSession
from app.headers import SECRET_PAGE
from app.pages import reading, second_step
from app.problems import base_url
from app.senders import household
from app.templating import render
from assets import accounts, second_factors, sign_in_links, sign_ins
from assets.errors import Invalid, NotFound
from assets.permissions import Viewer
from assets.sign_ins import own_path

router = APIRouter()
#: In place of an address that has no account; nothing is ever sent there.
NOBODY = "nobody@example.org"
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
           ("Mac OS", "Mac"), ("Linux", "Linux"))  # fmt: skip


@router.get("/form-token")
def form_token(request: Request, viewer: AnyViewer) -> JSONResponse:
    """A token with which a script of ours may send a form, and the number of the account that is signed in, if any."""
    answer = JSONResponse({"token": csrf.token(request), "account": viewer.account_id})
    csrf.remember(request, answer)
    return answer


@router.get("/sign-in")
def ask_page(request: Request, session: PublicSession, viewer: AnyViewer) -> HTMLResponse:
    """The form that asks for an e-mail address."""
    values = {"email": "", "next": own_path(request.query_params.get("next"))}
    return _ask(request, session, viewer, values)


def _ask(
    request: Request, session: Session, viewer: Viewer, values: dict[str, str], *, fault: str | None = None
) -> HTMLResponse:
    context = {
        "step": "ask",
        "values": values,
        "fault": fault,
        "viewer": viewer,
        # who is signed in comes here with an address to go on to only for what asks a fresh sign-in
        "again": viewer.signed_in and values["next"] != "/",
        "provider": request.app.state.settings.oidc_issuer is not None,
    }
    return render(request, "sign_in.html", context | reading.frame(session), status=400 if fault else 200)


@router.post("/sign-in")
def ask(request: Request, form: FormGuard, session: DbSession, viewer: AnyViewer) -> HTMLResponse:
    """Mail a link to an address that is known, and say the same when it is not."""
    values = {"email": csrf.words(form, "email", most=300), "next": own_path(csrf.words(form, "next"))}
    try:
        asked = sign_in_links.ask(
            session, values["email"], browser=csrf.secret_of(request), network=household(request),
            secret=request.app.state.form_key, next_path=values["next"],
        )  # fmt: skip
    except Invalid as refused:
        speaker = i18n.translator(i18n.choose(request))
        return _ask(request, session, viewer, values, fault=speaker.fault(refused.faults[0]))
    if asked is not None:
        _mail(request, session, asked)
    context = {"step": "asked", "values": values, "fault": None, **reading.frame(session)}
    return render(request, "sign_in.html", context)


def _mail(request: Request, session: Session, asked: sign_in_links.Asked) -> None:
    """Mail the link. For an unknown address all is done just the same and then taken back, so that it takes as long."""
    known = asked.account if asked.account is not None and asked.account.email is not None else None
    with session.begin_nested() as written:
        mail.post(
            session,
            "sign_in",
            to=NOBODY if known is None or known.email is None else known.email,
            language=(i18n.known(known.language) if known is not None else None) or i18n.choose(request),
            path=f"/sign-in/{asked.token}",
            minutes=sign_in_links.LINK_MINUTES,
        )
        if known is None:
            written.rollback()


@router.get("/sign-in/oidc")
def to_provider(request: Request, session: DbSession) -> Response:
    """Send the browser to the provider of the municipality."""
    settings = request.app.state.settings
    if settings.oidc_issuer is None:
        raise NotFound("There is nothing at this address.")
    asked = oidc.new_question()
    state = sign_in_links.ask_provider(
        session, browser=csrf.secret_of(request), next_path=own_path(request.query_params.get("next")),
        sealed=second_factors.seal(asked.words(), request.app.state.form_key), network=household(request),
        secret=request.app.state.form_key,
    )  # fmt: skip
    answer = RedirectResponse(oidc.address(settings, base_url(request), state=state, asked=asked), status_code=303)
    cookies.write(request, answer, cookies.FORM, csrf.secret_of(request), seconds=cookies.FORM_SECONDS)
    return answer


@router.get("/sign-in/oidc/callback")
def from_provider(request: Request, session: DbSession) -> Response:
    """Sign in who comes back from the provider, when its word holds and they have an account here."""
    query = request.query_params
    found = sign_in_links.back_from_provider(session, query.get("state", "")[:200], browser=csrf.secret_of(request))
    words = second_factors.unseal(found[0], request.app.state.form_key) if found else None
    code = query.get("code", "")[:2000]
    person = account = None
    if found is not None and words is not None and code:
        asked = oidc.Asked.of(words)
        person = oidc.person(request.app.state.settings, base_url(request), code=code, asked=asked)
    if person is not None:
        account = accounts.of_provider(session, issuer=person.issuer, subject=person.subject, email=person.email)
    if found is None or person is None or account is None:
        step = "failed" if person is None else "unknown"
        return _secret(_failed(request, session, step))
    described = described_of(request.headers.get("user-agent", ""))
    opened = sign_ins.opened(session, account, next_path=found[1], described=described, has_second=person.has_second)
    return second_step.signed_in(request, opened)


@router.get("/sign-in/{token}")
def link_page(request: Request, session: PublicSession) -> HTMLResponse:
    """A button that opens the link; looking at this page does not use it up."""
    return _secret(
        render(request, "sign_in.html", {"step": "open", "values": {}, "fault": None, **reading.frame(session)})
    )


@router.post("/sign-in/{token}")
def open_link(request: Request, token: str, _form: FormGuard, session: DbSession) -> Response:
    """Sign in with the link, in the browser that asked for it."""
    described = described_of(request.headers.get("user-agent", ""))
    opened = sign_in_links.open_link(session, token[:200], browser=csrf.secret_of(request), described=described)
    if opened is None:
        return _secret(_failed(request, session, "failed"))
    return second_step.signed_in(request, opened)


@router.post("/sign-out")
def sign_out(request: Request, form: FormGuard, session: DbSession) -> Response:
    """End the sign-in of this browser, or with `everywhere` that of every browser, and with `tokens` tokens too."""
    kept = cookies.read(request, cookies.SIGN_IN)
    if kept is not None:
        viewer = sign_ins.viewer_of(session, kept)
        if viewer is not None and viewer.account_id is not None and form.get("everywhere"):
            sign_ins.end_all(session, viewer.account_id)
            if form.get("tokens"):
                accounts.revoke_tokens(session, viewer.account_id)
        sign_ins.end(session, kept)
    answer = RedirectResponse(f"/sign-in?{urlencode({'out': '1'})}", status_code=303)
    answer.headers["Clear-Site-Data"] = '"cache"'  # pages of a builder do not stay in the browser
    cookies.clear(request, answer, cookies.SIGN_IN)
    cookies.clear(request, answer, cookies.ROLE)
    return answer


def _failed(request: Request, session: Session, step: str) -> HTMLResponse:
    context = {"step": step, "values": {}, "fault": None, **reading.frame(session)}
    return render(request, "sign_in.html", context, status=400)


def _secret(answer: HTMLResponse) -> HTMLResponse:
    answer.headers.update(SECRET_PAGE)
    return answer


def described_of(agent: str) -> str:
    """A browser in two words, for a list: what it is and on what; nothing else of what it says is kept."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if re.search(rf"\b{re.escape(mark)}", agent)), "")
    return " · ".join(part for part in (browser, system) if part)
