"""An invalid frame, invalid UTF-8 or an invalid close code ends the connection with the right code on both gateways."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.security.cases import Cases
from tests.security.websockets.conftest import WAYS, Address, Way, try_each
from tests.security.websockets.malformed import CLOSES, FRAMES, SIZES, TEXTS, Case
from tests.support.stack import ASGI_GATEWAYS, Stack
from tests.support.websocket import CLOSE, Client, close, frame, text

type Sent = Callable[[Way, bytes], int | str]

TABLES = {"frames": FRAMES, "close frames": CLOSES, "text is not valid UTF-8": TEXTS, "size": SIZES}


@pytest.mark.parametrize("kind", TABLES)
def test_each_protocol_error_gets_the_right_close_code(sent: Sent, cases: Cases, stack: Stack, kind: str) -> None:
    table: dict[str, Case] = TABLES[kind]
    cases.add(f"WebSocket {kind}", *table, tried=len(table) * len(WAYS))
    since = datetime.now(UTC).isoformat()
    told = try_each(table, lambda way, case: sent(way, case.sent))
    assert {case: code for case, code in told.items() if code != table[case[0]].told_by(case[1].gateway)} == {}
    # Such frames cannot fill the log.
    logs = stack.compose("logs", "--no-color", "--since", since, *ASGI_GATEWAYS).stdout
    assert [line for line in logs.splitlines() if "Traceback" in line or "ERROR" in line] == []


def test_good_messages_before_a_bad_one_log_no_exception(address: Address, stack: Stack, cases: Cases) -> None:
    since = datetime.now(UTC).isoformat()
    bad = {
        "bad frame behind a hundred messages": frame(3),
        "bad text behind a hundred messages": frame(1, b"\xff"),
        "bad text before a close frame": frame(1, b"\xff") + close(1000),
        "bad close code before another": close(999) + close(1000),
    }
    cases.add("WebSocket frames, one behind the other", *bad, tried=len(bad) * len(WAYS))

    def attempt(way: Way, last: bytes) -> bool:
        with Client(address, way.handshake) as client:
            client.send(text("x") * 100 + last)
            return any(received.opcode is CLOSE for received in client.frames())

    assert set(try_each(bad, attempt).values()) == {True}
    logs = stack.compose("logs", "--no-color", "--since", since, *ASGI_GATEWAYS).stdout
    assert [line for line in logs.splitlines() if "Traceback" in line or "ERROR" in line] == []


def test_frames_after_a_close_frame_are_ignored(address: Address) -> None:
    def attempt(way: Way, _: None) -> list[int]:
        with Client(address, way.handshake) as client:
            client.send(close(1000) + text("too late") * 100)
            return [received.opcode for received in client.frames()]

    assert set(map(tuple, try_each({"close": None}, attempt).values())) == {(CLOSE,)}
