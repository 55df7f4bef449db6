"""Memory and threads of containers during a block, sampled inside them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import PIPE, Popen
from threading import Event, Thread

from tests.support.containers import inspect_all
from tests.support.stack import Stack, wait_until

# Seconds between two samples.
INTERVAL = 0.5
# It samples once for each line of input, so it ends with its input. total_rss (control groups version 1) or anon
# (version 2) is the memory that processes hold. The groups' peaks also count the page cache, which an upload fills.
SAMPLER = """
while read _; do
  cat /sys/fs/cgroup/memory/memory.stat /sys/fs/cgroup/memory.stat 2>/dev/null | grep -E '^(total_rss|anon) '
  cat /proc/[0-9]*/status 2>/dev/null | grep ^Threads:
  echo .
done
"""


@dataclass
class Footprint:
    limit: int  # bytes
    memory: int = 0  # bytes: the largest total of its processes
    growth: int = 0  # bytes, since the first sample
    threads: int = 0  # the largest number in one process
    samples: int = 0


@contextmanager
def footprints(stack: Stack, *services: str) -> Iterator[dict[str, Footprint]]:
    """Samples each service's first container. Fails if one was restarted, or killed for its memory, meanwhile."""
    before = inspect_all(stack)
    found = {service: Footprint(before[service][0]["HostConfig"]["Memory"]) for service in services}
    over = Event()
    watchers = [Thread(target=watch, args=(before[name][0]["Id"], found[name], over)) for name in services]
    for watcher in watchers:
        watcher.start()
    try:
        # The state before the block begins.
        wait_until(lambda: all(footprint.samples for footprint in found.values()), 10, "a first sample")
        yield found
    finally:
        over.set()
        for watcher in watchers:
            watcher.join()
    assert states(inspect_all(stack)) == states(before)


def states(containers: dict[str, list[dict]]) -> dict[str, list[tuple[str, int, bool]]]:
    return {
        name: [(it["State"]["StartedAt"], it["RestartCount"], it["State"]["OOMKilled"]) for it in replicas]
        for name, replicas in containers.items()
        if name != "migrate"
    }


def watch(container: str, found: Footprint, over: Event) -> None:
    command = ["docker", "exec", "--interactive", container, "sh", "-c", SAMPLER]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as session:
        assert session.stdin
        assert session.stdout
        first = 0
        while not (found.samples and over.wait(INTERVAL)):
            session.stdin.write("\n")
            for line in session.stdout:
                if line == ".\n":
                    break
                name, value = line.split()
                if name == "Threads:":
                    found.threads = max(found.threads, int(value))
                else:
                    first = first or int(value)
                    found.memory = max(found.memory, int(value))
            found.growth = found.memory - first
            found.samples += 1
        session.stdin.close()
