"""What forty requests that wait a second cost, and how many connections may wait to be accepted."""

import asyncio
import math
import time
from collections import Counter

import httpx
import pytest

from tests.gallery.table import SERVERS, Server
from tests.support.stack import Stack, run

WAITS = 40


@pytest.fixture(scope="module")
def seconds(stack: Stack) -> dict[str, float]:
    """How long each server took for all of them. They sleep, so what they cost is turns."""
    url = stack.url()

    found: dict[str, float] = {}

    async def wait(server: Server) -> None:
        path = f"{url}/gateways/{server.name}/hello/sync/?seconds=1"
        # A client for each server: the pool of one client takes its time where hundreds are in it.
        async with httpx.AsyncClient(timeout=120, limits=httpx.Limits(max_connections=None)) as client:
            started = time.monotonic()
            answers = await asyncio.gather(*(client.get(path) for _ in range(WAITS)))
            found[server.name] = time.monotonic() - started
        statuses = {answer.status_code for answer in answers}
        # Where fewer may wait to be accepted, some of them may be lost.
        assert statuses <= ({200, 504} if server.queue < WAITS else {200}), server

    async def wait_one_after_another(servers: list[Server]) -> None:
        for server in servers:
            await wait(server)

    async def wait_everywhere() -> None:
        # Those that take turns sleep together. Those that take all at once are busy meanwhile, and CGI, the last, has a
        # Django to start for each: one after another.
        busy = sorted((it for it in SERVERS if not it.at_once or it.interface == "CGI"), key=lambda it: it.at_once)
        await asyncio.gather(wait_one_after_another(busy), *(wait(server) for server in SERVERS if server not in busy))

    asyncio.run(wait_everywhere())
    return found


def test_as_many_wait_at_once_as_the_table_says(seconds: dict[str, float], server: Server) -> None:
    turns = math.ceil(WAITS / (server.at_once or WAITS))
    # Never faster than its turns allow, and not as slow as with half as many at once.
    assert turns <= seconds[server.name]
    # (Each turn of CGI starts a Django as well, which on a busy machine takes longer than the wait.)
    assert seconds[server.name] < (5 if server.interface == "CGI" else 2) * turns + 3, seconds


def test_the_queue_of_connections_is_as_long_as_the_table_says(stack: Stack, server: Server) -> None:
    with stack.observer(server.name) as observer:
        listening = observer.check_output("ss --listening --tcp --numeric --no-header").splitlines()
    # What `listen(2)` was asked for, or the kernel's limit where that is less (net.core.somaxconn, compose.yaml).
    queues = {int(queue) for _, _, queue, address, _ in map(str.split, listening) if address == "0.0.0.0:8000"}
    assert queues == {server.queue}


def test_what_the_queue_has_no_room_for_is_given_up_by_nginx(stack: Stack) -> None:
    """While a server is paused its queue of ten fills up, and that of a thousand does not."""
    clients = 240  # more than the connections that the workers of nginx may have kept open, and the queue

    async def ask_while_paused(name: str) -> Counter[int]:
        container, url = stack.container(name), f"{stack.url()}/gateways/{name}/livez"
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as client:
            run("docker", "pause", container)
            try:
                requests = [asyncio.ensure_future(client.get(url)) for _ in range(clients)]
                # Longer than nginx tries to connect.
                await asyncio.sleep(4)
            finally:
                run("docker", "unpause", container)
            return Counter([answer.status_code for answer in await asyncio.gather(*requests)])

    assert asyncio.run(ask_while_paused("gunicorn-gthread")) == {200: clients}
    assert set(asyncio.run(ask_while_paused("wsgiref"))) == {200, 504}
