"""nginx on a socket; and the same gateways with a project that tells what it was told."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.routing.wire import Edge
from tests.support.stack import GATEWAYS, Stack


@pytest.fixture(scope="module")
def edge(stack: Stack) -> Edge:
    return Edge(("127.0.0.1", stack.port()), stack.container("nginx"))


@pytest.fixture(scope="session")
def echo(stack: Stack) -> Iterator[Edge]:
    """nginx and the gateways once more, without database and cache, serving tests/parity/echo/echo.py."""
    environment: dict[str, Any] = {
        "TESTED": stack.project,
        "HTTP_BIND": "127.0.0.1:0",
        "DJANGO_SETTINGS_MODULE": "echo",
        "WSGI_APPLICATION": "echo:wsgi",
        "ASGI_APPLICATION": "echo:asgi",
    }
    other = Stack(f"{stack.project}-echo", environment, ("compose.yaml", "tests/parity/echo/compose.yaml"))
    try:
        # Made and not started: it fills the volume of uploads.
        other.compose("up", "--no-start", "--no-build", "--no-deps", "migrate")
        other.compose("up", "--detach", "--wait", "--no-build", "--no-deps", "nginx", *GATEWAYS)
        yield Edge(("127.0.0.1", other.port()), other.container("nginx"))
    finally:
        other.compose("down", "--volumes", "--timeout", "0")
