"""Here `stack` is the stack with HTTPS, so that a failure shows its logs."""

import ssl
from collections.abc import Iterator

import httpx
import pytest

from tests.support.tls_stack import TlsStack
from tests.support.wire import Edge


@pytest.fixture(scope="session")
def stack(tls_stack: TlsStack) -> TlsStack:
    return tls_stack


@pytest.fixture(scope="session")
def trust(stack: TlsStack) -> ssl.SSLContext:
    """A client's trust: only the CA of `make certs`."""
    return ssl.create_default_context(cafile=stack.authority)


@pytest.fixture
def https(stack: TlsStack, trust: ssl.SSLContext) -> Iterator[httpx.Client]:
    """A browser's view: https.get("/gateway/"). It follows no redirect."""
    with httpx.Client(base_url=stack.https_url, verify=trust, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def plain(stack: TlsStack) -> Edge:
    """Port 8080, as a raw socket."""
    return Edge.of(stack)
