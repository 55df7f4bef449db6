"""TLS handshakes of a client, with one setting changed at a time."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography import x509

from tests.support.tls_stack import TlsStack


@contextmanager
def handshake(
    stack: TlsStack,
    context: ssl.SSLContext,
    name: str = "localhost",
    session: ssl.SSLSession | None = None,
) -> Iterator[ssl.SSLSocket]:
    address = ("127.0.0.1", stack.https_port)
    with (
        socket.create_connection(address, timeout=20) as connection,
        context.wrap_socket(connection, server_hostname=name, session=session) as secured,
    ):
        yield secured


def client(stack: TlsStack, version: ssl.TLSVersion | None = None, *alpn: str) -> ssl.SSLContext:
    """A context that trusts the stack. With `version`, it speaks only that version, however old."""
    context = ssl.create_default_context(cafile=stack.authority)
    if version:
        # Otherwise OpenSSL itself would refuse old versions, and the server would not be tested.
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    if alpn:
        context.set_alpn_protocols(alpn)
    return context


def served_certificate(stack: TlsStack, context: ssl.SSLContext) -> x509.Certificate:
    """The verified certificate of a new connection."""
    with handshake(stack, context) as secured:
        return x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")


def ask(secured: ssl.SSLSocket, host: str, path: str = "/healthz") -> bytes:
    """A whole answer, on a connection that stays open until it has arrived."""
    secured.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    return b"".join(iter(lambda: secured.recv(65536), b""))
