"""`/photos/{key}`: photos as they are sent; `/assets/{id}/photo`: bringing, replacing and taking away one.

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
from app.pages import photo_field, reading
from app.pages.assets import number_of
from app.pages.photo_field import Sent
from app.templating import render
from assets import inventory, photos
from assets.errors import NotFound
from assets.inventory import Asset
from assets.permissions import GRANTED, Permission, Viewer
from assets.vocabulary import AssetKind, AssetState

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
        if viewer.role not in GRANTED[Permission.asset_write]:
            raise
        with database.transaction(database.of(request).sessions) as owner:
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
    return _page(request, session, viewer, _the(session, asset_id))


@router.post("/assets/{asset_id}/photo")
def bring(request: Request, asset_id: str, viewer: AssetWriter, form: FormGuard, session: DbSession) -> Response:
    """Keep what was sent and go to the page of the entry, or show the form again with what is wrong."""
    asset = _the(session, asset_id)
    speaker = i18n.translator(i18n.choose(request))
    has = photos.of_asset(session, asset.id, archive=True) is not None
    sent = photo_field.read(form, speaker, kind=AssetKind(asset.kind), has=has)
    if sent.faults:
        return _page(request, session, viewer, asset, sent)
    photo_field.store(session, asset.id, sent, language=speaker.language, by=viewer)
    session.flush()
    page = "" if _is_public(session, asset.id) else "/photo"
    return RedirectResponse(f"/assets/{asset.id}{page}", status_code=303)


def _the(session: Session, asset_id: str) -> Asset:
    asset = inventory.get(session, number_of(asset_id))
    if asset.state == AssetState.retired:
        raise NotFound("There is no asset with the number {id}.", id=asset.id)
    return asset


def _is_public(session: Session, asset_id: int) -> bool:
    from assets import connections

    return bool(connections.known(session, {asset_id}))


def _page(request: Request, session: Session, viewer: Viewer, asset: Asset, sent: Sent | None = None) -> HTMLResponse:
    context = {
        "asset": asset,
        "viewer": viewer,
        "photo": photo_field.context(
            kind=AssetKind(asset.kind),
            shown=photos.of_asset(session, asset.id, archive=True),
            sent=sent,
            most_mb=request.app.state.settings.upload_mb,
        ),
        **reading.frame(session),
    }
    answer = render(request, "photo.html", context, status=400 if sent is not None else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer
