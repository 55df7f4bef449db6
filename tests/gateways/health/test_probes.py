"""/livez and /readyz: who may ask, and the answers while everything works."""

import httpx
import pytest

from tests.support.stack import HTTP_PORTS, Stack


def test_a_gateway_reports_that_it_is_alive(http: httpx.Client, gateway: str) -> None:
    for url, host in (("/livez", f"{gateway}.localhost"), (f"/gateways/{gateway}/livez", "localhost")):
        response = http.get(url, headers={"Host": host})
        assert response.status_code == 200
        assert response.json() == {"status": "alive"}


def test_a_gateway_reports_that_it_is_ready(http: httpx.Client, gateway: str) -> None:
    response = http.get(f"/gateways/{gateway}/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "valkey": "ok"}


@pytest.mark.parametrize("method", ["HEAD", "POST"])
@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_any_method_gets_a_response(http: httpx.Client, gateway: str, path: str, method: str) -> None:
    assert http.request(method, f"/gateways/{gateway}{path}").status_code == 200


# Runs in a gateway's container, without nginx, like a load balancer's probe.
PROBE = """
import sys, http.client
port, *hosts = sys.argv[1:]
for host in hosts:
    for path in ("/livez", "/readyz"):
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
        connection.request("GET", path, headers={"Host": host})
        print(connection.getresponse().status)
"""


def test_without_nginx_any_host_is_accepted(stack: Stack, gateway: str) -> None:
    port = HTTP_PORTS[gateway]
    hosts = ["10.0.0.7:8000", "[fd00::7]", "anything.example", "a_b", ""]
    probe = stack.inside(gateway).run("python -I -c %s" + " %s" * (1 + len(hosts)), PROBE, str(port), *hosts)
    assert probe.rc == 0, probe.stderr
    assert probe.stdout.split() == ["200"] * 2 * len(hosts)


def test_through_nginx_an_unknown_host_is_rejected(http: httpx.Client) -> None:
    for path in ("/livez", "/readyz"):
        assert http.get(path, headers={"Host": "anything.example"}).status_code == 421
