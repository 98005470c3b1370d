"""Everything that can go wrong at a door, as RFC 9457 problem+json or as an HTML page, by Accept.

`STATUS` is the one table from domain error to problem type; `TYPES` is what the API documents at
/api/v1/problems. No text of a library's exception ever leaves this module: what we did not expect becomes a
500 with an id, and the log gets that id with the place in the code, without the values that were handled.
"""

import asyncio
import json
import logging
import traceback
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg import OperationalError as PsycopgOperationalError
from psycopg.errors import ReadOnlySqlTransaction
from psycopg_pool import PoolTimeout
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as QueueTimeout
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assets.errors import (
    Conflict,
    ConsentMissing,
    DomainError,
    Fault,
    Invalid,
    NotAllowed,
    NotFound,
    NotReady,
    Stale,
    TooLarge,
    TooMany,
    filled,
    message,
)

log = logging.getLogger("vuurtoren.problems")

#: Where our own code lies.
OWN = str(Path(__file__).parent.parent) + "/"
API_PREFIX = "/api/v1"
MEDIA_TYPE = "application/problem+json"
#: Seconds after which a client may try again when the database could not answer.
RETRY_AFTER_S = 2
#: Seconds that a body may stay away, bytes a second that it has to come with at least, and seconds that it may take.
PATIENCE_S, LEAST_BYTES_A_SECOND, LONGEST_S = 30.0, 2_000, 900
#: Faults listed in one answer; more than this helps nobody.
MOST_FAULTS = 100


@dataclass(frozen=True)
class ProblemType:
    """A documented kind of problem: its status and what it means."""

    slug: str
    status: int
    title: str
    meaning: str


TYPES: dict[str, ProblemType] = {
    kind.slug: kind
    for kind in (
        ProblemType("invalid-input", 400, "The input cannot be used", "`errors` names every fault with its place."),
        ProblemType("unauthorized", 401, "A valid token is needed", "Send `Authorization: Bearer <token>`."),
        ProblemType("not-allowed", 403, "This token may not do this", "The role of the token is too low."),
        ProblemType(
            "form-expired", 403, "This form is too old", "Load the page again, or ask `/form-token`, and send it again."
        ),
        ProblemType("not-found", 404, "There is nothing here", "No such path or item, or it is not public."),
        ProblemType("method-not-allowed", 405, "This method is not possible here", "`Allow` names the methods."),
        ProblemType("not-acceptable", 406, "No such format", "`Accept` asks for a format that is not offered here."),
        ProblemType("too-slow", 408, "The body came in too slowly", "Send it again over a better connection."),
        ProblemType("conflict", 409, "It collides with something that is there", "Look at what is there, then decide."),
        ProblemType(
            "consent-missing", 409, "Consent is missing", "A person is published only with a recorded consent."
        ),
        ProblemType("stale", 412, "Someone else changed it", "Get it again, and use the ETag of that answer."),
        ProblemType("too-large", 413, "The body is too large", "The answer names the limit."),
        ProblemType("unsupported-media-type", 415, "This kind of body is not read here", "See `Content-Type`."),
        ProblemType(
            "key-reused", 422, "This Idempotency-Key belongs to another request", "Use a new key for a new request."
        ),
        ProblemType("precondition-required", 428, "If-Match is needed", "Send the ETag of the item as `If-Match`."),
        ProblemType("too-many", 429, "That was very many in an hour", "Try again after `Retry-After` seconds."),
        ProblemType("internal", 500, "Something went wrong here", "Report the id in `detail`; the log holds the rest."),
        ProblemType("not-ready", 503, "Not available at this moment", "Try again after `Retry-After` seconds."),
    )
}

STATUS: dict[type[DomainError], str] = {
    Invalid: "invalid-input",
    NotAllowed: "not-allowed",
    NotFound: "not-found",
    Conflict: "conflict",
    ConsentMissing: "consent-missing",
    Stale: "stale",
    TooLarge: "too-large",
    TooMany: "too-many",
    NotReady: "not-ready",
}

BY_STATUS: dict[int, str] = {kind.status: kind.slug for kind in reversed(TYPES.values())}


class Refusal(Exception):
    """A problem found by a door itself: its type, a sentence, the faults and headers that go with it.

    The sentence is a template when values come with it, as in a DomainError.
    """

    def __init__(
        self,
        slug: str,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: dict[str, str] | None = None,
        **values: object,
    ) -> None:
        super().__init__(detail)
        self.slug = slug
        self.message = detail
        self.values = values
        self.detail = filled(detail, values)
        self.faults = tuple(faults)
        self.headers = headers or {}


