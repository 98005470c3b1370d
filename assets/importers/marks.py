"""Marks (fingerprints): short texts that differ when what they stand for differs."""

import hashlib


def mark_of(*values: object) -> str:
    """One mark of several values: bytes as they are, others as Python writes them."""
    digest = hashlib.md5(usedforsecurity=False)
    for value in values:
        digest.update(value if isinstance(value, bytes) else repr(value).encode())
        digest.update(b"\x1f")
    return digest.hexdigest()
