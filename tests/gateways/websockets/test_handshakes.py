"""Which clients may open a WebSocket, where, and how all others are rejected."""

import json
from collections.abc import Callable

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.gateways.websockets.conftest import Connect
from tests.support.stack import ASGI_GATEWAYS

# The path prefix and the gateway of the pinned host, for every way to a WebSocket.
WAYS = {
    "default host": ("", ""),
    **{f"pinned host of {name}": ("", name) for name in ASGI_GATEWAYS},
    **{f"/gateways/{name}/": (f"/gateways/{name}", "") for name in ASGI_GATEWAYS},
}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


def refusal(connect: Connect, path: str, gateway: str, **options: object) -> int:
    """The status of a rejected handshake."""
    with pytest.raises(InvalidStatus) as refused:
        connect(path, gateway, **options)
    return refused.value.response.status_code


def test_a_page_of_the_site_may_open_a_websocket(connect: Connect, way: tuple[str, str]) -> None:
    prefix, gateway = way
    socket = connect(f"{prefix}/ws/echo/", gateway)
    socket.send("hello")
    assert socket.recv(timeout=10) == "hello"


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://localhost.evil.example", "http://evil.example/localhost", "null"],
)
def test_a_page_of_another_site_is_rejected(connect: Connect, way: tuple[str, str], origin: str) -> None:
    prefix, gateway = way
    assert refusal(connect, f"{prefix}/ws/echo/", gateway, origin=origin) == 403
    assert refusal(connect, f"{prefix}/ws/rooms/origin/", gateway, origin=origin) == 403


def test_a_client_without_an_origin_is_rejected(connect: Connect, way: tuple[str, str]) -> None:
    prefix, gateway = way
    assert refusal(connect, f"{prefix}/ws/echo/", gateway, origin=None) == 403


@pytest.mark.parametrize("origin", ["", "localhost"])
def test_an_invalid_origin_is_rejected(connect: Connect, way: tuple[str, str], origin: str) -> None:
    prefix, gateway = way
    # Daphne rejects an invalid origin before it calls the project.
    assert refusal(connect, f"{prefix}/ws/echo/", gateway, origin=origin) in (400, 403)


BAD_PATHS = {
    "no such path": "/ws/nothing/",
    "no path": "/ws/",
    "no slash at the end": "/ws/echo",
    "something behind": "/ws/echo/more/",
    "a page's path": "/gateway/",
    "room without a name": "/ws/rooms/",
    "room with an empty name": "/ws/rooms//",
    "room of 51 letters": f"/ws/rooms/{'x' * 51}/",
    "room with a dot": "/ws/rooms/a.b/",
    "room with a space": "/ws/rooms/a%20b/",
    "room with a line break": "/ws/rooms/a%0A/",
    "room with a letter beyond ASCII": "/ws/rooms/%C4%8D/",
    "room of invalid UTF-8": "/ws/rooms/%FF/",
}


def test_an_unknown_path_is_rejected_without_a_log_entry(
    connect: Connect, asgi_gateway: str, complaints: Callable[[], list[str]]
) -> None:
    statuses = {name: refusal(connect, path, asgi_gateway) for name, path in BAD_PATHS.items()}
    assert {name: status for name, status in statuses.items() if status not in (400, 403, 404)} == {}
    assert complaints() == []


def test_a_room_of_50_letters_exists(connect: Connect, asgi_gateway: str) -> None:
    socket = connect(f"/ws/rooms/{'x' * 50}/", asgi_gateway)
    socket.send('{"message": "hello"}')
    assert json.loads(socket.recv(timeout=10))["room"] == "x" * 50


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.mark.parametrize("path", ["/ws/echo/", "/", "/gateway/"])
def test_uwsgi_answers_an_upgrade_with_501_and_says_why(http: httpx.Client, path: str) -> None:
    ways = [(path, "uwsgi.localhost"), (f"/gateways/uwsgi{path}", "localhost")]
    if not path.startswith("/ws/"):
        ways.append((path, "localhost"))  # the default host, where uWSGI serves everything but /ws/ and /async/
    for url, host in ways:
        response = http.get(url, headers={**UPGRADE, "Host": host, "Origin": f"http://{host}"})
        assert response.status_code == 501
        assert response.headers["Content-Type"].startswith("application/json")
        answer = response.json()
        assert answer["status"] == 501
        assert "WSGI" in answer["detail"]
        assert "/ws/" in answer["detail"]
        assert answer["request_id"] == response.headers["X-Request-ID"]
