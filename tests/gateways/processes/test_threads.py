"""The number of threads that serve requests: exactly as configured in uWSGI, at most so many in an ASGI process."""

import json
from collections import Counter
from collections.abc import Callable

from tests.support.load import burst
from tests.support.stack import Stack, wait_until
from tests.support.tree import tree


def test_every_worker_has_the_configured_number_of_threads(stack: Stack, setting: Callable[[str], str]) -> None:
    # From uWSGI's statistics: ps also counts threads that the project starts, such as a connection pool's.
    report = json.loads(stack.inside("uwsgi").check_output("uwsgi --connect-and-read /tmp/uwsgi.stats 2>&1"))
    assert len(report["workers"]) == int(setting("UWSGI_PROCESSES"))
    assert {len(worker["cores"]) for worker in report["workers"]} == {int(setting("UWSGI_THREADS"))}


def test_every_worker_has_at_least_these_threads_in_the_kernel(stack: Stack, setting: Callable[[str], str]) -> None:
    with stack.observer("uwsgi") as observer:

        def running() -> bool:
            counts = [process.threads for process in tree(observer)[1:]]
            return len(counts) == int(setting("UWSGI_PROCESSES")) and min(counts) >= int(setting("UWSGI_THREADS"))

        # A new worker has only its first thread while it imports the project.
        wait_until(running)


def test_requests_beyond_daphnes_threads_are_queued_or_get_503(stack: Stack, setting: Callable[[str], str]) -> None:
    # Three times as many requests as threads. Without a limit each request gets a thread, up to the container's limit.
    # Beyond that every request gets 500, and no health check can start.
    requests = 3 * int(setting("ASGI_THREADS")) * int(setting("DAPHNE_REPLICAS"))
    statuses = burst(stack.url(), [("daphne", "/hello/sync/?seconds=0.5")] * requests)
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= int(setting("ASGI_THREADS"))


def test_requests_that_only_await_need_no_thread(stack: Stack, setting: Callable[[str], str]) -> None:
    # Four times as many requests as threads. If each took a thread, half of them would wait more than 5 s and get 503.
    requests = 4 * int(setting("ASGI_THREADS")) * int(setting("DAPHNE_REPLICAS"))
    statuses = burst(stack.url(), [("daphne", "/hello/async/?seconds=3")] * requests)
    assert Counter(statuses) == {200: requests}


def test_the_configured_threads_fit_the_containers_pid_limit(setting: Callable[[str], str]) -> None:
    threads = int(setting("ASGI_THREADS"))
    assert int(setting("WEB_CONCURRENCY")) * threads < int(setting("GUNICORN_PIDS"))
    assert threads < int(setting("DAPHNE_PIDS"))
    assert int(setting("UWSGI_PROCESSES")) * (1 + int(setting("UWSGI_THREADS"))) < int(setting("UWSGI_PIDS"))
