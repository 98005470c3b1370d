"""`/assets/{id}/edit`: an entry changed with the fields that it was pinned with; `/retire`: taken off the map.

A builder's change is stored; a visitor's is a suggestion. The form carries the version that it began with and the
values of then. When someone else was first, both are put together (assets/merging.py) and shown before anything is
stored: what touches different fields fits, and where both changed the same one is chosen.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from geoalchemy2.shape import to_shape
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import database, i18n, idempotency, mail
from app.access import AnyViewer, AssetWriter
from app.csrf import TRAP
from app.database import DbSession, PublicSession
from app.headers import SECRET_PAGE
from app.idempotency import Answer
from app.pages import difference_words, entry_fields, entry_form, place_fields, reading
from app.pages.assets import number_of, one
from app.pages.pin import key_of, new_key, print_of, script_words
from app.pages.typed import Typed, TypedForm
from app.parameters import today
from app.problems import Refusal, faults_of
from app.senders import sender_of
from app.templating import render
from assets import communities, consents, crs, history, inventory, merging, relay, suggestions
from assets.drafts import AssetDraft
from assets.errors import Fault, Invalid, NotFound, Stale, TooMany
from assets.inventory import Asset
from assets.merging import Merged
from assets.permissions import Permission, Viewer, holds
from assets.vocabulary import AssetKind, AssetState, SuggestionKind
from maps import legend

router = APIRouter()
Values = dict[str, Any]
#: Kinds that may become each other: all have one place.
THINGS = (AssetKind.club, AssetKind.meeting_place, AssetKind.institution, AssetKind.exchange, AssetKind.story)
#: Stands for a value that nobody knows any more: it equals nothing.
UNKNOWN = {"unknown": "\N{REPLACEMENT CHARACTER}"}
#: How often a change is tried again when others are faster.
TRIES = 3


@dataclass
class Asked:
    """What the page is to show."""

    typed: Typed
    faults: list[Fault] = field(default_factory=list)
    nothing: bool = False
    again: bool = False
    too_many: bool = False
    #: Whether somebody gets the messages for it, so that no visitor is asked to.
    reachable: bool = False


class Meanwhile(Exception):
    """Someone else changed the entry since the form began: nothing is stored before both have been seen."""

    def __init__(self, version: int, base: Values, mine: AssetDraft, now: Values, merged: Merged, moved: bool) -> None:
        super().__init__("changed meanwhile")
        self.version = version
        self.base = base
        self.mine = mine
        self.now = now
        self.merged = merged
        self.moved = moved


class Nothing(Exception):
    """The form says what is there already."""


@router.get("/assets/{asset_id}/edit")
def edit_page(request: Request, asset_id: str, session: PublicSession, viewer: AnyViewer) -> HTMLResponse:
    """The fields of an entry, filled in."""
    with database.of_viewer(request) as everything:
        asset = the_entry(everything, session, viewer, number_of(asset_id))
        found = inventory.as_draft(everything, asset)
        reachable = relay.reachable(everything, asset.id)
        return _form(request, session, viewer, asset, Asked(_begun(everything, asset, found), reachable=reachable))


@router.post("/assets/{asset_id}/edit")
def edit(request: Request, asset_id: str, session: PublicSession, viewer: AnyViewer, typed: TypedForm) -> Response:
    """The change stored or suggested; or the form again, or what someone else changed meanwhile."""
    number = number_of(asset_id)
    if place_fields.asked(typed) or typed.one("go") == "edit":
        return _again(request, session, viewer, number, Asked(typed))
    for attempt in range(TRIES):
        try:
            with database.of_viewer(request) as writing:
                return idempotency.once(
                    writing, viewer, key_of(typed), print_of(request, typed),
                    lambda: _change(request, writing, session, viewer, number, typed),
                ).response(request)  # fmt: skip
        except Stale:
            if attempt == TRIES - 1:
                raise
        except Meanwhile as meanwhile:
            return _merge_page(request, session, viewer, number, typed, meanwhile)
        except Invalid as refused:
            faults = entry_form.in_order(entry_form.at_fields(refused.faults, typed))
            return _again(request, session, viewer, number, Asked(typed, faults), status=422)
        except Nothing:
            return _again(request, session, viewer, number, Asked(typed, nothing=True), status=422)
        except TooMany:
            return _again(request, session, viewer, number, Asked(typed, too_many=True), status=429)
        except Refusal as refused:
            if refused.slug != "key-reused":
                raise
            return _again(request, session, viewer, number, Asked(typed.with_(key=new_key()), again=True), status=422)
    raise AssertionError("every try returns or raises")


def the_entry(session: Session, public: Session, viewer: Viewer, number: int) -> Asset:
    """The entry for who may see it; NotFound for others, and for what was taken off the map."""
    asset = inventory.get(session, number)
    if asset.state == AssetState.retired:
        raise NotFound("There is no asset with the number {id}.", id=number)
    if not holds(viewer, Permission.asset_write, asset.community_id):
        one(public, number, today())
    consents.require_open(session, number)
    return asset


def _begun(session: Session, asset: Asset, found: AssetDraft) -> Typed:
    """The form as it begins: the values of now, their version, and the same values to compare with later."""
    typed = entry_form.filled(found).with_(base=json.dumps(_said(found)), version=str(asset.version))
    return typed.with_(**place_fields.filled(session, asset))


def _said(found: AssetDraft) -> Values:
    """The values of a draft as the form carries them: of the place only a mark, by which a change is seen."""
    values = found.model_dump(mode="json")
    mark = hashlib.sha256(json.dumps(values["place"], sort_keys=True).encode()).hexdigest()[:16]
    return {**values, "place": mark}


# --- what was typed, on top of what is there -------------------------------------------------------------------


def _change(request: Request, session: Session, public: Session, viewer: Viewer, number: int, typed: Typed) -> Answer:
    asset = the_entry(session, public, viewer, number)
    found = inventory.as_draft(session, asset)
    mine, moved = _mine(session, typed, asset, found)
    now = _said(found)
    base = _base(typed, now)
    wanted = {**_said(mine), "place": "moved" if moved else base["place"]}
    if typed.one("version") != str(asset.version):
        merged = merging.three_way(base, wanted, now)
        raise Meanwhile(asset.version, base, mine, now, merged, moved)
    publishes = holds(viewer, Permission.asset_write, asset.community_id)
    if wanted == now and (publishes or not _takes_messages(session, typed, number)):
        raise Nothing
    if publishes:
        inventory.change(
            session, number, mine, by=viewer, if_version=asset.version, keep_place=not moved, today=today()
        )
        return Answer(303, {"Location": f"/pin/done?asset={number}&changed=yes"}, "")
    return _suggest(request, session, viewer, number, typed, mine)


def _suggest(request: Request, session: Session, viewer: Viewer, number: int, typed: Typed, mine: AssetDraft) -> Answer:
    if typed.one(TRAP):
        raise Invalid.at("title", entry_form.FILLED_IN)
    language, contact = i18n.choose(request), typed.one("contact").strip()
    made = suggestions.propose(
        session, SuggestionKind.change, by=viewer, draft=mine, asset_id=number, contact=contact, language=language,
        takes_messages=_takes_messages(session, typed, number),
        sender=sender_of(request),
    )  # fmt: skip
    if contact and suggestions.may_be_mailed(session, contact):
        follow = f"/suggestions/{made.follow_token}"
        about = [f"suggestion:{made.id}", f"asset:{number}"]
        mail.post(session, "suggested", to=contact, language=language, about=about, page=follow)
    return Answer(
        303, {"Location": f"/pin/done?follow={idempotency.follow(request, made.follow_token)}", **SECRET_PAGE}, ""
    )


def _takes_messages(session: Session, typed: Typed, number: int) -> bool:
    """Whether a visitor offers to get the messages for the entry; asked only where nobody gets them yet.

    An address that waits is told to no visitor, so there too; `join_in.accept` takes the messages from nobody.
    """
    return typed.one("takes_messages") == "yes" and not relay.reachable(session, number)


def _mine(session: Session, typed: Typed, asset: Asset, found: AssetDraft) -> tuple[AssetDraft, bool]:
    """The draft that was typed, with what was chosen from someone else's; and whether its place is another one."""
    if typed.one("kind") not in ({kind.value for kind in THINGS} if asset.kind in THINGS else {asset.kind}):
        raise Invalid.at("kind", entry_form.NO_CHOICE)
    faults: list[Fault] = []
    mine, place, moved = None, found.place, typed.one("move") == "yes"
    if moved and typed.one("choose-place") != "theirs":
        try:
            place = place_fields.read(typed, AssetKind(asset.kind), session)
        except (Invalid, ValidationError) as refused:
            faults += refused.faults if isinstance(refused, Invalid) else faults_of(refused.errors(), prefix="/place")
    else:
        moved = False
    try:
        mine = entry_form.draft(typed, place)
    except Invalid as refused:
        faults += refused.faults
    if faults or mine is None:
        raise Invalid("{number} fault(s) in the form.", faults=faults, number=len(faults))
    return _chosen(typed, mine, found), moved


