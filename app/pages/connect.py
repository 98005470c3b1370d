"""`/assets/{id}/connections`: connect an entry with what belongs to it; for whoever may change entries."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import i18n
from app.access import AssetWriter
from app.csrf import FormGuard
from app.database import DbSession
from app.pages import connection_fields, reading
from app.pages.assets import number_of
from app.pages.connection_fields import Chosen
from app.templating import render
from assets import communities, connections, consents, inventory
from assets.errors import Conflict, Invalid, NotFound
from assets.inventory import Asset
from assets.permissions import Permission, Viewer
from assets.vocabulary import AssetKind, AssetState
from maps import legend

router = APIRouter()


@router.get("/assets/{asset_id}/connections")
def connect_page(request: Request, asset_id: str, viewer: AssetWriter, session: DbSession) -> HTMLResponse:
    """What the entry is connected with, and what is nearby."""
    asset = _the(session, asset_id)
    communities.require_of(session, viewer, Permission.asset_write, asset.id)
    return _page(request, session, viewer, asset)


@router.post("/assets/{asset_id}/connections")
def connect(request: Request, asset_id: str, viewer: AssetWriter, form: FormGuard, session: DbSession) -> Response:
    """Keep what was chosen and go to the page of the entry, or show the form again with what is wrong."""
    asset = _the(session, asset_id)
    communities.require_of(session, viewer, Permission.asset_write, asset.id)
    speaker = i18n.translator(i18n.choose(request))
    chosen = connection_fields.read(form, AssetKind(asset.kind), session, speaker, viewer=viewer)
    if chosen.faults:
        return _page(request, session, viewer, asset, chosen)
    try:
        with session.begin_nested():
            connections.store(session, asset.id, chosen.wishes, by=viewer, was=chosen.was)
    except (Conflict, Invalid) as refused:
        chosen.faults[connection_fields.CHOSEN] = speaker.error(refused)
        return _page(request, session, viewer, asset, chosen)
    # the page of an entry is for what everyone may see
    page = "" if connections.known(session, {asset.id}) else "/connections"
    return RedirectResponse(f"/assets/{asset.id}{page}", status_code=303)


def _the(session: Session, asset_id: str) -> Asset:
    asset = inventory.get(session, number_of(asset_id))
    if asset.state == AssetState.retired:
        raise NotFound("There is no asset with the number {id}.", id=asset.id)
    consents.require_open(session, asset.id)
    return asset


def _page(
    request: Request, session: Session, viewer: Viewer, asset: Asset, chosen: Chosen | None = None
) -> HTMLResponse:
    speaker = i18n.translator(i18n.choose(request))
    context = {
        "asset": asset,
        "sprite": legend.sprite(),
        "viewer": viewer,
        "connect": connection_fields.context(
            session,
            speaker,
            own=AssetKind(asset.kind),
            shape=connections.shape_of(session, asset.id),
            asset_id=asset.id,
            chosen=chosen,
            viewer=viewer,
        ),
        **reading.frame(session),
    }
    answer = render(request, "connect.html", context, status=400 if chosen is not None else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer
