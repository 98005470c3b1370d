"""`/moderation/{id}/edit`: a suggestion changed before it is taken over, with the fields that entries are pinned with.

The form begins with what was suggested, on top of what others changed since. Its place is the one that was suggested,
the one of now, or another. What the builder sends is what is stored; the history says who suggested it.
"""

from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import i18n, thanks
from app.access import Moderator
from app.database import DbSession
from app.pages import difference_words, entry_fields, entry_form, moderation, place_fields, reading
from app.pages.typed import Typed, TypedForm
from app.parameters import today
from app.problems import faults_of
from app.templating import render
from assets import inventory, suggestions
from assets.drafts import AssetDraft, PlaceDraft
from assets.errors import Fault, Invalid, NotFound, Stale
from assets.permissions import Viewer
from assets.suggested import Waiting
from assets.suggestions import Decided
from assets.vocabulary import AssetKind, AssetState, SuggestionKind, SuggestionState
from maps import legend

router = APIRouter()
#: What can be changed before it is taken over; the others are a word without values.
EDITABLE = (SuggestionKind.new, SuggestionKind.change, SuggestionKind.changed, SuggestionKind.report)
#: Kinds that may become each other: all have one place.
THINGS = (AssetKind.club, AssetKind.meeting_place, AssetKind.institution, AssetKind.exchange, AssetKind.story)


@dataclass
class Begun:
    """What the form begins with.

    Attributes:
        waiting: the suggestion.
        values: the entry as it would be stored: what was suggested, on top of what stands there now.
        suggested: the place that was suggested; None when none was.
        now: the entry as it is now; None for a new one.
        version: its version now.
        clashes: fields that someone else changed too, with what they made of it.
    """

    waiting: Waiting
    values: AssetDraft
    suggested: PlaceDraft | None
    now: AssetDraft | None
    version: int
    clashes: dict[str, Any] = field(default_factory=dict)


def begin(session: Session, viewer: Viewer, number: int) -> Begun:
    """What the form of a suggestion begins with.

    Raises:
        NotFound: there is no such suggestion, nothing of it to change, or its entry was taken off the map.
        Decided: someone else decided on it.
    """
    waiting = suggestions.get(session, number, viewer)
    if waiting.state is not SuggestionState.open:
        raise Decided(waiting)
    if waiting.kind is SuggestionKind.new and waiting.draft is not None:
        return Begun(waiting, waiting.draft, waiting.draft.place, None, 0)
    if waiting.kind not in EDITABLE or waiting.asset_id is None:
        raise NotFound("There is no suggestion with this number: it was withdrawn, or it is long ago.")
    asset = inventory.get(session, waiting.asset_id)
    if asset.state == AssetState.retired:
        raise NotFound("There is no asset with the number {id}.", id=asset.id)
    now = inventory.as_draft(session, asset)
    if waiting.draft is None:
        return Begun(waiting, now, None, now, asset.version)
    made = suggestions.merged(session, waiting)
    clashes = {one.field: one.ours for one in made.clashes}
    theirs = {one.field: one.theirs for one in made.clashes}
    values = AssetDraft.model_validate({**made.values, **theirs})
    moved = waiting.made_on is not None and waiting.draft.place != waiting.made_on.place
    return Begun(waiting, values, waiting.draft.place if moved else None, now, asset.version, clashes)


@router.get("/moderation/{suggestion_id}/edit")
def edit_page(request: Request, suggestion_id: str, session: DbSession, viewer: Moderator) -> Response:
    """The form, filled in."""
    try:
        begun = begin(session, viewer, moderation.number_of(suggestion_id))
    except Decided as refused:
        return moderation.refused_page(request, session, viewer, moderation.number_of(suggestion_id), refused)
    typed = entry_form.filled(begun.values).with_(
        place_from="suggested" if begun.suggested is not None else "now", version=str(begun.version)
    )
    return _form(request, session, viewer, begun, typed)


