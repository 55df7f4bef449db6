"""Invalid handshakes, handshakes from pages of other sites, and the status that each must get.

A dictionary has a status for each gateway. 101: the WebSocket is opened.
"""

from collections.abc import Callable
from dataclasses import replace

from tests.support.websocket import KEY, TEXT, Handshake, frame

type Change = Callable[[Handshake], Handshake]
type Status = int | dict[str, int]

FRAME = frame(TEXT, b"hello")


def origin(value: str | None) -> Change:
    """HOST stands for the requested host, with its port."""
    return lambda good: replace(good, headers={"Origin": value and value.replace("HOST", good.host)})


def header(name: str, value: str | None) -> Change:
    return lambda good: replace(good, headers={name: value})


def more(*headers: tuple[str, str], body: bytes = b"") -> Change:
    return lambda good: replace(good, more=headers, body=body)


def request(**changes: str) -> Change:
    return lambda good: replace(good, **changes)  # type: ignore[arg-type]


VERSION, KEYS, PROTOCOL, EXTENSIONS = (f"Sec-WebSocket-{name}" for name in ("Version", "Key", "Protocol", "Extensions"))

# The project decides: AllowedHostsOriginValidator checks only the origin's host, against Django's ALLOWED_HOSTS.
ORIGINS: dict[str, tuple[Change, Status]] = {
    "the site's own": (origin("http://HOST"), 101),
    "in capitals": (origin("http://HOST.EVIL.EXAMPLE"), 403),
    "foreign": (origin("http://evil.example"), 403),
    "subdomain of a foreign host": (origin("http://HOST.evil.example"), 403),
    "foreign host that ends like ours": (origin("http://evil-localhost"), 403),
    "foreign host with our name in its path": (origin("http://evil.example/HOST"), 403),
    "our name as a user of a foreign host": (origin("http://HOST@evil.example"), 403),
    "ours and a foreign one in one header": (origin("http://HOST http://evil.example"), 403),
    "ours and a foreign one in two headers": (
        more(("Origin", "http://evil.example")),
        {"gunicorn": 400, "daphne": 403},
    ),
    "missing": (origin(None), 403),
    "empty": (origin(""), {"gunicorn": 403, "daphne": 400}),
    "null, of a sandbox": (origin("null"), 403),
    "of a file": (origin("file://"), 403),
    "with a control character": (origin("http://HOST\x01"), {"gunicorn": 400, "daphne": 403}),
}

FORMS: dict[str, tuple[Change, Status]] = {
    "version 8, a draft": (header(VERSION, "8"), 426),
    "version 0": (header(VERSION, "0"), 426),
    "version 14": (header(VERSION, "14"), 426),
    "version 013": (header(VERSION, "013"), 426),
    "versions 13 and 8": (header(VERSION, "13, 8"), 426),
    "version twice": (more((VERSION, "13")), 426),
    "no version": (header(VERSION, None), 426),
    "no key": (header(KEYS, None), 400),
    "empty key": (header(KEYS, ""), 400),
    "key of 5 bytes": (header(KEYS, "c2hvcnQ="), 400),
    "key of 33 bytes": (header(KEYS, "A" * 44), 400),
    "key that is no base64": (header(KEYS, "!" * 22 + "=="), 400),
    "key twice": (more((KEYS, KEY)), 400),
    "no Connection": (header("Connection", None), 400),
    "Connection: keep-alive": (header("Connection", "keep-alive"), 400),
    "Connection: close": (header("Connection", "close"), 400),
    "Connection: notupgrade": (header("Connection", "notupgrade"), 400),
    "Connection: keep-alive, Upgrade": (header("Connection", "keep-alive, Upgrade"), 101),
    # Not an upgrade to a WebSocket: an ordinary request for a page that does not exist.
    "no Upgrade": (header("Upgrade", None), 404),
    "Upgrade: h2c": (header("Upgrade", "h2c"), 404),
    "Upgrade: not-websocket": (header("Upgrade", "not-websocket"), 404),
    "Upgrade: x websocket y": (header("Upgrade", "x websocket y"), 404),
    "Upgrade: h2c, websocket": (header("Upgrade", "h2c, websocket"), 101),
    "POST": (request(method="POST"), 400),
    "PUT": (request(method="PUT"), 400),
    "HEAD": (request(method="HEAD"), 400),
    "a method of its own": (request(method="FOO"), 400),
    "CONNECT": (request(method="CONNECT"), 400),
    "HTTP/1.0": (request(version="1.0"), 400),
    "HTTP/2.0, in clear": (request(version="2.0"), 505),
    "body of a known length": (more(("Content-Length", str(len(FRAME))), body=FRAME), 400),
    "body in chunks": (more(("Transfer-Encoding", "chunked"), body=b"b\r\n" + FRAME + b"\r\n0\r\n\r\n"), 400),
    "body of no length": (more(("Content-Length", "0")), 101),
    "unknown protocol": (more((PROTOCOL, "chat")), 101),
    "protocol beyond ASCII": (more((PROTOCOL, "chat\xff")), 400),
    "protocol with an empty name": (more((PROTOCOL, "")), {"gunicorn": 400, "daphne": 101}),
    "protocol twice": (more((PROTOCOL, "chat, chat")), {"gunicorn": 101, "daphne": 400}),
    # gunicorn ignores extensions that it does not use.
    "unknown extension": (more((EXTENSIONS, "permessage-foo; bar=baz")), 101),
    "extension with a bad window": (
        more((EXTENSIONS, "permessage-deflate; server_max_window_bits=99")),
        {"gunicorn": 101, "daphne": 400},
    ),
    "extension with a parameter twice": (
        more((EXTENSIONS, "permessage-deflate; client_max_window_bits=8; client_max_window_bits=9")),
        {"gunicorn": 101, "daphne": 400},
    ),
    "extension beyond ASCII": (more((EXTENSIONS, "\xff")), 101),
}

COMPRESSIONS = {
    "a browser's": "permessage-deflate; client_max_window_bits",
    "without a window": "permessage-deflate",
    "of the smallest window": "permessage-deflate; server_max_window_bits=9; client_max_window_bits=9",
    "without takeover": "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    "of another kind": "permessage-bzip2, permessage-snappy, permessage-brotli",
    "an old one": "x-webkit-deflate-frame",
    "two of them": "permessage-deflate; client_max_window_bits=10, permessage-deflate",
}
