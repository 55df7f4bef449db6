"""Whatever some clients send or do not read, others are served, memory is bounded, and no worker is replaced."""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

import pytest

from tests.security.cases import Cases
from tests.security.conftest import IS_FULL
from tests.security.websockets.conftest import PINNED, Address
from tests.security.websockets.flood import MIB, attack, floods
from tests.support.footprint import Footprint, footprints
from tests.support.sockets import Sockets
from tests.support.stack import ASGI_GATEWAYS, Stack, run
from tests.support.traffic import Flow, Traffic, failures
from tests.support.websocket import Client, Handshake, text

# The number of clients that flood each gateway at once, and for how many seconds.
CLIENTS, SECONDS = (10, 10.0) if IS_FULL else (2, 0.5)

# The most bytes that one client can take in a gateway: one message that arrives, one queued for the application and
# one queued for the client, 1 MiB each, and as much again for Python to assemble them.
EACH = 6 * MIB
# For all other clients together, and for memory that Python's allocator does not return.
SLACK = 64 * MIB

FLOODS = floods(bomb_size=1000 if IS_FULL else 100)

BUSY = "/ws/rooms/busy/"


@dataclass(frozen=True)
class Others:
    """The other clients' results during the flood."""

    sockets: Sockets
    traffic: Traffic
    found: dict[str, Footprint]


def processes(stack: Stack) -> dict[str, list[str]]:
    """PIDs of each gateway's processes on the host, without the health check, which comes and goes."""
    listed = {name: run("docker", "top", stack.container(name), "-o", "pid,args").stdout for name in ASGI_GATEWAYS}
    return {
        gateway: sorted(line.split()[0] for line in lines.splitlines() if f"/etc/{gateway}/" in line)
        for gateway, lines in listed.items()
    }


@contextmanager
def undisturbed(stack: Stack, clients: int) -> Iterator[Others]:
    """Echoing WebSockets and a fixed rate of requests on both gateways. Asserts at the end: no failure, no process or
    container replaced, and memory within the limit for `clients` attackers on each gateway.
    """
    before = processes(stack)
    sockets = Sockets(stack, dict.fromkeys(ASGI_GATEWAYS, 6), every=0.2)
    traffic = Traffic(stack, *(Flow(gateway, f"{gateway}.localhost", "/hello/async/", 5) for gateway in ASGI_GATEWAYS))
    with footprints(stack, *ASGI_GATEWAYS, "nginx", "valkey") as found, sockets, traffic:
        yield Others(sockets, traffic, found)
    assert failures(traffic.records.values()) == {}
    assert {gateway: (sockets[gateway].closes, sockets[gateway].lost) for gateway in ASGI_GATEWAYS} == dict.fromkeys(
        ASGI_GATEWAYS, ({"open": 6}, 0)
    )
    assert all(sockets[gateway].echoes for gateway in ASGI_GATEWAYS)
    assert all(before.values())
    assert processes(stack) == before
    bound = clients * EACH + SLACK
    assert {name: footprint.growth for name, footprint in found.items() if footprint.growth > bound} == {}


def noted(others: Others) -> str:
    """The note for the table."""
    most = max(others.found[gateway].growth for gateway in ASGI_GATEWAYS)
    requests = sum(len(record.sent) for record in others.traffic.records.values())
    echoes = sum(others.sockets[gateway].echoes for gateway in ASGI_GATEWAYS)
    return f"{most / MIB:.0f} MiB more at the most; {requests} requests and {echoes} echoes of others, none lost"


@pytest.mark.timeout(600)
def test_floods_do_not_affect_other_clients(stack: Stack, address: Address, cases: Cases) -> None:
    hosts = {way.host: CLIENTS for way in PINNED}
    not_ended = {}
    # In another process: in this one, a flood would slow the other clients, not their servers.
    with ProcessPoolExecutor(1, get_context("spawn")) as attacker, undisturbed(stack, CLIENTS) as others:
        for name, flood in FLOODS.items():
            seconds = 30 if flood.is_ended else SECONDS
            not_ended[name] = attacker.submit(attack, address, flood, hosts, seconds).result(120)
    cases.add("WebSocket floods", *FLOODS, tried=len(FLOODS) * 2 * CLIENTS, note=noted(others))
    # The server ends rejected clients while they still send. Those that only send too much get their turn, and no more.
    expected = {name: 0 if flood.is_ended else 2 * CLIENTS for name, flood in FLOODS.items()}
    assert not_ended == expected


# Messages of 6 kB each. The long form sends more than the buffers of a connection and SLACK can hold.
MESSAGES = 12_000 if IS_FULL else 200


def test_a_room_works_with_a_member_that_never_reads(stack: Stack, address: Address, cases: Cases) -> None:
    said = text(json.dumps({"message": "☃" * 2000}))
    hosts = [way.host for way in PINNED]
    with ExitStack() as clients, undisturbed(stack, 0) as others:
        for host in hosts:
            clients.enter_context(Client(address, Handshake(BUSY, host)))
        speakers = [clients.enter_context(Client(address, Handshake(BUSY, host))) for host in hosts]
        for _ in range(MESSAGES // len(speakers)):
            for speaker in speakers:
                speaker.send(said)
            # Each speaker receives both messages before the next round.
            for speaker in speakers:
                assert [json.loads(speaker.hear())["gateway"] for _ in speakers].count("daphne") == 1
    cases.add("WebSocket clients that never read", "member of a busy room", tried=len(hosts), note=noted(others))
