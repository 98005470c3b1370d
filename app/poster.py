"""The poster of an area as a PDF: what the page `/areas/{code}/poster` and the command `vuurtoren poster` make.

WeasyPrint lays out templates/poster.html with static/pages/poster.css. It may read our own static files and the
drawings made for this poster, and nothing else: no other file, no other host.
"""

import atexit
import contextlib
import io
import logging
import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import PurePosixPath
from threading import BoundedSemaphore, Lock
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from cachetools import LRUCache
from sqlalchemy.orm import Session

from app import i18n, qr, words
from app.templating import STATIC, environment
from assets import poster
from assets.errors import Invalid, NotReady, TooLarge
from assets.poster import Contents, PosterEntry
from assets.vocabulary import AssetKind, Freshness, Placement

#: The map on an A3 sheet, in millimetres; static/pages/poster.css leaves this room.
MAP_WIDTH_MM, MAP_HEIGHT_MM = 264.0, 235.0
#: Addresses in the template and its style sheets are resolved against this one. It is no host: nothing is fetched.
OWN = "http://poster.invalid/"
#: Kinds of static files that a poster is made of.
SUFFIXES = {".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml"}
#: The light that falls over the head of the sheet, from the lamp of the lighthouse beside it.
BEAM = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 287 66">'
    '<defs><linearGradient id="light" x1="0" y1="0" x2="1" y2="0">'
    '<stop offset="0" stop-color="#ffb000" stop-opacity=".5"/>'
    '<stop offset=".35" stop-color="#ffb000" stop-opacity=".2"/>'
    '<stop offset="1" stop-color="#ffb000" stop-opacity="0"/></linearGradient></defs>'
    '<path fill="url(#light)" d="M22 19.6L287 0V46L22 22.4z"/></svg>'
)
#: Longer names of areas are written smaller.
LONGEST_NAME = 26
#: An address in a QR code that a telephone still reads from a wall.
LONGEST_ADDRESS = 300
NO_PANGO = (
    "No PDF can be made here, for the library Pango is not installed. "
    "Install the packages libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0."
)


class Busy(NotReady):
    """Too many posters are being made."""


@dataclass(frozen=True)
class Line:
    """One entry in the list.

    Attributes:
        number: of its pin on the map; None without one.
        language: of the title.
        facts: what stands below the title.
    """

    number: int | None
    title: str
    language: str
    ageing: bool
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """The entries of one kind."""

    kind: AssetKind
    lines: tuple[Line, ...]


def read(session: Session, code: str, *, on: date, language: i18n.Language) -> Contents:
    """What stands on the poster of this area; errors as `assets.poster.contents`, in words of the language."""
    try:
        return poster.contents(session, code, on=on, aspect=MAP_WIDTH_MM / MAP_HEIGHT_MM)
    except TooLarge as error:
        sentence = i18n.translator(language).gettext(
            "{area} is too large for one poster. Choose a smaller area, such as a neighbourhood."
        )
        raise TooLarge(sentence, area=error.values["area"]) from error


def pdf(found: Contents, *, on: date, today: date, language: i18n.Language, base_url: str) -> bytes:
    """The poster as a tagged A3 PDF with its fonts in it.

    Args:
        found: what stands on it.
        on: the day that it is about.
        today: the day on which it is made.
        language: of all words but those of the entries.
        base_url: where the service is, for the QR code.

    Raises:
        Invalid: the address is no web address that fits in a QR code.
        NotReady: this machine has no Pango.
    """
    address = area_address(base_url, found.area.code)
    weasyprint = _weasyprint()
    groups = _groups(found, i18n.translator(language))
    html = environment(language).get_template("poster.html").render(
        {
            "language": language,
            "place": found.area.name,
            "groups": groups,
            "numbered": sum(line.number is not None for group in groups for line in group.lines),
            "more": found.more,
            "on": on,
            "today": today,
            "address": address,
            "shown_address": re.sub(r"^https?://", "", unquote(address)),
            "sources": found.sources,
            "sample": found.sample,
            "long": len(found.area.name) > LONGEST_NAME,
        }
    )  # fmt: skip
    drawings = {**_marks(), "map.svg": _map(found, groups), "qr.svg": qr.svg(address)}
    document = weasyprint.HTML(string=html, base_url=OWN, url_fetcher=own_files(drawings))
    fonts, styles = _fonts_and_styles()
    made: bytes = document.write_pdf(stylesheets=styles, font_config=fonts, pdf_variant="pdf/ua-1")
    return made


