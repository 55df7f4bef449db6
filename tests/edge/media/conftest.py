"""The volume of uploads. A module's own files are removed at its end."""

from collections.abc import Iterator

import pytest

from tests.support.stack import Stack
from tests.support.uploads import Volume


@pytest.fixture(scope="module")
def volume(stack: Stack) -> Iterator[Volume]:
    volume = Volume(stack.container("uwsgi"))
    yield volume
    volume.shell("rm -f " + " ".join(f"media/{name}" for name in volume.made))
