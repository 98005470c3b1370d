"""`/assets/{id}/contact`: a message to a neighbour whose address nobody sees; `/relay/{token}`: what they do with it.

The message is mailed on and kept nowhere else. Whoever gets it can report it, which keeps its sender away, or end all
of it. Without script or account.
"""

from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from app import csrf, database, i18n, mail
from app.access import AnyViewer
from app.csrf import TRAP, FormGuard
from app.database import DbSession, PublicSession
from app.headers import SECRET_PAGE
from app.pages import reading
from app.pages.assets import number_of
from app.senders import network_of
from app.templating import render
from assets import consents, inventory, relay
from assets.email_addresses import checked
from assets.errors import Conflict, Invalid, NotFound, TooMany
from assets.inventory import Asset
from assets.permissions import Viewer

router = APIRouter()


@dataclass
class Written:
    """What was typed, with what is wrong."""

    message: str = ""
    name: str = ""
    reply_to: str = ""
    wrong: dict[str, str] = field(default_factory=dict)
    refused: str = ""
    sent: bool = False


@router.get("/assets/{asset_id}/contact")
def contact_page(request: Request, asset_id: str, session: PublicSession, viewer: AnyViewer) -> HTMLResponse:
    """The form of a message."""
    number = number_of(asset_id)
    with database.of_viewer(request) as owner:
        return _contact(request, session, _entry(owner, viewer, number), Written())


@router.post("/assets/{asset_id}/contact")
def contact(request: Request, asset_id: str, form: FormGuard, session: DbSession, viewer: AnyViewer) -> HTMLResponse:
    """Mail the message on; or the form again with what is wrong."""
    number = number_of(asset_id)
    entry = _entry(session, viewer, number)
    typed = Written(
        csrf.words(form, "message", most=20_000),
        csrf.words(form, "name", most=500),
        csrf.words(form, "reply_to", most=500),
    )
    speaker = i18n.translator(i18n.choose(request))
    status = 200
    reply_to = None
    try:
        relay.words(typed.message)
    except Invalid as refused:
        typed.wrong["message"] = speaker.fault(refused.faults[0])
    try:
        reply_to = checked(typed.reply_to, pointer="reply_to") if typed.reply_to else None
    except Invalid as refused:
        typed.wrong["reply_to"] = speaker.fault(refused.faults[0])
    if len(typed.name) > 100:
        typed.wrong["name"] = speaker.gettext("A name has at most 100 characters.")
    if form.get(TRAP):
        typed.wrong["message"] = speaker.gettext("The hidden field of this form was filled in, as programs do.")
    if typed.wrong:
        return _contact(request, session, entry, typed, status=422)
    try:
        with session.begin_nested():
            key = request.app.state.form_key
            sent = relay.send(session, number, typed.message, network=network_of(request, "relay"), key=key)
            mail.post(
                session, "relay", to=sent.to, language=sent.language, reply_to=reply_to, message=typed.message,
                name=typed.name, answer=reply_to, title=entry.title, page=f"/relay/{sent.token}",
                about=[f"asset:{number}"],
            )  # fmt: skip
    except TooMany as refused:
        typed.refused, status = speaker.error(refused), 429
    except Conflict as refused:
        typed.refused, status = speaker.error(refused), 409
    else:
        typed = Written(sent=True)
    return _contact(request, session, entry, typed, status=status)


def _entry(session: Session, viewer: Viewer, number: int) -> Asset:
    """The entry of a person who can be written to by who sees them; NotFound for others."""
    if not inventory.visible(session, viewer, {number}) or not relay.reachable(session, number):
        raise NotFound("There is no asset with the number {id}.", id=number)
    return inventory.get(session, number)


def _contact(request: Request, session: Session, entry: Asset, written: Written, *, status: int = 200) -> HTMLResponse:
    context = {
        "title": entry.title,
        "title_language": entry.language,
        "id": entry.id,
        "written": written,
        "trap": TRAP,
        **reading.frame(session),
    }
    answer = render(request, "contact.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


# --- of who got it ---


@router.get("/relay/{token}")
def relay_page(request: Request, token: str, session: DbSession) -> HTMLResponse:
    """What can be done with the link of a mail: confirm the address, or report the message."""
    return _relay(request, session, _step(session, token[:200]))


@router.post("/relay/{token}")
def decide(request: Request, token: str, form: FormGuard, session: DbSession) -> Response:
    """Do what the button says."""
    token, wish = token[:200], csrf.words(form, "wish")
    step = _step(session, token)
    if step == "confirm" and wish == "confirm":
        relay.confirm(session, token)
        return _relay(request, session, "confirmed")
    if step == "message" and wish == "report":
        relay.report(session, token)
        return _relay(request, session, "reported")
    if step == "message" and wish == "stop":
        relay.stop(session, relay.asset_of(session, token), by=consents.THEMSELVES)
        return _relay(request, session, "stopped")
    return _relay(request, session, step)


def _step(session: Session, token: str) -> str:
    return relay.purpose_of(session, token) or "nothing"


def _relay(request: Request, session: Session, step: str) -> HTMLResponse:
    status = 404 if step == "nothing" else 200
    answer = render(request, "relay.html", {"step": step, **reading.frame(session)}, status=status)
    answer.headers.update(SECRET_PAGE)
    return answer
