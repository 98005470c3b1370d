"""The least that can answer: one ASGI function that gives the bytes of a file, whatever is asked."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

BODY = Path(os.environ["BARE_BODY"]).read_bytes()
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-encoding", b"gzip"), (b"content-length", str(len(BODY)).encode())],
}


async def answer(
    _scope: MutableMapping[str, Any], _receive: object, send: Callable[[MutableMapping[str, Any]], Awaitable[None]]
) -> None:
    """Answer."""
    await send(START)
    await send({"type": "http.response.body", "body": BODY})
