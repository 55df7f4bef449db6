"""With TLS, HTTP/2 and HTTP/3, no client can look like one of plain HTTP, or like another client."""

import pytest

from tests.security.cases import Cases
from tests.security.conftest import IS_FULL
from tests.security.forged.test_websockets import ROUTES as WEBSOCKET_ROUTES
from tests.security.forged.test_websockets import scope
from tests.security.forged.test_websockets import told as told_of_scope
from tests.security.tls import http3
from tests.support.claims import OWNED, PASSED, ROUTES
from tests.support.compare import told
from tests.support.echo.secure import SecureEcho
from tests.support.http2 import Http2
from tests.support.wire import Answer, Edge, Headers

# The opposite: a secure request that pretends to be plain HTTP.
DOWNGRADES = [
    ("X-Forwarded-Proto", "http"),
    ("X-Forwarded-Protocol", "http"),
    ("X-Forwarded-Ssl", "off"),
    ("X-Forwarded-Port", "80"),
    ("Forwarded", "proto=http"),
    ("X_Forwarded_Proto", "http"),
    ("UWSGI_SCHEME", "http"),
    ("wsgi.url_scheme", "http"),
]
CLAIMS = OWNED + DOWNGRADES
# One by one. The short form skips the others: the tests of plain HTTP have tried each of them.
SINGLY = CLAIMS if IS_FULL else DOWNGRADES


class Http1Client:
    def __init__(self, echo: SecureEcho) -> None:
        self.echo: Edge = echo

    def get(self, path: str, host: str, headers: Headers = ()) -> Answer:
        return self.echo.get(path, host, headers)


class Http2Client:
    """One connection. HTTP/2 demands names of headers in lower case."""

    def __init__(self, echo: SecureEcho) -> None:
        self.connection = Http2(echo.connect(10, "h2"))

    def get(self, path: str, host: str, headers: Headers = ()) -> Answer:
        head = [(":method", "GET"), (":scheme", "https"), (":authority", host), (":path", path)]
        answer = self.connection.ask([*head, *((name.lower(), value) for name, value in headers)])
        assert isinstance(answer, Answer), answer
        return answer


class Http3Client:
    """A connection for each request. HTTP/3 demands names of headers in lower case too."""

    def __init__(self, echo: SecureEcho) -> None:
        self.echo = echo

    def get(self, path: str, host: str, headers: Headers = ()) -> Answer:
        return http3.get(self.echo, path, host, [(name.lower(), value) for name, value in headers])


type Client = Http1Client | Http2Client | Http3Client


@pytest.fixture(params=[Http1Client, Http2Client, Http3Client], ids=["HTTP/1.1", "HTTP/2", "HTTP/3"])
def client(request: pytest.FixtureRequest, secure_echo: SecureEcho) -> Client:
    return request.param(secure_echo)


@pytest.mark.parametrize(("host", "path"), ROUTES)
def test_no_forged_header_is_trusted(client: Client, cases: Cases, host: str, path: str) -> None:
    cases.add("forged: over TLS, HTTP/1.1, HTTP/2 and HTTP/3", *map(str, CLAIMS), tried=len(SINGLY) + 1)
    plain = told(client.get(path, host))
    assert (plain["scheme"], plain["is_secure"], plain["META"]["HTTP_X_FORWARDED_PROTO"]) == ("https", True, "https")
    assert plain["absolute_uri"].startswith(f"https://{host}/")
    for header in SINGLY:
        assert told(client.get(path, host, [header])) == plain, header
    assert told(client.get(path, host, CLAIMS)) == plain


@pytest.mark.parametrize(("host", "path"), ROUTES)
def test_other_headers_are_passed_on_without_effect(client: Client, host: str, path: str) -> None:
    plain, found = told(client.get(path, host)), told(client.get(path, host, PASSED))
    for name, value in PASSED:
        assert found["META"].pop(f"HTTP_{name.upper().replace('-', '_')}") == value
    assert found == plain


def test_a_host_different_from_the_authority_is_rejected(secure_echo: SecureEcho, gateway: str) -> None:
    client, path = Http2Client(secure_echo), f"/gateways/{gateway}/"
    plain = told(client.get(path, "localhost"))
    assert told(client.get(path, "localhost", [("host", "localhost")])) == plain
    for authority, host in (("localhost", "evil.example"), ("evil.example", "localhost"), ("localhost", "127.0.0.1")):
        assert client.get(path, authority, [("host", host)]).status == 400


def test_the_tls_server_name_has_no_effect_on_the_host(secure_echo: SecureEcho, gateway: str) -> None:
    """TLS names localhost here (SNI), but the host of the request counts."""
    client = Http2Client(secure_echo)
    assert client.get("/", f"{gateway}.localhost").json()["host"] == f"{gateway}.localhost"
    assert client.get("/", "evil.example").status == 421


@pytest.mark.parametrize(("host", "path"), WEBSOCKET_ROUTES)
def test_a_websocket_over_tls_opens(secure_echo: SecureEcho, cases: Cases, host: str, path: str) -> None:
    cases.add("forged: WebSocket handshakes over TLS", *map(str, CLAIMS), tried=len(SINGLY) + 1)
    plain = told_of_scope(scope(secure_echo, host, path))
    assert dict(plain["headers"])["x-forwarded-proto"] == "https"
    assert plain["scheme"] == "wss"
    for header in SINGLY:
        assert told_of_scope(scope(secure_echo, host, path, [header])) == plain, header
    assert told_of_scope(scope(secure_echo, host, path, CLAIMS)) == plain
