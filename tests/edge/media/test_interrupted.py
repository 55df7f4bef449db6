"""A client that disconnects during its upload leaves no file."""

import secrets

from tests.support.stack import GATEWAYS, Stack, wait_until
from tests.support.uploads import FORM, Volume, form
from tests.support.wire import Edge, chunked, request


def test_an_interrupted_upload_leaves_no_file(stack: Stack, edge: Edge, volume: Volume) -> None:
    before = volume.files()
    token = f"interrupted-{secrets.token_hex(4)}"
    body = form("half.bin", b"x" * 2_000_000)
    for gateway in GATEWAYS:
        path = f"/gateways/{gateway}/upload/"
        whole = request("POST", path, headers=[FORM, ("User-Agent", token)], body=body)
        parts = request(
            "POST", path, headers=[FORM, ("User-Agent", token), ("Transfer-Encoding", "chunked")]
        ) + chunked(body)
        # With a length, chunked, and chunked without the last byte.
        for data in (whole[: len(whole) // 2], parts[: len(parts) // 2], parts[:-1]):
            with edge.connect() as connection:
                connection.sendall(data)

    def ended() -> bool:
        return len([line for line in edge.log("--tail", "100") if token in line]) == 3 * len(GATEWAYS)

    wait_until(ended, 10, "nginx to notice that the clients are gone")
    assert volume.files() == before
    # nginx keeps nothing of the first half either.
    assert stack.inside("nginx").check_output("find /var/cache/nginx -type f") == ""


def test_the_same_upload_succeeds_when_complete(edge: Edge, volume: Volume, gateway: str) -> None:
    """The same form, uninterrupted, succeeds: the interruption is the reason, not the form."""
    assert volume.upload(edge, gateway, "whole.bin", b"x" * 2_000_000)["size"] == 2_000_000
