"""What is measured: a durable PostGIS cluster in a folder of its own, databases of made-up data, the real program."""

import gzip
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.orm import Session

from app import cluster, migration
from assets import tokens
from assets.vocabulary import Role
from tests.bench import country
from tests.bench.load import ROOT

PORTS = range(8170, 8180)
SECRET = "a-secret-for-benchmarks-only-0123456789"
AS_PUBLIC = "-c role=vuurtoren_public -c default_transaction_read_only=on"


@dataclass(frozen=True)
class Database:
    """One database of the cluster."""

    name: str
    url: str

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """An engine of its owner."""
        engine = create_engine(self.url)
        try:
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def public_session(self) -> Iterator[Session]:
        """A session that sees what everyone may see."""
        engine = create_engine(self.url, connect_args={"options": AS_PUBLIC})
        try:
            with Session(engine) as session:
                yield session
        finally:
            engine.dispose()

    def connect(self, *, public: bool = False) -> "psycopg.Connection[tuple[object, ...]]":
        """A bare connection that commits every statement."""
        url = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(url, autocommit=True, options=AS_PUBLIC if public else "")

    def token(self, role: Role = Role.builder) -> str:
        """A token for writing through the API, or of another role for what is not for everybody."""
        with self.engine() as engine, Session(engine) as session, session.begin():
            return tokens.add_token(session, f"benchmark of {role}", role=role)


@dataclass(frozen=True)
class Place:
    """The cluster of this run."""

    cluster: cluster.Cluster
    folder: Path

    def database(self, name: str, size: country.Size | None) -> Database:
        """A new database, filled with a made-up country of this size; empty but for its schema when None."""
        with psycopg.connect(self._plain("postgres"), autocommit=True) as administrator:
            administrator.execute(f"CREATE DATABASE {name} OWNER vuurtoren")
        with psycopg.connect(self._plain(name), autocommit=True) as administrator:
            administrator.execute("CREATE EXTENSION postgis")
        made = Database(name, self.cluster.url_of(name, user="vuurtoren"))
        with made.engine() as engine:
            migration.upgrade(engine, storage_srid=28992)
            if size is not None:
                country.make(engine, size)
        # VACUUM of what the owner may not touch (the catalogues grew by the schema), and a quiet disk from here on
        with psycopg.connect(self._plain(name), autocommit=True) as administrator:
            administrator.execute("VACUUM ANALYZE")
            administrator.execute("CHECKPOINT")
        return made

    def _plain(self, name: str) -> str:
        url = make_url(self.cluster.url_of(name, user="postgres")).set(drivername="postgresql")
        return url.render_as_string(hide_password=False)


@contextmanager
def place() -> Iterator[Place]:
    """A cluster with durability on, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="vuurtoren-bench-"))
    folder.chmod(0o711)  # the server's user must reach its own folder inside
    running = None
    try:
        running = cluster.ensure(folder / "cluster", durable=True)
        yield Place(running, folder)
    finally:
        if running is not None:
            running.stop()
        shutil.rmtree(folder, ignore_errors=True)


def program(*arguments: str) -> list[str]:
    """The command line that runs `vuurtoren` with this Python."""
    return [sys.executable, "-c", "import sys; from app.cli import main; sys.exit(main())", *arguments]


def variables(database: Database) -> dict[str, str]:
    """The environment of a program that works on this database, with no other setting."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VUURTOREN_")}
    return kept | {"PYTHONPATH": str(ROOT), "VUURTOREN_DATABASE_URL": database.url, "VUURTOREN_SECRET": SECRET}


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    for port in PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"no free port from {PORTS.start} to {PORTS.stop - 1}")


@contextmanager
def serving(database: Database) -> Iterator[int]:
    """Run the real program on a database; gives its port."""
    port = free_port()
    with program_on(port, program("serve"), {**variables(database), "VUURTOREN_PORT": str(port)}):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60):
            pass  # the first page waits for Folium to be imported
        yield port


@contextmanager
def program_on(port: int, command: list[str], environment: dict[str, str], *, ready: str = "/health") -> Iterator[None]:
    """Run a program that answers at a port until the end of the block."""
    with ExitStack() as stack:
        nowhere = stack.enter_context(tempfile.TemporaryDirectory())  # a folder without .env
        log = stack.enter_context((Path(nowhere) / "log").open("w+"))
        process = subprocess.Popen(
            command, cwd=nowhere, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        try:
            until = time.monotonic() + 60
            while True:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}{ready}", timeout=2):
                        break
                except (urllib.error.URLError, OSError):
                    if process.poll() is not None or time.monotonic() > until:
                        log.seek(0)
                        raise RuntimeError(f"the program does not answer: {log.read()[-2000:]}") from None
                    time.sleep(0.05)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def bare_program(body: bytes) -> Iterator[int]:
    """The least that can answer: uvicorn around a function that gives these bytes, gzipped beforehand."""
    port = free_port()
    with tempfile.NamedTemporaryFile() as file:
        file.write(gzip.compress(body, 5))
        file.flush()
        command = [
            sys.executable, "-m", "uvicorn", "tests.bench.bare:answer", "--port", str(port), "--no-access-log",
            "--lifespan", "off", "--log-level", "error",
        ]  # fmt: skip
        with program_on(port, command, {**os.environ, "PYTHONPATH": str(ROOT), "BARE_BODY": file.name}):
            yield port
