"""Whether the process lives, whether it can do its work, and where to report a security problem."""

import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import text
from starlette.responses import PlainTextResponse, Response

from app import database, migration
from app.geojson import JSON, dumps
from app.problems import RETRY_AFTER_S, base_url

router = APIRouter(include_in_schema=False)

#: Below this, writing stops soon.
LEAST_FREE_BYTES = 200_000_000


@router.get("/health")
async def health() -> Response:
    """The process answers; asked often, so it asks nobody else."""
    return Response(b'{"status":"ok"}', media_type=JSON)


@router.get("/ready")
def ready(request: Request) -> Response:
    """Database, schema and disk: 200 when all will do, 503 otherwise, with one word for each."""
    checks = {"database": _database(request), "schema": "unknown", "disk": _disk(request)}
    if checks["database"] == "ok":
        checks["schema"] = _schema(request)
    fine = all(word == "ok" for word in checks.values())
    body: dict[str, Any] = {"status": "ok" if fine else "not ready", "checks": checks}
    headers = {} if fine else {"Retry-After": str(RETRY_AFTER_S)}
    return Response(dumps(body), status_code=200 if fine else 503, media_type=JSON, headers=headers)


def _database(request: Request) -> str:
    try:
        with database.transaction(database.of(request).public_sessions) as session:
            session.execute(text("SELECT 1"))
    except Exception:  # noqa: BLE001 - whatever it is, this service cannot use its database
        return "does not answer"
    return "ok"


def _schema(request: Request) -> str:
    try:
        fit = migration.state(database.of(request).engine).fit
    except Exception:  # noqa: BLE001 - as above
        return "cannot be read"
    return "ok" if fit is migration.Fit.CURRENT else str(fit)


def _disk(request: Request) -> str:
    folder = request.app.state.settings.data_dir
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return "ok" if shutil.disk_usage(folder).free >= LEAST_FREE_BYTES else "nearly full"


@router.get("/.well-known/security.txt")
def security_txt(request: Request) -> Response:
    """RFC 9116: where to report a security problem."""
    base = base_url(request)
    expires = (datetime.now(UTC) + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    mail = request.app.state.settings.contact_email
    lines = (
        *([f"Contact: mailto:{mail}"] if mail else []),
        f"Contact: {base}/about",
        f"Expires: {expires}",
        "Preferred-Languages: nl, en",
        f"Canonical: {base}/.well-known/security.txt",
    )
    return PlainTextResponse("\n".join(lines) + "\n", headers={"Cache-Control": "no-cache"})
