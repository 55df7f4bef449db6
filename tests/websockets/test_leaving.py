"""How a WebSocket ends: without a noise, and with a reason where the server ends it."""

import json
import socket as sockets
from collections.abc import Callable

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.stack import ASGI_GATEWAYS, Stack, wait_until
from tests.websockets.conftest import Connect


def workers_in_room(stack: Stack, room: str) -> int:
    """Processes that Valkey would tell of a message in this room."""
    command = 'REDISCLI_AUTH="$(cat /run/secrets/valkey_password)" valkey-cli'
    valkey = stack.inside("valkey")
    channel = valkey.check_output(f"{command} PUBSUB CHANNELS '*room.{room}'")
    return int(valkey.check_output(f"{command} PUBSUB NUMSUB {channel} | tail -n 1")) if channel else 0


def test_whoever_leaves_is_forgotten_and_nothing_is_logged_about_it(
    connect: Connect, stack: Stack, complaints: Callable[[], list[str]]
) -> None:
    present = connect("/ws/rooms/left/", "daphne")
    assert workers_in_room(stack, "left") == 1
    present.close()
    for path, gateway in [(path, gateway) for path in ("/ws/echo/", "/ws/rooms/left/") for gateway in ASGI_GATEWAYS]:
        connect(path, gateway).close()
        connect(path, gateway).close(code=1001, reason="going away")
        # Gone without a word, as when a laptop is closed.
        connect(path, gateway).socket.shutdown(sockets.SHUT_RDWR)
    wait_until(lambda: workers_in_room(stack, "left") == 0, message="Valkey still knows those who left")
    assert complaints() == []


@pytest.mark.parametrize(("stopped", "other"), [ASGI_GATEWAYS, ASGI_GATEWAYS[::-1]])
def test_a_gateway_that_stops_says_goodbye_and_the_other_goes_on(
    connect: Connect, stack: Stack, stopped: str, other: str
) -> None:
    # More than one a worker.
    leaving = [connect("/ws/echo/", stopped) for _ in range(8)] + [connect("/ws/rooms/stop/", stopped)]
    staying = connect("/ws/echo/", other)
    with stack.stopped(stopped):
        for socket in leaving:
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code in (1001, 1012)  # "going away", "service restart": come back
        staying.send("hello")
        assert staying.recv(timeout=10) == "hello"
    back = connect("/ws/echo/", stopped)
    back.send("hello")
    assert back.recv(timeout=10) == "hello"


def test_rooms_survive_a_restart_of_valkey(connect: Connect, stack: Stack) -> None:
    echoes = [connect("/ws/echo/", gateway) for gateway in ASGI_GATEWAYS]
    rooms = {gateway: connect("/ws/rooms/restart/", gateway) for gateway in ASGI_GATEWAYS}

    with stack.stopped("valkey"):
        for room in rooms.values():
            room.send('{"message": "lost"}')
            assert json.loads(room.recv(timeout=10)).keys() == {"error"}
        for echo in echoes:  # they need no Valkey
            echo.send("hello")
            assert echo.recv(timeout=10) == "hello"

    def cross(here: str, there: str) -> bool:
        rooms[here].send(json.dumps({"message": f"{here} to {there}"}))
        while (message := json.loads(rooms[there].recv(timeout=1)).get("message")) != f"{here} to {there}":
            assert message != "lost"
        return True

    # The sockets that were open all the time, not new ones.
    for here, there in (ASGI_GATEWAYS, ASGI_GATEWAYS[::-1]):
        wait_until(lambda here=here, there=there: cross(here, there), message=f"no way from {here} to {there}")
