"""`/sign-in/second`: the second step of signing in; and on `/me` the apps, passkeys and paper codes for it.

Whoever must have a second step and has none makes one here, before anything else.
"""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from app import cookies, csrf, i18n, mail, passkeys
from app.access import FRESH, SignedIn, SignInFirst
from app.csrf import FormGuard
from app.database import DbSession
from app.pages import reading
from app.templating import render
from assets import second_factors, sign_ins
from assets.accounts import STRONG, Account
from assets.errors import Invalid, NotFound
from assets.sign_ins import Opened, SignIn
from assets.vocabulary import Role, SecondFactorKind

router = APIRouter()
NO_STORE = {"Cache-Control": "no-store"}


def _waiting(request: Request, session: Session) -> tuple[SignIn, Account]:
    """The sign-in of this browser that waits; the page to sign in when none does."""
    found = sign_ins.waiting_for_second(session, cookies.read(request, cookies.SIGN_IN) or "")
    if found is None:
        raise SignInFirst("/me")
    return found


@router.get("/sign-in/second")
def second_page(request: Request, session: DbSession) -> HTMLResponse:
    """Show the second step: a code, a passkey, or making one of them."""
    sign_in, account = _waiting(request, session)
    return _page(request, session, sign_in, account)


def _page(request: Request, session: Session, sign_in: SignIn, account: Account, *, fault: str | None = None,
          status: int = 200) -> HTMLResponse:  # fmt: skip
    kinds = {factor.kind for factor in second_factors.of_account(session, account.id)}
    context = {"kinds": kinds, "fault": fault, "settings": None, **reading.frame(session)}
    if not kinds:
        context |= _offer(request, session, sign_in, account)
    answer = render(request, "second_step.html", context, status=status)
    answer.headers.update(NO_STORE)
    return answer


def _offer(request: Request, session: Session, sign_in: SignIn, account: Account) -> dict[str, object]:
    """A new secret for an app, the same until it is used, as letters and as a QR code."""
    key: str = request.app.state.form_key
    secret = second_factors.unseal(sign_in.offer, key) if sign_in.offer else None
    if secret is None:
        secret = second_factors.new_secret()
        sign_in.offer = second_factors.seal(secret, key)
        session.flush()
    address = second_factors.app_address(secret, account=account.name)
    return {"secret": secret, "qr": _picture(address), "app_address": address}


def _picture(address: str) -> str:
    """The address as a QR code on white, as an address of a picture that is in the page itself."""
    import segno

    return str(segno.make(address, error="m", micro=False).svg_data_uri(border=3, dark="#1b2a3a", light="#ffffff"))


@router.post("/sign-in/second")
def second(request: Request, form: FormGuard, session: DbSession) -> Response:
    """Check a code of an app or of paper, or keep a new app; then the sign-in is complete."""
    sign_in, account = _waiting(request, session)
    speaker = i18n.translator(i18n.choose(request))
    code = csrf.words(form, "code", most=60)
    key: str = request.app.state.form_key
    if not second_factors.has_any(session, account.id):
        secret = second_factors.unseal(sign_in.offer or "", key)
        if secret is None:
            return _page(request, session, sign_in, account)
        try:
            second_factors.add_app(session, account.id, secret, code, key=key)
        except Invalid as refused:
            sign_in.attempts += 1
            return _page(request, session, sign_in, account, fault=speaker.fault(refused.faults[0]), status=400)
        return _complete(request, session, sign_in, account, paper=True)
    if second_factors.check_app(session, account.id, code, key=key) or second_factors.use_paper(
        session, account.id, code
    ):
        return _complete(request, session, sign_in, account)
    sign_in.attempts += 1
    session.flush()
    if sign_in.attempts >= sign_ins.MOST_ATTEMPTS:
        context = {"step": "failed", "values": {}, "fault": None, **reading.frame(session)}
        return render(request, "sign_in.html", context, status=400)
    fault = speaker.gettext("This code is not right. Wait for the next one and try again.")
    return _page(request, session, sign_in, account, fault=fault, status=400)


