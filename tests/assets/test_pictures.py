"""Photos are drawn anew: the right way up, small, with nothing of the file they came from; bad ones cost nothing."""

import io
import threading
import tracemalloc

import pytest
from PIL import Image, ImageCms

from assets import pictures
from assets.errors import Invalid, NotReady
from tests.photo_files import (
    HEIC,
    MARK,
    PROGRAM,
    encoded,
    halves,
    jpeg_header,
    plain,
    png_header,
    telling,
    webp_header,
)  # fmt: skip


def opened(data: bytes) -> Image.Image:
    """A file as a picture."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def near(pixel: object, colour: tuple[int, int, int]) -> bool:
    """Whether a pixel has a colour, but for what JPEG makes of it."""
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 12 for one, other in zip(pixel, colour, strict=True))


def refused(data: bytes) -> str:
    """Why a file is refused."""
    with pytest.raises(Invalid) as found:
        pictures.made(data)
    assert ["/photo"] == [fault.pointer for fault in found.value.faults]
    return str(found.value)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_of_the_file_is_left(kind: str) -> None:
    """Place, camera, comment, XMP and text are in no byte of what is kept, large or small."""
    made = pictures.made(telling(kind))
    for drawn in (made.large, made.small):
        assert MARK not in drawn.data
        assert b"Exif" not in drawn.data
        assert b"xmp" not in drawn.data.lower()
        image = opened(drawn.data)
        assert (drawn.width, drawn.height) == image.size
        assert {} == dict(image.getexif())
        assert {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progression", "progressive"} >= set(image.info)


@pytest.mark.parametrize(("turned", "left", "size"), [(1, "red", (400, 200)), (3, "blue", (400, 200)),
    (2, "blue", (400, 200)), (4, "red", (400, 200)), (6, "red", (200, 400)), (8, "blue", (200, 400)),
    (5, "red", (200, 400)), (7, "blue", (200, 400)), (99, "red", (400, 200))])  # fmt: skip
def test_the_right_way_up(turned: int, left: str, size: tuple[int, int]) -> None:
    """How the camera was held is put into the pixels: first the left (or top) half, whatever EXIF said."""
    large = pictures.made(telling(turned=turned)).large
    assert size == (large.width, large.height)
    image = opened(large.data)
    assert near(image.getpixel((20, 20)), {"red": (254, 0, 0), "blue": (0, 0, 254)}[left])


def test_at_most_1600_and_400_pixels() -> None:
    """What is large becomes smaller in proportion; what is small is not blown up."""
    made = pictures.made(plain(4000, 1000))
    assert ((1600, 400), (400, 100)) == ((made.large.width, made.large.height), (made.small.width, made.small.height))
    tiny = pictures.made(plain(3, 2))
    assert ((3, 2), (3, 2)) == ((tiny.large.width, tiny.large.height), (tiny.small.width, tiny.small.height))
    line = pictures.made(plain(19_000, 2))
    assert (1600, 1) == (line.large.width, line.large.height)


def test_what_is_see_through_shows_white() -> None:
    """A PNG or WebP with an alpha channel, or a palette with a see-through colour, lies on white."""
    clear = Image.new("RGBA", (50, 50), (255, 0, 0, 0))
    palette = Image.new("P", (50, 50), 7)
    palette.putpalette([90] * 768)
    for data in (encoded(clear, "PNG"), encoded(clear, "WEBP"), encoded(palette, "PNG", transparency=7, bits=8),
                 encoded(Image.new("LA", (50, 50), (0, 0)), "PNG")):  # fmt: skip
        assert near(opened(pictures.made(data).large.data).getpixel((25, 25)), (255, 255, 255))


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "I;16", "YCbCr"])
def test_every_kind_of_colour(mode: str) -> None:
    """Grey, black and white, palette, ink and sixteen bits become a picture of three colours."""
    kind = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    image = Image.new(mode, (60, 40)) if mode == "I;16" else halves(60, 40).convert(mode)
    assert "RGB" == opened(pictures.made(encoded(image, kind)).large.data).mode


def test_colours_of_another_screen() -> None:
    """A colour profile is worked into the pixels and left out; one that is nonsense is left out as well."""
    ours = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = ours.replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")  # red for green
    strange = plain(60, 40, "teal", icc_profile=profile)
    for data in (strange, plain(60, 40, icc_profile=b"x" * 200), plain(60, 40, icc_profile=MARK)):
        image = opened(pictures.made(data).large.data)
        assert "icc_profile" not in image.info
    assert near(opened(pictures.made(strange).large.data).getpixel((5, 5)), (128, 0, 128))


def test_the_first_of_several() -> None:
    """Of a moving picture, and of a camera's file with more than one, the first is taken."""
    frames = [halves(60, 40), Image.new("RGB", (60, 40), "green")]
    for kind in ("PNG", "WEBP", "MPO"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert near(opened(pictures.made(data).large.data).getpixel((5, 5)), (254, 0, 0)), kind


@pytest.mark.parametrize("data", [
    png_header(50_000, 50_000), png_header(20_001, 1), png_header(7000, 7000), png_header(2**31, 2**31),
    jpeg_header(50_000, 50_000), jpeg_header(20_001, 100), jpeg_header(9000, 6000),
    jpeg_header(5000, 5000, frame=0xC2), jpeg_header(5000, 5000, in_scan=1),
    webp_header(16_000, 16_000), webp_header(5000, 5000),
], ids=lambda data: f"{len(data)} bytes")  # fmt: skip
def test_a_bomb_is_refused_by_its_header(data: bytes) -> None:
    """A small file that says it is huge is refused without one pixel of it: in words, and with next to no memory."""
    tracemalloc.start()
    why = refused(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "too large" in why
    assert peak < 1_000_000


@pytest.mark.parametrize("data", [
    b"", b"\xff", b"\xff\xd8\xff", PROGRAM, b"GIF89a" + b"\x00" * 99, b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    b"%PDF-1.7", b"BM" + b"\x00" * 99, b"\x00" * 100, b"RIFF\x00\x00\x00\x00WAVE" + b"\x00" * 99,
    telling()[:300], telling()[:-300], telling("PNG")[:-200], telling("WEBP")[:-200], png_header(10, 10),
    png_header(0, 9),
    jpeg_header(10, 10), jpeg_header(0, 10), webp_header(10, 10), jpeg_header(100, 100, frame=0xC2, scans=65),
    b"\xff\xd8" + b"\xff" * 500, b"\xff\xd8\xff\xe0\x00\x00" * 50,
], ids=lambda data: f"{len(data)} bytes")  # fmt: skip
def test_what_is_no_photo_or_broken(data: bytes) -> None:
    """Programs, drawings, other kinds, cut off and empty files: each is refused in a sentence."""
    assert {"photo"} <= set(refused(data).replace(":", " ").replace(",", " ").split())


def test_heic_is_told_what_to_do() -> None:
    """The format of a telephone that cannot be read is named, with the way out."""
    assert "HEIC" in refused(HEIC)


def test_two_headers_that_disagree() -> None:
    """A second frame in a JPEG, larger than the first, does not get past the check."""
    small, large = jpeg_header(10, 10)[:21], jpeg_header(60_000, 60_000)[2:]
    refused(small + large)


def test_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """While one photo is being drawn the next waits its turn, and is asked to come back when that takes too long."""
    monkeypatch.setattr(pictures, "WAIT_S", 0.01)
    with pictures._turn(), pytest.raises(NotReady):
        pictures.made(plain())
    assert pictures.made(plain()).large.width == 640
    done: list[int] = []
    monkeypatch.setattr(pictures, "WAIT_S", 60)
    threads = [threading.Thread(target=lambda: done.append(pictures.made(plain()).large.width)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [640] * 4 == done
