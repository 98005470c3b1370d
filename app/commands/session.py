"""What a command needs of the database: a session that is ready to use, and refusals in one sentence.

    with open_session() as session:
        report = streets.import_file(session, path)

The session commits at the end of the block. A DomainError inside it is printed as one sentence on standard error and
ends the program with exit code 1; nothing is stored then.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from app.settings import Settings


@contextmanager
def plain_errors() -> Iterator[None]:
    """Print what a user or operator can do something about as one sentence, with exit code 1."""
    try:
        yield
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        typer.echo(f"vuurtoren: {sentence}", err=True)
        raise typer.Exit(1) from None


def _sentence(error: Exception) -> str | None:
    """Return the sentence of an expected error; None when it is a fault of the program."""
    from app.postgres import ClusterError
    from app.settings import SettingsError

    if isinstance(error, ClusterError | SettingsError):
        return str(error)
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        return "What was asked holds a character that is not text."  # bytes of the command line that are no UTF-8
    if "sqlalchemy" not in sys.modules:
        return None
    from app.database import DatabaseError
    from assets.errors import DomainError, Invalid

    if isinstance(error, Invalid) and error.faults:
        return "\n".join([str(error), *(f"  {fault.pointer}: {fault.detail}" for fault in error.faults)])
    return str(error) if isinstance(error, DomainError | DatabaseError) else None


@contextmanager
def running_database(settings: "Settings") -> Iterator["Settings"]:
    """Give the settings with the URL of a database that runs: the one named, or the private cluster until the end."""
    if settings.database_url is not None:
        yield settings
        return
    from app import cluster

    private = cluster.ensure(settings.data_dir)
    try:
        yield settings.on(private.urls)
    finally:
        private.stop()


@contextmanager
def open_engine(*, migrate: bool | None = None) -> Iterator["tuple[Engine, Settings]"]:
    """Give an engine, as the application, on a database whose schema is up to date.

    Args:
        migrate: whether to bring the schema up to date; None: only that of the private cluster, where nobody else
            decides about it.
    """
    with plain_errors():
        from app import settings as environment

        chosen = environment.load()
        with running_database(chosen) as settings:
            from app import database, migration

            with database.owner_engine(settings) as owner:
                database.inspect(owner)
                found = migration.check(owner, settings)
                if found.fit is not migration.Fit.CURRENT:
                    if not (chosen.embedded if migrate is None else migrate):
                        what = "has no tables yet" if found.fit is migration.Fit.EMPTY else "is older than this program"
                        raise database.DatabaseError(f"The schema of this database {what}: run `vuurtoren migrate`.")
                    migration.upgrade(owner, storage_srid=settings.storage_crs)
            engine = database.app_engine(settings, pool_size=5)
            try:
                yield engine, settings
            finally:
                engine.dispose()


@contextmanager
def open_session(*, public: bool = False) -> Iterator["Session"]:
    """Give a session on a database that is up to date; it commits at the end; a refusal is one sentence, exit 1.

    Args:
        public: for reading what everyone may know, as a visitor: the published_* views and nothing else.
    """
    with open_engine() as (engine, settings):
        from sqlalchemy import text
        from sqlalchemy.orm import Session

        from app import database
        from assets import models  # noqa: F401 - writing a row needs to know the tables that it refers to

        info = database.session_info(settings)
        made = Session(engine, expire_on_commit=False, info=info)
        with plain_errors(), database.reachable(), made as session, session.begin():
            if public:
                session.execute(text(f"SET LOCAL ROLE {database.PUBLIC_ROLE}"))
            yield session
