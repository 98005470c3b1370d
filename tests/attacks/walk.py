"""What the attacks share: every route of the program, and answers without what differs from one moment to the next."""

import io
import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import mapbox_vector_tile
from starlette.testclient import TestClient

from app.api import tiles

#: What is new in every answer, whoever asks: nonces, tokens and keys of forms, clocks.
MOMENTS = tuple(
    re.compile(pattern)
    for pattern in (
        rb'nonce="[^"]*"',
        rb"nonce-[\w-]+",
        rb'(?<=name="form_token" value=")[^"]*',
        rb"(?<=[\"'])[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
        rb'"timeStamp":\s?"[^"]*"',
        rb'"token":\s?"[^"]*"',
        rb'(?<=name="key" value=")[\w-]*',
        rb"DTSTAMP:\w+",
        rb'(?<=W3CDTF">)[^<]*',
        rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    )
)
#: Headers that hold what is new in every answer; the length is that of the packed answer, with its nonces.
MOVING = {"set-cookie", "content-security-policy", "content-length"}
Operation = tuple[str, str]


def operations(client: TestClient) -> set[Operation]:
    """Method and path of every route of the program; one path for each collection of the API."""
    from app.api.collections import COLLECTIONS

    def inside(routes: Any) -> Iterator[Operation]:
        for route in routes:
            router = getattr(route, "original_router", None)
            if router is not None:
                yield from inside(router.routes)
            elif getattr(route, "methods", None):
                yield from ((method, route.path) for method in route.methods)

    found = set()
    for method, path in inside(client.app.routes):  # type: ignore[attr-defined]
        names = COLLECTIONS if "{collection" in path else ("",)
        found |= {(method, re.sub(r"\{collection\w*\}", name, path)) for name in names}
    return found


def filled(path: str, examples: dict[str, str]) -> str:
    """A path with examples in it; 1 for what has none."""
    for name, value in examples.items():
        path = path.replace(name, value)
    return re.sub(r"\{[^}]*\}", "1", path)


def unpacked(body: bytes) -> bytes:
    """A body with what is packed in it."""
    if not zipfile.is_zipfile(io.BytesIO(body)):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        return b"\n".join(packed.read(name) for name in sorted(packed.namelist()))


@lru_cache(maxsize=64)  # the same body is often met again at once, in another world
def still(body: bytes, media_type: str = "") -> bytes:
    """A body without what differs from one moment to the next; of a tile what is in it, in whatever order."""
    if media_type == tiles.MVT:
        layers = mapbox_vector_tile.decode(body) if body else {}
        return repr([(name, sorted(map(repr, layers[name]["features"]))) for name in sorted(layers)]).encode()
    body = unpacked(body)
    for moment in MOMENTS:
        body = moment.sub(b"~", body)
    return body
