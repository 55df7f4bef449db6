"""Fixtures for every test, and the report of every failure."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.support.echo import Echo, echo_stack
from tests.support.stack import ASGI_GATEWAYS, GATEWAYS, Stack, settings
from tests.support.wire import Edge

# Whether a failure of this run has already shown nginx's configuration: 600 lines, the same for every failure.
SHOWN = pytest.StashKey[bool]()
# The configuration in force, without comments and empty lines.
CONFIGURATION = "cd /tmp/nginx/live && nginx -T -q -p ./ -c nginx.conf | sed '/^ *#/d; /^$/d'"


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The stack that bin/test started."""
    return Stack(os.environ["COMPOSE_PROJECT_NAME"], {})


@pytest.fixture(scope="session")
def echo(stack: Stack) -> Iterator[Echo]:
    """A second stack of the same images. Its project answers with what it received: tests/support/echo."""
    with echo_stack(stack) as echo:
        yield echo


@pytest.fixture(scope="session")
def setting() -> Callable[[str], str]:
    """setting("UWSGI_PROCESSES"): the value in force. A test reads it here and never repeats the number."""
    return settings().__getitem__


@pytest.fixture
def http(stack: Stack) -> Iterator[httpx.Client]:
    """A client of the published port: http.get("/gateway/"). headers={"Host": "daphne.localhost"} asks another host."""
    with httpx.Client(base_url=stack.url(), headers={"Host": "localhost"}, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def edge(stack: Stack) -> Edge:
    """The published port as a raw socket, and nginx's access log. Once per module: asking the engine takes a while."""
    return Edge.of(stack)


@pytest.fixture(params=GATEWAYS)
def gateway(request: pytest.FixtureRequest) -> str:
    """Each gateway in turn."""
    return request.param


@pytest.fixture(params=ASGI_GATEWAYS)
def asgi_gateway(request: pytest.FixtureRequest) -> str:
    """Each gateway that supports WebSockets, in turn."""
    return request.param


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Adds the services' state and their logs since the test began to each failure; to the first, also `nginx -T`."""
    report = yield
    if report.failed and "stack" in getattr(item, "fixturenames", ()):
        # Some folders and modules override the fixture with a stack of their own.
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
