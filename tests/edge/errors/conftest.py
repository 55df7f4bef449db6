"""Slow clients that start before the first test."""

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.support.stack import Stack
from tests.support.wire import Edge, receive_all


@dataclass(frozen=True)
class Slow:
    """A client that does not finish its request: what it received, and how long nginx waited."""

    path: str
    received: bytes
    seconds: float


def dawdle(edge: Edge, head: str, drip: bool) -> Slow:
    path = f"/slow-{secrets.token_hex(8)}"
    started = time.monotonic()
    with edge.connect(timeout=2 if drip else 60) as connection:
        connection.sendall(head.format(path=path).encode())
        received = b""
        # One byte every 2 s: each byte is in time, all together take too long.
        while drip and time.monotonic() - started < 60:
            try:
                received = receive_all(connection)
                break
            except TimeoutError:
                connection.sendall(b"x")
        return Slow(path, received or receive_all(connection), time.monotonic() - started)


@pytest.fixture(scope="session", autouse=True)
def slow_clients(stack: Stack) -> Iterator[dict[str, Future[Slow]]]:
    """They start before the folder's first test, so that no test waits for them."""
    edge = Edge.of(stack)
    host = "Host: localhost\r\nAccept: application/json\r\n"
    with ThreadPoolExecutor() as pool:
        yield {
            "head": pool.submit(dawdle, edge, "GET {path} HTTP/1.1\r\n" + host, drip=False),
            "dripping head": pool.submit(dawdle, edge, "GET {path} HTTP/1.1\r\n" + host + "X-Slow: ", drip=True),
            "body": pool.submit(
                dawdle, edge, "POST {path} HTTP/1.1\r\n" + host + "Content-Length: 9\r\n\r\nhalf", drip=False
            ),
        }
