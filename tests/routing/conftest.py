"""nginx as a raw socket, and the real address of each gateway."""

import json

import pytest

from tests.routing.wire import Edge
from tests.support.stack import GATEWAYS, PORTS, Stack, run


@pytest.fixture(scope="module")
def edge(stack: Stack) -> Edge:
    return Edge(("127.0.0.1", stack.port()), stack.container("nginx"))


def addresses(stack: Stack, service: str) -> set[str]:
    """Where nginx finds a service: ADDRESS:PORT of each of its containers on the edge network."""
    containers = json.loads(run("docker", "inspect", *stack.containers(service)).stdout)
    network = f"{stack.project}_edge"
    return {
        f"{container['NetworkSettings']['Networks'][network]['IPAddress']}:{PORTS[service]}" for container in containers
    }


@pytest.fixture(scope="module")
def places(stack: Stack) -> dict[str, set[str]]:
    """The gateways' addresses, by name: they prove which gateway was asked, independently of what it answers."""
    return {gateway: addresses(stack, gateway) for gateway in GATEWAYS}
