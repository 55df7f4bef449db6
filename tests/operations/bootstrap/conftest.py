"""Clones to break, and stubs that replace programs."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.clone import Clone, sweep
from tests.support.stack import wait_until


@pytest.fixture(scope="package")
def project() -> Iterator[str]:
    """The project of clones that should start nothing. It is removed at the end, in case one did."""
    yield (name := f"{os.environ['COMPOSE_PROJECT_NAME']}-clone")
    sweep(name)


@pytest.fixture
def clone(project: str) -> Iterator[Clone]:
    """A clone with secrets, never started."""
    yield (made := Clone.of_the_repository("clone", project))
    made.remove_files()


@pytest.fixture
def fresh() -> Iterator[Clone]:
    """The same with its own project, for tests that start something."""
    yield (made := Clone.of_the_repository("fresh", f"{os.environ['COMPOSE_PROJECT_NAME']}-fresh"))
    made.remove()


@pytest.fixture(scope="package")
def running() -> Iterator[Clone]:
    """A clone whose stack is running. A test must not recreate a container: see `unharmed`."""
    # The name ends in -test: in a clone without this suffix in its name, `make test` would use the same project.
    made = Clone.of_the_repository("running", f"{os.environ['COMPOSE_PROJECT_NAME']}-running-test")
    made.give_postgres_a_disk_of("128m")  # small enough to be filled
    first = made.make("up")
    assert first.returncode == 0, first.stdout + first.stderr
    yield made
    made.remove()


@pytest.fixture
def unharmed(running: Clone) -> Iterator[Clone]:
    """The running clone. After the test it must have the same containers and answer. A test's edits are reverted."""
    containers = running.owned("container")
    assert containers
    edited = (running.env, running.path / "apps" / "requirements.txt")
    before = [file.read_text() for file in edited]
    yield running
    for file, content in zip(edited, before, strict=True):
        file.write_text(content)
    # After an interrupt, `compose run` removes its container a moment later.
    wait_until(lambda: running.owned("container") == containers, message="the containers are others")
    assert httpx.get(f"{running.url()}/hello/sync/", headers={"Host": "localhost"}).status_code == 200


@pytest.fixture
def stub(tmp_path: Path) -> Callable[..., str]:
    """stub("docker", "exit 1"): creates a program that records its calls; returns the PATH that finds it."""
    (tmp_path / "bin").mkdir()

    def write(name: str, script: str = "exit 0") -> str:
        file = tmp_path / "bin" / name
        file.write_text(f'#!/bin/bash\necho "{name} $*" >> {tmp_path}/calls\n{script}\n')
        file.chmod(0o755)
        return f"{tmp_path}/bin:{os.environ['PATH']}"

    return write


@pytest.fixture
def calls(tmp_path: Path) -> Callable[[], list[str]]:
    """The calls of the stubs, in order."""
    return lambda: (tmp_path / "calls").read_text().splitlines()
