"""`/review/{token}`: the answer to a mail that asks whether an entry is still right: yes, changed, or it may go."""

import contextlib

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import i18n
from app.csrf import FormGuard, words
from app.database import DbSession
from app.headers import SECRET_PAGE
from app.pages import reading
from app.parameters import today
from app.templating import render
from assets import consents, inventory, personal_links, reviews
from assets.errors import Invalid, NotFound
from assets.inventory import Asset
from assets.vocabulary import CONSENT_YEARS, Audience

router = APIRouter()


@router.get("/review/{token}")
def review_page(request: Request, token: str, session: DbSession) -> HTMLResponse:
    """What stands there, with a button for each answer."""
    return _page(request, session, _the(session, token), "ask")


@router.post("/review/{token}")
def answer(request: Request, token: str, form: FormGuard, session: DbSession) -> Response:
    """Do what the button says."""
    asset, wish = _the(session, token), words(form, "wish")
    held = None if asset is None else consents.holding(session, asset.id)
    if asset is None or held is None:
        return _page(request, session, None, "ask")
    if wish == "changed":
        link = personal_links.make(session, asset.id, by=personal_links.owner_of(asset))
        return RedirectResponse(f"/mine/{link}?done=link", status_code=303, headers=SECRET_PAGE)
    if wish == "gone":
        consents.withdraw(session, asset.id, by=consents.THEMSELVES, today=today())
        return _page(request, session, asset, "gone")
    if wish == "right":
        try:
            read = consents.wording(words(form, "wording_language"), words(form, "wording_version") or None)
        except Invalid:
            return _page(request, session, asset, "ask")
        consents.record(
            session, asset.id, audience=Audience(held.audience), wording_version=read.version, wording=read.text,
            language=read.language, given_on=today(), by=consents.THEMSELVES,
        )  # fmt: skip
        inventory.confirm(session, asset.id, by=personal_links.owner_of(asset), today=today())
        return _page(request, session, asset, "right")
    return _page(request, session, asset, "ask")


def _the(session: Session, token: str) -> Asset | None:
    with contextlib.suppress(NotFound):
        return reviews.asset_of(session, token[:200])
    return None


def _page(request: Request, session: Session, asset: Asset | None, step: str) -> HTMLResponse:
    context = {
        "entry": None
        if asset is None
        else {"title": asset.title, "description": asset.description, "language": asset.language},
        "held": None if asset is None else consents.holding(session, asset.id),
        "step": step,
        "wording": consents.wording(i18n.translator(i18n.choose(request)).language),
        "expires_on": consents.years_later(today(), CONSENT_YEARS),
        **reading.frame(session),
    }
    page = render(request, "review.html", context, status=200 if asset is not None else 404)
    page.headers.update(SECRET_PAGE)
    return page
