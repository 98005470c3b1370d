"""`/assets` and `/assets/{id}`: the same as the map, as a list and a page each, without script."""

import json
from datetime import date
from textwrap import shorten
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, Response

from app import i18n, qr, words
from app.access import AnyViewer
from app.database import PublicSession
from app.pages import reading, whereabouts
from app.pages.public_map import find
from app.parameters import LAST_ID, today
from app.problems import base_url
from app.templating import address, render
from assets import browse, calendars, community_profile, connections, features, join_in, photos, relay, search
from assets.errors import NotFound
from assets.permissions import Permission, holds
from assets.vocabulary import AssetKind
from maps import legend

router = APIRouter()
#: Activities shown on an asset's page.
ACTIVITIES = 20
#: Signs of the summary that search engines and messages show.
IN_SHORT = 200


@router.get("/assets")
def asset_list(request: Request, session: PublicSession) -> HTMLResponse:
    """Everything on the map as a list with the same filters."""
    speaker = i18n.translator(i18n.choose(request))
    wanted = reading.filters(request)
    area = browse.area(session, wanted.area) if wanted.area else None
    found = find(request, session, wanted, speaker)
    context = {
        "sprite": legend.sprite(),
        "filters": wanted,
        "place": area.name if area else None,
        "canonical": f"{base_url(request)}/assets" + (f"?{urlencode({'area': area.code})}" if area else ""),
        "areas": reading.area_options(session, wanted.area, speaker),
        "found": found,
        "places": search.find(session, wanted.q, on=wanted.on) if wanted.q else None,
        "gift_link": lambda gift: address(
            request, q=None, before=None, lang=None, gift=gift.of.value, talent=gift.what
        ),
        "day_words": reading.day_words(wanted, speaker),
        "today_link": address(request, on=None, before=None, lang=None),
        "count_words": reading.count_words(found.matched, speaker, in_view=False),
    }
    return render(request, "assets.html", context | reading.frame(session))


@router.get("/assets/{asset_id}/calendar")
def asset_calendar(request: Request, asset_id: str, session: PublicSession) -> Response:
    """What an asset does again and again, as a file for a calendar program."""
    body = calendars.of_asset(session, number_of(asset_id), on=today(), base=base_url(request))
    headers = {
        "Content-Type": f"{calendars.MEDIA_TYPE}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="vuurtoren-{number_of(asset_id)}.ics"',
        "Cache-Control": "no-cache",
    }
    return Response(body, headers=headers)


@router.get("/assets/{asset_id}/qr")
def asset_qr(request: Request, asset_id: str, session: PublicSession) -> Response:
    """The address of an asset's page as a QR code; only of what is public, as the page itself."""
    number = number_of(asset_id)
    one(session, number, today())
    body = qr.svg(f"{base_url(request)}/assets/{number}", paper="#fffdf8")
    return Response(body, media_type="image/svg+xml", headers={"Cache-Control": "no-cache"})


def number_of(text: str) -> int:
    """The number of an asset in a path; NotFound for what cannot be one."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    if not 0 < number <= LAST_ID:
        raise NotFound("There is no asset with this number.")
    return number


@router.get("/assets/{asset_id}")
def asset_page(request: Request, asset_id: str, session: PublicSession, viewer: AnyViewer) -> HTMLResponse:
    """One asset with everything that may be shown of it."""
    number = number_of(asset_id)
    speaker = i18n.translator(i18n.choose(request))
    wanted = reading.filters(request)
    asset = one(session, number, wanted.on)
    where = whereabouts.lines(session, number, asset, speaker)
    context = {
        "sprite": legend.sprite(),
        "id": number,
        "asset": asset,
        "on": wanted.on,
        "map_link": f"/?asset={number}" if wanted.is_today else f"/?asset={number}&on={wanted.on}",
        "day_words": reading.day_words(wanted, speaker),
        "viewer": viewer,
        "community": community_profile.of_asset(session, number),
        "may_connect": holds(viewer, Permission.asset_write),
        "photo": photos.of_asset(session, number),
        "connections": connections.of_asset(session, number, on=wanted.on),
        "activities": activities(session, number, wanted.on),
        "where": where,
        "summary": in_short(asset, where, speaker),
        "writable": relay.writable(session, number),
        "joins": join_in.joins(asset["kind"], asset["open_to_newcomers"]),
        "picture": whereabouts.picture(session, number),
        "base": base_url(request),
        "address": f"{base_url(request)}/assets/{number}",
    }
    return render(request, "asset.html", context | reading.frame(session))


def in_short(asset: dict[str, Any], where: list[str], speaker: i18n.Translator) -> str:
    """What search engines and messages show of an asset's page: kind, place and the beginning of its own words."""
    kind = speaker.gettext(words.KIND[AssetKind(asset["kind"])])
    told = " ".join(asset["description"].split())
    return shorten(f"{', '.join([kind, *where])}. {told}", IN_SHORT, placeholder=" …")


def one(session: Session, asset_id: int, on: date) -> dict[str, Any]:
    """The public properties of one asset; NotFound when there is none or it is not public."""
    rows = features.page(session, "assets", filters={"id": asset_id}, look=features.Look(), limit=1, on=on)
    if not rows:
        raise NotFound("There is no asset with the number {id}.", id=asset_id)
    properties: dict[str, Any] = json.loads(rows[0].feature)["properties"]
    for name in ("started_on", "ended_on", "last_activity_on", "next_on"):
        properties[name] = date.fromisoformat(properties[name]) if properties.get(name) else None
    return properties


def activities(session: Session, asset_id: int, on: date) -> list[browse.ListedActivity]:
    """What this asset did most recently, up to a day."""
    return browse.activities(session, asset_id, on=on, limit=ACTIVITIES)