def _complete(
    request: Request, session: Session, sign_in: SignIn, account: Account, *, paper: bool = False
) -> Response:
    opened = sign_ins.complete(session, sign_in, account)
    if not paper:
        return signed_in(request, opened)
    answer: Response = _paper_page(request, session, account, opened.next_path)
    return _with_cookie(request, answer, opened)


def signed_in(request: Request, opened: Opened) -> Response:
    """The answer that signs a browser in, or sends it to the second step."""
    path = "/sign-in/second" if opened.waiting else opened.next_path
    return _with_cookie(request, RedirectResponse(path, status_code=303, headers=NO_STORE), opened)


def _with_cookie(request: Request, answer: Response, opened: Opened) -> Response:
    seconds = sign_ins.SECOND_MINUTES * 60 if opened.waiting else cookies.SIGN_IN_SECONDS
    cookies.write(request, answer, cookies.SIGN_IN, opened.token, seconds=seconds)
    cookies.write(request, answer, cookies.ROLE, opened.role, seconds=seconds)
    return answer


def _paper_page(request: Request, session: Session, account: Account, next_path: str) -> HTMLResponse:
    context = {
        "codes": second_factors.new_paper(session, account.id),
        "next_path": next_path,
        **reading.frame(session),
    }
    answer = render(request, "paper_codes.html", context)
    answer.headers.update(NO_STORE)
    return answer


# --- passkeys: two steps of a script (static/js/passkey.js) ---


@router.post("/sign-in/second/passkey/options")
def passkey_options(request: Request, _form: FormGuard, session: DbSession) -> Response:
    """Tell the browser what to make or to use, as JSON."""
    sign_in, account = _waiting(request, session)
    make = not second_factors.has_any(session, account.id)
    ask = passkeys.to_add if make else passkeys.to_use
    return Response(ask(request, session, sign_in, account), media_type="application/json", headers=NO_STORE)


@router.post("/sign-in/second/passkey")
def passkey(request: Request, form: FormGuard, session: DbSession) -> Response:
    """Check what the browser answered, and complete the sign-in; the answer tells where to go."""
    sign_in, account = _waiting(request, session)
    answer = csrf.words(form, "answer", most=20_000)
    make = not second_factors.has_any(session, account.id)
    if make:
        passkeys.add(request, session, sign_in, account, answer)
    elif not passkeys.use(request, session, sign_in, account, answer):
        sign_in.attempts += 1
        session.flush()
        speaker = i18n.translator(i18n.choose(request))
        return JSONResponse({"fault": speaker.gettext(passkeys.NOT_RIGHT)}, status_code=400)
    opened = sign_ins.complete(session, sign_in, account)
    path = "/me/paper-codes" if make else opened.next_path
    return _with_cookie(request, JSONResponse({"next": path}, headers=NO_STORE), opened)


# --- on /me ---


@router.get("/me/paper-codes")
def paper_codes(request: Request, _viewer: SignedIn, session: DbSession) -> HTMLResponse:
    """Ask before making new codes, for those from before stop to work."""
    answer = render(request, "paper_codes.html", {"codes": None, "next_path": "/me", **reading.frame(session)})
    answer.headers.update(NO_STORE)
    return answer


@router.post("/me/paper-codes")
def new_paper_codes(request: Request, viewer: SignedIn, _form: FormGuard, session: DbSession) -> HTMLResponse:
    """Make new codes on paper and show them, once."""
    _, account = _mine(request, session, viewer.account_id)
    _tell(session, account)
    return _paper_page(request, session, account, "/me")


@router.get("/me/second-step")
def another_page(request: Request, viewer: SignedIn, session: DbSession) -> HTMLResponse:
    """Offer another app or passkey to someone who is signed in."""
    sign_in, account = _mine(request, session, viewer.account_id)
    context = {"kinds": set(), "fault": None, **_offer(request, session, sign_in, account), **reading.frame(session)}
    answer = render(request, "second_step.html", {**context, "adding": True})
    answer.headers.update(NO_STORE)
    return answer


