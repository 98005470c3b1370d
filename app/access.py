"""Who is asking: a bearer token becomes a Viewer. Reading needs none; a token that is not valid is refused anywhere.

    def route(viewer: Builder, session: DbSession): ...

The role is a floor; what a role may do exactly stands in one table, assets/permissions.py.
"""

import re
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from app import database
from app.database import DbSession
from app.problems import Refusal
from assets import accounts
from assets.permissions import VISITOR, Permission, Viewer, require

BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]{1,200}=*)")
CHALLENGE = 'Bearer realm="vuurtoren"'


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
    token = token_of(request)
    if token is None:
        return VISITOR
    with database.transaction(database.of(request).sessions) as session:
        viewer = accounts.viewer_of(session, token)
    if viewer is None:
        raise _invalid()
    return viewer


def _holder(permission: Permission) -> Callable[[Request, DbSession], Viewer]:
    """A dependency that lets only holders of a permission through: 401 without a token, 403 with too low a role."""

    def holder(request: Request, session: DbSession) -> Viewer:
        token = token_of(request)
        if token is None:
            raise Refusal(
                "unauthorized",
                "Writing needs a token: send `Authorization: Bearer <token>`.",
                headers={"WWW-Authenticate": CHALLENGE},
            )
        viewer = accounts.viewer_of(session, token)
        if viewer is None:
            raise _invalid()
        require(viewer, permission)
        return viewer

    return holder


AnyViewer = Annotated[Viewer, Depends(viewer_of)]
AssetWriter = Annotated[Viewer, Depends(_holder(Permission.asset_write))]
ActivityWriter = Annotated[Viewer, Depends(_holder(Permission.activity_write))]
MeasurementWriter = Annotated[Viewer, Depends(_holder(Permission.measurement_write))]
AmbitionWriter = Annotated[Viewer, Depends(_holder(Permission.ambition_write))]
