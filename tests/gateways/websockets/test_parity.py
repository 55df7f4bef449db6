"""Both ASGI gateways pass on alike what an application does: its client cannot tell them apart."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from websockets.frames import Close

from tests.gateways.websockets.acts import ACCEPT, ENDINGS, HANDSHAKES, MESSAGES, Act
from tests.support.echo import Echo
from tests.support.stack import ASGI_GATEWAYS, wait_until
from tests.support.websocket import (
    CLOSE,
    Client,
    Handshake,
    close,
    frame,
    text,
)

MIB = 2**20

type Played = dict[tuple[str, str], dict[str, object]]


def path_of(gateway: str, steps: tuple[object, ...], who: str = "") -> str:
    return f"/gateways/{gateway}/act/?who={who}&act={quote(json.dumps(steps))}"


def play(echo: Echo, gateway: str, act: Act) -> dict[str, object]:
    """What the client sees, in the fields of Act."""
    try:
        return watch(echo, gateway, act)
    except (TimeoutError, EOFError) as error:
        return dict.fromkeys(("status", "headers", "body", "frames", "ended"), repr(error))


def watch(echo: Echo, gateway: str, act: Act) -> dict[str, object]:
    with Client(echo.address, Handshake(path_of(gateway, act.steps), more=act.offered)) as client:
        seen: dict[str, object] = {
            "status": client.answer.status,
            "headers": {name: client.answer.all(name) for name in act.headers},
        }
        if client.answer.status != 101:
            return {**seen, "body": client.answer.body, "frames": (), "ended": None}
        client.send(act.sent)
        frames: list[tuple[int, bytes]] = []
        ended = None
        if act.last and not act.frames:
            client.send(act.last)
        for received in client.frames():
            if received.opcode is CLOSE:
                told = Close.parse(received.data)
                ended = (told.code, told.reason)
                client.send(frame(CLOSE, received.data[:2]))
                break
            frames.append((int(received.opcode), bytes(received.data)))
            if act.last and len(frames) == len(act.frames):
                client.send(act.last)
        return {**seen, "body": b"", "frames": tuple(frames), "ended": ended}


def expected(act: Act, seen: dict[str, object]) -> dict[str, object]:
    """The expected result. The body of a gateway's own errors and rejections is not compared."""
    frames = tuple((opcode, data if isinstance(data, bytes) else (b"x" * data)) for opcode, data in act.frames)
    body = act.body if act.body or act.status in (101, 429) else seen["body"]
    return {"status": act.status, "headers": act.headers, "body": body, "frames": frames, "ended": act.ended}


@pytest.mark.parametrize("table", [HANDSHAKES, ENDINGS, MESSAGES], ids=["handshakes", "endings", "messages"])
def test_the_client_sees_what_the_application_does(echo: Echo, table: dict[str, Act]) -> None:
    cases = [(name, gateway) for name in table for gateway in ASGI_GATEWAYS]
    with ThreadPoolExecutor(8) as pool:
        played = dict(zip(cases, pool.map(lambda case: play(echo, case[1], table[case[0]]), cases), strict=True))
    wrong = {}
    for (name, gateway), seen in played.items():
        if seen != (right := expected(table[name], seen)):
            wrong[name, gateway] = {key: str(seen[key])[:200] for key in seen if seen[key] != right[key]}
    assert wrong == {}


# What a client does, and the code and reason that the application receives.
LEAVING: dict[str, tuple[bytes, tuple[int, str]]] = {
    "with 1000": (close(1000), (1000, "")),
    "with a reason": (close(4001, b"dost bylo"), (4001, "dost bylo")),
    "without a code": (frame(CLOSE), (1005, "")),
    "without a word": (b"", (1006, "")),
    "amid fragments": (text("a", fin=False) + close(1001), (1001, "")),
    "sending what is too large": (frame(2, bytes(MIB + 1)), (1009, "")),
    "sending what is no frame": (frame(3), (1002, "")),
    "sending what is no text": (frame(1, b"\xff"), (1007, "")),
}


def test_the_application_is_notified_how_its_client_left(echo: Echo) -> None:
    tokens = {(name, gateway): secrets.token_hex(8) for name in LEAVING for gateway in ASGI_GATEWAYS}

    def leave(case: tuple[str, str]) -> None:
        with Client(echo.address, Handshake(path_of(case[1], (ACCEPT, "echo"), tokens[case]))) as client:
            client.send(text("here"))
            client.hear()
            client.send(LEAVING[case[0]][0])
            if LEAVING[case[0]][0]:
                list(client.frames())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(leave, tokens))

    def told() -> dict[tuple[str, str], object]:
        notes = {gateway: echo.seen(gateway) for gateway in ASGI_GATEWAYS}
        found: dict[tuple[str, str], object] = {}
        for (name, gateway), token in tokens.items():
            events = [json.loads(note) for who, note in notes[gateway] if who == token]
            ends = [(it["code"], it.get("reason")) for it in events if it["type"] == "websocket.disconnect"]
            # For what it rejects, each gateway gives a reason in its own words.
            found[name, gateway] = [(code, "" if name.startswith("sending") else reason) for code, reason in ends]
        assert all(found.values()), found
        return found

    assert wait_until(told, 20) == {(name, gateway): [LEAVING[name][1]] for name, gateway in tokens}
