"""Engines, roles and sessions: who reads and writes as whom, and for how long they wait.

Three roles reach the database. Its owner changes the schema (app/migration.py) and nothing else. `vuurtoren_app` reads
and writes rows, for everything that the service and its commands do. `vuurtoren_public` may read the published_* views
and nothing else, for everything anonymous. A session is one transaction; the session dependencies commit before the
answer leaves, so that nobody is told of a row that is then lost.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import psycopg
from fastapi import Depends, Request
from psycopg_pool import ConnectionPool, PoolTimeout
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as QueueTimeout
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker

from assets import erasure, lookups, tiles, walls
from assets.errors import NotReady
from assets.permissions import VISITOR, Viewer

if TYPE_CHECKING:
    from app.settings import Settings

APP_ROLE = "vuurtoren_app"
PUBLIC_ROLE = "vuurtoren_public"
OLDEST_SERVER = 15
POOL = 40  # as many as the threads that answer requests, or requests queue for a connection while threads are free
WAIT_S = 3
TILE_POOL = 8

# Options of libpq: a request never hangs on another's lock or on a runaway query.
# The day of the database (CURRENT_DATE, on which a consent ends) is that of the neighbours, as in the program.
SAME_DAY = "-c timezone=Europe/Amsterdam"
WRITING = f"-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=120s {SAME_DAY}"
READING = f"-c default_transaction_read_only=on -c lock_timeout=5s -c statement_timeout=30s {SAME_DAY}"
AS_APP = f"-c role={APP_ROLE}"
AS_PUBLIC = f"-c role={PUBLIC_ROLE}"
#: For connections of commands and of background work, which are for nobody in particular and see every community.
AS_SYSTEM = f"{AS_APP} -c {walls.SETTING}={walls.EVERYTHING}"
# A tile is a small query: starting parallel workers costs more than they win, and planning it costs more than running
# it, so its plan is made once for each connection (measured at z14: 3.1 ms planned anew, 0.9 ms prepared).
FOR_TILES = "-c max_parallel_workers_per_gather=0 -c plan_cache_mode=force_generic_plan"

#: Key in `session.info` of the address at which visitors reach the service (app/mail.py).
ADDRESS = "address"
#: Key in `session.info` of the request that a session is for, whose viewer decides which communities it sees.
REQUEST = "request"
TRY_AGAIN = "The database cannot answer at this moment; try again in a few seconds."


class DatabaseError(Exception):
    """The database cannot be used; the message is one sentence for the operator, without a password."""


class TileConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection for tiles. The pool asks it for the version of the data at the moment it hands it out.

    That shows that it lives, and saves every tile a question of its own.
    """

    data_version: int = 0


@dataclass(frozen=True)
class Database:
    """The connections of one process."""

    engine: Engine
    public_engine: Engine
    tiles: ConnectionPool[TileConnection]
    sessions: sessionmaker[Session]
    public_sessions: sessionmaker[Session]

    def close(self) -> None:
        """Let go of every connection."""
        self.tiles.close()
        self.engine.dispose()
        self.public_engine.dispose()


def connect(settings: "Settings") -> Database:
    """Return the connections for serving; nothing is connected before it is asked for.

    `settings.database_url` must be set: the private cluster's URL is put there by whoever started it.
    """
    if settings.database_url is None:
        raise DatabaseError("No database is named: start the service with `vuurtoren serve`.")
    public_url = settings.public_database_url or settings.database_url
    # the user of a URL of its own may have no right to take another role, and has few rights anyway
    reading = READING if settings.public_database_url else f"{READING} {AS_PUBLIC}"
    engine = engine_of(settings.database_url, options=f"{WRITING} {AS_APP}")
    public_engine = engine_of(public_url, options=reading)
    pool = ConnectionPool(
        libpq_url(public_url), connection_class=TileConnection, min_size=0, max_size=TILE_POOL, timeout=WAIT_S,
        open=True,
        kwargs={
            "autocommit": True, "options": f"{reading} {FOR_TILES}", "connect_timeout": WAIT_S, "prepare_threshold": 0,
        },
        configure=_warm, check=_look, reconnect_timeout=WAIT_S,
    )  # fmt: skip
    info = session_info(settings)
    sessions = sessionmaker(engine, expire_on_commit=False, info=info)
    event.listen(sessions, "after_begin", _see)
    return Database(engine, public_engine, pool, sessions, sessionmaker(public_engine))


