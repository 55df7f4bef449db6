"""`kill -9` as the kernel's own killer does it: from outside of the container.

`docker kill` will not do: the engine takes that for the operator's wish, and does not restart what was killed. Nor will
a kill from within: PID 1 of a container does not hear it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.stack import run


def main_process(container: str) -> int:
    """The host's number of the container's PID 1."""
    return int(run("docker", "inspect", "--format", "{{.State.Pid}}", container).stdout)


def workers(container: str) -> list[int]:
    """The host's numbers of the children of PID 1."""
    lines = run("docker", "top", container, "-eo", "pid,ppid").stdout.splitlines()[1:]
    main = main_process(container)
    return [pid for pid, parent in (map(int, line.split()) for line in lines) if parent == main]


@dataclass(frozen=True)
class Killer:
    container: str

    def kill(self, pid: int) -> None:
        """Kills a process by the host's number of it."""
        run("docker", "exec", self.container, "kill", "-9", str(pid))


@contextmanager
def killer() -> Iterator[Killer]:
    """A container that sees the host's processes, and may do nothing but send them signals."""
    label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
    rights = ("--pid", "host", "--network", "none", "--user", "0", "--cap-drop", "ALL", "--cap-add", "KILL")
    command = ("docker", "run", "--detach", "--rm", "--label", label, *rights, os.environ["TOOLS_IMAGE"])
    container = run(*command, "sleep", "infinity").stdout.strip()
    try:
        yield Killer(container)
    finally:
        run("docker", "rm", "--force", container)
