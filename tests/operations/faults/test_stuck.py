"""A view that never returns is ended: nginx answers 504 with the request's id, and other requests are served."""

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.operations.faults.figures import Figures
from tests.operations.faults.stuck.provoke import FATAL, PATIENCE, SECRET, Fault, ask
from tests.support.error_pages import assert_is_ours
from tests.support.long_form import IS_FULL
from tests.support.stack import GATEWAYS, Stack, run, wait_until
from tests.support.traffic import Flow, Traffic
from tests.support.wire import Answer, Edge

# Seconds: harakiri, gunicorn's timeout and Daphne's watchdog. gunicorn's workers report only every 15 s.
LIMITS = {"uwsgi": (28, 45), "gunicorn": (14, 45), "daphne": (28, 45), "site": (28, 45)}


def logged(edge: Edge, answer: Answer) -> dict[str, Any]:
    """The answer's entry in the access log, which is long by now."""
    name = answer.one("X-Request-ID")

    def lines() -> list[str]:
        return [line for line in edge.log() if line.startswith("{") and name in line]

    # nginx buffers log lines for up to a second.
    wait_until(lambda: lines() != [])
    (line,) = lines()
    return json.loads(line)


@pytest.fixture(scope="module")
def fault(stuck: Future[Fault]) -> Fault:
    """The fault began with the first test of this folder, and has ended or will end soon."""
    return stuck.result()


@pytest.fixture(scope="module")
def other(fault: Fault) -> Stack:
    return fault.stack


@pytest.fixture(scope="module")
def edge(fault: Fault) -> Edge:
    return fault.edge


@pytest.mark.parametrize("way", [*FATAL, "site"])
def test_a_stuck_request_gets_504_with_its_request_id(fault: Fault, edge: Edge, way: str) -> None:
    ended = fault.ended[way]
    entry = logged(edge, ended.answer)
    assert_is_ours(ended.answer, entry, 504, "json")
    # It ends no earlier than its limit, and nginx does not repeat it: it would get stuck on the fallback too.
    earliest, latest = LIMITS[way]
    assert earliest < ended.seconds < latest
    assert (":" in entry["upstream_status"], entry["stepped_in"]) == (False, "")


def test_the_log_names_stuck_requests_without_the_query_string(fault: Fault, other: Stack) -> None:
    """uWSGI logs every request of a worker that it kills."""
    logs = other.compose("logs", "--no-color").stdout.splitlines()
    assert [line for line in logs if "/stuck/" in line and "since" in line]
    assert [line for line in logs if SECRET in line] == []


def test_other_requests_are_served(fault: Fault, figures: Figures, setting: Callable[[str], str]) -> None:
    for gateway in GATEWAYS:
        figures.add(f"a view on {gateway} never returns", fault.traffic[gateway], note="everybody else there")
    # Requests on the other threads of the killed worker are not repeated.
    uwsgi = fault.traffic["uwsgi"]
    assert set(uwsgi.statuses) <= {200, 502}
    assert len(uwsgi.failures()) < int(setting("UWSGI_THREADS")), uwsgi.statuses
    # nginx had open connections to the stuck worker. Requests that it sent on them were lost.
    gunicorn = fault.traffic["gunicorn"]
    assert set(gunicorn.statuses) <= {200, 502, 504}
    assert len(gunicorn.failures()) < 0.02 * len(gunicorn.sent), gunicorn.statuses


def test_stuck_workers_are_replaced_and_their_stack_is_logged(fault: Fault, other: Stack) -> None:
    for gateway, path in FATAL.items():
        host = {"Host": f"{gateway}.localhost"}
        wait_until(lambda host=host: httpx.get(f"{other.url()}/quick/", headers=host).status_code == 200, 10)
        said = run("docker", "logs", other.container(gateway))
        log = said.stdout + said.stderr
        assert {"uwsgi": "HARAKIRI", "gunicorn": "WORKER TIMEOUT", "daphne": "Timeout (0:00:30)!"}[gateway] in log, path
    # The log names the line that was stuck.
    assert '/srv/apps/stuck.py", line' in log


@pytest.mark.skipif(not IS_FULL, reason="make test-full runs it: two minutes of waiting")
def test_an_asgi_process_whose_threads_are_stuck_is_replaced(
    fault: Fault, other: Stack, edge: Edge, figures: Figures
) -> None:
    """An ASGI gateway cannot end a thread: nginx answers 504 instead. Daphne has four threads and loses all of them."""
    host = "daphne.localhost"
    before = started(other, "daphne")
    with (
        Traffic(other, Flow("daphne", host, "/quick/", 5)) as traffic,
        ThreadPoolExecutor(4) as pool,
    ):
        answers = list(pool.map(lambda path: ask(edge, path, host), ["/stuck/"] * 4))
        wait_until(lambda: started(other, "daphne") != before, 120, "Daphne is replaced")
        wait_until(lambda: edge.get("/quick/", host).status == 200, 20)
    figures.add("all threads of daphne are stuck", traffic["daphne"], note="everybody else there")
    for ended in answers:
        assert_is_ours(ended.answer, logged(edge, ended.answer), 504, "json")
        assert PATIENCE - 2 < ended.seconds < PATIENCE + 10
    # A request that came too late got 503 or 504, and one in flight when the process ended 502. The container was down
    # for as long as it takes to end and to start.
    assert set(traffic["daphne"].statuses) <= {200, 502, 503, 504}, traffic["daphne"].statuses
    said = run("docker", "logs", other.container("daphne"))
    assert "4 of 4 threads are in views that do not return" in said.stdout + said.stderr


def started(stack: Stack, service: str) -> str:
    return run("docker", "inspect", "--format", "{{.State.StartedAt}}", stack.container(service)).stdout
