"""The supported versions of TLS and HTTP, and the hosts for which they are spoken."""

import asyncio
import ssl

import httpx
import pytest

from tests.security.cases import Cases
from tests.security.tls import http3
from tests.security.tls.handshake import ask, client, handshake
from tests.support.stack import run
from tests.support.tls_stack import TlsStack
from tests.support.wire import Edge

OLD = [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1]
NEW = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
# The start of a client that knows the server to speak HTTP/2: the preface, and empty SETTINGS.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
# Run in a gateway: sends standard input to nginx, and prints the start of the answer.
SEND_TO_NGINX = """
import socket, sys
nginx = socket.create_connection(("nginx", 8081))
nginx.sendall(sys.stdin.buffer.read())
print(nginx.recv(12))
"""
UNKNOWN = ["evil.example", "localhost.evil.example", "x.localhost", "nginx"]


@pytest.mark.parametrize("version", OLD, ids=lambda version: version.name)
def test_an_old_tls_version_is_rejected(stack: TlsStack, cases: Cases, version: ssl.TLSVersion) -> None:
    cases.add("TLS: versions and protocols", version.name)
    with pytest.raises(ssl.SSLError) as refusal, handshake(stack, client(stack, version)):
        pass
    # The server's alert, not an error of the client's own library.
    assert refusal.value.reason == "TLSV1_ALERT_PROTOCOL_VERSION"


@pytest.mark.parametrize("version", NEW, ids=lambda version: version.name)
def test_a_current_tls_version_is_supported(stack: TlsStack, cases: Cases, version: ssl.TLSVersion) -> None:
    cases.add("TLS: versions and protocols", version.name)
    with handshake(stack, client(stack, version)) as secured:
        assert secured.version() == version.name.replace("_", ".")
        assert b" 200 OK\r\n" in ask(secured, "localhost")


def test_a_cipher_without_forward_secrecy_is_rejected(stack: TlsStack, cases: Cases) -> None:
    cases.add("TLS: versions and protocols", "AES128-GCM-SHA256")
    context = client(stack, ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("AES128-GCM-SHA256:AES256-SHA:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError) as refusal, handshake(stack, context):
        pass
    assert refusal.value.reason == "SSLV3_ALERT_HANDSHAKE_FAILURE"


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(("h2", "http/1.1"), "h2"), (("http/1.1", "h2"), "h2"), (("http/1.1",), "http/1.1"), ((), None)],
)
def test_http_2_is_negotiated_by_alpn(
    stack: TlsStack, cases: Cases, offered: tuple[str, ...], chosen: str | None
) -> None:
    cases.add("TLS: versions and protocols", f"ALPN {' '.join(offered) or 'none'}")
    with handshake(stack, client(stack, None, *offered)) as secured:
        assert secured.selected_alpn_protocol() == chosen


def test_http_2_is_supported(stack: TlsStack, trust: ssl.SSLContext, gateway: str) -> None:
    with httpx.Client(http2=True, verify=trust, base_url=stack.https_url) as browser:
        answer = browser.get(f"/gateways/{gateway}/gateway/")
    assert (answer.http_version, answer.status_code) == ("HTTP/2", 200)
    assert (answer.json()["gateway"], answer.json()["scheme"]) == (gateway, "https")


def test_http_3_is_supported(stack: TlsStack, plain: Edge, cases: Cases, gateway: str) -> None:
    cases.add("TLS: versions and protocols", "HTTP/3")
    host = f"{gateway}.localhost:{stack.https_port}"
    answer = http3.get(stack, "/gateway/", host)
    who = answer.json()
    assert (answer.status, who["gateway"], who["scheme"], who["host"]) == (200, gateway, "https", host)
    assert plain.logged(answer)["protocol"] == "HTTP/3.0"


def test_many_http_3_requests_share_a_connection(stack: TlsStack) -> None:
    async def ask_at_once() -> list[int]:
        async with http3.opened(stack) as connection:
            answers = await asyncio.gather(*(connection.get("/static/lobby/lobby.js") for _ in range(50)))
            return [answer.status for answer in answers]

    assert asyncio.run(ask_at_once()) == [200] * 50


def test_alt_svc_names_http_3_at_the_published_port(https: httpx.Client, stack: TlsStack) -> None:
    for path in ("/", "/static/lobby/lobby.css", "/gateways/nobody/"):
        assert https.get(path).headers.get_list("Alt-Svc") == [f'h3=":{stack.https_port}"; ma=86400']


def test_http_2_without_tls_is_not_supported(stack: TlsStack, plain: Edge, cases: Cases) -> None:
    """Neither on the published port nor on the gateways' port: h2c would bypass all rules for HTTP/1.1."""
    cases.add("TLS: versions and protocols", "h2c", tried=2)
    assert plain.exchange(PREFACE).startswith(b"HTTP/1.1 400 ")
    command = ("docker", "exec", "--interactive", stack.container("uwsgi"), "python", "-c", SEND_TO_NGINX)
    assert run(*command, input=PREFACE.decode()).stdout.startswith("b'HTTP/1.1 400")


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("where", ["handshake and request", "request alone", "handshake alone"])
def test_a_foreign_host_is_rejected_over_tls(stack: TlsStack, cases: Cases, name: str, where: str) -> None:
    """A readable 421, with the site's certificate. The request's host decides: there is one certificate for all."""
    cases.add("TLS: unknown hosts", f"{name}, {where}")
    context = client(stack)
    context.check_hostname = False  # a client that does not check
    sni, host = {
        "handshake and request": (name, name),
        "request alone": ("localhost", name),
        "handshake alone": (name, "localhost"),
    }[where]
    with handshake(stack, context, sni) as secured:
        answer = ask(secured, host, "/gateway/")
    assert answer.startswith(b"HTTP/1.1 200 " if where == "handshake alone" else b"HTTP/1.1 421 ")


def test_a_verifying_client_rejects_a_foreign_name(stack: TlsStack) -> None:
    with pytest.raises(ssl.SSLCertVerificationError), handshake(stack, client(stack), "evil.example"):
        pass


def test_an_unknown_host_is_rejected_over_http_3(stack: TlsStack, cases: Cases) -> None:
    cases.add("TLS: unknown hosts", "evil.example, HTTP/3")

    async def ask_for_another() -> int:
        async with http3.opened(stack) as connection:
            return (await connection.get("/gateway/", "evil.example")).status

    assert asyncio.run(ask_for_another()) == 421


def test_an_address_of_server_names_is_answered(stack: TlsStack, trust: ssl.SSLContext) -> None:
    """An address has no name for the handshake, and the certificate covers it."""
    answer = httpx.get(f"https://127.0.0.1:{stack.https_port}/gateway/", verify=trust)
    assert (answer.status_code, answer.json()["scheme"]) == (200, "https")


def test_plain_http_on_the_port_of_https_is_a_bad_request(stack: TlsStack) -> None:
    answer = Edge(("127.0.0.1", stack.https_port), "").get("/gateway/")
    assert (answer.status, answer.json()["error"]) == (400, "Bad Request")
    assert answer.all("Strict-Transport-Security") == []
