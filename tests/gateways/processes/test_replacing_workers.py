"""Workers are replaced while the server runs: by a chain reload, which loses no request, and after a worker dies."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from threading import Event

import httpx
import pytest

from tests.gateways.processes.conftest import settle
from tests.support.stack import Stack, wait_until
from tests.support.tree import tree

# The clients mostly await the server, so some of its threads always process a request.
CLIENTS = 6
SLOW = "/hello/sync/?seconds=0.1"


@dataclass
class Experience:
    """The clients' results: the count of each status or error, and the PIDs that answered."""

    results: Counter[int | str] = field(default_factory=Counter)
    pids: set[int] = field(default_factory=set)


@contextmanager
def asking(stack: Stack, gateway: str) -> Iterator[Experience]:
    """Clients that send requests to one gateway without a pause."""
    met, over = Experience(), Event()
    url, headers = stack.url(), {"Host": f"{gateway}.localhost"}

    def ask() -> None:
        with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
            for path in cycle((SLOW, "/gateway/")):
                if over.is_set():
                    return
                try:
                    response = client.get(path)
                    met.results[response.status_code] += 1
                    met.pids.add(response.json().get("pid", 0))
                except (httpx.HTTPError, ValueError) as error:
                    met.results[repr(error)] += 1

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(ask) for _ in range(CLIENTS)]
        try:
            yield met
        finally:
            over.set()
        for client in clients:
            client.result()


@dataclass
class Reload:
    before: set[int]
    after: set[int]
    met: Experience


@pytest.fixture(scope="module")
def chain_reload(stack: Stack) -> Reload:
    """uWSGI's workers before and after a chain reload, and the clients' results meanwhile."""
    uwsgi = stack.inside("uwsgi")
    with stack.observer("uwsgi") as observer, asking(stack, "uwsgi") as met:
        before = {process.pid for process in tree(observer)[1:]}
        wait_until(lambda: met.pids >= before, message="every worker serves")
        uwsgi.check_output("echo c > /tmp/uwsgi.fifo")
        wait_until(lambda: len(met.pids - before - {0}) >= len(before), seconds=90, message="as many new workers serve")
        after = {process.pid for process in tree(observer)[1:]}
    return Reload(before, after, met)


def test_a_chain_reload_replaces_every_worker(chain_reload: Reload) -> None:
    assert len(chain_reload.after) == len(chain_reload.before)
    assert not chain_reload.after & chain_reload.before


def test_a_chain_reload_loses_no_request(chain_reload: Reload) -> None:
    assert set(chain_reload.met.results) == {200}


@pytest.mark.parametrize("gateway", ["uwsgi", "gunicorn"])
def test_a_worker_that_dies_is_replaced(stack: Stack, gateway: str) -> None:
    with stack.observer(gateway) as observer:
        before = {process.pid for process in tree(observer)[1:]}
        victim = min(before)
        stack.inside(gateway).check_output(f"kill -9 {victim}")

        def replaced() -> bool:
            now = {process.pid for process in tree(observer)[1:]}
            return len(now) == len(before) and len(now - before) == 1 and victim not in now

        wait_until(replaced, message="a new worker stands in")
    settle(stack)