@dataclass(frozen=True)
class Problem:
    """One problem as it is told to a client, in JSON or on a page."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[dict[str, str], ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    #: What is told, for a page in another language.
    source: Refusal | DomainError | None = None

    def body(self) -> dict[str, Any]:
        """The members of RFC 9457 that this problem has."""
        members: dict[str, Any] = {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": self.instance,
        }
        if self.errors:
            members["errors"] = list(self.errors)
        return members


def fault(parameter: str, detail: str) -> Fault:
    """A fault in a query, path or header parameter (a fault in a body has a JSON pointer: `#/...`)."""
    return Fault(parameter, detail)


def shown(text: str) -> str:
    """Text from a request, made safe to repeat: short, and without characters that UTF-8 cannot carry."""
    clean = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return clean if len(clean) <= 80 else clean[:79] + "…"


def _error(one: Fault) -> dict[str, str]:
    """A fault as a member of `errors`: a place in the body is a pointer, anything else a parameter."""
    if one.pointer.startswith(("#", "/")):
        return {"pointer": shown("#" + one.pointer.removeprefix("#")), "detail": one.detail}
    return {"parameter": shown(one.pointer), "detail": one.detail}


def base_url(request: Request) -> str:
    """Scheme and host under which links are made: the setting, else what the request came in with."""
    settings = getattr(request.app.state, "settings", None)
    chosen = getattr(settings, "base_url", None)
    return str(chosen).rstrip("/") if chosen else f"{request.url.scheme}://{request.url.netloc}"


def problem(
    request: Request,
    slug: str,
    detail: str,
    faults: Sequence[Fault] = (),
    headers: dict[str, str] | None = None,
    status: int | None = None,
    source: Refusal | DomainError | None = None,
) -> Problem:
    """The problem of this type for this request."""
    kind = TYPES[slug]
    errors = tuple(_error(one) for one in faults[:MOST_FAULTS])
    return Problem(
        type=f"{base_url(request)}{API_PREFIX}/problems/{slug}",
        title=kind.title,
        status=status or kind.status,
        detail=detail,
        instance=request.url.path,
        errors=errors,
        headers=headers or {},
        source=source,
    )


def wants_page(request: Request) -> bool:
    """Whether the error goes to a person with a browser rather than to a program."""
    machine = (API_PREFIX, "/api/", "/map-tiles", "/health", "/ready", "/.well-known")
    return not request.url.path.startswith(machine) and "text/html" in request.headers.get("accept", "")


def answer(request: Request, found: Problem) -> Response:
    """The answer that tells this problem: a page for people, problem+json for programs."""
    if wants_page(request):
        from app.templating import error_page

        page: Response = error_page(request, found)
        for name, value in found.headers.items():
            page.headers[name] = value
        return page
    body = json.dumps(found.body(), ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, status_code=found.status, media_type=MEDIA_TYPE, headers=found.headers)


#: Sentences for what pydantic finds, by its error type; values come from its context, never from its text.
SENTENCES: dict[str, str] = {
    "missing": message("This is needed."),
    "extra_forbidden": message("This name is not known here."),
    "string_type": message("This must be text."),
    "string_too_long": message("This is too long: at most {max_length} characters."),
    "string_too_short": message("This is too short: at least {min_length} characters."),
    "string_pattern_mismatch": message("This does not have the right form."),
    "enum": message("This must be one of {expected}."),
    "literal_error": message("This must be one of {expected}."),
    "int_parsing": message("This must be a whole number."),
    "int_type": message("This must be a whole number."),
    "int_from_float": message("This must be a whole number."),
    "int_parsing_size": message("This number is too large."),
    "float_type": message("This must be a number."),
    "float_parsing": message("This must be a number."),
    "finite_number": message("This must be a finite number."),
    "bool_type": message("This must be true or false."),
    "bool_parsing": message("This must be true or false."),
    "list_type": message("This must be a list."),
    "tuple_type": message("This must be a list."),
    "dict_type": message("This must be an object."),
    "model_type": message("This must be an object."),
    "model_attributes_type": message("This must be an object."),
    "too_long": message("This is too long: at most {max_length}."),
    "too_short": message("This is too short: at least {min_length}."),
    "greater_than": message("This must be more than {gt}."),
    "greater_than_equal": message("This must be at least {ge}."),
    "less_than": message("This must be less than {lt}."),
    "less_than_equal": message("This must be at most {le}."),
    "date_type": message("This must be a date, as 2026-11-23."),
    "date_parsing": message("This must be a date, as 2026-11-23."),
    "date_from_datetime_parsing": message("This must be a date, as 2026-11-23."),
    "date_from_datetime_inexact": message("This must be a date without a time, as 2026-11-23."),
}


def sentence(error: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What pydantic found, in our words: a template and its values."""
    kind = str(error.get("type", ""))
    context = error.get("ctx") or {}
    if kind.startswith("vuurtoren"):
        return str(error.get("msg", "")), {}
    if kind in ("value_error", "assertion_error"):
        cause = context.get("error")
        if isinstance(cause, DomainError):
            return cause.message, dict(cause.values)
        if type(cause) is ValueError and cause.args:
            # Our own validators raise plain ValueError with a sentence; subclasses (UnicodeError ...) are a library's.
            return str(cause.args[0]), {}
        return "This cannot be used.", {}
    told = SENTENCES.get(kind, message("This cannot be used."))
    try:
        filled(told, context)
    except (KeyError, IndexError):
        return "This cannot be used.", {}
    return told, context if "{" in told else {}


