"""nginx finds gateways by name: without a reload it follows those that moved, and balances between replicas."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.moves import addresses, nginx_processes, occupied
from tests.support.stack import GATEWAYS, Stack, wait_until
from tests.support.wire import Edge


@dataclass(frozen=True)
class Move:
    old: set[str]  # addresses
    new: dict[str, set[str]]  # by gateway
    processes: set[str]  # nginx's, before the move


def answering(edge: Edge) -> list[str | None]:
    return [edge.get(f"/gateways/{gateway}/gateway/").json().get("gateway") for gateway in GATEWAYS]


@pytest.fixture(scope="module")
def moved(stack: Stack, edge: Edge) -> Iterator[Move]:
    """Every gateway was removed and has returned at another address, Daphne with two replicas."""
    processes = nginx_processes(stack)
    old = set.union(*(addresses(stack, gateway) for gateway in GATEWAYS))
    up = ("up", "--detach", "--wait", "--no-deps", *GATEWAYS)
    two = Stack(stack.project, {"DAPHNE_REPLICAS": "2"})
    stack.compose("rm", "--force", "--stop", *GATEWAYS)
    try:
        with occupied(stack, old):
            two.compose(*up)
            new = {gateway: addresses(stack, gateway) for gateway in GATEWAYS}
            # While they had no address, look-ups failed: nginx asks again after 2 s (conf.d/upstreams.conf).
            wait_until(lambda: answering(edge) == list(GATEWAYS), 10, "each gateway at its new address")
            yield Move(old, new, processes)
    finally:
        stack.compose(*up)
    wait_until(
        lambda: all(answering(edge) == list(GATEWAYS) for _ in range(4)), 10, "the second replica to be forgotten"
    )


def test_gateways_that_return_at_other_addresses_are_found(edge: Edge, moved: Move) -> None:
    assert not moved.old & set.union(*moved.new.values())
    for entry in edge.all_logged([edge.get(f"/gateways/{gateway}/gateway/") for gateway in GATEWAYS * 4]):
        assert (entry["status"], entry["upstream_addr"] in moved.new[entry["gateway"]]) == (200, True)


def test_requests_are_shared_among_replicas(edge: Edge, moved: Move) -> None:
    assert len(moved.new["daphne"]) == 2

    def asked() -> Counter[str]:
        entries = edge.all_logged([edge.get("/gateway/", "daphne.localhost") for _ in range(20)])
        return Counter(entry["upstream_addr"] for entry in entries)

    # Round robin: half of the requests each. Another client's request in between may shift one.
    wait_until(lambda: min(asked()[address] for address in moved.new["daphne"]) >= 8, 10, "half of them to each")


def test_nginx_was_not_reloaded_for_it(stack: Stack, moved: Move) -> None:
    assert len(moved.processes) > 1
    assert nginx_processes(stack) == moved.processes