def _chosen(typed: Typed, mine: AssetDraft, found: AssetDraft) -> AssetDraft:
    """My draft with the fields of which the other's value was chosen."""
    theirs = [name for name in AssetDraft.model_fields if typed.one(f"choose-{name}") == "theirs" and name != "place"]
    names = [other for name in theirs for other in _together(name)]
    return mine.model_copy(update={name: getattr(found, name) for name in names})


def _together(name: str) -> tuple[str, ...]:
    return next((group for group in merging.TOGETHER if name in group), (name,))


def _base(typed: Typed, now: Values) -> Values:
    """The values that the form began with; values that equal nothing when they cannot be read."""
    try:
        found = json.loads(typed.one("base"))
        AssetDraft(**{name: value for name, value in found.items() if name != "place"})
        return {name: found[name] for name in now}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return dict.fromkeys(now, UNKNOWN)


# --- the pages -------------------------------------------------------------------------------------------------


def _again(
    request: Request, session: Session, viewer: Viewer, number: int, asked: Asked, *, status: int = 200
) -> HTMLResponse:
    """The form with what was typed."""
    with database.of_viewer(request) as everything:
        asset = the_entry(everything, session, viewer, number)
        asked.reachable = relay.reachable(everything, number)
        return _form(request, session, viewer, asset, asked, status=status)


