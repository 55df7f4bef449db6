"""A gateway ends clients that do not read or make no progress, without nginx's help. It does not end clients that are
only silent.
"""

import asyncio
import json
import time
from contextlib import AsyncExitStack

from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode

from tests.security.cases import Cases
from tests.security.websockets.sleepers import HABITS, Sleeper
from tests.support.stack import ASGI_GATEWAYS, Stack, wait_until
from tests.support.websocket import open_idle

# Seconds. A client is ended about 42 s after it becomes silent: a ping every 20 s, 20 s to answer it, and Daphne checks
# every 2 s. nginx may be earlier: it gives up after 20 s without progress, but a new ping to send restarts this time.
ENDED = 120

# nginx closes a connection on which it receives nothing for 60 s.
SECONDS_OF_SILENCE = 65
# WebSockets that are opened together, so that their pings are due together.
NUMBER = 100


async def still_there(port: int) -> list[float]:
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


# Before the test below, whose clients wait meanwhile.
def test_pings_keep_idle_clients_connected_and_are_spread(stack: Stack) -> None:
    pings = asyncio.run(still_there(stack.port()))
    # Of 10,000 WebSockets, a thousand would be due together: 0.2 s of work that delays everything else.
    assert len(pings) >= 2 * NUMBER
    assert max(sum(start <= it < start + 0.1 for it in pings) for start in pings) < NUMBER / 2


def test_each_sleeping_client_is_disconnected(asleep: dict[tuple[str, str], Sleeper], cases: Cases) -> None:
    wait_until(lambda: not any(sleeper.is_alive() for sleeper in asleep.values()), ENDED, "all are ended")
    lasted = [sleeper.lasted for sleeper in asleep.values()]
    note = f"each ended, after {min(lasted):.0f} to {max(lasted):.0f} s"
    cases.add("WebSocket clients that never read", *HABITS, tried=len(asleep), note=note)
    assert len(asleep) == len(HABITS) * len(ASGI_GATEWAYS)
    # Not at once: an honest client may be slow.
    assert min(lasted) > 10
