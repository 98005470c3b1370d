"""Photos that people hand in, made safe to show: looked at before anything is decoded, and drawn anew.

What a file is stands in its first bytes, never in its name. How many pixels it has stands in its header: a picture
that is too large is refused before one of them is decoded, for a file of a few kilobytes can hold thousands of
megabytes of them. What is kept is a new JPEG of at most 1600 pixels and a small one of 400, upright, in sRGB, with
nothing of the file it came from: no place, no camera, no comment, no embedded preview.
docs/decisions/0031 says why, and what it costs.
"""

import hashlib
import io
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final

from PIL import Image, ImageCms

from assets.errors import Invalid, NotReady, message

#: Bytes of a file at most: it is read into memory.
MOST_BYTES: Final = 20_000_000
#: Pixels of a side at most, and of all: what telephones make, with room.
MOST_SIDE: Final = 20_000
MOST_PIXELS: Final = 50_000_000
#: The same for files that can only be decoded whole: PNG, WebP, and JPEG that comes in waves.
MOST_PIXELS_WHOLE: Final = 20_000_000
#: Waves in which a JPEG may come: each one is a walk through the whole picture.
MOST_WAVES: Final = 64
#: The longest side of what is kept, in pixels, and of the small one; and how well they are drawn.
LARGE, SMALL, QUALITY = 1600, 400, 80
#: Bytes of a colour profile that are looked at.
MOST_PROFILE: Final = 1_000_000
#: Seconds to wait for the picture before this one.
WAIT_S: Final = 10.0

#: One picture is decoded at a time, so that memory has a bound and the other threads go on.
_one_at_a_time = threading.Semaphore(1)
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # our own limits are lower

HEIC = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")


@dataclass(frozen=True)
class Drawn:
    """A JPEG with its size in pixels."""

    data: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Picture:
    """A photo as it is kept: large and small, and a mark of its content."""

    large: Drawn
    small: Drawn
    digest: str


def made(data: bytes) -> Picture:
    """The photo in a file, drawn anew.

    Raises:
        Invalid: no photo, of a kind that is not read here, too large, or broken.
        NotReady: another photo is being drawn and takes too long.
    """
    return made_of(io.BytesIO(data))


def made_of(file: BinaryIO) -> Picture:
    """The same of a file that is open; it is in memory only while it is its turn."""
    with _turn():
        data = file.read(MOST_BYTES + 1)
        kind, size = checked(data)
        try:
            return _drawn(data, kind, size)
        except (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError,
                IndexError, KeyError, TypeError, ZeroDivisionError, OverflowError, AttributeError):  # fmt: skip
            # whatever a library stumbles over in a file of a stranger, it is the file that is broken
            raise Invalid.at("/photo", "This photo is broken, or it is not complete.") from None


def checked(data: bytes) -> tuple[str, tuple[int, int]]:
    """The format and the size of a photo that may be decoded; Invalid otherwise. Nothing is decoded for it."""
    if len(data) > MOST_BYTES:
        raise Invalid.at("/photo", "This file is too large.")
    kind, width, height, whole = looked_at(data)
    if min(width, height) < 1:
        raise Invalid.at("/photo", "This photo is broken, or it is not complete.")
    most = MOST_PIXELS_WHOLE if whole else MOST_PIXELS
    if max(width, height) > MOST_SIDE or width * height > most:
        raise Invalid.at(
            "/photo",
            "This photo is {width} by {height} pixels, which is too large to read here: at most {most} million pixels. "
            "Make it smaller first.",
            width=width, height=height, most=most // 1_000_000,
        )  # fmt: skip
    return kind, (width, height)


@contextmanager
def _turn() -> Iterator[None]:
    if not _one_at_a_time.acquire(timeout=WAIT_S):
        raise NotReady(message("Other photos are being read at this moment. Try again in a minute."))
    try:
        yield
    finally:
        _one_at_a_time.release()


# --- what it is, from its first bytes ---


