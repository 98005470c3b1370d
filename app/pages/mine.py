"""`/mine/{token}`: the personal link. Read, change, choose who sees it, hide, take along: without account or script.

Whoever holds the link is the person of the entry. The address is a secret: the page is kept by no cache, tells no
other site where somebody came from, and is looked up by no search engine. docs/decisions/0040.
"""

import contextlib
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import APIRouter, Request
from markupsafe import Markup
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import i18n, mail, qr
from app.csrf import FormGuard
from app.database import DbSession
from app.headers import SECRET_PAGE
from app.pages import entry_fields, entry_form, export_words, place_reading, reading
from app.pages.typed import Typed, TypedForm
from app.parameters import today
from app.problems import base_url, faults_of
from app.templating import render
from assets import (
    consents,
    erasure,
    inventory,
    known_people,
    lookups,
    personal_export,
    personal_links,
    relay,
    suggested,
)
from assets.drafts import AssetDraft, PlaceDraft
from assets.errors import Fault, Invalid, NotFound, Stale, TooMany
from assets.inventory import Asset
from assets.recurrence import HOME_ZONE
from assets.vocabulary import CONSENT_YEARS, AssetState, Audience, Placement
from maps import legend

router = APIRouter()


def _(message: str) -> str:
    """Mark a message for translation; it is translated where it is shown."""
    return message


#: What was just done, as the address says it after a form was sent.
DONE = ("changed", "audience", "hidden", "link", "asked", "stopped")
#: Who looked, on the page; the file holds all.
LOOKS = 50
#: Fields of the form of words.
WORDS = ("title", "description", "head", "heart", "hands", "rhythm")
TICK = _("Tick the box first: this cannot be undone.")
MEDIA = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


@dataclass
class Asked:
    """What was typed, with what is wrong; `stale` when someone else changed the entry meanwhile."""

    typed: Typed | None = None
    faults: list[Fault] = field(default_factory=list)
    stale: bool = False


@router.get("/mine/{token}")
def mine(request: Request, token: str, session: DbSession) -> HTMLResponse:
    """The entry as its person sees it, with everything they can do with it."""
    return _page(request, session, token)


@router.post("/mine/{token}")
def change(request: Request, token: str, typed: TypedForm, session: DbSession) -> Response:
    """Other words, or another place."""
    asset = _the(session, token)
    if asset is None:
        return _nothing(request, session)
    try:
        version = typed.one("version")
        with session.begin_nested():
            draft, same_place = _draft(session, asset, typed)
            inventory.change(
                session, asset.id, draft, by=personal_links.owner_of(asset), keep_place=same_place, today=today(),
                if_version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None,
            )  # fmt: skip
    except Invalid as refused:
        faults = entry_form.in_order(entry_form.at_fields(refused.faults, typed))
        return _page(request, session, token, Asked(typed, faults), status=422)
    except NotFound as refused:
        fault = Fault("place", refused.message, refused.values)
        return _page(request, session, token, Asked(typed, [fault]), status=422)
    except Stale:
        session.expire_all()
        again = typed.with_(version=str(inventory.get(session, asset.id).version))
        return _page(request, session, token, Asked(again, stale=True), status=409)
    return _back(token, "changed")


@router.post("/mine/{token}/audience")
def audience(request: Request, token: str, typed: TypedForm, session: DbSession) -> Response:
    """Who may see it: an answer that the person gives themselves, with the words that stood above it."""
    asset = _the(session, token)
    if asset is None:
        return _nothing(request, session)
    said = typed.one("audience")
    try:
        if said not in set(Audience):
            raise Invalid.at("audience", entry_form.NO_CHOICE)
        read = consents.wording(typed.one("wording_language"), typed.one("wording_version") or None)
    except Invalid as refused:
        return _page(request, session, token, Asked(faults=list(refused.faults)), status=422)
    consents.record(
        session, asset.id, audience=Audience(said), wording_version=read.version, wording=read.text,
        language=read.language, given_on=today(), by=consents.THEMSELVES,
    )  # fmt: skip
    return _back(token, "audience")