@router.post("/moderation/{suggestion_id}/edit")
def edit(request: Request, suggestion_id: str, viewer: Moderator, typed: TypedForm, session: DbSession) -> Response:
    """What the builder made of it is stored, and the suggestion is closed."""
    number = moderation.number_of(suggestion_id)
    try:
        begun = begin(session, viewer, number)
    except Decided as refused:
        return moderation.refused_page(request, session, viewer, number, refused)
    if place_fields.asked(typed):
        return _form(request, session, viewer, begun, typed)
    try:
        with session.begin_nested():
            draft, keep_place = _read(session, typed, begun)
            decision = suggestions.accept(
                session, number, by=viewer, draft=draft, keep_place=keep_place, done=typed.one("done"),
                if_version=int(typed.one("version")) if typed.one("version").isdecimal() else None, today=today(),
            )  # fmt: skip
    except Invalid as refused:
        faults = entry_form.in_order(entry_form.at_fields(refused.faults, typed))
        return _form(request, session, viewer, begun, typed, faults=faults, status=422)
    except Stale:
        session.expire_all()
        fresh = begin(session, viewer, number)
        return _form(request, session, viewer, fresh, typed.with_(version=str(fresh.version)), stale=True, status=409)
    except Decided as refused:
        return moderation.refused_page(request, session, viewer, number, refused)
    thanks.send(request, session, decision, by=viewer)
    return RedirectResponse(f"/moderation?done={decision.id}", status_code=303)


def _read(session: Session, typed: Typed, begun: Begun) -> tuple[AssetDraft, bool]:
    """The draft that was typed, and whether the place stays as it is; Invalid with every fault."""
    kinds = {kind.value for kind in THINGS} if begun.values.kind in THINGS else {begun.values.kind.value}
    if typed.one("kind") not in kinds:
        raise Invalid.at("kind", "This is not one of the choices.")
    faults: list[Fault] = []
    where, place = typed.one("place_from"), begun.values.place
    try:
        if where == "other":
            place = place_fields.read(typed, begun.values.kind, session)
        elif where == "suggested" and begun.suggested is not None:
            place = begun.suggested
        elif begun.now is not None:
            place = begun.now.place
    except Invalid as refused:
        faults += refused.faults
    except ValidationError as refused:
        faults += faults_of(refused.errors(include_url=False, include_input=False), prefix="/place")
    except NotFound as refused:
        faults.append(Fault("place", refused.message, refused.values))
    draft = None
    try:
        draft = entry_form.draft(typed, place)
    except Invalid as refused:
        faults += refused.faults
    if faults or draft is None:
        raise Invalid("{number} fault(s) in the form.", faults=faults, number=len(faults))
    return draft, place is (begun.now.place if begun.now is not None else None)


def _form(
    request: Request,
    session: Session,
    viewer: Viewer,
    begun: Begun,
    typed: Typed,
    *,
    faults: list[Fault] | None = None,
    stale: bool = False,
    status: int = 200,
) -> HTMLResponse:
    speaker = i18n.translator(i18n.choose(request))
    kind = typed.one("kind") if typed.one("kind") in set(AssetKind) else begun.values.kind.value
    told = []
    if begun.now is not None:
        now, wanted = (one.model_dump(mode="json") for one in (begun.now, begun.values))
        if begun.suggested is not None:
            wanted["place"] = begun.suggested.model_dump(mode="json")
        told = difference_words.differences(session, speaker, now, wanted)
    context = entry_fields.context(typed, faults or [], speaker) | {
        "viewer": viewer,
        "sprite": legend.sprite(),
        "waiting": begun.waiting,
        "kind": kind,
        "things": THINGS if begun.values.kind in THINGS else (),
        "differences": told,
        "clashing": difference_words.labels(speaker, begun.clashes),
        "has_suggested_place": begun.suggested is not None,
        "has_place_now": begun.now is not None,
        "stale": stale,
    }
    context |= place_fields.context(session, kind, typed, speaker)
    context["settings"] = place_fields.settings(context["place"], {})
    answer = render(request, "moderation_edit.html", context | reading.frame(session), status=status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
