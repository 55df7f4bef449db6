"""nginx finds gateways by name: it follows those that moved, and shares work among replicas, without a reload."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.routing.conftest import addresses
from tests.routing.wire import Edge
from tests.support.stack import GATEWAYS, Stack, run, wait_until

# What stands where a gateway was, and answers in its place whoever still goes there.
IMPOSTOR = "import http.server as s; s.HTTPServer(('', 8000), s.SimpleHTTPRequestHandler).serve_forever()"


@dataclass(frozen=True)
class Move:
    old: set[str]  # addresses
    new: dict[str, set[str]]  # by gateway
    processes: set[str]  # nginx's, before


def nginx_processes(stack: Stack) -> set[str]:
    """Process id and start of each process in nginx's container: a reload would bring new workers."""
    stats = stack.inside("nginx").check_output("cat /proc/[0-9]*/stat 2>/dev/null | grep '(nginx)'")
    return {f"{line.split()[0]} {line.split()[21]}" for line in stats.splitlines()}


@contextmanager
def occupied(stack: Stack, wanted: set[str]) -> Iterator[None]:
    """Containers that answer at the addresses that the gateways had."""
    label = f"tricorn.test={os.environ['COMPOSE_PROJECT_NAME']}"
    options = ("--detach", "--label", label, "--network", f"{stack.project}_edge", "--user", "65534")
    command = (os.environ["TOOLS_IMAGE"], "python", "-c", IMPOSTOR)
    address = f'{{{{(index .NetworkSettings.Networks "{stack.project}_edge").IPAddress}}}}:8000'
    impostors: list[str] = []
    found: set[str] = set()
    try:
        # The engine hands out the lowest free address. A few will do; more where this test has run before.
        while len(impostors) < 40 and not wanted <= found:
            impostors.append(run("docker", "run", *options, *command).stdout.strip())
            found.add(run("docker", "inspect", "--format", address, impostors[-1]).stdout.strip())
        assert wanted <= found, f"could not occupy {wanted}, only {found}"
        yield
    finally:
        run("docker", "rm", "--force", *impostors)


def answering(edge: Edge) -> list[str | None]:
    return [edge.get(f"/gateways/{gateway}/gateway/").json().get("gateway") for gateway in GATEWAYS]


@pytest.fixture(scope="module")
def moved(stack: Stack, edge: Edge) -> Iterator[Move]:
    """Every gateway has gone and come back at another address, Daphne with two replicas."""
    processes = nginx_processes(stack)
    old = set.union(*(addresses(stack, gateway) for gateway in GATEWAYS))
    up = ("up", "--detach", "--wait", "--no-deps", *GATEWAYS)
    two = Stack(stack.project, {"DAPHNE_REPLICAS": "2"})
    stack.compose("rm", "--force", "--stop", *GATEWAYS)
    try:
        with occupied(stack, old):
            two.compose(*up)
            new = {gateway: addresses(stack, gateway) for gateway in GATEWAYS}
            # Docker's answers are believed for 2 s (conf.d/upstreams.conf).
            wait_until(lambda: answering(edge) == list(GATEWAYS), 10, "each gateway at its new address")
            yield Move(old, new, processes)
    finally:
        stack.compose(*up)
    wait_until(
        lambda: all(answering(edge) == list(GATEWAYS) for _ in range(4)), 10, "the second replica to be forgotten"
    )


def test_gateways_that_come_back_elsewhere_are_followed(edge: Edge, moved: Move) -> None:
    assert not moved.old & set.union(*moved.new.values())
    for entry in edge.all_logged([edge.get(f"/gateways/{gateway}/gateway/") for gateway in GATEWAYS * 4]):
        assert (entry["status"], entry["upstream_addr"] in moved.new[entry["gateway"]]) == (200, True)


def test_requests_are_shared_among_replicas(edge: Edge, moved: Move) -> None:
    assert len(moved.new["daphne"]) == 2

    def asked() -> Counter[str]:
        entries = edge.all_logged([edge.get("/gateway/", "daphne.localhost") for _ in range(20)])
        return Counter(entry["upstream_addr"] for entry in entries)

    # In turn, so half of them each; another's request in between may shift one.
    wait_until(lambda: min(asked()[address] for address in moved.new["daphne"]) >= 8, 10, "half of them to each")


def test_nginx_was_not_reloaded_for_it(stack: Stack, moved: Move) -> None:
    assert len(moved.processes) > 1
    assert nginx_processes(stack) == moved.processes
