"""nginx rejects a host that is not the site's: no gateway gets a forged host."""

import pytest

from tests.support.wire import Edge, request

UNKNOWN = [
    "evil.example",
    "localhost.evil.example",
    "daphne.localhost.evil.example",
    "x.localhost",
    "x.daphne.localhost",
    "nginx.localhost",
    "uwsgi",
    "gunicorn:8000",
    "*.localhost",
    "_",
    "127.0.0.2",
    "127.1",
    "2130706433",
    "10.0.0.1:8080",
    "[::1]",
    "localhost,evil.example",
]

MALFORMED = [
    "",
    "local host",
    "evil@localhost",
    "localhost/",
    "localhost?x",
    "localhost#x",
    "localhost:abc",
    "localhost:99999",
    "::1",
    "localhost\\",
]


@pytest.mark.parametrize("path", ["/gateway/", "/static/staticfiles.json", "/gateways/uwsgi/gateway/"])
def test_an_unknown_host_is_rejected(edge: Edge, path: str) -> None:
    answers = [edge.get(path, host) for host in UNKNOWN]
    for host, answer, entry in zip(UNKNOWN, answers, edge.all_logged(answers), strict=True):
        assert (answer.status, entry["upstream_addr"]) == (421, ""), host
        assert answer.json()["detail"] == "This server does not serve the host of the request."


def test_a_malformed_host_is_a_bad_request(edge: Edge) -> None:
    answers = [edge.get("/gateway/", host) for host in MALFORMED]
    for host, answer, entry in zip(MALFORMED, answers, edge.all_logged(answers), strict=True):
        assert (answer.status, entry["upstream_addr"]) == (400, ""), host


@pytest.mark.parametrize(("version", "status"), [("1.1", 400), ("1.0", 421)])
def test_a_request_without_a_host_is_rejected(edge: Edge, version: str, status: int) -> None:
    """HTTP/1.1 requires a Host header (RFC 9112, 3.2); HTTP/1.0 does not, and nginx here does."""
    answer = edge.ask("GET", "/gateway/", host=None, version=version)
    assert (answer.status, edge.logged(answer)["upstream_addr"]) == (status, "")


@pytest.mark.parametrize("second", ["localhost", "evil.example"])
def test_two_hosts_are_rejected(edge: Edge, second: str) -> None:
    assert edge.get("/gateway/", headers=[("Host", second)]).status == 400


def test_http_1_0_with_a_host_is_answered(edge: Edge, gateway: str) -> None:
    answer = edge.ask("GET", "/gateway/", f"{gateway}.localhost", version="1.0")
    assert (answer.status, answer.json()["gateway"]) == (200, gateway)


def test_a_request_line_with_another_host_is_rejected(edge: Edge) -> None:
    assert edge.get("http://evil.example/gateway/", "localhost").status == 421


def test_http_0_9_gets_no_page_of_the_site(edge: Edge) -> None:
    assert b'"status": 421' in edge.exchange(b"GET /gateway/\r\n\r\n")


def test_an_upgrade_does_not_bypass_the_host_check(edge: Edge) -> None:
    upgrade = [("Upgrade", "websocket"), ("Sec-WebSocket-Key", "x" * 22 + "=="), ("Sec-WebSocket-Version", "13")]
    assert edge.get("/ws/echo/", "evil.example", upgrade).status == 421


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.2", None])
def test_nginxs_health_check_accepts_any_host(edge: Edge, host: str | None) -> None:
    """A health check knows only an address."""
    data = edge.exchange(request("GET", "/healthz", host, version="1.0"))
    assert data.endswith(b"\r\n\r\nok\n")
