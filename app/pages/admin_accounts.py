"""`/admin/accounts`: who can sign in; adding, another role, closing, a link, and second steps that were lost.

Each of these asks for a sign-in of the last quarter of an hour, and is told by mail to whose account it is.
"""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import i18n
from app.access import Admin, SignInFirst, fresh_sign_in
from app.account_mails import tell_added, tell_changed
from app.csrf import FormGuard
from app.database import DbSession
from app.pages import reading
from app.pages.admin import names_of_communities, number_of, secret
from app.pages.typed import Typed, TypedForm
from app.problems import base_url
from app.templating import render
from assets import administration, communities, history, sign_in_links
from assets.accounts import UNBOUND
from assets.errors import Conflict, Invalid, NotFound
from assets.permissions import Viewer
from assets.vocabulary import Role


def _(message: str) -> str:
    """Mark a message for translation; it is translated where it is shown."""
    return message


router = APIRouter()
LIST = "/admin/accounts"
#: What the list and the page of an account can say after a form was sent.
DONE = frozenset({"added", "role", "closed", "second-steps"})


@router.get("/admin/accounts")
def accounts_page(request: Request, viewer: Admin, session: DbSession) -> HTMLResponse:
    """Accounts by name, a page at a time, and the form for another one."""
    return _list(request, session, viewer, Typed())


@router.post("/admin/accounts")
def add(request: Request, viewer: Admin, form: TypedForm, session: DbSession) -> Response:
    """Make an account, and mail whoever it is."""
    _require_fresh(request, session, viewer, LIST)
    try:
        role = _role(form)
        made = administration.add(
            session,
            form.one("name"),
            role=role,
            email=form.one("email").strip() or None,
            language=i18n.known(form.one("language")) or i18n.DEFAULT,
            community_id=None if role in UNBOUND else _community(session, form),
            municipality=_municipality(form, role),
            by=viewer,
        )
    except (Invalid, Conflict) as refused:
        return _list(request, session, viewer, form, wrong=_wrong(request, refused), status=_status(refused))
    tell_added(session, made)
    return RedirectResponse(f"{LIST}/{made.id}?done=added", status_code=303)


@router.get("/admin/accounts/{account_id}")
def account_page(request: Request, account_id: str, viewer: Admin, session: DbSession) -> HTMLResponse:
    """One account: its roles, what was done to it, and what can be done."""
    return _one(request, session, viewer, number_of(account_id), Typed())


@router.post("/admin/accounts/{account_id}/role")
def set_role(request: Request, account_id: str, viewer: Admin, form: TypedForm, session: DbSession) -> Response:
    """Give an account another role, or take one away."""
    number = number_of(account_id)
    _require_fresh(request, session, viewer, f"{LIST}/{number}")
    try:
        role = _role(form)
        where = None if role in UNBOUND else _community(session, form)
        with session.begin_nested():  # a refusal half-way leaves nothing behind
            account = administration.set_role(
                session, number, role, community_id=where, municipality=_municipality(form, role), by=viewer
            )
    except (Invalid, Conflict) as refused:
        wrong, status = _wrong(request, refused), _status(refused)
        return _one(request, session, viewer, number, form, wrong=wrong, status=status)
    tell_changed(session, account, "role", by=viewer.name)
    return RedirectResponse(f"{LIST}/{number}?done=role", status_code=303)


@router.post("/admin/accounts/{account_id}/close")
def close(request: Request, account_id: str, viewer: Admin, _form: FormGuard, session: DbSession) -> Response:
    """Close an account."""
    number = number_of(account_id)
    _require_fresh(request, session, viewer, f"{LIST}/{number}")
    email = administration.one(session, viewer, number)[0].email
    try:
        account = administration.close(session, number, by=viewer)
    except Conflict as refused:
        wrong = {"close": i18n.translator(i18n.choose(request)).told(refused.message, refused.values)}
        return _one(request, session, viewer, number, Typed(), wrong=wrong, status=409)
    tell_changed(session, account, "closed", by=viewer.name, email=email)
    return RedirectResponse(f"{LIST}?done=closed", status_code=303)


