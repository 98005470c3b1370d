"""Idempotency-Key: the same write sent twice is done once, and answered the same.

The key is claimed in the transaction that does the work, so that a key is kept exactly when the work is: a second
request with the same key waits for the first, and then gets its answer, or does the work when the first failed.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote, unquote

from fastapi import Request
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.problems import Refusal
from assets import sealing
from assets.erasure import ERASED_SINCE
from assets.errors import Fault, NotFound
from assets.idempotency_keys import IdempotencyKey
from assets.permissions import Viewer

#: How long a key is remembered.
KEPT = timedelta(days=7)
HEADER = "Idempotency-Key"
#: Takes away what is too old, a little at each write and never waiting for another who does the same.
FORGET = text(
    "DELETE FROM idempotency_key WHERE (holder, key) IN (SELECT holder, key FROM idempotency_key"
    " WHERE created_at < now() - CAST(:kept AS interval) LIMIT 100 FOR UPDATE SKIP LOCKED)"
)


#: The secret of a private page in the address of an answer.
FOLLOW = re.compile(r"(?<=[?&]follow=)[^&]+")
PURPOSE = "kept answer"


@dataclass(frozen=True)
class Answer:
    """What a write answers: it can be stored and given again."""

    status: int
    headers: dict[str, str]
    body: str

    def response(self, request: Request | None = None) -> Response:
        """The answer as it goes out; `request` where its address holds a `follow` that was sealed."""
        headers = dict(self.headers)
        if request is not None and "Location" in headers:
            key: str = request.app.state.form_key
            headers["Location"] = FOLLOW.sub(lambda found: _opened(found[0], key), headers["Location"])
        return Response(self.body.encode("utf-8"), status_code=self.status, headers=headers)


def follow(request: Request, token: str) -> str:
    """The secret of a private page for the address in an answer, sealed: whoever reads what is kept cannot open it."""
    key: str = request.app.state.form_key
    return quote(sealing.seal(token, key, purpose=PURPOSE), safe="")


def _opened(sealed: str, key: str) -> str:
    return sealing.unseal(unquote(sealed), key, purpose=PURPOSE) or ""


def key_of(request: Request) -> str | None:
    """The key of this request: 1 to 255 printable signs, in quotation marks or not; None when it has none."""
    return the_key(request.headers.get(HEADER))


def the_key(value: str | None) -> str | None:
    """A key as it stands in the header, or in the field `key` of a form; None when there is none."""
    if value is None:
        return None
    key = value.strip()
    if len(key) > 1 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not re.fullmatch(r"[\x21-\x7e]{1,255}", key):
        detail = f"{HEADER} has 1 to 255 printable signs without spaces."
        raise Refusal("invalid-input", detail, faults=[Fault(HEADER, detail)])
    return key


def fingerprint(request: Request, body: bytes) -> str:
    """What makes a request the same request: method, path, the CRS of its body and the body."""
    parts = (request.method, request.url.path, request.headers.get("content-crs", ""))
    return keyed(request, "\n".join(parts).encode("utf-8", "replace") + b"\n" + body)


def keyed(request: Request, sent: bytes) -> str:
    """A mark of what was sent that only the service can make: nobody finds a place by trying all of them."""
    key: str = request.app.state.form_key
    return hmac.new(key.encode(), b"fingerprint\n" + sent, hashlib.sha256).hexdigest()


def once(
    session: Session, viewer: Viewer, key: str | None, print_of_request: str, work: Callable[[], Answer]
) -> Answer:
    """The answer of `work`, done at most once for this key of this token, account or visitor's browser.

    Raises:
        Refusal: the key belongs to another request (422).
    """
    holder = viewer.holder
    if key is None or holder is None:
        return work()
    mine = (IdempotencyKey.holder == holder, IdempotencyKey.key == key)
    session.execute(FORGET, {"kept": KEPT})
    claim = insert(IdempotencyKey).values(
        holder=holder, key=key, fingerprint=print_of_request, status=0, headers={}, body=""
    )
    # Waits here while another request with this key is under way.
    claimed = session.execute(claim.on_conflict_do_nothing().returning(IdempotencyKey.key)).first()
    if claimed is not None:
        answer = work()
        session.execute(
            update(IdempotencyKey).where(*mine).values(status=answer.status, headers=answer.headers, body=answer.body)
        )
        return answer
    kept = session.execute(
        select(IdempotencyKey.fingerprint, IdempotencyKey.status, IdempotencyKey.headers, IdempotencyKey.body).where(
            *mine
        )
    ).one()
    if kept.fingerprint != print_of_request:
        raise Refusal("key-reused", "This Idempotency-Key was used for another request; use a new one.")
    if kept.status == 0:  # emptied by assets/erasure.py; the key stays, so that nothing is brought back
        raise NotFound(ERASED_SINCE)
    return Answer(kept.status, kept.headers, kept.body)
