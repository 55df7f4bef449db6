"""A second stack, of the images of the one under test, with settings of its own and without stores."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.stack import GATEWAYS, Stack


@contextmanager
def beside(stack: Stack, name: str, file: str, **environment: str) -> Iterator[Stack]:
    """`file`: a Compose file of this repository, read after compose.yaml; it knows the project of `stack` as TESTED."""
    settings = {"TESTED": stack.project, "HTTP_BIND": "127.0.0.1:0", **environment}
    other = Stack(f"{stack.project}-{name}", settings, ("compose.yaml", file))
    try:
        # Made and not started: it fills the volume of uploads.
        other.compose("up", "--no-start", "--no-build", "--no-deps", "migrate")
        other.compose("up", "--detach", "--wait", "--no-build", "--no-deps", "nginx", *GATEWAYS)
        yield other
    finally:
        other.compose("down", "--volumes", "--timeout", "0")
