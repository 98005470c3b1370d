"""`/photos/{key}`: photos as they are sent; `/assets/{id}/photo`: bringing, replacing and taking away one;
`/suggestions/{token}/photo`: adding one to what was suggested.

A photo is gone with its entry: every request asks the published view again, and a browser may keep it only as long as
its mark (ETag) is confirmed each time.
"""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import database, i18n
from app.access import AnyViewer, AssetWriter
from app.csrf import FormGuard
from app.database import DbSession, PublicSession
from app.headers import SECRET_PAGE
from app.pages import photo_field, reading
from app.pages.assets import number_of
from app.pages.photo_field import Sent
from app.templating import render
from assets import communities, consents, inventory, photos, suggestions
from assets.errors import NotFound
from assets.inventory import Asset
from assets.permissions import Permission, Viewer, holds
from assets.suggested import Waiting
from assets.vocabulary import AssetKind, AssetState, SuggestionState

router = APIRouter()
HEADERS = {
    "Content-Type": photos.MEDIA_TYPE,
    "Content-Disposition": 'inline; filename="vuurtoren.jpg"',
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cache-Control": "private, no-cache",
    "Vary": "Cookie",
}


@router.get("/photos/{key}")
def large(request: Request, key: str, session: PublicSession, viewer: AnyViewer) -> Response:
    """A photo, at most 1600 pixels."""
    return _file(request, session, viewer, key, small=False)


@router.get("/photos/{key}/small")
def small(request: Request, key: str, session: PublicSession, viewer: AnyViewer) -> Response:
    """The same photo, at most 400 pixels."""
    return _file(request, session, viewer, key, small=True)


def _file(request: Request, session: Session, viewer: Viewer, key: str, *, small: bool) -> Response:
    if not key.isascii() or len(key) > 40 or "\x00" in key:
        raise NotFound("There is no photo at this address.")
    tags = request.headers.get("if-none-match", "").split(",")[:20]
    known = frozenset(tag.strip().removeprefix("W/").strip('"') for tag in tags)
    try:
        found = photos.file(session, key, small=small, known=known)
    except NotFound:
        if not holds(viewer, Permission.asset_write):
            raise
        with database.of_viewer(request) as owner:
            about = photos.owner_of(owner, key)
            decider = photos.decider_of(owner, key)
            if about is not None and not inventory.visible(owner, viewer, {about}):
                raise
            if decider is not None and not holds(viewer, Permission.suggestion_decide, decider):
                raise
            found = photos.file(owner, key, small=small, known=known, archive=True)
    headers = HEADERS | {"ETag": f'"{found.digest}"'}
    if found.data is None:
        del headers["Content-Type"]
        return Response(status_code=304, headers=headers)
    return Response(found.data, headers=headers)


# --- one of an entry -------------------------------------------------------------------------------------------


@router.get("/assets/{asset_id}/photo")
def photo_page(request: Request, asset_id: str, viewer: AssetWriter, session: DbSession) -> HTMLResponse:
    """The photo of an entry, and the form to bring another."""
    asset = _the(session, asset_id)
    communities.require_of(session, viewer, Permission.asset_write, asset.id)
    return _page(request, session, viewer, asset)


@router.post("/assets/{asset_id}/photo")
def bring(request: Request, asset_id: str, viewer: AssetWriter, form: FormGuard, session: DbSession) -> Response:
    """Keep what was sent and go to the page of the entry, or show the form again with what is wrong."""
    asset = _the(session, asset_id)
    communities.require_of(session, viewer, Permission.asset_write, asset.id)
    speaker = i18n.translator(i18n.choose(request))
    has = photos.of_asset(session, asset.id, archive=True) is not None
    sent = photo_field.read(form, speaker, kind=AssetKind(asset.kind), has=has)
    if sent.faults:
        return _page(request, session, viewer, asset, sent)
    photo_field.store(session, asset.id, sent, language=speaker.language, by=viewer)
    session.flush()
    page = "" if _is_public(session, asset.id) else "/photo"
    return RedirectResponse(f"/assets/{asset.id}{page}", status_code=303)


