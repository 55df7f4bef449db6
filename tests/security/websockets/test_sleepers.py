"""Who does not read, or does not get on, is ended by the gateway, which does not need nginx for it; who only is silent
is not.
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
from tests.websockets.conftest import open_idle

# Seconds: about 42 from when it is silent. A ping every 20, and 20 to answer it; Daphne looks every 2. nginx can be
# earlier: it gives up when it could send nothing for 20, but a ping that it is to send counts as something new.
ENDED = 120

# nginx closes a connection on which it hears nothing for 60 s.
SECONDS_OF_SILENCE = 65
# WebSockets that are opened together, so that their pings are due together.
NUMBER = 100


async def still_there(port: int) -> list[float]:
    """Who answers pings, and says nothing for longer than nginx waits, is heard afterwards. Returns when each of the
    pings came that NUMBER of them got of Daphne.
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
        # The first that each of them hears.
        for echo in echoes:
            await echo.send("still there?")
            assert await asyncio.wait_for(echo.recv(), 10) == "still there?"
        await rooms[0].send('{"message": "still there?"}')
        heard = [json.loads(await asyncio.wait_for(room.recv(), 10))["message"] for room in rooms]
        assert heard == ["still there?"] * len(rooms)
    return times


# Before the one below, whose clients wait meanwhile.
def test_idle_ones_live_because_the_server_pings_and_not_all_at_once(stack: Stack) -> None:
    pings = asyncio.run(still_there(stack.port()))
    # Of 10,000 a thousand are due together: 0.2 s of work for which everybody else would wait.
    assert len(pings) >= 2 * NUMBER
    assert max(sum(start <= it < start + 0.1 for it in pings) for start in pings) < NUMBER / 2


def test_each_of_them_is_ended(asleep: dict[tuple[str, str], Sleeper], cases: Cases) -> None:
    wait_until(lambda: not any(sleeper.is_alive() for sleeper in asleep.values()), ENDED, "all are ended")
    lasted = [sleeper.lasted for sleeper in asleep.values()]
    note = f"each ended, after {min(lasted):.0f} to {max(lasted):.0f} s"
    cases.add("WebSocket clients that never read", *HABITS, tried=len(asleep), note=note)
    assert len(asleep) == len(HABITS) * len(ASGI_GATEWAYS)
    # Not at once either: an honest client may be slow.
    assert min(lasted) > 10
