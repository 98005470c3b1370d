"""The list of what was erased, beside the database: a restored backup has forgotten its own.

The file `erased.jsonl` in the data folder holds a line for each erasure: numbers, marks and days, no word of anybody.
It is written after the erasure is committed. At each start of the service and at `vuurtoren migrate` the two are
compared: what a restored backup brought back is erased again, and a line that was not written is written.
"""

import json
import logging
import os
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from app.mail_delivery import TELLS_OF
from assets import community_leave, erasure
from assets.erasure import Departed, Erased, Record

if TYPE_CHECKING:
    from sqlalchemy import Engine

log = logging.getLogger(__name__)

NAME = "erased.jsonl"


@dataclass(frozen=True)
class Beside:
    """What stands beside the database and must know of an erasure: called after the commit (erasure.AFTERWARDS)."""

    data_dir: Path

    def __call__(self, done: Erased) -> None:
        """Write the lines, and throw away the mails in the outbox that tell of what went."""
        try:
            append(self.data_dir / NAME, done.records)
            forget_mails(self.data_dir / "outbox", done.told_of, done.addresses)
        except OSError as error:
            # the table holds it as well: the next start writes the line
            log.error("the list of what was erased cannot be written: %s", error.strerror)


def append(file: Path, records: Iterable[Record | Departed]) -> None:
    """Add lines to the list, on disk when this returns."""
    lines = "".join(f"{json.dumps(asdict(record), default=str, separators=(',', ':'))}\n" for record in records)
    if not lines:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "r+b") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - 1))
        whole = stream.read(1) in (b"", b"\n")
        # half a line: the machine stopped while it was written
        stream.write((lines if whole else f"\n{lines}").encode())
        stream.flush()
        os.fsync(stream.fileno())


def read(file: Path) -> list[Record | Departed]:
    """The records of a list, if any; a line that is no record is passed over, and told in the log."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found: list[Record | Departed] = []
    for number, line in enumerate(lines, start=1):
        try:
            found.append(_record(json.loads(line)))
        except (ValueError, TypeError, KeyError):
            log.error("line %d of the list of what was erased cannot be read", number)
    return found


def _record(values: dict[str, Any]) -> Record | Departed:
    if "community_id" in values:
        return Departed(
            database=str(values["database"]),
            community_id=int(values["community_id"]),
            identity=str(values["identity"]),
            left_at=datetime.fromisoformat(values["left_at"]),
        )
    return Record(
        database=str(values["database"]),
        asset_id=int(values["asset_id"]),
        identity=str(values["identity"]),
        source_mark=values["source_mark"],
        made_by=tuple(values["made_by"]),
        consents=tuple(values["consents"]),
        erased_at=datetime.fromisoformat(values["erased_at"]),
    )


def forget_mails(outbox: Path, told_of: Collection[str], addresses: Collection[str] = ()) -> None:
    """Throw away the mails in the outbox that tell of these, or went to one of these addresses."""
    wanted, recipients = set(told_of), {address.lower() for address in addresses}
    for file in outbox.glob("*.eml"):
        with file.open("rb") as stream:
            head = stream.read(8192).partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
        names = [line.partition(":")[2] for line in head.splitlines() if line.startswith(f"{TELLS_OF}:")]
        to = [line.partition(":")[2].strip().lower() for line in head.splitlines() if line.startswith("To:")]
        if wanted & set(" ".join(names).split()) or recipients & set(to):
            file.unlink(missing_ok=True)


def catch_up(engine: "Engine", data_dir: Path) -> int:
    """How many entries came back with a restored backup and were erased again."""
    file = data_dir / NAME
    listed = read(file)
    with Session(engine) as session, session.begin():
        done = replay(session, listed)
    with Session(engine) as session:
        known = {record.identity for record in listed}
        kept: list[Record | Departed] = [*erasure.records(session), *community_leave.records(session)]
        append(file, [record for record in kept if record.identity not in known])
    if done.again:
        log.warning("%d entries that were erased came back with a backup and were erased again", done.again)
    if done.left:
        log.warning("%d communities that had left came back with a backup and left again", done.left)
    return done.again + done.left


@dataclass(frozen=True)
class Replayed:
    """What was done again from a list: communities that left, entries erased, and erasures new to this database."""

    left: int
    again: int
    new: int


def replay(session: Session, listed: Iterable[Record | Departed]) -> Replayed:
    """Let communities leave again and erase again what a restored backup brought back."""
    listed = list(listed)
    # first: with a community go its persons, all at once
    left = community_leave.replay(session, [one for one in listed if isinstance(one, Departed)])
    again, new = erasure.replay(session, [one for one in listed if isinstance(one, Record)])
    return Replayed(left, again, new)
