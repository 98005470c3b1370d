"""A mail server for tests: takes mails on a port of the loopback address and answers as it is told to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class SmtpServer:
    """What it took, and what it answers: `answers["RCPT"] = ["451 later", "250 ok"]` for the first and next mail."""

    port: int
    host: str = "127.0.0.1"
    taken: list[bytes] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)
    _next: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The address for VUURTOREN_SMTP_URL."""
        return f"smtp://{self.host}:{self.port}"

    def expect(self) -> threading.Event:
        """What is set when the next mail has been taken."""
        self._next = threading.Event()
        return self._next

    def _answer(self, verb: str, usual: str) -> str:
        waiting = self.answers.get(verb, [])
        return waiting.pop(0) if waiting else usual

    def talk(self, connection: socket.socket) -> None:
        """One conversation (RFC 5321)."""
        with connection, connection.makefile("rb") as lines:

            def say(text: str) -> None:
                connection.sendall(text.encode() + b"\r\n")

            say("220 tests ESMTP")
            for line in lines:
                words = line.decode().strip()
                self.heard.append(words)
                verb = words[:4].upper()
                if verb == "EHLO":
                    say("250-tests")
                    say("250 AUTH PLAIN")
                elif verb == "DATA":
                    say("354 go on")
                    message = b""
                    while (part := next(lines)) != b".\r\n":
                        message += part
                    answer = self._answer("DATA", "250 taken")
                    if answer.startswith("250"):
                        self.taken.append(message)
                        self._next.set()
                    say(answer)
                elif verb == "QUIT":
                    say("221 bye")
                    return
                else:
                    say(self._answer(verb, "235 in" if verb == "AUTH" else "250 ok"))


@contextmanager
def smtp_server(host: str = "127.0.0.1") -> Iterator[SmtpServer]:
    """Listen until the end of the block."""
    with socket.create_server((host, 0)) as listener:
        made = SmtpServer(listener.getsockname()[1], host)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                made.talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
