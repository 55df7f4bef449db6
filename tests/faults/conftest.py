"""A stack of their own for the faults, the long and the short form, and the table of figures at the end."""

import os
import random
import socket
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.faults.figures import Figures
from tests.faults.kill import Killer, killer
from tests.faults.stuck.provoke import Fault, provoked
from tests.support.stack import ROOT, Stack, run

# make test-faults sets it; make test runs the short form.
IS_FULL = os.environ.get("FAULTS") == "full"

# Seconds for one test: a fault takes as long as it takes.
LONGEST = 1800 if IS_FULL else 300

FIGURES = pytest.StashKey[Figures]()


def repeat(short: int, full: int) -> int:
    """How many times: in the short form, in the full one."""
    return full if IS_FULL else short


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses, below those that the kernel hands out by itself."""
    while True:
        port = random.randint(20000, 32000)  # noqa: S311  # no secret
        with socket.socket() as candidate:
            if candidate.connect_ex(("127.0.0.1", port)):
                return port


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    """Another stack than the other tests': those want one in which no container was ever restarted."""
    project = f"{os.environ['COMPOSE_PROJECT_NAME']}-faults"
    kept = Stack(project, {})
    # A fixed one: with port 0, nginx would come back at another port each time that it is killed.
    port = kept.port() if kept.containers("nginx") else free_port()
    stack = Stack(project, {"HTTP_BIND": f"127.0.0.1:{port}"})
    environment = {**os.environ, **stack.environment, "COMPOSE_PROJECT_NAME": project}
    run("bootstrap/up", cwd=ROOT, env=environment, timeout=300)
    yield stack
    if os.environ.get("KEEP") != "1":
        stack.compose("down", "--volumes", "--timeout", "0")


@pytest.fixture(scope="package", autouse=True)
def stuck(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Future[Fault] | None]:
    """For test_stuck.py, from the first test on: it is a long wait, and costs the others nothing."""
    if any(item.path.name == "test_stuck.py" for item in request.session.items):
        with provoked(stack.project) as fault:
            yield fault
    else:
        yield None


@pytest.fixture(scope="session")
def kill9() -> Iterator[Killer]:
    """kill9.kill(pid), by the host's number of the process."""
    with killer() as found:
        yield found


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    """figures.add("a fault", traffic["uwsgi"], ...): a row of the table at the end."""
    return pytestconfig.stash.setdefault(FIGURES, Figures())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(LONGEST))


def pytest_terminal_summary(config: pytest.Config) -> None:
    figures = config.stash.get(FIGURES, None)
    if figures and figures.rows:
        figures.write()
        figures.print()
