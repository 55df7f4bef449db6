"""The same request gets the same answer on all three gateways, except for the differences in support/compare.py."""

from dataclasses import dataclass, field

import pytest

from tests.support.compare import comparable
from tests.support.stack import ASGI_GATEWAYS, GATEWAYS
from tests.support.wire import (
    Answer,
    Edge,
    Headers,
    chunked,
    parse,
    receive_all,
    request,
)

JSON = ("Content-Type", "application/json")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
MULTIPART = ("Content-Type", "multipart/form-data; boundary=x")
MIB = 1 << 20
CHUNKED = ("Transfer-Encoding", "chunked")
NO_FILE = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
LARGE = b'{"no_such_field": "%b"}' % (b"x" * MIB)
# More than Django's DATA_UPLOAD_MAX_MEMORY_SIZE, 2.5 MiB, and less than nginx's BODY_LIMIT, 3 MiB.
TOO_LARGE = b"x" * (11 * MIB // 4)


@dataclass(frozen=True)
class Case:
    name: str
    method: str
    path: str
    status: int
    headers: Headers = ()
    body: bytes | None = None
    version: str = "1.1"
    raw_body: bytes = field(default=b"", repr=False)  # sent as it is, without a length

    def send(self, edge: Edge, gateway: str) -> Answer:
        data = request(
            self.method, f"/gateways/{gateway}{self.path}", "localhost", self.headers, self.body, self.version
        )
        return parse(edge.exchange(data + self.raw_body), self.method)


CASES = [
    Case("page", "GET", "/", 200),
    Case("list", "GET", "/students/?page=1&size=5", 200),
    Case("asynchronous list", "GET", "/async/students/", 200),
    Case("bad parameter", "GET", "/students/?page=x", 400),
    Case("bad parameter of a view that waits", "GET", "/hello/async/?seconds=x", 400),
    Case("no such object", "GET", "/students/99999999/", 404),
    Case("number too large for the database", "GET", "/async/students/" + "9" * 30 + "/", 404),
    Case("no such page", "GET", "/nope/", 404, [("Accept", "text/html")]),
    Case("no such page, in JSON", "GET", "/nope/", 404, [("Accept", "application/json")]),
    Case("slash appended", "GET", "/students", 301),
    Case("slash appended, with a query string", "GET", "/gateway?a=%20b&q=%C3%BC&c=%2F&d", 301),
    Case("login needed", "GET", "/admin/students/student/?q=1", 302),
    Case("login page and its cookie", "GET", "/admin/login/?next=/admin/", 200),
    Case("form and its cookie", "GET", "/upload/", 200),
    Case("alive", "GET", "/livez", 200),
    Case("ready", "GET", "/readyz", 200),
    Case("options", "OPTIONS", "/students/", 200),
    Case("options of an asynchronous class", "OPTIONS", "/async/students/", 200),
    Case("method not allowed", "PUT", "/students/", 405),
    Case("method not allowed by an asynchronous class", "PATCH", "/async/students/", 405),
    Case("delete with a body", "DELETE", "/students/", 405, [JSON], b"{}"),
    Case("webdav", "PROPFIND", "/students/", 405),
    Case("get with a body", "GET", "/students/", 200, [JSON], b"hello"),
    Case("post without a body", "POST", "/students/", 400, [JSON]),
    Case("post of nothing", "POST", "/students/", 400, [JSON], b""),
    Case("post of no JSON", "POST", "/async/students/", 400, [JSON], b"{"),
    Case("bad field", "POST", "/async/students/", 400, [JSON], b'{"name": "", "age": "old", "sex": "male"}'),
    Case("1 MiB of JSON", "POST", "/students/", 400, [JSON], LARGE),
    Case("1 MiB of JSON in chunks", "POST", "/async/students/", 400, [JSON, CHUNKED], raw_body=chunked(LARGE)),
    Case("nothing in chunks", "POST", "/students/", 400, [JSON, CHUNKED], raw_body=chunked(b"")),
    Case("more than a view may keep in memory", "POST", "/students/", 400, [JSON], TOO_LARGE),
    Case("csrf: no token", "POST", "/admin/login/", 403, [FORM], b"username=x&password=y"),
    Case("csrf: another site", "POST", "/admin/login/", 403, [FORM, ("Origin", "http://evil.example")], b"a=b"),
    Case("invalid form", "POST", "/upload/", 400, [MULTIPART], b"nonsense"),
    Case("form without its boundary", "POST", "/upload/", 400, [("Content-Type", "multipart/form-data")], b"--x--\r\n"),
    Case("form without a file", "POST", "/upload/", 400, [MULTIPART], NO_FILE),
    Case("empty form", "POST", "/upload/", 400, [MULTIPART], b"--x--\r\n"),
    Case("8 kB cookie", "GET", "/students/", 200, [("Cookie", "a=" + "x" * 8192)]),
    Case("90 headers", "GET", "/students/", 200, [(f"X-Header-{number}", "x" * 100) for number in range(90)]),
    Case("the same header twice", "GET", "/nope/", 404, [("Accept", "application/json"), ("Accept", "text/csv")]),
    Case("empty and padded headers", "GET", "/students/", 200, [("X-Empty", ""), ("X-Padded", "  x\t")]),
    Case("bytes in a header", "GET", "/students/", 200, [("X-Bytes", "\xc3\xbc\xff")]),
    Case("escaped unicode", "GET", "/admin/%C3%BC%E2%82%AC/%F0%9F%8E%A9/?q=%F0%9F%8E%A9", 302),
    Case("escaped slash", "GET", "/admin/a%2Fb", 302),
    Case("escaped delimiters", "GET", "/admin/a%3Fb%23c%25%3B%26%3D%2B", 302),
    Case("delimiters", "GET", "/admin/a;b=c,d+e&f@g:h!$'()*~", 302),
    Case("slashes", "GET", "//students//", 200),
    Case("dots", "GET", "/x/.././students/", 200),
    Case("if-none-match", "GET", "/students/", 200, [("If-None-Match", '"x"')]),
    Case("if-modified-since", "GET", "/", 200, [("If-Modified-Since", "Sat, 01 Jan 2022 00:00:00 GMT")]),
    Case("range", "GET", "/students/", 200, [("Range", "bytes=0-3")]),
    Case("gzip accepted", "GET", "/", 200, [("Accept-Encoding", "gzip, br")]),
    Case("http/1.0", "GET", "/students/", 200, (), None, "1.0"),
    Case("post in http/1.0", "POST", "/students/", 400, [JSON], b"{}", "1.0"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_gateway_gives_the_same_answer(edge: Edge, case: Case) -> None:
    uwsgi, *others = (case.send(edge, gateway) for gateway in GATEWAYS)
    assert uwsgi.status == case.status
    for answer in others:
        assert comparable(answer) == comparable(uwsgi)


@pytest.mark.parametrize("view", ["sync", "async", "class"])
def test_a_greeting_differs_by_the_gateways_name_alone(edge: Edge, view: str) -> None:
    for gateway in GATEWAYS:
        greeting = edge.get(f"/gateways/{gateway}/hello/{view}/?seconds=0.01").json()
        assert greeting == {"hello": view, "gateway": gateway, "seconds": 0.01}


PATHS = ["/", "/students/", "/async/students/", "/nope/", "/students", "/admin/", "/admin/login/", "/upload/", "/livez"]


@pytest.mark.parametrize("path", PATHS)
def test_head_has_the_headers_of_get_and_no_body(edge: Edge, gateway: str, path: str) -> None:
    path = f"/gateways/{gateway}{path}"
    head = edge.exchange(request("HEAD", path))
    assert head.endswith(b"\r\n\r\n")
    assert head.count(b"\r\n\r\n") == 1
    _, headers, _ = comparable(parse(head, "HEAD"))
    status, expected, _ = comparable(edge.get(path))
    # An answer without a body does not say how a body is encoded.
    assert headers == [header for header in expected if header[0] != "transfer-encoding"]
    assert parse(head, "HEAD").status == status


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [("PUT", "/students/", [JSON], 405), ("POST", "/gateway/", [JSON], 403), ("POST", "/nope/", [FORM], 404)],
)
def test_an_unread_body_is_not_an_error(edge: Edge, method: str, path: str, headers: Headers, status: int) -> None:
    """If a server answers and closes while its proxy still sends, the result is sometimes a 502: so several times."""
    for gateway in GATEWAYS:
        data = request(method, f"/gateways/{gateway}{path}", "localhost", headers, b"x" * (2 * MIB))
        answers = [parse(edge.exchange(data)) for _ in range(8)]
        assert [answer.status for answer in answers] == [status] * 8, gateway
        assert comparable(answers[0]) == comparable(parse(edge.exchange(data.replace(gateway.encode(), b"uwsgi", 1))))


def test_the_connection_is_usable_after_an_unread_body(edge: Edge, gateway: str) -> None:
    refused = f"PUT /gateways/{gateway}/students/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {MIB}\r\n\r\n".encode()
    data = edge.exchange(refused + b"x" * MIB + request("GET", f"/gateways/{gateway}/livez"))
    first, _, second = data.partition(b"HTTP/1.1 200 ")
    assert parse(first).status == 405
    assert second.endswith(b'{"status": "alive"}')


def test_expect_100_continue_gets_100(edge: Edge, gateway: str) -> None:
    head = request(
        "POST", f"/gateways/{gateway}/students/", headers=[JSON, ("Expect", "100-continue"), ("Content-Length", "2")]
    )
    with edge.connect() as connection:
        connection.sendall(head)
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        answer = parse(receive_all(connection))
    assert (answer.status, set(answer.json()["errors"])) == (400, {"name", "age", "sex"})


def test_pipelined_requests_get_responses_in_order(edge: Edge, gateway: str) -> None:
    one = f"GET /gateways/{gateway}/students/?page={{}} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    pipeline = "".join(one.format(number) for number in (1, 2, 3)).encode()
    data = edge.exchange(pipeline + request("GET", f"/gateways/{gateway}/nope/"))
    assert [data.count(b'{"page": %d,' % number) for number in (1, 2, 3)] == [1, 1, 1]
    assert data.count(b"HTTP/1.1 200 OK") == 3
    assert data.count(b"HTTP/1.1 404 Not Found") == 1


def test_named_difference_gunicorn_rejects_unknown_methods(edge: Edge) -> None:
    """httptools knows the registered methods (PROPFIND, above). The other gateways pass any method to Django: 405."""
    statuses = {gateway: edge.ask("FROB", f"/gateways/{gateway}/students/").status for gateway in GATEWAYS}
    assert statuses == {"uwsgi": 405, "gunicorn": 400, "daphne": 405}


def test_named_difference_gunicorn_rejects_control_characters_in_headers(edge: Edge) -> None:
    headers = [("X-Control", "a\x01b")]
    statuses = {gateway: edge.get(f"/gateways/{gateway}/livez", headers=headers).status for gateway in GATEWAYS}
    assert statuses == {"uwsgi": 200, "gunicorn": 400, "daphne": 200}


def test_named_difference_a_path_that_is_not_utf_8(edge: Edge) -> None:
    """WSGI keeps the bytes. ASGI's path is text, in which they have become U+FFFD."""
    told = {gateway: edge.get(f"/gateways/{gateway}/admin/%FF/").one("Location") for gateway in GATEWAYS}
    assert told.pop("uwsgi").endswith("next=/admin/%2525FF/")
    assert told == dict.fromkeys(ASGI_GATEWAYS, "/admin/login/?next=/admin/%25EF%25BF%25BD/")
