"""What every test can ask for, and what every failure tells."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.support.echo import Echo, echo_stack
from tests.support.stack import ASGI_GATEWAYS, GATEWAYS, Stack, settings

# Whether a failure of this run has shown it already: it is the same for all, and 600 lines.
SHOWN = pytest.StashKey[bool]()
# What nginx reads, without comments and empty lines.
CONFIGURATION = "cd /tmp/nginx/live && nginx -T -q -p ./ -c nginx.conf | sed '/^ *#/d; /^$/d'"


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The stack that tests/run has brought up."""
    return Stack(os.environ["COMPOSE_PROJECT_NAME"], {})


@pytest.fixture(scope="session")
def echo(stack: Stack) -> Iterator[Echo]:
    """A second stack, of the same images, whose project answers with what it was told: tests/support/echo."""
    with echo_stack(stack) as echo:
        yield echo


@pytest.fixture(scope="session")
def setting() -> Callable[[str], str]:
    """setting("UWSGI_PROCESSES"): the value in force, the one place of each fact."""
    return settings().__getitem__


@pytest.fixture
def http(stack: Stack) -> Iterator[httpx.Client]:
    """A client of the published port: http.get("/gateway/"); another host by headers={"Host": "daphne.localhost"}."""
    with httpx.Client(base_url=stack.url(), headers={"Host": "localhost"}, timeout=30) as client:
        yield client


@pytest.fixture(params=GATEWAYS)
def gateway(request: pytest.FixtureRequest) -> str:
    """Each gateway in turn."""
    return request.param


@pytest.fixture(params=ASGI_GATEWAYS)
def asgi_gateway(request: pytest.FixtureRequest) -> str:
    """Each gateway that speaks WebSocket, in turn."""
    return request.param


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Adds to each failure the state of the services and what they logged meanwhile, and to the first nginx's configuration."""
    report = yield
    if report.failed and "stack" in getattr(item, "fixturenames", ()):
        # The faults have a stack of their own.
        stack = item.funcargs.get("stack") or Stack(os.environ["COMPOSE_PROJECT_NAME"], {})
        since = datetime.fromtimestamp(call.start, UTC).isoformat()
        logs = stack.compose("logs", "--no-color", "--timestamps", "--since", since, "--tail", "60", check=False)
        report.sections.append(("containers", stack.compose("ps", "--all", check=False).stdout))
        report.sections.append(("logs since the test began", logs.stdout + logs.stderr))
        if not item.config.stash.get(SHOWN, False):
            item.config.stash[SHOWN] = True
            configuration = stack.compose("exec", "-T", "nginx", "sh", "-c", CONFIGURATION, check=False)
            report.sections.append(("nginx -T", configuration.stdout + configuration.stderr))
    return report
