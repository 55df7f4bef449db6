"""What an application does with a WebSocket, and what its client must see, whichever gateway is between them.

The steps are those of tests/support/echo/actor.py.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.support.websocket import (
    BINARY,
    CONT,
    PING,
    PONG,
    TEXT,
    close,
    frame,
    text,
)
from tests.support.wire import Headers

MIB = 2**20

ACCEPT = {"type": "websocket.accept"}


def closing(**fields: object) -> dict[str, Any]:
    return {"type": "websocket.close", **fields}


def sending(**fields: object) -> dict[str, Any]:
    return {"type": "websocket.send", **fields}


def denial(status: int, *headers: tuple[str, str]) -> dict[str, Any]:
    return {"type": "websocket.http.response.start", "status": status, "headers": headers}


def body(data: str = "", *, more: bool = False) -> dict[str, Any]:
    return {"type": "websocket.http.response.body", "body": data, "more_body": more}


@dataclass(frozen=True)
class Act:
    """`steps` of the application. The client sends `sent` once it is open, and `last` after all frames."""

    steps: tuple[object, ...]
    sent: bytes = b""
    last: bytes = b""
    offered: Headers = ()
    status: int = 101
    # Headers of the answer to the handshake, by name. An empty list: not sent.
    headers: dict[str, list[str]] = field(default_factory=dict)
    body: bytes = b""
    # Opcode and data of each frame before the close frame, or the length of the data.
    frames: tuple[tuple[int, bytes | int], ...] = ()
    # Code and reason of the close frame.
    ended: tuple[int, str] | None = None


CHAT = (("Sec-WebSocket-Protocol", "chat, superchat"),)
PROTOCOL = "Sec-WebSocket-Protocol"

HANDSHAKES = {
    "headers of an accept": Act(
        ({**ACCEPT, "headers": [("x-told", "yes"), ("set-cookie", "a=1"), ("set-cookie", "b=2")]}, closing()),
        headers={"X-Told": ["yes"], "Set-Cookie": ["a=1", "b=2"]},
        ended=(1000, ""),
    ),
    "a subprotocol that the client offers": Act(
        ({**ACCEPT, "subprotocol": "superchat"}, closing()),
        offered=CHAT,
        headers={PROTOCOL: ["superchat"]},
        ended=(1000, ""),
    ),
    "no subprotocol": Act((ACCEPT, closing()), offered=CHAT, headers={PROTOCOL: []}, ended=(1000, "")),
    # RFC 6455: a client must fail the connection if the server selects a subprotocol that it did not offer.
    "a subprotocol that the client does not offer": Act(
        ({**ACCEPT, "subprotocol": "other"}, closing()), offered=CHAT, headers={PROTOCOL: []}, ended=(1000, "")
    ),
    "a subprotocol for a client that offers none": Act(
        ({**ACCEPT, "subprotocol": "chat"}, closing()), headers={PROTOCOL: []}, ended=(1000, "")
    ),
    "an invalid header": Act(({**ACCEPT, "headers": [("x-told", "yes\r\nx-forged: yes")]},), status=500),
    "a message before the accept": Act((sending(text="early"),), status=500),
    "a close before the accept": Act((closing(),), status=403),
    "a denial": Act(
        (denial(401, ("www-authenticate", "Basic"), ("content-type", "application/json")), body('{"detail": "who?"}')),
        status=401,
        headers={"WWW-Authenticate": ["Basic"], "Content-Type": ["application/json"]},
        body=b'{"detail": "who?"}',
    ),
    "a denial without a body": Act(
        (denial(429, ("retry-after", "7")), body()), status=429, headers={"Retry-After": ["7"]}
    ),
    "a denial in parts": Act((denial(418), body("tea", more=True), body("pot")), status=418, body=b"teapot"),
    "a denial of no known status": Act((denial(499), body("?")), status=499, body=b"?"),
    "a denial that is never ended": Act((denial(401), body("half", more=True)), status=500),
    "a denial and an exception": Act((denial(401), "raise"), status=500),
    "an exception before the accept": Act(("raise",), status=500),
    "an application that returns before the accept": Act((), status=500),
    # Longer than Daphne's own limit for a handshake, 5 s.
    "an application that takes 6 s to accept": Act((6, ACCEPT, closing()), ended=(1000, "")),
}

CODES = (1000, 1001, 1003, 1008, 1009, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999)

ENDINGS = {
    "closed without a code": Act((ACCEPT, closing()), ended=(1000, "")),
    "closed with no code": Act((ACCEPT, closing(code=None, reason=None)), ended=(1000, "")),
    **{f"closed with {code}": Act((ACCEPT, closing(code=code)), ended=(code, "")) for code in CODES},
    "closed with a reason": Act((ACCEPT, closing(code=4001, reason="nemáš právo")), ended=(4001, "nemáš právo")),
    "closed with a reason alone": Act((ACCEPT, closing(reason="done")), ended=(1000, "done")),
    # A close frame has room for 123 bytes: a longer reason is cut between two characters.
    "closed with a long reason": Act(
        (ACCEPT, closing(code=4001, reason="x" + "é" * 100)), ended=(4001, "x" + "é" * 61)
    ),
    # These codes cannot be sent: the client sees 1011, an error of the application.
    **{
        f"closed with {code}": Act((ACCEPT, closing(code=code)), ended=(1011, ""))
        for code in (0, 999, 1005, 1006, 1015, 2000, 5000)
    },
    "an exception once it is open": Act((ACCEPT, "raise"), ended=(1011, "")),
    "an exception group once it is open": Act((ACCEPT, "raise in a group"), ended=(1011, "")),
    "an exception at a message": Act((ACCEPT, "receive", "receive", "raise"), text("x"), ended=(1011, "")),
    "an exception with messages behind it": Act(
        (ACCEPT, "receive", "receive", "raise"), text("x") * 2000, ended=(1011, "")
    ),
    "a message of no kind": Act((ACCEPT, {"type": "websocket.unknown"}), ended=(1011, "")),
    "an application that returns": Act((ACCEPT,), ended=(1000, "")),
    "a close with messages behind it": Act((ACCEPT, closing(code=4001)), text("x") * 2000, ended=(4001, "")),
}

MESSAGES = {
    "empty text": Act((ACCEPT, "echo"), text(""), close(1000), frames=((TEXT, b""),), ended=(1000, "")),
    "empty bytes": Act((ACCEPT, "echo"), frame(BINARY), close(1000), frames=((BINARY, b""),), ended=(1000, "")),
    "empty ones between others": Act(
        (ACCEPT, "echo"),
        text("a") + text("") + text("b") + frame(BINARY) + frame(BINARY, b"c"),
        close(1000),
        frames=((TEXT, b"a"), (TEXT, b""), (TEXT, b"b"), (BINARY, b""), (BINARY, b"c")),
        ended=(1000, ""),
    ),
    "empty fragments of text": Act(
        (ACCEPT, "echo"),
        text("", fin=False) + frame(CONT, fin=False) + frame(CONT) + text("b"),
        close(1000),
        frames=((TEXT, b""), (TEXT, b"b")),
        ended=(1000, ""),
    ),
    "empty fragments of bytes": Act(
        (ACCEPT, "echo"),
        frame(BINARY, fin=False) + frame(CONT, fin=False) + frame(CONT),
        close(1000),
        frames=((BINARY, b""),),
        ended=(1000, ""),
    ),
    "an empty fragment before another": Act(
        (ACCEPT, "echo"),
        text("", fin=False) + frame(CONT, b"a", fin=False) + frame(CONT),
        close(1000),
        frames=((TEXT, b"a"),),
        ended=(1000, ""),
    ),
    "unsolicited empty ones": Act(
        (ACCEPT, sending(text=""), sending(bytes=""), sending(text="", bytes=None), closing()),
        frames=((TEXT, b""), (BINARY, b""), (TEXT, b"")),
        ended=(1000, ""),
    ),
    "pings": Act(
        (ACCEPT, "echo"),
        frame(PING) + frame(PING, b"x" * 125) + frame(PONG, b"nobody asked"),
        close(1000),
        frames=((PONG, b""), (PONG, b"x" * 125)),
        ended=(1000, ""),
    ),
    "8 MiB of text": Act((ACCEPT, sending(text_of=8 * MIB), closing()), frames=((TEXT, 8 * MIB),), ended=(1000, "")),
    "8 MiB of bytes": Act(
        (ACCEPT, sending(bytes_of=8 * MIB), closing()), frames=((BINARY, 8 * MIB),), ended=(1000, "")
    ),
    "65,536 bytes": Act((ACCEPT, sending(bytes_of=65536), closing()), frames=((BINARY, 65536),), ended=(1000, "")),
    "a close amid fragments": Act(
        (ACCEPT, "echo"), text("a", fin=False) + close(4000, b"enough"), ended=(4000, "enough")
    ),
    "a close amid fragments of bytes": Act(
        (ACCEPT, "echo"), frame(BINARY, b"a", fin=False) + frame(CONT, b"b", fin=False) + close(1001), ended=(1001, "")
    ),
    "a ping and a close amid fragments": Act(
        (ACCEPT, "echo"),
        text("a", fin=False) + frame(PING),
        close(1000),
        frames=((PONG, b""),),
        ended=(1000, ""),
    ),
}
