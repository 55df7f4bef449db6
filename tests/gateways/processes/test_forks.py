"""Workers of uWSGI and gunicorn are forks of one process that has imported the project. They share only its memory."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.stack import Stack, run

# What a process has after the import, besides memory: every fork would inherit it and use it at the same time.
IMPORTED = """
import importlib, json, os, sys, threading
importlib.import_module(sys.argv[1])
from django.db import connections
sockets = [fd for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")
           and os.readlink(f"/proc/self/fd/{fd}").startswith("socket:")]
print(json.dumps({
    "threads": [it.name for it in threading.enumerate()],
    "sockets": sockets,
    "connections": [it.alias for it in connections.all(initialized_only=True) if it.connection is not None],
}))
"""


@pytest.mark.parametrize(("gateway", "module"), [("uwsgi", "config.wsgi"), ("gunicorn", "config.asgi")])
def test_the_import_leaves_nothing_unsafe_to_fork(stack: Stack, gateway: str, module: str) -> None:
    found = json.loads(stack.compose("exec", "-T", gateway, "python", "-c", IMPORTED, module).stdout)
    assert found == {"threads": ["MainThread"], "sockets": [], "connections": []}


@pytest.mark.parametrize("gateway", ["uwsgi", "gunicorn"])
def test_workers_share_most_of_their_pages(stack: Stack, gateway: str) -> None:
    """Workers that import the project themselves would share only libraries."""
    asked = "cat /proc/[0-9]*/smaps_rollup 2>/dev/null | grep -E '^(Rss|Private)'"
    lines = stack.compose("exec", "-T", gateway, "sh", "-c", asked).stdout.splitlines()
    kib: Counter[str] = Counter()
    for line in lines:
        kib[line.split("_")[0].split(":")[0]] += int(line.split()[1])
    assert kib["Private"] < 0.6 * kib["Rss"]


DRAWS = "import os, random; os.register_at_fork(after_in_child=lambda: print('drew', random.random(), flush=True))"


def uwsgi(stack: Stack, seconds: int, *options: str, memory: str) -> str:
    """The log of two workers that run for `seconds` and serve nothing."""
    image = run("docker", "inspect", "--format", "{{.Image}}", stack.container("uwsgi")).stdout.strip()
    server = ("uwsgi", "--master", "--processes=2", "--http-socket=127.0.0.1:1025", *options)
    # SIGINT: after SIGTERM, without our drain, uWSGI would start again.
    limited = ("timeout", "--signal=INT", str(seconds), *server)
    ended = run("docker", "run", "--rm", "--network", "none", "--memory", memory, image, *limited, check=False)
    return ended.stdout + ended.stderr


PLUGIN = ("--plugin=/etc/uwsgi/plugins/recycle_plugin.so",)
SHARE = (*PLUGIN, "--recycle-on-share=75", "--eval=ballast = b'x' * (200 << 20)")
SOON = "--recycle-not-before=5"
# Seconds, options and the container's memory.
RUNS: dict[str, tuple[int, tuple[str, ...], str]] = {
    "draw": (5, ("--py-call-uwsgi-fork-hooks", f"--eval={DRAWS}"), "768m"),
    "above 1 MiB": (12, (*PLUGIN, SOON, "--recycle-on-rss=1"), "768m"),
    "below 1000 MiB": (12, (*PLUGIN, SOON, "--recycle-on-rss=1000"), "768m"),
    "enough": (15, (*SHARE, SOON), "800m"),
    "too little": (15, (*SHARE, SOON), "400m"),
    # A worker is that large from its start: if it were replaced at once, workers would only start.
    "too little, but young": (15, SHARE, "400m"),
}


@pytest.fixture(scope="module")
def logs(stack: Stack) -> dict[str, str]:
    """The log of each run. They only wait, so they run at once."""
    with ThreadPoolExecutor(len(RUNS)) as pool:
        found = pool.map(lambda it: uwsgi(stack, it[0], *it[1], memory=it[2]), RUNS.values())
        return dict(zip(RUNS, found, strict=True))


def test_workers_draw_different_numbers(logs: dict[str, str]) -> None:
    said = logs["draw"]
    drawn = re.findall(r"drew (\S+)", said)
    assert len(drawn) == len(set(drawn)) == 2, said


@pytest.mark.parametrize(("case", "replaced"), [("above 1 MiB", True), ("below 1000 MiB", False)])
def test_a_worker_that_has_grown_too_large_is_replaced(logs: dict[str, str], case: str, replaced: bool) -> None:
    said = logs[case]
    assert bool(re.search(r"worker 1 has grown to \d+ MiB, and is replaced", said)) is replaced, said
    assert said.count("Respawned uWSGI worker 1 ") >= replaced, said


def test_how_large_a_worker_may_grow_follows_the_containers_memory(logs: dict[str, str]) -> None:
    """Two workers share a project of 200 MiB. Each may grow to 75 % of the container's memory, divided by two."""
    told = re.compile(r"has grown to \d+ MiB, and is replaced: its limit is (\d+) MiB")
    shares = {name: set(told.findall(logs[name])) for name in ("enough", "too little", "too little, but young")}
    assert shares == {"enough": set(), "too little": {"150"}, "too little, but young": set()}, logs
