"""The faults' own stack, the timeout of their short and long form, and the table of figures at the end."""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.operations.faults.figures import Figures
from tests.operations.faults.stuck.provoke import Fault, provoked
from tests.support.kill import Killer, killer
from tests.support.long_form import IS_FULL
from tests.support.second import remove_second_stack, second_stack
from tests.support.stack import Stack

# Seconds for one test: a fault takes longer than other tests.
LONGEST = 1800 if IS_FULL else 300

FIGURES = pytest.StashKey[Figures]()


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    """Its own stack: other tests need a stack in which no container was ever restarted."""
    yield second_stack()
    remove_second_stack()


@pytest.fixture(scope="package", autouse=True)
def stuck(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Future[Fault] | None]:
    """The fault of test_stuck.py, started before the first test: it is a long wait, and does not disturb the others."""
    if any(item.path.name == "test_stuck.py" for item in request.session.items):
        with provoked(stack.project) as fault:
            yield fault
    else:
        yield None


@pytest.fixture(scope="session")
def kill9() -> Iterator[Killer]:
    """kill9.kill(pid), with the process's PID on the host."""
    with killer() as found:
        yield found


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> Figures:
    """figures.add("a fault", traffic["uwsgi"], ...): adds a row to the table at the end."""
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
