"""A client that accepts gzip gets the file compressed at build time. Any other client gets the plain file."""

import gzip

import pytest

from tests.support.stack import Stack
from tests.support.wire import Edge

TAKES_GZIP = ["gzip", "gzip, deflate, br, zstd", "br;q=1.0, gzip;q=0.8", "GZIP"]
TAKES_NONE = [None, "", "identity", "br, deflate", "gzip;q=0", "gzip; q=0.0", "xgzip"]


def accept(encoding: str | None) -> list[tuple[str, str]]:
    return [] if encoding is None else [("Accept-Encoding", encoding)]


@pytest.mark.parametrize("encoding", TAKES_GZIP)
def test_a_client_that_accepts_gzip_gets_gzip(edge: Edge, files: list[str], encoding: str) -> None:
    for path in files:
        packed, plain = edge.get(path, headers=accept(encoding)), edge.get(path)
        if packed.all("Content-Encoding"):
            assert packed.one("Content-Encoding") == "gzip"
            assert gzip.decompress(packed.body) == plain.body
            assert len(packed.body) < len(plain.body)
            assert packed.one("Content-Type") == plain.one("Content-Type")
        else:
            # A file that fits into one packet is not compressed.
            assert len(plain.body) <= 256, path


@pytest.mark.parametrize("encoding", TAKES_NONE)
def test_a_client_without_gzip_gets_the_file(edge: Edge, stylesheet: str, encoding: str | None) -> None:
    answer = edge.get(stylesheet, headers=accept(encoding))
    assert (answer.status, answer.all("Content-Encoding")) == (200, [])
    assert b"{" in answer.body


def test_files_are_compressed_at_build_and_not_for_each_request(stack: Stack, edge: Edge, stylesheet: str) -> None:
    """gzip -9 of the whole file: the answer has a length, and the same bytes as the .gz file on disk."""
    answer = edge.get(stylesheet, headers=accept("gzip"))
    on_disk = stack.inside("nginx").file(f"/etc/nginx{stylesheet}.gz")
    assert answer.one("Content-Length") == str(on_disk.size) == str(len(answer.body))
    # Byte 8 of a gzip file is the compression effort: 2 is the highest.
    assert answer.body[8] == 2
    assert edge.get(f"{stylesheet}.gz").body == answer.body


def test_caches_get_vary_accept_encoding(edge: Edge, stylesheet: str) -> None:
    plain, packed = edge.get(stylesheet), edge.get(stylesheet, headers=accept("gzip"))
    assert plain.one("Vary") == packed.one("Vary") == "Accept-Encoding"
    # With one tag for both, a cache would complete one version with a range of the other.
    assert plain.one("ETag") != packed.one("ETag")


def test_responses_of_gateways_are_never_compressed(edge: Edge, gateway: str) -> None:
    """If a page with a secret also repeats its input, its compressed length reveals the secret (BREACH)."""
    answer = edge.get(f"/gateways/{gateway}/admin/login/", headers=accept("gzip, br"))
    assert (answer.status, answer.all("Content-Encoding")) == (200, [])
