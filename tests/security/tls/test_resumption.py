"""TLS sessions: any worker resumes a returning client's session."""

import ssl

import pytest

from tests.security.cases import Cases
from tests.security.tls.handshake import ask, client, handshake
from tests.support.tls_stack import TlsStack

# Enough connections to meet every worker.
VISITS = 16


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda version: version.name)
def test_a_session_is_resumed_by_every_worker(stack: TlsStack, cases: Cases, version: ssl.TLSVersion) -> None:
    cases.add("TLS: resumption", version.name, tried=VISITS)
    context, session, resumed = client(stack, version), None, []
    for _ in range(VISITS + 1):
        with handshake(stack, context, session=session) as secured:
            # In TLS 1.3 the server sends the ticket after the handshake. It has arrived with the first answer.
            assert b" 200 OK\r\n" in ask(secured, "localhost")
            resumed.append(secured.session_reused)
            session = secured.session
    assert resumed == [False] + [True] * VISITS


def test_a_session_is_not_resumed_for_a_foreign_host(stack: TlsStack) -> None:
    """With the session of `localhost`, nginx still rejects `evil.example`."""
    context = client(stack, ssl.TLSVersion.TLSv1_3)
    context.check_hostname = False
    with handshake(stack, context) as secured:
        ask(secured, "localhost")
        session = secured.session
    with handshake(stack, context, "evil.example", session) as secured:
        assert ask(secured, "evil.example", "/gateway/").startswith(b"HTTP/1.1 421 ")
