"""More clients than the stack has room for: each gets an answer, and no container exceeds its memory or threads."""

import json
import os
import resource
import secrets
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import httpx
import pytest

from tests.operations.faults.figures import Figures
from tests.support.containers import inspect
from tests.support.footprint import Footprint, footprints
from tests.support.long_form import IS_FULL, repeat
from tests.support.stack import ASGI_GATEWAYS, GATEWAYS, Stack, run, wait_until
from tests.support.traffic import (
    TIMEOUT,
    Flow,
    Record,
    Traffic,
    burst,
    failures,
    pinned,
)
from tests.support.uploads import send
from tests.support.wire import Edge, read_answer, request

SERVICES = ("nginx", *GATEWAYS)

SLOW_CLIENTS = 200
# Seconds: longer than nginx waits for a request's headers (client_header_timeout).
SLOW = repeat(short=11, full=40)
# slowhttptest's modes. Its option -d gives the address to connect to; -u gives the URL to ask for.
MODES = {
    "headers": ("-H", "-i", "2", "-u", "http://uwsgi.localhost:8080/hello/sync/"),
    "bodies": ("-B", "-i", "2", "-s", "65536", "-u", "http://gunicorn.localhost:8080/upload/"),
    "reading": ("-X", "-n", "2", "-z", "64", "-w", "512", "-y", "1024", "-u"),
}

IDLE = 5000
# Requests at once, on each gateway and on the default host. uWSGI's listen queue holds 1,024.
AT_ONCE, ON_THE_SITE = 300, 1500
SECONDS = 1 if IS_FULL else 0.2  # seconds that each request takes

# Threads of an ASGI process that serve no synchronous request, at most: event loop, /livez, readiness, connection pool
# (4), Twisted's or uvloop's (10), and asyncio's default executor, which resolves names. They start when needed.
OTHER_THREADS = 17 + min(32, len(os.sched_getaffinity(0)) + 4)


@pytest.fixture(scope="module")
def edge(stack: Stack) -> Edge:
    """nginx at its own address, without docker-proxy, which forwards the published port and is not tested here."""
    container = stack.container("nginx")
    network = inspect(container)[0]["NetworkSettings"]["Networks"][f"{stack.project}_edge"]
    return Edge((network["IPAddress"], 8080), container)


@contextmanager
def frugal(stack: Stack, setting: Callable[[str], str]) -> Iterator[dict[str, Footprint]]:
    """Asserts at the end that no container restarted or exceeded its memory, and no ASGI process its threads."""
    with footprints(stack, *SERVICES) as found:
        yield found
    for service, footprint in found.items():
        assert footprint.samples, service
        assert footprint.memory < footprint.limit, service
    for gateway in ASGI_GATEWAYS:
        assert found[gateway].threads <= int(setting("ASGI_THREADS")) + OTHER_THREADS


def largest(found: dict[str, Footprint]) -> str:
    """For the table: the container that came closest to its memory limit."""
    name, footprint = max(found.items(), key=lambda item: item[1].memory / item[1].limit)
    threads = max(found[gateway].threads for gateway in ASGI_GATEWAYS)
    return f"{name} at {footprint.memory / footprint.limit:.0%} of its memory, {threads} threads"


def met(record: Record) -> str:
    """For the table: 200: 290, 503: 10."""
    return ", ".join(f"{answer}: {count}" for answer, count in record.statuses.most_common())


def await_room(stack: Stack) -> None:
    """Waits until uWSGI has finished requests whose clients have gone: they would delay the next test."""
    url, headers = f"{stack.url()}/hello/sync/", {"Host": "uwsgi.localhost"}
    wait_until(lambda: httpx.get(url, headers=headers, timeout=1).status_code == 200, 60, "uWSGI has room")


def unclear(record: Record, *allowed: int) -> list[tuple[int, str]]:
    """Answers that are neither 200 nor an allowed status with a Retry-After header."""
    return [
        (one.status, one.problem)
        for one in record.sent
        if one.status != 200 and not (one.status in allowed and one.headers.get("Retry-After"))
    ]


