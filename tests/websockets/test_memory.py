"""What a WebSocket costs that does nothing but wait."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import connect

from tests.support.stack import ASGI_GATEWAYS, Stack

NUMBER = 1000
# It was 26 and more before gunicorn/asgi_lean.py and daphne/asgi_lean.py, and is 18 to 21 with them.
MOST_KB = 24


def kib(stack: Stack, gateway: str) -> int:
    """Memory of all its processes; a page that some of them share counts once."""
    asked = "cat /proc/[0-9]*/smaps_rollup 2>/dev/null | grep ^Pss:"
    lines = stack.compose("exec", "-T", gateway, "sh", "-c", asked).stdout.splitlines()
    return sum(int(line.split()[1]) for line in lines)


async def growth(stack: Stack, gateway: str, port: int) -> float:
    """kB for each of so many, all of them open."""
    host = f"{gateway}.localhost:{port}"
    gate = asyncio.Semaphore(50)

    async with AsyncExitStack() as sockets:

        async def open_one() -> None:
            address = {"host": "127.0.0.1", "port": port, "origin": f"http://{host}", "proxy": None}
            socket = connect(f"ws://{host}/ws/echo/", **address, compression=None, ping_interval=None, open_timeout=60)
            async with gate:
                await sockets.enter_async_context(socket)

        async def open_many(number: int) -> None:
            await asyncio.gather(*(open_one() for _ in range(number)))

        # What the first ones need that every process has once.
        await open_many(100)
        before = kib(stack, gateway)
        await open_many(NUMBER)
        return (kib(stack, gateway) - before) * 1.024 / NUMBER


@pytest.mark.parametrize("gateway", ASGI_GATEWAYS)
def test_an_idle_one_takes_little_memory(stack: Stack, gateway: str, port: int) -> None:
    assert 1 < asyncio.run(growth(stack, gateway, port)) < MOST_KB
