"""The private PostGIS cluster behind the embedded default: starts it, adopts a running one, stops it.

`ensure(data_dir)` gives a running cluster, whatever happened before: nothing there yet, a clean stop, a running
server of another process, `kill -9` of either side. What is true is read from /proc (which processes work inside the
data folder), never from postmaster.pid, whose number may belong to a zombie or to a stranger by now.

Two locks stand in the data folder. `start.lock` is held for as long as somebody looks, starts or stops;
`users.lock` is held shared by every process that uses the cluster, so that only the last one out stops it. The
kernel lets go of both when a process dies, however it dies.

The server listens on a Unix socket in a folder of mode 0700 and on no network address. Root cannot run PostgreSQL,
so for root it runs as the user `postgres`. Fsync and synchronous commit are on, unless a throw-away cluster is asked
for.
"""

import fcntl
import logging
import os
import pwd
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO
from urllib.parse import quote

from app import postgres
from app.postgres import ClusterError

log = logging.getLogger(__name__)

_children: dict[int, "subprocess.Popen[bytes]"] = {}  # the servers that this process started

LONGEST_SOCKET_PATH = 107  # bytes, Linux
SERVER_USER = "postgres"  # who runs the server for root
START_SECONDS = 60.0
STOP_SECONDS = 30.0

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "256MB"}
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",  # with some fifty databases it works all the time; tests that need statistics make them
    "shared_buffers": "128MB",
}
SERVER_SETTINGS = {
    "listen_addresses": "",
    "port": str(postgres.PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "2",
    "jit": "off",  # compiling costs more than it wins on queries of a few milliseconds
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_error_verbosity": "terse",  # details repeat what people wrote
    # so do errors of statements ('invalid input syntax ...: "..."'): the program is told, the file is not
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "logging_collector": "off",
}


@dataclass(frozen=True)
class Owner:
    """Whom the server runs as: a system user for root, nobody else otherwise."""

    name: str
    uid: int
    gid: int
    other: bool  # not the user of this process

    def run_as(self) -> dict[str, object]:
        """Return the subprocess arguments that run a program as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}


@dataclass
class Cluster:
    """A running cluster that this process uses; `stop()` when done."""

    data_dir: Path
    durable: bool
    socket_dir: Path
    pid: int
    adopted: bool  # it was running already
    _users: IO[str]
    _closing: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The database `vuurtoren` as its owner, as a SQLAlchemy URL."""
        return self.url_of("vuurtoren", user="vuurtoren")

    @property
    def urls(self) -> dict[str, str]:
        """The settings that name this database, each with a user who cannot become another."""
        return {
            "database_url": self.url_of("vuurtoren", user="vuurtoren_app"),
            "owner_database_url": self.url,
            "public_database_url": self.url_of("vuurtoren", user="vuurtoren_public"),
        }

    def url_of(self, database: str, *, user: str) -> str:
        """Return the SQLAlchemy URL of a database of this cluster; the user `postgres` may do everything."""
        return (
            f"postgresql+psycopg://{user}@/{database}?host={quote(str(self.socket_dir), safe='')}&port={postgres.PORT}"
        )

    def keep_running(self) -> None:
        """Watch the server from a thread and start it again when it died, until `stop()`."""
        self._watch = threading.Thread(target=self._watching, name="cluster-watch", daemon=True)
        self._watch.start()

    def _watching(self) -> None:
        while not self._closing.wait(0.25):
            _collect()
            if postgres.is_server(self.pid, _pgdata(self.data_dir)):
                continue
            log.warning("the database server died; starting it again")
            try:
                with _locked(self.data_dir):
                    if not self._closing.is_set():
                        self.pid, self.socket_dir, _ = _start(self.data_dir, durable=self.durable)
            except (ClusterError, OSError) as error:
                log.error("%s", error)  # the sentence says it; a traceback is nothing for an operator
                self._closing.wait(2)

    def stop(self) -> None:
        """Let go of the cluster; the last process that uses it stops the server."""
        self._closing.set()
        if self._watch is not None:
            self._watch.join()
        if self._users.closed:
            return
        with _locked(self.data_dir):
            fcntl.flock(self._users, fcntl.LOCK_UN)
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log.info("another process uses the database server; it stays on")
            else:
                _stop(self.data_dir)
            self._users.close()


def ensure(data_dir: Path, *, durable: bool = True) -> Cluster:
    """Return a running cluster with its data in `data_dir`, made, started or adopted as needed.

    Args:
        data_dir: a folder for this cluster alone; made when missing.
        durable: False only for a throw-away cluster: a power cut may then lose everything.

    Raises:
        ClusterError: with one sentence, when there is no PostGIS, no room, no permission, or data of another version.
    """
    data_dir = Path(os.path.abspath(data_dir))  # noqa: PTH100 - keeps symbolic links, which resolve() would not
    try:
        _make_data_dir(data_dir)
        with _locked(data_dir):
            users = _open_lock(data_dir / "users.lock")
            try:
                fcntl.flock(users, fcntl.LOCK_SH)
                pid, socket_dir, adopted = _start(data_dir, durable=durable)
            except BaseException:
                users.close()
                raise
    except OSError as error:
        raise ClusterError(
            f"The data folder {data_dir} cannot be used ({error.strerror}: {error.filename}): "
            "choose another VUURTOREN_DATA_DIR."
        ) from error
    return Cluster(data_dir, durable, socket_dir, pid, adopted, users)


def remove(data_dir: Path) -> bool:
    """Stop what runs in a data folder and delete it; return False when a process still uses it, and leave it then."""
    if not data_dir.is_dir():
        return True
    with _locked(data_dir), _open_lock(data_dir / "users.lock") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        _stop(data_dir)
        shutil.rmtree(data_dir)
    return True


# --- The data folder ---


def _pgdata(data_dir: Path) -> Path:
    return data_dir / "postgres"


def _owner() -> Owner:
    try:
        if os.geteuid() != 0:
            return Owner(pwd.getpwuid(os.geteuid()).pw_name, os.geteuid(), os.getegid(), other=False)
        user = pwd.getpwnam(SERVER_USER)
    except KeyError:
        raise ClusterError(
            f"PostgreSQL refuses to run as root and there is no user {SERVER_USER}: run as an ordinary user."
            if os.geteuid() == 0
            else f"PostgreSQL refuses to run as user number {os.geteuid()}, which has no name on this machine."
        ) from None
    return Owner(user.pw_name, user.pw_uid, user.pw_gid, other=True)


def _make_data_dir(data_dir: Path) -> None:
    owner = _owner()
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    try:
        data_dir.mkdir()
    except FileExistsError:
        if not data_dir.is_dir():
            raise
        # the rights of a folder that was there are not ours to change: another program may just be making it
    else:
        # root's folder must let the server's user through to its own folder inside; the files in it stay closed
        data_dir.chmod(0o711 if owner.other else 0o700)
    if owner.other and subprocess.run(["test", "-x", str(data_dir)], check=False, **owner.run_as()).returncode != 0:  # type: ignore[call-overload]
        raise ClusterError(
            f"The user {owner.name}, who runs PostgreSQL for root, cannot enter {data_dir}: "
            "choose a VUURTOREN_DATA_DIR outside root's home, such as /var/lib/vuurtoren."
        )


def _closed(path: str, flags: int) -> int:
    """Open a file that is closed to other users."""
    return os.open(path, flags, 0o600)


def _open_lock(file: Path) -> IO[str]:
    return open(file, "a", opener=_closed)


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """Hold the lock under which a cluster is looked at, started or stopped."""
    with _open_lock(data_dir / "start.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_cluster(data_dir: Path, owner: Owner, *, durable: bool) -> None:
    """Make the files of a new cluster, under another name until they are complete."""
    programs = postgres.binaries()
    half_made = data_dir / "postgres.new"
    shutil.rmtree(half_made, ignore_errors=True)
    half_made.mkdir(mode=0o700)
    os.chown(half_made, owner.uid, owner.gid)
    command = [
        str(programs.folder / "initdb"), "--pgdata", str(half_made), "--username", "postgres", "--encoding", "UTF8",
        "--locale", "C.UTF-8", "--data-checksums", "--auth", "peer", "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]  # fmt: skip
    answer = subprocess.run(  # type: ignore[call-overload]
        command, cwd="/", env=postgres.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False, **owner.run_as(),
    )  # fmt: skip
    if answer.returncode != 0:
        shutil.rmtree(half_made, ignore_errors=True)
        raise ClusterError(
            f"The database could not be made in {data_dir}: {postgres.reason(answer.stdout + answer.stderr)}"
        )
    _write_who_may(half_made, owner)
    (half_made / "pg_hba.conf").write_text("local all all peer map=vuurtoren\n", encoding="utf-8")
    half_made.rename(_pgdata(data_dir))


def _write_who_may(pgdata: Path, owner: Owner) -> bool:
    """Write as whom the system's users may sign in; return whether that is new. A cluster of an older version too.

    By name of the system's user: the socket's folder is closed to others, and this holds even if it were not.
    """
    people = {owner.name, pwd.getpwuid(os.geteuid()).pw_name}
    users = ("postgres", *postgres.ROLES)
    lines = "".join(f"vuurtoren {person} {user}\n" for person in sorted(people) for user in users)
    file = pgdata / "pg_ident.conf"
    if file.read_text(encoding="utf-8") == lines:
        return False
    file.write_text(lines, encoding="utf-8")
    return True


def _socket_dir(data_dir: Path, owner: Owner) -> Path:
    """Make and return the folder of the socket: in the data folder, or in a short one where that path is too long."""
    folder = data_dir / "socket"
    if len(os.fsencode(folder / f".s.PGSQL.{postgres.PORT}.lock")) > LONGEST_SOCKET_PATH:
        runtime = Path("/run") if owner.other else Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp")  # noqa: S108
        if not os.access(runtime, os.W_OK) or len(os.fsencode(runtime)) > LONGEST_SOCKET_PATH - 60:
            runtime = Path("/tmp")  # noqa: S108 - the folder below is checked to be ours and closed to others
        folder = runtime / f"vuurtoren-{owner.uid}-{sha256(os.fsencode(data_dir)).hexdigest()[:16]}"
    folder.mkdir(mode=0o700, exist_ok=True)
    seen = folder.lstat()
    if owner.other and seen.st_uid == os.geteuid() and not folder.is_symlink():
        os.chown(folder, owner.uid, owner.gid)
        seen = folder.lstat()
    if folder.is_symlink() or not folder.is_dir() or seen.st_uid != owner.uid:
        raise ClusterError(f"The folder {folder} belongs to somebody else: remove it and start again.")
    folder.chmod(0o700)
    return folder


# --- Starting and stopping ---


def _start(data_dir: Path, *, durable: bool) -> tuple[int, Path, bool]:
    """Adopt or start the server of a data folder; the caller holds the lock."""
    owner = _owner()
    pgdata = _pgdata(data_dir)
    if not pgdata.exists():
        _make_cluster(data_dir, owner, durable=durable)
    until = time.monotonic() + START_SECONDS
    while postmaster := next((pid for pid, top in postgres.server_processes(pgdata).items() if top), None):
        socket_dir = postgres.socket_dir_of_running(pgdata)
        if socket_dir is not None and postgres.answers(socket_dir) is None:
            if durable and not postgres.is_durable(socket_dir):
                raise ClusterError(f"A throw-away server runs in {data_dir} (process {postmaster}): stop that first.")
            if _write_who_may(pgdata, owner):
                postgres.read_who_may(socket_dir)
            postgres.make_database(socket_dir)
            return postmaster, socket_dir, True
        if time.monotonic() > until:
            raise ClusterError(f"The database server in {data_dir} (process {postmaster}) runs but does not answer.")
        time.sleep(0.05)  # it starts, recovers or is just stopping
    postgres.end_orphans(pgdata)
    socket_dir = _socket_dir(data_dir, owner)
    # nothing works in the data folder any more, so these files tell of the dead; their number may be a stranger's now
    for stale in (pgdata / "postmaster.pid", *socket_dir.glob(".s.PGSQL.*")):
        stale.unlink(missing_ok=True)
    _write_who_may(pgdata, owner)
    server = _launch(data_dir, owner, socket_dir, durable=durable)
    try:
        _wait_until_it_answers(server, data_dir, socket_dir)
        postgres.make_database(socket_dir)
    except BaseException:
        _stop(data_dir)
        raise
    return server.pid, socket_dir, False


def _launch(data_dir: Path, owner: Owner, socket_dir: Path, *, durable: bool) -> "subprocess.Popen[bytes]":
    pgdata = _pgdata(data_dir)
    try:
        major = int((pgdata / "PG_VERSION").read_text().strip())
    except (OSError, ValueError) as error:
        raise ClusterError(f"{pgdata} holds no database that this program can read.") from error
    settings = {
        **SERVER_SETTINGS,
        **(DURABLE if durable else THROW_AWAY),
        "unix_socket_directories": '"' + str(socket_dir).replace('"', '""') + '"',
    }
    command = [str(postgres.binaries(major).folder / "postgres"), "-D", str(pgdata)]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    log_file = data_dir / "postgres.log"
    # always appended to, so that it can be cut while the server writes (app/tidying.py)
    with open(log_file, "ab", opener=_closed) as output:
        if output.tell() > 20_000_000:
            output.truncate(0)
        # a session of its own: Ctrl-C on the terminal is for the program, which then stops the server in good order
        server: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
            command, cwd="/", env=postgres.environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, **owner.run_as(),
        )  # fmt: skip
    _children[server.pid] = server
    return server


def _collect() -> None:
    """Collect the servers of this process that ended; they would stay zombies."""
    for pid, server in list(_children.items()):
        if server.poll() is not None:
            _children.pop(pid, None)


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", data_dir: Path, socket_dir: Path) -> None:
    until = time.monotonic() + START_SECONDS
    log_file = data_dir / "postgres.log"
    while (why := postgres.answers(socket_dir)) is not None:
        if server.poll() is not None:
            with log_file.open("rb") as file:
                file.seek(max(0, log_file.stat().st_size - 4000))
                tail = file.read().decode(errors="replace")
            raise ClusterError(
                f"The database server in {data_dir} did not start: {postgres.reason(tail)} (see {log_file})"
            )
        if time.monotonic() > until:
            raise ClusterError(f"The database server in {data_dir} does not answer: {why} (see {log_file})")
        time.sleep(0.02)


def _stop(data_dir: Path) -> None:
    """Stop the server in good order: it finishes what it writes and cuts connections; the caller holds the lock."""
    pgdata = _pgdata(data_dir)
    for how, seconds in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 10.0)):
        for pid, postmaster in postgres.server_processes(pgdata).items():
            if postmaster:
                with suppress(OSError):
                    os.kill(pid, how)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            _collect()
            if not postgres.server_processes(pgdata):
                return
            time.sleep(0.02)
    log.error("the database server in %s does not stop", data_dir)