def _again(sent: Sent | None) -> dict[str, str]:
    return {"Retry-After": "60"} if sent is not None and sent.busy else {}


def _the(session: Session, asset_id: str) -> Asset:
    asset = inventory.get(session, number_of(asset_id))
    if asset.state == AssetState.retired:
        raise NotFound("There is no asset with the number {id}.", id=asset.id)
    consents.require_open(session, asset.id)
    return asset


def _is_public(session: Session, asset_id: int) -> bool:
    from assets import connections

    return bool(connections.known(session, {asset_id}))


def _page(request: Request, session: Session, viewer: Viewer, asset: Asset, sent: Sent | None = None) -> HTMLResponse:
    context = {
        "title": asset.title,
        "title_language": asset.language,
        "action": f"/assets/{asset.id}/photo",
        "back": f"/assets/{asset.id}",
        "viewer": viewer,
        "photo": photo_field.context(
            kind=AssetKind(asset.kind),
            shown=photos.of_asset(session, asset.id, archive=True),
            sent=sent,
            most_mb=request.app.state.settings.upload_mb,
        ),
        **reading.frame(session),
    }
    answer = render(request, "photo.html", context, status=sent.status if sent is not None else 200)
    answer.headers.update(_again(sent) | {"Cache-Control": "no-store"})
    return answer


# --- one that waits with a suggestion --------------------------------------------------------------------------


@router.get("/suggestions/{token}/photo")
def waiting_page(request: Request, token: str, session: DbSession) -> HTMLResponse:
    """The form with which whoever suggested something adds a photo; their private link is the key."""
    return _waiting_page(request, session, token, _open_one(session, token))


@router.post("/suggestions/{token}/photo")
def add_to_suggestion(request: Request, token: str, form: FormGuard, session: DbSession, viewer: AnyViewer) -> Response:
    """Let a photo wait with a suggestion, and go back to its page."""
    waiting = _open_one(session, token)
    speaker = i18n.translator(i18n.choose(request))
    has = photos.of_suggestion(session, waiting.id) is not None
    sent = photo_field.read(form, speaker, kind=waiting.asset_kind or AssetKind.club, has=has)
    if sent.faults:
        return _waiting_page(request, session, token, waiting, sent)
    photo_field.suggest(session, waiting.id, sent, language=speaker.language, by=viewer)
    session.flush()
    return RedirectResponse(f"/suggestions/{token}", status_code=303, headers=SECRET_PAGE)


@router.get("/suggestions/{token}/photo/small")
def waiting_small(token: str, session: DbSession) -> Response:
    """The photo that waits, for whoever has the private link."""
    shown = photos.of_suggestion(session, _open_one(session, token).id)
    if shown is None:
        raise NotFound("There is no photo at this address.")
    found = photos.file(session, shown.key, small=True, archive=True)
    return Response(found.data, headers=HEADERS | SECRET_PAGE)


def _open_one(session: Session, token: str) -> Waiting:
    waiting = suggestions.get_by_token(session, token[:200])
    if waiting.state != SuggestionState.open:
        raise NotFound("There is no suggestion at this address: it was withdrawn, or it is long ago.")
    return waiting


def _waiting_page(
    request: Request, session: Session, token: str, waiting: Waiting, sent: Sent | None = None
) -> HTMLResponse:
    follow = f"/suggestions/{token}"
    context = {
        "title": waiting.title,
        "title_language": None,
        "action": f"{follow}/photo",
        "back": follow,
        "photo": photo_field.context(
            kind=waiting.asset_kind or AssetKind.club,
            shown=photos.of_suggestion(session, waiting.id),
            sent=sent,
            most_mb=request.app.state.settings.upload_mb,
            url=f"{follow}/photo/small",
        ),
        **reading.frame(session),
    }
    answer = render(request, "photo.html", context, status=sent.status if sent is not None else 200)
    answer.headers.update(_again(sent) | SECRET_PAGE)
    return answer
