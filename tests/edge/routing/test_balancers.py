"""Proxies before nginx: with the lines of docs/production.md, the gateways and the log have the client's address."""

from collections.abc import Iterator

import pytest

from tests.support.stack import GATEWAYS, ROOT, Stack, wait_until
from tests.support.variant import variant
from tests.support.wire import Edge

CLIENT, CDN, BALANCER = "203.0.113.7", "198.51.100.4", "10.0.0.9"


@pytest.fixture(scope="module")
def behind(stack: Stack) -> Iterator[Edge]:
    lines = f"{ROOT / 'tests/edge/routing/balancers.conf'}:/etc/nginx/conf.d/maps/balancers.conf:ro"
    with variant(stack, "--volume", lines) as edge:
        # nginx is healthy before it has resolved the gateways' names.
        for gateway in GATEWAYS:
            wait_until(lambda gateway=gateway: edge.get("/livez", f"{gateway}.localhost").status == 200, 20)
        yield edge


@pytest.mark.parametrize(
    "forwarded",
    [
        CLIENT,
        f"{CLIENT}, {CDN}",
        f"{CLIENT}, {CDN}, {BALANCER}",
        # What the client itself has sent comes first, and is not trusted.
        f"6.6.6.6, {CLIENT}, {CDN}",
        f"{BALANCER}, {CLIENT}, {CDN}, {BALANCER}",
    ],
)
def test_the_last_address_that_is_not_a_proxy_is_the_client(behind: Edge, gateway: str, forwarded: str) -> None:
    answer = behind.get("/gateway/", f"{gateway}.localhost", [("X-Forwarded-For", forwarded)])
    assert (answer.json()["gateway"], answer.json()["remote_addr"]) == (gateway, CLIENT)
    assert behind.logged(answer)["remote_addr"] == CLIENT


def test_without_those_lines_no_proxy_is_trusted(stack: Stack, gateway: str) -> None:
    edge = Edge.of(stack)
    answer = edge.get("/gateway/", f"{gateway}.localhost", [("X-Forwarded-For", CLIENT)])
    assert answer.json()["remote_addr"] != CLIENT
