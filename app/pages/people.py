"""`/me/people`: the neighbours with a talent whom a builder or member may see though not everyone does.

A builder finds them again here, hands over their personal link, and hides an entry when somebody asks for that.
"""

from fastapi import APIRouter, Request
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import i18n, mail, qr
from app.access import AssetWriter, SignedIn
from app.csrf import FormGuard, words
from app.database import DbSession
from app.headers import SECRET_PAGE
from app.pages import reading
from app.pages.assets import number_of
from app.parameters import today
from app.problems import base_url
from app.templating import render
from assets import communities, consents, inventory, known_people, lookups, personal_links, relay
from assets.email_addresses import checked
from assets.errors import Invalid
from assets.permissions import Permission, Viewer
from assets.vocabulary import LookupKind
from maps import legend

router = APIRouter()


@router.get("/me/people")
def people_page(request: Request, session: DbSession, viewer: SignedIn) -> HTMLResponse:
    """The persons of the viewer's communities, as far as each let them."""
    done = request.query_params.get("done")
    context = {
        "viewer": viewer,
        "sprite": legend.sprite(),
        "people": known_people.seen_by(session, viewer),
        "done": done if done == "hidden" else None,
        **reading.frame(session),
    }
    answer = render(request, "people.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/assets/{asset_id}/link")
def make_link(request: Request, asset_id: str, viewer: AssetWriter, form: FormGuard, session: DbSession) -> Response:
    """A new personal link: shown this once, or mailed to an address that is not kept.

    Of an entry that its person keeps to themselves it is mailed only: whoever sees the link could read the entry and
    answer in their name. Then it counts as a look at the entry, too.
    """
    number = number_of(asset_id)
    communities.require_of(session, viewer, Permission.asset_write, number)
    known_people.require_person(session, number)
    to = words(form, "email", most=500)
    speaker = i18n.translator(i18n.choose(request))
    try:
        address = checked(to) if to else None
    except Invalid as refused:
        return _link_page(request, session, viewer, number, wrong=speaker.fault(refused.faults[0]), typed=to)
    closed = consents.is_closed(session, number)
    if closed and address is None:
        return _link_page(request, session, viewer, number)
    token = personal_links.make(session, number, by=viewer)
    told = relay.confirmed(session, number, request.app.state.form_key)
    if told is not None:
        about = [f"asset:{number}"]
        mail.post(session, "personal_link_made", to=told[0], language=told[1], about=about, by=viewer.name)
    if closed:
        lookups.note(session, viewer, LookupKind.person, asset_ids=[number])
    if address is None:
        return _link_page(request, session, viewer, number, token=token)
    mail.post(
        session,
        "personal_link",
        to=address,
        language=speaker.language,
        title=None if closed else inventory.get(session, number).title,
        page=f"/mine/{token}",
        about=[f"asset:{number}"],
    )
    return _link_page(request, session, viewer, number, mailed=True)


@router.post("/assets/{asset_id}/hide")
def hide(asset_id: str, viewer: AssetWriter, form: FormGuard, session: DbSession) -> Response:  # noqa: ARG001 - guards
    """Withdraw the consent of somebody who asked a builder for that."""
    number = number_of(asset_id)
    communities.require_of(session, viewer, Permission.asset_write, number)
    known_people.require_person(session, number)
    consents.withdraw(session, number, by=viewer.name, today=today())
    return RedirectResponse("/me/people?done=hidden", status_code=303)


def _link_page(
    request: Request,
    session: Session,
    viewer: Viewer,
    number: int,
    *,
    token: str | None = None,
    mailed: bool = False,
    wrong: str = "",
    typed: str = "",
) -> HTMLResponse:
    communities.require_of(session, viewer, Permission.asset_write, number)
    known_people.require_person(session, number)
    link = None if token is None else f"{base_url(request)}/mine/{token}"
    closed = consents.is_closed(session, number)
    asset = None if closed else inventory.get(session, number)
    context = {
        "viewer": viewer,
        "id": number,
        "closed": closed,
        "title": None if asset is None else asset.title,
        "title_language": None if asset is None else asset.language,
        "link": link,
        "code": None if link is None else Markup(qr.svg(link, paper="#fffdf8", sized=False).decode()),  # noqa: S704 - drawn by us
        "mailed": mailed,
        "wrong": wrong,
        "typed": typed,
        "sprite": legend.sprite(),
        **reading.frame(session),
    }
    answer = render(request, "personal_link.html", context, status=422 if wrong else 200)
    answer.headers.update(SECRET_PAGE)
    return answer
