"""Claim 1 of lab/notes.md: WSGI has no WebSockets, ASGI has."""

import socket

import httpx
import pytest
from websockets.sync.client import connect

from tests.lab.gallery.table import SERVERS, Server
from tests.support.stack import Stack

ASGI = [server for server in SERVERS if server.websocket]
OTHERS = [server for server in SERVERS if not server.websocket]
# Servers with an HTTP port, if only for the health check.
PAST = [it for it in OTHERS if it.protocol == "http" or it.distribution == "uWSGI"]
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Origin": "http://localhost",
}
# Asks inside the container, without nginx, at the server's HTTP port.
PAST_NGINX = """
import http.client, json, os
connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["HEALTH_PORT"]), timeout=20)
connection.request("GET", "/ws/echo/", headers={"Host": "localhost", **json.loads('%s')})
print(connection.getresponse().status)
"""


@pytest.mark.parametrize("server", ASGI, ids=str)
def test_an_asgi_server_echoes_over_a_websocket(stack: Stack, server: Server) -> None:
    uri = f"ws://{server.name}.localhost/ws/echo/"
    with connect(
        uri, sock=socket.create_connection(("127.0.0.1", stack.port())), origin="http://localhost", compression=None
    ) as websocket:
        websocket.send("hello")
        assert websocket.recv(timeout=10) == "hello"
        websocket.send(b"\x00\x01")
        assert websocket.recv(timeout=10) == b"\x00\x01"


@pytest.mark.parametrize("server", OTHERS, ids=str)
def test_nginx_rejects_websockets_for_wsgi_servers_with_the_reason(http: httpx.Client, server: Server) -> None:
    answer = http.get(f"/gateways/{server.name}/ws/echo/", headers=HANDSHAKE)
    assert (answer.status_code, answer.json()["error"]) == (501, "Not Implemented")
    assert "WSGI" in answer.json()["detail"]


@pytest.mark.parametrize("server", PAST, ids=str)
def test_without_nginx_a_wsgi_server_treats_the_handshake_as_a_request(stack: Stack, server: Server) -> None:
    script = PAST_NGINX % str(HANDSHAKE).replace("'", '"')
    command = ("exec", "-T", server.name, "python", "-I", "-c", script)
    status = int(stack.compose(*command).stdout)
    # Django's own 404: WebSockets are not requests, so Django has no such URL. asgiref's wrapper raises an exception
    # instead, which uvicorn answers.
    assert status == (500 if server.family == "WSGI inside ASGI" else 404)
