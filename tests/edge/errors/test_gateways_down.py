"""All gateways are down, close, are unreachable or take too long: nginx's own 502, 503 or 504, with Retry-After."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.containers import paused
from tests.support.error_pages import assert_is_ours
from tests.support.stack import GATEWAYS, PORTS, Stack, run, wait_until
from tests.support.variant import variant
from tests.support.wire import Answer, Edge

# Replaces the gateways: it accepts, reads the request and closes.
CLOSES = f"""
import socketserver, threading
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(65536)
for port in {[*PORTS.values()]}:
    threading.Thread(target=socketserver.ThreadingTCPServer(("", port), Handler).serve_forever).start()
"""

ACCEPT = {"json": "application/json", "html": "text/html"}
# Each way to a gateway, and the gateway that nginx asks last: on the site itself, the fallback.
WAYS = [
    *((gateway, "localhost", f"/gateways/{gateway}/livez") for gateway in GATEWAYS),
    *((gateway, f"{gateway}.localhost", "/livez") for gateway in GATEWAYS),
    ("gunicorn", "localhost", "/students/"),
    ("uwsgi", "localhost", "/async/students/"),
    ("gunicorn", "localhost", "/ws/echo/"),
]
ROUTES = {"/students/": "uwsgi", "/async/students/": "gunicorn", "/ws/echo/": "daphne"}
STATUS = {"down": 503, "closes": 502, "unreachable": 504}
# The upstream statuses: three if nginx got no connection. A request that was sent is not repeated on any gateway.
MET = {"down": "502 : 502 : 502", "closes": "502", "unreachable": "504 : 504 : 504"}

# Gateway, form, answer, and its entry in the access log.
type Answers = list[tuple[str, str, Answer, dict[str, Any]]]


def ask_all(edge: Edge) -> Answers:
    """Sends every way in both forms, all at once."""
    asked = [(*way, kind) for way in WAYS for kind in ACCEPT]
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = list(pool.map(lambda way: edge.get(way[2], way[1], [("Accept", ACCEPT[way[3]])]), asked))
    entries = edge.all_logged(answers)
    return [(way[0], way[3], *found) for way, *found in zip(asked, answers, entries, strict=True)]


@contextmanager
def replacement(stack: Stack) -> Iterator[str]:
    """A container that nginx finds under the names of all gateways. It may shut down its own network interface."""
    label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
    aliases = [part for gateway in GATEWAYS for part in ("--network-alias", gateway)]
    options = ("--detach", "--cap-add", "NET_ADMIN", "--label", label, "--network", f"{stack.project}_edge", *aliases)
    container = run("docker", "run", *options, os.environ["TOOLS_IMAGE"], "python", "-c", CLOSES).stdout.strip()
    try:
        yield container
    finally:
        run("docker", "rm", "--force", container)


def wait_for_gateways(edge: Edge) -> None:
    for gateway in GATEWAYS:
        wait_until(lambda gateway=gateway: edge.get("/livez", f"{gateway}.localhost").status == 200, 20)


@pytest.fixture(scope="module")
def answers(stack: Stack, edge: Edge) -> dict[str, Answers]:
    """What clients get in each case. Afterwards the gateways run again."""
    found: dict[str, Answers] = {}

    def all_are(case: str, connected: bool) -> bool:
        found[case] = ask_all(edge)
        # nginx logs no time, or `-`, for a connection that it did not get.
        return all(
            (answer.status, entry["upstream_status"], entry["upstream_connect_time"].startswith("0."))
            == (STATUS[case], MET[case], connected)
            for *_, answer, entry in found[case]
        )

    with stack.stopped(*GATEWAYS):
        # nginx caches Docker's DNS answers for 1 s, and asks at the gateways' old addresses until then.
        wait_until(lambda: all_are("down", False), 20, "503 on every way")
        with replacement(stack) as container:
            wait_until(lambda: all_are("closes", True), 20, "503 on every way")
            run("docker", "exec", container, "ip", "link", "set", "eth0", "down")
            wait_until(lambda: all_are("unreachable", False), 20, "504 on every way")
    wait_for_gateways(edge)
    return found


@pytest.mark.parametrize("case", STATUS)
def test_every_way_to_a_gateway_has_our_error(answers: dict[str, Answers], case: str) -> None:
    assert len(answers[case]) == len(WAYS) * len(ACCEPT)
    for gateway, kind, answer, entry in answers[case]:
        assert_is_ours(answer, entry, STATUS[case], kind)
        # The log names the gateway that should have answered. No fallback answered: a sent request goes to no other.
        asked = ROUTES.get(entry["uri"], gateway) if case == "closes" else gateway
        assert (entry["gateway"], entry["stepped_in"]) == (asked, "")


@pytest.fixture(scope="module")
def impatient(stack: Stack) -> Iterator[Edge]:
    """nginx that waits one second for an answer: the default of 60 s is too long for a test."""
    with variant(stack, READ_TIMEOUT="1") as edge:
        # nginx is healthy before it has resolved the gateways' names. Until then it answers 503.
        wait_for_gateways(edge)
        yield edge


@pytest.mark.parametrize("kind", ACCEPT)
def test_a_view_that_takes_too_long_is_504(impatient: Edge, gateway: str, kind: str) -> None:
    answer = impatient.get(f"/gateways/{gateway}/hello/async/?seconds=3", headers=[("Accept", ACCEPT[kind])])
    assert_is_ours(answer, impatient.logged(answer), 504, kind)


def test_a_gateway_that_is_frozen_is_504_and_then_goes_on(stack: Stack, impatient: Edge) -> None:
    with paused(*map(stack.container, GATEWAYS)), ThreadPoolExecutor() as pool:
        frozen = list(pool.map(lambda gateway: impatient.get(f"/gateways/{gateway}/livez"), GATEWAYS))
    for answer, entry in zip(frozen, impatient.all_logged(frozen), strict=True):
        assert_is_ours(answer, entry, 504, "json")
    for gateway in GATEWAYS:
        wait_until(lambda gateway=gateway: impatient.get(f"/gateways/{gateway}/livez").status == 200, 10)