def _form(
    request: Request, session: Session, viewer: Viewer, asset: Asset, asked: Asked, *, status: int = 200
) -> HTMLResponse:
    speaker = i18n.translator(i18n.choose(request))
    typed = asked.typed if key_of(asked.typed) else asked.typed.with_(key=new_key())
    kind = typed.one("kind") if typed.one("kind") in set(AssetKind) else asset.kind
    context = entry_fields.context(typed, asked.faults, speaker) | {
        "sprite": legend.sprite(),
        "asset": {"id": asset.id, "kind": asset.kind, "title": asset.title, "language": asset.language},
        "kind": kind,
        "things": THINGS if asset.kind in THINGS else (),
        "asked": asked,
        "publishes": holds(viewer, Permission.asset_write, asset.community_id),
        "reachable": asked.reachable,
        "trap": TRAP,
        "viewer": viewer,
    }
    context |= place_fields.context(session, kind, typed, speaker)
    around = (to_shape(asset.geom), crs.storage(session).srid) if asset.geom is not None else None
    context["settings"] = place_fields.settings(context["place"], script_words(speaker), around=around)
    return render(request, "edit.html", context | reading.frame(session), status=status)


def _merge_page(
    request: Request, session: Session, viewer: Viewer, number: int, typed: Typed, meanwhile: Meanwhile
) -> HTMLResponse:
    """What someone else changed, what is changed here, and where one must be chosen."""
    speaker = i18n.translator(i18n.choose(request))
    clashing = {clash.field for clash in meanwhile.merged.clashes}
    mine = meanwhile.mine.model_dump(mode="json")
    with database.of_viewer(request) as everything:
        asset = the_entry(everything, session, viewer, number)
        found = inventory.as_draft(everything, asset).model_dump(mode="json")
        base = _shown(meanwhile.base, meanwhile.now, found)
        ours = mine if meanwhile.moved else {**mine, "place": base["place"]}
        theirs_told = difference_words.differences(everything, speaker, base, found)
        mine_told = difference_words.differences(everything, speaker, base, ours)
        choices = [
            one for one in difference_words.differences(everything, speaker, found, ours) if one.field in clashing
        ]
        changes = history.of_asset(everything, number, limit=1)
    values = {name: value for name, value in meanwhile.merged.values.items() if name not in ("place", *_all(clashing))}
    together = meanwhile.mine.model_copy(
        update={name: getattr(AssetDraft(**{**_without(mine), **values}), name) for name in values}
    )
    carried = entry_form.filled(together).with_(
        base=json.dumps(meanwhile.now), version=str(meanwhile.version), key=typed.one("key")
    )
    carried = carried.with_(**{name: typed.many(name) for name in ("contact", "takes_messages")})
    if meanwhile.moved:
        place = {name: typed.many(name) for name, _ in typed.multi_items() if entry_form.is_of_place(name)}
        carried = carried.with_(**place, move="yes")
    context = {
        "sprite": legend.sprite(),
        "asset": {"id": number, "kind": asset.kind, "title": asset.title, "language": asset.language},
        "carried": list(carried.multi_items()),
        "theirs": theirs_told,
        "mine": [one for one in mine_told if one.field not in clashing],
        "choices": choices,
        "by": changes[0].by if changes and holds(viewer, Permission.asset_write, asset.community_id) else "",
        "publishes": holds(viewer, Permission.asset_write, asset.community_id),
    }
    return render(request, "merge.html", context | reading.frame(session), status=409)


