"""nginx's address, and a helper that tries many cases at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.security.websockets.idle import start_early
from tests.security.websockets.sleepers import Address, Sleeper, sleepers
from tests.support.containers import inspect
from tests.support.stack import ASGI_GATEWAYS, HTTP_PORTS, Stack
from tests.support.websocket import Client, Handshake


@dataclass(frozen=True)
class Way:
    """A way to a WebSocket: on each gateway, by its host and by its prefix, with both applications."""

    gateway: str
    host: str
    path: str

    @property
    def handshake(self) -> Handshake:
        return Handshake(self.path, self.host)


ECHO, ROOM = "/ws/echo/", "/ws/rooms/attacked/"

PINNED = [Way(gateway, f"{gateway}.localhost", ECHO) for gateway in ASGI_GATEWAYS]
PREFIXED = [Way(gateway, "localhost", f"/gateways/{gateway}{ROOM}") for gateway in ASGI_GATEWAYS]
WAYS = PINNED + PREFIXED


def address_of(stack: Stack, service: str) -> str:
    (container,) = inspect(stack.container(service))
    return container["NetworkSettings"]["Networks"][f"{stack.project}_edge"]["IPAddress"]


@pytest.fixture(scope="session")
def address(stack: Stack) -> Address:
    """nginx's own address. docker-proxy, which forwards the published port, reads even if nginx does not."""
    return address_of(stack, "nginx"), 8080


@pytest.fixture(scope="session", autouse=True)
def waiting_meanwhile(request: pytest.FixtureRequest) -> None:
    """The idle clients of test_sleepers.py, if they have not started yet."""
    start_early(request)


@pytest.fixture(scope="session", autouse=True)
def asleep(stack: Stack, address: Address) -> Iterator[dict[tuple[str, str], Sleeper]]:
    """The clients of test_sleepers.py, started before the first test: they take almost a minute, mostly of waiting."""
    places = {gateway: (address, (address_of(stack, gateway), HTTP_PORTS[gateway])) for gateway in ASGI_GATEWAYS}
    with sleepers(places) as found:
        yield found


def try_each[C, R](table: dict[str, C], attempt: Callable[[Way, C], R]) -> dict[tuple[str, Way], R]:
    """attempt(way, case) for every case of the table on every way, several at once."""
    cases = [(name, way) for name in table for way in WAYS]
    with ThreadPoolExecutor(16) as pool:
        return dict(zip(cases, pool.map(lambda it: attempt(it[1], table[it[0]]), cases), strict=True))


@pytest.fixture
def sent(address: Address) -> Callable[[Way, bytes], int | str]:
    """sent(way, data): how the connection of a client ends that sends this data after the handshake."""

    def sent(way: Way, data: bytes) -> int | str:
        with Client(address, way.handshake) as client:
            assert client.answer.status == 101
            client.send(data)
            return client.outcome()

    return sent
