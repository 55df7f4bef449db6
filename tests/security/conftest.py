"""The short and the long form of these tests, and the table of attempts."""

import os
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from tests.security.cases import Cases
from tests.security.websockets.idle import idle_clients
from tests.support.echo import Echo
from tests.support.echo.secure import SecureEcho, secured
from tests.support.stack import Stack
from tests.support.tls_stack import TlsStack, brought_up

# make test-security and make test-full set SECURITY=full; make test runs the short form.
IS_FULL = os.environ.get("SECURITY") == "full"

CASES = pytest.StashKey[Cases]()


@pytest.fixture(scope="session")
def cases(pytestconfig: pytest.Config) -> Cases:
    """cases.add("smuggling", "CL.TE"): counts it in the table at the end."""
    return pytestconfig.stash.setdefault(CASES, Cases())


@pytest.fixture(scope="session")
def tls_stack() -> Iterator[TlsStack]:
    """Another stack, which terminates TLS itself (compose.tls.yaml): tls_stack.url, tls_stack.authority."""
    with brought_up() as stack:
        yield stack


@pytest.fixture(scope="session")
def secure_echo(echo: Echo) -> Iterator[SecureEcho]:
    """The project of `echo` on the same gateways, over TLS."""
    with secured(echo) as secure_echo:
        yield secure_echo


@pytest.fixture(scope="session")
def pings(stack: Stack) -> Iterator[Future[list[float]]]:
    """The result of the idle clients of websockets/test_sleepers.py. They wait for more than a minute."""
    with idle_clients(stack.port()) as found:
        yield found


def pytest_terminal_summary(config: pytest.Config) -> None:
    cases = config.stash.get(CASES, None)
    if cases and cases.rows:
        cases.print()
