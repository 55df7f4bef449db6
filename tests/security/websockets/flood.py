"""Clients that send without end, all in one loop: one thread can be hundreds of clients."""

import selectors
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tests.support.websocket import (
    BINARY,
    CONT,
    PING,
    TEXT,
    Client,
    Handshake,
    frame,
    text,
)

MIB = 2**20

ROOM = "/ws/rooms/flooded/"


@dataclass(frozen=True)
class Flood:
    """Sends `start` once, then `data` again and again."""

    data: bytes
    start: bytes = b""
    path: str = "/ws/echo/"
    reads: bool = True
    is_ended: bool = False  # the server rejects the data and closes


def many(one: bytes, size: int = 60_000) -> bytes:
    """A frame repeated so often that it costs the sender little to send."""
    return one * (size // len(one) + 1)


def bomb(size: int) -> bytes:
    """A compressed message of permessage-deflate: a few bytes that decompress to `size` MiB of zeros."""
    compress = zlib.compressobj(9, wbits=-15)
    packed = b"".join(compress.compress(bytes(MIB)) for _ in range(size)) + compress.flush(zlib.Z_SYNC_FLUSH)
    return frame(TEXT, packed.removesuffix(b"\0\0\xff\xff"), rsv="1")


def floods(bomb_size: int) -> dict[str, Flood]:
    room, rubbish = text('{"message": "x"}'), text("x")
    long = text('{"message": "%s"}' % ("☃" * 2000))
    return {
        "empty fragments": Flood(many(frame(CONT, fin=False)), frame(TEXT, fin=False), is_ended=True),
        "fragments of 1 byte": Flood(many(frame(CONT, b"x", fin=False)), frame(TEXT, fin=False), is_ended=True),
        "fragments of 2 bytes": Flood(many(frame(CONT, b"xx", fin=False)), frame(BINARY, fin=False), is_ended=True),
        "a message without end": Flood(frame(CONT, bytes(60_000), fin=False), frame(BINARY, fin=False), is_ended=True),
        "compression bombs": Flood(bomb(bomb_size), is_ended=True),
        "pings": Flood(many(frame(PING))),
        "pings of 125 bytes, pongs not read": Flood(many(frame(PING, bytes(125))), reads=False),
        "small messages": Flood(many(text("x"))),
        "small messages, echoes not read": Flood(many(text("x")), reads=False),
        "messages of 1 MiB": Flood(frame(BINARY, bytes(MIB))),
        "messages of 1 MiB, echoes not read": Flood(frame(BINARY, bytes(MIB)), reads=False),
        "messages to a room": Flood(many(room), path=ROOM),
        "messages to a room, not read": Flood(many(room), path=ROOM, reads=False),
        "the longest messages to a room, not read": Flood(many(long), path=ROOM, reads=False),
        "rubbish to a room, complaints not read": Flood(many(rubbish), path=ROOM, reads=False),
    }


class Flooder:
    def __init__(self, client: Client, flood: Flood) -> None:
        self.client, self.flood = client, flood
        self.data, self.offset = memoryview(flood.start + flood.data), 0
        self.is_ended = False  # the server has closed or reset the connection
        client.socket.setblocking(False)

    @property
    def events(self) -> int:
        """The events that it waits for."""
        return selectors.EVENT_WRITE | (selectors.EVENT_READ if self.flood.reads else 0)

    def step(self, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                self.client.receive()
            if events & selectors.EVENT_WRITE:
                self.send()
        except BlockingIOError:
            """Not yet."""
        except (EOFError, OSError):
            self.is_ended = True

    def send(self) -> None:
        if self.offset == len(self.data):
            self.data, self.offset = memoryview(self.flood.data), 0
        self.offset += self.client.socket.send(self.data[self.offset :])


@contextmanager
def flooders(address: tuple[str, int], flood: Flood, hosts: dict[str, int]) -> Iterator[list[Flooder]]:
    """Opens this many clients on each host."""
    with ExitStack() as clients:
        yield [
            Flooder(clients.enter_context(Client(address, Handshake(flood.path, host))), flood)
            for host, count in hosts.items()
            for _ in range(count)
        ]


def attack(address: tuple[str, int], flood: Flood, hosts: dict[str, int], seconds: float) -> int:
    """Returns how many of them the server did not end."""
    with flooders(address, flood, hosts) as crowd:
        pour(crowd, seconds)
        return len([flooder for flooder in crowd if not flooder.is_ended])


def pour(crowd: list[Flooder], seconds: float) -> None:
    """Runs all of them at once for this long, or until the server has ended the last one."""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for flooder in crowd:
            selector.register(flooder.client.socket, flooder.events, flooder)
        while selector.get_map() and time.monotonic() < deadline:
            for key, events in selector.select(0.2):
                key.data.step(events)
                if key.data.is_ended:
                    selector.unregister(key.fileobj)
