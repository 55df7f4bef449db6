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


def uwsgi(stack: Stack, seconds: int, *options: str, memory: str = "768m") -> str:
    """The log of two workers that run for `seconds` and serve nothing."""
    image = run("docker", "inspect", "--format", "{{.Image}}", stack.container("uwsgi")).stdout.strip()
    server = ("uwsgi", "--master", "--processes=2", "--http-socket=127.0.0.1:1025", *options)
    # SIGINT: after SIGTERM, without our drain, uWSGI would start again.
    limited = ("timeout", "--signal=INT", str(seconds), *server)
    ended = run("docker", "run", "--rm", "--network", "none", "--memory", memory, image, *limited, check=False)
    return ended.stdout + ended.stderr


def test_workers_draw_different_numbers(stack: Stack) -> None:
    said = uwsgi(stack, 5, "--py-call-uwsgi-fork-hooks", f"--eval={DRAWS}")
    drawn = re.findall(r"drew (\S+)", said)
    assert len(drawn) == len(set(drawn)) == 2, said


@pytest.mark.parametrize(("limit", "replaced"), [("1", True), ("1000", False)])
def test_a_worker_that_has_grown_too_large_is_replaced(stack: Stack, limit: str, replaced: bool) -> None:
    plugin = ("--plugin=/etc/uwsgi/plugins/recycle_plugin.so", "--recycle-not-before=5")
    said = uwsgi(stack, 12, *plugin, f"--recycle-on-rss={limit}")
    assert bool(re.search(r"worker 1 has grown to \d+ MiB, and is replaced", said)) is replaced, said
    assert said.count("Respawned uWSGI worker 1 ") >= replaced, said


def test_how_large_a_worker_may_grow_follows_the_containers_memory(stack: Stack) -> None:
    """Two workers share a project of 200 MiB. Each may grow to 75 % of the container's memory, divided by two."""
    plugin = ("--plugin=/etc/uwsgi/plugins/recycle_plugin.so", "--recycle-on-share=75")
    fat, soon = "--eval=ballast = b'x' * (200 << 20)", "--recycle-not-before=5"
    # In the last run a worker is that large from its start: if it were replaced at once, workers would only start.
    runs = {"enough": ("800m", soon), "too little": ("400m", soon), "too little, but young": ("400m",)}
    with ThreadPoolExecutor() as pool:
        logs = list(pool.map(lambda run: uwsgi(stack, 15, *plugin, fat, *run[1:], memory=run[0]), runs.values()))
    told = re.compile(r"has grown to \d+ MiB, and is replaced: its limit is (\d+) MiB")
    shares = dict(zip(runs, (set(told.findall(log)) for log in logs), strict=True))
    assert shares == {"enough": set(), "too little": {"150"}, "too little, but young": set()}, logs
