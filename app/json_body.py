"""Bodies of requests: read up to a limit, and JSON parsed strictly, with the place of every fault.

Python's json accepts NaN, Infinity, 1e999, the same name twice and half surrogates, and breaks on deep nesting or
on numbers of thousands of digits; the database breaks on NUL. All of these are refused here, before anything else
looks at the body.
"""

import json
import math
from collections.abc import Sequence
from email.message import Message
from typing import Any

from fastapi import Request

from app.problems import MOST_FAULTS, Refusal
from assets.errors import Fault, Invalid

#: Bytes of a JSON body: a geometry of 10,000 points with 15 digits a number fits; nothing sensible is larger.
MOST_BYTES = 1_000_000
#: Levels of lists and objects; a MultiPolygon feature has 7.
MOST_LEVELS = 32
#: Lists in one body: each position of a geometry is one. Counted before parsing, because parsing more takes too long.
MOST_LISTS = 12_000
TOO_DEEP = f"The body is nested deeper than {MOST_LEVELS} levels."


def media_type(request: Request) -> str:
    """The media type of the body, in lower case and without parameters."""
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    return message.get_content_type() if request.headers.get("content-type") else ""


def require_media_type(request: Request, accepted: Sequence[str]) -> None:
    """Return when the body is of an accepted type; raise a 415 that names them otherwise."""
    if media_type(request) not in accepted:
        names = ", ".join(accepted)
        raise Refusal(
            "unsupported-media-type",
            f"The Content-Type here is one of: {names}.",
            headers={"Accept-Patch" if request.method == "PATCH" else "Accept-Post": names},
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal("unsupported-media-type", "Compressed bodies are not read here.")


async def read(request: Request, *, most: int = MOST_BYTES) -> bytes:
    """The whole body, refused before it is read when its length says so, and while it is read when it does not."""
    refusal = Refusal("too-large", f"A body here has at most {most:,} bytes.", headers={"Connection": "close"})
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most:
        raise refusal
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise refusal
        parts.append(part)
    return b"".join(parts)


class _FaultError(ValueError):
    """A fault that the parser met, without a place yet."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _FaultError(f"The name {twice[:40]!r} stands twice in one object.".encode("utf-8", "replace").decode())
    return found


def _constant(_: str) -> Any:
    raise _FaultError("NaN and Infinity are no JSON numbers.")


def _int(text: str) -> int:
    if len(text) > 300:  # beyond what a float holds, too
        raise _FaultError("A number is too large.")
    return int(text)


def parse(body: bytes) -> Any:
    """The JSON value in a body.

    Raises:
        Invalid: not UTF-8, no JSON, a name twice, a number that is none, nested too deep, or text with a NUL or half
            a surrogate; with the place where one can be told.
    """
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise Invalid.at("#", "The body begins with a byte order mark; send plain UTF-8.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid.at("#", f"The body is not UTF-8: byte {error.start}.") from None
    if not text.strip():
        raise Invalid.at("#", "The body is empty.")
    if text.count("[") > MOST_LISTS:
        raise Invalid.at("#", f"The body holds more than {MOST_LISTS:,} lists; a geometry has at most 10,000 points.")
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_int)
    except json.JSONDecodeError as error:
        raise Invalid.at("#", f"The body is not JSON: line {error.lineno}, column {error.colno}.") from None
    except _FaultError as error:
        raise Invalid.at("#", str(error)) from None
    except ValueError:
        raise Invalid.at("#", "The body is not JSON that can be read here.") from None
    except RecursionError:
        raise Invalid.at("#", TOO_DEEP) from None
    faults = unfit(value)
    if faults:
        raise Invalid("The body holds values that cannot be stored.", faults=faults)
    return value


def unfit(value: Any) -> list[Fault]:
    """A fault for each text or name with a NUL or half a surrogate in it, each infinite number, and too many levels."""
    faults: list[Fault] = []
    waiting: list[tuple[str, int, Any]] = [("#", 1, value)]
    while waiting and len(faults) < MOST_FAULTS:
        place, level, one = waiting.pop()
        if isinstance(one, str):
            if not is_text(one):
                faults.append(Fault(place, "This holds a character that is not text (NUL or half a surrogate)."))
        elif isinstance(one, float):
            if not math.isfinite(one):
                faults.append(Fault(place, "This number is too large."))
        elif isinstance(one, dict | list):
            if level > MOST_LEVELS:
                return [Fault("#", TOO_DEEP)]
            if isinstance(one, dict):
                for name, inner in one.items():
                    if not is_text(name):
                        faults.append(Fault(place, "A name here holds a character that is not text."))
                    waiting.append((f"{place}/{name.replace('~', '~0').replace('/', '~1')}", level + 1, inner))
            elif not all(type(inner) is float and math.isfinite(inner) for inner in one):
                # A position of finite floats, the bulk of every geometry, needs no further look.
                waiting += [(f"{place}/{index}", level + 1, inner) for index, inner in enumerate(one)]
    return faults


def is_text(text: str) -> bool:
    """Whether PostgreSQL and UTF-8 can hold it."""
    if "\x00" in text:
        return False
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