@router.post("/me/second-step")
def add_another(request: Request, viewer: SignedIn, form: FormGuard, session: DbSession) -> Response:
    """Keep another app for who is signed in."""
    sign_in, account = _mine(request, session, viewer.account_id)
    key: str = request.app.state.form_key
    secret = second_factors.unseal(sign_in.offer or "", key)
    first = not second_factors.has_any(session, account.id)
    try:
        if secret is None:
            raise Invalid.at("code", "This code is not right. Wait for the next one and try again.")
        second_factors.add_app(session, account.id, secret, csrf.words(form, "code", most=60), key=key)
    except Invalid as refused:
        fault = i18n.translator(i18n.choose(request)).fault(refused.faults[0])
        context = {"kinds": set(), "fault": fault, **_offer(request, session, sign_in, account)}
        context |= reading.frame(session)
        return render(request, "second_step.html", {**context, "adding": True}, status=400)
    sign_in.offer = None
    _tell(session, account)
    if first:
        return _paper_page(request, session, account, "/me")
    return RedirectResponse("/me", status_code=303)


@router.post("/me/second-step/passkey/options")
def another_passkey_options(request: Request, viewer: SignedIn, _form: FormGuard, session: DbSession) -> Response:
    """Tell the browser of who is signed in what passkey to make."""
    sign_in, account = _mine(request, session, viewer.account_id)
    options = passkeys.to_add(request, session, sign_in, account)
    return Response(options, media_type="application/json", headers=NO_STORE)


@router.post("/me/second-step/passkey")
def another_passkey(request: Request, viewer: SignedIn, form: FormGuard, session: DbSession) -> Response:
    """Keep another passkey."""
    sign_in, account = _mine(request, session, viewer.account_id)
    first = not second_factors.has_any(session, account.id)
    passkeys.add(request, session, sign_in, account, csrf.words(form, "answer", most=20_000))
    _tell(session, account)
    return JSONResponse({"next": "/me/paper-codes" if first else "/me"}, headers=NO_STORE)


@router.post("/me/second-step/remove")
def remove(request: Request, viewer: SignedIn, form: FormGuard, session: DbSession) -> Response:
    """Take an app or a passkey away; the last one stays with who needs one."""
    _, account = _mine(request, session, viewer.account_id)
    number = csrf.words(form, "factor", most=18)
    if not number.isdecimal():
        raise NotFound("There is no such second step.")
    second_factors.remove(session, viewer.account_id or 0, int(number), needed=Role(viewer.role) in STRONG)
    _tell(session, account)
    return RedirectResponse("/me", status_code=303)


def signed_in_lately(request: Request, session: Session, account_id: int | None) -> bool:
    """Whether whoever uses this browser signed in as this account lately: a telephone left open is not enough."""
    sign_in = sign_ins.of_cookie(session, cookies.read(request, cookies.SIGN_IN) or "")
    if sign_in is None or sign_in.account_id != account_id:
        return False
    return sign_in.created_at >= datetime.now(UTC) - FRESH


def _mine(request: Request, session: Session, account_id: int | None) -> tuple[SignIn, Account]:
    sign_in = sign_ins.of_cookie(session, cookies.read(request, cookies.SIGN_IN) or "")
    if sign_in is None or sign_in.account_id != account_id:
        raise SignInFirst("/me")
    if sign_in.created_at < datetime.now(UTC) - FRESH:
        raise SignInFirst(request.url.path if request.method == "GET" else "/me")
    return sign_in, session.get_one(Account, account_id)


def _tell(session: Session, account: Account) -> None:
    """Mail whose account it is that its second steps were changed."""
    if account.email is not None:
        language = i18n.known(account.language) or i18n.DEFAULT
        mail.post(session, "second_step_changed", to=account.email, language=language)


def factors_of(session: Session, account_id: int) -> dict[str, object]:
    """What /me shows of the second steps of an account."""
    return {
        "factors": second_factors.of_account(session, account_id),
        "paper_left": len(second_factors.of_account(session, account_id, SecondFactorKind.paper)),
    }
