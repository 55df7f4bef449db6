"""A DNS server that does not answer blocks no worker of uWSGI, which identifies nginx by its name."""

import json
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from tests.security.reach.conftest import HELLOS, PROBE
from tests.support.containers import inspect
from tests.support.stack import ROOT, Stack, run, wait_until

# A DNS server that receives questions and never answers.
SILENT = """
import socket, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("", 53))
time.sleep(600)
"""
# Asks uWSGI over HTTP, on the container's loopback: the same workers, which accept under the same lock.
ASKED = """
import time, urllib.request
began = time.monotonic()
with urllib.request.urlopen("http://127.0.0.1:8001/", timeout=60) as answer:
    print(answer.status, time.monotonic() - began)
"""
# Seconds until a look-up fails: long enough to differ from a slow machine.
LOOKING_UP = 25


def address_of(container: str) -> str:
    (found,) = inspect(container)
    return found["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]


@contextmanager
def running(*options: str) -> Iterator[str]:
    label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
    container = run(
        "docker", "run", "--detach", "--rm", "--label", label, "--network", "bridge", *options
    ).stdout.strip()
    try:
        yield container
    finally:
        run("docker", "rm", "--force", container)


@pytest.fixture(scope="module")
def uwsgi(stack: Stack) -> Iterator[str]:
    """A uWSGI whose DNS server never answers."""
    environment = {
        "DJANGO_SETTINGS_MODULE": "echo",
        "WSGI_APPLICATION": "echo:wsgi",
        "UWSGI_PROCESSES": "2",
        "UWSGI_THREADS": "2",
        "PROXY_HOST": "nginx",
    }
    files = [f"--volume={ROOT}/tests/support/echo/{name}.py:/srv/apps/{name}.py:ro" for name in ("echo", "actor")]
    settings = [f"--env={name}={value}" for name, value in environment.items()]
    limits = ["--tmpfs=/tmp", "--sysctl=net.core.somaxconn=1024"]
    with ExitStack() as containers:
        silent = containers.enter_context(running(os.environ["TOOLS_IMAGE"], "python", "-c", SILENT))
        dns = [f"--dns={address_of(silent)}", f"--dns-opt=timeout:{LOOKING_UP}", "--dns-opt=attempts:1"]
        image = f"{stack.project}-uwsgi"
        container = containers.enter_context(running(*dns, *files, *settings, *limits, image))
        wait_until(lambda: ask(container), 60, "uWSGI answers")
        yield container


def ask(container: str) -> float:
    """Seconds until uWSGI has answered."""
    answered = run("docker", "exec", container, "python", "-c", ASKED, check=False).stdout.split()
    assert answered[:1] == ["200"]
    return float(answered[1])


def test_unknown_clients_delay_no_request_while_a_lookup_hangs(uwsgi: str) -> None:
    address = address_of(uwsgi), 3031

    def knock(_: int) -> bytes:
        with socket.create_connection(address, timeout=60) as stranger:
            stranger.sendall(HELLOS["uwsgi:3031"])
            try:
                return stranger.recv(1)
            except ConnectionResetError:
                return b""

    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(knock, number) for number in range(8)]
        taken = [ask(uwsgi) for _ in range(4)]
        # Meanwhile uWSGI still rejects unknown clients.
        assert [answer.result() for answer in answers] == [b""] * 8
    assert max(taken) < LOOKING_UP - 10


def test_uwsgi_accepts_only_nginx_during_slow_dns(stack: Stack) -> None:
    knock = json.dumps([["uwsgi", 3031, HELLOS["uwsgi:3031"].hex()]])
    with stack.observer("postgres") as stranger:
        assert json.loads(stranger.run("python -c %s %s", PROBE, knock).stdout) == ["cut"]
