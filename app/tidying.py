"""The daily job: what was kept long enough goes (assets/retention.py), in the database, `outbox` and postgres.log."""

import re
import time
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from app import database
from app.erased_list import Beside
from assets import erasure, retention

#: How a line of postgres.log begins, in UTC (app/cluster.py).
STAMP = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def tidy(sessions: sessionmaker[Session], data_dir: Path, *, now: datetime, dry_run: bool = False) -> dict[str, int]:
    """How many of each are gone, by the key of the term; with `dry_run` how many would be."""
    with database.transaction(sessions) as session:
        session.info[erasure.AFTERWARDS] = Beside(data_dir)
        counts = (retention.overdue if dry_run else retention.tidy)(session, now=now)
    files, log = _old_mails(data_dir / "outbox", now), data_dir / "postgres.log"
    lines = _old_lines(log, now)
    if not dry_run:
        for file in files:
            file.unlink(missing_ok=True)
        if lines:
            _cut(log, lines)
    counts |= {retention.OUTBOX: len(files), retention.SERVER_LOG: lines}
    return {term.key: counts[term.key] for term in retention.TERMS}


def _kept(key: str) -> timedelta:
    return next(term.kept for term in retention.TERMS if term.key == key)


def _old_mails(outbox: Path, now: datetime) -> list[Path]:
    """Mails in the folder that were kept long enough."""
    last = time.mktime((now - _kept(retention.OUTBOX)).astimezone().timetuple())
    return [file for file in outbox.glob("*.eml") if file.stat().st_mtime < last]


def _old_lines(log: Path, now: datetime) -> int:
    """How many lines stand in the log of the private server before the first one that is young enough."""
    last = f"{now - _kept(retention.SERVER_LOG):%Y-%m-%d %H:%M:%S}".encode()
    count, stamped = 0, False
    try:
        with log.open("rb") as lines:
            for line in lines:
                if STAMP.match(line):  # another line hangs on the one before
                    if line[: len(last)] >= last:
                        return count
                    stamped = True
                count += 1
    except FileNotFoundError:
        return 0
    return count if stamped else 0


def _cut(log: Path, lines: int) -> None:
    """Take away the first lines of a file that a server is adding to; it goes on at the end, wherever that is."""
    with log.open("a+b") as file:
        file.seek(0)
        for _ in range(lines):
            file.readline()
        rest = file.read()
        file.truncate(0)
        file.write(rest)
