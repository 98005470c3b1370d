"""The report of an import: what was read, what became of it, and each refusal with its place and reason."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from assets.errors import Invalid

#: Refusals kept with their place; beyond this many they are only counted (a million bad rows must fit in memory).
MOST_REFUSALS = 100_000
#: Refusals shown on a terminal; all kept ones stand in the CSV file.
SHOWN_REFUSALS = 20
#: Longest value repeated in a refusal, in characters.
LONGEST_VALUE = 120

#: Called with what is going on, how far it is and how far it goes (None where that is not known).
Progress = Callable[[str, int, int | None], None]


def silent(step: str, done: int, total: int | None) -> None:
    """Nothing comes back: the progress that nobody watches."""


class UnreadableFile(Invalid):
    """The file as a whole cannot be imported; nothing of it was stored."""


@dataclass(frozen=True)
class Refusal:
    """One thing of the file that was left out: where it stands, what it says, why it was refused."""

    where: str
    value: str
    reason: str


@dataclass
class ImportReport:
    """What came of one file.

    Attributes:
        what: areas, streets, addresses or assets: what `added`, `changed`, `unchanged` and `vanished` count.
        file_name: name of the file, without its folder.
        read: features, lines or rows that the file holds; `unit` is the word for them.
        refused: of those, how many were left out; `refusals` names them up to MOST_REFUSALS.
        vanished: streets or addresses that were known here and are not in this file any more.
        notes: what was recognised, mended or left out on purpose, one sentence each.
    """

    what: str
    file_name: str
    unit: str = "features"
    format: str = ""
    crs: str | None = None
    source: str = ""
    dry_run: bool = False
    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    vanished: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def refuse(self, where: str, value: object, reason: str, *, kind: str | None = None) -> None:
        """Count one refusal and keep it while there is room; `kind` groups reasons that differ in their numbers."""
        self.refused += 1
        self.reasons[kind or reason] += 1
        if len(self.refusals) < MOST_REFUSALS:
            self.refusals.append(Refusal(where, shorten(value), reason))

    def note(self, sentence: str) -> None:
        """Keep one sentence about what was done, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def lines(self) -> Iterator[str]:
        """The report as lines of text, for a terminal or a log."""
        form = f" ({self.format}{', ' + self.crs if self.crs else ''})" if self.format else ""
        yield f"{self.file_name}{form}: {self.read:,} {self.unit} read, {self.refused:,} refused"
        counts = f"{self.what}: {self.added:,} added, {self.changed:,} changed, {self.unchanged:,} unchanged"
        yield counts + (f", {self.vanished:,} vanished" if self.vanished else "")
        for sentence in self.notes:
            yield f"note: {sentence}"
        for refusal in self.refusals[:SHOWN_REFUSALS]:
            yield f"refused: {': '.join(part for part in (refusal.where, refusal.value, refusal.reason) if part)}"
        if self.refused > SHOWN_REFUSALS:
            yield f"refused: {self.refused:,} in all, by reason:"
            for reason, count in self.reasons.most_common(10):
                yield f"  {count:,} x {reason}"
        if self.dry_run:
            yield "dry run: nothing was stored"

    def write_csv(self, path: Path) -> None:
        """Write every kept refusal to a CSV file with the columns where, value, reason."""
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["where", "value", "reason"])
            for refusal in self.refusals:
                writer.writerow([defused(refusal.where), defused(refusal.value), defused(refusal.reason)])
            if self.refused > len(self.refusals):
                writer.writerow(["", "", f"{self.refused - len(self.refusals)} more were refused"])


def shorten(value: object) -> str:
    """The value as one line of text of at most LONGEST_VALUE characters, control characters shown as their escape."""
    text = str(value) if value is not None else "(nothing)"
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[: LONGEST_VALUE + 1])
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"


def defused(cell: str) -> str:
    """The cell with a quote before a sign that a spreadsheet would take for the start of a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
