"""`/pin`: putting something on the map, in four steps that work with a thumb and without script.

All steps are one form, of which one part is shown at a time: what was typed travels along in it, nothing of it stands
in an address or is kept before it is sent (docs/decisions/0032). A builder's entry is on the map at once; a visitor's
is a suggestion.
"""

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from geoalchemy2.shape import to_shape
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from app import database, i18n, idempotency, mail
from app.access import AnyViewer
from app.csrf import TRAP
from app.database import PublicSession
from app.headers import SECRET_PAGE
from app.idempotency import Answer
from app.pages import at_table, entry_fields, entry_form, place_fields, reading, relay
from app.pages.assets import number_of, one
from app.pages.typed import Typed, TypedForm
from app.parameters import today
from app.problems import Refusal, faults_of
from app.senders import sender_of
from app.templating import render
from assets import consents, crs, history, inventory, join_in, look_alikes, places, suggestions
from assets.drafts import AssetDraft, PlaceDraft
from assets.email_addresses import checked
from assets.errors import Fault, Invalid, NotFound, TooMany
from assets.look_alikes import LookAlike
from assets.permissions import Permission, Viewer, holds
from assets.vocabulary import CONSENT_YEARS, AssetKind, Audience, SuggestionKind
from maps import legend

router = APIRouter()
Step = Literal["what", "where", "tell"]
STEPS: tuple[Step, ...] = ("what", "where", "tell")
#: Fields that say how a form was sent and not what is in it.
NOT_SAID = ("form_token", "key", "step", "go", "different", "base", "version")
#: What may stand in the address to begin with: nothing that anyone typed.
BEGINNING = ("kind", "longitude", "latitude", "street_id", "area", "show")


@dataclass
class Asked:
    """What the page is to show.

    Attributes:
        typed: what was typed until now.
        step: the part of the form that is shown.
        faults: what is wrong, by field.
        alike: what may be the same and is offered before saving.
        again: whether this form was sent before, with something else in it.
        too_many: whether this visitor sent as many suggestions as one may in an hour.
        table_full: why the table takes no more, in words.
    """

    typed: Typed
    step: Step = "what"
    faults: list[Fault] = field(default_factory=list)
    alike: list[LookAlike] = field(default_factory=list)
    again: bool = False
    too_many: bool = False
    table_full: str = ""


class Offered(Exception):
    """Something that may be the same is there: nothing is stored before the visitor has looked at it."""

    def __init__(self, alike: list[LookAlike]) -> None:
        super().__init__("look-alikes")
        self.alike = alike


def publishes(viewer: Viewer) -> bool:
    """Whether what this viewer pins is on the map at once."""
    return holds(viewer, Permission.asset_write)


@router.get("/pin")
def pin_page(request: Request, session: PublicSession, viewer: AnyViewer) -> HTMLResponse:
    """The first step, perhaps with a kind and a place to begin with."""
    given = {name: [request.query_params[name][:100]] for name in BEGINNING if name in request.query_params}
    return _page(request, session, viewer, Asked(Typed(given)))


@router.post("/pin")
def pin(request: Request, session: PublicSession, viewer: AnyViewer, typed: TypedForm) -> Response:
    """The next or the previous step with all that was typed, or the entry itself."""
    step = _step(typed.one("step"))
    go = typed.one("go")
    at = STEPS.index(step)
    if go in STEPS:
        return _page(request, session, viewer, Asked(typed, go))
    if go == "back":
        return _page(request, session, viewer, Asked(typed, STEPS[max(at - 1, 0)]))
    try:
        if step == "what":
            _kind(typed)
            return _page(request, session, viewer, Asked(typed, "where"))
        if step == "where":
            if place_fields.asked(typed):
                return _page(request, session, viewer, Asked(typed, "where"))
            _place(request, typed, _kind(typed))
            return _page(request, session, viewer, Asked(typed, "tell"))
    except Invalid as refused:
        faults = entry_form.in_order(entry_form.at_fields(refused.faults, typed))
        return _page(request, session, viewer, Asked(typed, _step_of(faults), faults), status=422)
    return _save(request, session, viewer, typed)


