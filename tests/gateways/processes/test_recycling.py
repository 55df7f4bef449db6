"""gunicorn replaces a worker after max_requests. WebSockets count as requests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from websockets.sync.client import connect

from tests.support.stack import ROOT, Stack, run, wait_until

MOST = 5
REPLACED = f"Maximum request limit of {MOST} exceeded"


@contextmanager
def gunicorn(stack: Stack) -> Iterator[str]:
    """The container of another gunicorn with a low max_requests, whose project accepts every WebSocket."""
    environment = {
        "GUNICORN_CMD_ARGS": f"--max-requests {MOST} --max-requests-jitter 0",
        "WEB_CONCURRENCY": "2",
        "ASGI_APPLICATION": "echo:asgi",
        "DJANGO_SETTINGS_MODULE": "echo",
        "ASGI_THREADS": "4",
    }
    options = ["--detach", "--label", f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"]
    options += [part for name, value in environment.items() for part in ("--env", f"{name}={value}")]
    options += ["--volume", f"{ROOT}/tests/support/echo/echo.py:/srv/apps/echo.py:ro"]
    options += ["--volume", f"{ROOT}/tests/support/echo/actor.py:/srv/apps/actor.py:ro"]
    container = run("docker", "run", *options, f"{stack.project}-gunicorn").stdout.strip()
    try:
        yield container
    finally:
        run("docker", "rm", "--force", container)


def log(container: str) -> str:
    return run("docker", "logs", container).stderr


@pytest.fixture(scope="module")
def container(stack: Stack) -> Iterator[str]:
    with gunicorn(stack) as started:
        yield started


def test_websockets_count_as_requests(container: str) -> None:
    address = run("docker", "inspect", "--format", "{{.NetworkSettings.IPAddress}}", container).stdout.strip()

    def opened() -> bool:
        with connect(f"ws://{address}:8000/ws/echo/", proxy=None) as client:
            return bool(client.recv())

    wait_until(opened, 30, "gunicorn serves")
    # However the two workers share them, one reaches its limit.
    for _ in range(2 * MOST):
        opened()
    wait_until(lambda: REPLACED in log(container), 20, f"a worker is replaced: {log(container)}")
