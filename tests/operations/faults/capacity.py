"""How many requests a second this machine serves on each gateway, client included, while all are asked at once.

A test that asks for a fixed rate measures the machine, not the stack: where 100 requests a second on each gateway are
more than the machine can do, requests queue until they time out, whatever the stack does.
"""

import asyncio
import time

import aiohttp

from tests.support.stack import GATEWAYS, Stack

SECONDS = 3
CLIENTS = 4  # on each gateway; each sends its next request when it has the answer to the last one


def capacity(stack: Stack) -> float:
    """Requests a second, of the gateway that served fewest."""

    async def ask(session: aiohttp.ClientSession, gateway: str, until: float) -> int:
        answers = 0
        while time.monotonic() < until:
            async with session.get("/hello/sync/", headers={"Host": f"{gateway}.localhost"}) as response:
                await response.read()
                response.raise_for_status()
            answers += 1
        return answers

    async def ask_gateway(session: aiohttp.ClientSession, gateway: str, until: float) -> int:
        return sum(await asyncio.gather(*(ask(session, gateway, until) for _ in range(CLIENTS))))

    async def ask_all() -> float:
        async with aiohttp.ClientSession(stack.url(), connector=aiohttp.TCPConnector(limit=0)) as session:
            until = time.monotonic() + SECONDS
            counts = await asyncio.gather(*(ask_gateway(session, gateway, until) for gateway in GATEWAYS))
        return min(counts) / SECONDS

    return asyncio.run(ask_all())
