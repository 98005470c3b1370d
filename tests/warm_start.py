"""Start `vuurtoren` as a process of its own without loading the third-party packages anew each time.

One process per worker has those packages loaded, and nothing of ours; each program is a fork of it, with its own
arguments, environment, folder, standard output and end. So every program still loads our modules itself, in its own
order, and only the second and a half that Python takes for the packages is gone. Two things differ from a cold
start, and tests that are about one of them use `program()` of conftest.py: packages that would not load at all, and
the time that loading takes. The examples of docs/api.md start cold.
"""

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 200_000  # bytes of a message: arguments and environment
#: What the commands load, sooner or later. Their own imports say the same again.
PACKAGES = (
    "alembic.command", "babel.messages", "cachetools", "charset_normalizer", "dateutil.rrule",
    "fastapi", "feedgen.feed", "folium", "geoalchemy2", "geopandas", "httptools", "icalendar", "jinja2",
    "mapclassify", "multipart", "numpy", "openpyxl", "osmium", "pandas", "PIL.Image", "procrastinate", "psycopg_pool",
    "pydantic_settings", "pyogrio", "pyotp", "pyproj", "rich.table", "scipy.spatial", "scipy.sparse.csgraph", "segno",
    "shapely", "sqlalchemy.dialects.postgresql.psycopg", "sqlalchemy.orm", "starlette.middleware.gzip", "typer",
    "uvicorn", "uvloop", "weasyprint", "webauthn",
)  # fmt: skip


class Program:
    """A program that was started warm; it answers like a `subprocess.Popen` whose output goes to a file."""

    def __init__(self, pid: int, line: socket.socket, output: "IO[str]", errors: "IO[str]") -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._line = line
        self._files = (output, errors)
        self._said: list[str] = []

    def poll(self) -> int | None:
        """Return how it ended, minus the signal as subprocess does; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return how it ended."""
        ended = self._ended(timeout)
        if ended is None:
            raise subprocess.TimeoutExpired("vuurtoren", timeout or 0)
        return ended

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self._line.settimeout(timeout)
            try:
                said = self._line.recv(100)
            except (BlockingIOError, TimeoutError):
                return None
            self._line.close()
            self.returncode = os.waitstatus_to_exitcode(int(said)) if said else -signal.SIGKILL
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for its end and return what it said on standard output and standard error."""
        self.wait(timeout)
        if not self._said:
            for file in self._files:
                file.seek(0)
                self._said.append(file.read())
            for file in self._files:
                file.close()
        return self._said[0], self._said[1]

    def send_signal(self, number: int) -> None:
        """Send a signal, while it runs: the number of a process that ended may be another's."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to stop."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Starter:
    """The process that forks, seen from the tests; made at the first `start`."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None

    def start(self, arguments: list[str], *, folder: str, env: dict[str, str], together: bool = False) -> Program:
        """Run `vuurtoren` with these arguments, in this folder, with this environment and no standard input.

        Args:
            arguments: the words after `vuurtoren`.
            folder: where it runs.
            env: its whole environment.
            together: standard error goes where standard output goes.
        """
        if self._process is None or self._process.poll() is not None:
            self._begin()
        assert self._line is not None
        output = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed when it was read
        errors = output if together else tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        ours, theirs = socket.socketpair()
        wanted = json.dumps({"arguments": arguments, "folder": folder, "env": env}).encode()
        with theirs:
            socket.send_fds(self._line, [wanted], [theirs.fileno(), output.fileno(), errors.fileno()])
        pid = ours.recv(20)
        assert pid, "the process that starts programs ended; standard error says why"
        return Program(int(pid), ours, output, errors)

    def close(self) -> None:
        """Let go of the process that forks; what it started runs on."""
        if self._process is not None and self._line is not None:
            self._line.close()
            self._process.wait(20)

    def _begin(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", f"from tests.warm_start import main; main({theirs.fileno()})"],
                # a fork takes no threads along, so there must be none
                env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
                cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
            )  # fmt: skip


starter = Starter()


def main(line: int) -> None:
    """Load the packages, then fork for whoever asks, until the tests are gone."""
    for name in PACKAGES:
        importlib.import_module(name)
    ours = [name for name in sys.modules if name.partition(".")[0] in ("app", "assets", "maps", "migrations")]
    assert not ours, f"the program would find its own modules loaded: {ours}"
    threads = len([*Path("/proc/self/task").iterdir()])
    assert threads == 1, f"{threads} threads: a fork would lose them"
    gc.freeze()
    with suppress(KeyboardInterrupt), socket.socket(fileno=line) as asked:
        wanted = _fork(asked)
    if wanted is None:
        return
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["env"])
    time.tzset()
    sys.argv = ["-c", *wanted["arguments"]]
    from app.cli import main as vuurtoren

    sys.exit(vuurtoren())


def _fork(asked: socket.socket) -> dict[str, Any] | None:
    """Fork for whoever asks; return what was asked in the process that is to be it, None when nobody asks any more."""
    running: dict[int, tuple[int, socket.socket]] = {}  # handle of a process -> its number, who hears of its end
    with selectors.DefaultSelector() as waiting:
        waiting.register(asked, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is not asked:
                    waiting.unregister(key.fd)
                    os.close(key.fd)
                    pid, hears = running.pop(key.fd)
                    with hears, suppress(OSError):  # nobody may be there any more
                        hears.send(str(os.waitpid(pid, 0)[1]).encode())
                    continue
                message, handles, _, _ = socket.recv_fds(asked, LARGEST, 3)
                if not message:
                    return None
                line, output, errors = handles
                hears = socket.socket(fileno=line)
                pid = os.fork()
                if pid == 0:
                    os.dup2(output, 1)
                    os.dup2(errors, 2)
                for handle in (output, errors):
                    os.close(handle)
                if pid == 0:
                    for end, (_, others) in running.items():
                        os.close(end)
                        others.close()
                    hears.close()
                    return dict(json.loads(message))
                hears.send(str(pid).encode())
                end = os.pidfd_open(pid)
                running[end] = pid, hears
                waiting.register(end, selectors.EVENT_READ)
