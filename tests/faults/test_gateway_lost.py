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

from tests.faults.figures import Figures
from tests.faults.form import IS_FULL, repeat
from tests.faults.kill import Killer, main_process
from tests.faults.sockets import Sockets
from tests.faults.traffic import Flow, Record, Traffic
from tests.routing.wire import Edge
from tests.support.stack import GATEWAYS, Stack, wait_until

# Each gateway's route on the default host, and the gateway to which nginx fails over there.
ROUTES = {"uwsgi": "/hello/sync/", "gunicorn": "/async/hello/async/", "daphne": "/ws/echo/"}
STEPS_IN = {"uwsgi": "gunicorn", "gunicorn": "uwsgi", "daphne": "gunicorn"}
RATE = repeat(short=20, full=40)  # requests a second on each route
AWAY = repeat(short=2, full=20)  # seconds
# The short form stops two at once, because the third is the fallback of both. It recreates only the third.
LOST = [(gateway,) for gateway in GATEWAYS] if IS_FULL else [("uwsgi", "daphne")]
MADE_ANEW = {"uwsgi": "UWSGI_PROCESSES", "gunicorn": "WEB_CONCURRENCY"} if IS_FULL else {"gunicorn": "WEB_CONCURRENCY"}


def stepped_in(record: Record) -> set[str | None]:
    return {sent.headers.get("X-Stepped-In") for sent in record.sent}


def flows() -> list[Flow]:
    """The default host's routes, and each pinned host."""
    routes = [Flow(gateway, path=path, rate=RATE) for gateway, path in ROUTES.items() if gateway != "daphne"]
    return routes + [Flow(f"pinned to {gateway}", f"{gateway}.localhost", rate=5) for gateway in GATEWAYS]


def assert_it_is_said_who_stepped_in(edge: Edge, lost: str) -> None:
    if lost == "daphne":
        return
    path = "/async/" if lost == "gunicorn" else "/"
    said = f"{STEPS_IN[lost]} for {lost}"
    answer = edge.get(f"{path}gateway/")
    assert (answer.json()["gateway"], answer.one("X-Stepped-In")) == (STEPS_IN[lost], said)
    entry = edge.logged(answer)
    assert (entry["gateway"], entry["stepped_in"]) == (STEPS_IN[lost], said)
    # nginx sent nothing of the request to the stopped gateway, so it may send a write to the fallback too.
    write = edge.ask("POST", f"{path}nothing/", body=b"x")
    assert (write.status, write.one("X-Stepped-In")) == (404, said)


def assert_pinned_websockets_are_refused(stack: Stack, lost: str) -> None:
    if lost == "uwsgi":
        return
    at = f"{lost}.localhost:{stack.port()}"
    with (
        socket.create_connection(("127.0.0.1", stack.port())) as connection,
        pytest.raises(InvalidStatus, match=r"HTTP 50[34]"),
    ):
        connect(f"ws://{at}/ws/echo/", sock=connection, origin=Origin(f"http://{at}"))


@pytest.fixture
def edge(stack: Stack) -> Edge:
    return Edge(("127.0.0.1", stack.port()), stack.container("nginx"))


@pytest.mark.parametrize("lost", LOST, ids=" and ".join)
def test_no_request_fails_while_a_gateway_is_stopped(
    stack: Stack, edge: Edge, figures: Figures, lost: tuple[str, ...]
) -> None:
    other = "daphne" if "gunicorn" in lost else "gunicorn"
    with Traffic(stack, *flows()) as traffic, Sockets(stack, {"site": 5, other: 5}) as sockets:
        time.sleep(1)
        stack.compose("stop", *lost)
        time.sleep(AWAY / 2)
        # New WebSocket clients are served too.
        with Sockets(stack, {"site": 5}, every=0.2) as newcomers:
            time.sleep(AWAY / 2)
            for gateway in lost:
                assert_it_is_said_who_stepped_in(edge, gateway)
                assert_pinned_websockets_are_refused(stack, gateway)
        stack.compose("up", "--detach", "--wait", "--no-deps", "--no-recreate", *lost)
        stack.wait_for_routes(*lost)
        back = time.monotonic()
        time.sleep(1)
    routes = [traffic[gateway] for gateway in ROUTES if gateway != "daphne"]
    figures.add(f"{' and '.join(lost)} stopped for {AWAY} s", *routes, sockets=sockets, note="default host")
    for record in routes:
        assert record.failures() == [], record.statuses
    assert newcomers["site"].closes == {"open": 5}
    assert newcomers["site"].echoes > 5
    # Daphne serves the site's WebSockets. When it stops, it closes them with 1012. All others stay open.
    assert set(sockets["site"].closes) == ({1012} if "daphne" in lost else {"open"})
    assert set(sockets[other].closes) == {"open"}

    # The header names the fallback while the gateway is down, and only then.
    for gateway in ("uwsgi", "gunicorn"):
        name = f"{STEPS_IN[gateway]} for {gateway}"
        assert stepped_in(traffic[gateway]) == ({None, name} if gateway in lost else {None})
        assert {sent.headers.get("X-Stepped-In") for sent in traffic[gateway].sent if sent.due > back} == {None}
    # Pinned hosts have no fallback.
    for gateway in GATEWAYS:
        pinned = traffic[f"pinned to {gateway}"]
        assert stepped_in(pinned) == {None}
        assert (pinned.failed > 0) is (gateway in lost), pinned.statuses
        assert set(pinned.statuses) <= {200, 503, 504}


@pytest.mark.parametrize("anew", MADE_ANEW)
def test_recreating_a_gateway_with_another_setting_loses_no_request(stack: Stack, figures: Figures, anew: str) -> None:
    with Traffic(stack, *flows()) as traffic, stack.changed(anew, **{MADE_ANEW[anew]: "3"}):
        time.sleep(1)
    figures.add(f"{anew} made anew by compose up, twice", traffic[anew], note="default host")
    for gateway in ("uwsgi", "gunicorn"):
        assert traffic[gateway].failures() == [], traffic[gateway].statuses
    assert stepped_in(traffic[anew]) == {None, f"{STEPS_IN[anew]} for {anew}"}
    assert stepped_in(traffic[f"pinned to {anew}"]) == {None}


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