def test_slow_clients_do_not_delay_other_clients(
    stack: Stack, edge: Edge, figures: Figures, setting: Callable[[str], str]
) -> None:
    stored = json.loads(send(edge, "uwsgi", "slow.bin", secrets.token_bytes(1 << 20) * 4).body)

    def attack(mode: str) -> str:
        address = (f"http://localhost:8080{stored['url']}",) if mode == "reading" else ()
        many = ("-c", str(SLOW_CLIENTS), "-r", str(SLOW_CLIENTS), "-l", str(SLOW), "-p", "3")
        command = ("slowhttptest", *many, "-d", f"{edge.address[0]}:{edge.address[1]}", *MODES[mode], *address)
        return run(*command, check=False).stdout

    # A new connection for each request: these are new clients.
    flows = [replace(flow, headers={"Connection": "close"}) for flow in pinned()]
    with frugal(stack, setting) as found, Traffic(stack, *flows) as traffic:
        wait_until(lambda: all(len(record.sent) > 20 for record in traffic.records.values()), 10, "quiet traffic")
        began = time.monotonic()
        with ThreadPoolExecutor() as pool:
            told = dict(zip(MODES, pool.map(attack, MODES), strict=True))
        over = time.monotonic()
    slowest = max(
        record.latency(0.5, began, over) / record.latency(0.5, until=began) for record in traffic.records.values()
    )
    figures.add(
        f"{SLOW_CLIENTS} slow clients each: {', '.join(MODES)}",
        *traffic.records.values(),
        note=f"median {slowest:.1f} times the quiet one; {largest(found)}",
    )
    assert failures(traffic.records.values()) == {}
    for mode, output in told.items():
        assert "service available" in output, mode
        assert "NO" not in output.rpartition("service available:")[2].split("\n")[0], mode
    assert slowest < 20


def answer_times(edge: Edge, count: int = 100) -> float:
    """Seconds: the median of requests of new clients, one after another."""

    def one() -> float:
        began = time.monotonic()
        assert edge.get("/hello/sync/").status == 200
        return time.monotonic() - began

    return statistics.median(one() for _ in range(count))


def test_idle_connections_do_not_keep_new_clients_waiting(
    stack: Stack, edge: Edge, figures: Figures, setting: Callable[[str], str]
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard > IDLE + 200, f"the limit of open files on this machine, {hard}, is too low for this test"
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with frugal(stack, setting) as found, ExitStack() as connections:
            quiet = answer_times(edge)
            # Connections kept alive after a first answer, as browsers do.
            hello = request("GET", "/healthz").replace(b"Connection: close\r\n", b"")
            idle = [connections.enter_context(edge.connect()) for _ in range(IDLE)]
            for connection in idle:
                connection.sendall(hello)
                assert read_answer(connection).status == 200
            crowded = answer_times(edge)
            still_open = len([connection for connection in idle if is_open(connection)])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    figures.add(
        f"{IDLE:,} idle connections",
        sent=200,
        failed=0,
        longest_gap=crowded,
        note=f"median {1000 * quiet:.1f} ms before, {1000 * crowded:.1f} ms then; {largest(found)}",
    )
    assert still_open == IDLE
    assert crowded < 5 * quiet


def is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def test_more_requests_than_threads_get_a_response_or_503_with_retry_after(
    stack: Stack, figures: Figures, setting: Callable[[str], str]
) -> None:
    with frugal(stack, setting) as found, Traffic(stack, *pinned(3, "/livez")) as alive:
        records = burst(stack, AT_ONCE, *pinned(path=f"/hello/sync/?seconds={SECONDS}"))
    await_room(stack)
    for gateway, record in records.items():
        figures.add(
            f"{AT_ONCE} requests of {SECONDS} s at once: {gateway}",
            record,
            note=f"{met(record)}; /livez {met(alive[gateway])}; {largest(found)}",
        )
    assert {name: unclear(record, 502, 503, 504) for name, record in records.items()} == {name: [] for name in GATEWAYS}
    assert max(record.longest_gap for record in records.values()) < TIMEOUT
    assert all(record.statuses[200] for record in records.values())
    # When all threads are busy, an event loop still answers /livez. A WSGI process has nothing but its threads.
    assert failures(alive.of(*ASGI_GATEWAYS)) == {}
    assert unclear(alive["uwsgi"], 503) == []


def test_a_full_listen_queue_still_gets_a_response(
    stack: Stack, figures: Figures, setting: Callable[[str], str]
) -> None:
    with frugal(stack, setting) as found, Traffic(stack, *pinned(3, "/livez")) as alive:
        record = burst(stack, ON_THE_SITE, Flow("site", path=f"/hello/sync/?seconds={SECONDS / 2}"))["site"]
    figures.add(
        f"{ON_THE_SITE:,} requests of {SECONDS / 2} s at once on the default host",
        record,
        note=f"{met(record)}; {largest(found)}",
    )
    await_room(stack)
    assert unclear(record, 503) == []
    assert record.longest_gap < TIMEOUT
    # These gateways need no thread of uWSGI.
    assert failures(alive.of(*ASGI_GATEWAYS)) == {}