def session_info(settings: "Settings") -> dict[Any, Any]:
    """What a session that writes must know of the service: its address, and whom to tell of an erasure."""
    from app.erased_list import Beside

    return {ADDRESS: settings.address, erasure.AFTERWARDS: Beside(settings.data_dir)}


def engine_of(url: str, *, options: str = "", pool_size: int = POOL) -> Engine:
    """Return an engine whose pool checks a connection before it hands it out."""
    try:
        return create_engine(
            url, pool_size=pool_size, max_overflow=0, pool_timeout=WAIT_S, pool_pre_ping=True, hide_parameters=True,
            connect_args={"options": options, "connect_timeout": WAIT_S, "application_name": "vuurtoren"},
        )  # fmt: skip
    except (ArgumentError, ValueError) as error:
        raise DatabaseError(
            "The database URL cannot be read: write it as postgresql://user:password@host:port/database."
        ) from error


def app_engine(settings: "Settings", *, options: str = SAME_DAY, pool_size: int = 2) -> Engine:
    """Return an engine that reads and writes rows as the application, for work that sees every community.

    On the day of the neighbours, as when serving: a consent ends on the same day everywhere.
    """
    return engine_of(str(settings.database_url), options=f"{options} {AS_SYSTEM}", pool_size=pool_size)


@contextmanager
def owner_engine(settings: "Settings") -> Iterator[Engine]:
    """Give an engine that may change the schema, and let go of its connections afterwards."""
    engine = engine_of(settings.owner_url, options=SAME_DAY, pool_size=2)
    try:
        yield engine
    finally:
        engine.dispose()


