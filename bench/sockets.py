"""WebSockets: echo, a room's broadcast, and thousands that are idle. The clients are the library `websockets`."""

import asyncio
import json
import time
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

ORIGIN = "http://localhost"
AT_ONCE = 200  # handshakes under way
ERRORS = (OSError, WebSocketException, TimeoutError)


@dataclass(frozen=True)
class Echo:
    rate: float  # messages there and back, a second
    errors: int


@dataclass(frozen=True)
class Room:
    seconds: float  # until the last member has a message, median
    errors: int


@dataclass(frozen=True)
class Idle:
    opened: int
    refused: int
    seconds: float  # until all were open
    lost: int  # closed by the other side while they were held


def open_one(url: str) -> connect:
    # The host as the stack knows it; pings are the server's business.
    address = url.removeprefix("http://").partition("/")[0]
    host, _, port = address.partition(":")
    uri = "ws://localhost/" + url.removeprefix("http://").partition("/")[2]
    return connect(
        uri,
        host=host,
        port=int(port or 80),
        origin=ORIGIN,
        compression=None,
        ping_interval=None,
        open_timeout=30,
        close_timeout=2,
        max_queue=4,
    )


async def echo(url: str, clients: int, seconds: float) -> Echo:
    """Each client sends its next message when the last has come back."""
    count = errors = 0
    end = time.monotonic() + seconds

    async def talk() -> None:
        nonlocal count, errors
        try:
            async with open_one(url) as websocket:
                while time.monotonic() < end:
                    await websocket.send("hello")
                    if await websocket.recv() != "hello":
                        errors += 1
                    count += 1
        except ERRORS:
            errors += 1

    await asyncio.gather(*(talk() for _ in range(clients)))
    return Echo(count / seconds, errors)


async def broadcast(url: str, members: int, messages: int) -> Room:
    """One member sends; the clock stops when every other one has it."""
    sockets, refused = await open_many(url, members)
    took: list[float] = []
    lost = 0

    async def receive(websocket: ClientConnection, text: str) -> None:
        async with asyncio.timeout(10):
            while text not in str(await websocket.recv()):
                pass

    try:
        for number in range(messages):
            text, started = f"message-{number}", time.monotonic()
            await sockets[0].send(json.dumps({"message": text}))
            found = await asyncio.gather(*(receive(it, text) for it in sockets), return_exceptions=True)
            lost += sum(isinstance(it, Exception) for it in found)
            took.append(time.monotonic() - started)
    finally:
        await close_all(sockets)
    return Room(sorted(took)[len(took) // 2], refused + lost)


async def open_many(url: str, number: int) -> tuple[list[ClientConnection], int]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> ClientConnection | None:
        async with gate:
            try:
                return await open_one(url)
            except ERRORS:
                return None

    opened = [it for it in await asyncio.gather(*(one() for _ in range(number))) if it]
    return opened, number - len(opened)


async def close_all(sockets: list[ClientConnection]) -> None:
    for start in range(0, len(sockets), 1000):
        await asyncio.gather(*(it.close() for it in sockets[start : start + 1000]), return_exceptions=True)
