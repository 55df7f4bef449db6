"""A client that has a file need not fetch it again. A client that has half of it can fetch only the rest."""

import pytest

from tests.support.wire import Answer, Edge, Headers, request

LONG_AGO = "Sat, 01 Jan 2000 00:00:00 GMT"
LATER = "Fri, 01 Jan 2100 00:00:00 GMT"


@pytest.fixture(scope="module")
def whole(edge: Edge, stylesheet: str) -> Answer:
    return edge.get(stylesheet)


def test_an_unchanged_file_is_304_without_a_body(edge: Edge, stylesheet: str, whole: Answer) -> None:
    tag, date = whole.one("ETag"), whole.one("Last-Modified")
    for header in (
        ("If-None-Match", tag),
        ("If-None-Match", f"W/{tag}"),
        ("If-None-Match", f'"other", {tag}'),
        ("If-None-Match", "*"),
        ("If-Modified-Since", date),
    ):
        answer = edge.get(stylesheet, headers=[header])
        assert (answer.status, answer.body) == (304, b""), header
        # Without these headers, the client's copy would lose its tag and its lifetime.
        assert (answer.one("ETag"), answer.one("Cache-Control")) == (tag, whole.one("Cache-Control"))


def test_a_changed_file_is_sent(edge: Edge, stylesheet: str, whole: Answer) -> None:
    for headers in (
        [("If-None-Match", '"other"')],
        [("If-None-Match", whole.one("ETag").strip('"'))],
        [("If-Modified-Since", LONG_AGO)],
        # If there is a tag, it decides: two changes within a second have the same date.
        [("If-None-Match", '"other"'), ("If-Modified-Since", whole.one("Last-Modified"))],
    ):
        answer = edge.get(stylesheet, headers=headers)
        assert (answer.status, answer.body) == (200, whole.body), headers


def test_the_compressed_file_has_its_own_validators(edge: Edge, stylesheet: str, whole: Answer) -> None:
    gzip = ("Accept-Encoding", "gzip")
    packed = edge.get(stylesheet, headers=[gzip])
    assert edge.get(stylesheet, headers=[gzip, ("If-None-Match", packed.one("ETag"))]).status == 304
    assert edge.get(stylesheet, headers=[gzip, ("If-None-Match", whole.one("ETag"))]).status == 200


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [("0-9", 0, 10), ("10-", 10, None), ("-7", -7, None), ("5-5", 5, 6), ("0-999999", 0, None)],
)
def test_a_range_is_206(edge: Edge, stylesheet: str, whole: Answer, wanted: str, start: int, end: int | None) -> None:
    answer = edge.get(stylesheet, headers=[("Range", f"bytes={wanted}")])
    part = whole.body[start:end]
    first = start % len(whole.body)
    assert (answer.status, answer.body) == (206, part)
    assert answer.one("Content-Range") == f"bytes {first}-{first + len(part) - 1}/{len(whole.body)}"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("If-Range", "{tag}")], 206),
        ([("If-Range", '"other"')], 200),
        ([("If-Range", LONG_AGO)], 200),
        ([("If-Unmodified-Since", LONG_AGO)], 412),
        ([("If-Match", '"other"')], 412),
        ([("If-Match", "{tag}")], 206),
        ([("If-Unmodified-Since", LATER)], 206),
    ],
)
def test_a_range_of_another_version_is_not_sent(
    edge: Edge, stylesheet: str, whole: Answer, headers: Headers, status: int
) -> None:
    own = [(name, value.format(tag=whole.one("ETag"))) for name, value in headers]
    assert edge.get(stylesheet, headers=[("Range", "bytes=0-9"), *own]).status == status


def test_a_range_beyond_the_end_is_416_with_one_of_each_header(edge: Edge, stylesheet: str, whole: Answer) -> None:
    answer = edge.get(stylesheet, headers=[("Range", "bytes=999999-")])
    assert (answer.status, answer.one("Content-Range")) == (416, f"bytes */{len(whole.body)}")
    names = [name for name, _ in answer.headers]
    assert sorted(names) == sorted(set(names))


def test_head_has_the_headers_of_get(edge: Edge, stylesheet: str, whole: Answer) -> None:
    data = edge.exchange(request("HEAD", stylesheet))
    assert data.endswith(b"\r\n\r\n")
    for name in ("Content-Length", "ETag", "Cache-Control", "Content-Type", "Vary", "Accept-Ranges"):
        assert f"{name}: {whole.one(name)}".encode() in data


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
def test_a_file_can_only_be_read(edge: Edge, stylesheet: str, method: str) -> None:
    answer = edge.ask(method, stylesheet, body=b"")
    assert (answer.status, answer.one("Allow")) == (405, "GET, HEAD")
