"""Clients that answer pings and are silent for longer than nginx waits. They wait while other tests run, in a process
of their own: in the same one, other tests' clients would delay them, and blur when a ping arrives.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Event

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode

from tests.support.stack import ASGI_GATEWAYS
from tests.support.websocket import open_idle

# nginx closes a connection on which it receives nothing for 60 s.
SECONDS_OF_SILENCE = 65
# WebSockets that are opened together, so that their pings are due together.
NUMBER = 100
# In the other process: set when all clients are open.
OPENED_ALL: Event


async def still_there(port: int, opened_all: Event) -> list[float]:
    """Clients that answer pings stay connected, though they send nothing for longer than nginx waits. Returns the
    times of the pings that NUMBER of them got from Daphne.
    """
    times = []

    class Idle(ClientConnection):
        def process_event(self, event: Frame) -> None:
            if getattr(event, "opcode", None) is Opcode.PING:
                times.append(time.monotonic())
            super().process_event(event)

    async with AsyncExitStack() as opened:
        for _ in range(NUMBER):
            await opened.enter_async_context(open_idle("daphne", port, create_connection=Idle))
        echoes = [await opened.enter_async_context(open_idle(gateway, port)) for gateway in ASGI_GATEWAYS]
        rooms = [await opened.enter_async_context(open_idle(it, port, "/ws/rooms/idle/")) for it in ASGI_GATEWAYS]
        opened_all.set()
        # All of them wait at once.
        await asyncio.sleep(SECONDS_OF_SILENCE)
        # The first message that each of them receives.
        for echo in echoes:
            await echo.send("still there?")
            assert await asyncio.wait_for(echo.recv(), 10) == "still there?"
        await rooms[0].send('{"message": "still there?"}')
        heard = [json.loads(await asyncio.wait_for(room.recv(), 10))["message"] for room in rooms]
        assert heard == ["still there?"] * len(rooms)
    return times


def wait_there(port: int) -> list[float]:
    return asyncio.run(still_there(port, OPENED_ALL))


def use(opened_all: Event) -> None:
    """Receives the event in the other process. It cannot be sent there with a task."""
    global OPENED_ALL
    OPENED_ALL = opened_all


@contextmanager
def idle_clients(port: int) -> Iterator[Future[list[float]]]:
    """The result of still_there(). All are open when the block begins: other tests' load would make that take longer,
    and the pings would no longer be due together.
    """
    context = get_context("spawn")
    opened_all = context.Event()
    with ProcessPoolExecutor(1, context, use, (opened_all,)) as pool:
        found = pool.submit(wait_there, port)
        while not opened_all.wait(0.1) and not found.done():
            pass
        yield found


def start_early(request: pytest.FixtureRequest) -> None:
    """Starts them before the first test of a folder, if test_sleepers.py will ask for the result."""
    if any(item.path.name == "test_sleepers.py" for item in request.session.items):
        request.getfixturevalue("pings")
