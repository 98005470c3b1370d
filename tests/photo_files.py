"""Photos for tests, good and bad, each made in a few milliseconds; every one but the plainest carries a mark."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

#: Stands in every piece of metadata that a file can carry; no answer may hold it.
MARK = b"Geheime Plek 52.3702N 4.8952E"


def encoded(image: Image.Image, kind: str, **how: Any) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def plain(width: int = 640, height: int = 480, colour: str = "teal", kind: str = "JPEG", **how: Any) -> bytes:
    """A photo of one colour."""
    return encoded(Image.new("RGB", (width, height), colour), kind, **how)


def halves(width: int = 400, height: int = 200) -> Image.Image:
    """Red on the left, blue on the right: it shows which side is up."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    return image


def telling(kind: str = "JPEG", *, turned: int = 1) -> bytes:
    """A photo that tells where and with what it was taken, in all the ways that its kind has; `turned` as in EXIF."""
    exif = Image.Exif()
    exif[0x0112] = turned
    exif[0x010F] = MARK.decode()  # who made the camera
    exif[0x9286] = MARK  # what somebody wrote
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (52.0, 22.0, 13.0), "E", (4.0, 53.0, 43.0)
    place[29] = "2026:11:23"
    how: dict[str, Any] = {"exif": exif, "xmp": b"<x:xmpmeta>" + MARK + b"</x:xmpmeta>"}
    if kind == "JPEG":
        how["comment"] = MARK
    data = encoded(halves(), kind, **how)
    if kind == "PNG":  # a text and an XMP of its own
        chunk = b"tEXt" + b"Comment\x00" + MARK
        data = data[:33] + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + data[33:]
    assert MARK in data
    return data


def png_header(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\x00" * 20


def jpeg_header(width: int, height: int, *, frame: int = 0xC0, scans: int = 1, in_scan: int = 3) -> bytes:
    """A JPEG of a few bytes that says it is this large, of a kind, in so many scans of so many colours."""
    parts = b"\x03" + b"".join(bytes([number + 1, 0x11, 0]) for number in range(3))
    start = b"\xff\xd8" + bytes([0xFF, frame]) + struct.pack(">HBHH", 17, 8, height, width) + parts
    scan = b"\xff\xda" + struct.pack(">HB", 6 + 2 * in_scan, in_scan) + b"\x01\x00" * in_scan + b"\x00\x3f\x00"
    return start + scan * scans + b"\x00" * 20


def webp_header(width: int, height: int) -> bytes:
    """A WebP of a few bytes that says it is this large."""
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x00" * 4 + sizes + b"\x00" * 20
    return b"RIFF" + struct.pack("<I", len(body)) + body


HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 100
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00" + b"\x00" * 200
