"""Notices ("laat het me weten"): asking for mails about an area, confirming by the link in a mail, and stopping.

A link is used by a button: programs that look into mails follow links, and nothing happens then. Stopping needs the
secret of the link and nothing else, so that a mail program can do it with one POST (RFC 8058).
"""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from app import csrf, i18n, mail
from app.access import AnyViewer
from app.csrf import FormGuard
from app.database import DbSession, PublicSession
from app.headers import SECRET_PAGE
from app.pages import reading
from app.senders import household
from app.templating import render
from assets import browse, notices
from assets.errors import Invalid
from assets.notices import Linked, Purpose, Rhythm

router = APIRouter()


@router.get("/areas/{code}/notices")
def ask_page(request: Request, code: str, session: PublicSession, viewer: AnyViewer) -> HTMLResponse:
    """The form that asks for an e-mail address and how often."""
    area = browse.area(session, reading.readable(code)[:40])
    context = {"area": area, "values": {"email": "", "rhythm": Rhythm.weekly}, "viewer": viewer}
    return _page(request, session, "ask", context)


@router.post("/areas/{code}/notices")
def ask(request: Request, code: str, form: FormGuard, session: DbSession, viewer: AnyViewer) -> HTMLResponse:
    """Mail a link that lets notices begin; the answer is the same for every address."""
    area = browse.area(session, reading.readable(code)[:40])
    email = csrf.words(form, "email", most=300)
    chosen = csrf.words(form, "rhythm", most=20)
    rhythm = Rhythm(chosen) if chosen in set(Rhythm) else Rhythm.weekly
    context: dict[str, Any] = {"area": area, "values": {"email": email, "rhythm": rhythm}, "viewer": viewer}
    language = i18n.choose(request)
    try:
        asked = notices.ask(
            session, area.code, email, rhythm=rhythm, language=language,
            network=household(request), secret=request.app.state.form_key,
        )  # fmt: skip
    except Invalid as refusal:
        fault = _fault(refusal, i18n.translator(language))
        return _page(request, session, "ask", {**context, "fault": fault}, status=400)
    if asked is not None:
        mail.post(
            session, "notice_confirm", to=asked.email, language=language, area=asked.area, rhythm=rhythm.value,
            path=f"/notices/confirm/{asked.token}", days=notices.CONFIRM_DAYS,
        )  # fmt: skip
    return _page(request, session, "asked", context)


def _fault(refusal: Invalid, speaker: i18n.Translator) -> str:
    """What is wrong with an address (assets/email_addresses.py), in the language of the page."""
    say = speaker.gettext
    known = (
        say("What stands before the @ cannot be used. Is there a typing error in it?"),
        say("What stands after the @ cannot be used. Is there a typing error in it?"),
        say("This e-mail address is too long."),
    )
    told = say(refusal.faults[0].detail)
    return told if told in known else say("This is no e-mail address. Write it as name@example.org.")


@router.get("/notices/confirm/{token}")
def confirm_page(request: Request, token: str, session: DbSession) -> HTMLResponse:
    """A button that lets notices begin; looking at this page does nothing."""
    return _linked(request, session, "confirm", notices.behind(session, token[:200], Purpose.confirm))


@router.post("/notices/confirm/{token}")
def confirm(request: Request, token: str, form: FormGuard, session: DbSession) -> HTMLResponse:  # noqa: ARG001 - guards
    """Let notices begin."""
    found = notices.confirm(session, token[:200], moment=datetime.now(UTC))
    return _linked(request, session, "confirmed", found)


@router.get("/notices/stop/{token}")
def stop_page(request: Request, token: str, session: DbSession) -> HTMLResponse:
    """A button that stops notices; looking at this page does nothing."""
    return _linked(request, session, "stop", notices.behind(session, token[:200], Purpose.stop))


@router.post("/notices/stop/{token}")
def stop(request: Request, token: str, session: DbSession) -> HTMLResponse:
    """Stop notices, from our page or from a mail program: the secret is enough, nothing of the body is read."""
    return _linked(request, session, "stopped", notices.stop(session, token[:200]))


def _linked(request: Request, session: Session, step: str, found: Linked | None) -> HTMLResponse:
    context = {"found": found}
    answer = _page(request, session, step if found else "failed", context, status=200 if found else 404)
    answer.headers.update(SECRET_PAGE)
    return answer


def _page(
    request: Request, session: Session, step: str, context: dict[str, Any], *, status: int = 200
) -> HTMLResponse:  # fmt: skip
    context = {"step": step, "fault": None, "days": notices.CONFIRM_DAYS, **reading.frame(session), **context}
    return render(request, "notices.html", context, status=status)
