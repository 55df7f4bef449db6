"""The processes of each server, and the same limits as in the default stack."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.lab.gallery.table import EVERY_NAME, SERVERS, Server
from tests.support.orphans import assert_orphans_are_collected
from tests.support.stack import Stack, run
from tests.support.tree import Process, tree


@pytest.fixture(scope="module")
def trees(stack: Stack) -> dict[str, list[Process]]:
    """The process tree of each server's container."""

    def look(server: Server) -> list[Process]:
        with stack.observer(server.name) as observer:
            found = tree(observer)
            # A CGI program may be answering the health check just now: look again after it has ended.
            for _ in range(20):
                if server.interface == "CGI" and len(found) > sum(count for count, _ in server.tree):
                    found = tree(observer)
            return found

    with ThreadPoolExecutor(4) as pool:
        return dict(zip([server.name for server in SERVERS], pool.map(look, SERVERS), strict=True))


@pytest.fixture(scope="module")
def containers(stack: Stack) -> dict[str, dict[str, Any]]:
    """docker inspect of every container of the gallery."""
    ids = [stack.container(name) for name in EVERY_NAME]
    return dict(zip(EVERY_NAME, json.loads(run("docker", "inspect", *ids).stdout), strict=True))


def test_the_tree_is_the_one_in_the_table(trees: dict[str, list[Process]], server: Server) -> None:
    expected = [pattern for count, pattern in server.tree for _ in range(count)]
    first, *others = trees[server.name]
    # All are children of one supervisor: PID 1, or its child if PID 1 is docker-init.
    (supervisor,) = [process for process in others if process.ppid == 1] if server.exceptions else (first,)
    children = [process for process in others if process is not supervisor]
    assert (first.pid, first.ppid) == (1, 0)
    assert {process.ppid for process in children} <= {supervisor.pid}
    above = [first, supervisor] if server.exceptions else [first]
    found = [process.arguments for process in above + children]
    assert len(found) == len(expected), found
    assert all(re.search(pattern, arguments) for pattern, arguments in zip(expected, found, strict=True)), found


def test_every_process_runs_without_root(trees: dict[str, list[Process]], server: Server) -> None:
    assert {process.uid for process in trees[server.name]} == {999}


def test_init_is_present_only_with_a_reason_in_the_table(containers: dict[str, dict[str, Any]], server: Server) -> None:
    has_init = bool(containers[server.name]["HostConfig"].get("Init"))
    assert has_init is any("docker-init" in reason for reason in server.exceptions)


def test_orphaned_processes_are_reaped(stack: Stack) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: assert_orphans_are_collected(stack, name), EVERY_NAME))


@pytest.mark.parametrize("name", EVERY_NAME)
def test_a_container_is_hardened_like_the_default_stack(containers: dict[str, dict[str, Any]], name: str) -> None:
    asked, state = containers[name]["HostConfig"], containers[name]["State"]
    assert asked["ReadonlyRootfs"] is True
    assert (asked["CapDrop"], asked["CapAdd"], asked["Privileged"]) == (["ALL"], None, False)
    assert asked["SecurityOpt"] == ["no-new-privileges:true"]
    assert asked["Memory"] > 0
    assert asked["NanoCpus"] > 0
    assert asked["PidsLimit"] > 0
    assert not asked["PortBindings"]
    assert containers[name]["Config"]["User"] == "999:999"
    assert (state["Health"]["Status"], containers[name]["RestartCount"], state["OOMKilled"]) == ("healthy", 0, False)


def test_the_answer_comes_from_a_process_of_the_tree(
    trees: dict[str, list[Process]], ask: httpx.Client, server: Server
) -> None:
    answers = [ask.get("/gateway/").json() for _ in range(4)]
    known = {process.pid for process in trees[server.name]}
    if server.interface == "CGI":
        # Each answer comes from a new process, a child of one that stays.
        assert len({answer["pid"] for answer in answers}) == 4
        assert {answer["ppid"] for answer in answers} <= known
        assert not {answer["pid"] for answer in answers} & known
    else:
        assert {answer["pid"] for answer in answers} <= known


def test_uwsgi_is_stopped_by_its_pidfile_with_sigint_and_not_sigkill(stack: Stack) -> None:
    """lab/notes.md: `uwsgi --stop` sends SIGINT, not SIGKILL, so every process has time to end."""
    notes = """
        uwsgi --ini /etc/gallery/uwsgi.ini --http 127.0.0.1:8000 --daemonize /tmp/uwsgi.log --pidfile /tmp/uwsgi.pid
        until grep -q 'spawned uWSGI worker 2' /tmp/uwsgi.log && [ -s /tmp/uwsgi.pid ]; do sleep 0.2; done
        for it in /proc/[0-9]*; do tr '\\0' ' ' <"$it/cmdline" 2>/dev/null; echo; done |
            grep -o '^uWSGI [a-z]*' | sort | uniq -c
        uwsgi --stop /tmp/uwsgi.pid
        while kill -0 "$(cat /tmp/uwsgi.pid)" 2>/dev/null; do sleep 0.1; done
        cat /tmp/uwsgi.log
    """
    said = stack.compose("run", "--rm", "--no-deps", "-T", "uwsgi-http", "sh", "-euc", notes).stdout
    counts = {name: int(count) for count, name in re.findall(r"(\d+) uWSGI (\w+)", said.partition("\n***")[0])}
    assert counts == {"master": 1, "http": 1, "worker": 2}
    assert "SIGINT/SIGTERM received...killing workers" in said or "SIGINT/SIGQUIT received...killing workers" in said
