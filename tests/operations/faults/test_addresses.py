"""Gateways get another address, or scale to three and back: nginx follows without a reload, and no request fails."""

import time
from collections import Counter

import pytest

from tests.operations.faults.figures import Figures
from tests.support.long_form import IS_FULL
from tests.support.moves import addresses, nginx_processes, occupied
from tests.support.sockets import Sockets
from tests.support.stack import ASGI_GATEWAYS, GATEWAYS, Stack, wait_until
from tests.support.traffic import RECOVERY, Flow, Traffic, failures, pinned

SITE = (Flow("site /", path="/hello/sync/"), Flow("site /async/", path="/async/hello/async/"))
SOCKETS = 4

# Gateways that move together. A gateway and its fallback never move together.
TOGETHER = [("uwsgi", "daphne"), ("gunicorn",)] if IS_FULL else [("uwsgi", "daphne")]
# One after another: to start six containers at once takes all of two cores for ten seconds, whatever nginx does.
SCALED = GATEWAYS if IS_FULL else ("uwsgi",)


@pytest.mark.parametrize("moving", TOGETHER, ids=" and ".join)
def test_recreated_gateways_are_found_at_their_new_addresses(
    stack: Stack, figures: Figures, moving: tuple[str, ...]
) -> None:
    staying = [gateway for gateway in GATEWAYS if gateway not in moving]
    sockets_of = [gateway for gateway in ASGI_GATEWAYS if gateway in staying]
    processes = nginx_processes(stack)
    old = set.union(*(addresses(stack, gateway) for gateway in moving))
    with Traffic(stack, *pinned(), *SITE) as traffic, Sockets(stack, dict.fromkeys(sockets_of, SOCKETS)) as sockets:
        stack.compose("rm", "--force", "--stop", *moving)
        with occupied(stack, old, answering=False):
            stack.compose("up", "--detach", "--wait", "--no-deps", "--no-recreate", *moving)
            healthy = time.monotonic()
            new = set.union(*(addresses(stack, gateway) for gateway in moving))
            wait_until(
                lambda: all(record.is_calm(healthy) for record in traffic.records.values()),
                20,
                "requests succeed again",
            )
    found = max(record.recovery(healthy) for record in traffic.of(*moving))
    figures.add(
        f"{' and '.join(moving)} recreated at other addresses",
        *traffic.of("site /", "site /async/"),
        sockets=sockets,
        note=f"default host; found {found:.1f} s after it was healthy",
    )
    assert not old & new
    assert failures(traffic.of("site /", "site /async/", *staying)) == {}
    assert found < RECOVERY
    assert nginx_processes(stack) == processes
    assert sockets.closes == Counter(open=SOCKETS * len(sockets_of))


@pytest.mark.parametrize("scaled", SCALED)
def test_scaling_a_gateway_to_three_and_back_loses_no_request(stack: Stack, figures: Figures, scaled: str) -> None:
    def scale(count: int) -> None:
        stack.compose("up", "--detach", "--wait", "--no-deps", "--no-recreate", "--scale", f"{scaled}={count}", scaled)

    processes = nginx_processes(stack)
    clients = dict.fromkeys(ASGI_GATEWAYS, SOCKETS)
    try:
        with Traffic(stack, *pinned(), *SITE) as traffic, Sockets(stack, clients) as sockets:
            scale(3)
            replicas = len(addresses(stack, scaled))
            more = time.monotonic()
            # nginx caches Docker's DNS answers for 1 s.
            wait_until(lambda: all(record.is_calm(more) for record in traffic.records.values()), 10, "calm")
            scale(1)
            fewer = time.monotonic()
            wait_until(lambda: all(record.is_calm(fewer) for record in traffic.records.values()), 10, "calm")
    finally:
        scale(1)
    figures.add(f"{scaled} scaled 1, 3, 1", *traffic.records.values(), sockets=sockets)
    assert replicas == 3
    assert failures(traffic.records.values()) == {}
    assert nginx_processes(stack) == processes
    # The first replica stays. The newer ones that are removed had no clients yet.
    assert sockets.closes == Counter(open=SOCKETS * len(clients))
