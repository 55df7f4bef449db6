"""Two hundred clients that read slowly do not affect others: they hold no thread and no database connection."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from tests.support.stack import Stack, run
from tests.support.wire import Edge, request

READERS = 200
# The list's largest page, about 1.5 MB: far more than the kernels' buffers hold.
ROWS, DESCRIPTION = 100, 15_000
LIST = "async/students/?size=100"
INSERT = f"""INSERT INTO students_student (name, age, sex, mobile, description, status)
    SELECT 'slow reader', 20, 'other', '', repeat('x', {DESCRIPTION}), 'left' FROM generate_series(1, {ROWS})"""  # noqa: S608
# Two at a time: few enough for the smallest machine.
OTHERS, CLIENTS = 60, 2


@pytest.fixture(scope="module")
def many_students(stack: Stack, setting: Callable[[str], str]) -> Iterator[None]:
    account = [f"--username={setting('POSTGRES_USER')}", f"--dbname={setting('POSTGRES_DB')}"]
    psql = ["docker", "exec", "--interactive", stack.container("postgres"), "psql", "--no-psqlrc", "-qAt", *account]

    def do(sql: str) -> None:
        subprocess.run([*psql, "-c", sql], check=True, capture_output=True)

    do(INSERT)
    yield
    do("DELETE FROM students_student WHERE name = 'slow reader'")


def slow_reader(edge: Edge, path: str) -> socket.socket:
    """A client that has read the beginning of its answer, and reads more only when the test does."""
    connection = socket.socket()
    # Set before it connects: otherwise the kernel offers a larger window.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(60)
    connection.connect(edge.address)
    connection.sendall(request("GET", path))
    assert connection.recv(64).startswith(b"HTTP/1.1 200 ")
    return connection


@contextmanager
def slow_readers(edge: Edge, path: str) -> Iterator[list[socket.socket]]:
    # Four at a time: the gateways' work for these answers must not overload them.
    with ThreadPoolExecutor(4) as pool:
        connections = list(pool.map(lambda _: slow_reader(edge, path), range(READERS)))
    try:
        yield connections
    finally:
        for connection in connections:
            connection.close()


def read_on(connections: list[socket.socket]) -> None:
    for connection in connections:
        assert connection.recv(2048)


def others(client: httpx.Client, gateway: str) -> tuple[list[int], float]:
    """Statuses, and the 99th percentile of the seconds, of other clients' requests to the database."""

    def ask(_: int) -> tuple[int, float]:
        started = time.monotonic()
        status = client.get(f"/gateways/{gateway}/async/students/999999999/").status_code
        return status, time.monotonic() - started

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(ask, range(OTHERS)))
    return [status for status, _ in answers], sorted(seconds for _, seconds in answers)[int(0.99 * OTHERS)]


def test_slow_readers_do_not_delay_other_clients(stack: Stack, many_students: None, gateway: str) -> None:
    container = stack.container("nginx")
    network = f'{{{{(index .NetworkSettings.Networks "{stack.project}_edge").IPAddress}}}}'
    # Past docker-proxy: its buffers would take a whole response, and no gateway would notice a slow reader.
    edge = Edge((run("docker", "inspect", "--format", network, container).stdout.strip(), 8080), container)
    path = f"/gateways/{gateway}/{LIST}"
    with httpx.Client(base_url=stack.url(), headers={"Host": "localhost"}, timeout=30) as client:
        assert len(client.get(path).content) > ROWS * DESCRIPTION
        alone, beside = [], []
        alone += [others(client, gateway), others(client, gateway)]
        with slow_readers(edge, path) as connections:
            for _ in range(3):
                read_on(connections)
                beside += [others(client, gateway)]
            read_on(connections)
        alone += [others(client, gateway)]
    for statuses, _ in beside:
        assert statuses == [404] * OTHERS
    # Other load on the machine may spoil some of the six measurements, but not all.
    assert min(p99 for _, p99 in beside) <= 2 * max(p99 for _, p99 in alone), (alone, beside)
