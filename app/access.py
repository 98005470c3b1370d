"""Who is asking: a sign-in of this browser or a bearer token becomes a Viewer. Reading needs none.

    def route(viewer: AssetWriter, session: DbSession): ...

What a role may do stands in one table, assets/permissions.py. A token that is not valid is refused anywhere; a
sign-in that has ended is as if there were none. Who opens a page that needs one is sent to /sign-in first.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app import cookies, csrf, database
from app.problems import API_PREFIX, Refusal, wants_page
from assets import sign_ins, tokens
from assets.errors import NotAllowed
from assets.permissions import VISITOR, Permission, Viewer, holds, require
from assets.sign_ins import SignIn

BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]{1,200}=*)")
CHALLENGE = 'Bearer realm="vuurtoren"'
READING = ("GET", "HEAD", "OPTIONS")
#: Whoever makes what opens doors signed in as lately as this: a telephone that was left open is not enough.
FRESH = timedelta(minutes=15)


#: In the address of a page to come back to: that a form was sent, and not taken.
AGAIN = "again"


class SignInFirst(Exception):
    """Someone opened a page that is for people who are signed in; `after` is where to go then, else this page.

    Who sent a form reads there, after signing in, that it was not done (templates/base.html).
    """

    def __init__(self, after: str | None = None) -> None:
        super().__init__()
        self.after = after


def install(app: FastAPI) -> None:
    """Send who must sign in first to the page for that, and back afterwards."""
    app.add_exception_handler(SignInFirst, _to_sign_in)


async def _to_sign_in(request: Request, error: Exception) -> Response:
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    wanted = getattr(error, "after", None) or wanted
    if request.method not in READING:
        wanted += f"{'&' if '?' in wanted else '?'}{AGAIN}=yes"
    return RedirectResponse(f"/sign-in?{urlencode({'next': wanted})}", status_code=303)


def token_of(request: Request) -> str | None:
    """The bearer token of a request; None without an Authorization header, 401 when it holds something else."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    found = BEARER.fullmatch(header.strip())
    if found is None:
        raise _invalid()
    return found[1]


