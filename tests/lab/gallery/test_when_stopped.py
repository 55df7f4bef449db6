"""A worker that dies with its server, and a request in flight at a stop. Runs after the tests that ask the servers."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.lab.gallery.table import SERVERS, Server
from tests.support.stack import Stack, run, wait_until

LONGER = 6  # seconds of each request; one or two pass until every server has begun


@pytest.fixture(scope="module")
def outcomes(stack: Stack) -> dict[str, tuple[int, int]]:
    """For each server, the status that the client got and the container's exit status."""
    url = stack.url()
    ids = {server.name: uuid.uuid4().hex for server in SERVERS}

    def ask(server: Server) -> int:
        wait = {"id": ids[server.name], "seconds": LONGER}
        return httpx.get(f"{url}/gateways/{server.name}/waiting/", params=wait, timeout=60).status_code

    def all_have_begun() -> bool:
        # fastcgi serves several requests at once. It reads the answer from the cache that all servers share.
        answer = httpx.get(f"{url}/gateways/fastcgi/begun/", params={"id": list(ids.values())}, timeout=10)
        return set(answer.json()["begun"]) == set(ids.values())

    with ThreadPoolExecutor(len(SERVERS)) as pool:
        requests = [pool.submit(ask, server) for server in SERVERS]
        wait_until(all_have_begun, LONGER, "every server has begun with its request")
        # compose.yaml gives them enough time. gunicorn's ASGI worker needs it, because it waits until nginx closes.
        stack.compose("stop", *(server.name for server in SERVERS))
        statuses = [request.result() for request in requests]
    exits = [int(stack.listed(it.name, "{{.Status}}", "--all").partition("(")[2].partition(")")[0]) for it in SERVERS]
    names = [server.name for server in SERVERS]
    return dict(zip(names, zip(statuses, exits, strict=True), strict=True))


def test_claim_9_hypercorn_ends_with_a_worker_and_the_engine_starts_it_again(stack: Stack) -> None:
    """gunicorn and uvicorn replace the worker instead: test_claims.py."""
    url, container = f"{stack.url()}/gateways/hypercorn/gateway/", stack.container("hypercorn")

    def restarts() -> int:
        return int(run("docker", "inspect", "--format", "{{.RestartCount}}", container).stdout)

    before, victim = restarts(), httpx.get(url).json()["pid"]
    stack.compose("exec", "-T", "hypercorn", "python", "-I", "-c", f"import os; os.kill({victim}, 9)")
    wait_until(lambda: restarts() == before + 1, 30, "it is started again")
    wait_until(lambda: httpx.get(url).status_code == 200, 30, "it answers again")


def test_a_request_in_flight_ends_as_the_table_says(outcomes: dict[str, tuple[int, int]], server: Server) -> None:
    status, _ = outcomes[server.name]
    assert status == (200 if server.on_stop == "finished" else 502), outcomes


def test_the_exit_status_tells_a_stop_from_a_crash(outcomes: dict[str, tuple[int, int]], server: Server) -> None:
    _, status = outcomes[server.name]
    assert status == server.exit, outcomes
