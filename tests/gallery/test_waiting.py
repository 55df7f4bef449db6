"""What forty requests that wait a second cost."""

import asyncio
import math
import time

import httpx
import pytest

from tests.gallery.table import SERVERS, Server
from tests.support.stack import Stack

WAITS = 40


@pytest.fixture(scope="module")
def seconds(stack: Stack) -> dict[str, float]:
    """How long each server took for all of them. They sleep, so what they cost is turns."""
    url = stack.url()

    async def wait(client: httpx.AsyncClient, server: Server) -> float:
        started = time.monotonic()
        path = f"/gateways/{server.name}/hello/sync/?seconds=1"
        answers = await asyncio.gather(*(client.get(path) for _ in range(WAITS)))
        statuses = {answer.status_code for answer in answers}
        # Where only a few connections may wait to be accepted, a burst of more is partly lost.
        assert statuses <= ({200, 504} if server.burst else {200}), server
        return time.monotonic() - started

    async def wait_everywhere() -> dict[str, float]:
        # Those that take turns wait together. Those that take all at once are busy meanwhile, and CGI has a Django to
        # start for each: they come one after another.
        together = [server for server in SERVERS if server.at_once and server.interface != "CGI"]
        async with httpx.AsyncClient(base_url=url, timeout=120, limits=httpx.Limits(max_connections=None)) as client:
            took = await asyncio.gather(*(wait(client, server) for server in together))
            found = dict(zip([server.name for server in together], took, strict=True))
            for server in SERVERS:
                if server not in together:
                    found[server.name] = await wait(client, server)
        return found

    return asyncio.run(wait_everywhere())


def test_as_many_wait_at_once_as_the_table_says(seconds: dict[str, float], server: Server) -> None:
    turns = math.ceil(WAITS / (server.at_once or WAITS))
    # Never faster than its turns allow, and not as slow as with half as many at once.
    assert turns <= seconds[server.name]
    # (Each turn of CGI starts a Django as well, which on a busy machine takes longer than the wait.)
    assert seconds[server.name] < (5 if server.interface == "CGI" else 2) * turns + 3, seconds
