"""Words that only the service itself can read again: sealed with its secret, each purpose with a key of its own."""

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


def _fernet(key: str, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"{purpose}:{key}".encode()).digest()))
