"""Secrets as they are kept: sealed, for what the service itself must read again, and hashed for all the rest.

Each purpose is sealed with a key of its own.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


def seal(words: str, key: str, *, purpose: str) -> str:
    """The words, sealed; `key` is the service's own secret."""
    return _fernet(key, purpose).encrypt(words.encode()).decode()


def unseal(sealed: str, key: str, *, purpose: str) -> str | None:
    """The words that were sealed with this key for this purpose; None when it was another."""
    try:
        return _fernet(key, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def hashed(token: str) -> str:
    """The form in which a secret of ours is kept; they are 256 random bits, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _fernet(key: str, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"{purpose}:{key}".encode()).digest()))
