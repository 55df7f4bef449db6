"""Here `stack` is the one with HTTPS, so that a failure shows its logs."""

import pytest

from tests.security.tls_stack import TlsStack


@pytest.fixture(scope="session")
def stack(tls_stack: TlsStack) -> TlsStack:
    return tls_stack
