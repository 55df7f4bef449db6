"""The memory of an idle WebSocket."""

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest

from tests.support.stack import ASGI_GATEWAYS, Stack
from tests.websockets.conftest import open_idle

# A process loads or copies several MB once, at its first WebSockets or later: that makes one lot look expensive.
# What each WebSocket holds shows in every lot, so the cheapest lot counts.
LOTS = 3
NUMBER = 500  # on each gateway; docker-proxy, which forwards them all, uses six descriptors for each
# kB. It was 26 or more before tricorn/uvicorn_lean.py and tricorn/daphne_lean.py, and is 15 to 21 with them.
MOST_KB = 24


def kib(stack: Stack, gateway: str) -> int:
    """Memory of all its processes; a page that several share counts once."""
    asked = "cat /proc/[0-9]*/smaps_rollup 2>/dev/null | grep ^Pss:"
    lines = stack.compose("exec", "-T", gateway, "sh", "-c", asked).stdout.splitlines()
    return sum(int(line.split()[1]) for line in lines)


async def growth(stack: Stack, gateway: str, port: int) -> float:
    """kB for each open WebSocket, in the cheapest lot."""
    gate = asyncio.Semaphore(50)

    async with AsyncExitStack() as sockets:

        async def open_one() -> None:
            async with gate:
                await sockets.enter_async_context(open_idle(gateway, port))

        used = [await asyncio.to_thread(kib, stack, gateway)]
        for _ in range(LOTS):
            await asyncio.gather(*(open_one() for _ in range(NUMBER)))
            used.append(await asyncio.to_thread(kib, stack, gateway))
        return min(after - before for before, after in pairwise(used)) * 1.024 / NUMBER


@pytest.fixture(scope="module")
def grown(stack: Stack, port: int) -> dict[str, float]:
    """By gateway. Both are measured at once, because most of the time goes to the client and to waiting."""

    async def grow() -> list[float]:
        return await asyncio.gather(*(growth(stack, gateway, port) for gateway in ASGI_GATEWAYS))

    # Restarted: the processes would reuse memory of earlier WebSockets, and none would seem to be needed.
    with stack.stopped(*ASGI_GATEWAYS):
        pass
    return dict(zip(ASGI_GATEWAYS, asyncio.run(grow()), strict=True))


@pytest.mark.parametrize("gateway", ASGI_GATEWAYS)
def test_an_idle_one_takes_little_memory(grown: dict[str, float], gateway: str) -> None:
    assert 1 < grown[gateway] < MOST_KB
