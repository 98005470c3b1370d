"""Opening a file that a stranger brings: what kind it is by its content, unpacked within limits.

The name of a file says nothing certain, and the libraries that read maps open far more than maps: a file of another
format may name other files or addresses that the library then fetches. So the kind is decided here, by the first
bytes, and only the kinds in FORMATS are handed on.
"""

import gzip
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO

from assets.importers.report import UnreadableFile

FORMATS = ("geojson", "gpkg", "shapefile", "gml", "osm", "csv", "fgb")

#: Most bytes that a packed file may grow to, and most files it may hold.
MOST_UNPACKED = 4 * 1024**3
MOST_MEMBERS = 1_000
#: A packed file above SMALL bytes may not grow more than this many times: what maps do not, bombs do.
MOST_GROWTH = 200
SMALL = 64 * 1024**2

BLOCK = 1024**2

GEOJSON_TYPES = rb"FeatureCollection|Feature|GeometryCollection|(?:Multi)?(?:Point|LineString|Polygon)"
_GEOJSON = re.compile(rb'"type"\s*:\s*"(?:' + GEOJSON_TYPES + rb')"')

OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"II*\x00", "a picture"),
    (b"Rar!", "a RAR archive; pack it as .zip"),
    (b"7z\xbc\xaf", "a 7z archive; pack it as .zip"),
    (b"\xd0\xcf\x11\xe0", "an old Office document; save it as CSV"),
    (b"\xfd7zXZ", "an xz archive; pack it as .zip or .gz"),
)


@dataclass(frozen=True)
class SourceFile:
    """A file on disk that is known to be of one kind.

    Attributes:
        path: where it lies; unpacked files lie in a folder that is removed afterwards.
        format: one of FORMATS.
        name: what the one who brought it calls it.
        packed: whether it came out of an archive.
    """

    path: Path
    format: str
    name: str
    packed: bool = False


class _Bomb(UnreadableFile):
    """What is packed grows beyond the room there is for it."""


@dataclass
class _Room:
    """Where files are unpacked, and how much still fits: one budget for archives within archives too."""

    folder: Path
    bytes_left: int
    members_left: int

    def write(self, source: IO[bytes] | gzip.GzipFile, target: Path, name: str) -> None:
        """Copy a packed stream to a file as long as there is room; the sizes an archive tells are not believed."""
        with target.open("wb") as copy:
            while block := source.read(BLOCK):
                self.bytes_left -= len(block)
                if self.bytes_left < 0:
                    raise _bomb(name)
                copy.write(block)

    def place(self, name: str) -> Path:
        """A path in a new folder of its own."""
        inside = self.folder / str(len(list(self.folder.iterdir())))
        inside.mkdir()
        return inside / name


@contextmanager
def opened(path: Path, *, format: str | None = None) -> Iterator[list[SourceFile]]:
    """The map or table files that a path holds: itself, or the members of an archive.

    Args:
        path: a file; .gz and .zip are unpacked into a folder that is removed afterwards.
        format: what the caller says it is; refused when the content says otherwise.

    Raises:
        UnreadableFile: in one sentence, when it is nothing that can be imported.
    """
    if not path.exists():
        raise UnreadableFile("There is no file {path}.", path=path)
    if not path.is_file():
        raise UnreadableFile("{path} is not a file.", path=path)
    with TemporaryDirectory(prefix="vuurtoren-import-") as folder:
        try:
            room = _Room(Path(folder), min(MOST_UNPACKED, max(SMALL, path.stat().st_size * MOST_GROWTH)), MOST_MEMBERS)
            found = _look(path, room, path.name, depth=0)
        except OSError:
            raise UnreadableFile("The file {name} cannot be read from disk.", name=path.name) from None
        if format is not None:
            matching = [file for file in found if file.format == format]
            if not matching:
                kinds = ", ".join(sorted({file.format for file in found}))
                raise UnreadableFile(
                    "The file {name} is not {format}; by its content it is {kinds}.",
                    name=path.name,
                    format=format,
                    kinds=kinds,
                )
            found = matching
        yield found


