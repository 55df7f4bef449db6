"""HTTP/2 requests that HTTP/1.1 cannot express, or that would become another request: nginx passes on HTTP/1.1."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.security.smuggling.case import SMUGGLED, fill
from tests.support.http2 import Fields

# The result: a status, a stream reset, or the end of the connection.
type End = int | Literal["stream reset", "connection ended"]

BREAK = "\r\nTransfer-Encoding: chunked\r\n"
# If written unchanged, this ends one request and begins another.
SPLIT = " HTTP/1.1\r\nHost: {gateway}.localhost\r\n\r\n" + SMUGGLED


@dataclass(frozen=True)
class Http2Case:
    name: str
    end: End
    # All headers except the pseudo-headers.
    headers: Fields = ()
    # Replaces the usual pseudo-headers of these names. None removes one.
    pseudo: Mapping[str, str | None] = field(default_factory=dict)
    body: str = ""
    trailers: Fields = ()
    # Sent before the pseudo-headers.
    before: Fields = ()

    def render(self, **fields: str) -> tuple[Fields, bytes, Fields]:
        """Headers, body and trailers, for `fields` method, host, path, gateway and token."""
        usual = {":method": "{method}", ":scheme": "https", ":authority": "{host}", ":path": "{path}"}
        pseudo = [(name, value) for name, value in {**usual, **self.pseudo}.items() if value is not None]
        body = fill(self.body.replace("{smuggled}", SMUGGLED), fields)
        fields = {**fields, "length": str(len(body))}
        head = [(fill(name, fields), fill(value, fields)) for name, value in (*self.before, *pseudo, *self.headers)]
        return head, body.encode("latin-1"), self.trailers


def with_header(name: str, end: End, *headers: tuple[str, str], body: str = "") -> Http2Case:
    return Http2Case(name, end, headers, body=body)


HTTP2 = [
    with_header("a value with a line break and a coding", 400, ("x-a", "a" + BREAK), body="0\r\n\r\n{smuggled}"),
    with_header("a value with a line feed", 400, ("x-a", "a\nTransfer-Encoding: chunked")),
    with_header("a value with a carriage return", 400, ("x-a", "a\rb")),
    with_header("a value with a byte of nothing", 400, ("x-a", "a\0b")),
    with_header("a value with a whole request", 400, ("x-a", "a\r\n\r\n" + SMUGGLED)),
    with_header("a name with a line break and a coding", 400, ("x-a: a" + BREAK + "x-b", "b")),
    with_header("a name with a colon", 400, ("x-a:b", "c")),
    with_header("a name with a space", 400, ("x a", "b")),
    with_header("a name with a byte of nothing", 400, ("x\0a", "b")),
    with_header("a name in capitals", 400, ("X-A", "b")),
    with_header("an empty name", "connection ended", ("", "b")),
    with_header("a coding of chunks: H2.TE", 200, ("transfer-encoding", "chunked"), body="0\r\n\r\n{smuggled}"),
    with_header("a coding of chunks in capitals", 200, ("transfer-encoding", "CHUNKED"), body="0\r\n\r\n{smuggled}"),
    with_header("an invalid coding", 200, ("transfer-encoding", "identity"), body="{smuggled}"),
    with_header(
        "a coding and a length",
        200,
        ("transfer-encoding", "chunked"),
        ("content-length", "{length}"),
        body="0\r\n\r\n{smuggled}",
    ),
    with_header("a length shorter than the body: H2.CL", 400, ("content-length", "5"), body="hello{smuggled}"),
    with_header("a length of nothing and a body", 400, ("content-length", "0"), body="{smuggled}"),
    with_header("a length longer than the body", 400, ("content-length", "500"), body="{smuggled}"),
    with_header("a length and no body", 400, ("content-length", "5")),
    with_header(
        "two lengths that differ", 400, ("content-length", "5"), ("content-length", "{length}"), body="hello{smuggled}"
    ),
    with_header(
        "two lengths that agree", 400, ("content-length", "{length}"), ("content-length", "{length}"), body="{smuggled}"
    ),
    with_header("a length with a plus", 400, ("content-length", "+5"), body="hello"),
    with_header("a length with a minus", 400, ("content-length", "-5"), body="hello"),
    with_header("a length in a list", 400, ("content-length", "5, 5"), body="hello"),
    with_header("a length with a line break", 400, ("content-length", "5" + BREAK), body="hello"),
    with_header("a request as the body, without a length", 200, body="{smuggled}"),
    with_header("a request as the body, with its length", 200, ("content-length", "{length}"), body="{smuggled}"),
    with_header("a connection to be closed", 200, ("connection", "close")),
    with_header("a connection that names the length", 200, ("connection", "content-length"), body="{smuggled}"),
    with_header("a connection to be kept", 200, ("keep-alive", "timeout=9999")),
    with_header("a proxy's connection", 200, ("proxy-connection", "close")),
    with_header(
        "an upgrade to h2c", 200, ("upgrade", "h2c"), ("http2-settings", "AAMAAABkAAQAAP__"), body="{smuggled}"
    ),
    with_header(
        "an upgrade to a WebSocket",
        200,
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        body="{smuggled}",
    ),
    with_header("trailers accepted", 200, ("te", "trailers")),
    with_header("chunks accepted", 200, ("te", "chunked, trailers")),
    with_header("a body that waits for leave to be sent", 200, ("expect", "100-continue"), body="{smuggled}"),
    with_header(
        "a length and a coding spelled with underscores",
        200,
        ("content_length", "5"),
        ("transfer_encoding", "chunked"),
        body="{smuggled}",
    ),
    with_header("a header of 12 kB", "connection ended", ("x-a", "x" * 12_000)),
    with_header("two hundred headers", 431, *((f"x-{number}", "x") for number in range(200))),
    Http2Case("a path with a request behind a line break", 400, pseudo={":path": "{path}" + SPLIT}),
    Http2Case("a path with a line break", 400, pseudo={":path": "{path}\r\nX-A: b"}),
    Http2Case("a path with a space", 400, pseudo={":path": "{path} HTTP/1.1"}),
    Http2Case("a path with a tab", 400, pseudo={":path": "{path}\tb"}),
    Http2Case("a path with a byte of nothing", 400, pseudo={":path": "{path}\0"}),
    Http2Case("a path without its slash", 400, pseudo={":path": "smuggled/{token}"}),
    Http2Case("an absolute path", 400, pseudo={":path": "https://{host}{path}"}),
    Http2Case("an asterisk for a path", 400, pseudo={":path": "*"}),
    Http2Case("an empty path", 400, pseudo={":path": ""}),
    Http2Case("no path", 400, pseudo={":path": None}),
    Http2Case("a method with a request", 400, pseudo={":method": "GET /smuggled/{token}" + SPLIT}),
    Http2Case("a method with a space", 400, pseudo={":method": "GET /smuggled/{token} HTTP/1.1\nX:"}),
    Http2Case("a method with a line break", 400, pseudo={":method": "GET\r\n"}),
    Http2Case("a method in small letters", 400, pseudo={":method": "get"}),
    Http2Case("an empty method", 400, pseudo={":method": ""}),
    Http2Case("no method", 400, pseudo={":method": None}),
    Http2Case("CONNECT", 400, pseudo={":method": "CONNECT", ":path": None, ":scheme": None}),
    Http2Case("CONNECT to a WebSocket", 400, pseudo={":method": "CONNECT", ":protocol": "websocket"}),
    Http2Case("TRACE", 405, pseudo={":method": "TRACE"}),
    Http2Case("a scheme with a line break", 400, pseudo={":scheme": "https" + BREAK}),
    Http2Case("a scheme with a host", 400, pseudo={":scheme": "https://evil.example/?"}),
    Http2Case("no scheme", 400, pseudo={":scheme": None}),
    Http2Case("a scheme of plain HTTP", 200, pseudo={":scheme": "http"}),
    Http2Case("a host that is not ours", 421, pseudo={":authority": "evil.example"}),
    Http2Case("a host with a user", 400, pseudo={":authority": "evil.example@{host}"}),
    Http2Case("a host with a line break", 400, pseudo={":authority": "{host}" + BREAK}),
    Http2Case("a host with a path", 400, pseudo={":authority": "{host}/smuggled"}),
    Http2Case("an empty host", 400, pseudo={":authority": ""}),
    Http2Case("no host", 400, pseudo={":authority": None}),
    Http2Case("a host in its header alone", 200, [("host", "{host}")], {":authority": None}),
    Http2Case("two hosts that agree", 200, [("host", "{host}")]),
    Http2Case("two hosts that differ", 400, [("host", "evil.example")]),
    Http2Case("two hosts that differ, the other one ours", 400, [("host", "{host}")], {":authority": "evil.example"}),
    Http2Case("two paths", 400, before=[(":path", "/smuggled/{token}")]),
    Http2Case("two methods", 400, before=[(":method", "GET")]),
    Http2Case("two schemes", 400, before=[(":scheme", "http")]),
    Http2Case("two hosts of the pseudo-header", 400, before=[(":authority", "evil.example")]),
    Http2Case("a pseudo-header behind a header", 200, [("x-a", "a"), (":path", "{path}")], {":path": None}),
    Http2Case("an unknown pseudo-header", 400, pseudo={":evil": "a"}),
    Http2Case("a pseudo-header of answers", 400, pseudo={":status": "200"}),
    Http2Case(
        "trailers with a length and a coding",
        "connection ended",
        body="{smuggled}",
        trailers=[("content-length", "5"), ("transfer-encoding", "chunked")],
    ),
    Http2Case("trailers with a path", "connection ended", body="{smuggled}", trailers=[(":path", "/smuggled")]),
]
