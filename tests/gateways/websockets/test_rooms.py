"""A room's messages reach its clients on every ASGI gateway through Valkey, and no other client."""

import json
from collections.abc import Callable
from itertools import product

import pytest
from websockets.sync.client import ClientConnection

from tests.gateways.websockets.conftest import Connect
from tests.support.stack import ASGI_GATEWAYS


def say(socket: ClientConnection, message: object) -> None:
    socket.send(json.dumps({"message": message}))


def hear(socket: ClientConnection) -> dict[str, str]:
    return json.loads(socket.recv(timeout=10))


@pytest.mark.parametrize(("here", "there"), list(product(ASGI_GATEWAYS, repeat=2)))
def test_a_message_crosses_from_gateway_to_gateway_and_back(connect: Connect, here: str, there: str) -> None:
    mine, theirs = connect("/ws/rooms/cross/", here), connect("/ws/rooms/cross/", there)
    for sender, gateway in ((mine, here), (theirs, there)):
        say(sender, "ahoj, 駿馬 🐎")
        heard = {"room": "cross", "message": "ahoj, 駿馬 🐎", "gateway": gateway}
        assert [hear(mine), hear(theirs)] == [heard, heard]


def test_clients_on_all_workers_receive_each_others_messages(connect: Connect, setting: Callable[[str], str]) -> None:
    # Enough clients for each worker of gunicorn: the workers share nothing but Valkey.
    sockets = [connect("/ws/rooms/crowd/", "gunicorn") for _ in range(6 * int(setting("WEB_CONCURRENCY")))]
    say(sockets[0], "everyone?")
    assert {hear(socket)["message"] for socket in sockets} == {"everyone?"}


def test_rooms_do_not_leak_into_each_other(connect: Connect) -> None:
    rooms = [f"leak-{number}" for number in range(10)] + ["leak", "LEAK-1", "leak_1"]
    sockets = {(room, gateway): connect(f"/ws/rooms/{room}/", gateway) for room in rooms for gateway in ASGI_GATEWAYS}
    for text in ("hello", "end"):
        for (room, _), socket in sockets.items():
            say(socket, f"{text} {room}")
    for (room, _), socket in sockets.items():
        heard = [hear(socket) for _ in range(2 * len(ASGI_GATEWAYS))]
        assert {event["room"] for event in heard} == {room}
        assert {event["message"] for event in heard} == {f"hello {room}", f"end {room}"}


def test_on_the_default_host_daphne_serves_the_rooms(connect: Connect) -> None:
    socket = connect("/ws/rooms/default/")
    say(socket, "who are you?")
    assert hear(socket)["gateway"] == "daphne"


BAD_MESSAGES = {
    "no JSON": "hello",
    "nothing": "",
    "JSON cut short": '{"message": "hel',
    "no object": '["hello"]',
    "null": "null",
    "no message": '{"text": "hello"}',
    "message that is no text": '{"message": 1}',
    "empty message": '{"message": ""}',
    "message of 2,001 characters": json.dumps({"message": "x" * 2001}),
    "half a character": r'{"message": "\ud83d"}',
    "brackets without end": "[" * 100_000,
    "bytes": b'{"message": "hello"}',
}


@pytest.mark.parametrize("bad", BAD_MESSAGES.values(), ids=BAD_MESSAGES)
def test_an_invalid_message_gets_an_error_and_the_connection_stays_open(
    connect: Connect, asgi_gateway: str, bad: str | bytes
) -> None:
    socket = connect("/ws/rooms/bad/", asgi_gateway)
    socket.send(bad)
    assert hear(socket).keys() == {"error"}
    say(socket, "good")
    assert hear(socket)["message"] == "good"


def test_a_message_of_2000_characters_is_delivered(connect: Connect, asgi_gateway: str) -> None:
    socket = connect("/ws/rooms/long/", asgi_gateway)
    say(socket, "🐎" * 2000)
    assert hear(socket)["message"] == "🐎" * 2000
