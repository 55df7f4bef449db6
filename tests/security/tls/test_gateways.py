"""Behind HTTPS: the scheme that Django sees on each gateway, cookies, and WebSockets."""

import ssl
from collections.abc import Iterator

import httpx
import pytest

from tests.security.cases import Cases
from tests.security.tls.sockets import SecureSockets
from tests.support.stack import GATEWAYS
from tests.support.tls_stack import TlsStack
from tests.support.wire import Edge


@pytest.fixture
def sockets(stack: TlsStack, trust: ssl.SSLContext) -> Iterator[SecureSockets]:
    with SecureSockets(stack, trust) as opened:
        yield opened


def by_host(stack: TlsStack, trust: ssl.SSLContext, gateway: str) -> httpx.Response:
    """Asks a pinned host, with its name in the handshake and in the request."""
    host = f"{gateway}.localhost"
    headers = {"Host": f"{host}:{stack.https_port}"}
    with httpx.Client(base_url=f"https://127.0.0.1:{stack.https_port}", verify=trust, headers=headers) as client:
        return client.get("/gateway/", extensions={"sni_hostname": host})


def test_a_pinned_host_is_covered_and_its_gateway_sees_https(
    stack: TlsStack, trust: ssl.SSLContext, cases: Cases, gateway: str
) -> None:
    cases.add("TLS: scheme and cookies", f"{gateway}.localhost")
    answer = by_host(stack, trust, gateway)
    who = answer.json()
    assert (answer.status_code, who["gateway"], who["scheme"]) == (200, gateway, "https")
    assert who["host"] == f"{gateway}.localhost:{stack.https_port}"


def test_a_prefix_leads_to_its_gateway_which_sees_https(https: httpx.Client, cases: Cases, gateway: str) -> None:
    cases.add("TLS: scheme and cookies", f"/gateways/{gateway}/")
    who = https.get(f"/gateways/{gateway}/gateway/").json()
    assert (who["gateway"], who["scheme"]) == (gateway, "https")


@pytest.mark.parametrize("claim", ["http", "https, http", "ftp"])
def test_no_client_can_forge_the_scheme(https: httpx.Client, cases: Cases, gateway: str, claim: str) -> None:
    cases.add("TLS: scheme and cookies", f"X-Forwarded-Proto: {claim}")
    headers = {"X-Forwarded-Proto": claim, "X-Forwarded-Ssl": "off", "Forwarded": "proto=http"}
    assert https.get(f"/gateways/{gateway}/gateway/", headers=headers).json()["scheme"] == "https"


def test_cookies_are_secure(https: httpx.Client, cases: Cases, gateway: str) -> None:
    cases.add("TLS: scheme and cookies", "Secure")
    cookies = https.get(f"/gateways/{gateway}/admin/login/").headers.get_list("Set-Cookie")
    assert cookies
    assert all("; Secure" in cookie for cookie in cookies)


def test_a_form_over_https_is_same_origin(https: httpx.Client, stack: TlsStack, gateway: str) -> None:
    """CSRF compares Origin with the scheme and host that Django sees. The wrong password gets 200, not 403."""
    path = f"/gateways/{gateway}/admin/login/"
    token = https.get(path).cookies[stack.cookie("csrftoken", "__Host-")]
    form = {"csrfmiddlewaretoken": token, "username": "nobody", "password": "wrong"}
    headers = {"Origin": stack.https_url, "Referer": f"{stack.https_url}{path}"}
    assert https.post(path, data=form, headers=headers).status_code == 200
    plain = {"Origin": f"http://localhost:{stack.port()}"}
    assert https.post(path, data=form, headers=plain).status_code == 403


@pytest.mark.parametrize("way", ["{}.localhost", "/gateways/{}"])
def test_a_websocket_over_tls_is_echoed(sockets: SecureSockets, cases: Cases, asgi_gateway: str, way: str) -> None:
    way = way.format(asgi_gateway)
    cases.add("TLS: WebSockets", way)
    socket = sockets.open(f"{way}/ws/echo/") if way.startswith("/") else sockets.open("/ws/echo/", way)
    assert sockets.echo(socket, "over TLS") == "over TLS"


def test_a_websocket_over_tls_opens_on_the_site(sockets: SecureSockets) -> None:
    assert sockets.echo(sockets.open("/ws/echo/"), "x") == "x"


def test_a_websocket_to_the_plain_port_is_redirected_and_not_opened(plain: Edge, cases: Cases) -> None:
    cases.add("TLS: WebSockets", "ws://")
    headers = [("Upgrade", "websocket"), ("Sec-WebSocket-Key", "x" * 22 + "=="), ("Sec-WebSocket-Version", "13")]
    assert plain.get("/ws/echo/", headers=headers).status == 308


def test_a_websocket_of_another_origin_is_rejected(sockets: SecureSockets, cases: Cases, asgi_gateway: str) -> None:
    cases.add("TLS: WebSockets", "https://evil.example")
    assert sockets.refusal("/ws/echo/", f"{asgi_gateway}.localhost", "https://evil.example") == 403


def test_gateways_reach_each_other_without_the_redirect(https: httpx.Client) -> None:
    gateways = https.get("/async/roll-call/").json()["gateways"]
    assert {name: who.get("scheme") for name, who in gateways.items()} == dict.fromkeys(GATEWAYS, "https")


def test_no_client_reaches_the_gateways_internal_port(stack: TlsStack) -> None:
    published = stack.compose("ps", "--format", "{{.Ports}}", "nginx").stdout
    assert "->8081/" not in published
    assert {"->8080/tcp", "->8443/tcp", "->8443/udp"} == {
        part[part.index("->") :].strip() for part in published.split(",") if "->" in part
    }
