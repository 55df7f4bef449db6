"""What a WebSocket costs that does nothing but wait."""

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise

import pytest

from tests.support.stack import ASGI_GATEWAYS, Stack
from tests.websockets.conftest import open_idle

# What a process loads or copies once, several MB at its first ones or at any later time, makes a lot dear; what each
# WebSocket holds makes every lot so.
LOTS = 3
NUMBER = 1000
# It was 26 and more before gunicorn/asgi_lean.py and daphne/asgi_lean.py, and is 18 to 21 with them.
MOST_KB = 24


def kib(stack: Stack, gateway: str) -> int:
    """Memory of all its processes; a page that some of them share counts once."""
    asked = "cat /proc/[0-9]*/smaps_rollup 2>/dev/null | grep ^Pss:"
    lines = stack.compose("exec", "-T", gateway, "sh", "-c", asked).stdout.splitlines()
    return sum(int(line.split()[1]) for line in lines)


async def growth(stack: Stack, gateway: str, port: int) -> float:
    """kB for each of so many, all of them open: in the cheapest of the lots."""
    gate = asyncio.Semaphore(50)

    async with AsyncExitStack() as sockets:

        async def open_one() -> None:
            async with gate:
                await sockets.enter_async_context(open_idle(gateway, port))

        async def open_many(number: int) -> None:
            await asyncio.gather(*(open_one() for _ in range(number)))

        used = [kib(stack, gateway)]
        for _ in range(LOTS):
            await open_many(NUMBER)
            used.append(kib(stack, gateway))
        return min(after - before for before, after in pairwise(used)) * 1.024 / NUMBER


@pytest.mark.parametrize("gateway", ASGI_GATEWAYS)
def test_an_idle_one_takes_little_memory(stack: Stack, gateway: str, port: int) -> None:
    # Started again: what earlier ones left would be used once more, and nothing seem to be needed.
    with stack.stopped(gateway):
        pass
    assert 1 < asyncio.run(growth(stack, gateway, port)) < MOST_KB
