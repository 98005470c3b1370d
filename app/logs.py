"""Log lines on standard error, as text or as one JSON object a line. They hold no path, no query and no person."""

import json
import logging
from datetime import UTC, datetime
from typing import Literal


class JsonLines(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(form: Literal["text", "json"]) -> None:
    """Send the log of the whole process to standard error in this form."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for loud in ("alembic", "uvicorn.error", "uvicorn.access", "psycopg.pool", "weasyprint.progress", "matplotlib"):
        logging.getLogger(loud).setLevel(logging.WARNING)
    # the worker (app/mail_worker.py) says itself what happens to mails, in a line without an address
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
