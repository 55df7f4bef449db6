"""Another nginx and other gateways of the same images, whose project answers with what it received (echo.py)."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.beside import beside
from tests.support.stack import ROOT, Stack, run, wait_until
from tests.support.wire import Edge

# Views below this path do not read the request's body. All other views do.
UNREAD = "/unread"


@dataclass(frozen=True)
class Echo(Edge):
    stack: Stack

    def seen(self, gateway: str) -> list[tuple[str, str]]:
        """Method and path of every request that the gateway has passed to the project so far, in order."""
        mark = f"/seen/{secrets.token_hex(8)}"
        assert self.get(f"/gateways/{gateway}{mark}").status == 200
        container = self.stack.container(gateway)

        # The log is in order: once it has the mark, it has every earlier request.
        def notes() -> list[tuple[str, str]]:
            lines = run("docker", "logs", container).stderr.splitlines()
            noted = [tuple(json.loads(line[4:])) for line in lines if line.startswith("saw ")]
            return noted if ("GET", mark) in noted else []

        return wait_until(notes, 10, f"{mark} in the log of {gateway}")


@contextmanager
def echo_stack(stack: Stack) -> Iterator[Echo]:
    """The images and settings of `stack`, without database and cache. Docker's client is configured with a proxy."""
    environment = {
        "DOCKER_CONFIG": str(ROOT / "tests/support/echo/docker"),
        "DJANGO_SETTINGS_MODULE": "echo",
        "WSGI_APPLICATION": "echo:wsgi",
        "ASGI_APPLICATION": "echo:asgi",
    }
    with beside(stack, "echo", "tests/support/echo/compose.yaml", **environment) as other:
        yield Echo(("127.0.0.1", other.port()), other.container("nginx"), other)
