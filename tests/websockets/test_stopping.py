"""A gateway stops: it also ends WebSockets that are not open yet, and they do not delay the stop."""

import json
import secrets
import socket
import time

from tests.processes.conftest import inspect
from tests.routing.wire import read_answer, request
from tests.security.websockets.raw import PATIENCE, Handshake
from tests.support.echo import Echo
from tests.support.stack import HTTP_PORTS, Stack, run, wait_until
from tests.websockets.test_parity import path_of

# Seconds: less than the time for requests in flight, which the stop would take if it forgot a connection.
SECONDS = 20


def connect_to(echo: Echo, gateway: str) -> socket.socket:
    """Connects without nginx, which would fail over to another gateway."""
    (container,) = inspect(echo.stack.container(gateway))
    address = container["NetworkSettings"]["Networks"][f"{echo.stack.project}_edge"]["IPAddress"]
    return socket.create_connection((address, HTTP_PORTS[gateway]), timeout=PATIENCE)


def handshake(gateway: str, steps: tuple[object, ...], who: str = "") -> bytes:
    return bytes(Handshake(path_of(gateway, steps, who).removeprefix(f"/gateways/{gateway}")))


def test_a_handshake_is_answered_503_and_holds_no_stop_up(echo: Echo, asgi_gateway: str) -> None:
    who = secrets.token_hex(8)
    container = echo.stack.container(asgi_gateway)
    with connect_to(echo, asgi_gateway) as connecting, connect_to(echo, asgi_gateway) as idle:
        # The application receives the connect message and does not answer it.
        connecting.sendall(handshake(asgi_gateway, ("receive", "receive"), who))
        idle.sendall(request("GET", "/").replace(b"Connection: close\r\n", b""))
        assert read_answer(idle).status == 200
        wait_until(lambda: who in dict(echo.seen(asgi_gateway)), 20, "the application has been asked")
        try:
            run("docker", "kill", "--signal", "TERM", container)
            began = time.monotonic()
            refused = read_answer(connecting)
            assert (refused.status, refused.all("Retry-After")) == (503, ["5"])
            # This connection stays open for a moment, for one more request.
            idle.sendall(handshake(asgi_gateway, ("receive", "receive")))
            assert read_answer(idle).status == 503
            run("docker", "wait", container)
            assert time.monotonic() - began < SECONDS
        finally:
            echo.stack.compose("up", "--detach", "--wait", "--no-build", "--no-deps", "--no-recreate", asgi_gateway)


# gunicorn's WebSocket with a transport that records what it gets, in each state that a connection can have when its
# worker stops: the status or close code that the client gets, and whether the connection is closed.
STATES = """
import asyncio, json, logging, socket
from tricorn.uvicorn_lean import LeanWebSocket
from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

pair = socket.socketpair()

class Transport:
    def __init__(self):
        self.data, self.closed = b"", False
    def write(self, data):
        self.data += data
    def close(self):
        self.closed = True
    abort = close
    def is_closing(self):
        return self.closed
    def get_extra_info(self, name, default=None):
        return pair[0] if name == "socket" else default
    def pause_reading(self): pass
    resume_reading = pause_reading

def frame(opcode, data=b"", fin=True):
    return Frame(opcode, data, fin).serialize(mask=True)

HANDSHAKE = (b"GET / HTTP/1.1\\r\\nHost: a\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
             b"Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n")
CLOSE = frame(Opcode.CLOSE, (4000).to_bytes(2))

async def hesitant(scope, receive, send):
    await asyncio.Event().wait()

async def open_(scope, receive, send):
    await send({"type": "websocket.accept"})
    await asyncio.Event().wait()

async def leaving(scope, receive, send):
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 4001})
    await asyncio.Event().wait()

async def stopped(application, *parts, lost=False):
    config = Config(application, lifespan="off")
    config.load()
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    state = ServerState()
    protocol = LeanWebSocket(config=config, server_state=state, app_state={})
    transport = Transport()
    protocol.connection_made(transport)
    protocol.data_received(HANDSHAKE)
    await asyncio.sleep(0.01)
    for part in parts:
        protocol.data_received(part)
        await asyncio.sleep(0.01)
    if lost:
        protocol.connection_lost(None)
    before = len(transport.data)
    try:
        for connection in list(state.connections) or [protocol]:
            connection.shutdown()
    except Exception as error:
        return repr(error)
    data = transport.data[before:]
    status = data[9:12].decode() if data.startswith(b"HTTP") else data and int.from_bytes(data[2:4])
    for task in state.tasks:
        task.cancel()
    return status or None, transport.closed

CASES = {
    "connecting": (hesitant,),
    "open": (open_,),
    "open, amid the fragments of a message": (open_, frame(Opcode.TEXT, b"a", False)),
    "closed by the client, and not yet gone": (open_, CLOSE),
    "closed by the application, and not yet answered": (leaving,),
    "closed by the application, and answered": (leaving, CLOSE),
    "refused, and told why": (open_, frame(Opcode.TEXT, b"\\xff")),
    "gone": (open_,),
    "connecting, and the client has left": (hesitant,),
}
print(json.dumps({name: asyncio.run(stopped(*case, lost=name in ("gone", "connecting, and the client has left")))
                  for name, case in CASES.items()}))
"""

# uvicorn's own raises InvalidState in the fifth state, and the worker ends with all of its requests in flight.
RIGHT = {
    "connecting": ["503", True],
    "open": [1012, True],
    "open, amid the fragments of a message": [1012, True],
    "closed by the client, and not yet gone": [None, True],
    "closed by the application, and not yet answered": [None, True],
    "closed by the application, and answered": [None, True],
    # The client has a second to read the close frame before the worker closes the connection.
    "refused, and told why": [None, False],
    "gone": [None, True],
    "connecting, and the client has left": [None, True],
}


def test_a_worker_of_gunicorn_can_stop_whatever_state_a_websocket_is_in(stack: Stack) -> None:
    result = stack.compose("exec", "-T", "gunicorn", "python", "-c", STATES, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
    assert json.loads(result.stdout) == RIGHT
