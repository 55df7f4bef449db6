"""WebSockets: echo, a room's broadcast, and thousands that are idle. The clients are the library `websockets`."""

import asyncio
import json
import time
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

ORIGIN = "http://localhost"
AT_ONCE = 200  # concurrent handshakes
ERRORS = (OSError, WebSocketException, TimeoutError)


@dataclass(frozen=True)
class Echo:
    rate: float  # messages that were sent and came back, a second
    errors: int


@dataclass(frozen=True)
class Room:
    seconds: float  # until the last member has received a message, median
    errors: int


def open_one(url: str) -> connect:
    # The host name that the stack expects. The server sends pings, not the client.
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
    """Each client sends its next message when the previous one has come back."""
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
    sockets, refused = await open_many(url, members)
    try:
        asked = [await ask(sockets, f"message-{number}") for number in range(messages)]
    finally:
        await close_all(sockets)
    took, lost = zip(*asked, strict=True)
    return Room(sorted(took)[len(took) // 2], refused + sum(lost))


async def ask(sockets: list[ClientConnection], text: str) -> tuple[float, int]:
    """One member of a room sends. Returns the seconds until all have received it, and how many have not."""

    async def receive(websocket: ClientConnection) -> None:
        while text not in str(await websocket.recv()):
            pass

    receiving = [asyncio.create_task(receive(it)) for it in sockets]
    started = time.monotonic()
    await sockets[0].send(json.dumps({"message": text}))
    done, late = await asyncio.wait(receiving, timeout=10)
    took = time.monotonic() - started
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    return took, len(late) + sum(task.exception() is not None for task in done)


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
