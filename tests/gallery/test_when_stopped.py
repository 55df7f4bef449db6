"""A worker that dies with its server, and a request in flight when one is stopped. Last: nothing runs afterwards."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.gallery.table import SERVERS, Server
from tests.support.stack import Stack, run, wait_until

LONGER = 4  # seconds that the request takes, of which one is over when its server is told to stop


@pytest.fixture(scope="module")
def outcomes(stack: Stack) -> dict[str, tuple[int, int]]:
    """For each server the status that the client got, and the exit status of the container."""
    url = stack.url()

    def ask(server: Server) -> int:
        return httpx.get(f"{url}/gateways/{server.name}/hello/sync/?seconds={LONGER}", timeout=60).status_code

    with ThreadPoolExecutor(len(SERVERS)) as pool:
        began = time.monotonic()
        requests = [pool.submit(ask, server) for server in SERVERS]
        wait_until(lambda: time.monotonic() > began + 1, 10, "the requests are under way")
        stack.compose("stop", "--timeout", "20", *(server.name for server in SERVERS))
        statuses = [request.result() for request in requests]
    exits = [int(stack.listed(it.name, "{{.Status}}", "--all").partition("(")[2].partition(")")[0]) for it in SERVERS]
    names = [server.name for server in SERVERS]
    return dict(zip(names, zip(statuses, exits, strict=True), strict=True))


def test_claim_9_hypercorn_ends_with_a_worker_and_the_engine_starts_it_again(stack: Stack) -> None:
    """Where gunicorn and uvicorn replace the worker: test_claims.py."""
    url, container = f"{stack.url()}/gateways/hypercorn/gateway/", stack.container("hypercorn")

    def restarts() -> int:
        return int(run("docker", "inspect", "--format", "{{.RestartCount}}", container).stdout)

    before, victim = restarts(), httpx.get(url).json()["pid"]
    stack.compose("exec", "-T", "hypercorn", "python", "-I", "-c", f"import os; os.kill({victim}, 9)")
    wait_until(lambda: restarts() == before + 1, 30, "it is started again")
    wait_until(lambda: httpx.get(url).status_code == 200, 30, "it answers again")


def test_what_becomes_of_a_request_in_flight_is_what_the_table_says(
    outcomes: dict[str, tuple[int, int]], server: Server
) -> None:
    status, _ = outcomes[server.name]
    assert status == (200 if server.on_stop == "finished" else 502), outcomes
