"""The private cluster in every state that a machine can leave it in, with real processes and real kills."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from app import cluster, postgres

ROOT = Path(__file__).resolve().parent.parent
AS_ROOT = os.geteuid() == 0

# A second program that uses a cluster: says what it found, holds on until its input ends, then lets go.
USER = """
import sys
from pathlib import Path
from app import cluster
held = cluster.ensure(Path(sys.argv[1]), durable=sys.argv[2] == "durable")
print("adopted" if held.adopted else "started", held.pid, flush=True)
sys.stdin.read()
held.stop()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the server's user can reach, and nothing running in it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="vuurtoren-cluster-"))
    folder.chmod(0o711)
    yield folder
    for data_dir in [folder, *folder.glob("**/")]:
        if (data_dir / "start.lock").exists():
            cluster.remove(data_dir)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(data_dir: Path, *, durable: bool = False) -> Iterator[cluster.Cluster]:
    """Use a cluster until the end of the block."""
    held = cluster.ensure(data_dir, durable=durable)
    try:
        yield held
    finally:
        held.stop()


def ask(held: cluster.Cluster, statement: str) -> str:
    """Run one statement in a connection of its own; return the first value as text."""
    url = held.url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        answer = connection.execute(statement.encode())
        row = answer.fetchone() if answer.description else None
    return "" if row is None else str(row[0])


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pid: int) -> bool:
    """Whether a process ends within a moment."""
    return until(lambda: not alive(pid), seconds=2)


def until(condition: Callable[[], bool], *, seconds: float = 10) -> bool:
    """Wait for a condition; return whether it came."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def kill(pid: int) -> None:
    """End a process without letting it say goodbye, and wait until it is gone or a zombie."""
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: not alive(pid))


@contextmanager
def other_user_of(data_dir: Path, *, durable: bool = False) -> Iterator["subprocess.Popen[str]"]:
    """Run a second program that uses the cluster."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(data_dir), "durable" if durable else "throw-away"],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(OSError):
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def said(process: "subprocess.Popen[str]") -> tuple[str, int]:
    """Return what the second program says of the cluster: "started" or "adopted", and the server's number."""
    assert process.stdout is not None
    words = process.stdout.readline().split()
    assert words, process.communicate()
    return words[0], int(words[1])


