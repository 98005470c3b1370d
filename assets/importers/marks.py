"""Marks (fingerprints): short texts that differ when what they stand for differs."""

import hashlib
from typing import Any

import shapely


def line_mark(line: Any, road_class: str | None, bridge: bool, tunnel: bool) -> str:
    """The mark of a line of street: its coordinates (already rounded to the millimetre) and its attributes."""
    return mark_of(shapely.to_wkb(line, byte_order=1), road_class, bridge, tunnel)


def mark_of(*values: object) -> str:
    """One mark of several values: bytes as they are, others as Python writes them."""
    digest = hashlib.md5(usedforsecurity=False)
    for value in values:
        digest.update(value if isinstance(value, bytes) else repr(value).encode())
        digest.update(b"\x1f")
    return digest.hexdigest()
