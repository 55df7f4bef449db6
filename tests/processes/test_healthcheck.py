"""The health check fails on every answer but a 2xx: an error, a redirect, a gateway that hangs, no gateway."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import create_server
from threading import Thread

import pytest

from tests.processes.conftest import for_each, inspect, inspect_all, settle
from tests.support.stack import GATEWAYS, ROOT, Stack, run


def check_in(stack: Stack, gateway: str, path: str) -> subprocess.CompletedProcess[str]:
    """Runs the container's own health check with another path."""
    container = stack.containers(gateway)[0]
    how, *command = inspect(container)[0]["Config"]["Healthcheck"]["Test"]
    assert how == "CMD"
    return run("docker", "exec", "--env", f"HEALTH_PATH={path}", container, *command, check=False)


def check_port(port: int) -> int:
    """Runs tricorn/healthcheck.py against a port of this machine; returns its exit status."""
    environment = {**os.environ, "HEALTH_PORT": str(port), "HEALTH_PATH": "/", "SERVER_NAMES": "localhost"}
    return run(sys.executable, "-I", str(ROOT / "tricorn/healthcheck.py"), env=environment, check=False).returncode


class Answer(BaseHTTPRequestHandler):
    def __init__(self, status: int, *arguments: object) -> None:
        self.status = status
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Logs nothing."""


@contextmanager
def answering(status: int) -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), partial(Answer, status)) as server:
        Thread(target=server.handle_request, daemon=True).start()
        yield server.server_port


@contextmanager
def frozen(stack: Stack, gateway: str) -> Iterator[None]:
    """Every process of the gateway is stopped, as in a deadlock."""
    container = stack.containers(gateway)[0]

    def send(name: str) -> None:
        # No process inside can stop PID 1, so the engine sends it the signal.
        run("docker", "kill", "--signal", name, container)
        run("docker", "exec", container, "sh", "-c", f"kill -{name} -1 || true")

    send("STOP")
    try:
        yield
    finally:
        send("CONT")


def check_frozen(stack: Stack, path: str, gateway: str) -> subprocess.CompletedProcess[str]:
    with frozen(stack, gateway):
        return check_in(stack, gateway, path)


def test_the_health_check_succeeds_on_a_working_gateway(
    stack: Stack, gateway: str, setting: Callable[[str], str]
) -> None:
    assert check_in(stack, gateway, setting("HEALTH_PATH")).returncode == 0


def test_the_health_check_fails_on_a_path_that_is_not_there(stack: Stack, gateway: str) -> None:
    result = check_in(stack, gateway, "/no/such/path/")
    assert (result.returncode, result.stderr) == (1, "/no/such/path/ answered 404\n")


@pytest.fixture(scope="module")
def checks_of_frozen_gateways(
    stack: Stack, setting: Callable[[str], str]
) -> dict[str, subprocess.CompletedProcess[str]]:
    try:
        return for_each(GATEWAYS, partial(check_frozen, stack, setting("HEALTH_PATH")))
    finally:
        settle(stack)


def test_the_health_check_fails_on_a_gateway_that_hangs(
    checks_of_frozen_gateways: dict[str, subprocess.CompletedProcess[str]], gateway: str
) -> None:
    result = checks_of_frozen_gateways[gateway]
    assert (result.returncode, "imed" in result.stderr) == (1, True), result.stderr


@pytest.mark.parametrize(
    ("status", "exit_status"), [(200, 0), (204, 0), (301, 1), (302, 1), (400, 1), (404, 1), (500, 1), (503, 1)]
)
def test_only_a_2xx_is_healthy(status: int, exit_status: int) -> None:
    with answering(status) as port:
        assert check_port(port) == exit_status


def test_a_port_where_nobody_listens_is_unhealthy() -> None:
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert check_port(port) == 1


def test_the_engine_runs_the_health_check_and_finds_every_service_healthy(stack: Stack) -> None:
    services = {name: containers[0] for name, containers in inspect_all(stack).items() if name != "migrate"}
    states = {name: container["State"]["Health"]["Status"] for name, container in services.items()}
    assert states == dict.fromkeys(services, "healthy")


def test_a_hanging_check_is_given_up_and_a_single_failure_is_forgiven(stack: Stack) -> None:
    for service, containers in inspect_all(stack).items():
        check = containers[0]["Config"]["Healthcheck"]
        assert service == "migrate" or (0 < check["Timeout"] < check["Interval"] and check["Retries"] > 1), service
