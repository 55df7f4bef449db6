"""Upgrades to another protocol: if nginx became a tunnel, it would not see what follows."""

from tests.security.smuggling.case import (
    SMUGGLED,
    Case,
    End,
    message,
    passed,
    refused,
)

HANDSHAKE = ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13")
H2C = ("HTTP2-Settings: AAMAAABkAAQAAP__",)
PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = "\0\0\0\4\0\0\0\0\0"

# nginx answers for uWSGI, which has no WebSockets.
UWSGI_REFUSES: dict[str, End] = {"uwsgi": ((501,), "closed")}
# nginx's answer too; it names the supported version.
VERSION: End = ((426,), "in sync")


def upgrade(protocol: str, *headers: str, line: str = "{method} {path} HTTP/1.1", body: str = "") -> str:
    return message("Connection: Upgrade, HTTP2-Settings", f"Upgrade: {protocol}", *headers, line=line, body=body)


def websocket(*headers: str) -> str:
    return upgrade("websocket", *headers, line="GET {path} HTTP/1.1")


def not_opened(name: str, data: str) -> Case:
    """The gateway rejects the handshake, and nginx continues to read requests."""
    return Case(name, data, (400,), "in sync", on=UWSGI_REFUSES)


def no_handshake(name: str, data: str, end: End = ((400,), "closed")) -> Case:
    """nginx rejects what only resembles a handshake."""
    return Case(name, data, *end, on=UWSGI_REFUSES)


def opened(name: str, data: str) -> Case:
    """After the handshake it is a WebSocket, and no part of it is a request."""
    return Case(name, data, (101, 0), "closed", on=UWSGI_REFUSES)


UPGRADES = [
    passed("an upgrade to h2c", upgrade("h2c", *H2C)),
    passed(
        "an upgrade to h2c with a request as its body",
        upgrade("h2c", *H2C, "Content-Length: {length}", body="{smuggled}"),
        "{smuggled}",
    ),
    passed(
        "an upgrade to h2c in chunks",
        upgrade("h2c", *H2C, "Transfer-Encoding: chunked", body="{chunk}0\r\n\r\n"),
        "{smuggled}",
    ),
    passed("the settings of an upgrade to h2c, and no upgrade", message("Connection: HTTP2-Settings", *H2C)),
    passed("an upgrade to h2", upgrade("h2")),
    passed("an upgrade to TLS", upgrade("TLS/1.2")),
    passed("an upgrade to another version", upgrade("HTTP/2.0, HTTP/1.1")),
    refused("the preface of HTTP/2", PREFACE + SETTINGS),
    refused("the preface of HTTP/2 with a path", PREFACE.replace("*", "{path}") + SETTINGS, 505),
    opened("a WebSocket with a request behind its handshake", websocket(*HANDSHAKE) + SMUGGLED),
    opened(
        "a WebSocket or h2c",
        upgrade("h2c", "Upgrade: websocket", *HANDSHAKE, *H2C, line="GET {path} HTTP/1.1") + SMUGGLED,
    ),
    no_handshake(
        "a WebSocket of a version that does not exist", websocket(HANDSHAKE[0], "Sec-WebSocket-Version: 777"), VERSION
    ),
    no_handshake("a WebSocket without a version", websocket(HANDSHAKE[0]), VERSION),
    not_opened("a WebSocket without a key", websocket(HANDSHAKE[1])),
    not_opened("a WebSocket with a key of one letter", websocket("Sec-WebSocket-Key: a", HANDSHAKE[1])),
    no_handshake("a WebSocket in HTTP/1.9", upgrade("websocket", *HANDSHAKE, line="GET {path} HTTP/1.9")),
    no_handshake(
        "a WebSocket with a request as its body",
        upgrade("websocket", *HANDSHAKE, "Content-Length: {length}", body="{smuggled}"),
    ),
    no_handshake(
        "a WebSocket with a request as its chunk",
        upgrade("websocket", *HANDSHAKE, "Transfer-Encoding: chunked", body="{chunk}0\r\n\r\n"),
    ),
    no_handshake(
        "a WebSocket of a version that does not exist, with a body",
        upgrade("websocket", HANDSHAKE[0], "Sec-WebSocket-Version: 777", "Content-Length: {length}", body="{smuggled}"),
    ),
    no_handshake("a WebSocket by POST", upgrade("websocket", *HANDSHAKE, line="POST {path} HTTP/1.1")),
    no_handshake("a WebSocket in HTTP/1.0", upgrade("websocket", *HANDSHAKE, line="GET {path} HTTP/1.0")),
]
