"""Pages from templates: one environment per language, a strict nonce policy, and addresses of static files.

Text that people wrote is escaped by Jinja everywhere; no template marks it as safe.
"""

import hashlib
import json
import re
import secrets
import uuid
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app import cookies, csrf, i18n, words
from assets.permissions import GRANTED, Permission
from assets.vocabulary import AssetKind, GiftOf, StreetState, Theme

if TYPE_CHECKING:
    from app.problems import Problem

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
IMPORTED: Final = re.compile(r'from "(vuurtoren/[a-z-]+)"')
COOKIE_SECONDS: Final = 365 * 24 * 3600


def render(request: Request, template: str, context: dict[str, Any], *, status: int = 200) -> HTMLResponse:
    """The page as an answer, in the visitor's language and under a policy with a nonce of its own.

    Args:
        request: decides language, and which menu item is current.
        template: file name in templates/.
        context: what the template needs; `settings` (a dict) becomes the JSON block that our scripts read, `viewer`
            is who looks.
        status: HTTP status.
    """
    language = i18n.choose(request)
    if "sample" in context:
        request.app.state.page_frame = {name: context[name] for name in ("sample", "attributions")}
    nonce = secrets.token_urlsafe(16)
    html = (
        environment(language)
        .get_template(template)
        .render(
            **{"settings": None, "sample": False, "attributions": (), "saved": False, "viewer": None, **context},
            nonce=nonce,
            path=request.url.path,
            language=language,
            csrf_field=lambda: csrf.field(request),
            # the menu asks no database who this is; each page that matters does
            has_account=cookies.read(request, cookies.SIGN_IN) is not None,
            # who signed in again after a form that was not taken (app/access.py)
            sends_again=request.method == "GET" and request.query_params.get("again") == "yes",
            plans=cookies.read(request, cookies.ROLE) in GRANTED[Permission.plan_read],
            administers_map=cookies.read(request, cookies.ROLE) in GRANTED[Permission.account_write],
            builds=cookies.read(request, cookies.ROLE) in GRANTED[Permission.conversation_write],
            other_languages=[
                (code, name, address(request, lang=code, **_seen(request))) for code, name in i18n.languages().items()
            ],
        )
    )
    response = HTMLResponse(html, status_code=status, headers=_headers(nonce, language))
    csrf.remember(request, response)
    if (wish := i18n.known(request.query_params.get("lang"))) is not None:
        secure = request.url.scheme == "https"
        response.set_cookie(
            i18n.COOKIE, wish, max_age=COOKIE_SECONDS, path="/", samesite="lax", httponly=True, secure=secure
        )
    return response


def render_framed(request: Request, template: str, context: dict[str, Any], *, status: int = 200) -> HTMLResponse:
    """A page that any other site may show in a frame: no cookie is read or set, and nothing in it can be sent.

    The headers of every answer (app/headers.py) leave out X-Frame-Options at FRAMED only.
    """
    language = i18n.choose(request, cookie=False)
    nonce = secrets.token_urlsafe(16)
    known = {"settings": None, "attributions": (), "sample": False, "saved": False}
    html = environment(language).get_template(template).render(**{**known, **context}, nonce=nonce, language=language)
    headers = _headers(nonce, language, framed=True) | {"Vary": "Accept-Language"}
    return HTMLResponse(html, status_code=status, headers=headers)


def _seen(request: Request) -> dict[str, object]:
    """Position and open entry in this address, for links to the same in another language."""
    return {name: request.query_params[name] for name in ("at", "asset") if name in request.query_params}


def error_page(request: Request, problem: "Problem") -> HTMLResponse:
    """A problem as a page in the look of the rest; asks the database nothing, for that may be what is wrong."""
    frame = getattr(request.app.state, "page_frame", {})
    speaker = i18n.translator(i18n.choose(request))
    source = problem.source
    context = {
        **frame,
        "problem": problem,
        "told": _as_said(speaker.told(source.message, source.values) if source is not None else problem.detail),
        "faults": [speaker.fault(one) for one in getattr(source, "faults", ())],
        "reading": request.method in ("GET", "HEAD"),
    }
    return render(request, "error.html", context, status=problem.status)