def _step(text: str) -> Step:
    return next((one for one in STEPS if one == text), "what")


def _step_of(faults: list[Fault]) -> Step:
    """The earliest step that has something to mend."""
    found = [
        "what" if one.pointer == "kind" else "where" if entry_form.is_of_place(one.pointer) else "tell"
        for one in faults
    ]
    return min((_step(one) for one in found), key=STEPS.index, default="tell")


def _kind(typed: Typed) -> AssetKind:
    kind = typed.one("kind")
    if kind not in set(AssetKind):
        raise Invalid.at("kind", entry_form.CHOOSE_KIND)
    return AssetKind(kind)


def _place(request: Request, typed: Typed, kind: AssetKind) -> tuple[PlaceDraft, places.Place]:
    """The place as it was chosen and as it would be stored; Invalid when there is none."""
    with database.of_viewer(request) as session:
        try:
            found = place_fields.read(typed, kind, session)
            return found, places.resolve(session, kind, found)
        except ValidationError as refused:
            raise Invalid("The place cannot be read.", faults=faults_of(refused.errors(), prefix="/place")) from None
        except NotFound as refused:
            raise Invalid.at("place", refused.message, **refused.values) from None


# --- saving ----------------------------------------------------------------------------------------------------


def _save(request: Request, session: Session, viewer: Viewer, typed: Typed) -> Response:
    """The entry stored and the way to the last step, or the form again with everything that is wrong."""
    faults: list[Fault] = []
    draft: AssetDraft | None = None
    place: PlaceDraft | None = None
    near = None
    audience: Audience | None = None
    messages_to: str | None = None
    try:
        place, stored = _place(request, typed, _kind(typed))
        near = stored.geom
    except Invalid as refused:
        faults += refused.faults
    try:
        draft = entry_form.draft(typed, place)
    except Invalid as refused:
        faults += refused.faults
    try:
        audience = entry_form.audience(typed) if publishes(viewer) else None
    except Invalid as refused:
        faults += refused.faults
    try:
        messages_to = _messages_to(typed) if publishes(viewer) else None
    except Invalid as refused:
        faults += refused.faults
    if faults or draft is None:
        return _faulty(request, session, viewer, typed, faults)

    def work(writing: Session) -> Answer:
        everything = publishes(viewer)
        if typed.one("different") != "yes":
            looked = writing if everything else session
            alike = look_alikes.find(looked, kind=draft.kind, title=draft.title, near=near, archive=everything)
            if everything:
                seen = inventory.visible(writing, viewer, [one.id for one in alike])
                alike = [one for one in alike if one.id in seen]
            if alike:
                raise Offered(alike)
        if not everything:
            return _suggested(request, writing, viewer, typed, draft)
        return _published(request, writing, viewer, typed, draft, audience, messages_to)

    try:
        with database.of_viewer(request) as writing:
            key = key_of(typed)
            kept = idempotency.once(writing, viewer, key, print_of(request, typed), lambda: work(writing))
            answer = kept.response(request)
    except Offered as offered:
        return _page(request, session, viewer, Asked(typed, "tell", alike=offered.alike))
    except Invalid as refused:
        return _faulty(request, session, viewer, typed, refused.faults)
    except TooMany as refused:
        full = i18n.translator(i18n.choose(request)).error(refused) if at_table.shown(request) else ""
        asked = Asked(typed, "tell", too_many=True, table_full=full)
        return _page(request, session, viewer, asked, status=429)
    except Refusal as refused:
        if refused.slug != "key-reused":
            raise
        return _page(request, session, viewer, Asked(typed.with_(key=new_key()), "tell", again=True), status=422)
    return answer


def _messages_to(typed: Typed) -> str | None:
    """The address for messages that a builder gives with something that is no person."""
    given = typed.one("messages_to").strip()
    return checked(given, pointer="messages_to") if given and typed.one("kind") != AssetKind.person else None


