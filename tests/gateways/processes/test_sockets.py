"""Every container listens on its own ports and on no other."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.support.stack import GATEWAYS, LISTENING, PORTS, Stack

# Docker adds its DNS server to every container's network namespace.
DOCKER_DNS = "127.0.0.11:"


@pytest.fixture(params=LISTENING, scope="module")
def service(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def listeners(stack: Stack, service: str) -> Iterator[dict[str, int]]:
    """The queue length of each listening socket; `*` is every address, of IPv4 or IPv6."""
    found = {}
    with stack.observer(service, stack.containers(service)[0]) as observer:
        for line in observer.check_output("ss --listening --tcp --udp --unix --numeric --no-header").splitlines():
            family, _, _, queue, address = line.split()[:5]
            family = family.replace("u_str", "unix")
            if not address.startswith(DOCKER_DNS):
                found[f"{family} {address.replace('[::]:', '*:').replace('0.0.0.0:', '*:')}"] = int(queue)
        yield found


def test_a_service_listens_only_on_its_ports(service: str, listeners: dict[str, int]) -> None:
    assert set(listeners) == LISTENING[service]


@pytest.mark.parametrize("service", GATEWAYS, indirect=True)
def test_the_listen_queue_is_as_long_as_the_kernel_allows(
    stack: Stack, service: str, listeners: dict[str, int]
) -> None:
    allowed = stack.inside(service).check_output("cat /proc/sys/net/core/somaxconn")
    assert listeners[f"tcp *:{PORTS[service]}"] == int(allowed) >= 1024


def test_workers_of_gunicorn_accept_more_than_one_connection_at_a_time(
    stack: Stack, setting: Callable[[str], str]
) -> None:
    # libuv accepts one connection for each listening socket in an iteration of its loop. Clients notice it only under
    # a load that makes iterations slow: 1,000 clients of wrk had a p99 of 7 s.
    gunicorn = stack.inside("gunicorn")
    rows = [line.split() for line in gunicorn.check_output("cat /proc/net/tcp").splitlines()]
    (inode,) = {row[9] for row in rows if row[1] == f"00000000:{PORTS['gunicorn']:04X}" and row[3] == "0A"}
    sockets = gunicorn.check_output("find /proc/[0-9]* -maxdepth 2 -path '*/fd/*' -lname 'socket:*' -printf '%h %l\\n'")
    held = Counter(line.split()[0] for line in sockets.splitlines() if line.endswith(f"socket:[{inode}]"))
    # The arbiter has only one.
    assert sorted(held.values()) == [1, *[16] * int(setting("WEB_CONCURRENCY"))]