def test_first_start(place: Path) -> None:
    """An empty folder becomes a durable PostGIS server in UTF-8 with checksums, closed to the network and to others."""
    with running(place / "data", durable=True) as held:
        assert not held.adopted
        assert ask(held, "SELECT postgis_lib_version()") >= "3.3"
        for name, value in {
            "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "data_checksums": "on",
            "listen_addresses": "", "jit": "off", "server_encoding": "UTF8",
        }.items():  # fmt: skip
            assert ask(held, f"SHOW {name}") == value, name
        assert ask(held, "SELECT datcollate FROM pg_database WHERE datname = 'vuurtoren'") == "C.UTF-8"
        assert ask(held, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == "False"
        assert ask(held, "SELECT pg_has_role('vuurtoren_public', 'MEMBER')") == "True"
        assert stat.S_IMODE(held.socket_dir.stat().st_mode) == 0o700
        assert Path(f"/proc/{held.pid}").stat().st_uid != 0
        # Ctrl-C on the terminal reaches the program only, which then stops the server in good order
        assert os.getsid(held.pid) != os.getsid(0)
    assert gone(held.pid)


def test_second_start_keeps_the_data(place: Path) -> None:
    """What was committed is there after a stop and a start, and the start takes well under five seconds."""
    with running(place) as held:
        ask(held, "CREATE TABLE kept AS SELECT 7 AS value")
    before = time.monotonic()
    with running(place) as held:
        assert time.monotonic() - before < 5
        assert ask(held, "SELECT value FROM kept") == "7"


def test_throw_away_only_when_asked(place: Path) -> None:
    """Durability is off for a throw-away cluster and on again when the same folder is used without that wish."""
    with running(place, durable=False) as held:
        assert ask(held, "SHOW fsync") == "off"
        with pytest.raises(postgres.ClusterError, match="throw-away server runs"):
            cluster.ensure(place, durable=True)
    with running(place, durable=True) as held:
        assert ask(held, "SHOW fsync") == "on"


def test_two_programs_one_server(place: Path) -> None:
    """A second program adopts the running server, and it stays on until the last of the two lets go."""
    with other_user_of(place) as other:
        how, pid = said(other)
        assert how == "started"
        with running(place) as held:
            assert held.adopted
            assert held.pid == pid
            assert other.stdin is not None
            other.stdin.close()
            assert other.wait(20) == 0
            assert alive(pid)
            assert ask(held, "SELECT 1") == "1"
        assert gone(pid)


def test_two_first_starts_at_once(place: Path) -> None:
    """Two programs that start on an empty folder at the same moment end up with one server."""
    with other_user_of(place) as one, other_user_of(place) as two:
        first, second = said(one), said(two)
        assert first[1] == second[1]
        assert sorted([first[0], second[0]]) == ["adopted", "started"]


def test_kill_of_the_program(place: Path) -> None:
    """After kill -9 of the program its server runs on; the next start adopts it and stops it in the end."""
    with other_user_of(place) as other:
        _, pid = said(other)
        kill(other.pid)
    assert alive(pid)
    with running(place) as held:
        assert held.adopted
        assert held.pid == pid
        ask(held, "CREATE TABLE kept AS SELECT 7 AS value")
    assert gone(pid)


def test_kill_of_the_server(place: Path) -> None:
    """After kill -9 of the database the next start recovers: what was committed is there."""
    with other_user_of(place, durable=True) as other:
        _, pid = said(other)
        with running(place, durable=True) as held:
            ask(held, "CREATE TABLE kept AS SELECT 7 AS value")
            kill(pid)  # its parent, the other program, does not collect it: a zombie keeps the number
            assert Path(f"/proc/{pid}").exists()
            with running(place, durable=True) as again:
                assert again.pid != pid
                assert ask(again, "SELECT value FROM kept") == "7"


def test_the_program_brings_a_killed_server_back(place: Path) -> None:
    """While a program serves, it starts its killed server again and loses nothing committed."""
    with running(place, durable=True) as held:
        held.keep_running()
        ask(held, "CREATE TABLE kept AS SELECT 7 AS value")
        first = held.pid
        kill(first)
        assert until(lambda: held.pid != first and postgres.answers(held.socket_dir) is None, seconds=30)
        assert ask(held, "SELECT value FROM kept") == "7"
    assert gone(held.pid)


def test_orphans_of_a_killed_server(place: Path) -> None:
    """A busy backend that outlives its killed server still holds the shared memory: it is ended before the start."""
    with running(place) as held:
        busy = psycopg.connect(held.url.replace("+psycopg", ""), autocommit=True)
        pid = busy.info.backend_pid
        os.kill(pid, signal.SIGSTOP)  # deaf to everything but SIGKILL
        kill(held.pid)
        assert alive(pid)
        with running(place) as again:
            assert ask(again, "SELECT 1") == "1"
            assert gone(pid)
        busy.close()


def test_number_of_a_stranger(place: Path) -> None:
    """A postmaster.pid whose number belongs to another living program by now neither stops the start nor harms it."""
    with running(place) as held:
        kill(held.pid)
        pid_file = place / "postgres" / "postmaster.pid"
        owner = cluster._owner()
        # the same user's: of a process of somebody else PostgreSQL itself would know that it is no server
        stranger = subprocess.Popen(["sleep", "60"], **owner.run_as())  # type: ignore[call-overload]
        try:
            for file in (pid_file, held.socket_dir / ".s.PGSQL.5432.lock"):
                lines = file.read_text().splitlines()
                file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
            with running(place) as again:
                assert ask(again, "SELECT 1") == "1"
                assert again.pid != stranger.pid
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()


def test_long_path(place: Path) -> None:
    """A data folder whose socket path would be too long for Linux gets a short, closed socket folder elsewhere."""
    data_dir = place / ("wijk-" * 12) / ("buurt-" * 10)
    with running(data_dir) as held:
        assert len(str(held.socket_dir)) < 90
        assert stat.S_IMODE(held.socket_dir.stat().st_mode) == 0o700
        assert ask(held, "SELECT 1") == "1"
        with running(data_dir) as again:
            assert again.adopted
    shutil.rmtree(held.socket_dir)


def test_interrupted_first_start(place: Path) -> None:
    """What a first start that was cut off left behind is made anew."""
    half_made = place / "postgres.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("15\n")
    with running(place) as held:
        assert ask(held, "SELECT 1") == "1"
    assert not half_made.exists()


def test_data_of_another_version(place: Path) -> None:
    """Data of a PostgreSQL that is not installed is left alone, and the sentence names the package to install."""
    with running(place):
        pass
    (place / "postgres" / "PG_VERSION").write_text("14\n")
    with pytest.raises(postgres.ClusterError, match=r"made by PostgreSQL 14.*postgresql-14-postgis-3"):
        cluster.ensure(place)
    (place / "postgres" / "PG_VERSION").write_text("15\n")


def test_no_postgis(tmp_path: Path) -> None:
    """Without PostGIS, or with one that is too old, the sentence says what to do."""
    with pytest.raises(postgres.ClusterError, match="PostGIS is not installed: run `make run`"):
        postgres.binaries(installed=tmp_path)
    for part in ("13/lib/postgis-3.so", "13/bin/initdb"):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / part).touch()
    with pytest.raises(postgres.ClusterError, match="15 or newer"):
        postgres.binaries(installed=tmp_path)


