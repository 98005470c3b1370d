"""`/assets/{id}/history`: who changed what of an entry and when, for builders; a button takes a change back."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import csrf, i18n, words
from app.access import AssetWriter
from app.csrf import FormGuard
from app.database import DbSession
from app.pages import difference_words, moderation, reading
from app.pages.assets import number_of
from app.pages.difference_words import Difference
from app.parameters import today
from app.templating import render
from assets import communities, consents, history, inventory, undo
from assets.errors import Conflict, DomainError, Invalid, NotFound
from assets.history import Change
from assets.inventory import Asset
from assets.merging import Clashing
from assets.permissions import Permission, Viewer
from assets.recurrence import HOME_ZONE
from assets.sign_ins import own_path
from assets.undo import Step
from assets.vocabulary import AssetKind, AssetState, Audience
from maps import legend

router = APIRouter()
#: Changes on one page.
PAGE = 30


@dataclass(frozen=True)
class Told:
    """A change in words.

    Attributes:
        what: what was done, as a sentence without who did it.
        at: when, in the time of the neighbourhood.
        suggested: whether someone else suggested it, and who; `visitor` is nobody by name.
        undoes: the number of the change that it takes back.
        undone_by: who took it back.
    """

    id: int
    what: str
    by: str
    at: datetime
    suggested: str | None
    undoes: int | None
    undone_by: str | None
    differences: list[Difference]
    can_undo: bool


@router.get("/assets/{asset_id}/history")
def history_page(request: Request, asset_id: str, session: DbSession, viewer: AssetWriter) -> HTMLResponse:
    """The history of an entry, newest first."""
    number = number_of(asset_id)
    communities.require_of(session, viewer, Permission.asset_write, number)
    return _page(request, session, viewer, number)


@router.post("/changes/{change_id}/undo")
def take_back(request: Request, change_id: str, form: FormGuard, session: DbSession, viewer: AssetWriter) -> Response:
    """Take a change back, and return to where the button was."""
    number = moderation.number_of(change_id)
    _asset_of(session, viewer, history.get(session, number))
    try:
        with session.begin_nested():
            done = undo.undo(session, number, by=viewer, today=today())
    except (Conflict, Invalid, NotFound) as refused:
        session.expire_all()
        asset_id = _asset_of(session, viewer, history.get(session, number))
        status = 400 if isinstance(refused, Invalid) else 404 if isinstance(refused, NotFound) else 409
        return _page(request, session, viewer, asset_id, refused=(number, refused), status=status)
    back = (
        own_path(csrf.words(form, "next"))
        if csrf.words(form, "next")
        else f"/assets/{_asset_of(session, viewer, done)}/history"
    )
    return RedirectResponse(f"{back}?undone={done.id}" if "?" not in back else back, status_code=303)


def _asset_of(session: Session, viewer: Viewer, change: Change) -> int:
    """The entry on whose page a change stands, of those that this viewer cares for; NotFound when there is none."""
    entries = [change.subject_id] if change.subject == "asset" else list(change.about)
    for number in entries:
        if communities.holds_of(session, viewer, Permission.asset_write, number):
            return number
    raise NotFound("There is no change with the number {id}.", id=change.id)


def _page(
    request: Request,
    session: Session,
    viewer: Viewer,
    asset_id: int,
    *,
    refused: tuple[int, DomainError] | None = None,
    status: int = 200,
) -> HTMLResponse:
    speaker = i18n.translator(i18n.choose(request))
    asset = inventory.get(session, asset_id)
    consents.require_open(session, asset_id)
    before = request.query_params.get("before", "")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    steps = undo.steps(session, asset_id, before=start, limit=PAGE + 1)
    undone = request.query_params.get("undone", "")
    context = {
        "viewer": viewer,
        "sprite": legend.sprite(),
        "id": asset_id,
        "kind": AssetKind(asset.kind),
        "title": asset.title,
        "title_language": asset.language,
        "retired": asset.state == AssetState.retired,
        "told": [told(session, speaker, viewer, step, asset_id) for step in steps[:PAGE]],
        "next_before": steps[PAGE - 1].change.id if len(steps) > PAGE else None,
        "refused": None if refused is None else {"id": refused[0], "says": why(speaker, refused[1])},
        "undone": int(undone) if undone.isascii() and undone.isdigit() and len(undone) < 19 else None,
        **reading.frame(session),
    }
    answer = render(request, "history.html", context, status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def why(speaker: i18n.Translator, refused: DomainError) -> str:
    """Why a change was not taken back, in words."""
    say = speaker.gettext
    if isinstance(refused, Clashing):
        fields = difference_words.labels(speaker, [clash.field for clash in refused.clashes])
        template = say(
            "This was changed again later: %(fields)s. Take the later change back first, or change it by hand."
        )
        return template % {"fields": fields or say("the same activity")}
    if isinstance(refused, NotFound):
        return say("What this was about is no longer on the map. Nothing changed.")
    if isinstance(refused, Invalid):
        reasons = moderation.refusal(speaker, refused)
        return say("What stood there before does not fit any more: %(reason)s") % {"reason": reasons}
    return speaker.error(refused)


def told(session: Session, speaker: i18n.Translator, viewer: Viewer, step: Step, asset_id: int) -> Told:
    """A change in words."""
    change, shown = step.change, []
    if change.subject == "asset" and step.before is not None and step.after is not None:
        shown = difference_words.differences(session, speaker, step.before, step.after)
    elif change.subject == "asset" and change.action == "added" and step.after is not None:
        shown = difference_words.differences(session, speaker, None, step.after)
    return Told(
        id=change.id,
        what=what(session, speaker, viewer, step, asset_id),
        by=speaker.who(change.by),
        at=change.changed_at.astimezone(HOME_ZONE),
        suggested=change.suggested_by,
        undoes=change.undoes,
        undone_by=speaker.who(step.undone_by.by) if step.undone_by else None,
        differences=shown,
        can_undo=step.can_undo,
    )


def what(session: Session, speaker: i18n.Translator, viewer: Viewer, step: Step, asset_id: int) -> str:
    """What a change did, as a sentence without who did it."""
    say, change = speaker.gettext, step.change
    if change.subject == "activity":
        return _activity(speaker, change)
    if change.subject == "connection":
        return _connection(session, speaker, viewer, change, asset_id)
    if change.subject == "photo":
        return {
            "added": say("A photo added"),
            "replaced": say("Another photo"),
            "removed": say("The photo taken away"),
        }.get(change.action, say("Other words with the photo"))
    if change.subject == "consent":
        return _consent(speaker, change)
    if change.subject == "personal_link":
        return say("A new personal link was made")
    if change.subject == "relay":
        return say("Messages of neighbours stopped") if change.action == "stopped" else say("An address for messages")
    return {
        "added": say("Put on the map"),
        "changed": say("Changed"),
        "retired": say("Taken off the map"),
        "restored": say("Put back on the map"),
        "exported": say("Everything that is kept was handed over to the person"),
    }.get(change.action, say("Changed"))


def _consent(speaker: i18n.Translator, change: Change) -> str:
    if change.action == "withdrawn":
        return speaker.gettext("The consent was withdrawn")
    audience = (change.after or {}).get("audience")
    if audience is None:
        return speaker.gettext("An answer was recorded")
    who = speaker.gettext(words.AUDIENCE[Audience(audience)])
    return speaker.gettext("Recorded who may see it: %(who)s") % {"who": who}


def _activity(speaker: i18n.Translator, change: Change) -> str:
    say = speaker.gettext
    values: dict[str, Any] = change.after or change.before or {}
    if not values:
        return say("Something about an activity")
    day = speaker.day(date.fromisoformat(values["held_on"]))
    if values.get("kind") == "confirmation":
        deed = say("said to be still there on %(day)s") % {"day": day}
    else:
        number = int(values.get("participants", 1))
        people = speaker.ngettext("%(num)s person", "%(num)s people", number) % {"num": speaker.number(number)}
        deed = say("activity on %(day)s, %(people)s") % {"day": day, "people": people}
    return {
        "added": say("Recorded: %(deed)s"),
        "changed": say("Changed: %(deed)s"),
        "removed": say("Taken away: %(deed)s"),
    }.get(change.action, "%(deed)s") % {"deed": deed}


def _connection(session: Session, speaker: i18n.Translator, viewer: Viewer, change: Change, asset_id: int) -> str:
    say = speaker.gettext
    other = next((number for number in change.about if number != asset_id), None)
    shown = other is not None and other in inventory.visible(session, viewer, {other})
    title = session.scalar(select(Asset.title).where(Asset.id == other)) if shown else None
    template = {
        "added": say("Connected with %(title)s"),
        "removed": say("No longer connected with %(title)s"),
    }.get(change.action, say("Connection with %(title)s changed"))
    return template % {"title": title or say("something that is no longer there")}
