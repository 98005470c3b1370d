"""`/communities/{slug}/people`: who belongs to a community and as what; inviting someone, and taking that back."""

import re

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import csrf, i18n, mail, qr
from app.access import AssetWriter, MemberWriter, SignInFirst
from app.account_mails import tell_tokens_ended
from app.csrf import FormGuard
from app.database import DbSession
from app.headers import SECRET_PAGE
from app.pages import reading, second_step
from app.parameters import LAST_ID
from app.problems import base_url
from app.templating import render
from assets import communities, invitations, joining, memberships
from assets.accounts import Account
from assets.communities import Community
from assets.email_addresses import checked
from assets.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, TooMany
from assets.permissions import Permission, Viewer, holds, require
from assets.recurrence import HOME_ZONE
from assets.vocabulary import Role

router = APIRouter()
#: What was done in the request before.
DONE = ("role", "out", "revoked", "mailed")


@router.get("/communities/{slug}/people")
def people_page(request: Request, slug: str, session: DbSession, viewer: AssetWriter) -> HTMLResponse:
    """Everyone of the community with their role; for who guards it also the invitations that are open."""
    return _page(request, session, viewer, _community(session, slug))


@router.post("/communities/{slug}/people/{account_id}/role")
def give_role(
    request: Request, slug: str, account_id: str, form: FormGuard, session: DbSession, viewer: MemberWriter
) -> Response:
    """Give someone another role in this community."""
    community, number = _community(session, slug), _number(account_id)
    require(viewer, Permission.member_write, community.id)
    try:
        with session.begin_nested():
            role = _role(form)
            if role == Role.steward:
                _lately(request, session, viewer, community)
            ended = memberships.give_role(session, community.id, number, role, by=viewer)
    except (Conflict, Invalid, NotAllowed) as refused:
        return _page(request, session, viewer, community, trouble=refused, at=number)
    tell_tokens_ended(session, session.get_one(Account, number), ended, community=community.name)
    return _done(community, "role")


@router.post("/communities/{slug}/people/{account_id}/out")
def take_out(
    request: Request,
    slug: str,
    account_id: str,
    form: FormGuard,  # noqa: ARG001 - a guard
    session: DbSession,
    viewer: MemberWriter,
) -> Response:
    """Take someone out of this community."""
    community, number = _community(session, slug), _number(account_id)
    require(viewer, Permission.member_write, community.id)
    try:
        with session.begin_nested():
            memberships.take_out(session, community.id, number, by=viewer)
    except (Conflict, NotAllowed) as refused:
        return _page(request, session, viewer, community, trouble=refused, at=number)
    if number == viewer.account_id:
        return RedirectResponse(f"/communities/{community.slug}", status_code=303)
    return _done(community, "out")


@router.post("/communities/{slug}/invitations")
def invite(request: Request, slug: str, form: FormGuard, session: DbSession, viewer: MemberWriter) -> Response:
    """Make an invitation: mailed to an address that is not kept, or shown this once as a link and a code."""
    community = _community(session, slug)
    require(viewer, Permission.member_write, community.id)
    to = csrf.words(form, "email", most=300)
    try:
        with session.begin_nested():
            address = checked(to, pointer="email") if to else None
            role = _role(form)
            if role == Role.steward:
                _lately(request, session, viewer, community)
            made = invitations.make(session, community.id, role=role, by=viewer)
    except (Conflict, Invalid, TooMany) as refused:
        typed = {"email": to, "role": csrf.words(form, "role", most=20)}
        return _page(request, session, viewer, community, trouble=refused, typed=typed)
    path = f"/invitations/{made.token}"
    until = made.expires_at.astimezone(HOME_ZONE)
    if address is not None:
        language = i18n.choose(request)
        path += f".{joining.proof_of(made.token, address, key=request.app.state.form_key)}"
        mail.post(
            session, "invitation", to=address, language=language, about=[invitations.about(made.id)],
            by=viewer.name, community=community.name, role=role, until=until, path=path,
        )  # fmt: skip
        return _done(community, "mailed")
    link = f"{base_url(request)}{path}"
    context = {
        "viewer": viewer,
        "community": community,
        "role": role,
        "link": link,
        "code": qr.picture(link),
        "until": until,
        **reading.frame(session),
    }
    answer = render(request, "invitation_made.html", context)
    answer.headers.update(SECRET_PAGE)
    return answer


@router.post("/communities/{slug}/invitations/{invitation_id}/revoke")
def revoke(
    slug: str, invitation_id: str, form: FormGuard, session: DbSession, viewer: MemberWriter  # noqa: ARG001 - a guard
) -> Response:  # fmt: skip
    """Take an open invitation back."""
    community = _community(session, slug)
    invitations.revoke(session, community.id, _number(invitation_id), by=viewer)
    return _done(community, "revoked")


def _community(session: Session, slug: str) -> Community:
    return communities.get(session, reading.readable(slug))


def _number(text: str) -> int:
    number = int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else 0
    if not 0 < number <= LAST_ID:
        raise NotFound("This person does not belong to this community (any more).")
    return number


def _role(form: FormGuard) -> Role:
    """The role that was chosen: one of those that a community has, whatever was sent."""
    chosen = csrf.words(form, "role", most=20)
    found = next((role for role in invitations.ROLES if role == chosen), None)
    if found is None:
        raise Invalid.at("role", "Choose what they will be: resident, community builder or steward.")
    return found


def _lately(request: Request, session: Session, viewer: Viewer, community: Community) -> None:
    """A steward is made only by who signed in a moment ago."""
    if not second_step.signed_in_lately(request, session, viewer.account_id):
        raise SignInFirst(_path(community))


def _path(community: Community) -> str:
    return f"/communities/{community.slug}/people"


def _done(community: Community, done: str) -> Response:
    return RedirectResponse(f"{_path(community)}?done={done}", status_code=303)


def _page(
    request: Request,
    session: Session,
    viewer: Viewer,
    community: Community,
    *,
    trouble: DomainError | None = None,
    at: int | None = None,
    typed: dict[str, str] | None = None,
) -> HTMLResponse:
    speaker = i18n.translator(i18n.choose(request))
    guards = holds(viewer, Permission.member_write, community.id) and not community.is_sample
    faults = {fault.pointer: speaker.fault(fault) for fault in getattr(trouble, "faults", ())}
    done = request.query_params.get("done")
    context = {
        "viewer": viewer,
        "community": community,
        "people": memberships.of_community(session, community.id, by=viewer),
        "guards": guards,
        "fresh": second_step.signed_in_lately(request, session, viewer.account_id),
        "invitations": invitations.open_ones(session, community.id, by=viewer) if guards else [],
        "zone": HOME_ZONE,
        "roles": invitations.ROLES,
        "trouble": None if trouble is None or faults else speaker.error(trouble),
        "faults": faults,
        "at": at,
        "typed": typed or {"email": "", "role": Role.builder},
        "done": done if done in DONE and trouble is None else None,
        **reading.frame(session),
    }
    answer = render(request, "community_people.html", context, status=_status(trouble))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _status(trouble: DomainError | None) -> int:
    statuses = {Invalid: 400, NotAllowed: 403, Conflict: 409, TooMany: 429}
    return next((status for kind, status in statuses.items() if isinstance(trouble, kind)), 200)