@router.post("/mine/{token}/hide")
def hide(request: Request, token: str, form: FormGuard, session: DbSession) -> Response:  # noqa: ARG001 - guards
    """Nobody else sees it any more, at once."""
    asset = _the(session, token)
    if asset is None:
        return _nothing(request, session)
    consents.withdraw(session, asset.id, by=consents.THEMSELVES, today=today())
    return _back(token, "hidden")


@router.post("/mine/{token}/link")
def new_link(request: Request, token: str, form: FormGuard, session: DbSession) -> Response:  # noqa: ARG001 - guards
    """A new link instead of this one."""
    asset = _the(session, token)
    if asset is None:
        return _nothing(request, session)
    return _back(personal_links.make(session, asset.id, by=personal_links.owner_of(asset)), "link")


@router.post("/mine/{token}/relay")
def messages(request: Request, token: str, typed: TypedForm, session: DbSession) -> Response:
    """Where messages of neighbours go: a mail asks whether the address is right; or no messages any more."""
    asset = _the(session, token)
    if asset is None:
        return _nothing(request, session)
    if typed.one("wish") == "stop":
        relay.stop(session, asset.id, by=consents.THEMSELVES)
        return _back(token, "stopped")
    language, email = i18n.choose(request), typed.one("email")
    try:
        with session.begin_nested():
            link = relay.ask(
                session, asset.id, email, language=language, key=request.app.state.form_key, by=consents.THEMSELVES
            )
            about = [f"asset:{asset.id}"]
            mail.post(
                session, "relay_confirm", to=email, language=language, page=f"/relay/{link}", title=None, about=about
            )
    except Invalid as refused:
        return _page(request, session, token, Asked(faults=[replace(refused.faults[0], pointer="email")]), status=422)
    except TooMany as refused:
        fault = Fault("email", refused.message, refused.values)
        return _page(request, session, token, Asked(faults=[fault]), status=429)
    return _back(token, "asked")


@router.post("/mine/{token}/erase")
def erase(request: Request, token: str, typed: TypedForm, session: DbSession) -> Response:
    """Erase the entry and all that is kept about its person; for good, so a box must be ticked."""
    asset = _the(session, token)
    if asset is None:
        return _nothing(request, session)
    if typed.one("sure") != "yes":
        return _page(request, session, token, Asked(faults=[Fault("sure", TICK)]), status=422)
    erasure.erase(session, asset.id, by=personal_links.owner_of(asset), today=today())
    context = {"entry": None, "erased": True, "sprite": legend.sprite(), **reading.frame(session)}
    return _secret(render(request, "mine.html", context))


@router.get("/mine/{token}/export")
def export(request: Request, token: str, session: DbSession) -> Response:
    """Everything that is kept about the person, to take along."""
    asset = _the(session, token)
    if asset is None:
        return _nothing(request, session)
    form = "csv" if request.query_params.get("f") == "csv" else "json"
    key = request.app.state.form_key
    if form == "csv":
        speaker = i18n.translator(i18n.choose(request))
        head, named = export_words.head(speaker), export_words.named(speaker)
        body = personal_export.as_csv(session, asset.id, key=key, head=head, named=named)
    else:
        body = personal_export.as_json(session, asset.id, key=key)
    named = {"Content-Disposition": f'attachment; filename="vuurtoren.{form}"', "Content-Type": MEDIA[form]}
    return Response(body, headers={**SECRET_PAGE, **named})


# --- the entry -------------------------------------------------------------------------------------------------


def _the(session: Session, token: str) -> Asset | None:
    """The entry of a link; None for one that does not work."""
    with contextlib.suppress(NotFound):
        return personal_links.asset_of(session, token[:200])
    return None


def _draft(session: Session, asset: Asset, typed: Typed) -> tuple[AssetDraft, bool]:
    """The entry with what was typed on top, and whether its place stays as it is."""
    stored = inventory.as_draft(session, asset)
    given = {name: typed.one(name) for name in WORDS if typed.given(name)}
    place, same = _place(stored.place, typed)
    return entry_form.draft(entry_form.filled(stored).with_(**given), place), same


