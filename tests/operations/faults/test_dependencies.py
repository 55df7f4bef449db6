"""PostgreSQL or Valkey is down: the gateways report it, keep running, and are ready soon after it returns."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_websocket

from tests.operations.faults.figures import Figures
from tests.operations.faults.outages import OUTAGES, await_answer
from tests.support.containers import inspect_all
from tests.support.kill import Killer
from tests.support.long_form import IS_FULL
from tests.support.sockets import Sockets
from tests.support.stack import ASGI_GATEWAYS, GATEWAYS, Stack, wait_until
from tests.support.traffic import RECOVERY, Flow, Traffic, failures, pinned

# The short form takes both down at once. tests/gateways/health shows each outage alone.
STOPPED = [("postgres",), ("valkey",)] if IS_FULL else [("postgres", "valkey")]
SOCKETS = 4

# Outages that last a second: they may end before any readiness check.
BRIEF = ("killed", "restarted")

# Requests a second. Each may take 2 s, and uWSGI has 8 threads in all.
ASKED = 2


def named(flows: list[Flow], what: str) -> list[Flow]:
    return [Flow(f"{what} {flow.name}", flow.host, flow.path, flow.rate) for flow in flows]


def started(stack: Stack) -> dict[str, list[tuple[str, int]]]:
    """When each gateway's containers started, and how often the engine restarted them."""
    containers = inspect_all(stack)
    return {
        gateway: [(it["State"]["StartedAt"], it["RestartCount"]) for it in containers[gateway]] for gateway in GATEWAYS
    }


class Room:
    """A chat room with one client on each ASGI gateway."""

    def __init__(self, clients: dict[str, ClientConnection]) -> None:
        self.clients = clients

    def carries(self, text: str) -> bool:
        """Whether each client's message reaches all clients. Messages can be lost, so callers repeat the call."""
        for client in self.clients.values():
            client.send(json.dumps({"message": text}))
        return all(self.hears_all(client, text) for client in self.clients.values())

    def hears_all(self, client: ClientConnection, text: str) -> bool:
        heard: set[str] = set()
        deadline = time.monotonic() + 1
        while heard < set(self.clients) and time.monotonic() < deadline:
            try:
                said = json.loads(client.recv(timeout=max(0.0, deadline - time.monotonic())))
            except TimeoutError:
                break
            if said.get("message") == text:
                heard.add(said["gateway"])
        return heard == set(self.clients)


@contextmanager
def room(stack: Stack) -> Iterator[Room]:
    port = stack.port()
    with ExitStack() as clients:

        def client(gateway: str) -> ClientConnection:
            host = f"{gateway}.localhost:{port}"
            options = {"address": ("127.0.0.1", port), "origin": f"http://{host}", "proxy": None, "ping_interval": None}
            return clients.enter_context(open_websocket(f"ws://{host}/ws/rooms/faults/", **options))

        yield Room({gateway: client(gateway) for gateway in ASGI_GATEWAYS})


def all_ready(url: str, times: int) -> bool:
    """Whether every worker is ready and serves a page from the database. Sends all requests at once."""
    asked = [(f"{gateway}.localhost", path) for gateway in GATEWAYS for path in ("/readyz", "/students/")] * times
    with ThreadPoolExecutor(len(asked)) as pool:
        answers = pool.map(lambda one: httpx.get(url + one[1], headers={"Host": one[0]}, timeout=35).status_code, asked)
        return set(answers) == {200}


@pytest.mark.parametrize("how", OUTAGES)
@pytest.mark.parametrize("services", STOPPED, ids=" and ".join)
def test_gateways_survive_an_outage_and_are_ready_soon_after_it(
    stack: Stack, kill9: Killer, figures: Figures, setting: Callable[[str], str], services: tuple[str, ...], how: str
) -> None:
    url, before, times = stack.url(), started(stack), 2 * int(setting("WEB_CONCURRENCY"))
    flows = pinned(15), named(pinned(5, "/livez"), "livez"), named(pinned(ASKED, "/readyz"), "readyz")
    clients = dict.fromkeys(ASGI_GATEWAYS, SOCKETS)
    with (
        room(stack) as old_room,
        Traffic(stack, *(flow for kind in flows for flow in kind)) as traffic,
        Sockets(stack, clients) as echoes,
        Sockets(stack, clients, "/ws/rooms/idle/") as rooms,
    ):
        wait_until(lambda: old_room.carries("before"), 5, "the room carries messages")
        went = time.monotonic()
        with ThreadPoolExecutor(len(services)) as pool:
            list(pool.map(lambda service: OUTAGES[how](stack, kill9, service), services))
            list(pool.map(lambda service: await_answer(stack, service), services))
        back = time.monotonic()
        wait_until(lambda: all_ready(url, times), 30, "every worker is ready")
        ready = time.monotonic() - back
        wait_until(lambda: old_room.carries("after"), 30, "the room carries messages again")
        talking = time.monotonic() - back
        # Enough clients for every worker: each worker has its own connection to Valkey.
        with Sockets(stack, dict.fromkeys(ASGI_GATEWAYS, 2 * times), "/ws/rooms/new/") as new, room(stack) as new_room:
            wait_until(lambda: new_room.carries("new"), 5, "a new room carries messages")

    figures.add(
        f"{' and '.join(services)} {how}",
        *traffic.of(*GATEWAYS),
        sockets=echoes.closes + rooms.closes,
        note=f"away {back - went:.1f} s; ready again after {ready:.1f} s, rooms after {talking:.1f} s",
    )
    # Requests that need neither service did not fail.
    assert failures(traffic.of(*GATEWAYS, *(f"livez {gateway}" for gateway in GATEWAYS))) == {}
    for gateway in GATEWAYS:
        asked = traffic[f"readyz {gateway}"]
        assert set(asked.statuses) <= {200, 503}
        assert asked.statuses[503] or how in BRIEF
        assert asked.failures(since=back + RECOVERY) == []
    assert ready < RECOVERY
    assert talking < RECOVERY + 2  # two attempts of the room
    assert new.closes == {"open": 2 * times * len(ASGI_GATEWAYS)}
    for gateway in ASGI_GATEWAYS:
        assert echoes[gateway].closes == rooms[gateway].closes == {"open": SOCKETS}
    assert started(stack) == before


def test_a_room_left_before_the_outage_opens_after_it(
    stack: Stack, kill9: Killer, setting: Callable[[str], str]
) -> None:
    """A worker without clients in rooms has no subscription, and does not notice the outage of Valkey."""
    clients = dict.fromkeys(ASGI_GATEWAYS, 4 * int(setting("WEB_CONCURRENCY")))
    with Sockets(stack, clients, "/ws/rooms/left/"):
        """Every worker has served a room once."""
    OUTAGES["restarted"](stack, kill9, "valkey")
    await_answer(stack, "valkey")
    with Sockets(stack, clients, "/ws/rooms/left/") as sockets:
        """Each handshake succeeds, or this fails."""
    assert sockets.closes == {"open": sum(clients.values())}
