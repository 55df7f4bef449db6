"""Facts about each container, read once per module."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml

from tests.support.stack import ROOT, Stack, run

# Read from the file, so that the tests also cover a service that is added later.
COMPOSE: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
SERVICES = tuple(COMPOSE)
# Services that keep running, so that tests can run commands in them.
RUNNING = tuple(name for name, service in COMPOSE.items() if service["restart"] != "no")
SECRETS = ("secret_key", "postgres_password", "valkey_password")


@pytest.fixture(scope="module")
def containers(stack: Stack) -> dict[str, dict[str, Any]]:
    """docker inspect of each service's container, anew for each module: other tests may have recreated containers."""
    found = json.loads(run("docker", "inspect", *stack.compose("ps", "--all", "--quiet").stdout.split()).stdout)
    return {container["Config"]["Labels"]["com.docker.compose.service"]: container for container in found}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    """Each service of compose.yaml, in turn."""
    return request.param


@pytest.fixture(scope="module")
def statuses(containers: dict[str, dict[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """/proc/PID/status of PID 1 and its descendants, by running service: what the kernel enforces."""

    def read(name: str) -> list[dict[str, str]]:
        script = "cat /proc/[0-9]*/status 2>/dev/null || true"
        lines = run("docker", "exec", containers[name]["Id"], "sh", "-c", script).stdout.splitlines()
        processes: list[dict[str, str]] = []
        for line in lines:
            key, _, value = line.partition(":")
            if key == "Name":
                processes.append({})
            processes[-1][key] = value.strip()
        # A health check comes from outside, and runs as root until the engine switches to the container's user.
        family = {"1"}
        for process in sorted(processes, key=lambda process: int(process["Pid"])):
            family |= {process["Pid"]} if process["PPid"] in family else set()
        return [process for process in processes if process["Pid"] in family]

    with ThreadPoolExecutor() as pool:
        return dict(zip(RUNNING, pool.map(read, RUNNING), strict=True))


@pytest.fixture(scope="module")
def leaks() -> Callable[[str], list[str]]:
    """leaks(text): the names of secrets whose values are in it. Never the values, which a failure would print."""
    values = {name: (ROOT / "secrets" / name).read_text().strip() for name in SECRETS}
    assert all(len(value) >= 32 for value in values.values())
    return lambda text: [name for name, value in values.items() if value in text]
