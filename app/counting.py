"""Counts areas again in which something was written, in the background of the service (assets/counts.py).

A map never shows wrong numbers without it: tiles count such areas themselves. It keeps them few.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app import database
from app.parameters import today
from assets import counts

if TYPE_CHECKING:
    from app.settings import Settings

log = logging.getLogger("vuurtoren.counting")

#: Seconds between two looks; one look is two small questions when nothing was written.
LOOK_S = 10
OPTIONS = f"-c lock_timeout=5s -c statement_timeout=120s {database.SAME_DAY}"


@contextmanager
def working(settings: "Settings") -> Iterator[None]:
    """Count in the background until the end of the block."""
    stopped = threading.Event()

    def work() -> None:
        engine = database.app_engine(settings, options=OPTIONS, pool_size=1)
        try:
            while not stopped.is_set():
                done = 0
                try:
                    with Session(engine) as session, session.begin():
                        done = counts.keep(session, on=today())
                except SQLAlchemyError as error:
                    log.info("not counted: %s", type(error).__name__)  # the database is away; readers count themselves
                if done < counts.BATCH:
                    stopped.wait(LOOK_S)
        finally:
            engine.dispose()

    thread = threading.Thread(target=work, name="counting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(timeout=5)
