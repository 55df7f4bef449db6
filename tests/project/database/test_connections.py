"""Connections are kept and reused: by uWSGI's threads, and by the pools of gunicorn and Daphne."""

import pytest

from tests.support.load import burst, connections
from tests.support.stack import Stack

PATHS = {"uwsgi": "/students/", "gunicorn": "/async/students/", "daphne": "/async/students/"}


def ask_all(url: str, times: int, at_once: int) -> set[int]:
    """The statuses of `times` rounds of requests, each with `at_once` requests to each gateway at once."""
    requests = [(gateway, path) for gateway, path in PATHS.items() for _ in range(at_once)]
    return {status for _ in range(times) for status in burst(url, requests)}


def restart(stack: Stack) -> None:
    stack.compose("restart", "postgres")
    stack.compose("up", "--detach", "--wait", "--no-deps", "--no-recreate", "postgres")


class Seen:
    """The gateways' connections before and after a restart of PostgreSQL."""

    def __init__(self, stack: Stack, psql: list[str]) -> None:
        url = stack.url()
        ask_all(url, times=2, at_once=16)
        self.before = connections(stack, psql)
        restart(stack)
        # Every thread of every worker has a broken connection. The gateway must notice it before it serves a request.
        self.statuses = ask_all(url, times=4, at_once=16)
        self.after = connections(stack, psql)
        # One at a time: no request needs a new connection.
        self.later_statuses = ask_all(url, times=20, at_once=1)
        self.later = connections(stack, psql)


@pytest.fixture(scope="module")
def seen(stack: Stack, psql: list[str]) -> Seen:
    return Seen(stack, psql)


def test_every_gateway_keeps_connections_between_requests(seen: Seen, gateway: str, budget: dict[str, int]) -> None:
    assert 0 < len(seen.before[gateway]) <= budget[gateway]
    assert 0 < len(seen.after[gateway]) <= budget[gateway]


def test_no_request_fails_after_a_restart_of_postgres(seen: Seen) -> None:
    assert seen.statuses == {200}


def test_connections_are_new_after_a_restart_of_postgres(seen: Seen, gateway: str) -> None:
    # Some PIDs may be reused, but not all of them.
    assert seen.after[gateway] != seen.before[gateway]


def test_later_requests_reuse_connections(seen: Seen, gateway: str) -> None:
    assert seen.later_statuses == {200}
    assert seen.later[gateway] >= seen.after[gateway]
    # A worker that got no request before may have opened its first connection.
    assert len(seen.later[gateway]) - len(seen.after[gateway]) <= 2