def _look(path: Path, room: _Room, name: str, *, depth: int) -> list[SourceFile]:
    """What lies at this path, by its first bytes."""
    with path.open("rb") as stream:
        head = stream.read(64 * 1024)
    if not head:
        raise UnreadableFile("The file {name} is empty.", name=name)
    if depth > 2:
        raise UnreadableFile("The file {name} is packed more than twice; unpack it first.", name=name)
    if head.startswith(b"\x1f\x8b"):
        return _look(_gunzip(path, room, name), room, name, depth=depth + 1)
    if head.startswith(b"PK\x03\x04"):
        return _unzip(path, room, name, depth=depth)
    if head.startswith(b"PK\x05\x06"):
        raise UnreadableFile("The archive {name} is empty.", name=name)
    kind = kind_of(head, path.suffix.lower(), name)
    if kind == "shapefile" and not any(
        part.stem == path.stem and part.suffix.lower() == ".shx" for part in path.parent.iterdir()
    ):
        raise UnreadableFile(
            "A shapefile comes in parts; {name} lacks its .shx. Bring them together as one .zip.", name=name
        )
    if kind == "geojson" and _holds(path, b"\\u0000"):
        # the library would cut the text there without a word
        raise UnreadableFile("The file {name} holds NUL characters in its texts; remove them first.", name=name)
    if kind == "gml":
        # the library writes an index beside a GML file, so it works on a copy
        path = Path(shutil.copy(path, room.place("copy.gml")))
    return [SourceFile(path=path, format=kind, name=name, packed=depth > 0)]


def _holds(path: Path, words: bytes) -> bool:
    """Whether the bytes stand anywhere in the file."""
    tail = b""
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            if words in tail + block:
                return True
            tail = block[-len(words) :]
    return False


def kind_of(head: bytes, suffix: str, name: str) -> str:
    """The format whose content starts with these bytes; UnreadableFile when it is none that can be imported."""
    for start, what in OTHER_KINDS:
        if head.startswith(start):
            raise UnreadableFile("The file {name} is {what}, not map data.", name=name, what=what)
    if head.startswith(b"SQLite format 3\x00"):
        if head[68:72] not in (b"GPKG", b"GP10", b"GP11") and b"gpkg_contents" not in head:
            raise UnreadableFile("The file {name} is a database, but not a GeoPackage.", name=name)
        return "gpkg"
    if head.startswith(b"\x00\x00\x27\x0a"):
        return "shapefile"
    if head.startswith(b"fgb\x03"):
        return "fgb"
    if head[4:15] == b"\x0a\x09OSMHeader":
        return "osm"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        return _kind_of_xml(text, name)
    if text.startswith((b"{", b"[")):
        if b"gdal_streamed_alg" in text or not _GEOJSON.search(text):
            raise UnreadableFile("The file {name} is JSON, but not GeoJSON.", name=name)
        return "geojson"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "csv"
    if b"\x00" in head:
        wanted = {".gpkg": "a GeoPackage", ".pbf": "an OpenStreetMap extract", ".shp": "a shapefile"}.get(suffix)
        what = f"is not {wanted}" if wanted else "is no map data and no table"
        raise UnreadableFile("The file {name} {what}, whatever its name says.", name=name, what=what)
    wanted = {
        ".gpkg": "a GeoPackage",
        ".pbf": "an OpenStreetMap extract",
        ".shp": "a shapefile",
        ".gml": "GML",
        ".geojson": "GeoJSON",
        ".json": "GeoJSON",
        ".osm": "an OpenStreetMap file",
        ".gz": "a packed file",
        ".zip": "an archive",
    }.get(suffix)
    if wanted:
        raise UnreadableFile("The file {name} is not {wanted}, whatever its name says.", name=name, wanted=wanted)
    return "csv"


