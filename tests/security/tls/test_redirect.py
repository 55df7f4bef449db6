"""Plain HTTP redirects to HTTPS, and serves nothing else."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.security.cases import Cases
from tests.support.tls_stack import TlsStack
from tests.support.wire import Edge

HOSTS = ["localhost", "127.0.0.1", "uwsgi.localhost", "gunicorn.localhost", "daphne.localhost"]
PATHS = [
    "/",
    "/gateway/?a=%26&b",
    "/static/lobby/lobby.css",
    "/ws/echo/",
    "/gateways/daphne/",
    "/a%0d%0aX:y",
    "//evil.example/",
]


@pytest.mark.parametrize("host", HOSTS)
def test_each_of_our_hosts_is_redirected_to_https_with_path_and_port(
    plain: Edge, stack: TlsStack, cases: Cases, host: str
) -> None:
    cases.add("TLS: plain HTTP", *(f"{host}{path}" for path in PATHS))
    for path in PATHS:
        for named in (host, f"{host}:{stack.port()}"):
            answer = plain.get(path, named)
            assert (answer.status, answer.one("Location")) == (308, f"https://{host}:{stack.https_port}{path}")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_plain_http_reaches_no_gateway_with_any_method(plain: Edge, method: str) -> None:
    answer = plain.ask(method, "/students/", body=b"{}" if method in ("POST", "PUT") else None)
    assert answer.status == 308, "the method is kept"
    assert plain.logged(answer)["upstream_addr"] == ""


@pytest.mark.parametrize(
    "headers", [[("X-Forwarded-Proto", "https")], [("Upgrade", "websocket")], [("Forwarded", "proto=https")]]
)
def test_no_header_bypasses_the_redirect(plain: Edge, cases: Cases, headers: list[tuple[str, str]]) -> None:
    cases.add("TLS: plain HTTP", *(f"{name}: {value}" for name, value in headers))
    assert plain.get("/gateway/", headers=headers).status == 308


@pytest.mark.parametrize("host", ["evil.example", "x.localhost", "127.0.0.2"])
def test_another_host_is_rejected_and_not_redirected(plain: Edge, cases: Cases, host: str) -> None:
    cases.add("TLS: plain HTTP", host)
    answer = plain.get("/", host)
    assert (answer.status, answer.all("Location")) == (421, [])


@pytest.fixture
def challenge(stack: TlsStack) -> Iterator[Path]:
    """An ACME client's webroot, with an answer, and with links that nginx must not follow."""
    folder = stack.certs / "serving" / ".well-known" / "acme-challenge"
    folder.mkdir(parents=True)
    (folder / "token").write_text("token.thumbprint")
    (folder / "link").symlink_to("../../current/privkey.pem")
    (folder / "folder").symlink_to("../../current")
    yield folder
    shutil.rmtree(folder.parent)


def test_acme_challenges_are_served_over_plain_http(plain: Edge, challenge: Path) -> None:
    answer = plain.get(f"/.well-known/acme-challenge/{(challenge / 'token').name}")
    assert (answer.status, answer.body) == (200, b"token.thumbprint")


@pytest.mark.usefixtures("challenge")
@pytest.mark.parametrize(
    "path", ["link", "folder/privkey.pem", "../../current/privkey.pem", "..%2f..%2fcurrent/privkey.pem", "", "nothing"]
)
def test_the_acme_folder_serves_only_challenges(plain: Edge, cases: Cases, path: str) -> None:
    cases.add("TLS: plain HTTP", f"acme-challenge/{path}")
    answer = plain.get(f"/.well-known/acme-challenge/{path}")
    assert answer.status in (308, 404)
    assert b"PRIVATE" not in answer.body


@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_a_health_check_needs_no_tls(plain: Edge, host: str) -> None:
    answer = plain.get("/healthz", host)
    assert (answer.status, answer.body) == (200, b"ok\n")


def test_plain_http_sends_no_hsts_and_no_alt_svc(plain: Edge) -> None:
    for path, host in (("/", "localhost"), ("/healthz", "localhost"), ("/", "evil.example")):
        answer = plain.get(path, host)
        assert answer.all("Strict-Transport-Security") + answer.all("Alt-Svc") == []


def test_a_browser_that_follows_arrives(stack: TlsStack, https: httpx.Client) -> None:
    answer = https.get(f"http://localhost:{stack.port()}/gateway/", follow_redirects=True)
    assert (answer.status_code, str(answer.url)) == (200, f"{stack.https_url}/gateway/")


def test_the_redirect_omits_port_443(stack: TlsStack) -> None:
    shell = (
        "/etc/nginx/entrypoint render /tmp/r && grep -h https_port /tmp/r/https.conf; grep -h alt_svc /tmp/r/https.conf"
    )
    rendered = stack.compose("exec", "-T", "--env", "HTTPS_BIND=0.0.0.0:443", "nginx", "sh", "-c", shell).stdout
    assert rendered.splitlines() == [
        "map '' $https_port { default ''; }",
        "map '' $alt_svc { default 'h3=\":443\"; ma=86400'; }",
    ]
