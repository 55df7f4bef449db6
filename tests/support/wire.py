"""HTTP as bytes on a socket: requests that no client library would send, and answers exactly as received."""

import io
import json
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any, Self, cast

from tests.support.stack import Stack, run, wait_until

Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]  # names in lower case; a repeated header is listed repeatedly
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for header, value in self.headers if header == name.lower()]

    def one(self, name: str) -> str:
        """The value of a header that must occur exactly once."""
        (value,) = self.all(name)
        return value

    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


class _Bytes:
    """Replaces the socket from which http.client reads an answer."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self.data)


def read_answer(source: socket.socket, method: str = "GET") -> Answer:
    """The next final answer, its chunks joined. What follows it stays unread."""
    response = HTTPResponse(source, method=method)
    response.begin()
    headers = tuple((name.lower(), value) for name, value in response.getheaders())
    return Answer(response.status, headers, response.read())


def parse(data: bytes, method: str = "GET") -> Answer:
    """The first final answer in the bytes that a server sent."""
    return read_answer(cast(socket.socket, _Bytes(data)), method)


def chunked(body: bytes, size: int = 10_000) -> bytes:
    """Encodes a body for `Transfer-Encoding: chunked`."""
    chunks = (body[start : start + size] for start in range(0, len(body), size))
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def bytes_of(size: str) -> int:
    """The bytes of a size in nginx's notation: 110m is 110 MiB."""
    return int(size[:-1]) * 1024 ** " kmg".index(size[-1])


def request(
    method: str,
    path: str,
    host: str | None = "localhost",
    headers: Headers = (),
    body: bytes | None = None,
    version: str = "1.1",
) -> bytes:
    """A request, without any correction. With `body`, Content-Length is sent."""
    lines = [f"{method} {path} HTTP/{version}", "Connection: close"]
    lines += [f"Host: {host}"] if host is not None else []
    lines += [f"{name}: {value}" for name, value in headers]
    lines += [f"Content-Length: {len(body)}"] if body is not None else []
    # latin-1 maps each character below 256 to the byte of its number, so a test can send any byte.
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + (body or b"")


@dataclass(frozen=True)
class Edge:
    """nginx as a client sees it, and its access log."""

    address: tuple[str, int]
    container: str

    @classmethod
    def of(cls, stack: Stack) -> Self:
        """The nginx of this stack, at its published port."""
        return cls(("127.0.0.1", stack.port()), stack.container("nginx"))

    def connect(self, timeout: float = 30) -> socket.socket:
        return socket.create_connection(self.address, timeout=timeout)

    def exchange(self, data: bytes) -> bytes:
        """Everything that nginx sends until it closes; `data` must ask it to close (`Connection: close`)."""
        with self.connect() as connection:
            send_all(connection, data)
            return receive_all(connection)

    def send(self, data: bytes, method: str = "GET") -> Answer:
        with self.connect() as connection:
            send_all(connection, data)
            return read_answer(connection, method)

    def ask(
        self,
        method: str,
        path: str,
        host: str | None = "localhost",
        headers: Headers = (),
        body: bytes | None = None,
        version: str = "1.1",
    ) -> Answer:
        return self.send(request(method, path, host, headers, body, version), method)

    def get(self, path: str, host: str | None = "localhost", headers: Headers = ()) -> Answer:
        return self.ask("GET", path, host, headers)

    def log(self, *options: str) -> list[str]:
        """The lines of nginx's standard output, which has the access log."""
        return run("docker", "logs", *options, self.container).stdout.splitlines()

    def all_logged(self, answers: Sequence[Answer]) -> list[dict[str, Any]]:
        """The access log's entry of each answer. nginx writes it after it has sent the answer."""

        def find() -> list[str]:
            # nginx reopens its logs and flushes its buffer: otherwise hundreds of tests would wait for a second each.
            # Not `docker kill`: after it, whatever the signal, the engine would not restart a container that crashes.
            run("docker", "exec", self.container, "sh", "-c", "kill -USR1 1")
            # The tail also counts lines of standard error, where nginx writes several about one failure.
            lines = self.log("--tail", str(200 + 10 * len(names)))
            found = [next((line for line in lines if name in line), "") for name in names]
            return found if all(found) else []

        names = [answer.one("X-Request-ID") for answer in answers]
        lines = wait_until(find, 30, f"{len(names)} requests in the access log, the first with the id {names[0]}")
        return [json.loads(line) for line in lines]

    def logged(self, answer: Answer) -> dict[str, Any]:
        return self.all_logged([answer])[0]


def send_all(connection: socket.socket, data: bytes) -> None:
    # sendall fails if nginx has answered and closed without reading the rest.
    with suppress(OSError):
        connection.sendall(data)


def receive_all(connection: socket.socket) -> bytes:
    """Everything until the other side closes, or resets the connection after an early answer to an unread body."""
    received = bytearray()
    with suppress(ConnectionResetError):
        while block := connection.recv(65536):
            received += block
    return bytes(received)