def libpq_url(url: str) -> str:
    """Return a URL as the driver itself reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _look(connection: TileConnection) -> None:
    """Read the version of the data; a connection that cannot is thrown away by the pool."""
    connection.data_version = tiles.data_version(connection)


def _warm(connection: TileConnection) -> None:
    """Let PROJ read its tables now: the first transform of a connection takes 60 to 90 ms."""
    connection.execute("SELECT ST_Transform(ST_SetSRID(ST_MakePoint(5, 52), 4326), 3857)")


# --- Sessions ---


@contextmanager
def transaction(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """Give a session that commits at the end and rolls back on an error; NotReady when the database is away."""
    with reachable(), sessions() as session, session.begin():
        yield session


@contextmanager
def reachable() -> Iterator[None]:
    """Turn a database that is away, busy or shutting down into NotReady."""
    try:
        yield
    except (OperationalError, InterfaceError, QueueTimeout, PoolTimeout, psycopg.OperationalError) as error:
        raise NotReady(TRY_AGAIN) from error


def of(request: Request) -> Database:
    """Return the connections of the running application."""
    database: Database = request.app.state.database
    return database


@contextmanager
def of_viewer(request: Request) -> Iterator[Session]:
    """Give a session of a request that sees more than what is public; which persons it read is written down."""
    with transaction(of(request).sessions) as session:
        session.info[REQUEST] = request
        yield session
        if lookups.has_marks(session):
            from app import access

            lookups.settle(session, access.viewer_of(request))


def app_session(request: Request) -> Iterator[Session]:
    """Give the session of one writing request."""
    with of_viewer(request) as session:
        yield session


def _see(session: Session, started: SessionTransaction, connection: Connection) -> None:
    """Tell a transaction which communities its viewer sees, at its first statement: by then they are known."""
    request: Request | None = session.info.get(REQUEST)
    if request is None or started.nested:
        return
    viewer: Viewer = getattr(request.state, "viewer", VISITOR)
    if communities := walls.of(viewer):
        connection.execute(walls.SEE, {"communities": communities, "holder": viewer.holder or ""})


def public_session(request: Request) -> Iterator[Session]:
    """Give the session of one anonymous, reading request: it sees the published_* views and nothing else."""
    with transaction(of(request).public_sessions) as session:
        yield session


@contextmanager
def tile_connection(request: Request) -> Iterator[TileConnection]:
    """Give a bare connection for tiles, as the public role.

    No dependency of FastAPI, for that goes through a thread twice more, which takes longer than a kept tile does.
    """
    with reachable(), of(request).tiles.connection() as connection:
        yield connection


# scope="function": the commit happens before the answer leaves, and an error in it becomes the answer
DbSession = Annotated[Session, Depends(app_session, scope="function")]
PublicSession = Annotated[Session, Depends(public_session, scope="function")]


# --- Looking whether a database will do ---


def inspect(engine: Engine) -> None:
    """Raise DatabaseError with one sentence when the server is away, too old or has no PostGIS."""
    try:
        with engine.connect() as connection:
            version = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10000
            postgis = connection.execute(
                text(
                    "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'postgis'),"
                    " EXISTS (SELECT FROM pg_available_extensions WHERE name = 'postgis')"
                )
            ).one()
    except (OperationalError, InterfaceError, QueueTimeout) as error:
        raise DatabaseError(f"The database at {_place(engine)} cannot be used: {_why(error)}.") from error
    if version < OLDEST_SERVER:
        raise DatabaseError(
            f"The database at {_place(engine)} is PostgreSQL {version}; {OLDEST_SERVER} or newer is needed."
        )
    if not any(postgis):
        raise DatabaseError(
            f"The server of the database at {_place(engine)} has no PostGIS: install it there, "
            "then run CREATE EXTENSION postgis in this database."
        )
    if not postgis[0]:
        _make_extension(engine)


def look_at_roles(engine: Engine) -> tuple[bool, str]:
    """Return whether the user of the service may act as the roles it needs, and in words who that is."""
    with engine.connect() as connection:
        may = "SET" if connection.dialect.server_version_info >= (16,) else "MEMBER"  # type: ignore[operator]
        roles = connection.execute(
            text(
                "SELECT asked.role, pg_has_role(session_user, r.oid, :may) FROM unnest(CAST(:roles AS text[]))"
                " AS asked (role) LEFT JOIN pg_roles AS r ON r.rolname = asked.role"
            ),
            {"may": may, "roles": [APP_ROLE, PUBLIC_ROLE]},
        )
        for role, allowed in roles:
            if allowed is None:
                return False, f"there is no role {role}: run `vuurtoren migrate`"
            if not allowed:
                return False, f"this user may not act as {role}: let an administrator run GRANT {role} TO this user"
        reads = text("SELECT has_table_privilege(:role, to_regclass('asset'), 'SELECT')")
        if connection.execute(reads, {"role": APP_ROLE}).scalar() is False:
            return False, f"{APP_ROLE} may not read the tables: put the backup back with its rights, not with --no-acl"
        user, owns = connection.execute(
            text(
                "SELECT session_user, EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('asset')"
                " AND pg_has_role(session_user, relowner, 'MEMBER'))"
            )
        ).one()
    whose = "who owns the tables as well (docs/operators.md)" if owns else "who cannot change the schema"
    return True, f"{APP_ROLE} and {PUBLIC_ROLE} are there; the service signs in as {user}, {whose}"


def _make_extension(engine: Engine) -> None:
    from sqlalchemy.exc import DBAPIError

    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
    except DBAPIError as error:
        raise DatabaseError(
            f"PostGIS is not switched on in the database at {_place(engine)} and this user may not do that: "
            "let its administrator run CREATE EXTENSION postgis."
        ) from error


def _place(engine: Engine) -> str:
    url = engine.url
    host = url.host or url.query.get("host") or "this machine"
    return f"{host}{f':{url.port}' if url.port else ''}/{url.database or ''}"


REASONS = (
    ("password authentication failed", "the user name or the password is wrong"),
    ("no password supplied", "it wants a password and the URL has none"),
    ("Connection refused", "nothing listens there"),
    ("No such file or directory", "no server runs there"),
    ("Name or service not known", "there is no machine of that name"),
    ("No address associated", "there is no machine of that name"),
    ("failed to resolve", "there is no machine of that name"),
    ("timeout", "it does not answer"),
    ("timed out", "it does not answer"),
    ("starting up", "it is starting; try again in a few seconds"),
    ("shutting down", "it is shutting down"),
    ("too many clients", "it has no connection left"),
    ("remaining connection slots", "it has no connection left"),
    ("no pg_hba.conf entry", "it does not let this machine or user in"),
    ("permission denied to set role", "this user may not act as the role it needs; run `vuurtoren check`"),
    ("permission denied", "this user has no right to it"),
)


def _why(error: Exception) -> str:
    """Return a reason in plain words; what PostgreSQL says of names (never a password) is passed on."""
    message = str(getattr(error, "orig", error))
    for mark, reason in REASONS:
        if mark.lower() in message.lower():
            return reason
    missing = re.search(r'(database|role) "([^"]*)" does not exist', message)
    if missing:
        return f'there is no {"user" if missing[1] == "role" else "database"} "{missing[2]}"'
    return "the connection failed"