def _place(stored: PlaceDraft, typed: Typed) -> tuple[PlaceDraft, bool]:
    """The place that was chosen, and whether it is the one that is stored."""
    show = typed.one("show")
    if not typed.given("show"):
        return stored, True
    if show not in place_reading.SHOWS:
        raise Invalid.at("place", entry_form.NO_CHOICE)
    area, street = typed.one("area").strip() or None, typed.one("street").strip() or None
    values: dict[str, Any] = {"show": show}
    if show == Placement.neighbourhood:
        values["area"] = area
    elif show == Placement.street:
        values |= {"street": street, "area": area if area == stored.area else None}
    try:
        place = PlaceDraft(**values)
    except ValidationError as refused:
        raise Invalid("The place cannot be read.", faults=faults_of(refused.errors(), prefix="/place")) from None
    same = place.show == stored.show and {
        Placement.none: True,
        Placement.neighbourhood: place.area == stored.area,
        Placement.street: place.street == stored.street,
    }.get(Placement(place.show), False)
    return (stored if same else place), same


# --- the page --------------------------------------------------------------------------------------------------


def _back(token: str, done: str) -> Response:
    return RedirectResponse(f"/mine/{token}?done={done}", status_code=303, headers=SECRET_PAGE)


def _nothing(request: Request, session: Session) -> HTMLResponse:
    """The page of a link that does not work (any more)."""
    context = {"entry": None, "erased": False, "sprite": legend.sprite(), **reading.frame(session)}
    return _secret(render(request, "mine.html", context, status=404))


def _secret(answer: HTMLResponse) -> HTMLResponse:
    answer.headers.update(SECRET_PAGE)
    return answer


def _page(
    request: Request, session: Session, token: str, asked: Asked | None = None, *, status: int = 200
) -> HTMLResponse:
    asset = _the(session, token)
    if asset is None:
        return _nothing(request, session)
    asked = asked or Asked()
    speaker = i18n.translator(i18n.choose(request))
    stored = inventory.as_draft(session, asset)
    begun = entry_form.filled(stored).with_(
        version=str(asset.version), show=stored.place.show, area=stored.place.area or "",
        street=stored.place.street or "",
    )  # fmt: skip
    area, street = suggested.place_words(session, asset, None)
    held, last = consents.holding(session, asset.id), consents.latest(session, asset.id)
    done = request.query_params.get("done")
    link = f"{base_url(request)}/mine/{token}"
    context = entry_fields.context(asked.typed or begun, asked.faults, speaker) | {
        "kind": asset.kind,
        "entry": stored,
        "token": token,
        "retired": asset.state == AssetState.retired,
        "where": {"area": area, "street": street},
        "held": held,
        "last": last,
        "days_left": known_people.days_left(session, asset.id),
        "wording": consents.wording(speaker.language),
        "expires_on": consents.years_later(today(), CONSENT_YEARS),
        "audiences": list(Audience)[::-1],
        "areas": _areas(session, stored.place.area, speaker),
        "messages": relay.address_of(session, asset.id, request.app.state.form_key),
        "looked": [
            replace(one, at=one.at.astimezone(HOME_ZONE)) for one in lookups.of_person(session, asset.id, limit=LOOKS)
        ],
        "stale": asked.stale,
        "done": done if done in DONE and status == 200 else None,
        "link": link,
        "code": Markup(qr.svg(link, paper="#fffdf8", sized=False).decode()),  # noqa: S704 - drawn by us, of letters of our own
        "sprite": legend.sprite(),
        **reading.frame(session),
    }
    return _secret(render(request, "mine.html", context, status=status))


def _areas(session: Session, code: str | None, speaker: i18n.Translator) -> list[reading.AreaOption]:
    """The areas to choose from, with the person's own when there are too many to list."""
    options = reading.area_options(session, None, speaker)
    if code and all(one.code != code for one in options):
        options = [reading.AreaOption(code, place_reading.area_named(session, code).name), *options]
    return options
