"""Views that never return, on all gateways at once, in a stack of their own; the fault takes half a minute."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.stack import GATEWAYS, Stack
from tests.support.traffic import Flow, Traffic
from tests.support.wire import Answer, Edge, read_answer, request

# The view that blocks a worker of each gateway for ever. Daphne's only event loop serves all its clients.
FATAL = {"uwsgi": "/stuck/", "gunicorn": "/blocking/", "daphne": "/blocking/"}
# Sent in the query string of each request.
SECRET = "hidden-from-logs"
# Seconds that nginx waits for an answer.
PATIENCE = 60


@dataclass(frozen=True)
class Ended:
    answer: Answer
    seconds: float


@dataclass(frozen=True)
class Fault:
    stack: Stack
    edge: Edge
    ended: dict[str, Ended]  # by the gateway that is stuck; "site": uWSGI on the default host
    traffic: Traffic  # all other requests


def ask(edge: Edge, path: str, host: str) -> Ended:
    started = time.monotonic()
    with edge.connect(timeout=PATIENCE + 20) as connection:
        connection.sendall(request("GET", path, host, [("Accept", "application/json")]))
        answer = read_answer(connection)
    return Ended(answer, time.monotonic() - started)


def provoke(stack: Stack) -> Fault:
    stack.compose("up", "--detach", "--wait", "--no-build", "--no-deps", "nginx", *GATEWAYS)
    edge = Edge.of(stack)
    ways = [(path, f"{gateway}.localhost") for gateway, path in FATAL.items()] + [(FATAL["uwsgi"], "localhost")]
    flows = [Flow(gateway, f"{gateway}.localhost", "/quick/", 20) for gateway in GATEWAYS]
    with Traffic(stack, *flows) as traffic, ThreadPoolExecutor(len(ways)) as pool:
        answers = pool.map(lambda way: ask(edge, f"{way[0]}?token={SECRET}", way[1]), ways)
        ended = dict(zip([*FATAL, "site"], answers, strict=True))
    return Fault(stack, edge, ended, traffic)


@contextmanager
def provoked(images: str) -> Iterator[Future[Fault]]:
    """Starts nginx and the gateways with the images of project `images`, without database and cache, serving stuck.py.
    The fault runs in the background.
    """
    environment = {
        "TESTED": images,
        "TEST": os.environ["COMPOSE_PROJECT_NAME"],
        "HTTP_BIND": "127.0.0.1:0",
        "DJANGO_SETTINGS_MODULE": "stuck",
        "WSGI_APPLICATION": "stuck:wsgi",
        "ASGI_APPLICATION": "stuck:asgi",
    }
    stack = Stack(f"{images}-stuck", environment, ("compose.yaml", "tests/operations/faults/stuck/compose.yaml"))
    try:
        with ThreadPoolExecutor(1) as pool:
            yield pool.submit(provoke, stack)
    finally:
        stack.compose("down", "--volumes", "--timeout", "0")
