"""The visitor of a benchmark: a process of its own that asks the service over kept-open connections.

It speaks HTTP/1.1 over bare sockets, for a client that works as hard as the service would measure itself. Jobs come
in as one line of JSON, answers go out as one: `Load` starts the process and talks to it.
"""

import json
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Request:
    """One request of the visitor."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True)
class Loaded:
    """What came of a job: milliseconds of every request, answers by status, bytes of all bodies, seconds in all."""

    ms: list[float]
    statuses: dict[str, int]
    bytes: int
    seconds: float

    @property
    def p50(self) -> float:
        """Milliseconds within which half of the answers came."""
        return median(self.ms)

    @property
    def per_second(self) -> float:
        """Answers in a second."""
        return len(self.ms) / self.seconds


class Load:
    """The process that asks; `with Load() as load: load.run(port, [Request("/")], count=100)`."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load"], cwd=ROOT, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)

    def run(
        self, port: int, requests: list[Request], *, count: int, connections: int = 1, seconds: float = 10,
        expect: int = 200,
    ) -> Loaded:  # fmt: skip
        """Ask these requests in turn, `count` in all or for so many seconds; fail on any other status."""
        job = {
            "port": port, "requests": [vars(request) for request in requests], "count": count,
            "connections": connections, "seconds": seconds,
        }  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        found = Loaded(**answer)
        if set(found.statuses) != {str(expect)}:
            raise RuntimeError(f"expected {expect} of {requests[0].method} {requests[0].path}: got {found.statuses}")
        return found


# --- inside the process ---


class Connection:
    """One connection that stays open."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""

    def ask(self, raw: bytes) -> tuple[str, int]:
        """Status and length of the body of the answer."""
        self._socket.sendall(raw)
        while (end := self._held.find(b"\r\n\r\n")) < 0:
            self._held += self._more()
        head = self._held[:end].decode("latin-1")
        status = head[9:12]
        lengths = [line[15:] for line in head.split("\r\n") if line[:15].lower() == "content-length:"]
        length = int(lengths[0]) if lengths else 0
        if not lengths and status not in ("204", "304"):
            raise RuntimeError(f"an answer without Content-Length: {head}")
        missing = end + 4 + length - len(self._held)
        parts = [self._held]
        while missing > 0:
            parts.append(self._more())
            missing -= len(parts[-1])
        self._held = b"".join(parts)[end + 4 + length :]
        return status, length

    def _more(self) -> bytes:
        got = self._socket.recv(262_144)
        if not got:
            raise RuntimeError("the service closed the connection")
        return got


def raw(request: dict[str, Any]) -> bytes:
    """A request as it goes over the line."""
    body = request["body"].encode()
    headers = {"Host": "127.0.0.1", "Accept-Encoding": "gzip", **request["headers"]}
    if body:
        headers["Content-Length"] = str(len(body))
    lines = [f"{request['method']} {request['path']} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def work(job: dict[str, Any]) -> dict[str, Any]:
    """Do one job."""
    asked = [raw(request) for request in job["requests"]]
    numbers = iter(range(job["count"]))
    lock = threading.Lock()
    ms: list[float] = []
    statuses: dict[str, int] = {}
    sizes: list[int] = []
    failed: list[Exception] = []
    until = time.perf_counter() + job["seconds"]

    def visitor() -> None:
        try:
            connection = Connection(job["port"])
            while time.perf_counter() < until:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                started = time.perf_counter()
                status, size = connection.ask(asked[number % len(asked)])
                took = (time.perf_counter() - started) * 1000
                with lock:
                    ms.append(took)
                    sizes.append(size)
                    statuses[status] = statuses.get(status, 0) + 1
        except (OSError, RuntimeError) as error:
            failed.append(error)

    started = time.perf_counter()
    visitors = [threading.Thread(target=visitor) for _ in range(job["connections"])]
    for one in visitors:
        one.start()
    for one in visitors:
        one.join()
    if failed:
        statuses["failed: " + str(failed[0])] = len(failed)
    return {"ms": ms, "statuses": statuses, "bytes": sum(sizes), "seconds": time.perf_counter() - started}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(work(json.loads(line))), flush=True)