def area_address(base_url: str, code: str) -> str:
    """The address of an area's page, for the QR code; Invalid when the base is no web address or too long."""
    address = f"{base_url.rstrip('/')}/areas/{quote(code, safe='')}"
    if len(address) > LONGEST_ADDRESS or not re.fullmatch(
        r"https?://[\w.\-:\[\]]+(/[^\s?#<>\"]*)?", base_url, re.ASCII
    ):
        raise Invalid("The address for the QR code is no web address: write it as https://map.example.org.")
    return address


def file_name(name: str, code: str, *, on: date, language: i18n.Language) -> str:
    """A file name for the poster, of letters, digits and hyphens: `poster-bospolder-2026-11-27.pdf`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
    slug = slug or re.sub(r"[^A-Za-z0-9]+", "-", code).strip("-") or "area"
    return f"poster-{slug}-{on.isoformat()}{'' if language == 'nl' else f'-{language}'}.pdf"


# --- the words ---


def _groups(found: Contents, speaker: i18n.Translator) -> tuple[Group, ...]:
    """The list by kind; pins are numbered as they stand in it."""
    groups = []
    number = 0
    for kind in AssetKind:
        lines = []
        for entry in found.entries:
            if entry.kind is not kind:
                continue
            if entry.shape is not None:
                number += 1
            lines.append(
                Line(
                    number=number if entry.shape is not None else None,
                    title=entry.title,
                    language=entry.language,
                    ageing=entry.freshness is Freshness.ageing,
                    facts=tuple(_facts(entry, found.area.name, speaker)),
                )
            )
        if lines:
            groups.append(Group(kind, tuple(lines)))
    return tuple(groups)


def _facts(entry: PosterEntry, place: str, speaker: i18n.Translator) -> list[str]:
    """What is said of an entry: about what or where, when, for whom, and whether it was heard of recently."""
    say = speaker.gettext
    facts: list[str] = []
    if entry.kind is AssetKind.street_initiative:
        facts += [say(words.THEME[theme]) for theme in entry.themes]
        facts += [street for street in entry.streets if street.casefold() not in entry.title.casefold()]
    elif entry.kind is AssetKind.person:
        facts += [entry.street] if entry.street else []
    if entry.kind is not AssetKind.street_initiative and entry.area_name not in (None, place):
        facts.append(str(entry.area_name))
    if entry.placement is Placement.none or (entry.shape is None and entry.kind is not AssetKind.person):
        facts.append(say("without a place on the map"))
    if entry.rhythm:
        facts.append(entry.rhythm)
    if entry.open_to_newcomers and entry.kind is not AssetKind.story:
        facts.append(say("newcomers are welcome"))
    if entry.freshness is Freshness.ageing:
        facts.append(say("not confirmed for a while"))
    return facts


# --- the drawings ---


def _map(found: Contents, groups: tuple[Group, ...]) -> bytes:
    """The map, with the numbers of the list."""
    from maps import poster as drawn

    numbers = iter([line.number for group in groups for line in group.lines])
    marks = [
        drawn.Mark(number, entry.kind, entry.freshness is Freshness.ageing, entry.shape)
        for kind in AssetKind
        for entry in found.entries
        if entry.kind is kind and (number := next(numbers)) is not None and entry.shape is not None
    ]
    drawing = drawn.Drawing(
        window=found.window,
        area=found.area.shape,
        width_mm=MAP_WIDTH_MM,
        around=[drawn.Neighbour(area.name, area.shape) for area in found.around],
        streets=[drawn.Street(street.name, street.road_class, street.shape) for street in found.streets],
        marks=marks,
    )
    return drawn.svg(drawing).encode()


@lru_cache(maxsize=1)
def _marks() -> dict[str, bytes]:
    """The symbols of the list, fresh and ageing, without numbers: the list writes those as its own text."""
    from maps.poster import mark_svg

    found = {}
    for kind in AssetKind:
        for ageing in (False, True):
            name = f"mark-{kind.value.replace('_', '-')}{'-ageing' if ageing else ''}.svg"
            body = mark_svg(None, kind, ageing=ageing)
            found[name] = _small(body)
    return found | {
        "tag-street-initiative.svg": _small(mark_svg(None, AssetKind.street_initiative, ageing=False, tag=True)),
        "tag-street-initiative-ageing.svg": _small(mark_svg(None, AssetKind.street_initiative, ageing=True, tag=True)),
        "beam.svg": BEAM.encode(),
    }


def _small(body: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-3.9 -3.9 7.8 7.8">{body}</svg>'.encode()


# --- what WeasyPrint may read ---


def own_files(drawings: Mapping[str, bytes]) -> Callable[[str], Any]:
    """A fetcher for WeasyPrint: the drawings and our static files; everything else is refused with ValueError."""
    from weasyprint.urls import URLFetcherResponse

    def fetch(url: str) -> Any:
        parts = urlsplit(url)
        path = unquote(parts.path).removeprefix("/")
        if f"{parts.scheme}://{parts.netloc}/" != OWN:
            raise ValueError("A poster is made of our own files only.")
        kind = SUFFIXES.get(PurePosixPath(path).suffix)
        if kind is None:
            raise ValueError("A poster is made of style sheets, fonts and drawings only.")
        if path in drawings:
            return URLFetcherResponse(url, drawings[path], {"Content-Type": kind})
        file = (STATIC / path.removeprefix("static/")).resolve()
        if not path.startswith("static/") or not file.is_relative_to(STATIC.resolve()) or not file.is_file():
            raise ValueError("There is no such file of ours.")
        return URLFetcherResponse(url, file.read_bytes(), {"Content-Type": kind})

    return fetch


def _weasyprint() -> Any:
    """The module weasyprint; NotReady where the libraries that it loads are not there."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints a page of advice before it fails
            import weasyprint
    except OSError as error:
        raise NotReady(NO_PANGO) from error
    # what they tell is about lines of theme.css that are for browsers, and about tables of fonts
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return weasyprint


