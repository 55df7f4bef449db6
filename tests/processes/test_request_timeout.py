"""REQUEST_TIMEOUT and WEBSOCKET_MESSAGE_BYTES are each set once, and every server follows them."""

import os
import re
from collections.abc import Iterator

import pytest

from tests.routing.variant import variant
from tests.support.stack import Stack, run, wait_until

APPLICATION = """import time


def application(environ, start_response):
    time.sleep(60)
"""
CALL = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8001/', timeout=30)"


def inside(stack: Stack, gateway: str, *command: str, **environment: str) -> str:
    """The output of a command in a new container of the gateway's service, with the given variables."""
    variables = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
    return stack.compose("run", "--rm", "--no-deps", "-T", *variables, gateway, *command).stdout


@pytest.fixture
def slow(stack: Stack) -> Iterator[str]:
    """uWSGI with the stack's configuration, a timeout of two seconds, and an application that never answers in time."""
    label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
    environment = {"REQUEST_TIMEOUT": "2", "WSGI_APPLICATION": "slow:application", "UWSGI_PROCESSES": "1"}
    variables = [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
    start = (
        "PYTHONPATH=$PYTHONPATH:/tmp exec uwsgi --ini /etc/uwsgi/uwsgi.ini --module tricorn.answers.wsgi:application"
    )
    command = ("sh", "-c", f"cat >/tmp/slow.py <<'END'\n{APPLICATION}END\n{start}")
    options = ("--detach", "--label", label, "--sysctl", "net.core.somaxconn=1024", *variables)
    container = run("docker", "run", *options, f"{stack.project}-uwsgi", *command).stdout.strip()
    try:
        yield container
    finally:
        run("docker", "rm", "--force", container)


def test_uwsgi_ends_a_request_that_takes_longer(slow: str) -> None:
    def log() -> str:
        ended = run("docker", "logs", slow)
        return ended.stdout + ended.stderr

    wait_until(lambda: "spawned uWSGI worker 1" in log(), 30, "uWSGI serves")
    called = run("docker", "exec", slow, "python", "-c", CALL, check=False)
    assert called.returncode != 0
    assert "HARAKIRI" in log()


def test_gunicorns_workers_get_as_long(stack: Stack) -> None:
    command = ("gunicorn", "--config", "/etc/gunicorn/gunicorn.conf.py", "--print-config")
    told = inside(stack, "gunicorn", *command, REQUEST_TIMEOUT="90")
    found = dict(re.findall(r"^(timeout|graceful_timeout) += (\d+)", told, re.MULTILINE))
    assert found == {"timeout": "90", "graceful_timeout": "90"}


GUNICORN = """from tricorn.gunicorn_worker import LeanWorker
print(LeanWorker.CONFIG_KWARGS["timeout_graceful_shutdown"], LeanWorker.CONFIG_KWARGS["ws_max_size"])"""
DAPHNE = """from tricorn import daphne_server
print(daphne_server.DRAIN_SECONDS, daphne_server.STUCK_SECONDS)"""


@pytest.mark.parametrize(
    ("gateway", "code", "expected"), [("gunicorn", GUNICORN, "85 4096"), ("daphne", DAPHNE, "95 90")]
)
def test_the_parts_that_are_ours_follow(stack: Stack, gateway: str, code: str, expected: str) -> None:
    told = inside(stack, gateway, "python", "-c", code, REQUEST_TIMEOUT="90", WEBSOCKET_MESSAGE_BYTES="4096")
    assert told.splitlines()[-1] == expected


def test_nginx_waits_longer_than_uwsgi(stack: Stack) -> None:
    with variant(stack, REQUEST_TIMEOUT="90") as edge:
        told = run("docker", "exec", edge.container, "cat", "/etc/nginx/rendered/read_timeout.conf").stdout
    assert told == "proxy_read_timeout 120s; uwsgi_read_timeout 120s;\n"


def test_a_container_gets_the_time_of_the_setting(stack: Stack) -> None:
    configuration = Stack(stack.project, {"STOP_TIMEOUT": "105"}).compose("config").stdout
    assert configuration.count("stop_grace_period: 1m45s") == 5


def test_valkey_keeps_data_up_to_half_of_its_memory(stack: Stack) -> None:
    ask = 'REDISCLI_AUTH="$(cat /run/secrets/valkey_password)" valkey-cli config get maxmemory'
    found = run("docker", "exec", stack.container("valkey"), "sh", "-c", ask).stdout.split()[1]
    limit = run("docker", "inspect", "--format", "{{.HostConfig.Memory}}", stack.container("valkey")).stdout
    assert int(found) == int(limit) // 2
