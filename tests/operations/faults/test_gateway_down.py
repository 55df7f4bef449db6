"""A gateway is down: nginx fails over on the default host, names the fallback, and returns once the gateway is back."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.operations.faults.figures import Figures
from tests.support.kill import Killer, main_process
from tests.support.long_form import IS_FULL, repeat
from tests.support.sockets import Sockets
from tests.support.stack import GATEWAYS, Stack, wait_until
from tests.support.traffic import Flow, Record, Traffic
from tests.support.wire import Edge

# Each gateway's route on the default host, and the gateway to which nginx fails over there.
ROUTES = {"uwsgi": "/hello/sync/", "gunicorn": "/async/hello/async/", "daphne": "/ws/echo/"}
FALLBACK = {"uwsgi": "gunicorn", "gunicorn": "uwsgi", "daphne": "gunicorn"}
RATE = repeat(short=20, full=40)  # requests a second on each route
STOPPED_SECONDS = repeat(short=2, full=20)  # seconds
# The short form stops two at once, because the third is the fallback of both. It recreates only the third.
STOPPED = [(gateway,) for gateway in GATEWAYS] if IS_FULL else [("uwsgi", "daphne")]
CHANGED_SETTINGS = (
    {"uwsgi": "UWSGI_PROCESSES", "gunicorn": "WEB_CONCURRENCY"} if IS_FULL else {"gunicorn": "WEB_CONCURRENCY"}
)


def fallbacks(record: Record) -> set[str | None]:
    return {sent.headers.get("X-Stepped-In") for sent in record.sent}


def flows() -> list[Flow]:
    """The default host's routes, and each pinned host."""
    routes = [Flow(gateway, path=path, rate=RATE) for gateway, path in ROUTES.items() if gateway != "daphne"]
    return routes + [Flow(f"pinned to {gateway}", f"{gateway}.localhost", rate=5) for gateway in GATEWAYS]


def assert_the_fallback_is_reported(edge: Edge, stopped: str) -> None:
    if stopped == "daphne":
        return
    path = "/async/" if stopped == "gunicorn" else "/"
    said = f"{FALLBACK[stopped]} for {stopped}"
    answer = edge.get(f"{path}gateway/")
    assert (answer.json()["gateway"], answer.one("X-Stepped-In")) == (FALLBACK[stopped], said)
    entry = edge.logged(answer)
    assert (entry["gateway"], entry["stepped_in"]) == (FALLBACK[stopped], said)
    # nginx sent nothing of the request to the stopped gateway, so it may send a write to the fallback too.
    write = edge.ask("POST", f"{path}nothing/", body=b"x")
    assert (write.status, write.one("X-Stepped-In")) == (404, said)


def assert_pinned_websockets_are_refused(stack: Stack, stopped: str) -> None:
    if stopped == "uwsgi":
        return
    at = f"{stopped}.localhost:{stack.port()}"
    with (
        socket.create_connection(("127.0.0.1", stack.port())) as connection,
        pytest.raises(InvalidStatus, match=r"HTTP 50[34]"),
    ):
        connect(f"ws://{at}/ws/echo/", sock=connection, origin=Origin(f"http://{at}"))


