"""WebSockets as bytes on a socket: handshakes and frames that no client library would send; answers as received."""

import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import IncompleteRead
from typing import Self

from websockets.asyncio.client import connect as open_asynchronously
from websockets.frames import Close, Frame, Opcode
from websockets.streams import StreamReader

from tests.support.wire import Answer, Headers, parse

# Seconds allowed for an answer, unless a test says otherwise.
PATIENCE = 15

CONT, TEXT, BINARY, CLOSE, PING, PONG = Opcode.CONT, Opcode.TEXT, Opcode.BINARY, Opcode.CLOSE, Opcode.PING, Opcode.PONG

KEY = "dGhlIHNhbXBsZSBub25jZQ=="

# Results other than a close code.
OPEN = "open"  # it answered a later ping
RESET = "no close frame"


class Malformed(Frame):
    """A frame that may be invalid: reserved bits and opcodes, control frames that are too long or fragmented."""

    def check(self) -> None:
        """Replaces the library's check, which would reject it."""


def frame(opcode: int, data: bytes = b"", *, fin: bool = True, rsv: str = "", masked: bool = True) -> bytes:
    """A frame as bytes. rsv="13" sets the first and the third reserved bit."""
    bits = {f"rsv{bit}": True for bit in rsv}
    return Malformed(opcode, data, fin, **bits).serialize(mask=masked)  # type: ignore[arg-type]


def text(data: str, *, fin: bool = True) -> bytes:
    return frame(TEXT, data.encode(), fin=fin)


def close(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2) + reason)


def header(opcode: int, length: int, size: int) -> bytes:
    """Only the head of a masked frame. `size` is the number of bytes of its length: 0 (in the head itself), 2 or 8."""
    mark = {0: length, 2: 126, 8: 127}[size]
    # A mask of zeros leaves the data unchanged.
    return bytes([0x80 | opcode, 0x80 | mark]) + length.to_bytes(size) * bool(size) + bytes(4)


@dataclass(frozen=True)
class Handshake:
    """The client's part. The fields are the differences from a good handshake."""

    path: str = "/ws/echo/"
    host: str = "localhost"
    method: str = "GET"
    version: str = "1.1"
    # Replaces the header of that name; None removes it. Repeated and other headers are in `more`.
    headers: dict[str, str | None] = field(default_factory=dict)
    more: Headers = ()
    body: bytes = b""

    def __bytes__(self) -> bytes:
        usual: dict[str, str | None] = {
            "Host": self.host,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": KEY,
            "Sec-WebSocket-Version": "13",
            "Origin": f"http://{self.host}",
        }
        lines = [f"{self.method} {self.path} HTTP/{self.version}"]
        lines += [f"{name}: {value}" for name, value in {**usual, **self.headers}.items() if value is not None]
        lines += [f"{name}: {value}" for name, value in self.more]
        return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + self.body


class Client:
    """A connection: `with Client(address, handshake) as client:`. It reads only when the test asks it to."""

    def __init__(self, address: tuple[str, int], handshake: Handshake) -> None:
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = StreamReader()
        self.socket.sendall(bytes(handshake))
        self.answer = self.read_head(handshake.method)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def read_head(self, method: str) -> Answer:
        """The answer to the handshake. After a 101, the rest stays unread."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += self.receive()
        head, end, rest = received.partition(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.1 101 "):
            self.reader.feed_data(rest)
            return parse(head + end)
        while True:
            try:
                return parse(received, method)
            except IncompleteRead:
                received += self.receive()

    def receive(self) -> bytes:
        """The next bytes. Raises EOFError if there are none."""
        try:
            block = self.socket.recv(65536)
        except ConnectionError:
            block = b""
        if not block:
            raise EOFError
        return block

    def send(self, data: bytes) -> bool:
        """Sends all of it; returns False if the server has closed."""
        try:
            self.socket.sendall(data)
        except OSError:
            return False
        return True

    def read(self) -> Frame:
        """The next frame. Raises EOFError at the end of the connection."""
        parser = Frame.parse(self.reader.read_exact, mask=False)
        while True:
            try:
                next(parser)
            except StopIteration as parsed:
                return parsed.value
            self.reader.feed_data(self.receive())

    def hear(self) -> bytes:
        """The next message. Answers the pings before it."""
        while (received := self.read()).opcode is PING:
            self.send(frame(PONG, received.data))
        return received.data

    def frames(self) -> Iterable[Frame]:
        """All remaining frames."""
        with suppress(EOFError):
            while True:
                yield self.read()

    def outcome(self) -> int | str:
        """The result: the code of a close frame, RESET, or OPEN if two pings are answered.

        Two, because the server may read the first ping together with the rejected data, and answer it first.
        """
        for token in (b"still there?", b"and now?"):
            self.send(frame(PING, token))
            for received in self.frames():
                if received.opcode is CLOSE:
                    return Close.parse(received.data).code
                if received.opcode is PONG and received.data == token:
                    break
            else:
                return RESET
        return OPEN


def open_idle(gateway: str, port: int, path: str = "/ws/echo/", **options: object) -> open_asynchronously:
    """A WebSocket of that gateway, for tests that open hundreds: await it or enter it. It sends no pings."""
    host = f"{gateway}.localhost:{port}"
    address = {"host": "127.0.0.1", "port": port, "origin": f"http://{host}", "proxy": None}
    defaults = {"compression": None, "ping_interval": None, "open_timeout": 60}
    return open_asynchronously(f"ws://{host}{path}", **address, **defaults, **options)
