"""Forms that only our own pages can send: no other site can let a visitor's browser do something here.

    <form method="post">{{ csrf_field() }} ...          in a template
    def save(request, form: FormGuard, session): ...    the fields that were sent, checked

Two walls. What the browser says of where a request comes from (Sec-Fetch-Site, Origin) must be ourselves. And the
form holds a token that fits a cookie of this browser (signed double submit, OWASP cross-site request forgery
prevention): the cookie is a secret of the browser, also of one that is not signed in, and the token its signature
under a salt that is new in every page. It outlives signing in and out, so that what someone typed is not lost.

A script asks `GET /form-token` and sends the token as the header X-Form-Token.
"""

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.responses import Response

from app import cookies, json_body, uploads
from app.problems import Refusal, base_url

FIELD = "form_token"
HEADER = "X-Form-Token"
#: With this the service worker asks for the pages that it keeps for when there is no network (service-worker.js).
KEEPS = "X-Keeps-Page"
#: A field that no person sees: a program that fills in everything fills in this too.
TRAP = "extra"
FORMS = ("application/x-www-form-urlencoded", uploads.MEDIA_TYPE)
#: Fields and files of one form, and bytes of one field; each file is bounded by the setting upload_mb.
MOST_FIELDS, MOST_FILES, MOST_FIELD_BYTES = 400, 4, 300_000


def secret_of(request: Request) -> str:
    """The secret of this browser: the one in its cookie, or a new one that `remember` will set."""
    kept = cookies.read(request, cookies.FORM) or getattr(request.state, "form_secret", None)
    if kept is None:
        kept = secrets.token_urlsafe(32)
        request.state.form_secret = kept
    return str(kept)


def remember(request: Request, response: Response) -> None:
    """Set the cookie of this browser when a form was made for it that somebody sees.

    Pages are kept in the background while a new visitor already goes on: a cookie that came with one would take the
    place of that of the form they have before them, which would then be refused. Forms of kept pages ask for a token
    when they are sent.
    """
    made = getattr(request.state, "form_made", False)
    if made and KEEPS not in request.headers:
        cookies.write(request, response, cookies.FORM, secret_of(request), seconds=cookies.FORM_SECONDS)


def token(request: Request) -> str:
    """A token for a form in the answer to this request."""
    request.state.form_made = True
    salt = secrets.token_urlsafe(9)
    return f"{salt}.{_signed(request, salt)}"


def field(request: Request) -> Markup:
    """The hidden field of a form; both values are letters, digits, `-`, `_` and a dot."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token(request))


def mark_of(request: Request) -> str | None:
    """A mark of this browser that says nothing about it: of the cookie that came with a form; None without one."""
    kept = cookies.read(request, cookies.FORM)
    return hashlib.sha256(f"mark:{kept}".encode()).hexdigest()[:32] if kept else None


def _signed(request: Request, salt: str) -> str:
    key: str = request.app.state.form_key
    return hmac.new(key.encode(), f"form:{salt}:{secret_of(request)}".encode(), hashlib.sha256).hexdigest()


def require_own_page(request: Request) -> None:
    """Return when the browser says that one of our own pages sent this, or says nothing; 403 otherwise."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    ours = {urlsplit(base_url(request)).netloc, request.url.netloc}
    if site is not None:  # decides alone: a page that sends no referrer has the origin `null`
        foreign = site not in ("same-origin", "none")
    else:
        foreign = origin is not None and urlsplit(origin).netloc not in ours
    if foreign:
        raise Refusal("not-allowed", "This was sent by a page of another site, and nothing was done.")


def require_token(request: Request, sent: str | None) -> None:
    """Return when this token was made for this browser; 403 otherwise."""
    salt, _, signature = (sent or "").partition(".")
    kept = cookies.read(request, cookies.FORM)
    if kept is None or not hmac.compare_digest(_signed(request, salt).encode(), signature.encode("utf-8", "replace")):
        raise Refusal(
            "form-expired",
            "This form was open for too long, or your browser keeps no cookies. Nothing was stored. Go back, "
            "load the page again and send it once more.",
        )


async def sent_form(request: Request) -> AsyncIterator[FormData]:
    """The fields of a form that one of our own pages sent; 403 when another did, 415 when it is no form."""
    require_own_page(request)
    header = request.headers.get(HEADER)
    if header is not None:
        require_token(request, header)
    if json_body.media_type(request) not in FORMS:
        if header is None or json_body.media_type(request):
            raise Refusal("unsupported-media-type", "Only a form can be sent here.")
        yield FormData()
        return
    if json_body.media_type(request) == uploads.MEDIA_TYPE:
        await uploads.read(request, files=MOST_FILES, fields=MOST_FIELDS, field_bytes=MOST_FIELD_BYTES)
    async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD_BYTES) as form:
        if header is None:
            sent = form.get(FIELD)
            require_token(request, sent if isinstance(sent, str) else None)
        yield form


FormGuard = Annotated[FormData, Depends(sent_form)]


def words(form: FormData, name: str, *, most: int = 5000) -> str:
    """One field of a form as text: trimmed, without NUL and half surrogates; empty when it is not there."""
    value = form.get(name)
    if not isinstance(value, str):
        return ""
    return "".join(sign for sign in value if sign != "\x00" and not "\ud800" <= sign <= "\udfff").strip()[:most]
