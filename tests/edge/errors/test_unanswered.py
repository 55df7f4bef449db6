"""A request that a gateway got and did not answer: if it may have changed something, the error says so."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.error_pages import assert_is_ours
from tests.support.stack import GATEWAYS, PORTS, ROOT, Stack, run, wait_until
from tests.support.variant import variant
from tests.support.wire import Answer, Edge

HERE = ROOT / "tests/edge/errors"
READS, WRITES = ("GET", "OPTIONS"), ("POST", "PUT", "PATCH", "DELETE")
ACCEPT = {"json": "application/json", "html": "text/html"}
# Each route and each gateway, and the format that is asked for there.
WAYS = {"": "html", "/async": "json", "/ws": "json"} | {f"/gateways/{gateway}": "json" for gateway in GATEWAYS}
OWN = "/gateways/own"

UNSURE = "The request may or may not have been carried out: check before you repeat it."
# Status and explanation for a request that only reads, and for one that writes.
ENDED = (
    502,
    "The process ended before it answered this request. The request was not repeated, because it may be the cause.",
)
FAILED = (503, f"The gateway failed. {UNSURE}")
LATE = (504, "The gateway did not answer in time.")
LONG = (504, "The process ended after 10 s or more: the request probably took too long.")
OUTCOMES = {
    # The process ended. `begun`: nginx had repeated the request, and a gateway refused it.
    "closes": (ENDED, FAILED),
    "begun": (ENDED, FAILED),
    # nginx waited in vain.
    "silent": (LATE, (504, f"{LATE[1]} {UNSURE}")),
    # The process ended after 10 s.
    "long": ((504, f"{LONG[1]} It was not repeated."), (504, f"{LONG[1]} {UNSURE}")),
}
CLOSED = "The gateway could not be reached, or closed the connection before it answered."
OWN_OUTCOMES = {
    "closes": ((502, f"{CLOSED} Try again in a moment."), (502, f"{CLOSED} {UNSURE}")),
    "silent": OUTCOMES["silent"],
}

# Case, way and method.
type Question = tuple[str, str, str]
QUESTIONS: list[Question] = [
    *((case, way, method) for case in OUTCOMES for way in WAYS for method in READS + WRITES),
    *((case, OWN, method) for case in OWN_OUTCOMES for method in READS + WRITES),
]


@contextmanager
def failing(stack: Stack) -> Iterator[str]:
    """A network on which every gateway's name is that of failing.py."""
    label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
    network = f"{stack.project}-unanswered"
    aliases = [part for gateway in GATEWAYS for part in ("--network-alias", gateway)]
    options = ("--detach", "--label", label, "--network", network, *aliases, "--volume", f"{HERE}/failing.py:/it.py:ro")
    ports = map(str, PORTS.values())
    run("docker", "network", "create", network)
    try:
        container = run("docker", "run", *options, os.environ["TOOLS_IMAGE"], "python", "/it.py", *ports).stdout.strip()
        try:
            yield network
        finally:
            run("docker", "rm", "--force", container)
    finally:
        run("docker", "network", "rm", network)


@pytest.fixture(scope="module")
def edge(stack: Stack) -> Iterator[Edge]:
    """nginx that waits 15 s for an answer: well above the 10 s after which the end of a process is `long`."""
    own = f"{HERE}/own.conf:/etc/nginx/snippets/gateways/own.conf:ro"
    with (
        failing(stack) as network,
        variant(stack, "--volume", own, network=network, COMPARE="1", READ_TIMEOUT="15") as edge,
    ):
        # nginx is healthy before it has resolved the gateways' names.
        for gateway in GATEWAYS:
            wait_until(lambda gateway=gateway: edge.get(f"/gateways/{gateway}/").status == 200, 20, gateway)
        yield edge


def ask(edge: Edge, way: str, path: str, method: str = "GET") -> Answer:
    accept = [("Accept", ACCEPT[WAYS.get(way, "json")])]
    return edge.ask(method, f"{way}{path}", headers=accept, body=b"" if method in WRITES else None)


def detail(answer: Answer) -> str:
    if answer.one("Content-Type") == "application/json":
        return answer.json()["detail"]
    return re.findall("<p>(.*?)</p>", answer.body.decode())[0]


@pytest.fixture(scope="module")
def answers(edge: Edge) -> dict[Question, tuple[Answer, dict[str, Any]]]:
    """The answer and its entry in the access log. All are asked at once, because some take 15 s."""
    with ThreadPoolExecutor(len(QUESTIONS)) as pool:
        found = list(pool.map(lambda it: ask(edge, it[1], f"/{it[0]}/", it[2]), QUESTIONS))
    return dict(zip(QUESTIONS, zip(found, edge.all_logged(found), strict=True), strict=True))


@pytest.mark.parametrize("case", OUTCOMES)
@pytest.mark.parametrize("way", WAYS)
def test_an_error_says_whether_the_request_may_have_been_carried_out(
    answers: dict[Question, tuple[Answer, dict[str, Any]]], way: str, case: str
) -> None:
    for outcome, methods in zip(OUTCOMES[case], (READS, WRITES), strict=True):
        for method in methods:
            answer, entry = answers[case, way, method]
            assert_is_ours(answer, entry, outcome[0], WAYS[way])
            assert detail(answer) == outcome[1], method


@pytest.mark.parametrize("case", OWN_OUTCOMES)
def test_it_says_so_in_a_location_of_an_operator_s_own(
    answers: dict[Question, tuple[Answer, dict[str, Any]]], case: str
) -> None:
    for outcome, methods in zip(OWN_OUTCOMES[case], (READS, WRITES), strict=True):
        for method in methods:
            answer, entry = answers[case, OWN, method]
            assert_is_ours(answer, entry, outcome[0], "json")
            assert detail(answer) == outcome[1], method


LARGE = [
    *((way, 17000) for way in WAYS),
    # Locations of WebSockets have smaller buffers.
    *((way, 5000) for way in ("/ws", "/gateways/gunicorn/ws", "/gateways/daphne/ws")),
]


@pytest.mark.parametrize(("way", "size"), LARGE)
def test_headers_that_are_too_large_are_called_so_without_a_figure(edge: Edge, way: str, size: int) -> None:
    """The limit depends on the location."""
    answer = ask(edge, way, f"/large/{size}/")
    assert_is_ours(answer, edge.logged(answer), 500, WAYS.get(way, "json"))
    found = "The headers of the response are larger than this site allows here. The request was carried out."
    assert detail(answer) == found
