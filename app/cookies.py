"""The cookies that people and forms have: names, ends and marks in one place.

Both are for this service only, unreadable for scripts, and not sent along by other sites' forms. Over https their
names begin with `__Host-`, so that no neighbouring site can set them (OWASP ASVS 5, 3.3).
"""

from fastapi import Request
from starlette.responses import Response

from app.problems import base_url
from assets.sign_ins import ABSOLUTE

#: The secret of a sign-in (assets/sign_ins.py).
SIGN_IN = "vuurtoren"
#: The secret of a browser that saw a form (app/csrf.py): kept for a week, so that a link in a mail finds it back.
FORM = "vuurtoren-form"
#: What the menu of who is signed in holds; it opens nothing, for every page asks for itself who it is.
ROLE = "vuurtoren-role"
#: The code of the table at which this browser's visitor sits (assets/table_evenings.py), until the evening is over.
TABLE = "vuurtoren-table"
FORM_SECONDS = 7 * 24 * 3600
#: An evening that begins at four lasts until four.
TABLE_SECONDS = 24 * 3600
SIGN_IN_SECONDS = int(ABSOLUTE.total_seconds())
LONGEST = 100


def _name(request: Request, name: str) -> str:
    return f"__Host-{name}" if is_secure(request) else name


def is_secure(request: Request) -> bool:
    """Whether visitors reach the service over https."""
    return base_url(request).startswith("https:")


def read(request: Request, name: str) -> str | None:
    """The value of one of our cookies; None when there is none, or one that we never set."""
    value = request.cookies.get(_name(request, name))
    return value if value and len(value) <= LONGEST and value.isascii() and value.isprintable() else None


def write(request: Request, response: Response, name: str, value: str, *, seconds: int) -> None:
    """Set one of our cookies in an answer."""
    response.set_cookie(
        _name(request, name), value, max_age=seconds, path="/", secure=is_secure(request), httponly=True, samesite="lax"
    )


def clear(request: Request, response: Response, name: str) -> None:
    """Take one of our cookies away."""
    response.delete_cookie(_name(request, name), path="/", secure=is_secure(request), httponly=True, samesite="lax")
