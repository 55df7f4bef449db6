"""Forty requests that await a second: WSGI serves as many at once as it has threads, ASGI serves all at once."""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from tests.support.stack import Stack

REQUESTS = 40
SECOND = 1.0  # seconds that each request waits, by the server's clock: no answer can come sooner


@pytest.fixture(scope="module")
def url(stack: Stack) -> str:
    return stack.url()


@pytest.fixture(scope="module")
def at_once(setting: Callable[[str], str]) -> int:
    """The number of requests that uWSGI processes at once."""
    return int(setting("UWSGI_PROCESSES")) * int(setting("UWSGI_THREADS"))


@dataclass(frozen=True)
class Took:
    """Seconds until a number of concurrent requests were all answered."""

    waiting: float  # each of them awaits a second
    at_once: float  # the same requests without the second: this machine's own time for them


@pytest.fixture(scope="module")
def took(url: str) -> Callable[..., Took]:
    """took("uwsgi", "sync", 40): the times of this many concurrent requests, measured once."""
    known: dict[tuple[str, str, int], Took] = {}

    async def measure(gateway: str, view: str, requests: int) -> Took:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=url, headers={"Host": "localhost"}, timeout=60, limits=limits) as client:

            async def ask(seconds: float) -> float:
                started = time.monotonic()
                path = f"/gateways/{gateway}/hello/{view}/?seconds={seconds}"
                answers = await asyncio.gather(*(client.get(path) for _ in range(requests)))
                elapsed = time.monotonic() - started
                expected = {"hello": view, "gateway": gateway, "seconds": seconds}
                assert [answer.json() for answer in answers] == [expected] * requests
                return elapsed

            await ask(0.0)  # opens connections, and does a worker's work for its first request
            return Took(at_once=await ask(0.0), waiting=await ask(SECOND))

    def took(gateway: str, view: str, requests: int = REQUESTS) -> Took:
        key = (gateway, view, requests)
        if key not in known:
            known[key] = asyncio.run(measure(*key))
        return known[key]

    return took


def test_uwsgi_serves_as_many_requests_in_a_round_as_it_has_threads(took: Callable[..., Took], at_once: int) -> None:
    rounds = math.ceil(REQUESTS / at_once)
    assert rounds <= took("uwsgi", "sync").waiting / SECOND < 1.5 * rounds


def test_an_asynchronous_view_on_uwsgi_occupies_a_thread(took: Callable[..., Took], at_once: int) -> None:
    one_too_many = took("uwsgi", "async", at_once + 1).waiting
    assert one_too_many / SECOND >= 2
    assert took("uwsgi", "async", at_once).waiting < one_too_many


@pytest.mark.parametrize("view", ["async", "class"])
def test_an_asgi_gateway_serves_all_waiting_requests_in_one_round(
    took: Callable[..., Took], at_once: int, asgi_gateway: str, view: str
) -> None:
    asgi = took(asgi_gateway, view)
    # Load on the machine adds to the second, but must not reverse the comparison.
    assert took("uwsgi", "sync").waiting / (asgi.waiting - asgi.at_once) > 0.6 * math.ceil(REQUESTS / at_once)


def test_an_asgi_gateway_serves_synchronous_views_in_threads(took: Callable[..., Took], asgi_gateway: str) -> None:
    assert took(asgi_gateway, "sync").waiting < took("uwsgi", "sync").waiting
