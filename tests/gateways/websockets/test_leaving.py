"""How a WebSocket ends: without log lines, and with a reason if the server ends it."""

import json
import socket as sockets
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.gateways.websockets.conftest import Connect
from tests.support.stack import ASGI_GATEWAYS, Stack, wait_until


def valkey(stack: Stack, command: str) -> list[str]:
    """The words of Valkey's answer."""
    client = 'REDISCLI_AUTH="$(cat /run/secrets/valkey_password)" valkey-cli'
    return stack.inside("valkey").check_output(f"{client} {command}").split()


def workers_in_room(stack: Stack, room: str) -> int:
    """The number of processes that Valkey sends this room's messages to."""
    channels = valkey(stack, f"PUBSUB CHANNELS '*room.{room}'")
    return int(valkey(stack, f"PUBSUB NUMSUB {channels[0]}")[-1]) if channels else 0


def test_clients_that_leave_are_removed_without_a_log_entry(
    connect: Connect, stack: Stack, complaints: Callable[[], list[str]]
) -> None:
    present = connect("/ws/rooms/left/", "daphne")
    assert workers_in_room(stack, "left") == 1
    present.close()
    for path, gateway in [(path, gateway) for path in ("/ws/echo/", "/ws/rooms/left/") for gateway in ASGI_GATEWAYS]:
        connect(path, gateway).close()
        connect(path, gateway).close(code=1001, reason="going away")
        # The connection ends without a close frame, as when a laptop is closed.
        connect(path, gateway).socket.shutdown(sockets.SHUT_RDWR)
    wait_until(lambda: workers_in_room(stack, "left") == 0, message="Valkey still has channels of clients that left")
    assert complaints() == []


CROWD = 100  # on each gateway


def test_clients_reset_in_a_busy_room_are_removed(connect: Connect, stack: Stack) -> None:
    known = set(valkey(stack, "PUBSUB CHANNELS"))
    speakers = [connect("/ws/rooms/busy/", gateway) for gateway in ASGI_GATEWAYS]
    crowd = [connect("/ws/rooms/busy/", gateway) for gateway in ASGI_GATEWAYS for _ in range(CROWD)]

    def speak(socket: ClientConnection) -> None:
        for _ in range(300):
            socket.send('{"message": "x"}')

    with ThreadPoolExecutor() as pool:
        spoken = [pool.submit(speak, speaker) for speaker in speakers]
        for member in crowd:
            # Reset the connection while messages for it are on their way.
            member.socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
            member.socket.shutdown(sockets.SHUT_RDWR)
        for done in spoken:
            done.result(60)
    for speaker in speakers:
        speaker.close()
    wait_until(lambda: workers_in_room(stack, "busy") == 0, 30, "Valkey still has channels of clients that left")
    assert set(valkey(stack, "PUBSUB CHANNELS")) <= known
    assert valkey(stack, "KEYS '*busy*'") == []


@pytest.mark.parametrize(("stopped", "other"), [*permutations(ASGI_GATEWAYS, 2)])
def test_a_stopping_gateway_sends_close_frames_and_the_other_keeps_serving(
    connect: Connect, stack: Stack, stopped: str, other: str
) -> None:
    # More than one for each worker.
    leaving = [connect("/ws/echo/", stopped) for _ in range(8)] + [connect("/ws/rooms/stop/", stopped)]
    staying = connect("/ws/echo/", other)
    with stack.stopped(stopped):
        for socket in leaving:
            with pytest.raises(ConnectionClosed) as closed:
                socket.recv(timeout=10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code in (1001, 1012)  # "going away", "service restart": reconnect
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
        for echo in echoes:  # echoes need no Valkey
            echo.send("hello")
            assert echo.recv(timeout=10) == "hello"

    def cross(here: str, there: str) -> bool:
        rooms[here].send(json.dumps({"message": f"{here} to {there}"}))
        while (message := json.loads(rooms[there].recv(timeout=1)).get("message")) != f"{here} to {there}":
            assert message != "lost"
        return True

    # The sockets that were open during the outage, not new ones.
    for here, there in (ASGI_GATEWAYS, ASGI_GATEWAYS[::-1]):
        wait_until(lambda here=here, there=there: cross(here, there), message=f"no way from {here} to {there}")
