"""A WebSocket's handshake cannot be forged: the scope has the client, scheme and host that nginx sees."""

import json
import socket
from typing import Any

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from tests.security.cases import Cases
from tests.support.claims import HOP_BY_HOP, OWNED, PASSED
from tests.support.wire import Edge

# These differ between handshakes or connections.
OWN_HEADERS = {"sec-websocket-key", "x-request-id", "x-real-port"}

ROUTES = [("localhost", "/ws/x/"), ("localhost", "/async/ws/x/")]
ROUTES += [("localhost", f"/gateways/{gateway}/ws/x/") for gateway in ("gunicorn", "daphne")]
ROUTES += [(f"{gateway}.localhost", "/ws/x/") for gateway in ("gunicorn", "daphne")]


def scope(
    edge: Edge, host: str, path: str, headers: list[tuple[str, str]] | None = None, connection: str = "Upgrade"
) -> dict[str, Any]:
    """The scope of the handshake, which the project sends as the first message on the WebSocket."""
    protocol = ClientProtocol(parse_uri(f"ws://{host}{path}"))
    handshake = protocol.connect()
    del handshake.headers["Connection"]
    for name, value in [("Connection", connection), *(headers or [])]:
        handshake.headers[name] = value
    protocol.send_request(handshake)
    with edge.connect(timeout=10) as client:
        client.sendall(b"".join(protocol.data_to_send()))
        return json.loads(first_message(protocol, client))


def first_message(protocol: ClientProtocol, client: socket.socket) -> bytes:
    while block := client.recv(65536):
        protocol.receive_data(block)
        for event in protocol.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                return event.data
    raise AssertionError(f"no message: {protocol.handshake_exc}")


def told(scope: dict[str, Any]) -> dict[str, Any]:
    """The parts of the scope that do not differ between handshakes, after a check of those that do."""
    headers = [(name, value) for name, value in scope["headers"] if name not in OWN_HEADERS]
    own = {name: value for name, value in scope["headers"] if name in OWN_HEADERS}
    address, port = scope["client"]
    # uvicorn does not know the client's port behind a proxy, and reports 0.
    assert port in (0, int(own["x-real-port"]))
    assert own["x-real-port"] not in ("666", "0")
    assert own["x-request-id"] not in ("", "0" * 32)
    return {**scope, "client": address, "headers": sorted(map(tuple, headers))}


@pytest.mark.parametrize(("host", "path"), ROUTES)
def test_the_scope_has_what_nginx_sees(echo: Edge, host: str, path: str) -> None:
    found = told(scope(echo, host, path))
    headers = dict(found["headers"])
    expected = ("ws", host, host, found["client"], found["client"], "http")
    names = ("host", "x-forwarded-host", "x-forwarded-for", "x-real-ip", "x-forwarded-proto")
    assert (found["scheme"], *(headers[name] for name in names)) == expected
    assert (found["path"].removeprefix("/async"), found["root_path"]) == ("/ws/x/", "")


@pytest.mark.parametrize(("host", "path"), ROUTES)
def test_headers_set_by_nginx_cannot_be_forged(echo: Edge, cases: Cases, host: str, path: str) -> None:
    cases.add("forged: WebSocket handshakes", *map(str, OWNED), tried=len(OWNED) + 2)
    plain = told(scope(echo, host, path))
    for header in OWNED:
        assert told(scope(echo, host, path, [header])) == plain, header
    assert told(scope(echo, host, path, OWNED)) == plain
    assert told(scope(echo, host, path, [("X-Forwarded-For", "6.6.6.6")] * 50)) == plain


@pytest.mark.parametrize(("host", "path"), ROUTES)
def test_other_headers_are_passed_on_without_effect(echo: Edge, cases: Cases, host: str, path: str) -> None:
    cases.add("forged: WebSocket handshakes", *(name for name, _ in PASSED), tried=1)
    plain = told(scope(echo, host, path))
    found = told(scope(echo, host, path, PASSED))
    for name, value in PASSED:
        found["headers"].remove((name.lower(), value))
    assert found == plain


@pytest.mark.parametrize(("host", "path"), ROUTES)
def test_a_connection_header_removes_no_other_header(echo: Edge, cases: Cases, host: str, path: str) -> None:
    cases.add("forged: Connection names what nginx sets", *HOP_BY_HOP)
    plain = told(scope(echo, host, path))
    for names in HOP_BY_HOP:
        assert told(scope(echo, host, path, connection=f"Upgrade, {names}")) == plain, names


@pytest.mark.parametrize("host", ["evil.example", "localhost@evil.example", "localhost.evil.example", ""])
def test_a_forged_host_opens_no_websocket(echo: Edge, cases: Cases, asgi_gateway: str, host: str) -> None:
    cases.add("forged: Host", repr(host))
    path = f"/gateways/{asgi_gateway}/ws/x/"
    headers = [("Upgrade", "websocket"), ("Sec-WebSocket-Key", "x" * 22 + "=="), ("Sec-WebSocket-Version", "13")]
    assert echo.get(path, host, headers).status in (400, 421)
