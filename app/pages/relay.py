"""`/assets/{id}/contact`: a message to a neighbour whose address nobody sees; `/relay/{token}`: what they do with it.

The message is mailed on and kept nowhere else. Whoever gets it can report it, which keeps its sender away, or end all
of it. Without script or account. Builders of an entry that is no person say on the same page where its messages go
(`/assets/{id}/relay`); they never see which address was given.
"""

from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import csrf, database, i18n, mail
from app.access import AnyViewer, AssetWriter
from app.csrf import TRAP, FormGuard
from app.database import DbSession, PublicSession
from app.headers import SECRET_PAGE
from app.pages import reading
from app.pages.assets import number_of
from app.senders import network_of
from app.templating import render
from assets import inventory, join_in, names, relay
from assets.email_addresses import checked
from assets.errors import Conflict, Invalid, NotFound, TooMany
from assets.inventory import Asset
from assets.permissions import Permission, Viewer, holds
from assets.relay import Opened
from assets.vocabulary import AssetKind, AssetState

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
    #: What a builder typed as the address for messages.
    email: str = ""


@router.get("/assets/{asset_id}/contact")
def contact_page(request: Request, asset_id: str, session: PublicSession, viewer: AnyViewer) -> HTMLResponse:
    """The form of a message."""
    number = number_of(asset_id)
    with database.of_viewer(request) as owner:
        return _contact(request, owner, session, viewer, number, Written())


@router.post("/assets/{asset_id}/contact")
def contact(request: Request, asset_id: str, form: FormGuard, session: DbSession, viewer: AnyViewer) -> HTMLResponse:
    """Mail the message on; or the form again with what is wrong."""
    number = number_of(asset_id)
    entry = _entry(session, viewer, number)
    if not relay.reachable(session, number):
        raise NotFound("There is no asset with the number {id}.", id=number)
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
        return _contact(request, session, session, viewer, number, typed, status=422)
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
    return _contact(request, session, session, viewer, number, typed, status=status)


@router.post("/assets/{asset_id}/relay")
def address(request: Request, asset_id: str, viewer: AssetWriter, form: FormGuard, session: DbSession) -> Response:
    """Where the messages for an entry go: a mail asks whoever reads there; or no messages any more."""
    number = number_of(asset_id)
    here = f"/assets/{number}/contact?done="
    if csrf.words(form, "wish") == "stop":
        join_in.stop(session, number, by=viewer)
        return RedirectResponse(f"{here}stopped#address", status_code=303)
    typed = Written(email=csrf.words(form, "email", most=500))
    speaker = i18n.translator(i18n.choose(request))
    try:
        with session.begin_nested():
            ask(request, session, viewer, number, typed.email)
    except Invalid as refused:
        typed.wrong["email"], status = speaker.fault(refused.faults[0]), 422
    except TooMany as refused:
        typed.wrong["email"], status = speaker.error(refused), 429
    else:
        return RedirectResponse(f"{here}asked#address", status_code=303)
    return _contact(request, session, session, viewer, number, typed, status=status)


def ask(request: Request, session: Session, viewer: Viewer, number: int, email: str) -> None:
    """Mail an address whether messages for this entry may go there; raises as `join_in.ask` does."""
    language = i18n.choose(request)
    token = join_in.ask(session, number, email, language=language, key=request.app.state.form_key, by=viewer)
    mail.post(
        session, "relay_confirm", to=email, language=language, page=f"/relay/{token}",
        title=inventory.get(session, number).title, about=[f"asset:{number}"],
    )  # fmt: skip


def _entry(session: Session, viewer: Viewer, number: int) -> Asset:
    """The entry that can be written to by who sees it, or whose address this viewer decides on; NotFound for others."""
    if not inventory.visible(session, viewer, {number}):
        raise NotFound("There is no asset with the number {id}.", id=number)
    entry = inventory.get(session, number)
    if not relay.reachable(session, number) and not _decides(viewer, entry):
        raise NotFound("There is no asset with the number {id}.", id=number)
    return entry


def _decides(viewer: Viewer, entry: Asset) -> bool:
    """Whether this viewer says where messages for the entry go; of a person they do so themselves."""
    there = entry.kind != AssetKind.person and entry.state != AssetState.retired
    return there and holds(viewer, Permission.asset_write, entry.community_id)


def _contact(
    request: Request,
    owner: Session,
    session: Session,
    viewer: Viewer,
    number: int,
    written: Written,
    *,
    status: int = 200,
) -> HTMLResponse:
    """The page; `owner` sees whether there is an address, `session` what stands around every page."""
    entry = _entry(owner, viewer, number)
    context = {
        "title": entry.title,
        "title_language": entry.language,
        "id": entry.id,
        "person": entry.kind == AssetKind.person,
        "joins": join_in.joins(entry.kind, entry.open_to_newcomers),
        "reachable": relay.reachable(owner, number),
        "given": join_in.given(owner, number) if _decides(viewer, entry) else None,
        "done": request.query_params.get("done") if request.method == "GET" else None,
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
    """What can be done with the link of a mail: confirm the address, report the message, or stop all."""
    found = relay.opened(session, token[:200])
    return _relay(request, session, found.purpose if found else "nothing", found)


@router.post("/relay/{token}")
def decide(request: Request, token: str, form: FormGuard, session: DbSession) -> Response:
    """Do what the button says."""
    token, wish = token[:200], csrf.words(form, "wish")
    found = relay.opened(session, token)
    if found is None:
        return _relay(request, session, "nothing", None)
    if found.purpose == "confirm" and wish == "confirm":
        relay.confirm(session, token)
        return _relay(request, session, "confirmed", found)
    if found.purpose == "message" and wish == "report":
        relay.report(session, token)
        return _relay(request, session, "reported", found)
    if wish == "stop" and found.stops:
        relay.stop(session, found.asset_id, by=names.THEMSELVES if found.is_person else names.RECIPIENT)
        return _relay(request, session, "stopped", found)
    return _relay(request, session, found.purpose, found)


def _relay(request: Request, session: Session, step: str, found: Opened | None) -> HTMLResponse:
    status = 404 if step == "nothing" else 200
    answer = render(request, "relay.html", {"step": step, "found": found, **reading.frame(session)}, status=status)
    answer.headers.update(SECRET_PAGE)
    return answer