def test_data_folder_that_cannot_be_entered(place: Path) -> None:
    """A folder without permission is refused in one sentence that names it."""
    closed = place / "closed"
    if AS_ROOT:  # root may enter, but the user who runs the server may not
        closed.mkdir(mode=0o700)
        data_dir = closed / "data"
    else:
        closed.mkdir(mode=0o500)
        data_dir = closed / "data"
    with pytest.raises(postgres.ClusterError, match=str(closed)):
        cluster.ensure(data_dir)


def test_rights_of_a_folder_that_was_there(place: Path) -> None:
    """A folder that somebody made keeps its rights, and what is written into it is closed to others."""
    there = place / "there"
    there.mkdir()
    there.chmod(0o755)
    with running(there):
        assert stat.S_IMODE(there.stat().st_mode) == 0o755
        for file in ("start.lock", "users.lock", "postgres.log"):
            assert stat.S_IMODE((there / file).stat().st_mode) == 0o600
    if AS_ROOT:
        there.chmod(0o700)
        with pytest.raises(postgres.ClusterError, match="cannot enter"):
            cluster.ensure(there)
        assert stat.S_IMODE(there.stat().st_mode) == 0o700


def test_data_folder_that_is_a_file(place: Path) -> None:
    """A file where the data folder should be is refused in one sentence."""
    (place / "data").write_text("")
    with pytest.raises(postgres.ClusterError, match="cannot be used"):
        cluster.ensure(place / "data")


def test_damaged_settings_file(place: Path) -> None:
    """A server that does not start is told with its own reason and the place of its log."""
    with running(place):
        pass
    with (place / "postgres" / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")
    with pytest.raises(postgres.ClusterError, match=r"did not start: .*postgres\.log"):
        cluster.ensure(place)


def test_remove_spares_what_is_used(place: Path) -> None:
    """A cluster is deleted only when no program uses it."""
    with other_user_of(place) as other:
        _, pid = said(other)
        assert not cluster.remove(place)
        assert alive(pid)
        kill(other.pid)
    assert cluster.remove(place)
    assert gone(pid)
    assert not place.exists()


@pytest.mark.skipif(not AS_ROOT, reason="every other test is this one when the suite runs as an ordinary user")
def test_ordinary_user(place: Path) -> None:
    """An ordinary user gets the same cluster, run as that user, and the folder is closed to others."""
    nobody = pwd.getpwnam("nobody")
    home = place / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    child = os.fork()
    if child == 0:
        code = 1
        with suppress(BaseException):
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            with running(home / "data") as held:
                mine = Path(f"/proc/{held.pid}").stat().st_uid == nobody.pw_uid
                closed = stat.S_IMODE((home / "data").stat().st_mode) == 0o700
                code = 0 if mine and closed and ask(held, "SELECT 1") == "1" else 2
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not AS_ROOT, reason="only root can make a small disk")
def test_full_disk(place: Path) -> None:
    """On a disk without room the first start says so in one sentence and leaves nothing half-made."""
    small = place / "small"
    small.mkdir(mode=0o711)
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m,mode=0711", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        with pytest.raises(postgres.ClusterError, match="No space left on device"):
            cluster.ensure(small / "data", durable=False)
        assert not list((small / "data").glob("postgres*"))
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_data_folder_that_another_program_makes_at_the_same_moment_is_taken(place: Path) -> None:
    """Six first starts that make the folder at once all go on; none says that it exists already."""
    for attempt in range(30):
        folder = place / f"many-{attempt}" / "cluster"
        ready = threading.Barrier(6)

        def make(folder: Path = folder, ready: threading.Barrier = ready) -> None:
            ready.wait()
            cluster._make_data_dir(folder)

        with ThreadPoolExecutor(6) as pool:
            for made in [pool.submit(make) for _ in range(6)]:
                made.result()
        assert folder.is_dir()