def _invalid() -> Refusal:
    return Refusal(
        "unauthorized",
        "This token is not valid, or no longer.",
        headers={"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'},
    )


def viewer_of(request: Request) -> Viewer:
    """Who is asking, for routes that everyone may use and where some see more."""
    kept = getattr(request.state, "viewer", None)
    if isinstance(kept, Viewer):
        return kept
    request.state.viewer = viewer = _found(request)
    return viewer


def _found(request: Request) -> Viewer:
    token = token_of(request)
    cookie = cookies.read(request, cookies.SIGN_IN)
    if token is None and cookie is None:
        return _visitor(request)
    with database.transaction(database.of(request).sessions) as session:
        if token is None:
            return sign_ins.viewer_of(session, cookie or "") or _visitor(request)
        viewer = tokens.viewer_of(session, token)
    if viewer is None:
        raise _invalid()
    if viewer.account_id is not None or viewer.scopes is not None:
        # made for the API: at a page it is nobody, so that no page has to know of scopes
        return viewer if request.url.path.startswith(API_PREFIX) else _visitor(request)
    return viewer


def _visitor(request: Request) -> Viewer:
    mark = csrf.mark_of(request)
    return replace(VISITOR, browser=mark) if mark else VISITOR


def _holder(permission: Permission) -> Callable[[Request], Viewer]:
    """A dependency that lets only holders of a permission through.

    Others get a 401 or the page to sign in when nobody is signed in, and a 403 with too low a role. It asks in a
    transaction of its own, so that no connection to the database is held while a body comes in slowly.
    """

    def holder(request: Request) -> Viewer:
        viewer = viewer_of(request)
        if viewer.token_id is None:
            if not viewer.signed_in:
                raise _nobody(request)
            if request.method not in READING:
                # a cookie goes along with whatever a browser sends; a token is put there on purpose
                csrf.require_own_page(request)
                if request.url.path.startswith(API_PREFIX):
                    csrf.require_token(request, request.headers.get(csrf.HEADER))
        require(viewer, permission)
        return viewer

    return holder


def _nobody(request: Request) -> Exception:
    if request.method in READING and wants_page(request):
        return SignInFirst()
    headers = {"WWW-Authenticate": CHALLENGE}
    if request.url.path.startswith(API_PREFIX):
        if request.method in READING:
            return Refusal(
                "unauthorized", "This is not for everybody: send `Authorization: Bearer <token>`.", headers=headers
            )
        return Refusal("unauthorized", "Writing needs a token: send `Authorization: Bearer <token>`.", headers=headers)
    return Refusal(
        "unauthorized",
        "Sign in first; nothing was stored. What you typed is still there when you go back.",
        headers=headers,
    )


AnyViewer = Annotated[Viewer, Depends(viewer_of)]
AssetWriter = Annotated[Viewer, Depends(_holder(Permission.asset_write))]
ActivityWriter = Annotated[Viewer, Depends(_holder(Permission.activity_write))]
AmbitionWriter = Annotated[Viewer, Depends(_holder(Permission.ambition_write))]
CommunityLeaver = Annotated[Viewer, Depends(_holder(Permission.community_leave))]
CommunityReader = Annotated[Viewer, Depends(_holder(Permission.community_read))]
ConversationWriter = Annotated[Viewer, Depends(_holder(Permission.conversation_write))]
MeasurementWriter = Annotated[Viewer, Depends(_holder(Permission.measurement_write))]
PlanReader = Annotated[Viewer, Depends(_holder(Permission.plan_read))]
SharingWriter = Annotated[Viewer, Depends(_holder(Permission.sharing_write))]
Moderator = Annotated[Viewer, Depends(_holder(Permission.suggestion_decide))]
MemberWriter = Annotated[Viewer, Depends(_holder(Permission.member_write))]
TableOpener = Annotated[Viewer, Depends(_holder(Permission.table_open))]


def signed_in(request: Request) -> Viewer:
    """Someone with an account, whatever the role: the page to sign in for anybody else."""
    viewer = viewer_of(request)
    if not viewer.signed_in:
        raise SignInFirst() if request.method in READING else _nobody(request)
    return viewer


SignedIn = Annotated[Viewer, Depends(signed_in)]


def admin_in_browser(request: Request) -> Viewer:
    """An admin who is signed in with a browser; no token, whatever its role."""
    viewer = signed_in(request)
    if not holds(viewer, Permission.account_write):
        raise NotAllowed(
            "This page is for who runs this map. Do you miss something, or is something of your account not right? "
            "Ask them: how stands on the page About."
        )
    return viewer


Admin = Annotated[Viewer, Depends(admin_in_browser)]


def in_browser(request: Request) -> Viewer:
    """Someone who is signed in with a browser, at an address of the API; a token is refused, whatever its role."""
    viewer = viewer_of(request)
    if viewer.token_id is not None:
        raise Refusal("not-allowed", "A token cannot see, make or end tokens: sign in with a browser.")
    if not viewer.signed_in:
        raise Refusal(
            "unauthorized",
            "This is for who is signed in with a browser; /me/tokens is the page for it.",
            headers={"WWW-Authenticate": CHALLENGE},
        )
    if request.method not in READING:
        csrf.require_own_page(request)
        csrf.require_token(request, request.headers.get(csrf.HEADER))
    return viewer


InBrowser = Annotated[Viewer, Depends(in_browser)]


def fresh_sign_in(request: Request, session: Session, viewer: Viewer) -> SignIn | None:
    """The sign-in of this browser when it was made at most a quarter of an hour ago; None when it is older."""
    found = sign_ins.of_cookie(session, cookies.read(request, cookies.SIGN_IN) or "")
    if found is None or found.account_id != viewer.account_id or found.created_at < datetime.now(UTC) - FRESH:
        return None
    return found