@pytest.mark.parametrize("stopped", STOPPED, ids=" and ".join)
def test_no_request_fails_while_a_gateway_is_stopped(
    stack: Stack, edge: Edge, figures: Figures, stopped: tuple[str, ...]
) -> None:
    other = "daphne" if "gunicorn" in stopped else "gunicorn"
    with Traffic(stack, *flows()) as traffic, Sockets(stack, {"site": 5, other: 5}) as sockets:
        time.sleep(1)
        stack.compose("stop", *stopped)
        time.sleep(STOPPED_SECONDS / 2)
        # New WebSocket clients are served too.
        with Sockets(stack, {"site": 5}, every=0.2) as newcomers:
            time.sleep(STOPPED_SECONDS / 2)
            for gateway in stopped:
                assert_the_fallback_is_reported(edge, gateway)
                assert_pinned_websockets_are_refused(stack, gateway)
        stack.compose("up", "--detach", "--wait", "--no-deps", "--no-recreate", *stopped)
        stack.wait_for_routes(*stopped)
        back = time.monotonic()
        time.sleep(1)
    routes = [traffic[gateway] for gateway in ROUTES if gateway != "daphne"]
    figures.add(
        f"{' and '.join(stopped)} stopped for {STOPPED_SECONDS} s", *routes, sockets=sockets, note="default host"
    )
    for record in routes:
        assert record.failures() == [], record.statuses
    assert newcomers["site"].closes == {"open": 5}
    assert newcomers["site"].echoes > 5
    # Daphne serves the site's WebSockets. When it stops, it closes them with 1012. All others stay open.
    assert set(sockets["site"].closes) == ({1012} if "daphne" in stopped else {"open"})
    assert set(sockets[other].closes) == {"open"}

    # The header names the fallback while the gateway is down, and only then.
    for gateway in ("uwsgi", "gunicorn"):
        name = f"{FALLBACK[gateway]} for {gateway}"
        assert fallbacks(traffic[gateway]) == ({None, name} if gateway in stopped else {None})
        assert {sent.headers.get("X-Stepped-In") for sent in traffic[gateway].sent if sent.due > back} == {None}
    # Pinned hosts have no fallback.
    for gateway in GATEWAYS:
        pinned = traffic[f"pinned to {gateway}"]
        assert fallbacks(pinned) == {None}
        assert (pinned.failed > 0) is (gateway in stopped), pinned.statuses
        assert set(pinned.statuses) <= {200, 503, 504}


@pytest.mark.parametrize("recreated", CHANGED_SETTINGS)
def test_recreating_a_gateway_with_another_setting_loses_no_request(
    stack: Stack, figures: Figures, recreated: str
) -> None:
    with Traffic(stack, *flows()) as traffic, stack.changed(recreated, **{CHANGED_SETTINGS[recreated]: "3"}):
        time.sleep(1)
    figures.add(f"{recreated} recreated by compose up, twice", traffic[recreated], note="default host")
    for gateway in ("uwsgi", "gunicorn"):
        assert traffic[gateway].failures() == [], traffic[gateway].statuses
    assert fallbacks(traffic[recreated]) == {None, f"{FALLBACK[recreated]} for {recreated}"}
    assert fallbacks(traffic[f"pinned to {recreated}"]) == {None}


@pytest.fixture
def killed_at_work(stack: Stack, kill9: Killer) -> Iterator[dict[str, httpx.Response]]:
    """uWSGI is killed while it processes one request of each method, each of 2 s."""
    methods = ("GET", "POST", "PUT", "PATCH", "DELETE")

    token = "a" * 32
    headers = {"Cookie": f"{stack.cookie('csrftoken')}={token}", "X-CSRFToken": token}

    def ask(method: str) -> httpx.Response:
        return httpx.request(method, f"{stack.url()}/hello/sync/?seconds=2", headers=headers, timeout=35)

    with ThreadPoolExecutor(len(methods)) as pool:
        answers = {method: pool.submit(ask, method) for method in methods}
        time.sleep(1)
        kill9.kill(main_process(stack.container("uwsgi")))
        yield {method: answer.result() for method, answer in answers.items()}
    wait_until(lambda: httpx.get(f"{stack.url()}/gateways/uwsgi/livez").status_code == 200, 30)


def test_a_request_that_may_have_been_carried_out_is_not_repeated(killed_at_work: dict[str, httpx.Response]) -> None:
    # A GET is not repeated either: any request that the process was processing may be the one that crashed it.
    read = killed_at_work.pop("GET")
    assert (read.status_code, read.json()["status"]) == (502, 502)
    assert "The request was not repeated" in read.json()["detail"]
    assert "X-Stepped-In" not in read.headers
    for method, answer in killed_at_work.items():
        assert answer.status_code == 503, method
        assert answer.headers["Retry-After"].isdecimal()
        assert "may or may not have been carried out" in answer.json()["detail"]
        assert answer.headers["X-Request-ID"] == answer.json()["request_id"]
        assert "X-Stepped-In" not in answer.headers
