"""nginx serves only finished uploads of the volume, and cannot write to it."""

from collections.abc import Iterator

import pytest

from tests.support.stack import Stack
from tests.support.uploads import Volume
from tests.support.wire import Edge

HIDDEN = {
    "media/.hidden": "a file that hides",
    "media/.d/file": "a file in a directory that hides",
    "media/seen/.htpasswd": "one that hides in a directory",
    "tmp/unfinished.upload": "an upload that is not finished",
    "beside": "a file beside the uploads",
}
OTHERS = ("media/.d", "media/seen", "media/private", "media/link", "media/tree", "media/up")


@pytest.fixture(scope="module", autouse=True)
def planted(volume: Volume) -> Iterator[None]:
    """Files that should not exist, as a broken or hostile gateway could leave them."""
    secrets = " && ".join(f"echo SECRET > {path}" for path in (*HIDDEN, "media/private"))
    links = "ln -s /etc/passwd media/link && ln -s /etc/nginx media/tree && ln -s ../tmp media/up"
    try:
        volume.shell(f"mkdir -p media/.d media/seen && {secrets} && chmod 600 media/private && {links}")
        volume.shell("echo SEEN > media/seen/file")
        yield
    finally:
        volume.shell(f"rm -rf {' '.join([*HIDDEN, *OTHERS])}")


@pytest.mark.parametrize(
    "path",
    [
        "/media/.hidden",
        "/media/%2ehidden",
        "/media/.d/file",
        "/media/seen/.htpasswd",
        "/media/private",
        "/media/link",
        "/media/tree/nginx.conf",
        "/media/up/unfinished.upload",
        "/tmp/unfinished.upload",  # noqa: S108  # a URL
        "/media/../tmp/unfinished.upload",
        "/media/..%2ftmp/unfinished.upload",
        "/media../tmp/unfinished.upload",
        "/media/%2e%2e/beside",
        "/uploads/beside",
        "/media/tmp/unfinished.upload",
        "/media/",
        "/media/seen",
        "/media/seen/",
    ],
)
@pytest.mark.parametrize("host", ["localhost", "gunicorn.localhost"])
def test_files_outside_media_root_are_not_served(edge: Edge, path: str, host: str) -> None:
    answer = edge.get(path, host)
    assert (answer.status, b"SECRET" in answer.body, b"root:" in answer.body) == (404, False, False)
    # The answer does not reveal whether it exists.
    assert not answer.all("Location")


def test_the_same_file_in_media_root_is_served(edge: Edge) -> None:
    answer = edge.get("/media/seen/file")
    assert (answer.status, answer.body) == (200, b"SEEN\n")


@pytest.mark.parametrize(
    "command", ["touch /srv/uploads/media/x", "rm /srv/uploads/media/seen/file", "touch /srv/uploads/x"]
)
def test_nginx_cannot_write_there(stack: Stack, command: str) -> None:
    result = stack.inside("nginx").run(command)
    assert result.rc != 0
    assert "Read-only file system" in result.stderr
