"""The service through kills, restarts, locks and a full disk: nothing acknowledged is lost, nobody gets a 500."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psycopg
import pytest

from app import cluster, postgres
from tests.conftest import ROOT, free_port, program, run_program, wait_until_it_answers

AWAY = (httpx2.ConnectError, httpx2.ReadError, httpx2.RemoteProtocolError, httpx2.ConnectTimeout)
BACK_AGAIN_S = 5
PATIENCE_S = 40  # on a machine that is busy with other things


@dataclass
class Service:
    """The real program on a private, durable cluster."""

    data_dir: Path
    url: str
    process: "subprocess.Popen[str]"

    def postmaster(self) -> int:
        """Return the number of the database server's first process; wait for it where it is being started."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            for pid, top in postgres.server_processes(self.data_dir / "postgres").items():
                if top:
                    return pid
            time.sleep(0.02)
        raise AssertionError("there is no database server")

    def connection(self) -> "psycopg.Connection[tuple[object, ...]]":
        """Return a connection as the administrator of the database."""
        return psycopg.connect(
            host=str(self.data_dir / "socket"), port=postgres.PORT, user="postgres", dbname="vuurtoren", autocommit=True
        )

    def titles(self) -> list[str]:
        """Return the titles that these tests stored, in order."""
        with self.connection() as connection:
            rows = connection.execute("SELECT title FROM asset WHERE title LIKE 'Fault %' ORDER BY title").fetchall()
        return [str(row[0]) for row in rows]


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """A data folder that the server's user can reach, for all tests of this file."""
    folder = Path(tempfile.mkdtemp(prefix="vuurtoren-faults-"))
    folder.chmod(0o711)
    yield folder / "data"
    cluster.remove(folder / "data")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def token(data_dir: Path) -> str:
    """A builder's bearer token, made by the command."""
    made = run_program("account", "token", f"faults-{uuid.uuid4().hex[:8]}", VUURTOREN_DATA_DIR=str(data_dir))
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


@contextmanager
def serving(data_dir: Path) -> Iterator[Service]:
    """Run the real program on the private cluster of a data folder."""
    port = free_port()
    process = subprocess.Popen(
        program("serve"), cwd="/", text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "VUURTOREN_DATA_DIR": str(data_dir), "VUURTOREN_PORT": str(port)},
    )  # fmt: skip
    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}", process)
        yield Service(data_dir, f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@pytest.fixture
def service(data_dir: Path, token: str) -> Iterator[Service]:
    """The running service; the token exists before it starts."""
    with serving(data_dir) as running:
        yield running


def until_ready(url: str) -> bool:
    """Wait until the service can use its database; return whether that came in time."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if httpx2.get(f"{url}/ready", timeout=10).status_code == 200:
            return True
        time.sleep(0.05)
    return False


def post(url: str, token: str, title: str, *, key: str | None = None, seconds: float = 30) -> httpx2.Response:
    """Ask to store an asset."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/geo+json"}
    if key:
        headers["Idempotency-Key"] = key
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [5.312, 52.532]},  # in the sample neighbourhood
        "properties": {"kind": "story", "title": title},
    }
    return httpx2.post(f"{url}/api/v1/collections/assets/items", json=feature, headers=headers, timeout=seconds)


@dataclass
class Writer:
    """Writes one asset after the other, each until it is acknowledged, with one Idempotency-Key per asset."""

    url: str
    token: str
    name: str
    acknowledged: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        """Write until told to stop, and finish what was begun."""
        number = 0
        while not stop.is_set():
            number += 1
            title = f"Fault {self.name} {number:05d}"
            key, begun = uuid.uuid4().hex, time.monotonic()
            while True:
                try:
                    answer = post(self.url, self.token, title, key=key)
                except AWAY:
                    time.sleep(0.05)
                    continue
                if answer.status_code == 201:
                    self.acknowledged.append(title)
                    break
                if answer.status_code != 503:
                    self.unexpected.append(answer.text)
                elif "retry-after" not in answer.headers:
                    self.unexpected.append("503 without Retry-After")
                if time.monotonic() - begun > PATIENCE_S:
                    return
                time.sleep(0.05)


@contextmanager
def writers(url: str, token: str, count: int = 4) -> Iterator[list[Writer]]:
    """Let several writers work during the block."""
    stop = threading.Event()
    made = [Writer(url, token, f"{uuid.uuid4().hex[:6]}") for _ in range(count)]
    threads = [threading.Thread(target=writer.run, args=(stop,)) for writer in made]
    for thread in threads:
        thread.start()
    try:
        yield made
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)


def assert_none_lost_none_doubled(service: Service, made: list[Writer]) -> None:
    """Every acknowledged asset is stored exactly once, and nothing else of these writers is."""
    assert until_ready(service.url)
    stored = service.titles()
    for writer in made:
        assert writer.acknowledged
        assert [title for title in stored if f" {writer.name} " in title] == writer.acknowledged
        assert writer.unexpected == []


def outage_s(made: list[Writer], cause: Callable[[], None]) -> float:
    """Return the seconds from a cause until the next write is acknowledged."""
    cause()
    begun = time.monotonic()
    time.sleep(0.1)  # an answer that was under way already does not count
    before = sum(len(writer.acknowledged) for writer in made)
    while sum(len(writer.acknowledged) for writer in made) == before:
        assert time.monotonic() - begun < PATIENCE_S
        time.sleep(0.02)
    return time.monotonic() - begun


