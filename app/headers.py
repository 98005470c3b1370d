"""What every answer carries, whoever made it: API version, security headers, CORS; and HEAD and OPTIONS.

One ASGI wrapper round the whole app, so that errors, redirects and static files carry them too. A door that sets
one of these headers itself (a page sets its own nonce policy) keeps what it set.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY: dict[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: The one address that other sites may show in a frame; its page says so in its own policy.
FRAMED = "/embed"
#: Nothing is kept by a cache unless the door that made the answer says so.
NO_STORE = "no-store"
#: For a page with a secret in its address or on it: nobody else learns of it, and nobody keeps the page. Its own forms
#: still tell where they come from; without any referrer that would be `null`, which app/csrf.py takes for foreign.
SECRET_PAGE = {"Referrer-Policy": "same-origin", "Cache-Control": NO_STORE, "X-Robots-Tag": "noindex"}
#: Paths that any web page may read: the public API and the tiles.
OPEN_PATHS = ("/api/", "/map-tiles")
EXPOSED = "API-Version, Content-Crs, ETag, Link, Location, Retry-After, OGC-NumberReturned, OGC-NumberMatched"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Language, Content-Type, If-None-Match, Range",
    "Access-Control-Max-Age": "86400",
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def is_open(path: str) -> bool:
    """Whether pages of other sites may read the answers at this path."""
    return path.startswith(OPEN_PATHS)


def allowed_methods(scope: Scope) -> list[str]:
    """The methods that some route answers at this path, HEAD and OPTIONS included; none when there is no such path."""
    app = scope["app"]
    found: list[str] = []
    for method in METHODS:
        asked = {**scope, "method": method}
        if any(route.matches(asked)[0] == Match.FULL for route in app.router.routes):
            found += [method, "HEAD"] if method == "GET" else [method]
    return [*found, "OPTIONS"] if found else []


class AnswerHeaders:
    """Adds the headers, answers OPTIONS, lets HEAD be a GET without its body, and completes `Allow` of a 405."""

    def __init__(self, app: ASGIApp, *, api_version: str) -> None:
        self.app = app
        self.api_version = api_version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and dress the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method: str = scope["method"]
        path: str = scope["path"]

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                headers["API-Version"] = self.api_version
                for name, value in SECURITY.items():
                    if name != "X-Frame-Options" or path != FRAMED:
                        headers.setdefault(name, value)
                headers.setdefault("Cache-Control", NO_STORE)
                if is_open(path) and method in ("GET", "HEAD", "OPTIONS"):
                    headers.setdefault("Access-Control-Allow-Origin", "*")
                    headers.setdefault("Access-Control-Expose-Headers", EXPOSED)
                if message["status"] == 405:
                    headers["Allow"] = ", ".join(allowed_methods(scope))
            await send(message)

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await dressed(message)

        if method == "OPTIONS" and (methods := allowed_methods(scope)):
            headers = {"Allow": ", ".join(methods)}
            asked = Headers(scope=scope)
            if is_open(path) and "origin" in asked and "access-control-request-method" in asked:
                headers |= PREFLIGHT
            await Response(status_code=204, headers=headers)(scope, receive, dressed)
        elif method == "HEAD":
            await self.app({**scope, "method": "GET"}, receive, without_body)
        else:
            await self.app(scope, receive, dressed)
