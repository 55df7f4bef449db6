"""Gateways that return at another address, and proof that nginx was not reloaded for them."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.stack import PORTS, Stack, run

# Runs at a gateway's old address, and answers every request that nginx still sends there.
IMPOSTOR = f"""
import http.server as s, threading as t
for port in {[*PORTS.values()]}:
    t.Thread(target=s.HTTPServer(("", port), s.SimpleHTTPRequestHandler).serve_forever).start()
"""


def addresses(stack: Stack, service: str) -> set[str]:
    """Where nginx finds a service: ADDRESS:PORT of each of its containers on the edge network."""
    containers = json.loads(run("docker", "inspect", *stack.containers(service)).stdout)
    network = f"{stack.project}_edge"
    return {
        f"{container['NetworkSettings']['Networks'][network]['IPAddress']}:{PORTS[service]}" for container in containers
    }


def nginx_processes(stack: Stack) -> set[str]:
    """PID and start time of each process in nginx's container: a reload would start new workers."""
    stats = stack.inside("nginx").check_output("cat /proc/[0-9]*/stat 2>/dev/null | grep '(nginx)'")
    return {f"{line.split()[0]} {line.split()[21]}" for line in stats.splitlines()}


@contextmanager
def occupied(stack: Stack, wanted: set[str], answering: bool = True) -> Iterator[list[str]]:
    """Containers at the gateways' old addresses. They answer requests, or refuse connections if not `answering`."""
    label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
    options = ("--detach", "--label", label, "--network", f"{stack.project}_edge", "--user", "65534")
    work = ("python", "-c", IMPOSTOR) if answering else ("sleep", "infinity")
    command = (os.environ["TOOLS_IMAGE"], *work)
    address = f'{{{{(index .NetworkSettings.Networks "{stack.project}_edge").IPAddress}}}}'
    wanted = {place.rpartition(":")[0] for place in wanted}
    impostors: list[str] = []
    found: set[str] = set()
    try:
        # The engine assigns the lowest free address: a few containers are enough, or more if this test has run before.
        while len(impostors) < 40 and not wanted <= found:
            impostors.append(run("docker", "run", *options, *command).stdout.strip())
            found.add(run("docker", "inspect", "--format", address, impostors[-1]).stdout.strip())
        assert wanted <= found, f"could not occupy {wanted}, only {found}"
        yield impostors
    finally:
        run("docker", "rm", "--force", *impostors)
