"""make roll: a new version replaces the old one, or is rejected if it is bad. No request fails in either case."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.operations.faults.capacity import capacity
from tests.operations.faults.figures import Figures
from tests.support.long_form import IS_FULL, repeat
from tests.support.moves import nginx_processes
from tests.support.sockets import Sockets
from tests.support.stack import (
    ASGI_GATEWAYS,
    GATEWAYS,
    ROOT,
    Stack,
    nginx_workers,
    run,
)
from tests.support.traffic import Flow, Traffic

# Requests a second on each gateway. The long form asks for a fifth of what the machine serves, up to 100: the other
# flows, and the roll itself, which imports the project in eight new processes, need the rest.
RATE, MOST, SHARE = 20, 100, 5
SLOW = repeat(short=1, full=5)  # seconds of a long request; the old container waits for it
CLIENTS = 10  # WebSockets on each ASGI gateway
BAD = "compose.yaml:tests/operations/faults/bad.yaml"
CLOSE_CODES = {1001, 1012}  # going away; service restart


def writers() -> list[Flow]:
    """nginx does not repeat a POST that it has sent, so it must not send one to a replica that is about to stop."""
    body, kind = b'{"name": "Roll", "age": 20, "sex": "other"}', {"Content-Type": "application/json"}
    return [
        Flow(f"{gateway}, POST", f"{gateway}.localhost", "/students/", 10, "POST", kind, body) for gateway in GATEWAYS
    ]


@pytest.fixture(scope="module")
def rate(stack: Stack) -> float:
    return min(max(capacity(stack) / SHARE, RATE), MOST) if IS_FULL else RATE


def flows(rate: float = RATE) -> list[Flow]:
    """Each gateway on its pinned host, which has no fallback; and nginx's own files."""
    return [
        *(Flow(gateway, f"{gateway}.localhost", "/hello/sync/", rate) for gateway in GATEWAYS),
        # At least ten a second: a fast machine rolls all gateways in less than 25 s, where 4 a second are too few.
        Flow("static", path="/static/lobby/lobby.css", rate=max(rate / 5, 10)),
    ]


