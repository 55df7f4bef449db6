"""The three gateways pass the same request to Django, except for the differences in support/compare.py."""

import hashlib
from dataclasses import dataclass

import pytest

from tests.support.compare import META_DIFFERENCES, told
from tests.support.stack import GATEWAYS
from tests.support.wire import Edge, Headers, chunked, request

MIB = 1 << 20


@dataclass(frozen=True)
class Case:
    name: str
    method: str = "GET"
    path: str = "/"
    headers: Headers = ()
    body: bytes | None = None
    version: str = "1.1"


CASES = [
    Case("plain"),
    Case("HTTP/1.0", version="1.0"),
    Case("query string", path="/a/?a=1&a=2&b=%2F%3F%26&c&=d&e=+%20&f=;g"),
    Case("unicode", path="/%C3%BC/%E2%82%AC/%F0%9F%8E%A9?q=%C3%BC%E2%82%AC%F0%9F%8E%A9"),
    Case("query string that is no escape", path="/?q=%&p=%zz&r=%C3"),
    Case("escaped", path="/a%20b%2Fc%3Fd%23e%25f%26g%3Bh%2Bi%5Cj%22k"),
    Case("delimiters", path="/a;b=c,d+e&f@g:h!$'()*~"),
    Case("slashes and dots", path="//a/./b/../c//d/"),
    Case("empty query string", path="/a?"),
    Case("question marks", path="/a??b?c"),
    Case("cookies", headers=[("Cookie", 'a=1; b="2, 3"; c=4=5; d; e=%20')]),
    Case("cookies in two headers", headers=[("Cookie", "a=1"), ("Cookie", "b=2; c=3")]),
    Case("8 kB cookie", headers=[("Cookie", "a=" + "x" * 8192)]),
    Case("a header three times", headers=[("X-A", "1"), ("x-a", "2"), ("X-A", "3")]),
    Case("a list and more", headers=[("Accept", "text/html, */*;q=0.1"), ("Accept", "application/json")]),
    Case("empty header", headers=[("X-Empty", "")]),
    Case("padded header", headers=[("X-Padded", "  a  b \t")]),
    Case("bytes in a header", headers=[("X-Bytes", "\xc3\xbc\xff")]),
    Case("odd names", headers=[("X.Dotted", "1"), ("X_Under", "2"), ("-X", "3"), ("X-9", "4")]),
    Case("authorization", headers=[("Authorization", "Basic YTpi"), ("Proxy-Authorization", "Basic YTpi")]),
    Case("post", "POST", headers=[("Content-Type", "text/plain; charset=x")], body=b"hello"),
    Case("post without a type", "POST", body=b"hello"),
    Case("post of nothing", "POST", headers=[("Content-Type", "text/plain")], body=b""),
    Case("put of bytes", "PUT", headers=[("Content-Type", "application/octet-stream")], body=bytes(range(256)) * 4096),
    Case("get with a body", headers=[("Content-Type", "text/plain")], body=b"hello"),
    Case("delete with a body", "DELETE", headers=[("Content-Type", "text/plain")], body=b"hello"),
    Case(
        "conditional", headers=[("If-None-Match", '"a", W/"b"'), ("If-Modified-Since", "Sat, 01 Jan 2022 00:00:00 GMT")]
    ),
    Case("range", headers=[("Range", "bytes=0-1"), ("If-Range", '"a"')]),
    Case("another connection", headers=[("Keep-Alive", "timeout=5"), ("TE", "trailers"), ("Upgrade", "h2c")]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_django_receives_the_same_request_on_every_gateway(echo: Edge, case: Case) -> None:
    uwsgi, *others = (
        told(echo.ask(case.method, f"/gateways/{name}{case.path}", "localhost", case.headers, case.body, case.version))
        for name in GATEWAYS
    )
    assert uwsgi["method"] == case.method
    for other in others:
        assert other == uwsgi


@pytest.mark.parametrize("host", ["localhost", "localhost:8443", "127.0.0.1:1", "LocalHost", "localhost."])
def test_each_gateway_receives_the_host_of_the_client(echo: Edge, host: str) -> None:
    uwsgi, *others = (told(echo.get(f"/gateways/{name}/a", host)) for name in GATEWAYS)
    # nginx has selected the server by this name: in lower case, without the last dot.
    expected = host.lower().rstrip(".")
    assert (uwsgi["host"], uwsgi["absolute_uri"]) == (expected, f"http://{expected}/a")
    assert others == [uwsgi, uwsgi]


@pytest.mark.parametrize("size", [0, 1, MIB, 3 * MIB])
def test_a_body_arrives_whole(echo: Edge, gateway: str, size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    answer = echo.ask("POST", f"/gateways/{gateway}/", headers=[("Content-Type", "application/x-test")], body=body)
    if size <= 2.5 * MIB:
        assert (answer.json()["length"], answer.json()["sha256"]) == (size, hashlib.sha256(body).hexdigest())
    else:
        assert answer.status == 400  # Django's DATA_UPLOAD_MAX_MEMORY_SIZE


def test_a_body_in_chunks_arrives_as_one_of_known_length(echo: Edge, gateway: str) -> None:
    """WSGI cannot describe a chunked body: an application would see no body."""
    body = b"0123456789" * 50_000
    head = request("POST", f"/gateways/{gateway}/", headers=[("Transfer-Encoding", "chunked")])
    found = echo.send(head + chunked(body)).json()
    assert (found["length"], found["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert found["META"]["CONTENT_LENGTH"] == str(len(body))
    assert "HTTP_TRANSFER_ENCODING" not in found["META"]


def test_hop_by_hop_headers_are_not_passed_on(echo: Edge, gateway: str) -> None:
    names = ("Connection", "Keep-Alive", "TE", "Upgrade", "Expect")
    values = ("close", "timeout=5", "trailers", "h2c", "100-continue")
    meta = echo.get(f"/gateways/{gateway}/", headers=zip(names[1:], values[1:], strict=True)).json()["META"]
    assert not {f"HTTP_{name.upper().replace('-', '_')}" for name in names} & meta.keys()


def test_every_named_difference_exists(echo: Edge) -> None:
    """If a difference has disappeared, remove it from the list."""
    found = [
        echo.ask("POST", f"/gateways/{name}/", headers=[("Content-Type", "a/b")], body=b"x").json()["META"]
        for name in GATEWAYS
    ]
    for name in META_DIFFERENCES:
        assert len({meta.get(name) for meta in found}) > 1, name
