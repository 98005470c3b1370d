"""The first visitors need not wait for what happens once: connections, PROJ's tables, plans of the main questions."""

import gc
import logging
import threading
from contextlib import ExitStack

from sqlalchemy import Engine, text

from app.database import Database

log = logging.getLogger("vuurtoren.warming")

#: Connections opened before anyone asks; more are opened when they are needed.
CONNECTIONS = 4
#: The first transform of a connection reads PROJ's tables and takes 60 to 90 ms, the second none of that.
TRANSFORM = text(
    "SELECT ST_Transform(ST_SetSRID(ST_MakePoint(5, 52), 4326), storage_srid),"
    " ST_Transform(ST_Transform(ST_SetSRID(ST_MakePoint(5, 52), 4326), storage_srid), 4326) FROM published_deployment"
)


#: Set when this process has been warmed: a process serves one application, a test run many.
done = threading.Event()


def warm(database: Database) -> None:
    """Open the first connections in the background; a database that is away is no reason not to start."""
    if done.is_set():
        return
    done.set()
    # what is loaded now stays: the collector need not look at it again in the middle of a request
    gc.collect()
    gc.freeze()

    def begin() -> None:
        try:
            for engine in (database.public_engine, database.engine):
                _open(engine)
            with database.tiles.connection() as connection:
                connection.execute("SELECT 1")
        except Exception as error:  # noqa: BLE001 - whatever it is, requests will say so themselves
            log.info("not warmed: %s", type(error).__name__)

    threading.Thread(target=begin, name="warming", daemon=True).start()


def _open(engine: Engine) -> None:
    with ExitStack() as held:  # held together, or the pool would give the same one again
        for connection in [held.enter_context(engine.connect()) for _ in range(CONNECTIONS)]:
            connection.execute(TRANSFORM).all()
