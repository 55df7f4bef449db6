"""Another stack of the tested stack's images, with its own settings, without database and cache."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.stack import GATEWAYS, Stack


@contextmanager
def beside(stack: Stack, name: str, file: str, **environment: str) -> Iterator[Stack]:
    """`file`: a Compose file of this repository, read after compose.yaml. TESTED names the project of `stack` there."""
    settings = {"TESTED": stack.project, "HTTP_BIND": "127.0.0.1:0", **environment}
    other = Stack(f"{stack.project}-{name}", settings, ("compose.yaml", file))
    try:
        # Created, not started: Docker fills the new volume of uploads from the image when it creates this container.
        other.compose("up", "--no-start", "--no-build", "--no-deps", "migrate")
        other.compose("up", "--detach", "--wait", "--no-build", "--no-deps", "nginx", *GATEWAYS)
        yield other
    finally:
        other.compose("down", "--volumes", "--timeout", "0")
