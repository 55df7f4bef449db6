"""The echo project behind an nginx that terminates TLS: HTTP/1.1, HTTP/2 and HTTP/3."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.echo import Echo
from tests.support.tls_stack import CERTS, FILES, TlsStack, free_port


@dataclass(frozen=True)
class SecureEcho(Echo):
    authority: Path  # the certificate of the CA that signed nginx's own

    @property
    def https_port(self) -> int:
        """The port for TCP, and for UDP (HTTP/3)."""
        return self.address[1]

    def connect(self, timeout: float = 30, protocol: str = "http/1.1") -> socket.socket:
        context = ssl.create_default_context(cafile=self.authority)
        context.set_alpn_protocols([protocol])
        plain = socket.create_connection(self.address, timeout=timeout)
        secured = context.wrap_socket(plain, server_hostname="localhost")
        assert secured.selected_alpn_protocol() == protocol
        return secured


@contextmanager
def secured(echo: Echo) -> Iterator[SecureEcho]:
    """Another nginx, with TLS, in front of the gateways of `echo`."""
    # The certificate of the TLS stack (tests/support/tls_stack.py), created here if that stack has not started yet.
    TlsStack(f"{echo.stack.environment['TESTED']}-tls", {"CERTS": str(CERTS)}, FILES).script("bin/certs")
    port = free_port()
    stack = replace(
        echo.stack,
        environment={**echo.stack.environment, "TLS_PORT": str(port), "CERTS": str(CERTS)},
        files=(*echo.stack.files, "tests/support/echo/compose.tls.yaml"),
    )
    try:
        stack.compose("up", "--detach", "--wait", "--no-build", "--no-deps", "nginx-tls")
        yield SecureEcho(("127.0.0.1", port), stack.container("nginx-tls"), stack, CERTS / "ca.crt")
    finally:
        stack.compose("rm", "--stop", "--force", "--volumes", "nginx-tls")
