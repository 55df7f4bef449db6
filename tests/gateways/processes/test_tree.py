"""Every container runs exactly the configured processes, each as the container's own user."""

import re
from collections.abc import Callable, Iterator

import pytest

from tests.support.stack import Stack, nginx_workers
from tests.support.tree import Process, tree

type Setting = Callable[[str], str]

ARBITER = "gunicorn --config /etc/gunicorn/gunicorn.conf.py --worker-class tricorn.gunicorn_worker.LeanWorker"
USERS = {"nginx": 101, "uwsgi": 999, "gunicorn": 999, "daphne": 999, "postgres": 999, "valkey": 999}


def nginx_tree(_: Setting) -> list[str]:
    command = "nginx -p /tmp/nginx/live/ -c /tmp/nginx/live/nginx.conf -g daemon off;"
    return [f"nginx: master process {command}", *["nginx: worker process"] * nginx_workers()]


def uwsgi_tree(setting: Setting) -> list[str]:
    return ["uWSGI master", *(f"uWSGI worker {number + 1}" for number in range(int(setting("UWSGI_PROCESSES"))))]


def gunicorn_tree(setting: Setting) -> list[str]:
    return [ARBITER] * (1 + int(setting("WEB_CONCURRENCY")))


# They read nginx's error log (nginx/queryless): a program, and the shell that restarts it if it is killed.
QUERYLESS = ["/bin/sh /etc/nginx/entrypoint", "perl -p /tmp/nginx/queryless"]

TREES = {"nginx": nginx_tree, "uwsgi": uwsgi_tree, "gunicorn": gunicorn_tree}


@pytest.fixture(params=USERS, scope="module")
def service(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def processes(stack: Stack, service: str) -> Iterator[list[Process]]:
    """The process tree of the service's first container."""
    with stack.observer(service, stack.containers(service)[0]) as observer:
        yield tree(observer)


@pytest.mark.parametrize("service", TREES, indirect=True)
def test_the_tree_is_a_master_and_the_configured_number_of_workers(
    service: str, processes: list[Process], setting: Setting
) -> None:
    processes = [process for process in processes if process.arguments not in QUERYLESS]
    assert [process.arguments for process in processes] == TREES[service](setting)
    assert [process.ppid for process in processes] == [0] + [1] * (len(processes) - 1)


@pytest.mark.parametrize("service", ["nginx"], indirect=True)
def test_one_process_reads_what_nginx_logs(service: str, processes: list[Process]) -> None:
    assert [process.arguments for process in processes if process.arguments in QUERYLESS] == QUERYLESS


@pytest.mark.parametrize("service", ["daphne"], indirect=True)
def test_daphne_is_one_process_that_serves_the_configured_application(
    service: str, processes: list[Process], setting: Setting
) -> None:
    init, server = processes
    assert (init.pid, server.ppid) == (1, 1)
    ours = " -m tricorn.daphne_server --websocket-class tricorn.daphne_lean:LeanWebSocket"
    assert f"{ours} --endpoint tcp:port=9000:" in server.arguments
    assert server.arguments.endswith(f" {setting('ASGI_APPLICATION')}")


def test_daphne_has_the_configured_number_of_replicas(stack: Stack, setting: Setting) -> None:
    assert len(stack.containers("daphne")) == int(setting("DAPHNE_REPLICAS"))


@pytest.mark.parametrize("service", ["postgres"], indirect=True)
def test_postgres_is_the_server_and_its_own_children(service: str, processes: list[Process], setting: Setting) -> None:
    server, *children = processes
    assert server.arguments.startswith("postgres -c ")
    assert f" -c max_connections={setting('POSTGRES_MAX_CONNECTIONS')} " in server.arguments
    assert children
    assert all(child.ppid == 1 and child.arguments.startswith("postgres: ") for child in children)


@pytest.mark.parametrize("service", ["valkey"], indirect=True)
def test_valkey_is_one_process_without_its_password_in_the_arguments(service: str, processes: list[Process]) -> None:
    assert [process.arguments for process in processes[1:]] == ["valkey-server *:6379"]


def test_every_process_runs_as_the_user_of_its_service(service: str, processes: list[Process]) -> None:
    assert {process.uid for process in processes} == {USERS[service]}


def test_no_shell_and_no_supervisor_is_left_before_the_server(service: str, processes: list[Process]) -> None:
    """Except docker-init, in the two services that do not collect orphans themselves (test_orphans.py)."""
    before = re.compile(r"(\S*/)?(sh|bash|tini|docker-init|supervisord)\b")
    # The readers of nginx's log run beside nginx, not before it.
    rest = [process.arguments for process in processes if process.arguments not in QUERYLESS]
    found = [arguments.split()[0] for arguments in rest if before.match(arguments)]
    assert found == (["/sbin/docker-init"] if service in ("daphne", "valkey") else [])


@pytest.mark.parametrize("service", ["gunicorn"], indirect=True)
def test_the_arbiter_has_one_thread_because_it_forks(service: str, processes: list[Process]) -> None:
    assert processes[0].threads == 1


def test_identities_are_those_of_workers_in_the_tree(
    stack: Stack, gateway: str, identities: Callable[[str], list[dict[str, int]]]
) -> None:
    replicas = stack.containers(gateway)
    with stack.observer(gateway, replicas[0]) as observer:
        # PID 1 only supervises the processes that serve.
        serving = {(process.pid, process.ppid) for process in tree(observer)[1:]}
        assert {(answer["pid"], answer["ppid"]) for answer in identities(gateway)} <= serving
