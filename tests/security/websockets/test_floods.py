"""Whatever some clients send, or do not read: the others go on, memory stays bounded, no worker is replaced."""

import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

import pytest

from tests.faults.footprint import Footprint, footprints
from tests.faults.sockets import Sockets
from tests.faults.traffic import Flow, Traffic, failures
from tests.security.cases import Cases
from tests.security.conftest import IS_FULL
from tests.security.websockets.conftest import PINNED, Address
from tests.security.websockets.flood import MIB, attack, floods
from tests.security.websockets.raw import Client, Handshake, text
from tests.support.stack import ASGI_GATEWAYS, Stack, run

# Clients on each gateway that flood it at once, and seconds for which they do.
CLIENTS, SECONDS = (10, 10.0) if IS_FULL else (2, 0.5)

# Bytes that one client can take in a gateway at the most: a message that arrives, one that waits for the application,
# and one that waits for the client, 1 MiB each; as much again for what Python needs to put them together.
EACH = 6 * MIB
# Of all the others together, and of what Python's allocator does not give back.
SLACK = 64 * MIB

FLOODS = floods(bomb_size=1000 if IS_FULL else 100)

BUSY = "/ws/rooms/busy/"


@dataclass(frozen=True)
class Others:
    """What the flood's neighbours meet meanwhile."""

    sockets: Sockets
    traffic: Traffic
    found: dict[str, Footprint]


def processes(stack: Stack) -> dict[str, list[str]]:
    """Each gateway's processes, by the host's numbers; not the health check, which comes and goes."""
    listed = {name: run("docker", "top", stack.container(name), "-o", "pid,args").stdout for name in ASGI_GATEWAYS}
    return {
        gateway: sorted(line.split()[0] for line in lines.splitlines() if f"/etc/{gateway}/" in line)
        for gateway, lines in listed.items()
    }


@contextmanager
def undisturbed(stack: Stack, clients: int) -> Iterator[Others]:
    """WebSockets that echo, and a fixed rate of requests, on both gateways: not one failure; no process or container
    replaced; memory within what so many clients, on each gateway, are given.
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
    """For the table."""
    most = max(others.found[gateway].growth for gateway in ASGI_GATEWAYS)
    requests = sum(len(record.sent) for record in others.traffic.records.values())
    echoes = sum(others.sockets[gateway].echoes for gateway in ASGI_GATEWAYS)
    return f"{most / MIB:.0f} MiB more at the most; {requests} requests and {echoes} echoes of others, none lost"


@pytest.mark.timeout(600)
def test_floods_take_nothing_from_the_others(stack: Stack, address: Address, cases: Cases) -> None:
    hosts = {way.host: CLIENTS for way in PINNED}
    not_ended = {}
    # In a process of its own: in this one, a flood would keep the others' clients from running, not their servers.
    with ProcessPoolExecutor(1, get_context("spawn")) as attacker, undisturbed(stack, CLIENTS) as others:
        for name, flood in FLOODS.items():
            seconds = 30 if flood.is_ended else SECONDS
            not_ended[name] = attacker.submit(attack, address, flood, hosts, seconds).result(120)
    cases.add("WebSocket floods", *FLOODS, tried=len(FLOODS) * 2 * CLIENTS, note=noted(others))
    # What is refused is ended while they still send; what is only too much gets its turn, and no more.
    expected = {name: 0 if flood.is_ended else 2 * CLIENTS for name, flood in FLOODS.items()}
    assert not_ended == expected


# Of 6 kB each. In the long form they are more than the buffers of a connection and SLACK can hold.
MESSAGES = 12_000 if IS_FULL else 200


def test_a_room_goes_on_with_a_member_that_never_reads(stack: Stack, address: Address, cases: Cases) -> None:
    said = text(json.dumps({"message": "☃" * 2000}))
    hosts = [way.host for way in PINNED]
    with ExitStack() as clients, undisturbed(stack, 0) as others:
        for host in hosts:
            clients.enter_context(Client(address, Handshake(BUSY, host)))
        speakers = [clients.enter_context(Client(address, Handshake(BUSY, host))) for host in hosts]
        for _ in range(MESSAGES // len(speakers)):
            for speaker in speakers:
                speaker.send(said)
            # Each hears itself and the other, before anything more is said.
            for speaker in speakers:
                assert [json.loads(speaker.hear())["gateway"] for _ in speakers].count("daphne") == 1
    cases.add("WebSocket clients that never read", "member of a busy room", tried=len(hosts), note=noted(others))
