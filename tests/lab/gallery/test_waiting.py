"""How long forty requests take that each await a second, and the length of each server's listen queue."""

import asyncio
import math
import time
from collections import Counter

import httpx
import pytest

from tests.lab.gallery.table import SERVERS, Server
from tests.support.containers import paused
from tests.support.stack import Stack

WAITS = 40


@pytest.fixture(scope="module")
def seconds(stack: Stack) -> dict[str, float]:
    """Seconds that each server took for all requests. They only sleep, so the time counts the rounds."""
    url = stack.url()

    found: dict[str, float] = {}

    async def wait(server: Server) -> None:
        path = f"{url}/gateways/{server.name}/hello/sync/?seconds=1"
        # A client for each server: one client's pool is slow with hundreds of connections.
        async with httpx.AsyncClient(timeout=120, limits=httpx.Limits(max_connections=None)) as client:
            started = time.monotonic()
            answers = await asyncio.gather(*(client.get(path) for _ in range(WAITS)))
            found[server.name] = time.monotonic() - started
        statuses = {answer.status_code for answer in answers}
        # If the server's queue is shorter, some requests may be lost.
        assert statuses <= ({200, 504} if server.queue < WAITS else {200}), server

    async def wait_one_after_another(servers: list[Server]) -> None:
        for server in servers:
            await wait(server)

    async def wait_everywhere() -> None:
        # Servers that take turns wait together. Servers that take all requests at once need the CPU meanwhile, and
        # CGI, the last, starts Django for each request: these run one after another.
        busy = sorted((it for it in SERVERS if not it.at_once or it.interface == "CGI"), key=lambda it: it.at_once)
        await asyncio.gather(wait_one_after_another(busy), *(wait(server) for server in SERVERS if server not in busy))

    asyncio.run(wait_everywhere())
    return found


def test_as_many_requests_are_served_at_once_as_the_table_says(seconds: dict[str, float], server: Server) -> None:
    turns = math.ceil(WAITS / (server.at_once or WAITS))
    # Never faster than its rounds allow, and not as slow as with half the concurrency.
    assert turns <= seconds[server.name]
    # (In each round CGI also starts Django, which on a busy machine takes longer than the wait.)
    assert seconds[server.name] < (5 if server.interface == "CGI" else 2) * turns + 3, seconds


def test_the_listen_queue_is_as_long_as_the_table_says(stack: Stack, server: Server) -> None:
    with stack.observer(server.name) as observer:
        listening = observer.check_output("ss --listening --tcp --numeric --no-header").splitlines()
    # The length given to `listen(2)`, or the kernel's limit if that is less (net.core.somaxconn, compose.yaml).
    queues = {int(queue) for _, _, queue, address, _ in map(str.split, listening) if address == "0.0.0.0:8000"}
    assert queues == {server.queue}


def test_connections_beyond_the_listen_queue_get_504(stack: Stack) -> None:
    """While a server is paused, a queue of ten fills up; a queue of a thousand does not."""
    clients = 240  # more than the queue and the connections that nginx's workers may have kept open

    async def ask_while_paused(name: str) -> Counter[int]:
        container, url = stack.container(name), f"{stack.url()}/gateways/{name}/livez"
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as client:
            with paused(container):
                requests = [asyncio.ensure_future(client.get(url)) for _ in range(clients)]
                # Longer than nginx's connect timeout.
                await asyncio.sleep(4)
            return Counter([answer.status_code for answer in await asyncio.gather(*requests)])

    assert asyncio.run(ask_while_paused("gunicorn-gthread")) == {200: clients}
    assert set(asyncio.run(ask_while_paused("wsgiref"))) == {200, 504}