def looked_at(data: bytes) -> tuple[str, int, int, bool]:
    """The format of a photo, its size in pixels, and whether it can only be decoded whole, from its header.

    A size of 0 by 0 is that of a broken one. Invalid when it is no photo that is read here.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return ("JPEG", *_frame_of_jpeg(data))
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return "PNG", width, height, True
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ("WEBP", *_size_of_webp(data), True)
    if data[4:8] == b"ftyp" and data[8:12] in HEIC:
        raise Invalid.at(
            "/photo",
            "This photo is in the format HEIC or AVIF, which cannot be read here. Save it as JPEG first; "
            "or take a picture of your screen, and send that.",
        )
    raise Invalid.at("/photo", "This is no photo: send a JPEG, PNG or WebP. What a file is called makes no difference.")


def _frame_of_jpeg(data: bytes) -> tuple[int, int, bool]:
    """Width, height and whether it can only be decoded whole, from the headers up to the first scan.

    0 by 0 when there is no frame before it. A JPEG is decoded line after line when it is of a baseline kind and its
    first scan holds all colours; else libjpeg keeps all of it in memory before the first line is done.
    """
    width = height = colours = 0
    whole, at = True, 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a byte to fill up
            at += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:  # without a length
            at += 2
        elif marker == 0xDA:
            whole = whole or data[at + 4] < colours
            if whole and data.count(b"\xff\xda", at) > MOST_WAVES:
                return 0, 0, True
            return width, height, whole
        elif marker == 0xD9:
            break
        else:
            if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
                if colours:  # a second frame
                    break
                height, width, colours = struct.unpack(">HHB", data[at + 5 : at + 10])
                whole = marker not in (0xC0, 0xC1)
            at += 2 + max(2, struct.unpack(">H", data[at + 2 : at + 4])[0])
    return 0, 0, True


def _size_of_webp(data: bytes) -> tuple[int, int]:
    """Width and height in the header of the first chunk; 0 by 0 when there is none."""
    chunk, body = data[12:16], data[20:30]
    if len(body) < 10:
        return 0, 0
    if chunk == b"VP8X":
        width, height = (int.from_bytes(body[start : start + 3], "little") + 1 for start in (4, 7))
        return width, height
    if chunk == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


# --- drawing it anew ---


def _drawn(data: bytes, kind: str, size: tuple[int, int]) -> Picture:
    with Image.open(io.BytesIO(data), formats=(kind,)) as opened:
        if opened.size != size:
            raise OSError("two headers disagree")
        profile = opened.info.get("icc_profile")
        turned = _turned(opened)
        opened.draft("RGB", (LARGE, LARGE))  # a JPEG is decoded at a half, a quarter or an eighth at once
        opened.load()
        image = _of_full_colours(opened)
        image.thumbnail((LARGE, LARGE), Image.Resampling.LANCZOS, reducing_gap=3.0)
        image = _upright(_on_white(_in_srgb(image, profile)), turned)
    large = _jpeg(image)
    image.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    return Picture(large, _jpeg(image), hashlib.sha256(large.data).hexdigest())


def _of_full_colours(opened: Image.Image) -> Image.Image:
    """The picture in a form that can be made smaller: a palette and sixteen bits cannot."""
    if opened.mode in ("P", "PA"):
        return opened.convert("RGBA")
    if opened.mode.startswith("I"):
        return opened.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return opened


def _turned(opened: Image.Image) -> int:
    """How the camera was held, as EXIF says it; 1 (upright) when it says nothing that can be read."""
    try:
        found = opened.getexif().get(0x0112, 1)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is only about which side is up
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _upright(image: Image.Image, turned: int) -> Image.Image:
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(turned)  # fmt: skip
    return image if turn is None else image.transpose(turn)


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """The picture in the colours of a screen; as it is when its profile cannot be read."""
    if not isinstance(profile, bytes) or not 128 <= len(profile) <= MOST_PROFILE or image.mode not in ("RGB", "CMYK"):
        return image
    try:
        screen = ImageCms.createProfile("sRGB")
        found = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), screen, outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return image if found is None else found


def _on_white(image: Image.Image) -> Image.Image:
    """A new picture that holds the pixels and nothing else; what is see-through shows white."""
    clean = Image.new("RGB", image.size, "white")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        layered = image.convert("RGBA")
        clean.paste(layered, mask=layered.getchannel("A"))
    else:
        clean.paste(image.convert("RGB"))
    return clean


def _jpeg(image: Image.Image) -> Drawn:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, progressive=True, optimize=True)
    return Drawn(out.getvalue(), image.width, image.height)