@pytest.mark.slow
def test_killed_database_under_writers(service: Service, token: str) -> None:
    """kill -9 of the database, again and again under four writers: none lost, none doubled, back in five seconds."""
    outages = []
    with writers(service.url, token) as made:
        for _ in range(6):
            time.sleep(0.7)
            outages.append(outage_s(made, lambda: os.kill(service.postmaster(), signal.SIGKILL)))
    assert_none_lost_none_doubled(service, made)
    # slow rounds on a busy machine are no fault; that none is quick would be one
    assert min(outages) < BACK_AGAIN_S


@pytest.mark.slow
def test_restarted_database_under_writers(service: Service, token: str) -> None:
    """A database that is stopped in good order comes back, and nobody gets a 500 meanwhile."""
    with writers(service.url, token, 2) as made:
        time.sleep(1)
        outage_s(made, lambda: os.kill(service.postmaster(), signal.SIGINT))
    assert_none_lost_none_doubled(service, made)


@pytest.mark.slow
def test_killed_program(data_dir: Path, token: str) -> None:
    """kill -9 of the program: everything acknowledged is there when it is started again, on the same server."""
    with serving(data_dir) as first:
        before = first.postmaster()
        acknowledged = [title for title in (f"Fault killed {number}" for number in range(5))
                        if post(first.url, token, title).status_code == 201]  # fmt: skip
        assert acknowledged
        first.process.kill()
        first.process.wait()
    with serving(data_dir) as second:
        assert second.postmaster() == before
        assert [title for title in second.titles() if " killed " in title] == acknowledged


def test_stop_while_a_request_is_under_way(data_dir: Path, token: str) -> None:
    """SIGTERM lets a write that was begun finish: it is answered and stored, then everything ends with code 0."""
    with serving(data_dir) as service, service.connection() as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE asset IN ACCESS EXCLUSIVE MODE")
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(post(service.url, token, "Fault stopped").status_code))
        asking.start()
        time.sleep(0.7)
        service.process.terminate()
        time.sleep(0.7)
        other.execute("COMMIT")
        asking.join(15)
        assert answers == [201]
        assert service.process.wait(20) == 0
        assert not postgres.server_processes(data_dir / "postgres")
    with serving(data_dir) as service:
        assert "Fault stopped" in service.titles()


def test_lock_that_is_held(service: Service, token: str) -> None:
    """While somebody holds a lock, reads and writes are answered 503 with Retry-After instead of hanging."""
    with service.connection() as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE asset IN ACCESS EXCLUSIVE MODE")
        before = time.monotonic()
        read = httpx2.get(f"{service.url}/api/v1/collections/assets/items", timeout=30)
        write = post(service.url, token, "Fault locked")
        assert time.monotonic() - before < 30
        other.execute("ROLLBACK")
    for answer in (read, write):
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.headers["content-type"] == "application/problem+json"
    assert "Fault locked" not in service.titles()
    assert post(service.url, token, "Fault unlocked").status_code == 201


def test_service_tells_that_it_is_not_ready(service: Service) -> None:
    """While the database is away /health stays 200 and /ready says 503; both are 200 again afterwards."""
    # stopped but there: it is not started again, and nothing is answered
    pids = list(postgres.server_processes(service.data_dir / "postgres"))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        assert httpx2.get(f"{service.url}/health", timeout=5).status_code == 200
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    assert httpx2.get(f"{service.url}/ready", timeout=10).status_code == 200
    killed = service.postmaster()
    os.kill(killed, signal.SIGKILL)
    seen = set()
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        answer = httpx2.get(f"{service.url}/ready", timeout=10)
        seen.add(answer.status_code)
        if answer.status_code == 200 and service.postmaster() != killed:
            break
        time.sleep(0.02)
    assert seen <= {200, 503}
    assert httpx2.get(f"{service.url}/ready", timeout=10).status_code == 200
    # tiles have connections of their own, which died too
    assert httpx2.get(f"{service.url}/map-tiles/14/8433/5360", timeout=10).status_code in {200, 204}
    assert httpx2.get(f"{service.url}/streets", timeout=10).status_code == 200


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")
def test_full_disk_while_serving(data_dir: Path) -> None:
    """On a full disk reads go on and writes are answered 503; with room again they succeed."""
    small = data_dir.parent / "small"
    small.mkdir(mode=0o711, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=400m,mode=0711", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        there = small / "data"
        made = run_program("account", "token", "full-disk", VUURTOREN_DATA_DIR=str(there))
        token = made.stdout.strip()
        with serving(there) as service:
            assert post(service.url, token, "Fault with room").status_code == 201
            subprocess.run(["dd", "if=/dev/zero", f"of={small}/filler", "bs=64k"], capture_output=True, check=False)
            assert shutil.disk_usage(small).free == 0
            with service.connection() as connection, pytest.raises(psycopg.Error):
                # takes the free space inside the tables' own files
                connection.execute("CREATE TABLE hungry AS SELECT repeat('x', 900) FROM generate_series(1, 200000)")
            answers = [post(service.url, token, "Fault " + "x" * 190 + str(n)).status_code for n in range(150)]
            assert set(answers) <= {201, 503}
            reading = httpx2.get(f"{service.url}/api/v1/collections/assets/items", timeout=10)
            assert reading.status_code == 200
            (small / "filler").unlink()
            until = time.monotonic() + 10
            while (answer := post(service.url, token, "Fault room again")).status_code != 201:
                assert time.monotonic() < until, answer.text
                time.sleep(0.2)
    finally:
        cluster.remove(small / "data")
        subprocess.run(["umount", str(small)], check=True)
