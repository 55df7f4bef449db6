"""A stream ends with its client. Until then it takes a thread of a WSGI gateway, and almost nothing of an ASGI one."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime

import httpx
import pytest

from tests.support.stack import Stack, wait_until

Lines = Iterator[str]


@contextmanager
def streams(stack: Stack, gateway: str, number: int, query: str) -> Iterator[list[Lines]]:
    """Opens this many streams of one gateway and reads the first line of each. At the end, the client closes them."""
    limits = httpx.Limits(max_connections=None)
    with httpx.Client(base_url=stack.url(), headers={"Host": "localhost"}, timeout=60, limits=limits) as client:
        request = client.build_request("GET", f"/gateways/{gateway}/async/stream/?{query}")

        def open_one(_: int) -> Lines:
            lines = client.send(request, stream=True).iter_lines()
            assert next(lines) == "id: 1"
            return lines

        with ThreadPoolExecutor(16) as threads:
            opened = list(threads.map(open_one, range(number)))
        yield opened


@pytest.fixture(scope="module")
def at_once(setting: Callable[[str], str]) -> int:
    """The number of streams that uWSGI serves at once: half of its threads."""
    return int(setting("UWSGI_PROCESSES")) * int(setting("UWSGI_THREADS")) // 2


def cpu_of_a_second(stack: Stack, http: httpx.Client, gateway: str) -> int:
    """CPU time, in the kernel's ticks, that a gateway uses while it processes a request that awaits a second."""

    def used() -> dict[str, int]:
        stats = stack.inside(gateway).check_output("cat /proc/[0-9]*/stat").splitlines()
        rows = [line.rpartition(") ")[::2] for line in stats]
        return {name.split()[0]: sum(map(int, fields.split()[11:13])) for name, fields in rows}

    before = used()
    assert http.get(f"/gateways/{gateway}/hello/async/?seconds=1").status_code == 200
    after = used()
    # Without the processes of the health check and of this measurement.
    return sum(after[pid] - before[pid] for pid in before.keys() & after.keys())


def test_on_asgi_the_generator_stops_when_the_client_disconnects(
    stack: Stack, http: httpx.Client, asgi_gateway: str, complaints: Callable[[], list[str]]
) -> None:
    # Half a minute of work, if nothing stops it.
    with streams(stack, asgi_gateway, 80, "events=600&interval=0.05"):
        busy = cpu_of_a_second(stack, http, asgi_gateway)
    wait_until(lambda: cpu_of_a_second(stack, http, asgi_gateway) < busy / 4, seconds=10, message=f"busy was {busy}")
    assert complaints() == []


def test_on_uwsgi_the_thread_is_freed_when_the_client_disconnects(
    stack: Stack, http: httpx.Client, at_once: int, complaints: Callable[[], list[str]]
) -> None:
    def open_all() -> bool:
        with streams(stack, "uwsgi", at_once, "events=600&interval=0.1"):
            return True

    # As many streams as possible, three times: each time, the threads of the last ones are free.
    for _ in range(3):
        wait_until(open_all, 15, "as many streams as there may be")  # not after 25 s, when they would end by themselves
    assert complaints() == []


def test_streams_leave_half_of_uwsgis_threads_to_other_requests(stack: Stack, http: httpx.Client, at_once: int) -> None:
    def open_all() -> float:
        with streams(stack, "uwsgi", at_once, "events=2&interval=2") as lines:
            # As many requests at once as there are threads left, and as many queued ones.
            with ThreadPoolExecutor(at_once) as pool:
                answers = list(pool.map(lambda _: http.get("/gateways/uwsgi/livez"), range(2 * at_once)))
            answered = time.time()
            refused = http.get("/gateways/uwsgi/async/stream/")
            data = [json.loads(line.removeprefix("data: ")) for lines in lines for line in lines if '"tick": 2' in line]
        assert {answer.status_code for answer in answers} == {200}
        assert refused.status_code == 503
        assert len(data) == at_once
        # No request waited until the first stream went on.
        return min(datetime.fromisoformat(tick["time"]).timestamp() for tick in data) - answered

    assert wait_until(open_all, 15, "as many streams as there may be") > 0


def test_an_asgi_gateway_answers_others_between_many_streams(
    stack: Stack, http: httpx.Client, asgi_gateway: str, at_once: int
) -> None:
    with streams(stack, asgi_gateway, 6 * at_once, "events=60&interval=2"):
        # Less than two minutes, when the first stream ends.
        assert http.get(f"/gateways/{asgi_gateway}/gateway/", timeout=20).status_code == 200