def faults_of(errors: Sequence[Any], *, prefix: str = "") -> list[Fault]:
    """pydantic's findings as faults; `prefix` is the JSON pointer of the body part that was checked."""
    found: list[Fault] = []
    for error in errors:
        location = [str(part) for part in error.get("loc", ())]
        if prefix:
            steps = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in location)
            found.append(Fault(f"#{prefix}{steps}", *sentence(error)))
        else:
            place = location[1] if len(location) > 1 else (location[0] if location else "request")
            found.append(Fault(place, *sentence(error)))
    return found


def repeated(request: Request) -> list[Fault]:
    """One fault for each query parameter that was given more than once."""
    names = [name for name, _ in request.query_params.multi_items()]
    return [fault(name, "This parameter may be given once.") for name in dict.fromkeys(names) if names.count(name) > 1]


def is_unavailable(error: BaseException) -> bool:
    """Whether the database could not be reached or could not do its work now, rather than refused what we sent."""
    if isinstance(error, QueueTimeout | PoolTimeout | PsycopgOperationalError | ReadOnlySqlTransaction):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_unavailable(error.orig) if error.orig else False
    return False


def told(request: Request, error: Exception) -> Problem:
    """The problem that an exception is to a client."""
    if isinstance(error, Refusal):
        return problem(request, error.slug, error.detail, error.faults, error.headers, source=error)
    if isinstance(error, DomainError):
        slug = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), "invalid-input")
        headers = {"Retry-After": str(RETRY_AFTER_S)} if slug == "not-ready" else {}
        if isinstance(error, TooMany):
            headers = {"Retry-After": str(error.seconds)}
        faults = error.faults if isinstance(error, Invalid) else ()
        return problem(request, slug, str(error), faults, headers, source=error)
    if isinstance(error, RequestValidationError):
        found = faults_of(error.errors()) + repeated(request)
        return problem(request, "invalid-input", f"{len(found)} fault(s) in the request.", found)
    if isinstance(error, HTTPException):
        return http_problem(request, error)
    if is_unavailable(error):
        log.error("database not available: %s", type(error).__name__)
        return problem(
            request,
            "not-ready",
            "The database does not answer at this moment. Nothing was stored; try again.",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
    if isinstance(error, IntegrityError):
        log.warning(
            "constraint refused a write: %s", getattr(getattr(error.orig, "diag", None), "constraint_name", "?")
        )
        return problem(request, "conflict", "This collides with what is stored already. Nothing was changed.")
    return unexpected(request, error)


def http_problem(request: Request, error: HTTPException) -> Problem:
    """A refusal of the framework (404, 405, 413, ...) as one of our problem types."""
    headers = dict(error.headers or {})
    slug = BY_STATUS.get(error.status_code, "invalid-input" if error.status_code < 500 else "internal")
    sentences = {
        "not-found": "There is nothing at this address.",
        "method-not-allowed": f"{shown(request.method)} is not possible here.",
        "too-large": "The body is larger than this service reads.",
        "invalid-input": "The request could not be read.",
    }
    return problem(request, slug, sentences.get(slug, TYPES[slug].title + "."), (), headers, error.status_code)


def _way(error: BaseException) -> str:
    """Where in the code it happened: our own steps and the last one, without any value."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(OWN)]
    steps = ours if frames and ours and frames[-1] is ours[-1] else [*ours, *frames[-1:]]
    return " > ".join(f"{frame.filename.removeprefix(OWN)}:{frame.lineno} {frame.name}" for frame in steps)


def unexpected(request: Request, error: BaseException) -> Problem:
    """A fault of our own: an id for the client, and the place in the code, without values, for the log."""
    number = str(uuid.uuid4())
    log.error("unexpected %s, id %s, %s %s", type(error).__name__, number, request.method, _way(error))
    return problem(request, "internal", f"Something went wrong here, and it was logged with id {number}.")


async def handle(request: Request, error: Exception) -> Response:
    """Starlette's handler for every exception of a door."""
    return answer(request, told(request, error))


def _too_slow(request: Request) -> "Refusal":
    headers = {"Connection": "close"}
    if wants_page(request):
        return Refusal(
            "too-slow",
            "It took too long for all that you sent to come in, and nothing of it was stored. Go back: what you typed "
            "is still there. Try again where the connection is better.",
            headers=headers,
        )
    return Refusal("too-slow", "The body came in too slowly, and nothing of it was stored.", headers=headers)


class Unexpected:
    """Turns what nobody caught into a problem, inside the middleware that adds the headers of every answer.

    A body that says it is larger than anything read here is refused before a byte of it is read, and one that says
    nothing while it is read; a form with files on a page may be `form_times` as large, for each file in it has its own
    limit (app/uploads.py). (FastAPI has a limit of its own, whose answer would be plain text without our headers.)

    A body that stays away, or trickles in, is given up: the server under us waits for ever, and whoever sends a
    thousand half bodies would hold a thousand connections. `patience` is the seconds for the first bytes; each 2,000
    bytes that come give one more, up to a quarter of an hour (a large photo over a poor telephone line).
    """

    def __init__(self, app: ASGIApp, *, most_bytes: int, form_times: int = 1, patience: float = PATIENCE_S) -> None:
        self.app = app
        self.most_bytes = most_bytes
        self.form_times = form_times
        self.patience = patience

    def most(self, scope: Scope) -> int:
        """Bytes that the body of this request may have."""
        is_form = Headers(scope=scope).get("content-type", "").lower().startswith("multipart/form-data")
        return self.most_bytes * (self.form_times if is_form and not scope["path"].startswith("/api/") else 1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer with a problem when it breaks before an answer has begun."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        size = 0
        most = self.most(scope)
        refusal = Refusal("too-large", "A body here has at most {most:,} bytes.", most=most)
        if wants_page(Request(scope)):
            refusal = Refusal(
                "too-large",
                "What you sent is larger than {most} MB, and nothing of it was stored. Go back: what you typed is "
                "still there. Choose a smaller photo.",
                most=self.most_bytes // 1_000_000,
            )

        whole = False
        clock = asyncio.get_running_loop()
        start = clock.time()

        async def limited() -> Message:
            nonlocal size, whole
            if whole:
                return await receive()  # from now on this tells only that the client went away
            try:
                async with asyncio.timeout_at(start + min(self.patience + size / LEAST_BYTES_A_SECOND, LONGEST_S)):
                    message = await receive()
            except TimeoutError:
                raise _too_slow(Request(scope)) from None
            size += len(message.get("body", b""))
            if size > most:
                raise refusal
            whole = not message.get("more_body", False)
            return message

        try:
            declared = Headers(scope=scope).get("content-length", "")
            if declared.isdecimal() and int(declared[:20]) > most:
                raise refusal
            await self.app(scope, limited, watched)
        except ClientDisconnect:
            log.debug("the client went away while it sent something")
        except Exception as error:
            if begun:
                raise
            request = Request(scope, receive)
            try:
                response = answer(request, told(request, error))
            except Exception as second:  # noqa: BLE001 - the error page itself broke: an answer is better than none
                found = unexpected(request, second)
                response = Response(json.dumps(found.body()), status_code=500, media_type=MEDIA_TYPE)
            await response(scope, receive, send)


def install(app: FastAPI) -> None:
    """Let every exception of the doors of `app` be told by this module."""
    for kind in (Refusal, DomainError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)
