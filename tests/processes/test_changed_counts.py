"""The number of workers, threads and replicas follows the settings."""

import json
from collections.abc import Iterator

import pytest

from tests.processes.conftest import ask, settle
from tests.processes.tree import Process, tree
from tests.support.stack import GATEWAYS, Stack, run, wait_until

# No value is the default, and no two products are equal.
COUNTS = {"UWSGI_PROCESSES": "3", "UWSGI_THREADS": "2", "WEB_CONCURRENCY": "3", "DAPHNE_REPLICAS": "2"}


@pytest.fixture(scope="module")
def changed(stack: Stack) -> Iterator[Stack]:
    with stack.changed(*GATEWAYS, **COUNTS) as other:
        settle(other)
        yield other
    settle(stack)


def processes(stack: Stack, gateway: str) -> list[Process]:
    with stack.observer(gateway) as observer:
        return tree(observer)


def test_uwsgi_follows_its_processes_and_threads(changed: Stack) -> None:
    # Exactly these threads, and the one that looks up nginx's name (tricorn/uwsgi_plugins/only_from.c): no view has
    # started a thread in these new workers. A worker has only its first thread while it imports the project.
    expected = [(f"uWSGI worker {number}", int(COUNTS["UWSGI_THREADS"]) + 1) for number in (1, 2, 3)]

    def followed() -> bool:
        master, *workers = processes(changed, "uwsgi")
        assert [(worker.arguments, worker.threads) for worker in workers] == expected
        return master.threads == 1

    wait_until(followed)


def test_gunicorn_follows_its_number_of_workers(changed: Stack) -> None:
    _, *workers = processes(changed, "gunicorn")
    assert [worker.ppid for worker in workers] == [1] * int(COUNTS["WEB_CONCURRENCY"])


def test_daphne_follows_its_number_of_replicas(changed: Stack) -> None:
    assert len(changed.containers("daphne")) == int(COUNTS["DAPHNE_REPLICAS"])


def test_nginx_sends_requests_to_every_replica_without_a_reload(changed: Stack) -> None:
    url, container, ids = changed.url(), changed.container("nginx"), set()

    def addresses() -> set[str]:
        ids.update(ask(url, "daphne").headers["X-Request-ID"] for _ in range(4))
        lines = run("docker", "logs", "--tail", "100", container).stdout.splitlines()
        entries = [json.loads(line) for line in lines]
        return {entry["upstream_addr"] for entry in entries if entry["request_id"] in ids}

    replicas = int(COUNTS["DAPHNE_REPLICAS"])
    wait_until(lambda: len(addresses()) == replicas, message="every replica is asked")