def _all(fields: set[str]) -> set[str]:
    return {other for name in fields for other in _together(name)}


def _without(values: Values) -> Values:
    return {name: value for name, value in values.items() if name != "place"}


def _shown(base: Values, now: Values, found: Values) -> Values:
    """The values that the form began with, with a place that can be told when it is the one of now."""
    known = {name: found[name] if value == UNKNOWN else value for name, value in base.items()}
    return {**known, "place": found["place"] if base["place"] == now["place"] else {}}


# --- off the map -----------------------------------------------------------------------------------------------


@router.get("/assets/{asset_id}/retire")
def retire_page(request: Request, asset_id: str, session: DbSession, viewer: AssetWriter) -> HTMLResponse:
    """The question whether it is to be taken off the map."""
    asset = the_entry(session, session, viewer, number_of(asset_id))
    communities.require_of(session, viewer, Permission.asset_write, asset.id)
    context = {"sprite": legend.sprite(), "asset": asset, "version": asset.version, "viewer": viewer, "stale": False}
    return render(request, "retire.html", context | reading.frame(session))


@router.post("/assets/{asset_id}/retire")
def retire(request: Request, asset_id: str, viewer: AssetWriter, typed: TypedForm, session: DbSession) -> Response:
    """Taken off the map: it stays in the archive with its history."""
    asset = the_entry(session, session, viewer, number_of(asset_id))
    communities.require_of(session, viewer, Permission.asset_write, asset.id)
    if typed.one("version") != str(asset.version):
        context = {"sprite": legend.sprite(), "asset": asset, "version": asset.version, "viewer": viewer, "stale": True}
        return render(request, "retire.html", context | reading.frame(session), status=409)
    inventory.retire(session, asset.id, by=viewer, if_version=asset.version)
    return RedirectResponse(f"/assets/{asset.id}/history", status_code=303)
