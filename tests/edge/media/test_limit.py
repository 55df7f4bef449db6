"""UPLOAD_LIMIT: a larger body gets 413 before it is read to its end, and no gateway gets the request."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.stack import Stack
from tests.support.uploads import FORM, Volume, form
from tests.support.variant import variant
from tests.support.wire import Edge, bytes_of, chunked, parse, request

SMALL = 64 * 1024


@pytest.fixture(scope="module")
def small(stack: Stack) -> Iterator[Edge]:
    """nginx with a limit of 64 KiB."""
    with variant(stack, UPLOAD_LIMIT="64k") as edge:
        yield edge


def first_answer(edge: Edge, data: bytes) -> bytes:
    """nginx's first bytes, before either side closes."""
    with edge.connect(timeout=10) as connection:
        connection.sendall(data)
        return connection.recv(65536)


@pytest.mark.parametrize("path", ["/upload/", "/async/students/", "/gateways/daphne/upload/", "/ws/"])
@pytest.mark.parametrize("more", [1, 10**9, 10**15])
def test_a_body_that_is_too_large_is_rejected_before_it_is_sent(
    edge: Edge, setting: Callable[[str], str], path: str, more: int
) -> None:
    length = bytes_of(setting("UPLOAD_LIMIT")) + more
    started = time.monotonic()
    answer = first_answer(edge, request("POST", path, headers=[FORM, ("Content-Length", str(length))]))
    assert answer.startswith(b"HTTP/1.1 413 ")
    # nginx did not wait for client_body_timeout, 20 s.
    assert time.monotonic() - started < 10
    assert edge.logged(parse(answer))["upstream_addr"] == ""


@pytest.mark.parametrize(
    ("accept", "kind"),
    [("application/json", "application/json"), ("text/html,*/*;q=0.8", "text/html"), (None, "application/json")],
)
def test_the_error_has_the_format_that_the_client_accepts(small: Edge, accept: str | None, kind: str) -> None:
    headers = [FORM] + ([("Accept", accept)] if accept else [])
    answer = small.ask("POST", "/upload/", headers=headers, body=b"x" * (SMALL + 1))
    assert (answer.status, answer.one("Content-Type").split(";")[0]) == (413, kind)
    assert answer.one("X-Request-ID") in answer.body.decode()
    assert b"larger than this site allows" in answer.body


def test_expect_100_continue_over_the_limit_gets_the_error_at_once(small: Edge) -> None:
    head = [FORM, ("Expect", "100-continue"), ("Content-Length", str(SMALL + 1))]
    assert first_answer(small, request("POST", "/upload/", headers=head)).startswith(b"HTTP/1.1 413 ")


def test_the_limit_is_allowed_and_one_byte_more_is_not(small: Edge, volume: Volume, gateway: str) -> None:
    room = SMALL - len(form("limit.bin", b""))
    stored = volume.upload(small, gateway, "limit.bin", b"x" * room)
    assert stored["size"] == room
    answer = small.ask(
        "POST", f"/gateways/{gateway}/upload/", headers=[FORM], body=form("limit.bin", b"x" * (room + 1))
    )
    assert answer.status == 413


def test_a_body_without_content_length_is_rejected_at_the_limit(small: Edge, volume: Volume, gateway: str) -> None:
    before = volume.files()
    head = request("POST", f"/gateways/{gateway}/upload/", headers=[FORM, ("Transfer-Encoding", "chunked")])
    answer = small.send(head + chunked(form("chunked.bin", b"x" * 2 * SMALL)))
    assert (answer.status, small.logged(answer)["upstream_addr"]) == (413, "")
    assert volume.files() == before