@router.post("/admin/accounts/{account_id}/link")
def make_link(request: Request, account_id: str, viewer: Admin, _form: FormGuard, session: DbSession) -> Response:
    """Show a link to sign in with, once, for who gets no mail."""
    number = number_of(account_id)
    _require_fresh(request, session, viewer, f"{LIST}/{number}")
    if not _may_have_link(request, administration.one(session, viewer, number)[1]):
        raise Conflict(_("This person has an address, and asks for a link on the page to sign in."))
    account, token = administration.make_link(session, number, by=viewer)
    tell_changed(session, account, "link", by=viewer.name)
    link = f"{base_url(request)}/sign-in/{token}"
    return _one(request, session, viewer, number, Typed(), link=link)


@router.post("/admin/accounts/{account_id}/second-steps")
def second_steps(request: Request, account_id: str, viewer: Admin, _form: FormGuard, session: DbSession) -> Response:
    """Take away the second steps of who lost them."""
    number = number_of(account_id)
    _require_fresh(request, session, viewer, f"{LIST}/{number}")
    account = administration.take_second_steps(session, number, by=viewer)
    tell_changed(session, account, "second steps", by=viewer.name)
    return RedirectResponse(f"{LIST}/{number}?done=second-steps", status_code=303)


def _require_fresh(request: Request, session: Session, viewer: Viewer, path: str) -> None:
    if fresh_sign_in(request, session, viewer) is None:
        raise SignInFirst(path)


def _may_have_link(request: Request, listed: administration.Listed) -> bool:
    return not listed.has_address or request.app.state.settings.smtp_url is None


def _role(form: Typed) -> Role:
    """The role that was chosen; Invalid for what is none."""
    chosen = form.one("role")
    if chosen not in set(Role):
        raise Invalid.at("role", _("Choose a role."))
    return Role(chosen)


def _community(session: Session, form: Typed) -> int:
    """The community that was chosen; Invalid when it is none."""
    try:
        return communities.get(session, reading.readable(form.one("community"))).id
    except NotFound:
        raise Invalid.at("community", _("Choose a community.")) from None


def _municipality(form: Typed, role: Role) -> str | None:
    """The code that was typed for an analyst; None for every municipality here, and for other roles."""
    return (reading.readable(form.one("municipality")) or None) if role is Role.analyst else None


def _wrong(request: Request, refused: Invalid | Conflict) -> dict[str, str]:
    """What is wrong, by the name of its field."""
    speaker = i18n.translator(i18n.choose(request))
    if isinstance(refused, Invalid) and refused.faults:
        return {one.pointer: speaker.fault(one) for one in refused.faults}
    about = "email" if "address" in refused.message else "name" if "name" in refused.values else "role"
    return {about: speaker.told(refused.message, refused.values)}


def _status(refused: Invalid | Conflict) -> int:
    return 400 if isinstance(refused, Invalid) else 409


def _frame(request: Request, session: Session, viewer: Viewer) -> dict[str, object]:
    done = request.query_params.get("done") if request.method == "GET" else None
    return {
        "viewer": viewer,
        "communities": communities.communities(session),
        "fresh": fresh_sign_in(request, session, viewer) is not None,
        "languages": i18n.languages(),
        "done": done if done in DONE else None,
        **reading.frame(session),
    }


def _list(
    request: Request, session: Session, viewer: Viewer, typed: Typed, *, wrong: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:  # fmt: skip
    query = request.query_params
    asked = reading.readable(query.get("q", ""))[:100] or None
    after = query.get("after", "")
    number = int(after) if after.isascii() and after.isdecimal() and len(after) <= 18 else None
    found = administration.listed(session, viewer, q=asked, after=number, limit=administration.PAGE + 1)
    more = len(found) > administration.PAGE
    context = {
        "accounts": found[: administration.PAGE],
        "next_after": found[administration.PAGE - 1].id if more else None,
        "first": number is None,
        "q": asked or "",
        "typed": typed,
        "wrong": wrong or {},
    }
    answer = render(request, "admin_accounts.html", context | _frame(request, session, viewer), status=status)
    return secret(answer)


def _one(
    request: Request, session: Session, viewer: Viewer, number: int, typed: Typed, *,
    wrong: Mapping[str, str] | None = None, link: str | None = None, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    account, listed = administration.one(session, viewer, number)
    context = {
        "account": account,
        "listed": listed,
        "changes": history.of(session, administration.ACCOUNT, number)[::-1][:20],
        "community_names": names_of_communities(session),
        "may_have_link": _may_have_link(request, listed),
        "link": link,
        "link_minutes": sign_in_links.LINK_MINUTES,
        "typed": typed,
        "wrong": wrong or {},
    }
    answer = render(request, "admin_account.html", context | _frame(request, session, viewer), status=status)
    return secret(answer)
