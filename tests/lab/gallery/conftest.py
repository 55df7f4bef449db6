"""The gallery, started once beside the stack under test, as `make gallery` does."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.lab.gallery.table import SERVERS, Server
from tests.support.stack import ROOT, Stack, run

FILES = ("compose.yaml", "lab/compose.gallery.yaml")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test may build the gallery's image, which takes minutes on a machine without its layers."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(900))


def script(action: str) -> str:
    """`make gallery` or `make gallery-down`. COMPOSE_FILE comes from the environment, so .env does not change."""
    environment = {**os.environ, "COMPOSE_FILE": ":".join(FILES)}
    return run("bin/gallery", action, cwd=ROOT, env=environment, timeout=800).stdout


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    """The stack under test with the gallery. It is removed afterwards, because it would slow the tests that follow."""
    script("up")
    yield Stack(os.environ["COMPOSE_PROJECT_NAME"], {}, FILES)
    if os.environ.get("KEEP") != "1":
        script("down")
        # Recreate nginx: its cache contains the files of these reloads, and other tests look there for leftovers.
        plain = Stack(os.environ["COMPOSE_PROJECT_NAME"], {})
        plain.compose("up", "--detach", "--wait", "--no-deps", "--force-recreate", "nginx")


@pytest.fixture(params=SERVERS, ids=str)
def server(request: pytest.FixtureRequest) -> Server:
    """Each server of the gallery, in turn."""
    return request.param


@pytest.fixture
def ask(stack: Stack, server: Server) -> Iterator[httpx.Client]:
    """A client of the server's own host."""
    with httpx.Client(base_url=stack.url(), headers={"Host": f"{server.name}.localhost"}, timeout=60) as client:
        yield client
