"""The schema of a database: whether it fits this program, and bringing it up to date with Alembic."""

import logging
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from app.database import DatabaseError

if TYPE_CHECKING:
    from app.settings import Settings

log = logging.getLogger(__name__)

NO_RIGHT = (
    "This user may not set up the database, which needs two roles and two extensions: let an administrator of the "
    "server prepare it as docs/operators.md says, under 'A database of your own', or name its owner in "
    "VUURTOREN_OWNER_DATABASE_URL."
)
#: Key of the advisory lock of one migration at a time.
MIGRATION_LOCK = 5_113_202
SCRIPTS = Path(__file__).resolve().parent.parent / "migrations"


class Fit(StrEnum):
    """How the schema of a database and this program fit."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"


@dataclass(frozen=True)
class Schema:
    """The revision of a database beside the newest that this program knows."""

    revision: str | None
    head: str
    fit: Fit
    storage_srid: int | None


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(SCRIPTS))


def state(engine: Engine) -> Schema:
    """Return the state of a database's schema."""
    with engine.connect() as connection:
        return _state(connection)


def _state(connection: Connection) -> Schema:
    head = _scripts().get_current_head()
    if head is None:
        raise DatabaseError("This program holds no migrations; it was installed incompletely.")
    revision: str | None = None
    if inspect(connection).has_table("alembic_version"):
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if revision is None:
        return Schema(None, head, Fit.EMPTY, None)
    known = {script.revision for script in _scripts().walk_revisions()}
    srid: int | None = None
    if inspect(connection).has_table("deployment"):
        srid = connection.execute(text("SELECT storage_srid FROM deployment")).scalar()
    if revision not in known:
        return Schema(revision, head, Fit.NEWER, srid)
    return Schema(revision, head, Fit.CURRENT if revision == head else Fit.OLDER, srid)


def upgrade(engine: Engine, *, storage_srid: int, to: str = "head") -> Schema:
    """Bring a database up to date and return its state; the storage CRS counts at the first migration only."""
    with engine.begin() as connection:
        # one at a time: a service and a command that start together both find an empty database
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        before = _state(connection)
        if before.fit is Fit.NEWER:
            raise DatabaseError(newer(before))
        try:
            command.upgrade(config(connection, storage_srid=storage_srid), to)
        except DBAPIError as error:
            if isinstance(error.orig, InsufficientPrivilege):
                raise DatabaseError(NO_RIGHT) from error
            raise
        after = _state(connection)
        if after.fit is Fit.CURRENT and before.fit is Fit.OLDER:
            catch_up(connection)
        return after


def catch_up(connection: Connection) -> None:
    """Make what is derived and no migration can make in SQL: which lines join, of streets that an older version had."""
    from sqlalchemy.orm import Session

    from assets.importers import street_edges

    with Session(connection, join_transaction_mode="create_savepoint") as session, session.begin():
        missing = "SELECT NOT EXISTS (SELECT FROM street_edge) AND EXISTS (SELECT FROM segment)"
        if session.execute(text(missing)).scalar():
            street_edges.rebuild(session)


def config(connection: Connection, *, storage_srid: int) -> Config:
    """Return Alembic's configuration for a connection; migrations/env.py reads both attributes."""
    made = Config()
    made.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    made.attributes["connection"] = connection
    made.attributes["storage_srid"] = storage_srid
    return made


def newer(schema: Schema) -> str:
    """Return the sentence about a database that a newer program has migrated."""
    return (
        f"The schema of this database (revision {schema.revision}) is newer than this program "
        f"(revision {schema.head}): start the newer program."
    )


def check(engine: Engine, settings: "Settings") -> Schema:
    """Return the state of a schema that fits this program or can be made to; DatabaseError when it cannot."""
    found = state(engine)
    if found.fit is Fit.NEWER:
        raise DatabaseError(newer(found))
    asked = settings.storage_crs
    # not set is no wish: the database knows what it holds
    if found.storage_srid is not None and "storage_crs" in settings.model_fields_set and asked != found.storage_srid:
        raise DatabaseError(
            f"This database keeps its geometry in EPSG:{found.storage_srid}, and VUURTOREN_STORAGE_CRS asks for "
            f"EPSG:{asked}: leave that setting out, or use another database."
        )
    return found