def _as_said(text: str) -> str:
    """A sentence with what is to be typed between quotes: the marks around it (`…`) are for who reads plain text."""
    return re.sub("`([^`]*)`", "“\\1”", text)


def policy(nonce: str, *, framed: bool = False) -> str:
    """The content security policy of a page: only our own files, and inline scripts that carry the nonce.

    A page made to be framed may be so by everyone, and sends no form.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self'",
            "manifest-src 'self'",
            "form-action 'none'" if framed else "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors *" if framed else "frame-ancestors 'none'",
        )
    )


def _headers(nonce: str, language: str, *, framed: bool = False) -> dict[str, str]:
    return {
        "Content-Security-Policy": policy(nonce, framed=framed),
        "Content-Language": language,
        "Cache-Control": "private, no-cache",
        "Vary": "Accept-Language, Cookie",
    }


def address(request: Request, **changes: object) -> str:
    """This page's address with some parameters changed; None takes one away, a list repeats it.

    Where the map was and what was open when the page was made is left out: the script keeps that in the address bar.
    """
    changes = {"at": None, "asset": None, **changes}
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
    for name, value in changes.items():
        if value is not None:
            kept += [(name, str(one)) for one in (value if isinstance(value, list) else [value])]
    return f"{request.url.path}{'?' + urlencode(kept, safe='/,:') if kept else ''}"


@lru_cache(maxsize=32)
def environment(language: i18n.Language) -> Environment:
    """The template environment of a language."""
    speaker = i18n.translator(language)
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        speaker.gettext, speaker.ngettext, newstyle=True, pgettext=speaker.pgettext, npgettext=speaker.npgettext
    )
    made.filters |= {
        "day": speaker.day,
        "short_day": speaker.short_day,
        "weekday": speaker.weekday,
        "month": speaker.month,
        "number": speaker.number,
        "plain": speaker.plain,
        "who": speaker.who,
    }

    def lang_of(code: str | None) -> Markup:
        """The attribute that marks what people wrote in another language than that of the page."""
        return Markup(' lang="{}"').format(code) if code and code != language else Markup("")

    made.globals |= {
        "lang_of": lang_of,
        "static": static,
        "needed": needed,
        "import_map": import_map,
        "direction": speaker.direction,
        "AssetKind": AssetKind,
        "GiftOf": GiftOf,
        "StreetState": StreetState,
        "Theme": Theme,
        "words": words,
        "new_key": lambda: str(uuid.uuid4()),
        "year": lambda: datetime.now(UTC).year,
    }
    return made


# --- static files: their addresses carry a mark of their content, so that a browser may keep them for good ---


@lru_cache(maxsize=256)
def static(name: str) -> str:
    """The address of a static file, with a mark of its content."""
    path = (STATIC / name).resolve()
    if not path.is_file() or not path.is_relative_to(STATIC):
        return f"/static/{name}"
    return f"/static/{name}?v={hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


@lru_cache(maxsize=1)
def modules() -> dict[str, str]:
    """Our scripts: module specifier (`vuurtoren/open-map`) -> address."""
    return {f"vuurtoren/{path.stem}": static(f"js/{path.name}") for path in sorted((STATIC / "js").glob("*.js"))}


@lru_cache(maxsize=16)
def needed(starter: str) -> tuple[str, ...]:
    """The addresses of a module and of everything it imports, so that a browser asks for all of them at once."""
    found: list[str] = []
    wanted = [starter, "vuurtoren/open-map", "vuurtoren/vector-tiles"]
    while wanted:
        specifier = wanted.pop()
        if specifier in found or specifier not in modules():
            continue
        found.append(specifier)
        wanted += IMPORTED.findall((STATIC / "js" / f"{specifier.partition('/')[2]}.js").read_text(encoding="utf-8"))
    return tuple(modules()[specifier] for specifier in sorted(found))


@lru_cache(maxsize=1)
def import_map() -> str:
    """The import map of every page: specifiers stay the same when a file and thus its address changes."""
    return json.dumps({"imports": modules() | {"idb": static("vendor/idb/index.js")}}, separators=(",", ":"))
