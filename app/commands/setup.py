"""`vuurtoren migrate`, `settings` and `check`: what an operator asks before and after an installation."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.commands.session import open_engine, plain_errors, running_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from app.settings import Settings

LEAST_FREE_MB = 500


def migrate() -> None:
    """Bring the schema of the database up to date.

    Example: VUURTOREN_DATABASE_URL=postgresql://vuurtoren:...@db/vuurtoren vuurtoren migrate
    """
    with open_engine(migrate=True) as (engine, running):
        from app import erased_list, migration

        erased_list.catch_up(engine, running.data_dir)
        found = migration.state(engine)
        typer.echo(f"The schema is at revision {found.revision}, storage CRS EPSG:{found.storage_srid}.")


def settings() -> None:
    """Print every setting with its value and where it comes from; secrets stay hidden.

    Example: VUURTOREN_PORT=8080 vuurtoren settings
    """
    with plain_errors():
        from app import settings as environment

        rows = environment.shown(environment.load())
        width = max(len(row.name) for row in rows)
        longest = max(len(row.value) for row in rows)
        for row in rows:
            typer.echo(f"{row.name:{width}}  {row.value:{longest}}  {row.origin}")
        warn_of_unknown_variables()


def warn_of_unknown_variables() -> None:
    """Say on standard error which VUURTOREN_* variables are no setting."""
    from app import settings as environment

    for name in environment.unknown_variables():
        typer.echo(f"vuurtoren: {name} is no setting and has no effect; `vuurtoren settings` lists them.", err=True)


def check() -> None:
    """Look whether database, extensions, roles, schema, mail, disk and page scripts are in order, a line each.

    Example: vuurtoren check
    """
    with plain_errors():
        from app import settings as environment

        chosen = environment.load()
        wrong = 0
        for name, look in (("scripts", _scripts), ("disk", lambda: _disk(chosen))):
            wrong += _report(name, look)
        with running_database(chosen) as running:
            from app import database

            engine = database.engine_of(str(running.database_url), pool_size=2)
            try:
                for name, ask in _database_checks(engine, running):
                    failed = _report(name, ask)
                    wrong += failed
                    if failed and name == "database":
                        break  # the others would say the same
            finally:
                engine.dispose()
        raise typer.Exit(1 if wrong else 0)


def _report(name: str, look: "Callable[[], tuple[bool, str]]") -> int:
    """Print the line of one check; return 1 when something is wrong."""
    from app.database import DatabaseError, reachable
    from assets.errors import DomainError

    try:
        with reachable():
            good, what = look()
    except (DatabaseError, DomainError) as error:
        good, what = False, str(error)
    typer.echo(f"{'ok   ' if good else 'WRONG'}  {name:10}  {what}")
    return 0 if good else 1


def _scripts() -> tuple[bool, str]:
    vendor = Path(__file__).resolve().parent.parent / "static" / "vendor"
    if (vendor / "installed-lock").exists():
        return True, "the page scripts are installed"
    return False, "the page scripts are missing: run `make setup`"


def _disk(chosen: "Settings") -> tuple[bool, str]:
    place = chosen.data_dir
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free // 1_000_000
    return free >= LEAST_FREE_MB, f"{free} MB free at {chosen.data_dir}"


def _database_checks(engine: "Engine", chosen: "Settings") -> "Iterator[tuple[str, Callable[[], tuple[bool, str]]]]":
    from sqlalchemy import text

    from app import database, migration

    def server() -> tuple[bool, str]:
        database.inspect(engine)
        with engine.connect() as connection:
            return True, f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar()}"

    def extensions() -> tuple[bool, str]:
        with engine.connect() as connection:
            return True, f"PostGIS {connection.execute(text('SELECT postgis_lib_version()')).scalar()}"

    def roles() -> tuple[bool, str]:
        return database.look_at_roles(engine)

    def schema() -> tuple[bool, str]:
        found = migration.check(engine, chosen)
        if found.fit is migration.Fit.CURRENT:
            return True, f"revision {found.revision}, storage CRS EPSG:{found.storage_srid}"
        return False, f"{found.fit} (newest is {found.head}): run `vuurtoren migrate`"

    def mail() -> tuple[bool, str]:
        from sqlalchemy.orm import Session

        from assets import mails

        if migration.state(engine).fit is not migration.Fit.CURRENT:
            return False, "cannot be looked at before the schema is up to date"
        with Session(engine) as session:
            post = mails.count(session)
        way = "by the server of VUURTOREN_SMTP_URL" if chosen.smtp_url else f"into {chosen.data_dir / 'outbox'}"
        kept = f"{post.waiting} waiting, {post.given_up} not delivered in {mails.COUNTED_DAYS} days"
        return True, f"mails go {way}; {kept}"

    yield "database", server
    yield "extensions", extensions
    yield "roles", roles
    yield "schema", schema
    yield "mail", mail
