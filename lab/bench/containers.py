"""The containers under load, through Docker's client: their ids, their memory, and access to them without nginx."""

import json
import os
import subprocess
import time
from dataclasses import dataclass, field

PROJECT = os.environ.get("COMPOSE_PROJECT_NAME", "")
IMAGE = os.environ.get("BENCH_IMAGE", "")
SOURCE = os.environ.get("BENCH_SOURCE", "")
SIDECAR = f"tricorn.bench.sidecar={PROJECT}"


def docker(*arguments: str, timeout: float = 120) -> str:
    """Returns the output of `docker`. Raises RuntimeError with the output if it fails."""
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        raise RuntimeError(f"docker {' '.join(arguments[:4])} ...: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


def containers(service: str, *, running: bool = True) -> list[str]:
    """Ids of a service's containers: the running ones, or all."""
    labels = (f"project={PROJECT}", f"service={service}", "oneoff=False")
    return docker(
        "ps",
        "-q" if running else "-aq",
        "--no-trunc",
        *(x for it in labels for x in ("--filter", f"label=com.docker.compose.{it}")),
    ).split()


def container(service: str) -> str:
    found = containers(service)
    if not found:
        raise RuntimeError(f"no container of {service} runs")
    return found[0]


@dataclass
class Network:
    """The network from which load comes: this container's, `edge`, or that inside a service's own network namespace."""

    of: str = ""
    sidecar: str = field(default="", init=False)

    def run(self, *command: str, timeout: float) -> str:
        if not self.of:
            done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
            if done.returncode:
                raise RuntimeError(f"{command[0]}: {(done.stderr or done.stdout).strip()[-500:]}")
            return done.stdout
        if not self.sidecar:
            self.sidecar = docker(
                "run",
                "--detach",
                "--rm",
                "--init",
                "--network",
                f"container:{container(self.of)}",
                "--volume",
                f"{SOURCE}:/src:ro",
                "--label",
                f"tricorn.bench={PROJECT}",
                "--label",
                SIDECAR,
                "--ulimit",
                "nofile=20000:20000",
                IMAGE,
                "sleep",
                "86400",
            ).strip()
        return docker("exec", self.sidecar, *command, timeout=timeout)


# There is one load at a time, so all loads through nginx share one network.
FROM_EDGE = Network()


@dataclass(frozen=True)
class Memory:
    """Memory of all processes of one container, in bytes."""

    processes: int
    rss: int  # each process' pages; shared pages are counted in each process
    pss: int  # the same, but a shared page is divided among its processes
    private: int  # pages that only one process has


ROLLUP = """
import os, json
found = []
for pid in filter(str.isdigit, os.listdir("/proc")):
    if int(pid) == os.getpid():
        continue
    try:
        lines = open(f"/proc/{pid}/smaps_rollup").read().splitlines()[1:]
    except OSError:
        continue
    kib = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    if kib.get("Rss"):
        found.append([kib["Rss"], kib["Pss"], kib["Private_Clean"] + kib["Private_Dirty"]])
print(json.dumps(found))
"""


def memory(service: str) -> Memory:
    """From /proc/PID/smaps_rollup, read as the user of the processes."""
    found = json.loads(docker("exec", container(service), "python", "-I", "-c", ROLLUP))
    rss, pss, private = (sum(column) * 1024 for column in zip(*found, strict=True))
    return Memory(len(found), rss, pss, private)


def seconds_until_healthy(service: str) -> float:
    """Restarts the service. Returns the seconds from the command to the first healthy answer."""
    started = time.monotonic()
    docker("restart", "--time", "0", container(service))
    while docker("inspect", "-f", "{{.State.Health.Status}}", container(service)).strip() != "healthy":
        if time.monotonic() > started + 120:
            raise RuntimeError(f"{service} was not healthy within 120 s")
        time.sleep(0.05)
    return time.monotonic() - started


def remove_sidecars() -> None:
    if found := docker("ps", "-aq", "--filter", f"label={SIDECAR}").split():
        docker("rm", "--force", *found)