def _published(
    request: Request,
    session: Session,
    viewer: Viewer,
    typed: Typed,
    draft: AssetDraft,
    audience: Audience | None,
    messages_to: str | None,
) -> Answer:
    """A builder's entry, on the map; of a person with the answer that was given."""
    asset = inventory.add(session, draft, by=viewer, today=today())
    if audience is not None:
        heard = consents.wording(typed.one("wording_language"), typed.one("wording_version") or None)
        consents.record(
            session, asset.id, audience=audience, wording_version=heard.version, wording=heard.text,
            language=heard.language, given_on=today(), by=viewer.name,
        )  # fmt: skip
    if messages_to is not None:
        try:
            relay.ask(request, session, viewer, asset.id, messages_to)
        except TooMany as refused:
            raise Invalid.at("messages_to", refused.message, **refused.values) from None
    return Answer(303, {"Location": f"/pin/done?asset={asset.id}"}, "")


def _suggested(request: Request, session: Session, viewer: Viewer, typed: Typed, draft: AssetDraft) -> Answer:
    """A visitor's entry, waiting for a builder; the way to it is a secret of theirs."""
    if typed.one(TRAP):
        raise Invalid.at("title", entry_form.FILLED_IN)
    language = i18n.choose(request)
    made = suggestions.propose(
        session, SuggestionKind.new, by=viewer, draft=draft, contact=typed.one("contact"), language=language,
        takes_messages=typed.one("takes_messages") == "yes", note=typed.one("note"), sender=sender_of(request),
        table=at_table.of(request, session),
    )  # fmt: skip
    follow = f"/suggestions/{made.follow_token}"
    contact = typed.one("contact").strip()
    if contact and suggestions.may_be_mailed(session, contact):
        about = [f"suggestion:{made.id}"]
        mail.post(session, "suggested", to=contact, language=language, about=about, page=follow)
    place = {name: typed.one(name) for name in BEGINNING[1:] if typed.has(name)} if draft.kind != "person" else {}
    query = "&".join(
        part for part in (f"follow={idempotency.follow(request, made.follow_token)}", urlencode(place)) if part
    )
    return Answer(303, {"Location": f"/pin/done?{query}", **SECRET_PAGE}, "")


def _faulty(
    request: Request, session: Session, viewer: Viewer, typed: Typed, faults: tuple[Fault, ...] | list[Fault]
) -> HTMLResponse:
    """The form again at the first step that has something to mend."""
    found = entry_form.in_order(entry_form.at_fields(faults, typed))
    return _page(request, session, viewer, Asked(typed, _step_of(found), found), status=422)


def print_of(request: Request, typed: Typed) -> str:
    """What makes a form the same form: all that was typed, but for what only says how it was sent."""
    said = [(name, value) for name, value in typed.multi_items() if name not in NOT_SAID]
    return idempotency.keyed(request, json.dumps(sorted(said)).encode())


def key_of(typed: Typed) -> str | None:
    """The key of this form; None for what is none of ours."""
    key = typed.one("key")
    return key if re.fullmatch(r"[A-Za-z0-9_-]{16,60}", key, re.ASCII) else None


def new_key() -> str:
    """A key for a form."""
    return secrets.token_urlsafe(16)


# --- the page --------------------------------------------------------------------------------------------------


def _page(request: Request, session: Session, viewer: Viewer, asked: Asked, *, status: int = 200) -> HTMLResponse:
    speaker = i18n.translator(i18n.choose(request))
    typed = asked.typed if key_of(asked.typed) else asked.typed.with_(key=new_key())
    kind = typed.one("kind")
    table = None if publishes(viewer) else at_table.shown(request)
    context = entry_fields.context(typed, asked.faults, speaker) | {
        "sprite": legend.sprite(),
        "step": asked.step,
        "steps": STEPS,
        "kind": kind if kind in set(AssetKind) else "",
        "alike": asked.alike,
        "again": asked.again,
        "too_many": asked.too_many,
        "table_full": asked.table_full,
        "table": table,
        "trap": TRAP,
        "viewer": viewer,
        "publishes": publishes(viewer),
        "by": viewer.name,
        "wording": consents.wording(speaker.language),
        "expires_on": consents.years_later(today(), CONSENT_YEARS),
    }
    context |= place_fields.context(session, kind, typed, speaker)
    context["settings"] = place_fields.settings(context["place"], script_words(speaker)) | {
        "placeCheck": "/pin/place",
        "bounds": reading.leaflet_bounds(
            reading.bounds(session, None, table.community_id if table else viewer.community_id)
        ),
    }
    return render(request, "pin.html", context | reading.frame(session), status=status)


