"""`kill -9` as the kernel's OOM killer does it: from outside the container.

After `docker kill` the engine does not restart the container: it takes the kill for the operator's wish. A kill from
inside has no effect: the kernel ignores a SIGKILL that PID 1 gets from its own container.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.stack import run


def main_process(container: str) -> int:
    """The PID of the container's PID 1 on the host."""
    return int(run("docker", "inspect", "--format", "{{.State.Pid}}", container).stdout)


def workers(container: str) -> list[int]:
    """The PIDs of the children of PID 1, on the host."""
    lines = run("docker", "top", container, "-eo", "pid,ppid").stdout.splitlines()[1:]
    main = main_process(container)
    return [pid for pid, parent in (map(int, line.split()) for line in lines) if parent == main]


@dataclass(frozen=True)
class Killer:
    container: str

    def kill(self, pid: int) -> None:
        """Kills a process by its PID on the host."""
        run("docker", "exec", self.container, "kill", "-9", str(pid))


@contextmanager
def killer() -> Iterator[Killer]:
    """A container that sees the host's processes and has one capability: to send them signals."""
    label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
    rights = ("--pid", "host", "--network", "none", "--user", "0", "--cap-drop", "ALL", "--cap-add", "KILL")
    command = ("docker", "run", "--detach", "--rm", "--label", label, *rights, os.environ["TOOLS_IMAGE"])
    container = run(*command, "sleep", "infinity").stdout.strip()
    try:
        yield Killer(container)
    finally:
        run("docker", "rm", "--force", container)