def make_roll(stack: Stack, *services: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `make roll` on this stack, as an operator does."""
    settings = {**os.environ, **stack.environment, "COMPOSE_PROJECT_NAME": stack.project, **environment}
    arguments = [f"GATEWAY={' '.join(services)}"] if services else []
    return run("make", "roll", *arguments, check=False, cwd=ROOT, env=settings, timeout=280)


@contextmanager
def slow_requests(stack: Stack) -> Iterator[dict[str, list[int]]]:
    """One long request after another on every gateway; yields the statuses of the answers."""
    statuses: dict[str, list[int]] = {gateway: [] for gateway in GATEWAYS}
    over = threading.Event()

    def ask(gateway: str) -> None:
        with httpx.Client(base_url=stack.url(), headers={"Host": f"{gateway}.localhost"}, timeout=35) as client:
            while not over.is_set():
                try:
                    statuses[gateway].append(client.get(f"/hello/sync/?seconds={SLOW}").status_code)
                except httpx.HTTPError:
                    statuses[gateway].append(0)

    threads = [threading.Thread(target=ask, args=(gateway,)) for gateway in GATEWAYS]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        over.set()
        for thread in threads:
            thread.join()


def ids(stack: Stack, service: str) -> set[str]:
    return set(stack.containers(service))


def test_a_new_version_is_deployed_without_a_lost_request(stack: Stack, rate: float, figures: Figures) -> None:
    before = {service: ids(stack, service) for service in ("nginx", *GATEWAYS)}
    with (
        Sockets(stack, dict.fromkeys(ASGI_GATEWAYS, CLIENTS)) as sockets,
        slow_requests(stack) as slow,
        Traffic(stack, *flows(rate), *writers()) as traffic,
    ):
        rolled = make_roll(stack)
    for name, record in traffic.records.items():
        figures.add(f"roll of all: {name}", record, sockets=sockets[name].closes if name in ASGI_GATEWAYS else None)
    seconds = [status for statuses in slow.values() for status in statuses]
    figures.add(f"roll of all: {SLOW} s requests", sent=len(seconds), failed=len(seconds) - seconds.count(200))

    assert rolled.returncode == 0, rolled.stdout + rolled.stderr
    # nginx keeps its container. Every gateway has new containers, and as many as before.
    assert ids(stack, "nginx") == before["nginx"]
    for gateway in GATEWAYS:
        assert not ids(stack, gateway) & before[gateway]
        assert len(ids(stack, gateway)) == len(before[gateway])
    for name, record in traffic.records.items():
        assert record.failures({200, 201}) == [], f"{name}: {record.statuses}"
        assert len(record.sent) > 100
    assert set(seconds) == {200}
    for gateway in ASGI_GATEWAYS:
        assert sockets[gateway].closes.total() == CLIENTS
        assert set(sockets[gateway].closes) <= CLOSE_CODES


@pytest.mark.skipif(not IS_FULL, reason="make test-full runs it: three more rolls, a minute")
def test_replicas_are_rolled_one_after_another(stack: Stack, rate: float, figures: Figures) -> None:
    one, two = {"DAPHNE_REPLICAS": "1"}, {"DAPHNE_REPLICAS": "2"}
    flow = Flow("daphne", "daphne.localhost", "/hello/sync/", rate)
    with Traffic(stack, flow) as traffic:
        counts = [
            len(ids(stack, "daphne"))
            for settings in (two, two, one)
            if make_roll(stack, "daphne", **settings).returncode == 0
        ]
    figures.add("roll of daphne, 1 to 2 to 2 to 1 replicas", traffic["daphne"])
    assert counts == [2, 2, 1]
    assert traffic["daphne"].failures() == [], traffic["daphne"].statuses


def test_a_version_that_does_not_become_healthy_is_rolled_back(stack: Stack, figures: Figures) -> None:
    """The new containers start and serve, and never become healthy."""
    # Seconds: a busy machine needs this long to start one. If less, the reported reason is that nothing listens yet.
    within = "10"
    before = {gateway: ids(stack, gateway) for gateway in GATEWAYS}
    with (
        Sockets(stack, dict.fromkeys(ASGI_GATEWAYS, CLIENTS)) as sockets,
        Traffic(stack, *flows(30)) as traffic,
    ):
        rolled = make_roll(stack, "gunicorn", COMPOSE_FILE=BAD, HEALTHY_WITHIN=within)
    figures.add("roll to a bad version", *traffic.records.values(), sockets=sockets)
    assert rolled.returncode != 0
    (line,) = [line for line in rolled.stderr.splitlines() if line.startswith("roll: ")]
    assert f"gunicorn: the new version did not become healthy: after {within} s" in line
    assert "/missing/ answered 404" in line
    assert "the old version keeps serving" in line
    assert {gateway: ids(stack, gateway) for gateway in GATEWAYS} == before
    for name, record in traffic.records.items():
        assert record.failures() == [], f"{name}: {record.statuses}"
    assert set(sockets.closes) == {"open"}


def test_a_version_that_exits_is_rolled_back_at_once(stack: Stack) -> None:
    before = ids(stack, "daphne")
    rolled = make_roll(stack, "daphne", COMPOSE_FILE=BAD)
    assert rolled.returncode != 0
    assert "daphne: the new version did not become healthy: it exited: this version dies" in rolled.stderr
    assert ids(stack, "daphne") == before


def test_a_memory_limit_that_is_too_low_is_reported_before_the_start(stack: Stack) -> None:
    before = ids(stack, "daphne")
    # Python does not start with so little memory.
    rolled = make_roll(stack, "daphne", DAPHNE_MEMORY="12m")
    assert rolled.returncode != 0
    assert "daphne: was killed, probably at its memory limit: raise DAPHNE_MEMORY in .env" in rolled.stderr
    assert ids(stack, "daphne") == before


def test_a_configuration_that_nginx_rejects_changes_nothing(stack: Stack, tmp_path: Path) -> None:
    """make roll sends a release to the running nginx as a tar of its folder; this test sends a broken one."""
    workers = nginx_processes(stack)
    container = stack.container("nginx")
    script = (
        "cp -R /etc/nginx /tmp/bad && echo 'no such directive;' >>/tmp/bad/nginx.conf"
        " && tar -C /tmp/bad -c . | /etc/nginx/entrypoint release"
    )
    refused = run("docker", "exec", container, "sh", "-c", script, check=False)
    run("docker", "exec", container, "rm", "-rf", "/tmp/bad")  # noqa: S108  # in the container
    assert refused.returncode != 0
    assert 'unknown directive "no"' in refused.stderr
    assert nginx_processes(stack) == workers
    assert httpx.get(stack.url() + "/healthz").status_code == 200


@pytest.mark.parametrize("gateway", ["apache", "uwsgi apache"])
def test_a_service_that_cannot_be_rolled_is_reported(stack: Stack, gateway: str) -> None:
    refused = make_roll(stack, gateway)
    assert refused.returncode != 0
    assert "GATEWAY=apache" in refused.stderr


def test_a_reload_of_nginx_closes_nothing(stack: Stack, rate: float, figures: Figures) -> None:
    with (
        Sockets(stack, dict.fromkeys(ASGI_GATEWAYS, CLIENTS), every=0.5) as sockets,
        Traffic(stack, *flows(rate)) as traffic,
    ):
        before = nginx_processes(stack)
        time.sleep(1)
        # As make roll sends the folder of the new image.
        script = "tar -C /etc/nginx -c . | /etc/nginx/entrypoint release"
        run("docker", "exec", stack.container("nginx"), "sh", "-c", script)
        time.sleep(3)
        after = nginx_processes(stack)
    figures.add("reload of nginx", *traffic.records.values(), sockets=sockets)
    # The old workers are still running, for the WebSockets.
    assert len(after - before) == nginx_workers() < len(after)
    for name, record in traffic.records.items():
        assert record.failures() == [], f"{name}: {record.statuses}"
    assert set(sockets.closes) == {"open"}
    assert sum(sockets[gateway].lost for gateway in ASGI_GATEWAYS) == 0
