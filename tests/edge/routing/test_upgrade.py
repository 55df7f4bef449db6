"""Upgrades: WebSockets reach the ASGI gateways, uWSGI's 501 says why it has none, other protocols are ignored."""

import pytest

from tests.support.wire import Edge, parse

HANDSHAKE = [
    ("Origin", "http://localhost"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Version", "13"),
]

# Host and path of the three ways to uWSGI: default host, prefix, pinned host. /ws/ on the default host is Daphne's.
TO_UWSGI = [
    ("localhost", "/"),
    ("localhost", "/gateway/"),
    ("localhost", "/gateways/uwsgi/ws/echo/"),
    ("uwsgi.localhost", "/ws/echo/"),
    ("uwsgi.localhost", "/async/gateway/"),
    ("daphne.localhost", "/gateways/uwsgi/ws/echo/"),
]

TO_ASGI = [
    ("localhost", "/ws/echo/", "daphne"),
    ("daphne.localhost", "/ws/echo/", "daphne"),
    ("gunicorn.localhost", "/ws/echo/", "gunicorn"),
    ("uwsgi.localhost", "/gateways/gunicorn/ws/echo/", "gunicorn"),
    ("localhost", "/gateways/daphne/ws/echo/", "daphne"),
]


def handshake(host: str, path: str, upgrade: str = "websocket", accept: str = "*/*") -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: Upgrade", f"Upgrade: {upgrade}", f"Accept: {accept}"]
    lines += [f"{name}: {value}" for name, value in HANDSHAKE]
    return "\r\n".join([*lines, "\r\n"]).encode()


def answer_head(edge: Edge, data: bytes) -> bytes:
    """Status line and headers of the first answer; the connection is then closed."""
    with edge.connect() as connection, connection.makefile("rb") as stream:
        connection.sendall(data)
        return b"".join(iter(stream.readline, b"\r\n")) + b"\r\n"


@pytest.mark.parametrize(("host", "path"), TO_UWSGI)
@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html,*/*;q=0.8"])
def test_the_uwsgi_gateway_explains_in_json_why_it_has_no_websockets(
    edge: Edge, host: str, path: str, accept: str
) -> None:
    answer = edge.get(path, host, [("Upgrade", "websocket"), ("Accept", accept), *HANDSHAKE])
    reason = answer.json()
    assert (answer.status, reason["status"], reason["error"]) == (501, 501, "Not Implemented")
    assert "WSGI" in reason["detail"]
    assert "/ws/" in reason["detail"]
    assert answer.one("Content-Type").startswith("application/json")


def test_uwsgi_does_not_receive_the_upgrade(edge: Edge) -> None:
    entry = edge.logged(edge.get("/", headers=[("Upgrade", "websocket")]))
    assert (entry["status"], entry["gateway"], entry["upstream_addr"]) == (501, "uwsgi", "")


@pytest.mark.parametrize("upgrade", ["websocket", "WebSocket", "WEBSOCKET", "h2c, websocket"])
def test_every_valid_spelling_of_the_upgrade_is_a_websocket(edge: Edge, upgrade: str) -> None:
    assert edge.get("/", headers=[("Upgrade", upgrade)]).status == 501


@pytest.mark.parametrize(("host", "path", "gateway"), TO_ASGI)
def test_a_websocket_is_opened_by_the_gateway_of_the_route(
    edge: Edge, places: dict[str, set[str]], host: str, path: str, gateway: str
) -> None:
    answer = parse(answer_head(edge, handshake(host, path)))
    assert answer.status == 101
    # RFC 6455, 1.3: the answer to this key. A proxy that invented the handshake would not send it.
    assert answer.one("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    entry = edge.logged(answer)
    assert (entry["gateway"], {entry["upstream_addr"]}) == (gateway, places[gateway])


@pytest.mark.parametrize("upgrade", ["h2c", "TLS/1.0", "xwebsocket", "websocketx", ""])
def test_other_upgrades_are_ignored(edge: Edge, gateway: str, upgrade: str) -> None:
    """As HTTP allows. If nginx passed h2c on, it would be a tunnel past every rule of nginx."""
    headers = [("Upgrade", upgrade), ("HTTP2-Settings", "AAMAAABkAAQAAP__")]
    answer = edge.get("/gateway/", f"{gateway}.localhost", headers)
    assert (answer.status, answer.json()["gateway"], answer.all("Upgrade")) == (200, gateway, [])


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_an_upgrade_without_a_connection_header_is_not_a_handshake(edge: Edge, asgi_gateway: str, version: str) -> None:
    """nginx adds Connection: upgrade; the gateway finds the rest of the handshake missing and rejects it."""
    answer = edge.ask("GET", "/ws/echo/", f"{asgi_gateway}.localhost", [("Upgrade", "websocket")], version=version)
    assert 400 <= answer.status < 500
