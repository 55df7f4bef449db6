"""Each ASGI gateway returns every message of up to 1 MiB unchanged."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from tests.gateways.websockets.conftest import Connect

MIB = 2**20

MESSAGES = {
    "text": "hello",
    "text beyond ASCII": "žluťoučký kůň, 駿馬, 🐎",
    "text with a NUL": "a\0b",
    "bytes": bytes(range(256)),
    "invalid UTF-8": b"\xff\xfe",
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_a_message_is_echoed_unchanged(connect: Connect, asgi_gateway: str, message: str | bytes) -> None:
    socket = connect("/ws/echo/", asgi_gateway)
    socket.send(message)
    assert socket.recv(timeout=10) == message  # text is never equal to bytes


def test_messages_are_echoed_in_order(connect: Connect, asgi_gateway: str) -> None:
    socket = connect("/ws/echo/", asgi_gateway)
    numbers = [str(number) for number in range(200)]
    for number in numbers:
        socket.send(number)
    assert [socket.recv(timeout=10) for _ in numbers] == numbers


def test_short_ones_do_not_overtake_long_ones(connect: Connect, asgi_gateway: str) -> None:
    socket = connect("/ws/echo/", asgi_gateway)
    # A long message can only be sent in parts.
    messages = [str(number) * (1 if number % 5 else 50_000) for number in range(200)]
    with ThreadPoolExecutor() as pool:
        pool.submit(lambda: [socket.send(message) for message in messages])
        assert [socket.recv(timeout=10) for _ in messages] == messages


def test_a_fragmented_message_is_echoed_whole(connect: Connect, asgi_gateway: str) -> None:
    socket = connect("/ws/echo/", asgi_gateway)
    socket.send(["frag", "men", "ts"])
    assert socket.recv(timeout=10) == "fragments"


@pytest.mark.parametrize("message", ["x" * MIB, b"x" * MIB], ids=["text", "bytes"])
def test_one_mebibyte_is_echoed(connect: Connect, asgi_gateway: str, message: str | bytes) -> None:
    socket = connect("/ws/echo/", asgi_gateway)
    socket.send(message)
    assert socket.recv(timeout=20) == message


# The limit counts bytes of text, and the sum of a message's fragments.
REFUSED = {
    "a letter more": ("x" * (MIB + 1), None, 1009),
    "a byte more": (b"x" * (MIB + 1), None, 1009),
    "letters of two bytes": ("é" * (MIB // 2) + "x", None, 1009),
    "fragments": ([b"x" * MIB, b"x"], None, 1009),
    "five times as much": (b"x" * 5 * MIB, None, 1009),
    "text is not valid UTF-8": (b"\xff\xfe", True, 1007),
}


def test_one_byte_more_is_closed_with_1009_and_invalid_utf_8_with_1007(connect: Connect, asgi_gateway: str) -> None:
    # All connections at once: gunicorn keeps each open for a second, so that the client can read the reason.
    sockets = {name: connect("/ws/echo/", asgi_gateway) for name in REFUSED}
    codes = {}
    for name, socket in sockets.items():
        message, text, _ = REFUSED[name]
        # If the server closes while the client is still sending, send() raises.
        with suppress(ConnectionClosed):
            socket.send(message, text=text)
    for name, socket in sockets.items():
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=20)
        codes[name] = closed.value.rcvd and closed.value.rcvd.code
    assert codes == {name: code for name, (_, _, code) in REFUSED.items()}
