"""The daily job: what was kept long enough goes (assets/retention.py), in the database and in the folder `outbox`."""

import time
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session, sessionmaker

from app import database
from app.erased_list import Beside
from assets import erasure, retention


def tidy(sessions: sessionmaker[Session], data_dir: Path, *, now: datetime, dry_run: bool = False) -> dict[str, int]:
    """How many of each are gone, by the key of the term; with `dry_run` how many would be."""
    with database.transaction(sessions) as session:
        session.info[erasure.AFTERWARDS] = Beside(data_dir)
        counts = (retention.overdue if dry_run else retention.tidy)(session, now=now)
    files = _old_mails(data_dir / "outbox", now)
    if not dry_run:
        for file in files:
            file.unlink(missing_ok=True)
    return {term.key: counts.get(term.key, len(files)) for term in retention.TERMS}


def _old_mails(outbox: Path, now: datetime) -> list[Path]:
    """Mails in the folder that were kept long enough."""
    kept = next(term.kept for term in retention.TERMS if term.key == retention.OUTBOX)
    last = time.mktime((now - kept).astimezone().timetuple())
    return [file for file in outbox.glob("*.eml") if file.stat().st_mtime < last]
