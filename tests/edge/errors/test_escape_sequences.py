"""No log of nginx contains a byte that a terminal takes for a command, wherever a client sends one."""

import re
from collections.abc import Iterator

import pytest

from tests.support.stack import Stack, run, wait_until
from tests.support.variant import variant
from tests.support.wire import Edge, Headers

# A colour, a bell, a delete, and ESC [ as one C1 character in UTF-8.
SEQUENCES = ["\x1b[31m", "\x07", "\x7f", "\xc2\x9b31m"]
CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")
# Over the limit: the error log gets a line with the request line, host and Referer.
TOO_LARGE = ("Content-Length", "999999999999")


@pytest.fixture(scope="module")
def edge(stack: Stack) -> Iterator[Edge]:
    with variant(stack) as edge:
        yield edge


def places(sequence: str) -> list[tuple[str, str | None, Headers]]:
    """Path, host and headers of requests that each have the sequence in one place."""
    hosts = ["localhost", "nobody.example"]
    return [
        *(("/x", host, [TOO_LARGE, ("Referer", f"http://{sequence}x/")]) for host in hosts),
        *((f"/x{sequence}", host, [TOO_LARGE]) for host in hosts),
        *((f"/static/{sequence}?{sequence}", host, []) for host in hosts),
        ("/%1B[31m%C2%9B31m", "localhost", [TOO_LARGE]),
        ("/static/%1B[31m%C2%9B31m", "localhost", []),
        ("/x", f"local{sequence}host", [TOO_LARGE]),
        ("/x", "localhost", [TOO_LARGE, ("User-Agent", sequence)]),
        ("/x", "localhost", [TOO_LARGE, (f"X-{sequence}", sequence)]),
        ("/x", "localhost", [TOO_LARGE, ("Cookie", sequence)]),
        ("/x", "localhost", [("Content-Length", sequence)]),
        ("/x", "localhost", [("Upgrade", f"websocket{sequence}"), ("Connection", "upgrade")]),
    ]


def logs(edge: Edge) -> bytes:
    log = run("docker", "logs", edge.container)
    return (log.stdout + log.stderr).encode()


@pytest.mark.parametrize("sequence", SEQUENCES, ids=repr)
def test_no_sequence_gets_into_a_log(edge: Edge, sequence: str) -> None:
    for number, (path, host, headers) in enumerate(places(sequence)):
        answer = edge.ask("POST" if headers else "GET", path, host, headers)
        assert 400 <= answer.status < 500, (number, answer)
    # A last request: if both logs have it, they have all earlier ones.
    assert edge.ask("POST", f"/end-{len(sequence)}", headers=[TOO_LARGE]).status == 413
    end = f"/end-{len(sequence)}".encode()
    text = wait_until(lambda: (text := logs(edge)).count(end) >= 2 and text, 10, "the last request in both logs")
    assert [line for line in text.splitlines() if CONTROL.search(line)] == []


def test_allowed_bytes_are_not_rejected(edge: Edge) -> None:
    """A tab, letters of other languages, and an encoded ESC, which is harmless in a log."""
    for path, referer in (("/livez?%1B", "http://x/"), ("/livez?\xc3\x80", "http://\xc3\x80\xc3\xa9/\t")):
        assert edge.get(path, headers=[("Referer", referer)]).status == 200
