"""What nginx itself rejects gets our body: JSON or a page, with the request's id."""

from collections.abc import Callable

import pytest

from tests.support.error_pages import assert_is_ours
from tests.support.stack import Stack
from tests.support.wire import Answer, Edge, bytes_of, parse, request

WEBSOCKET = [("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]

# Name: status, request line, host, headers after Accept.
REFUSED = {
    "an invalid header": (400, "GET / HTTP/1.1", "localhost", ["Bad Header: x"]),
    "a byte that no header may hold": (400, "GET / HTTP/1.1", "localhost", ["X: a\0b"]),
    "a folded header": (400, "GET / HTTP/1.1", "localhost", ["X: a", " b"]),
    "two lengths": (400, "POST / HTTP/1.1", "localhost", ["Content-Length: 1", "Content-Length: 2"]),
    "a length and chunks": (400, "POST / HTTP/1.1", "localhost", ["Content-Length: 1", "Transfer-Encoding: chunked"]),
    "a negative length": (400, "POST / HTTP/1.1", "localhost", ["Content-Length: -1"]),
    "a line break in a path": (400, "GET /a%0d%0ab HTTP/1.1", "localhost", []),
    "a file that is not there": (404, "GET /static/nope HTTP/1.1", "localhost", []),
    "a gateway that is not there": (404, "GET /gateways/nope/ HTTP/1.1", "localhost", []),
    "a method that files do not have": (405, "DELETE /static/staticfiles.json HTTP/1.1", "localhost", []),
    "trace": (405, "TRACE / HTTP/1.1", "localhost", []),
    "a body that is too large": (413, "POST / HTTP/1.1", "localhost", ["Content-Length: 99999999999"]),
    "another host": (421, "GET / HTTP/1.1", "evil.example", []),
    "a header that is too long": (431, "GET / HTTP/1.1", "localhost", ["Cookie: a=" + "x" * 12_000]),
    "headers too long together": (431, "GET / HTTP/1.1", "localhost", [f"X-{n}: {'x' * 9000}" for n in "12345"]),
    "too many headers": (431, "GET / HTTP/1.1", "localhost", [f"X-{n}: x" for n in range(200)]),
    "an encoding that is unknown": (501, "POST / HTTP/1.1", "localhost", ["Transfer-Encoding: gzip"]),
}  # fmt: skip

# Rejected before nginx has read the Accept header.
REFUSED_EARLY = {
    "an invalid line": (400, b"HELO there\r\n\r\n"),
    "no host": (400, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"),
    "a byte that no address may hold": (400, b"GET /a\0b HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "an address that is too long": (414, request("GET", "/" + "x" * 12_000)),
    "another version": (505, request("GET", "/", version="2.0")),
    "a WebSocket for uwsgi": (501, request("GET", "/", headers=[*WEBSOCKET, ("Accept", "text/html")])),
}

ACCEPTS = [
    (None, "json"),
    ("", "json"),
    ("*/*", "json"),
    ("application/json", "json"),
    ("APPLICATION/JSON", "json"),
    ("application/problem+json", "json"),
    ("text/html;q=0.1, application/json", "json"),
    ("text/csv, */*;q=0.1", "json"),
    ("text/html", "html"),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", "html"),
    ("image/png", "html"),
]


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_has_our_body_in_the_format_that_the_client_accepts(edge: Edge, name: str) -> None:
    status, line, host, headers = REFUSED[name]

    def refused(accept: str) -> Answer:
        lines = [line, f"Host: {host}", "Connection: close", f"Accept: {accept}", *headers, "\r\n"]
        return edge.send("\r\n".join(lines).encode())

    answers = [refused("application/json"), refused("text/html")]
    for answer, entry, kind in zip(answers, edge.all_logged(answers), ("json", "html"), strict=True):
        assert_is_ours(answer, entry, status, kind)


@pytest.mark.parametrize("name", REFUSED_EARLY)
def test_an_error_before_the_accept_header_is_json(edge: Edge, name: str) -> None:
    status, data = REFUSED_EARLY[name]
    answer = edge.send(data)
    assert_is_ours(answer, edge.logged(answer), status, "json")


def test_programs_get_json_and_browsers_a_page(edge: Edge) -> None:
    answers = [
        edge.get("/static/nope", headers=[] if accept is None else [("Accept", accept)]) for accept, _ in ACCEPTS
    ]
    for answer, entry, (_, kind) in zip(answers, edge.all_logged(answers), ACCEPTS, strict=True):
        assert_is_ours(answer, entry, 404, kind)


def test_head_has_the_status_and_no_body(edge: Edge) -> None:
    data = edge.exchange(request("HEAD", "/static/nope"))
    assert (parse(data, "HEAD").status, data.endswith(b"\r\n\r\n"), data.count(b"\r\n\r\n")) == (404, True, 1)


@pytest.mark.parametrize("host", ["localhost", "uwsgi.localhost", "gunicorn.localhost", "daphne.localhost"])
def test_pinned_hosts_have_the_same_bodies(edge: Edge, setting: Callable[[str], str], host: str) -> None:
    too_long = [("Content-Length", str(bytes_of(setting("UPLOAD_LIMIT")) + 1))]
    answers = [
        edge.get("/static/nope", host),
        edge.ask("POST", "/static/staticfiles.json", host),
        edge.ask("POST", "/", host, too_long),
    ]
    for answer, entry, status in zip(answers, edge.all_logged(answers), (404, 405, 413), strict=True):
        assert_is_ours(answer, entry, status, "json")


@pytest.mark.parametrize("page", ["error.html", "error.json"])
def test_client_input_is_not_included_in_the_page(edge: Edge, stack: Stack, page: str) -> None:
    evil = "<script>alert(1)</script>"
    accept = "text/html" if page == "error.html" else "application/json"
    answer = edge.get(
        f"/static/nope{evil}?{evil}", headers=[("Accept", accept), ("X-Request-ID", evil), ("Referer", evil)]
    )
    assert (answer.status, b"script" in answer.body) == (404, False)