def _kind_of_xml(text: bytes, name: str) -> str:
    """osm or gml by the root element; a document that defines entities is refused unread."""
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise UnreadableFile("The file {name} defines its own XML entities; such files are not read.", name=name)
    root = re.search(rb"<(?![?!])([A-Za-z_][\w.\-]*:)?([\w.\-]+)", text)
    kind = root.group(2) if root else b""
    if kind == b"osm":
        return "osm"
    if kind == b"osmChange":
        raise UnreadableFile("The file {name} holds changes of OpenStreetMap, not a map.", name=name)
    if kind in (b"FeatureCollection", b"CityModel") or (b"opengis.net/gml" in text and b"featureMember" in text):
        return "gml"
    raise UnreadableFile("The file {name} is XML, but neither GML nor OpenStreetMap.", name=name)


def _gunzip(path: Path, room: _Room, name: str) -> Path:
    """The unpacked content of a .gz file."""
    target = room.place(PurePosixPath(path.stem).name or "unpacked")
    try:
        with gzip.open(path, "rb") as source:
            room.write(source, target, name)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise UnreadableFile("The packed file {name} is damaged or cut short.", name=name) from None
    return target


def _unzip(path: Path, room: _Room, name: str, *, depth: int) -> list[SourceFile]:
    """The readable members of a .zip file, unpacked; members of one folder stay together."""
    folders: dict[str, Path] = {}
    targets = []
    try:
        with zipfile.ZipFile(path) as archive:
            members = [
                member
                for member in archive.infolist()
                if not member.is_dir() and not member.filename.startswith("__MACOSX/")
            ]
            if any(member.filename == "[Content_Types].xml" for member in members):
                raise UnreadableFile("The file {name} is an Office document; save it as CSV.", name=name)
            room.members_left -= len(members)
            if room.members_left < 0:
                raise UnreadableFile("The archive {name} holds more than {most} files.", name=name, most=MOST_MEMBERS)
            if sum(member.file_size for member in members) > room.bytes_left:
                raise _bomb(name)
            if any(member.flag_bits & 1 for member in members):
                raise UnreadableFile("The archive {name} is locked with a password.", name=name)
            for member in members:
                # only the last part of a member's name is used: names may try to climb out of the folder
                inner = PurePosixPath(member.filename.replace("\\", "/"))
                folder = folders.setdefault(str(inner.parent), room.place("x").parent)
                target = folder / f"{inner.stem[:100]}{inner.suffix.lower()[:20]}"
                with archive.open(member) as source:
                    room.write(source, target, name)
                targets.append(target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise UnreadableFile("The archive {name} is damaged or cut short.", name=name) from None
    return _members(targets, room, name, depth=depth)


def _members(targets: list[Path], room: _Room, name: str, *, depth: int) -> list[SourceFile]:
    """The members that are files of their own; the .dbf, .prj and such of a shapefile are not."""
    found: list[SourceFile] = []
    reason: UnreadableFile | None = None
    main = (".shp", ".gpkg", ".geojson", ".json", ".gml", ".xml", ".osm", ".pbf", ".csv", ".fgb", ".gz", ".zip", ".txt")
    candidates = [target for target in sorted(targets) if target.suffix.lower() in main]
    shapes = {target.with_suffix("") for target in candidates if target.suffix == ".shp"}
    for target in candidates:
        plain = target.with_name(target.stem.removesuffix(".shp"))
        if target.suffix in (".xml", ".txt", ".csv") and plain in shapes:
            continue
        try:
            found += _look(target, room, target.name, depth=depth + 1)
        except _Bomb:
            raise
        except UnreadableFile as refusal:
            reason = reason or refusal
    if any(file.format != "csv" for file in found):
        found = [file for file in found if file.format != "csv"]
    if not found:
        raise reason or UnreadableFile("The archive {name} holds no map data and no table.", name=name)
    return found


def _bomb(name: str) -> UnreadableFile:
    return _Bomb("The packed file {name} grows far beyond what a map needs; it was not unpacked.", name=name)
