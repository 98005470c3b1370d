"""Tables as text (CSV): any delimiter, UTF-8 or an older Western encoding, read line by line."""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

from assets.importers.files import SourceFile
from assets.importers.report import ImportReport, UnreadableFile

DELIMITERS = (";", ",", "\t", "|")
#: Longest cell, in characters; longer ones are no table.
LONGEST_CELL = 1_000_000
SAMPLE = 256 * 1024
MOST_COLUMNS = 1_000


def rows(file: SourceFile, report: ImportReport) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows as (number of the line on which each ends, column → cell, trimmed); empty lines are passed over.

    A row with more cells than the header is refused in the report.

    Raises:
        UnreadableFile: no header, or a text that is no table.
    """
    encoding = encoding_of(file.path)
    if encoding != "utf-8-sig":
        report.note(f"The text is read as {encoding}.")
    try:
        with file.path.open(encoding=encoding, newline="") as stream:
            header_line = stream.readline(LONGEST_CELL)
            stream.seek(0)
            csv.field_size_limit(LONGEST_CELL)
            reader = csv.reader(stream, delimiter=_delimiter(header_line))
            header = [cell.strip() for cell in next(reader, [])]
            if not any(header) or len(header) > MOST_COLUMNS:
                raise UnreadableFile("The table {name} has no line with column names.", name=file.name)
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
                    report.read += 1
                    report.refuse(
                        f"line {reader.line_num}",
                        cells[0],
                        f"The line has {len(cells)} cells, and the header {len(header)}.",
                        kind="The line has more cells than the header.",
                    )
                    continue
                yield reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=False))
    except (csv.Error, UnicodeDecodeError):
        raise UnreadableFile("The file {name} is no table of text with a header and cells.", name=file.name) from None


def encoding_of(path: Path) -> str:
    """The encoding of a text: UTF-8 or UTF-16 when it is that, else the Western one that fits best."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        head = stream.read(4)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        stream.seek(0)
        position = 0
        try:
            while block := stream.read(SAMPLE):
                decoder.decode(block)
                position += len(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            stream.seek(max(0, position - SAMPLE))
            return _western(stream.read(3 * SAMPLE))
    return "utf-8-sig"


def _western(sample: bytes) -> str:
    """Windows-1252, unless the bytes read far better as another Western encoding."""
    import charset_normalizer

    best = charset_normalizer.from_bytes(sample, cp_isolation=["cp1252", "cp850", "mac_roman"]).best()
    return best.encoding if best is not None else "cp1252"


def _delimiter(line: str) -> str:
    """The sign that stands most often in the header, outside quotes."""
    bare = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=bare.count)
