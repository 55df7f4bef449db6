"""The volume of uploads is full: the client gets an error, no partial file stays, and the gateways keep serving."""

from collections.abc import Iterator

import pytest

from tests.support.stack import GATEWAYS, Stack
from tests.support.uploads import Volume, send
from tests.support.wire import Edge

MIB = 1 << 20


@pytest.fixture(scope="module")
def stack(stack: Stack) -> Iterator[Stack]:
    """Other gateways without database and cache, with 8 MiB for uploads."""
    environment = {"TESTED": stack.project, "HTTP_BIND": "127.0.0.1:0"}
    other = Stack(f"{stack.project}-full", environment, ("compose.yaml", "tests/edge/media/full.yaml"))
    up = ("up", "--detach", "--wait", "--no-build", "--no-deps")
    try:
        other.compose(*up, "keeper")
        other.compose(*up, "nginx", *GATEWAYS)
        yield other
    finally:
        other.compose("down", "--volumes", "--timeout", "0")


@pytest.fixture(scope="module")
def volume(stack: Stack) -> Volume:
    return Volume(stack.container("uwsgi"))


def test_a_file_that_does_not_fit_gets_507_and_leaves_no_file(edge: Edge, volume: Volume, gateway: str) -> None:
    """The body of 6 MiB fits once, while it is read, but not a second time as a file."""
    answer = send(edge, gateway, "large.bin", b"x" * 6 * MIB)
    assert (answer.status, answer.json()["errors"]) == (507, {"file": ["There is not enough space for this file."]})
    assert volume.files() == set()


def test_a_browser_gets_the_error_in_its_page(edge: Edge, volume: Volume, gateway: str) -> None:
    answer = send(edge, gateway, "large.bin", b"x" * 6 * MIB, ("Accept", "text/html"))
    assert (answer.status, b"There is not enough space for this file." in answer.body) == (507, True)
    assert volume.files() == set()


def test_a_body_larger_than_the_volume_is_rejected_and_leaves_no_file(edge: Edge, volume: Volume, gateway: str) -> None:
    """uWSGI and Daphne write a body to a file before they call the project. If there is no room, they close the
    connection. nginx cannot know whether the request was processed: 503."""
    answer = send(edge, gateway, "large.bin", b"x" * 12 * MIB)
    assert answer.status in (503, 507)
    assert volume.files() == set()


def test_uploads_work_again_after_space_is_freed(edge: Edge, volume: Volume, gateway: str) -> None:
    volume.shell("head -c 8000000 /dev/zero > media/ballast")
    refused = send(edge, gateway, "small.bin", b"x" * MIB)
    volume.shell("rm media/ballast")
    accepted = send(edge, gateway, "small.bin", b"x" * MIB)
    assert (refused.status in (503, 507), accepted.status) == (True, 201)
    assert volume.files() == {f"media/{accepted.json()['name']}"}
    volume.shell("rm media/*")
