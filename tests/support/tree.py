"""The processes of a container: PID 1 and its descendants."""

import re
from dataclasses import dataclass

from testinfra.host import Host


@dataclass(frozen=True)
class Process:
    """One line of ps. `arguments` omits the interpreter: its path differs between Python images."""

    pid: int
    ppid: int
    uid: int
    threads: int
    arguments: str


def parse(line: str) -> Process:
    pid, ppid, uid, threads, arguments = line.split(None, 4)
    arguments = re.sub(r"^/usr/local/bin/python\S* /usr/local/bin/", "", arguments.strip())
    return Process(int(pid), int(ppid), int(uid), int(threads), arguments)


def descendants(processes: list[Process], pid: int) -> list[Process]:
    children = [process for process in processes if process.ppid == pid]
    return children + [process for child in children for process in descendants(processes, child.pid)]


def tree(observer: Host) -> list[Process]:
    """PID 1, then its descendants, sorted by arguments and PID.

    A health check and the observer come from outside: their parent is 0, so they are not included.
    """
    processes = [parse(line) for line in observer.check_output("ps -e -o pid=,ppid=,uid=,nlwp=,args=").splitlines()]
    (first,) = (process for process in processes if process.pid == 1)
    return [first, *sorted(descendants(processes, 1), key=lambda process: (process.arguments, process.pid))]
