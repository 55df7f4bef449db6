"""Another nginx and other gateways, whose project sends answers that are large, slow, endless or malformed."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.support.stack import GATEWAYS, Stack, run, wait_until
from tests.support.wire import Edge


@dataclass(frozen=True)
class Answering(Edge):
    stack: Stack

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.address[1]}"

    def ran(self, path: str) -> dict[str, int]:
        """How often each gateway has run a view for `path`, with its query string. Gateways with no run are omitted."""
        found = {}
        for gateway in GATEWAYS:
            logs = [run("docker", "logs", container).stderr for container in self.stack.containers(gateway)]
            if number := "".join(logs).splitlines().count(f"ran {path}"):
                found[gateway] = number
        return found

    def peak(self, gateway: str) -> int:
        """MB: the largest peak of resident memory of any process of the gateway so far."""
        ask = ("sh", "-c", "grep -h VmHWM /proc/[0-9]*/status")
        found = [run("docker", "exec", container, *ask).stdout for container in self.stack.containers(gateway)]
        return max(int(line.split()[1]) for line in "".join(found).splitlines()) // 1000

    def wait_for(self, gateway: str) -> None:
        def serves() -> bool:
            # Several requests, so that each replica is asked.
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
        # A second replica, to which nginx could repeat a request.
        "DAPHNE_REPLICAS": "2",
    }
    other = Stack(
        f"{stack.project}-answers", environment, ("compose.yaml", "tests/gateways/answers/project/compose.yaml")
    )
    try:
        # Created, not started: Docker fills the new volume of uploads from the image when it creates this container.
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
