"""While PostgreSQL or Valkey is down, gateways keep running, report it, and recover by themselves afterwards."""

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.containers import paused
from tests.support.stack import GATEWAYS, ROOT, Stack, run, wait_until

SERVICES = {"postgres": "database", "valkey": "valkey"}


OUTAGES = {"stopped": Stack.stopped, "paused": lambda stack, service: paused(stack.container(service))}


Ask = Callable[..., list[httpx.Response]]


@pytest.fixture
def ask(http: httpx.Client) -> Ask:
    """ask("/readyz", "/livez"): the answers of every gateway to each path, `times` each, all requested at once."""

    def ask(*paths: str, times: int = 1) -> list[httpx.Response]:
        urls = [f"/gateways/{gateway}{path}" for path in paths for gateway in GATEWAYS] * times
        with ThreadPoolExecutor(len(urls)) as threads:
            return list(threads.map(http.get, urls))

    return ask


def statuses(answers: list[httpx.Response]) -> set[int]:
    return {answer.status_code for answer in answers}


def started(stack: Stack) -> list[str]:
    containers = [container for gateway in GATEWAYS for container in stack.containers(gateway)]
    return run("docker", "inspect", "--format", "{{.Id}} {{.State.StartedAt}}", *containers).stdout.splitlines()


@pytest.mark.parametrize("how", OUTAGES)
@pytest.mark.parametrize("service", SERVICES)
def test_an_unreachable_service_is_reported_and_fails_only_dependent_requests(
    stack: Stack, http: httpx.Client, ask: Ask, setting: Callable[[str], str], service: str, how: str
) -> None:
    before = started(stack)
    missing, present = SERVICES[service], (set(SERVICES.values()) - {SERVICES[service]}).pop()
    with OUTAGES[how](stack, service):
        began = time.monotonic()
        answers = ask("/readyz")
        assert time.monotonic() - began < 6  # no request waits for a service that hangs
        assert statuses(answers) == {503}
        for answer in answers:
            assert answer.json().keys() == {missing, present}
            assert answer.json()[present] == "ok"
            # Only the kind of error, without its message: no host, no user, no password.
            assert re.fullmatch("timed out|[A-Z][A-Za-z]+", answer.json()[missing])
            assert not [secret for secret in secrets() if secret in answer.text]
        assert statuses(ask("/livez", "/gateway/", "/async/gateway/", "/hello/sync/", "/")) == {200}
        assert http.get("/static/admin/css/base.css").status_code == 200
        if how == "stopped":  # a request waits for as long as its database is paused
            answers = ask("/students/", "/async/students/")
            assert statuses(answers) == {503 if service == "postgres" else 200}
            assert not [secret for secret in secrets() for answer in answers if secret in answer.text]

    # Every worker, not only the first.
    times = 2 * int(setting("WEB_CONCURRENCY"))
    wait_until(lambda: statuses(ask("/readyz", "/students/", times=times)) == {200}, 5, "not all are ready again")
    assert started(stack) == before


def secrets() -> list[str]:
    return [file.read_text().strip() for file in (ROOT / "secrets").iterdir()]
