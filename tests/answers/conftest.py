"""nginx and the gateways once more, serving a project whose answers are large, slow, endless or not as they say."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.routing.wire import Edge
from tests.support.stack import GATEWAYS, Stack, run, wait_until


@dataclass(frozen=True)
class Answering(Edge):
    stack: Stack

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.address[1]}"

    def ran(self, path: str) -> dict[str, int]:
        """How often a view has run for `path`, query and all, by gateway; none is left out that did."""
        found = {}
        for gateway in GATEWAYS:
            logs = [run("docker", "logs", container).stderr for container in self.stack.containers(gateway)]
            if number := "".join(logs).splitlines().count(f"ran {path}"):
                found[gateway] = number
        return found

    def peak(self, gateway: str) -> int:
        """MB of memory of its own that any process of the gateway had at its largest moment so far."""
        ask = ("sh", "-c", "grep -h VmHWM /proc/[0-9]*/status")
        found = [run("docker", "exec", container, *ask).stdout for container in self.stack.containers(gateway)]
        return max(int(line.split()[1]) for line in "".join(found).splitlines()) // 1000

    def wait_for(self, gateway: str) -> None:
        def serves() -> bool:
            # Each of its replicas.
            return all(self.get(f"/gateways/{gateway}/quick/").status == 200 for _ in range(6))

        wait_until(serves, 30, f"{gateway} serves")


@pytest.fixture(scope="package")
def answering(stack: Stack) -> Iterator[Answering]:
    environment = {
        "TESTED": stack.project,
        "HTTP_BIND": "127.0.0.1:0",
        "DJANGO_SETTINGS_MODULE": "answering",
        "WSGI_APPLICATION": "answering:wsgi",
        "ASGI_APPLICATION": "answering:asgi",
        # Another replica, which nginx could send a request to once more.
        "DAPHNE_REPLICAS": "2",
    }
    other = Stack(f"{stack.project}-answers", environment, ("compose.yaml", "tests/answers/project/compose.yaml"))
    try:
        # Made and not started: it fills the volume of uploads.
        other.compose("up", "--no-start", "--no-build", "--no-deps", "migrate")
        other.compose("up", "--detach", "--wait", "--no-build", "--no-deps", "nginx", *GATEWAYS)
        yield Answering(("127.0.0.1", other.port()), other.container("nginx"), other)
    finally:
        other.compose("down", "--volumes", "--timeout", "0")


@pytest.fixture
def client(answering: Answering) -> Iterator[httpx.Client]:
    limits = httpx.Limits(max_connections=None)
    headers = {"Host": "localhost", "Accept-Encoding": "identity"}
    with httpx.Client(base_url=answering.url, headers=headers, timeout=40, limits=limits) as client:
        yield client
