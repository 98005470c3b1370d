"""`vuurtoren serve`: the service with everything it stands on."""

import os
import secrets
import signal
import socket
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from app.commands.session import plain_errors
from app.commands.setup import warn_of_unknown_variables

if TYPE_CHECKING:
    from types import FrameType

    from pydantic import SecretStr
    from sqlalchemy import Engine

    from app.settings import Settings

LAST_WORDS_S = 10  # how long a request may still take when the service is told to stop


def serve() -> None:
    """Start the database where it is ours, bring its schema up to date and serve until Ctrl-C.

    Example: VUURTOREN_PORT=8080 vuurtoren serve
    """
    # from here on, so that a stop in the middle of the start leaves nothing running either
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    with plain_errors():
        from app import cluster, logs
        from app import settings as environment

        chosen = environment.load()
        logs.set_up(chosen.log)
        warn_of_unknown_variables()
        listener = _listen(chosen)
        private: cluster.Cluster | None = None
        try:
            if chosen.embedded:
                private = cluster.ensure(chosen.data_dir)
                private.keep_running()
                running = chosen.on(private.urls).model_copy(update={"secret": _kept_secret(chosen)})
            else:
                running = chosen
            _prepare_database(running, sample=chosen.embedded)
            if running.secret is None:
                raise environment.SettingsError(
                    "VUURTOREN_SECRET is not set: with a database server of your own, give it 32 random characters."
                )
            running = _without_owner(running)
            from app import counting, mail_worker

            # in this process, which outlives the ones that answer requests
            with mail_worker.working(running), counting.working(running):
                _run(running, listener)
        finally:
            for again in (signal.SIGINT, signal.SIGTERM):
                signal.signal(again, signal.SIG_IGN)  # a second Ctrl-C must not leave the database running
            listener.close()
            if private is not None:
                private.stop()


def _leave(_number: int, _frame: "FrameType | None") -> NoReturn:
    raise SystemExit(0)


def _listen(chosen: "Settings") -> socket.socket:
    """Take the port first: somebody else on it is found out before anything is started."""
    from app.settings import SettingsError

    family = socket.AF_INET6 if ":" in chosen.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((chosen.host, chosen.port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"Cannot listen on {chosen.host}, port {chosen.port}: {(error.strerror or str(error)).lower()}; "
            "choose another with PORT=."
        ) from error
    return listener


def _kept_secret(chosen: "Settings") -> "SecretStr":
    """Return the secret that is set, or the one kept in the data folder of the private cluster."""
    from pydantic import SecretStr

    if chosen.secret is not None:
        return chosen.secret
    file = chosen.data_dir / "secret"
    if not file.exists():
        new = file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(32), encoding="utf-8")
        new.rename(file)
    return SecretStr(file.read_text().strip())


def _prepare_database(running: "Settings", *, sample: bool) -> None:
    """Bring the schema up to date; fill an empty private database with the sample neighbourhood."""
    from app import database, erased_list, migration

    with database.owner_engine(running) as owner:
        database.inspect(owner)
        if migration.check(owner, running).fit is not migration.Fit.CURRENT:
            migration.upgrade(owner, storage_srid=running.storage_crs)
    engine = database.app_engine(running)
    try:
        erased_list.catch_up(engine, running.data_dir)
        if sample:
            _load_sample(engine)
    finally:
        engine.dispose()


def _without_owner(running: "Settings") -> "Settings":
    """Return the settings without the owner's URL, which nobody needs from here on: not here and not in the workers."""
    from app.settings import PREFIX

    os.environ.pop(f"{PREFIX}OWNER_DATABASE_URL", None)
    return running.model_copy(update={"owner_database_url": None})


def _load_sample(engine: "Engine") -> None:
    from sqlalchemy import text
    from sqlalchemy.orm import Session

    with Session(engine) as session, session.begin():
        empty = "SELECT NOT EXISTS (SELECT FROM area) AND NOT EXISTS (SELECT FROM asset)"
        if session.execute(text(empty)).scalar():
            from assets import sample

            if not sample.wanted(session):
                return
            typer.echo("vuurtoren: the database is empty; loading the sample neighbourhood.")
            sample.load(session)


def _run(running: "Settings", listener: socket.socket) -> None:
    """Serve until told to stop; requests under way are finished."""
    import uvicorn

    from app.settings import PREFIX

    host = f"[{running.host}]" if ":" in running.host else running.host
    address = f"http://{'127.0.0.1' if running.host == '0.0.0.0' else host}:{running.port}"  # noqa: S104 - compares
    common: dict[str, Any] = {
        "log_config": None, "access_log": False, "server_header": False, "timeout_graceful_shutdown": LAST_WORDS_S,
        "lifespan": "on",
    }  # fmt: skip
    if running.workers == 1:
        from app.main import create_app

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets)
                if self.started:
                    _announce(address)

        Server(uvicorn.Config(create_app(running), **common)).run(sockets=[listener])
        return
    from uvicorn.supervisors import Multiprocess

    # the workers are new processes and read their settings from the environment
    os.environ[f"{PREFIX}DATABASE_URL"] = str(running.database_url)
    if running.public_database_url is not None:
        os.environ[f"{PREFIX}PUBLIC_DATABASE_URL"] = running.public_database_url
    if running.secret is not None:
        os.environ[f"{PREFIX}SECRET"] = running.secret.get_secret_value()
    config = uvicorn.Config("app.main:create_app", factory=True, workers=running.workers, **common)
    listener.listen(config.backlog)
    listener.set_inheritable(True)
    _announce(address)
    Multiprocess(config, sockets=[listener]).run()


def _announce(address: str) -> None:
    typer.echo(f"\n  Vuurtoren is at {address}  (Ctrl-C stops it)\n")
