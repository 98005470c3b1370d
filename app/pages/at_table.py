"""Whether the visitor of this browser sits at a table: its code is in a cookie, and in no address after that."""

from datetime import UTC, datetime

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app import cookies, database
from assets import table_evenings
from assets.table_evenings import Evening


def of(request: Request, session: Session) -> Evening | None:
    """The evening at whose table this visitor sits; None when at none, or when it is over."""
    code = cookies.read(request, cookies.TABLE)
    return None if code is None else table_evenings.of_code(session, code, key=request.app.state.form_key)


def shown(request: Request) -> Evening | None:
    """The same for a page that has no session of its own for it; who has no cookie costs nothing."""
    if cookies.read(request, cookies.TABLE) is None:
        return None
    with database.of_viewer(request) as session:
        return of(request, session)


def sit(request: Request, answer: Response, evening: Evening) -> None:
    """Remember the table in this browser until the evening is over."""
    seconds = int((evening.ends_at - datetime.now(UTC)).total_seconds())
    if evening.code is not None and seconds > 0:
        cookies.write(request, answer, cookies.TABLE, evening.code, seconds=min(seconds, cookies.TABLE_SECONDS))


def leave(request: Request, answer: Response) -> None:
    """Forget the table."""
    cookies.clear(request, answer, cookies.TABLE)
