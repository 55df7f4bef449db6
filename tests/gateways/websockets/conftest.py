"""A WebSocket client of the published port, and the warnings in the gateways' logs."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_websocket

from tests.support.stack import GATEWAYS, Stack

Connect = Callable[..., ClientConnection]


@pytest.fixture(scope="module")
def port(stack: Stack) -> int:
    """Once per module: asking the engine takes longer than most of these tests."""
    return stack.port()


@pytest.fixture
def connect(port: int) -> Iterator[Connect]:
    """connect("/ws/echo/", "daphne") opens a WebSocket on that gateway's pinned host; without a name, on the site's.

    The client sends no pings, so only the server's keep it open. `options` are the library's. Closed after the test.
    """
    with ExitStack() as sockets:

        def connect(path: str, gateway: str = "", **options: object) -> ClientConnection:
            host = f"{gateway}.localhost:{port}".removeprefix(".")
            defaults = {"origin": f"http://{host}", "address": ("127.0.0.1", port), "proxy": None}
            defaults |= {"compression": None, "ping_interval": None, "max_size": None}
            return sockets.enter_context(open_websocket(f"ws://{host}{path}", **{**defaults, **options}))

        yield connect


@pytest.fixture
def complaints(stack: Stack) -> Callable[[], list[str]]:
    """complaints(): warnings and errors that the gateways have logged since the test began."""
    since = datetime.now(UTC).isoformat()

    def complaints() -> list[str]:
        lines = stack.compose("logs", "--no-color", "--since", since, *GATEWAYS).stdout.splitlines()
        return [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL)\b|Traceback|Exception|OSError", line)]

    return complaints
