"""HTTP as bytes on a socket: requests that no client library would send, answers exactly as they came."""

import io
import json
import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any, cast

from tests.support.stack import run, wait_until

Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]  # names in lower case, repeated ones repeated
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for header, value in self.headers if header == name.lower()]

    def one(self, name: str) -> str:
        """A header that must be there exactly once."""
        (value,) = self.all(name)
        return value

    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


class _Bytes:
    """What http.client reads an answer from, instead of a socket."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self.data)


def read_answer(source: socket.socket, method: str = "GET") -> Answer:
    """The next final answer, its chunks put together; nothing that may follow it."""
    response = HTTPResponse(source, method=method)
    response.begin()
    headers = tuple((name.lower(), value) for name, value in response.getheaders())
    return Answer(response.status, headers, response.read())


def parse(data: bytes, method: str = "GET") -> Answer:
    """The first final answer in the bytes that a server sent."""
    return read_answer(cast(socket.socket, _Bytes(data)), method)


def chunked(body: bytes, size: int = 10_000) -> bytes:
    """A body as `Transfer-Encoding: chunked` wants it."""
    chunks = (body[start : start + size] for start in range(0, len(body), size))
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def bytes_of(size: str) -> int:
    """110m is nginx's way to write 110 MiB."""
    return int(size[:-1]) * 1024 ** " kmg".index(size[-1])


def request(
    method: str,
    path: str,
    host: str | None = "localhost",
    headers: Headers = (),
    body: bytes | None = None,
    version: str = "1.1",
) -> bytes:
    """A request, nothing of it corrected; with `body` its length is announced."""
    lines = [f"{method} {path} HTTP/{version}", "Connection: close"]
    lines += [f"Host: {host}"] if host is not None else []
    lines += [f"{name}: {value}" for name, value in headers]
    lines += [f"Content-Length: {len(body)}"] if body is not None else []
    # latin-1: each character below 256 is the byte of its number, so a test can send any byte.
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + (body or b"")


@dataclass(frozen=True)
class Edge:
    """nginx as a client meets it, and its access log."""

    address: tuple[str, int]
    container: str

    def connect(self, timeout: float = 30) -> socket.socket:
        return socket.create_connection(self.address, timeout=timeout)

    def exchange(self, data: bytes) -> bytes:
        """All that nginx sends until it closes: `data` has to ask for that (`Connection: close`)."""
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
        """The lines on nginx's standard output, where the access log is."""
        return run("docker", "logs", *options, self.container).stdout.splitlines()

    def all_logged(self, answers: Sequence[Answer]) -> list[dict[str, Any]]:
        """What the access log says of each answer. nginx writes it once the answer has been sent."""

        def find() -> list[str]:
            # It opens its logs anew, and writes what it has kept back: hundreds of tests would wait a second each.
            # Not by `docker kill`: whatever the signal, the engine would not restart what crashes after it.
            run("docker", "exec", self.container, "sh", "-c", "kill -USR1 1")
            lines = self.log("--tail", "200")
            found = [next((line for line in lines if name in line), "") for name in names]
            return found if all(found) else []

        names = [answer.one("X-Request-ID") for answer in answers]
        return [json.loads(line) for line in wait_until(find, 5, f"requests {names} in the access log")]

    def logged(self, answer: Answer) -> dict[str, Any]:
        return self.all_logged([answer])[0]


def send_all(connection: socket.socket, data: bytes) -> None:
    # It fails where nginx has answered and does not want the rest.
    with suppress(OSError):
        connection.sendall(data)


def receive_all(connection: socket.socket) -> bytes:
    """Everything until the other side closes; a reset ends it too, after an early answer to a body not read."""
    received = bytearray()
    with suppress(ConnectionResetError):
        while block := connection.recv(65536):
            received += block
    return bytes(received)
