"""Rejected handshakes get the same status on both gateways, except where handshakes.py has one for each."""

from collections.abc import Callable

import pytest

from tests.security.cases import Cases
from tests.security.websockets.conftest import WAYS, Address, Way, try_each
from tests.security.websockets.handshakes import (
    COMPRESSIONS,
    EXTENSIONS,
    FORMS,
    ORIGINS,
    Change,
    Status,
    more,
)
from tests.support.websocket import OPEN, TEXT, Client, frame
from tests.support.wire import Answer

TABLES = {"origin": ORIGINS, "form": FORMS}


def answered(address: Address) -> Callable[[Way, tuple[Change, Status]], Answer]:
    def attempt(way: Way, case: tuple[Change, Status]) -> Answer:
        with Client(address, case[0](way.handshake)) as client:
            # An opened WebSocket works.
            assert client.answer.status != 101 or client.outcome() == OPEN
            return client.answer

    return attempt


@pytest.mark.parametrize("kind", TABLES)
def test_an_invalid_handshake_is_rejected(address: Address, cases: Cases, kind: str) -> None:
    table = TABLES[kind]
    cases.add(f"WebSocket handshake: {kind}", *table, tried=len(table) * len(WAYS))
    answers = try_each(table, answered(address))
    expected = {(name, way): of(status, way) for name, (_, status) in table.items() for way in WAYS}
    assert {case: answers[case].status for case in answers if answers[case].status != expected[case]} == {}


def of(status: Status, way: Way) -> int:
    return status[way.gateway] if isinstance(status, dict) else status


def test_another_version_gets_the_supported_version(address: Address) -> None:
    answers = try_each({"version 8": FORMS["version 8, a draft"]}, answered(address))
    for answer in answers.values():
        assert answer.one("Sec-WebSocket-Version") == "13"
        assert answer.one("Upgrade") == "websocket"
        assert answer.json()["status"] == 426


def test_compression_is_never_negotiated(address: Address, cases: Cases) -> None:
    """Without compression, a bomb is a frame with a reserved bit. test_floods.py sends some."""
    cases.add("WebSocket compression offered", *COMPRESSIONS, tried=len(COMPRESSIONS) * len(WAYS))
    table: dict[str, tuple[Change, Status]] = {
        name: (more((EXTENSIONS, offer)), 101) for name, offer in COMPRESSIONS.items()
    }
    answers = try_each(table, answered(address))
    assert {case: answer.status for case, answer in answers.items() if answer.status != 101} == {}
    assert {case: answer.all(EXTENSIONS) for case, answer in answers.items() if answer.all(EXTENSIONS)} == {}


def test_frames_sent_before_the_handshake_response_are_processed_in_order(address: Address) -> None:
    """RFC 6455 forbids it. Whatever the result, the connection must stay in sync."""

    def attempt(way: Way, count: int) -> int | str:
        early = b"".join(frame(TEXT, b"GET / HTTP/1.1\r\n\r\n") for _ in range(count))
        with Client(address, more(body=early)(way.handshake)) as client:
            assert client.answer.status == 101
            echoes = [client.read() for _ in range(count)]
            assert {echo.opcode for echo in echoes} == {TEXT}
            return client.outcome()

    assert set(try_each({"one": 1, "many": 500}, attempt).values()) == {OPEN}