def script_words(speaker: i18n.Translator) -> dict[str, str]:
    """The words that the script of the form puts on the page."""
    say = speaker.gettext
    return {
        "left": say("{count} characters left"),
        "over": say("{count} characters too many"),
        "chooseKind": say("Choose what it is."),
    }


# --- done ------------------------------------------------------------------------------------------------------


@router.get("/pin/done")
def pinned(request: Request, session: PublicSession, viewer: AnyViewer) -> HTMLResponse:
    """What was just put on the map or sent in, and what can be done next."""
    token = request.query_params.get("follow")
    if token is not None:
        return _sent_in(request, session, token[:200])
    number = number_of(request.query_params.get("asset", ""))
    public = _is_public(session, number)
    with database.of_viewer(request) as everything:
        if not inventory.visible(everything, viewer, {number}):
            raise NotFound("There is no asset with the number {id}.", id=number)
        asset = inventory.get(everything, number)
        held = consents.holding(everything, number)
        # that an address waits is for who may give one, as on the page of the form for messages
        writes = holds(viewer, Permission.asset_write, asset.community_id)
        context = {
            "audience": None if held is None else held.audience,
            "entry": {"kind": asset.kind, "title": asset.title, "language": asset.language},
            "id": asset.id,
            "follow": None,
            "builder": publishes(viewer),
            "given": join_in.given(everything, number) if writes else None,
            "changed": request.query_params.get("changed") == "yes",
            "placed": asset.geom is not None,
            "public": public,
            "sprite": legend.sprite(),
            "another": f"/pin?{urlencode(_beginning(everything, asset))}",
            "undo": _own_change(everything, viewer, number),
        }
        return render(request, "pin_done.html", context | reading.frame(session))


def _own_change(session: Session, viewer: Viewer, asset_id: int) -> int | None:
    """The change to offer to take back: the newest of the entry, when this viewer made it."""
    told = history.of_asset(session, asset_id, limit=5) if publishes(viewer) else []
    newest = [one for one in told if one.subject not in ("consent", "personal_link", "relay")]
    return newest[0].id if newest and newest[0].by == viewer.name else None


def _sent_in(request: Request, session: Session, token: str) -> HTMLResponse:
    """The last step of a visitor: the private link to follow what happens."""
    with database.of_viewer(request) as everything:
        found = suggestions.get_by_token(everything, token)
    place = {name: request.query_params[name] for name in BEGINNING[1:] if name in request.query_params}
    context = {
        "audience": None,
        "table_host": found.table_host,
        "entry": {
            "kind": found.asset_kind or (found.draft.kind if found.draft else ""),
            "title": found.title,
            "language": found.title_language,
        },
        "id": None,
        "follow": f"/suggestions/{token}",
        "builder": False,
        "given": None,
        "changed": False,
        "placed": False,
        "public": False,
        "sprite": legend.sprite(),
        "another": f"/pin?{urlencode(place)}" if place else "/pin",
        "undo": None,
    }
    answer = render(request, "pin_done.html", context | reading.frame(session))
    answer.headers.update(SECRET_PAGE)
    return answer


def _is_public(session: Session, asset_id: int) -> bool:
    try:
        one(session, asset_id, today())
    except NotFound:
        return False
    return True


def _beginning(session: Session, asset: inventory.Asset) -> dict[str, str]:
    """The place of an entry, for the next one there; of a person only what is shown of it."""
    place = inventory.as_draft(session, asset).place
    if asset.kind == AssetKind.person or asset.geom is None:
        return {"area": place.area} if place.area else {}
    point = to_shape(asset.geom).representative_point()
    longitude, latitude = crs.transformer(crs.storage(session).srid, crs.WGS84).transform(point.x, point.y)
    return {"longitude": f"{longitude:.6f}", "latitude": f"{latitude:.6f}"}
