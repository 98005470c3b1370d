"""`/invitations/{token}`: what somebody is invited for, and accepting it (assets/joining.py).

Opening the page uses nothing up. Whoever has no account fills in a name and an address; the answer is the same
whether the address is known or not, and so is the mail.
"""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import cookies, csrf, i18n, mail
from app.access import AnyViewer
from app.account_mails import tell_joined, tell_tokens_ended
from app.csrf import FormGuard
from app.database import DbSession, PublicSession
from app.headers import SECRET_PAGE
from app.pages import reading, second_step
from app.pages.sign_in import described_of
from app.senders import household
from app.templating import render
from assets import invitations, joining, sign_in_links
from assets.accounts import STRONG
from assets.errors import Fault, Invalid, NotFound
from assets.invitations import Open
from assets.joining import Joined, NameTaken
from assets.permissions import Viewer
from assets.recurrence import HOME_ZONE

router = APIRouter()
#: Longer than any secret of ours.
LONGEST = 200


@router.get("/invitations/open/{token}")
def link_page(request: Request, session: PublicSession) -> HTMLResponse:
    """A button that opens the mailed link; looking at this page does not use it up."""
    return _page(request, session, "open")


@router.post("/invitations/open/{token}")
def open_link(request: Request, token: str, form: FormGuard, session: DbSession) -> Response:
    """Come to belong to the community, and sign in; a name that is taken is asked for again."""
    name = csrf.words(form, "name", most=300)
    try:
        with session.begin_nested():
            opened = joining.open_link(
                session, token[:LONGEST], browser=csrf.secret_of(request), key=request.app.state.form_key, name=name,
                language=i18n.choose(request), described=described_of(request.headers.get("user-agent", "")),
            )  # fmt: skip
    except NotFound:
        return _page(request, session, "gone", status=404)
    except (NameTaken, Invalid) as refused:
        speaker = i18n.translator(i18n.choose(request))
        fault = speaker.fault(refused.faults[0]) if isinstance(refused, Invalid) else speaker.error(refused)
        return _page(request, session, "name", values={"name": name}, faults={"name": fault}, status=409)
    if opened is None:
        return _page(request, session, "failed", status=400)
    _tell_tokens_ended(session, opened[1])
    return second_step.signed_in(request, opened[0])


@router.get("/invitations/{token}")
def invitation_page(request: Request, token: str, session: DbSession, viewer: AnyViewer) -> Response:
    """Who invites, to what, and what that means."""
    token, _ = _parts(token)
    found = invitations.holding(session, token)
    if found is None:
        used = invitations.used_by(session, token)
        if used is not None and viewer.signed_in and used[0] == viewer.account_id:
            return RedirectResponse(f"/communities/{used[1]}", status_code=303, headers=SECRET_PAGE)
        return _page(request, session, "gone", status=404)
    return _offer(request, session, viewer, found)


@router.post("/invitations/{token}")
def accept(request: Request, token: str, form: FormGuard, session: DbSession, viewer: AnyViewer) -> Response:
    """Accept as who is signed in, or mail a link to the address that was filled in."""
    token, proof = _parts(token)
    found = invitations.holding(session, token)
    if found is None:
        return _page(request, session, "gone", status=404)
    if viewer.signed_in and viewer.account_id is not None:
        if not form.get("accept"):
            return _offer(request, session, viewer, found)
        return _accepted(request, session, token, viewer.account_id, found)
    values = {"name": csrf.words(form, "name", most=300), "email": csrf.words(form, "email", most=300)}
    try:
        came = _came(request, session, token, proof, values, found) if proof else None
        if came is not None:
            return came
        secret = joining.ask(
            session, found, name=values["name"], email=values["email"], browser=csrf.secret_of(request),
            network=household(request), key=request.app.state.form_key,
        )  # fmt: skip
    except Invalid as refused:
        return _offer(request, session, viewer, found, values=values, faults=refused.faults)
    except NameTaken as refused:
        taken = (Fault("name", refused.message),)
        return _offer(request, session, viewer, found, values=values, faults=taken, status=409)
    except NotFound:
        return _page(request, session, "gone", status=404)
    if secret is not None:
        mail.post(
            session, "joining", to=values["email"], language=i18n.choose(request),
            about=[invitations.about(found.id)], community=found.community,
            path=f"/invitations/open/{secret}", minutes=sign_in_links.LINK_MINUTES,
        )  # fmt: skip
    return _page(request, session, "asked", values=values)


def _parts(address: str) -> tuple[str, str]:
    """The secret of an invitation, and what its link carries more when it was mailed; empty when it was not."""
    token, _, proof = address[:LONGEST].partition(".")
    return token, proof


def _came(
    request: Request, session: Session, token: str, proof: str, values: dict[str, str], found: Open
) -> Response | None:
    """The answer that signs in a newcomer with the address that the invitation was mailed to; None for all others."""
    came = joining.accept_mailed(
        session, token, proof, **values, network=household(request), key=request.app.state.form_key,
        language=i18n.choose(request), described=described_of(request.headers.get("user-agent", "")),
    )  # fmt: skip
    if came is None:
        return None
    opened, account = came
    tell_joined(session, account, found.community)  # was the mail handed on, then whose address it is hears of it
    return second_step.signed_in(request, opened)


def _tell_tokens_ended(session: Session, joined: Joined) -> None:
    tell_tokens_ended(session, joined.account, joined.tokens_ended, community=joined.community)


def _accepted(request: Request, session: Session, token: str, account_id: int, found: Open) -> Response:
    """Where somebody comes who accepted at one press."""
    try:
        with session.begin_nested():
            joined = joining.accept(session, token, account_id)
    except NotFound:
        return _page(request, session, "gone", status=404)
    _tell_tokens_ended(session, joined)
    page = joining.page_of(found)
    if joined.signs_in_again:
        answer = RedirectResponse(f"/sign-in?{urlencode({'next': page})}", status_code=303, headers=SECRET_PAGE)
        cookies.clear(request, answer, cookies.SIGN_IN)
        cookies.clear(request, answer, cookies.ROLE)
        return answer
    answer = RedirectResponse(page, status_code=303, headers=SECRET_PAGE)
    cookies.write(request, answer, cookies.ROLE, joined.account.role, seconds=cookies.SIGN_IN_SECONDS)
    return answer


def _offer(
    request: Request,
    session: Session,
    viewer: Viewer,
    found: Open,
    *,
    values: dict[str, str] | None = None,
    faults: tuple[Fault, ...] = (),
    status: int = 400,
) -> HTMLResponse:
    speaker = i18n.translator(i18n.choose(request))
    belongs = viewer.signed_in and viewer.account_id is not None and joining.belongs(session, viewer.account_id, found)
    return _page(
        request, session, "offer", values=values, faults={one.pointer.strip("/"): speaker.fault(one) for one in faults},
        status=status if faults else 200, viewer=viewer, invitation=found, belongs=belongs,
        mailed="." in request.path_params["token"] and found.role not in STRONG,
        until=found.expires_at.astimezone(HOME_ZONE),
    )  # fmt: skip


def _page(
    request: Request,
    session: Session,
    step: str,
    *,
    values: dict[str, str] | None = None,
    faults: dict[str, str] | None = None,
    status: int = 200,
    **more: object,
) -> HTMLResponse:
    context = {"step": step, "values": values or {"name": "", "email": ""}, "faults": faults or {}, **more}
    answer = render(request, "invitation.html", context | reading.frame(session), status=status)
    answer.headers.update(SECRET_PAGE)
    return answer