@lru_cache(maxsize=1)
def _fonts_and_styles() -> tuple[Any, list[Any]]:
    """The fonts and style sheets of every poster, read once: fonts read anew for each are never let go of again."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    atexit.register(_fonts_and_styles.cache_clear)  # it tidies up after itself, which it cannot when Python has ended
    fetch = own_files({})
    sheets = ("static/theme.css", "static/pages/poster.css")
    return fonts, [CSS(url=f"{OWN}{sheet}", url_fetcher=fetch, font_config=fonts) for sheet in sheets]


# --- one at a time ---


class Press:
    """Makes posters one at a time, for each takes a whole processor for seconds, and keeps the latest of them.

    What is kept is asked for by everything that it depends on, the version of the data among it: what somebody
    withdrew is gone at once.
    """

    #: Posters that are kept, and requests that may wait for the one being made.
    KEPT, WAITING = 24, 4
    #: A request that waited so many seconds is told to come back.
    WAIT_S = 15.0
    #: What a client that is told to come back reads in Retry-After.
    AGAIN_S = 20

    def __init__(self) -> None:
        self._kept: LRUCache[Hashable, bytes] = LRUCache(maxsize=self.KEPT)
        self._keeping = Lock()
        self._making = Lock()
        self._places = BoundedSemaphore(1 + self.WAITING)

    def get(self, key: Hashable) -> bytes | None:
        """The poster that is kept under this key."""
        with self._keeping:
            return self._kept.get(key)

    def make(self, key: Hashable, work: Callable[[], bytes]) -> bytes:
        """The poster of this key, made now unless another request just did; Busy when too many wait."""
        busy = Busy("Other posters are being made at this moment; try again in half a minute.")
        if not self._places.acquire(blocking=False):
            raise busy
        try:
            if not self._making.acquire(timeout=self.WAIT_S):
                raise busy
            try:
                kept = self.get(key)
                if kept is None:
                    kept = work()
                    with self._keeping:
                        self._kept[key] = kept
                return kept
            finally:
                self._making.release()
        finally:
            self._places.release()
