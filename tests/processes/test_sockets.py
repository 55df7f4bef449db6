"""Every container listens where it should and nowhere else; nothing but nginx is published."""

import socket
from collections.abc import Callable, Iterator

import pytest

from tests.processes.conftest import for_each, inspect, inspect_all
from tests.support.stack import GATEWAYS, PORTS, Stack, run

LISTENING = {
    "nginx": {"tcp *:8080"},
    "uwsgi": {"tcp *:3031", "tcp 127.0.0.1:8001", "unix /tmp/uwsgi.stats"},
    "gunicorn": {"tcp *:8000"},
    "daphne": {"tcp *:9000"},
    "postgres": {"tcp *:5432", "unix /var/run/postgresql/.s.PGSQL.5432"},
    "valkey": {"tcp *:6379"},
}
# Docker puts its DNS server into the network namespace of every container.
DOCKER_DNS = "127.0.0.11:"


@pytest.fixture(params=LISTENING, scope="module")
def service(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def listeners(stack: Stack, service: str) -> Iterator[dict[str, int]]:
    """The connections that may wait, by listening socket; `*` is every address, of IPv4 or IPv6."""
    found = {}
    with stack.observer(service, stack.containers(service)[0]) as observer:
        for line in observer.check_output("ss --listening --tcp --udp --unix --numeric --no-header").splitlines():
            family, _, _, queue, address = line.split()[:5]
            family = family.replace("u_str", "unix")
            if not address.startswith(DOCKER_DNS):
                found[f"{family} {address.replace('[::]:', '*:').replace('0.0.0.0:', '*:')}"] = int(queue)
        yield found


def test_a_service_listens_where_it_should_and_nowhere_else(service: str, listeners: dict[str, int]) -> None:
    assert set(listeners) == LISTENING[service]


@pytest.mark.parametrize("service", GATEWAYS, indirect=True)
def test_as_many_connections_may_wait_as_the_kernel_allows(
    stack: Stack, service: str, listeners: dict[str, int]
) -> None:
    allowed = stack.inside(service).check_output("cat /proc/sys/net/core/somaxconn")
    assert listeners[f"tcp *:{PORTS[service]}"] == int(allowed) >= 1024


def test_nothing_but_nginx_is_published(stack: Stack) -> None:
    published = {
        (service, port)
        for service, containers in inspect_all(stack).items()
        for container in containers
        for ports in (container["NetworkSettings"]["Ports"], container["HostConfig"]["PortBindings"])
        for port, bindings in ports.items()
        if bindings
    }
    assert published == {("nginx", "8080/tcp")}


def test_nginx_is_published_on_the_configured_address_alone(stack: Stack, setting: Callable[[str], str]) -> None:
    address = setting("HTTP_BIND").rpartition(":")[0]
    (nginx,) = inspect(stack.container("nginx"))
    bindings = nginx["NetworkSettings"]["Ports"]["8080/tcp"]
    assert [binding["HostIp"] for binding in bindings] == [address]
    assert socket.create_connection((address, stack.port()), timeout=5)


def test_the_published_port_is_closed_on_every_other_address_of_the_host(stack: Stack) -> None:
    others, port = run("hostname", "--all-ip-addresses").stdout.split(), stack.port()

    def is_open(address: str) -> bool:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as client:
            client.settimeout(3)
            return client.connect_ex((address, port)) == 0

    assert for_each(tuple(others), is_open) == dict.fromkeys(others, False)
